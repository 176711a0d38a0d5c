"""Rút lại bài: taking back what was handed in, while the cell has not opened it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from handbook.desktop.reflection_notices import late_if_withdrawn
from handbook.desktop.screen import Screen

if TYPE_CHECKING:
    from handbook.client.reflection import Draft


class Withdrawing(QObject):
    """`opened` gives what is shown. `begun()` is emitted when the text is about to become a draft again."""

    begun = Signal()

    def __init__(self, screen: Screen, opened: "Callable[[], Draft]") -> None:
        super().__init__(screen)
        self._screen, self._opened = screen, opened

    def ask(self) -> None:
        """What is handed in again after the due day counts as late: that is said before, not after."""
        draft = self._opened()
        if draft.recalled or draft.assignment.assignment.is_on_time(self._screen.session.now()):
            self._withdraw()
        else:
            self._screen.show_banner(late_if_withdrawn(self._withdraw))

    def forget(self) -> None:
        """The person has read that the server would not have it."""
        reflections, assignment = self._reflections(), self._assignment()
        self._screen.command(lambda: reflections.forget_refused_withdrawal(assignment))

    def _withdraw(self) -> None:
        reflections, assignment, now = self._reflections(), self._assignment(), self._screen.session.now()
        self._screen.clear_banner()
        self.begun.emit()
        self._screen.command(lambda: reflections.withdraw(assignment, now))

    def _reflections(self):
        return self._screen.session.handbook.reflections

    def _assignment(self) -> str:
        return self._opened().assignment.assignment.id
