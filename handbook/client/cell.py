"""A cell as its secretary and deputy see it: who has finished, who has not, and what is to be reviewed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import uuid_utils
from sqlalchemy import Connection

from handbook.client.cell_copies import (
    CellReflection,
    Waiting,
    cell_member,
    cell_members_of,
    days_seen,
    documents_read_by,
    first_received,
    reflection_of,
    reflections_of,
    waiting_for,
)
from handbook.client.cell_marks import keep_mark, last_marked, marks_of
from handbook.client.cell_rows import CellOverview, TrendPoint, overview_of, reminder, row_of, trend_point
from handbook.client.lineages import (
    ReviewNote,
    SubmittedRevision,
    answers_in,
    files_in,
    keep_review,
    member_names,
)
from handbook.client.outbox import compose
from handbook.client.review_desk import RefusedDecision, ReviewDesk, forget_draft, own_words, refused_decision
from handbook.client.withdrawals import withdrawn_of
from handbook.errors import BadInput, Conflict, NotAllowed, NotFound
from handbook.model.changes import Change, Changes
from handbook.model.people import Action, Member, Unit, cells_where
from handbook.model.reflection import (
    Answer,
    AttachedFile,
    PassageComment,
    Review,
    State,
    Verdict,
    classified_marking,
    review_problem,
)
from handbook.model.retention import erased_text
from handbook.model.study import Assignment, CellMark, MarkKind, mark_problem, progress

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.assignments import Assignments
    from handbook.client.outbox import Outbox
    from handbook.client.store import Store

TREND_LENGTH = 12
CHANGED = frozenset({Change.CELL, Change.STUDY, Change.OUTBOX})


@dataclass(frozen=True, slots=True)
class TitledAnswer:
    """What was written under one part; `title` is that of the template, or the part's id if it is no more."""

    part: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """A member's reflection to be read: its latest revision and all that came before.

    `can_decide` is False for the reader's own text and once it is accepted. Reviews are newest first;
    `also_decided` are those of them that others made on the latest revision: the later decision counts.
    `refused` is the reader's own decision that the server did not take, and that does not count.
    """

    lineage: str
    revision: int
    author: Member
    assignment: Assignment
    answers: tuple[TitledAnswer, ...]
    files: tuple[AttachedFile, ...]
    received_at: datetime
    on_time: bool
    state: State
    can_decide: bool
    refused: RefusedDecision | None
    reviews: tuple[ReviewNote, ...]
    also_decided: tuple[ReviewNote, ...]
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
        self.desk = ReviewDesk(store, account)

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
        """Who of the cell has read and handed in, by what the server has told; own entries count at once.

        Raises NotAllowed, NotFound.
        """
        cell, assignment = self._readable(unit), self._assignments.find(assignment_id)
        with self._store.personal.read() as connection:
            members = cell_members_of(connection, unit)
            accounts = {member.account for member in members}
            read = documents_read_by(connection, accounts, assignment.documents)
            reflections = {each.author: each for each in reflections_of(connection, accounts, assignment_id)}
            marks = marks_of(connection, accounts, [assignment_id])
            seen = days_seen(connection, unit)
        rows = tuple(
            row_of(
                assignment,
                member,
                read[member.account],
                reflections.get(member.account),
                marks.get((assignment_id, member.account)),
                seen.get(member.account),
                now,
            )
            for member in members
        )
        return overview_of(cell, assignment, rows)

    def trend(self, unit: str, now: datetime) -> tuple[TrendPoint, ...]:
        """The latest assignments of the cell that are open, in the order of their due days."""
        self._readable(unit)
        wanted = self.assignments(unit, now)[:TREND_LENGTH][::-1]
        ids = [each.id for each in wanted]
        to_read = {id for each in wanted if not each.wants_reflection for id in each.documents}
        with self._store.personal.read() as connection:
            accounts = [member.account for member in cell_members_of(connection, unit)]
            read = documents_read_by(connection, accounts, to_read)
            received = first_received(connection, accounts, ids)
            marks = marks_of(connection, accounts, ids)
        return tuple(
            trend_point(
                assignment,
                [
                    progress(
                        assignment,
                        account,
                        read[account],
                        received.get((assignment.id, account)),
                        marks.get((assignment.id, account)),
                    )
                    for account in accounts
                ],
            )
            for assignment in wanted
        )

    def waiting(self, unit: str) -> tuple[Waiting, ...]:
        """What waits in the cell for a decision of this reader, without texts, longest waiting first."""
        self._readable(unit)
        me = self._account.member().account
        with self._store.personal.read() as connection:
            waiting = waiting_for(connection, unit, me)
        published = {assignment.id for assignment in self._assignments.published()}
        return tuple(each for each in waiting if each.assignment in published)

    def to_review(self, unit: str) -> tuple[ReviewView, ...]:
        """The reflections that wait, as `waiting`, with all their texts."""
        return tuple(self.reflection(each.lineage) for each in self.waiting(unit))

    def reflection(self, lineage: str) -> ReviewView:
        """Raises NotFound when this PC has no such reflection, its words were erased by the rules of
        retention, or its assignment is withdrawn.
        """
        reflection, author = self._find(lineage)
        assignment = self._assignments.find(reflection.assignment)
        me = self._account.member().account
        with self._store.personal.read() as connection:
            names = member_names(connection)
            refused = refused_decision(connection, lineage)
        titles = {part.id: part.title for part in assignment.parts}
        latest = reflection.latest
        decisions = [
            (by, each) for by, each in reversed(reflection.reviews) if each.verdict is not Verdict.OPENED
        ]
        notes = tuple(
            ReviewNote(
                comment=review.comment,
                by=names.get(account, account),
                at=review.reviewed_at,
                revision=review.revision,
                verdict=review.verdict,
                passages=review.passages,
            )
            for account, review in decisions
        )
        return ReviewView(
            lineage=lineage,
            revision=latest.submission.revision,
            author=author,
            assignment=assignment,
            answers=tuple(
                TitledAnswer(answer.part, titles.get(answer.part, answer.part), answer.text)
                for answer in answers_in(latest.submission.content)
            ),
            files=files_in(latest.submission.content),
            received_at=latest.receipt.received_at,
            on_time=assignment.is_on_time(reflection.revisions[0].receipt.received_at),
            state=reflection.state,
            can_decide=reflection.waits_for(me)
            or (author.account != me and reflection.state is State.RETURNED),
            refused=refused,
            reviews=notes,
            also_decided=tuple(
                note
                for note, (account, review) in zip(notes, decisions, strict=True)
                if account != me and review.revision == latest.submission.revision
            ),
            earlier=tuple(
                SubmittedRevision(
                    lineage=lineage,
                    revision=entry.submission.revision,
                    answers=(Answer("", erased_text(entry.erased_at)),)
                    if entry.erased_at
                    else answers_in(entry.submission.content),
                    erased_at=entry.erased_at,
                    files=files_in(entry.submission.content),
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
        return reminder(self.overview(unit, assignment_id, now), now)

    # Commands

    def mark_opened(self, lineage: str, now: datetime) -> Changes:
        """Lets the author know that the cell has seen the latest revision; only the first time."""
        reflection, author = self._find(lineage)
        me = self._account.member()
        if author.account == me.account or reflection.state is not State.RECEIVED:
            return frozenset()
        return self._review(lineage, Verdict.OPENED, "", now)

    def return_for_revision(
        self,
        lineage: str,
        comment: str,
        now: datetime,
        *,
        seen_revision: int = 0,
        passages: tuple[PassageComment, ...] = (),
    ) -> Changes:
        """Returns the latest revision; the comment or those on passages say what to improve.

        `seen_revision`, when given, is the one that was read: Conflict when the member has handed in a newer
        one meanwhile. Raises BadInput without a word, NotAllowed for one's own text, NotFound.
        """
        if not comment.strip() and not passages:
            raise BadInput("Chưa viết góp ý.", "Hãy cho đảng viên biết cần sửa gì rồi trả lại bài.")
        return self._review(lineage, Verdict.RETURNED, comment, now, seen_revision, passages)

    def accept(
        self,
        lineage: str,
        comment: str,
        now: datetime,
        *,
        seen_revision: int = 0,
        passages: tuple[PassageComment, ...] = (),
    ) -> Changes:
        """Accepts the latest revision; there need be no comment. Raises as `return_for_revision`."""
        return self._review(lineage, Verdict.ACCEPTED, comment, now, seen_revision, passages)

    def exempt(self, account: str, assignment_id: str, reason: str, now: datetime) -> Changes:
        """Nothing is asked of the member for this assignment, for that reason.

        Raises BadInput without a reason, NotAllowed for oneself and other cells, NotFound.
        """
        reason = " ".join(reason.split())
        return self._mark(account, assignment_id, MarkKind.EXEMPT, now, reason=reason)

    def take_paper(self, account: str, assignment_id: str, handed_in_on: date, now: datetime) -> Changes:
        """The cell holds the member's reflection on paper since that day. Raises as `exempt`."""
        return self._mark(account, assignment_id, MarkKind.PAPER, now, handed_in_on=handed_in_on)

    def unmark(self, account: str, assignment_id: str, now: datetime) -> Changes:
        """Takes an exemption or a paper back. Raises as `exempt`."""
        return self._mark(account, assignment_id, MarkKind.NONE, now)

    def _mark(
        self,
        account: str,
        assignment_id: str,
        kind: MarkKind,
        now: datetime,
        *,
        reason: str = "",
        handed_in_on: date | None = None,
    ) -> Changes:
        me, assignment = self._account.member(), self._assignments.find(assignment_id)
        if account == me.account:
            raise NotAllowed("Không tự ghi miễn hoặc nộp giấy cho mình.", "Người khác trong chi uỷ ghi nhận.")
        if kind is MarkKind.PAPER and not assignment.wants_reflection:
            raise BadInput("Nhiệm vụ này chỉ yêu cầu đọc, không yêu cầu nộp bài.")
        if marking := classified_marking(reason):
            raise BadInput(f"Lý do có dấu “{marking}”: nội dung bí mật nhà nước không được đưa vào sổ tay.")
        with self._store.personal.write() as connection:
            member = cell_member(connection, account)
            if member is None:
                raise NotFound("Trên máy này không có đảng viên đó.", "Hãy đồng bộ rồi mở lại danh sách.")
            if not self._account.can(Action.REVIEW, member.unit):
                raise NotAllowed("Đồng chí không được phân công theo dõi chi bộ của đảng viên này.")
            mark = CellMark(
                member=account,
                assignment=assignment_id,
                kind=kind,
                reason=reason,
                handed_in_on=handed_in_on,
                marked_at=_after(now, last_marked(connection, account, assignment_id)),
            )
            if problem := mark_problem(mark):
                raise BadInput(problem)
            submission = compose(
                mark, author=me, lineage=self._new_id(), revision=1, subject=mark.subject, now=now
            )
            keep_mark(connection, member.unit, me.account, submission)
            self._outbox.owe(connection, submission)
        return self._store.announce(CHANGED)

    def _review(
        self,
        lineage: str,
        verdict: Verdict,
        comment: str,
        now: datetime,
        seen_revision: int = 0,
        passages: tuple[PassageComment, ...] = (),
    ) -> Changes:
        reviewer, comment = self._account.member(), comment.strip()
        if problem := review_problem(comment, passages):
            raise BadInput(problem)
        with self._store.personal.write() as connection:
            reflection = _readable_reflection(connection, lineage)
            self._check_decision(reflection, reviewer, verdict, seen_revision)
            known = [review.reviewed_at for _, review in reflection.reviews]
            review = Review(
                lineage=lineage,
                revision=reflection.latest.submission.revision,
                verdict=verdict,
                comment=comment,
                passages=passages,
                reviewed_at=_after(now, max(known, default=None)),
            )
            if verdict is not Verdict.OPENED:
                forget_draft(connection, lineage)
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
            reflection = _readable_reflection(connection, lineage)
            unit = reflection.latest.submission.unit
            author = cell_member(connection, reflection.author)
        # Who has left the cell since is known by account only.
        return reflection, author or Member(
            account=reflection.author, name=reflection.author, unit=unit, duties=(), active=False
        )


def _readable_reflection(connection: Connection, lineage: str) -> CellReflection:
    reflection = reflection_of(connection, lineage)
    if reflection is None:
        raise _no_reflection(connection, lineage)
    if (erased_at := reflection.latest.erased_at) is not None:
        kept = "Kết quả đánh giá, thời điểm nộp và số liệu báo cáo vẫn được giữ."
        if begun := own_words(connection, lineage):
            kept = f"{kept} Lời đồng chí viết dở: “{begun}”"
        raise NotFound(erased_text(erased_at), kept)
    return reflection


def _no_reflection(connection: Connection, lineage: str) -> NotFound:
    if withdrawn_of(connection, [lineage])[lineage]:
        return NotFound("Tác giả đã rút bài để viết lại.", "Khi tác giả nộp lại, bài sẽ lại có ở đây.")
    return NotFound("Trên máy này không có bài thu hoạch đó.", "Hãy đồng bộ rồi mở lại danh sách.")


def _after(now: datetime, known: datetime | None) -> datetime:
    """Now, or just after what is already known: who decides knowing something decides later, by any clock."""
    return now if known is None or known < now else known + timedelta(microseconds=1)
