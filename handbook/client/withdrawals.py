"""Reflections that their authors took back, as the server confirmed it: the author's own and a cell's."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.attached import drop_unnamed, forget_named, packed_files
from handbook.client.tables.personal import cell_submissions, drafts, outbox, revisions, withdrawals
from handbook.model.reflection import Verdict, Withdrawal
from handbook.protocol import codec
from handbook.protocol.submissions import SubmissionKind, unpack_content


def withdrawn_of(connection: Connection, lineages: Iterable[str]) -> defaultdict[str, set[int]]:
    """The revisions of each lineage that were taken back."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    rows = connection.execute(select(withdrawals).where(withdrawals.c.lineage.in_(set(lineages))))
    for row in rows:
        found[row.lineage].add(row.revision)
    return found


def keep_own(connection: Connection, withdrawal: Withdrawal, now: datetime) -> None:
    """Keeps that the server let the member take a text back: its words are a draft again.

    A draft that is there already stays as it is; doing it again changes nothing.
    """
    if _keep(connection, withdrawal):
        reopen(connection, withdrawal.lineage, withdrawal.revision, withdrawal.revision, now)


def keep_of_cell(connection: Connection, author: str, withdrawal: Withdrawal) -> None:
    """Keeps that a member of the cell took a text back: the copy of it goes, and what waited to tell that it
    was opened. A decision that waits stays for its writer to see, with the server's refusal.
    """
    _keep(connection, withdrawal)
    copied = connection.execute(
        delete(cell_submissions).where(
            cell_submissions.c.author == author,
            cell_submissions.c.lineage == withdrawal.lineage,
            cell_submissions.c.revision == withdrawal.revision,
        )
    )
    if copied.rowcount and not _is_own(connection, withdrawal.lineage):
        forget_named(connection, [withdrawal.lineage], withdrawal.revision)
        drop_unnamed(connection)
    owed = connection.execute(
        select(outbox.c.sequence, outbox.c.content).where(
            outbox.c.kind == SubmissionKind.REVIEW.value, outbox.c.subject == withdrawal.lineage
        )
    ).all()
    for row in owed:
        review = unpack_content(SubmissionKind.REVIEW, row.content)
        if review.verdict is Verdict.OPENED and review.revision == withdrawal.revision:
            connection.execute(delete(outbox).where(outbox.c.sequence == row.sequence))


def reopen(connection: Connection, lineage: str, revision: int, base: int, now: datetime) -> None:
    """Makes the submitted text a draft that builds on revision `base`, unless there is a draft or no text."""
    text = connection.execute(
        select(revisions.c.assignment, revisions.c.content).where(
            revisions.c.lineage == lineage,
            revisions.c.revision == revision,
            revisions.c.erased_at.is_(None),
        )
    ).one_or_none()
    latest = connection.execute(
        select(func.max(revisions.c.revision)).where(revisions.c.lineage == lineage)
    ).scalar_one()
    if text is None or latest != revision:
        return
    reflection = unpack_content(SubmissionKind.REFLECTION, text.content)
    connection.execute(
        insert(drafts)
        .values(
            assignment=text.assignment,
            lineage=lineage,
            base_revision=base,
            answers=codec.encode(reflection.answers).decode(),
            files=packed_files(reflection.files),
            saved_at=now,
        )
        .on_conflict_do_nothing()
    )


def forget_owed(connection: Connection, lineage: str) -> None:
    """Drops what waits to take back a text of this lineage: it was settled in another way."""
    connection.execute(
        delete(outbox).where(
            outbox.c.kind == SubmissionKind.WITHDRAWAL.value, outbox.c.subject == lineage, ~outbox.c.again
        )
    )


def _is_own(connection: Connection, lineage: str) -> bool:
    """A secretary's own text stands in the cell's copies too."""
    own = select(revisions.c.lineage).where(revisions.c.lineage == lineage)
    return connection.execute(own).first() is not None


def _keep(connection: Connection, withdrawal: Withdrawal) -> bool:
    """Whether it was news."""
    kept = connection.execute(
        insert(withdrawals)
        .values(
            lineage=withdrawal.lineage,
            revision=withdrawal.revision,
            withdrawn_at=withdrawal.withdrawn_at,
        )
        .on_conflict_do_nothing()
    )
    return kept.rowcount > 0
