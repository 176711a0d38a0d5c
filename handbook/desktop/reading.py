"""The text of a document, shown at once however long it is.

What lies at the place of reading is set first; the rest is added below and above in small steps between two
turns of the event loop, so that neither opening nor scrolling waits for a whole law.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QPoint, QTimer, QUrl, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QWidget

from handbook.desktop.highlights import Highlights
from handbook.desktop.images import NoPictures, Pictures, TextPictures
from handbook.desktop.look import Look
from handbook.desktop.paper_text import PaperText
from handbook.desktop.passages import Chosen, Mark, Marks, place_of_name
from handbook.desktop.pieces import Piece, block_forms
from handbook.desktop.piecewise import PiecewiseText
from handbook.desktop.theme import current_theme

STEP_SECONDS: Final = 0.008
"""How long one step of adding text may take, within one of sixty frames a second."""
FIRST_STEP_MS: Final = 20
"""Between the first picture and the first step: while a window is drawn wider the text is set anew before."""
UNSEEN_MS: Final = 200
"""The rest of a text that nobody sees is set after this; one that is seen is painted first."""
VIEWS_SET_FIRST: Final = 1.25
"""So much of the view is filled at once, counted from its top on."""
RESET_CHARACTERS: Final = 60_000
"""A longer text is set anew around the place of reading when its width changes; breaking the lines of one as
long as this takes some thirty milliseconds."""


class DocumentText(PaperText):
    """A document that is read: it scrolls, finds, and knows which section is at the top.

    `section_changed(index)` when reading comes to another section; `paused()` when scrolling has stopped;
    `pictured()` when what was set at once has been painted, or nobody looks; `completed()` when the whole
    text is there; `followed(url)` for a link, which is never opened here.
    """

    section_changed = Signal(int)
    paused = Signal()
    pictured = Signal()
    completed = Signal()
    followed = Signal(QUrl)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.anchorClicked.connect(self.followed)
        self._pieces = PiecewiseText(self.document())
        self.pictures = TextPictures(self.document(), NoPictures())
        self._name = ""
        self._awaited: tuple[int, float] | None = None
        self._section = -1
        self._chosen = -1
        self.marks = Marks(self.document(), self._pieces.bounds, self._pieces.has_heading)
        self._highlights = Highlights(self, self.marks, self.section_of)
        self._resizing = False
        self._steps = QTimer(self)
        self._steps.timeout.connect(self._step)
        self._unseen = QTimer(self, singleShot=True)
        self._unseen.timeout.connect(self._go_on)
        self._pause = QTimer(self, interval=700, singleShot=True)
        self._pause.timeout.connect(self.paused)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.actionTriggered.connect(lambda _: self._forget_choice())
        self._dress()

    # -- what is shown

    def show_document(
        self,
        head: str,
        pieces: Sequence[Piece],
        section: int,
        offset: float,
        link: Callable[[str], str] = str,
        all_here: bool = True,
    ) -> None:
        """Show the title block and the sections, with the share `offset` of `section` above the view.

        Where the pieces are not those of all sections `show_rest` is called soon after.
        `link` puts links into clean HTML and leaves its text as it is.
        """
        self._awaited = None
        self._pieces.take(head, pieces, all_here, link)
        self.marks.show(())
        self._highlights.forget()
        self._build(section, offset)

    def show_rest(self, pieces: Sequence[Piece]) -> None:
        """Those of every section, of which some are shown; what is read stays where it is."""
        self._pieces.take_all(pieces)
        self._steps.start(0)
        if awaited := self._awaited:
            self._awaited = None
            self.go_to(*awaited)

    def forget(self) -> None:
        """Show nothing."""
        self.show_document("", (), 0, 0.0)

    @property
    def complete(self) -> bool:
        """Whether the whole document is in the text."""
        return self._pieces.complete

    @property
    def all_here(self) -> bool:
        """Whether every section was given, also those that are not in the text yet."""
        return self._pieces.all_here

    def show_pictures(self, source: Pictures) -> None:
        """From now on pictures come from there."""
        self.pictures.source = source
        source.came.connect(self.viewport().update)

    def set_look(self, look: Look) -> None:
        self.pictures.paper = look.paper
        self._highlights.paper = look.paper
        super().set_look(look)

    # -- where reading is

    @property
    def section(self) -> int:
        """The section that is read; -1 while there is none."""
        return self._section

    def place(self) -> tuple[int, float]:
        """The section at the top of the view and the share of it that lies above; the end counts as read."""
        if not self._pieces:
            return 0, 0.0
        bar = self.verticalScrollBar()
        if self.complete and bar.value() == bar.maximum():
            return self._pieces.last_section, 1.0
        piece = self._pieces.piece_at(self._position_at_top())
        top, bottom = self._reach(piece)
        return self._pieces.gather(piece, min(1.0, max(0.0, (bar.value() - top) / max(1.0, bottom - top))))

    def section_of(self, position: int) -> int:
        """The section that holds a character position of the text."""
        return self._pieces.section_of(position)

    def section_start(self, section: int) -> QTextCursor | None:
        """Where a section begins; None while its beginning is not in the text."""
        return self._pieces.section_start(section)

    def go_to(self, section: int, offset: float = 0.0) -> None:
        """Show a section at the top, also one that is not in the text yet."""
        if not self._pieces.knows(section):
            self._awaited = (section, offset)
            return
        self._show_place(section, offset)
        self._chosen = section
        self._tell_section()

    def go_to_name(self, name: str) -> None:
        """Show a named place inside a section, such as a footnote, as soon as it is in the text."""
        self._forget_choice()
        self.scrollToAnchor(name)
        self._name = "" if self.complete else name

    def go_to_name_in(self, section: int, name: str) -> None:
        """Show a named place of this section a third down the view, and put the caret there."""
        piece = self._pieces.piece_of_name(section, name)
        self.go_to(section)
        if piece is None:
            return
        if not self._pieces.holds(piece):
            self._build_from(piece)
        place = place_of_name(self._pieces.start_of(piece), name)
        if place:
            self.setTextCursor(place)
            self._show_a_third_down(place)

    # -- marks

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Paint these passages in their colours instead of the former ones."""
        self.marks.show(marks)
        self._highlights.paint()

    def mark_at(self, position: int) -> Mark | None:
        """The mark on a character position of the text."""
        return self.marks.at(self.section_of(position), position)

    def go_to_mark(self, note: str) -> bool:
        """Show a marked passage; False when there is none or its section is not wholly there yet."""
        section = self.marks.section(note)
        if section is None:
            return False
        if self._pieces.section_start(section) is None:
            if not self._pieces.knows(section):
                return False
            self._build(section, 0.0)
        cursor = self.marks.place(note)
        if cursor is None:
            return False
        self._show_a_third_down(cursor)
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

    # -- finding

    def find_all(self, text: str) -> int:
        """Mark every place where the text occurs, whatever its case and marks; returns how many there are."""
        found = self._highlights.find_all(text)
        self._highlights.paint()
        return found

    def next_match(self, forward: bool = True) -> int:
        """Go to the next match from here, around the end; returns its number from 0, -1 when none is."""
        match = self._highlights.go_on(forward)
        if match >= 0:
            self._show_a_third_down(self._highlights.place(match))
            self._highlights.paint()
        return match

    def mark_words(self, text: str) -> None:
        """Mark the words of the search that led here."""
        self._highlights.mark_words(text)
        self._highlights.paint()

    # -- building

    def _build(self, section: int, offset: float) -> None:
        """Set the text anew from a place on."""
        self._build_from(*(self._pieces.spread(section, offset) if self._pieces.knows(section) else (0, 0.0)))

    def _build_from(self, piece: int, share: float = 0.0) -> None:
        """Set the text anew, from a place on as far as the eye reaches; the rest follows in steps."""
        pieces = self._pieces
        self._steps.stop()
        self._unseen.stop()
        self.setUpdatesEnabled(False)
        self.clear()
        self.marks.forget_places()
        self._section, self._chosen = -1, -1
        pieces.begin_at(piece)
        self._fill(piece, share)
        # Text set at an empty document's start has pushed the cursor before it.
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if pieces.more_above or share > 0:
            self._scroll_to(self._top_of(piece, share))
        self.setUpdatesEnabled(True)
        self._tell_section()
        self._unseen.start(UNSEEN_MS)

    def _fill(self, piece: int, share: float) -> None:
        """Set what is seen with this place at the top, or at the end of the text with as much as fills it."""
        pieces, view = self._pieces, self.viewport().height()
        while pieces.more_below:
            pieces.append()
            if self._height() - self._top_of(piece, share) > VIEWS_SET_FIRST * view:
                return
        while pieces.more_above and self._height() - self._top_of(piece, share) < view:
            pieces.prepend()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unseen.isActive():
            self._unseen.start(0)

    def _go_on(self) -> None:
        self._steps.start(FIRST_STEP_MS)
        self.pictured.emit()

    def _step(self) -> None:
        """Add some pieces below and some above."""
        self._steps.setInterval(0)
        if self.verticalScrollBar().isSliderDown():
            return  # text added above would move the page under the hand
        pieces, until = self._pieces, time.perf_counter() + STEP_SECONDS
        while (pieces.more_below or pieces.more_above) and time.perf_counter() < until:
            if pieces.more_below:
                pieces.append()
            if pieces.more_above:
                self._prepend()
        self._highlights.paint()  # a marked section may have become whole
        if not pieces.more_below and not pieces.more_above:
            self._steps.stop()
        if self.complete:
            if self._name:
                self.go_to_name(self._name)
            self.completed.emit()

    def _prepend(self) -> None:
        """Add a piece above the text, which stays where it is for the eye."""
        before = self._block_top(QTextCursor(self.document()))
        former = self._pieces.prepend()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + round(self._block_top(former) - before))

    # -- geometry

    def _height(self) -> float:
        return self.document().size().height()

    def _block_top(self, cursor: QTextCursor) -> float:
        return self.document().documentLayout().blockBoundingRect(cursor.block()).top()

    def _reach(self, piece: int) -> tuple[float, float]:
        """Top and bottom of a piece in the text."""
        following = piece + 1
        return self._top(piece), self._top(following) if self._pieces.holds(following) else self._height()

    def _top(self, piece: int) -> float:
        gap = current_theme().px(10) if self._pieces.begins_section(piece) else 0
        return self._block_top(self._pieces.start_of(piece)) - gap

    def _top_of(self, piece: int, share: float) -> float:
        top, bottom = self._reach(piece)
        return top + share * (bottom - top)

    def _position_at_top(self) -> int:
        look_at = QPoint(self.viewport().width() // 2, current_theme().px(16))
        return self.cursorForPosition(look_at).position()

    def _show_place(self, section: int, offset: float) -> None:
        piece, share = self._pieces.spread(section, offset)
        if self._pieces.holds(piece):
            self._scroll_to(self._top_of(piece, share))
        else:
            self._build_from(piece, share)

    def _keep_place(self, place: tuple[int, float]) -> None:
        if place != (0, 0.0) and self._pieces.knows(place[0]):
            self._show_place(*place)
        self._tell_section()

    def _scroll_to(self, top: float) -> None:
        self.verticalScrollBar().setValue(max(0, round(top)))

    def _show_a_third_down(self, passage: QTextCursor) -> None:
        self._forget_choice()
        start = QTextCursor(self.document())
        start.setPosition(passage.selectionStart())
        line_top = self.cursorRect(start).top() + self.verticalScrollBar().value()
        self._scroll_to(line_top - self.viewport().height() / 3)

    def _scrolled(self) -> None:
        self._tell_section()
        self._pause.start()
        self._highlights.paint()

    def _tell_section(self) -> None:
        # At the end of the text the section that was chosen may not come to the top.
        section = self._chosen if self._chosen >= 0 else self.section_of(self._position_at_top())
        if section != self._section:
            self._section = section
            self.section_changed.emit(section)

    def _forget_choice(self) -> None:
        self._chosen = -1
        self._name = ""

    # -- looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines break elsewhere now; what is read stays in view."""
        if self._resizing:  # by the margins set below
            return
        place = self.place()
        self._resizing = True
        self._set_margins()
        self._resizing = False
        if not self._pieces:
            super().resizeEvent(event)
        elif self.viewport().width() == round(self.document().textWidth()):
            # As of a change of height: of another width, were it the same, Qt lays out every table anew.
            super().resizeEvent(QResizeEvent(event.size(), event.size()))
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

    def _dress(self) -> bool:
        """Set the text in the present look, at the same place of reading."""
        if self.is_dressed:
            return False
        place = self.place()
        self.clear()  # or Qt would set the whole of it in the new font before it is set anew
        super()._dress()
        self._pieces.forms = block_forms(self.document())
        if self._pieces:
            self._build(*place)
        return True
