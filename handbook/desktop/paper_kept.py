"""Pages that are kept: in a PDF file, on a printer."""

import math
import time

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtPrintSupport import QPrinter

from handbook.desktop.paper import DPI, Pages
from handbook.errors import DiskProblem


def pdf_of(pages: Pages, title: str) -> bytes:
    """The pages as a PDF file."""
    painting = PdfPainting(pages, title)
    while not painting.is_done:
        painting.go_on(math.inf)
    return painting.data


class PdfPainting:
    """The pages on their way into a PDF file, a few in each turn; `data` is the file once `is_done`.

    It is not let go of before: Qt's painter must end first.
    """

    def __init__(self, pages: Pages, title: str) -> None:
        self._pages, self._painted = pages, 0
        self._bytes = QByteArray()
        self._buffer = QBuffer(self._bytes)
        self._writer = _pdf_writer(self._buffer)
        self._writer.setTitle(title)
        self._painter = QPainter(self._writer)

    @property
    def is_done(self) -> bool:
        return not self._painter.isActive()

    @property
    def share_painted(self) -> float:
        """Of the pages, from 0 to 1."""
        return self._painted / self._pages.count

    @property
    def data(self) -> bytes:
        return self._bytes.data()

    def go_on(self, seconds: float) -> None:
        """Paint for about so long; the turn after the last page writes the letters that are used."""
        until = time.monotonic() + seconds
        if self._painted == self._pages.count:
            self._painter.end()
        while self._painted < self._pages.count:
            if self._painted:
                self._writer.newPage()
            self._pages.paint(self._painter, self._painted, DPI)
            self._painted += 1
            if time.monotonic() >= until:
                return


def sheet_printer() -> QPrinter:
    """A printer whose whole sheet is painted: the margins are the page's own."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setFullPage(True)
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    return printer


def print_pages(pages: Pages, printer: QPrinter) -> None:
    """The pages that the print dialog asked for. Raises DiskProblem when the printer takes nothing."""
    painter = QPainter()
    if not painter.begin(printer):
        raise DiskProblem("Máy in không nhận bài.", "Hãy xem máy in đã bật và còn giấy chưa, rồi in lại.")
    first, last = printer.fromPage() or 1, min(printer.toPage() or pages.count, pages.count)
    for page in range(first, last + 1):
        if page > first:
            printer.newPage()
        pages.paint(painter, page - 1, printer.resolution())
    painter.end()


def _pdf_writer(buffer: QBuffer) -> QPdfWriter:
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)
    return writer
