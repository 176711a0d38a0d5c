"""By what time the age of signatures is judged, on a PC whose clock may be wrong.

A clock that stands in the past would believe signatures that ended long ago, and so could be kept for ever
from learning of news. Signatures are therefore judged by the latest of: this PC's clock, the Date of the
server's answer, and the latest moment that is known to have passed. Known to have passed are

- BUILT, when this program was made, as its build has noted;
- the server's Date of a sync by which nothing that was accepted had ended: a wrong Date puts the known time
  ahead by the timestamp's lifetime at most;
- when the timestamp accepted last was signed: its end less the lifetime that is the rule, but never later
  than both clocks, so that a stolen key cannot lock a PC out by signing for years.
"""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.installed import built_at
from handbook.client.tables.library import library_state
from handbook.protocol import trust

BUILT = built_at()
_KEY = "content:known-time"
_WORTH_NOTING = trust.CLOCK_TOLERANCE  # finer steps would write to the disk at every sync


def known_time(connection: Connection) -> datetime:
    """The latest moment that is known to have passed."""
    noted = connection.scalar(select(library_state.c.value).where(library_state.c.key == _KEY))
    return max(BUILT, datetime.fromisoformat(noted)) if noted else BUILT


def learned(known: datetime, now: datetime, told: datetime | None, timestamp_ends: datetime) -> datetime:
    """The latest moment known to have passed, once a timestamp was accepted that ends then.

    `now` is by this PC's clock, `told` the server's Date, when it gave one; nothing had ended by either.
    """
    signed = timestamp_ends - trust.TIMESTAMP_LIFETIME
    return max(known, min(signed, max(now, told or now)), told or known)


def note_time(connection: Connection, known: datetime, now_known: datetime) -> None:
    """Keeps what is known now, when that is worth a write, in the caller's transaction on library.db."""
    if now_known - known >= _WORTH_NOTING:
        statement = insert(library_state).values(key=_KEY, value=now_known.isoformat())
        connection.execute(
            statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value})
        )
