"""Đọc: one document with its contents, found words, remembered place, and the mark that it was read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from handbook.desktop import attachments, images
from handbook.desktop.attachments import Attachments
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.find_bar import FindBar
from handbook.desktop.images import Pictures
from handbook.desktop.linking import Linker, anchor_in
from handbook.desktop.picture_view import PictureView
from handbook.desktop.reader_bar import ReaderBar
from handbook.desktop.reader_copy import ReaderCopy
from handbook.desktop.reader_differences import SCHEME as DIFFERENCES
from handbook.desktop.reader_differences import Offer, ReaderDifferences, offers_of
from handbook.desktop.reader_look import ReaderLook
from handbook.desktop.reader_notes import ReaderNotes
from handbook.desktop.reader_print import ReaderPrint, ToPrint
from handbook.desktop.reader_side import ReaderSide
from handbook.desktop.reading import DocumentText
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.stops import Stops
from handbook.desktop.theme import current_theme
from handbook.desktop.title_block import name_of, title_block
from handbook.desktop.widgets import (
    Action,
    Banner,
    Kind,
)
from handbook.desktop.window import FOLD_BELOW
from handbook.errors import Expected, NotFound, Recalled
from handbook.model.changes import Change, Changes
from handbook.model.library import (
    COLLECTION_NAMES,
)
from handbook.model.notes import Entry, EntryKind

if TYPE_CHECKING:
    from handbook.client.library import DocumentView, Position, SectionHtml
    from handbook.desktop.linking import Numbers

CONTENTS_PX = 268
COMPACT_BELOW = 660
"""Width of the screen, in pixels at 100 %, below which the bar leaves out where one is."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """`sections` is None where the text on the screen is still that of the library."""

    view: "DocumentView"
    sections: "tuple[SectionHtml, ...] | None"
    numbers: "Numbers"
    link: Callable[[str], str]
    offers: tuple[Offer, ...]


class ReaderScreen(Screen):
    concerns = frozenset({Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self._view: DocumentView | None = None
        self._jump = ""
        self._stops = Stops()
        self._stopped: Position | None = None
        self._numbers: Numbers | None = None
        self.text = DocumentText()
        self.text.setObjectName("reader.text")
        self.text.setAccessibleName(self.tr("Nội dung văn bản"))
        self.text.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.text.customContextMenuRequested.connect(self._open_menu)
        self.text.followed.connect(self._follow)
        self.text.section_changed.connect(self._section_changed)
        self.text.paused.connect(self._remember)
        self._pictures = self._new_pictures()
        self.text.show_pictures(self._pictures)
        self.find_bar = FindBar(self.text)
        self.side = ReaderSide()
        self.contents = self.side.contents
        self.contents.chosen.connect(self._choose_section)
        self.notes = ReaderNotes(self, self.text)
        self.notes.changed.connect(self._show_notes)
        self.side.notes.opened.connect(self._choose_note)
        self.side.notes.removed.connect(lambda entry: self.notes.remove((entry.id,)))
        self.printing = ReaderPrint(self, self._to_print)
        self.attachments = Attachments(self, lambda: self._view)
        self.look = ReaderLook(self, self.text)
        self.copying = ReaderCopy(self, self.text, lambda: self._view)
        self._bar = self._build_bar()
        self.differences = ReaderDifferences(self, self._bar.differences)
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
            self.notes.open(self._view, route.note)
        self.text.setFocus()

    def changed(self, changes: Changes) -> None:
        if Change.LIBRARY in changes:
            self._numbers = None
            self._pictures.look_again()
        super().changed(changes)
        if Change.NOTES in changes and self.isVisible():
            self.notes.refresh()

    def refresh(self) -> None:
        handbook, document, known = self.session.handbook, self.route.document, self._view
        library, editions = handbook.library, handbook.editions
        numbers = self._numbers
        if known is None:
            self.show_loading(self.tr("Đang mở văn bản…"))

        def read() -> _Opened:
            view = library.open(document)
            offers = offers_of(view, editions.former(document) is not None)
            if known and known.card.edition == view.card.edition:
                return _Opened(view, None, numbers or {}, str, offers)
            sections = library.sections(document, 0, view.card.section_count)
            known_numbers = library.by_number() if numbers is None else numbers
            link = Linker(view.card, view.outline, known_numbers).link
            return _Opened(view, sections, known_numbers, link, offers)

        self.load(read, self._show_document)

    def _show_document(self, opened: _Opened) -> None:
        view, former = opened.view, self._view
        card = view.card
        self._view = view
        self.header.hide()
        self._bar.show_where(COLLECTION_NAMES[card.collection], card.number or card.title)
        self.tick.show_tick(view)
        self._bar.show_saved(card.saved)
        self.differences.show_offers(opened.offers)
        self.show_ready()
        anchors = {entry.anchor: entry.index for entry in view.outline}
        jump = anchor_in(view.outline, self._jump)
        position = self._stopped or view.position
        if opened.sections is not None:
            self._numbers = opened.numbers
            section, offset = anchors.get(position.anchor, 0), position.offset
            if jump:
                section, offset = anchors[jump], 0.0
            self.contents.show_outline(view.outline, self.tr("Mở đầu"))
            head = title_block(view, opened.offers)
            self.text.show_document(head, opened.sections, section, offset, opened.link)
            if former:
                self.show_banner(self.differences.banner(self.tr("Văn bản vừa được cập nhật bản mới.")))
            elif card.is_revised:
                self.show_banner(
                    self.differences.banner(self.tr("Văn bản có bản mới từ lần đồng bộ vừa rồi."))
                )
        elif jump:
            self.text.go_to(anchors[jump])
        elif self._stopped and self._stopped.anchor in anchors:
            self.text.go_to(anchors[self._stopped.anchor], self._stopped.offset)
        if self.route.query:
            self.text.mark_words(self.route.query)
        self._jump, self._stopped = "", None
        self.notes.open(view, self.route.note if opened.sections is not None else "")
        self._remember()

    def _cannot_load(self, error: Expected) -> None:
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

    def _follow(self, url: QUrl) -> None:
        if url.scheme() == "handbook":
            self.navigate.emit(Route(place=Place.READER, document=url.path(), anchor=url.fragment()))
        elif url.scheme() in ("http", "https"):
            self._offer_web_page(url)
        elif url.scheme() == DIFFERENCES:
            self.differences.go(url.path())
        elif url.scheme() == attachments.SCHEME:
            self.attachments.follow(url)
        elif url.scheme() == images.SCHEME:
            self._enlarge(url.path())
        elif self._view and (name := url.fragment()):
            route = Route(place=Place.READER, document=self._view.card.id, anchor=name)
            anchors = [entry.anchor for entry in self._view.outline]
            if name not in anchors:
                self.text.go_to_name(name)
            elif route != self.route:
                self.navigate.emit(route)
            else:
                self.text.go_to(anchors.index(name))

    def _new_pictures(self) -> Pictures:
        return Pictures(self.session.work, lambda sha256: self.session.handbook.assets.data(sha256), self)

    def _enlarge(self, sha256: str) -> None:
        if found := self.text.pictures.find(sha256):
            PictureView(self.window(), self._new_pictures(), sha256, *found)

    def _offer_web_page(self, url: QUrl) -> None:
        self.show_banner(
            Banner(
                Kind.INFO,
                self.tr("Liên kết này dẫn ra trang web bên ngoài sổ tay."),
                url.toDisplayString(),
                Action(self.tr("Mở bằng trình duyệt"), lambda: QDesktopServices.openUrl(url)),
            )
        )

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
        """Below the width for two columns the contents take the text's place while they are asked for."""
        px = current_theme().px
        folded = self.window().width() < px(FOLD_BELOW)
        self._bar.fold(folded, compact=self.width() < px(COMPACT_BELOW))
        asked = self._contents_button.isChecked()
        self.side.setVisible(not folded or asked)
        self._reading.setVisible(not folded or not asked)
        self.side.setMaximumWidth(16777215 if folded else px(CONTENTS_PX))
        self.side.setMinimumWidth(0 if folded else px(CONTENTS_PX))


def _nothing(_: object) -> None:
    pass
