"""What tests of the desktop share: a served ward, profiles of its members, the program on a copy of them."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from handbook.client.handbook import open_handbook
from handbook.client.tables.personal import account
from handbook.desktop.app import Desktop
from handbook.desktop.collecting import collect_what_is_due
from handbook.desktop.session import Route
from handbook.desktop.theme import Theme
from tests.desktop.ward import MEMBER, PASSWORD, SECRETARY, Ward, served_ward

SECONDS = 20
NOBODY_ANSWERS = "http://127.0.0.1:9"


@pytest.fixture(scope="session")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """The ward with its server running; what tests send to it stays for later tests."""
    with served_ward(tmp_path_factory.mktemp("ward")) as served:
        yield served


@pytest.fixture(scope="session")
def prepared_home(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data dir as set up in the office: profiles of the member and the secretary, synced. To be copied."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    home = tmp_path_factory.mktemp("prepared") / "home"
    ward.trust(home)
    for name in (MEMBER, SECRETARY):
        ward.bring(home, name)
    keyring.set_keyring(before)
    return home


@pytest.fixture(scope="session")
def prepared_offline_home(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `prepared_home`, but nothing answers where the profiles look for their server."""
    home = shutil.copytree(prepared_home, tmp_path_factory.mktemp("offline") / "home")
    for name in (MEMBER, SECRETARY):
        handbook = open_handbook(home, name, PASSWORD)
        with handbook.store.personal.write() as connection:
            connection.execute(update(account).values(server=NOBODY_ANSWERS))
        handbook.close()
    return home


@pytest.fixture
def offline_home(prepared_offline_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(prepared_offline_home, tmp_path / "home")


@pytest.fixture
def home(prepared_home: Path, tmp_path: Path) -> Path:
    """A data dir of one's own; its server answers."""
    return shutil.copytree(prepared_home, tmp_path / "home")


@pytest.fixture(autouse=True)
def _garbage_is_collected_on_the_gui_thread() -> Iterator[None]:
    """As the running program does it; a test without a Desktop has none to see to it."""
    gc.disable()
    yield
    collect_what_is_due()


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    """No test touches the keyring of the person who runs it."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


class Person:
    """Opens the program, looks and waits as a person would."""

    def __init__(self, qtbot: QtBot, home: Path) -> None:
        self.qtbot = qtbot
        self.home = home
        self.desktop = Desktop(home)
        self.window = self.desktop.window
        self.window.resize(1280, 800)

    def open(self, account: str = MEMBER) -> "Person":
        self.desktop.start(account, PASSWORD)
        self.take_keyboard()
        self.wait(lambda: self.desktop.session is not None)
        self.settle()
        return self

    def take_keyboard(self) -> None:
        """No window manager runs beside the tests: the window makes itself the active one."""
        self.window.activateWindow()
        self.wait(self.window.isActiveWindow)

    def go(self, **route: object) -> QWidget:
        self.window.go(Route(**route))
        self.settle()
        return self.window.current

    def wait(self, holds: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(holds()), timeout=SECONDS * 1000)

    def settle(self) -> None:
        """Until no job runs and everything asked for is painted."""
        self.wait(lambda: self.desktop.work.idle)
        for _ in range(5):
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QApplication.processEvents()

    def find(self, name: str) -> QWidget:
        """The visible control of that name."""
        return next(one for one in self.window.findChildren(QWidget, name) if one.isVisible())

    def sees(self, name: str) -> bool:
        return any(one.isVisible() for one in self.window.findChildren(QWidget, name))

    def words(self) -> str:
        """All words of labels and buttons in sight."""
        return "\n".join(
            text
            for widget in self.window.findChildren(QWidget)
            if widget.isVisible() and (text := _text_of(widget))
        )

    def close(self) -> None:
        self.window.close()
        self.desktop.close()
        self.window.deleteLater()
        self.desktop.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def picture(self, name: str) -> None:
        """Keep a picture of the window where HANDBOOK_PICTURES names a folder."""
        if folder := os.environ.get("HANDBOOK_PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.window.grab().save(str(Path(folder) / f"{name}.png"))


def _text_of(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    return str(text()) if callable(text) else ""


@pytest.fixture
def person(qtbot: QtBot, home: Path, qapp: QApplication) -> Iterator[Person]:
    """At the PC whose server answers; nobody is signed in yet."""
    someone = Person(qtbot, home)
    yield someone
    someone.close()
    Theme().apply(qapp)


@pytest.fixture
def alone(qtbot: QtBot, offline_home: Path, qapp: QApplication) -> Iterator[Person]:
    """The member, signed in on a PC that never reaches its server."""
    someone = Person(qtbot, offline_home)
    yield someone.open()
    someone.close()
    Theme().apply(qapp)
