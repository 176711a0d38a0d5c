"""Ghi chú: every highlight, note and bookmark; found by words, document, colour; taken along as a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QMenu, QStackedWidget, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.notes_list import NotesList
from handbook.desktop.screen import Screen
from handbook.desktop.search_field import SearchField
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Chip,
    EmptyState,
    FlowLayout,
    IconButton,
    Kind,
    Label,
    Role,
    SecondaryButton,
)
from handbook.model.changes import Change, Changes
from handbook.model.notes import COLOUR_NAMES, Colour, Entry, EntryKind
from handbook.model.text import fold
from handbook.model.vietnamese import number_text

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QResizeEvent

SEARCH_AFTER_MS = 120
HEADER_FROM = 430
"""Height of the screen, in pixels at 100 %, from which it shows its name and its filters unasked."""
WORD, MARKDOWN = ".docx", ".md"


@dataclass(frozen=True, slots=True)
class _Shown:
    """All entries, and those that fulfil the filter."""

    all: tuple[Entry, ...]
    found: tuple[Entry, ...]


class NotesScreen(Screen):
    """A click or Enter opens the document at the place; Delete removes, and the toast brings back."""

    concerns = frozenset({Change.NOTES, Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Ghi chú"))
        self._shown: _Shown | None = None
        self._kind: EntryKind | None = None
        self._colour: Colour | None = None
        self._orphaned = False
        self._document = ""
        self.search = SearchField(self.tr("Tìm trong ghi chú"), self.tr("Tìm trong ghi chú và đoạn tô màu…"))
        self.search.setObjectName("notes.search")
        self._pause = QTimer(self, interval=SEARCH_AFTER_MS, singleShot=True)
        self._pause.timeout.connect(self.refresh)
        self.search.textChanged.connect(lambda _: self._pause.start())
        self._build_filters()
        self.count = Label("", Role.MUTED)
        self.count.setObjectName("notes.count")
        self.list = NotesList(by_document=True)
        self.list.setObjectName("notes.list")
        self.list.setAccessibleName(self.tr("Danh sách ghi chú"))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._offer)
        self.list.opened.connect(self._open)
        self.list.removed.connect(self._remove)
        self._place = QStackedWidget()
        self._place.addWidget(self.list)
        self._export = SecondaryButton(self.tr("Xuất ra tệp"), "export")
        self._export.setObjectName("notes.export")
        menu = QMenu(self._export)
        menu.addAction(self.tr("Tệp Word (.docx)…"), lambda: self._ask_where(WORD))
        menu.addAction(self.tr("Tệp Markdown (.md)…"), lambda: self._ask_where(MARKDOWN))
        self._export.setMenu(menu)
        self._folder = IconButton("filter", self.tr("Điều kiện lọc"))
        self._folder.setObjectName("notes.filters")
        self._folder.setCheckable(True)
        self._folder.toggled.connect(lambda _: self._fit())
        line = QHBoxLayout()
        line.addWidget(self.count, 1)
        line.addWidget(self._folder)
        line.addWidget(self._export)
        self.body.addWidget(self.search)
        self.body.addWidget(self._filters)
        self.body.addLayout(line)
        self.body.addWidget(self._place, 1)
        QShortcut(QKeySequence("Ctrl+F"), self, activated=self.search.setFocus)

    def _build_filters(self) -> None:
        self._filters = QWidget()
        self._flow = FlowLayout(parent=self._filters)
        self._chips: list[Chip] = []

        def chip(name: str, text: str, act: Callable[[bool], object]) -> None:
            made = Chip(text)
            made.setObjectName(f"notes.filter.{name}")
            made.clicked.connect(act)
            self._flow.addWidget(made)
            self._chips.append(made)

        for kind, text in (
            (EntryKind.NOTE, self.tr("Có ghi chú")),
            (EntryKind.BOOKMARK, self.tr("Đánh dấu trang")),
        ):
            chip(kind.value, text, lambda on, kind=kind: self._ask(kind=kind if on else None))
        for colour in Colour:
            chip(
                colour.value,
                COLOUR_NAMES[colour],
                lambda on, colour=colour: self._ask(colour=colour if on else None),
            )
        chip("orphaned", self.tr("Không còn trong bản hiện hành"), lambda on: self._ask(orphaned=on))
        self._documents = QComboBox()
        self._documents.setObjectName("notes.document")
        self._documents.setAccessibleName(self.tr("Văn bản"))
        self._documents.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._documents.setMinimumContentsLength(20)
        self._documents.activated.connect(lambda _: self._ask(document=self._documents.currentData()))
        self._flow.addWidget(self._documents)

    # -- reading

    def show_route(self, route: Route) -> None:
        super().show_route(route)
        (self.list if self.list.entries else self.search).setFocus()

    def refresh(self) -> None:
        if self._shown is None:
            self.show_loading(self.tr("Đang mở ghi chú…"))
        notes, now = self.session.handbook.notes, self.session.now()
        wanted = {
            "text": self.search.text(),
            "document": self._document,
            "colour": self._colour,
            "kind": self._kind,
            "orphaned": self._orphaned,
        }

        def read() -> _Shown:
            from handbook.client.notes import Filter

            notes.settle(now)
            return _Shown(notes.all(), notes.all(Filter(**wanted)))

        self.load(read, self._show_entries)

    def _show_entries(self, shown: _Shown) -> None:
        self._shown = shown
        self._export.setEnabled(bool(shown.found))
        if not shown.all:
            self.show_empty(
                "note",
                self.tr("Chưa có ghi chú nào"),
                self.tr(
                    "Khi đọc, bôi đen một đoạn rồi bấm H để tô màu, N để ghi chú. "
                    "Ghi chú chỉ nằm trên máy này."
                ),
                Action(
                    self.tr("Mở thư viện"), lambda: self.navigate.emit(Route(place=Place.LIBRARY)), "library"
                ),
            )
            return
        self.show_ready()
        self._show_documents(shown.all)
        total, found = len(shown.all), len(shown.found)
        words = self.tr("{} mục") if found == total else self.tr("{} trong {} mục")
        self.count.setText(words.format(number_text(found), number_text(total)))
        self.list.show_entries(shown.found)
        while self._place.count() > 1:
            former = self._place.widget(1)
            self._place.removeWidget(former)
            former.deleteLater()
        if not shown.found:
            self._place.addWidget(
                EmptyState(
                    "filter",
                    self.tr("Không có mục nào khớp"),
                    self.tr("Hãy bỏ bớt điều kiện hoặc gõ ít chữ hơn."),
                    Action(self.tr("Xem tất cả"), self._clear),
                )
            )
        self._place.setCurrentIndex(self._place.count() - 1)

    def _show_documents(self, entries: tuple[Entry, ...]) -> None:
        names = {entry.document: entry.source for entry in entries}
        if self._document not in names:
            self._document = ""
        self._documents.clear()
        self._documents.addItem(self.tr("Mọi văn bản"), "")
        for document, name in sorted(names.items(), key=lambda item: fold(item[1])):
            self._documents.addItem(name, document)
        self._documents.setCurrentIndex(max(0, self._documents.findData(self._document)))

    def _ask(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self, f"_{name}", value)
        on = {self._kind, self._colour, "orphaned" if self._orphaned else None}
        for chip in self._chips:
            chip.setChecked(chip.objectName().rpartition(".")[2] in on)
        self.refresh()

    def _clear(self) -> None:
        self.search.clear()
        self._ask(kind=None, colour=None, orphaned=False, document="")

    # -- acting

    def _open(self, entry: Entry) -> None:
        self.navigate.emit(
            Route(place=Place.READER, document=entry.document, anchor=entry.section, note=entry.id)
        )

    def _offer(self, at: QPoint) -> None:
        entry = self.list.current
        if entry is None or not self.list.indexAt(at).isValid():
            return
        menu = QMenu(self.list)
        menu.addAction(self.tr("Mở trong văn bản"), lambda: self._open(entry))
        if entry.colour:
            for colour in Colour:
                action = menu.addAction(
                    self.tr("Tô màu {}").format(COLOUR_NAMES[colour].lower()),
                    lambda colour=colour: self._recolour(entry, colour),
                )
                action.setEnabled(colour is not entry.colour)
        menu.addSeparator()
        menu.addAction(self.tr("Xoá"), lambda: self._remove(entry)).setShortcut(QKeySequence("Del"))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.list.viewport().mapToGlobal(at))

    def _recolour(self, entry: Entry, colour: Colour) -> None:
        notes, former = self.session.handbook.notes, entry.colour

        def put(wanted: Colour) -> None:
            now = self.session.now()
            self.command(lambda: notes.recolour(entry.id, wanted, now))

        put(colour)
        self.undo_offered.emit(
            self.tr("Đã đổi sang màu {}").format(COLOUR_NAMES[colour].lower()), lambda: put(former)
        )

    def _remove(self, entry: Entry) -> None:
        notes, now = self.session.handbook.notes, self.session.now()

        def removed(_: Changes) -> None:
            self.undo_offered.emit(
                self.tr("Đã xoá một mục trong {}").format(entry.source),
                lambda: self.command(lambda: notes.restore((entry.id,))),
            )

        self.command(lambda: notes.remove((entry.id,), now), removed)

    # -- taking along

    def _ask_where(self, suffix: str) -> None:
        """The file dialog of the system; what is listed now is what is written."""
        kind = self.tr("Tệp Word (*.docx)") if suffix == WORD else self.tr("Tệp Markdown (*.md)")
        dialog = QFileDialog(self, self.tr("Xuất ghi chú"), "", kind)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(self.tr("ghi-chu") + suffix)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.open()

    def export_to(self, path: Path) -> None:
        """Write the entries that are listed to a file, as Word or Markdown by its ending."""
        if self._shown is None:
            return
        entries, now = self._shown.found, self.session.now()

        def write() -> int:
            from handbook.client.disk import write_whole
            from handbook.exports.notes import to_markdown, to_word

            as_text = path.suffix.lower() == MARKDOWN
            write_whole(
                path, to_markdown(entries, now).encode() if as_text else to_word(entries, now), mode=0o644
            )
            return len(entries)

        def written(count: int) -> None:
            self.show_banner(
                Banner(
                    Kind.OK,
                    self.tr("Đã xuất {} mục ra {}").format(number_text(count), path.name),
                    self.tr("Tệp này nằm ngoài sổ tay và không được mã hoá; ai mở được tệp là đọc được."),
                )
            )

        self.session.work.run(write, written, self._cannot_do, self)

    # -- looks

    def resizeEvent(self, event: "QResizeEvent") -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: "QEvent") -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fit()

    def _fit(self) -> None:
        px = current_theme().px
        self._flow.setSpacing(px(8))
        # In a low window with large print the rail says where one is, and the list needs the room.
        low = self.height() < px(HEADER_FROM)
        self.header.setVisible(not low)
        self._folder.setVisible(low)
        self._filters.setVisible(not low or self._folder.isChecked())
