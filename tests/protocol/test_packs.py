"""A pack gives back what was put in, or is refused: there is no third outcome."""

import hashlib
import struct
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from handbook.errors import BadInput, Untrusted
from handbook.protocol import codec, packs
from handbook.protocol.packs import Item, ItemKind
from tests.protocol.samples import assignment, document, item_lists

ITEMS = [
    packs.document_item(document()),
    packs.assignment_item(assignment()),
    Item(id="central/cu", kind=ItemKind.WITHDRAWAL, edition=4),
]


def packed(items: Iterable[Item], dictionary: bytes = b"") -> bytes:
    [(pack, _)] = packs.build_packs(items, dictionary)
    return pack


def opened(data: bytes, dictionary: bytes = b"", sha256: str = "") -> list[Item]:
    return list(packs.open_pack(data, sha256 or hashlib.sha256(data).hexdigest(), dictionary))


@given(item_lists())
def test_what_was_packed_comes_out_again_in_order(items: list[Item]) -> None:
    built = list(packs.build_packs(items))
    assert [item for pack, _ in built for item in opened(pack)] == items
    assert sum(count for _, count in built) == len(items)


@given(st.data())
def test_any_changed_byte_is_refused(data: st.DataObject) -> None:
    pack = packed(ITEMS)
    at = data.draw(st.integers(0, len(pack) - 1))
    changed = bytearray(pack)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Untrusted):
        opened(bytes(changed), sha256=hashlib.sha256(pack).hexdigest())
    # Its own hashes hold as well, for one who reads only part of a pack: the same content or none.
    with suppress(Untrusted):
        assert opened(bytes(changed)) == ITEMS


@given(st.data())
def test_a_truncated_or_extended_pack_is_refused(data: st.DataObject) -> None:
    pack = packed(ITEMS)
    other = pack[: data.draw(st.integers(0, len(pack) - 1))]
    if data.draw(st.booleans()):
        other = pack + data.draw(st.binary(min_size=1, max_size=9))
    for sha256 in (hashlib.sha256(pack).hexdigest(), hashlib.sha256(other).hexdigest()):
        with pytest.raises(Untrusted):
            opened(other, sha256=sha256)


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(Untrusted):
        opened(noise)
    with pytest.raises(Untrusted):
        opened(
            packs._HEADER.pack(b"HBPACK", 1, len(noise), 9, hashlib.sha256(noise).digest(), bytes(32)) + noise
        )


def test_records_come_back_as_they_were() -> None:
    records = [packs.record_of(item) for item in opened(packed(ITEMS))]
    assert records == [document(), assignment(), None]


def test_an_item_that_is_not_what_the_index_says_is_refused() -> None:
    payload = ITEMS[0].payload
    for item in (
        Item(id="central/khac", kind=ItemKind.DOCUMENT, edition=1, payload=payload),
        Item(id=ITEMS[0].id, kind=ItemKind.DOCUMENT, edition=2, payload=payload),
        Item(id=ITEMS[0].id, kind=ItemKind.ASSIGNMENT, edition=1, payload=payload),
        Item(id=ITEMS[0].id, kind=ItemKind.WITHDRAWAL, edition=1, payload=payload),
        Item(id=ITEMS[0].id, kind=ItemKind.DOCUMENT, edition=1, payload=b"{"),
    ):
        with pytest.raises(Untrusted):
            packs.record_of(item)


def test_a_pack_can_be_read_by_ranges() -> None:
    pack = packed(ITEMS)
    header = packs.read_header(pack[: packs.HEADER_BYTES])
    entries = packs.read_index(header, pack[packs.HEADER_BYTES : header.items_start])
    entry = entries[1]
    start = header.items_start + entry.offset
    assert packs.read_item(entry, pack[start : start + entry.length]) == ITEMS[1]
    assert packs.index_of(pack) == entries


def test_a_shared_dictionary_is_named_and_required() -> None:
    items = [
        packs.document_item(document(f"so-{number}", text=f"Điều {number}. Chi bộ họp mỗi tháng. " * 20))
        for number in range(150)
    ]
    dictionary = zstandard.train_dictionary(4096, [item.payload for item in items]).as_bytes()
    pack = packed(items, dictionary)
    assert packs.read_header(pack).dictionary == hashlib.sha256(dictionary).hexdigest()
    assert opened(pack, dictionary) == items
    assert len(pack) < len(packed(items))
    for wrong in (b"", dictionary[:-1]):
        with pytest.raises(Untrusted):
            opened(pack, wrong)


def test_a_dictionary_is_trained_only_where_it_pays() -> None:
    few = [packs.document_item(document(f"so-{number}")) for number in range(20)]
    assert packs.train_dictionary(few) == b""
    texts = (
        f"Nghị quyết số {n} của chi bộ {n * 7 % 31} về công tác tháng {n % 12 + 1}. " for n in range(4000)
    )
    many = [packs.document_item(document(f"so-{n}", text=text * 3)) for n, text in enumerate(texts)]
    trained = packs.train_dictionary(many, 8 * packs.KIB)
    assert trained
    plain = sum(len(pack) for pack, _ in packs.build_packs(many))
    assert sum(len(pack) for pack, _ in packs.build_packs(many, trained)) + len(trained) < plain


