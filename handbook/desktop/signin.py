"""Who is at the PC: choose a profile and type its password, or bring an account to this PC."""

import platform
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QListWidget, QListWidgetItem, QStackedWidget

from handbook.client.profiles import ProfileCard, profiles
from handbook.client.settings import read_settings
from handbook.desktop.session import utc_now
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
    Label,
    LinkButton,
    Page,
    PrimaryButton,
    Role,
    button_for,
)
from handbook.desktop.work import Lane, Work
from handbook.errors import BadInput, Expected

CARD_WIDTH = 520
CODE_LENGTH_HINT = "XXXX-XXXX-XXXX"


class SignInPage(Page):
    """`ready(account, passphrase)` asks to open that profile; a refusal comes back by `show_problem`."""

    ready = Signal(str, str)

    def __init__(self, data_dir: Path, work: Work, account: str = "") -> None:
        super().__init__("")
        self.header.show_text(
            self.tr("Sổ tay đảng viên"),
            self.tr("Dữ liệu của mỗi người được khoá bằng mật khẩu của người đó."),
        )
        self._data_dir = data_dir
        self._work = work
        self._known = profiles(data_dir)
        self._forms = QStackedWidget()
        self._choice = _Choice(self._known, account)
        self._activation = _Activation(read_settings(data_dir).server)
        self._first_sign_in = _FirstSignIn(read_settings(data_dir).server)
        for form in (self._choice, self._activation, self._first_sign_in):
            form.setMaximumWidth(current_theme().px(CARD_WIDTH))
            self._forms.addWidget(form)
        self.body.addWidget(self._forms)
        self.body.addStretch(1)
        self._choice.submitted.connect(self._unlock)
        self._activation.submitted.connect(self._activate)
        self._first_sign_in.submitted.connect(self._sign_in)
        self._choice.offer(Action(self.tr("Kích hoạt bằng mã"), lambda: self._show(self._activation), "key"))
        for form in (self._choice, self._activation):
            form.offer(
                Action(self.tr("Đăng nhập tài khoản đã có"), lambda: self._show(self._first_sign_in), "user")
            )
        self._first_sign_in.offer(
            Action(self.tr("Kích hoạt bằng mã"), lambda: self._show(self._activation), "key")
        )
        if self._known:
            for form in (self._activation, self._first_sign_in):
                form.offer(Action(self.tr("Quay lại"), lambda: self._show(self._choice), "back"))
        self._show(self._choice if self._known else self._activation)

    def show_problem(self, error: Expected) -> None:
        """Say what went wrong where the person is typing; what was typed stays."""
        self._current.set_busy(False)
        banner = self.show_banner(Banner.of_error(error))
        banner.setObjectName("signin.error")
        self._current.focus_first_mistake()

    @property
    def _current(self) -> "_Form":
        return self._forms.currentWidget()

    def _show(self, form: "_Form") -> None:
        self.clear_banner()
        self._forms.setCurrentWidget(form)
        form.begin()

    def _unlock(self) -> None:
        account = self._choice.account
        if not account:
            self.show_problem(
                BadInput(self.tr("Chưa chọn người dùng."), self.tr("Hãy chọn tên trong danh sách."))
            )
            return
        self.clear_banner()
        self._choice.set_busy(True)
        self.ready.emit(account, self._choice.password.text())

    def _activate(self) -> None:
        form = self._activation
        if form.password.text() != form.repeat.text():
            self.show_problem(
                BadInput(self.tr("Hai lần gõ mật khẩu không giống nhau."), self.tr("Hãy gõ lại cả hai ô."))
            )
            return
        server, code, password = form.server.text().strip(), form.code.text(), form.password.text()

        def activate() -> str:
            from handbook.client.handbook import activate

            return activate(self._data_dir, server, code, password, platform.node(), now=utc_now())

        self._bring(activate, password)

    def _sign_in(self) -> None:
        form = self._first_sign_in
        server, account, password = form.server.text().strip(), form.name.text().strip(), form.password.text()

        def sign_in() -> str:
            from handbook.client.handbook import sign_in

            return sign_in(self._data_dir, server, account, password, platform.node(), now=utc_now())

        self._bring(sign_in, password)

    def _bring(self, make_profile: Callable[[], str], password: str) -> None:
        self.clear_banner()
        self._current.set_busy(True)
        self._work.run(
            make_profile,
            lambda account: self.ready.emit(account, password),
            self.show_problem,
            self,
            lane=Lane.NET,
        )


