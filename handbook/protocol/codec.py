"""JSON to checked model records and back."""

from typing import TypeVar

import msgspec

from handbook.errors import BadInput

API_VERSION = 1

T = TypeVar("T")


def encode(record: object) -> bytes:
    """Compact JSON of a record; the same record always gives the same bytes."""
    return msgspec.json.encode(record, order="deterministic")


def decode(data: bytes, record_type: type[T], *, limit: int) -> T:
    """The record in `data`. Raises BadInput when it is longer than `limit` bytes or not such a record."""
    if len(data) > limit:
        raise BadInput(f"Dữ liệu dài {len(data):,} byte, giới hạn là {limit:,} byte.".replace(",", "."))
    try:
        return msgspec.json.decode(data, type=record_type)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"Dữ liệu nhận được không đúng khuôn dạng ({error}).") from error
