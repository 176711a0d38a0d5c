"""Notes in the reader: marking, writing, opening, removing, by keys, bar, menu and side list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QMenu

from handbook.desktop.note_panel import NotePanel, SelectionBar
from handbook.desktop.passages import Mark
from handbook.desktop.reading import DocumentText
from handbook.desktop.screen import Screen
from handbook.desktop.widgets import Banner
from handbook.errors import Expected
from handbook.model.changes import Changes
from handbook.model.notes import COLOUR_NAMES, Colour, Entry

if TYPE_CHECKING:
    from handbook.client.library import DocumentView
    from handbook.client.notes import DocumentNotes, MarkedNote


@dataclass(frozen=True, slots=True)
class _Read:
    document: str
    notes: "DocumentNotes"
    entries: tuple[Entry, ...]
    colour: Colour


class ReaderNotes(QObject):
    """What the reader does with marks. `changed(entries)` when other ones are shown.

    Keys in the text: H marks in the last colour, 1 to 4 in that one, N writes a note, Ctrl+D bookmarks the
    section that is read.
    """

    changed = Signal(object)

    def __init__(self, screen: Screen, text: DocumentText) -> None:
        super().__init__(screen)
        self._screen = screen
        self._text = text
        self._view: DocumentView | None = None
        self._notes: DocumentNotes | None = None
        self._colour = Colour.YELLOW
        self._wanted = ""
        self._written = ""
        self.bar = SelectionBar(text)
        self.bar.coloured.connect(self.mark)
        self.bar.noted.connect(self.write)
        self.panel = NotePanel()
        self.panel.written.connect(self._annotate)
        self.panel.coloured.connect(self._recolour)
        self.panel.removed.connect(self._remove)
        self.panel.closed.connect(text.setFocus)
        text.viewport().installEventFilter(self)
        text.completed.connect(self._go_to_wanted)
        for keys, act in (
            ("H", lambda: self.mark()),
            *(
                (str(number), lambda colour=colour: self.mark(colour))
                for number, colour in enumerate(Colour, 1)
            ),
            ("N", self.write),
        ):
            QShortcut(QKeySequence(keys), text, context=Qt.ShortcutContext.WidgetShortcut, activated=act)

    # -- what is shown

    def show(self, view: "DocumentView", notes: "DocumentNotes", wanted: str = "") -> None:
        """Mark what is noted in the document that is on the page, and go to the note wanted.

        `refresh` reads what the lists show of them.
        """
        if self._view and self._view.card.id != view.card.id:
            self.panel.close_panel()
        self._view, self._notes = view, notes
        self._wanted = wanted or self._wanted
        self._paint(notes)
        self._go_to_wanted()

    def refresh(self, wanted: str = "") -> None:
        """Read the notes again; then go to the one wanted."""
        self._wanted = wanted or self._wanted
        if self._view is None:
            return
        notes, document, now = (
            self._screen.session.handbook.notes,
            self._view.card.id,
            self._screen.session.now(),
        )

        def read() -> _Read:
            from handbook.client.notes import Filter

            notes.settle(now)
            return _Read(
                document,
                notes.of_document(document),
                notes.all(Filter(document=document)),
                notes.last_colour(),
            )

        self._screen.session.work.run(read, self._show, self._failed, self)

    def leave(self) -> None:
        """What is typed in a note is handed over to be saved."""
        self.panel.save()

    @property
    def bookmark(self) -> str:
        """The id of the bookmark of the section that is read; '' when it has none."""
        return self._notes.bookmarks.get(self._anchor(), "") if self._notes else ""

    def _show(self, read: _Read) -> None:
        card = self._view.card if self._view else None
        if card is None or (read.document, read.notes.edition) != (card.id, card.edition):
            return  # of what is not on the page, or not yet
        self._notes = read.notes
        self._colour = read.colour
        self._paint(read.notes)
        self.changed.emit(read.entries)
        shown = self._marked(self.panel.id)
        if shown:
            self.panel.show_note(shown)
        elif self.panel.id:
            self.panel.id = ""
            self.panel.hide()
        if self._written and self._marked(self._written):
            self.show_note(self._written, typing=True)
            self._written = ""
        self._go_to_wanted()

    def _paint(self, notes: "DocumentNotes") -> None:
        indexes = {entry.anchor: entry.index for entry in self._view.outline}
        self._text.show_marks(
            [
                Mark(
                    one.note.id,
                    indexes[one.span.section],
                    one.span.first,
                    one.span.stop,
                    one.note.colour,
                    bool(one.note.text),
                    one.span.in_heading,
                )
                for one in notes.notes
                if one.span and one.span.section in indexes
            ]
        )

    def _go_to_wanted(self) -> None:
        if self._wanted and self._notes:
            found = self._marked(self._wanted)
            if found is None or self._text.go_to_mark(self._wanted) or found.span is None:
                self._wanted = ""
                if found:
                    self.show_note(found.note.id)

    def go_to(self, note: str) -> None:
        """Show a mark on the page, as soon as its section is there, and open it."""
        self._wanted = note
        self._go_to_wanted()

    def show_note(self, note: str, typing: bool = False) -> None:
        """Open a mark below the text."""
        marked = self._marked(note)
        if marked:
            self.panel.show_note(marked)
            # Once the panel has taken its room from the text.
            QTimer.singleShot(0, self, lambda: self._text.reveal_mark(note))
            if typing:
                self.panel.edit.setFocus()

    def _marked(self, note: str) -> "MarkedNote | None":
        return next((one for one in self._notes.notes if one.note.id == note), None) if self._notes else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click on a mark opens it; on a link the link is followed."""
        if event.type() is QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            at = event.position().toPoint()
            plain = event.button() is Qt.MouseButton.LeftButton and not self._text.textCursor().hasSelection()
            if plain and not self._text.anchorAt(at):
                mark = self._text.mark_at(self._text.cursorForPosition(at).position())
                if mark:
                    self.show_note(mark.id)
        return super().eventFilter(watched, event)

    # -- acting

    def offer(self, menu: QMenu) -> None:
        """Put what can be done with the selection, or the mark at the cursor, into the context menu."""
        if not self._text.textCursor().hasSelection() and self._at_cursor() is None:
            return
        menu.addSeparator()
        for number, colour in enumerate(Colour, start=1):
            name = self.tr("Tô màu {}").format(COLOUR_NAMES[colour].lower())
            menu.addAction(name, lambda colour=colour: self.mark(colour)).setShortcut(
                QKeySequence(str(number))
            )
        menu.addAction(self.tr("Ghi chú…"), self.write).setShortcut(QKeySequence("N"))
        mark = self._at_cursor()
        if mark:
            menu.addAction(self.tr("Xoá đoạn tô màu"), lambda: self._remove(mark.id))

    def mark(self, colour: Colour | None = None) -> None:
        """Mark the selection in this colour, or the last one; a mark at the cursor gets the colour."""
        at = self._at_cursor()
        if at:
            self._recolour(at.id, colour or self._colour)
            return
        self._mark(colour or self._colour, self._offer_to_unmark)

    def write(self) -> None:
        """Write of the mark at the cursor, or of the selection, which is marked first."""
        at = self._at_cursor()
        if at:
            self.show_note(at.id, typing=True)
            return

        def marked(ids: tuple[str, ...]) -> None:
            self._written = ids[0]
            self.refresh()

        self._mark(self._colour, marked)

    def toggle_bookmark(self) -> None:
        """Bookmark the section that is read, or take the bookmark away."""
        view, held = self._view, self.bookmark
        if view is None or not view.outline:
            return
        session, anchor = self._screen.session, self._anchor()
        notes, now = session.handbook.notes, session.now()
        if held:
            self._screen.command(lambda: notes.remove((held,), now))
            self._offer_undo(self.tr("Đã bỏ đánh dấu trang"), lambda: notes.restore((held,)))
            return

        def made(bookmark: str) -> None:
            heading = next(entry.heading for entry in view.outline if entry.anchor == anchor)
            self._offer_undo(
                self.tr("Đã đánh dấu trang: {}").format(heading or self.tr("Mở đầu")),
                lambda: notes.remove((bookmark,), session.now()),
            )

        session.work.run(lambda: notes.bookmark(view.card.id, anchor, now), made, self._failed, self)

    def remove(self, ids: tuple[str, ...]) -> None:
        """Take notes or bookmarks away; the toast brings them back."""
        session = self._screen.session
        notes, now = session.handbook.notes, session.now()

        def removed(_: Changes) -> None:
            self._offer_undo(self.tr("Đã xoá mục này khỏi Ghi chú"), lambda: notes.restore(ids))

        self._screen.command(lambda: notes.remove(ids, now), removed)

    def _remove(self, note: str) -> None:
        self.remove((note,))

    def _mark(self, colour: Colour, done: Callable[[tuple[str, ...]], object]) -> None:
        view = self._view
        chosen = self._text.chosen() if self._text.textCursor().hasSelection() else []
        if view is None or not chosen:
            return
        self._colour = colour
        session = self._screen.session
        notes, now = session.handbook.notes, session.now()
        anchors = [entry.anchor for entry in view.outline]

        def mark() -> tuple[str, ...]:
            from handbook.client.notes import Span

            spans = [Span(anchors[part.section], part.first, part.stop, part.in_heading) for part in chosen]
            return notes.mark(view.card.id, view.card.edition, spans, colour, now)

        session.work.run(mark, done, self._failed, self)
        cursor = self._text.textCursor()
        cursor.setPosition(cursor.selectionStart())
        self._text.setTextCursor(cursor)

    def _offer_to_unmark(self, ids: tuple[str, ...]) -> None:
        session = self._screen.session
        notes = session.handbook.notes
        self._offer_undo(self.tr("Đã tô màu"), lambda: notes.remove(ids, session.now()))

    def _recolour(self, note: str, colour: Colour) -> None:
        marked, session = self._marked(note), self._screen.session
        if marked is None or marked.note.colour is colour:
            return
        notes, former, now = session.handbook.notes, marked.note.colour, session.now()
        self._screen.command(lambda: notes.recolour(note, colour, now))
        self._offer_undo(
            self.tr("Đã đổi sang màu {}").format(COLOUR_NAMES[colour].lower()),
            lambda: notes.recolour(note, former, session.now()),
        )

    def _annotate(self, note: str, text: str) -> None:
        session = self._screen.session
        notes, now = session.handbook.notes, session.now()
        self._screen.command(lambda: notes.annotate(note, text, now))

    def _failed(self, error: Expected) -> None:
        self._screen.show_banner(Banner.of_error(error))

    def _offer_undo(self, text: str, act: Callable[[], object]) -> None:
        self._screen.undo_offered.emit(text, lambda: self._screen.command(act))

    def _at_cursor(self) -> Mark | None:
        """The mark that holds the whole selection, or the cursor."""
        cursor = self._text.textCursor()
        mark = self._text.mark_at(cursor.selectionStart())
        if mark and cursor.hasSelection():
            place = self._text.marks.place(mark.id)
            if place is None or cursor.selectionEnd() > place.selectionEnd():
                return None
        return mark

    def _anchor(self) -> str:
        view, section = self._view, self._text.section
        return view.outline[section].anchor if view and 0 <= section < len(view.outline) else ""
