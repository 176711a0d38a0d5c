"""A box to write in that is as tall as its text, so that the page scrolls and not the box."""

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QResizeEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.theme import current_theme

WRITING_PX = 16.0
FEWEST_LINES = 4


class WritingBox(QPlainTextEdit):
    """`edited()` is emitted when the person changes the text, `left()` when the keyboard goes elsewhere."""

    edited = Signal()
    left = Signal()

    def __init__(
        self, name: str, hint: str = "", fewest_lines: int = FEWEST_LINES, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._fewest_lines = fewest_lines
        self.setAccessibleName(name)
        self.setAccessibleDescription(hint)
        self.setPlaceholderText(hint)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._showing = False
        self.textChanged.connect(self._text_changed)
        self._measure()

    def start_with(self, text: str) -> None:
        """Put in the text that the person goes on from; what was here before cannot be brought back."""
        self._showing = True
        self.setPlainText(text)
        self._showing = False

    def show_text(self, text: str) -> None:
        """Put in a newer text from elsewhere; the person can undo that it replaced theirs."""
        if text == self.toPlainText():
            return
        self._showing = True
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self._showing = False

    def cursor_area(self, ancestor: QWidget) -> QRect:
        """Where the text cursor stands, in the coordinates of a widget around this one."""
        area = self.cursorRect()
        return QRect(self.viewport().mapTo(ancestor, area.topLeft()), area.size())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _text_changed(self) -> None:
        self._fit()
        if not self._showing:
            self.edited.emit()

    def _measure(self) -> None:
        font = current_theme().font(WRITING_PX)
        if self.font() != font:
            self.setFont(font)
            self.viewport().setFont(font)  # the hint is painted with this one
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(self.font())
        text = 0.0
        block = self.document().begin()
        while block.isValid():
            text += self.blockBoundingRect(block).height()
            block = block.next()
        if self.document().isEmpty():
            width = max(1, self.viewport().width() - 2 * round(self.document().documentMargin()))
            area = QRect(0, 0, width, 100_000)
            text = metrics.boundingRect(area, Qt.TextFlag.TextWordWrap, self.placeholderText()).height()
        lines = max(round(text), self._fewest_lines * metrics.lineSpacing())
        # The border and padding of the style sheet, and the document's own margin.
        frame = 2 * (current_theme().px(6) + 2) + 2 * round(self.document().documentMargin())
        self.setFixedHeight(lines + frame)
