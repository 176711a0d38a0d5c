"""Packs: immutable files of published items, each item compressed by itself, with the index in front.

| bytes | what |
|---|---|
| 0-5 | `HBPACK` |
| 6-7 | format version, unsigned big-endian (as all numbers here): 1 |
| 8-11 | length of the index as stored |
| 12-15 | length of the index decompressed |
| 16-47 | SHA-256 of the index as stored |
| 48-79 | SHA-256 of the zstd dictionary of the items, or zeros for none |
| 80- | the index: zstd over a JSON array of `Entry` |
| then | the items in the order of the index, one zstd frame each, without gaps, to the end of the file |

An item's payload is the codec's JSON of a Document or an Assignment, or the bytes of an asset, whose id ends
in their SHA-256; a withdrawal has a Recall or nothing. Bytes are always checked against their hash before
they are decompressed, and never to more than the index announces. The file is named by the SHA-256 of all of
it, which the signed catalogue repeats: that makes it trusted.
"""

import hashlib
import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import zstandard

from handbook.errors import BadInput, Untrusted
from handbook.model.library import Document, Recall
from handbook.model.study import Assignment
from handbook.protocol import assets, codec
from handbook.protocol.assets import Asset

KIB = 1024
MIB = 1024 * KIB

FORMAT = 1
MAX_PACK_BYTES = 4 * MIB
# A pack is closed when it has grown to this. Items are compressed one by one, so that smaller packs cost
# little; a PC applies one while the next comes, and after the last byte only one is left to apply.
TARGET_PACK_BYTES = 256 * KIB
# Of a publishing that takes several, each of the last packs is a quarter of what is left, down to this: when
# the last byte has come, little is left to apply.
LAST_PACK_BYTES = 64 * KIB
MAX_ITEM_BYTES = 8 * MIB  # one item, decompressed
MAX_ITEMS = 4096  # in one pack
MAX_INDEX_BYTES = 2 * MIB  # decompressed
MAX_FRAMES_BYTES = MAX_PACK_BYTES - MAX_INDEX_BYTES
MAX_DICTIONARY_BYTES = 128 * KIB
MAX_COUNT = 2**53  # editions, and publishings: what every JSON reader and SQLite can hold
MIN_DICTIONARY_SAMPLES = 100  # on fewer the gain never repays the dictionary

# On 14 MB of laws, with a dictionary: 10 % smaller than level 9; level 19 saves 1 % more in 1.7 x the time.
COMPRESSION_LEVEL = 15

_MAGIC = b"HBPACK"
_HEADER = struct.Struct(">6sHII32s32s")
HEADER_BYTES = _HEADER.size
_NO_DICTIONARY = bytes(32)

_ADVICE = "Nội dung đã cài vẫn đọc được. Hãy đồng bộ lại sau; nếu vẫn vậy, báo cho nơi phát hành."


class ItemKind(StrEnum):
    DOCUMENT = "document"
    ASSIGNMENT = "assignment"
    ASSET = "asset"  # an image or attachment; its bytes never change
    WITHDRAWAL = "withdrawal"  # the id is no longer published


