"""A whole document on paper or in a PDF: its number and title above every page, the page's number below.

Setting three hundred pages takes seconds: `print_document` runs in a job. It needs no widget.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPageLayout, QPageSize, QPainter, QPen, QTextDocument
from PySide6.QtPrintSupport import QPrinter

from handbook.desktop.images import PrintedPictures, ReadAsset, TextPictures
from handbook.desktop.pieces import markup_of
from handbook.desktop.theme import FAMILIES, Mode, Paper, Theme
from handbook.errors import DiskProblem

if TYPE_CHECKING:
    from handbook.client.library import SectionHtml

PRINT_PT = 11.5
HEADER_PT = 8.5
MARGIN_MM = (25.0, 20.0, 20.0, 20.0)
"""Left, top, right, bottom; the wide one is for binding."""
HEADER_GAP_PT = 10.0


@dataclass(frozen=True, slots=True)
class Printed:
    """What goes on paper: the line above every page, the title block, the text and where its pictures are."""

    name: str
    head: str
    sections: "Sequence[SectionHtml]"
    read_asset: ReadAsset = lambda sha256: None


def paper_printer(path: Path | None = None) -> QPrinter:
    """A4 with margins; writes a PDF to `path` where one is given."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    if path:
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(path))
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    printer.setPageMargins(QMarginsF(*MARGIN_MM), QPageLayout.Unit.Millimeter)
    return printer


def save_pdf(printed: Printed, path: Path, page_done: Callable[[int, int], object]) -> None:
    """Writes the PDF; a former file of that name stays whole until then. Raises DiskProblem, and whatever
    `page_done(pages done, pages)` raises."""
    with _replacing(path) as part:
        print_document(printed, paper_printer(part), page_done)


def print_document(printed: Printed, printer: QPrinter, page_done: Callable[[int, int], object]) -> None:
    """Raises DiskProblem when the printer or the file takes nothing, and whatever `page_done` raises."""
    # The layout of a long text starts timers; they need the event dispatcher that a loop brings to a thread.
    dispatching = QEventLoop()
    document = _set(printed, printer)
    painter = QPainter()
    if not painter.begin(printer):
        raise DiskProblem(
            "Không in được văn bản: máy in không nhận, hoặc tệp PDF không ghi được.",
            "Hãy xem máy in đã bật chưa, hoặc lưu vào thư mục khác.",
        )
    try:
        _paint(printed.name, document, printer, painter, page_done)
    finally:
        painter.end()
        del document, dispatching  # in this order


def _set(printed: Printed, printer: QPrinter) -> QTextDocument:
    document = QTextDocument()
    document.setUndoRedoEnabled(False)
    document.documentLayout().setPaintDevice(printer)
    TextPictures(document, PrintedPictures(printed.read_asset))
    theme = Theme(Mode.LIGHT, 1.0)
    size = PRINT_PT / theme.pt(1.0)
    document.setDefaultStyleSheet(theme.reading_css(Paper.LIGHT, size))
    document.setDefaultFont(_font(PRINT_PT))
    document.setDocumentMargin(0)
    document.setHtml(printed.head + "".join(map(markup_of, printed.sections)))
    page = printer.pageLayout().paintRectPixels(printer.resolution())
    above, below = _header_height(printer), _header_height(printer)
    document.setPageSize(QSizeF(page.width(), page.height() - above - below))
    return document


def _paint(
    name: str,
    document: QTextDocument,
    printer: QPrinter,
    painter: QPainter,
    page_done: Callable[[int, int], object],
) -> None:
    size, above = document.pageSize(), _header_height(printer)
    metrics = QFontMetricsF(_font(HEADER_PT), printer)
    shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, size.width())
    pages = document.pageCount()
    first, last = printer.fromPage() or 1, min(printer.toPage() or pages, pages)
    for page in range(first, last + 1):
        if page > first:
            printer.newPage()
        painter.setFont(_font(HEADER_PT))
        painter.setPen(QPen(Qt.GlobalColor.black, metrics.lineWidth()))
        painter.drawText(QRectF(0, 0, size.width(), metrics.height()), Qt.AlignmentFlag.AlignLeft, shown)
        rule = metrics.height() * 1.2
        painter.drawLine(0, round(rule), round(size.width()), round(rule))
        foot = QRectF(0, above + size.height() + above - metrics.height(), size.width(), metrics.height())
        painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, f"{page}/{pages}")
        painter.save()
        painter.translate(0, above - (page - 1) * size.height())
        document.drawContents(painter, QRectF(0, (page - 1) * size.height(), size.width(), size.height()))
        painter.restore()
        page_done(page - first + 1, last - first + 1)


def _font(points: float) -> QFont:
    font = QFont()
    font.setFamilies(FAMILIES)
    font.setPointSizeF(points)
    return font


def _header_height(printer: QPrinter) -> float:
    metrics = QFontMetricsF(_font(HEADER_PT), printer)
    return metrics.height() * 1.2 + HEADER_GAP_PT * printer.resolution() / 72


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    part = path.with_name(f".{path.name}.part")
    try:
        part.touch()
        yield part
        os.replace(part, path)
    except OSError as error:
        raise DiskProblem(
            f"Không ghi được tệp {path.name}.",
            "Hãy chọn thư mục khác, hoặc đóng tệp đang mở ở chương trình khác.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
