"""The log of exchanges, over the network and by USB: a member reads from it to whoever helps."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select

from handbook.client.tables.personal import sync_log
from handbook.errors import Expected

if TYPE_CHECKING:
    from handbook.client.store import Store

LOG_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One past exchange, counted as in SyncReport; `code`, `error` and `advice` are empty when it worked.

    `source` is the folder that was read, empty for the server. Of a folder `bytes_down` were read, and `sent`
    are the submissions that the receipts in it prove.
    """

    started_at: datetime
    finished_at: datetime
    sent: int = 0
    received: int = 0
    offered_again: int = 0
    documents_changed: int = 0
    bytes_down: int = 0
    code: str = ""
    error: str = ""
    advice: str = ""
    source: str = ""


def of_error(error: Expected | None) -> dict[str, str]:
    """The fields of a line that tell what went wrong."""
    return {"code": error.code, "error": error.message, "advice": error.advice} if error else {}


def note_line(connection: Connection, line: LogLine) -> None:
    """Adds a line in the caller's transaction; of all LOG_LINES are kept."""
    connection.execute(insert(sync_log).values(asdict(line)))
    newest = select(func.max(sync_log.c.id)).scalar_subquery()
    connection.execute(delete(sync_log).where(sync_log.c.id <= newest - LOG_LINES))


def log_lines(store: "Store") -> tuple[LogLine, ...]:
    """Newest first."""
    columns = [column for column in sync_log.c if column.name != "id"]
    with store.personal.read() as connection:
        rows = connection.execute(select(*columns).order_by(sync_log.c.id.desc()))
        return tuple(LogLine(**row._mapping) for row in rows)
