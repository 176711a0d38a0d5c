"""A list of members as a cell keeps it, and what it would change: added, changed, moved, left.

`plan` decides; nothing here writes. Carrying a plan out and planning the same list again finds nothing to do.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from handbook.model.duties import departed, in_order, placed, relieved, secretaries
from handbook.model.people import DUTY_NAMES, DutyKind, Member, Unit, UnitKind
from handbook.model.text import canonical_tone, fold, nfc
from handbook.model.vietnamese import date_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """What one row of a list says; None and "" stand for what it does not say. `cell` is a name or a path.

    `duty` is CELL_SECRETARY, CELL_DEPUTY, or MEMBER for one without such a duty.
    """

    line: int
    name: str
    cell: str = ""
    admitted_on: date | None = None
    probationary: bool | None = None
    duty: DutyKind | None = None
    account: str = ""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What a person has to look at in a row of their file, counted from 1."""

    line: int
    text: str


class RosterChange(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    LEFT = "left"
    SAME = "same"


ROSTER_CHANGES = {
    RosterChange.ADDED: "Thêm mới",
    RosterChange.CHANGED: "Thay đổi",
    RosterChange.MOVED: "Chuyển chi bộ",
    RosterChange.LEFT: "Rời chi bộ",
    RosterChange.SAME: "Giữ nguyên",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """A member as they are and as they would be. `line` is 0 for one whom the list does not name.

    `said` tells in Vietnamese what differs.
    """

    line: int
    change: RosterChange
    before: Member | None
    after: Member
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterPlan:
    """Entries in the order of the list, then those whom it does not name. Rows with a problem have no entry.

    While there are problems nobody is said to have left.
    """

    entries: tuple[RosterEntry, ...]
    problems: tuple[RowProblem, ...]

    @property
    def changes(self) -> tuple[RosterEntry, ...]:
        return tuple(entry for entry in self.entries if entry.change is not RosterChange.SAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """What a list is compared with: all members of the commune, also those who left.

    `accounts` are those that are taken, there or elsewhere.
    """

    members: tuple[Member, ...]
    units: tuple[Unit, ...]
    accounts: frozenset[str]


def account_for(name: str, cell: str, taken: Collection[str], in_cell: Iterable[str]) -> str:
    """A free account such as `kp1.an`: the cell's usual prefix, the given name, a number if it is taken."""
    prefixes = Counter(account.partition(".")[0] for account in in_cell if "." in account)
    usual = prefixes.most_common(1)
    prefix = usual[0][0] if usual else _initials(cell.rpartition("/")[2])
    words = re.findall("[a-z]+", fold(name))
    wanted = f"{prefix}.{words[-1][:20] if words else 'dv'}"
    number, account = 1, wanted
    while account in taken:
        number += 1
        account = f"{wanted}{number}"
    return account


_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)\d")


def _initials(slug: str) -> str:
    """kp1 of khu-pho-1; never the name of a device, of which Windows makes no folder."""
    short = "".join(word if word.isdigit() else word[:1] for word in slug.split("-"))[:12] or "cb"
    return f"cb{short}" if _DEVICES.fullmatch(short) else short


def plan(
    rows: Sequence[RosterRow],
    ward: Ward,
    *,
    complete: bool,
    actor: str,
    may_change: Callable[[Member], bool],
) -> RosterPlan:
    """What the rows change. `complete` says that the cells they name have no other members.

    `may_change` says whether the actor answers for a member as they are, or would be. The actor never leaves.
    """
    return _Planning(ward, actor, may_change).plan(rows, complete)


class _Refused(Exception):
    """The row cannot be carried out, and why."""


class _Planning:
    def __init__(self, ward: Ward, actor: str, may_change: Callable[[Member], bool]) -> None:
        self._members = ward.members
        self._by_account = {member.account: member for member in ward.members}
        self._cells = [unit for unit in ward.units if unit.kind is UnitKind.CELL]
        self._names = {unit.path: unit.name for unit in ward.units}
        self._actor = actor
        self._may_change = may_change
        self._taken: dict[str, int] = {}
        self._accounts = set(ward.accounts)
        self._problems: list[RowProblem] = []

    def plan(self, rows: Sequence[RosterRow], complete: bool) -> RosterPlan:
        found = self._matched(self._resolved(rows))
        entries: dict[str, RosterEntry] = {}
        for row, before in found:
            try:
                entry = self._entry(row, before)
            except _Refused as refusal:
                self._problems.append(RowProblem(row.line, str(refusal)))
                continue
            entries[entry.after.account] = entry
        named = {row.cell for row, _ in found}
        self._relieve(entries, [row for row, _ in found])
        if complete and not self._problems:
            self._add_left(entries, named)
        ordered = sorted(
            entries.values(), key=lambda entry: (entry.line == 0, entry.line, entry.after.account)
        )
        problems = tuple(sorted(self._problems, key=lambda problem: problem.line))
        return RosterPlan(entries=tuple(ordered), problems=problems)

    # -- rows that can be understood

    def _resolved(self, rows: Sequence[RosterRow]) -> list[RosterRow]:
        """The rows with their cell's path, a spelling of the name, and no person twice."""
        resolved: list[RosterRow] = []
        seen: dict[tuple[object, ...], int] = {}
        secretary: dict[str, int] = {}
        for row in rows:
            try:
                cell = self._cell(row)
                keys = _keys_of(row, cell)
                if double := next((seen[key] for key in keys if key in seen), 0):
                    raise _Refused(f"Trùng với dòng {double}: cùng một đồng chí.")
                if row.duty is DutyKind.CELL_SECRETARY and cell in secretary:
                    raise _Refused(f"Chi bộ này đã có bí thư ở dòng {secretary[cell]}.")
            except _Refused as refusal:
                self._problems.append(RowProblem(row.line, str(refusal)))
                continue
            seen |= dict.fromkeys(keys, row.line)
            if row.duty is DutyKind.CELL_SECRETARY:
                secretary[cell] = row.line
            resolved.append(replace(row, cell=cell, name=proper_name(row.name)))
        return resolved

    def _cell(self, row: RosterRow) -> str:
        if not row.cell:
            raise _Refused("Chưa ghi chi bộ.")
        wanted = _cell_key(row.cell)
        found = [unit.path for unit in self._cells if unit.path == row.cell] or [
            unit.path for unit in self._cells if _cell_key(unit.name) == wanted
        ]
        if len(found) != 1:
            raise _Refused(f"Không có chi bộ nào tên “{row.cell}” trong đảng bộ này.")
        return found[0]

    # -- whom a row speaks of

    def _matched(self, rows: list[RosterRow]) -> list[tuple[RosterRow, Member | None]]:
        matched: dict[int, Member | None] = {}
        self._match_accounts(rows, matched)
        in_cells: dict[tuple[str, str], list[RosterRow]] = defaultdict(list)
        for row in rows:
            if row.line not in matched and not row.account:
                in_cells[(one_spelling(row.name), row.cell)].append(row)
        for (name, cell), same_name in in_cells.items():
            self._match_in_cell(same_name, self._free(name, cell), matched)
        for row in rows:
            if row.line not in matched and not row.account:
                self._match_elsewhere(row, matched)
        return [(row, matched[row.line]) for row in rows if row.line in matched]

    def _match_accounts(self, rows: list[RosterRow], matched: dict[int, Member | None]) -> None:
        for row in rows:
            if not row.account:
                continue
            member = self._by_account.get(row.account)
            if member is None:
                said = f"Không có tài khoản “{row.account}”. Người mới thì để trống cột tài khoản."
                self._problems.append(RowProblem(row.line, said))
            else:
                self._match(row, member, matched)

    def _match_in_cell(
        self, rows: list[RosterRow], members: list[Member], matched: dict[int, Member | None]
    ) -> None:
        for row in rows:
            same_day = [member for member in members if member.admitted_on == row.admitted_on]
            if len(same_day) == 1:
                self._match(row, same_day[0], matched)
                members.remove(same_day[0])
        rest = [row for row in rows if row.line not in matched]
        if len(rest) == 1 and len(members) == 1:
            self._match(rest[0], members[0], matched)
        elif rest and members:
            for row in rest:
                said = "Chi bộ có nhiều đồng chí cùng tên; hãy thêm cột Tài khoản để chỉ rõ là ai."
                self._problems.append(RowProblem(row.line, said))
                self._taken |= {member.account: row.line for member in members}

    def _match_elsewhere(self, row: RosterRow, matched: dict[int, Member | None]) -> None:
        if any(problem.line == row.line for problem in self._problems):
            return
        same_name = [m for m in self._free(one_spelling(row.name), "") if m.unit != row.cell]
        same_day = [m for m in same_name if row.admitted_on and m.admitted_on == row.admitted_on]
        unclear = [m for m in same_name if m.active and None in (row.admitted_on, m.admitted_on)]
        if len(same_day) == 1:
            self._match(row, same_day[0], matched)
        elif same_day or unclear:
            where = self._names.get((same_day or unclear)[0].unit, "chi bộ khác")
            said = (
                f"{where} có đồng chí cùng tên. Chuyển sinh hoạt thì ghi tài khoản của đồng chí ấy; "
                "người khác thì ghi ngày vào Đảng của cả hai."
            )
            self._problems.append(RowProblem(row.line, said))
        else:
            matched[row.line] = None

    def _match(self, row: RosterRow, member: Member, matched: dict[int, Member | None]) -> None:
        if other := self._taken.get(member.account):
            self._problems.append(RowProblem(row.line, f"Trùng với dòng {other}: cùng một đồng chí."))
            return
        self._taken[member.account] = row.line
        matched[row.line] = member

    def _free(self, name: str, cell: str) -> list[Member]:
        """Members of that name nobody was matched with yet, of one cell or of all."""
        return [
            member
            for member in self._members
            if member.account not in self._taken
            and one_spelling(member.name) == name
            and cell in ("", member.unit)
        ]

    # -- what becomes of them

    def _entry(self, row: RosterRow, before: Member | None) -> RosterEntry:
        if before is not None and not self._may_change(before):
            where = self._names.get(before.unit, before.unit)
            raise _Refused(
                f"Đồng chí này đang sinh hoạt ở {where} hoặc giữ nhiệm vụ của đảng uỷ: việc này do quản trị "
                "của đảng uỷ làm."
            )
        after = self._after(row, before)
        if not self._may_change(after):
            raise _Refused(f"{self._names[row.cell]} không thuộc phạm vi đồng chí phụ trách.")
        said = self.differences(before, after) if before else ()
        if before is None:
            change = RosterChange.ADDED
        elif before.unit != after.unit:
            change = RosterChange.MOVED
        else:
            change = RosterChange.CHANGED if said else RosterChange.SAME
        return RosterEntry(line=row.line, change=change, before=before, after=after, said=said)

    def _after(self, row: RosterRow, before: Member | None) -> Member:
        if before is None:
            in_cell = [member.account for member in self._members if member.unit == row.cell]
            account = account_for(row.name, row.cell, self._accounts, in_cell)
            self._accounts.add(account)
            fresh = Member(account=account, name=row.name, unit=row.cell, duties=())
            after = placed(fresh, row.cell, row.duty)
        else:
            after = placed(before, row.cell, row.duty)
            if one_spelling(row.name) != one_spelling(before.name):
                after = replace(after, name=row.name)
        return replace(
            after,
            active=True,
            admitted_on=row.admitted_on or after.admitted_on,
            probationary=after.probationary if row.probationary is None else row.probationary,
        )

    def _relieve(self, entries: dict[str, RosterEntry], rows: list[RosterRow]) -> None:
        """Who was secretary of a cell for which the list names another one is that no more."""
        for row in rows:
            if row.duty is not DutyKind.CELL_SECRETARY:
                continue
            new = next((e.after.account for e in entries.values() if e.line == row.line), None)
            if new is None:
                continue
            # As they will be: who comes back by this list may bring the duty of former days along.
            standing = [entries[m.account].after if m.account in entries else m for m in self._members]
            for holder in secretaries(standing, row.cell):
                if holder.account == new:
                    continue
                entry = entries.get(holder.account)
                before = self._by_account[holder.account]
                after = relieved(holder, row.cell)
                entries[holder.account] = RosterEntry(
                    line=entry.line if entry else 0,
                    change=RosterChange.CHANGED,
                    before=before,
                    after=after,
                    said=self.differences(before, after),
                )

    def _add_left(self, entries: dict[str, RosterEntry], named: set[str]) -> None:
        for member in self._members:
            left = member.active and member.unit in named and member.account not in self._taken
            if left and member.account != self._actor and self._may_change(member):
                entries[member.account] = RosterEntry(
                    line=0, change=RosterChange.LEFT, before=member, after=departed(member)
                )

    def differences(self, before: Member, after: Member) -> tuple[str, ...]:
        return differences(before, after, self._names)


def differences(before: Member, after: Member, unit_names: dict[str, str]) -> tuple[str, ...]:
    """What is not the same, in Vietnamese."""
    said = []
    if before.unit != after.unit:
        old, new = (unit_names.get(unit, unit) for unit in (before.unit, after.unit))
        said.append(f"chuyển từ {old} sang {new}")
    if before.name != after.name:
        said.append(f"họ tên: {before.name} → {after.name}")
    if before.admitted_on != after.admitted_on:
        old, new = (date_text(day) if day else "chưa ghi" for day in (before.admitted_on, after.admitted_on))
        said.append(f"ngày vào Đảng: {old} → {new}")
    if before.probationary != after.probationary:
        said.append("dự bị → chính thức" if before.probationary else "chính thức → dự bị")
    gone, come = set(before.duties) - set(after.duties), set(after.duties) - set(before.duties)
    said += [f"thôi nhiệm vụ {DUTY_NAMES[d.kind]}" for d in in_order(gone) if d.kind is not DutyKind.MEMBER]
    said += [f"nhận nhiệm vụ {DUTY_NAMES[d.kind]}" for d in in_order(come) if d.kind is not DutyKind.MEMBER]
    if before.active != after.active:
        said.append("sinh hoạt trở lại" if after.active else "thôi sinh hoạt ở đảng bộ")
    return tuple(said)


def proper_name(name: str) -> str:
    """Nguyễn Văn An of NGUYỄN  VĂN AN; other spellings stay."""
    words = nfc(name).split()
    return " ".join(word.capitalize() if name.isupper() else word for word in words)


def one_spelling(name: str) -> str:
    """What is the same for one name however it was typed; marks count."""
    return " ".join(canonical_tone(name).casefold().split())


def _cell_key(name: str) -> str:
    """`Chi bộ Khu phố 1`, `CB khu phố 1` and `Khu phố 1` are one cell."""
    words = re.findall(r"[a-z0-9]+", fold(name))
    for prefix in (["chi", "bo"], ["cb"]):
        if words[: len(prefix)] == prefix and len(words) > len(prefix):
            words = words[len(prefix) :]
    return " ".join(words)


def _keys_of(row: RosterRow, cell: str) -> tuple[tuple[object, ...], ...]:
    """Under what a second row would be the same person."""
    name = one_spelling(proper_name(row.name))
    if row.account:
        return (("account", row.account),)
    day = row.admitted_on
    return (("day", name, day),) if day else (("cell", name, cell),)
