"""Thư viện: the documents by collection, filtered and ordered, and search in their texts as one types."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.document_list import DocumentListView
from handbook.desktop.document_row import Card, DocumentRow, PassageRow, Row
from handbook.desktop.found_rows import Group, grouped, rows_of
from handbook.desktop.group_choice import GroupChoice
from handbook.desktop.library_filter import CollectionChoice, FilterBar
from handbook.desktop.screen import Screen
from handbook.desktop.search_field import SearchField
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, EmptyState, Label, Role
from handbook.desktop.work import Job
from handbook.errors import Expected
from handbook.model.changes import Change, Changes
from handbook.model.library import Collection
from handbook.model.text import fold
from handbook.model.vietnamese import number_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handbook.client.library import DocumentCard, Facets, Filter
    from handbook.client.search import Results

SEARCH_AFTER_MS = 60
"""After the last key: a fast typist's word is one question, and the answer still feels immediate."""
PASSAGES = 40
OWN = frozenset({Change.NOTES, Change.REFLECTION})
HEADER_FROM = 430
"""Height of the screen, in pixels at 100 %, from which it shows its name."""


@dataclass(frozen=True, slots=True)
class _Shelf:
    cards: "tuple[DocumentCard, ...]"
    rows: tuple[Row, ...]
    counts: "Mapping[Collection, int]"
    facets: "Facets"


@dataclass(frozen=True, slots=True)
class _Answer:
    """Where there was no index, `documents` are those whose titles hold every word."""

    text: str
    results: "Results"
    documents: tuple[Row, ...]