class _Form(Card):
    """Fields, one main button, and links to the other forms. `submitted` comes from the button or Enter."""

    submitted = Signal()

    def __init__(self, icon: str, submit_name: str) -> None:
        super().__init__(" ", icon)
        self._words = Label("", Role.MUTED)
        self.add(self._words)
        self._fields = QFormLayout()
        self._fields.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        self._fields.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.add(self._fields)
        self._submit = PrimaryButton()
        self._submit.setObjectName(submit_name)
        self._submit.clicked.connect(self.submitted)
        self.add_action(self._submit)
        self._edits: list[QLineEdit] = []

    def show_words(self, title: str, text: str, submit: str) -> None:
        self.set_title(title)
        self._words.setText(text)
        self._words.setVisible(bool(text))
        self._submit.setText(submit)

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
        self._fields.addRow(words, edit)
        self._edits.append(edit)
        return edit

    def offer(self, action: Action) -> None:
        self.add_action(button_for(action, LinkButton))

    def begin(self) -> None:
        """Put the cursor where typing begins."""
        self.focus_first_mistake()

    def focus_first_mistake(self) -> None:
        empty = next((edit for edit in self._edits if not edit.text()), None)
        edit = empty or self._edits[-1]
        edit.setFocus()
        edit.selectAll()

    def set_busy(self, busy: bool) -> None:
        self._submit.setEnabled(not busy)
        for edit in self._edits:
            edit.setReadOnly(busy)

    def _next(self, edit: QLineEdit) -> None:
        following = self._edits[self._edits.index(edit) + 1 :]
        if following:
            following[0].setFocus()
        elif self._submit.isEnabled():
            self.submitted.emit()


class _Choice(_Form):
    def __init__(self, known: tuple[ProfileCard, ...], account: str) -> None:
        super().__init__("user", "signin.submit")
        self.show_words(self.tr("Chọn người dùng"), "", self.tr("Mở sổ tay"))
        self._list = QListWidget()
        self._list.setObjectName("signin.profiles")
        self._list.setAccessibleName(self.tr("Người dùng trên máy này"))
        for card in known:
            text = f"{card.name}\n{card.unit_name} · {card.account}" if card.unit_name else card.account
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, card.account)
            item.setSizeHint(QSize(10, current_theme().px(48)))
            self._list.addItem(item)
        accounts = [card.account for card in known]
        self._list.setCurrentRow(accounts.index(account) if account in accounts else 0)
        self._list.setFixedHeight(current_theme().px(min(5, max(1, len(known))) * 50 + 4))
        self._list.itemClicked.connect(lambda _: self.password.setFocus())
        self.body.insertWidget(0, self._list)
        self.password = self.field("signin.password", self.tr("Mật khẩu"), secret=True)

    @property
    def account(self) -> str:
        item = self._list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item else ""


class _Activation(_Form):
    def __init__(self, server: str) -> None:
        super().__init__("key", "signin.activate")
        self.show_words(
            self.tr("Kích hoạt tài khoản"),
            self.tr("Dùng mã trên phiếu mà bí thư chi bộ đã phát. Mỗi mã chỉ dùng được một lần."),
            self.tr("Kích hoạt"),
        )
        self.server = self.field("signin.server", self.tr("Địa chỉ máy chủ"), "https://")
        self.server.setText(server)
        self.code = self.field("signin.code", self.tr("Mã kích hoạt"), CODE_LENGTH_HINT)
        self.password = self.field(
            "signin.newpassword", self.tr("Đặt mật khẩu (ít nhất 8 ký tự)"), secret=True
        )
        self.repeat = self.field("signin.repeat", self.tr("Gõ lại mật khẩu"), secret=True)


class _FirstSignIn(_Form):
    def __init__(self, server: str) -> None:
        super().__init__("user", "signin.signin")
        self.show_words(
            self.tr("Đăng nhập tài khoản đã có"),
            self.tr("Dành cho người đã kích hoạt trên một máy khác."),
            self.tr("Đăng nhập"),
        )
        self.server = self.field("signin.signin.server", self.tr("Địa chỉ máy chủ"), "https://")
        self.server.setText(server)
        self.name = self.field("signin.account", self.tr("Tài khoản"))
        self.password = self.field("signin.signin.password", self.tr("Mật khẩu"), secret=True)
