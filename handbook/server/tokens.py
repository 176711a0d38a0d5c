"""Bearer tokens: 256 random bits, of which the database holds only the SHA-256."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from handbook.errors import SignInFailed
from handbook.model.people import Member
from handbook.protocol.api import Session
from handbook.server.database import Database, sweep
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


_bearer = (
    members_where(tokens.c.digest == bindparam("digest"), members.c.active)
    .join(tokens, members.c.account == tokens.c.account)
    .add_columns(tokens.c.expires_at)
)


def signed_in(database: Database, token: str, now: datetime) -> SignedIn:
    """Who holds the token; using it pushes its expiry out, once a day at most. Raises SignInFailed."""
    digest = _digest(token)
    with database.read() as connection:
        rows = connection.execute(_bearer, {"digest": digest}).mappings().all()
    if not rows or rows[0]["expires_at"] <= now:
        raise SignInFailed("Phiên đăng nhập đã hết hạn hoặc đã đăng xuất.", "Hãy đăng nhập lại.")
    if rows[0]["expires_at"] < now + LIFETIME - EXTENDED_EVERY:
        with database.write() as connection:
            connection.execute(
                update(tokens).where(tokens.c.digest == digest).values(expires_at=now + LIFETIME)
            )
    (member,) = members_in(rows)
    return SignedIn(member, digest)


def current_session(database: Database, who: SignedIn) -> Session:
    """The session as it stands, without the token, which the server does not know."""
    with database.read() as connection:
        expires_at = connection.scalar(select(tokens.c.expires_at).where(tokens.c.digest == who.token_digest))
        units = units_around(connection, who.member)
    if expires_at is None:
        raise SignInFailed("Phiên đăng nhập đã được đăng xuất.", "Hãy đăng nhập lại.")
    return Session(token="", member=who.member, units=units, expires_at=expires_at)


def sign_out(database: Database, who: SignedIn) -> None:
    with database.write() as connection:
        connection.execute(delete(tokens).where(tokens.c.digest == who.token_digest))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
