"""Dotted lines below doubted words, painted over the text: document, layout and undo know nothing of them."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QPen, QTextBlock, QTextCursor
from PySide6.QtWidgets import QTextEdit

from handbook.desktop.passage_marks import positions
from handbook.desktop.prose_document import text_blocks
from handbook.desktop.theme import current_theme
from handbook.model.spelling import Word, words_to_check


def paint_doubted(painter: QPainter, box: QTextEdit, doubted: frozenset[str], area: QRect) -> None:
    """What is below `area` of the box only; not the word that is being typed."""
    theme, layout = current_theme(), box.document().documentLayout()
    pen = QPen(theme.colour("danger"), theme.px(1.8))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setDashPattern([0.01, 2.0])
    painter.setPen(pen)
    typed = box.textCursor().position() if box.hasFocus() else -1
    for block in text_blocks(box.document()):
        room = layout.blockBoundingRect(block)
        if room.top() > area.bottom():
            return
        if room.bottom() >= area.top():
            for word in doubted_in(block.text(), doubted):
                if block.position() + word.end != typed:
                    _underline(painter, block, word, room.top(), area)


@lru_cache(maxsize=512)
def doubted_in(text: str, doubted: frozenset[str]) -> tuple[Word, ...]:
    """The doubted words of a text block, at the positions that Qt counts."""
    return tuple(
        word._replace(start=positions(text, word.start), end=positions(text, word.end))
        for word in words_to_check(text)
        if word.text in doubted
    )


def doubted_at(cursor: QTextCursor, doubted: frozenset[str]) -> QTextCursor | None:
    """The doubted word that the cursor is in or at, selected."""
    block = cursor.block()
    for word in doubted_in(block.text(), doubted):
        if word.start <= cursor.position() - block.position() <= word.end:
            return selected(block, word)
    return None


def next_doubted(cursor: QTextCursor, doubted: frozenset[str]) -> QTextCursor | None:
    """The first doubted word behind the cursor or what it has selected, selected."""
    block, behind = cursor.block(), cursor.selectionEnd() - cursor.block().position()
    if cursor.hasSelection():
        block = cursor.document().findBlock(cursor.selectionEnd())
        behind = cursor.selectionEnd() - block.position()
    while block.isValid():
        for word in doubted_in(block.text(), doubted):
            if word.start >= behind:
                return selected(block, word)
        block, behind = block.next(), 0
    return None


def selected(block: QTextBlock, word: Word) -> QTextCursor:
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + word.start)
    cursor.setPosition(block.position() + word.end, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def _underline(painter: QPainter, block: QTextBlock, word: Word, top: float, area: QRect) -> None:
    """A word that is broken over two lines is underlined in both."""
    layout = block.layout()
    # What an input method composes stands in the layout but not yet in the text.
    ahead = layout.preeditAreaPosition()
    shift = len(layout.preeditAreaText()) if 0 <= ahead <= word.start else 0
    start, end = word.start + shift, word.end + shift
    while start < end:
        line = layout.lineForTextPosition(start)
        if not line.isValid() or line.textLength() == 0:
            return
        stop = min(end, line.textStart() + line.textLength())
        base = top + line.y() + line.ascent() + painter.pen().widthF() * 1.5
        if area.top() <= base + line.descent() and base - line.height() <= area.bottom():
            offset = layout.position().x()
            left, right = offset + line.cursorToX(start)[0], offset + line.cursorToX(stop)[0]
            painter.drawLine(QPointF(left, base), QPointF(right, base))
        start = stop
