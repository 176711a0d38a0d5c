"""Đọc: one document with its contents, found words, remembered place, and the mark that it was read."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.find_bar import FindBar
from handbook.desktop.page import ACTIVITY_AFTER_MS
from handbook.desktop.reader_bar import ReaderBar
from handbook.desktop.reader_copy import ReaderCopy
from handbook.desktop.reader_differences import ReaderDifferences
from handbook.desktop.reader_links import ReaderLinks
from handbook.desktop.reader_look import ReaderLook
from handbook.desktop.reader_notes import ReaderNotes
from handbook.desktop.reader_opening import Opened, Part, Wanted, open_document, read_rest
from handbook.desktop.reader_print import ReaderPrint, ToPrint
from handbook.desktop.reader_side import ReaderSide
from handbook.desktop.reading import DocumentText
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.side_column import is_narrow, place_side
from handbook.desktop.stops import Stops
from handbook.desktop.theme import current_theme
from handbook.desktop.title_block import name_of, title_block
from handbook.desktop.widgets import Action
from handbook.errors import Expected, NotFound, Recalled
from handbook.model.changes import Change, Changes
from handbook.model.library import COLLECTION_NAMES
from handbook.model.notes import Entry, EntryKind

if TYPE_CHECKING:
    from handbook.client.library import DocumentView, Position
    from handbook.desktop.pieces import Piece
    from handbook.desktop.work import Job

COMPACT_BELOW = 660
"""Width of the screen, in pixels at 100 %, below which the bar leaves out where one is."""


class ReaderScreen(Screen):
    concerns = frozenset({Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self._view: DocumentView | None = None
        self._jump = ""
        self._stops = Stops()
        self._stopped: Position | None = None
        self._waits_for_picture = False
        self._rest: Job[list[Piece]] | None = None
        self._long = QTimer(self, interval=ACTIVITY_AFTER_MS, singleShot=True)
        self._long.timeout.connect(self._show_activity)
        self.text = DocumentText()
        self.text.setObjectName("reader.text")
        self.text.setAccessibleName(self.tr("Nội dung văn bản"))
        self.text.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.text.customContextMenuRequested.connect(self._open_menu)
        self.text.section_changed.connect(self._section_changed)
        self.text.paused.connect(self._remember)
        self.text.pictured.connect(self._go_on)
        self.find_bar = FindBar(self.text)
        self.side = ReaderSide()
        self.contents = self.side.contents
        self.contents.chosen.connect(self._choose_section)
        self.notes = ReaderNotes(self, self.text)
        self.notes.changed.connect(self._show_notes)
        self.side.notes.opened.connect(self._choose_note)
        self.side.notes.removed.connect(lambda entry: self.notes.remove((entry.id,)))
        self.printing = ReaderPrint(self, self._to_print)
        self.look = ReaderLook(self, self.text)
        self.copying = ReaderCopy(self, self.text, lambda: self._view)
        self._bar = self._build_bar()
        self.differences = ReaderDifferences(self, self._bar.differences)
        self.links = ReaderLinks(self, self.text, lambda: self._view, self.differences)
        self._contents_button = self._bar.contents
        self.tick = self._bar.tick
        self.body.addWidget(self._bar)
        self.header.hide()
        self._build_body()
        self._shortcuts()
        self.look.read()

    def _build_bar(self) -> ReaderBar:
        bar = ReaderBar()
        bar.library.clicked.connect(lambda: self.navigate.emit(Route(place=Place.LIBRARY)))
        bar.contents.clicked.connect(self._toggle_contents)
        bar.bookmark.clicked.connect(self.notes.toggle_bookmark)
        bar.star.clicked.connect(self._toggle_saved)
        bar.search.clicked.connect(self._open_find)
        bar.smaller.clicked.connect(lambda: self.look.resize_text(-1))
        bar.larger.clicked.connect(lambda: self.look.resize_text(1))
        self.look.offer(bar.look.menu())
        self.printing.offer(bar.printing.menu())
        bar.quote.clicked.connect(self.copying.copy_cited)
        bar.tick.clicked.connect(self._tick)
        return bar

    def _build_body(self) -> None:
        self._page = QFrame()
        self._page.setProperty("card", True)
        rows = QVBoxLayout(self._page)
        rows.setContentsMargins(1, 1, 1, 1)
        rows.setSpacing(0)
        rows.addWidget(self.find_bar)
        self._columns = QHBoxLayout()
        self._reading = QWidget()
        reading = QVBoxLayout(self._reading)
        reading.setContentsMargins(0, 0, 0, 0)
        reading.setSpacing(0)
        reading.addWidget(self.text, 1)
        reading.addWidget(self.notes.panel)
        self._columns.addWidget(self._reading, 1)
        self._columns.addWidget(self.side)
        rows.addLayout(self._columns, 1)
        self.body.addWidget(self._page, 1)

    def _shortcuts(self) -> None:
        for keys, act in (
            ("Ctrl+F", self._open_find),
            ("F3", lambda: self.find_bar.go(True)),
            ("Shift+F3", lambda: self.find_bar.go(False)),
            ("Ctrl+D", self.notes.toggle_bookmark),
            ("Ctrl+S", self._toggle_saved),
            ("Ctrl+Shift+C", self.copying.copy_cited),
            ("Ctrl+P", self.printing.ask_for_printer),
            ("Ctrl+Return", self.tick.click),
            ("Alt+Up", lambda: self.text.go_to(self.text.section - 1)),
            ("Alt+Down", lambda: self.text.go_to(self.text.section + 1)),
        ):
            QShortcut(QKeySequence(keys), self, activated=act)

    # -- opening

    def rehearse(self, size: QSize) -> None:
        """Read and paint the document that is most likely opened first: the one that was read last."""
        handbook = self.session.handbook

        def read() -> Opened | None:
            some = (held[0][0] for held in handbook.library.by_number().values())
            document = handbook.library.last_read() or next(some, "")
            return open_document(handbook, Wanted(document=document), None) if document else None

        def paint(opened: Opened | None) -> None:
            if opened and self._is_new:
                self.resize(size)
                self._show_text(opened, opened.part)
                steps = iter((self._bar.grab, self.text.grab, self.side.grab, self.text.forget))
                self._in_turns(steps)

        self.session.work.run(read, paint, _nothing, self)

    def _in_turns(self, steps: Iterator[Callable[[], object]]) -> None:
        """Each step in a turn of the event loop of its own, until the person comes here."""
        if self._is_new and (step := next(steps, None)):
            step()
            QTimer.singleShot(0, self, lambda: self._in_turns(steps))

    @property
    def _is_new(self) -> bool:
        """Whether the person has not been here yet."""
        return not self.route.document

    def show_route(self, route: Route) -> None:
        left = self._place() if route != self.route else None
        if route != self.route:
            if left:
                self._stops.remember(self.route, left[1])
            self._stopped = self._stops.take(route)
            self._jump = "" if self._stopped else route.anchor
            self._contents_button.setChecked(False)
            self._fold()
            self.clear_banner()
            if route.document != self.route.document:
                self._view = None
        super().show_route(route)
        if left:  # after what was asked for has begun to be read
            self._keep(*left)
        if self._view:
            self.notes.refresh(route.note)
        self.text.setFocus()

    def changed(self, changes: Changes) -> None:
        if Change.LIBRARY in changes:
            self.links.pictures.look_again()
        super().changed(changes)
        if Change.NOTES in changes and self.isVisible():
            self.notes.refresh()

    def refresh(self) -> None:
        handbook, shown = self.session.handbook, self._view
        wanted = Wanted(
            document=self.route.document, jump=self._jump, note=self.route.note, stopped=self._stopped
        )
        if shown is None:
            # What was in the window before stays in sight until the page is ready, mostly for an instant.
            self.setUpdatesEnabled(False)
            self._long.start()
        self.load(lambda: open_document(handbook, wanted, shown), self._show_document)

    def _show_activity(self) -> None:
        self.show_loading(self.tr("Đang mở văn bản…")).show_activity()
        self.setUpdatesEnabled(True)

    def _show_document(self, opened: Opened) -> None:
        view, former = opened.view, self._view
        card = view.card
        self._view = view
        self.header.hide()
        self._bar.show_where(COLLECTION_NAMES[card.collection], card.number or card.title)
        self.tick.show_tick(view)
        self._bar.show_saved(card.saved)
        self.differences.show_offers(opened.offers)
        self.show_ready()
        if part := opened.part:
            self._forget_rest()
            self.contents.show_outline(())
            self._show_text(opened, part)
            if former:
                self.show_banner(self.differences.banner(self.tr("Văn bản vừa được cập nhật bản mới.")))
            elif card.is_revised:
                self.show_banner(
                    self.differences.banner(self.tr("Văn bản có bản mới từ lần đồng bộ vừa rồi."))
                )
        elif opened.place:
            self.text.go_to(*opened.place)
        if self.route.query:
            self.text.mark_words(self.route.query)
        self._jump, self._stopped = "", None
        self.notes.show(view, opened.notes, self.route.note if part else "")
        self._end_waiting()
        self._waits_for_picture = True
        if not part:
            self._go_on()

    def _show_text(self, opened: Opened, part: Part) -> None:
        self.text.show_document(
            title_block(opened.view, opened.offers),
            part.pieces,
            part.section,
            part.offset,
            part.link,
            part.all_here,
        )

    def _go_on(self) -> None:
        """What the first picture does not wait for."""
        view = self._view
        if view is None or not self._waits_for_picture:
            return
        self._waits_for_picture = False
        if not self.contents.is_filled:
            self.contents.show_outline(view.outline, self.tr("Mở đầu"))
            self.contents.show_section(self.text.section)
        if not self.text.all_here and not self._rest:
            library = self.session.handbook.library
            self._rest = self.session.work.run(
                lambda: read_rest(library, view), self._show_rest, self._cannot_load, self
            )
        self.notes.refresh()
        self._remember()

    def _show_rest(self, pieces: "list[Piece]") -> None:
        self._rest = None
        if pieces:
            self.text.show_rest(pieces)

    def _forget_rest(self) -> None:
        if self._rest:
            self._rest.cancel()
            self._rest = None

    def _end_waiting(self) -> None:
        self._long.stop()
        self.setUpdatesEnabled(True)

    def _cannot_load(self, error: Expected) -> None:
        self._end_waiting()
        if not isinstance(error, NotFound):
            super()._cannot_load(error)
            return
        self._view = None
        self.header.show_text(self.tr("Văn bản"))
        self.header.show()
        instead = error.replaced_by if isinstance(error, Recalled) else ""
        if instead:
            to_instead = Route(place=Place.READER, document=instead)
            action = Action(
                self.tr("Mở văn bản thay thế"), lambda: self.navigate.emit(to_instead), "document"
            )
        else:
            to_library = Route(place=Place.LIBRARY)
            action = Action(self.tr("Về thư viện"), lambda: self.navigate.emit(to_library), "library")
        self.show_empty("document", error.message, error.advice, action)

    # -- where reading is

    def leave(self) -> None:
        self.notes.leave()
        self._remember()

    def _remember(self) -> None:
        if place := self._place():
            self._keep(*place)

    def _place(self) -> "tuple[str, Position] | None":
        """The document that is read and where; None without one."""
        view = self._view
        if view is None or not view.outline:
            return None
        from handbook.client.library import Position

        section, offset = self.text.place()
        return view.card.id, Position(view.outline[min(section, len(view.outline) - 1)].anchor, offset)

    def _keep(self, document: str, position: "Position") -> None:
        """A text that was replaced meanwhile has been announced and is read again anyway."""
        library = self.session.handbook.library
        self.session.work.run(
            lambda: library.remember_position(document, position), _nothing, self._not_remembered, self
        )

    def _not_remembered(self, error: Expected) -> None:
        if not isinstance(error, NotFound):
            self._cannot_do(error)

    def _section_changed(self, section: int) -> None:
        self.contents.show_section(section)
        self._show_bookmark()

    def _show_notes(self, entries: tuple[Entry, ...]) -> None:
        self.side.show_entries(entries)
        self._show_bookmark()

    def _show_bookmark(self) -> None:
        self._bar.show_bookmarked(bool(self.notes.bookmark))

    def _choose_note(self, entry: Entry) -> None:
        self._contents_button.setChecked(False)
        self._fold()
        if entry.kind is not EntryKind.BOOKMARK:
            self.notes.go_to(entry.id)
        elif self._view:
            anchors = [one.anchor for one in self._view.outline]
            if entry.section in anchors:
                self.text.go_to(anchors.index(entry.section))
        self.text.setFocus()

    def _choose_section(self, section: int) -> None:
        self._contents_button.setChecked(False)
        self._fold()
        self.text.go_to(section)
        self.text.setFocus()

    # -- acting

    def _tick(self) -> None:
        view = self._view
        if view is None:
            return
        read = view.ticked_at is None
        self._mark_read(view.card.id, read)
        name = name_of(view.card)
        said = self.tr("Đã đánh dấu đã đọc: {}") if read else self.tr("Đã bỏ dấu đã đọc: {}")
        self.undo_offered.emit(said.format(name), lambda: self._mark_read(view.card.id, not read))

    def _mark_read(self, document: str, read: bool) -> None:
        library, now = self.session.handbook.library, self.session.now()
        self.command(lambda: library.tick(document, read, now))

    def _cannot_do(self, error: Expected) -> None:
        super()._cannot_do(error)
        if self._view:
            self.tick.show_tick(self._view)

    def _open_find(self) -> None:
        self.find_bar.open_bar(" ".join(self.text.selected_text().split())[:80])

    def _toggle_saved(self) -> None:
        if self._view:
            library, card = self.session.handbook.library, self._view.card
            self.command(lambda: library.save(card.id, not card.saved))

    def _open_menu(self, at: QPoint) -> None:
        menu = self.text.createStandardContextMenu(at)
        self.copying.offer(menu)
        self.notes.offer(menu)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.text.viewport().mapToGlobal(at))

    def _to_print(self) -> ToPrint | None:
        view, library = self._view, self.session.handbook.library
        if view is None:
            return None
        card = view.card
        name = f"{card.number} · {card.title}" if card.number else card.title
        return ToPrint(
            name,
            card.number or card.title,
            title_block(view, on_paper=True),
            lambda: library.sections(card.id, 0, card.section_count),
        )

    # -- looks

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _toggle_contents(self) -> None:
        self._fold()
        if self._contents_button.isChecked():
            self.side.focus_list()

    def _fold(self) -> None:
        self._bar.fold(is_narrow(self.window()), compact=self.width() < current_theme().px(COMPACT_BELOW))
        place_side(self._reading, self.side, self._contents_button.isChecked())


def _nothing(_: object) -> None:
    pass
