"""Assignments, reading ticks, and the rule that says who of a cell has finished."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

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
    """From (revision, state, received_at) of every revision of one lineage; None when there is none."""
    known = sorted(revisions)
    return HandedIn(state=known[-1][1], received_at=known[0][2]) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberProgress:
    """How far one member is with one assignment; `reflection` is a reflection.State value or ''."""

    account: str
    documents_read: int
    documents_total: int
    reflection: str
    late: bool

    @property
    def read_all(self) -> bool:
        return self.documents_read == self.documents_total

    def done(self, wants_reflection: bool) -> bool:
        """Finished as far as the member is concerned: read and handed in, and not returned for revision."""
        return self.read_all and (not wants_reflection or self.reflection not in ("", "returned"))


def progress(
    assignment: Assignment, account: str, read: frozenset[str], handed_in: HandedIn | None
) -> MemberProgress:
    """One member's progress from the ids of documents ticked as read and their latest reflection, if any.

    Server and desktop both compute completion with this function, so that numbers agree everywhere.
    """
    return MemberProgress(
        account=account,
        documents_read=sum(1 for document in assignment.documents if document in read),
        documents_total=len(assignment.documents),
        reflection=handed_in.state if handed_in else "",
        late=handed_in is not None and not assignment.is_on_time(handed_in.received_at),
    )
