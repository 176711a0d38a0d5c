"""Pictures in a text: their place is set at once, they are decoded behind it and painted when they are there.

Only the bytes of the library are ever shown. A text's pictures are sized and painted here, so that Qt, which
would open what their address names, is never asked for one.
"""

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QCoreApplication,
    QIODevice,
    QObject,
    QRectF,
    QSize,
    QSizeF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QImage,
    QImageReader,
    QPainter,
    QPen,
    QPyTextObject,
    QTextDocument,
    QTextFormat,
    QTextOption,
)

from handbook.desktop.theme import Paper, current_theme
from handbook.desktop.work import Lane, Work
from handbook.errors import Expected
from handbook.protocol.assets import is_small_enough, media_type_of, picture_of

SCHEME: Final = "asset"
MAX_ALLOCATED_MIB: Final = 128
"""What Qt may allocate for one picture: the largest allowed, at sixteen bits a channel, takes half of it."""
KEPT_BYTES: Final = 64_000_000
"""Of decoded pictures; beyond it those not painted for longest are decoded again when they are seen."""
TALLEST_ON_PAGE: Final = 0.75
"""The share of a printed page that a picture may take, so that its description fits below it."""

ReadAsset = Callable[[str], bytes | None]


class Missing(Enum):
    """Why there is no picture to paint."""

    DECODING = "decoding"
    ABSENT = "absent"  # its bytes have not arrived
    BROKEN = "broken"


class Source(Protocol):
    """Where a text's pictures come from."""

    def picture(self, sha256: str, size: QSize) -> QImage | Missing:
        """The picture, for a place of `size` device pixels; it may have other measures."""


def decode(data: bytes, size: QSize | None = None) -> QImage | None:
    """The picture on white, in `size` where one is given; None when it is broken or larger than allowed.

    The headers are judged before anything is decoded.
    """
    seen = picture_of(data)
    kind = media_type_of(data)
    if seen is None or kind is None or not is_small_enough(seen.width, seen.height):
        return None
    QImageReader.setAllocationLimit(MAX_ALLOCATED_MIB)
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(kind.name.lower().encode()))
    reader.setAutoDetectImageFormat(False)
    reader.setAutoTransform(True)
    image = reader.read()
    if image.isNull():
        return None
    if image.hasAlphaChannel():
        ground = QImage(image.size(), QImage.Format.Format_RGB32)
        ground.fill(Qt.GlobalColor.white)
        painter = QPainter(ground)
        painter.drawImage(0, 0, image)
        painter.end()
        image = ground
    if size is None or size == image.size():
        return image
    return image.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


