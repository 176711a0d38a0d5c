"""The feed of a cell: what was committed about it, in the order of commits.

Whoever appends first locks the unit's row in `feeds`, the last position given out, and holds it until commit:
a reader who has seen a position has seen every smaller one.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import Connection, RowMapping, Select, and_, bindparam, insert, or_, select, update

from handbook.model.people import Action, Member, can, commune_of
from handbook.protocol.api import (
    FEED_PAGE,
    MAX_ANSWER_BYTES,
    Entry,
    EntryKind,
    FeedPage,
    LastSeen,
    SubmissionEntry,
)
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import Submission, SubmissionKind
from handbook.server.database import Database, among
from handbook.server.people import find_members
from handbook.server.retention_due import rules_of
from handbook.server.tables import access_log, entries, feeds, members, submissions
from handbook.server.withdrawals import withdrawn_of

# Content that one page may hold: a character is at most four bytes in JSON; receipts and names come on top.
# One entry always fits, since a whole request is at most MAX_REQUEST_BYTES.
PAGE_CHARACTERS = MAX_ANSWER_BYTES // 6
MARK_BYTES = 8

_advance = update(feeds).where(feeds.c.unit == bindparam("of_unit")).values(position=bindparam("reached"))


def lock_positions(connection: Connection, units: Collection[str]) -> dict[str, int]:
    """The last position of each unit's feed; nobody else appends to them before this transaction ends.

    Always locked in the order of paths, so that writers never wait in a ring. Unknown units are left out.
    """
    if not units:
        return {}
    rows = connection.execute(_last_positions(connection.dialect.name), {"units": list(units)})
    return {row.unit: row.position for row in rows}


@cache
def _last_positions(dialect: str) -> Select:
    return (
        select(feeds.c.unit, feeds.c.position)
        .where(among(dialect, feeds.c.unit, "units"))
        .order_by(feeds.c.unit)
        .with_for_update()
    )


def append(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Adds entries whose positions follow those of `lock_positions` in the same transaction."""
    connection.execute(insert(entries), [row | {"mark": secrets.token_hex(MARK_BYTES)} for row in rows])
    reached: dict[str, int] = {}
    for row in rows:
        reached[row["unit"]] = max(reached.get(row["unit"], 0), row["position"])
    connection.execute(_advance, [{"of_unit": unit, "reached": last} for unit, last in reached.items()])


def member_row(member: Member, unit: str, position: int) -> dict[str, object]:
    """An entry that says that the member is new or changed."""
    return {
        "commune": commune_of(unit),
        "unit": unit,
        "position": position,
        "kind": EntryKind.MEMBER.value,
        "owner": member.account,
        "author": member.account,
        "lineage": None,
        "revision": None,
        "size": 0,
    }


def submission_row(
    submission: Submission, *, unit: str, position: int, owner: str, author: str
) -> dict[str, object]:
    """An entry for a submission; `owner` is the member it is about."""
    return {
        "commune": submission.commune,
        "unit": unit,
        "position": position,
        "kind": EntryKind.SUBMISSION.value,
        "owner": owner,
        "author": author,
        "lineage": submission.lineage,
        "revision": submission.revision,
        "size": len(submission.content),
    }


@dataclass(frozen=True, slots=True)
class _Span:
    """The positions of one page, the mark of the last of them, and whether more wait after it."""

    positions: tuple[int, ...]
    mark: str
    more: bool


def read_page(
    database: Database,
    reader: Member,
    unit: str,
    after: int,
    limit: int,
    now: datetime,
    seen_since: date | None = None,
    mark: str = "",
    rules: bool = False,
) -> FeedPage:
    """The reader's entries of the unit after a position; reading others' reflections is logged.

    With `mark`, that of the entry at `after`, the page tells whether this server has another one there.

    With `seen_since` the last page tells a reader of the cell who was seen that day or later, with `rules`
    how long what is kept.

    A page ends early when its texts grow long. The log is committed before the page is given out.
    """
    with database.read() as connection:
        if mark and _has_another(connection, unit, after, mark):
            return FeedPage(entries=(), next=0, more=True, restored=True)
        span = _span(connection, reader, unit, after, min(limit, FEED_PAGE))
        page = _without_withdrawn(connection, reader, unit, _entries_at(connection, unit, span.positions))
        asked = seen_since is not None and not span.more and can(reader, Action.READ_CELL, unit)
        last_seen = _seen(connection, unit, seen_since) if asked else ()
        kept = rules_of(connection) if rules and not span.more else None
    seen = [entry.entry for entry in page if entry.entry is not None]
    log_access(database, reader, seen, "feed", now)
    reached = span.positions[-1] if span.positions else after
    mark = span.mark or mark
    return FeedPage(entries=page, next=reached, more=span.more, seen=last_seen, mark=mark, retention=kept)


def _has_another(connection: Connection, unit: str, position: int, mark: str) -> bool:
    """Whether the entry with this mark was never given out at this position, or has been lost since."""
    here = and_(entries.c.commune == commune_of(unit), entries.c.unit == unit, entries.c.position == position)
    row = connection.execute(
        select(feeds.c.position, entries.c.mark)
        .outerjoin_from(feeds, entries, here)
        .where(feeds.c.unit == unit)
    ).one_or_none()
    return row is None or row.position < position or row.mark not in (None, mark)


