"""How it stands with what a member writes for one assignment: what is there, and what may be done with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from handbook.client.lineages import KeptText, ReviewNote, SubmittedRevision, submitted
from handbook.client.tables.personal import clashes, drafts, outbox
from handbook.errors import BadInput
from handbook.model.reflection import Answer, AttachedFile, Problem, State
from handbook.model.study import Assignment
from handbook.protocol.submissions import SubmissionKind

if TYPE_CHECKING:
    from handbook.client.assignments import AssignmentView


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the editor shows for one assignment.

    `answers` follow the template; text under a part that a later edition dropped comes after them. They
    are the draft's while `can_write`, else those of the latest revision, as are `files`. `words` counts
    theirs, None when they were erased before this PC got them. `newer` is a revision from another PC that
    the draft does not build on: the member chooses before submitting.
    `can_revise` says that `revise` would open a draft, `can_withdraw` that the latest text may still be
    taken back. `withdrawing` is while it waits for the server, `not_withdrawn` says why the server would
    not have it. `refused` says why the latest text could not be delivered; `kept` are texts of this PC
    that the server did not take. `recalled` says that the publisher withdrew the assignment, `changed`
    what of it they changed since the member took note.
    """

    assignment: "AssignmentView"
    lineage: str
    base_revision: int
    answers: tuple[Answer, ...]
    files: tuple[AttachedFile, ...]
    state: State
    words: int | None
    problems: tuple[Problem, ...]
    can_write: bool
    can_submit: bool
    can_revise: bool
    can_withdraw: bool
    withdrawing: bool
    not_withdrawn: str
    refused: str
    comments: tuple[ReviewNote, ...]
    saved_at: datetime | None
    newer: SubmittedRevision | None
    kept: tuple[KeptText, ...]
    versions: tuple[SubmittedRevision, ...]
    recalled: bool
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides what may be done, read in one transaction."""

    draft: Row | None
    texts: tuple[SubmittedRevision, ...]
    clash: Row | None
    refused: Row | None
    withdrawal: Row | None

    @property
    def latest(self) -> SubmittedRevision | None:
        return self.texts[0] if self.texts else None

    @property
    def newer(self) -> SubmittedRevision | None:
        """A text of another PC that the draft does not build on."""
        if self.draft is None or self.latest is None or self.latest.revision <= self.draft.base_revision:
            return None
        return self.latest

    @property
    def accepted(self) -> bool:
        return self.latest is not None and self.latest.state is State.ACCEPTED

    @property
    def can_write(self) -> bool:
        return self.draft is not None or not (self.texts or self.clash)

    @property
    def can_revise(self) -> bool:
        if self.draft is not None or self.latest is None or self.accepted:
            return False
        return bool(self.clash or self.refused) or self.latest.state in (State.RETURNED, State.WITHDRAWN)

    @property
    def not_withdrawn(self) -> str:
        return self.withdrawal.last_error if self.withdrawal and self.withdrawal.set_aside else ""

    @property
    def can_withdraw(self) -> bool:
        if self.draft is not None or self.latest is None or self.clash or self.refused or self.withdrawal:
            return False
        return self.latest.state in (State.WAITING, State.RECEIVED)


def standing_of(connection: Connection, assignment: Assignment) -> Standing:
    """Read in one transaction with what is then done about it."""
    draft = connection.execute(select(drafts).where(drafts.c.assignment == assignment.id)).one_or_none()
    texts = submitted(connection, [assignment])[assignment.id]
    clash = connection.execute(
        select(clashes)
        .where(clashes.c.assignment == assignment.id, clashes.c.settled_at.is_(None))
        .order_by(clashes.c.noticed_at)
    ).first()
    refused = withdrawal = None
    if texts:
        key = (texts[0].lineage, texts[0].revision)
        refused = connection.execute(
            select(outbox.c.lineage, outbox.c.revision).where(
                *is_revision(outbox, key), outbox.c.set_aside, ~outbox.c.again
            )
        ).one_or_none()
        withdrawal = connection.execute(
            select(outbox)
            .where(
                outbox.c.kind == SubmissionKind.WITHDRAWAL.value,
                outbox.c.subject == key[0],
                ~outbox.c.again,
            )
            .order_by(outbox.c.sequence.desc())
        ).first()
    return Standing(draft, texts, clash, refused, withdrawal)


def lineage_of(standing: Standing) -> str:
    """The lineage that the next revision belongs to; '' before the first save."""
    if standing.latest:
        return standing.latest.lineage
    return standing.draft.lineage if standing.draft is not None else ""


def cannot_write() -> BadInput:
    return BadInput(
        "Bài đã nộp nên không sửa được nữa.",
        "Chỉ sửa được khi chi bộ trả lại; bản đã nộp xem ở mục Các bản đã nộp.",
    )


def on_template(assignment: Assignment, written: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """An answer for each part that is asked for, then what was written under parts that no longer are."""
    texts = {answer.part: answer.text for answer in written}
    asked = [part.id for part in assignment.parts]
    dropped = [part for part in texts if part not in asked and texts[part].strip()]
    return tuple(Answer(part, texts.get(part, "")) for part in asked + dropped)


def is_revision(table: Table, key: tuple[str, int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions that pick the rows of a lineage and revision."""
    return table.c.lineage == key[0], table.c.revision == key[1]
