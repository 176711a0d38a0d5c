"""Who is at the PC: choose a profile and type its password, or bring an account to this PC."""

import platform
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from handbook.client.profiles import ProfileCard, profiles
from handbook.client.settings import read_settings
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.session import utc_now
from handbook.desktop.signin_forms import Activation, FirstSignIn, Forgotten, Form
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Icon,
    Label,
    Page,
)
from handbook.desktop.work import Lane, Work
from handbook.errors import BadInput, Expected, Offline

CARD_PX = 460
BRAND_PX = 380
BRAND_FROM = 880
"""Width of the page, in pixels at 100 %, from which there is room to introduce the program."""
MOST_ROWS = 4


class SignInPage(Page):
    """`ready(account, passphrase)` asks to open that profile; a refusal comes back by `show_problem`."""

    ready = Signal(str, str)

    def __init__(self, data_dir: Path, work: Work, account: str = "") -> None:
        super().__init__("", scrolls=False)
        self.header.hide()
        self._data_dir = data_dir
        self._work = work
        known, server = profiles(data_dir), read_settings(data_dir).server
        self._known = known
        self._choice = _Choice(known, account)
        self._activation = Activation(server)
        self._first_sign_in = FirstSignIn(server)
        self._forgotten = Forgotten(server)
        self._forms = (self._choice, self._activation, self._first_sign_in, self._forgotten)
        self._brand = _Brand()
        self._column = QWidget()
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        for form in self._forms:
            column.addWidget(form)
            form.hide()
        self.body.addLayout(self._arranged())
        self._choice.submitted.connect(self._unlock)
        self._activation.submitted.connect(self._activate)
        self._first_sign_in.submitted.connect(self._sign_in)
        self._forgotten.submitted.connect(self._begin_anew)
        self._offer_ways(bool(known))
        self._current: Form = self._choice if known else self._activation
        self._show_form(self._current)
        self._fit()

    def show_problem(self, error: Expected) -> None:
        """Say what went wrong where the person is typing; what was typed stays."""
        if isinstance(error, Offline):  # here nothing is kept that would be sent later
            advice = self.tr("Hãy xem máy có mạng không, địa chỉ máy chủ có đúng không, rồi bấm lại.")
            error = Offline(error.message, advice)
        self._current.set_busy(False)
        self._current.show_error(error)
        self._current.focus_first_mistake()

    def _show_error_whole(self) -> None:
        """In large print the form is higher than the window."""
        if error := self._current.error:
            self._scroll.ensureWidgetVisible(error, 0, 0)

    def _arranged(self) -> QHBoxLayout:
        ground = QWidget()
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(self._column)
        across.addStretch(1)
        down = QVBoxLayout(ground)
        down.addStretch(1)
        down.addLayout(across)
        down.addStretch(2)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(ground)
        self._scroll = scroll
        height = scroll.verticalScrollBar()  # it changes with an error, which has its place a moment later
        height.rangeChanged.connect(lambda *_: QTimer.singleShot(0, self, self._show_error_whole))
        for surface in (scroll.viewport(), ground):
            surface.setAutoFillBackground(False)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._brand)
        row.addWidget(scroll, 1)
        return row

    def _offer_ways(self, known: bool) -> None:
        activate = Action(self.tr("Kích hoạt bằng mã"), lambda: self._show_form(self._activation), "key")
        sign_in = Action(
            self.tr("Đăng nhập tài khoản đã có"), lambda: self._show_form(self._first_sign_in), "user"
        )
        self._choice.offer(activate)
        self._choice.offer(sign_in)
        self._choice.offer(Action(self.tr("Quên mật khẩu?"), self._ask_forgotten, "lock"))
        self._activation.offer(sign_in)
        self._first_sign_in.offer(activate)
        if known:
            for form in (self._activation, self._first_sign_in, self._forgotten):
                form.offer(Action(self.tr("Quay lại"), lambda: self._show_form(self._choice), "back"))

    def _show_form(self, form: "Form") -> None:
        self._current.hide()
        self._current = form
        form.clear_error()
        form.show()
        form.focus_first_mistake()

    def _unlock(self) -> None:
        if not self._choice.account:
            self.show_problem(
                BadInput(self.tr("Chưa chọn người dùng."), self.tr("Hãy chọn tên trong danh sách."))
            )
            return
        self._begin(self.tr("Đang mở…"))
        self.ready.emit(self._choice.account, self._choice.password.text())

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

        self._bring(activate, password, self.tr("Đang kích hoạt…"))

    def _sign_in(self) -> None:
        form = self._first_sign_in
        server, account, password = form.server.text().strip(), form.name.text().strip(), form.password.text()

        def sign_in() -> str:
            from handbook.client.handbook import sign_in

            return sign_in(self._data_dir, server, account, password, platform.node(), now=utc_now())

        self._bring(sign_in, password, self.tr("Đang đăng nhập…"))

    def _ask_forgotten(self) -> None:
        card = next((each for each in self._known if each.account == self._choice.account), None)
        if card:
            self._forgotten.ask_for(card.account, card.name, card.server)
            self._show_form(self._forgotten)

    def _begin_anew(self) -> None:
        form = self._forgotten
        if form.password.text() != form.repeat.text():
            self.show_problem(
                BadInput(self.tr("Hai lần gõ mật khẩu không giống nhau."), self.tr("Hãy gõ lại cả hai ô."))
            )
            return
        if not form.understood.isChecked():
            self.show_problem(
                BadInput(
                    self.tr("Chưa đánh dấu là đã hiểu những gì sẽ mất."),
                    self.tr("Hãy đọc phần chữ đậm ở trên rồi đánh dấu."),
                )
            )
            form.understood.setFocus()
            return
        server, account = form.server.text().strip(), form.account
        code, password = form.code.text(), form.password.text()

        def begin() -> str:
            from handbook.client.handbook import begin_anew

            return begin_anew(self._data_dir, server, account, code, password, platform.node(), now=utc_now())

        self._bring(begin, password, self.tr("Đang làm lại…"))

    def _bring(self, make_profile: Callable[[], str], password: str, doing: str) -> None:
        self._begin(doing)
        self._work.run(
            make_profile,
            lambda account: self.ready.emit(account, password),
            self.show_problem,
            self,
            lane=Lane.NET,
        )

    def _begin(self, doing: str) -> None:
        self._current.clear_error()
        self._current.set_busy(True, doing)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._current.focus_first_mistake()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        px = current_theme().px
        self._brand.setVisible(self.width() >= px(BRAND_FROM))
        self._column.setFixedWidth(max(px(240), min(px(CARD_PX), self.width() - px(40))))

    def _measure(self) -> None:
        super()._measure()
        self._frame.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)


