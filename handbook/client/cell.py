"""A cell as its secretary and deputy see it: who has finished, who has not, and what is to be reviewed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import uuid_utils

from handbook.client.cell_copies import (
    CellReflection,
    cell_members_of,
    documents_read_by,
    last_handed_in,
    reflection_of,
    reflections_of,
    waiting_for,
)
from handbook.client.lineages import ReviewNote, SubmittedRevision, answers_in, keep_review, member_names
from handbook.client.outbox import compose
from handbook.errors import BadInput, Conflict, NotAllowed, NotFound
from handbook.model.changes import Change, Changes
from handbook.model.people import Action, Member, Unit, cells_where
from handbook.model.reflection import (
    MAX_COMMENT_CHARACTERS,
    STATE_NAMES,
    Review,
    State,
    Verdict,
    classified_marking,
)
from handbook.model.study import Assignment, MemberProgress, progress
from handbook.model.vietnamese import VIETNAM, date_text, due_text

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.assignments import Assignments
    from handbook.client.outbox import Outbox
    from handbook.client.store import Store

CHANGED = frozenset({Change.CELL, Change.STUDY, Change.OUTBOX})


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One member's line. `reflection` is the (lineage, revision) to open; `state_text` says how far they are.

    `last_seen` is when the server last received anything of theirs, `received_at` the first text of this
    reflection.
    """

    account: str
    name: str
    progress: MemberProgress
    state_text: str
    reflection: tuple[str, int] | None
    last_seen: datetime | None
    received_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOverview:
    """One assignment in one cell. `submitted` counts every text handed in, `missing` who is not finished."""

    unit: Unit
    assignment: Assignment
    rows: tuple[MemberRow, ...]
    members: int
    read_all: int
    submitted: int
    accepted: int
    returned: int
    late: int
    missing: int


@dataclass(frozen=True, slots=True)
class TitledAnswer:
    """What was written under one part; `title` is that of the template, or the part's id if it is no more."""

    part: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """A member's reflection to be read: its latest revision and all that came before.

    `can_decide` is False for the reader's own text and once it is accepted. Reviews are newest first.
    """

    lineage: str
    revision: int
    author: Member
    assignment: Assignment
    answers: tuple[TitledAnswer, ...]
    received_at: datetime
    on_time: bool
    state: State
    can_decide: bool
    reviews: tuple[ReviewNote, ...]
    earlier: tuple[SubmittedRevision, ...]


