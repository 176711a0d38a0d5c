"""What a committee's officer sees of the units below: figures by cell, and members' states without any text.

Asked of the server and kept encrypted on this PC, so that it can be read and reported from offline too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from handbook.client.cell_rows import state_text
from handbook.client.kept_answers import KeptAnswers
from handbook.errors import NotAllowed, NotFound
from handbook.model.changes import Change, Changes
from handbook.model.people import Action, Unit, UnitKind, can
from handbook.model.report import AssignmentLine, PersonLine, Report, UnitLine, in_due_order, sum_of
from handbook.model.study import MARK_NAMES, Assignment
from handbook.model.vietnamese import name_key
from handbook.protocol.api import Completion, Counts

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.store import Store
    from handbook.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStates:
    """How far each member of a cell is with one assignment, in the order of Vietnamese names."""

    people: tuple[PersonLine, ...]
    asked_at: datetime


class Committee:
    def __init__(self, store: "Store", account: "Account", transport: "Transport") -> None:
        self._store = store
        self._account = account
        self._kept = KeptAnswers(store, account, transport)

    # Queries: what was kept

    def unit(self) -> Unit | None:
        """The widest unit above cells whose figures the person may read; None for most people."""
        member = self._account.member()
        held = {duty.unit for duty in member.duties if can(member, Action.READ_COUNTS, duty.unit)}
        above = [
            unit for unit in self._account.units() if unit.path in held and unit.kind is not UnitKind.CELL
        ]
        return min(above, key=lambda unit: unit.path.count("/"), default=None)

    def counts(self) -> Counts | None:
        """The figures as they were last asked for; None before that. Raises NotAllowed without the duty."""
        found = self._kept.find(_counts_path(self._duty().path), Counts)
        return found[0] if found else None

    def states(self, cell: str, assignment_id: str, now: datetime) -> CellStates | None:
        """How far the members of a cell were when they were last asked for; None before that."""
        self._duty()
        found, counts = self._kept.find(_states_path(cell, assignment_id), Completion), self.counts()
        if found is None or counts is None:
            return None
        completion, asked_at = found
        asked = next((each for each in counts.assignments if each.id == assignment_id), None)
        if asked is None:
            return None
        named = sorted(
            zip(completion.names, completion.members, strict=True),
            key=lambda pair: (name_key(pair[0]), pair[1].account),
        )
        return CellStates(
            people=tuple(
                PersonLine(
                    name=name,
                    progress=own,
                    said=MARK_NAMES.get(own.mark) or state_text(asked, own, None, now),
                )
                for name, own in named
            ),
            asked_at=asked_at,
        )

    def report(self, assignments: Iterable[Assignment], subject: str, cell: str = "") -> Report:
        """What the cells, or only the one of that path, did for these assignments, by the figures kept.

        Raises NotAllowed, NotFound.
        """
        unit, counts = self._duty(), self.counts()
        if counts is None:
            raise NotFound("Máy này chưa có số liệu tổng hợp.", "Hãy lấy số liệu khi có mạng.")
        units = {each.path: each for each in counts.units}
        if cell and cell not in units:
            raise NotFound("Số liệu tổng hợp trên máy này không có chi bộ đó.", "Hãy lấy số liệu mới.")
        lines = []
        for asked in in_due_order(assignments):
            cells = tuple(
                UnitLine(units[each.unit], each.figures)
                for each in counts.cells
                if each.assignment == asked.id and cell in ("", each.unit)
            )
            total = sum_of(each.figures for each in cells)
            lines.append(AssignmentLine(assignment=asked, figures=total, units=cells))
        return Report(
            unit=unit,
            subject=subject,
            counted_at=counts.counted_at,
            assignments=tuple(lines),
            only=units[cell] if cell else None,
        )

    # Commands: ask the server

    def ask_counts(self, now: datetime) -> Changes:
        """Keeps the server's present figures.

        Raises Offline, TooBusy, SignInFailed, ServerBroken, NotAllowed: what was kept goes with the duty.
        """
        self._kept.ask(_counts_path(self._duty().path), Counts, now)
        return self._store.announce({Change.COMMITTEE})

    def ask_states(self, cell: str, assignment_id: str, now: datetime) -> Changes:
        """Keeps how far the members of a cell are with an assignment. Raises as `ask_counts`, NotFound."""
        self._duty()
        self._kept.ask(_states_path(cell, assignment_id), Completion, now)
        return self._store.announce({Change.COMMITTEE})

    def _duty(self) -> Unit:
        unit = self.unit()
        if unit is None:
            raise NotAllowed("Đồng chí không được giao tổng hợp số liệu của đảng uỷ.")
        return unit


def _counts_path(unit: str) -> str:
    return f"/v1/counts?{urlencode({'below': unit})}"


def _states_path(cell: str, assignment: str) -> str:
    return f"/v1/cells/{quote(cell)}/completion?{urlencode({'assignment': assignment})}"
