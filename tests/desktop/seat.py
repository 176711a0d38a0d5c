"""A member at a PC: the real profile of a `Device`, the real window, and hands and eyes on it."""

import os
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QPlainTextEdit, QWidget

from handbook.client.assets import Assets
from handbook.client.attached import AttachedFiles
from handbook.client.committee import Committee
from handbook.client.editions import Editions
from handbook.client.handbook import Handbook
from handbook.client.members import Members
from handbook.client.notes import Notes
from handbook.client.openings import Openings
from handbook.client.search import Search
from handbook.desktop.cell import CellScreen
from handbook.desktop.committee import CommitteeScreen
from handbook.desktop.editor import EditorScreen
from handbook.desktop.members import MembersScreen
from handbook.desktop.pages_screen import PagesScreen
from handbook.desktop.preview import PreviewScreen
from handbook.desktop.rail import Destination
from handbook.desktop.receipt import ReceiptScreen
from handbook.desktop.report import ReportScreen
from handbook.desktop.review import ReviewScreen
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import Mode, Theme
from handbook.desktop.widgets import Banner, Toast
from handbook.desktop.window import Window
from handbook.desktop.work import Work
from tests.client.simulated_server import Device

SECONDS = 30
"""An upper limit for what is over in less than one."""

SCREENS = {
    Place.EDITOR: EditorScreen,
    Place.PREVIEW: PreviewScreen,
    Place.RECEIPT: ReceiptScreen,
    Place.CELL: CellScreen,
    Place.REVIEW: ReviewScreen,
    Place.MEMBERS: MembersScreen,
    Place.REPORT: ReportScreen,
    Place.COMMITTEE: CommitteeScreen,
}


class Seat:
    """`device`'s person sits down; the first page is an empty *Học tập*. Close it before the device."""

    def __init__(self, device: Device, size: tuple[int, int] = (1440, 900)) -> None:
        self.device = device
        self.bugs: list[object] = []
        Theme().apply(QApplication.instance())
        self.work = Work()
        self.work.crashed.connect(self.bugs.append)
        self.session = Session(handbook_of(device), self.work, device.folder, now=lambda: device.ward.now)
        self.window = Window()
        self.window.resize(*size)
        self.window.show()
        factories = {place: SCREENS.get(place, Screen) for place in Place}
        self.window.open_session(
            self.session, device.name, (Destination(Place.STUDY, "Học tập", "study"),), factories
        )
        self.window.activateWindow()
        assert QTest.qWaitForWindowActive(self.window)

    def close(self) -> None:
        self.window.close()
        self.session.close()
        self.work.wait_until_idle(SECONDS)
        self.work.close()
        self.window.deleteLater()
        assert not self.bugs, self.bugs

    def go(self, place: Place, **where: object) -> Screen:
        self.window.go(Route(place=place, **where))
        self.settle()
        return self.window.current

    @property
    def route(self) -> Route:
        return self.window.current.route

    def settle(self) -> None:
        """Until nothing runs in the background and what it brought is shown."""
        self._settle_jobs()
        pages = self.window.current
        while isinstance(pages, PagesScreen) and pages.has_pages and not pages.can_keep:
            QApplication.processEvents()
        self._settle_jobs()

    def _settle_jobs(self) -> None:
        for _ in range(4):
            assert self.work.wait_until_idle(SECONDS)
            QApplication.processEvents()

    def find(self, name: str) -> QWidget | None:
        """The control of that name, if the person can see it."""
        return next((w for w in self.window.findChildren(QWidget, name) if w.isVisible()), None)

    def click(self, name: str) -> None:
        QTest.mouseClick(self.find(name), Qt.MouseButton.LeftButton)
        self.settle()

    def press(self, text: str) -> None:
        """The one button in sight that says so."""
        shown = (each for each in self.window.findChildren(QAbstractButton) if each.isVisible())
        (button,) = (each for each in shown if each.text().replace("&", "") == text)
        button.click()
        self.settle()

    def key(self, name: str, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.find(name), key, held)
        self.settle()

    def text(self, name: str) -> str:
        control = self.find(name)
        if control is None:
            return ""
        return control.toPlainText() if hasattr(control, "toPlainText") else control.text()

    def words(self) -> str:
        """Every word on the page in front, one control a line."""
        readers = (
            getattr(widget, "toPlainText", getattr(widget, "text", None))
            for widget in self.window.current.findChildren(QWidget)
            if widget.isVisible()
        )
        return "\n".join(str(read()) for read in readers if read)

    def banner(self) -> str:
        """What the page's banners say."""
        banners = self.window.current.findChildren(Banner)
        shown = [each for each in banners if each.isVisible()]
        return " ".join(f"{each.accessibleName()} {each.accessibleDescription()}" for each in shown)

    def toast(self) -> str:
        toasts = [each for each in self.window.findChildren(Toast) if each.isVisible()]
        return " ".join(each.accessibleName() for each in toasts)


def pictures(seat: Seat, name: str) -> None:
    """For eyes: the page and the windows before it, light, dark and large; only where a folder is named."""
    folder = os.environ.get("HANDBOOK_PICTURES")
    if not folder:
        return
    for look, theme in (("light", Theme()), ("dark-150", Theme(Mode.DARK, 1.5)), ("200", Theme(scale=2.0))):
        theme.apply(QApplication.instance())
        seat.settle()
        seat.window.grab().save(f"{folder}/{name}-{look}.png")
        for window in seat.window.findChildren(QDialog):
            if window.isVisible():
                window.grab().save(f"{folder}/{name}-window-{look}.png")
    Theme().apply(QApplication.instance())
    seat.settle()


def type_into(box: QPlainTextEdit, text: str) -> None:
    """As an input method does: the text is committed as a whole."""
    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(box, event)


def handbook_of(device: Device) -> Handbook:
    """The rooms of the device's profile as the desktop gets them."""
    return Handbook(
        store=device.store,
        account=device.account,
        library=device.library,
        editions=Editions(device.store),
        assets=Assets(device.store),
        notes=Notes(device.store),
        study=device.study,
        reflections=device.reflections,
        attached=AttachedFiles(device.store),
        cell=device.cell,
        committee=Committee(device.store, device.account, device.line),
        members=Members(device.store, device.account, device.line),
        openings=Openings(device.account, device.line),
        outbox=device.outbox,
        search=Search(device.store, Path(device.folder) / "index"),
        sync=device.sync,
        transport=device.line,
    )
