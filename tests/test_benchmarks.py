import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import client_crowd, clients, peers, questions, ranking, report, shaped_line, sync_peers
from benchmarks.server_client import Author
from benchmarks.typing import in_telex, without_marks
from handbook.model.text import exact, telex_decode
from tests.client.http_server import Reply, Request, serving

LAW = "\n\n".join(
    f"Điều {number}. Nhiệm vụ của cơ quan số {number}\n\n"
    + " ".join(f"Cơ quan thứ {number} thực hiện công việc {word} theo quy định." for word in "abcdefgh")
    for number in range(1, 30)
)


def _values(rows: list[report.Row]) -> dict[str, float]:
    return {row.what: row.value for row in rows}


def test_any_labelled_set_can_be_ranked(tmp_path: Path):
    articles = [
        {"id": 7, "title": "Điều 1. Nghĩa vụ đóng đảng phí", "text": "Đảng viên đóng đảng phí hằng tháng."},
        {"id": "b/ c", "title": "Điều 2. Sinh hoạt chi bộ", "text": "Chi bộ họp định kỳ mỗi tháng một lần."},
    ]
    asked = [
        {"text": "đóng đảng phí khi nào", "relevant": [7]},
        {"text": "chi bộ họp thế nào?", "relevant": ["b/ c", 7]},
    ]
    for name, lines in (("articles", articles), ("questions", asked)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    values = _values(ranking.measure(tmp_path))
    for way in ("with marks", "without marks", "raw Telex"):
        assert values[f"{way}: MRR@10"] == 1.0
        assert values[f"{way}: recall@20"] >= 0.75


def test_questions_made_from_a_law_can_be_ranked(tmp_path: Path):
    texts, folder = tmp_path / "texts", tmp_path / "sets"
    texts.mkdir()
    (texts / "luat.txt").write_text(f"LUẬT\n\n{LAW}", "utf-8")
    assert _values(questions.write(texts, folder))["articles"] == 29
    first = (folder / "tune" / "questions.jsonl").read_text("utf-8")
    questions.write(texts, folder)
    assert (folder / "tune" / "questions.jsonl").read_text("utf-8") == first
    half = folder / "report"
    ids = {json.loads(line)["id"] for line in (half / "articles.jsonl").read_text("utf-8").splitlines()}
    for line in (half / "questions.jsonl").read_text("utf-8").splitlines():
        assert set(json.loads(line)["relevant"]) <= ids


@pytest.mark.parametrize("word", ["được", "chuyển", "nghị", "uỷ", "thuở", "quyền", "đảng"])
def test_what_is_typed_in_telex_is_what_a_keyboard_sends(word):
    assert telex_decode(in_telex(word)) == exact(word)
    assert in_telex("Đảng viên, có?") == "ddangr vieen, cos?"
    assert without_marks("Đảng") == "dang"


def test_a_table_aligns_and_the_json_names_no_machine(tmp_path: Path):
    rows = [report.Row("one", 1234.5, "ms", 2.0, "a floor"), report.Row("another", 0.25, "")]
    lines = report.table(rows).splitlines()
    assert [line.rstrip() for line in lines[1:]] == [
        "one      1,234.50 ms      2  a floor",
        "another      0.25",
    ]
    report.write_json(tmp_path / "rows.json", rows)
    assert set(json.loads((tmp_path / "rows.json").read_text("utf-8"))) == {"python", "system", "rows"}


def test_without_libzim_our_own_search_is_still_measured(tmp_path: Path):
    documents = [
        {"id": 1, "title": "Bài 1", "body": "Chi bộ họp."},
        {"id": 2, "title": "Bài 2", "body": "Thư."},
    ]
    (tmp_path / "docs.jsonl").write_text("\n".join(map(json.dumps, documents)), "utf-8")
    (tmp_path / "queries.json").write_text(json.dumps({"queries": ["chi bộ"], "bare": ["chi bo"]}), "utf-8")
    rows = peers.measure(tmp_path, Path(shutil.which("false")), rounds=2)
    assert any("missing" in row.what for row in rows)
    values = _values(rows)
    for way in ("with marks", "without marks"):
        assert values[f"{way}, first time, p95: ours, list"] > 0
        assert values[f"{way}, median, p50: ours, texts shown"] > 0


def test_a_shaped_line_counts_what_passes_and_slows_it_down():
    """Twice the delay each way, and as long as the bytes take: the floor that syncs are measured against."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            far, _ = listening.accept()
            with far:
                far.recv(100)
                far.sendall(bytes(50_000))

        thread = threading.Thread(target=answer)
        thread.start()
        with shaped_line.shaped(listening.getsockname()[1], 20, 10) as line:
            began = time.perf_counter()
            with socket.create_connection(("127.0.0.1", line.port)) as near:
                near.sendall(b"x" * 7)
                received = 0
                while received < 50_000:
                    received += len(near.recv(65_536))
            took = time.perf_counter() - began
            assert line.passed() == shaped_line.Passed(up=7, down=50_000, connections=1)
            assert line.passed() == shaped_line.Passed()
        thread.join()
    assert took >= 0.04 + 50_000 * 8 / 10e6, "a round trip to connect, one to ask, and the bytes"


def test_a_line_tells_how_long_nothing_came_down(monkeypatch: pytest.MonkeyPatch):
    now = 10.0
    monkeypatch.setattr(shaped_line.time, "monotonic", lambda: now)
    way = shaped_line._Direction(bytes_per_second=1000, delay=0.5)
    assert way.arrival(1000) == 11.5
    now = 12.0
    assert way.arrival(500) == 13.0
    assert way.arrival(500) == 13.5
    assert way.idle == 1.0
    now = 20.0
    way.arrival(0)
    assert way.idle == 1.0, "an end that comes later is no byte"
    way.begin_anew()
    way.arrival(1)
    assert way.idle == 0.0


def test_the_memory_of_a_command_is_its_own(tmp_path: Path):
    def peak(code: str) -> int:
        command = [sys.executable, "-I", "-S", sync_peers.MEASURED, sys.executable, "-I", "-S", "-c", code]
        done = subprocess.run(command, capture_output=True, check=True)
        return json.loads(done.stdout)["peak"]

    large = peak("bytearray(b'x') * 60_000_000")
    assert large > 60_000_000
    assert peak("pass") < large - 50_000_000


def test_peers_that_are_not_installed_are_named_and_nothing_of_them_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    nothing = shutil.which("false")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    texts = sync_peers.Texts(folder=tmp_path, change=lambda folder: None, changed=0)
    ours = sync_peers.Ours(first=1, nothing=1, changed=1)
    rows = sync_peers.measure(texts, tmp_path / "peers", ours, Path(nothing), 100, 5)
    assert [row.what for row in rows] == [
        f"{name}: missing, not compared" for name in ("git", "rsync", "Anki")
    ]
    assert not (tmp_path / "peers").exists()


def test_a_crowd_tells_what_was_answered_what_was_refused_and_what_went_wrong(tmp_path: Path):
    (tmp_path / "file").write_bytes(bytes(1000))

    def journey(kind: str, *paths: str) -> client_crowd.Journey:
        return client_crowd.Journey(kind, tuple(clients._get(path, 200) for path in paths))

    def misbehave(request: Request, usual: Reply) -> Reply:
        return {"/busy": Reply(503), "/broken": Reply(raw=b"")}.get(request.path, usual)

    sent = [journey("whole", "/file", "/file"), journey("busy", "/file", "/busy", "/file")]
    sent += [journey("missing", "/nothing"), journey("broken", "/broken"), journey("whole", "/file")]
    for act, given in ((client_crowd.arrive, 0.01), (client_crowd.press, 2)):
        told: list[client_crowd.Crowd] = []
        with serving(tmp_path) as server:
            server.misbehave = misbehave
            act("127.0.0.1", int(server.url.rpartition(":")[2]), sent, given, told.append)
        [crowd] = told
        assert (crowd.answered, crowd.refused) == (4, 1)
        assert crowd.errors == {"missing: 404 instead of 200": 1, "broken: IncompleteReadError": 1}
        assert {kind: len(took) for kind, took in crowd.took.items()} == {"whole": 2}
        assert crowd.bytes_down > 4000


def test_of_a_thousand_pcs_each_has_its_own_token_and_a_tenth_takes_the_change():
    authors = [Author(f"token-{number}", f"{clients.PUBLISHERS[-1]}/cell") for number in range(1000)]
    kinds = (clients.NOTHING, clients.CHANGE, clients.FIRST)
    published = {kind: (clients._get(f"/{kind.replace(' ', '-')}", 200),) for kind in kinds}
    pcs = clients._Pcs(published, authors)
    journeys = pcs.journeys(1000)
    counted = Counter(journey.kind for journey in journeys)
    assert counted == {clients.NOTHING: 820, clients.CHANGE: 100, clients.REFLECTION: 50, clients.FIRST: 30}
    readers = [one.steps[-1].request for one in journeys if one.kind != clients.REFLECTION]
    assert len(set(readers)) == 950
    written = [one.steps[0].request for one in (*journeys, *pcs.journeys(1000)) if len(one.steps) == 3]
    assert len({re.search(rb"Bearer (\S+)", request)[1] for request in written}) == 100
