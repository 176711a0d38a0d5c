"""The text of a document, shown at once however long it is.

What lies at the place of reading is set first; the rest is added below and above in small steps between two
turns of the event loop, so that neither opening nor scrolling waits for a whole law.
"""

import html
import re
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.look import Look
from handbook.desktop.passages import Chosen, Mark, Marks
from handbook.desktop.theme import Theme, current_theme
from handbook.model.text import fold, nfc

if TYPE_CHECKING:
    from handbook.client.library import SectionHtml

STEP_SECONDS: Final = 0.008
"""How long one step of adding text may take, within one of sixty frames a second."""
FIRST_STEP_MS: Final = 20
"""What was set at once is painted before the first step."""
PIECE_CHARACTERS: Final = 12_000
"""Text is added in pieces no longer than this where it can be cut; one takes some four milliseconds."""
RESET_CHARACTERS: Final = 60_000
"""A longer text is set anew around the place of reading when its width changes; breaking the lines of one as
long as this takes some thirty milliseconds."""
HEAD: Final = -1

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SPACE = re.compile(r"\s")
_FIRST_TAG = re.compile(r"\s*<(p|h[1-4])\b")
_WORD = re.compile(r"[^\W_]+")


class _Piece(NamedTuple):
    """HTML that is set in one go; `begins` for the first piece of its section."""

    section: int
    begins: bool
    html: str


class Match(NamedTuple):
    """Where something was found, in the character positions of QTextDocument."""

    start: int
    end: int


