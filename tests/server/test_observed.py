"""What operators see: health, counters and log lines without a person in them; headers; the description."""

import json
import logging
import re
import sys

import pytest

from handbook.protocol.api import SignIn
from handbook.server.logs import JsonLines
from handbook.server.metrics import Metrics
from handbook.server.routes import ROUTES
from tests.server.harness import CELL, RunningServer, reflection


def test_health_is_told_to_anybody(server: RunningServer) -> None:
    answer = server.anybody().get("/health")
    assert (answer.status_code, answer.json()) == (200, {"database": True})


def test_counters_count_by_route_and_status_and_name_nobody(server: RunningServer) -> None:
    def counted(line: str) -> int:
        found = re.search(re.escape(line) + r" (\d+)", server.anybody().get("/metrics").text)
        return int(found.group(1)) if found else 0

    an, submission = server.as_("an"), reflection()
    new = 'handbook_requests_total{method="PUT",route="/v1/submissions/{lineage}/{revision}",status="201"}'
    again = new.replace("201", "200")
    unknown = 'handbook_requests_total{method="GET",route="unknown",status="404"}'
    before = [counted(line) for line in (new, again, unknown)]
    an.hand_in(submission)
    an.put(submission)
    an.get("/an-va-bao-cao")
    assert [counted(line) for line in (new, again, unknown)] == [count + 1 for count in before]
    text = server.anybody().get("/metrics").text
    assert submission.lineage not in text and "an-va-bao-cao" not in text and CELL not in text


def test_counters_are_in_the_text_format_of_prometheus() -> None:
    metrics = Metrics()
    for seconds in (0.004, 0.005, 0.3, 60):
        metrics.observe("GET", "/v1/feed", 200, seconds)
    lines = metrics.text().splitlines()
    for line in lines:
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+\{(\w+="[^"]*",?)+\} \d+(\.\d+)?', line), line
    buckets = [int(line.rpartition(" ")[2]) for line in lines if "_bucket" in line]
    assert buckets == [2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4]
    assert 'handbook_request_seconds_count{route="/v1/feed"} 4' in lines
    assert 'handbook_request_seconds_sum{route="/v1/feed"} 60.309000' in lines


def test_methods_that_nobody_needs_are_counted_as_one(server: RunningServer) -> None:
    client = server.anybody()
    for method in ("MKCOL", "REPORT", "PROPFIND"):
        assert client.http.request(method, server.url + "/v1/hello", timeout=30).status_code == 405
    counted = set(re.findall(r'handbook_requests_total{method="(\w+)"', client.get("/metrics").text))
    assert "other" in counted and not counted & {"MKCOL", "REPORT", "PROPFIND"}


def test_log_lines_name_route_and_status_and_nobody(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "handbook.server")
    submission = reflection(text="Lời riêng")
    an = server.as_("an")
    an.hand_in(submission)
    an.get("/v1/feed", unit=CELL)
    server.anybody().post("/v1/sign-in", SignIn(account="binh", password="bí mật của Bình", device="PC"))
    server.anybody().get("/health")
    formatter = JsonLines()
    records = [record for record in caplog.records if record.name == "handbook.server"]
    lines = [json.loads(formatter.format(record)) for record in records]
    assert {"at", "level", "event", "method", "route", "status", "ms"} == set(lines[0])
    assert [(line["route"], line["status"]) for line in lines[:3]] == [
        ("/v1/submissions/{lineage}/{revision}", 201),
        ("/v1/feed", 200),
        ("/v1/sign-in", 401),
    ]
    text = json.dumps(lines, ensure_ascii=False)
    for private in (submission.lineage, "Lời riêng", CELL, "binh", "bí mật", "127.0.0.1", an.token):
        assert private not in text


def test_a_logged_exception_shows_its_path_through_the_code_but_not_its_message() -> None:
    try:
        raise ValueError("lời riêng")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    line = json.loads(JsonLines().format(record))
    assert (line["error"], line["event"]) == ("builtins.ValueError", "failed")
    assert line["places"][-1].endswith(
        test_a_logged_exception_shows_its_path_through_the_code_but_not_its_message.__name__
    )
    assert "lời riêng" not in str(line)


@pytest.mark.parametrize("path", ["/v1/hello", "/v1/me", "/khong-co", "/content/khong-co", "/metrics"])
def test_every_answer_forbids_guessing_framing_and_referring(server: RunningServer, path: str) -> None:
    headers = server.anybody().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers
    assert "Access-Control-Allow-Origin" not in headers
    assert "Strict-Transport-Security" not in headers


def test_behind_an_https_proxy_browsers_are_told_to_stay_with_https(server: RunningServer) -> None:
    client = server.anybody()
    client.http.headers["X-Forwarded-Proto"] = "https"
    assert "max-age" in client.get("/v1/hello").headers["Strict-Transport-Security"]


def test_the_description_lists_every_route_with_its_records_and_whom_it_lets_in(
    server: RunningServer,
) -> None:
    described = server.anybody().get("/openapi.json").json()
    operations = {
        (method.upper(), path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == {(route.method, route.path.replace(":path", "")) for route in ROUTES}
    submit = operations["PUT", "/v1/submissions/{lineage}/{revision}"]
    assert submit["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Submission")
    assert set(submit["responses"]) == {"200", "201", "409", "default"}
    assert submit["x-needs-any-of"] == ["submit_own"]
    parameters = [each["name"] for each in operations["GET", "/v1/feed"]["parameters"]]
    assert parameters == ["unit", "after", "limit", "seen_since", "mark", "rules"]
    assert "security" not in operations["GET", "/v1/hello"]
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert references <= set(described["components"]["schemas"])
    assert {"Session", "FeedPage", "Clash", "ErrorBody", "Receipt"} <= references
