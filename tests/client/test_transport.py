"""Every way a line or a server can fail becomes an error that a person can act on."""

import base64
import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.client import transport
from handbook.client.bandwidth import BURST_SECONDS, Bandwidth, Speed
from handbook.client.network import ProxyCredentials, proxies, proxy_address
from handbook.client.settings import Settings
from handbook.client.transport import HttpTransport
from handbook.errors import BadInput, Offline, ProxyProblem, ServerBroken, Unreachable
from tests.client.http_server import FolderServer, Reply, serving

LIMIT = 10_000
QUICK = (1.0, 0.2)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FolderServer]:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 16)
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def client(server: FolderServer) -> Iterator[HttpTransport]:
    opened = HttpTransport(server.url, timeout=QUICK)
    yield opened
    opened.close()


def always(reply: Reply):
    return lambda request, usual: reply


def read(client: HttpTransport, path: str = "/file", **asked) -> tuple[int, bytes]:
    with client.stream(path, limit=LIMIT, **asked) as stream:
        return stream.status, b"".join(stream)


def test_a_request_carries_what_it_was_given(client: HttpTransport, server: FolderServer) -> None:
    server.misbehave = always(Reply(201, {"X-Told": "có".encode().decode("latin-1")}, b"xong"))
    answer = client.send("PUT", "/v1/x?y=1", body=b"{}", token="t0ken", headers={"X-A": "1"}, limit=99)
    assert (answer.status, answer.body) == (201, b"xong")
    assert "x-told" in answer.headers
    [request] = server.requests
    assert (request.method, request.path, request.body) == ("PUT", "/v1/x?y=1", b"{}")
    assert request.headers["authorization"] == "Bearer t0ken"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-a"] == "1"
    assert request.headers["user-agent"].startswith("handbook/")


