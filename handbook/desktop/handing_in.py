"""Nộp bài: what has to be mended or is agreed to, then the text on its way; nothing typed comes too late."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer, Signal

from handbook.desktop.autosave import Autosave
from handbook.desktop.parts import Parts
from handbook.desktop.screen import Screen
from handbook.desktop.submission_panel import SubmissionPanel
from handbook.desktop.widgets import Banner, Column, announce
from handbook.desktop.writing_bar import WritingBar
from handbook.errors import Expected
from handbook.model.changes import Changes
from handbook.model.repeats import Repeats

if TYPE_CHECKING:
    from handbook.client.reflection import Draft


class HandingIn(QObject):
    """`opened` gives what is being written in `parts`, None while nothing is, and the cell that will read it.

    `handed_in()` is emitted when the text is owed to the server; `is_under_way` until then from when the
    person confirmed. `choice_needed(draft)`: another PC handed in meanwhile, and which text goes on is to be
    chosen first.
    """

    handed_in = Signal()
    choice_needed = Signal(object)

    def __init__(
        self,
        screen: Screen,
        column: Column,
        parts: Parts,
        bar: WritingBar,
        autosave: Autosave,
        opened: "Callable[[], tuple[Draft | None, str]]",
    ) -> None:
        super().__init__(screen)
        self._screen, self._column, self._parts, self._bar = screen, column, parts, bar
        self._autosave, self._opened = autosave, opened
        self.is_under_way = False
        self.panel = SubmissionPanel()
        self.panel.confirmed.connect(self._confirm)
        self.panel.closed.connect(self._close_panel)
        self.panel.mending.connect(self._go_to_part)

    def ask(self) -> None:
        """Show what is to be mended, or who will read the text, and ask."""
        draft, _ = self._opened()
        if draft and draft.can_write and not self.is_under_way:
            self._autosave.when_saved(lambda: self._read(take_focus=True))

    def saved(self) -> None:
        """The text was changed: what the panel says follows it."""
        if self.panel.isVisible() and not self.is_under_way:
            self._read(take_focus=False)

    def release(self) -> None:
        """The text did not get on its way: it can be written on."""
        self._lock(False)

    def _read(self, take_focus: bool) -> None:
        asked, cell_name = self._opened()
        assignment, now = asked.assignment.assignment.id, self._screen.session.now()
        reflections = self._screen.session.handbook.reflections

        def read() -> "tuple[Draft, Repeats]":
            draft = reflections.draft(assignment, now)
            return draft, reflections.repeated(assignment, draft.answers)

        def show(found: "tuple[Draft, Repeats]") -> None:
            draft, repeats = found
            opened, _ = self._opened()
            if not opened or assignment != opened.assignment.assignment.id or not draft.can_write:
                return
            if draft.newer:
                self.panel.hide()
                if take_focus:
                    self.choice_needed.emit(draft)
                return
            self.panel.show_draft(draft, cell_name, repeats)
            if take_focus:
                QTimer.singleShot(0, self.panel, self._show_panel)

        self._screen.session.work.run(read, show, self._fail, self._screen)

    def _show_panel(self) -> None:
        """Whole, or from its first line where it is higher than what is in sight."""
        self.panel.take_focus()
        self._column.ensureWidgetVisible(self.panel)
        if self.panel.height() > self._column.viewport().height():
            top = self.panel.mapTo(self._column.widget(), QPoint(0, 0)).y()
            self._column.verticalScrollBar().setValue(top)

    def _close_panel(self) -> None:
        self.panel.hide()
        if boxes := self._parts.boxes():
            boxes[-1].setFocus()

    def _go_to_part(self, part: str) -> None:
        if box := self._parts.box(part):
            box.setFocus()
            self._column.ensureWidgetVisible(box)

    def _confirm(self) -> None:
        self.panel.confirm.setEnabled(False)
        self._lock(True)
        self._autosave.when_saved(self._hand_in)

    def _hand_in(self) -> None:
        draft, _ = self._opened()
        assignment, now = draft.assignment.assignment.id, self._screen.session.now()
        reflections = self._screen.session.handbook.reflections
        self._screen.session.work.run(
            lambda: reflections.submit(assignment, now), self._handed_in, self._not_handed_in, self._screen
        )

    def _handed_in(self, _: Changes) -> None:
        self.is_under_way = False
        self.panel.hide()
        announce(self._screen, self.tr("Đã lưu an toàn; sẽ tự gửi khi có mạng."))
        self.handed_in.emit()

    def _not_handed_in(self, error: Expected) -> None:
        self._lock(False)
        self._fail(error)
        self._read(take_focus=False)

    def _lock(self, locked: bool) -> None:
        self.is_under_way = locked
        self._bar.submit.setEnabled(not locked)
        self._parts.lock(locked)

    def _fail(self, error: Expected) -> None:
        self._screen.show_banner(Banner.of_error(error))
