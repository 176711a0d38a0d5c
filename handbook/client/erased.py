"""What the server erased by its rules of retention, as its feeds tell: of others the words go here too.

The member's own texts and what was said of them are theirs, and stay on this PC as they are.
"""

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client import cell_copies, receipts
from handbook.client.cell_marks import keep_mark
from handbook.client.lineages import keep_review
from handbook.client.tables.personal import acknowledged, cell_marks, reviews, revisions
from handbook.errors import Untrusted
from handbook.model.changes import Change, Changes
from handbook.protocol.api import SubmissionEntry
from handbook.protocol.receipts import ReceiptKey, verify
from handbook.protocol.submissions import SubmissionKind, unpack_content


def apply(
    connection: Connection,
    feed: str,
    entry: SubmissionEntry,
    me: str,
    keys: tuple[ReceiptKey, ...],
    *,
    whole: bool,
) -> Changes:
    """Takes in an entry without its words; doing it again changes nothing.

    `whole` says that this account reads the whole feed. Raises Untrusted when the receipt of an own text does
    not hold.
    """
    kind = entry.submission.kind
    if kind is SubmissionKind.REVIEW:
        _take_words_of_review(connection, entry)
    elif kind is SubmissionKind.CELL_MARK:
        keep_mark(connection, feed, entry.author, entry.submission)
        mark = unpack_content(SubmissionKind.CELL_MARK, entry.submission.content)
        here = cell_marks.c.id == entry.submission.lineage
        connection.execute(update(cell_marks).where(here).values(reason=mark.reason))
    elif kind is SubmissionKind.REFLECTION:
        if entry.author == me:
            _keep_own(connection, entry, keys)
        if whole:
            cell_copies.take_words(connection, feed, entry, own=entry.author == me)
    if entry.author == me:
        _offer_no_more(connection, entry)
    return frozenset({Change.CELL, Change.REFLECTION, Change.STUDY, Change.OUTBOX})


def _take_words_of_review(connection: Connection, entry: SubmissionEntry) -> None:
    review = unpack_content(SubmissionKind.REVIEW, entry.submission.content)
    keep_review(connection, entry.author, entry.submission)
    own = select(revisions.c.lineage).where(revisions.c.lineage == review.lineage)
    if connection.execute(own).first() is None:
        here = reviews.c.id == entry.submission.lineage
        connection.execute(update(reviews).where(here).values(comment="", passages="[]"))


def _keep_own(connection: Connection, entry: SubmissionEntry, keys: tuple[ReceiptKey, ...]) -> None:
    """On a PC that has the text nothing changes; another one learns that it was handed in, and when."""
    submission, receipt = entry.submission, entry.receipt
    about = (entry.author, submission.kind, submission.lineage, submission.revision)
    if (receipt.author, receipt.kind, receipt.lineage, receipt.revision) != about:
        raise Untrusted("Biên nhận máy chủ trả về không phải của nội dung này.", "Hãy báo quản trị máy chủ.")
    verify(receipt, keys)
    kept = connection.execute(
        insert(revisions)
        .values(
            lineage=submission.lineage,
            revision=submission.revision,
            assignment=submission.subject,
            submitted_at=submission.written_at,
            content=submission.content,
            erased_at=entry.erased_at,
        )
        .on_conflict_do_nothing()
    )
    if kept.rowcount:
        receipts.keep(connection, receipt)


def _offer_no_more(connection: Connection, entry: SubmissionEntry) -> None:
    """The server has not lost it. An own text may still be offered to one that was restored."""
    named = (
        acknowledged.c.lineage == entry.submission.lineage,
        acknowledged.c.revision == entry.submission.revision,
    )
    if entry.submission.kind is SubmissionKind.REFLECTION:
        connection.execute(update(acknowledged).where(*named).values(seen=True))
    else:
        connection.execute(delete(acknowledged).where(*named))
