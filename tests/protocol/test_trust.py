"""Who may publish what."""

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tuf.api.metadata import DelegatedRole

from handbook.errors import Untrusted
from handbook.protocol import codec, trust
from handbook.protocol.receipts import ReceiptKey

PUBLISHERS = ("central", "hongson", "hongson/anbinh", "hongson/anphu", "haivan", "haivan/anbinh")


def may_sign(publisher: str, path: str) -> bool:
    """Whether python-tuf lets the role of the publisher sign this path."""
    role = DelegatedRole(trust.role_of(publisher), [], 1, terminating=True, paths=trust.paths_of(publisher))
    return role.is_delegated_path(path)


@pytest.mark.parametrize("publisher", PUBLISHERS)
@pytest.mark.parametrize("other", PUBLISHERS)
def test_a_role_signs_only_below_its_own_path(publisher: str, other: str) -> None:
    assert may_sign(publisher, trust.catalogue_path(other)) == (
        other == publisher or other.startswith(publisher + "/")
    )


def test_no_role_reaches_outside_by_dots_or_depth() -> None:
    for publisher in PUBLISHERS:
        assert not may_sign(
            publisher, f"../{trust.catalogue_path('central')}" if publisher != "central" else "a"
        )
        assert not may_sign(publisher, f"{publisher}/a/b/c/catalogue.json")


@pytest.mark.parametrize(
    ("unit", "publishers"),
    [
        ("hongson/anbinh/khu-pho-1", ("central", "hongson", "hongson/anbinh")),
        ("hongson/anbinh/khu-pho-1/to-2", ("central", "hongson", "hongson/anbinh")),
        ("hongson/anbinh", ("central", "hongson", "hongson/anbinh")),
        ("hongson", ("central", "hongson")),
        ("central", ("central",)),
    ],
)
def test_a_member_reads_what_the_levels_above_publish(unit: str, publishers: tuple[str, ...]) -> None:
    assert trust.publishers_for(unit) == publishers


def test_roles_and_delegators_follow_the_path() -> None:
    assert [trust.role_of(publisher) for publisher in PUBLISHERS[:3]] == [
        "central",
        "hongson",
        "hongson.anbinh",
    ]
    assert [trust.delegator_of(role) for role in ("central", "hongson", "hongson.anbinh")] == [
        "targets",
        "targets",
        "hongson",
    ]


@pytest.mark.parametrize("path", ["central", "hongson", "hongson/anbinh", "tinh-2/xa-15"])
def test_good_publisher_paths(path: str) -> None:
    assert trust.is_publisher_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a/b/c",
        "../x",
        "/a",
        "a/",
        "A",
        "a.b",
        "a b",
        "central/x",
        "root",
        "targets",
        "snapshot",
        "timestamp",
    ],
)
def test_bad_publisher_paths(path: str) -> None:
    assert not trust.is_publisher_path(path)


@pytest.mark.parametrize(
    "item_id",
    [
        "central/15-nq-tw",
        "hongson/15-nq-tw",
        "hongson/anphu/thong-bao",
        "hongson/anbinh",
        "hongson/anbinh/",
        "hongson/anbinh/a/b",
        "hongson/anbinh/../../central/x",
        "hongson/anbinh/..",
        "hongson/anbinh/%2e%2e",
        "hongson/anbinh/a\\b",
        "hongson/anbinh/A",
        "/hongson/anbinh/a",
        "hongson//anbinh/a",
        "hongson/anbinh/" + "a" * trust.MAX_ID_CHARACTERS,
        "",
    ],
)
def test_a_commune_cannot_smuggle_what_is_not_its_own(item_id: str) -> None:
    with pytest.raises(Untrusted):
        trust.check_item_id(item_id, "hongson/anbinh")


