"""Cài đặt: how the program looks, where its data rests, who sees what, and what it is made of."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSlider,
    QTextEdit,
)

from handbook import __version__
from handbook.desktop import RESOURCES
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.keys import show_keys
from handbook.desktop.network_card import NetworkCard
from handbook.desktop.own_data import OwnDataCard
from handbook.desktop.privacy_card import PrivacyCard
from handbook.desktop.screen import Screen
from handbook.desktop.session import Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
    FlowLayout,
    IconButton,
    Label,
    Role,
)
from handbook.errors import Expected
from handbook.model.changes import Change

if TYPE_CHECKING:
    from handbook.client.settings import Settings
    from handbook.model.retention import Rules

ChangeSettings = Callable[..., "Settings"]

STEP = 10
"""Text grows by this many per cent a step."""
APPLY_AFTER_MS = 150
"""A slider that is being dragged passes many sizes; the whole program is set anew for the one it rests on."""
NOTICES = ("LICENSE", "THIRD_PARTY_NOTICES.md")


class SettingsScreen(Screen):
    """Every change takes effect at once; there is nothing to confirm."""

    concerns = frozenset({Change.ACCOUNT})

    def __init__(self, session: Session, settings: "Settings", change_settings: ChangeSettings) -> None:
        super().__init__(session)
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size_words = Label("", Role.STRONG)
        self.header.show_text(self.tr("Cài đặt"))
        self._settings = settings
        self._change_settings = change_settings
        self._pause = QTimer(self, interval=APPLY_AFTER_MS, singleShot=True)
        self._pause.timeout.connect(self._apply_size)
        self._network = NetworkCard(session, settings, change_settings, self._cannot_do)
        self._privacy = PrivacyCard()
        own_data = OwnDataCard(session)
        for card in (self._looks(), self._network, self._data(), self._privacy, own_data, self._about()):
            self.body.addWidget(card)

    def show_route(self, route: Route) -> None:
        super().show_route(route)
        self.show_ready()

    def refresh(self) -> None:
        account, folder = self.session.handbook.account, self.session.data_dir
        store = self.session.handbook.store

        def read() -> "tuple[str, str, Rules | None]":
            from handbook.client.profiles import read_profile
            from handbook.client.retention import rules

            member = account.member()
            card = read_profile(folder, member.account)
            return f"{member.name} ({member.account})", card.server if card else "", rules(store)

        self.load(read, self._show_account)
        self._network.refresh()

    # -- how it looks

    def _looks(self) -> Card:
        card = Card(self.tr("Hiển thị"), "text-size")
        self._size.setObjectName("settings.size")
        self._size.setAccessibleName(self.tr("Cỡ chữ của toàn chương trình, phần trăm"))
        self._size.setRange(100 // STEP, 200 // STEP)
        self._size.setPageStep(2)
        self._size.setTickPosition(QSlider.TickPosition.TicksBelow)
        self._size_words.setObjectName("settings.size.value")
        self._size_words.setWordWrap(False)
        self._size.valueChanged.connect(self._size_moved)
        smaller = IconButton("minus", self.tr("Chữ nhỏ hơn"))
        larger = IconButton("plus", self.tr("Chữ to hơn"))
        smaller.clicked.connect(lambda: self._size.setValue(self._size.value() - 1))
        larger.clicked.connect(lambda: self._size.setValue(self._size.value() + 1))
        row = QHBoxLayout()
        row.addWidget(smaller)
        row.addWidget(self._size, 1)
        row.addWidget(larger)
        row.addWidget(self._size_words)
        self._themes = QButtonGroup(card)
        themes = FlowLayout(16)
        for name, text in (
            ("system", self.tr("Theo máy tính")),
            ("light", self.tr("Sáng")),
            ("dark", self.tr("Tối")),
        ):
            choice = QRadioButton(text)
            choice.setObjectName(f"settings.theme.{name}")
            choice.setProperty("value", name)
            choice.toggled.connect(lambda on, name=name: on and self._change(theme=name))
            self._themes.addButton(choice)
            themes.addWidget(choice)
        card.add(Label(self.tr("Cỡ chữ"), Role.STRONG), row, Label(self.tr("Màu nền"), Role.STRONG), themes)
        self._show_settings()
        return card

    def _show_settings(self) -> None:
        with QSignalBlocker(self._size):
            self._size.setValue(round(self._settings.text_scale * 100 / STEP))
        self._size_words.setText(f"{self._size.value() * STEP} %")
        for choice in self._themes.buttons():
            if choice.property("value") == self._settings.theme:
                with QSignalBlocker(choice):
                    choice.setChecked(True)

    def _size_moved(self, steps: int) -> None:
        self._size_words.setText(f"{steps * STEP} %")
        self._pause.start()

    def _apply_size(self) -> None:
        self._change(text_scale=self._size.value() * STEP / 100)

    def _change(self, **changes: object) -> None:
        try:
            self._settings = self._change_settings(**changes)
        except Expected as error:
            self.show_banner(Banner.of_error(error))
        self._show_settings()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            with QSignalBlocker(self._size):
                self._size.setValue(round(current_theme().scale * 100 / STEP))
            self._size_words.setText(f"{self._size.value() * STEP} %")

    def leave(self) -> None:
        if self._pause.isActive():
            self._pause.stop()
            self._apply_size()

    # -- where the data rests

    def _data(self) -> Card:
        card = Card(self.tr("Tài khoản và dữ liệu"), "folder")
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._who = _Fact("settings.account")
        self._server = _Fact("settings.server")
        folder = _Fact("settings.folder")
        folder.setText(str(self.session.data_dir))
        for words, fact in (
            (self.tr("Đảng viên"), self._who),
            (self.tr("Máy chủ"), self._server),
            (self.tr("Thư mục dữ liệu"), folder),
        ):
            form.addRow(Label(words, Role.MUTED), fact)
        card.add(form)
        card.add(
            Label(
                self.tr(
                    "Bài viết, dấu đã đọc và biên nhận trên máy này được mã hoá bằng khoá của riêng "
                    "đồng chí. Văn bản đã công bố thì không."
                ),
                Role.NOTE,
            )
        )
        open_folder = Action(self.tr("Mở thư mục"), self._open_folder, "folder")
        card.add_action(open_folder).setObjectName("settings.open")
        return card

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.session.data_dir)))

    def _show_account(self, found: "tuple[str, str, Rules | None]") -> None:
        who, server, rules = found
        self._privacy.show_rules(rules)
        self._who.setText(who)
        self._server.setText(server)

    # -- what it is made of

    def _about(self) -> Card:
        card = Card(
            self.tr("Giới thiệu"), "info", self.tr("Sổ tay đảng viên, phiên bản {}").format(__version__)
        )
        card.add(
            Label(
                self.tr(
                    "Phần mềm mã nguồn mở theo giấy phép Apache 2.0, dựng trên Qt (LGPL 3) và những thư viện "
                    "ghi trong danh sách kèm theo."
                )
            )
        )
        self._notices = QTextEdit()
        self._notices.setObjectName("settings.notices")
        self._notices.setReadOnly(True)
        self._notices.setAccessibleName(self.tr("Giấy phép"))
        self._notices.hide()
        names = {
            "LICENSE": self.tr("Giấy phép của sổ tay"),
            "THIRD_PARTY_NOTICES.md": self.tr("Thư viện đã dùng và giấy phép"),
        }
        for file in NOTICES:
            button = card.add_action(
                Action(names[file], lambda file=file: self._show_notice(file), "document")
            )
            button.setObjectName(f"settings.notice.{file}")
            button.setVisible(notice_path(file).is_file())
        keys = card.add_action(Action(self.tr("Phím tắt (F1)"), lambda: show_keys(self), "list"))
        keys.setObjectName("settings.keys")
        card.add(self._notices)
        return card

    def _show_notice(self, name: str) -> None:
        path = notice_path(name)
        self.session.work.run(
            lambda: path.read_text(encoding="utf-8"),
            lambda text: self._show_notice_text(text, path.suffix == ".md"),
            self._cannot_do,
            self,
        )

    def _show_notice_text(self, text: str, markdown: bool) -> None:
        if markdown:
            self._notices.setMarkdown(text)
        else:
            self._notices.setPlainText(text)
        self._notices.setFixedHeight(current_theme().px(320))
        self._notices.show()
        self._notices.setFocus()


class _Fact(QLabel):
    """A value that can be selected and copied."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )


def notice_path(name: str) -> Path:
    """Where a licence file lies: beside `resources`, or beside the built program."""
    beside = RESOURCES.parent / name
    return beside if beside.is_file() else RESOURCES.parents[1] / name
