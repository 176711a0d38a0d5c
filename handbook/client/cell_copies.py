"""A secretary's copies of the cell: its members and what they handed in, as its feed told."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.lineages import MAX_RECORD_BYTES, reviews_of
from handbook.client.tables.personal import cell_members, cell_submissions, reviews
from handbook.model.people import Member
from handbook.model.reflection import Review, State, standing
from handbook.model.study import HandedIn, handed_in, read_documents
from handbook.model.vietnamese import name_key
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES, SubmissionEntry
from handbook.protocol.submissions import SubmissionKind, unpack_content

_UNDECIDED = (State.RECEIVED, State.OPENED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reflection of the cell that waits for a decision, without its text."""

    lineage: str
    assignment: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReflection:
    """One member's reflection for one assignment: every revision, oldest first, and what was said of it.

    `reviews` are pairs of the reviewer's account and the review, oldest first.
    """

    lineage: str
    author: str
    assignment: str
    revisions: tuple[SubmissionEntry, ...]
    reviews: tuple[tuple[str, Review], ...]

    @property
    def latest(self) -> SubmissionEntry:
        return self.revisions[-1]

    @property
    def state(self) -> State:
        return self.state_of(self.latest.submission.revision)

    def state_of(self, revision: int) -> State:
        return standing(True, tuple(review for _, review in self.reviews), revision)

    @property
    def handed_in(self) -> HandedIn | None:
        return handed_in(
            (
                entry.submission.revision,
                self.state_of(entry.submission.revision),
                entry.receipt.received_at,
            )
            for entry in self.revisions
        )

    def waits_for(self, reviewer: str) -> bool:
        """Whether this reader of the cell has it before them to decide; nobody decides on their own."""
        return self.author != reviewer and self.state in _UNDECIDED


def cell_members_of(connection: Connection, unit: str) -> tuple[Member, ...]:
    """The active members of a cell, in the order of Vietnamese names."""
    records = connection.execute(
        select(cell_members.c.record).where(cell_members.c.feed == unit, cell_members.c.unit == unit)
    ).scalars()
    members = (codec.decode(record.encode(), Member, limit=MAX_RECORD_BYTES) for record in records)
    return tuple(
        sorted(
            (member for member in members if member.active),
            key=lambda member: (name_key(member.name), member.account),
        )
    )


def reflections_of(
    connection: Connection, accounts: Collection[str], assignment: str
) -> tuple[CellReflection, ...]:
    """The reflections of these members for one assignment, first received first."""
    entries = connection.execute(
        select(cell_submissions.c.entry)
        .where(
            cell_submissions.c.kind == SubmissionKind.REFLECTION.value,
            cell_submissions.c.author.in_(accounts),
            cell_submissions.c.subject == assignment,
        )
        .order_by(cell_submissions.c.received_at, cell_submissions.c.revision)
    ).scalars()
    return _grouped(connection, entries)


def waiting_for(connection: Connection, unit: str, reviewer: str) -> tuple[Waiting, ...]:
    """What the members of a cell handed in and this reader has to decide on, longest waiting first.

    Reads no text: years of them may be here.
    """
    accounts = {member.account for member in cell_members_of(connection, unit)} - {reviewer}
    latest = connection.execute(
        select(
            cell_submissions.c["lineage", "subject", "received_at"],
            func.max(cell_submissions.c.revision).label("revision"),  # SQLite takes the rest of that row
        )
        .where(
            cell_submissions.c.kind == SubmissionKind.REFLECTION.value,
            cell_submissions.c.author.in_(accounts),
        )
        .group_by(cell_submissions.c.lineage)
        .order_by(cell_submissions.c.received_at)
    ).all()
    said = reviews_of(connection, {row.lineage for row in latest})
    return tuple(
        Waiting(row.lineage, row.subject, row.received_at)
        for row in latest
        if standing(True, tuple(review for _, review in said[row.lineage]), row.revision) in _UNDECIDED
    )


