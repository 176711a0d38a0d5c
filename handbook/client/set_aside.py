"""What the server refused for good and a person does not want to send any more."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from handbook.client import acknowledged
from handbook.client.outbox import CHANGED_BY
from handbook.client.tables.personal import cell_marks, outbox, reviews
from handbook.errors import BadInput
from handbook.model.changes import Changes
from handbook.protocol.submissions import SubmissionKind

if TYPE_CHECKING:
    from handbook.client.store import Store

WRITTEN = frozenset({SubmissionKind.REFLECTION, SubmissionKind.WITHDRAWAL, SubmissionKind.FILE})
"""Texts of the member's own: they are taken back to write on where they were written, never dropped here."""
_TOLD = {SubmissionKind.REVIEW: reviews, SubmissionKind.CELL_MARK: cell_marks}


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that was taken out of the outbox, whole, so that it can be put back in its place.

    `told` is what this PC kept of a review or a mark: only the refusal in the outbox had it not count.
    """

    kind: SubmissionKind
    row: dict[str, Any]
    told: dict[str, Any] | None


def drop(store: "Store", lineage: str, revision: int) -> tuple[Dropped, Changes]:
    """Takes a refused row out of the outbox; a review or a mark goes with it, a tick stays as it is here.

    Raises BadInput unless it was set aside and is no text of the member's own.
    """
    named = (outbox.c.lineage == lineage, outbox.c.revision == revision, outbox.c.set_aside)
    with store.personal.write() as connection:
        row = connection.execute(select(outbox).where(*named)).mappings().one_or_none()
        if row is None or SubmissionKind(row["kind"]) in WRITTEN:
            raise BadInput(
                "Mục này không bỏ được khỏi hàng chờ.",
                "Bài thu hoạch thì mở ở Học tập để sửa hoặc chọn bản giữ lại; mục khác hãy xem lại hàng chờ.",
            )
        connection.execute(delete(outbox).where(*named))
        acknowledged.let_go(connection, lineage, revision)
        kind, told = SubmissionKind(row["kind"]), None
        if (table := _TOLD.get(kind)) is not None:
            told = connection.execute(select(table).where(table.c.id == lineage)).mappings().one_or_none()
            connection.execute(delete(table).where(table.c.id == lineage))
    dropped = Dropped(kind, dict(row), dict(told) if told else None)
    return dropped, store.announce(CHANGED_BY[dropped.kind])


def put_back(store: "Store", dropped: Dropped) -> Changes:
    """Puts the row back where it stood, still set aside with its reason."""
    with store.personal.write() as connection:
        connection.execute(insert(outbox).values(dropped.row))
        if dropped.told:
            connection.execute(insert(_TOLD[dropped.kind]).values(dropped.told))
    return store.announce(CHANGED_BY[dropped.kind])
