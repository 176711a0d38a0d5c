"""What is painted over a text: the member's marks, the words of a search, and what is looked for in it."""

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QPoint
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit

from handbook.desktop.passages import Mark, Marks
from handbook.desktop.theme import Paper, current_theme
from handbook.model.text import fold

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SPACE = re.compile(r"\s")
_WORD = re.compile(r"[^\W_]+")


class Match(NamedTuple):
    """Where something was found, in the character positions of QTextDocument."""

    start: int
    end: int


class Highlights:
    """Paints one text on `paper` (None: that of the theme), whenever it is told to `paint`.

    `section_of(position)` gives the section that holds a character position.
    """

    def __init__(self, text: QTextEdit, marks: Marks, section_of: Callable[[int], int]) -> None:
        self._text = text
        self._marks = marks
        self._section_of = section_of
        self.paper: Paper | None = None
        self.forget()

    def forget(self) -> None:
        """Another document is shown."""
        self._matches: list[Match] = []
        self._match = -1
        self._words: re.Pattern[str] | None = None

    def find_all(self, words: str) -> int:
        """Find every place where the words occur, whatever their case and marks; returns how many."""
        wanted = " ".join(fold(words).split())
        self._matches, self._match = [], -1
        if wanted:
            pattern = re.escape(wanted)
            self._matches = [
                Match(*found.span()) for found in re.finditer(pattern, _flat(self._text.toPlainText()))
            ]
        return len(self._matches)

    def go_on(self, forward: bool) -> int:
        """Turn to the next match from here, around the end; returns its number from 0, -1 when none is."""
        if not self._matches:
            return -1
        if self._match < 0:
            here = self._text.cursorForPosition(QPoint(0, 0)).position()
            self._match = bisect_right(self._matches, (here, here)) - (0 if forward else 1)
        else:
            self._match += 1 if forward else -1
        self._match %= len(self._matches)
        return self._match

    def place(self, match: int) -> QTextCursor:
        """What the match of this number covers."""
        return self._covering(self._matches[match])

    def mark_words(self, text: str) -> None:
        words = sorted({word for word in _WORD.findall(fold(text)) if len(word) > 1}, key=len, reverse=True)
        pattern = "|".join(map(re.escape, words))
        self._words = re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])") if words else None

    def paint(self) -> None:
        """Only what is seen: a common word has thousands of matches in a law."""
        text = self._text
        if not self._matches and not self._words and not self._marks:
            if text.extraSelections():
                text.setExtraSelections([])
            return
        start = text.cursorForPosition(QPoint(0, 0)).position()
        corner = QPoint(text.viewport().width(), text.viewport().height())
        end = text.cursorForPosition(corner).position()
        painted = [
            self._painted_mark(mark, cursor)
            for mark, cursor in self._marks.between(self._section_of(start), self._section_of(end))
        ]
        if self._words:
            seen = self._covering(Match(start, end))
            for found in self._words.finditer(_flat(seen.selectedText())):
                match = Match(start + found.start(), start + found.end())
                painted.append(self._painted(self._covering(match), "mark"))
        first = bisect_right(self._matches, (start, 0))
        for at in range(max(0, first - 1), len(self._matches)):
            if self._matches[at].start > end:
                break
            colour = "found" if at == self._match else "mark"
            painted.append(self._painted(self._covering(self._matches[at]), colour))
        text.setExtraSelections(painted)

    def _painted_mark(self, mark: Mark, cursor: QTextCursor) -> QTextEdit.ExtraSelection:
        selection = self._painted(cursor, f"note_{mark.colour}")
        if mark.note:
            selection.format.setUnderlineColor(current_theme().paper_colour("link", self.paper))
            selection.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DashUnderline)
        return selection

    def _painted(self, cursor: QTextCursor, colour: str) -> QTextEdit.ExtraSelection:
        theme = current_theme()
        selection = QTextEdit.ExtraSelection()
        selection.cursor = cursor
        selection.format.setBackground(theme.paper_colour(colour, self.paper))
        selection.format.setForeground(theme.paper_colour("text", self.paper))
        return selection

    def _covering(self, match: Match) -> QTextCursor:
        cursor = QTextCursor(self._text.document())
        cursor.setPosition(match.start)
        cursor.setPosition(match.end, QTextCursor.MoveMode.KeepAnchor)
        return cursor


def _flat(text: str) -> str:
    """Folded text with single spaces for all space, in which offsets are those of QTextDocument."""
    return _SPACE.sub(" ", _ASTRAL.sub("\ufffd\ufffd", fold(text)))
