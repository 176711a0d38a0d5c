"""The Party's page set by Qt: the same lines, breaks and pages on the screen, on a printer and in a PDF.

Everything is laid out once in dots, ten to a point, whatever it is painted on afterwards: Qt scales sizes in
points, and some of its margins, by the resolution of the screen; sizes in dots it takes as they are.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QBrush,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextOption,
    QTextTable,
    QTextTableFormat,
)
from PySide6.QtPrintSupport import QPrinter

from handbook.errors import DiskProblem
from handbook.exports.reflection_page import (
    FONT,
    GRID_BELOW_PT,
    GRID_PADDING_MM,
    LETTERHEAD_MM,
    LINE_SPACING,
    LOOKS,
    MARGINS_MM,
    PAGE_NUMBER_PT,
    PAPER_MM,
    SIGNATURE_MM,
    Align,
    Grid,
    Line,
    PageLines,
    Style,
)

DPI: Final = 720
SERIFS: Final = (FONT, "Liberation Serif", "Tinos", "Noto Serif", "DejaVu Serif")
"""The official font, and those that stand in for it on a PC without it: the first two have its measures."""
PAGE_NUMBER_MM: Final = 10.0
"""From the upper edge of the paper to the page's number."""
LONGEST_MOVED: Final = 1 / 3
"""Of a page: a last paragraph up to this height goes with the signature to the next one."""

_ALIGNMENTS: Final = {
    Align.LEFT: Qt.AlignmentFlag.AlignLeft,
    Align.CENTRE: Qt.AlignmentFlag.AlignHCenter,
    Align.RIGHT: Qt.AlignmentFlag.AlignRight,
    Align.JUSTIFIED: Qt.AlignmentFlag.AlignJustify,
}


