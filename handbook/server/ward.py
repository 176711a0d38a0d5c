"""Loads a ward's units, members and duties from its TOML file; loading again brings them up to date.

`name` at the top is the commune's own and not kept here. [[units]] have path, name and kind. [[members]] have
account, name, unit, duties, and where they are known admitted_on, probationary and active. Duties are kinds:
committee_officer, publisher and administrator hold for the member's commune, the others for their cell.
Loaded again, only what was changed in the file since then is done; all else stays as people left it, and who
was let go stays away unless the file now says that they are active.
[retention] says how long what is kept (model/retention.py); what it does not name has its default again.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, insert, select

from handbook.errors import BadInput
from handbook.model.duties import brought_up_to_date
from handbook.model.people import COMMUNE_DUTIES, Duty, DutyKind, Member, Unit, commune_of
from handbook.model.retention import BadAge, Rules, rules_from
from handbook.server import feed
from handbook.server.database import Database, upsert
from handbook.server.people import members_in, members_where
from handbook.server.retention_due import NO_NAME, keep_rules
from handbook.server.roster import keep_members
from handbook.server.tables import feeds, members, named_members, units

_PATH = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many units and members the file has, and how many members were new or changed."""

    units: int
    members: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _MemberEntry:
    account: str
    name: str
    unit: str
    duties: tuple[DutyKind, ...]
    admitted_on: date | None = None
    probationary: bool = False
    active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ward:
    name: str
    units: tuple[Unit, ...]
    members: tuple[_MemberEntry, ...] = ()
    retention: dict[str, object] = field(default_factory=dict)


def load_ward(database: Database, file: Path, now: datetime) -> Loaded:
    """Adds and updates what the file names; members it does not name stay as they are. Raises BadInput."""
    ward, rules = _read(file)
    named = tuple(_member(entry) for entry in ward.members)
    accounts = [member.account for member in named]
    with database.write() as connection:
        upsert(connection, units, _unit_rows(ward.units))
        _start_feeds(connection)
        keep_rules(connection, rules)
        positions = _locked_feeds(connection, named)  # before members are read: others may be changing duties
        stored = connection.execute(members_where(members.c.account.in_(accounts)))
        known = {member.account: member for member in members_in(stored.mappings())}
        last_named = _last_named(connection, accounts)
        here = [
            entry
            for entry in ward.members
            if entry != (last := last_named.get(entry.account))
            and not _stays_away(known.get(entry.account), entry, last)
        ]
        after = [_merged(known.get(e.account), e, last_named.get(e.account)) for e in here]
        changed = [member for member in after if member != known.get(member.account)]
        keep_members(connection, changed, known, positions, now, actor="")
        _keep_named(connection, here)
    return Loaded(units=len(ward.units), members=len(named), changed=len(changed))


def _locked_feeds(connection: Connection, named: Sequence[Member]) -> dict[str, int]:
    """All feeds of the communes these members belong to, or did, as whoever else changes members has them."""
    before = select(members.c.unit).where(members.c.account.in_([member.account for member in named]))
    communes = {commune_of(unit) for unit in [*connection.scalars(before), *(m.unit for m in named)]}
    paths = connection.scalars(select(feeds.c.unit)).all()
    return feed.lock_positions(connection, [path for path in paths if commune_of(path) in communes])


def _last_named(connection: Connection, accounts: Sequence[str]) -> dict[str, _MemberEntry]:
    """Each account's entry as it was when a file was last loaded; accounts that none named are left out."""
    rows = connection.execute(select(named_members).where(named_members.c.account.in_(accounts)))
    return {row.account: msgspec.json.decode(row.entry, type=_MemberEntry) for row in rows}


def _keep_named(connection: Connection, named: Sequence[_MemberEntry]) -> None:
    rows = [{"account": entry.account, "entry": msgspec.json.encode(entry).decode()} for entry in named]
    upsert(connection, named_members, rows)


