"""Figures of all cells below a unit, for those who may read counts there: no names, no texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from handbook.model.people import DutyKind, UnitKind, commune_of
from handbook.model.report import figures_of, in_due_order
from handbook.model.study import Assignment
from handbook.protocol.api import CellCount, Counts
from handbook.server.assignments import Published
from handbook.server.completion import progress_of
from handbook.server.database import Database
from handbook.server.tables import duties, feeds, members
from handbook.server.units import units_below

ASSIGNMENTS_AT_ONCE = 25
"""In one question to the database: each asks after every member for every one of them."""


class Counting:
    """Counts, and remembers of each cell what it counted: it stands until a feed that tells of one of the
    cell's members goes on, or the members or their assignments change.
    """

    def __init__(self, database: Database, published: Published) -> None:
        self._database = database
        self._published = published
        self._counted: dict[str, tuple[_Basis, tuple[CellCount, ...]]] = {}

    def below(self, unit: str, now: datetime) -> Counts:
        """Raises NotFound for an unknown unit, ServerBroken when published files do not fit."""
        with self._database.read() as connection:
            units = units_below(connection, unit)
            cells = [each.path for each in units if each.kind is UnitKind.CELL]
            communes = sorted({commune_of(cell) for cell in cells})
            given = {
                each.id: each for commune in communes for each in self._published.assignments_for(commune)
            }
            opened = in_due_order(each for each in given.values() if each.is_open(now))
            accounts, feeds_of = _accounts_of(connection, unit), _feeds_of(connection, unit)
            positions = dict(connection.execute(select(feeds.c.unit, feeds.c.position)).all())
            counted: list[CellCount] = []
            for cell in cells:
                basis = _Basis(
                    accounts=tuple(accounts.get(cell, ())),
                    assignments=tuple(each for each in opened if each.is_for(cell)),
                    positions=tuple(
                        (feed, positions.get(feed, 0)) for feed in sorted({cell} | feeds_of.get(cell, set()))
                    ),
                )
                counted += self._of_cell(connection, cell, basis)
        asked = {each.assignment for each in counted}
        return Counts(
            unit=unit,
            counted_at=now,
            units=units,
            assignments=tuple(each for each in opened if each.id in asked),
            cells=tuple(counted),
        )

    def _of_cell(self, connection: Connection, cell: str, basis: "_Basis") -> tuple[CellCount, ...]:
        known = self._counted.get(cell)
        if known is None or known[0] != basis:
            known = self._counted[cell] = basis, tuple(_count(connection, cell, basis))
        return known[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """What the figures of a cell follow from; `positions` are those of the feeds that tell of its members."""

    accounts: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    positions: tuple[tuple[str, int], ...]


def _count(connection: Connection, cell: str, basis: _Basis) -> Iterator[CellCount]:
    for start in range(0, len(basis.assignments), ASSIGNMENTS_AT_ONCE):
        some = basis.assignments[start : start + ASSIGNMENTS_AT_ONCE]
        known = progress_of(connection, cell, basis.accounts, some)
        yield from (CellCount(cell, each.id, figures_of(each, known[each.id])) for each in some)


def _accounts_of(connection: Connection, unit: str) -> dict[str, list[str]]:
    """By cell the accounts of its active members."""
    rows = connection.execute(
        select(members.c.unit, members.c.account).where(members.c.active, _is_below(unit))
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.unit, []).append(row.account)
    return {cell: sorted(accounts) for cell, accounts in found.items()}


def _feeds_of(connection: Connection, unit: str) -> dict[str, set[str]]:
    """By cell the other cells whose feeds tell of its members: they were there before."""
    rows = connection.execute(
        select(members.c.unit, duties.c.unit.label("former"))
        .join_from(members, duties, members.c.account == duties.c.account)
        .where(_is_below(unit), duties.c.kind == DutyKind.MEMBER.value, duties.c.unit != members.c.unit)
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.unit, set()).add(row.former)
    return found


def _is_below(unit: str) -> ColumnElement[bool]:
    return (members.c.unit == unit) | members.c.unit.startswith(unit + "/", autoescape=True)
