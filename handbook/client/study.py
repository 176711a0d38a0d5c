"""What there is to do: the member's assignments, and today's tasks in order of urgency."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Row, func, select

from handbook.client.assignments import (
    Assignments,
    AssignmentView,
    MissingDocument,
    ReflectionCard,
)
from handbook.client.cards import DocumentCard
from handbook.client.cell_copies import waiting_for
from handbook.client.sync_state import last_sync
from handbook.client.tables.personal import outbox
from handbook.model.people import Action, cells_where
from handbook.model.reflection import State
from handbook.model.study import URGENCY_ORDER, Assignment, Urgency
from handbook.model.vietnamese import VIETNAM, date_text, due_text

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.store import Store

__all__ = ["AssignmentView", "MissingDocument", "ReflectionCard", "Study", "Task", "TaskKind", "Today"]

REASON_CHARACTERS = 90


class TaskKind(StrEnum):
    """In the order in which an assignment's tasks come."""

    REVISE = "revise"
    READ = "read"
    WRITE = "write"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do and why now. `action` is the text of its button; `document_id` is for READ only."""

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


class Study:
    def __init__(self, store: "Store", account: "Account", assignments: Assignments) -> None:
        self._store = store
        self._account = account
        self._assignments = assignments

    def assignments(self, now: datetime) -> tuple[AssignmentView, ...]:
        """Those for the member's cell, most urgent first, finished ones last."""
        return self._assignments.of_member(now)

    def assignment(self, assignment_id: str, now: datetime) -> AssignmentView:
        """Raises NotFound."""
        return self._assignments.view(assignment_id, now)

    def today(self, now: datetime) -> Today:
        """Tasks of what is open and not finished, most urgent first, and how the exchange stands."""
        views = self.assignments(now)
        unfinished = [view for view in views if not view.done and view.urgency is not Urgency.UPCOMING]
        published = {assignment.id: assignment for assignment in self._assignments.published()}
        to_review = self._to_review()
        tasks = [task for view in unfinished for task in _own_tasks(view, now)]
        tasks += [
            _review_task(published[assignment_id], count, now)
            for assignment_id, count in to_review.items()
            if assignment_id in published
        ]
        tasks.sort(
            key=lambda task: (
                URGENCY_ORDER.index(task.urgency),
                published[task.assignment_id].due_on,
                task.assignment_id,
            )
        )
        soonest = min(unfinished, key=lambda view: view.assignment.due_on, default=None)
        owed = self._owed()
        exchange = last_sync(self._store)
        return Today(
            tasks=tuple(tasks),
            waiting=owed.waiting,
            waiting_since=owed.since,
            set_aside=owed.set_aside,
            last_sync=exchange.last_success,
            last_error=exchange.last_error[0] if exchange.last_error else "",
            next_due=soonest.assignment.due_on if soonest else None,
            next_due_title=soonest.assignment.title if soonest else "",
            to_review=sum(to_review.values()),
        )

    def _to_review(self) -> Counter[str]:
        """How many reflections of each assignment wait for this member's decision as a reader of a cell."""
        member = self._account.member()
        cells = cells_where(member, Action.REVIEW, self._account.units())
        with self._store.personal.read() as connection:
            return Counter(
                waiting.assignment
                for cell in cells
                for waiting in waiting_for(connection, cell.path, member.account)
            )

    def _owed(self) -> Row:
        here = outbox.c.set_aside.is_(False)
        with self._store.personal.read() as connection:
            return connection.execute(
                select(
                    func.count().filter(here).label("waiting"),
                    func.min(outbox.c.written_at).filter(here).label("since"),
                    func.count().filter(outbox.c.set_aside).label("set_aside"),
                )
            ).one()


def _own_tasks(view: AssignmentView, now: datetime) -> Iterator[Task]:
    assignment, card, due = view.assignment, view.reflection, _due(view.assignment, now)
    if card and card.refused:
        yield _task(view, TaskKind.REVISE, card.refused, "Xem và xử lý")
    elif card and card.returned:
        comment = f"{card.returned_by} trả lại: “{_start(card.comment)}” {due}."
        yield _task(view, TaskKind.REVISE, comment, "Sửa tiếp" if card.state is State.DRAFT else "Sửa bài")
    for document in view.documents:
        if document.id not in view.read:
            yield _read_task(view, document, due)
    if assignment.wants_reflection and (card is None or (card.state is State.DRAFT and not card.revision)):
        if card:
            yield _task(view, TaskKind.WRITE, f"Bài đang viết dở. {due}.", "Viết tiếp")
        else:
            yield _task(view, TaskKind.WRITE, f"{due}.", "Viết bài")


def _task(view: AssignmentView, kind: TaskKind, reason: str, action: str) -> Task:
    return Task(
        kind=kind,
        assignment_id=view.assignment.id,
        document_id="",
        title=view.assignment.title,
        reason=reason,
        urgency=view.urgency,
        action=action,
    )


def _read_task(view: AssignmentView, document: DocumentCard | MissingDocument, due: str) -> Task:
    if isinstance(document, MissingDocument):
        title = f"Tài liệu {document.id} chưa có trên máy này"
        reason = f"Cần cho nhiệm vụ “{view.assignment.title}”; hãy đồng bộ khi có mạng. {due}."
        action = "Mở"
    else:
        title = f"{document.number} {document.title}".strip()
        reason = f"{due}, để làm nhiệm vụ “{view.assignment.title}”."
        action = "Đọc tiếp" if document.progress else "Đọc"
    return Task(
        kind=TaskKind.READ,
        assignment_id=view.assignment.id,
        document_id=document.id,
        title=title,
        reason=reason,
        urgency=view.urgency,
        action=action,
    )


def _review_task(assignment: Assignment, count: int, now: datetime) -> Task:
    # Members wait for the answer, whenever the assignment itself is due.
    return Task(
        kind=TaskKind.REVIEW,
        assignment_id=assignment.id,
        document_id="",
        title=f"{count} bài thu hoạch chờ chi bộ xem",
        reason=f"Nhiệm vụ “{assignment.title}”. {_due(assignment, now)}.",
        urgency=Urgency.SOON,
        action="Xem bài",
    )


def _due(assignment: Assignment, now: datetime) -> str:
    """Hạn 30/11/2026, còn 8 ngày"""
    left = due_text(assignment.due_on, now.astimezone(VIETNAM).date())
    day = date_text(assignment.due_on)
    if left.startswith("còn"):
        return f"Hạn {day}, {left}"
    return f"{left[0].upper()}{left[1:]} ({day})"


def _start(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= REASON_CHARACTERS else f"{flat[:REASON_CHARACTERS].rsplit(' ', 1)[0]}…"
