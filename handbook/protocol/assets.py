"""Files that go with documents: what they may be, judged by their bytes, and how large.

An asset is published under its content: `<publisher path>/<sha256>`. Formats: PNG (W3C, third edition), JPEG
(ITU-T T.81) with EXIF 2.3, PDF (ISO 32000), Office Open XML (ECMA-376).
"""

import hashlib
import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass

from handbook.model.library import Document, MediaType

MAX_IMAGE_BYTES = 1_000_000
MAX_ATTACHMENT_BYTES = 2_000_000  # fits into one pack whatever it holds
MAX_IMAGE_SIDE = 5_000  # pixels
MAX_IMAGE_PIXELS = 8_000_000  # some 32 MB once decoded
MAX_ATTACHMENTS = 20  # of one document
MAX_IMAGES = 200  # of one document

IMAGE_TYPES = frozenset({MediaType.PNG, MediaType.JPEG})
SUFFIXES = {
    MediaType.PNG: (".png",),
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.PDF: (".pdf",),
    MediaType.DOCX: (".docx",),
    MediaType.XLSX: (".xlsx",),
}

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(\.[a-z]+)")
MAX_NAME_CHARACTERS = 100

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_PDF = b"%PDF-"
_ZIP = b"PK\x03\x04"
_PDF_END_BYTES = 2048  # programs add a few bytes behind the end

_ORIENTATION, _GPS = 0x0112, 0x8825  # tags of an EXIF directory
_TURNED = frozenset({5, 6, 7, 8})  # orientations in which width and height change places


@dataclass(frozen=True, slots=True)
class Asset:
    """The bytes of one image or attachment."""

    id: str
    edition: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it is shown, in pixels; `located` when it says where it was taken."""

    width: int
    height: int
    located: bool


def asset_id(publisher: str, sha256: str) -> str:
    return f"{publisher}/{sha256}"


def is_asset_id(item_id: str) -> bool:
    return _SHA256.fullmatch(item_id.rpartition("/")[2]) is not None


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_file_name(name: str, media_type: MediaType) -> bool:
    """Whether every system can keep such a file under this name, and opens it as what it is."""
    match = _NAME.fullmatch(name)
    return match is not None and len(name) <= MAX_NAME_CHARACTERS and match[1] in SUFFIXES[media_type]


def are_sound(document: Document) -> bool:
    """Whether what a document says of its images and attachments is within the limits."""
    return (
        len(document.images) <= MAX_IMAGES
        and len(document.attachments) <= MAX_ATTACHMENTS
        and all(
            _SHA256.fullmatch(image.sha256) and is_small_enough(image.width, image.height)
            for image in document.images
        )
        and all(
            _SHA256.fullmatch(one.sha256)
            and is_file_name(one.name, one.media_type)
            and 0 < one.length <= MAX_ATTACHMENT_BYTES
            for one in document.attachments
        )
    )


def is_small_enough(width: int, height: int) -> bool:
    """Whether an image of so many pixels may be decoded."""
    sides = 0 < width <= MAX_IMAGE_SIDE and 0 < height <= MAX_IMAGE_SIDE
    return sides and width * height <= MAX_IMAGE_PIXELS


def media_type_of(data: bytes) -> MediaType | None:
    """What the bytes begin as, whatever the file is called; None for what is not allowed.

    Office documents with macros are not.
    """
    if data.startswith(_PNG):
        return MediaType.PNG
    if data.startswith(_JPEG):
        return MediaType.JPEG
    if data.startswith(_PDF):
        return MediaType.PDF
    return _office_type(data) if data.startswith(_ZIP) else None


def is_whole(data: bytes, media_type: MediaType) -> bool:
    """Whether nothing is missing at the end or damaged, as far as the format itself tells."""
    if media_type in IMAGE_TYPES:
        return picture_of(data) is not None
    if media_type is MediaType.PDF:
        return b"%%EOF" in data[-_PDF_END_BYTES:]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return sum(one.file_size for one in package.infolist()) <= 20 * MAX_ATTACHMENT_BYTES and (
                package.testzip() is None
            )
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        return False


def picture_of(data: bytes) -> Picture | None:
    """What the headers of a whole PNG or JPEG say; nothing is decoded. None for other or broken bytes."""
    try:
        if data.startswith(_PNG):
            return _png(data)
        return _jpeg(data) if data.startswith(_JPEG) else None
    except (struct.error, IndexError):
        return None


def _office_type(data: bytes) -> MediaType | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = {name.lower() for name in package.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        return None
    if any(name.endswith("vbaproject.bin") for name in names) or "[content_types].xml" not in names:
        return None
    if "word/document.xml" in names:
        return MediaType.DOCX
    return MediaType.XLSX if "xl/workbook.xml" in names else None


def _png(data: bytes) -> Picture | None:
    at, size, located = len(_PNG), None, False
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(kind + body) != checksum:
            return None
        at += 12 + length
        if size is None:
            if kind != b"IHDR":
                return None
            size = struct.unpack_from(">II", body)
        if kind == b"eXIf":
            located = _exif(body)[1]
        if kind == b"IEND":
            return Picture(*size, located) if at == len(data) else None
    return None


def _jpeg(data: bytes) -> Picture | None:
    """Markers up to the first scan; the end of image must be there."""
    if b"\xff\xd9" not in data[-16:]:
        return None
    at, size, orientation, located = 2, None, 1, False
    while True:
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation, located = _exif(body[6:])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", body, 1)
            size = (height, width) if orientation in _TURNED else (width, height)
        if marker == 0xDA:
            return Picture(*size, located) if size else None
        at += 2 + length


def _exif(tiff: bytes) -> tuple[int, bool]:
    """Orientation (1 to 8) and whether there is a place, from the first directory of a TIFF header."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1, False
    orientation, located = 1, False
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, directory)
    for number in range(count):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * number)
        if tag == _ORIENTATION:
            orientation = value
        located = located or tag == _GPS
    return orientation, located
