"""How the exchange with the server stands: when it last worked, why it failed, how long it shall rest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.tables.personal import sync_state
from handbook.errors import Expected

if TYPE_CHECKING:
    from handbook.client.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncStatus:
    """`last_error` is (message, advice) of the latest sync, None when that one worked.

    `clock_skew` is the server's time minus this PC's, None before any answer.
    """

    last_success: datetime | None
    last_attempt: datetime | None
    last_error: tuple[str, str] | None
    clock_skew: timedelta | None


def last_sync(store: "Store") -> SyncStatus:
    with store.personal.read() as connection:
        values = dict(connection.execute(select(sync_state.c.key, sync_state.c.value)).all())
    skew = values.get("clock_skew")
    return SyncStatus(
        last_success=_moment(values.get("last_success")),
        last_attempt=_moment(values.get("last_attempt")),
        last_error=(values["last_error"], values["last_advice"]) if values.get("last_error") else None,
        clock_skew=timedelta(seconds=float(skew)) if skew else None,
    )


def note_sync(
    connection: Connection, at: datetime, error: Expected | None, clock_skew: timedelta | None
) -> None:
    """Notes that a sync ended, in the caller's transaction."""
    values = {
        "last_attempt": at.isoformat(),
        "last_error": error.message if error else "",
        "last_advice": error.advice if error else "",
    }
    if error is None:
        values["last_success"] = at.isoformat()
    if clock_skew is not None:
        values["clock_skew"] = str(clock_skew.total_seconds())
    for key, value in values.items():
        note(connection, key, value)


def rest_until(connection: Connection) -> datetime | None:
    """Before when the server asked not to be called."""
    return _moment(
        connection.execute(
            select(sync_state.c.value).where(sync_state.c.key == "rest_until")
        ).scalar_one_or_none()
    )


def rest(connection: Connection, until: datetime) -> None:
    """Notes that the server asked not to be called before then; a later moment that is noted stays."""
    noted = rest_until(connection)
    if noted is None or noted < until:
        note(connection, "rest_until", until.isoformat())


def note(connection: Connection, key: str, value: str) -> None:
    """Keeps a value under its name, in the caller's transaction."""
    connection.execute(
        insert(sync_state)
        .values(key=key, value=value)
        .on_conflict_do_update(index_elements=["key"], set_={"value": value})
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
