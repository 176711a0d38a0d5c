"""Reports that the signed-in person may make: of a cell by its copies here, of a committee by its figures."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from handbook.client.cell_report import cell_report
from handbook.model.people import Unit, UnitKind, lies_within
from handbook.model.report import Report
from handbook.model.study import Assignment

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook


def reported_units(handbook: "Handbook") -> tuple[Unit, ...]:
    """The units one may report on: own cells, the committee, the cells below it as far as they are known."""
    cells, above = handbook.cell.units(), handbook.committee.unit()
    if above is None:
        return cells
    counts = handbook.committee.counts()
    own = {each.path for each in cells}
    below = [each for each in counts.units if each.kind is UnitKind.CELL] if counts else []
    return (*cells, above, *(each for each in below if each.path not in own))


def offered_for(handbook: "Handbook", unit: str, now: datetime) -> Sequence[Assignment]:
    """What a report on the unit can be about, as far as this PC knows."""
    if _is_own_cell(handbook, unit):
        return handbook.cell.assignments(unit, now)
    counts = handbook.committee.counts()
    if counts is None:
        return ()
    asked = {each.assignment for each in counts.cells if lies_within(each.unit, unit)}
    return tuple(each for each in counts.assignments if each.id in asked)


def report_on(
    handbook: "Handbook", unit: str, assignments: Iterable[Assignment], subject: str, now: datetime
) -> Report:
    """What the unit did for these assignments. Raises NotAllowed, NotFound."""
    if not _is_own_cell(handbook, unit):
        above = handbook.committee.unit()
        cell = "" if above and above.path == unit else unit
        return handbook.committee.report(assignments, subject, cell)
    counted_at = handbook.sync.status().last_success
    return cell_report(handbook.cell, unit, assignments, subject, counted_at, now)


def _is_own_cell(handbook: "Handbook", unit: str) -> bool:
    return any(each.path == unit for each in handbook.cell.units())
