"""The members of a cell or a commune to search and filter, and what can be done with the chosen one."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.chooser import Chooser
from handbook.desktop.rows import Row, RowList
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Chip, FlowLayout, Label, Role, SecondaryButton, TileLayout, Tone
from handbook.model.people import DUTY_NAMES, DutyKind, Member
from handbook.model.text import fold
from handbook.model.vietnamese import date_text, name_key
from handbook.protocol.api import MemberState

if TYPE_CHECKING:
    from handbook.protocol.api import MembersPage

FEWEST_ROWS = 5
FIELD_WIDTH = 380
"""At 100 %: what is looked for and the cell stand side by side where both have as much."""
FILTERS: dict[str, Callable[[MemberState], bool]] = {
    "active": lambda state: state.member.active,
    "unused": lambda state: state.member.active and not state.activated,
    "probationary": lambda state: state.member.active and state.member.probationary,
    "duty": lambda state: state.member.active and bool(_duties(state.member)),
    "left": lambda state: not state.member.active,
}


class MemberList(QWidget):
    """Each signal carries the chosen member's state and asks for what its name says.

    `shown()` when other members are in sight.
    """

    edit_asked = Signal(object)
    code_asked = Signal(object)
    leave_asked = Signal(object)
    return_asked = Signal(object)
    shown = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._held: MembersPage | None = None
        self._me = ""
        self._changeable = True
        self._filter = "active"
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._build_choosing()
        self._build_list()
        self._build_acts()
        self._measure()

    def show_page(self, page: "MembersPage", me: str) -> None:
        self._held, self._me = page, me
        self._cell.setVisible(len(page.units) > 1)
        if [self._cell.itemData(i) for i in range(1, self._cell.count())] != [u.path for u in page.units]:
            self._cell.clear()
            self._cell.addItem(self.tr("Mọi chi bộ"), "")
            for unit in page.units:
                self._cell.addItem(unit.name, unit.path)
        self._show_rows()

    def set_changeable(self, changeable: bool) -> None:
        """Whether what the signals ask for can be done now."""
        self._changeable = changeable
        self._show_acts()

    @property
    def cell(self) -> str:
        """The chosen cell, "" for all."""
        return self._cell.currentData() or ""

    def without_account(self) -> list[Member]:
        """Those in sight who have no password yet and may be given a code by the person."""
        return [state.member for state in self._in_sight() if FILTERS["unused"](state) and state.manageable]

    def take_focus(self) -> None:
        self._list.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _states(self) -> list[MemberState]:
        """Those of the chosen cell who answer to what is typed, by name."""
        cell, words = self.cell, fold(self._search.text()).split()
        found = [
            state
            for state in self._held.members
            if cell in ("", state.member.unit)
            and all(word in fold(f"{state.member.name} {state.member.account}") for word in words)
        ]
        return sorted(found, key=lambda state: name_key(state.member.name))

    def _in_sight(self) -> list[MemberState]:
        return [state for state in self._states() if FILTERS[self._filter](state)] if self._held else []

    def _show_rows(self) -> None:
        if self._held is None:
            return
        states = self._states()
        for name, chip in self._chips.items():
            count = sum(map(FILTERS[name], states))
            chip.setText(f"{self._chip_names[name]} {count}")
            chip.setVisible(bool(count) or name in ("active", self._filter))
        shown = self._in_sight()
        names = {unit.path: unit.name for unit in self._held.units}
        self._list.show_rows([_row(state, names) for state in shown])
        words = self._search.text().strip()
        self._nobody.setText(
            self.tr("Không có đồng chí nào khớp với “{}”.").format(words)
            if words
            else self.tr("Không có đồng chí nào trong mục này.")
        )
        self._nobody.setVisible(not shown)
        self._list.setVisible(bool(shown))
        self._show_acts()
        self.shown.emit()

    def _current(self) -> MemberState | None:
        key = self._list.current_key
        return next((state for state in self._in_sight() if state.member.account == key), None)

    def _ask(self, signal: Signal) -> None:
        if state := self._current():
            signal.emit(state)

    def _show_acts(self) -> None:
        state = self._current()
        self._acts.setVisible(state is not None)
        if state is None:
            return
        self._who.setText(state.member.name)
        active, can_change = state.member.active, state.manageable and self._changeable
        for button in (self._edit, self._code, self._leave):
            button.setVisible(active)
        self._return.setVisible(not active)
        for button in (self._edit, self._code, self._return):
            button.setEnabled(can_change)
        self._leave.setEnabled(can_change and state.member.account != self._me)
        self._not_mine.setVisible(not state.manageable)

    def _choose_filter(self, name: str) -> None:
        self._filter = name
        for other, chip in self._chips.items():
            chip.setChecked(other == name)
        self._show_rows()

    def _build_choosing(self) -> None:
        self._search = QLineEdit()
        self._search.setObjectName("members.search")
        self._search.setAccessibleName(self.tr("Tìm đảng viên"))
        self._search.setPlaceholderText(self.tr("Tìm theo tên hoặc tài khoản"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(lambda _: self._show_rows())
        QShortcut(QKeySequence("Ctrl+F"), self, activated=self._search.setFocus)
        self._cell = Chooser(self.tr("Chi bộ"), "members.cell")
        self._cell.activated.connect(lambda _: self._show_rows())
        chips = QWidget()
        row = FlowLayout()
        chips.setLayout(row)
        self._chip_names = {
            "active": self.tr("Đang sinh hoạt"),
            "unused": self.tr("Chưa kích hoạt"),
            "probationary": self.tr("Dự bị"),
            "duty": self.tr("Có nhiệm vụ"),
            "left": self.tr("Đã thôi"),
        }
        self._chips: dict[str, Chip] = {}
        for name, text in self._chip_names.items():
            chip = Chip(text)
            chip.setObjectName(f"members.filter.{name}")
            chip.setChecked(name == self._filter)
            chip.clicked.connect(lambda _, name=name: self._choose_filter(name))
            row.addWidget(chip)
            self._chips[name] = chip
        self._fields = TileLayout(0)
        for field in (self._search, self._cell):
            self._fields.addWidget(field)
        self._rows.addLayout(self._fields)
        self._rows.addWidget(chips)

    def _build_list(self) -> None:
        self._list = RowList(self.tr("Đảng viên"), note_lines=2)
        self._list.setObjectName("members.list")
        self._list.chosen.connect(lambda _: self._show_acts())
        self._list.opened.connect(lambda _: self._edit.isEnabled() and self._ask(self.edit_asked))
        self._nobody = Label("", Role.MUTED)
        self._nobody.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._card = QFrame()
        self._card.setProperty("card", True)
        rows = QVBoxLayout(self._card)
        rows.addWidget(self._nobody, 1)
        rows.addWidget(self._list, 1)
        self._rows.addWidget(self._card, 1)

    def _build_acts(self) -> None:
        self._acts = QWidget()
        row = FlowLayout()
        self._acts.setLayout(row)
        self._who = Label("", Role.STRONG)
        self._who.setWordWrap(False)
        row.addWidget(self._who)
        self._edit = self._act(self.tr("Sửa, chuyển, giao nhiệm vụ…"), "editor", "edit", self.edit_asked)
        self._code = self._act(self.tr("Cấp mã kích hoạt"), "key", "code", self.code_asked)
        self._leave = self._act(self.tr("Thôi sinh hoạt"), "sign-out", "leave", self.leave_asked)
        self._return = self._act(self.tr("Sinh hoạt trở lại"), "undo", "return", self.return_asked)
        self._not_mine = Label(self.tr("Giữ nhiệm vụ của đảng uỷ: do quản trị quản lý."), Role.MUTED)
        self._not_mine.setWordWrap(False)
        row.addWidget(self._not_mine)
        self._acts.hide()
        self._rows.addWidget(self._acts)

    def _act(self, words: str, icon: str, name: str, signal: Signal) -> SecondaryButton:
        button = SecondaryButton(words, icon)
        button.setObjectName(f"members.{name}")
        button.clicked.connect(lambda: self._ask(signal))
        self._acts.layout().addWidget(button)
        return button

    def _measure(self) -> None:
        px = current_theme().px
        self._rows.setSpacing(px(8))
        self._fields.set_tile_width(px(FIELD_WIDTH))
        self._fields.setSpacing(px(8))
        self._card.layout().setContentsMargins(px(4), px(4), px(4), px(4))
        self._card.setMinimumHeight(px(FEWEST_ROWS * 56))


def _duties(member: Member) -> list[str]:
    held = {duty.kind for duty in member.duties}
    return [name for kind, name in DUTY_NAMES.items() if kind in held and kind is not DutyKind.MEMBER]


def _row(state: MemberState, unit_names: dict[str, str]) -> Row:
    member = state.member
    said = [member.account, unit_names.get(member.unit, member.unit), *_duties(member)]
    if member.admitted_on:
        said.append(f"vào Đảng {date_text(member.admitted_on)}")
    if member.probationary:
        said.append("dự bị")
    if state.seen_on:
        said.append(f"đồng bộ gần nhất {date_text(state.seen_on)}")
    if not member.active:
        badge, tone = "Đã thôi", Tone.NEUTRAL
    elif state.activated:
        badge, tone = "Đã kích hoạt", Tone.OK
    elif state.code_until:
        badge, tone = f"Có mã đến {date_text(state.code_until)}", Tone.INFO
    else:
        badge, tone = "Chưa kích hoạt", Tone.WARN
    return Row(key=member.account, title=member.name, note=" · ".join(said), badge=badge, tone=tone)
