"""The blocks of an answer in a QTextDocument and back: what is shown is what is stored.

A text block bears its kind as a property; from that follow its indent and the look of its letters. Numbers
and bullets are no characters: whoever shows the document paints them, by the rule that they are stored by.
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from PySide6.QtGui import (
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from handbook.model.prose import (
    Block,
    Citation,
    Heading,
    Item,
    Paragraph,
    Quotation,
    Run,
    Runs,
    item_numbers,
    normal,
)

CITED_BY: Final = "— "
_KIND: Final = QTextFormat.Property.UserProperty.value + 1
_DOCUMENT: Final = _KIND + 1
_ANCHOR: Final = _KIND + 2
_LARGER: Final = 1  # FontSizeAdjustment: 1.2 times the document's font, whatever that is


class Kind(IntEnum):
    PARAGRAPH = 0
    HEADING = 1
    SUBHEADING = 2
    BULLET = 3
    SUB_BULLET = 4
    NUMBER = 5
    SUB_NUMBER = 6
    QUOTE = 7
    CITATION = 8


HEADINGS: Final = {Kind.HEADING: 1, Kind.SUBHEADING: 2}
ITEMS: Final = {
    Kind.BULLET: (False, 1),
    Kind.SUB_BULLET: (False, 2),
    Kind.NUMBER: (True, 1),
    Kind.SUB_NUMBER: (True, 2),
}
_ITEM_KINDS = {look: kind for kind, look in ITEMS.items()}
_INDENTS = {Kind.SUB_BULLET: 2, Kind.SUB_NUMBER: 2, Kind.PARAGRAPH: 0, Kind.HEADING: 0, Kind.SUBHEADING: 0}


class Line(NamedTuple):
    """What one text block shows."""

    kind: Kind
    runs: Runs
    citation: Citation | None = None


def lines_of(blocks: Iterable[Block]) -> Iterator[Line]:
    """The lines that the blocks are shown in."""
    for block in blocks:
        match block:
            case Paragraph(runs):
                yield Line(Kind.PARAGRAPH, runs)
            case Heading(runs, level):
                yield Line(Kind.HEADING if level == 1 else Kind.SUBHEADING, runs)
            case Item(runs, ordered, level):
                yield Line(_ITEM_KINDS[ordered, level], runs)
            case Quotation(quoted, citation):
                yield from (Line(Kind.QUOTE, runs) for runs in quoted)
                if citation:
                    yield Line(Kind.CITATION, (Run(text=CITED_BY + citation.label),), citation)


def blocks_of(lines: Iterable[Line]) -> tuple[Block, ...]:
    """The blocks that these lines show."""
    found: list[Block] = []
    for kind, runs, citation in lines:
        if kind in HEADINGS:
            found.append(Heading(runs, HEADINGS[kind]))
        elif kind in ITEMS:
            found.append(Item(runs, *ITEMS[kind]))
        elif kind in (Kind.QUOTE, Kind.CITATION):
            block = Quotation(() if citation else (runs,), citation)
            last = found[-1] if found else None
            if isinstance(last, Quotation) and last.citation is None:
                found[-1] = Quotation(last.lines + block.lines, citation)
            else:
                found.append(block)
        else:
            found.append(Paragraph(runs))
    return tuple(found)


def show(document: QTextDocument, blocks: Iterable[Block]) -> None:
    """Put the blocks in place of everything; what was here before cannot be brought back."""
    document.setUndoRedoEnabled(False)
    document.clear()
    _fill(QTextCursor(document), tuple(lines_of(normal(blocks))))
    document.setUndoRedoEnabled(True)


def replace(document: QTextDocument, blocks: Iterable[Block]) -> None:
    """Put the blocks in place of everything, as one step that can be undone."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.removeSelectedText()
    _dress(cursor, Line(Kind.PARAGRAPH, ()))
    _fill(cursor, tuple(lines_of(normal(blocks))))
    cursor.endEditBlock()


