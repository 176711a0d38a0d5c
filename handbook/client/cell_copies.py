"""A secretary's copies of the cell: its members and what they handed in, as its feed told."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client.attached import drop_unnamed, forget_named, keep_named
from handbook.client.lineages import MAX_RECORD_BYTES, is_refused_decision, reviews_of
from handbook.client.review_desk import keep_own_words
from handbook.client.tables.personal import cell_marks, cell_members, cell_submissions, reviews
from handbook.model.people import Member
from handbook.model.reflection import Review, State, Verdict, standing
from handbook.model.study import HandedIn, handed_in, read_documents
from handbook.model.vietnamese import name_key
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES, LastSeen, SubmissionEntry
from handbook.protocol.submissions import SubmissionKind, unpack_content

BEFORE_ANY = date(2000, 1, 1)
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
    def decisions(self) -> tuple[tuple[str, Review], ...]:
        """Who returned or accepted the latest revision, and how, oldest first."""
        latest = self.latest.submission.revision
        return tuple(
            (by, review)
            for by, review in self.reviews
            if review.revision == latest and review.verdict is not Verdict.OPENED
        )

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
        return self.author != reviewer and self.state in _UNDECIDED and self.latest.erased_at is None


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


def cell_member(connection: Connection, account: str) -> Member | None:
    """The active member with this account, where the feed of their cell is read here."""
    record = connection.execute(
        select(cell_members.c.record).where(
            cell_members.c.account == account, cell_members.c.unit == cell_members.c.feed
        )
    ).scalar()
    member = codec.decode(record.encode(), Member, limit=MAX_RECORD_BYTES) if record else None
    return member if member and member.active else None


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
            cell_submissions.c.erased_at.is_(None),
        )
        .group_by(cell_submissions.c.lineage)
        .order_by(cell_submissions.c.received_at)
    ).all()
    # A decision on the latest revision settles it; the rest are few, and only theirs are read in full.
    decided = {
        tuple(row)
        for row in connection.execute(
            select(reviews.c.lineage, reviews.c.revision).where(
                reviews.c.verdict != Verdict.OPENED.value, ~is_refused_decision()
            )
        )
    }
    latest = [row for row in latest if (row.lineage, row.revision) not in decided]
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
    if not documents:
        return dict.fromkeys(accounts, frozenset())
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


def first_received(
    connection: Connection, accounts: Collection[str], assignments: Collection[str]
) -> Mapping[tuple[str, str], HandedIn]:
    """By (assignment, account) when the server took the first text, whatever was said of it since.

    Reads no text and no review: years of them may be here.
    """
    rows = connection.execute(
        select(
            cell_submissions.c.subject,
            cell_submissions.c.author,
            func.min(cell_submissions.c.received_at),
        )
        .where(
            cell_submissions.c.kind == SubmissionKind.REFLECTION.value,
            cell_submissions.c.author.in_(accounts),
            cell_submissions.c.subject.in_(assignments),
        )
        .group_by(cell_submissions.c.subject, cell_submissions.c.author)
    )
    return {
        (assignment, account): HandedIn(state=State.RECEIVED, received_at=received_at)
        for assignment, account, received_at in rows
    }


def days_seen(connection: Connection, unit: str) -> Mapping[str, date]:
    """The day on which the handbook of each member last reached the server, of those it ever did."""
    rows = connection.execute(
        select(cell_members.c.account, cell_members.c.seen_on).where(
            cell_members.c.feed == unit, cell_members.c.seen_on.is_not(None)
        )
    )
    return {row.account: date.fromisoformat(row.seen_on) for row in rows}


def seen_since(connection: Connection, feed: str) -> date:
    """The latest day that a cell's feed told of: nothing earlier can have changed."""
    latest = connection.execute(
        select(func.max(cell_members.c.seen_on)).where(cell_members.c.feed == feed)
    ).scalar_one()
    return date.fromisoformat(latest) if latest else BEFORE_ANY


# What the feed brings


def keep_member(connection: Connection, feed: str, member: Member) -> None:
    """Keeps a member's latest record of one cell's feed; who moved away is no longer counted there."""
    values = {"unit": member.unit, "record": codec.encode(member).decode()}
    connection.execute(
        insert(cell_members)
        .values(feed=feed, account=member.account, **values)
        .on_conflict_do_update(index_elements=["feed", "account"], set_=values)
    )


def keep_seen(connection: Connection, feed: str, seen: Iterable[LastSeen]) -> bool:
    """Keeps the days on which members were last seen; whether any was news."""
    news = 0
    for each in seen:
        day = each.on.isoformat()
        news += connection.execute(
            update(cell_members)
            .where(
                cell_members.c.feed == feed,
                cell_members.c.account == each.account,
                func.coalesce(cell_members.c.seen_on, "") != day,
            )
            .values(seen_on=day)
        ).rowcount
    return news > 0


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
            erased_at=entry.erased_at,
            entry=codec.encode(entry).decode(),
        )
        .on_conflict_do_nothing()
    )
    if submission.kind is SubmissionKind.REFLECTION:
        keep_named(connection, submission)


def take_words(connection: Connection, feed: str, entry: SubmissionEntry, *, own: bool) -> None:
    """Puts what the server has left of an erased reflection in the place of the copy.

    Files go with it, and what was quoted from it in a review that is being written; not of a reader's `own`.
    """
    keep_submission(connection, feed, entry)
    submission = entry.submission
    connection.execute(
        update(cell_submissions)
        .where(
            cell_submissions.c.feed == feed,
            cell_submissions.c.lineage == submission.lineage,
            cell_submissions.c.revision == submission.revision,
        )
        .values(entry=codec.encode(entry).decode(), erased_at=entry.erased_at)
    )
    if not own:
        keep_own_words(connection, [submission.lineage])
        forget_named(connection, [submission.lineage], submission.revision)
        drop_unnamed(connection)


def forget(connection: Connection, feed: str, reader: str) -> None:
    """Drops the copies of a cell that this account may no longer read; the reader's own words stay."""
    others = select(cell_submissions.c.lineage).where(
        cell_submissions.c.feed == feed, cell_submissions.c.author != reader
    )
    connection.execute(delete(reviews).where(reviews.c.lineage.in_(others)))
    keep_own_words(connection, others)
    forget_named(connection, others)
    drop_unnamed(connection)
    connection.execute(delete(cell_marks).where(cell_marks.c.unit == feed, cell_marks.c.member != reader))
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
