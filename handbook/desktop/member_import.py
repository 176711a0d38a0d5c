"""A list of members from a file: what it would change, row by row, before anything is written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from handbook.desktop.rows import Row, RowList
from handbook.desktop.widgets import Action, Card, Label, PrimaryButton, Role, Tone
from handbook.model.people import Unit
from handbook.model.roster import ROSTER_CHANGES, RosterChange

if TYPE_CHECKING:
    from handbook.model.roster import RosterEntry, RowProblem
    from handbook.model.roster_sheet import RosterSheet
    from handbook.protocol.api import RosterAnswer

_TONES = {
    RosterChange.ADDED: Tone.OK,
    RosterChange.CHANGED: Tone.INFO,
    RosterChange.MOVED: Tone.INFO,
    RosterChange.LEFT: Tone.WARN,
    RosterChange.SAME: Tone.NEUTRAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A file's list and what the server says of it; `answer` is None when no row could be read.

    `complete` is what the person says; the server is told so only of a list that was read whole.
    """

    file: str
    sheet: "RosterSheet"
    answer: "RosterAnswer | None"
    complete: bool

    @property
    def tells_who_left(self) -> bool:
        return self.complete and self.sheet.is_whole

    @property
    def problems(self) -> "tuple[RowProblem, ...]":
        of_plan = self.answer.plan.problems if self.answer else ()
        return tuple(sorted((*self.sheet.problems, *of_plan), key=lambda problem: problem.line))

    @property
    def changes(self) -> "tuple[RosterEntry, ...]":
        return self.answer.plan.changes if self.answer else ()


class MemberImport(QWidget):
    """`confirmed()`: write it; `completeness_changed(bool)`: compare again; `cancelled()`: write nothing."""

    confirmed = Signal()
    completeness_changed = Signal(bool)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._card = Card(self.tr("Xem trước danh sách"), "import")
        self._summary = Label("", Role.STRONG)
        self._summary.setObjectName("members.import.summary")
        self._columns = Label("", Role.NOTE)
        self._complete = QCheckBox(self.tr("Đây là danh sách đầy đủ"))
        self._complete.setObjectName("members.import.complete")
        self._complete.toggled.connect(self.completeness_changed)
        self._complete_means = Label(
            self.tr("Đánh dấu thì ai không có tên trong danh sách được coi là đã rời chi bộ."), Role.NOTE
        )
        self._complete.setAccessibleDescription(self._complete_means.text())
        self._left_out = Label(
            self.tr("Còn dòng cần sửa nên chưa coi ai là đã rời chi bộ. Hãy sửa tệp rồi chọn lại."), Role.NOTE
        )
        self._problems_title = Label("", Role.SECTION)
        self._problems = RowList(self.tr("Dòng cần xem lại"), note_lines=3, fits=True)
        self._problems.setObjectName("members.import.problems")
        self._changes_title = Label(self.tr("Thay đổi sẽ được ghi"), Role.SECTION)
        self._changes = RowList(self.tr("Thay đổi"), note_lines=3, fits=True)
        self._changes.setObjectName("members.import.changes")
        self._card.add(self._summary, self._columns, self._complete, self._complete_means)
        self._card.add(self._left_out, self._problems_title, self._problems)
        self._card.add(self._changes_title, self._changes)
        self._write = self._card.add_action(
            Action(self.tr("Ghi các thay đổi này"), self.confirmed.emit, "check"), PrimaryButton
        )
        self._write.setObjectName("members.import.write")
        cancel = self._card.add_action(Action(self.tr("Thôi, không ghi gì"), self.cancelled.emit, "back"))
        cancel.setObjectName("members.import.cancel")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._card)

    def show_compared(self, compared: Compared, units: Sequence[Unit]) -> None:
        names = {unit.path: unit.name for unit in units}
        changes, problems = compared.changes, compared.problems
        self._card.set_title(self.tr("Xem trước danh sách"), compared.file)
        self._summary.setText(self._told(compared))
        self._columns.setText(self._told_columns(compared.sheet))
        self._columns.setVisible(bool(self._columns.text()))
        self._complete.blockSignals(True)
        self._complete.setChecked(compared.complete)
        self._complete.blockSignals(False)
        for part in (self._complete, self._complete_means):
            part.setVisible(compared.answer is not None)
        self._left_out.setVisible(compared.complete and bool(problems))
        self._problems_title.setText(self.tr("Dòng cần xem lại trong tệp (các dòng này không được ghi)"))
        self._problems_title.setVisible(bool(problems))
        self._problems.setVisible(bool(problems))
        self._problems.show_rows(
            [
                Row(
                    key=str(number),
                    title=self.tr("Dòng {}").format(problem.line),
                    note=problem.text,
                    badge=self.tr("Cần sửa"),
                    tone=Tone.WARN,
                )
                for number, problem in enumerate(problems)
            ]
        )
        self._changes_title.setVisible(bool(changes))
        self._changes.setVisible(bool(changes))
        self._changes.show_rows([_row(entry, names) for entry in changes])
        self._write.setEnabled(bool(changes))

    def _told(self, compared: Compared) -> str:
        counts = Counter(entry.change for entry in compared.answer.plan.entries) if compared.answer else {}
        said = [f"{ROSTER_CHANGES[kind].lower()} {counts[kind]}" for kind in RosterChange if counts.get(kind)]
        text = ", ".join(said) or self.tr("không có dòng nào ghi được")
        if not compared.changes and compared.answer:
            return self.tr("Không có gì thay đổi: {}. Chưa ghi gì.").format(text)
        return self.tr("Sẽ thay đổi: {}. Chưa ghi gì.").format(text)

    def _told_columns(self, sheet: "RosterSheet") -> str:
        said = []
        if sheet.refused:
            said.append(
                self.tr("Không lấy cột {}: sổ tay không giữ loại thông tin này.").format(
                    ", ".join(f"“{heading}”" for heading in sheet.refused)
                )
            )
        if sheet.unused:
            said.append(
                self.tr("Không dùng đến cột {}.").format(
                    ", ".join(f"“{heading}”" for heading in sheet.unused)
                )
            )
        return " ".join(said)


def _row(entry: "RosterEntry", names: dict[str, str]) -> Row:
    after = entry.after
    where = names.get(after.unit, after.unit)
    said = "; ".join(entry.said) or f"{after.account} · {where}"
    return Row(
        key=after.account,
        title=after.name,
        note=said,
        badge=ROSTER_CHANGES[entry.change],
        tone=_TONES[entry.change],
    )