def insert(cursor: QTextCursor, blocks: Iterable[Block]) -> None:
    """Put the blocks in place of what is selected, as one step that can be undone.

    A first paragraph goes on in the line of the cursor; what stood behind the cursor stands behind the last.
    """
    lines = tuple(lines_of(normal(blocks)))
    if not lines:
        return
    cursor.beginEditBlock()
    cursor.removeSelectedText()
    behind = not cursor.atBlockEnd()
    former = line_of(cursor.block())
    first, rest = lines[0], lines[1:]
    goes_on = first.kind is Kind.PARAGRAPH and (former.runs or former.kind is not Kind.PARAGRAPH)
    if not goes_on and former.runs and cursor.atBlockStart():
        cursor.insertBlock()
        cursor.movePosition(QTextCursor.MoveOperation.PreviousBlock)
        behind = False
    if goes_on:
        for run in first.runs:
            cursor.insertText(run.text, look_of(former.kind, run))
    elif cursor.block().length() > 1:
        rest = lines
    else:
        _fill(cursor, (first,))
    for line in rest:
        cursor.insertBlock()
        _fill(cursor, (line,))
    if behind and lines[-1].kind is not Kind.PARAGRAPH:
        cursor.insertBlock()
        _dress(cursor, former)
    cursor.endEditBlock()


def read(document: QTextDocument) -> tuple[Block, ...]:
    """What the document shows."""
    return blocks_of(_lines(document))


def read_selected(cursor: QTextCursor) -> tuple[Block, ...]:
    """What is selected; whole lines keep their kind, a piece of a single one is a paragraph."""
    start, end = cursor.selectionStart(), cursor.selectionEnd()
    document = cursor.document()
    block, last = document.findBlock(start), document.findBlock(end)
    if block == last and end - start < block.length() - 1:
        return (Paragraph(_runs(block, start, end)),)
    lines = []
    while block.isValid() and block.position() < end:
        line = line_of(block)
        lines.append(line._replace(runs=_runs(block, start, end)))
        block = block.next()
    return blocks_of(lines)


def kind_of(block: QTextBlock) -> Kind:
    return Kind(block.blockFormat().intProperty(_KIND))


def citation_of(block: QTextBlock) -> Citation | None:
    """Where the quotation that ends with this text block is from; None when it does not say."""
    if kind_of(block) is not Kind.CITATION:
        return None
    form = block.blockFormat()
    label = block.text().removeprefix(CITED_BY.rstrip()).strip()
    return Citation(label, form.stringProperty(_DOCUMENT), form.stringProperty(_ANCHOR)) if label else None


def line_of(block: QTextBlock) -> Line:
    kind, citation = kind_of(block), citation_of(block)
    if kind is Kind.CITATION and not citation:
        kind = Kind.QUOTE if block.text().strip() else Kind.PARAGRAPH
    return Line(kind, _runs(block), citation)


def numbers_of(document: QTextDocument) -> tuple[int, ...]:
    """For each text block the number it bears in its list, 0 for none."""
    items = (
        Item((), *ITEMS[kind]) if kind in ITEMS else Paragraph(())
        for kind in (kind_of(block) for block in text_blocks(document))
    )
    return item_numbers(items)


def set_kind(cursor: QTextCursor, kind: Kind) -> None:
    """Make all selected lines this kind, as one step that can be undone; a citation loses its place then."""
    block = cursor.document().findBlock(cursor.selectionStart())
    end = max(cursor.selectionEnd(), cursor.selectionStart() + 1)
    cursor = QTextCursor(cursor)
    cursor.beginEditBlock()
    while block.isValid() and block.position() < end:
        line = line_of(block)
        cursor.setPosition(block.position())
        cursor.setBlockFormat(_block_format(kind))
        cursor.setBlockCharFormat(look_of(kind, Run(text="")))
        if (kind in HEADINGS or line.kind in HEADINGS) and line.kind is not kind:
            for start, length, run, _ in _pieces(block, line.kind):
                cursor.setPosition(start)
                cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(look_of(kind, run))
        block = block.next()
    cursor.endEditBlock()


