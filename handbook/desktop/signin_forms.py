"""The forms of signing in: what they ask for, how a mistake is said beside the fields."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit

from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
    Label,
    LinkButton,
    PrimaryButton,
    Role,
    announce,
    button_for,
)
from handbook.errors import Expected

CODE_HINT = "XXXX-XXXX-XXXX"


class Form(Card):
    """Fields, one main button, and links to the other forms. `submitted` comes from the button or Enter."""

    submitted = Signal()

    def __init__(self, title: str, words: str, submit: str, submit_name: str, icon: str) -> None:
        super().__init__(title, icon, words)
        self._error: Banner | None = None
        self._words = submit
        self._submit = PrimaryButton(submit)
        self._submit.setObjectName(submit_name)
        self._submit.clicked.connect(self.submitted)
        self._edits: list[QLineEdit] = []

    def field(self, name: str, label: str, hint: str = "", secret: bool = False) -> QLineEdit:
        """Add a line to type in; Enter goes to the next one and submits from the last."""
        edit = QLineEdit()
        edit.setObjectName(name)
        edit.setAccessibleName(label)
        edit.setPlaceholderText(hint)
        if secret:
            edit.setEchoMode(QLineEdit.EchoMode.Password)
        edit.returnPressed.connect(lambda: self._next(edit))
        words = Label(label)
        words.setBuddy(edit)
        self.add(words, edit)
        self._edits.append(edit)
        return edit

    def finish(self) -> None:
        """After the last field: show what was typed, and the button."""
        show = QCheckBox(self.tr("Hiện mật khẩu"))
        secrets = [edit for edit in self._edits if edit.echoMode() is QLineEdit.EchoMode.Password]
        modes = (QLineEdit.EchoMode.Password, QLineEdit.EchoMode.Normal)
        show.toggled.connect(lambda on: [edit.setEchoMode(modes[on]) for edit in secrets])
        self.add(show)
        self.add_action(self._submit)

    def offer(self, action: Action) -> None:
        self.add_action(button_for(action, LinkButton))

    def show_error(self, error: Expected) -> None:
        self.clear_error()
        self._error = Banner.of_error(error)
        self._error.setObjectName("signin.error")
        self._error.dismissed.connect(self.clear_error)
        self.body.insertWidget(self._place_of_error(), self._error)
        announce(self._error, str(error))

    @property
    def error(self) -> Banner | None:
        """What is said to be wrong at present."""
        return self._error

    def clear_error(self) -> None:
        if self._error:
            self._error.hide()
            self._error.deleteLater()
            self._error = None

    def focus_first_mistake(self) -> None:
        """Put the cursor into the first empty line, else select the last one to type it again."""
        empty = next((edit for edit in self._edits if not edit.text()), None)
        edit = empty or self._edits[-1]
        edit.setFocus()
        edit.selectAll()

    def set_busy(self, busy: bool, doing: str = "") -> None:
        self._submit.setEnabled(not busy)
        self._submit.setText(doing if busy else self._words)
        for edit in self._edits:
            edit.setReadOnly(busy)

    def _place_of_error(self) -> int:
        """Where in the body an error stands: below the fields, beside the button that was pressed."""
        return self.body.count()

    def _next(self, edit: QLineEdit) -> None:
        following = self._edits[self._edits.index(edit) + 1 :]
        if following:
            following[0].setFocus()
        elif self._submit.isEnabled():
            self.submitted.emit()


class Activation(Form):
    def __init__(self, server: str) -> None:
        super().__init__(
            self.tr("Kích hoạt tài khoản"),
            self.tr("Dùng mã trên phiếu bí thư chi bộ đã phát. Mỗi mã chỉ dùng được một lần."),
            self.tr("Kích hoạt"),
            "signin.activate",
            "key",
        )
        self.server = self.field("signin.server", self.tr("Địa chỉ máy chủ"), "https://")
        self.server.setText(server)
        self.code = self.field("signin.code", self.tr("Mã kích hoạt"), CODE_HINT)
        self.password = self.field(
            "signin.newpassword", self.tr("Đặt mật khẩu (ít nhất 8 ký tự)"), secret=True
        )
        self.repeat = self.field("signin.repeat", self.tr("Gõ lại mật khẩu"), secret=True)
        self.finish()


class FirstSignIn(Form):
    def __init__(self, server: str) -> None:
        super().__init__(
            self.tr("Đăng nhập tài khoản đã có"),
            self.tr("Dành cho người đã kích hoạt trên một máy khác."),
            self.tr("Đăng nhập"),
            "signin.signin",
            "user",
        )
        self.server = self.field("signin.signin.server", self.tr("Địa chỉ máy chủ"), "https://")
        self.server.setText(server)
        self.name = self.field("signin.account", self.tr("Tài khoản"))
        self.password = self.field("signin.signin.password", self.tr("Mật khẩu"), secret=True)
        self.finish()


class Forgotten(Form):
    """For a profile whose password is lost: what that costs is read and ticked before anything is done."""

    def __init__(self, server: str) -> None:
        super().__init__(
            self.tr("Quên mật khẩu"), "", self.tr("Làm lại từ đầu trên máy này"), "signin.anew", "key"
        )
        self.add(
            Label(self.tr("Trước hết hãy xin bí thư chi bộ mã kích hoạt mới; mã cũ không dùng lại được.")),
            Label(
                self.tr(
                    "Vẫn còn: bài đã gửi tới máy chủ, biên nhận, nhận xét, dấu đã đọc. Chúng trở lại sau khi "
                    "đồng bộ; thư viện được tải lại."
                )
            ),
            Label(
                self.tr(
                    "Mất trên máy này: bài đang viết, bài chưa gửi, ghi chú, đoạn tô màu. Chúng được khoá "
                    "bằng mật khẩu đã quên, không ai mở được. Tệp khoá vẫn nằm trên máy, không bị xoá."
                ),
                Role.STRONG,
            ),
        )
        self.server = self.field("signin.anew.server", self.tr("Địa chỉ máy chủ"), "https://")
        self.server.setText(server)
        self.code = self.field("signin.anew.code", self.tr("Mã kích hoạt mới"), CODE_HINT)
        self.password = self.field(
            "signin.anew.password", self.tr("Đặt mật khẩu mới (ít nhất 8 ký tự)"), secret=True
        )
        self.repeat = self.field("signin.anew.repeat", self.tr("Gõ lại mật khẩu"), secret=True)
        self.understood = QCheckBox(self.tr("Tôi hiểu những gì sẽ mất trên máy này"))
        self.understood.setObjectName("signin.anew.understood")
        self.add(self.understood)
        self.finish()
        self.account = ""

    def ask_for(self, account: str, name: str, server: str) -> None:
        """Whose profile is begun anew."""
        self.account = account
        self.set_title(self.tr("Quên mật khẩu"), f"{name} · {account}")
        self.server.setText(server or self.server.text())
        self.understood.setChecked(False)
