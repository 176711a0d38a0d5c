"""What the server gave receipts for, kept to be offered again to one that was restored from a backup.

Each own submission that was receipted has to stand in the feed of its cell. One that a feed, read to its
end, did not bring is what the server has lost.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, delete, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client.attached import owe_again
from handbook.client.tables.personal import (
    acknowledged,
    cell_marks,
    cell_submissions,
    clashes,
    outbox,
    receipts,
)
from handbook.protocol.submissions import Submission, SubmissionKind, unpack_content

ENVELOPE = ("kind", "lineage", "revision", "commune", "unit", "subject", "written_at", "content")
LOST = "Máy chủ được khôi phục từ bản sao lưu nên thiếu mục này."
LOST_ADVICE = "Sổ tay tự gửi lại; biên nhận đã có vẫn giữ nguyên."


def keep(connection: Connection, submission: Submission, *, seen: bool) -> None:
    """Keeps what was just receipted; `seen` when the server said that it held it already.

    Pieces of files are kept as files, and no feed tells of them.
    """
    if submission.kind is SubmissionKind.FILE:
        return
    values = _values(submission) | {"feed": _feed_of(connection, submission), "seen": seen}
    _put(connection, values, {"seen": acknowledged.c.seen.op("OR")(seen)})


def note_seen(connection: Connection, submission: Submission, feed: str) -> None:
    """Keeps an own submission that the feed of a cell brought."""
    values = _values(submission) | {"feed": feed, "seen": True}
    _put(connection, values, values)


def doubt(connection: Connection, feed: str) -> None:
    """The server has forgotten entries of this feed: what was seen in it has to be seen again."""
    connection.execute(update(acknowledged).where(acknowledged.c.feed == feed).values(seen=False))


def let_go(connection: Connection, lineage: str, revision: int) -> None:
    """This revision is not offered again."""
    connection.execute(
        delete(acknowledged).where(acknowledged.c.lineage == lineage, acknowledged.c.revision == revision)
    )


def owe_lost(connection: Connection, feeds: Collection[str]) -> int:
    """Queues again what these feeds, each just read to its end, did not bring; how many that is.

    What was refused because the server lacked the revisions before it gets another try after them.
    """
    lost = connection.execute(
        select(*acknowledged.c[ENVELOPE])
        .join(receipts, _same_revision(receipts))
        .where(acknowledged.c.feed.in_(feeds), ~acknowledged.c.seen)
        .where(~select(literal(1)).where(_same_revision(outbox)).exists())
        .order_by(receipts.c.received_at, acknowledged.c.revision)
    ).all()
    for row in lost:
        if row.kind == SubmissionKind.REFLECTION.value:
            owe_again(connection, row)
        reason = {"last_error": LOST, "last_advice": LOST_ADVICE}
        # It has been sent once: the member cannot take it back as something that never left this PC.
        connection.execute(insert(outbox).values(**row._mapping, **reason, again=True, sent=True))
    retry_about(connection, {row.lineage for row in lost})
    return len(lost)


def retry_about(connection: Connection, lineages: Collection[str]) -> bool:
    """Gives what was refused about these texts another try, as the server now knows more of them.

    Whether anything waits again. A text that waits for the member's choice between two goes on waiting.
    """
    open_clash = select(clashes.c.lineage).where(clashes.c.settled_at.is_(None))
    refused = connection.execute(
        update(outbox)
        .where(
            or_(outbox.c.set_aside, outbox.c.again),
            or_(
                and_(outbox.c.lineage.in_(lineages), outbox.c.lineage.not_in(open_clash)),
                and_(outbox.c.kind == SubmissionKind.REVIEW.value, outbox.c.subject.in_(lineages)),
            ),
        )
        .values(set_aside=False, next_try_at=None)
    )
    return refused.rowcount > 0


def forget_replaced(connection: Connection, feed: str, author: str, subject: str, lineage: str) -> None:
    """The server holds one text of a member for a subject: copies of another one are what it lost for good.

    What this PC said of that other text is not offered any more.
    """
    others = (
        select(cell_submissions.c.lineage)
        .where(
            cell_submissions.c.feed == feed,
            cell_submissions.c.kind == SubmissionKind.REFLECTION.value,
            cell_submissions.c.author == author,
            cell_submissions.c.subject == subject,
            cell_submissions.c.lineage != lineage,
        )
        .distinct()
    )
    if replaced := connection.execute(others).scalars().all():
        forget_about(connection, replaced)
        connection.execute(
            delete(cell_submissions).where(
                cell_submissions.c.feed == feed, cell_submissions.c.lineage.in_(replaced)
            )
        )


def forget_about(connection: Connection, lineages: Collection[str]) -> None:
    """What was said of these texts, and is lost with them, is not offered again."""
    about = (SubmissionKind.REVIEW.value, SubmissionKind.WITHDRAWAL.value)
    for table in (acknowledged, outbox):
        named = delete(table).where(table.c.kind.in_(about), table.c.subject.in_(lineages))
        connection.execute(named if table is acknowledged else named.where(outbox.c.again))


def _values(submission: Submission) -> dict[str, object]:
    return {name: getattr(submission, name) for name in ENVELOPE} | {"kind": submission.kind.value}


def _put(connection: Connection, values: dict[str, object], when_there: dict[str, object]) -> None:
    connection.execute(
        insert(acknowledged)
        .values(values)
        .on_conflict_do_update(index_elements=["lineage", "revision"], set_=when_there)
    )


def _same_revision(table) -> ColumnElement[bool]:
    return and_(table.c.lineage == acknowledged.c.lineage, table.c.revision == acknowledged.c.revision)


def _feed_of(connection: Connection, submission: Submission) -> str:
    """The cell in whose feed the server tells of it: that of the text or member that it is about."""
    about = None
    match submission.kind:
        case SubmissionKind.REVIEW:
            review = unpack_content(SubmissionKind.REVIEW, submission.content)
            about = select(cell_submissions.c.feed).where(
                cell_submissions.c.lineage == review.lineage, cell_submissions.c.revision == review.revision
            )
        case SubmissionKind.WITHDRAWAL:
            withdrawal = unpack_content(SubmissionKind.WITHDRAWAL, submission.content)
            about = select(acknowledged.c.feed).where(
                acknowledged.c.lineage == withdrawal.lineage, acknowledged.c.revision == withdrawal.revision
            )
        case SubmissionKind.CELL_MARK:
            about = select(cell_marks.c.unit).where(cell_marks.c.id == submission.lineage)
    found = connection.execute(about).scalar() if about is not None else None
    return found or submission.unit
