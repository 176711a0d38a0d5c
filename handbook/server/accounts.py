"""Accounts: activation codes, passwords and signing in.

A code is 60 random bits in Crockford's base 32 (I and L are read as 1, O as 0), shown as XXXX-XXXX-XXXX.
"""

import functools
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Connection, bindparam, select, update

from handbook.errors import BadInput, NotAllowed, SignInFailed
from handbook.model.people import Member, may_manage
from handbook.protocol.api import MIN_PASSWORD_CHARACTERS, Activation, Code, Session, SignIn
from handbook.server import attempts
from handbook.server.database import Database, upsert
from handbook.server.keys import Keys
from handbook.server.people import find_members
from handbook.server.tables import codes, credentials, members
from handbook.server.tokens import end_sessions, open_session

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARACTERS = 12
CODE_LIFETIME = timedelta(days=30)
MAX_CODES = 500  # in one request
MAX_PASSWORD_CHARACTERS = 200

_hasher = PasswordHasher()
_read_as = str.maketrans("OIL", "011")


def issue_codes(
    database: Database, keys: Keys, issuer: Member, accounts: Sequence[str], now: datetime
) -> tuple[Code, ...]:
    """New codes for members within the issuer's duty, in the order asked; all of them or none.

    Raises NotAllowed naming accounts that do not exist or are not the issuer's to help, not saying which.
    """
    wanted = list(dict.fromkeys(accounts))
    if not 1 <= len(wanted) <= MAX_CODES:
        raise BadInput(f"Mỗi lần cấp được từ 1 đến {MAX_CODES} mã.")
    with database.write() as connection:
        found = {member.account: member for member in find_members(connection, wanted) if member.active}
        refused = [
            account for account in wanted if account not in found or not may_manage(issuer, found[account])
        ]
        if refused:
            raise NotAllowed(
                f"Chưa cấp mã nào: không có đảng viên {', '.join(refused[:5])} "
                "trong phạm vi đồng chí phụ trách.",
                "Hãy kiểm tra lại tên tài khoản.",
            )
        return _put_codes(connection, keys, [found[account] for account in wanted], issuer.account, now)


def issue_codes_on_server(
    database: Database, keys: Keys, accounts: Sequence[str], now: datetime
) -> tuple[Code, ...]:
    """New codes by whoever runs the server, ordered by account: how the first secretaries get in.

    Raises BadInput naming unknown accounts.
    """
    with database.write() as connection:
        found = [member for member in find_members(connection, accounts) if member.active]
        if unknown := set(accounts) - {member.account for member in found}:
            raise BadInput(f"Không có đảng viên mang tài khoản: {', '.join(sorted(unknown))}.")
        return _put_codes(connection, keys, found, "server", now)


def _put_codes(
    connection: Connection, keys: Keys, receivers: Sequence[Member], issuer: str, now: datetime
) -> tuple[Code, ...]:
    issued = tuple(
        Code(account=member.account, name=member.name, code=_new_code(), expires_at=now + CODE_LIFETIME)
        for member in receivers
    )
    rows = [
        {
            "account": code.account,
            "digest": _code_digest(keys, code.code),
            "issued_by": issuer,
            "issued_at": now,
            "expires_at": code.expires_at,
            "used_at": None,
        }
        for code in sorted(issued, key=lambda code: code.account)
    ]
    upsert(connection, codes, rows)
    return issued


def _new_code() -> str:
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARACTERS))
    return "-".join(letters[i : i + 4] for i in range(0, CODE_CHARACTERS, 4))


def _code_digest(keys: Keys, code: str) -> bytes:
    letters = "".join(letter for letter in code.upper() if letter.isalnum()).translate(_read_as)
    return keys.keyed_hash("activation code", letters)


