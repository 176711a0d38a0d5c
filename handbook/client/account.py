"""Who is signed in on this profile: the member, their units, and the token that the server knows them by."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client.answers import record_in
from handbook.client.store import Store
from handbook.client.tables.personal import account, kept_answers
from handbook.errors import ServerBroken, SignInFailed
from handbook.model.changes import Change, Changes
from handbook.model.people import DUTY_NAMES, Action, DutyKind, Member, Unit, can
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES, Session, SignIn

if TYPE_CHECKING:
    from handbook.client.transport import Transport

T = TypeVar("T")

OF_ANOTHER_SELF = frozenset({Change.ACCOUNT, Change.STUDY, Change.CELL, Change.COMMITTEE, Change.MEMBERS})
"""What is read again when the member has other duties or another cell."""


class Account:
    """`rewrap` makes a password the one that opens this profile on this PC."""

    def __init__(self, store: Store, transport: "Transport", rewrap: Callable[[str], None]) -> None:
        self._store = store
        self._transport = transport
        self._rewrap = rewrap

    def member(self) -> Member:
        with self._store.personal.read() as connection:
            return read_member(connection)

    def units(self) -> tuple[Unit, ...]:
        """The cell and the units above it, outermost first, and any unit a duty is for."""
        with self._store.personal.read() as connection:
            return _decoded(connection.scalars(select(account.c.units)).one(), tuple[Unit, ...])

    def cell_unit(self) -> Unit:
        cell = self.member().unit
        return next(unit for unit in self.units() if unit.path == cell)

    def duty_text(self) -> str:
        """The member's duties as they are addressed: `Bí thư chi bộ`; without one, `Đảng viên`."""
        member = self.member()
        held = {duty.kind for duty in member.duties} - {DutyKind.MEMBER}
        if held:
            return ", ".join(name for kind, name in DUTY_NAMES.items() if kind in held)
        return "Đảng viên dự bị" if member.probationary else DUTY_NAMES[DutyKind.MEMBER]

    def can(self, action: Action, unit: str) -> bool:
        """Whether a duty permits the action on the unit of that path."""
        return can(self.member(), action, unit)

    def may_carry(self) -> bool:
        """Whether a duty permits bringing others' bundles to the server."""
        member = self.member()
        return any(can(member, Action.CARRY, duty.unit) for duty in member.duties)

    @property
    def server(self) -> str:
        """The base URL of the server that the session is with."""
        with self._store.personal.read() as connection:
            return read_server(connection)

    @property
    def token(self) -> str:
        with self._store.personal.read() as connection:
            return connection.scalars(select(account.c.token)).one()

    def session_expired(self) -> bool:
        """Whether the server refused the token: nothing travels until the member signs in again."""
        with self._store.personal.read() as connection:
            return connection.scalars(select(account.c.expired)).one()

    def mark_expired(self) -> Changes:
        """Notes that the server refused the token."""
        with self._store.personal.write() as connection:
            connection.execute(update(account).values(expired=True))
        return self._store.announce({Change.ACCOUNT})

    def sign_in_again(self, password: str, now: datetime) -> Changes:
        """A new token for the same account; from now on this password opens the profile on this PC.

        Raises SignInFailed, Offline, TooBusy, ServerBroken, DiskProblem.
        """
        with self._store.personal.read() as connection:
            server, device = connection.execute(select(account.c.server, account.c.device)).one()
            before = read_member(connection)
        units = self.units()
        session = request_session(
            self._transport,
            "/v1/sign-in",
            SignIn(account=before.account, password=composed(password), device=device),
        )
        if session.member.account != before.account:
            raise ServerBroken(
                "Máy chủ trả lời bằng một tài khoản khác.", "Chưa có gì thay đổi; hãy báo quản trị máy chủ."
            )
        with self._store.personal.write() as connection:
            keep_session(connection, session, server=server, device=device, now=now)
            _drop_answers_to_former_duties(connection, before, session.member)
        self._rewrap(password)
        is_as_before = (session.member, session.units) == (before, units)
        return self._store.announce({Change.ACCOUNT} if is_as_before else OF_ANOTHER_SELF)

    def refresh(self) -> Changes:
        """Asks the server who the member is now: a new duty, another cell.

        Raises SignInFailed, and notes it, when the token is refused; Offline, TooBusy, ServerBroken.
        """
        answer = self._transport.send("GET", "/v1/me", token=self.token, limit=MAX_ANSWER_BYTES)
        try:
            session = checked(record_in(answer, Session))
        except SignInFailed:
            self.mark_expired()
            raise
        before = self.member()
        if (session.member, session.units) == (before, self.units()):
            return frozenset()
        with self._store.personal.write() as connection:
            connection.execute(
                update(account).values(member=_encoded(session.member), units=_encoded(session.units))
            )
            _drop_answers_to_former_duties(connection, before, session.member)
        return self._store.announce(OF_ANOTHER_SELF)


def read_member(connection: Connection) -> Member:
    """The signed-in member, within a transaction on personal.db."""
    return _decoded(connection.scalars(select(account.c.member)).one(), Member)


def read_server(connection: Connection) -> str:
    """The base URL of the member's server, within a transaction on personal.db."""
    return connection.scalars(select(account.c.server)).one()


def _drop_answers_to_former_duties(connection: Connection, before: Member, after: Member) -> None:
    if after.duties != before.duties:
        connection.execute(delete(kept_answers))


def request_session(transport: "Transport", path: str, record: object) -> Session:
    """Sends an Activation or a SignIn. Raises what the server refuses with; ServerBroken, Offline."""
    answer = transport.send("POST", path, body=codec.encode(record), limit=MAX_ANSWER_BYTES)
    session = checked(record_in(answer, Session))
    if not session.token:
        raise _broken_promise("không cấp phiên đăng nhập")
    return session


def keep_session(
    connection: Connection, session: Session, *, server: str, device: str, now: datetime
) -> None:
    """Makes the session that of the profile, within a transaction on personal.db."""
    values = {
        "member": _encoded(session.member),
        "units": _encoded(session.units),
        "token": session.token,
        "expires_at": session.expires_at,
        "expired": False,
        "server": server,
        "device": device,
        "signed_in_at": now,
    }
    statement = insert(account).values(id=1, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def checked(session: Session) -> Session:
    """The session, when it keeps what the protocol promises of units. Raises ServerBroken."""
    if session.member.unit not in {unit.path for unit in session.units}:
        raise _broken_promise("không nói đồng chí thuộc chi bộ nào")
    return session


def composed(password: str) -> str:
    """The password in one form, however the input method composes its letters."""
    return unicodedata.normalize("NFC", password)


def _broken_promise(what: str) -> ServerBroken:
    return ServerBroken(f"Máy chủ trả lời thiếu: {what}.", "Hãy báo quản trị máy chủ.")


def _encoded(record: object) -> str:
    return codec.encode(record).decode()


def _decoded(text: str, record_type: type[T]) -> T:
    data = text.encode()
    return codec.decode(data, record_type, limit=len(data))
