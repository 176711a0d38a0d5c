"""A reflection to be read with the comments on its passages: marked in place and numbered at the edge."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTextBlock,
    QTextCursor,
)
from PySide6.QtWidgets import QWidget

from handbook.desktop.passage_marks import characters, marked, positions
from handbook.desktop.reflection_text import ReflectionText
from handbook.desktop.theme import current_theme
from handbook.model.notes import Place, SectionText
from handbook.model.passages import find_passages
from handbook.model.reflection import PassageComment
from handbook.model.text import nfc

BADGE_PX = 10.5
PART_HEADING = 2


class PassageText(ReflectionText):
    """`chosen(number)` is emitted when the person clicks on a marked passage, counted from 0."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._comments: tuple[PassageComment, ...] = ()
        self._ids: tuple[str, ...] = ()
        self._marks: list[tuple[int, int, int]] = []
        self._current = -1
        super().__init__(parent)
        flags = Qt.TextInteractionFlag.TextBrowserInteraction
        self.setTextInteractionFlags(flags | Qt.TextInteractionFlag.TextSelectableByKeyboard)

    def show_answers(
        self, parts: Sequence[tuple[str, str, str]], comments: Sequence[PassageComment] = ()
    ) -> None:
        """(id, title, Markdown) of each part, and the comments that are made on them."""
        self._ids = tuple(id for id, _, _ in parts)
        shown = tuple((title, nfc(text)) for _, title, text in parts)
        if shown != self._parts:
            self._current, self._comments = -1, tuple(comments)
            self.show_parts(shown)
        else:
            self.show_comments(comments)

    def show_comments(self, comments: Sequence[PassageComment]) -> None:
        """Mark the passages of these instead, on the same text."""
        self._comments = tuple(comments)
        self._find()

    def sections(self) -> tuple[SectionText, ...]:
        """The parts as they are shown."""
        return tuple(
            SectionText(id, "\n".join(block.text() for block in blocks))
            for id, blocks in zip(self._ids, self._blocks(), strict=False)
        )

    def selected(self) -> Place | None:
        """The selected passage without spaces around it, up to the end of the part that it begins in."""
        cursor = self.textCursor()
        for id, blocks in zip(self._ids, self._blocks(), strict=False):
            if not blocks:
                continue
            first, last = blocks[0].position(), blocks[-1].position() + blocks[-1].length() - 1
            start, end = max(first, cursor.selectionStart()), min(last, cursor.selectionEnd())
            if start >= end:
                continue
            words = "\n".join(block.text() for block in blocks)
            from_, to = characters(words, start - first), characters(words, end - first)
            chosen = words[from_:to]
            from_ += len(chosen) - len(chosen.lstrip())
            to -= len(chosen) - len(chosen.rstrip())
            if from_ < to:
                return Place(section=id, start=from_, end=to)
        return None

    def go_to(self, number: int) -> None:
        """Bring the passage into view and let it stand out; nothing when it is not in the text."""
        for each, start, _ in self._marks:
            if each == number:
                self._current = number
                cursor = QTextCursor(self.document())
                cursor.setPosition(start)
                self.setTextCursor(cursor)
                self.ensureCursorVisible()
                self._paint_marks()
                return

    def area_of(self, number: int, ancestor: QWidget) -> QRect:
        """Where the passage begins, in the coordinates of a widget around this one; empty when it is gone."""
        for each, start, _ in self._marks:
            if each == number:
                area = self._line_at(start)
                return QRect(self.viewport().mapTo(ancestor, area.topLeft()), area.size())
        return QRect()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() is not Qt.MouseButton.LeftButton or self.textCursor().hasSelection():
            return
        at = self.cursorForPosition(event.position().toPoint()).position()
        for number, start, end in self._marks:
            if start <= at < end:
                self.go_to(number)
                self.chosen.emit(number)
                return

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        lines: dict[int, list[int]] = {}
        heights: dict[int, int] = {}
        for number, start, _ in self._marks:
            line = self._line_at(start)
            lines.setdefault(line.top(), []).append(number + 1)
            heights[line.top()] = line.height()
        theme = current_theme()
        painter = QPainter(self.viewport())
        painter.setFont(theme.font(BADGE_PX, QFont.Weight.Bold))
        painter.setPen(theme.colour("accent"))
        for top, numbers in lines.items():
            edge = QRect(0, top, theme.px(16), heights[top])
            painter.drawText(edge, Qt.AlignmentFlag.AlignCenter, "·".join(map(str, numbers)))

    def _draw(self) -> None:
        super()._draw()
        self._find()

    def _find(self) -> None:
        """Places of the comments in the document, as (number, start, end) in its positions."""
        blocks_of = dict(zip(self._ids, self._blocks(), strict=False))
        self._marks = []
        places = find_passages(self.sections(), self._comments)
        for number, place in enumerate(places):
            if place is None:
                continue
            blocks = blocks_of[place.section]
            words = "\n".join(block.text() for block in blocks)
            first = blocks[0].position()
            start = first + positions(words, place.start)
            self._marks.append((number, start, first + positions(words, place.end)))
        self._paint_marks()

    def _paint_marks(self) -> None:
        self.setExtraSelections(
            [
                marked(self.document(), start, end, current=number == self._current)
                for number, start, end in self._marks
            ]
        )
        self.viewport().update()

    def _blocks(self) -> list[list[QTextBlock]]:
        """The text blocks of each part, without its title."""
        parts: list[list[QTextBlock]] = []
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() == PART_HEADING:
                parts.append([])
            elif parts:
                parts[-1].append(block)
            block = block.next()
        return parts

    def _line_at(self, position: int) -> QRect:
        cursor = QTextCursor(self.document())
        cursor.setPosition(position)
        line = self.cursorRect(cursor)
        return QRect(QPoint(0, line.top()), line.bottomRight())
