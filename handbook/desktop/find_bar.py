"""Finding in the document that is read: the words, how many there are, on and back."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.reading import DocumentText
from handbook.desktop.search_field import SearchField
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import IconButton, Label, Role, announce

FIND_AFTER_MS = 120


class FindBar(QWidget):
    """Stands above the text while it is open. `closed()` when the person is done with it."""

    closed = Signal()

    def __init__(self, text: DocumentText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._total = 0
        self.field = SearchField(self.tr("Tìm trong văn bản"), self.tr("Tìm trong văn bản này…"), False)
        self.field.setObjectName("reader.find")
        self.count = Label("", Role.MUTED)
        self.count.setObjectName("reader.find.count")
        self.count.setWordWrap(False)
        back = IconButton("chevron-up", self.tr("Chỗ trước (Shift+Enter)"))
        forward = IconButton("chevron-down", self.tr("Chỗ sau (Enter)"))
        close = IconButton("close", self.tr("Đóng ô tìm (Esc)"))
        back.clicked.connect(lambda: self.go(forward=False))
        forward.clicked.connect(lambda: self.go())
        close.clicked.connect(self.close_bar)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.field, 1)
        for part in (self.count, back, forward, close):
            self._row.addWidget(part)
        self._pause = QTimer(self, interval=FIND_AFTER_MS, singleShot=True)
        self._pause.timeout.connect(self._find)
        self.field.textChanged.connect(lambda _: self._pause.start())
        text.completed.connect(self._look_again)
        self._measure()
        self.hide()

    def open_bar(self, words: str = "") -> None:
        self.show()
        if words:
            self.field.setText(words)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_bar(self) -> None:
        self.hide()
        self._pause.stop()
        self._text.find_all("")
        self._total = 0
        self.count.setText("")
        self._text.setFocus()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._pause.isActive():
                self._find()
            else:
                self.go(not event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def go(self, forward: bool = True) -> None:
        """Show the next place, or the one before."""
        at = self._text.next_match(forward)
        if at >= 0:
            self.count.setText(self.tr("{} trong {}").format(at + 1, self._total))
            announce(self, self.count.text())

    def _find(self) -> None:
        self._pause.stop()
        words = self.field.text()
        self._total = self._text.find_all(words)
        if self._total:
            self.go()
        else:
            self.count.setText(self.tr("Không có") if words.strip() else "")
            announce(self, self.count.text())

    def _look_again(self) -> None:
        """More of the text is there than when it was looked through."""
        if self.isVisible() and self.field.text().strip():
            self._find()

    def _measure(self) -> None:
        px = current_theme().px
        self._row.setContentsMargins(px(12), px(8), px(8), px(4))
        self._row.setSpacing(px(6))
