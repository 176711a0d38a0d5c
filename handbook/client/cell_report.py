"""A cell's report from the copies on this PC, so that it can be made offline too."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from handbook.model.report import AssignmentLine, PersonLine, Report, figures_of, in_due_order
from handbook.model.study import MARK_NAMES, Assignment

if TYPE_CHECKING:
    from handbook.client.cell import Cell
    from handbook.client.cell_rows import MemberRow


def cell_report(
    cell: "Cell",
    unit: str,
    assignments: Iterable[Assignment],
    subject: str,
    counted_at: datetime | None,
    now: datetime,
) -> Report:
    """What the cell's members did for these assignments of theirs; `counted_at` is the last sync.

    Raises NotAllowed for a cell that this account may not read, NotFound.
    """
    overviews = [cell.overview(unit, each.id, now) for each in in_due_order(assignments)]
    lines = tuple(
        AssignmentLine(
            assignment=each.assignment,
            figures=figures_of(each.assignment, (row.progress for row in each.rows)),
            people=tuple(_person(row) for row in each.rows),
        )
        for each in overviews
    )
    asked = next(each for each in cell.units() if each.path == unit)
    return Report(unit=asked, subject=subject, counted_at=counted_at, assignments=lines)


def _person(row: "MemberRow") -> PersonLine:
    """A report leaves the cell: why somebody is exempt does not go with it."""
    said = MARK_NAMES[row.mark.kind] if row.mark else row.state_text
    return PersonLine(name=row.name, progress=row.progress, said=said)