class DocumentText(QTextBrowser):
    """A document that is read: it scrolls, finds, and knows which section is at the top.

    `section_changed(index)` when reading comes to another section; `paused()` when scrolling has stopped;
    `completed()` when the whole text is there; `followed(url)` for a link, which is never opened here.
    """

    section_changed = Signal(int)
    paused = Signal()
    completed = Signal()
    followed = Signal(QUrl)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.anchorClicked.connect(self.followed)
        self._pieces: list[_Piece] = []
        self._link: Callable[[str], str] = str
        self._first_pieces: dict[int, int] = {}
        self._built = range(0)
        self._starts: dict[int, QTextCursor] = {}
        self._name = ""
        self._section = -1
        self._chosen = -1
        self._headed: frozenset[int] = frozenset()
        self.marks = Marks(self.document(), self._bounds, lambda section: section in self._headed)
        self._matches: list[Match] = []
        self._match = -1
        self._words: re.Pattern[str] | None = None
        self._look = Look()
        self._forms: dict[str, tuple[QTextBlockFormat, QTextCharFormat]] = {}
        self._resizing = False
        self._worn: tuple[Theme, Look] | None = None
        self._steps = QTimer(self)
        self._steps.timeout.connect(self._step)
        self._pause = QTimer(self, interval=700, singleShot=True)
        self._pause.timeout.connect(self.paused)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.actionTriggered.connect(lambda _: self._forget_choice())
        self.horizontalScrollBar().rangeChanged.connect(self._widen)
        self._dress()

    # -- what is shown

    def show_document(
        self,
        head: str,
        sections: "Sequence[SectionHtml]",
        section: int,
        offset: float,
        link: Callable[[str], str] = str,
    ) -> None:
        """Show the title block and the sections, with the share `offset` of `section` above the view.

        `link` puts links into clean HTML and leaves its text as it is.
        """
        self._link = link
        self._pieces = [_Piece(HEAD, True, head)]
        self._first_pieces = {}
        for at, part in enumerate(sections):
            self._first_pieces[at] = len(self._pieces)
            self._pieces += [_Piece(at, not k, text) for k, text in enumerate(_cut(part))]
        self._headed = frozenset(at for at, part in enumerate(sections) if part.heading)
        self.marks.show(())
        self._matches, self._match, self._words = [], -1, None
        self._build(section, offset)

    @property
    def complete(self) -> bool:
        """Whether the whole document is in the text."""
        return len(self._built) == len(self._pieces)

    def set_look(self, look: Look) -> None:
        self._look = look
        self._dress()

    # -- where reading is

    @property
    def section(self) -> int:
        """The section that is read; -1 while there is none."""
        return self._section

    def place(self) -> tuple[int, float]:
        """The section at the top of the view and the share of it that lies above; the end counts as read."""
        bar = self.verticalScrollBar()
        if self.complete and bar.value() == bar.maximum() and self._first_pieces:
            return len(self._first_pieces) - 1, 1.0
        section = self._section_at_top()
        top, bottom = self._reach(section)
        return section, min(1.0, max(0.0, (bar.value() - top) / max(1.0, bottom - top)))

    def section_of(self, position: int) -> int:
        """The section that holds a character position of the text."""
        sections = sorted(self._starts)
        place = bisect_right([self._starts[section].position() for section in sections], position)
        return sections[max(0, place - 1)] if sections else 0

    def go_to(self, section: int, offset: float = 0.0) -> None:
        """Show a section at the top, also one that is not in the text yet."""
        if section not in self._first_pieces:
            return
        if section in self._starts:
            self._scroll_to_place(section, offset)
        else:
            self._build(section, offset)
        self._chosen = section
        self._tell_section()

    def go_to_name(self, name: str) -> None:
        """Show a named place inside a section, such as a footnote, as soon as it is in the text."""
        self._forget_choice()
        self.scrollToAnchor(name)
        self._name = "" if self.complete else name

    # -- marks

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Paint these passages in their colours instead of the former ones."""
        self.marks.show(marks)
        self._paint_matches()

    def mark_at(self, position: int) -> Mark | None:
        """The mark on a character position of the text."""
        return self.marks.at(self.section_of(position), position)

    def go_to_mark(self, note: str) -> bool:
        """Show a marked passage; False when there is none or its section is not wholly there yet."""
        section = self.marks.section(note)
        if section is None:
            return False
        if section not in self._starts:
            self._build(section, 0.0)
        cursor = self.marks.place(note)
        if cursor is None:
            return False
        self._forget_choice()
        start = QTextCursor(self.document())
        start.setPosition(cursor.selectionStart())
        self._scroll_to(self._line_top(start) - self.viewport().height() / 3)
        return True

    def reveal_mark(self, note: str) -> None:
        """Scroll as little as shows a marked passage that lies outside the view."""
        cursor = self.marks.place(note)
        if cursor is None:
            return
        top, bottom = QTextCursor(cursor), QTextCursor(cursor)
        top.setPosition(cursor.selectionStart())
        bottom.setPosition(cursor.selectionEnd())
        below = self.cursorRect(bottom).bottom() + current_theme().px(8) - self.viewport().height()
        above = self.cursorRect(top).top()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + max(0, min(below, above)) if above >= 0 else bar.value() + above)

    def chosen(self) -> list[Chosen]:
        """What is selected, section by section."""
        cursor = self.textCursor()
        first, last = map(self.section_of, (cursor.selectionStart(), cursor.selectionEnd()))
        return self.marks.chosen(cursor.selectionStart(), cursor.selectionEnd(), range(first, last + 1))

    def _bounds(self, section: int) -> tuple[QTextCursor, QTextCursor | None] | None:
        """Where a section that is wholly in the text begins and where the next one does."""
        if section not in self._starts:
            return None
        following = self._starts.get(section + 1)
        if following is None and self._built.stop < len(self._pieces):
            return None
        return self._starts[section], following

    # -- finding

    def find_all(self, text: str) -> int:
        """Mark every place where the text occurs, whatever its case and marks; returns how many there are."""
        wanted = " ".join(fold(text).split())
        self._matches, self._match = [], -1
        if wanted:
            pattern = re.escape(wanted)
            self._matches = [
                Match(*found.span()) for found in re.finditer(pattern, _flat(self.toPlainText()))
            ]
        self._paint_matches()
        return len(self._matches)

    def next_match(self, forward: bool = True) -> int:
        """Go to the next match from here, around the end; returns its number from 0, -1 when none is."""
        if not self._matches:
            return -1
        if self._match < 0:
            here = self.cursorForPosition(QPoint(0, 0)).position()
            self._match = bisect_right(self._matches, (here, here)) - (0 if forward else 1)
        else:
            self._match += 1 if forward else -1
        self._match %= len(self._matches)
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._matches[self._match].start)
        self._forget_choice()
        self._scroll_to(self._line_top(cursor) - self.viewport().height() / 3)
        self._paint_matches()
        return self._match

    def mark_words(self, text: str) -> None:
        """Mark the words of the search that led here."""
        words = sorted({word for word in _WORD.findall(fold(text)) if len(word) > 1}, key=len, reverse=True)
        pattern = "|".join(map(re.escape, words))
        self._words = re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])") if words else None
        self._paint_matches()

    # -- building

    def _build(self, section: int, offset: float) -> None:
        """Set the text anew, from the section on as far as the eye reaches; the rest follows in steps."""
        self._steps.stop()
        self.setUpdatesEnabled(False)
        self.clear()
        self.marks.forget_places()
        self._starts, self._section, self._chosen = {}, -1, -1
        begin = self._first_pieces.get(section, 0)
        if section <= 0:
            begin = 0
        self._built = range(begin, begin)
        wanted = 2 * self.viewport().height()
        while self._built.stop < len(self._pieces):
            self._append()
            top, bottom = self._reach(section) if section in self._starts else (0.0, 0.0)
            below = self._height() - top - offset * (bottom - top)
            if self._pieces[self._built.stop - 1].section > section and below > wanted:
                break
        # Text set at an empty document's start has pushed the cursor before it.
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if section > 0 or offset > 0:
            self._scroll_to_place(section, offset)
        self.setUpdatesEnabled(True)
        self._tell_section()
        self._steps.start(FIRST_STEP_MS)

    def _step(self) -> None:
        """Add some pieces below and some above."""
        self._steps.setInterval(0)
        if self.verticalScrollBar().isSliderDown():
            return  # text added above would move the page under the hand
        until = time.perf_counter() + STEP_SECONDS
        while not self.complete and time.perf_counter() < until:
            if self._built.stop < len(self._pieces):
                self._append()
            if self._built.start > 0:
                self._prepend()
        self._paint_matches()  # a marked section may have become whole
        if self.complete:
            self._steps.stop()
            if self._name:
                self.go_to_name(self._name)
            self.completed.emit()

    def _append(self) -> None:
        piece = self._pieces[self._built.stop]
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        if not self.document().isEmpty() and cursor.block().length() > 1:
            cursor.insertBlock()
        start = cursor.position()
        self._insert(cursor, piece)
        cursor.endEditBlock()
        self._built = range(self._built.start, self._built.stop + 1)
        self._note_start(piece, start)

    def _prepend(self) -> None:
        """As `_append` above the text, which stays where it is for the eye."""
        piece = self._pieces[self._built.start - 1]
        former = QTextCursor(self.document())
        before = self._block_top(former)
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.insertBlock()
        former.movePosition(QTextCursor.MoveOperation.Start)
        former.movePosition(QTextCursor.MoveOperation.NextBlock)
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        self._insert(cursor, piece)
        cursor.endEditBlock()
        self._built = range(self._built.start - 1, self._built.stop)
        self._note_start(piece, 0)
        bar = self.verticalScrollBar()
        value = bar.value() + round(self._block_top(former) - before)
        bar.setValue(value)

    def _insert(self, cursor: QTextCursor, piece: _Piece) -> None:
        # What is inserted flows into the block at the cursor: the first block's own form would be lost.
        tag = _FIRST_TAG.match(piece.html)
        form = self._forms.get(tag[1] if tag else "")
        cursor.setBlockFormat(form[0] if form else QTextBlockFormat())
        cursor.setBlockCharFormat(form[1] if form else QTextCharFormat())
        markup = piece.html if piece.section == HEAD else self._link(piece.html)
        cursor.insertHtml(markup if form else f"<p>\u200b</p>{markup}")

    def _note_start(self, piece: _Piece, position: int) -> None:
        if piece.begins and piece.section != HEAD:
            start = QTextCursor(self.document())
            start.setPosition(position)
            self._starts[piece.section] = start

    # -- geometry

    def _height(self) -> float:
        return self.document().size().height()

    def _block_top(self, cursor: QTextCursor) -> float:
        return self.document().documentLayout().blockBoundingRect(cursor.block()).top()

    def _line_top(self, cursor: QTextCursor) -> float:
        return self.cursorRect(cursor).top() + self.verticalScrollBar().value()

    def _reach(self, section: int) -> tuple[float, float]:
        """Top and bottom of a section in the text; the title block belongs to what comes first."""
        if section not in self._starts:
            return 0.0, self._height()
        gap = current_theme().px(10)
        top = self._block_top(self._starts[section]) - gap
        following = self._starts.get(section + 1)
        return top, self._block_top(following) - gap if following else self._height()

    def _section_at_top(self) -> int:
        look_at = QPoint(self.viewport().width() // 2, current_theme().px(16))
        return self.section_of(self.cursorForPosition(look_at).position())

    def _scroll_to_place(self, section: int, offset: float) -> None:
        top, bottom = self._reach(section)
        self._scroll_to(top + offset * (bottom - top))

    def _keep_place(self, place: tuple[int, float]) -> None:
        if place != (0, 0.0):
            self._scroll_to_place(*place)
        self._tell_section()

    def _scroll_to(self, top: float) -> None:
        self.verticalScrollBar().setValue(max(0, round(top)))

    def _scrolled(self) -> None:
        self._tell_section()
        self._pause.start()
        self._paint_matches()

    def _tell_section(self) -> None:
        # At the end of the text the section that was chosen may not come to the top.
        section = self._chosen if self._chosen >= 0 else self._section_at_top()
        if section != self._section:
            self._section = section
            self.section_changed.emit(section)

    def _forget_choice(self) -> None:
        self._chosen = -1

    # -- looks

    def _paint_matches(self) -> None:
        """Only what is seen: a common word has thousands of matches in a law."""
        if not self._matches and not self._words and not self.marks:
            if self.extraSelections():
                self.setExtraSelections([])
            return
        start = self.cursorForPosition(QPoint(0, 0)).position()
        corner = QPoint(self.viewport().width(), self.viewport().height())
        end = self.cursorForPosition(corner).position()
        painted = [
            self._painted_mark(mark, cursor)
            for mark, cursor in self.marks.between(self.section_of(start), self.section_of(end))
        ]
        if self._words:
            seen = QTextCursor(self.document())
            seen.setPosition(start)
            seen.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            for found in self._words.finditer(_flat(seen.selectedText())):
                match = Match(start + found.start(), start + found.end())
                painted.append(self._painted(match, "mark"))
        first = bisect_right(self._matches, (start, 0))
        for at in range(max(0, first - 1), len(self._matches)):
            if self._matches[at].start > end:
                break
            painted.append(self._painted(self._matches[at], "found" if at == self._match else "mark"))
        self.setExtraSelections(painted)

    def _painted_mark(self, mark: Mark, cursor: QTextCursor) -> QTextEdit.ExtraSelection:
        theme = current_theme()
        selection = QTextEdit.ExtraSelection()
        selection.cursor = cursor
        selection.format.setBackground(theme.paper_colour(f"note_{mark.colour}", self._look.paper))
        selection.format.setForeground(theme.paper_colour("text", self._look.paper))
        if mark.note:
            selection.format.setUnderlineColor(theme.paper_colour("link", self._look.paper))
            selection.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DashUnderline)
        return selection

    def _painted(self, match: Match, colour: str) -> QTextEdit.ExtraSelection:
        theme = current_theme()
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        cursor.setPosition(match.start)
        cursor.setPosition(match.end, QTextCursor.MoveMode.KeepAnchor)
        selection.cursor = cursor
        selection.format.setBackground(theme.paper_colour(colour, self._look.paper))
        selection.format.setForeground(theme.paper_colour("text", self._look.paper))
        return selection

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines break elsewhere now; what is read stays in view."""
        if self._resizing:  # by the margins set below
            return
        place = self.place()
        self._resizing = True
        self._set_margins()
        self._resizing = False
        if not self._pieces or self.viewport().width() == round(self.document().textWidth()):
            super().resizeEvent(event)
        elif self.document().characterCount() > RESET_CHARACTERS:
            self.clear()  # or Qt would break every line of the law before the next picture
            super().resizeEvent(event)
            self._build(*place)
        else:
            super().resizeEvent(event)
            self._keep_place(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._forget_choice()
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._forget_choice()
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._dress()
        elif event.type() is QEvent.Type.FontChange:
            # Qt has just given the document the font of its widget.
            self.document().setDefaultFont(self._look.font(current_theme()))

    def _dress(self) -> None:
        """Set the text in the present look, at the same place of reading."""
        look = (current_theme(), self._look)
        if look == self._worn:
            return
        place = self.place()
        self._worn = look
        theme = current_theme()
        document = self.document()
        document.setDefaultStyleSheet(self._look.css(theme))
        document.setDefaultFont(self._look.font(theme))
        document.setDocumentMargin(theme.px(20))
        self._forms = _block_forms(document)
        self.setStyleSheet(theme.surface_css(self._look.paper))
        self._set_margins()
        if self._pieces:
            self._build(*place)

    def _widen(self, _: int, overhang: int) -> None:
        """Only a table that is really wider than the page is worth a bar; borders are a pixel off."""
        policy = Qt.ScrollBarPolicy
        shown = policy.ScrollBarAsNeeded if overhang > current_theme().px(8) else policy.ScrollBarAlwaysOff
        if shown != self.horizontalScrollBarPolicy():
            self.setHorizontalScrollBarPolicy(shown)

    def _set_margins(self) -> None:
        theme = current_theme()
        line = self._look.column_px(theme)
        side = max(0, (self.width() - self.verticalScrollBar().sizeHint().width() - line) // 2)
        self.setViewportMargins(side, 0, side, 0)


def _block_forms(document: QTextDocument) -> dict[str, tuple[QTextBlockFormat, QTextCharFormat]]:
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


def markup_of(section: "SectionHtml") -> str:
    """The whole section with its heading as HTML."""
    return "".join(_cut(section))


def _heading(section: "SectionHtml") -> str:
    tag = f"h{min(max(section.level, 1), 3) + 1}"
    name, words = html.escape(section.anchor), html.escape(nfc(section.heading))
    return f'<{tag}><a name="{name}"></a>{words}</{tag}>'


def _flat(text: str) -> str:
    """Folded text with single spaces for all space, in which offsets are those of QTextDocument."""
    return _SPACE.sub(" ", _ASTRAL.sub("\ufffd\ufffd", fold(text)))
