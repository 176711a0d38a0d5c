"""Lines about a cell's members: how far each one is, in figures and in words, and who is to be reminded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from handbook.client.cell_copies import CellReflection
from handbook.model.people import Member, Unit
from handbook.model.reflection import STATE_NAMES, State
from handbook.model.report import figures_of
from handbook.model.study import Assignment, CellMark, MarkKind, MemberProgress, progress
from handbook.model.vietnamese import VIETNAM, date_text, due_text


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One member's line. `reflection` is the (lineage, revision) to open; `state_text` says how far they are.

    `last_sync` is the day on which their handbook last reached the server, None if never; `received_at` when
    it took the first text of this reflection. `contested` says that two people decided on the same text.
    """

    account: str
    name: str
    progress: MemberProgress
    state_text: str
    mark: CellMark | None
    reflection: tuple[str, int] | None
    last_sync: date | None
    received_at: datetime | None
    contested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOverview:
    """One assignment in one cell.

    `submitted` counts every text handed in here, `paper` those on paper besides, `missing` who is not
    finished: neither the exempt nor those whose paper the cell holds.
    """

    unit: Unit
    assignment: Assignment
    rows: tuple[MemberRow, ...]
    members: int
    read_all: int
    submitted: int
    accepted: int
    returned: int
    late: int
    exempt: int
    paper: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One assignment of a cell: of the `asked` (its members of today but the exempt) how many did it when.

    Of an assignment that asks for reading only, `on_time` are those who have read everything, whenever.
    """

    assignment: Assignment
    asked: int
    on_time: int
    late: int

    @property
    def missing(self) -> int:
        return self.asked - self.on_time - self.late


def row_of(
    assignment: Assignment,
    member: Member,
    read: frozenset[str],
    reflection: CellReflection | None,
    mark: CellMark | None,
    last_sync: date | None,
    now: datetime,
) -> MemberRow:
    handed_in = reflection.handed_in if reflection else None
    own = progress(assignment, member.account, read, handed_in, mark)
    return MemberRow(
        account=member.account,
        name=member.name,
        progress=own,
        state_text=state_text(assignment, own, mark, now),
        mark=mark,
        reflection=(reflection.lineage, reflection.latest.submission.revision) if reflection else None,
        last_sync=last_sync,
        received_at=handed_in.received_at if handed_in else None,
        contested=len({account for account, _ in reflection.decisions}) > 1 if reflection else False,
    )


def overview_of(unit: Unit, assignment: Assignment, rows: tuple[MemberRow, ...]) -> CellOverview:
    """The figures of the rows."""
    figures = figures_of(assignment, (row.progress for row in rows))
    return CellOverview(
        unit=unit,
        assignment=assignment,
        rows=rows,
        members=figures.members,
        read_all=figures.read_all,
        submitted=figures.submitted,
        accepted=figures.accepted,
        returned=figures.returned,
        late=figures.late,
        exempt=figures.exempt,
        paper=figures.paper,
        missing=figures.missing,
    )


def trend_point(assignment: Assignment, all_progress: Sequence[MemberProgress]) -> TrendPoint:
    asked = [own for own in all_progress if own.mark is not MarkKind.EXEMPT]
    if assignment.wants_reflection:
        done = [own for own in asked if own.reflection or own.mark is MarkKind.PAPER]
    else:
        done = [own for own in asked if own.read_all]
    late = sum(own.late for own in done)
    return TrendPoint(assignment=assignment, asked=len(asked), on_time=len(done) - late, late=late)


def mark_text(mark: CellMark) -> str:
    """Miễn: Tuổi cao, sức yếu"""
    if mark.kind is MarkKind.EXEMPT:
        return f"Miễn: {mark.reason}"
    return f"Đã nộp giấy ngày {date_text(mark.handed_in_on)}"


def reminder(overview: CellOverview, now: datetime) -> str:
    """A message for the cell's chat that names who still has to read or hand in; '' when nobody has.

    Short lines, for telephones. It names nobody whose text was returned as such: that is between them and
    the cell's officers.
    """
    assignment = overview.assignment
    unfinished = [row for row in overview.rows if not row.progress.done(assignment.wants_reflection)]
    if not unfinished:
        return ""
    left = due_text(assignment.due_on, now.astimezone(VIETNAM).date())
    lines = [
        f"Kính gửi các đồng chí {overview.unit.name},",
        "",
        f"Nhiệm vụ học tập: {assignment.title}",
        f"Hạn: {date_text(assignment.due_on)} ({left})",
    ]
    reading = [row.name for row in unfinished if not row.progress.read_all]
    if reading:
        lines += ["", "Chưa đọc hết tài liệu:", *_numbered(reading)]
    writing = [row.name for row in unfinished if row.progress.reflection in ("", State.RETURNED)]
    if assignment.wants_reflection and writing:
        lines += ["", "Chưa nộp xong bài thu hoạch:", *_numbered(writing)]
    lines += [
        "",
        "Đề nghị các đồng chí sắp xếp thời gian hoàn thành trên sổ tay đảng viên. Đồng chí nào đã làm mà còn "
        "tên ở trên, xin mở sổ tay khi có mạng để phần đã làm được gửi đi. Cần giúp đỡ, xin báo chi uỷ.",
        "",
        "Trân trọng cảm ơn các đồng chí.",
    ]
    return "\n".join(lines)


def _numbered(names: Sequence[str]) -> list[str]:
    return [f"{number}. {name}" for number, name in enumerate(names, 1)]


def state_text(assignment: Assignment, own: MemberProgress, mark: CellMark | None, now: datetime) -> str:
    """How far a member is, as the cell says it: Đã nhận, nộp muộn; đã đọc 1/2"""
    if own.reflection:
        name = STATE_NAMES[State(own.reflection)]
        said = f"{name}, nộp muộn" if own.late else name
        if mark:
            return f"{said}; {mark_text(mark)}"
        return said if own.read_all else f"{said}; đã đọc {own.documents_read}/{own.documents_total}"
    if mark:
        return mark_text(mark)
    if own.done(assignment.wants_reflection):
        return "Đã đọc xong"
    overdue = " (quá hạn)" if assignment.is_overdue(now) else ""
    if not own.read_all:
        return f"Đã đọc {own.documents_read}/{own.documents_total}{overdue}"
    return f"Chưa nộp bài{overdue}"
