"""The assignments of a profile's member as they stand here: documents, ticks, reflection, what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from handbook.client.cards import DocumentCard, document_cards
from handbook.client.cell_marks import marks_of
from handbook.client.cell_rows import mark_text
from handbook.client.lineages import SubmittedRevision, notes_of, submitted
from handbook.client.tables import library
from handbook.client.tables.personal import clashes, drafts, outbox, ticks
from handbook.errors import NotFound
from handbook.model.reflection import State
from handbook.model.study import (
    URGENCY_ORDER,
    Assignment,
    CellMark,
    HandedIn,
    MemberProgress,
    Urgency,
    handed_in,
    progress,
    urgency,
)
from handbook.model.vietnamese import VIETNAM, date_text, due_text
from handbook.protocol import codec
from handbook.protocol.packs import ItemKind
from handbook.protocol.submissions import SubmissionKind

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingDocument:
    """A document the assignment asks for that is not in this PC's library, or no more: `withdrawn`."""

    id: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionCard:
    """Where the member's reflection stands. `revision` is 0 before the first submission and after
    a withdrawal of it.

    `returned` says that the cell returned the latest revision, also while a draft builds on it. `comment` and
    `returned_by` are of the cell's latest decision. `refused` says why the latest text could not be delivered
    and needs the member (a clash with another PC, or refused by the server), else ''.
    """

    lineage: str
    revision: int
    state: State
    updated_at: datetime
    returned: bool
    comment: str
    returned_by: str
    refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentView:
    """One assignment for this member. `next_step` is one sentence; `done` asks nothing more of the member.

    `mark` is set when the cell exempted the member, or holds their paper.
    """

    assignment: Assignment
    urgency: Urgency
    documents: tuple[DocumentCard | MissingDocument, ...]
    read: frozenset[str]
    read_count: int
    reflection: ReflectionCard | None
    progress: MemberProgress
    done: bool
    mark: CellMark | None
    next_step: str


class Assignments:
    """Reads the member's assignments; what others ask about one is answered from here."""

    def __init__(self, store: "Store", account: "Account") -> None:
        self._store = store
        self._account = account

    def published(self) -> tuple[Assignment, ...]:
        """Every assignment in the library, for whichever unit, soonest due first."""
        with self._store.library.read() as connection:
            payloads = connection.execute(
                select(library.assignments.c.payload).order_by(
                    library.assignments.c.due_on, library.assignments.c.id
                )
            ).scalars()
            return tuple(decoded(payload) for payload in payloads)

    def find(self, assignment_id: str) -> Assignment:
        """Raises NotFound when no such assignment is published here."""
        with self._store.library.read() as connection:
            payload = connection.execute(
                select(library.assignments.c.payload).where(library.assignments.c.id == assignment_id)
            ).scalar_one_or_none()
        if payload is None:
            raise NotFound(
                "Không còn nhiệm vụ học tập này trong sổ tay.",
                "Đảng uỷ có thể đã thu hồi. Bài đã viết vẫn được giữ.",
            )
        return decoded(payload)

    def of_member(self, now: datetime) -> tuple[AssignmentView, ...]:
        """Those for the member's cell, most urgent first; finished ones after the others."""
        unit = self._account.member().unit
        views = self._views([each for each in self.published() if each.is_for(unit)], now)
        return tuple(
            sorted(
                views,
                key=lambda view: (
                    view.done,
                    URGENCY_ORDER.index(view.urgency),
                    view.assignment.due_on,
                    view.assignment.id,
                ),
            )
        )

    def view(self, assignment_id: str, now: datetime) -> AssignmentView:
        """Raises NotFound."""
        return self.view_of(self.find(assignment_id), now)

    def view_of(self, assignment: Assignment, now: datetime) -> AssignmentView:
        """As `view`, of an assignment that need not be published any more."""
        return self._views([assignment], now)[0]

    def _is_withdrawn(self, document_id: str) -> bool:
        kind = select(library.items.c.kind).where(library.items.c.id == document_id)
        with self._store.library.read() as connection:
            return connection.scalar(kind) == ItemKind.WITHDRAWAL

    def _views(self, wanted: list[Assignment], now: datetime) -> list[AssignmentView]:
        member, cell_name = self._account.member(), self._account.cell_unit().name
        asked = {document for each in wanted for document in each.documents}
        found: dict[str, DocumentCard | MissingDocument] = {
            card.id: card for card in document_cards(self._store, ids=asked)
        }
        for id in asked - found.keys():
            found[id] = MissingDocument(id=id, withdrawn=self._is_withdrawn(id))
        with self._store.personal.read() as connection:
            read = frozenset(connection.execute(select(ticks.c.document).where(ticks.c.read)).scalars())
            texts = submitted(connection, wanted)
            reflections = _cards(connection, texts, cell_name)
            marks = marks_of(connection, [member.account], [each.id for each in wanted])
        return [
            _view(
                each,
                member.account,
                found,
                read,
                texts[each.id],
                reflections.get(each.id),
                marks.get((each.id, member.account)),
                now,
            )
            for each in wanted
        ]


