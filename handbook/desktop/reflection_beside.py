"""What stands around a reflection: question and comments, what was handed in before, other PCs' texts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from handbook.desktop.reflection_side import (
    Go,
    clear,
    comments_card,
    question_card,
    revisions_card,
    text_card,
)
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Column
from handbook.model.reflection import PassageComment
from handbook.model.vietnamese import moment_text

if TYPE_CHECKING:
    from handbook.client.reflection import Draft


class Beside(QObject):
    """In `side` where the window is wide; else folded into `column`, what has to be known above the text.

    `below` is the place at the end of the column for the texts of other PCs.
    """

    def __init__(self, column: Column, side: Column, parent: QObject) -> None:
        super().__init__(parent)
        self._column, self._side = column, side
        self._above, self._earlier = QWidget(), QWidget()
        for holder in (self._above, self._earlier):
            QVBoxLayout(holder).setContentsMargins(0, 0, 0, 0)
        self.below = QVBoxLayout()

    def show_draft(self, draft: "Draft", go: Go, find: Callable[[int, PassageComment], object]) -> None:
        """`find(revision, passage)` leads to what the cell commented on."""
        assignment = draft.assignment.assignment
        clear(self._above.layout())
        clear(self.below)
        cards = [question_card(draft.assignment, go)]
        if draft.comments:
            latest = draft.versions[0].revision if draft.versions else 0
            cards.insert(0, comments_card(draft.comments, latest, find))
        for card in cards:
            self._above.layout().addWidget(card)
        clear(self._earlier.layout())
        if draft.versions:
            self._earlier.layout().addWidget(revisions_card(draft.versions, assignment.id, go))
        if draft.newer:
            when = self.tr("Nộp từ máy khác lúc {}").format(moment_text(draft.newer.submitted_at))
            title = self.tr("Bản {} của máy khác").format(draft.newer.revision)
            self.below.addWidget(text_card(title, when, draft.newer.answers, assignment))
        for text in draft.kept:
            when = self.tr("Nộp lúc {}").format(moment_text(text.submitted_at))
            title = self.tr("Bản viết trên máy này, máy chủ chưa nhận")
            choose = text.settled_at is None
            self.below.addWidget(text_card(title, when, text.answers, assignment, unfolded=choose))

    def arrange(self, is_wide: bool) -> None:
        home = self._side.body if is_wide else self._column.body
        if home.indexOf(self._above) < 0:
            home.insertWidget(0 if is_wide else 1, self._above)
            home.insertWidget(home.count() - 1, self._earlier)
        self._side.setVisible(is_wide)
        px = current_theme().px
        self.below.setSpacing(px(12))
        self._above.layout().setSpacing(px(12))
