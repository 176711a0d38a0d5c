"""The red rail at the left: who is here, where one can go, and how delivery stands."""

from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QVBoxLayout

from handbook.desktop.frame import FOLDED_RAIL_WIDTH, RAIL_WIDTH
from handbook.desktop.session import Place
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Label, RailButton


@dataclass(frozen=True, slots=True)
class Destination:
    """An entry of the rail."""

    place: Place
    text: str
    icon: str


_BELONGS_TO = {
    Place.READER: Place.LIBRARY,
    Place.DIFFERENCES: Place.LIBRARY,
    Place.EDITOR: Place.STUDY,
    Place.PREVIEW: Place.STUDY,
    Place.RECEIPT: Place.STUDY,
    Place.REVIEW: Place.CELL,
}
"""The entry that is lit for a place that has none of its own."""


_OF_SEVERAL = {Place.REPORT: frozenset({Place.CELL, Place.COMMITTEE})}


def rooms_of(place: Place) -> frozenset[Place]:
    """The entries of the rail from which one comes to the place."""
    return _OF_SEVERAL.get(place, frozenset({_BELONGS_TO.get(place, place)}))


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


class Rail(QFrame):
    """`chosen(place)` asks to go there, `left` to let somebody else use the program."""

    chosen = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self._buttons: dict[Place, RailButton] = {}
        self._rows = QVBoxLayout(self)
        self._brand = Label(self.tr("Sổ tay đảng viên"))
        self._brand.setObjectName("brand")
        self._who = Label()
        self._who.setObjectName("brandNote")
        self._places = QVBoxLayout()
        self._state = StateButton()
        self._state.setObjectName("window.state")
        self._state.clicked.connect(lambda: self.chosen.emit(Place.SYNC))
        self._leave = RailButton(self.tr("Đổi người dùng"), "sign-out")
        self._leave.setCheckable(False)
        self._leave.setObjectName("window.leave")
        self._leave.clicked.connect(self.left)
        for part in (self._brand, self._who):
            self._rows.addWidget(part)
        self._rows.addLayout(self._places)
        self._rows.addStretch(1)
        self._rows.addWidget(self._state)
        self._rows.addWidget(self._leave)
        self.measure()

    def show_places(self, who: str, destinations: tuple[Destination, ...]) -> None:
        """Say who is here and offer the destinations, in place of any others; what stays keeps the focus."""
        self._who.setText(who)
        offered = {destination.place for destination in destinations}
        for place in [place for place in self._buttons if place not in offered]:
            button = self._buttons.pop(place)
            self._places.removeWidget(button)
            button.hide()
            button.deleteLater()
        for number, destination in enumerate(destinations, start=1):
            button = self._buttons.get(destination.place) or self._new_button(destination)
            button.setShortcut(QKeySequence(f"Ctrl+{number}"))
            self._places.insertWidget(number - 1, button)
            self._buttons[destination.place] = button
        self._order_tabs([self._buttons[destination.place] for destination in destinations])

    def _new_button(self, destination: Destination) -> RailButton:
        button = RailButton(destination.text, destination.icon)
        button.setObjectName(f"rail.{destination.place}")
        button.clicked.connect(lambda: self.chosen.emit(destination.place))
        return button

    def _order_tabs(self, places: list[RailButton]) -> None:
        """The Tab key goes down the rail."""
        # Qt leaves a pair alone that stands at the end and the start of the ring: so the foot goes in first.
        for former, following in (*pairwise((*places[:1], self._state, self._leave)), *pairwise(places)):
            self.setTabOrder(former, following)

    def show_place(self, current: Place) -> None:
        """Light the entry that the place belongs to; if it belongs to several, the one left stays lit."""
        if current in _OF_SEVERAL:
            return
        lit = _BELONGS_TO.get(current, current)
        for place, button in self._buttons.items():
            button.setChecked(place is lit)

    def show_state(self, icon: str, text: str) -> None:
        self._state.show_state(icon, text)

    def fold(self, folded: bool) -> None:
        """Show icons only, or the names too."""
        for button in (*self._buttons.values(), self._state, self._leave):
            button.fold(folded)
        self._brand.setVisible(not folded)
        self._who.setVisible(not folded)
        self.setFixedWidth(current_theme().px(FOLDED_RAIL_WIDTH if folded else RAIL_WIDTH))

    def measure(self) -> None:
        """Take the lengths of the theme in force."""
        px = current_theme().px
        self._rows.setContentsMargins(px(10), px(16), px(10), px(12))
        self._rows.setSpacing(px(4))
        self._places.setContentsMargins(0, px(12), 0, 0)
        self._places.setSpacing(px(4))
