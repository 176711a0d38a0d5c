"""Writing a reflection: the draft that survives anything, its submission, what became of each revision."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import uuid_utils
from sqlalchemy import ColumnElement, Connection, Row, Table, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client import receipts
from handbook.client.lineages import (
    KeptText,
    ReviewNote,
    SubmittedRevision,
    answers_in,
    kept_texts,
    notes_of,
    submitted,
)
from handbook.client.outbox import compose
from handbook.client.tables import personal
from handbook.client.tables.personal import clashes, drafts, outbox, revisions
from handbook.client.withdrawals import forget_owed, reopen
from handbook.errors import BadInput, NotFound, Untrusted
from handbook.model.changes import Change, Changes
from handbook.model.reflection import Answer, Problem, Reflection, State, Withdrawal, problems, written_words
from handbook.model.study import Assignment
from handbook.model.text import nfc
from handbook.model.vietnamese import date_text
from handbook.protocol import codec
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import SubmissionKind

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.assignments import Assignments, AssignmentView
    from handbook.client.outbox import Outbox
    from handbook.client.store import Store

__all__ = ["Draft", "KeptText", "Reflections", "ReviewNote", "SubmittedRevision"]

CHANGED = frozenset({Change.REFLECTION, Change.STUDY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the editor shows for one assignment.

    `answers` follow the template; text under a part that a later edition dropped comes after them. They are
    the draft's while `can_write`, else those of the latest revision. `newer` is a revision from another PC
    that the draft does not build on: submitting makes this text the latest. `can_revise` says that `revise`
    would open a draft, `can_withdraw` that the latest text may still be taken back. `withdrawing` is while it
    waits for the server, `not_withdrawn` says why the server would not have it. `refused` says why the latest
    text could not be delivered; `kept` are texts of this PC that the server did not take.
    """

    assignment: "AssignmentView"
    lineage: str
    base_revision: int
    answers: tuple[Answer, ...]
    state: State
    words: int
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


@dataclass(frozen=True, slots=True)
class _Standing:
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