def _seen(connection: Connection, unit: str, since: date) -> tuple[LastSeen, ...]:
    rows = connection.execute(
        select(members.c.account, members.c.seen_on).where(
            members.c.unit == unit, members.c.active, members.c.seen_on >= since
        )
    )
    return tuple(LastSeen(account=account, on=day) for account, day in sorted(tuple(row) for row in rows))


def _without_withdrawn(
    connection: Connection, reader: Member, unit: str, page: tuple[Entry, ...]
) -> tuple[Entry, ...]:
    """The page as others than the author may have it: a text that was taken back is left out."""
    others = [
        entry.entry.submission.lineage
        for entry in page
        if entry.entry is not None
        and entry.entry.submission.kind is SubmissionKind.REFLECTION
        and entry.entry.author != reader.account
    ]
    withdrawn = withdrawn_of(connection, {commune_of(unit)}, sorted(set(others)))
    return tuple(
        entry
        for entry in page
        if entry.entry is None
        or entry.entry.submission.kind is not SubmissionKind.REFLECTION
        or entry.entry.author == reader.account
        or entry.entry.submission.revision not in withdrawn.get(entry.entry.submission.lineage, ())
    )


def _span(connection: Connection, reader: Member, unit: str, after: int, limit: int) -> _Span:
    conditions = [
        entries.c.commune == commune_of(unit),
        entries.c.unit == unit,
        entries.c.position > after,
    ]
    if not can(reader, Action.READ_CELL, unit):
        conditions.append(or_(entries.c.owner == reader.account, entries.c.author == reader.account))
    rows = connection.execute(
        select(entries.c.position, entries.c.size, entries.c.mark)
        .where(and_(*conditions))
        .order_by(entries.c.position)
        .limit(limit + 1)
    ).all()
    characters, positions, mark = 0, [], ""
    for row in rows[:limit]:
        characters += row.size
        if positions and characters > PAGE_CHARACTERS:
            break
        positions.append(row.position)
        mark = row.mark
    return _Span(tuple(positions), mark, more=len(positions) < len(rows))


def _entries_at(connection: Connection, unit: str, positions: Sequence[int]) -> tuple[Entry, ...]:
    if not positions:
        return ()
    same = and_(
        submissions.c.commune == entries.c.commune,
        submissions.c.lineage == entries.c.lineage,
        submissions.c.revision == entries.c.revision,
    )
    rows = (
        connection.execute(
            select(entries.c.position, entries.c.kind.label("entry_kind"), entries.c.owner, *submissions.c)
            .outerjoin_from(entries, submissions, same)
            .where(
                entries.c.commune == commune_of(unit),
                entries.c.unit == unit,
                entries.c.position.in_(positions),
            )
            .order_by(entries.c.position)
        )
        .mappings()
        .all()
    )
    named = sorted({row["owner"] for row in rows if row["entry_kind"] == EntryKind.MEMBER})
    members = {member.account: member for member in find_members(connection, named)} if named else {}
    return tuple(
        Entry(position=row["position"], kind=EntryKind.MEMBER, member=members[row["owner"]])
        if row["entry_kind"] == EntryKind.MEMBER
        else Entry(position=row["position"], kind=EntryKind.SUBMISSION, entry=entry_from(row))
        for row in rows
    )


def entry_from(row: RowMapping) -> SubmissionEntry:
    """The record in a row of `submissions`."""
    submission = Submission(
        kind=SubmissionKind(row["kind"]),
        lineage=row["lineage"],
        revision=row["revision"],
        commune=row["commune"],
        unit=row["unit"],
        subject=row["subject"],
        written_at=row["written_at"],
        content=row["content"],
    )
    return SubmissionEntry(
        author=row["author"],
        submission=submission,
        receipt=receipt_from(row),
        erased_at=row["erased_at"],
    )


def receipt_from(row: RowMapping) -> Receipt:
    """The receipt that was signed when the row was committed."""
    return Receipt(
        server=row["server"],
        author=row["author"],
        kind=SubmissionKind(row["kind"]),
        lineage=row["lineage"],
        revision=row["revision"],
        sha256=row["sha256"],
        received_at=row["received_at"],
        key=row["key"],
        signature=row["signature"],
    )


def log_access(
    database: Database, reader: Member, seen: Sequence[SubmissionEntry], how: str, now: datetime
) -> None:
    """Records that the reader was given these reflections of others."""
    rows = [
        access_row(
            reader=reader.account,
            owner=entry.author,
            commune=entry.submission.commune,
            lineage=entry.submission.lineage,
            revision=entry.submission.revision,
            how=how,
            now=now,
        )
        for entry in seen
        if entry.submission.kind is SubmissionKind.REFLECTION
        and entry.author != reader.account
        and entry.erased_at is None
    ]
    if rows:
        with database.write() as connection:
            connection.execute(insert(access_log), rows)


def access_row(
    *, reader: str, owner: str, commune: str, lineage: str, revision: int, how: str, now: datetime
) -> dict[str, object]:
    """A row of the access log: `reader` was given this revision, written by `owner`."""
    return {
        "at": now,
        "reader": reader,
        "owner": owner,
        "commune": commune,
        "lineage": lineage,
        "revision": revision,
        "how": how,
    }
