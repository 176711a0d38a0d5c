"""What there is to do: errands as they stand on any day, and the rule that makes one day's tasks of them.

Imports the model only: the first screen of a start is made here before the profile is open.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from handbook.model.urgency import URGENCY_ORDER, Urgency, urgency_on
from handbook.model.vietnamese import VIETNAM, date_text, due_text

DUE: Final = "{due}"
"""Stands in an errand's reason for when it is due, which reads differently every day."""


class TaskKind(StrEnum):
    """In the order in which an assignment's tasks come."""

    REVISE = "revise"
    READ = "read"
    WRITE = "write"
    COMPARE = "compare"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do and why now. `action` is the text of its button.

    `document_id` is for READ and COMPARE only.
    """

    kind: TaskKind
    assignment_id: str
    document_id: str
    title: str
    reason: str
    urgency: Urgency
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The first screen. `waiting` counts what will be sent by itself, `set_aside` what needs the member.

    `next_due` is the soonest due day of what is not finished, None when nothing is asked; `to_review` is for
    those who may review a cell.
    """

    tasks: tuple[Task, ...]
    waiting: int
    waiting_since: datetime | None
    set_aside: int
    last_sync: datetime | None
    last_error: str
    next_due: date | None
    next_due_title: str
    to_review: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A task on any day. Fields as of `Task`, with DUE in the reason; opens and is due as its assignment."""

    kind: TaskKind
    assignment_id: str
    document_id: str
    title: str
    reason: str
    action: str
    opens_on: date
    due_on: date

    def on(self, day: date) -> Task:
        return Task(
            kind=self.kind,
            assignment_id=self.assignment_id,
            document_id=self.document_id,
            title=self.title,
            reason=self.reason.replace(DUE, _due(self.due_on, day)),
            urgency=self._urgency_on(day),
            action=self.action,
        )

    def _urgency_on(self, day: date) -> Urgency:
        if self.kind is TaskKind.REVIEW:
            # Members wait for the answer to what they handed in, whenever the assignment itself is due.
            return Urgency.SOON
        if self.kind is TaskKind.COMPARE:
            return Urgency.LATER  # what was asked for is done
        return urgency_on(day, self.opens_on, self.due_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """An assignment that still asks something of the member."""

    title: str
    opens_on: date
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that `Today` is made of but the day; fields as of `Today`."""

    errands: tuple[Errand, ...]
    unfinished: tuple[Unfinished, ...]
    waiting: int
    waiting_since: datetime | None
    set_aside: int
    last_sync: datetime | None
    last_error: str
    to_review: int

    def today(self, now: datetime) -> Today:
        """Tasks of what is open and not finished, most urgent first, and how the exchange stands."""
        day = now.astimezone(VIETNAM).date()
        tasks = [(errand.on(day), errand.due_on) for errand in self.errands]
        tasks.sort(key=lambda pair: (URGENCY_ORDER.index(pair[0].urgency), pair[1], pair[0].assignment_id))
        unfinished = [each for each in self.unfinished if each.opens_on <= day]
        soonest = min(unfinished, key=lambda each: each.due_on, default=None)
        return Today(
            tasks=tuple(task for task, _ in tasks if task.urgency is not Urgency.UPCOMING),
            waiting=self.waiting,
            waiting_since=self.waiting_since,
            set_aside=self.set_aside,
            last_sync=self.last_sync,
            last_error=self.last_error,
            next_due=soonest.due_on if soonest else None,
            next_due_title=soonest.title if soonest else "",
            to_review=self.to_review,
        )


def _due(due_on: date, day: date) -> str:
    """Hạn 30/11/2026, còn 8 ngày"""
    left = due_text(due_on, day)
    if left.startswith("còn"):
        return f"Hạn {date_text(due_on)}, {left}"
    return f"{left[0].upper()}{left[1:]} ({date_text(due_on)})"