def reflection_of(connection: Connection, lineage: str) -> CellReflection | None:
    """The reflection with this lineage; None when the cell's feed has not brought it."""
    entries = connection.execute(
        select(cell_submissions.c.entry)
        .where(
            cell_submissions.c.kind == SubmissionKind.REFLECTION.value,
            cell_submissions.c.lineage == lineage,
        )
        .order_by(cell_submissions.c.revision)
    ).scalars()
    return next(iter(_grouped(connection, entries)), None)


def documents_read_by(
    connection: Connection, accounts: Collection[str], documents: Collection[str]
) -> Mapping[str, frozenset[str]]:
    """For each member the ids of those documents they marked as read."""
    rows = connection.execute(
        select(cell_submissions.c.author, cell_submissions.c.entry).where(
            cell_submissions.c.kind == SubmissionKind.TICK.value,
            cell_submissions.c.author.in_(accounts),
            cell_submissions.c.subject.in_(documents),
        )
    )
    ticks = defaultdict(list)
    for row in rows:
        content = _entry(row.entry).submission.content
        ticks[row.author].append(unpack_content(SubmissionKind.TICK, content))
    return {account: read_documents(ticks[account]) for account in accounts}


def last_handed_in(connection: Connection, accounts: Collection[str]) -> Mapping[str, datetime]:
    """For each member who handed in anything, when the server received the latest of it."""
    rows = connection.execute(
        select(cell_submissions.c.author, func.max(cell_submissions.c.received_at))
        .where(cell_submissions.c.author.in_(accounts))
        .group_by(cell_submissions.c.author)
    )
    return dict(rows.all())


# What the feed brings


def keep_member(connection: Connection, feed: str, member: Member) -> None:
    """Keeps a member's latest record of one cell's feed; who moved away is no longer counted there."""
    values = {"unit": member.unit, "record": codec.encode(member).decode()}
    connection.execute(
        insert(cell_members)
        .values(feed=feed, account=member.account, **values)
        .on_conflict_do_update(index_elements=["feed", "account"], set_=values)
    )


def keep_submission(connection: Connection, feed: str, entry: SubmissionEntry) -> None:
    """Keeps what a member of the cell handed in; the same again changes nothing."""
    submission = entry.submission
    connection.execute(
        insert(cell_submissions)
        .values(
            feed=feed,
            lineage=submission.lineage,
            revision=submission.revision,
            kind=submission.kind.value,
            author=entry.author,
            subject=submission.subject,
            received_at=entry.receipt.received_at,
            entry=codec.encode(entry).decode(),
        )
        .on_conflict_do_nothing()
    )


def forget(connection: Connection, feed: str, reader: str) -> None:
    """Drops the copies of a cell that this account may no longer read; the reader's own texts stay."""
    others = select(cell_submissions.c.lineage).where(
        cell_submissions.c.feed == feed, cell_submissions.c.author != reader
    )
    connection.execute(delete(reviews).where(reviews.c.lineage.in_(others)))
    connection.execute(delete(cell_members).where(cell_members.c.feed == feed))
    connection.execute(delete(cell_submissions).where(cell_submissions.c.feed == feed))


def _grouped(connection: Connection, texts: Iterable[str]) -> tuple[CellReflection, ...]:
    revisions: dict[str, list[SubmissionEntry]] = defaultdict(list)
    for text in texts:
        entry = _entry(text)
        revisions[entry.submission.lineage].append(entry)
    said = reviews_of(connection, revisions)
    return tuple(
        CellReflection(
            lineage=lineage,
            author=entries[0].author,
            assignment=entries[0].submission.subject,
            revisions=tuple(sorted(entries, key=lambda entry: entry.submission.revision)),
            reviews=tuple(said[lineage]),
        )
        for lineage, entries in revisions.items()
    )


def _entry(text: str) -> SubmissionEntry:
    return codec.decode(text.encode(), SubmissionEntry, limit=MAX_ANSWER_BYTES)
