"""Files that go with documents, built byte by byte: pictures, office documents, PDF."""

import io
import struct
import zipfile
import zlib

from handbook.model.library import Attachment, Image, MediaType
from handbook.protocol.assets import Asset, asset_id, sha256_of
from handbook.protocol.packs import Item, asset_item

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int = 40, height: int = 20, colour: tuple[int, ...] = (163, 21, 27), extra: bytes = b""
) -> bytes:
    """A picture of one colour, three channels or with opacity four; `extra` chunks follow its header."""
    row = b"\0" + bytes(colour) * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if len(colour) == 3 else 6, 0, 0, 0)
    return png_of(header, zlib.compress(row * height, 9), extra)


def png_that_claims(width: int, height: int) -> bytes:
    """A whole PNG of a few bytes whose header announces these measures."""
    return png_of(struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), zlib.compress(b"\0" * 100))


def png_of(header: bytes, pixels: bytes, extra: bytes = b"") -> bytes:
    parts = (chunk(b"IHDR", header), extra, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(width: int = 40, height: int = 20, exif: bytes = b"") -> bytes:
    """The headers and the end of a JPEG, with no picture between them."""
    segments = []
    if exif:
        segments.append((0xE1, b"Exif\0\0" + exif))
    segments.append((0xDB, bytes(65)))
    segments.append((0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"))
    segments.append((0xDA, b"\x01\x01\x00\x00\x3f\x00"))
    body = b"".join(
        bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body for marker, body in segments
    )
    return b"\xff\xd8" + body + b"\x00\x00" + b"\xff\xd9"


def exif(*entries: tuple[int, int], order: str = "<") -> bytes:
    """A TIFF header with one directory of these (tag, short value)."""
    mark = b"II" if order == "<" else b"MM"
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(
        struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0) for tag, value in entries
    )
    return mark + struct.pack(f"{order}HI", 42, 8) + directory


def office(*parts: tuple[str, str]) -> bytes:
    """An Office Open XML package with these parts (name, text) and a list of types."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in (("[Content_Types].xml", "<Types/>"), *parts):
            package.writestr(zipfile.ZipInfo(name, (2026, 11, 22, 0, 0, 0)), text)
    return held.getvalue()


def docx(*paragraphs: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return office(
        ("word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>')
    )


def xlsx(*cells: str) -> bytes:
    strings = "".join(f"<si><t>{text}</t></si>" for text in cells)
    return office(("xl/workbook.xml", "<workbook/>"), ("xl/sharedStrings.xml", f"<sst>{strings}</sst>"))


def item(data: bytes, edition: int = 1, publisher: str = "central") -> Item:
    """As it is published."""
    return asset_item(Asset(asset_id(publisher, sha256_of(data)), edition, data))


def image(data: bytes, width: int = 40, height: int = 20) -> Image:
    """As a document names it."""
    return Image(sha256=sha256_of(data), width=width, height=height)


def attachment(data: bytes, name: str = "mau.pdf", media_type: MediaType = MediaType.PDF) -> Attachment:
    return Attachment(name=name, title="Mẫu", media_type=media_type, sha256=sha256_of(data), length=len(data))
