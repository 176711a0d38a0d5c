"""Receipts of the member's own submissions: verified against the published keys before they are kept."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client import disk
from handbook.client.store import Store
from handbook.client.tables.library import receipt_keys
from handbook.client.tables.personal import receipts, revisions
from handbook.errors import NotFound, Untrusted
from handbook.model.retention import erased_text
from handbook.protocol.receipt_files import ReceiptFile
from handbook.protocol.receipts import Receipt, ReceiptKey, acknowledges, verify
from handbook.protocol.submissions import Submission, SubmissionKind


def published_keys(store: Store) -> tuple[ReceiptKey, ...]:
    """The keys that publishers announce in their signed catalogues, as last synced."""
    with store.library.read() as connection:
        rows = connection.execute(select(receipt_keys.c.id, receipt_keys.c.public))
        return tuple(ReceiptKey(row.id, row.public) for row in rows)


def trusted_keys(data_dir: Path) -> tuple[ReceiptKey, ...]:
    """The keys that any profile of this PC has synced; needs nobody's password. Raises DiskProblem."""
    found: dict[str, ReceiptKey] = {}
    for file in sorted(data_dir.glob("profiles/*/library.db")):
        try:
            with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                rows = connection.execute("SELECT id, public FROM receipt_keys").fetchall()
        except sqlite3.Error as error:
            raise disk.damaged(file) from error
        found |= {id: ReceiptKey(id, public) for id, public in rows}
    return tuple(found.values())


def receipt_file(store: Store, lineage: str, revision: int) -> ReceiptFile:
    """The receipt of an own reflection with its text and the key that signed it.

    Raises NotFound when no receipt is held, Untrusted when it does not hold.
    """
    with store.personal.read() as connection:
        row = connection.execute(
            select(receipts).where(receipts.c.lineage == lineage, receipts.c.revision == revision)
        ).one_or_none()
        content = text_of(connection, lineage, revision)
    if row is None or content is None:
        raise NotFound("Bài này chưa có biên nhận.", "Biên nhận có sau khi máy chủ nhận bài.")
    receipt, keys = from_row(row), published_keys(store)
    check_text(receipt, content, keys)
    key = next(key for key in keys if key.id == receipt.key)
    return ReceiptFile(content=content, receipt=receipt, key=key)


def text_of(connection: Connection, lineage: str, revision: int) -> str | None:
    """The exact text of an own reflection. Raises NotFound when this PC learnt of it after it was erased."""
    row = connection.execute(
        select(revisions.c.content, revisions.c.erased_at).where(
            revisions.c.lineage == lineage, revisions.c.revision == revision
        )
    ).one_or_none()
    if row is not None and row.erased_at is not None:
        raise NotFound(
            erased_text(row.erased_at),
            "Tệp biên nhận đã lưu trước đó vẫn kiểm tra được.",
        )
    return row.content if row else None


def check_text(receipt: Receipt, content: str, keys: tuple[ReceiptKey, ...]) -> None:
    """Raises Untrusted unless a published key signed that this very text is held."""
    if receipt.sha256 != hashlib.sha256(content.encode()).hexdigest():
        raise Untrusted(
            "Biên nhận không khớp với bài đang lưu trên máy này.",
            "Đừng xoá gì; hãy báo quản trị máy chủ.",
        )
    verify(receipt, keys)


def check(receipt: Receipt, submission: Submission, author: str, keys: tuple[ReceiptKey, ...]) -> None:
    """Raises Untrusted unless a published key signed that exactly this submission of the author is held."""
    if not acknowledges(receipt, submission, author):
        raise Untrusted(
            "Biên nhận máy chủ trả về không phải của nội dung này.",
            "Nội dung vẫn được giữ và chờ gửi lại; hãy báo quản trị máy chủ.",
        )
    verify(receipt, keys)


def keep(connection: Connection, receipt: Receipt) -> None:
    """Keeps a receipt that `check` has passed; a second one for the same revision changes nothing."""
    values = {name: getattr(receipt, name) for name in Receipt.__slots__} | {"kind": receipt.kind.value}
    connection.execute(insert(receipts).values(values).on_conflict_do_nothing())


def of_revision(connection: Connection, lineage: str, revision: int) -> Receipt:
    """The receipt that is kept of an own submission."""
    row = connection.execute(
        select(receipts).where(receipts.c.lineage == lineage, receipts.c.revision == revision)
    ).one()
    return from_row(row)


def from_row(row: Row) -> Receipt:
    """The receipt in a row that has the columns of the table `receipts`."""
    values = {name: getattr(row, name) for name in Receipt.__slots__}
    return Receipt(**values | {"kind": SubmissionKind(row.kind)})
