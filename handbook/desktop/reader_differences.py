"""Điểm mới as the reader offers it: against the former edition, and against what the document replaces."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QKeySequence, QShortcut

from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route
from handbook.desktop.widgets import Action, Banner, IconButton, Kind
from handbook.model.library import RelationKind

if TYPE_CHECKING:
    from handbook.client.library import DocumentView

SCHEME = "differences"
"""`differences:` leads to the comparison with the former edition, `differences:<id>` with that document."""


class Offer(NamedTuple):
    """A comparison: what it is called, and the id of the other document, '' for the former edition."""

    text: str
    other: str

    @property
    def address(self) -> str:
        return f"{SCHEME}:{self.other}"


def offers_of(view: "DocumentView", has_former: bool) -> tuple[Offer, ...]:
    """What the document can be compared with on this PC."""
    former = (Offer(_tr("So với bản trước"), ""),) if has_former else ()
    changed = (RelationKind.REPLACES, RelationKind.AMENDS)
    related = {
        relation.target: Offer(_tr("So với {}").format(relation.number), relation.target)
        for relation in view.relations
        if relation.kind in changed and relation.target
    }
    return (*former, *related.values())


class ReaderDifferences(QObject):
    """The reader's ways to Điểm mới: a key, and `button`, which is seen while there is an offer."""

    def __init__(self, screen: Screen, button: IconButton) -> None:
        super().__init__(screen)
        self._screen = screen
        self._button = button
        self.offers: tuple[Offer, ...] = ()
        QShortcut(QKeySequence("Ctrl+M"), screen, activated=self._first)

    def show_offers(self, offers: tuple[Offer, ...]) -> None:
        self.offers = offers
        menu = self._button.menu()
        menu.clear()
        for offer in offers:
            menu.addAction(offer.text, self._going(offer.other))
        self._button.setVisible(bool(offers))

    def banner(self, text: str) -> Banner:
        """Tells of a new edition, and leads to what changed in it where the former one is here."""
        former = next((offer for offer in self.offers if not offer.other), None)
        see = Action(self.tr("Xem điểm mới"), self._going("")) if former else None
        return Banner(Kind.INFO, text, "", see)

    def go(self, other: str) -> None:
        document = self._screen.route.document
        self._screen.navigate.emit(Route(place=Place.DIFFERENCES, document=document, other=other))

    def _going(self, other: str) -> Callable[[], None]:
        return lambda: self.go(other)

    def _first(self) -> None:
        if self.offers:
            self.go(self.offers[0].other)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ReaderDifferences", text)