class Reflections:
    """The member's own reflections. `new_id` makes the UUIDv7 that names a new lineage."""

    def __init__(
        self,
        store: "Store",
        account: "Account",
        assignments: "Assignments",
        outbox: "Outbox",
        new_id: Callable[[], str] = lambda: str(uuid_utils.uuid7()),
    ) -> None:
        self._store = store
        self._account = account
        self._assignments = assignments
        self._outbox = outbox
        self._new_id = new_id

    # Queries

    def draft(self, assignment_id: str, now: datetime) -> Draft:
        """What there is to write or to see; creates nothing. Raises NotFound."""
        view = self._assignments.view(assignment_id, now)
        assignment, cell_name = view.assignment, self._account.cell_unit().name
        with self._store.personal.read() as connection:
            standing = _standing(connection, assignment)
            kept = kept_texts(connection, assignment_id)
            lineage = _lineage(standing)
            comments = notes_of(connection, {lineage}, cell_name)[lineage]
        draft, latest = standing.draft, standing.latest
        if draft is not None:
            written, state = _unpack(draft), State.DRAFT
        elif latest:
            written, state = latest.answers, latest.state
        else:
            written, state = (), State.DRAFT
        base = draft.base_revision if draft is not None else 0
        answers = _on_template(assignment, written)
        found = _problems(assignment, answers, now) if standing.can_write else ()
        return Draft(
            assignment=view,
            lineage=lineage,
            base_revision=base,
            answers=answers,
            state=state,
            words=written_words(answers),
            problems=found,
            can_write=standing.can_write,
            can_submit=draft is not None and not found and not standing.accepted,
            can_revise=standing.can_revise,
            can_withdraw=standing.can_withdraw,
            withdrawing=standing.withdrawal is not None and not standing.withdrawal.set_aside,
            not_withdrawn=standing.not_withdrawn,
            refused=view.reflection.refused if view.reflection else "",
            comments=comments,
            saved_at=draft.saved_at if draft is not None else None,
            newer=latest if draft is not None and latest and latest.revision > base else None,
            kept=kept,
            versions=standing.texts,
        )

    def submitted(self, assignment_id: str) -> tuple[SubmittedRevision, ...]:
        """Every submitted revision, newest first. Raises NotFound."""
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.read() as connection:
            return submitted(connection, [assignment])[assignment_id]

    def verify(self, lineage: str, revision: int) -> Receipt:
        """The receipt of a submission, checked anew against the published keys and the text kept here.

        Raises NotFound when no receipt is held, Untrusted when it does not hold.
        """
        key = (lineage, revision)
        with self._store.personal.read() as connection:
            row = connection.execute(
                select(personal.receipts).where(*_is(personal.receipts, key))
            ).one_or_none()
            content = connection.execute(
                select(revisions.c.content).where(*_is(revisions, key))
            ).scalar_one_or_none()
        if row is None or content is None:
            raise NotFound("Bài này chưa có biên nhận.", "Biên nhận có sau khi máy chủ nhận bài.")
        receipt = receipts.from_row(row)
        receipts.check_text(receipt, content, receipts.published_keys(self._store))
        if receipt.author != self._account.member().account:
            raise Untrusted("Biên nhận này là của một tài khoản khác.", "Hãy báo quản trị máy chủ.")
        return receipt

    # Commands

    def save(self, assignment_id: str, answers: tuple[Answer, ...], now: datetime) -> Changes:
        """Keeps the text as typed; it is on the disk when this returns.

        Announces only when the draft is new: an editor that saves each second makes nobody read again. Raises
        BadInput when the text was submitted and not returned, NotFound for a new draft of an unknown
        assignment; a draft goes on being kept when its assignment is withdrawn meanwhile.
        """
        values = {"answers": _pack(answers), "saved_at": now}
        with self._store.personal.write() as connection:
            written = connection.execute(
                update(drafts).where(drafts.c.assignment == assignment_id).values(values)
            )
            is_new = written.rowcount == 0
            if is_new:
                assignment = self._assignments.find(assignment_id)
                if not _standing(connection, assignment).can_write:
                    raise _cannot_write()
                first = {"assignment": assignment_id, "lineage": self._new_id(), "base_revision": 0}
                connection.execute(insert(drafts).values(first | values))
        return self._store.announce(CHANGED) if is_new else frozenset()

    def submit(self, assignment_id: str, now: datetime) -> Changes:
        """Makes the draft the next revision and owes it to the server, in one transaction.

        Raises BadInput with the first problem; `draft().problems` has them all.
        """
        assignment = self._assignments.find(assignment_id)
        author = self._account.member()
        with self._store.personal.write() as connection:
            standing = _standing(connection, assignment)
            draft = standing.draft
            if draft is None:
                raise BadInput("Chưa có bài viết để nộp.", "Hãy viết bài rồi nộp.")
            if standing.accepted:
                raise BadInput(
                    "Bài nộp từ máy khác đã được đánh giá Đạt nên không nộp lại.",
                    "Bản viết trên máy này vẫn được giữ.",
                )
            answers = tuple(
                answer for answer in _on_template(assignment, _unpack(draft)) if answer.text.strip()
            )
            if found := _problems(assignment, answers, now):
                raise BadInput(found[0].message, "Hãy sửa rồi nộp lại; bản nháp vẫn được giữ.")
            submission = compose(
                Reflection(assignment_id, answers),
                author=author,
                lineage=_lineage(standing),
                revision=standing.latest.revision + 1 if standing.latest else 1,
                subject=assignment_id,
                now=now,
            )
            connection.execute(
                insert(revisions).values(
                    lineage=submission.lineage,
                    revision=submission.revision,
                    assignment=assignment_id,
                    submitted_at=submission.written_at,
                    content=submission.content,
                )
            )
            self._outbox.owe(connection, submission)
            connection.execute(delete(drafts).where(drafts.c.assignment == assignment_id))
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def revise(self, assignment_id: str, now: datetime) -> Changes:
        """Opens a draft with the text to go on with; a draft that is there already stays as it is.

        That text is the returned revision, or this PC's text after a clash, or one that the server refused
        (which is then owed no longer). Raises BadInput when nothing may be revised.
        """
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            standing = _standing(connection, assignment)
            if standing.draft is not None:
                return frozenset()
            if not standing.can_revise:
                raise _cannot_write()
            latest = standing.latest
            if clash := standing.clash:
                text, base = answers_in(clash.content), latest.revision
                self._settle_clash(connection, clash, now)
            elif refused := standing.refused:
                key = (refused.lineage, refused.revision)
                text, base = latest.answers, latest.revision - 1
                connection.execute(delete(outbox).where(*_is(outbox, key)))
                connection.execute(delete(revisions).where(*_is(revisions, key)))
            else:
                text, base = latest.answers, latest.revision
            forget_owed(connection, latest.lineage)
            connection.execute(
                insert(drafts).values(
                    assignment=assignment_id,
                    lineage=latest.lineage,
                    base_revision=base,
                    answers=_pack(text),
                    saved_at=now,
                )
            )
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def withdraw(self, assignment_id: str, now: datetime) -> Changes:
        """Takes the latest text back while the cell has not opened it.

        One that has not left this PC is a draft again at once; of any other the server decides, and its words
        are a draft once it has. Raises BadInput when nothing may be taken back.
        """
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            standing = _standing(connection, assignment)
            if not standing.can_withdraw:
                raise BadInput(
                    "Bài này không rút lại được.", "Chỉ rút lại được bài đã nộp mà chi bộ chưa mở."
                )
            lineage, revision = standing.latest.lineage, standing.latest.revision
            owed = self._outbox.owed_row(connection, lineage, revision)
            if owed is not None and not owed.sent:
                reopen(connection, lineage, revision, revision - 1, now)
                connection.execute(delete(outbox).where(*_is(outbox, (lineage, revision))))
                connection.execute(delete(revisions).where(*_is(revisions, (lineage, revision))))
            else:
                withdrawal = compose(
                    Withdrawal(lineage=lineage, revision=revision, withdrawn_at=now),
                    author=self._account.member(),
                    lineage=self._new_id(),
                    revision=1,
                    subject=lineage,
                    now=now,
                )
                self._outbox.owe(connection, withdrawal)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def forget_refused_withdrawal(self, assignment_id: str) -> Changes:
        """The member has seen that the server would not let them take the text back."""
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            withdrawal = _standing(connection, assignment).withdrawal
            if withdrawal is None or not withdrawal.set_aside:
                return frozenset()
            forget_owed(connection, withdrawal.subject)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def accept_held(self, assignment_id: str, now: datetime) -> Changes:
        """Settles a clash with the text of the other PC; this PC's stays readable in `Draft.kept`."""
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            clash = _standing(connection, assignment).clash
            if clash is None:
                raise BadInput("Không có hai bản nào đang chờ chọn.")
            self._settle_clash(connection, clash, now)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def _settle_clash(self, connection: Connection, clash: Row, now: datetime) -> None:
        key = (clash.lineage, clash.revision)
        connection.execute(update(clashes).where(*_is(clashes, key)).values(settled_at=now))
        connection.execute(delete(outbox).where(*_is(outbox, key)))
        forget_owed(connection, clash.lineage)


