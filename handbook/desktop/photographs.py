"""Pictures made ready to go with a reflection: small enough to travel, and nothing in them but what is seen.

Runs in a worker: nothing here touches a widget.
"""

from pathlib import PurePath
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter

from handbook.errors import BadInput
from handbook.protocol.assets import IMAGE_TYPES, media_type_of, picture_of

LONGEST_SIDE: Final = 1600
"""Pixels: a page that was photographed can be read at that."""
MAX_PIXELS: Final = 60_000_000
"""Of what a person may choose; telephones of today take up to 50 million."""
MAX_PICTURE_FILE_BYTES: Final = 40_000_000
MAX_ALLOCATED_MIB: Final = 512
LARGEST_PNG_BYTES: Final = 300_000
"""A drawing stays a PNG up to that; beyond it a JPEG is far smaller."""
QUALITY: Final = 82


def is_picture(data: bytes) -> bool:
    return media_type_of(data) in IMAGE_TYPES


def made_ready(name: str, data: bytes) -> tuple[str, bytes]:
    """Name and bytes of the picture as it may travel: upright, no larger than LONGEST_SIDE, without where and
    with what it was taken. Raises BadInput when it cannot be opened.
    """
    seen, kind = picture_of(data), media_type_of(data)
    if seen is None or kind is None or seen.width * seen.height > MAX_PIXELS:
        raise BadInput(
            f"Hình “{name}” bị hỏng hoặc quá lớn nên không mở được.", "Hãy chọn hình khác, hoặc chụp lại."
        )
    QImageReader.setAllocationLimit(MAX_ALLOCATED_MIB)
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(kind.name.lower().encode()))
    reader.setAutoDetectImageFormat(False)
    reader.setAutoTransform(True)
    size = reader.size()
    if max(size.width(), size.height()) > LONGEST_SIDE:  # a JPEG is then decoded small at once
        reader.setScaledSize(
            size.scaled(QSize(LONGEST_SIDE, LONGEST_SIDE), Qt.AspectRatioMode.KeepAspectRatio)
        )
    image = reader.read()
    if image.isNull():
        raise BadInput(f"Hình “{name}” không mở được.", "Hãy mở thử hình rồi chọn lại.")
    return as_file(name, image)


def as_file(name: str, image: QImage) -> tuple[str, bytes]:
    """The pixels as a PNG where that is small, as a JPEG otherwise."""
    if max(image.width(), image.height()) > LONGEST_SIDE:
        image = image.scaled(
            LONGEST_SIDE,
            LONGEST_SIDE,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    # Painted anew: what else the file said, of place and camera, is not in the pixels.
    plain = QImage(image.size(), QImage.Format.Format_RGB32)
    plain.fill(Qt.GlobalColor.white)
    painter = QPainter(plain)
    painter.drawImage(0, 0, image)
    painter.end()
    stem = PurePath(name).stem
    data = _encoded(plain, "PNG", -1)
    if len(data) <= LARGEST_PNG_BYTES:
        return f"{stem}.png", data
    return f"{stem}.jpg", _encoded(plain, "JPEG", QUALITY)


def _encoded(image: QImage, kind: str, quality: int) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, kind, quality)
    return bytes(buffer.data())
