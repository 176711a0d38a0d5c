"""Bearer tokens: 256 random bits, of which the database holds only the SHA-256."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, insert, select, update

from handbook.errors import SignInFailed
from handbook.model.people import Member
from handbook.model.vietnamese import VIETNAM
from handbook.protocol.api import Session
from handbook.server.database import Database, among, sweep
from handbook.server.people import find_members, members_in, members_where
from handbook.server.tables import members, tokens
from handbook.server.units import units_around

TOKEN_BYTES = 32
LIFETIME = timedelta(days=90)
EXTENDED_EVERY = timedelta(days=1)
MAX_DEVICE_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks, and the digest of the token they asked with."""

    member: Member
    token_digest: bytes


def open_session(connection: Connection, account: str, device: str, now: datetime) -> Session:
    """A new token for the account; expired ones of anybody are cleared away."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    shown = "".join(letter for letter in device if letter.isprintable())[:MAX_DEVICE_CHARACTERS]
    row = {
        "digest": _digest(token),
        "account": account,
        "device": shown,
        "issued_at": now,
        "expires_at": now + LIFETIME,
    }
    sweep(connection, tokens, tokens.c.expires_at <= now)
    connection.execute(insert(tokens), [row])
    (member,) = find_members(connection, [account])
    return Session(
        token=token, member=member, units=units_around(connection, member), expires_at=row["expires_at"]
    )


def end_sessions(connection: Connection, account: str) -> None:
    connection.execute(delete(tokens).where(tokens.c.account == account))


def signed_in(database: Database, token: str, now: datetime) -> SignedIn:
    """Who holds the token; using it pushes its expiry out, once a day at most. Raises SignInFailed."""
    found = all_signed_in(database, [token], now)[0]
    if found is None:
        raise session_over()
    return found


def all_signed_in(database: Database, given: Sequence[str], now: datetime) -> list[SignedIn | None]:
    """Who holds each token, None for one that is worthless. The day on which members were seen is kept."""
    digests = [_digest(token) for token in given]
    with database.read() as connection:
        rows = connection.execute(_bearers(connection.dialect.name), {"digests": digests}).mappings().all()
    by_digest: dict[bytes, list[RowMapping]] = {}
    for row in rows:
        if row["expires_at"] > now:
            by_digest.setdefault(row["digest"], []).append(row)
    found = {digest: SignedIn(members_in(mine)[0], digest) for digest, mine in by_digest.items()}
    used_long_after = now + LIFETIME - EXTENDED_EVERY
    stale = sorted(digest for digest, mine in by_digest.items() if mine[0]["expires_at"] < used_long_after)
    if stale:
        with database.write() as connection:
            for digest in stale:
                connection.execute(
                    update(tokens).where(tokens.c.digest == digest).values(expires_at=now + LIFETIME)
                )
    _keep_seen(database, [mine[0] for mine in by_digest.values()], now)
    return [found.get(digest) for digest in digests]


def _keep_seen(database: Database, bearers: Sequence[RowMapping], now: datetime) -> None:
    """Notes once a day for each member that their program asked something."""
    today = now.astimezone(VIETNAM).date()
    unseen = sorted({row["account"] for row in bearers if row["seen_on"] != today})
    if unseen:
        with database.write() as connection:
            connection.execute(_seen_on, [{"who": account, "today": today} for account in unseen])


_seen_on = update(members).where(members.c.account == bindparam("who")).values(seen_on=bindparam("today"))


@cache
def _bearers(dialect: str) -> Select:
    return (
        members_where(among(dialect, tokens.c.digest, "digests"), members.c.active)
        .join(tokens, members.c.account == tokens.c.account)
        .add_columns(tokens.c.digest, tokens.c.expires_at, members.c.seen_on)
    )


def session_over() -> SignInFailed:
    return SignInFailed("Phiên đăng nhập đã hết hạn hoặc đã đăng xuất.", "Hãy đăng nhập lại.")


def current_session(database: Database, who: SignedIn) -> Session:
    """The session as it stands, without the token, which the server does not know."""
    with database.read() as connection:
        expires_at = connection.scalar(select(tokens.c.expires_at).where(tokens.c.digest == who.token_digest))
        units = units_around(connection, who.member)
    if expires_at is None:
        raise session_over()
    return Session(token="", member=who.member, units=units, expires_at=expires_at)


def sign_out(database: Database, who: SignedIn) -> None:
    with database.write() as connection:
        connection.execute(delete(tokens).where(tokens.c.digest == who.token_digest))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
