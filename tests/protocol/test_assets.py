"""What goes with a document is judged by its bytes, and a document cannot promise more than is allowed."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.errors import Untrusted
from handbook.model.library import MediaType
from handbook.protocol import assets
from handbook.protocol.assets import Picture, is_file_name, is_whole, media_type_of, picture_of
from handbook.protocol.packs import (
    MAX_PACK_BYTES,
    Item,
    ItemKind,
    build_packs,
    document_item,
    open_pack,
    record_of,
)
from tests import asset_files
from tests.client.samples import document

WHOLE = {
    MediaType.PNG: asset_files.png(),
    MediaType.JPEG: asset_files.jpeg(),
    MediaType.PDF: asset_files.PDF,
    MediaType.DOCX: asset_files.docx("Một"),
    MediaType.XLSX: asset_files.xlsx("Một"),
}


@pytest.mark.parametrize("media_type", MediaType)
def test_a_file_is_known_by_its_bytes(media_type: MediaType) -> None:
    assert media_type_of(WHOLE[media_type]) is media_type
    assert is_whole(WHOLE[media_type], media_type)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a\x01\x00\x01\x00",
        b"RIFF\x24\x00\x00\x00WEBPVP8 ",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"MZ\x90\x00",
        b"#!/bin/sh",
        b"PK\x03\x04not a package",
        asset_files.office(("readme.txt", "một")),
        asset_files.office(("word/document.xml", "<x/>"), ("word/vbaProject.bin", "macro")),
    ],
)
def test_what_is_not_allowed_has_no_type(data: bytes) -> None:
    assert media_type_of(data) is None


@pytest.mark.parametrize("media_type", MediaType)
def test_a_file_cut_anywhere_is_not_whole(media_type: MediaType) -> None:
    data = WHOLE[media_type]
    assert not any(is_whole(data[:length], media_type) for length in range(0, len(data) - 8, 7))


@given(st.sampled_from([asset_files.png(), asset_files.jpeg(exif=asset_files.exif((0x0112, 6)))]), st.data())
def test_a_damaged_picture_is_refused_or_measured_but_never_an_accident(
    data: bytes, drawn: st.DataObject
) -> None:
    at = drawn.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + drawn.draw(st.binary(max_size=8)) + data[at + 1 :]
    picture = picture_of(changed)
    assert picture is None or picture.width >= 0
    if data.startswith(b"\x89PNG") and changed != data:
        assert picture is None  # every byte of a PNG is under a checksum


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_first_ones_are_judged_without_an_accident(tail: bytes) -> None:
    for head in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1", b"PK\x03\x04", b"%PDF-"):
        kind = media_type_of(head + tail)
        assert kind is None or isinstance(is_whole(head + tail, kind), bool)


@pytest.mark.parametrize(
    ("orientation", "expected"), [(1, (40, 20)), (3, (40, 20)), (6, (20, 40)), (8, (20, 40))]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photograph_is_measured_the_way_it_is_seen(
    orientation: int, expected: tuple[int, int], order: str
) -> None:
    data = asset_files.jpeg(exif=asset_files.exif((0x0112, orientation), order=order))
    assert picture_of(data) == Picture(*expected, located=False)


def test_a_picture_that_tells_where_it_was_taken_is_known() -> None:
    located = asset_files.exif((0x0112, 1), (0x8825, 0))
    assert picture_of(asset_files.jpeg(exif=located)) == Picture(40, 20, located=True)
    in_png = asset_files.png(extra=asset_files.chunk(b"eXIf", located))
    assert picture_of(in_png) == Picture(40, 20, located=True)


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("mau-bai.docx", True),
        ("mau-bai.pdf", False),
        ("mau-bai.docx.exe", False),
        ("../mau.docx", False),
        ("Mẫu.docx", False),
        (".docx", False),
        ("a" * 96 + ".docx", False),
    ],
)
def test_a_name_says_what_the_file_is_and_suits_every_system(name: str, fits: bool) -> None:
    assert is_file_name(name, MediaType.DOCX) is fits


def test_an_asset_travels_as_it_is() -> None:
    item = asset_files.item(asset_files.png())
    [(pack, count)] = build_packs([item])
    assert count == 1
    assert list(open_pack(pack, assets.sha256_of(pack))) == [item]
    assert record_of(item) == assets.Asset(item.id, 1, asset_files.png())


def test_an_asset_that_is_not_what_its_id_says_is_refused() -> None:
    named = asset_files.item(asset_files.png()).id
    with pytest.raises(Untrusted, match="khác với mã của nó"):
        record_of(Item(id=named, kind=ItemKind.ASSET, edition=1, payload=b"something else"))


def test_the_largest_attachment_fits_into_one_pack_whatever_it_holds() -> None:
    noise = hashlib.shake_256(b"noise").digest(assets.MAX_ATTACHMENT_BYTES)
    packed = list(build_packs([asset_files.item(noise), asset_files.item(noise[:-1])]))
    assert [count for _, count in packed] == [1, 1]
    assert all(len(data) <= MAX_PACK_BYTES for data, _ in packed)


ONE = asset_files.attachment(asset_files.PDF)


@pytest.mark.parametrize(
    "promised",
    [
        {"images": (asset_files.image(b"a", width=60_000, height=60_000),)},
        {"images": (asset_files.image(b"a", width=-1),)},
        {"images": (asset_files.image(b"a", width=5000, height=5000),)},
        {"images": (asset_files.image(b"a"),) * (assets.MAX_IMAGES + 1)},
        {"attachments": (asset_files.attachment(asset_files.PDF, "../../autostart.pdf"),)},
        {"attachments": (asset_files.attachment(asset_files.PDF, "thu.exe"),)},
        {"attachments": (asset_files.attachment(b"a" * 2_000_001),)},
        {"attachments": (ONE,) * (assets.MAX_ATTACHMENTS + 1)},
    ],
)
def test_a_document_that_promises_more_than_is_allowed_is_refused(promised: dict[str, object]) -> None:
    with pytest.raises(Untrusted, match="ngoài giới hạn"):
        record_of(document_item(document(**promised)))


def test_a_document_of_before_pictures_is_still_read() -> None:
    item = document_item(document())
    old = item.payload.replace(b'"images":[],', b"").replace(b'"attachments":[],', b"")
    assert old != item.payload
    assert record_of(Item(id=item.id, kind=item.kind, edition=1, payload=old)) == document()
