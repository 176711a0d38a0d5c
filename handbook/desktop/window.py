"""The frame: rail, history, shortcuts and the toast. No feature logic; screens come from factories."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Label, RailButton, Toast, ask_to_undo
from handbook.model.changes import Changes

FOLD_BELOW = 1100
"""Width, in pixels at 100 % text, below which the rail shows icons only."""
SMALLEST = (800, 560)
FIRST_SIZE = (1200, 780)


@dataclass(frozen=True, slots=True)
class Destination:
    """An entry of the rail."""

    place: Place
    text: str
    icon: str


Factory = Callable[[Session], Screen]


class StateButton(RailButton):
    """The foot of the rail: says in a few words how delivery stands, and leads to *Đồng bộ*."""

    def __init__(self) -> None:
        super().__init__("", "sync")
        self.setCheckable(False)
        self._folded = False

    def show_state(self, icon: str, text: str) -> None:
        self._name = text
        self.setAccessibleName(text)
        self.set_icon(icon)
        self.fold(self._folded)

    def fold(self, folded: bool) -> None:
        self._folded = folded
        super().fold(folded)


class Window(QMainWindow):
    """One window for the life of the program; what it holds follows who is signed in.

    `left_profile()` asks to go back to the choice of person; `closing()` is emitted before the window goes.
    """

    left_profile = Signal()
    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("Sổ tay đảng viên"))
        self.setMinimumSize(*SMALLEST)
        self.resize(*FIRST_SIZE)
        self._session: Session | None = None
        self._factories: Mapping[Place, Factory] = {}
        self._screens: dict[Place, Screen] = {}
        self._history: list[Route] = []
        self._future: list[Route] = []
        self._rail_buttons: dict[Place, RailButton] = {}
        self._rail = QFrame()
        self._rail.setObjectName("rail")
        self._rail_rows = QVBoxLayout(self._rail)
        self._brand = Label(self.tr("Sổ tay đảng viên"))
        self._brand.setObjectName("brand")
        self._who = Label()
        self._who.setObjectName("brandNote")
        self._places = QVBoxLayout()
        self._state = StateButton()
        self._state.setObjectName("window.state")
        self._state.clicked.connect(lambda: self.go(Route(place=Place.SYNC)))
        self._leave = RailButton(self.tr("Đổi người dùng"), "sign-out")
        self._leave.setCheckable(False)
        self._leave.setObjectName("window.leave")
        self._leave.clicked.connect(self.left_profile)
        for part in (self._brand, self._who):
            self._rail_rows.addWidget(part)
        self._rail_rows.addLayout(self._places)
        self._rail_rows.addStretch(1)
        self._rail_rows.addWidget(self._state)
        self._rail_rows.addWidget(self._leave)
        self._stack = QStackedWidget()
        ground = QWidget()
        row = QHBoxLayout(ground)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addWidget(self._stack, 1)
        self.setCentralWidget(ground)
        self._notice: QWidget | None = None
        self._shortcuts()
        self._show_rail(False)
        self._measure()

    @property
    def current(self) -> Screen | None:
        """The screen in front; None while nobody is signed in."""
        shown = self._stack.currentWidget()
        return shown if isinstance(shown, Screen) else None

    def show_notice(self, page: QWidget) -> None:
        """Put a page in front that belongs to no session: loading, sign-in, a problem with the profile."""
        self._drop_notice()
        self._notice = page
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self._show_rail(self._session is not None)

    def open_session(
        self,
        session: Session,
        who: str,
        destinations: tuple[Destination, ...],
        factories: Mapping[Place, Factory],
    ) -> None:
        """Show a signed-in person's handbook, beginning with the first destination."""
        self._session, self._factories = session, factories
        self._who.setText(who)
        for number, destination in enumerate(destinations, start=1):
            button = RailButton(destination.text, destination.icon)
            button.setObjectName(f"rail.{destination.place}")
            button.setShortcut(QKeySequence(f"Ctrl+{number}"))
            button.clicked.connect(lambda _, place=destination.place: self.go(Route(place=place)))
            self._places.addWidget(button)
            self._rail_buttons[destination.place] = button
        session.changes.changed.connect(self._changed)
        self._show_rail(True)
        self.go(Route(place=destinations[0].place))
        self._drop_notice()
        self._fold()

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
        for button in self._rail_buttons.values():
            self._places.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._screens, self._rail_buttons = {}, {}
        self._history, self._future = [], []
        self._session, self._factories = None, {}
        self._show_rail(False)

    def go(self, route: Route) -> None:
        """Show a place and remember where the person came from."""
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
        self._state.show_state(icon, text)

    def _show(self, route: Route) -> None:
        screen = self._screens.get(route.place)
        if screen is None:
            screen = self._factories[route.place](self._session)
            screen.navigate.connect(self.go)
            screen.undo_offered.connect(self._offer_undo)
            self._screens[route.place] = screen
            self._stack.addWidget(screen)
        before = self.current
        if before and before is not screen:
            before.leave()
            self._drop_toast()
        self._stack.setCurrentWidget(screen)
        for place, button in self._rail_buttons.items():
            button.setChecked(place is _rail_place(route.place))
        screen.show_route(route)

    def _changed(self, changes: Changes) -> None:
        for screen in self._screens.values():
            screen.changed(changes)

    def _offer_undo(self, text: str, undo: Callable[[], object]) -> None:
        ask_to_undo(self, text, undo)

    def _drop_toast(self) -> None:
        """What was offered to undo belongs to the screen, and to the person, that is left."""
        for toast in self.findChildren(Toast, options=Qt.FindChildOption.FindDirectChildrenOnly):
            toast.leave()

    def _shortcuts(self) -> None:
        for keys, act in (
            ("Alt+Left", self.back),
            ("Alt+Right", self.forward),
            ("Ctrl+K", lambda: self._session and self.go(Route(place=Place.LIBRARY, query=" "))),
            ("F5", lambda: self._session and self._session.sync_now()),
        ):
            QShortcut(QKeySequence(keys), self, activated=act)

    def _show_rail(self, shown: bool) -> None:
        self._rail.setVisible(shown)

    def _drop_notice(self) -> None:
        if self._notice:
            self._stack.removeWidget(self._notice)
            self._notice.deleteLater()
            self._notice = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._measure()
            self._fold()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.current:
            self.current.leave()
        self.closing.emit()
        super().closeEvent(event)

    def _fold(self) -> None:
        folded = self.width() < current_theme().px(FOLD_BELOW)
        for button in (*self._rail_buttons.values(), self._state, self._leave):
            button.fold(folded)
        self._brand.setVisible(not folded)
        self._who.setVisible(not folded)
        px = current_theme().px
        self._rail.setFixedWidth(px(64) if folded else px(226))

    def _measure(self) -> None:
        px = current_theme().px
        self._rail_rows.setContentsMargins(px(10), px(16), px(10), px(12))
        self._rail_rows.setSpacing(px(4))
        self._places.setContentsMargins(0, px(12), 0, 0)
        self._places.setSpacing(px(4))


_BELONGS_TO = {
    Place.READER: Place.LIBRARY,
    Place.EDITOR: Place.STUDY,
    Place.RECEIPT: Place.STUDY,
    Place.REVIEW: Place.CELL,
}


def _rail_place(place: Place) -> Place:
    """The rail entry that is lit for a place that has none of its own."""
    return _BELONGS_TO.get(place, place)
