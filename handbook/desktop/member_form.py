"""What is entered of a member: name, cell, admission, standing, duty; and what keeping it will do."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDateEdit, QLineEdit, QVBoxLayout, QWidget

from handbook.desktop.chooser import Chooser
from handbook.desktop.widgets import Action, Card, Label, PrimaryButton, Role
from handbook.model.duties import commune_duties, secretaries
from handbook.model.people import CELL_DUTIES, COMMUNE_DUTIES, DUTY_NAMES, DutyKind, Member, Unit
from handbook.model.roster_sheet import EARLIEST, MAX_NAME_CHARACTERS
from handbook.protocol.api import MemberEdit

DUTIES = (None, DutyKind.CELL_SECRETARY, DutyKind.CELL_DEPUTY)


def cell_duty(member: Member) -> DutyKind | None:
    """The duty the member has in their cell beside being a member."""
    held = [duty.kind for duty in member.duties if duty.kind in CELL_DUTIES and duty.unit == member.unit]
    return min(held, key=DUTIES.index, default=None)


def edit_of(member: Member, *, administers: bool) -> MemberEdit:
    """The edit that changes nothing; it names the duties for the commune where one `administers` it."""
    held = commune_duties(member)
    return MemberEdit(
        before=member,
        name=member.name,
        unit=member.unit,
        admitted_on=member.admitted_on,
        probationary=member.probationary,
        duty=cell_duty(member),
        active=member.active,
        commune_duties=tuple(kind for kind in DUTY_NAMES if kind in held) if administers else None,
    )


class MemberForm(QWidget):
    """`kept(edit)` asks to keep what was entered, `cancelled()` says that nothing is to be."""

    kept = Signal(object)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._member: Member | None = None
        self._members: Sequence[Member] = ()
        self._me = ""
        self._card = Card(self.tr("Đảng viên"), "user")
        self._name = QLineEdit()
        self._name.setMaxLength(MAX_NAME_CHARACTERS)
        self._cell = Chooser(self.tr("Chi bộ"), "members.form.cell")
        self._knows_day = QCheckBox(self.tr("Ngày vào Đảng"))
        self._day = QDateEdit()
        self._day.setDisplayFormat("dd/MM/yyyy")
        self._day.setCalendarPopup(True)
        self._standing = Chooser(self.tr("Chính thức hay dự bị"), "members.form.standing")
        self._standing.addItem(self.tr("Đảng viên chính thức"), False)
        self._standing.addItem(self.tr("Đảng viên dự bị"), True)
        self._duty = Chooser(self.tr("Nhiệm vụ trong chi bộ"), "members.form.duty")
        for kind in DUTIES:
            self._duty.addItem(DUTY_NAMES[kind] if kind else self.tr("Không giữ nhiệm vụ"))
        self._of_commune = QWidget()
        self._of_commune.setObjectName("members.form.commune")
        self._commune_duties = {
            kind: QCheckBox(name) for kind, name in DUTY_NAMES.items() if kind in COMMUNE_DUTIES
        }
        self._note = Label("", Role.NOTE)
        self._note.setObjectName("members.form.note")
        self._missing = Label(self.tr("Hãy ghi họ và tên."), Role.STRONG)
        self._missing.setObjectName("members.form.missing")
        self._fields()
        keep = self._card.add_action(Action(self.tr("Lưu"), self._keep, "check"), PrimaryButton)
        keep.setObjectName("members.form.keep")
        cancel = self._card.add_action(Action(self.tr("Thôi"), self.cancelled.emit, "back"))
        cancel.setObjectName("members.form.cancel")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._card)
        self._name.returnPressed.connect(self._keep)
        self._name.textEdited.connect(lambda _: self._missing.hide())
        self._knows_day.toggled.connect(self._day.setVisible)
        for box in (self._cell, self._duty):
            box.currentIndexChanged.connect(lambda _: self._tell())

    def ask(
        self,
        member: Member | None,
        cells: Sequence[Unit],
        cell: str,
        members: Sequence[Member],
        me: str,
        today: date,
        *,
        administers: bool,
    ) -> None:
        """Edit the member, or enter a new one of `cell`. `members` are all that may be concerned.

        Who `administers` the commune gives its duties too.
        """
        self._member, self._members, self._me = member, members, me
        self._card.set_title(
            member.name if member else self.tr("Thêm đảng viên"), member.account if member else ""
        )
        self._missing.hide()
        self._name.setText(member.name if member else "")
        self._cell.clear()
        for unit in cells:
            self._cell.addItem(unit.name, unit.path)
        self._choose(self._cell, member.unit if member else cell)
        self._cell.setEnabled(len(cells) > 1)
        day = member.admitted_on if member else None
        self._knows_day.setChecked(day is not None)
        self._day.setVisible(day is not None)
        self._day.setDateRange(QDate(EARLIEST), QDate(today))
        self._day.setDate(QDate(day or today))
        self._choose(self._standing, member.probationary if member else False)
        self._duty.setCurrentIndex(DUTIES.index(cell_duty(member) if member else None))
        self._of_commune.setVisible(administers)
        held = commune_duties(member) if member else frozenset()
        for kind, box in self._commune_duties.items():
            box.setChecked(kind in held)
        self._tell()
        self._name.setFocus()

    @property
    def typed(self) -> str:
        """The name as it stands in its field, unless it is that of the member."""
        name = self._name.text().strip()
        return "" if self._member and name == self._member.name else name

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def _fields(self) -> None:
        for words, edit, name in (
            (self.tr("Họ và tên"), self._name, "members.form.name"),
            (self.tr("Chi bộ"), self._cell, "members.form.cell"),
            ("", self._day, "members.form.day"),
            (self.tr("Chính thức hay dự bị"), self._standing, "members.form.standing"),
            (self.tr("Nhiệm vụ trong chi bộ"), self._duty, "members.form.duty"),
        ):
            edit.setObjectName(name)
            if words:
                label = Label(words)
                label.setBuddy(edit)
                edit.setAccessibleName(words)
                self._card.add(label)
            else:
                self._knows_day.setObjectName("members.form.knows")
                edit.setAccessibleName(self.tr("Ngày vào Đảng"))
                self._card.add(self._knows_day)
            self._card.add(edit)
            if edit is self._name:
                self._card.add(self._missing)
        rows = QVBoxLayout(self._of_commune)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(Label(self.tr("Nhiệm vụ của đảng uỷ")))
        for kind, box in self._commune_duties.items():
            box.setObjectName(f"members.form.commune.{kind.value}")
            box.toggled.connect(lambda _: self._tell())
            rows.addWidget(box)
        self._card.add(self._of_commune, self._note)

    def _choose(self, box: QComboBox, data: object) -> None:
        box.setCurrentIndex(max(0, next((i for i in range(box.count()) if box.itemData(i) == data), 0)))

    def _tell(self) -> None:
        """What keeping this does beyond the record itself."""
        said = []
        cell, duty = self._cell.currentData(), DUTIES[self._duty.currentIndex()]
        member = self._member
        if member and cell != member.unit:
            said.append(
                self.tr(
                    "Chuyển chi bộ: bài đã nộp vẫn là của đồng chí ấy và chi bộ cũ vẫn giữ; từ nay bài mới "
                    "nộp cho chi bộ mới. Bài đang viết trên máy không mất."
                )
            )
        if duty is DutyKind.CELL_SECRETARY:
            former = [
                m for m in secretaries(self._members, cell or "") if not member or m.account != member.account
            ]
            if any(each.account == self._me for each in former):
                said.append(
                    self.tr(
                        "Bàn giao: lưu xong, đồng chí thôi nhiệm vụ bí thư chi bộ và không tự lấy lại được. "
                        "Bản sao dữ liệu chi bộ trên máy này bị xoá ở lần đồng bộ tới; bài của chính đồng "
                        "chí ở lại."
                    )
                )
            elif former:
                said.append(
                    self.tr(
                        "Bàn giao: đồng chí {} thôi nhiệm vụ bí thư; bản sao dữ liệu chi bộ trên máy của "
                        "đồng chí ấy bị xoá ở lần đồng bộ tới."
                    ).format(former[0].name)
                )
        given_up = member and cell_duty(member) is DutyKind.CELL_SECRETARY is not duty
        if given_up and member.account == self._me and self._of_commune.isHidden():
            said.append(self.tr("Lưu xong, đồng chí thôi làm bí thư chi bộ và không tự lấy lại được."))
        held = commune_duties(member) if member else frozenset()
        given = self._given()
        if DutyKind.ADMINISTRATOR in given and DutyKind.ADMINISTRATOR not in held:
            said.append(
                self.tr(
                    "Quản trị sửa được danh sách, cấp mã cho mọi đảng viên của đảng bộ và giao được nhiệm "
                    "vụ của đảng uỷ cho người khác."
                )
            )
        ends = DutyKind.ADMINISTRATOR in held and DutyKind.ADMINISTRATOR not in given
        if ends and member.account == self._me:
            said.append(self.tr("Lưu xong, đồng chí thôi làm quản trị và không tự lấy lại được."))
        if not member:
            said.append(self.tr("Tài khoản được đặt tự động; sau khi lưu, hãy cấp mã kích hoạt."))
        self._note.setText("\n".join(said))
        self._note.setVisible(bool(said))

    def _keep(self) -> None:
        name = " ".join(self._name.text().split())
        if not name:
            self._missing.show()
            self._name.setFocus()
            return
        day = self._day.date()
        self.kept.emit(
            MemberEdit(
                before=self._member,
                name=name,
                unit=self._cell.currentData(),
                admitted_on=date(day.year(), day.month(), day.day()) if self._knows_day.isChecked() else None,
                probationary=self._standing.currentData(),
                duty=DUTIES[self._duty.currentIndex()],
                active=self._member.active if self._member else True,
                commune_duties=None if self._of_commune.isHidden() else self._given(),
            )
        )

    def _given(self) -> tuple[DutyKind, ...]:
        return tuple(kind for kind, box in self._commune_duties.items() if box.isChecked())
