"""Đọc: one document with its contents, found words, remembered place, and the mark that it was read."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, QUrl
from PySide6.QtGui import (
    QActionGroup,
    QDesktopServices,
    QGuiApplication,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.find_bar import FindBar
from handbook.desktop.linking import Linker, anchor_in
from handbook.desktop.look import SPACINGS, Look
from handbook.desktop.reader_notes import ReaderNotes
from handbook.desktop.reader_print import ReaderPrint
from handbook.desktop.reader_side import ReaderSide
from handbook.desktop.reading import TEXT_SIZES, DocumentText
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.stops import Stops
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    ElidedLabel,
    IconButton,
    Kind,
    LinkButton,
    Role,
    SecondaryButton,
    Toast,
)
from handbook.desktop.window import FOLD_BELOW
from handbook.errors import Expected, NotFound
from handbook.model.changes import Change, Changes
from handbook.model.library import (
    COLLECTION_NAMES,
    KIND_NAMES,
    RELATION_NAMES,
    STATUS_NAMES,
    Relation,
    Status,
)
from handbook.model.notes import Entry, EntryKind
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from handbook.client.library import DocumentCard, DocumentView, Position, SectionHtml
    from handbook.client.settings import Settings
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


class TickButton(SecondaryButton):
    """Says whether the document was read, and when; pressing it marks it, pressing again takes it back."""

    def __init__(self) -> None:
        super().__init__("", "check")
        self.setCheckable(True)

    def show_tick(self, view: "DocumentView") -> None:
        read = view.ticked_at is not None
        self.setChecked(read)
        self.colour = "ok" if read else "text"
        self.set_icon("check-circle" if read else "check")
        if view.ticked_at:
            self.setText(self.tr("Đã đọc ngày {}").format(date_text(view.ticked_at)))
        else:
            self.setText(self.tr("Đánh dấu đã đọc"))


class ReaderScreen(Screen):
    concerns = frozenset({Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self._view: DocumentView | None = None
        self._jump = ""
        self._stops = Stops()
        self._stopped: Position | None = None
        self._numbers: Numbers | None = None
        self._text_px = 16.0
        self.text = DocumentText()
        self.text.setObjectName("reader.text")
        self.text.setAccessibleName(self.tr("Nội dung văn bản"))
        self.text.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.text.customContextMenuRequested.connect(self._offer_copying)
        self.text.followed.connect(self._follow)
        self.text.section_changed.connect(self._section_changed)
        self.text.paused.connect(self._remember)
        self.find_bar = FindBar(self.text)
        self.side = ReaderSide()
        self.contents = self.side.contents
        self.contents.chosen.connect(self._choose_section)
        self.notes = ReaderNotes(self, self.text)
        self.notes.changed.connect(self._show_notes)
        self.side.notes.opened.connect(self._choose_note)
        self.side.notes.removed.connect(lambda entry: self.notes.remove((entry.id,)))
        self.printing = ReaderPrint(
            self, lambda: (self._view, self._title_block(self._view)) if self._view else None
        )
        self.body.addWidget(self._build_bar())
        self.header.hide()
        self._build_body()
        self._shortcuts()
        session.work.run(self._read_look, self._show_look, self._cannot_do, self)

    def _build_bar(self) -> QWidget:
        """Where one is, and what can be done with the document."""
        bar = QWidget()
        self._bar = QHBoxLayout(bar)
        self._bar.setContentsMargins(0, 0, 0, 0)
        self._library = LinkButton(self.tr("Thư viện"), "back")
        self._library.setObjectName("reader.library")
        self._library.setAccessibleName(self.tr("Về thư viện"))
        self._library.setToolTip(self._library.accessibleName())
        self._library.clicked.connect(lambda: self.navigate.emit(Route(place=Place.LIBRARY)))
        self._where = ElidedLabel("", Role.MUTED)
        self._bar.addWidget(self._library)
        self._bar.addWidget(self._where, 1)
        self._contents_button = self._button("contents", self.tr("Mục lục, ghi chú"), self._toggle_contents)
        self._contents_button.setCheckable(True)
        self._bookmark = self._button(
            "bookmark", self.tr("Đánh dấu trang (Ctrl+D)"), self.notes.toggle_bookmark
        )
        self._bookmark.setObjectName("reader.bookmark")
        self._star = self._button("star", self.tr("Lưu văn bản (Ctrl+S)"), self._toggle_saved)
        self._star.setObjectName("reader.star")
        self._button("search", self.tr("Tìm trong văn bản (Ctrl+F)"), self._open_find)
        sizes = (("minus", self.tr("Chữ nhỏ hơn (Ctrl+-)"), -1), ("plus", self.tr("Chữ to hơn (Ctrl++)"), 1))
        self._sizes = [
            self._button(icon, name, lambda steps=steps: self._resize_text(steps))
            for icon, name, steps in sizes
        ]
        look = self._button("text-size", self.tr("Cỡ chữ, kiểu chữ, cột chữ và nền trang"), lambda: None)
        look.setObjectName("reader.look")
        look.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        look.setMenu(self._look_menu(look))
        printing = self._button("print", self.tr("In, lưu thành PDF"), lambda: None)
        printing.setObjectName("reader.print")
        printing.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        printing.setMenu(QMenu(printing))
        self.printing.offer(printing.menu())
        self._quote = self._button(
            "quote", self.tr("Chép đoạn chọn kèm trích dẫn (Ctrl+Shift+C)"), self._copy_cited
        )
        self.tick = TickButton()
        self.tick.setObjectName("reader.tick")
        self.tick.clicked.connect(self._tick)
        self._bar.addWidget(self.tick)
        return bar

    def _button(self, icon: str, name: str, act: Callable[[], object]) -> IconButton:
        button = IconButton(icon, name)
        button.clicked.connect(lambda: act())
        self._bar.addWidget(button)
        return button

    def _look_menu(self, parent: QWidget) -> QMenu:
        menu = QMenu(parent)
        menu.addAction(self.tr("Chữ to hơn"), lambda: self._resize_text(1))
        menu.addAction(self.tr("Chữ nhỏ hơn"), lambda: self._resize_text(-1))
        self._choices = [
            self._choice(
                menu,
                "paper",
                (
                    ("theme", self.tr("Nền theo giao diện")),
                    ("light", self.tr("Nền giấy trắng")),
                    ("sepia", self.tr("Nền giấy ngả vàng")),
                    ("dark", self.tr("Nền tối")),
                ),
            ),
            self._choice(
                menu,
                "reading_font",
                (
                    ("sans", self.tr("Chữ không chân")),
                    ("serif", self.tr("Chữ có chân")),
                ),
            ),
            self._choice(
                menu,
                "reading_column",
                (
                    ("narrow", self.tr("Cột chữ hẹp")),
                    ("medium", self.tr("Cột chữ vừa")),
                    ("wide", self.tr("Cột chữ rộng")),
                ),
            ),
            self._choice(
                menu,
                "reading_spacing",
                (
                    (SPACINGS[0], self.tr("Dòng sát")),
                    (SPACINGS[1], self.tr("Dòng thường")),
                    (SPACINGS[2], self.tr("Dòng thoáng")),
                    (SPACINGS[3], self.tr("Dòng rất thoáng")),
                ),
            ),
        ]
        return menu

    def _choice(self, menu: QMenu, setting: str, values: tuple[tuple[object, str], ...]) -> QActionGroup:
        """A list of which one is chosen, in the menu; kept as this setting."""
        menu.addSeparator()
        group = QActionGroup(menu)
        group.setObjectName(setting)
        for value, name in values:
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
        group.triggered.connect(lambda action: self._change_look(**{setting: action.data()}))
        return group

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
            ("Ctrl++", lambda: self._resize_text(1)),
            ("Ctrl+=", lambda: self._resize_text(1)),
            ("Ctrl+-", lambda: self._resize_text(-1)),
            ("Ctrl+Shift+C", self._copy_cited),
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
        super().changed(changes)
        if Change.NOTES in changes and self.isVisible():
            self.notes.refresh()

    def refresh(self) -> None:
        library, document, known = self.session.handbook.library, self.route.document, self._view
        numbers = self._numbers
        if known is None:
            self.show_loading(self.tr("Đang mở văn bản…"))

        def read() -> _Opened:
            view = library.open(document)
            if known and known.card.edition == view.card.edition:
                return _Opened(view, None, numbers or {})
            sections = library.sections(document, 0, view.card.section_count)
            return _Opened(view, sections, library.by_number() if numbers is None else numbers)

        self.load(read, self._show_document)

    def _show_document(self, opened: _Opened) -> None:
        view, former = opened.view, self._view
        card = view.card
        self._view = view
        self.header.hide()
        self._where.setText(f"›  {COLLECTION_NAMES[card.collection]}  ›  {card.number or card.title}")
        self.tick.show_tick(view)
        self._show_star(card.saved)
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
            link = Linker(card, view.outline, opened.numbers).link
            self.text.show_document(self._title_block(view), opened.sections, section, offset, link)
            if former:
                self.show_banner(Banner(Kind.INFO, self.tr("Văn bản vừa được cập nhật bản mới.")))
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
        self.show_empty(
            "document",
            error.message,
            error.advice,
            Action(self.tr("Về thư viện"), lambda: self.navigate.emit(Route(place=Place.LIBRARY)), "library"),
        )

    def _title_block(self, view: "DocumentView") -> str:
        card = view.card
        force = STATUS_NAMES[card.status].lower()
        force = (
            f"<b>{force}</b>"
            if card.status is Status.IN_FORCE
            else f"<mark><b>&nbsp;{force}&nbsp;</b></mark>"
        )
        issued = self.tr("Ban hành ngày {}").format(date_text(card.issued_on))
        facts = f"{html.escape(card.issuer)} · {issued} · {self.tr('Hiệu lực')}: {force}"
        parts = [f'<p class="muted"><b>{html.escape(_name(card))}</b></p>'] if card.number else []
        parts += [f"<h1>{html.escape(card.title)}</h1>", f'<p class="muted">{facts}</p>']
        by_kind: dict[str, list[str]] = {}
        for relation in view.relations:
            by_kind.setdefault(RELATION_NAMES[relation.kind], []).append(self._related(relation))
        parts += [f"<p>{name}: {', '.join(named)}</p>" for name, named in by_kind.items()]
        if card.summary:
            parts.append(f'<p class="muted"><i>{html.escape(card.summary)}</i></p>')
        return "".join(parts)

    def _related(self, relation: Relation) -> str:
        name = relation.number
        if relation.issued_on:
            name = self.tr("{} ngày {}").format(name, date_text(relation.issued_on))
        name = html.escape(name)
        if not relation.target:
            return name
        return f'<a href="handbook:{html.escape(relation.target)}">{name}</a>'

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
        kept = bool(self.notes.bookmark)
        name = self.tr("Bỏ đánh dấu trang (Ctrl+D)") if kept else self.tr("Đánh dấu trang (Ctrl+D)")
        self._bookmark.set_icon("bookmark", "accent" if kept else "muted")
        self._bookmark.setToolTip(name)
        self._bookmark.setAccessibleName(name)

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
        name = _name(view.card)
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
        self.find_bar.open_bar(self.text.textCursor().selectedText()[:80])

    def _toggle_saved(self) -> None:
        if self._view:
            library, card = self.session.handbook.library, self._view.card
            self.command(lambda: library.save(card.id, not card.saved))

    def _show_star(self, saved: bool) -> None:
        name = self.tr("Bỏ lưu văn bản (Ctrl+S)") if saved else self.tr("Lưu văn bản (Ctrl+S)")
        self._star.set_icon(*(("star-filled", "gold") if saved else ("star", "muted")))
        self._star.setToolTip(name)
        self._star.setAccessibleName(name)

    def _follow(self, url: QUrl) -> None:
        if url.scheme() == "handbook":
            self.navigate.emit(Route(place=Place.READER, document=url.path(), anchor=url.fragment()))
        elif url.scheme() in ("http", "https"):
            self._offer_web_page(url)
        elif self._view and (name := url.fragment()):
            route = Route(place=Place.READER, document=self._view.card.id, anchor=name)
            anchors = [entry.anchor for entry in self._view.outline]
            if name not in anchors:
                self.text.go_to_name(name)
            elif route != self.route:
                self.navigate.emit(route)
            else:
                self.text.go_to(anchors.index(name))

    def _offer_web_page(self, url: QUrl) -> None:
        self.show_banner(
            Banner(
                Kind.INFO,
                self.tr("Liên kết này dẫn ra trang web bên ngoài sổ tay."),
                url.toDisplayString(),
                Action(self.tr("Mở bằng trình duyệt"), lambda: QDesktopServices.openUrl(url)),
            )
        )

    def _copy_cited(self) -> None:
        """Copy what is selected with where it stands; without a selection, where reading is."""
        if self._view is None:
            return
        card, cursor = self._view.card, self.text.textCursor()
        words = cursor.selection().toPlainText().strip()
        section = self.text.section_of(cursor.selectionStart()) if words else self.text.section
        heading = self._view.outline[section].heading if section < len(self._view.outline) else ""
        source = self.tr("{} ngày {} của {}").format(_name(card), date_text(card.issued_on), card.issuer)
        if heading:
            source = self.tr("{}, mục “{}”").format(source, heading)
        QGuiApplication.clipboard().setText(f"“{words}” ({source})" if words else source)
        said = self.tr("Đã chép đoạn chọn kèm trích dẫn.") if words else self.tr("Đã chép trích dẫn.")
        Toast(self.window(), said, seconds=4)

    def _offer_copying(self, at: QPoint) -> None:
        menu = self.text.createStandardContextMenu(at)
        action = menu.addAction(self.tr("Chép kèm trích dẫn"), self._copy_cited)
        action.setShortcut(QKeySequence("Ctrl+Shift+C"))
        self.notes.offer(menu)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.text.viewport().mapToGlobal(at))

    # -- looks

    def _read_look(self) -> "Settings":
        from handbook.client.settings import read_settings

        return read_settings(self.session.data_dir)

    def _show_look(self, settings: "Settings") -> None:
        self._text_px = settings.reading_px
        self.text.set_look(Look.of(settings))
        for choice in self._choices:
            for action in choice.actions():
                action.setChecked(action.data() == getattr(settings, choice.objectName()))

    def _change_look(self, **changes: object) -> None:
        from handbook.client.settings import change_settings

        folder = self.session.data_dir
        self.session.work.run(
            lambda: change_settings(folder, **changes), self._show_look, self._cannot_do, self
        )

    def _resize_text(self, steps: int) -> None:
        nearest = min(range(len(TEXT_SIZES)), key=lambda at: abs(TEXT_SIZES[at] - self._text_px))
        size = TEXT_SIZES[min(max(nearest + steps, 0), len(TEXT_SIZES) - 1)]
        self._text_px = size
        self._change_look(reading_px=size)

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
        compact = self.width() < px(COMPACT_BELOW)
        self._library.setText("" if compact else self.tr("Thư viện"))
        self._where.setVisible(not compact)
        self._bar.setStretch(0, 0 if not compact else 1)
        self._contents_button.setVisible(folded)
        asked = self._contents_button.isChecked()
        self.side.setVisible(not folded or asked)
        self._reading.setVisible(not folded or not asked)
        self._quote.setVisible(not compact)  # the context menu has it
        for button in self._sizes:
            button.setVisible(not folded)  # the menu beside them has both
        self.side.setMaximumWidth(16777215 if folded else px(CONTENTS_PX))
        self.side.setMinimumWidth(0 if folded else px(CONTENTS_PX))


def _name(card: "DocumentCard") -> str:
    """Nghị quyết số 57-NQ/TW; of a document without a number its title."""
    if not card.number:
        return card.title
    kind = KIND_NAMES[card.kind]
    return f"{kind} số {card.number}"


def _nothing(_: object) -> None:
    pass