def test_packs_close_at_about_their_target_and_within_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "TARGET_PACK_BYTES", 4000)
    monkeypatch.setattr(packs, "LAST_PACK_BYTES", 4000)
    monkeypatch.setattr(packs, "MAX_ITEMS", 5)
    noise = [hashlib.shake_256(bytes([number])).digest(1500) for number in range(12)]
    big = [
        Item(id=f"central/b{n}", kind=ItemKind.DOCUMENT, edition=1, payload=p) for n, p in enumerate(noise)
    ]
    assert [count for _, count in packs.build_packs(big)] == [3, 3, 3, 3]
    small = [Item(id=f"central/w{number}", kind=ItemKind.WITHDRAWAL, edition=1) for number in range(12)]
    assert [count for _, count in packs.build_packs(small)] == [5, 5, 2]


def test_the_end_of_a_large_publishing_is_in_small_packs_that_are_soon_applied() -> None:
    noise = [hashlib.shake_256(bytes([number])).digest(16 * packs.KIB) for number in range(120)]
    many = [
        Item(id=f"central/b{n}", kind=ItemKind.DOCUMENT, edition=1, payload=p) for n, p in enumerate(noise)
    ]
    assert [count for _, count in packs.build_packs(many)] == [16, 16, 16, 16, 14, 11, 8, 6, 5, 4, 4, 4]
    assert [count for _, count in packs.build_packs(many[:16])] == [16], "one pack is one request"


def test_an_item_too_large_to_publish_is_refused_before_anything_is_written() -> None:
    large = Item(id="central/x", kind=ItemKind.DOCUMENT, edition=1, payload=bytes(packs.MAX_ITEM_BYTES + 1))
    dense = hashlib.shake_256(b"").digest(packs.MAX_FRAMES_BYTES + 1)
    for item in (large, Item(id="central/y", kind=ItemKind.DOCUMENT, edition=1, payload=dense)):
        with pytest.raises(BadInput, match="quá lớn"):
            list(packs.build_packs([item]))


def forged(entries: object, frames: bytes, raw_index_length: int | None = None) -> bytes:
    """A pack with any index over any frames, its own hashes right."""
    raw = codec.encode(entries)
    index = zstandard.compress(raw)
    length = len(raw) if raw_index_length is None else raw_index_length
    header = packs._HEADER.pack(b"HBPACK", 1, len(index), length, hashlib.sha256(index).digest(), bytes(32))
    return header + index + frames


def zeros(length: int) -> bytes:
    """A zstd frame of so many zeros that says so, made in little memory."""
    compressor = zstandard.ZstdCompressor().compressobj(size=length)
    block = bytes(packs.MIB)
    pieces = [compressor.compress(block) for _ in range(length // len(block))]
    return b"".join([*pieces, compressor.flush()])


def entry(frame: bytes, **changes) -> dict[str, object]:
    fields = {
        "id": "central/x",
        "kind": "document",
        "edition": 1,
        "offset": 0,
        "length": len(frame),
        "raw_length": 10,
        "sha256": hashlib.sha256(frame).hexdigest(),
    }
    return fields | changes


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Fails when the test holds more than a few packs' worth of memory at any time."""
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * packs.MAX_PACK_BYTES


def test_a_decompression_bomb_is_refused_unopened(little_memory: None) -> None:
    bomb = zeros(1 << 30)
    assert len(bomb) < packs.MAX_PACK_BYTES
    # It says a gigabyte and the index says ten bytes, or the index admits it and is over the limit.
    for raw_length in (10, 1 << 30):
        with pytest.raises(Untrusted):
            opened(forged([entry(bomb, raw_length=raw_length)], bomb))
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 20))
    with pytest.raises(Untrusted):
        opened(forged([entry(silent)], silent))


def test_a_bomb_in_the_index_is_refused_unopened(little_memory: None) -> None:
    bomb = zeros(1 << 28)
    for announced in (10, packs.MAX_INDEX_BYTES, (1 << 28)):
        digest = hashlib.sha256(bomb).digest()
        header = packs._HEADER.pack(b"HBPACK", 1, len(bomb), announced, digest, bytes(32))
        with pytest.raises(Untrusted):
            opened(header + bomb)


@pytest.mark.parametrize(
    "change",
    [
        {"offset": 1},
        {"offset": -1},
        {"length": -1},
        {"length": 99},
        {"raw_length": -1},
        {"raw_length": 11},
        {"edition": 0},
        {"kind": "thứ khác"},
        {"sha256": "00"},
        {"id": 7},
    ],
)
def test_an_index_that_does_not_fit_its_items_is_refused(change: dict[str, object]) -> None:
    frame = zstandard.compress(b"0123456789")
    assert opened(forged([entry(frame)], frame))
    with pytest.raises(Untrusted):
        opened(forged([entry(frame, **change)], frame))


def test_an_id_twice_in_one_pack_and_too_many_items_are_refused() -> None:
    frame = zstandard.compress(b"0123456789")
    with pytest.raises(Untrusted, match="hai lần"):
        opened(forged([entry(frame), entry(frame, offset=len(frame))], frame * 2))
    none = hashlib.sha256(b"").hexdigest()
    many = [
        entry(b"", id=f"central/{number}", kind="withdrawal", raw_length=0, sha256=none)
        for number in range(packs.MAX_ITEMS + 1)
    ]
    with pytest.raises(Untrusted, match="quá nhiều"):
        opened(forged(many, b""))


def test_a_pack_beyond_the_limit_is_refused() -> None:
    with pytest.raises(Untrusted, match="vượt giới hạn"):
        opened(bytes(packs.MAX_PACK_BYTES + 1))


def test_a_newer_format_says_that_the_program_must_be_updated() -> None:
    pack = bytearray(packed(ITEMS))
    struct.pack_into(">H", pack, 6, 2)
    with pytest.raises(Untrusted) as refused:
        opened(bytes(pack))
    assert "cập nhật" in refused.value.advice