def settle_look(block: QTextBlock) -> None:
    """Where lines of two kinds were joined, give all letters the look of the line that they are now in."""
    kind = kind_of(block)
    cursor = QTextCursor(block)
    strange = [
        (start, length, run)
        for start, length, run, is_title in _pieces(block, kind)
        if is_title != (kind in HEADINGS)
    ]
    if not strange:
        return
    cursor.beginEditBlock()
    for start, length, run in strange:
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(look_of(kind, run))
    cursor.endEditBlock()


def look_of(kind: Kind, run: Run) -> QTextCharFormat:
    """How the letters of a run look in a line of this kind; sizes follow the document's own font."""
    look = QTextCharFormat()
    if kind in HEADINGS:
        look.setFontWeight(QFont.Weight.Bold)
        look.setFontItalic(kind is Kind.SUBHEADING)
        look.setProperty(QTextFormat.Property.FontSizeAdjustment, _LARGER if kind is Kind.HEADING else 0)
    else:
        look.setFontWeight(QFont.Weight.Bold if run.bold else QFont.Weight.Normal)
        look.setFontItalic(run.italic)
    if run.link:
        look.setAnchor(True)
        look.setAnchorHref(run.link)
        look.setFontUnderline(True)
    return look


def text_blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def _lines(document: QTextDocument) -> Iterator[Line]:
    return (line_of(block) for block in text_blocks(document))


def _fill(cursor: QTextCursor, lines: tuple[Line, ...]) -> None:
    """Write the lines from the empty one that the cursor is in."""
    for number, line in enumerate(lines):
        if number:
            cursor.insertBlock()
        _dress(cursor, line)
        for run in line.runs:
            cursor.insertText(run.text, look_of(line.kind, run))


def _dress(cursor: QTextCursor, line: Line) -> None:
    cursor.setBlockFormat(_block_format(line.kind, line.citation))
    cursor.setBlockCharFormat(look_of(line.kind, Run(text="")))
    cursor.setCharFormat(look_of(line.kind, Run(text="")))


def _block_format(kind: Kind, citation: Citation | None = None) -> QTextBlockFormat:
    form = QTextBlockFormat()
    form.setProperty(_KIND, int(kind))
    form.setIndent(_INDENTS.get(kind, 1))
    if kind in HEADINGS:
        form.setHeadingLevel(HEADINGS[kind])
    if citation:
        form.setProperty(_DOCUMENT, citation.document)
        form.setProperty(_ANCHOR, citation.anchor)
    return form


def _runs(block: QTextBlock, start: int = 0, end: int = -1) -> Runs:
    """Runs between two positions of the document; to the end of the block when `end` is -1."""
    runs = []
    for at, length, run, _ in _pieces(block, kind_of(block)):
        first = max(0, start - at)
        last = length if end < 0 else min(length, end - at)
        if first < last:
            text = run.text if last - first == length else _utf16_piece(run.text, first, last)
            runs.append(Run(text=text, bold=run.bold, italic=run.italic, link=run.link))
    return tuple(runs)


def _pieces(block: QTextBlock, kind: Kind) -> list[tuple[int, int, Run, bool]]:
    """Position, length (both as Qt counts) and run of each fragment; whether it looks as a heading does."""
    pieces = []
    fragments = block.begin()
    while not fragments.atEnd():
        fragment = fragments.fragment()
        look = fragment.charFormat()
        is_title = look.hasProperty(QTextFormat.Property.FontSizeAdjustment)
        styled = kind not in HEADINGS and not is_title
        run = Run(
            text=fragment.text(),
            bold=styled and look.fontWeight() >= QFont.Weight.DemiBold,
            italic=styled and look.fontItalic(),
            link=look.anchorHref() if look.isAnchor() else "",
        )
        pieces.append((fragment.position(), fragment.length(), run, is_title))
        fragments += 1
    return pieces


def _utf16_piece(text: str, first: int, last: int) -> str:
    """Qt counts UTF-16 units: a character outside the basic plane is two of them."""
    return text.encode("utf-16-le")[2 * first : 2 * last].decode("utf-16-le", "ignore")
