"""What helps who writes, in windows of their own: highlights to quote, former texts to bring back."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from handbook.desktop.autosave import Autosave
from handbook.desktop.compared_texts import Written
from handbook.desktop.former_texts import FormerTextsWindow
from handbook.desktop.parts import Parts
from handbook.desktop.quoting import QuotingWindow, show_quoting
from handbook.desktop.screen import Screen
from handbook.model.prose import Quotation

if TYPE_CHECKING:
    from handbook.client.reflection import Draft


class WritingAids(QObject):
    """`opened` gives what is being written in `parts`; None while nothing is."""

    def __init__(
        self, screen: Screen, parts: Parts, autosave: Autosave, opened: "Callable[[], Draft | None]"
    ) -> None:
        super().__init__(screen)
        self._screen, self._parts, self._autosave, self._opened = screen, parts, autosave, opened

    def quote(self) -> None:
        """Show the highlights beside the text."""
        draft = self._opened()
        if draft and draft.can_write:
            documents = draft.assignment.assignment.documents
            if window := show_quoting(self._screen.session, documents, self._screen):
                window.chosen.connect(self._insert)

    def show_former_texts(self) -> None:
        """Compare with what was written before, once the disk has the present text."""
        if draft := self._opened():
            self._autosave.when_saved(lambda: self._show_former_texts(draft))

    def close(self) -> None:
        """The person goes elsewhere."""
        if window := self._screen.window().findChild(QuotingWindow):
            window.close()

    def _insert(self, quotation: Quotation) -> None:
        if box := self._parts.current:
            box.insert_quotation(quotation)
            box.ensureCursorVisible()

    def _show_former_texts(self, draft: "Draft") -> None:
        assignment = draft.assignment.assignment
        window = FormerTextsWindow(
            self._screen.session,
            assignment.id,
            {part.id: part.title for part in assignment.parts},
            Written(self._parts.answers() if draft.can_write else draft.answers, draft.files),
            draft.can_write and draft.saved_at is not None,
            self._screen.window(),
        )
        window.brought_back.connect(lambda id: self._bring_back(draft, id))
        window.finished.connect(window.deleteLater)
        window.open()

    def _bring_back(self, draft: "Draft", id: str) -> None:
        session, before = self._screen.session, replace(draft, answers=self._parts.answers())
        assignment, now = draft.assignment.assignment.id, session.now()
        reflections = session.handbook.reflections

        def put_back() -> None:
            at = session.now()
            self._screen.command(lambda: reflections.put_back(before, at))

        def done(_: object) -> None:
            said = self.tr("Đã lấy lại bản trước; bài vừa viết cũng được giữ thành một bản.")
            self._screen.undo_offered.emit(said, lambda: self._autosave.when_saved(put_back))

        self._screen.command(lambda: reflections.bring_back(assignment, id, now), done)
