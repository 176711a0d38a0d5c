"""What a committee's officer sees of the units below: figures by cell, and members' states without any text.

Asked of the server and kept encrypted on this PC, so that it can be read and reported from offline too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.answers import record_in
from handbook.client.cell_rows import state_text
from handbook.client.tables.personal import kept_answers
from handbook.errors import NotAllowed, NotFound
from handbook.model.changes import Change, Changes
from handbook.model.people import Action, Unit, UnitKind, can
from handbook.model.report import AssignmentLine, PersonLine, Report, UnitLine, in_due_order, sum_of
from handbook.model.study import MARK_NAMES, Assignment
from handbook.model.vietnamese import name_key
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES, Completion, Counts

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.store import Store
    from handbook.client.transport import Transport

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStates:
    """How far each member of a cell is with one assignment, in the order of Vietnamese names."""

    people: tuple[PersonLine, ...]
    asked_at: datetime


class Committee:
    def __init__(self, store: "Store", account: "Account", transport: "Transport") -> None:
        self._store = store
        self._account = account
        self._transport = transport

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
        found = self._kept(_counts_path(self._duty().path), Counts)
        return found[0] if found else None

    def states(self, cell: str, assignment_id: str, now: datetime) -> CellStates | None:
        """How far the members of a cell were when they were last asked for; None before that."""
        self._duty()
        found, counts = self._kept(_states_path(cell, assignment_id), Completion), self.counts()
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

    def report(self, assignments: Iterable[Assignment], subject: str) -> Report:
        """What the cells did for these assignments, by the figures kept. Raises NotAllowed, NotFound."""
        unit, counts = self._duty(), self.counts()
        if counts is None:
            raise NotFound("Máy này chưa có số liệu tổng hợp.", "Hãy lấy số liệu khi có mạng.")
        units = {each.path: each for each in counts.units}
        lines = []
        for asked in in_due_order(assignments):
            cells = tuple(
                UnitLine(units[each.unit], each.figures)
                for each in counts.cells
                if each.assignment == asked.id
            )
            total = sum_of(each.figures for each in cells)
            lines.append(AssignmentLine(assignment=asked, figures=total, units=cells))
        return Report(unit=unit, subject=subject, counted_at=counts.counted_at, assignments=tuple(lines))

    # Commands: ask the server

    def ask_counts(self, now: datetime) -> Changes:
        """Keeps the server's present figures.

        Raises Offline, TooBusy, SignInFailed, ServerBroken, NotAllowed: what was kept goes with the duty.
        """
        return self._ask(_counts_path(self._duty().path), Counts, now)

    def ask_states(self, cell: str, assignment_id: str, now: datetime) -> Changes:
        """Keeps how far the members of a cell are with an assignment. Raises as `ask_counts`, NotFound."""
        self._duty()
        return self._ask(_states_path(cell, assignment_id), Completion, now)

    def _duty(self) -> Unit:
        unit = self.unit()
        if unit is None:
            raise NotAllowed("Đồng chí không được phân công tổng hợp của đảng uỷ.")
        return unit

    def _kept(self, path: str, record_type: type[T]) -> tuple[T, datetime] | None:
        with self._store.personal.read() as connection:
            row = connection.execute(
                select(kept_answers.c.answer, kept_answers.c.asked_at).where(kept_answers.c.path == path)
            ).one_or_none()
        if row is None:
            return None
        return codec.decode(row.answer.encode(), record_type, limit=MAX_ANSWER_BYTES), row.asked_at

    def _ask(self, path: str, record_type: type[T], now: datetime) -> Changes:
        token = self._account.token
        answer = self._transport.send("GET", path, token=token, limit=MAX_ANSWER_BYTES)
        try:
            record = record_in(answer, record_type)
        except NotAllowed:
            with self._store.personal.write() as connection:
                connection.execute(delete(kept_answers))
            raise
        values = {"answer": codec.encode(record).decode(), "asked_at": now}
        with self._store.personal.write() as connection:
            connection.execute(
                insert(kept_answers)
                .values(path=path, **values)
                .on_conflict_do_update(index_elements=["path"], set_=values)
            )
        return self._store.announce({Change.COMMITTEE})


def _counts_path(unit: str) -> str:
    return f"/v1/counts?{urlencode({'below': unit})}"


def _states_path(cell: str, assignment: str) -> str:
    return f"/v1/cells/{quote(cell)}/completion?{urlencode({'assignment': assignment})}"