class Pictures(QObject):
    """Pictures for the screen, decoded in the background in the size they are painted in.

    `came()` when there is something new to paint. `read` gives the bytes, None while they have not arrived.
    """

    came = Signal()

    def __init__(self, work: Work, read: ReadAsset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._read = read
        self._held: OrderedDict[str, QImage | Missing] = OrderedDict()
        self._asked = ""
        self._painted: set[str] = set()  # since something last came

    def picture(self, sha256: str, size: QSize) -> QImage | Missing:
        """What there is of it now; the right size is made when it is another."""
        self._painted.add(sha256)
        held = self._held.get(sha256, Missing.DECODING)
        fits = held.size() == size if isinstance(held, QImage) else held is not Missing.DECODING
        if sha256 in self._held:
            self._held.move_to_end(sha256)
        # One at a time, or a slow PC had no core left to scroll with; the next paint asks for the next.
        if not fits and not self._asked and not size.isEmpty():
            self._ask(sha256, QSize(size))
        return held

    def look_again(self) -> None:
        """Something has arrived: what was absent is asked for when it is next painted."""
        absent = [sha256 for sha256, held in self._held.items() if held is Missing.ABSENT]
        for sha256 in absent:
            del self._held[sha256]
        if absent:
            self.came.emit()

    def _ask(self, sha256: str, size: QSize) -> None:
        read = self._read
        self._asked = sha256

        def make() -> QImage | Missing:
            data = read(sha256)
            return Missing.ABSENT if data is None else decode(data, size) or Missing.BROKEN

        def failed(_: Expected) -> None:
            self._keep(sha256, Missing.BROKEN)

        self._work.run(make, lambda made: self._keep(sha256, made), failed, self, lane=Lane.NET)

    def _keep(self, sha256: str, made: QImage | Missing) -> None:
        self._asked = ""
        self._held[sha256] = made
        self._held.move_to_end(sha256)
        too_many = sum(map(_bytes_of, self._held.values())) - KEPT_BYTES
        # What is in sight stays however large it is: it would only be asked for again.
        for other in [one for one in self._held if one not in self._painted and one != sha256]:
            if too_many > 0:
                too_many -= _bytes_of(self._held.pop(other))
        self._painted.clear()
        self.came.emit()


class PrintedPictures:
    """Pictures for paper, decoded when they are painted, in their own size. Used inside a job."""

    def __init__(self, read: ReadAsset) -> None:
        self._read = read

    def picture(self, sha256: str, size: QSize) -> QImage | Missing:
        data = self._read(sha256)
        return Missing.ABSENT if data is None else decode(data) or Missing.BROKEN


class NoPictures:
    """Before a handbook is opened there are none."""

    def picture(self, sha256: str, size: QSize) -> QImage | Missing:
        return Missing.ABSENT


class TextPictures(QPyTextObject):
    """Gives every picture of a document its place and paints it there, or why it is not there.

    A picture is as wide as its own pixels at 100 %, never wider than the column.
    """

    def __init__(self, document: QTextDocument, source: Source) -> None:
        super().__init__(document)
        self.source = source
        self.paper: Paper | None = None
        document.documentLayout().registerHandler(QTextFormat.ObjectTypes.ImageObject.value, self)

    def intrinsicSize(self, document: QTextDocument, position: int, form: QTextFormat) -> QSizeF:
        image = form.toImageFormat()
        size = QSizeF(max(1.0, image.width()), max(1.0, image.height())) * _pixel(document)
        room = document.textWidth() - 2 * document.documentMargin()
        if 0 < room < size.width():
            size *= room / size.width()
        tallest = document.pageSize().height() * TALLEST_ON_PAGE
        if 0 < tallest < size.height():
            size *= tallest / size.height()
        return size

    def drawObject(
        self, painter: QPainter, rect: QRectF, document: QTextDocument, position: int, form: QTextFormat
    ) -> None:
        scheme, _, sha256 = form.toImageFormat().name().partition(":")
        ratio = painter.device().devicePixelRatioF()
        size = (rect.size() * ratio).toSize()
        picture = self.source.picture(sha256, size) if scheme == SCHEME else Missing.BROKEN
        painter.save()
        if isinstance(picture, QImage):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
            painter.drawImage(rect, picture)
        else:
            self._draw_missing(painter, rect, picture)
        painter.restore()

    def find(self, sha256: str) -> tuple[QSize, str] | None:
        """Measures in its own pixels and description of a picture; None when it is not in the text."""
        for form in self.parent().allFormats():
            image = form.toImageFormat()
            if image.isValid() and image.name() == f"{SCHEME}:{sha256}":
                size = QSize(round(image.width()), round(image.height()))
                return size, str(image.property(QTextFormat.Property.ImageAltText) or "")
        return None

    def _draw_missing(self, painter: QPainter, rect: QRectF, why: Missing) -> None:
        theme = current_theme()
        painter.setPen(QPen(theme.paper_colour("line", self.paper), 1))
        painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(theme.paper_colour("muted", self.paper))
        words = QTextOption(Qt.AlignmentFlag.AlignCenter)
        words.setWrapMode(QTextOption.WrapMode.WordWrap)
        painter.drawText(rect, missing_text(why), words)


def missing_text(why: Missing) -> str:
    """What a person reads where a picture should be."""
    if why is Missing.ABSENT:
        return QCoreApplication.translate("Pictures", "Hình chưa về máy; sẽ hiện sau khi đồng bộ.")
    if why is Missing.BROKEN:
        return QCoreApplication.translate("Pictures", "Hình này không mở được.")
    return ""


def _pixel(document: QTextDocument) -> float:
    """What a picture's pixel measures in the units of the document: on paper a 96th of an inch."""
    device = document.documentLayout().paintDevice()
    return device.logicalDpiX() / 96 if device else current_theme().px(1000) / 1000


def _bytes_of(held: QImage | Missing) -> int:
    return held.sizeInBytes() if isinstance(held, QImage) else 0
