"""What the library holds but lists, search and today leave out: documents for other units, and expired ones.

What was hidden can still be opened by who has its id: from a note, a link, an assignment.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime

from sqlalchemy import Connection, select

from handbook.client.account import read_member
from handbook.client.store import Store
from handbook.client.tables.library import limits
from handbook.model.library import is_listed
from handbook.model.vietnamese import VIETNAM

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def hidden_documents(store: Store, now: datetime) -> frozenset[str]:
    """The documents that are not to be listed to this profile's member at that moment."""
    with store.library.read() as connection:
        limited = connection.execute(select(limits)).all()
    if not limited:
        return frozenset()
    with store.personal.read() as connection:
        member = read_member(connection)
    day = now.astimezone(VIETNAM).date()
    return frozenset(row.document for row in limited if not is_listed(row.units, row.expires_on, member, day))


def expiry_of(connection: Connection, document_id: str) -> date | None:
    """The last day on which the document is listed; None when it does not expire."""
    return connection.scalar(select(limits.c.expires_on).where(limits.c.document == document_id))
