"""Figures of all cells below a unit, for those who may read counts there: no names, no texts."""

from datetime import datetime

from sqlalchemy import select

from handbook.model.people import UnitKind, commune_of
from handbook.model.report import in_due_order
from handbook.model.study import Assignment
from handbook.protocol.api import CellCount, Counts
from handbook.server.assignments import Published
from handbook.server.database import Database
from handbook.server.figures import figures_below
from handbook.server.tables import units as all_units
from handbook.server.units import units_below


def counts_below(database: Database, published: Published, unit: str, now: datetime) -> Counts:
    """Raises NotFound for an unknown unit, ServerBroken when published files do not fit."""
    with database.read() as connection:
        units = units_below(connection, unit)
    cells = [each.path for each in units if each.kind is UnitKind.CELL]
    given = {
        each.id: each
        for commune in sorted({commune_of(cell) for cell in cells})
        for each in published.assignments_for(commune)
    }
    opened = in_due_order(each for each in given.values() if each.is_open(now))
    for_all = {each.id for each in opened if each.is_for(unit)}
    asked = {cell: [each for each in opened if each.id in for_all or each.is_for(cell)] for cell in cells}
    figures = figures_below(database, unit, asked)
    counted = [
        CellCount(cell, each.id, figures[cell, each.id])
        for cell, given_to in asked.items()
        for each in given_to
    ]
    counted_for = {each.assignment for each in counted}
    return Counts(
        unit=unit,
        counted_at=now,
        units=units,
        assignments=tuple(each for each in opened if each.id in counted_for),
        cells=tuple(counted),
    )


def top_units(database: Database) -> tuple[str, ...]:
    """The units that have none above them."""
    with database.read() as connection:
        return tuple(path for path in sorted(connection.scalars(select(all_units.c.path))) if "/" not in path)


def assignments_given(database: Database, published: Published) -> tuple[Assignment, ...]:
    """Whatever is published for any commune of this server. Raises ServerBroken when its files do not fit."""
    with database.read() as connection:
        paths = connection.scalars(select(all_units.c.path)).all()
    communes = sorted({commune_of(path) for path in paths})
    given = {each.id: each for commune in communes for each in published.assignments_for(commune)}
    return tuple(given.values())
