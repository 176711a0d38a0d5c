"""The cards of Đồng bộ: what was refused, and signing in again."""

from collections.abc import Callable

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLineEdit

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Card, Label, PrimaryButton, SecondaryButton
from handbook.model.vietnamese import number_text


class SetAside(Card):
    """What the server refused, and the ways to send it once more or to send it no more."""

    def __init__(self, retry: Callable[[], object], drop: Callable[[], object]) -> None:
        super().__init__(" ", "alert")
        self.add(
            Label(
                self.tr(
                    "Không có chữ nào bị mất, và những mục khác vẫn gửi bình thường. Lý do ghi ở từng mục "
                    "bên dưới; bài thu hoạch thì mở ở Học tập để sửa hoặc chọn bản giữ lại."
                )
            )
        )
        again = self.add_action(Action(self.tr("Thử gửi lại"), retry, "send"), SecondaryButton)
        again.setObjectName("sync.retry")
        self._drop = self.add_action(Action(self.tr("Bỏ mục đang chọn"), drop, "trash"), SecondaryButton)
        self._drop.setObjectName("sync.drop")

    def show_count(self, count: int) -> None:
        self.setVisible(count > 0)
        self.set_title(self.tr("{} mục không gửi được, cần đồng chí xem").format(number_text(count)))

    def let_drop(self, may: bool) -> None:
        """Whether what is chosen may be dropped."""
        self._drop.setEnabled(may)
        self._drop.setToolTip(
            self.tr("Không gửi mục này nữa; trên máy vẫn giữ nguyên")
            if may
            else self.tr("Hãy chọn trong danh sách một mục bị từ chối (trừ bài thu hoạch)")
        )


class SignInAgain(Card):
    """Shown when the server no longer knows this PC; what waits is kept meanwhile."""

    def __init__(self, sign_in: Callable[[str], object]) -> None:
        super().__init__(" ", "key")
        self.set_title(
            self.tr("Phiên đăng nhập đã hết hạn"), self.tr("Hãy gõ lại mật khẩu để gửi và nhận tiếp.")
        )
        self._act = sign_in
        self._password = QLineEdit()
        self._password.setObjectName("sync.password")
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setAccessibleName(self.tr("Mật khẩu"))
        self._password.setPlaceholderText(self.tr("Mật khẩu"))
        self._password.returnPressed.connect(self._sign_in)
        self.add(self._password)
        self._button = self.add_action(Action(self.tr("Đăng nhập lại"), self._sign_in), PrimaryButton)
        self._button.setObjectName("sync.signin")
        self._measure_password()

    def clear(self) -> None:
        self._password.clear()
        self._button.setEnabled(True)

    def try_again(self) -> None:
        """The password was not accepted, or nobody answered."""
        self._button.setEnabled(True)
        self._password.setFocus()
        self._password.selectAll()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure_password()

    def _sign_in(self) -> None:
        if self._button.isEnabled():
            self._button.setEnabled(False)
            self._act(self._password.text())

    def _measure_password(self) -> None:
        self._password.setMaximumWidth(current_theme().px(360))