def test_a_request_without_a_token_takes_no_password_from_elsewhere(
    client: HttpTransport, server: FolderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client.send("GET", "/file", limit=LIMIT)
    assert "authorization" not in server.requests[0].headers


def test_answers_of_any_status_come_back(client: HttpTransport, server: FolderServer) -> None:
    for status in (204, 400, 401, 404, 409, 429, 500, 503):
        server.misbehave = always(Reply(status, {"Retry-After": "7"}, b"" if status == 204 else b"{}"))
        answer = client.send("GET", "/v1/x", limit=LIMIT)
        assert answer.status == status
        assert answer.headers["retry-after"] == "7"


def test_one_connection_serves_all_requests(client: HttpTransport, server: FolderServer) -> None:
    client.send("GET", "/file", limit=LIMIT)
    client.send("GET", "/missing", limit=LIMIT)
    # Bodies that nobody read are drained: an error of a stream, and one broken off early.
    with client.stream("/missing", limit=LIMIT) as stream:
        assert stream.status == 404
    with client.stream("/file", limit=LIMIT) as stream:
        assert stream.status == 200
    assert read(client)[0] == 200
    assert {request.connection for request in server.requests} == {1}


def test_a_stream_goes_on_where_it_was_told_to(client: HttpTransport, server: FolderServer) -> None:
    whole = (server.folder / "file").read_bytes()
    with client.stream("/file", limit=LIMIT) as stream:
        etag = stream.headers["ETag"]
        assert b"".join(stream) == whole
    assert read(client, offset=1000, etag=etag) == (206, whole[1000:])
    assert read(client, offset=1000, etag='"other"') == (200, whole)
    assert read(client, offset=1000, etag=f"W/{etag}") == (206, whole[1000:])
    assert read(client, offset=len(whole))[0] == 416
    assert all(request.headers["accept-encoding"] == "identity" for request in server.requests)


def test_a_body_beyond_the_limit_is_not_taken(client: HttpTransport, server: FolderServer) -> None:
    server.misbehave = always(Reply(body=bytes(LIMIT + 1)))
    with pytest.raises(ServerBroken, match=r"10\.000 byte"):
        client.send("GET", "/file", limit=LIMIT)
    with pytest.raises(ServerBroken):
        read(client)
    bomb = gzip.compress(bytes(50_000_000))
    server.misbehave = always(Reply(headers={"Content-Encoding": "gzip"}, body=bomb))
    with pytest.raises(ServerBroken):
        client.send("GET", "/file", limit=LIMIT)
    server.misbehave = None
    assert client.send("GET", "/file", limit=LIMIT).status == 200


def test_a_compressed_answer_is_unpacked(client: HttpTransport, server: FolderServer) -> None:
    server.misbehave = always(Reply(headers={"Content-Encoding": "gzip"}, body=gzip.compress("chữ".encode())))
    assert client.send("GET", "/file", limit=LIMIT).body == "chữ".encode()
    server.misbehave = always(Reply(headers={"Content-Encoding": "gzip"}, body=b"not gzip"))
    with pytest.raises(ServerBroken, match="giao thức"):
        client.send("GET", "/file", limit=LIMIT)


def test_a_line_that_breaks_in_the_middle_is_offline(client: HttpTransport, server: FolderServer) -> None:
    server.misbehave = always(Reply(body=b"0123456789", cut=4))
    with pytest.raises(Offline, match="Không kết nối"):
        client.send("GET", "/file", limit=LIMIT)
    received = b""
    with pytest.raises(Offline), client.stream("/file", limit=LIMIT) as stream:
        for chunk in stream:
            received += chunk
    assert b"0123456789".startswith(received)
    server.misbehave = always(Reply(raw=b""))
    with pytest.raises(Offline):
        client.send("GET", "/file", limit=LIMIT)


def test_a_server_that_is_not_there_is_offline(client: HttpTransport, server: FolderServer) -> None:
    server.close()
    with pytest.raises(Unreachable, match="Không kết nối") as refused:
        client.send("GET", "/file", limit=LIMIT)
    assert "còn nguyên" in refused.value.advice
    server.close = lambda: None
    with pytest.raises(Unreachable):
        HttpTransport("http://khong-co.invalid", proxies={}, timeout=QUICK).send("GET", "/", limit=1)


def test_a_server_that_says_nothing_is_offline_after_a_while(client: HttpTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = HttpTransport(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=QUICK)
        with pytest.raises(Offline, match="không trả lời kịp") as late:
            slow.send("GET", "/", limit=1)
    assert not isinstance(late.value, Unreachable)


@pytest.mark.parametrize("raw", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 xyz\r\n\r\n", b"\0" * 100 + b"\r\n\r\n"])
def test_what_is_not_http_is_a_broken_server(client: HttpTransport, server: FolderServer, raw: bytes) -> None:
    server.misbehave = always(Reply(raw=raw))
    with pytest.raises(ServerBroken, match="giao thức"):
        client.send("GET", "/file", limit=LIMIT)


def test_a_server_without_tls_under_https_is_broken(server: FolderServer) -> None:
    with pytest.raises(ServerBroken, match="chứng chỉ"):
        HttpTransport(server.url.replace("http:", "https:"), timeout=QUICK).send("GET", "/file", limit=LIMIT)


def test_the_sign_in_page_of_a_hotel_is_offline(client: HttpTransport, server: FolderServer) -> None:
    server.misbehave = always(Reply(302, {"Location": "http://wifi.khach-san.example/login"}))
    with pytest.raises(Offline, match="đăng nhập Wi-Fi"):
        client.send("GET", "/file", token="secret", limit=LIMIT)
    server.misbehave = always(Reply(301, {"Location": "/elsewhere"}))
    with pytest.raises(ServerBroken, match="elsewhere"):
        client.send("GET", "/file", limit=LIMIT)
    assert len(server.requests) == 2


@pytest.mark.parametrize("url", ["", "so-tay.example", "ftp://so-tay.example", "http://", "https:///x"])
def test_a_server_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="Địa chỉ"):
        HttpTransport(url)


def test_the_clocks_difference_is_told_by_the_date(server: FolderServer) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    client = HttpTransport(server.url, clock=lambda: noon)
    assert client.clock_skew is None
    server.now = lambda: noon - timedelta(days=3)
    client.send("GET", "/missing", limit=LIMIT)
    assert client.clock_skew == timedelta(days=-3)
    for date in ("hôm nay".encode().decode("latin-1"), ""):
        server.misbehave = lambda request, usual, date=date: Reply(headers={"Date": date})
        client.send("GET", "/file", limit=LIMIT)
        assert client.clock_skew == timedelta(days=-3)
    client.close()


def test_cookies_are_not_kept(client: HttpTransport, server: FolderServer) -> None:
    server.misbehave = always(Reply(headers={"Set-Cookie": "track=1"}))
    for _ in range(2):
        client.send("GET", "/file", limit=LIMIT)
    assert "cookie" not in server.requests[1].headers


def test_a_given_proxy_is_used_and_the_systems_never_for_this_pc(
    server: FolderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    own = HttpTransport(server.url, timeout=QUICK)
    assert own.send("GET", "/file", limit=LIMIT).status == 200
    with serving(tmp_path) as proxy:
        through = HttpTransport("http://so-tay.invalid", proxies={"http": proxy.url}, timeout=QUICK)
        assert through.send("GET", "/file", limit=LIMIT).status == 404
        assert proxy.requests[0].path == "http://so-tay.invalid/file"
        through.close()
    with pytest.raises(Offline, match="proxy"):
        HttpTransport("http://so-tay.invalid", timeout=QUICK).send("GET", "/file", limit=LIMIT)
    own.close()


def test_many_threads_share_one_transport(client: HttpTransport, server: FolderServer) -> None:
    whole = (server.folder / "file").read_bytes()
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(5):
            if read(client) != (200, whole):
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(server.requests) == 30


def test_reads_are_in_small_pieces(client: HttpTransport, server: FolderServer) -> None:
    (server.folder / "file").write_bytes(bytes(3 * transport.CHUNK_BYTES))
    with client.stream("/file", limit=10 * transport.CHUNK_BYTES) as stream:
        assert max(map(len, stream)) <= transport.CHUNK_BYTES


# Proxies ---------------------------------------------------------------------------------------------


def test_a_proxy_is_told_who_asks_even_in_vietnamese(server: FolderServer) -> None:
    credentials = ProxyCredentials("an", "mật khẩu @:/")
    address = proxy_address(server.url.removeprefix("http://"))
    through = HttpTransport(
        "http://so-tay.invalid", proxies=proxies(Settings(proxy=address), credentials), timeout=QUICK
    )
    assert through.send("GET", "/file", limit=LIMIT).status == 404
    told = server.requests[0].headers["proxy-authorization"].removeprefix("Basic ")
    assert base64.b64decode(told).decode() == "an:mật khẩu @:/"
    through.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_another_password_is_said_plainly(scheme: str) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with answering(refusal) as port:
        through = HttpTransport(
            f"{scheme}://so-tay.invalid", proxies=dict.fromkeys(("http", "https"), f"http://127.0.0.1:{port}")
        )
        with pytest.raises(ProxyProblem, match=rf"127\.0\.0\.1:{port} đòi tên và mật khẩu.*407") as raised:
            through.send("GET", "/file", limit=LIMIT)
        assert "Cài đặt, mục Mạng" in raised.value.advice


@contextmanager
def answering(data: bytes) -> Iterator[int]:
    """A port where whatever is asked gets these bytes and the end of the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(data)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("typed", ["", "proxy", "proxy:", "ở phòng bên:3128", "ftp://proxy:1", "a:b@c:80"])
def test_an_address_that_is_no_proxys_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as raised:
        proxy_address(typed)
    assert raised.value.advice


# Pace ------------------------------------------------------------------------------------------------


class Clock:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@given(
    rate=st.integers(1_000, 1_000_000),
    spent=st.lists(st.tuples(st.integers(1, 65_536), st.floats(0, 20)), min_size=1, max_size=40),
)
def test_a_limit_is_kept_over_any_stretch(rate: int, spent: list[tuple[int, float]]) -> None:
    clock = Clock()
    line = Bandwidth(rate, clock=clock, sleep=clock.sleep)
    passed = [(0.0, 0)]
    total = 0
    for count, idle in spent:
        clock.now += idle
        line.spend(count)
        total += count
        passed.append((clock.now, total))
    for place, (since, before) in enumerate(passed):
        for until, after in passed[place:]:
            assert after - before <= rate * (until - since + BURST_SECONDS) + 65_536


def test_a_limit_is_used_to_the_full_and_changed_on_the_way() -> None:
    clock = Clock()
    line = Bandwidth(32_000, clock=clock, sleep=clock.sleep)
    for _ in range(100):
        line.spend(8_000)
    assert 800_000 / clock.now == pytest.approx(32_000, rel=0.05)
    assert max(clock.slept) <= 0.26, "a cancel is noticed soon"
    assert line.piece() == 8_000
    line.limit(0)
    before = clock.now
    line.spend(10_000_000)
    assert clock.now == before
    assert line.piece() == transport.CHUNK_BYTES


def test_a_body_is_read_no_faster_than_the_limit(server: FolderServer) -> None:
    (server.folder / "file").write_bytes(bytes(50_000))
    clock = Clock()
    limited = HttpTransport(server.url, bandwidth=Bandwidth(10_000, clock=clock, sleep=clock.sleep))
    with limited.stream("/file", limit=60_000) as stream:
        assert max(map(len, stream)) <= 2_500
    assert clock.now == pytest.approx(4.5, abs=0.3)
    limited.use({}, 0)
    with limited.stream("/file", limit=60_000) as stream:
        assert len(b"".join(stream)) == 50_000
    assert clock.now == pytest.approx(4.5, abs=0.3)
    limited.close()


def test_the_rate_is_that_of_the_last_moments() -> None:
    clock = Clock()
    speed = Speed(clock)
    for _ in range(10):
        clock.now += 1
        rate = speed.add(1_000)
    assert rate == pytest.approx(1_000, rel=0.25)
    clock.now += 60
    assert speed.add(0) == 0


def test_a_server_that_sends_drop_by_drop_is_given_up(server: FolderServer) -> None:
    """Slow retrieval: it never falls silent, and never ends either."""
    clock = Clock()

    def elapsed() -> float:
        clock.now += 100  # each look at the clock comes after a long wait
        return clock.now

    patient = HttpTransport(server.url, elapsed=elapsed)
    server.misbehave = always(Reply(body=bytes(3_000), drip=10))
    with pytest.raises(Offline, match="chậm"):
        patient.send("GET", "/file", limit=LIMIT)
    patient.close()


def test_what_is_under_way_can_be_broken_off(client: HttpTransport, server: FolderServer) -> None:
    asked, answer = threading.Event(), threading.Event()

    def silent(request: object, usual: Reply) -> Reply:
        asked.set()
        assert answer.wait(20)
        return usual

    patient = HttpTransport(server.url)
    server.misbehave = silent
    failures: list[Exception] = []

    def ask() -> None:
        try:
            patient.send("GET", "/file", limit=LIMIT)
        except Offline as error:
            failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert asked.wait(20)
    patient.interrupt()
    thread.join(20)
    answer.set()
    assert len(failures) == 1
    server.misbehave = None
    assert patient.send("GET", "/file", limit=LIMIT).status == 200
    patient.close()


def test_asking_whether_there_is_anything_new_costs_half_a_kilobyte(
    client: HttpTransport, server: FolderServer
) -> None:
    etag = client.send("GET", "/file", limit=LIMIT).headers["ETag"]
    client.send("GET", "/file", headers={"If-None-Match": etag}, limit=LIMIT)
    sent = server.requests[-1].headers
    assert set(sent) == {"host", "user-agent", "accept-encoding", "if-none-match"}
