"""Reports on studying: what was asked, how many did what, who still has to. They rank nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum

from handbook.model.people import Unit
from handbook.model.reflection import State
from handbook.model.study import Assignment, MarkKind, MemberProgress
from handbook.model.vietnamese import date_text

_QUARTERS = ("I", "II", "III", "IV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many of `members` did what with an assignment; of several assignments or units, the sums.

    `submitted` are the texts handed in here, of which some are `waiting`, `returned` or `accepted`; `paper`
    are those on paper. `late` are late ones of both. `missing` have not finished: see `MemberProgress.done`.
    """

    members: int = 0
    read_all: int = 0
    submitted: int = 0
    waiting: int = 0
    returned: int = 0
    accepted: int = 0
    late: int = 0
    exempt: int = 0
    paper: int = 0
    missing: int = 0

    @property
    def asked(self) -> int:
        return self.members - self.exempt

    @property
    def done(self) -> int:
        return self.asked - self.missing

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        )


def figures_of(assignment: Assignment, all_progress: Iterable[MemberProgress]) -> Figures:
    """The figures of these members. Server and desktop both count with this function."""
    known = tuple(all_progress)
    states = [own.reflection for own in known]
    marks = [own.mark for own in known]
    return Figures(
        members=len(known),
        read_all=sum(own.read_all for own in known),
        submitted=sum(bool(state) for state in states),
        waiting=states.count(State.RECEIVED) + states.count(State.OPENED),
        returned=states.count(State.RETURNED),
        accepted=states.count(State.ACCEPTED),
        late=sum(own.late for own in known),
        exempt=marks.count(MarkKind.EXEMPT),
        paper=marks.count(MarkKind.PAPER),
        missing=sum(not own.done(assignment.wants_reflection) for own in known),
    )


def sum_of(figures: Iterable[Figures]) -> Figures:
    return sum(figures, start=Figures())


class PeriodKind(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From the first day to the last; an assignment belongs to that in which it is due."""

    first: date
    last: date
    name: str  # within a sentence: quý IV năm 2026

    def holds(self, assignment: Assignment) -> bool:
        return self.first <= assignment.due_on <= self.last


def period_of(kind: PeriodKind, day: date) -> Period:
    """The month, quarter or year that the day is in."""
    match kind:
        case PeriodKind.MONTH:
            return _months(day.year, day.month, 1, f"tháng {day.month} năm {day.year}")
        case PeriodKind.QUARTER:
            quarter = (day.month - 1) // 3
            return _months(day.year, 3 * quarter + 1, 3, f"quý {_QUARTERS[quarter]} năm {day.year}")
        case PeriodKind.YEAR:
            return _months(day.year, 1, 12, f"năm {day.year}")


def period_between(first: date, last: date) -> Period:
    """The month, quarter or year with these days, else one named after them; ValueError when reversed."""
    if last < first:
        raise ValueError(f"{last} is before {first}")
    known = (period_of(kind, first) for kind in PeriodKind)
    named = Period(first, last, f"từ ngày {date_text(first)} đến ngày {date_text(last)}")
    return next((each for each in known if (each.first, each.last) == (first, last)), named)


def periods_of(kind: PeriodKind, assignments: Iterable[Assignment]) -> tuple[Period, ...]:
    """The periods in which any of the assignments is due, the latest first."""
    return tuple(sorted({period_of(kind, each.due_on) for each in assignments}, reverse=True))


def _months(year: int, first: int, count: int, name: str) -> Period:
    following = date(year + (first + count > 12), (first + count - 1) % 12 + 1, 1)
    return Period(date(year, first, 1), following - timedelta(days=1), name)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One member of a cell; `said` tells how far they are, without the reason of an exemption."""

    name: str
    progress: MemberProgress
    said: str


@dataclass(frozen=True, slots=True)
class UnitLine:
    unit: Unit
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentLine:
    """One assignment: of a cell with its `people` by name, of a unit above with its cells as `units`."""

    assignment: Assignment
    figures: Figures
    people: tuple[PersonLine, ...] = ()
    units: tuple[UnitLine, ...] = ()

    @property
    def missing(self) -> tuple[PersonLine, ...]:
        wants = self.assignment.wants_reflection
        return tuple(each for each in self.people if not each.progress.done(wants))

    def marked(self, mark: MarkKind) -> tuple[PersonLine, ...]:
        return tuple(each for each in self.people if each.progress.mark is mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a unit did for the assignments of a period, or for one of them; in the order of due days.

    `subject` goes on after *Kết quả học tập*. `counted_at` is when the numbers were those of the server; None
    before the first exchange with it. `only` is the one cell below the unit that it is about, None for all.
    """

    unit: Unit
    subject: str
    counted_at: datetime | None
    assignments: tuple[AssignmentLine, ...]
    only: Unit | None = None

    @property
    def about(self) -> Unit:
        """Whose figures these are."""
        return self.only or self.unit

    @property
    def total(self) -> Figures:
        """The sums over all assignments: a member counts once for each of them."""
        return sum_of(each.figures for each in self.assignments)

    @property
    def units(self) -> tuple[UnitLine, ...]:
        """The cells with their sums over all assignments, in their order in the lines."""
        sums: dict[Unit, Figures] = {}
        for line in (line for each in self.assignments for line in each.units):
            sums[line.unit] = sums.get(line.unit, Figures()) + line.figures
        return tuple(UnitLine(unit, figures) for unit, figures in sums.items())


def in_due_order(assignments: Iterable[Assignment]) -> Sequence[Assignment]:
    return sorted(assignments, key=lambda each: (each.due_on, each.title, each.id))
