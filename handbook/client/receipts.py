"""Receipts of the member's own submissions: verified against the published keys before they are kept."""

import hashlib

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.store import Store
from handbook.client.tables.library import receipt_keys
from handbook.client.tables.personal import receipts
from handbook.errors import Untrusted
from handbook.protocol.receipts import Receipt, ReceiptKey, acknowledges, verify
from handbook.protocol.submissions import Submission, SubmissionKind


def published_keys(store: Store) -> tuple[ReceiptKey, ...]:
    """The keys that publishers announce in their signed catalogues, as last synced."""
    with store.library.read() as connection:
        rows = connection.execute(select(receipt_keys.c.id, receipt_keys.c.public))
        return tuple(ReceiptKey(row.id, row.public) for row in rows)


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


def from_row(row: Row) -> Receipt:
    """The receipt in a row that has the columns of the table `receipts`."""
    values = {name: getattr(row, name) for name in Receipt.__slots__}
    return Receipt(**values | {"kind": SubmissionKind(row.kind)})
