"""JSON to checked model records and back."""

from typing import TypeVar

import msgspec

from handbook.errors import BadInput
from handbook.model.vietnamese import number_text

API_VERSION = 1

T = TypeVar("T")


def encode(record: object) -> bytes:
    """Compact JSON of a record; the same record always gives the same bytes."""
    return msgspec.json.encode(record, order="deterministic")


def decode(data: bytes | str, record_type: type[T], *, limit: int) -> T:
    """The record in `data`. Raises BadInput when it is longer than `limit` bytes or not such a record.

    Of text, msgspec leaves the UTF-8 bytes in the string: encoding it again later costs nothing.
    """
    if len(data) > limit:
        raise _too_long(len(data), limit)
    try:
        record = msgspec.json.decode(data, type=record_type)
        size = len(data.encode()) if isinstance(data, str) else len(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadInput(f"Dữ liệu nhận được không đúng khuôn dạng ({error}).") from error
    if size > limit:
        raise _too_long(size, limit)
    return record


def _too_long(size: int, limit: int) -> BadInput:
    return BadInput(f"Dữ liệu dài {number_text(size)} byte, giới hạn là {number_text(limit)} byte.")