class Cell:
    """Copies on this PC, so that all of it works offline. `new_id` makes the UUIDv7 of a review."""

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

    def units(self) -> tuple[Unit, ...]:
        """The cells this account may read; empty for a plain member."""
        return cells_where(self._account.member(), Action.READ_CELL, self._account.units())

    def assignments(self, unit: str, now: datetime) -> tuple[Assignment, ...]:
        """What the cell was asked to study and is open, the latest due first."""
        return tuple(
            assignment
            for assignment in reversed(self._assignments.published())
            if assignment.is_for(unit) and assignment.is_open(now)
        )

    def overview(self, unit: str, assignment_id: str, now: datetime) -> CellOverview:
        """Who of the cell has read and handed in, by what the server has told; own reviews count at once.

        Raises NotAllowed, NotFound.
        """
        cell, assignment = self._readable(unit), self._assignments.find(assignment_id)
        with self._store.personal.read() as connection:
            members = cell_members_of(connection, unit)
            accounts = {member.account for member in members}
            read = documents_read_by(connection, accounts, assignment.documents)
            reflections = {each.author: each for each in reflections_of(connection, accounts, assignment_id)}
            seen = last_handed_in(connection, accounts)
        rows = tuple(
            _row(assignment, member, read[member.account], reflections.get(member.account), seen, now)
            for member in members
        )
        wants = assignment.wants_reflection
        return CellOverview(
            unit=cell,
            assignment=assignment,
            rows=rows,
            members=len(rows),
            read_all=sum(row.progress.read_all for row in rows),
            submitted=sum(bool(row.progress.reflection) for row in rows),
            accepted=sum(row.progress.reflection == State.ACCEPTED for row in rows),
            returned=sum(row.progress.reflection == State.RETURNED for row in rows),
            late=sum(row.progress.late for row in rows),
            missing=sum(not row.progress.done(wants) for row in rows),
        )

    def to_review(self, unit: str) -> tuple[ReviewView, ...]:
        """The reflections of the cell that wait for a decision of this reader, longest waiting first."""
        self._readable(unit)
        me = self._account.member().account
        with self._store.personal.read() as connection:
            waiting = waiting_for(connection, unit, me)
        published = {assignment.id for assignment in self._assignments.published()}
        return tuple(self.reflection(each.lineage) for each in waiting if each.assignment in published)

    def reflection(self, lineage: str) -> ReviewView:
        """Raises NotFound when this PC has no such reflection, or its assignment is withdrawn."""
        reflection, author = self._find(lineage)
        assignment = self._assignments.find(reflection.assignment)
        me = self._account.member().account
        with self._store.personal.read() as connection:
            names = member_names(connection)
        titles = {part.id: part.title for part in assignment.parts}
        latest = reflection.latest
        return ReviewView(
            lineage=lineage,
            revision=latest.submission.revision,
            author=author,
            assignment=assignment,
            answers=tuple(
                TitledAnswer(answer.part, titles.get(answer.part, answer.part), answer.text)
                for answer in answers_in(latest.submission.content)
            ),
            received_at=latest.receipt.received_at,
            on_time=assignment.is_on_time(reflection.revisions[0].receipt.received_at),
            state=reflection.state,
            can_decide=reflection.waits_for(me)
            or (author.account != me and reflection.state is State.RETURNED),
            reviews=tuple(
                ReviewNote(
                    comment=review.comment,
                    by=names.get(account, account),
                    at=review.reviewed_at,
                    revision=review.revision,
                    verdict=review.verdict,
                )
                for account, review in reversed(reflection.reviews)
                if review.verdict is not Verdict.OPENED
            ),
            earlier=tuple(
                SubmittedRevision(
                    lineage=lineage,
                    revision=entry.submission.revision,
                    answers=answers_in(entry.submission.content),
                    submitted_at=entry.submission.written_at,
                    state=reflection.state_of(entry.submission.revision),
                    receipt=entry.receipt,
                    on_time=assignment.is_on_time(entry.receipt.received_at),
                )
                for entry in reversed(reflection.revisions[:-1])
            ),
        )

    def missing_text(self, unit: str, assignment_id: str, now: datetime) -> str:
        """A message to paste in the cell's chat: who still has to read or to hand in. '' when nobody has."""
        overview = self.overview(unit, assignment_id, now)
        assignment = overview.assignment
        lines = [
            f"{number}. {row.name}: {_missing(assignment, row)}"
            for number, row in enumerate(
                (row for row in overview.rows if not row.progress.done(assignment.wants_reflection)), 1
            )
        ]
        if not lines:
            return ""
        left = due_text(assignment.due_on, now.astimezone(VIETNAM).date())
        return "\n".join(
            (
                f"Kính gửi các đồng chí đảng viên {overview.unit.name},",
                f"Nhiệm vụ học tập “{assignment.title}” có hạn ngày {date_text(assignment.due_on)} ({left}). "
                f"Hiện còn {len(lines)} đồng chí chưa hoàn thành:",
                *lines,
                "Đề nghị các đồng chí sắp xếp thời gian hoàn thành trên sổ tay đảng viên. Đồng chí nào đã "
                "làm mà còn tên ở trên, xin mở sổ tay khi có mạng để bài được gửi đi; cần giúp đỡ, xin báo "
                "chi uỷ.",
                "Trân trọng cảm ơn các đồng chí.",
            )
        )

    # Commands

    def mark_opened(self, lineage: str, now: datetime) -> Changes:
        """Lets the author know that the cell has seen the latest revision; only the first time."""
        reflection, author = self._find(lineage)
        me = self._account.member()
        if author.account == me.account or reflection.state is not State.RECEIVED:
            return frozenset()
        return self._review(lineage, Verdict.OPENED, "", now, 0)

    def return_for_revision(
        self, lineage: str, comment: str, now: datetime, *, seen_revision: int = 0
    ) -> Changes:
        """Returns the latest revision; the comment says what to improve.

        `seen_revision`, when given, is the one that was read: Conflict when the member has handed in a newer
        one meanwhile. Raises BadInput without a comment, NotAllowed for one's own text, NotFound.
        """
        if not comment.strip():
            raise BadInput("Chưa viết góp ý.", "Hãy cho đảng viên biết cần sửa gì rồi trả lại bài.")
        return self._review(lineage, Verdict.RETURNED, comment, now, seen_revision)

    def accept(self, lineage: str, comment: str, now: datetime, *, seen_revision: int = 0) -> Changes:
        """Accepts the latest revision; a comment may be empty. Raises as `return_for_revision`."""
        return self._review(lineage, Verdict.ACCEPTED, comment, now, seen_revision)

    def _review(
        self, lineage: str, verdict: Verdict, comment: str, now: datetime, seen_revision: int
    ) -> Changes:
        reviewer, comment = self._account.member(), comment.strip()
        if len(comment) > MAX_COMMENT_CHARACTERS:
            raise BadInput("Góp ý dài quá 10.000 ký tự.", "Hãy rút gọn.")
        if marking := classified_marking(comment):
            raise BadInput(f"Góp ý có dấu “{marking}”: nội dung bí mật nhà nước không được đưa vào sổ tay.")
        with self._store.personal.write() as connection:
            reflection = reflection_of(connection, lineage)
            if reflection is None:
                raise _no_reflection()
            self._check_decision(reflection, reviewer, verdict, seen_revision)
            review = Review(
                lineage=lineage,
                revision=reflection.latest.submission.revision,
                verdict=verdict,
                comment=comment,
                reviewed_at=now,
            )
            submission = compose(
                review, author=reviewer, lineage=self._new_id(), revision=1, subject=lineage, now=now
            )
            keep_review(connection, reviewer.account, submission)
            self._outbox.owe(connection, submission)
        return self._store.announce(CHANGED)

    def _check_decision(
        self, reflection: CellReflection, reviewer: Member, verdict: Verdict, seen_revision: int
    ) -> None:
        if reflection.author == reviewer.account:
            raise NotAllowed("Không tự nhận xét bài của mình.", "Bài này do người khác trong chi uỷ xem.")
        if not self._account.can(Action.REVIEW, reflection.latest.submission.unit):
            raise NotAllowed("Đồng chí không được phân công nhận xét bài của chi bộ này.")
        if seen_revision and seen_revision != reflection.latest.submission.revision:
            raise Conflict("Đảng viên vừa nộp bản mới của bài này.", "Hãy đọc bản mới rồi nhận xét.")
        if verdict is not Verdict.OPENED and reflection.state is State.ACCEPTED:
            raise Conflict("Bài này đã được đánh giá Đạt.", "Không cần nhận xét lại.")

    def _readable(self, unit: str) -> Unit:
        for cell in self.units():
            if cell.path == unit:
                return cell
        raise NotAllowed("Đồng chí không được phân công theo dõi chi bộ này.")

    def _find(self, lineage: str) -> tuple[CellReflection, Member]:
        with self._store.personal.read() as connection:
            reflection = reflection_of(connection, lineage)
            if reflection is None:
                raise _no_reflection()
            unit = reflection.latest.submission.unit
            members = {member.account: member for member in cell_members_of(connection, unit)}
        author = members.get(reflection.author)
        # Who has left the cell since is known by account only.
        return reflection, author or Member(
            account=reflection.author, name=reflection.author, unit=unit, duties=(), active=False
        )


