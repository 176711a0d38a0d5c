"""Which members of a cell are shown, and in which order."""

import math
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Final

from handbook.model.reflection import State
from handbook.model.study import Assignment, MarkKind

if TYPE_CHECKING:
    from handbook.client.cell_rows import MemberRow

FILTERS: "Final[dict[str, Callable[[MemberRow, Assignment], bool]]]" = {
    "all": lambda row, assignment: True,
    "missing": lambda row, assignment: not row.progress.done(assignment.wants_reflection),
    "waiting": lambda row, assignment: row.progress.reflection in (State.RECEIVED, State.OPENED),
    "returned": lambda row, assignment: row.progress.reflection == State.RETURNED,
    "late": lambda row, assignment: row.progress.late,
    "accepted": lambda row, assignment: row.progress.reflection == State.ACCEPTED,
    "exempt": lambda row, assignment: row.progress.mark is MarkKind.EXEMPT,
    "paper": lambda row, assignment: row.progress.mark is MarkKind.PAPER,
}


def _urgency(row: "MemberRow") -> int:
    """What waits for the cell itself comes first, then what waits for the member, then what is finished."""
    own = row.progress
    if own.reflection in (State.RECEIVED, State.OPENED):
        return 0
    if own.mark is not MarkKind.NONE or own.reflection == State.ACCEPTED:
        return 3
    return 1 if own.reflection == State.RETURNED else 2


ORDERS: "Final[dict[str, Callable[[MemberRow], float]]]" = {
    "name": lambda row: 0,
    "urgent": _urgency,
    "received": lambda row: -row.received_at.timestamp() if row.received_at else math.inf,
    "sync": lambda row: (row.last_sync or date.min).toordinal(),
}
"""What rows are put in order by; rows of the same key stay in the order of names."""
