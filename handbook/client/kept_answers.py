"""What the server last answered to those on duty, kept encrypted on this PC to be read offline."""

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.account import read_member
from handbook.client.answers import record_in
from handbook.client.tables.personal import kept_answers
from handbook.errors import NotAllowed, SignInFailed
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.store import Store
    from handbook.client.transport import Transport

T = TypeVar("T")


class KeptAnswers:
    """Answers by the path that was asked for. `Account.refresh` drops them when the duties change."""

    def __init__(self, store: "Store", account: "Account", transport: "Transport") -> None:
        self._store = store
        self._account = account
        self._transport = transport

    def find(self, path: str, record_type: type[T]) -> tuple[T, datetime] | None:
        """The latest answer and when it was asked for; None before the first one."""
        with self._store.personal.read() as connection:
            row = connection.execute(
                select(kept_answers.c.answer, kept_answers.c.asked_at).where(kept_answers.c.path == path)
            ).one_or_none()
        if row is None:
            return None
        return codec.decode(row.answer.encode(), record_type, limit=MAX_ANSWER_BYTES), row.asked_at

    def ask(self, path: str, record_type: type[T], now: datetime) -> None:
        """Asks the server and keeps what it answers.

        Raises Offline, TooBusy, ServerBroken, NotFound; SignInFailed, which is noted; NotAllowed: then a duty
        is over, and all that was kept goes with it. What was answered to duties that changed meanwhile is
        not kept.
        """
        duties = self._account.member().duties
        answer = self._transport.send("GET", path, token=self._account.token, limit=MAX_ANSWER_BYTES)
        try:
            record = record_in(answer, record_type)
        except NotAllowed:
            with self._store.personal.write() as connection:
                connection.execute(delete(kept_answers))
            raise
        except SignInFailed:
            self._account.mark_expired()
            raise
        values = {"answer": codec.encode(record).decode(), "asked_at": now}
        with self._store.personal.write() as connection:
            if read_member(connection).duties != duties:
                return
            connection.execute(
                insert(kept_answers)
                .values(path=path, **values)
                .on_conflict_do_update(index_elements=["path"], set_=values)
            )
