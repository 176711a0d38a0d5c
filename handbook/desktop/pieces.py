"""A document as pieces of HTML that are set one after the other, each alike wherever the text was begun."""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtGui import QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument

from handbook.desktop.cutting import cut_markup, is_long
from handbook.model.text import nfc

if TYPE_CHECKING:
    from handbook.client.library import SectionHtml

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


def pieces_of(sections: "Sequence[SectionHtml]", first: int = 0) -> list[Piece]:
    """The sections, which are those from index `first` on.

    A long table takes some ten milliseconds: the GUI thread should not wait for it.
    """
    pieces = []
    for at, section in enumerate(sections, first):
        heading = section if section.heading else None
        cut = cut_markup(section.html) if is_long(section.html) else [section.html]
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


def _heading(section: "SectionHtml") -> str:
    tag = f"h{min(max(section.level, 1), 3) + 1}"
    name, words = html.escape(section.anchor), html.escape(nfc(section.heading))
    return f'<{tag}><a name="{name}"></a>{words}</{tag}>'