def _no_reflection() -> NotFound:
    return NotFound("Trên máy này không có bài thu hoạch đó.", "Hãy đồng bộ rồi mở lại danh sách.")


def _row(
    assignment: Assignment,
    member: Member,
    read: frozenset[str],
    reflection: CellReflection | None,
    seen: "dict[str, datetime]",
    now: datetime,
) -> MemberRow:
    handed_in = reflection.handed_in if reflection else None
    own = progress(assignment, member.account, read, handed_in)
    return MemberRow(
        account=member.account,
        name=member.name,
        progress=own,
        state_text=_state_text(assignment, own, now),
        reflection=(reflection.lineage, reflection.latest.submission.revision) if reflection else None,
        last_seen=seen.get(member.account),
        received_at=handed_in.received_at if handed_in else None,
    )


def _state_text(assignment: Assignment, own: MemberProgress, now: datetime) -> str:
    if own.reflection:
        name = STATE_NAMES[State(own.reflection)]
        said = f"{name}, nộp muộn" if own.late else name
        return said if own.read_all else f"{said}; đã đọc {own.documents_read}/{own.documents_total}"
    if own.done(assignment.wants_reflection):
        return "Đã đọc xong"
    overdue = " (quá hạn)" if assignment.is_overdue(now) else ""
    if not own.read_all:
        return f"Đã đọc {own.documents_read}/{own.documents_total}{overdue}"
    return f"Chưa nộp bài{overdue}"


def _missing(assignment: Assignment, row: MemberRow) -> str:
    own, missing = row.progress, []
    if not own.read_all:
        missing.append(f"còn {own.documents_total - own.documents_read} tài liệu chưa đọc")
    if assignment.wants_reflection and not own.reflection:
        missing.append("chưa nộp bài thu hoạch")
    if own.reflection == State.RETURNED:
        missing.append("bài thu hoạch cần sửa và nộp lại")
    return ", ".join(missing)
