"""The sample ward that `handbook demo` and the tour stand on, and the server process they start."""

import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import psutil
import pytest
from keyring.backends import fail

from handbook.client.handbook import open_handbook
from handbook.client.library import Filter
from handbook.client.profiles import profiles
from handbook.client.settings import read_settings
from handbook.demo import (
    ASSIGNMENT,
    COLLEAGUES,
    DOCUMENT,
    MEMBER,
    PASSWORD,
    SECRETARY,
    SampleWard,
    ServerProcess,
    no_display,
    run_demo,
)
from handbook.errors import ServerBroken
from handbook.model.reflection import Answer

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook

TYPED = "Những chữ của lần mở trước."


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module", autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """What a test starts has ended, and been waited for, when the test ends."""
    before = set(psutil.Process().children(recursive=True))
    yield
    assert set(psutil.Process().children(recursive=True)) <= before


def opened(ward: SampleWard, account: str) -> "Handbook":
    return open_handbook(ward.desktop_dir, account, PASSWORD)


# The ward --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ward that was prepared and used once."""
    folder = tmp_path_factory.mktemp("demo")
    ward = SampleWard(folder)
    try:
        ward.prepare()
        handbook = opened(ward, MEMBER)
        try:
            assignment = handbook.study.assignment(ASSIGNMENT, now()).assignment
            handbook.reflections.save(ASSIGNMENT, (Answer(assignment.parts[0].id, TYPED),), now())
        finally:
            handbook.close()
    finally:
        ward.close()
    return folder


@pytest.fixture
def again(folder: Path) -> Iterator[SampleWard]:
    """The same ward at the next start of the program."""
    ward = SampleWard(folder)
    ward.prepare()
    yield ward
    ward.close()


def test_both_profiles_open_with_the_password_that_the_demo_prints(again: SampleWard) -> None:
    assert {card.account for card in profiles(again.desktop_dir)} == {MEMBER, SECRETARY}
    for account in (MEMBER, SECRETARY):
        handbook = opened(again, account)
        try:
            assert len(handbook.library.documents(Filter())) >= 24
            assert DOCUMENT in {card.id for card in handbook.library.documents(Filter())}
            assert handbook.study.today(now()).tasks
        finally:
            handbook.close()


def test_a_second_start_keeps_the_profiles_and_publishes_nothing_again(folder: Path) -> None:
    packs = {file.name for file in (folder / "content" / "packs").iterdir()}
    ward = SampleWard(folder)
    try:
        ward.prepare()
        handbook = opened(ward, MEMBER)
        try:
            assert handbook.reflections.draft(ASSIGNMENT, now()).answers[0].text == TYPED
        finally:
            handbook.close()
    finally:
        ward.close()
    assert {file.name for file in (folder / "content" / "packs").iterdir()} == packs


def test_after_a_second_start_the_profiles_find_the_server_wherever_it_listens(again: SampleWard) -> None:
    assert read_settings(again.desktop_dir).server == again.server.url
    for account in (MEMBER, SECRETARY):
        handbook = opened(again, account)
        try:
            assert handbook.account.server == again.server.url
            report = handbook.sync.run(now)
            assert report.error is None, report.error
        finally:
            handbook.close()
        assert next(c for c in profiles(again.desktop_dir) if c.account == account).server == again.server.url


def test_the_secretary_finds_the_work_of_colleagues(again: SampleWard) -> None:
    handbook = opened(again, SECRETARY)
    try:
        report = handbook.sync.run(now)
        assert report.error is None, report.error
        waiting = handbook.study.today(now()).to_review
    finally:
        handbook.close()
    assert waiting == (len(COLLEAGUES) + 1) // 2


# The server process ----------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(["--data-dir", str(tmp_path / "server")])
    yield made
    made.stop()


def accepts(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            return True
    except OSError:
        return False


def test_a_server_that_was_stopped_starts_again_where_profiles_look_for_it(server: ServerProcess) -> None:
    url = server.start()
    assert server.running
    assert accepts(url)
    server.stop()
    assert not server.running
    assert not accepts(url)
    assert server.start() == url
    assert accepts(url)


def test_a_server_that_was_killed_is_gone_and_starts_again(server: ServerProcess) -> None:
    url = server.start()
    server.kill()
    assert not server.running
    assert not accepts(url)
    assert server.start() == url


def test_stopping_twice_or_before_a_start_is_nothing(server: ServerProcess) -> None:
    server.stop()
    server.kill()
    server.start()
    server.stop()
    server.stop()
    assert not server.running


def test_a_server_that_cannot_start_says_why_and_leaves_no_process(tmp_path: Path) -> None:
    server = ServerProcess(["--data-dir", str(tmp_path / "server")])
    server.start()
    server.stop()
    port = int(server.url.rpartition(":")[2])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(ServerBroken) as caught:
            server.start()
        assert not server.running
    assert str(port) in caught.value.advice
    assert server.start() == f"http://127.0.0.1:{port}"
    server.stop()


# Without a display -----------------------------------------------------------------------------------


@pytest.fixture
def headless(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_without_a_display_the_demo_says_how_to_get_one_and_prepares_nothing(
    headless: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    assert run_demo(folder) == 2
    assert "xvfb-run" in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize("name", ["QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"])
def test_any_kind_of_display_will_do(headless: pytest.MonkeyPatch, name: str) -> None:
    assert no_display()
    headless.setenv(name, "x")
    assert not no_display()


def test_the_sample_is_as_urgent_next_year_as_on_the_day_it_was_made(tmp_path: Path) -> None:
    """Its assignments carry fixed days; the sample ward moves them with the day it is first opened."""
    (tmp_path / "began.txt").write_text("2027-11-22", encoding="utf-8")
    file = SampleWard(tmp_path)._source() / "hongson/anbinh/assignments/chuyen-doi-so-o-phuong.toml"
    text = file.read_text(encoding="utf-8")
    assert "opens_on = 2027-11-02" in text
    assert "due_on = 2027-11-30" in text
