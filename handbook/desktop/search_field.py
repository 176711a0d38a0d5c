"""A line to search with: its glass and its clear button grow with the text, which Qt's own do not."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Icon, IconButton


class SearchField(QLineEdit):
    """With `escape_clears` Escape empties it; otherwise the key is left to what the field stands in."""

    def __init__(
        self, name: str, hint: str, escape_clears: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._escape_clears = escape_clears
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self._glass = Icon("search", "muted", 18, self)
        self._clear = IconButton("close", self.tr("Xoá ô tìm"), parent=self)
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setCursor(Qt.CursorShape.ArrowCursor)
        self._clear.clicked.connect(self.clear)
        self._clear.hide()
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._escape_clears and event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return hint.expandedTo(QSize(hint.width(), current_theme().px(36)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._arrange()

    def _arrange(self) -> None:
        px = current_theme().px
        self._glass.setGeometry(px(9), 0, px(20), self.height())
        side = min(self.height() - px(6), self._clear.sizeHint().width())
        self._clear.setGeometry(self.width() - side - px(4), (self.height() - side) // 2, side, side)
        self.setTextMargins(px(24), 0, px(30), 0)