def _standing(connection: Connection, assignment: Assignment) -> _Standing:
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
            select(outbox.c.lineage, outbox.c.revision).where(*_is(outbox, key), outbox.c.set_aside)
        ).one_or_none()
        withdrawal = connection.execute(
            select(outbox)
            .where(outbox.c.kind == SubmissionKind.WITHDRAWAL.value, outbox.c.subject == key[0])
            .order_by(outbox.c.sequence.desc())
        ).first()
    return _Standing(draft, texts, clash, refused, withdrawal)


def _lineage(standing: _Standing) -> str:
    """The lineage that the next revision belongs to; '' before the first save."""
    if standing.latest:
        return standing.latest.lineage
    return standing.draft.lineage if standing.draft is not None else ""


def _problems(assignment: Assignment, answers: tuple[Answer, ...], now: datetime) -> tuple[Problem, ...]:
    found = problems(assignment, answers)
    if not assignment.is_open(now):
        found += (Problem("", f"Nhiệm vụ mở từ ngày {date_text(assignment.opens_on)}, chưa nộp được."),)
    return found


def _on_template(assignment: Assignment, written: tuple[Answer, ...]) -> tuple[Answer, ...]:
    texts = {answer.part: answer.text for answer in written}
    asked = [part.id for part in assignment.parts]
    dropped = [part for part in texts if part not in asked and texts[part].strip()]
    return tuple(Answer(part, texts.get(part, "")) for part in asked + dropped)


def _cannot_write() -> BadInput:
    return BadInput(
        "Bài đã nộp nên không sửa được nữa.",
        "Chỉ sửa được khi chi bộ trả lại; bản đã nộp xem ở mục Các bản đã nộp.",
    )


def _pack(answers: tuple[Answer, ...]) -> str:
    return codec.encode(tuple(Answer(answer.part, nfc(answer.text)) for answer in answers)).decode()


def _unpack(draft: Row) -> tuple[Answer, ...]:
    data = draft.answers.encode()
    return codec.decode(data, tuple[Answer, ...], limit=len(data))


def _is(table: Table, key: tuple[str, int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.lineage == key[0], table.c.revision == key[1]