class Pages:
    """Lines on their pages; pages count from 0."""

    def __init__(self, lines: PageLines) -> None:
        self._document = QTextDocument()
        self._set(lines)

    @property
    def count(self) -> int:
        return self._document.pageCount()

    @property
    def text(self) -> str:
        """The words as they stand on the pages."""
        return self._document.toPlainText()

    def page_of(self, words: str) -> int:
        """The page on which these words begin; -1 when they stand nowhere."""
        found = self._document.find(words)
        return -1 if found.isNull() else self._page_at(self._document.findBlock(found.selectionStart()))

    def last_page_of(self, words: str) -> int:
        """The page of their last occurrence; -1 when they stand nowhere."""
        found = self._document.find(
            words, self._document.characterCount() - 1, QTextDocument.FindFlag.FindBackward
        )
        return -1 if found.isNull() else self._page_at(self._document.findBlock(found.selectionStart()))

    def paint(self, painter: QPainter, page: int, dpi: float) -> None:
        """Draws a page with its upper left corner at the painter's origin, `dpi` of its units to an inch."""
        size = self._document.pageSize()
        painter.save()
        painter.scale(dpi / DPI, dpi / DPI)
        if page:
            self._paint_number(painter, page)
        painter.translate(_dots(MARGINS_MM[0]), _dots(MARGINS_MM[1]) - page * size.height())
        self._document.drawContents(painter, QRectF(0, page * size.height(), size.width(), size.height()))
        painter.restore()

    def _paint_number(self, painter: QPainter, page: int) -> None:
        painter.setFont(_font(PAGE_NUMBER_PT))
        painter.setPen(Qt.GlobalColor.black)
        area = QRectF(
            _dots(MARGINS_MM[0]),
            _dots(PAGE_NUMBER_MM),
            self._document.pageSize().width(),
            _dots(MARGINS_MM[1] - PAGE_NUMBER_MM),
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, str(page + 1))

    # Setting

    def _set(self, lines: PageLines) -> None:
        document = self._document
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(0)
        document.setUseDesignMetrics(True)
        document.setDefaultFont(_font(1))
        document.setPageSize(
            QSizeF(
                _dots(PAPER_MM[0] - MARGINS_MM[0] - MARGINS_MM[2]),
                _dots(PAPER_MM[1] - MARGINS_MM[1] - MARGINS_MM[3]),
            )
        )
        cursor = QTextCursor(document)
        _insert_beside(cursor, LETTERHEAD_MM, lines.left, lines.right)
        grids: list[QTextTable] = []
        for at, line in enumerate(lines.body):
            if isinstance(line, Grid):
                grids.append(_insert_grid(cursor, line))
                continue
            if at and not isinstance(lines.body[at - 1], Grid):
                cursor.insertBlock()
            _insert(cursor, line)
        blocks = self._body_blocks(lines.body, grids)
        if not lines.signature:
            self._keep_together(lines.body, blocks)
            return
        signature = _insert_beside(cursor, SIGNATURE_MM, (), lines.signature)
        _make_tiny(cursor)
        self._keep_together(lines.body, blocks)
        self._keep_signature_with(lines.body, blocks, signature)

    def _keep_together(self, body: Sequence[Line | Grid], blocks: Sequence[QTextBlock]) -> None:
        """Titles go to the page of the text below them."""
        start = None
        for (line, block), (following, below) in pairwise(zip(body, blocks, strict=True)):
            # Qt leaves a page empty where a break stands between two tables.
            if not line.look.with_next or isinstance(following, Grid):
                start = None
                continue
            start = start or block
            if self._page_at(start) != self._page_at(below):
                _break_before(start)
                start = None

    def _keep_signature_with(
        self, body: Sequence[Line | Grid], blocks: Sequence[QTextBlock], signature: QTextTable
    ) -> None:
        """A signature never stands on a page by itself, nor on two."""
        last = blocks[-1]
        place = self._document.documentLayout().frameBoundingRect(signature)
        height = self._document.pageSize().height()
        end = self._document.documentLayout().blockBoundingRect(last)
        first_page, last_page = int(place.top() // height), int((place.bottom() - 1) // height)
        if first_page == last_page == self._page_at(last, last_line=True):
            return
        if end.height() <= height * LONGEST_MOVED:
            first = len(body) - 1
            while body[first - 1].look.with_next:
                first -= 1
            _break_before(blocks[first])
        else:
            form = signature.format()
            form.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
            signature.setFormat(form)

    def _body_blocks(self, body: Sequence[Line | Grid], grids: Sequence[QTextTable]) -> list[QTextBlock]:
        """The blocks between letterhead and signature: of each line its own, of each grid its first."""
        letterhead = self._document.rootFrame().childFrames()[0]
        block = letterhead.lastCursorPosition().block().next()
        following = iter(grids)
        blocks = []
        for line in body:
            if isinstance(line, Grid):
                grid = next(following)
                blocks.append(grid.firstCursorPosition().block())
                block = grid.lastCursorPosition().block().next()
            else:
                blocks.append(block)
                block = block.next()
        return blocks

    def _page_at(self, block: QTextBlock, *, last_line: bool = False) -> int:
        """The page of the block's first line, or of its last."""
        self._document.pageCount()  # what a page break moved is set again only when somebody asks
        top = self._document.documentLayout().blockBoundingRect(block).top()
        lines = block.layout().lineCount()
        within = block.layout().lineAt(lines - 1 if last_line else 0).y() if lines else 0
        return int((top + within) // self._document.pageSize().height())


def pdf_of(pages: Pages, title: str) -> bytes:
    """The pages as a PDF file."""
    data = QByteArray()
    buffer = QBuffer(data)
    writer = _pdf_writer(buffer)
    writer.setTitle(title)
    painter = QPainter(writer)
    for page in range(pages.count):
        if page:
            writer.newPage()
        pages.paint(painter, page, DPI)
    painter.end()
    return data.data()


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


def _dots(mm: float) -> float:
    return mm / 25.4 * DPI


def _points(points: float) -> float:
    return points / 72 * DPI


def _font(points: float) -> QFont:
    font = QFont(list(SERIFS))
    font.setPixelSize(round(_points(points)))
    return font


def _insert(cursor: QTextCursor, line: Line) -> None:
    """Fills the cursor's empty block with the line."""
    look = line.look
    block = QTextBlockFormat()
    block.setAlignment(_ALIGNMENTS[look.align])
    block.setLeftMargin(_dots(look.left_mm))
    block.setTextIndent(_dots(look.first_mm))
    block.setTopMargin(_points(look.before_pt))
    block.setBottomMargin(_points(look.after_pt))
    block.setLineHeight(100 * LINE_SPACING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if line.label:
        block.setTabPositions([QTextOption.Tab(_dots(-look.first_mm), QTextOption.TabType.LeftTab)])
    cursor.setBlockFormat(block)
    letters = QTextCharFormat()
    letters.setFontFamilies(list(SERIFS))
    letters.setProperty(QTextFormat.Property.FontPixelSize, round(_points(look.size_pt)))
    letters.setForeground(QBrush(Qt.GlobalColor.black))  # whatever colours the program itself has
    letters.setFontUnderline(look.underline)
    cursor.setBlockCharFormat(letters)
    if line.label:
        cursor.insertText(f"{line.label}\t", letters)
    for run in line.runs:
        letters.setFontWeight(QFont.Weight.Bold if look.bold or run.bold else QFont.Weight.Normal)
        letters.setFontItalic(look.italic != run.italic)
        cursor.insertText(run.text, letters)


def _insert_beside(
    cursor: QTextCursor, widths_mm: tuple[float, float], left: Sequence[Line], right: Sequence[Line]
) -> QTextTable:
    """Two columns without lines; the cursor stands behind them afterwards."""
    form = QTextTableFormat()
    form.setBorder(0)
    form.setCellPadding(0)
    form.setCellSpacing(0)
    # Qt leaves out what the first paragraph of a column, and the one below the table, want above them.
    form.setTopMargin(_points(right[0].look.before_pt))
    form.setBottomMargin(_points(LOOKS[Style.TITLE].before_pt))
    form.setColumnWidthConstraints(
        [QTextLength(QTextLength.Type.FixedLength, _dots(width)) for width in widths_mm]
    )
    table = cursor.insertTable(1, 2, form)
    for column, lines in enumerate((left, right)):
        inside = table.cellAt(0, column).firstCursorPosition()
        for at, line in enumerate(lines):
            if at:
                inside.insertBlock()
            _insert(inside, line)
    cursor.setPosition(table.lastPosition() + 1)
    return table


def _insert_grid(cursor: QTextCursor, grid: Grid) -> QTextTable:
    """The table below what was written last; the cursor stands in an empty block below it afterwards."""
    form = QTextTableFormat()
    form.setBorder(_points(0.5))
    form.setBorderBrush(QBrush(Qt.GlobalColor.black))
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    form.setBorderCollapse(True)
    form.setCellPadding(_dots(GRID_PADDING_MM))
    form.setCellSpacing(0)
    form.setHeaderRowCount(1)
    form.setBottomMargin(_points(GRID_BELOW_PT))
    form.setColumnWidthConstraints(
        [QTextLength(QTextLength.Type.FixedLength, _dots(width)) for width in grid.widths_mm]
    )
    rows = grid.lines()
    table = cursor.insertTable(len(rows), len(grid.head), form)
    for at, row in enumerate(rows):
        for column, line in enumerate(row):
            cell = table.cellAt(at, column)
            _insert(cell.firstCursorPosition(), line)
            form_of_cell = cell.format()  # that of its block's letters too, which have just been set
            form_of_cell.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
            cell.setFormat(form_of_cell)
    cursor.setPosition(table.lastPosition() + 1)
    return table


def _make_tiny(cursor: QTextCursor) -> None:
    """A document never ends with a table; what follows it must not need a page of its own."""
    letters = QTextCharFormat()
    letters.setProperty(QTextFormat.Property.FontPixelSize, round(_points(1)))
    cursor.setBlockFormat(QTextBlockFormat())
    cursor.setBlockCharFormat(letters)


def _break_before(block: QTextBlock) -> None:
    form = block.blockFormat()
    form.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
    QTextCursor(block).setBlockFormat(form)
