"""How a text is set, chosen where it is read and kept for every text that is read after it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu

from handbook.desktop.look import Look
from handbook.desktop.look_menu import fill_look_menu, size_beside
from handbook.desktop.reading import DocumentText
from handbook.desktop.screen import Screen
from handbook.desktop.widgets import Banner
from handbook.errors import Expected

if TYPE_CHECKING:
    from handbook.client.settings import Settings


class ReaderLook(QObject):
    """The look of the screen's text; Ctrl++ and Ctrl+- set it larger and smaller."""

    def __init__(self, screen: Screen, text: DocumentText) -> None:
        super().__init__(screen)
        self._screen = screen
        self._text = text
        self._text_px = 16.0
        self.choices: list[QActionGroup] = []
        for keys, steps in (("Ctrl++", 1), ("Ctrl+=", 1), ("Ctrl+-", -1)):
            QShortcut(QKeySequence(keys), screen, activated=lambda steps=steps: self.resize_text(steps))

    def offer(self, menu: QMenu) -> None:
        """Fill the menu with all that can be chosen."""
        self.choices = fill_look_menu(
            menu, self.resize_text, lambda setting, value: self._change(**{setting: value})
        )

    def read(self) -> None:
        """Set the text as was chosen last, here or on another screen."""
        folder = self._screen.session.data_dir

        def read() -> "Settings":
            from handbook.client.settings import read_settings

            return read_settings(folder)

        self._screen.session.work.run(read, self._show, self._failed, self)

    def resize_text(self, steps: int) -> None:
        """So many sizes larger, below 0 smaller."""
        self._text_px = size_beside(self._text_px, steps)
        self._change(reading_px=self._text_px)

    def _change(self, **changes: object) -> None:
        folder = self._screen.session.data_dir

        def change() -> "Settings":
            from handbook.client.settings import change_settings

            return change_settings(folder, **changes)

        self._screen.session.work.run(change, self._show, self._failed, self)

    def _show(self, settings: "Settings") -> None:
        self._text_px = settings.reading_px
        self._text.set_look(Look.of(settings))
        for choice in self.choices:
            for action in choice.actions():
                action.setChecked(action.data() == getattr(settings, choice.objectName()))

    def _failed(self, error: Expected) -> None:
        self._screen.show_banner(Banner.of_error(error))
