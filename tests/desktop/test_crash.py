"""A bug leaves a report on the PC with places and no words, and the person is told in plain words."""

import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from handbook import __version__
from handbook.desktop.crash import KEPT, CrashReports, report
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place
from handbook.desktop.theme import Theme
from handbook.desktop.widgets import Label
from handbook.model.changes import Change, Changes
from tests.client.samples import NOW
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.one_screen import OneScreen

SECRET = "Tôi, Nguyễn Văn An, đã viết những dòng này"
AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def read_letter() -> None:
    raise ValueError(f"cannot parse {SECRET!r}")


def open_letter() -> None:
    try:
        read_letter()
    except ValueError as error:
        raise RuntimeError(f"letter {SECRET}") from error


def caught(act: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as held:
        act()
    return held.value


# The report ------------------------------------------------------------------------------------------


def test_a_report_names_kinds_and_places_and_none_of_a_persons_words() -> None:
    text = report(caught(open_letter), AT)
    assert text.startswith(f"handbook {__version__}, 2026-11-22T08:30:00+00:00\nPython ")
    for word in SECRET.split():
        assert word not in text
    kinds = re.findall(r"^builtins\.\w+$", text, re.M)
    assert kinds == ["builtins.RuntimeError", "builtins.ValueError"]
    places = re.findall(r"^  (\S+):\d+ in (\w+)$", text, re.M)
    assert [name for _, name in places if name.endswith("letter")] == [
        "open_letter",
        "open_letter",
        "read_letter",
    ]
    assert all(Path(place).name == "test_crash.py" for place, name in places if name.endswith("letter"))


def test_a_report_tells_what_was_under_way_when_the_bug_came() -> None:
    def stumble() -> None:
        try:
            read_letter()
        except ValueError:
            [].pop()

    def forget() -> None:
        try:
            read_letter()
        except ValueError:
            raise KeyError(SECRET) from None

    assert "ValueError" in report(caught(stumble), AT)
    assert "ValueError" not in report(caught(forget), AT)


def test_a_report_of_a_chain_that_bites_its_tail_ends() -> None:
    one, two = ValueError(), KeyError()
    one.__cause__, two.__cause__ = two, one
    assert report(one, AT).count("builtins.") == 2


def test_a_report_shows_no_folder_of_the_person() -> None:
    assert str(Path.home()) not in report(caught(open_letter), AT)
    assert str(Path(__file__).parents[2]) not in report(caught(open_letter), AT)


# On the disk -----------------------------------------------------------------------------------------


def test_only_the_latest_reports_are_kept(tmp_path: Path) -> None:
    reports = CrashReports(tmp_path / "crash")
    files = [reports.write(ValueError(number)) for number in range(KEPT + 5)]
    assert sorted((tmp_path / "crash").iterdir()) == files[5:]


def test_what_escapes_is_reported_and_still_told_to_whoever_listened_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *facts: told.append(facts[1]))
    former = sys.excepthook
    reports = CrashReports(tmp_path / "crash")
    reports.watch()
    bug = caught(open_letter)
    sys.excepthook(type(bug), bug, bug.__traceback__)
    (file,) = (tmp_path / "crash").iterdir()
    assert "builtins.RuntimeError" in file.read_text("utf-8")
    interrupt = KeyboardInterrupt()
    sys.excepthook(KeyboardInterrupt, interrupt, None)
    assert told == [bug, interrupt]
    assert list((tmp_path / "crash").iterdir()) == [file]
    reports.unwatch()
    assert sys.excepthook is former


def test_a_disk_that_takes_no_report_does_not_hide_the_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *facts: told.append(facts[1]))
    (tmp_path / "crash").write_text("in the way", "utf-8")
    reports = CrashReports(tmp_path / "crash")
    reports.watch()
    bug = caught(open_letter)
    with pytest.raises(OSError):
        sys.excepthook(type(bug), bug, bug.__traceback__)
    assert told == [bug]
    reports.unwatch()


def test_one_who_put_a_hook_of_their_own_afterwards_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    reports = CrashReports(tmp_path)
    reports.watch()
    sys.excepthook = print
    reports.unwatch()
    assert sys.excepthook is print


# In the program --------------------------------------------------------------------------------------


class LetterScreen(Screen):
    """A screen with a bug in what it reads and in what it does, until `healed`."""

    healed = False
    concerns = frozenset({Change.STUDY})

    def refresh(self) -> None:
        self.load(self._read, lambda text: (self.body.addWidget(Label(text)), self.show_ready()))

    def _read(self) -> str:
        if not self.healed:
            open_letter()
        return "Bức thư"

    def send(self) -> Changes:
        open_letter()
        return frozenset()


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def letters(ward: Ward, tmp_path: Path, qapp: QApplication) -> Iterator[OneScreen]:
    """The screen with the bug, and reports of it in `crash`."""
    Theme().apply(qapp)
    ward.now = NOW
    device = Device(tmp_path / "pc", ward, "An", ward.new_cell({"An": ()}))
    reports = CrashReports(tmp_path / "crash")
    screen = OneScreen(device, LetterScreen, Place.STUDY, watch=reports.write)
    yield screen
    screen.bugs.clear()
    screen.close()
    device.close()


@pytest.mark.gui
def test_a_bug_in_what_a_screen_reads_stands_in_place_of_the_content(
    letters: OneScreen, tmp_path: Path
) -> None:
    assert letters.in_place_of_content().startswith("Chương trình gặp lỗi ngoài dự kiến.")
    assert SECRET not in letters.words()
    (file,) = (tmp_path / "crash").iterdir()
    assert "builtins.RuntimeError" in file.read_text("utf-8")
    letters.screen.healed = True
    assert letters.buttons() == ["Thử lại"]
    letters.press_text("Thử lại")
    assert "Bức thư" in letters.words()
    assert letters.in_place_of_content() == ""


@pytest.mark.gui
def test_a_bug_in_what_a_screen_does_leaves_the_content_and_says_so_above(
    letters: OneScreen, tmp_path: Path
) -> None:
    letters.screen.healed = True
    letters.press_text("Thử lại")
    letters.screen.command(letters.screen.send)
    letters.settle()
    assert letters.banner().startswith("Chương trình gặp lỗi ngoài dự kiến.")
    assert SECRET not in letters.words()
    assert "Bức thư" in letters.words()
    assert len(list((tmp_path / "crash").iterdir())) == 2


@pytest.mark.gui
def test_a_bug_in_a_callback_of_the_toolkit_is_reported_and_the_program_goes_on(
    tmp_path: Path, qtbot: QtBot, qapp: QApplication
) -> None:
    reports = CrashReports(tmp_path / "crash")
    with qtbot.captureExceptions() as escaped:
        reports.watch()
        QTimer.singleShot(0, open_letter)
        qtbot.waitUntil(lambda: bool(escaped))
        reports.unwatch()
    (file,) = (tmp_path / "crash").iterdir()
    assert "in open_letter" in file.read_text("utf-8")
