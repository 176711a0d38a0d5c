"""The column beside the text: the document's contents, or what the member marked in it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QButtonGroup, QStackedWidget, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.contents import Contents
from handbook.desktop.notes_list import NotesList
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Chip, EmptyState, FlowLayout
from handbook.model.notes import Entry


class ReaderSide(QWidget):
    """Two lists under two tabs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.contents = Contents()
        self.contents.setObjectName("reader.contents")
        self.contents.setAccessibleName(self.tr("Mục lục"))
        self.notes = NotesList(by_document=False)
        self.notes.setObjectName("reader.notes")
        self.notes.setAccessibleName(self.tr("Ghi chú trong văn bản"))
        self._none = EmptyState(
            "note",
            self.tr("Chưa có ghi chú"),
            self.tr("Bôi đen một đoạn rồi bấm H để tô màu, N để ghi chú; Ctrl+D đánh dấu trang."),
        )
        self._pages = QStackedWidget()
        for page in (self.contents, self.notes, self._none):
            self._pages.addWidget(page)
        self._tabs = QButtonGroup(self)
        self._row = FlowLayout()
        for at, (name, text) in enumerate((("contents", self.tr("Mục lục")), ("notes", self.tr("Ghi chú")))):
            tab = Chip(text)
            tab.setObjectName(f"reader.tab.{name}")
            self._tabs.addButton(tab, at)
            self._row.addWidget(tab)
        self._tabs.idClicked.connect(self._turn)
        self._tabs.button(0).setChecked(True)
        self._rows = QVBoxLayout(self)
        self._rows.addLayout(self._row)
        self._rows.addWidget(self._pages, 1)
        self._measure()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Replace the list of marks."""
        self.notes.show_entries(entries)
        name = self.tr("Ghi chú ({})").format(len(entries)) if entries else self.tr("Ghi chú")
        self._tabs.button(1).setText(name)
        self._turn(self._tabs.checkedId())

    def focus_list(self) -> None:
        self._pages.currentWidget().setFocus()

    def _turn(self, tab: int) -> None:
        shown = self.contents if tab == 0 else self.notes if self.notes.entries else self._none
        self._pages.setCurrentWidget(shown)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        px = current_theme().px
        self._rows.setContentsMargins(px(8), px(12), px(8), px(8))
        self._rows.setSpacing(px(8))
        self._row.setSpacing(px(6))
