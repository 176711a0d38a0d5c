"""A document as pieces of HTML that are set one after the other, each alike wherever the text was begun."""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtGui import QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument

from handbook.model.text import nfc

if TYPE_CHECKING:
    from handbook.client.library import SectionHtml

PIECE_CHARACTERS: Final = 12_000
"""Text is added in pieces no longer than this where it can be cut; one takes some four milliseconds."""
HEAD: Final = -1
"""The section of the title block."""

_FIRST_TAG = re.compile(r"\s*<(p|h[1-4])\b")

Forms = dict[str, tuple[QTextBlockFormat, QTextCharFormat]]


class Piece(NamedTuple):
    """HTML that is set in one go; `begins` for the first piece of its section."""

    section: int
    begins: bool
    html: str


def pieces_of(head: str, sections: "Sequence[SectionHtml]") -> list[Piece]:
    """The title block and the sections."""
    pieces = [Piece(HEAD, True, head)]
    for at, section in enumerate(sections):
        pieces += [Piece(at, not k, text) for k, text in enumerate(_cut(section))]
    return pieces


def markup_of(section: "SectionHtml") -> str:
    """The whole section with its heading as HTML."""
    return "".join(_cut(section))


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
    cursor.endEditBlock()
    return former


def _insert(cursor: QTextCursor, markup: str, forms: Forms) -> None:
    # What is inserted flows into the block at the cursor: the first block's own form would be lost.
    tag = _FIRST_TAG.match(markup)
    form = forms.get(tag[1] if tag else "")
    cursor.setBlockFormat(form[0] if form else QTextBlockFormat())
    cursor.setBlockCharFormat(form[1] if form else QTextCharFormat())
    cursor.insertHtml(markup if form else f"<p>\u200b</p>{markup}")


def _cut(section: "SectionHtml") -> list[str]:
    """The section with its heading, in pieces. Text with tables, lists and the like is left whole."""
    pieces = []
    body = nfc(section.html)  # folded text is as long as this form
    while len(body) > PIECE_CHARACTERS and "<table" not in body and "<li" not in body and "<div" not in body:
        end = body.find("\n<p>", PIECE_CHARACTERS)
        if end < 0:
            break
        pieces.append(body[:end])
        body = body[end:]
    pieces.append(body)
    if section.heading:
        pieces[0] = _heading(section) + pieces[0]
    elif not pieces[0]:
        pieces[0] = "<p>&nbsp;</p>"
    return pieces


def _heading(section: "SectionHtml") -> str:
    tag = f"h{min(max(section.level, 1), 3) + 1}"
    name, words = html.escape(section.anchor), html.escape(nfc(section.heading))
    return f'<{tag}><a name="{name}"></a>{words}</{tag}>'
