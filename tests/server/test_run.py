"""The server as a process: it says where it is, ends when told, and forgets nothing when it is killed."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from handbook.protocol import codec, receipts
from handbook.protocol.receipts import Receipt
from handbook.server import tables
from handbook.server.database import open_database
from handbook.server.keys import load_keys, published_receipt_key
from handbook.server.run import issue_codes, load_ward_into
from handbook.server.settings import Settings
from handbook.server.tokens import open_session
from tests.server.harness import NOW, WARD, Client, read, reflection, running

SERVE = """
import os, sys
from pathlib import Path
from handbook.server.run import serve
from handbook.server.settings import settings_from
settings = settings_from(os.environ, Path(sys.argv[1]), port=0)
serve(settings, lambda url: print(url, flush=True))
"""


@contextmanager
def process(settings: Settings, **environment: str) -> Iterator[tuple[subprocess.Popen, str]]:
    """A server process and its URL; it is gone when the block ends."""
    environ = {name: value for name, value in os.environ.items() if name != "HANDBOOK_TEST"}
    environ |= {"HANDBOOK_DATABASE_URL": settings.database_url} | environment
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(settings.data_dir)],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started, started.stdout.readline().strip()
        finally:
            if started.poll() is None:
                started.kill()


def token_of(settings: Settings, account: str) -> str:
    database = open_database(settings.database_url)
    with database.write() as connection:
        token = open_session(connection, account, "test", NOW.replace(year=2090)).token
    database.close()
    return token


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_its_url_once_it_answers_and_ends_cleanly_when_told(
    settings: Settings, number: signal.Signals
) -> None:
    with process(settings) as (server, url):
        assert requests.get(f"{url}/v1/hello", timeout=30).status_code == 200
        server.send_signal(number)
        _, log = server.communicate(timeout=30)
        assert server.returncode == 0
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["event"] for line in lines] == ["answered"]
    assert lines[0]["route"] == "/v1/hello"


def test_a_request_under_way_is_finished_before_the_server_ends(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, closing, gate = threading.Event(), threading.Event(), threading.Event()
    submission, answers = reflection(), []
    with running(settings) as server:
        accept, shutdown = server.house.intake.accept, server.program.shutdown

        def slow(*given: object) -> object:
            begun.set()
            gate.wait()
            return accept(*given)

        async def close(sockets: object = None) -> None:
            closing.set()
            await shutdown(sockets)

        monkeypatch.setattr(server.house.intake, "accept", slow)
        monkeypatch.setattr(server.program, "shutdown", close)
        an = server.as_("an")
        sender = threading.Thread(target=lambda: answers.append(an.put(submission)))
        sender.start()
        assert begun.wait(30)
        server.program.should_exit = True
        assert closing.wait(30)
        gate.set()
        sender.join()
    assert [answer.status_code for answer in answers] == [201]


@pytest.mark.parametrize("nth", [1, 2])
def test_a_power_cut_between_commit_and_answer_loses_and_doubles_nothing(
    settings: Settings, nth: int
) -> None:
    token = token_of(settings, "an")
    texts = [reflection(subject=f"tinh/phuong/bai-{number}") for number in range(nth)]
    fault = {"HANDBOOK_TEST": "1", "HANDBOOK_TEST_EXIT_AFTER_COMMIT": str(nth)}
    with process(settings, **fault) as (server, url):
        client = Client(url, token, "an")
        for text in texts[:-1]:
            client.hand_in(text)
        with pytest.raises(requests.ConnectionError):
            client.put(texts[-1])
        assert server.wait(30) == 9
    with process(settings) as (_server, url):
        answer = Client(url, token, "an").put(texts[-1])
        assert answer.status_code == 200
        receipt = read(answer, Receipt)
        feed = Client(url, token, "an").feed()
    receipts.verify(receipt, [published_receipt_key(settings.data_dir)])
    assert receipts.acknowledges(receipt, texts[-1], "an")
    assert [entry.entry.submission for entry in feed.entries if entry.entry] == texts


def test_the_fault_of_the_tests_is_asleep_unless_they_say_that_they_test(settings: Settings) -> None:
    token = token_of(settings, "an")
    with process(settings, HANDBOOK_TEST_EXIT_AFTER_COMMIT="1") as (_server, url):
        Client(url, token, "an").hand_in(reflection())


def test_a_restart_keeps_sessions_submissions_and_receipts(settings: Settings) -> None:
    submission = reflection()
    with running(settings) as server:
        first = server.as_("an")
        receipt = first.hand_in(submission)
        before = first.feed()
    with running(settings) as server:
        again = Client(server.url, first.token, "an")
        assert again.feed() == before
        assert read(again.put(submission), Receipt) == receipt


def test_a_new_receipt_key_leaves_receipts_once_given_as_they_were(settings: Settings) -> None:
    submission, later = reflection(), reflection(subject="tinh/phuong/sau")
    with running(settings) as server:
        receipt = server.as_("an").hand_in(submission)
    (settings.data_dir / "receipt-key.pem").unlink()
    with running(settings) as server:
        assert read(server.as_("an").put(submission), Receipt) == receipt
        assert server.as_("an").hand_in(later).key != receipt.key


def test_a_port_in_use_is_told_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-c", SERVE.replace("port=0", f"port={port}"), str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ended.returncode == 1
    assert f"PortTaken: Không mở được cổng {port}" in ended.stderr
    assert ended.stdout == ""


def test_keys_can_be_read_by_their_owner_only_and_stay_the_same(tmp_path: Path) -> None:
    keys = load_keys(tmp_path / "data")
    for file in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(file.name for file in (tmp_path / "data").iterdir()) == ["hash-key", "receipt-key.pem"]
    again = load_keys(tmp_path / "data")
    assert again.hashing == keys.hashing
    assert receipts.receipt_key(again.receipts) == receipts.receipt_key(keys.receipts)
    assert published_receipt_key(tmp_path / "data") == receipts.receipt_key(keys.receipts)


def test_two_servers_that_start_in_one_folder_agree_on_the_keys(tmp_path: Path) -> None:
    found = []
    threads = [threading.Thread(target=lambda: found.append(load_keys(tmp_path).hashing)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8


def test_the_first_codes_are_made_where_the_server_runs(settings: Settings) -> None:
    (code,) = issue_codes(settings, ["quantri"])
    with running(settings, clock=lambda: code.expires_at - timedelta(days=1)) as server:
        answer = server.anybody().http.post(
            f"{server.url}/v1/activate",
            data=codec.encode({"code": code.code, "password": "mật khẩu dài", "device": "PC"}),
            timeout=30,
        )
    assert answer.status_code == 200
    database = open_database(settings.database_url)
    with database.read() as connection:
        assert connection.scalars(select(tables.codes.c.issued_by)).all() == ["server"]
    database.close()


def test_hello_names_the_only_commune_when_none_is_set(tmp_path: Path) -> None:
    ward = tmp_path / "ward.toml"
    ward.write_text(
        WARD.read_text(encoding="utf-8").split('[[units]]\npath = "tinh/xa"')[0], encoding="utf-8"
    )
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/server.db",
        content_dir=tmp_path / "content",
        port=0,
    )
    with running(settings) as server:
        assert server.anybody().get("/v1/hello").json()["commune"] == ""
        load_ward_into(settings, ward)
        hello = server.anybody().get("/v1/hello").json()
    assert (hello["commune"], hello["commune_name"]) == ("tinh/phuong", "Đảng uỷ phường")
    named = replace(settings, commune="tinh/khac", commune_name="Khác")
    with running(named) as server:
        hello = server.anybody().get("/v1/hello").json()
    assert (hello["commune"], hello["commune_name"], hello["api_version"]) == ("tinh/khac", "Khác", 1)
