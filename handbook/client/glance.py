"""What *Việc hôm nay* is made of, kept for the start of the program, to be shown before the profile is open.

It lies in personal.db, encrypted like all that is the member's. What is not true any more is never shown:
every transaction on personal.db empties the table of this one row, and the generation of library.db it was
made from must still be the present one. Reading needs neither SQLAlchemy nor the profile's lock.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlcipher3.dbapi2 as sqlcipher

from handbook import __version__
from handbook.client.profiles import profile_dir
from handbook.client.today import Errand, Standing, TaskKind, Unfinished
from handbook.client.vault import Vault
from handbook.errors import Expected

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook

_GENERATION = "SELECT value FROM library_state WHERE key = 'generation'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """Who the profile belongs to, which of the duties' screens they have, and how all stands."""

    name: str
    unit_name: str
    reads_cells: bool
    manages_members: bool
    reads_counts: bool
    standing: Standing


def read_glance(data_dir: Path, account: str) -> Glance | None:
    """What was kept for the account, when it is still true and the PC's keyring gives its key; else None.

    Whatever else stands in the way is told by opening the profile, which follows.
    """
    try:
        folder = profile_dir(data_dir, account)
        key = Vault(data_dir).unlock(account, None)
        generation = _one(folder / "library.db", b"", _GENERATION)
        row = _one(folder / "personal.db", key, "SELECT program, generation, content FROM glance")
        if not row or not generation or row[:2] != (__version__, *generation):
            return None
        return _glance(json.loads(row[2]))
    except (Expected, sqlcipher.Error, ValueError, LookupError, TypeError):
        return None


def keep_glance(handbook: "Handbook", now: datetime) -> None:
    """Keeps what stands now for the next start, unless that is kept already. Raises DiskProblem."""
    store = handbook.store
    with store.library.read() as library:
        generation = library.exec_driver_sql(_GENERATION).scalar_one_or_none()
    with store.personal.read() as personal:
        kept = personal.exec_driver_sql("SELECT program, generation FROM glance").one_or_none()
    if generation is None or (kept and tuple(kept) == (__version__, generation)):
        return
    # Nobody else writes while this transaction lasts, so that what is read below is what it will be kept for.
    with store.personal.write(only_derived=True) as personal:
        glance = Glance(
            name=handbook.account.member().name,
            unit_name=handbook.account.cell_unit().name,
            reads_cells=bool(handbook.cell.units()),
            manages_members=handbook.members.unit() is not None,
            reads_counts=handbook.committee.unit() is not None,
            standing=handbook.study.standing(now),
        )
        content = json.dumps(asdict(glance), default=_day_or_moment, ensure_ascii=False)
        personal.exec_driver_sql(
            "INSERT OR REPLACE INTO glance (id, program, generation, content) VALUES (1, ?, ?, ?)",
            (__version__, generation, content),
        )


def _one(path: Path, key: bytes, query: str) -> tuple[Any, ...] | None:
    """The only row; the file is not made where it is missing."""
    connection = sqlcipher.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE").close()
        if key:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"").close()
        return connection.execute(query).fetchone()
    finally:
        connection.close()


def _day_or_moment(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def _glance(held: dict[str, Any]) -> Glance:
    standing = held.pop("standing")
    days = {
        "errands": tuple(
            Errand(**each | {"kind": TaskKind(each["kind"])} | _days(each)) for each in standing["errands"]
        ),
        "unfinished": tuple(Unfinished(**each | _days(each)) for each in standing["unfinished"]),
        "waiting_since": _moment(standing["waiting_since"]),
        "last_sync": _moment(standing["last_sync"]),
    }
    return Glance(standing=Standing(**standing | days), **held)


def _days(held: dict[str, Any]) -> dict[str, date]:
    return {name: date.fromisoformat(held[name]) for name in ("opens_on", "due_on")}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
