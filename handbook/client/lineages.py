"""What this PC knows of the member's reflections: revisions, receipts, reviews, and the resulting state."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client import receipts as receipt_rows
from handbook.client.attached import keep_named
from handbook.client.tables.personal import (
    acknowledged,
    cell_members,
    clashes,
    outbox,
    receipts,
    reviews,
    revisions,
)
from handbook.client.withdrawals import forget_owed, withdrawn_of
from handbook.model.people import Member
from handbook.model.reflection import (
    Answer,
    AttachedFile,
    PassageComment,
    Reflection,
    Review,
    State,
    Verdict,
    standing,
)
from handbook.model.retention import erased_text
from handbook.model.study import Assignment
from handbook.protocol import codec
from handbook.protocol.api import SubmissionEntry
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import MAX_CONTENT_BYTES, Submission, SubmissionKind, unpack_content

MAX_RECORD_BYTES = 64 * 1024
_Passages = tuple[PassageComment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedRevision:
    """One submitted text, unchangeable. `on_time` is None until it is received or when nothing is due.

    `erased_at` is when the server erased the words, if this PC never had them: `answers` say so instead.
    """

    lineage: str
    revision: int
    answers: tuple[Answer, ...]
    submitted_at: datetime
    state: State
    receipt: Receipt | None
    on_time: bool | None
    files: tuple[AttachedFile, ...] = ()
    erased_at: datetime | None = None

    @property
    def written(self) -> tuple[Answer, ...]:
        """The author's own words, as far as they are here."""
        return () if self.erased_at else self.answers


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewNote:
    """What the cell said of a revision; `by` is a name, or the cell's where this PC knows no name."""

    comment: str
    by: str
    at: datetime
    revision: int
    verdict: Verdict
    passages: tuple[PassageComment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """A text of this PC that the server did not take because another PC's came first.

    `settled_at` is None until the member chose what becomes of it; the text stays afterwards too.
    """

    lineage: str
    revision: int
    answers: tuple[Answer, ...]
    files: tuple[AttachedFile, ...]
    submitted_at: datetime
    held_lineage: str
    held_revision: int
    noticed_at: datetime
    settled_at: datetime | None


def submitted(
    connection: Connection, assignments: Iterable[Assignment]
) -> Mapping[str, tuple[SubmittedRevision, ...]]:
    """The member's submitted revisions of each assignment, newest first; an entry for each assignment."""
    wanted = {assignment.id: assignment for assignment in assignments}
    rows = connection.execute(
        select(revisions, *(c for c in receipts.c if c.name not in ("lineage", "revision")))
        .outerjoin_from(
            revisions,
            receipts,
            and_(receipts.c.lineage == revisions.c.lineage, receipts.c.revision == revisions.c.revision),
        )
        .where(revisions.c.assignment.in_(wanted))
    ).all()
    lineages = {row.lineage for row in rows}
    said, withdrawn = reviews_of(connection, lineages), withdrawn_of(connection, lineages)
    found: dict[str, list[SubmittedRevision]] = {id: [] for id in wanted}
    for row in rows:
        receipt = receipt_rows.from_row(row) if row.signature is not None else None
        found[row.assignment].append(
            SubmittedRevision(
                lineage=row.lineage,
                revision=row.revision,
                answers=_erased(row, wanted[row.assignment]) or answers_in(row.content),
                files=files_in(row.content),
                submitted_at=row.submitted_at,
                state=standing(
                    receipt is not None,
                    tuple(review for _, review in said[row.lineage]),
                    row.revision,
                    withdrawn[row.lineage],
                ),
                receipt=receipt,
                on_time=wanted[row.assignment].is_on_time(receipt.received_at) if receipt else None,
                erased_at=row.erased_at,
            )
        )
    # What waits here was written knowing all that is received, or will be refused: it is the newest.
    return {
        id: tuple(sorted(texts, key=lambda t: (t.receipt is None, t.revision, t.submitted_at), reverse=True))
        for id, texts in found.items()
    }


def _erased(row: Row, assignment: Assignment) -> tuple[Answer, ...]:
    """In the place of words that this PC never had: that the server has erased them."""
    if row.erased_at is None:
        return ()
    said = erased_text(row.erased_at)
    return tuple(Answer(part.id, said) for part in assignment.parts)


def reviews_of(connection: Connection, lineages: Iterable[str]) -> defaultdict[str, list[tuple[str, Review]]]:
    """The reviews of each lineage with their authors' accounts, oldest first, but for refused decisions."""
    found: defaultdict[str, list[tuple[str, Review]]] = defaultdict(list)
    rows = connection.execute(
        select(reviews)
        .where(reviews.c.lineage.in_(set(lineages)), ~is_refused_decision())
        .order_by(reviews.c.reviewed_at)
    )
    for row in rows:
        found[row.lineage].append((row.author, review_in(row)))
    return found


def is_refused_decision() -> ColumnElement[bool]:
    """Of a row of `reviews`: made on this PC, and not taken by the server; nobody else sees it."""
    refused = exists().where(outbox.c.lineage == reviews.c.id, outbox.c.set_aside).correlate(reviews)
    return and_(reviews.c.verdict != Verdict.OPENED.value, refused)


def review_in(row: Row) -> Review:
    """The review in a row of `reviews`."""
    return Review(
        lineage=row.lineage,
        revision=row.revision,
        verdict=Verdict(row.verdict),
        comment=row.comment,
        passages=codec.decode(row.passages.encode(), _Passages, limit=MAX_CONTENT_BYTES),
        reviewed_at=row.reviewed_at,
    )


def notes_of(
    connection: Connection, lineages: Iterable[str], cell_name: str
) -> Mapping[str, tuple[ReviewNote, ...]]:
    """What was said of each lineage, newest first, without the mere openings; an entry for each lineage."""
    wanted = set(lineages)
    names, said = member_names(connection), reviews_of(connection, wanted)
    return {
        lineage: tuple(
            ReviewNote(
                comment=review.comment,
                by=names.get(author, cell_name),
                at=review.reviewed_at,
                revision=review.revision,
                verdict=review.verdict,
                passages=review.passages,
            )
            for author, review in reversed(said[lineage])
            if review.verdict is not Verdict.OPENED
        )
        for lineage in wanted
    }


def member_names(connection: Connection) -> Mapping[str, str]:
    """Names of the members this PC knows by their account: empty but for those who may read a cell."""
    records = connection.execute(select(cell_members.c.record)).scalars()
    members = (codec.decode(record.encode(), Member, limit=MAX_RECORD_BYTES) for record in records)
    return {member.account: member.name for member in members}


def kept_texts(connection: Connection, assignment: str) -> tuple[KeptText, ...]:
    """The member's texts of the assignment that the server did not take, newest first."""
    rows = connection.execute(
        select(clashes).where(clashes.c.assignment == assignment).order_by(clashes.c.noticed_at.desc())
    )
    return tuple(
        KeptText(
            lineage=row.lineage,
            revision=row.revision,
            answers=answers_in(row.content),
            files=files_in(row.content),
            submitted_at=row.submitted_at,
            held_lineage=row.held_lineage,
            held_revision=row.held_revision,
            noticed_at=row.noticed_at,
            settled_at=row.settled_at,
        )
        for row in rows
    )


def answers_in(content: str) -> tuple[Answer, ...]:
    """The answers inside the content of a reflection."""
    return codec.decode(content.encode(), Reflection, limit=MAX_CONTENT_BYTES).answers


def files_in(content: str) -> tuple[AttachedFile, ...]:
    """The files that the content of a reflection names."""
    return codec.decode(content.encode(), Reflection, limit=MAX_CONTENT_BYTES).files


def keep_review(connection: Connection, author: str, submission: Submission) -> None:
    """Keeps a review that came by the feed or was just written; the same one again changes nothing."""
    review = unpack_content(SubmissionKind.REVIEW, submission.content)
    connection.execute(
        insert(reviews)
        .values(
            id=submission.lineage,
            author=author,
            lineage=review.lineage,
            revision=review.revision,
            verdict=review.verdict.value,
            comment=review.comment,
            passages=codec.encode(review.passages).decode(),
            reviewed_at=review.reviewed_at,
        )
        .on_conflict_do_nothing()
    )


def keep_received(connection: Connection, entry: SubmissionEntry) -> None:
    """Keeps a reflection of the member as the server holds it; the receipt has been checked before.

    Words that this PC never had, because they were erased, come with a server that was restored.
    """
    words = {"content": entry.submission.content, "erased_at": None}
    connection.execute(
        insert(revisions)
        .values(
            lineage=entry.submission.lineage,
            revision=entry.submission.revision,
            assignment=entry.submission.subject,
            submitted_at=entry.submission.written_at,
            **words,
        )
        .on_conflict_do_update(
            index_elements=["lineage", "revision"], set_=words, where=revisions.c.erased_at.is_not(None)
        )
    )
    keep_named(connection, entry.submission)
    receipt_rows.keep(connection, entry.receipt)


def keep_both(
    connection: Connection, refused: Submission, held: SubmissionEntry, reason: str, now: datetime
) -> None:
    """Keeps this PC's refused reflection apart and takes the one the server holds in its place.

    The owed row is set aside with the reason until the member chose. Doing it again changes nothing.
    """
    connection.execute(
        insert(clashes)
        .values(
            lineage=refused.lineage,
            revision=refused.revision,
            assignment=refused.subject,
            submitted_at=refused.written_at,
            content=refused.content,
            held_lineage=held.submission.lineage,
            held_revision=held.submission.revision,
            noticed_at=now,
        )
        .on_conflict_do_nothing()
    )
    key = (refused.lineage, refused.revision)
    connection.execute(
        delete(acknowledged).where(
            acknowledged.c.lineage == key[0],
            acknowledged.c.revision == key[1],
            acknowledged.c.content == refused.content,
        )
    )
    if key == (held.submission.lineage, held.submission.revision):
        # A receipt from before the server was restored names the refused text.
        connection.execute(
            delete(receipts).where(
                receipts.c.lineage == key[0],
                receipts.c.revision == key[1],
                receipts.c.sha256 == refused.sha256,
            )
        )
    connection.execute(
        delete(revisions).where(
            revisions.c.lineage == key[0],
            revisions.c.revision == key[1],
            revisions.c.content == refused.content,
        )
    )
    keep_received(connection, held)
    forget_owed(connection, refused.lineage)  # the server never took what was to be taken back
    connection.execute(
        update(outbox)
        .where(outbox.c.lineage == key[0], outbox.c.revision == key[1])
        .values(
            set_aside=True,
            last_error=reason,
            last_advice="Cả hai bản đều được giữ: hãy mở bài thu hoạch để chọn bản dùng tiếp.",
        )
    )