def _stays_away(before: Member | None, entry: _MemberEntry, last: _MemberEntry | None) -> bool:
    """Whether the member was let go and the file has not been changed to say that they are active.

    Whose name was erased comes back by another account.
    """
    if before is None or before.active:
        return False
    is_called_back = entry.active and not (last and last.active)
    return before.name == NO_NAME or not is_called_back


def _merged(before: Member | None, entry: _MemberEntry, last: _MemberEntry | None) -> Member:
    """The member after what changed in the file since it was last loaded."""
    named = _member(entry)
    if before is None:
        return named
    if last is not None:
        kept = {
            field: getattr(before, field)
            for field in ("name", "unit", "admitted_on", "probationary", "active")
            if getattr(entry, field) == getattr(last, field)
        }
        named = replace(named, **kept)
    return brought_up_to_date(before, named, _member(last).duties if last else ())


def _unit_rows(of: tuple[Unit, ...]) -> list[dict[str, object]]:
    return [
        {"path": unit.path, "name": unit.name, "kind": unit.kind.value}
        for unit in sorted(of, key=lambda unit: unit.path)
    ]


def _start_feeds(connection: Connection) -> None:
    started = set(connection.scalars(select(feeds.c.unit)))
    rows = [
        {"unit": path, "position": 0}
        for path in sorted(connection.scalars(select(units.c.path)))
        if path not in started
    ]
    if rows:
        connection.execute(insert(feeds), rows)


def _member(entry: _MemberEntry) -> Member:
    given = {
        Duty(kind, commune_of(entry.unit) if kind in COMMUNE_DUTIES else entry.unit) for kind in entry.duties
    }
    return Member(
        account=entry.account,
        name=entry.name,
        unit=entry.unit,
        duties=tuple(given),
        admitted_on=entry.admitted_on,
        probationary=entry.probationary,
        active=entry.active is not False,
    )


def _read(file: Path) -> tuple[_Ward, Rules]:
    try:
        text = file.read_text(encoding="utf-8")
        ward = msgspec.convert(tomllib.loads(text), _Ward)
    except OSError as error:
        raise BadInput(f"Không đọc được tệp {file}.", "Hãy kiểm tra đường dẫn và quyền đọc.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"Tệp {file.name} không đúng khuôn dạng: {error}.") from error
    if problems := _problems(ward):
        raise BadInput(f"Tệp {file.name} có chỗ chưa đúng: {'; '.join(problems[:10])}.")
    try:
        return ward, rules_from(ward.retention)
    except BadAge as error:
        line = _line_of(text, error.rule)
        raise BadInput(
            f"Tệp {file.name}, dòng {line}, phần [retention]: {error}.",
            "Xem các quy tắc trong docs/server.md, phần Retention.",
        ) from error


def _line_of(text: str, rule: str) -> int:
    """On which line, from 1, the table [retention] has this key; or the table's own line."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if re.match(r"\s*\[\s*retention\s*\]", line)), 0)
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if re.match(r"\s*\[", line):
            break
        if re.match(rf"""\s*["']?{re.escape(rule)}["']?\s*=""", line):
            return number
    return start + 1


def _problems(ward: _Ward) -> list[str]:
    paths = [unit.path for unit in ward.units]
    accounts = [entry.account for entry in ward.members]
    return [
        *(f"đường dẫn “{path}” chỉ được gồm a-z, 0-9, - và /" for path in paths if not _PATH.fullmatch(path)),
        *(f"tổ chức “{path}” có hai lần" for path in sorted({p for p in paths if paths.count(p) > 1})),
        *(
            f"tổ chức “{path}” thiếu cấp trên trực tiếp"
            for path in paths
            if "/" in path and path.rpartition("/")[0] not in paths
        ),
        *(f"tài khoản “{account}” không hợp lệ" for account in accounts if not _ACCOUNT.fullmatch(account)),
        *(
            f"tài khoản “{account}” có hai lần"
            for account in sorted({a for a in accounts if accounts.count(a) > 1})
        ),
        *(
            f"“{entry.account}” thuộc tổ chức chưa khai “{entry.unit}”"
            for entry in ward.members
            if entry.unit not in paths
        ),
    ]
