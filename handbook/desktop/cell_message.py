"""The message that reminds those who have not finished: copied, and shown as it was."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit

from handbook.desktop.widgets import Action, Card, PrimaryButton, announce


class CellMessage(Card):
    """`left()` asks to go back to the table."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__(
            self.tr("Đã sao chép tin nhắn nhắc việc"), "copy", self.tr("Dán vào nhóm nhắn tin của chi bộ.")
        )
        self._text = QPlainTextEdit()
        self._text.setObjectName("cell.missing.text")
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName(self.tr("Tin nhắn nhắc việc"))
        self.add(self._text)
        back = self.add_action(Action(self.tr("Về bảng theo dõi"), self.left.emit, "back"), PrimaryButton)
        back.setObjectName("cell.missing.back")

    def copy(self, text: str) -> None:
        """The text goes to the clipboard and into sight."""
        QGuiApplication.clipboard().setText(text)
        self._text.setPlainText(text)
        self._text.setFocus()
        announce(self, self.tr("Đã sao chép tin nhắn nhắc việc."))