class _Brand(QFrame):
    """What the program is and what it promises, on the red of the rail."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self._rows = QVBoxLayout(self)
        self._rows.addStretch(1)
        name = Label(self.tr("Sổ tay đảng viên"))
        name.setObjectName("brand")
        self._rows.addWidget(name)
        self._promises = [
            ("library", self.tr("Đọc nghị quyết, lý luận, lịch sử Đảng cả khi không có mạng.")),
            ("send", self.tr("Bài thu hoạch được giữ an toàn và tự gửi khi có mạng, có biên nhận.")),
            ("lock", self.tr("Dữ liệu của mỗi người được khoá bằng mật khẩu của người đó.")),
        ]
        for icon, words in self._promises:
            row = QHBoxLayout()
            row.addWidget(Icon(icon, "gold", 22), alignment=Qt.AlignmentFlag.AlignTop)
            promise = Label(words)
            promise.setObjectName("brandNote")
            row.addWidget(promise, 1)
            row.setSpacing(current_theme().px(12))
            self._rows.addLayout(row)
        self._rows.addStretch(2)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fit()

    def _fit(self) -> None:
        px = current_theme().px
        self.setFixedWidth(px(BRAND_PX))
        self._rows.setContentsMargins(px(32), px(24), px(32), px(24))
        self._rows.setSpacing(px(18))


class _Choice(Form):
    def __init__(self, known: tuple[ProfileCard, ...], account: str) -> None:
        super().__init__(
            self.tr("Đồng chí nào đang dùng máy?"), "", self.tr("Mở sổ tay"), "signin.submit", "user"
        )
        self._list = QListWidget()
        self._list.setObjectName("signin.profiles")
        self._list.setAccessibleName(self.tr("Người dùng trên máy này"))
        self._list.setItemDelegate(_PersonPainter(self._list))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for card in known:
            item = QListWidgetItem(f"{card.name}\n{card.unit_name} · {card.account}")
            item.setData(Qt.ItemDataRole.UserRole, card.account)
            self._list.addItem(item)
        accounts = [card.account for card in known]
        self._list.setCurrentRow(accounts.index(account) if account in accounts else 0)
        self._list.itemClicked.connect(lambda _: self.password.setFocus())
        self.add(self._list)
        self.password = self.field("signin.password", self.tr("Mật khẩu"), secret=True)
        self.finish()
        self._fit()

    @property
    def account(self) -> str:
        item = self._list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item else ""

    def _place_of_error(self) -> int:
        return self.body.indexOf(self._list) + 1

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fit()

    def _fit(self) -> None:
        rows = min(MOST_ROWS, max(1, self._list.count()))
        self._list.setFixedHeight(rows * _person_height() + current_theme().px(4))
        self._list.scheduleDelayedItemsLayout()


def _person_height() -> int:
    return current_theme().px(54)


class _PersonPainter(QStyledItemDelegate):
    """A name, and below it the cell and the account."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, _person_height())

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = current_theme()
        px, colour = theme.px, theme.colour
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        place = QRect(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("accent_soft" if current else "hover"))
            painter.drawRoundedRect(place, px(7), px(7))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(colour("focus"))
            painter.drawRoundedRect(place, px(7), px(7))
        name, _, where = index.data().partition("\n")
        y = place.top() + px(6)
        for text, font, ink in (
            (name, theme.font(14.5, QFont.Weight.DemiBold), "accent" if current else "text"),
            (where, theme.font(13), "muted"),
        ):
            metrics = QFontMetrics(font)
            line = QRect(place.left() + px(12), y, place.width() - px(24), metrics.height())
            painter.setFont(font)
            painter.setPen(colour(ink))
            painter.drawText(
                line,
                Qt.AlignmentFlag.AlignVCenter,
                metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width()),
            )
            y += metrics.height()
        painter.restore()
