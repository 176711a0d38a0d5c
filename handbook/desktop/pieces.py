"""A document as pieces of HTML that are set one after the other, each alike wherever the text was begun."""

import html
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtGui import QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument

from handbook.model.text import nfc

if TYPE_CHECKING:
    from handbook.client.library import SectionHtml

PIECE_CHARACTERS: Final = 12_000
"""Text is added in pieces no longer than this where it can be cut; one takes some four milliseconds."""
HEAD: Final = -1
"""The section of the title block."""

_FIRST_TAG = re.compile(r"\s*<(p|h[1-4]|table)\b")

Forms = dict[str, tuple[QTextBlockFormat, QTextCharFormat]]


class Piece(NamedTuple):
    """HTML that is set in one go; `begins` for the first piece of its section, which has its heading."""

    section: int
    begins: bool
    html: str
    heading: "SectionHtml | None" = None

    @property
    def markup(self) -> str:
        """With the heading, in the form in which folded text is as long as this one."""
        body = nfc(self.html)
        return _heading(self.heading) + body if self.heading else body or "<p>&nbsp;</p>"


def pieces_of(head: str, sections: "Sequence[SectionHtml]", first: int = 0) -> list[Piece]:
    """The sections, which are those from index `first` on; from the beginning with the title block."""
    pieces = [] if first else [Piece(HEAD, True, head)]
    for at, section in enumerate(sections, first):
        heading = section if section.heading else None
        if len(section.html) <= PIECE_CHARACTERS:
            pieces.append(Piece(at, True, section.html, heading))
        else:
            cut = cut_markup(section.html)
            pieces += [Piece(at, not k, text, None if k else heading) for k, text in enumerate(cut)]
    return pieces


def markup_of(section: "SectionHtml") -> str:
    """The whole section with its heading as HTML."""
    return Piece(0, True, section.html, section if section.heading else None).markup


def block_forms(document: QTextDocument) -> Forms:
    """How the document's style sheet forms a block of each kind that a piece begins with."""
    forms = {}
    for tag in ("p", "h1", "h2", "h3", "h4"):
        sample = QTextDocument()
        sample.setDefaultStyleSheet(document.defaultStyleSheet())
        sample.setDefaultFont(document.defaultFont())
        sample.setHtml(f"<{tag}>x</{tag}>")
        block = sample.firstBlock()
        forms[tag] = (block.blockFormat(), block.charFormat())
    forms["table"] = (QTextBlockFormat(), QTextCharFormat())
    return forms


def append_piece(document: QTextDocument, markup: str, forms: Forms) -> int:
    """Set a piece below the text; returns the position where it begins."""
    cursor = QTextCursor(document)
    cursor.movePosition(QTextCursor.MoveOperation.End)
    cursor.beginEditBlock()
    if not document.isEmpty() and cursor.block().length() > 1:
        cursor.insertBlock()
    start = cursor.position()
    _insert(cursor, markup, forms)
    cursor.endEditBlock()
    return start


def prepend_piece(document: QTextDocument, markup: str, forms: Forms) -> QTextCursor:
    """Set a piece above the text; returns where the former text begins now."""
    cursor, former = QTextCursor(document), QTextCursor(document)
    cursor.beginEditBlock()
    cursor.insertBlock()
    former.movePosition(QTextCursor.MoveOperation.Start)
    former.movePosition(QTextCursor.MoveOperation.NextBlock)
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    _insert(cursor, markup, forms)
    if markup.endswith("</table>") and former.block().previous().length() == 1:
        former.deletePreviousChar()  # the line that Qt keeps below a table
    cursor.endEditBlock()
    return former


def _insert(cursor: QTextCursor, markup: str, forms: Forms) -> None:
    # What is inserted flows into the block at the cursor: the first block's own form would be lost.
    tag = _FIRST_TAG.match(markup)
    form = forms.get(tag[1] if tag else "")
    cursor.setBlockFormat(form[0] if form else QTextBlockFormat())
    cursor.setBlockCharFormat(form[1] if form else QTextCharFormat())
    if form:
        cursor.insertHtml(markup)
        return
    # A list keeps its first item when a paragraph stands before it, which goes again: an emptied block that
    # is joined with the next takes the form of that one.
    start = QTextCursor(cursor)
    start.setKeepPositionOnInsert(True)
    cursor.insertHtml(f"<p>\u200b</p>{markup}")
    start.deleteChar()
    start.deleteChar()


