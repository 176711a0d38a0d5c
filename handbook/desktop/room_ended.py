"""In place of a room whose duty has ended: why it is gone, and what was being typed there."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit

from handbook.desktop.widgets import Action, Card, Label, Page, PrimaryButton, Role, announce


class RoomEnded(Page):
    """`left()` asks to go on to the first screen."""

    left = Signal()

    def __init__(self, rooms: str, typed: str) -> None:
        super().__init__(self.tr("Nhiệm vụ đã thay đổi"))
        self.setObjectName("room-ended")
        said = self.tr("Đồng chí không còn nhiệm vụ ở mục {}").format(rooms)
        card = Card(said, "info")
        card.add(
            Label(
                self.tr(
                    "Máy chủ vừa báo nhiệm vụ này đã kết thúc, nên bản sao dữ liệu của tổ chức được gỡ khỏi "
                    "máy. Bài, ghi chú và bản nháp của chính đồng chí còn nguyên. Nếu có nhầm lẫn, hãy báo "
                    "bí thư chi bộ hoặc quản trị của đảng uỷ."
                )
            )
        )
        self.onward = card.add_action(
            Action(self.tr("Về Việc hôm nay"), self.left.emit, "today"), PrimaryButton
        )
        self.onward.setObjectName("room-ended.onward")
        self.body.addWidget(card)
        if typed:
            self._offer_typed(typed)
        self.body.addStretch(1)
        announce(self, said)

    def _offer_typed(self, typed: str) -> None:
        card = Card(self.tr("Chữ đồng chí đang viết dở"), "editor")
        box = QPlainTextEdit(typed)
        box.setObjectName("room-ended.typed")
        box.setReadOnly(True)
        box.setTabChangesFocus(True)
        box.setAccessibleName(self.tr("Chữ đang viết dở"))
        card.add(box, Label(self.tr("Không gửi được nữa; hãy sao chép nếu còn cần."), Role.NOTE))

        def copy() -> None:
            QGuiApplication.clipboard().setText(typed)
            copied = self.tr("Đã sao chép.")
            button.setText(copied)
            announce(self, copied)

        button = card.add_action(Action(self.tr("Sao chép"), copy, "copy"))
        button.setObjectName("room-ended.copy")
        self.body.addWidget(card)
