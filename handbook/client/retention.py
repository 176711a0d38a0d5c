"""How long the server keeps what, as it last told this PC."""

from datetime import datetime

from sqlalchemy import Connection, select

from handbook.client.store import Store
from handbook.client.sync_state import note
from handbook.client.tables.personal import sync_state
from handbook.model.retention import Rules
from handbook.model.vietnamese import VIETNAM
from handbook.protocol import codec

_RULES, _ASKED_ON = "retention", "retention_asked_on"
MAX_RULES_BYTES = 4096


def rules(store: Store) -> Rules | None:
    """None before the server has told."""
    with store.personal.read() as connection:
        told = _value(connection, _RULES)
    return codec.decode(told.encode(), Rules, limit=MAX_RULES_BYTES) if told else None


def is_to_be_asked(connection: Connection, now: datetime) -> bool:
    """Once a day is often enough."""
    return _value(connection, _ASKED_ON) != _day(now)


def keep(connection: Connection, told: Rules, now: datetime) -> bool:
    """Keeps what the server told, in the caller's transaction; whether it was news."""
    packed = codec.encode(told).decode()
    news = _value(connection, _RULES) != packed
    note(connection, _RULES, packed)
    note(connection, _ASKED_ON, _day(now))
    return news


def _day(now: datetime) -> str:
    return now.astimezone(VIETNAM).date().isoformat()


def _value(connection: Connection, key: str) -> str | None:
    return connection.execute(select(sync_state.c.value).where(sync_state.c.key == key)).scalar_one_or_none()