_TAG = re.compile(r"<(/?)([a-z0-9]+)([^>]*?)(/?)>")
_VOID = frozenset({"br", "hr", "img"})
_CUTTABLE = {"table": "tr", "ol": "li", "ul": "li"}
_START = re.compile(r' start="(\d+)"')


def cut_markup(body: str) -> list[str]:
    """Clean HTML in pieces of about PIECE_CHARACTERS, each of which stands by itself.

    It is cut between blocks; a table longer than a piece between rows, a list between items. The parts are
    tables with columns of equal width and lists that count on.
    """
    blocks: list[str] = []
    for block, tag in _blocks(body):
        if len(block) > PIECE_CHARACTERS and tag == "table" and "rowspan" not in block:
            blocks += _cut_table(block)
        elif len(block) > PIECE_CHARACTERS and tag in _CUTTABLE:
            blocks += _cut_list(block, tag)
        else:
            blocks.append(block)
    return ["".join(group) for group in _grouped(blocks)]


def _grouped(parts: Sequence[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    length = 0
    for part in parts:
        if groups[-1] and length + len(part) > PIECE_CHARACTERS:
            groups.append([])
            length = 0
        groups[-1].append(part)
        length += len(part)
    return groups


def _blocks(body: str) -> Iterator[tuple[str, str]]:
    """The outermost elements with what stands behind each, and their tags."""
    start, depth, tag = 0, 0, ""
    for found in _TAG.finditer(body):
        if found[2] in _VOID or found[4]:
            continue
        if found[1]:
            depth -= 1
        else:
            if depth == 0 and tag:
                yield body[start : found.start()], tag
                start = found.start()
            tag = tag if depth else found[2]
            depth += 1
    yield body[start:], tag


def _inner(block: str, child: str) -> tuple[str, list[str]]:
    """What stands before the first outermost `child`, and each of these."""
    opened = [found for found in _TAG.finditer(block) if found[2] == child]
    children, depth, start, first = [], 0, 0, len(block)
    for found in opened:
        if not found[1]:
            if depth == 0:
                start = found.start()
                first = min(first, start)
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                children.append(block[start : found.end()])
    return block[:first], children


def _cut_list(block: str, tag: str) -> list[str]:
    opening, items = _inner(block, "li")
    counted = _START.search(opening)
    number = int(counted[1]) if counted else 1
    parts = []
    for group in _grouped(items):
        start = f' start="{number}"' if tag == "ol" else ""
        parts.append(f"<{tag}{start}>{''.join(group)}</{tag}>")
        number += len(group)
    return parts


_CELL = re.compile(r"<(t[hd])([^>]*)>(.*?)</t[hd]>", re.DOTALL)
_BETWEEN = re.compile(r"<[^>]*>|\s+")
NARROWEST_SHARE: Final = 8
"""Per cent of a long table's width that a column gets at least."""


def _cut_table(block: str) -> list[str]:
    """Tables of some rows each, in one width: columns get their shares by what stands in them."""
    opening, rows = _inner(block, "tr")
    lengths: dict[int, int] = {}
    for row in rows:
        for column, cell in enumerate(_CELL.findall(row)):
            lengths[column] = lengths.get(column, 0) + min(len(_BETWEEN.sub(" ", cell[2])), 120)
    whole = max(1, sum(lengths.values()))
    wanted = [max(NARROWEST_SHARE, 100 * length / whole) for _, length in sorted(lengths.items())]
    shares = [round(100 * share / sum(wanted)) for share in wanted]
    table = opening[: opening.index(">")] + ' width="100%" style="margin-top:0px; margin-bottom:0px">'
    return [f"{table}{_shared(group[0], shares)}{''.join(group[1:])}</table>" for group in _grouped(rows)]


def _shared(row: str, shares: Sequence[int]) -> str:
    """The row with the width of each column, which all rows below it take over."""
    left = iter(shares)

    def shared(cell: re.Match[str]) -> str:
        share = next(left, NARROWEST_SHARE)
        return f'<{cell[1]}{cell[2]} width="{share}%">{cell[3]}</{cell[1]}>'

    return _CELL.sub(shared, row)


def _heading(section: "SectionHtml") -> str:
    tag = f"h{min(max(section.level, 1), 3) + 1}"
    name, words = html.escape(section.anchor), html.escape(nfc(section.heading))
    return f'<{tag}><a name="{name}"></a>{words}</{tag}>'
