"""Chèn đoạn đã tô: the member's own highlights beside what they write, to be put in as quotations."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from handbook.desktop.notes_list import NotesList
from handbook.desktop.session import Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Banner, Label, Role
from handbook.errors import Expected
from handbook.model.notes import Entry
from handbook.model.quoting import quotation_of

FIRST_SIZE = (430, 560)
"""In pixels at 100 %."""


class QuotingWindow(QDialog):
    """Stays open beside the text; `chosen(quotation)` for each that is to be put in, Escape closes it."""

    chosen = Signal(object)

    def __init__(self, session: Session, documents: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._documents = session, frozenset(documents)
        px = current_theme().px
        self.setObjectName("quoting")
        self.setWindowTitle(self.tr("Chèn đoạn đã tô"))
        self._words = QLineEdit()
        self._words.setObjectName("quoting.words")
        self._words.setAccessibleName(self.tr("Tìm trong mọi chỗ đã tô"))
        self._words.setPlaceholderText(self.tr("Tìm trong mọi chỗ đã tô…"))
        self._words.setClearButtonEnabled(True)
        self._words.textChanged.connect(self._read)
        self._said = Label("", Role.NOTE)
        self._said.setObjectName("quoting.said")
        self._list = NotesList(by_document=True)
        self._list.setObjectName("quoting.list")
        self._list.setAccessibleName(self.tr("Các đoạn đã tô"))
        self._list.opened.connect(self._choose)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(14), px(14), px(14), px(14))
        rows.setSpacing(px(8))
        rows.addWidget(self._words)
        rows.addWidget(self._said)
        rows.addWidget(self._list, 1)
        self._rows = rows
        room = parent.window().size()
        self.resize(min(px(FIRST_SIZE[0]), room.width()), min(px(FIRST_SIZE[1]), room.height()))
        corner = parent.window().mapToGlobal(parent.window().rect().topRight())
        self.move(corner.x() - self.width() - px(24), corner.y() + px(110))
        self._read()

    def _read(self) -> None:
        from handbook.client.notes import Filter

        notes, words = self._session.handbook.notes, self._words.text()
        self._session.work.run(
            lambda: notes.all(Filter(text=words)), lambda found: self._show(found, words), self._fail, self
        )

    def _show(self, found: tuple[Entry, ...], words: str) -> None:
        if words != self._words.text():
            return
        quoted = tuple(entry for entry in found if entry.quote)
        own = tuple(entry for entry in quoted if entry.document in self._documents)
        others = tuple(entry for entry in quoted if entry.document not in self._documents)
        shown = own + others if words.strip() or not own else own
        self._list.show_entries(shown)
        if not shown:
            said = (
                self.tr("Không có đoạn nào có chữ đó.")
                if words.strip()
                else self.tr("Chưa có đoạn nào được tô. Khi đọc, hãy chọn một đoạn rồi bấm phím H.")
            )
        elif words.strip():
            said = self.tr("Bấm vào một đoạn để chèn vào chỗ con trỏ, kèm dẫn nguồn.")
        elif own:
            said = self.tr("Đoạn đã tô trong tài liệu của nhiệm vụ. Bấm để chèn, kèm dẫn nguồn.")
        else:
            said = self.tr("Tài liệu của nhiệm vụ chưa có đoạn nào; dưới đây là các văn bản khác.")
        self._said.setText(said)

    def _choose(self, entry: Entry) -> None:
        self.chosen.emit(quotation_of(entry))

    def _fail(self, error: Expected) -> None:
        self._rows.insertWidget(0, Banner.of_error(error))


def show_quoting(session: Session, documents: Sequence[str], parent: QWidget) -> QuotingWindow | None:
    """Open the window beside the parent's; None, and the open one comes to the front, when there is one."""
    if opened := parent.window().findChild(QuotingWindow):
        opened.raise_()
        opened.activateWindow()
        return None
    window = QuotingWindow(session, documents, parent)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.show()
    return window
