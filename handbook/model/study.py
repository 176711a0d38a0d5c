"""Assignments, reading ticks, and the rule that says who of a cell has finished."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from handbook.model.people import lies_within
from handbook.model.urgency import URGENCY_ORDER as URGENCY_ORDER
from handbook.model.urgency import Urgency, urgency_on
from handbook.model.vietnamese import VIETNAM


@dataclass(frozen=True, slots=True)
class Part:
    """One heading of the template a reflection is written on."""

    id: str
    title: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A study assignment (nhiệm vụ học tập). Without `parts` only reading is asked.

    It opens at the start of `opens_on` and is due at the end of `due_on`, Vietnam time; `grace_days` more
    are allowed for work done offline. `units` are whole subtrees.
    """

    id: str
    edition: int
    title: str
    documents: tuple[str, ...]
    question: str
    parts: tuple[Part, ...]
    min_words: int
    opens_on: date
    due_on: date
    grace_days: int
    units: tuple[str, ...]

    @property
    def wants_reflection(self) -> bool:
        return bool(self.parts)

    def is_for(self, unit_path: str) -> bool:
        return any(lies_within(unit_path, unit) for unit in self.units)

    def is_open(self, now: datetime) -> bool:
        return now >= datetime.combine(self.opens_on, time(), VIETNAM)

    def is_overdue(self, now: datetime) -> bool:
        """Past the due day; the grace does not make it less urgent for the member."""
        return now >= self.due_at

    @property
    def due_at(self) -> datetime:
        """The first moment after the due day, UTC."""
        return datetime.combine(self.due_on + timedelta(days=1), time(), VIETNAM).astimezone(UTC)

    def is_on_time(self, received_at: datetime) -> bool:
        """Whether something the server received at that moment counts as punctual."""
        return received_at < self.due_at + timedelta(days=self.grace_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The member's own mark that a document was read; the content of a submission of kind `tick`.

    `read` False takes an earlier mark back.
    """

    document: str
    edition: int
    read: bool
    ticked_at: datetime


class MarkKind(StrEnum):
    NONE = "none"  # takes an earlier mark back
    EXEMPT = "exempt"
    PAPER = "paper"


MARK_NAMES: Final = {MarkKind.EXEMPT: "Miễn", MarkKind.PAPER: "Nộp giấy"}
MAX_REASON_CHARACTERS = 300

EXEMPTION_REASONS: Final = (
    "Tuổi cao, sức yếu",
    "Đang điều trị bệnh",
    "Nghỉ thai sản",
    "Đi công tác, học tập dài ngày",
    "Được miễn công tác và sinh hoạt đảng",
)
"""Offered to choose from; any other words will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMark:
    """What the cell says of a member for an assignment; the content of a submission of kind `cell_mark`.

    `reason` is for EXEMPT only, `handed_in_on` for PAPER only: see `mark_problem`. A reason may be about a
    person's health: it is for the member and for those who may read the cell.
    """

    member: str
    assignment: str
    kind: MarkKind
    reason: str = ""
    handed_in_on: date | None = None
    marked_at: datetime

    @property
    def subject(self) -> str:
        return mark_subject(self.assignment, self.member)

    @property
    def key(self) -> tuple[str, str]:
        return self.assignment, self.member


def mark_subject(assignment: str, member: str) -> str:
    """What marks of one member and assignment have in common, whoever of the cell makes them."""
    return f"{assignment} {member}"


def mark_problem(mark: CellMark) -> str:
    """Why the mark cannot be kept, for the person who makes it; '' when it can."""
    if mark.kind is MarkKind.EXEMPT and not mark.reason.strip():
        return "Chưa ghi lý do miễn."
    if len(mark.reason) > MAX_REASON_CHARACTERS:
        return f"Lý do dài quá {MAX_REASON_CHARACTERS} ký tự."
    if mark.kind is MarkKind.PAPER and mark.handed_in_on is None:
        return "Chưa ghi ngày nhận bài giấy."
    if mark.handed_in_on and mark.handed_in_on > mark.marked_at.astimezone(VIETNAM).date():
        return "Ngày nhận bài giấy không thể sau hôm nay."
    if (mark.reason and mark.kind is not MarkKind.EXEMPT) or (
        mark.handed_in_on and mark.kind is not MarkKind.PAPER
    ):
        return "Miễn thì ghi lý do, bài giấy thì ghi ngày nhận."
    return ""


def marks_in_force(marks: Iterable[CellMark]) -> dict[tuple[str, str], CellMark]:
    """The mark that counts for each (assignment, member) of all that were ever made, in any order.

    The latest counts, whoever made it; of several at the same moment every reader takes the same one.
    """
    latest: dict[tuple[str, str], CellMark] = {}
    for mark in marks:
        latest[mark.key] = max(latest.get(mark.key, mark), mark, key=_when_marked)
    return {key: mark for key, mark in latest.items() if mark.kind is not MarkKind.NONE}


def _when_marked(mark: CellMark) -> tuple[datetime, str, str, str]:
    return mark.marked_at, mark.kind, mark.reason, str(mark.handed_in_on)


def urgency(assignment: Assignment, now: datetime) -> Urgency:
    return urgency_on(now.astimezone(VIETNAM).date(), assignment.opens_on, assignment.due_on)


def read_documents(ticks: Iterable[Tick]) -> frozenset[str]:
    """The documents marked as read after all of one member's ticks, from any PC, in any order.

    The latest mark on a document counts; of two at the same moment, the one that says read.
    """
    latest: dict[str, tuple[datetime, bool]] = {}
    for tick in ticks:
        mark = (tick.ticked_at, tick.read)
        latest[tick.document] = max(latest.get(tick.document, mark), mark)
    return frozenset(document for document, (_, read) in latest.items() if read)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """One member's reflection as handed in: how its latest revision stands, when the first was received.

    The first one decides punctuality: who handed in on time is not late for revising when the cell asks.
    """

    state: str  # a reflection.State value
    received_at: datetime


def handed_in(revisions: Iterable[tuple[int, str, datetime]]) -> HandedIn | None:
    """From (revision, state, received_at) of every revision of one lineage; None when there is none.

    What the member took back counts as never handed in.
    """
    known = sorted(revision for revision in revisions if revision[1] != "withdrawn")
    return HandedIn(state=known[-1][1], received_at=known[0][2]) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberProgress:
    """How far one member is with one assignment; `reflection` is a reflection.State value or ''.

    `mark` says that the cell exempts them or holds their paper, without the reason: it goes where counts go.
    `late` is of what was handed in, here or on paper.
    """

    account: str
    documents_read: int
    documents_total: int
    reflection: str
    late: bool
    mark: MarkKind = MarkKind.NONE

    @property
    def read_all(self) -> bool:
        return self.documents_read == self.documents_total

    def done(self, wants_reflection: bool) -> bool:
        """Nothing more is asked of the member: read, handed in and not returned, or marked by the cell."""
        if self.mark is not MarkKind.NONE:
            return True
        return self.read_all and (not wants_reflection or self.reflection not in ("", "returned"))


def progress(
    assignment: Assignment,
    account: str,
    read: frozenset[str],
    handed_in: HandedIn | None,
    mark: CellMark | None = None,
) -> MemberProgress:
    """One member's progress from documents ticked as read, their reflection and the cell's mark, if any.

    Server and desktop both compute completion with this function, so that numbers agree everywhere.
    """
    return MemberProgress(
        account=account,
        documents_read=sum(1 for document in assignment.documents if document in read),
        documents_total=len(assignment.documents),
        reflection=handed_in.state if handed_in else "",
        late=_is_late(assignment, handed_in, mark),
        mark=mark.kind if mark else MarkKind.NONE,
    )


def _is_late(assignment: Assignment, handed_in: HandedIn | None, mark: CellMark | None) -> bool:
    """A paper is late after the due day itself: the grace is for work done offline."""
    if mark and mark.handed_in_on and mark.handed_in_on <= assignment.due_on:
        return False
    if handed_in:
        return not assignment.is_on_time(handed_in.received_at)
    return mark is not None and mark.handed_in_on is not None
