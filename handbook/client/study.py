"""What there is to do: the member's assignments, and today's tasks in order of urgency."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
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
from handbook.client.recalled import asked, written_for_recalled
from handbook.client.sync_state import last_sync
from handbook.client.tables.personal import outbox
from handbook.client.today import DUE, Errand, Standing, Task, TaskKind, Today, Unfinished
from handbook.model.people import Action, cells_where
from handbook.model.reflection import State
from handbook.model.study import Assignment

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.store import Store

__all__ = ["AssignmentView", "MissingDocument", "ReflectionCard", "Study", "Task", "TaskKind", "Today"]

REASON_CHARACTERS = 90


class Study:
    def __init__(self, store: "Store", account: "Account", assignments: Assignments) -> None:
        self._store = store
        self._account = account
        self._assignments = assignments

    def assignments(self, now: datetime) -> tuple[AssignmentView, ...]:
        """Those for the member's cell, most urgent first, finished ones last."""
        return self._assignments.of_member(now)

    def recalled(self, now: datetime) -> tuple[AssignmentView, ...]:
        """Assignments that were withdrawn after the member wrote for them: the texts are there still."""
        published = {each.id for each in self._assignments.published()}
        ids = written_for_recalled(self._store, published)
        found = (asked(self._store, self._assignments, id)[0] for id in ids)
        return tuple(self._assignments.view_of(each, now) for each in found)

    def assignment(self, assignment_id: str, now: datetime) -> AssignmentView:
        """Raises NotFound."""
        return self._assignments.view(assignment_id, now)

    def today(self, now: datetime) -> Today:
        """Tasks of what is open and not finished, most urgent first, and how the exchange stands."""
        return self.standing(now).today(now)

    def standing(self, now: datetime) -> Standing:
        """What `today` is made of: the same at any `now` until something is written."""
        views = sorted(self.assignments(now), key=lambda view: (view.assignment.due_on, view.assignment.id))
        unfinished = [view for view in views if not view.done]
        to_review = self._to_review()
        errands = [errand for view in unfinished for errand in _own_errands(view)]
        errands += _comparisons(views)
        errands += [
            _review_errand(assignment, to_review[assignment.id])
            for assignment in self._assignments.published()
            if assignment.id in to_review
        ]
        owed = self._owed()
        exchange = last_sync(self._store)
        return Standing(
            errands=tuple(errands),
            unfinished=tuple(_unfinished(view.assignment) for view in unfinished),
            waiting=owed.waiting,
            waiting_since=owed.since,
            set_aside=owed.set_aside,
            last_sync=exchange.last_success,
            last_error=exchange.last_error[0] if exchange.last_error else "",
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


def _own_errands(view: AssignmentView) -> Iterator[Errand]:
    assignment, card = view.assignment, view.reflection
    if card and card.refused:
        yield _errand(assignment, TaskKind.REVISE, card.refused, "Xem và xử lý")
    elif card and card.returned:
        comment = f"{card.returned_by} trả lại: “{_start(card.comment)}” {DUE}."
        yield _errand(
            assignment, TaskKind.REVISE, comment, "Sửa tiếp" if card.state is State.DRAFT else "Sửa bài"
        )
    for document in view.documents:
        if document.id not in view.read:
            yield _reading(assignment, document)
    if assignment.wants_reflection and (card is None or (card.state is State.DRAFT and not card.revision)):
        if card:
            yield _errand(assignment, TaskKind.WRITE, f"Bài đang viết dở. {DUE}.", "Viết tiếp")
        else:
            yield _errand(assignment, TaskKind.WRITE, f"{DUE}.", "Viết bài")


def _reading(assignment: Assignment, document: DocumentCard | MissingDocument) -> Errand:
    if isinstance(document, MissingDocument) and document.withdrawn:
        title = f"Tài liệu {document.id} đã được nơi phát hành thu hồi"
        reason = f"Nhiệm vụ “{assignment.title}” còn nhắc tới; chờ đảng uỷ sửa nhiệm vụ. {DUE}."
        action = "Xem lý do"
    elif isinstance(document, MissingDocument):
        title = f"Tài liệu {document.id} chưa có trên máy này"
        reason = f"Cần cho nhiệm vụ “{assignment.title}”; hãy đồng bộ khi có mạng. {DUE}."
        action = "Mở"
    else:
        title = f"{document.number} {document.title}".strip()
        reason = f"{DUE}, để làm nhiệm vụ “{assignment.title}”."
        action = "Đọc tiếp" if document.progress else "Đọc"
    return _errand(assignment, TaskKind.READ, reason, action, title, document.id)


def _comparisons(views: Iterable[AssignmentView]) -> Iterator[Errand]:
    """Documents with a new edition since they were read, each for the first assignment that asks for it."""
    told: set[str] = set()
    for view in views:
        for document in view.documents:
            if isinstance(document, DocumentCard) and document.revised_since_read and document.id not in told:
                told.add(document.id)
                title = f"{document.number} {document.title}".strip()
                task = f"Văn bản của nhiệm vụ “{view.assignment.title}”"
                reason = f"{task} có bản mới từ khi đồng chí đánh dấu đã đọc."
                yield _errand(view.assignment, TaskKind.COMPARE, reason, "Xem điểm mới", title, document.id)


def _review_errand(assignment: Assignment, count: int) -> Errand:
    reason = f"Nhiệm vụ “{assignment.title}”. {DUE}."
    return _errand(assignment, TaskKind.REVIEW, reason, "Xem bài", f"{count} bài thu hoạch chờ chi bộ xem")


def _errand(
    assignment: Assignment, kind: TaskKind, reason: str, action: str, title: str = "", document_id: str = ""
) -> Errand:
    return Errand(
        kind=kind,
        assignment_id=assignment.id,
        document_id=document_id,
        title=title or assignment.title,
        reason=reason,
        action=action,
        opens_on=assignment.opens_on,
        due_on=assignment.due_on,
    )


def _unfinished(assignment: Assignment) -> Unfinished:
    return Unfinished(title=assignment.title, opens_on=assignment.opens_on, due_on=assignment.due_on)


def _start(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= REASON_CHARACTERS else f"{flat[:REASON_CHARACTERS].rsplit(' ', 1)[0]}…"