@given(st.text(max_size=30), st.sampled_from(PUBLISHERS))
def test_an_accepted_id_is_the_publishers_path_and_one_plain_word(text: str, publisher: str) -> None:
    item_id = f"{publisher}/{text}"
    try:
        trust.check_item_id(item_id, publisher)
    except Untrusted:
        return
    assert text and not set(text) - set("abcdefghijklmnopqrstuvwxyz0123456789-")


SHA = "ab" * 32


def catalogue(**changes) -> trust.Catalogue:
    fields = {
        "publisher": "central",
        "name": "Trung ương",
        "version": 3,
        "receipt_keys": (ReceiptKey("k", "p"),),
        "dictionaries": (trust.DictionaryRef(sha256=SHA, length=9),),
        "packs": (
            trust.PackRef(sha256=SHA, length=9, sequence=1, items=2),
            trust.PackRef(sha256=SHA, length=9, sequence=3, items=2),
        ),
    }
    return trust.Catalogue(**fields | changes)


def pack(**changes) -> tuple[trust.PackRef, ...]:
    return (trust.PackRef(**{"sha256": SHA, "length": 9, "sequence": 1, "items": 2} | changes),)


def test_a_catalogue_is_read_as_it_was_written() -> None:
    assert trust.read_catalogue(codec.encode(catalogue()), "central") == catalogue()


def test_a_field_of_a_later_version_is_passed_over() -> None:
    data = codec.encode(catalogue()).replace(b'{"', b'{"audience":["x"],"', 1)
    assert trust.read_catalogue(data, "central") == catalogue()


@pytest.mark.parametrize(
    "bad",
    [
        {"publisher": "hongson"},
        {"format": 2},
        {"version": 0},
        {"packs": pack(sequence=4)},
        {"packs": pack(sequence=0)},
        {"packs": tuple(reversed(catalogue().packs))},
        {"packs": pack(length=0)},
        {"packs": pack(length=1 << 40)},
        {"packs": pack(sha256="../../x")},
        {"packs": pack(sha256=SHA.upper())},
        {"dictionaries": (trust.DictionaryRef(sha256=SHA, length=1 << 30),)},
        {"dictionaries": (trust.DictionaryRef(sha256="x", length=1),)},
    ],
)
def test_a_catalogue_with_senseless_figures_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(Untrusted):
        trust.read_catalogue(codec.encode(catalogue(**bad)), "central")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"publisher": 1}', b" " * 600_000])
def test_a_catalogue_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(Untrusted):
        trust.read_catalogue(data, "central")


def test_a_catalogue_travels_compressed_and_is_the_same() -> None:
    data = trust.write_catalogue(catalogue())
    assert data[:4] == zstandard.FRAME_HEADER
    assert trust.read_catalogue(data, "central") == catalogue()


@pytest.mark.parametrize(
    "data",
    [
        zstandard.FRAME_HEADER,
        zstandard.ZstdCompressor().compress(b"[]"),
        zstandard.ZstdCompressor().compress(b" " * (trust.MAX_CATALOGUE_BYTES + 1)),
        zstandard.ZstdCompressor(write_content_size=False).compress(b"{}"),
        zstandard.ZstdCompressor().compress(b"{}")[:-1],
        zstandard.ZstdCompressor().compress(b"{}") + b"{}",
    ],
    ids=["header", "no record", "bomb", "no length", "cut", "more"],
)
def test_a_compressed_catalogue_that_is_not_sound_is_refused(data: bytes) -> None:
    with pytest.raises(Untrusted):
        trust.read_catalogue(data, "central")


@given(st.dictionaries(st.text(max_size=40), st.binary(max_size=200), max_size=8))
def test_a_preface_gives_back_its_files(files: dict[str, bytes]) -> None:
    assert trust.read_preface(trust.write_preface(files)) == files


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda rest: b'[["a",3],["b",-1]]\n' + rest))
def test_whatever_bytes_are_no_preface_are_refused_as_untrusted(data: bytes) -> None:
    try:
        files = trust.read_preface(data)
    except Untrusted:
        return
    assert sum(map(len, files.values())) <= len(data)
