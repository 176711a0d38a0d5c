"""The frame: rail, history, shortcuts and the toast. No feature logic; screens come from factories.

The window is painted before anything is imported that its content is made of: what stands at the top of this
file is all that the first paint needs, and the first page put into the window furnishes it.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow

from handbook.desktop.frame import FIRST_SIZE, FOLD_BELOW, paint_frame

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QStackedWidget, QWidget

    from handbook.desktop.rail import Destination, Rail
    from handbook.desktop.screen import Screen
    from handbook.desktop.session import Place, Route, Session
    from handbook.model.changes import Changes

SMALLEST = (800, 560)

Factory = Callable[["Session"], "Screen"]


class Window(QMainWindow):
    """One window for the life of the program; what it holds follows who is signed in.

    `first_painted()` is emitted once, when the window system has the first picture. `left_profile()` asks to
    go back to the choice of person; `closing()` is emitted before the window goes.
    """

    first_painted = Signal()
    left_profile = Signal()
    closing = Signal()

    def __init__(self, *, rail: bool = False, dark: bool = False, text_scale: float = 1.0) -> None:
        """How it looks while it is empty: with the rail's ground or without, in a mode and text size."""
        super().__init__()
        self._empty_look = {"rail": rail, "dark": dark, "text_scale": text_scale}
        self._painted = False
        self._told_of_unsaved = False
        self._rail: Rail | None = None
        self._stack: QStackedWidget | None = None
        self._notice: QWidget | None = None
        self._session: Session | None = None
        self._factories: Mapping[Place, Factory] = {}
        self._screens: dict[Place, Screen] = {}
        self._history: list[Route] = []
        self._future: list[Route] = []
        self._wanted: Route | None = None
        self.setWindowTitle(self.tr("Sổ tay đảng viên"))
        self.setMinimumSize(*SMALLEST)
        self.resize(*FIRST_SIZE)

    @property
    def current(self) -> "Screen | None":
        """The screen in front; None while nobody is signed in."""
        shown = self._stack.currentWidget() if self._stack else None
        return shown if shown in self._screens.values() else None

    def show_notice(self, page: "QWidget") -> None:
        """Put a page in front that belongs to no session: loading, sign-in, a problem with the profile."""
        self._furnish()
        self._drop_notice()
        self._drop_toast()
        self._notice = page
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self._rail.setVisible(self._session is not None)

    def open_session(
        self,
        session: "Session",
        who: str,
        destinations: "tuple[Destination, ...]",
        factories: "Mapping[Place, Factory]",
    ) -> None:
        """Show a signed-in person's handbook, beginning with the first destination.

        While the session is not open only that place is shown; where else the person asks to go is shown when
        `session_opened` says that it is.
        """
        from handbook.desktop.session import Route

        self._furnish()
        self._session, self._factories = session, factories
        self._told_of_unsaved = False
        self._rail.show_places(who, destinations)
        session.changes.changed.connect(self._changed)
        self._rail.setVisible(True)
        self._fold()
        self.go(Route(place=destinations[0].place))

    def session_opened(self) -> None:
        """The session has its handbook now: go where the person asked, or read again what is in front."""
        wanted, self._wanted = self._wanted, None
        if wanted:
            self.go(wanted)
        else:
            self._show(self._history[-1])

    def screens_at(self, places: "Collection[Place]") -> "list[Screen]":
        """Those that were built so far."""
        return [screen for place, screen in self._screens.items() if place in places]

    def show_rooms(
        self, who: str, destinations: "tuple[Destination, ...]", gone: "Collection[Place]"
    ) -> None:
        """Offer these destinations from now on, and forget the screens of the places that are gone."""
        from handbook.desktop.session import Route

        self._rail.show_places(who, destinations)
        self._fold()
        for place in gone:
            if screen := self._screens.pop(place, None):
                self._stack.removeWidget(screen)
                screen.deleteLater()
        first = Route(place=destinations[0].place)
        self._history = [route for route in self._history if route.place not in gone] or [first]
        self._future = [route for route in self._future if route.place not in gone]
        if self.current:
            self._rail.show_place(self.current.route.place)

    def close_session(self) -> None:
        """Make safe what is being typed and forget every screen. The session is closed by its owner."""
        if not self._session:
            return
        if self.current:
            self.current.leave()
        self._drop_toast()
        self._session.changes.changed.disconnect(self._changed)
        for screen in self._screens.values():
            self._stack.removeWidget(screen)
            screen.deleteLater()
        self._rail.show_places("", ())
        self._screens = {}
        self._history, self._future, self._wanted = [], [], None
        self._session, self._factories = None, {}
        self._rail.hide()

    def go(self, route: "Route") -> None:
        """Show a place and remember where the person came from."""
        if self._history and not self._session.is_open:
            self._wait_to_show(route)
            return
        if self._history and self._history[-1] == route and self.current:
            self._show(route)
            return
        self._history.append(route)
        self._future.clear()
        self._show(route)

    def back(self) -> None:
        if len(self._history) > 1:
            self._future.append(self._history.pop())
            self._show(self._history[-1])

    def forward(self) -> None:
        if self._future:
            self._history.append(self._future.pop())
            self._show(self._history[-1])

    def show_state(self, icon: str, text: str) -> None:
        """The line at the foot of the rail: what waits to be sent, whether the server answers."""
        self._rail.show_state(icon, text)

    def _furnish(self) -> None:
        """Put rail and pages into the empty window; nothing when they are there."""
        if self._rail:
            return
        from PySide6.QtGui import QKeySequence, QShortcut
        from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

        from handbook.desktop.rail import Rail
        from handbook.desktop.session import Place, Route

        self._rail = Rail()
        self._rail.chosen.connect(lambda place: self.go(Route(place=place)))
        self._rail.left.connect(self.left_profile)
        self._stack = QStackedWidget()
        ground = QWidget()
        row = QHBoxLayout(ground)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addWidget(self._stack, 1)
        self._rail.hide()
        self._fold()
        self.setCentralWidget(ground)
        for keys, act in (
            ("Alt+Left", self.back),
            ("Alt+Right", self.forward),
            ("Ctrl+K", lambda: self._session and self.go(Route(place=Place.LIBRARY, query=" "))),
            ("F5", lambda: self._session and self._session.sync_now()),
            ("F1", self._show_keys),
        ):
            QShortcut(QKeySequence(keys), self, activated=act)

    def prepare(self, place: "Place") -> None:
        """Build a place's screen before the person goes there, so that the first click need not wait."""
        if self._session and place in self._factories:
            self._screen(place)

    def rehearse(self, place: "Place") -> None:
        """Let a screen that is built and was never shown do what it does once."""
        if (screen := self._screens.get(place)) and screen is not self.current:
            screen.rehearse(self._stack.size())

    def _screen(self, place: "Place") -> "Screen":
        screen = self._screens.get(place)
        if screen is None:
            screen = self._factories[place](self._session)
            screen.navigate.connect(self.go)
            screen.undo_offered.connect(self._offer_undo)
            self._screens[place] = screen
            self._stack.addWidget(screen)
        return screen

    def _show(self, route: "Route") -> None:
        screen = self._screen(route.place)
        before = self.current
        if before and before is not screen:
            before.leave()
            self._drop_toast()
        self._stack.setCurrentWidget(screen)
        self._rail.show_place(route.place)
        self._drop_notice()
        screen.show_route(route)

    def _wait_to_show(self, route: "Route") -> None:
        from handbook.desktop.widgets import Page

        self._wanted = route
        page = Page(self.windowTitle())
        page.show_loading(self.tr("Đang mở sổ tay…"))
        self.show_notice(page)
        self._rail.show_place(route.place)

    def _show_keys(self) -> None:
        from handbook.desktop.keys import show_keys

        show_keys(self)

    def _changed(self, changes: "Changes") -> None:
        for screen in self._screens.values():
            screen.changed(changes)

    def _offer_undo(self, text: str, undo: Callable[[], object]) -> None:
        from handbook.desktop.widgets import ask_to_undo

        ask_to_undo(self, text, undo)

    def _drop_toast(self) -> None:
        """What was offered to undo belongs to the screen, and to the person, that is left."""
        from PySide6.QtCore import Qt

        from handbook.desktop.widgets import Toast

        for toast in self.findChildren(Toast, options=Qt.FindChildOption.FindDirectChildrenOnly):
            toast.leave()

    def _drop_notice(self) -> None:
        if self._notice:
            self._stack.removeWidget(self._notice)
            self._notice.deleteLater()
            self._notice = None

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._rail:
            paint_frame(self, **self._empty_look)
        if not self._painted:
            self._painted = True
            # Over when the picture has gone to the window system. QTimer.singleShot would look at `Qt`.
            picture_gone = QTimer(self, singleShot=True)
            picture_gone.timeout.connect(self.first_painted)
            picture_gone.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def changeEvent(self, event: "QEvent") -> None:
        super().changeEvent(event)
        if self._rail and event.type() is event.Type.StyleChange:
            self._rail.measure()
            self._fold()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.leaves_safely():
            event.ignore()
            return
        self.closing.emit()
        super().closeEvent(event)

    def leaves_safely(self) -> bool:
        """Make safe what is typed; if the disk does not take it, the person is told once, and may insist."""
        if self.current:
            self.current.leave()
        if self._told_of_unsaved or not any(screen.holds_unsaved for screen in self._screens.values()):
            return True
        from handbook.desktop.widgets import Toast

        self._told_of_unsaved = True
        Toast(
            self,
            self.tr(
                "Chữ vừa gõ chưa ghi được vào ổ đĩa. Hãy sao chép ra nơi khác hoặc giải phóng ổ đĩa; "
                "nếu rời đi lần nữa, phần chưa ghi sẽ mất."
            ),
            seconds=60,
        )
        return False

    def _fold(self) -> None:
        if self._rail:
            from handbook.desktop.theme import current_theme

            self._rail.fold(self.width() < current_theme().px(FOLD_BELOW))
