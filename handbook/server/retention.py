"""Erases what is kept no longer: words and files go, what figures and receipts need stays.

A submission whose words went keeps its row: lineage, revision, SHA-256, receipt and times, and inside its
content what says how it stands (a verdict, that somebody is exempt). Its entry is appended to the feed once
more, so that every PC that has a copy is told.

One transaction erases a few dozen things of one unit and counts them in `erasures`. What is due follows
from what is there, so a run that was cut short is taken up by the next one, and a second run finds nothing.
After a restore from a backup, or when a PC brings back what the backup lacked, the ages decide anew.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handbook.model.people import DutyKind, commune_of
from handbook.model.reflection import Reflection, Review
from handbook.model.study import CellMark
from handbook.protocol.api import EntryKind
from handbook.protocol.submissions import SubmissionKind, file_lineage, pack_content, unpack_content
from handbook.server import feed
from handbook.server.database import Database
from handbook.server.people import find_members
from handbook.server.retention_due import (
    NO_NAME,
    OF_KIND,
    Limits,
    What,
    due_entries,
    is_named,
    limits_at,
    to_be_unnamed,
    waits_too_long,
)
from handbook.server.tables import (
    access_log,
    attempts,
    codes,
    credentials,
    duties,
    duty_changes,
    entries,
    erasures,
    feeds,
    members,
    named_members,
    retention_runs,
    submissions,
    tokens,
)

ENTRIES_AT_ONCE = 50
ROWS_AT_ONCE = 1000
NO_REASON: Final = "Lý do đã xoá theo thời hạn lưu trữ"


@dataclass(frozen=True, slots=True)
class LastRun:
    """`finished_at` is None when the run was cut short or is still under way."""

    started_at: datetime
    finished_at: datetime | None


def erase(database: Database, now: datetime, committed: Callable[[], None] = lambda: None) -> Counter[What]:
    """Erases what is due and counts it; `committed` is called after each transaction.

    Ends by giving the space back for use: on SQLite what went is overwritten and not in the log any more.
    """
    with database.write() as connection:
        run = connection.execute(insert(retention_runs).values(started_at=now)).inserted_primary_key[0]
        limits = limits_at(connection, now)
        paths = connection.scalars(select(feeds.c.unit).order_by(feeds.c.unit)).all()
    erasing = _Erasing(database, limits, now, run, committed)
    for unit in paths:
        erasing.words_of(unit)
    erasing.unnamed_files()
    erasing.names()
    erasing.rows(What.OPENINGS, access_log.c.id, limits.openings)
    erasing.rows(What.CODES, codes.c.account, limits.codes)
    erasing.rows(What.SESSIONS, tokens.c.digest, tokens.c.expires_at <= now)
    with database.write() as connection:
        connection.execute(delete(attempts).where(attempts.c.until <= now))
        connection.execute(update(retention_runs).where(retention_runs.c.id == run).values(finished_at=now))
    _free(database)
    return erasing.erased


class _Erasing:
    """One run."""

    def __init__(
        self, database: Database, limits: Limits, now: datetime, run: int, committed: Callable[[], None]
    ) -> None:
        self._database = database
        self._limits = limits
        self._now = now
        self._run = run
        self._committed = committed
        self.erased: Counter[What] = Counter()

    def words_of(self, unit: str) -> None:
        """Takes the words out of what is due in the feed of this unit."""
        after = 0
        while after is not None:
            after = self._in_transaction(
                lambda connection, after=after: self._some_words(connection, unit, after)
            )

    def unnamed_files(self) -> None:
        """Deletes files that no text names and none will."""
        with self._database.read() as connection:
            waiting = connection.execute(
                select(submissions.c.unit, submissions.c.lineage)
                .where(waits_too_long(self._limits))
                .distinct()
                .order_by(submissions.c.unit, submissions.c.lineage)
            ).all()
        for unit, rows in groupby(waiting, key=lambda row: row.unit):
            lineages = [row.lineage for row in rows]
            for start in range(0, len(lineages), ENTRIES_AT_ONCE):
                some = lineages[start : start + ENTRIES_AT_ONCE]

                def sweep(connection: Connection, unit: str = unit, some: Sequence[str] = some) -> None:
                    # No text that names one of them is kept while the feed is held.
                    feed.lock_positions(connection, {unit})
                    self._delete_files(connection, unit, some)

                self._in_transaction(sweep)

    def names(self) -> None:
        """Takes name, dates and account from those who left long ago."""
        with self._database.read() as connection:
            gone = connection.scalars(
                select(members.c.account).where(to_be_unnamed(self._limits)).order_by(members.c.account)
            ).all()
        for account in gone:
            self._in_transaction(lambda connection, account=account: self._unname(connection, account))

    def rows(self, what: What, key: ColumnElement, condition: ColumnElement[bool]) -> None:
        """Deletes the rows of a table that are kept no longer."""
        more = True
        while more:

            def some(connection: Connection) -> bool:
                keys = connection.scalars(select(key).where(condition).limit(ROWS_AT_ONCE)).all()
                if keys:
                    # A code may have been issued anew since we looked.
                    gone = connection.execute(delete(key.table).where(key.in_(keys), condition))
                    self._count(connection, "", {what: gone.rowcount})
                return len(keys) == ROWS_AT_ONCE

            more = self._in_transaction(some)

    def _in_transaction(self, act: Callable[[Connection], Any]) -> Any:
        with self._database.write() as connection:
            if self._database.is_sqlite:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            outcome = act(connection)
        self._committed()
        return outcome

    def _some_words(self, connection: Connection, unit: str, after: int) -> int | None:
        """The position of the last entry whose words went; None when there was none after that position."""
        positions = feed.lock_positions(connection, {unit})
        wanted = (entries.c.position, entries.c.owner, submissions)
        rows = connection.execute(
            due_entries(self._limits, *wanted)
            .where(entries.c.commune == commune_of(unit), entries.c.unit == unit, entries.c.position > after)
            .order_by(entries.c.position)
            .limit(ENTRIES_AT_ONCE)
        ).all()
        if not rows:
            return None
        left = {row.position: without_words(SubmissionKind(row.kind), row.content) for row in rows}
        self._replace_words(connection, unit, rows, left)
        self._tell_again(connection, unit, rows, left, positions[unit])
        self._count(connection, unit, Counter(OF_KIND[row.kind] for row in rows))
        texts = [row for row in rows if row.kind == SubmissionKind.REFLECTION.value]
        self._delete_files(connection, unit, sorted({name for row in texts for name in _files_of(row)}))
        return rows[-1].position

    def _replace_words(
        self, connection: Connection, unit: str, rows: Sequence[Row], left: Mapping[int, str]
    ) -> None:
        connection.execute(
            update(submissions)
            .where(
                submissions.c.commune == bindparam("of_commune"),
                submissions.c.lineage == bindparam("of_lineage"),
                submissions.c.revision == bindparam("of_revision"),
            )
            .values(content=bindparam("left"), erased_at=self._now),
            [
                {
                    "of_commune": row.commune,
                    "of_lineage": row.lineage,
                    "of_revision": row.revision,
                    "left": left[row.position],
                }
                for row in rows
            ],
        )
        connection.execute(
            update(entries)
            .where(
                entries.c.commune == commune_of(unit),
                entries.c.unit == unit,
                entries.c.position == bindparam("at"),
            )
            .values(size=bindparam("left")),
            [{"at": position, "left": len(content)} for position, content in left.items()],
        )

    def _tell_again(
        self, connection: Connection, unit: str, rows: Sequence[Row], left: Mapping[int, str], last: int
    ) -> None:
        feed.append(
            connection,
            [
                {
                    "commune": row.commune,
                    "unit": unit,
                    "position": position,
                    "kind": EntryKind.SUBMISSION.value,
                    "owner": row.owner,
                    "author": row.author,
                    "lineage": row.lineage,
                    "revision": row.revision,
                    "size": len(left[row.position]),
                }
                for position, row in enumerate(rows, last + 1)
            ],
        )

    def _delete_files(self, connection: Connection, unit: str, lineages: Collection[str]) -> None:
        """Deletes the pieces of these files but for those that a text still names."""
        if not lineages:
            return
        pieces = and_(
            submissions.c.commune == commune_of(unit),
            submissions.c.lineage.in_(lineages),
            submissions.c.kind == SubmissionKind.FILE.value,
        )
        gone = connection.scalars(select(submissions.c.lineage).where(pieces, ~is_named()).distinct()).all()
        connection.execute(
            delete(submissions).where(
                submissions.c.commune == commune_of(unit), submissions.c.lineage.in_(gone)
            )
        )
        self._count(connection, unit, {What.FILES: len(gone)})

    def _unname(self, connection: Connection, account: str) -> None:
        cells = set(
            connection.scalars(
                select(duties.c.unit).where(
                    duties.c.account == account, duties.c.kind == DutyKind.MEMBER.value
                )
            )
        )
        unit = connection.scalars(select(members.c.unit).where(members.c.account == account)).one()
        positions = feed.lock_positions(connection, cells | {unit})
        still = connection.execute(
            update(members)
            .where(members.c.account == account, to_be_unnamed(self._limits))
            .values(name=NO_NAME, admitted_on=None, probationary=False, seen_on=None)
        )
        if not still.rowcount:
            return  # came back since we looked
        for table in (credentials, codes, tokens, duties, named_members, duty_changes):
            connection.execute(delete(table).where(table.c.account == account))
        (member,) = find_members(connection, [account])
        told = [feed.member_row(member, path, last + 1) for path, last in positions.items()]
        if told:
            feed.append(connection, told)
        self._count(connection, unit, {What.MEMBERS: 1})

    def _count(self, connection: Connection, unit: str, counts: Mapping[What, int]) -> None:
        rows = [
            {"run": self._run, "unit": unit, "what": what.value, "count": count}
            for what, count in counts.items()
            if count
        ]
        if not rows:
            return
        self.erased.update(counts)
        adding = (sqlite if self._database.is_sqlite else postgresql).insert(erasures)
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=["run", "unit", "what"],
                set_={"count": erasures.c.count + adding.excluded.count},
            ),
            rows,
        )


def without_words(kind: SubmissionKind, content: str) -> str:
    """The content without what people wrote: what says how things stand is left."""
    match unpack_content(kind, content):
        case Reflection() as reflection:
            return pack_content(Reflection(reflection.assignment, ()))
        case Review() as review:
            return pack_content(replace(review, comment="", passages=()))
        case CellMark() as mark:
            return pack_content(replace(mark, reason=NO_REASON if mark.reason else ""))
        case _:
            return content


def _files_of(text: Row) -> list[str]:
    named = unpack_content(SubmissionKind.REFLECTION, text.content).files
    return [file_lineage(text.unit, text.author, file.sha256) for file in named]


def _free(database: Database) -> None:
    """What was erased is in no log of the database any more, and its space is free for use."""
    if database.is_sqlite:
        _alone(database, "PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        _alone(database, *(f"VACUUM {table.name}" for table in (submissions, access_log)))


def compact(database: Database) -> None:
    """Writes the tables anew: no page keeps remains of what was erased, and the disk gets the space back.

    Nobody writes meanwhile, on PostgreSQL nobody reads either.
    """
    if database.is_sqlite:
        _alone(database, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        _alone(database, *(f"VACUUM FULL {table.name}" for table in (submissions, access_log)))


def _alone(database: Database, *statements: str) -> None:
    """Each statement outside any transaction."""
    with database.engine.connect() as connection:
        alone = (
            connection if database.is_sqlite else connection.execution_options(isolation_level="AUTOCOMMIT")
        )
        for statement in statements:
            alone.exec_driver_sql(statement)


# What is known of runs


def last_run(connection: Connection) -> LastRun | None:
    """The latest run that came to its end, else the latest that was begun."""
    row = connection.execute(
        select(retention_runs)
        .order_by(retention_runs.c.finished_at.is_(None), retention_runs.c.id.desc())
        .limit(1)
    ).one_or_none()
    return LastRun(row.started_at, row.finished_at) if row else None


def metrics_text(connection: Connection) -> str:
    """Gauges for Prometheus; nothing before the first run."""
    ended = connection.scalar(select(func.max(retention_runs.c.finished_at)))
    counts = dict(
        connection.execute(
            select(erasures.c.what, func.sum(erasures.c.count)).group_by(erasures.c.what)
        ).all()
    )
    lines = []
    if ended:
        lines += [
            "# HELP handbook_retention_last_run_timestamp_seconds When retention last ran to its end.",
            "# TYPE handbook_retention_last_run_timestamp_seconds gauge",
            f"handbook_retention_last_run_timestamp_seconds {ended.timestamp():.0f}",
        ]
    if counts:
        lines += [
            "# HELP handbook_retention_erased_total What retention erased since the server was set up.",
            "# TYPE handbook_retention_erased_total counter",
            *(f'handbook_retention_erased_total{{what="{what}"}} {counts[what]}' for what in sorted(counts)),
        ]
    return "".join(f"{line}\n" for line in lines)
