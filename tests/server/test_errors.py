"""Every refusal has its status, its code and words for a person; a bug tells nothing of what was sent."""

import http.client
import json
import logging
import socket
import threading
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import OperationalError
from starlette.requests import Request

from handbook.protocol import codec
from handbook.protocol.api import MAX_REQUEST_BYTES, Activation, ErrorBody, SignIn
from handbook.protocol.submissions import Submission
from handbook.server import endpoints, lanes, routes
from handbook.server.errors import answer_to
from tests.server.harness import RunningServer, problem, read, reflection


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"code": 1}',
        b"\xff",
        b'{"account":"a","password":"b"}',
        pytest.param(b'{"x":' * 100_000, id="nested deeper than anybody would"),
    ],
)
def test_400_when_the_body_is_not_the_record_that_the_route_takes(server: RunningServer, body: bytes) -> None:
    for path in ("/v1/sign-in", "/v1/activate"):
        answer = server.anybody().http.post(server.url + path, data=body, timeout=30)
        assert problem(answer) == (400, "bad-input")
    an = server.as_("an")
    path = f"/v1/submissions/{reflection().lineage}/1"
    assert problem(an.http.put(server.url + path, data=body, timeout=30)) == (400, "bad-input")


def test_a_bug_met_with_one_submission_is_not_the_answer_to_those_beside_it(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = endpoints._decoded

    def stumbling(data: bytes, record_type: type) -> object:
        if "Vấp".encode() in data:
            raise ZeroDivisionError
        return decoded(data, record_type)

    monkeypatch.setattr(endpoints, "_decoded", stumbling)
    (route,) = (each for each in routes.ROUTES if each.takes is Submission)
    texts = {"an": reflection(), "bithu": reflection(text="Vấp"), "pho": reflection()}
    together = [
        endpoints._Asked(
            Request(
                {
                    "type": "http",
                    "query_string": b"",
                    "headers": [(b"authorization", f"Bearer {server.as_(account).token}".encode())],
                    "path_params": {"lineage": text.lineage, "revision": "1"},
                }
            ),
            codec.encode(text),
            server.clock(),
        )
        for account, text in texts.items()
    ]
    first, stumbled, last = endpoints._answer_together(route, server.house, together)
    assert (first.status_code, last.status_code) == (201, 201)
    assert isinstance(stumbled, ZeroDivisionError)


def test_400_when_address_and_body_name_different_submissions(server: RunningServer) -> None:
    an, one, other = server.as_("an"), reflection(), reflection()
    for path in (f"{other.lineage}/1", f"{one.lineage}/2", f"{one.lineage}/01", f"{one.lineage}/x"):
        answer = an.http.put(f"{server.url}/v1/submissions/{path}", data=codec.encode(one), timeout=30)
        assert problem(answer) == (400, "bad-input")


def test_404_and_405_are_told_in_words_too(server: RunningServer) -> None:
    client = server.anybody()
    for answer in (client.get("/v1/khong-co"), client.get("/"), client.get("/content/khong-co")):
        assert problem(answer) == (404, "not-found")
    assert problem(client.get("/v1/sign-in")) == (405, "bad-input")
    assert client.http.post(server.url + "/content/x", timeout=30).status_code == 405


def raw_exchange(server: RunningServer, head: bytes, parts: list[bytes]) -> bytes:
    """What comes back on a bare connection; stops sending when the server has closed it."""
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(head)
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        received = b""
        while part := connection.recv(65536):
            received += part
            if b"\r\n\r\n" in received and received.endswith(b"}"):
                break
        return received


def test_413_as_soon_as_a_longer_body_is_announced(server: RunningServer) -> None:
    head = b"POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MAX_REQUEST_BYTES + 1)
    received = raw_exchange(server, head, [])
    assert b" 413 " in received.partition(b"\r\n")[0]
    assert json.loads(received.partition(b"\r\n\r\n")[2])["code"] == "bad-input"


def test_413_while_an_unannounced_long_body_is_still_coming(server: RunningServer) -> None:
    head = b"POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    # The last chunk is never sent: an answer at all proves that the body was not waited for.
    received = raw_exchange(server, head, [piece] * (MAX_REQUEST_BYTES // 0x10000 + 1))
    assert b" 413 " in received.partition(b"\r\n")[0]


def test_a_body_of_exactly_the_limit_is_read(server: RunningServer) -> None:
    record = codec.encode(SignIn(account="an", password="x", device="PC"))
    body = record + b" " * (MAX_REQUEST_BYTES - len(record))
    answer = server.anybody().http.post(server.url + "/v1/sign-in", data=body, timeout=30)
    assert problem(answer) == (401, "sign-in-failed")
    answer = server.anybody().http.post(server.url + "/v1/sign-in", data=body + b" ", timeout=30)
    assert problem(answer) == (413, "bad-input")


def test_the_server_goes_on_after_a_client_that_leaves_in_the_middle(server: RunningServer) -> None:
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
    connection.putrequest("POST", "/v1/sign-in")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"{")
    connection.close()
    assert server.anybody().get("/health").status_code == 200


@pytest.mark.expected_warnings("handbook.server ERROR unavailable")
def test_503_with_a_time_to_come_back_when_the_database_does_not_answer(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise OperationalError("SELECT 'bí mật'", {}, ConnectionError("bí mật"))

    monkeypatch.setattr(type(server.house.database), "read", unreachable)
    for answer in (server.anybody().get("/health"), server.anybody().put(reflection())):
        assert problem(answer) == (503, "too-busy")
        assert int(answer.headers["Retry-After"]) > 0
        assert "bí mật" not in answer.text
    counters = server.anybody().get("/metrics")
    assert counters.status_code == 200
    assert 'route="/health",status="503"' in counters.text


@pytest.mark.expected_warnings("handbook.server ERROR unavailable")
def test_503_at_once_when_too_many_passwords_wait_to_be_checked(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes.Lane, "is_full", True)
    answer = server.anybody().post("/v1/sign-in", SignIn(account="an", password="x", device="PC"))
    assert problem(answer) == (503, "too-busy")
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.expected_warnings("handbook.server ERROR bug")
@pytest.mark.parametrize("alone", [True, False])
def test_a_bug_is_500_in_words_and_its_log_line_quotes_nothing(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, alone: bool
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("lời riêng của An")

    caplog.set_level(logging.INFO, "handbook.server")
    if alone:
        monkeypatch.setattr(routes.tokens, "current_session", broken)
        answer = server.as_("an").get("/v1/me")
    else:
        monkeypatch.setattr(type(server.house.intake), "accept", broken)
        answer = server.as_("an").put(reflection(text="lời riêng của An"))
    assert problem(answer) == (500, "server-broken")
    assert read(answer, ErrorBody).advice
    (line,) = [record for record in caplog.records if record.getMessage() == "bug"]
    assert line.facts["error"] == "builtins.ZeroDivisionError"
    assert any("broken" in place for place in line.facts["places"])
    assert "lời riêng" not in str(line.facts)


def test_an_error_nobody_foresaw_has_no_answer_of_its_own() -> None:
    assert answer_to(ZeroDivisionError()) is None


def test_every_refusal_is_json_with_words_and_is_not_cached(server: RunningServer) -> None:
    wrong_code = Activation(code="x", password="mật khẩu dài", device="PC")
    for answer in (
        server.anybody().post("/v1/activate", wrong_code),
        server.anybody().get("/v1/me"),
        server.as_("an").get("/v1/feed", unit="tinh"),
        server.as_("an").get("/v1/feed"),
        server.anybody().get("/khong-co"),
    ):
        body = read(answer, ErrorBody)
        assert body.message.endswith(".")
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_flood_of_requests_at_once_is_answered_each(server: RunningServer) -> None:
    statuses = []

    def ask() -> None:
        statuses.append(server.anybody().get("/v1/hello").status_code)

    threads = [threading.Thread(target=ask) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 60
