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
from handbook.desktop.unbroken import JOINER, as_written
from handbook.model.text import exact, fold, telex_decode

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
        self._exact_words: frozenset[str] = frozenset()
        self._free_words: set[str] = set()

    def find_all(self, words: str) -> int:
        """Find every place where the words occur, whatever their case; returns how many.

        A word typed without marks is found however it is marked; one typed with marks only as it is typed.
        """
        typed = " ".join(exact(words).split())
        self._matches, self._match = [], -1
        if typed:
            text = _one_each(self._text.document().toPlainText())
            self._matches = [
                Match(*found.span())
                for found in re.finditer(_pattern(typed), _flat(text))
                if _is_meant(typed, text[found.start() : found.end()])
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
        """Mark these words where they stand alone, as `find_all` would find them; Telex keys are decoded."""
        typed = {
            word: exact(telex_decode(word)) or word for word in _WORD.findall(exact(text)) if len(word) > 1
        }
        self._exact_words = frozenset(word for word in typed.values() if fold(word) != word)
        folded = {fold(word) for word in typed.values()}
        self._free_words = folded - {fold(word) for word in self._exact_words}
        words = sorted(folded, key=len, reverse=True)
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
            text_seen = _one_each(seen.selectedText())
            for found in self._words.finditer(_flat(text_seen)):
                written = exact(text_seen[found.start() : found.end()])
                if found[0] not in self._free_words and written not in self._exact_words:
                    continue
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


def _pattern(typed: str) -> str:
    """What finds the words in flat text, in which a joiner may stand behind a hyphen or a slash."""
    return re.sub(r"(\\-|/)", rf"\1{JOINER}?", re.escape(fold(typed)))


def _is_meant(typed: str, written: str) -> bool:
    """Whether each word that was typed with marks is written with the same ones."""
    found = exact(as_written(written))
    return all(
        fold(word[0]) == word[0] or found[word.start() : word.end()] == word[0]
        for word in re.finditer(r"\S+", typed)
    )


def _one_each(text: str) -> str:
    """With as many characters as QTextDocument has positions."""
    return _ASTRAL.sub("\ufffd\ufffd", text)


def _flat(text: str) -> str:
    """Folded text with single spaces for all space, in which offsets are those of QTextDocument."""
    return _SPACE.sub(" ", _one_each(fold(text)))
