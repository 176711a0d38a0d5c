"""The Party's page set by Qt: the same lines, breaks and pages on the screen, on a printer and in a PDF.

Everything is laid out once in dots, ten to a point, whatever it is painted on afterwards: Qt scales sizes in
points, and some of its margins, by the resolution of the screen; sizes in dots it takes as they are.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QBrush,
    QFont,
    QPainter,
    QPen,
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
LINES_AT_ONCE: Final = 8
"""Set and looked through together: one by one they would take longer, more would hold up the person."""
GRID_RULE_PT: Final = 0.5
PAGE_NUMBER_MM: Final = 10.0
"""From the upper edge of the paper to the page's number."""
LINES_TOGETHER: Final = 2
"""Of a long last paragraph so many lines go with a signature to the next page, and as many stay at least."""

_ALIGNMENTS: Final = {
    Align.LEFT: Qt.AlignmentFlag.AlignLeft,
    Align.CENTRE: Qt.AlignmentFlag.AlignHCenter,
    Align.RIGHT: Qt.AlignmentFlag.AlignRight,
    Align.JUSTIFIED: Qt.AlignmentFlag.AlignJustify,
}


class Pages:
    """Lines on their pages; pages count from 0.

    Many pages take long: with `at_once` off only the first is set, and `go_on` sets the others bit by bit.
    """

    def __init__(self, lines: PageLines, *, at_once: bool = True) -> None:
        self._document = QTextDocument()
        self._grids: list[QTextTable] = []
        self._lines = len(lines.body)
        self._set_lines = 0
        self._first_open = 0
        self.is_set = False
        self._setting = self._set(lines)
        while not self.is_set and not self.final_pages:
            self.go_on(0.0)
        if at_once:
            self.finish()

    def finish(self) -> None:
        """Sets all lines that are left."""
        while not self.is_set:
            self.go_on(1.0)

    def go_on(self, seconds: float) -> bool:
        """Sets lines for about so long, one at least; whether all are set now."""
        until = time.monotonic() + seconds
        while not self.is_set:
            self.is_set = next(self._setting, None) is None
            if time.monotonic() >= until:
                break
        return self.is_set

    @property
    def share_set(self) -> float:
        """Of the lines, from 0 to 1."""
        return 1.0 if self.is_set else self._set_lines / self._lines

    @property
    def final_pages(self) -> int:
        """How many pages, from the first on, will not change any more."""
        return self.count if self.is_set else self._first_open

    @property
    def count(self) -> int:
        """All pages there are so far."""
        return self._document.pageCount()

    @property
    def text(self) -> str:
        """The words as they stand on the pages."""
        return self._document.toPlainText()

    def page_of(self, words: str) -> int:
        """The page on which these words begin; -1 when they stand nowhere."""
        found = self._document.find(words)
        return self._page_of(found)

    def last_page_of(self, words: str) -> int:
        """The page of their last occurrence; -1 when they stand nowhere."""
        found = self._document.find(
            words, self._document.characterCount() - 1, QTextDocument.FindFlag.FindBackward
        )
        return self._page_of(found)

    def _page_of(self, found: QTextCursor) -> int:
        if found.isNull():
            return -1
        self._document.pageCount()
        block = self._document.findBlock(found.selectionStart())
        line = block.layout().lineForTextPosition(found.selectionStart() - block.position())
        return self._page_at(block, line.lineNumber())

    def paint(self, painter: QPainter, page: int, dpi: float) -> None:
        """Draws a page with its upper left corner at the painter's origin, `dpi` of its units to an inch."""
        size = self._document.pageSize()
        painter.save()
        painter.scale(dpi / DPI, dpi / DPI)
        if page:
            self._paint_number(painter, page)
        painter.translate(_dots(MARGINS_MM[0]), _dots(MARGINS_MM[1]) - page * size.height())
        # The outer rules of a table as wide as the text stand outside of it.
        rule = _points(4 * GRID_RULE_PT)
        area = QRectF(-rule, page * size.height(), size.width() + 2 * rule, size.height())
        self._document.drawContents(painter, area)
        self._paint_rules(painter, page)
        painter.restore()

    def _paint_rules(self, painter: QPainter, page: int) -> None:
        """The lower rule of a table that goes on on the next page, which Qt leaves out."""
        layout, foot = self._document.documentLayout(), (page + 1) * self._document.pageSize().height()
        rule, beside = _points(GRID_RULE_PT), _dots(GRID_PADDING_MM) + _points(GRID_RULE_PT)
        painter.setPen(QPen(Qt.GlobalColor.black, rule))
        for grid in self._grids:
            place = layout.frameBoundingRect(grid)
            if place.top() < foot < place.bottom() and self._page_at(_first_block(grid, 0)) <= page:
                first, last = (
                    layout.blockBoundingRect(grid.cellAt(0, column).firstCursorPosition().block())
                    for column in (0, grid.columns() - 1)
                )
                # Qt ends the upright rules a little above the foot.
                y = foot - 1.5 * rule
                painter.drawLine(QPointF(first.left() - beside, y), QPointF(last.right() + beside, y))

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

    def _set(self, lines: PageLines) -> Iterator[float]:
        """Sets some lines at each step, behind which not much stands yet that a break would move.

        Titles go to the page of what stands below them; no paragraph leaves its first line alone on a page.
        """
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
        titles: QTextBlock | None = None
        start = last = cursor.block()
        for at in range(0, len(lines.body), LINES_AT_ONCE):
            for line, block in self._insert_some(cursor, lines.body, at):
                start, last = titles or block, block
                if self._page_at(start) != self._page_at(block, 0 if isinstance(line, Grid) else 1):
                    _break_before(start)
                titles = start if line.look.with_next else None
                self._first_open = self._page_at(start)
            self._set_lines = min(at + LINES_AT_ONCE, len(lines.body))
            yield self.share_set
        if lines.signature:
            signature = _insert_beside(cursor, SIGNATURE_MM, (), lines.signature)
            _make_tiny(cursor)
            self._keep_signature_with(last, start, signature)

    def _insert_some(
        self, cursor: QTextCursor, body: Sequence[Line | Grid], first: int
    ) -> list[tuple[Line | Grid, QTextBlock]]:
        """Puts in the lines from this one on. Returns the block of each, of a table that of the row below
        its head, which says nothing alone.
        """
        put = []
        cursor.beginEditBlock()
        for at, line in enumerate(body[first : first + LINES_AT_ONCE], first):
            if isinstance(line, Grid):
                self._grids.append(_insert_grid(cursor, line))
                put.append((line, _first_block(self._grids[-1], 1)))
                continue
            if at and not isinstance(body[at - 1], Grid):
                cursor.insertBlock()
            _insert(cursor, line)
            put.append((line, cursor.block()))
        cursor.endEditBlock()
        return put

    def _keep_signature_with(self, last: QTextBlock, start: QTextBlock, signature: QTextTable) -> None:
        """A signature never stands on a page by itself, nor on two: some lines of what is signed, `last`, go
        with it, all of a short paragraph with the titles above it, which begin at `start`.
        """
        place = self._document.documentLayout().frameBoundingRect(signature)
        height = self._document.pageSize().height()
        first_page, last_page = int(place.top() // height), int((place.bottom() - 1) // height)
        if first_page == last_page == self._page_at(last, line=-LINES_TOGETHER):
            return
        if last.layout().lineCount() < 2 * LINES_TOGETHER:
            _break_before(start)
            return
        _break_before(_split(last, last.layout().lineCount() - LINES_TOGETHER))

    def _page_at(self, block: QTextBlock, line: int = 0) -> int:
        """The page of the block's line of this number, or of the nearest it has; -1 is the last."""
        self._document.pageCount()  # what a page break moved is set again only when somebody asks
        top = self._document.documentLayout().blockBoundingRect(block).top()
        lines = block.layout().lineCount()
        asked = block.layout().lineAt(max(0, lines + line) if line < 0 else min(line, lines - 1))
        within = asked.y() + asked.height() / 2 if lines else 0
        return int((top + within) // self._document.pageSize().height())


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
    form.setBorder(_points(GRID_RULE_PT))
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


def _first_block(grid: QTextTable, row: int) -> QTextBlock:
    """That of the row's first cell; of the last row when there are fewer."""
    return grid.cellAt(min(row, grid.rows() - 1), 0).firstCursorPosition().block()


def _split(block: QTextBlock, line: int) -> QTextBlock:
    """Makes a paragraph of its lines from this one on, and leaves the look of all lines as it was."""
    above = block.layout().lineAt(line - 1)
    words = block.text()[above.textStart() : above.textStart() + above.textLength()].rstrip()
    stretched = QTextCursor(block)
    stretched.setPosition(block.position() + above.textStart())
    stretched.setPosition(stretched.position() + len(words), QTextCursor.MoveMode.KeepAnchor)
    room = above.width() - above.naturalTextWidth()
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + above.textStart() + above.textLength())
    form = block.blockFormat()
    cursor.insertBlock()
    if form.alignment() & Qt.AlignmentFlag.AlignJustify and " " in words:
        # Qt does not justify the last line of a paragraph.
        wider = QTextCharFormat()
        wider.setFontWordSpacing(room / words.count(" "))
        stretched.mergeCharFormat(wider)
    form.setTextIndent(0)
    form.setTopMargin(0)
    cursor.setBlockFormat(form)
    return cursor.block()


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