class LibraryScreen(Screen):
    """List and search results share one place; a click or Enter opens the document."""

    concerns = frozenset({Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Thư viện"))
        self._shelf: _Shelf | None = None
        self._collection: Collection | None = None
        self._searching: Job[_Answer] | None = None
        self._answer: _Answer | None = None
        self._exact = ""
        self._open_first = False
        self.search = SearchField(
            self.tr("Tìm trong thư viện"), self.tr("Tìm theo số hiệu, tiêu đề, nội dung…")
        )
        self.search.setObjectName("library.search")
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._enter)
        self.search.installEventFilter(self)
        self.collections = CollectionChoice()
        self.collections.chosen.connect(self._choose_collection)
        self.filters = FilterBar()
        self.filters.changed.connect(self.refresh)
        self.groups = GroupChoice()
        self.groups.chosen.connect(lambda _: self._show_found())
        self.count = Label("", Role.MUTED)
        self.count.setObjectName("library.count")
        self.list = DocumentListView()
        self.list.setObjectName("library.list")
        self.list.setAccessibleName(self.tr("Danh sách văn bản"))
        self.list.opened.connect(self._open)
        self.list.star_clicked.connect(self._toggle_saved)
        self._place = QStackedWidget()
        self._place.addWidget(self.list)
        line = QHBoxLayout()
        line.addWidget(self.count, 1)
        line.addWidget(self.filters)
        self.body.addWidget(self.search)
        self.body.addWidget(self.collections)
        self.body.addLayout(line)
        self.body.addWidget(self.groups)
        self.body.addWidget(self._place, 1)
        self._pause = QTimer(self, interval=SEARCH_AFTER_MS, singleShot=True)
        self._pause.timeout.connect(self._find)
        session.indexing.changed.connect(self._index_changed)
        for keys, act in (
            ("Ctrl+F", self._go_to_search),
            ("Ctrl+D", self._toggle_current_saved),
        ):
            QShortcut(QKeySequence(keys), self, activated=act)

    # -- coming here

    def show_route(self, route: Route) -> None:
        first = self._shelf is None
        super().show_route(route)
        if route.query:
            if words := route.query.strip():
                self.search.setText(words)
            self._go_to_search()
        elif first or not self.list.currentIndex().isValid():
            self.search.setFocus()
        else:
            self.list.setFocus()

    def refresh(self) -> None:
        if self._shelf is None:
            self.show_loading(self.tr("Đang mở thư viện…"))
        wanted, library = self._filter(), self.session.handbook.library

        def read() -> _Shelf:
            cards = library.documents(wanted)
            return _Shelf(cards, tuple(map(DocumentRow, cards)), library.counts(), library.facets())

        self.load(read, self._show_shelf)

    def changed(self, changes: Changes) -> None:
        super().changed(changes)
        if self._answer and OWN & changes and Change.LIBRARY not in changes:
            if self.isVisible():
                self._find()
            else:
                self._stale = True

    def _filter(self) -> "Filter":
        # The first paint imports no client module; whoever has a session has paid for them.
        from handbook.client.library import Filter, Order

        return Filter(collection=self._collection, order=Order(self.filters.order), **self.filters.wanted)

    def _show_shelf(self, shelf: _Shelf) -> None:
        if not sum(shelf.counts.values()):
            self._shelf = None
            self.show_empty(
                "library",
                self.tr("Thư viện trên máy này chưa có văn bản nào"),
                self.tr("Văn bản về máy khi đồng bộ lần đầu; sau đó đọc được cả khi không có mạng."),
                Action(self.tr("Đồng bộ ngay"), self.session.sync_now, "sync"),
            )
            return
        self._shelf = shelf
        self.collections.show_counts(shelf.counts)
        self.filters.show_facets(shelf.facets)
        self.show_ready()
        if self.search.text().strip():
            self._find()
        else:
            self._show_all()

    def _show_all(self, keep_place: bool = True) -> None:
        shelf, self._exact, self._answer = self._shelf, "", None
        self.groups.show_counts({})
        self.filters.show_ranked(False)
        total = sum(shelf.counts.values())
        shown = len(shelf.cards)
        if shown == total:
            self.count.setText(self.tr("{} văn bản").format(number_text(total)))
        else:
            words = self.tr("{} trong {} văn bản")
            self.count.setText(words.format(number_text(shown), number_text(total)))
        self._show_rows(shelf.rows, keep_place)

    def _show_rows(self, rows: tuple[Row, ...], keep_place: bool, nothing: EmptyState | None = None) -> None:
        self.list.show_rows(rows, keep_place)
        while self._place.count() > 1:
            former = self._place.widget(1)
            self._place.removeWidget(former)
            former.deleteLater()
        if not rows:
            self._place.addWidget(nothing or self._no_document())
        self._place.setCurrentIndex(0 if rows else 1)

    def _no_document(self) -> EmptyState:
        return EmptyState(
            "filter",
            self.tr("Không có văn bản nào khớp điều kiện lọc"),
            self.tr("Hãy bỏ bớt điều kiện."),
            Action(self.tr("Bỏ mọi điều kiện"), self._clear_filters),
        )

    def _no_passage(self, text: str) -> EmptyState:
        title = self.tr("Không tìm thấy “{}”").format(text)
        if self.session.indexing.busy and not self.session.handbook.search.is_ready():
            return EmptyState(
                "search",
                title,
                self.tr("Máy đang lập chỉ mục nội dung; kết quả sẽ tự hiện khi xong."),
            )
        if self.filters.asks or self._collection:
            return EmptyState(
                "search",
                title,
                self.tr("Kết quả có thể nằm ngoài điều kiện lọc."),
                Action(self.tr("Tìm trong toàn bộ thư viện"), self._clear_filters),
            )
        return EmptyState(
            "search", title, self.tr("Hãy gõ ít chữ hơn. Gõ không dấu, hoặc chỉ gõ số hiệu, cũng tìm được.")
        )

    # -- searching

    @property
    def is_searching(self) -> bool:
        """Whether what is typed has not been answered yet."""
        return self._pause.isActive() or self._searching is not None

    def _typed(self) -> None:
        if self._searching:
            self._searching.cancel()
            self._searching = None
        self._open_first = False
        self._pause.start()

    def _find(self, *, mends_index: bool = True) -> None:
        self._pause.stop()
        if self._searching:
            self._searching.cancel()
            self._searching = None
        if self._shelf is None:
            return
        text = self.search.text().strip()
        if not text:
            self._show_all(keep_place=False)
            return
        search, wanted, cards = self.session.handbook.search, self._filter(), self._shelf.cards

        def find() -> _Answer:
            results = search.find(text, limit=PASSAGES, filter=wanted)
            if results.indexed:
                return _Answer(text, results, grouped(cards, results.hits))  # cuts the passages
            words = fold(text).split()
            return _Answer(text, results, tuple(DocumentRow(card) for card in cards if _holds(card, words)))

        self._searching = self.session.work.run(
            find, lambda answer: self._show_answer(answer, mends_index), self._cannot_find, self
        )

    def _cannot_find(self, error: Expected) -> None:
        self._searching, self._open_first = None, False
        self._cannot_do(error)

    def _show_answer(self, answer: _Answer, mends_index: bool) -> None:
        self._searching = None
        self._answer = answer
        self.filters.show_ranked(answer.results.indexed)
        self._exact = answer.results.exact
        if not answer.results.indexed:
            indexing = self.session.indexing
            if mends_index and not indexing.busy and not indexing.error:
                indexing.refresh()
        self._show_found()
        if self._open_first:
            self._open_first = False
            self._enter()

    def _show_found(self) -> None:
        """The group that was chosen, of what was found."""
        answer = self._answer
        if answer is None:
            return
        results, documents = answer.results, answer.documents
        named = sum(isinstance(row, DocumentRow) for row in documents)
        self.groups.show_counts(
            {
                Group.DOCUMENTS: named,
                Group.NOTES: len(results.notes),
                Group.REFLECTIONS: len(results.reflections),
            }
        )
        rows = rows_of(documents, results, self.groups.current)
        self.count.setText(self._told(answer, named, len(documents) - named) if documents else "")
        self._show_rows(rows, keep_place=False, nothing=None if rows else self._no_passage(answer.text))

    def _told(self, answer: _Answer, documents: int, passages: int) -> str:
        """How much of the library was found."""
        if not answer.results.indexed:
            words = self.tr("Đang lập chỉ mục… Tạm tìm theo tiêu đề: {} văn bản")
            return words.format(number_text(documents))
        if answer.results.total > passages:
            words = self.tr("{} đoạn khớp nhất trong {}, ở {} văn bản")
            return words.format(passages, number_text(answer.results.total), documents)
        return self.tr("{} đoạn ở {} văn bản").format(passages, documents)

    def _index_changed(self) -> None:
        if self._shelf and self.search.text().strip():
            # An index that cannot be read even when new is left alone until the person types again.
            self._find(mends_index=False)

    def _enter(self) -> None:
        """Open the document whose number was typed, else the current row, else the first."""
        if self.is_searching:
            self._open_first = True
            if not self._searching:
                self._find()
            return
        if self._exact:
            self.navigate.emit(Route(place=Place.READER, document=self._exact))
            return
        row = self.list.current_row() or self.list.first_row()
        if row:
            self._open(row)

    def _go_to_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    # -- acting

    def _open(self, row: Card) -> None:
        words = self.search.text().strip()
        if isinstance(row, DocumentRow):
            route = Route(place=Place.READER, document=row.card.id, query=words)
        elif isinstance(row, PassageRow):
            route = Route(place=Place.READER, document=row.document, anchor=row.anchor, query=words)
        else:
            route = row.route
        self.navigate.emit(route)

    def _toggle_saved(self, card: "DocumentCard") -> None:
        library = self.session.handbook.library
        self.command(lambda: library.save(card.id, not card.saved))

    def _toggle_current_saved(self) -> None:
        row = self.list.current_row()
        if isinstance(row, DocumentRow):
            self._toggle_saved(row.card)

    def _choose_collection(self, collection: Collection | None) -> None:
        self._collection = collection
        self.refresh()

    def _clear_filters(self) -> None:
        self._collection = None
        self.collections.choose(None)
        self.filters.clear()

    # -- keys and looks

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Down:
            if event.type() is QEvent.Type.KeyPress:
                self.list.enter()
            return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fit()

    def _fit(self) -> None:
        # In a low window with large print the rail says where one is, and the list needs the room.
        is_high = self.height() >= current_theme().px(HEADER_FROM)
        self.header.setVisible(is_high)
        self.filters.fold(not is_high)


def _holds(card: "DocumentCard", words: list[str]) -> bool:
    name = fold(f"{card.number} {card.title}")
    return all(word in name for word in words)