def activate(database: Database, keys: Keys, activation: Activation, address: str, now: datetime) -> Session:
    """Uses the code up and sets the password; sessions under an older password end. Raises SignInFailed."""
    password = _checked_password(activation.password)
    of_address = attempts.of_address(keys, address)
    attempts.count(database, [of_address], now)
    digest = _code_digest(keys, activation.code)
    with database.read() as connection:
        _account_of_code(connection, digest, now)
    password_hash = _hasher.hash(password)
    with database.write() as connection:
        account = _account_of_code(connection, digest, now)
        use_up = update(codes).where(codes.c.digest == digest, codes.c.used_at.is_(None))
        if connection.execute(use_up.values(used_at=now)).rowcount != 1:
            raise _used_code()
        credential = {"account": account, "password_hash": password_hash, "changed_at": now}
        upsert(connection, credentials, [credential])
        end_sessions(connection, account)
        attempts.forgive(connection, attempts.of_account(keys, account), of_address, now)
        return open_session(connection, account, activation.device, now)


def _account_of_code(connection: Connection, digest: bytes, now: datetime) -> str:
    row = connection.execute(
        select(codes.c.account, codes.c.expires_at, codes.c.used_at)
        .join(members, codes.c.account == members.c.account)
        .where(codes.c.digest == digest, members.c.active)
    ).first()
    if row is None:
        raise SignInFailed(
            "Mã kích hoạt không đúng.",
            "Hãy gõ lại đúng như trên phiếu; nếu đã được cấp mã mới thì mã cũ không dùng được nữa.",
        )
    if row.used_at is not None:
        raise _used_code()
    if row.expires_at <= now:
        raise SignInFailed(
            f"Mã kích hoạt đã quá hạn {CODE_LIFETIME.days} ngày.", "Hãy xin bí thư chi bộ cấp mã mới."
        )
    return row.account


def _used_code() -> SignInFailed:
    return SignInFailed(
        "Mã kích hoạt này đã được dùng.",
        "Nếu đã kích hoạt, hãy đăng nhập bằng mật khẩu; nếu quên mật khẩu, hãy xin bí thư chi bộ cấp mã mới.",
    )


def sign_in(database: Database, keys: Keys, asked: SignIn, address: str, now: datetime) -> Session:
    """A new session. Raises SignInFailed, worded alike and as slow whether or not the account exists."""
    account = asked.account.strip().lower()
    of_account, of_address = attempts.of_account(keys, account), attempts.of_address(keys, address)
    attempts.count(database, [of_account, of_address], now)
    # PostgreSQL takes no NUL in a text; nobody's account has one.
    known = "\0" not in account
    with database.read() as connection:
        stored = connection.scalar(_password_hash, {"wanted": account}) if known else None
    if not _matches(stored, unicodedata.normalize("NFC", asked.password)):
        raise _wrong_password()
    with database.write() as connection:
        # The password may have been changed while this one was being checked.
        if connection.scalar(_password_hash.with_for_update(of=credentials), {"wanted": account}) != stored:
            raise _wrong_password()
        attempts.forgive(connection, of_account, of_address, now)
        return open_session(connection, account, asked.device, now)


_password_hash = (
    select(credentials.c.password_hash)
    .join(members, credentials.c.account == members.c.account)
    .where(credentials.c.account == bindparam("wanted"), members.c.active)
)


def _wrong_password() -> SignInFailed:
    return SignInFailed("Tài khoản hoặc mật khẩu không đúng.", "Hãy kiểm tra bộ gõ và phím Caps Lock.")


@functools.cache
def _nobodys_hash() -> str:
    """The hash of a password nobody has: what an unknown account is checked against, to take as long."""
    return _hasher.hash(secrets.token_hex(16))


def _matches(stored: str | None, password: str) -> bool:
    absent = _nobodys_hash()
    try:
        _hasher.verify(stored or absent, password[: MAX_PASSWORD_CHARACTERS + 1])
    except VerifyMismatchError:
        return False
    return stored is not None


def _checked_password(password: str) -> str:
    normal = unicodedata.normalize("NFC", password)
    if len(normal) < MIN_PASSWORD_CHARACTERS:
        raise BadInput(
            f"Mật khẩu cần ít nhất {MIN_PASSWORD_CHARACTERS} ký tự.", "Một câu dễ nhớ tốt hơn một từ khó."
        )
    if len(normal) > MAX_PASSWORD_CHARACTERS:
        raise BadInput(f"Mật khẩu dài quá {MAX_PASSWORD_CHARACTERS} ký tự.")
    return normal
