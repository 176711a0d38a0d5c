"""How often somebody may try a password or a code, for each account and each address.

The counts are in the database: every worker counts together, and a restart forgets nothing. They are kept
under keyed hashes, so that no address is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handbook.server.database import Database, sweep
from handbook.server.errors import RateLimited
from handbook.server.keys import Keys
from handbook.server.tables import attempts

WINDOW = timedelta(minutes=15)
ALLOWED_OF_ACCOUNT = 10
ALLOWED_OF_ADDRESS = 100  # a whole office may stand behind one address


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """What is counted, by its keyed hash, and how many failures a window allows."""

    key: bytes
    allowed: int


def of_account(keys: Keys, account: str) -> Counted:
    return Counted(keys.keyed_hash("attempts of account", account), ALLOWED_OF_ACCOUNT)


def of_address(keys: Keys, address: str) -> Counted:
    return Counted(keys.keyed_hash("attempts of address", address), ALLOWED_OF_ADDRESS)


def count(database: Database, all_counted: Iterable[Counted], now: datetime) -> None:
    """Counts one failure in advance, before the attempt is judged: a burst cannot slip past the limit.

    Raises RateLimited when one of them has used up its window; then nothing is counted.
    """
    with database.write() as connection:
        # Always in the order of keys, here and below: writers never wait for each other in a ring.
        for counted in sorted(all_counted):
            _add_one(connection, counted.key, now)
            row = connection.execute(_read, {"wanted": counted.key}).one()
            if row.failures > counted.allowed:
                wait = (row.until - now).total_seconds()
                minutes = max(1, round(wait / 60))
                raise RateLimited("Đã thử sai quá nhiều lần.", f"Hãy thử lại sau {minutes} phút.", wait)


def forgive(connection: Connection, account: Counted, address: Counted, now: datetime) -> None:
    """The attempt was good: the account starts afresh, the address gets this one attempt back."""
    sweep(connection, attempts, attempts.c.until <= now)
    for counted in sorted((account, address)):
        if counted is account:
            connection.execute(delete(attempts).where(attempts.c.key == counted.key))
        else:
            connection.execute(
                update(attempts)
                .where(attempts.c.key == counted.key, attempts.c.failures > 0)
                .values(failures=attempts.c.failures - 1)
            )


_read = select(attempts.c.failures, attempts.c.until).where(attempts.c.key == bindparam("wanted"))


def _add_one(connection: Connection, key: bytes, now: datetime) -> None:
    """One more failure, in a new window when there is none or it has run out."""
    statement = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(attempts)
    over = attempts.c.until <= now
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failures": case((over, 1), else_=attempts.c.failures + 1),
                "until": case((over, statement.excluded.until), else_=attempts.c.until),
            },
        ),
        [{"key": key, "failures": 1, "until": now + WINDOW}],
    )