def _cards(
    connection: Connection, texts: Mapping[str, tuple[SubmittedRevision, ...]], cell_name: str
) -> dict[str, ReflectionCard]:
    """The card of each assignment for which something was written."""
    written = {
        row.assignment: row
        for row in connection.execute(
            select(drafts.c.assignment, drafts.c.lineage, drafts.c.saved_at).where(
                drafts.c.assignment.in_(texts)
            )
        )
    }
    refused = _refusals(connection)
    notes = notes_of(connection, {each[0].lineage for each in texts.values() if each}, cell_name)
    found = {}
    for assignment_id, revisions in texts.items():
        draft = written.get(assignment_id)
        latest = next((each for each in revisions if each.state is not State.WITHDRAWN), None)
        if draft is None and latest is None:
            continue
        decision = next(iter(notes[latest.lineage]), None) if latest else None
        found[assignment_id] = ReflectionCard(
            lineage=latest.lineage if latest else draft.lineage,
            revision=latest.revision if latest else 0,
            state=State.DRAFT if draft else latest.state,
            updated_at=draft.saved_at if draft else latest.submitted_at,
            returned=latest is not None and latest.state is State.RETURNED,
            comment=decision.comment if decision else "",
            returned_by=decision.by if decision else "",
            refused=refused.get(assignment_id, ""),
        )
    return found


def _refusals(connection: Connection) -> dict[str, str]:
    """For each assignment with a text that could not be delivered and needs the member, why."""
    set_aside = connection.execute(
        select(outbox.c.subject, outbox.c.last_error).where(
            outbox.c.kind == SubmissionKind.REFLECTION.value, outbox.c.set_aside
        )
    )
    found = {row.subject: row.last_error for row in set_aside}
    clashed = connection.execute(select(clashes.c.assignment).where(clashes.c.settled_at.is_(None)))
    for row in clashed:
        found[row.assignment] = "Máy khác của đồng chí đã nộp một bản khác; cả hai bản đều được giữ."
    return found


def own_handed_in(texts: tuple[SubmittedRevision, ...]) -> HandedIn | None:
    """What the member handed in, from their texts, newest first; to themselves one that waits counts too."""
    return handed_in(
        (text.revision, text.state, text.receipt.received_at if text.receipt else text.submitted_at)
        for text in texts
        if text.lineage == texts[0].lineage
    )


def encoded(assignment: Assignment) -> str:
    """The assignment as JSON, to be kept beside what is written on it."""
    return codec.encode(assignment).decode()


def decoded(payload: str) -> Assignment:
    """The assignment of a JSON record."""
    data = payload.encode()
    return codec.decode(data, Assignment, limit=len(data))


def _view(
    assignment: Assignment,
    account: str,
    found: Mapping[str, DocumentCard | MissingDocument],
    read: frozenset[str],
    texts: tuple[SubmittedRevision, ...],
    reflection: ReflectionCard | None,
    mark: CellMark | None,
    now: datetime,
) -> AssignmentView:
    own = progress(assignment, account, read, own_handed_in(texts), mark)
    done = own.done(assignment.wants_reflection) and not (reflection and reflection.refused)
    return AssignmentView(
        assignment=assignment,
        urgency=urgency(assignment, now),
        documents=tuple(found[id] for id in assignment.documents),
        read=read & frozenset(assignment.documents),
        read_count=own.documents_read,
        reflection=reflection,
        progress=own,
        done=done,
        mark=mark,
        next_step=_next_step(assignment, own, reflection, mark, now),
    )


def _next_step(
    assignment: Assignment,
    own: MemberProgress,
    reflection: ReflectionCard | None,
    mark: CellMark | None,
    now: datetime,
) -> str:
    if urgency(assignment, now) is Urgency.UPCOMING:
        return f"Mở từ ngày {date_text(assignment.opens_on)}; có thể đọc trước tài liệu."
    if reflection and reflection.refused:
        return "Mở bài thu hoạch để xem vì sao chưa gửi được và chọn cách xử lý."
    if mark:
        return f"{mark_text(mark)}; không còn việc gì phải làm."
    due = due_text(assignment.due_on, now.astimezone(VIETNAM).date())
    if reflection and reflection.returned:
        return f"Sửa bài thu hoạch theo góp ý của {reflection.returned_by} và nộp lại ({due})."
    if reflection and reflection.state is State.DRAFT and reflection.revision:
        return "Bài đã nộp từ máy khác; bản nháp trên máy này vẫn được giữ."
    left = own.documents_total - own.documents_read
    if left:
        if left == own.documents_total:
            return f"Đọc {left} tài liệu ({due})."
        return f"Đọc nốt {left} trong {own.documents_total} tài liệu ({due})."
    if not assignment.wants_reflection:
        return "Đã đọc đủ tài liệu; không còn việc gì phải làm."
    if reflection is None:
        return f"Viết bài thu hoạch ({due})."
    return {
        State.DRAFT: f"Viết tiếp bài thu hoạch và nộp ({due}).",
        State.WAITING: "Bài đã nộp trên máy này, sẽ tự gửi khi có mạng.",
        State.RECEIVED: "Máy chủ đã nhận bài; chờ chi bộ xem.",
        State.OPENED: "Chi bộ đã xem bài; chờ nhận xét.",
        State.ACCEPTED: "Bài đã được đánh giá Đạt; không còn việc gì phải làm.",
    }[reflection.state]
