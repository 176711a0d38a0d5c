"""What the ward's rules say is kept no longer: the rules as they are stored, and the rows they fall on."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, func, or_, select

from handbook.model.retention import NAMES, Rules, first_kept, kept_since
from handbook.model.vietnamese import VIETNAM
from handbook.protocol.api import EntryKind
from handbook.protocol.submissions import SubmissionKind
from handbook.server.database import Database, upsert
from handbook.server.tables import (
    access_log,
    codes,
    credentials,
    entries,
    members,
    retention_rules,
    submissions,
    tokens,
)

UNNAMED_MONTHS: Final = 3
"""How long pieces of a file wait for the text that names them."""
NO_NAME: Final = "Đảng viên đã thôi"


class What(StrEnum):
    """What a run erases, as dry runs, records and counters call it."""

    TEXTS = "texts"
    REVIEWS = "reviews"
    FILES = "files"
    EXEMPTION_REASONS = "exemption_reasons"
    MEMBERS = "members"
    OPENINGS = "openings"
    CODES = "codes"
    SESSIONS = "sessions"


OF_KIND: Final = {
    SubmissionKind.REFLECTION.value: What.TEXTS,
    SubmissionKind.REVIEW.value: What.REVIEWS,
    SubmissionKind.CELL_MARK.value: What.EXEMPTION_REASONS,
}


@dataclass(frozen=True, slots=True)
class Due:
    """How many of what are due in a unit ("" for what belongs to none), and the day of the oldest."""

    unit: str
    what: What
    count: int
    oldest: date


# The rules


def keep_rules(connection: Connection, rules: Rules) -> None:
    """Writes the rules that hold from now on."""
    upsert(connection, retention_rules, [{"rule": rule, "months": getattr(rules, rule)} for rule in NAMES])


def rules_of(connection: Connection) -> Rules:
    stored = dict(connection.execute(select(retention_rules.c.rule, retention_rules.c.months)).all())
    return replace(Rules(), **{rule: months for rule, months in stored.items() if rule in NAMES})


# What is due


def due(database: Database, now: datetime) -> tuple[Due, ...]:
    """What a run would erase, by unit; no names, no texts. Files that go with a text are not listed apart."""
    with database.read() as connection:
        limits = limits_at(connection, now)
        found = [
            Due(row.unit, OF_KIND[row.kind], row.count, _day(row.oldest))
            for row in connection.execute(
                due_entries(limits, entries.c.unit, submissions.c.kind)
                .add_columns(func.count().label("count"), func.min(submissions.c.received_at).label("oldest"))
                .group_by(entries.c.unit, submissions.c.kind)
            )
        ]
        found += [
            Due(row.unit, What.FILES, row.count, _day(row.oldest))
            for row in connection.execute(
                select(
                    submissions.c.unit,
                    func.count(submissions.c.lineage.distinct()).label("count"),
                    func.min(submissions.c.received_at).label("oldest"),
                )
                .where(waits_too_long(limits))
                .group_by(submissions.c.unit)
            )
        ]
        found += [
            Due(row.unit, What.MEMBERS, row.count, row.oldest)
            for row in connection.execute(
                select(
                    members.c.unit, func.count().label("count"), func.min(members.c.left_on).label("oldest")
                )
                .where(to_be_unnamed(limits))
                .group_by(members.c.unit)
            )
        ]
        for what, condition, since in (
            (What.OPENINGS, limits.openings, access_log.c.at),
            (What.CODES, limits.codes, codes.c.expires_at),
            (What.SESSIONS, tokens.c.expires_at <= now, tokens.c.expires_at),
        ):
            count, oldest = connection.execute(
                select(func.count(), func.min(since)).select_from(since.table).where(condition)
            ).one()
            if count:
                found.append(Due("", what, count, _day(oldest)))
    return tuple(sorted(found, key=lambda each: (each.unit, list(What).index(each.what))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of each table the condition that a row is not kept any longer, at one moment under the rules."""

    texts: ColumnElement[bool]
    reviews: ColumnElement[bool]
    marks: ColumnElement[bool]
    left: ColumnElement[bool]
    openings: ColumnElement[bool]
    codes: ColumnElement[bool]
    unnamed_before: datetime


def limits_at(connection: Connection, now: datetime) -> Limits:
    rules = rules_of(connection)

    def before(moment: ColumnElement[datetime], months: int | None) -> ColumnElement[bool]:
        return moment < kept_since(now, months) if months is not None else false()

    text = submissions.alias("text")
    left: ColumnElement[bool] = false()
    if rules.left_members is not None:
        day = first_kept(now.astimezone(VIETNAM).date(), rules.left_members)
        left = and_(members.c.active.is_(False), members.c.left_on < day)

    def no_text_younger(lineage: ColumnElement[str]) -> ColumnElement[bool]:
        """Of a reflection the latest revision counts: all of them and what was said of them go together."""
        if rules.reflections is None:
            return false()
        return ~exists().where(
            text.c.commune == submissions.c.commune,
            text.c.lineage == lineage,
            text.c.received_at >= kept_since(now, rules.reflections),
        )

    return Limits(
        texts=no_text_younger(submissions.c.lineage),
        reviews=no_text_younger(submissions.c.subject),
        marks=before(submissions.c.received_at, rules.exemption_reasons),
        left=left,
        openings=before(access_log.c.at, rules.opening_log),
        codes=before(func.coalesce(codes.c.used_at, codes.c.expires_at), rules.activation_codes),
        unnamed_before=kept_since(now, UNNAMED_MONTHS),
    )


def due_entries(limits: Limits, *columns: ColumnElement) -> Select:
    """The entries whose submissions have words that are kept no longer, each with its submission.

    `owner` is whom an entry is about: of those who left go their texts and what was said of them.
    """
    kind = submissions.c.kind
    about_the_left = entries.c.owner.in_(select(members.c.account).where(limits.left))
    same = and_(
        submissions.c.commune == entries.c.commune,
        submissions.c.lineage == entries.c.lineage,
        submissions.c.revision == entries.c.revision,
    )
    return (
        select(*columns)
        .join_from(entries, submissions, same)
        .where(
            entries.c.kind == EntryKind.SUBMISSION.value,
            submissions.c.erased_at.is_(None),
            or_(
                and_(kind == SubmissionKind.REFLECTION.value, or_(limits.texts, about_the_left)),
                and_(kind == SubmissionKind.REVIEW.value, or_(limits.reviews, about_the_left)),
                and_(
                    kind == SubmissionKind.CELL_MARK.value,
                    submissions.c.content.contains("exempt"),
                    or_(limits.marks, about_the_left),
                ),
            ),
        )
    )


def is_named() -> ColumnElement[bool]:
    """Of a piece of a file: a text of its author that still has its words names it."""
    text = submissions.alias("naming")
    return exists().where(
        text.c.commune == submissions.c.commune,
        text.c.author == submissions.c.author,
        text.c.kind == SubmissionKind.REFLECTION.value,
        text.c.unit == submissions.c.unit,
        text.c.erased_at.is_(None),
        text.c.content.contains(submissions.c.subject),
    )


def waits_too_long(limits: Limits) -> ColumnElement[bool]:
    return and_(
        submissions.c.kind == SubmissionKind.FILE.value,
        submissions.c.received_at < limits.unnamed_before,
        ~is_named(),
    )


def to_be_unnamed(limits: Limits) -> ColumnElement[bool]:
    has_account = exists().where(credentials.c.account == members.c.account)
    return and_(limits.left, or_(members.c.name != NO_NAME, has_account))


def _day(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()
