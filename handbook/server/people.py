"""Reads members and their duties out of the database as the records everything else speaks in."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, select

from handbook.model.people import Duty, DutyKind, Member
from handbook.server import tables

KEPT_RECORDS = 10_000  # each request reads its member's rows: the record of the same values is made once

_member_columns = (
    tables.members.c.account,
    tables.members.c.name,
    tables.members.c.unit,
    tables.members.c.admitted_on,
    tables.members.c.probationary,
    tables.members.c.active,
    tables.duties.c.kind.label("duty_kind"),
    tables.duties.c.unit.label("duty_unit"),
)


def members_where(*conditions: ColumnElement[bool]) -> Select:
    """One row for each duty of each such member; `members_in` reads them."""
    return (
        select(*_member_columns)
        .outerjoin_from(tables.members, tables.duties, tables.members.c.account == tables.duties.c.account)
        .where(*conditions)
    )


def members_in(rows: Iterable[RowMapping]) -> tuple[Member, ...]:
    """The members, ordered by account. Sorted here: a database orders text by its own locale."""
    by_account: dict[str, list[RowMapping]] = {}
    for row in rows:
        by_account.setdefault(row["account"], []).append(row)
    return tuple(_member(group) for _, group in sorted(by_account.items()))


def find_members(connection: Connection, accounts: Sequence[str]) -> tuple[Member, ...]:
    """The members with these accounts, ordered by account; unknown accounts are left out."""
    rows = connection.execute(members_where(tables.members.c.account.in_(accounts)))
    return members_in(rows.mappings())


def find_cell(connection: Connection, unit: str) -> tuple[Member, ...]:
    """The active members whose cell this is now, ordered by account."""
    rows = connection.execute(members_where(tables.members.c.unit == unit, tables.members.c.active))
    return members_in(rows.mappings())


def _member(rows: list[RowMapping]) -> Member:
    first = rows[0]
    return _record(
        first["account"],
        first["name"],
        first["unit"],
        tuple(sorted((row["duty_kind"], row["duty_unit"]) for row in rows if row["duty_kind"])),
        first["admitted_on"],
        first["probationary"],
        first["active"],
    )


@lru_cache(KEPT_RECORDS)
def _record(
    account: str,
    name: str,
    unit: str,
    duties: tuple[tuple[str, str], ...],
    admitted_on: date | None,
    probationary: bool,
    active: bool,
) -> Member:
    return Member(
        account=account,
        name=name,
        unit=unit,
        duties=tuple(Duty(DutyKind(kind), unit) for kind, unit in duties),
        admitted_on=admitted_on,
        probationary=probationary,
        active=active,
    )