_RECORDS = {
    ItemKind.DOCUMENT: Document,
    ItemKind.ASSIGNMENT: Assignment,
    ItemKind.WITHDRAWAL: Recall,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One published thing. `edition` grows with every change of this id, its withdrawal included."""

    id: str
    kind: ItemKind
    edition: int
    payload: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item in the index. `offset` counts from the end of the index, `sha256` is of the bytes as stored."""

    id: str
    kind: ItemKind
    edition: int
    offset: int
    length: int
    raw_length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Frame:
    """An item as a pack stores it: `data` is a zstd frame of `raw_length` bytes, or nothing."""

    id: str
    kind: ItemKind
    edition: int
    raw_length: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the first HEADER_BYTES say. `dictionary` is a hexadecimal SHA-256, or empty."""

    index_length: int
    index_raw_length: int
    index_sha256: bytes
    dictionary: str

    @property
    def items_start(self) -> int:
        return HEADER_BYTES + self.index_length


def document_item(document: Document) -> Item:
    return Item(
        id=document.id, kind=ItemKind.DOCUMENT, edition=document.edition, payload=codec.encode(document)
    )


def assignment_item(assignment: Assignment) -> Item:
    return Item(
        id=assignment.id,
        kind=ItemKind.ASSIGNMENT,
        edition=assignment.edition,
        payload=codec.encode(assignment),
    )


def asset_item(asset: Asset) -> Item:
    return Item(id=asset.id, kind=ItemKind.ASSET, edition=asset.edition, payload=asset.data)


def recall_item(recall: Recall) -> Item:
    """Withdraws a document and says why."""
    return Item(id=recall.id, kind=ItemKind.WITHDRAWAL, edition=recall.edition, payload=codec.encode(recall))


def record_of(item: Item) -> Document | Assignment | Asset | Recall | None:
    """The record inside an item; None for a withdrawal that gives no reason.

    Raises Untrusted when the index says otherwise.
    """
    if item.kind is ItemKind.WITHDRAWAL and not item.payload:
        return None
    if item.kind is ItemKind.ASSET:
        if item.id.rpartition("/")[2] != assets.sha256_of(item.payload):
            raise _broken(f"tệp kèm {item.id} khác với mã của nó")
        return Asset(item.id, item.edition, item.payload)
    record_type = _RECORDS[item.kind]
    try:
        record = codec.decode(item.payload, record_type, limit=MAX_ITEM_BYTES)
    except BadInput as error:
        raise _broken(f"mục {item.id} sai khuôn dạng") from error
    if (record.id, record.edition) != (item.id, item.edition):
        raise _broken(f"mục {item.id} khác với mục lục của gói")
    if isinstance(record, Document) and not assets.are_sound(record):
        raise _broken(f"văn bản {item.id} có hình hoặc tệp kèm ngoài giới hạn")
    return record


def build_packs(items: Iterable[Item], dictionary: bytes = b"") -> Iterator[tuple[bytes, int]]:
    """Packs of about TARGET_PACK_BYTES with these items in this order, each with the number of its items.

    Of several the last ones are smaller and smaller, down to LAST_PACK_BYTES.

    Raises BadInput when an item is too large to be published.
    """
    frames = tuple(compressed(items, dictionary))
    return pack_frames(frames, dictionary, total=sum(len(frame.data) for frame in frames))


def compressed(items: Iterable[Item], dictionary: bytes = b"") -> Iterator[Frame]:
    """The items as they lie in a pack with this dictionary. Raises BadInput for one that is too large."""
    shared = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    compressor = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL, dict_data=shared)
    for item in items:
        data = compressor.compress(item.payload) if item.payload else b""
        if len(item.payload) > MAX_ITEM_BYTES or len(data) > MAX_FRAMES_BYTES:
            raise _too_large(item)
        yield Frame(item.id, item.kind, item.edition, len(item.payload), data)


def pack_frames(
    frames: Iterable[Frame], dictionary: bytes = b"", *, total: float = math.inf
) -> Iterator[tuple[bytes, int]]:
    """As `build_packs`, of items that are compressed with this dictionary already and `total` bytes in all;
    without a total the last packs are no smaller than the others."""
    group: list[Frame] = []
    length, target = 0, TARGET_PACK_BYTES
    for frame in frames:
        is_full = length >= target or length + len(frame.data) > MAX_FRAMES_BYTES or len(group) == MAX_ITEMS
        if group and is_full:
            yield _pack(group, dictionary), len(group)
            total -= length
            target = max(LAST_PACK_BYTES, min(TARGET_PACK_BYTES, total / 4))
            group, length = [], 0
        group.append(frame)
        length += len(frame.data)
    if group:
        yield _pack(group, dictionary), len(group)


def _pack(group: list[Frame], dictionary: bytes) -> bytes:
    entries, offset = [], 0
    for frame in group:
        entries.append(
            Entry(
                id=frame.id,
                kind=frame.kind,
                edition=frame.edition,
                offset=offset,
                length=len(frame.data),
                raw_length=frame.raw_length,
                sha256=hashlib.sha256(frame.data).hexdigest(),
            )
        )
        offset += len(frame.data)
    raw_index = codec.encode(entries)
    index = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL).compress(raw_index)
    header = _HEADER.pack(
        _MAGIC,
        FORMAT,
        len(index),
        len(raw_index),
        hashlib.sha256(index).digest(),
        bytes.fromhex(dictionary_name(dictionary)) or _NO_DICTIONARY,
    )
    return b"".join((header, index, *(frame.data for frame in group)))


def dictionary_name(dictionary: bytes) -> str:
    """What a header calls it: its SHA-256, hexadecimal; '' for none."""
    return hashlib.sha256(dictionary).hexdigest() if dictionary else ""


def train_dictionary(items: Sequence[Item], size: int = 64 * KIB) -> bytes:
    """A zstd dictionary over the payloads, or nothing when it would save less than it costs to send."""
    samples = [item.payload for item in items if item.payload]
    if len(samples) < MIN_DICTIONARY_SAMPLES:
        return b""
    shared = zstandard.train_dictionary(size, [sample[: 16 * KIB] for sample in samples])
    plain, helped = zstandard.ZstdCompressor(), zstandard.ZstdCompressor(dict_data=shared)
    some = samples[:: max(1, len(samples) // 50)]
    saved = sum(len(plain.compress(sample)) - len(helped.compress(sample)) for sample in some)
    raw = shared.as_bytes()
    return raw if saved * len(samples) // len(some) > len(raw) else b""


def read_header(data: bytes) -> Header:
    """The header at the start of `data`. Raises Untrusted."""
    if len(data) < HEADER_BYTES:
        raise _broken("gói bị cụt")
    magic, version, length, raw_length, sha256, dictionary = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise _broken("không phải gói nội dung")
    if version != FORMAT:
        raise Untrusted(
            f"Gói nội dung thuộc khuôn dạng {version}, bản Sổ tay này chỉ đọc được khuôn dạng {FORMAT}.",
            "Hãy cập nhật Sổ tay lên bản mới. Nội dung đã cài vẫn đọc được.",
        )
    if raw_length > MAX_INDEX_BYTES or length > MAX_INDEX_BYTES:
        raise _broken("mục lục vượt giới hạn")
    return Header(
        index_length=length,
        index_raw_length=raw_length,
        index_sha256=sha256,
        dictionary="" if dictionary == _NO_DICTIONARY else dictionary.hex(),
    )


def read_index(header: Header, stored: bytes) -> tuple[Entry, ...]:
    """The entries in the index bytes that follow the header. Raises Untrusted."""
    if len(stored) != header.index_length or hashlib.sha256(stored).digest() != header.index_sha256:
        raise _broken("mục lục sai mã băm")
    raw = _decompress(zstandard.ZstdDecompressor(), stored, header.index_raw_length)
    try:
        entries = codec.decode(raw, tuple[Entry, ...], limit=MAX_INDEX_BYTES)
    except BadInput as error:
        raise _broken("mục lục sai khuôn dạng") from error
    if len(entries) > MAX_ITEMS:
        raise _broken("quá nhiều mục")
    expected = 0
    for entry in entries:
        if entry.offset != expected or entry.length < 0 or not 1 <= entry.edition <= MAX_COUNT:
            raise _broken(f"mục {entry.id} không khớp mục lục")
        if not 0 <= entry.raw_length <= MAX_ITEM_BYTES:
            raise _broken(f"mục {entry.id} vượt giới hạn")
        expected += entry.length
    if len({entry.id for entry in entries}) != len(entries):
        raise _broken("một mục có mặt hai lần")
    return entries


def read_item(entry: Entry, stored: bytes, dictionary: bytes = b"") -> Item:
    """The item whose stored bytes these are. Raises Untrusted."""
    shared = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    return _read_item(entry, stored, zstandard.ZstdDecompressor(dict_data=shared))


def open_pack(data: bytes, sha256: str, dictionary: bytes = b"") -> Iterator[Item]:
    """The items of a whole pack, one at a time in memory, after every hash and length of it has been checked.

    `sha256` is the pack's name in the signed catalogue; `dictionary` is needed when the header names one.
    Raises Untrusted, and only that, for whatever bytes; before the first item for anything but zstd frames.
    """
    header = checked_header(data, sha256)
    if header.dictionary != dictionary_name(dictionary):
        raise _broken("gói cần một từ điển nén khác")
    entries = read_index(header, data[HEADER_BYTES : header.items_start])
    if header.items_start + sum(entry.length for entry in entries) != len(data):
        raise _broken("độ dài gói không khớp mục lục")
    shared = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    return _read_items(entries, memoryview(data)[header.items_start :], shared)


def checked_header(data: bytes, sha256: str) -> Header:
    """The header of a whole pack that bears this name. Raises Untrusted."""
    if len(data) > MAX_PACK_BYTES:
        raise _broken("gói vượt giới hạn")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _broken("gói sai mã băm")
    return read_header(data)


def index_of(data: bytes) -> tuple[Entry, ...]:
    """The entries of a pack whose bytes are trusted already."""
    header = read_header(data)
    return read_index(header, data[HEADER_BYTES : header.items_start])


def _read_items(
    entries: tuple[Entry, ...], frames: memoryview, shared: zstandard.ZstdCompressionDict | None
) -> Iterator[Item]:
    decompressor = zstandard.ZstdDecompressor(dict_data=shared)
    for entry in entries:
        yield _read_item(entry, bytes(frames[entry.offset : entry.offset + entry.length]), decompressor)


def _read_item(entry: Entry, stored: bytes, decompressor: zstandard.ZstdDecompressor) -> Item:
    if len(stored) != entry.length or hashlib.sha256(stored).hexdigest() != entry.sha256:
        raise _broken(f"mục {entry.id} sai mã băm")
    payload = _decompress(decompressor, stored, entry.raw_length) if stored else b""
    if len(payload) != entry.raw_length:
        raise _broken(f"mục {entry.id} sai độ dài")
    return Item(id=entry.id, kind=entry.kind, edition=entry.edition, payload=payload)


def _decompress(decompressor: zstandard.ZstdDecompressor, stored: bytes, raw_length: int) -> bytes:
    """Exactly `raw_length` bytes; never allocates more, whatever the frame itself announces."""
    try:
        announced = zstandard.frame_content_size(stored)
        if announced != raw_length:
            raise _broken("độ dài sau giải nén không khớp mục lục")
        raw = decompressor.decompress(stored, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise _broken("không giải nén được") from error
    if len(raw) != raw_length:
        raise _broken("độ dài sau giải nén không khớp mục lục")
    return raw


def _broken(what: str) -> Untrusted:
    return Untrusted(f"Gói nội dung không còn nguyên vẹn ({what}) nên không được dùng.", _ADVICE)


def _too_large(item: Item) -> BadInput:
    return BadInput(
        f"{item.id} quá lớn để phát hành ({len(item.payload) / MIB:.1f} MB; giới hạn "
        f"{MAX_ITEM_BYTES // MIB} MB và không quá {MAX_FRAMES_BYTES // MIB} MB sau khi nén).",
        "Hãy chia văn bản thành nhiều phần.",
    )
