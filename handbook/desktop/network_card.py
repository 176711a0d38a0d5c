"""Cài đặt, mục Mạng: the way to the server, how much of the line syncs may use, and whether it works."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QLineEdit,
    QRadioButton,
    QWidget,
)

from handbook.desktop.session import Session
from handbook.desktop.widgets import Action, Card, FlowLayout, Label, PrimaryButton, Role, SecondaryButton
from handbook.desktop.work import Lane
from handbook.errors import Expected
from handbook.model.vietnamese import number_text

if TYPE_CHECKING:
    from handbook.client.network import ProxyCredentials
    from handbook.client.settings import Settings

SYSTEM, NONE, OWN = "system", "none", "own"
LIMITS_KBIT = (0, 4000, 2000, 1000, 512, 256, 128)


class NetworkCard(Card):
    """Takes effect at once, except an address that is still being typed: that is used when asked for.

    `change_settings` keeps what was chosen, `said` shows an error where the person is looking.
    """

    def __init__(
        self,
        session: Session,
        settings: "Settings",
        change_settings: Callable[..., "Settings"],
        said: Callable[[Expected], object],
    ) -> None:
        super().__init__(self.tr("Mạng"), "sync", self.tr("Đường tới máy chủ khi gửi và nhận."))
        self._session, self._settings = session, settings
        self._change_settings, self._said = change_settings, said
        self._ways = QButtonGroup(self)
        ways = FlowLayout(16)
        for name, text in (
            (SYSTEM, self.tr("Theo máy tính")),
            (NONE, self.tr("Đi thẳng, không qua proxy")),
            (OWN, self.tr("Proxy của cơ quan")),
        ):
            choice = QRadioButton(text)
            choice.setObjectName(f"settings.proxy.{name}")
            choice.setProperty("value", name)
            choice.toggled.connect(lambda on, name=name: on and self._way_chosen(name))
            self._ways.addButton(choice)
            ways.addWidget(choice)
        self._form = self._proxy_form()
        self._limit = QComboBox()
        self._limit.setObjectName("settings.bandwidth")
        self._limit.setAccessibleName(self.tr("Giới hạn tốc độ"))
        for kbit in LIMITS_KBIT:
            self._limit.addItem(self._limit_text(kbit), kbit)
        self._limit.activated.connect(lambda _: self._change(bandwidth_kbit=self._limit.currentData()))
        limits = FlowLayout(8)
        limits.addWidget(self._limit)
        self._outcome = Label("", Role.BODY)
        self._outcome.setObjectName("settings.network.outcome")
        self._outcome.hide()
        self.add(
            Label(self.tr("Máy chủ trung gian (proxy)"), Role.STRONG),
            ways,
            self._form,
            Label(self.tr("Giới hạn tốc độ tải"), Role.STRONG),
            limits,
            Label(
                self.tr("Giới hạn để người khác dùng chung đường truyền không bị chậm. Có hiệu lực ngay."),
                Role.NOTE,
            ),
            self._outcome,
        )
        self._use = self.add_action(Action(self.tr("Dùng proxy này"), self._use_own), PrimaryButton)
        self._use.setObjectName("settings.proxy.use")
        self._try = self.add_action(Action(self.tr("Thử kết nối"), self._try_line, "sync"), SecondaryButton)
        self._try.setObjectName("settings.network.try")
        self._show()

    def refresh(self) -> None:
        """Read again what this person told of the proxy."""
        store = self._session.handbook.store

        def read() -> "ProxyCredentials":
            from handbook.client.network import proxy_credentials

            return proxy_credentials(store)

        self._session.work.run(read, self._show_credentials, self._said, self)

    def _proxy_form(self) -> QWidget:
        box = QWidget()
        form = QFormLayout(box)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._address, self._user, self._password = QLineEdit(), QLineEdit(), QLineEdit()
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._address.setPlaceholderText("proxy.coquan.vn:3128")
        for field, name, words in (
            (self._address, "address", self.tr("Địa chỉ và cổng")),
            (self._user, "user", self.tr("Tên đăng nhập")),
            (self._password, "password", self.tr("Mật khẩu")),
        ):
            field.setObjectName(f"settings.proxy.{name}")
            field.setAccessibleName(words)
            field.returnPressed.connect(self._use_own)
            form.addRow(Label(words, Role.MUTED), field)
        kept = self.tr("Tên và mật khẩu chỉ cần khi proxy hỏi; mật khẩu được cất ở nơi có mã hoá.")
        form.addRow(Label(kept, Role.NOTE))
        return box

    def _limit_text(self, kbit: int) -> str:
        if not kbit:
            return self.tr("Không giới hạn")
        return f"{number_text(kbit / 1000)} Mbit/s" if kbit >= 1000 else f"{kbit} kbit/s"

    @property
    def _chosen(self) -> str:
        return str(self._ways.checkedButton().property("value"))

    def _show(self) -> None:
        proxy = self._settings.proxy
        shown = proxy if proxy in (SYSTEM, NONE) else OWN
        for choice in self._ways.buttons():
            if choice.property("value") == shown:
                with QSignalBlocker(choice):
                    choice.setChecked(True)
        if shown == OWN:
            self._address.setText(proxy.removeprefix("http://"))
        kbit = self._settings.bandwidth_kbit
        if self._limit.findData(kbit) < 0:  # set by hand in the file
            self._limit.addItem(self._limit_text(kbit), kbit)
        self._limit.setCurrentIndex(self._limit.findData(kbit))
        self._show_own(shown == OWN)

    def _show_own(self, own: bool) -> None:
        self._form.setVisible(own)
        self._use.setVisible(own)

    def _show_credentials(self, held: "ProxyCredentials") -> None:
        self._user.setText(held.user)
        self._password.setText(held.password)

    def _way_chosen(self, name: str) -> None:
        self._show_own(name == OWN)
        if name != OWN:
            self._change(proxy=name)
        else:
            self._address.setFocus()

    def _use_own(self) -> None:
        from handbook.client.network import ProxyCredentials, keep_proxy_credentials, proxy_address

        try:
            address = proxy_address(self._address.text())
        except Expected as error:
            self._said(error)
            self._address.setFocus()
            return
        credentials = ProxyCredentials(self._user.text(), self._password.text())
        store = self._session.handbook.store
        self._session.work.run(
            lambda: keep_proxy_credentials(store, credentials),
            lambda _: self._change(proxy=address) and self._try_line(),
            self._said,
            self,
        )

    def _change(self, **changes: object) -> bool:
        """Keep the choice and have it used from now on; whether it could be kept."""
        try:
            self._settings = self._change_settings(**changes)
        except Expected as error:
            self._said(error)
            self._show()
            return False
        handbook, settings = self._session.handbook, self._settings
        self._session.work.run(lambda: handbook.use_network(settings), lambda _: None, self._said, self)
        return True

    def _try_line(self) -> None:
        """Ask the server who it is, and say what came of it."""
        handbook = self._session.handbook
        self._tell(self.tr("Đang thử…"))
        self._try.setEnabled(False)

        def ended(text: str) -> None:
            self._try.setEnabled(True)
            self._tell(text)

        # After the setting that was just made: jobs of the store run in order.
        self._session.work.run(
            lambda: None,
            lambda _: self._session.work.run(
                handbook.server_name,
                lambda name: ended(self.tr("Kết nối được tới máy chủ: {}.").format(name)),
                lambda error: ended(str(error)),
                self,
                Lane.NET,
            ),
            self._said,
            self,
        )

    def _tell(self, text: str) -> None:
        self._outcome.setText(text)
        self._outcome.show()
