"""Who has which duty for the commune, and the record of every duty that was given or ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from handbook.errors import Conflict
from handbook.model.duties import administers
from handbook.model.people import COMMUNE_DUTIES, DutyKind, Member
from handbook.server.database import Database
from handbook.server.people import members_in, members_where
from handbook.server.tables import duties, duty_changes, members


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyChange:
    """A duty that was given, or else ended; an empty `actor` is whoever runs the server."""

    at: datetime
    actor: str
    account: str
    kind: DutyKind
    unit: str
    given: bool


def note_changes(
    connection: Connection,
    changed: Iterable[Member],
    known: Mapping[str, Member],
    actor: str,
    now: datetime,
) -> None:
    """Records what the members' duties are now that they were not before, and the other way round."""
    rows = []
    for member in changed:
        before = set(known[member.account].duties) if member.account in known else set()
        after = set(member.duties)
        told = [(duty, False) for duty in before - after] + [(duty, True) for duty in after - before]
        rows += [
            {
                "at": now,
                "actor": actor,
                "account": member.account,
                "kind": duty.kind.value,
                "unit": duty.unit,
                "given": given,
            }
            for duty, given in sorted(told, key=lambda pair: (pair[1], pair[0].kind, pair[0].unit))
            if duty.kind is not DutyKind.MEMBER
        ]
    if rows:
        connection.execute(insert(duty_changes), rows)


def keep_an_administrator(changed: Iterable[Member], known: Mapping[str, Member], commune: str) -> None:
    """Raises Conflict when this would leave the commune without the administrator that it has."""
    after = dict(known) | {member.account: member for member in changed}
    had = any(administers(member, commune) for member in known.values())
    if had and not any(administers(member, commune) for member in after.values()):
        raise Conflict(
            "Đây là quản trị cuối cùng của đảng uỷ, nên nhiệm vụ này chưa bỏ được.",
            "Hãy giao nhiệm vụ quản trị cho một đồng chí khác trước.",
        )


def holders(database: Database) -> tuple[Member, ...]:
    """The active members with a duty for a commune."""
    kinds = [kind.value for kind in COMMUNE_DUTIES]
    with_duty = select(duties.c.account).where(duties.c.kind.in_(kinds))
    with database.read() as connection:
        rows = connection.execute(members_where(members.c.active, members.c.account.in_(with_duty)))
        return members_in(rows.mappings())


def history(database: Database, limit: int) -> tuple[DutyChange, ...]:
    """The latest changes of duties, newest first."""
    with database.read() as connection:
        rows = connection.execute(select(duty_changes).order_by(duty_changes.c.id.desc()).limit(limit))
        return tuple(
            DutyChange(
                at=row.at,
                actor=row.actor,
                account=row.account,
                kind=DutyKind(row.kind),
                unit=row.unit,
                given=row.given,
            )
            for row in rows
        )
