"""A receipt as a file that proves itself: the exact text, the receipt over it, and the key that signed.

JSON of `ReceiptFile`, UTF-8, one object. Nothing in it is unsigned but `key`, which is believed only where
it is also published: see `judge`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from handbook.errors import BadInput, Untrusted
from handbook.protocol import codec
from handbook.protocol.receipts import Receipt, ReceiptKey, verify
from handbook.protocol.submissions import MAX_CONTENT_BYTES

FORMAT = "handbook receipt file v1"
MAX_FILE_BYTES = 7 * MAX_CONTENT_BYTES
"""A character of the text takes at most six bytes more inside a JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFile:
    """`content` is the submission's content to the byte, `key` the one that `receipt.key` names."""

    format: str = FORMAT
    content: str
    receipt: Receipt
    key: ReceiptKey


class Finding(StrEnum):
    """What a receipt file is worth."""

    VALID = "valid"
    ALTERED_TEXT = "altered-text"  # the receipt is genuine, but not about this text
    ALTERED_RECEIPT = "altered-receipt"  # the server did not sign what it says
    UNKNOWN_KEY = "unknown-key"  # signed by a key that nobody trusted has published


def to_bytes(file: ReceiptFile) -> bytes:
    return codec.encode(file) + b"\n"


def from_bytes(data: bytes) -> ReceiptFile:
    """Raises BadInput when it is no receipt file at all."""
    try:
        file = codec.decode(data, ReceiptFile, limit=MAX_FILE_BYTES)
    except BadInput as error:
        raise _not_a_receipt() from error
    if file.format != FORMAT:
        raise _not_a_receipt()
    return file


def judge(file: ReceiptFile, trusted: Iterable[ReceiptKey]) -> Finding:
    """What holds when only these keys are believed."""
    known = {key.id: key for key in trusted}
    receipt = file.receipt
    key = known.get(receipt.key, file.key)
    if file.key != key or not _is_signed(receipt, file.key):
        return Finding.ALTERED_RECEIPT
    if receipt.key not in known:
        return Finding.UNKNOWN_KEY
    if receipt.sha256 != sha256(file.content.encode()).hexdigest():
        return Finding.ALTERED_TEXT
    return Finding.VALID


def _is_signed(receipt: Receipt, key: ReceiptKey) -> bool:
    try:
        verify(receipt, [key])
    except Untrusted:
        return False
    return True


def _not_a_receipt() -> BadInput:
    return BadInput(
        "Tệp này không phải biên nhận của sổ tay, hoặc đã bị cắt cụt.",
        "Hãy dùng tệp .hbreceipt lưu từ màn hình Biên nhận; đừng sửa hay dán lại nội dung.",
    )
