"""The text of a document, shown at once however long it is.

What lies at the place of reading is set first; the rest is added below and above in small steps between two
turns of the event loop, so that neither opening nor scrolling waits for a whole law.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAccessible, QKeyEvent, QResizeEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QTextBrowser, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.highlights import Highlights
from handbook.desktop.images import NoPictures, Pictures, TextPictures
from handbook.desktop.look import Look
from handbook.desktop.passages import Chosen, Mark, Marks, place_of_name
from handbook.desktop.pieces import HEAD, Forms, Piece, append_piece, block_forms, pieces_of, prepend_piece
from handbook.desktop.theme import Theme, current_theme
from handbook.desktop.unbroken import as_written, unbroken_markup

if TYPE_CHECKING:
    from handbook.client.library import SectionHtml

STEP_SECONDS: Final = 0.008
"""How long one step of adding text may take, within one of sixty frames a second."""
FIRST_STEP_MS: Final = 20
"""What was set at once is painted before the first step."""
RESET_CHARACTERS: Final = 60_000
"""A longer text is set anew around the place of reading when its width changes; breaking the lines of one as
long as this takes some thirty milliseconds."""


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
        self._pieces: list[Piece] = []
        self._link: Callable[[str], str] = str
        self.pictures = TextPictures(self.document(), NoPictures())
        self._first_pieces: dict[int, int] = {}
        self._built = range(0)
        self._starts: dict[int, QTextCursor] = {}
        self._name = ""
        self._section = -1
        self._chosen = -1
        self._headed: frozenset[int] = frozenset()
        self.marks = Marks(self.document(), self._bounds, lambda section: section in self._headed)
        self._highlights = Highlights(self, self.marks, self.section_of)
        self._look = Look()
        self._forms: Forms = {}
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
        self._pieces = pieces_of(head, sections)
        self._first_pieces = {
            piece.section: at
            for at, piece in enumerate(self._pieces)
            if piece.begins and piece.section != HEAD
        }
        self._headed = frozenset(at for at, part in enumerate(sections) if part.heading)
        self.marks.show(())
        self._highlights.forget()
        self._build(section, offset)

    @property
    def complete(self) -> bool:
        """Whether the whole document is in the text."""
        return len(self._built) == len(self._pieces)

    def show_pictures(self, source: Pictures) -> None:
        """From now on pictures come from there."""
        self.pictures.source = source
        source.came.connect(self.viewport().update)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.pictures.paper = look.paper
        self._highlights.paper = look.paper
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

    def go_to_name_in(self, section: int, name: str) -> None:
        """Show a named place of this section a third down the view, and put the caret there."""
        self.go_to(section)
        place = place_of_name(self._starts[section], name) if section in self._starts else None
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
        if section not in self._starts:
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

    def _bounds(self, section: int) -> tuple[QTextCursor, QTextCursor | None] | None:
        """Where a section that is wholly in the text begins and where the next one does."""
        if section not in self._starts:
            return None
        following = self._starts.get(section + 1)
        if following is None and self._built.stop < len(self._pieces):
            return None
        return self._starts[section], following

    # -- taking along

    def toPlainText(self) -> str:
        """The text as it is written, without what keeps numbers in one line."""
        return as_written(super().toPlainText())

    def selected_text(self) -> str:
        """What is selected, as it is written."""
        return as_written(self.textCursor().selection().toPlainText())

    def createMimeDataFromSelection(self) -> QMimeData:
        """What is copied or dragged."""
        taken = super().createMimeDataFromSelection()
        clean = QMimeData()
        clean.setText(as_written(taken.text()))
        clean.setHtml(as_written(taken.html()))
        return clean

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
        self._highlights.paint()  # a marked section may have become whole
        if self.complete:
            self._steps.stop()
            if self._name:
                self.go_to_name(self._name)
            self.completed.emit()

    def _append(self) -> None:
        piece = self._pieces[self._built.stop]
        start = append_piece(self.document(), self._markup(piece), self._forms)
        self._built = range(self._built.start, self._built.stop + 1)
        self._note_start(piece, start)

    def _prepend(self) -> None:
        """As `_append` above the text, which stays where it is for the eye."""
        piece = self._pieces[self._built.start - 1]
        before = self._block_top(QTextCursor(self.document()))
        former = prepend_piece(self.document(), self._markup(piece), self._forms)
        self._built = range(self._built.start - 1, self._built.stop)
        self._note_start(piece, 0)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + round(self._block_top(former) - before))

    def _markup(self, piece: Piece) -> str:
        markup = piece.html if piece.section == HEAD else self._link(piece.markup)
        return markup if QAccessible.isActive() else unbroken_markup(markup)

    def _note_start(self, piece: Piece, position: int) -> None:
        if piece.begins and piece.section != HEAD:
            start = QTextCursor(self.document())
            start.setPosition(position)
            self._starts[piece.section] = start

    # -- geometry

    def _height(self) -> float:
        return self.document().size().height()

    def _block_top(self, cursor: QTextCursor) -> float:
        return self.document().documentLayout().blockBoundingRect(cursor.block()).top()

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
        section = self._chosen if self._chosen >= 0 else self._section_at_top()
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
        self._forms = block_forms(document)
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
