"""One screen in a window of its own on the real profile of a `Device`, and where it wanted to go."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from handbook.desktop.page import EmptyState, Loading
from handbook.desktop.rows import Row, RowList
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import Theme
from handbook.desktop.widgets import Banner, Pill
from handbook.desktop.work import Work
from tests.client.simulated_server import Device
from tests.desktop.seat import handbook_of

SECONDS = 30
"""An upper limit for what is over in less than one."""


class OneScreen:
    """`routes` are those that the screen asked the window for; `watch` is told of every bug.

    Close it before the device; it fails then when a bug was met that is still in `bugs`.
    """

    def __init__(
        self,
        device: Device,
        screen_type: type[Screen],
        place: Place,
        size: tuple[int, int] = (1000, 800),
        watch: Callable[[BaseException], object] = lambda _: None,
    ) -> None:
        self.device = device
        self.bugs: list[BaseException] = []
        self.routes: list[Route] = []
        self.work = Work()
        self.work.crashed.connect(self.bugs.append)
        self.work.crashed.connect(watch)
        self.session = Session(handbook_of(device), self.work, device.folder, now=lambda: device.ward.now)
        self.screen = screen_type(self.session)
        self.screen.navigate.connect(self.routes.append)
        self.session.changes.changed.connect(self.screen.changed)
        self.screen.resize(*size)
        self.screen.show()
        self.screen.show_route(Route(place=place))
        self.settle()

    def close(self) -> None:
        self.session.close()
        assert self.work.wait_until_idle(SECONDS)
        self.work.close()
        self.screen.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not self.bugs, self.bugs

    def settle(self) -> None:
        """Until nothing runs in the background and what it brought is shown."""
        for _ in range(4):
            assert self.work.wait_until_idle(SECONDS)
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QApplication.processEvents()

    def look(self, theme: Theme, size: tuple[int, int]) -> None:
        """With this theme, in a window of this size."""
        theme.apply(QApplication.instance())
        self.screen.resize(*size)
        self.settle()

    def sync(self) -> None:
        self.session.sync_now()
        self.settle()

    def find(self, name: str) -> QWidget | None:
        """The control of that name, if the person can see it."""
        return next((each for each in self.screen.findChildren(QWidget, name) if each.isVisible()), None)

    def press(self, name: str) -> None:
        QTest.mouseClick(self.find(name), Qt.MouseButton.LeftButton)
        self.settle()

    def press_text(self, text: str) -> None:
        """A button that has words but no name."""
        (button,) = (each for each in self._visible(QPushButton) if each.text() == text)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.settle()

    def enter(self, name: str) -> None:
        QTest.keyClick(self.find(name), Qt.Key.Key_Return)
        self.settle()

    def rows(self, name: str) -> list[Row]:
        """What a list in sight shows; nothing when it is hidden."""
        view = self.find(name)
        if not isinstance(view, RowList):
            return []
        model = view.model()
        return [model.index(i, 0).data(Qt.ItemDataRole.UserRole) for i in range(model.rowCount())]

    def words(self) -> str:
        """Every word in sight outside of lists, one control a line."""
        texts = [w.text() for w in self._visible(QWidget) if callable(getattr(w, "text", None))]
        return "\n".join(filter(None, texts))

    def pills(self) -> list[str]:
        return [pill.text() for pill in self._visible(Pill)]

    def buttons(self) -> list[str]:
        return [button.text() for button in self._visible(QPushButton)]

    def banner(self) -> str:
        return " ".join(
            f"{each.accessibleName()} {each.accessibleDescription()}" for each in self._visible(Banner)
        )

    def in_place_of_content(self) -> str:
        """What loading, emptiness or an error says."""
        states = [*self._visible(EmptyState), *self._visible(Loading)]
        return " ".join(f"{each.accessibleName()} {each.accessibleDescription()}".strip() for each in states)

    def _visible(self, kind: type[QWidget]) -> list[QWidget]:
        return [each for each in self.screen.findChildren(kind) if each.isVisible()]
