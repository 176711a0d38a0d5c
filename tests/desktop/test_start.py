"""The start: a painted window first, then the tasks that were kept, then the opened profile."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import keyring
import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

import handbook.client.handbook
from handbook.client.handbook import Handbook, open_handbook
from handbook.desktop.frame import COLOURS
from handbook.desktop.session import Place
from handbook.desktop.window import Window
from tests.client.conftest import PocketKeyring
from tests.desktop.conftest import Person
from tests.desktop.ward import CAPITAL, MEMBER, PASSWORD

pytestmark = pytest.mark.gui

PYSIDE = {"PySide6", "shiboken6", "Shiboken", "shibokensupport", "signature_bootstrap", "__feature__"}
FIRST_PAINT = {
    "handbook",
    "handbook.__main__",
    "handbook.client",
    "handbook.client.disk",
    "handbook.client.settings",
    "handbook.desktop",
    "handbook.desktop.frame",
    "handbook.desktop.milestones",
    "handbook.desktop.start",
    "handbook.desktop.window",
    "handbook.errors",
    "handbook.options",
}
SAY_WHAT_IS_IMPORTED = """
import json, os, sys
before = set(sys.modules)
import handbook.__main__, handbook.desktop.start

def say(name):
    print(json.dumps([name, sorted(set(sys.modules) - before)]), flush=True)
    os._exit(0)

handbook.desktop.start.milestone = say
handbook.__main__.main(sys.argv[1:])
"""


@pytest.mark.parametrize("says_where", [True, False])
def test_the_first_paint_waits_for_qt_and_the_standard_library_only(home: Path, says_where: bool) -> None:
    """Also where nobody says in which folder the data lies, as a start by the icon does not."""
    usual = home.parent / "usual" / "handbook" / "desktop"
    usual.parent.mkdir(parents=True)
    home.rename(usual)
    run = subprocess.run(
        [sys.executable, "-c", SAY_WHAT_IS_IMPORTED, *(("--data-dir", str(usual)) if says_where else ())],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=os.environ | {"XDG_DATA_HOME": str(usual.parents[1]), "LOCALAPPDATA": str(usual.parents[1])},
    )
    name, imported = json.loads(run.stdout)
    assert name == "painted"
    ours = {module for module in imported if module.split(".")[0] == "handbook"}
    assert ours == FIRST_PAINT
    assert {module.split(".")[0] for module in imported} - {"handbook"} <= sys.stdlib_module_names | PYSIDE


@pytest.mark.parametrize("dark", [False, True])
def test_the_first_picture_is_the_frame_in_the_theme_s_colours(qtbot: QtBot, dark: bool) -> None:
    window = Window(rail=True, dark=dark)
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    picture = window.grab().toImage()
    assert picture.pixelColor(10, 10).name() == COLOURS["rail"][dark]
    assert picture.pixelColor(window.width() - 10, 10).name() == COLOURS["window"][dark]


class Opening:
    """Opens profiles as the handbook does, but not before it is let."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._let = threading.Event()

    def __call__(self, *arguments: object) -> Handbook:
        self.asked.set()
        assert self._let.wait(60)
        return open_handbook(*arguments)

    def let(self) -> None:
        self._let.set()


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    held = Opening()
    monkeypatch.setattr(handbook.client.handbook, "open_handbook", held)
    yield held
    held.let()


@pytest.fixture
def used_home(qtbot: QtBot, offline_home: Path, qapp: QApplication) -> Path:
    """A data dir whose member has used the handbook before, on a PC that keeps keys."""
    keyring.set_keyring(PocketKeyring())
    someone = Person(qtbot, offline_home)
    session = someone.open().desktop.session
    someone.wait(lambda: not session.syncing)
    someone.close()
    return offline_home


@pytest.fixture
def starting(qtbot: QtBot, used_home: Path, opening: Opening) -> Iterator[Callable[[], Person]]:
    """Starts the program without a password; the profile does not open before `opening.let()`."""
    started: list[Person] = []

    def start() -> Person:
        person = Person(qtbot, used_home)
        started.append(person)
        person.desktop.start()
        person.wait(opening.asked.is_set)
        return person

    yield start
    opening.let()
    for person in started:
        person.close()


def opened(person: Person, opening: Opening) -> None:
    opening.let()
    person.wait(lambda: person.desktop.session)
    person.settle()


def tasks(person: Person) -> list[str]:
    """Each task as it is said: its button, its title and its reason."""
    buttons = (one for one in person.window.findChildren(QAbstractButton) if one.isVisible())
    shown = {one.objectName(): f"{one.text()}: {one.accessibleDescription()}" for one in buttons}
    return [words for name, words in sorted(shown.items()) if name.startswith("today.task.")]


def test_the_tasks_shown_at_once_are_those_of_the_opened_profile(
    starting: Callable[[], Person], opening: Opening
) -> None:
    person = starting()
    assert person.desktop.session is None
    assert person.sees("today.task.0")
    at_once = tasks(person)
    opened(person, opening)
    assert tasks(person) == at_once


def test_tasks_that_are_not_true_any_more_are_not_shown(
    used_home: Path, starting: Callable[[], Person], opening: Opening
) -> None:
    elsewhere = open_handbook(used_home, MEMBER, PASSWORD)
    elsewhere.library.tick(CAPITAL, True, datetime.now(UTC))
    elsewhere.close()
    person = starting()
    assert not person.sees("today.task.0")
    opened(person, opening)
    assert person.sees("today.task.0")


def test_who_clicks_before_the_profile_is_open_gets_there_when_it_is(
    starting: Callable[[], Person], opening: Opening
) -> None:
    person = starting()
    person.find("today.task.0").click()
    assert person.window.current is None
    person.find("rail.library").click()
    assert person.find("rail.library").isChecked()
    opened(person, opening)
    assert person.window.current.route.place is Place.LIBRARY
    person.window.back()
    person.settle()
    assert person.window.current.route.place is Place.TODAY
    assert person.sees("today.task.0")


def test_what_another_program_holds_is_said_in_place_of_the_tasks(
    used_home: Path, starting: Callable[[], Person], opening: Opening
) -> None:
    held = open_handbook(used_home, MEMBER, PASSWORD)
    try:
        person = starting()
        assert person.sees("today.task.0")
        opening.let()
        person.wait(lambda: "Thử lại" in person.words())
        assert not person.sees("today.task.0")
        assert not person.sees("rail.library")
        assert person.desktop.session is None
    finally:
        held.close()


def test_who_leaves_before_the_profile_is_open_is_asked_for_the_password_next(
    starting: Callable[[], Person], opening: Opening
) -> None:
    person = starting()
    person.find("window.leave").click()
    assert not person.sees("today.task.0")
    opening.let()
    person.wait(lambda: person.sees("signin.password"))
    assert person.desktop.session is None
    person.settle()
    assert keyring.get_keyring().held == {}


def test_closing_the_window_while_the_profile_opens_releases_it(
    used_home: Path, starting: Callable[[], Person], opening: Opening
) -> None:
    person = starting()
    threading.Timer(0.1, opening.let).start()
    person.window.close()
    assert person.desktop.work.idle
    open_handbook(used_home, MEMBER, PASSWORD).close()
