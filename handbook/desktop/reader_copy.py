"""Taking words of the document that is read along, with where they stand."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu

from handbook.desktop.reading import DocumentText
from handbook.desktop.screen import Screen
from handbook.desktop.title_block import name_of
from handbook.desktop.widgets import Toast
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from handbook.client.library import DocumentView

_PICTURE = "\ufffc"  # what stands for one in the text


class ReaderCopy(QObject):
    """`opened` gives the document in front; None while there is none."""

    def __init__(
        self, screen: Screen, text: DocumentText, opened: "Callable[[], DocumentView | None]"
    ) -> None:
        super().__init__(screen)
        self._screen = screen
        self._text = text
        self._opened = opened

    def offer(self, menu: QMenu) -> None:
        action = menu.addAction(self.tr("Sao chép kèm trích dẫn"), self.copy_cited)
        action.setShortcut(QKeySequence("Ctrl+Shift+C"))

    def copy_cited(self) -> None:
        """Copy what is selected with where it stands; without a selection, where reading is."""
        view = self._opened()
        if view is None:
            return
        words = self._text.selected_text().replace(_PICTURE, "").strip()
        section = (
            self._text.section_of(self._text.textCursor().selectionStart()) if words else self._text.section
        )
        source = self._source(view, section)
        QGuiApplication.clipboard().setText(f"“{words}” ({source})" if words else source)
        said = self.tr("Đã sao chép đoạn chọn kèm trích dẫn.") if words else self.tr("Đã sao chép trích dẫn.")
        Toast(self._screen.window(), said, seconds=4)

    def _source(self, view: "DocumentView", section: int) -> str:
        card = view.card
        heading = view.outline[section].heading if section < len(view.outline) else ""
        source = self.tr("{} ngày {} của {}").format(name_of(card), date_text(card.issued_on), card.issuer)
        return self.tr("{}, mục “{}”").format(source, heading) if heading else source
