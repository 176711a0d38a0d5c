"""Thư viện: what is listed, what a search finds as one types, and how a document is opened from it."""

from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from handbook.client.notes import Span
from handbook.client.search import Search
from handbook.client.search import Span as Found
from handbook.desktop.document_list import DocumentListModel, DocumentListView
from handbook.desktop.document_row import DocumentRow, GroupRow, OwnRow, PassageRow, wrapped
from handbook.desktop.library import LibraryScreen
from handbook.desktop.marked_text import in_lines
from handbook.desktop.session import Place
from handbook.desktop.theme import LARGE_PRINT, Mode, Theme
from handbook.desktop.widgets import PrimaryButton
from handbook.errors import DiskProblem
from handbook.model.notes import Colour
from handbook.model.reflection import Answer
from tests.desktop.conftest import Person
from tests.desktop.ward import ASSIGNMENT, CAPITAL, LONG, REPLACED

pytestmark = pytest.mark.gui


def library(person: Person, **route: object) -> LibraryScreen:
    return person.go(place=Place.LIBRARY, **route)


def search(person: Person, screen: LibraryScreen, text: str) -> None:
    screen.search.setText(text)
    person.wait(lambda: not screen._pause.isActive())
    person.settle()


def titles(screen: LibraryScreen) -> list[str]:
    return [row.card.title for row in screen.list.documents.rows if isinstance(row, DocumentRow)]


def passages(screen: LibraryScreen) -> list[PassageRow]:
    return [row for row in screen.list.documents.rows if isinstance(row, PassageRow)]


def heading(row: PassageRow) -> str:
    return "".join(span.text for span in row.heading)


def test_the_library_lists_every_document_newest_first(alone: Person) -> None:
    screen = library(alone)
    assert titles(screen) == [
        "Tập trung dân chủ ở chi bộ",
        "Luật dài ba trăm điều",
        "Về phát triển Thủ đô Hà Nội",
        "Về thể loại văn bản của Đảng",
    ]
    assert screen.count.text() == "4 văn bản"
    alone.picture("library")


def test_a_collection_narrows_the_list_and_says_of_how_many(alone: Person) -> None:
    screen = library(alone)
    alone.find("library.collection.resolutions").click()
    alone.settle()
    assert titles(screen) == ["Về phát triển Thủ đô Hà Nội"]
    assert screen.count.text() == "1 trong 4 văn bản"


def test_a_condition_stands_as_a_chip_that_takes_it_back(alone: Person) -> None:
    screen = library(alone)
    menu = alone.find("library.filter").menu()
    years = next(action.menu() for action in menu.actions() if action.text() == "Năm ban hành")
    next(action for action in years.actions() if action.text() == "2017").trigger()
    alone.settle()
    assert titles(screen) == ["Về thể loại văn bản của Đảng"]
    alone.find("library.asked.year").click()
    alone.settle()
    assert len(titles(screen)) == 4


def test_an_empty_filter_says_so_and_offers_to_drop_it(alone: Person) -> None:
    screen = library(alone)
    alone.find("library.saved_only").click()
    alone.settle()
    assert "Không có văn bản nào khớp điều kiện lọc" in alone.words()
    buttons = screen.findChildren(PrimaryButton)
    next(one for one in buttons if one.isVisible() and one.text() == "Bỏ mọi điều kiện").click()
    alone.settle()
    assert len(titles(screen)) == 4


@pytest.mark.parametrize("text", ["chuyển đổi số", "chuyen doi so", "CHUYEN DOI SO"])
def test_typing_with_or_without_marks_finds_passages_with_the_words_marked(alone: Person, text: str) -> None:
    screen = library(alone)
    search(alone, screen, text)
    assert titles(screen)[0] == "Về phát triển Thủ đô Hà Nội"
    marked = {span.text.casefold() for row in passages(screen) for span in row.snippet if span.marked}
    assert "chuyển đổi số" in marked


@pytest.mark.parametrize("text", ["thu do ha noi", "Thủ đô Hà Nội"])
def test_what_matches_in_the_title_is_marked_in_it(alone: Person, text: str) -> None:
    screen = library(alone)
    search(alone, screen, text)
    row = screen.list.documents.rows[0]
    assert "".join(span.text for span in row.title) == "Về phát triển Thủ đô Hà Nội"
    (matched,) = [span.text for span in row.title if span.marked]
    assert matched.endswith("đô Hà Nội")  # of a frequent form such as `thu` no match is shown
    alone.picture("library-title-marked")
    place = screen.list.visualRect(screen.list.documents.index(0))
    image: QImage = screen.list.viewport().grab(place).toImage()
    pixels = product(range(0, image.width(), 2), range(0, image.height(), 2))
    assert Theme().colour("mark").rgb() in {image.pixel(x, y) for x, y in pixels}


def test_a_marked_title_is_marked_on_the_line_on_which_the_words_stand() -> None:
    spans = (Found("một hai ", False), Found("ba bốn", True), Found(" năm sáu bảy", False))
    first, last = in_lines(spans, ["một hai ba", "bốn năm…"])
    assert first == (Found("một hai ", False), Found("ba", True))
    assert last == (Found("bốn", True), Found(" năm sáu bảy", False))
    assert in_lines((), ["một hai", "ba"]) == [(), ()]


def test_enter_after_a_number_opens_that_document_even_before_the_results_came(alone: Person) -> None:
    screen = library(alone)
    screen.search.setText("15-nq/tw")
    QTest.keyClick(screen.search, Qt.Key.Key_Return)
    alone.wait(lambda: alone.window.current is not screen)
    alone.settle()
    assert alone.window.current.route.document == CAPITAL


def test_enter_opens_a_document_by_its_title_where_the_index_came_just_after_the_question(
    alone: Person, monkeypatch
) -> None:
    screen = library(alone)
    index = alone.desktop.session.handbook.search._index
    later, answers = index.reading, [None]
    monkeypatch.setattr(index, "reading", lambda: answers.pop() if answers else later())
    screen.search.setText("15-nq/tw")
    QTest.keyClick(screen.search, Qt.Key.Key_Return)
    alone.wait(lambda: alone.window.current is not screen)
    assert alone.window.current.route.document == CAPITAL


def test_a_search_that_the_disk_does_not_allow_says_so_and_the_next_one_answers(
    alone: Person, monkeypatch
) -> None:
    screen = library(alone)
    find, problems = Search.find, [DiskProblem("Ổ đĩa không đọc được.", "Hãy thử lại.")]

    def find_once_the_disk_reads(self: Search, *words: object, **options: object) -> object:
        if problems:
            raise problems.pop()
        return find(self, *words, **options)

    monkeypatch.setattr(Search, "find", find_once_the_disk_reads)
    search(alone, screen, "dân chủ")
    assert "Ổ đĩa không đọc được." in alone.words()
    assert not screen.is_searching
    search(alone, screen, "tập trung dân chủ")
    QTest.keyClick(screen.search, Qt.Key.Key_Return)
    alone.wait(lambda: alone.window.current is not screen)


def test_a_found_passage_opens_at_its_section(alone: Person) -> None:
    screen = library(alone)
    search(alone, screen, "quy định thứ 250")
    at = next(
        place
        for place, row in enumerate(screen.list.documents.rows)
        if isinstance(row, PassageRow) and heading(row).startswith("Điều 250.")
    )
    index = screen.list.documents.index(at)
    screen.list.scrollTo(index)
    place = screen.list.visualRect(index).center()
    QTest.mouseClick(screen.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    alone.settle()
    reader = alone.window.current
    assert reader.route.document == LONG
    assert reader.text.section == 249


def group_names(screen: LibraryScreen) -> list[str]:
    return [row.name for row in screen.list.documents.rows if isinstance(row, GroupRow)]


def own(screen: LibraryScreen) -> list[OwnRow]:
    return [row for row in screen.list.documents.rows if isinstance(row, OwnRow)]


def with_own_texts(person: Person) -> None:
    """A highlight, a note on it and a draft that speak of the same thing as a document."""
    handbook, now = person.desktop.session.handbook, person.desktop.session.now()
    first = handbook.library.sections(CAPITAL, 0, 2)[1].anchor
    handbook.notes.mark(
        CAPITAL, 1, (Span(first, 0, 30),), Colour.GREEN, now, "Hỏi thêm về chuyển đổi số ở phường"
    )
    handbook.reflections.save(
        ASSIGNMENT, (Answer("nhan-thuc", "Tôi hiểu **chuyển đổi số** là việc của mọi nhà."),), now
    )
    person.settle()


def test_own_notes_and_reflections_are_found_in_groups_of_their_own(alone: Person) -> None:
    with_own_texts(alone)
    screen = library(alone)
    search(alone, screen, "chuyen doi so")
    assert group_names(screen) == ["Văn bản", "Ghi chú của tôi", "Bài thu hoạch của tôi"]
    assert [row.pill for row in own(screen)] == ["Ghi chú", "Bản nháp"]
    assert {"chuyển đổi số"} == {span.text for row in own(screen) for span in row.snippet if span.marked}
    alone.picture("library-groups")
    alone.find("library.group.notes").click()
    assert [row.pill for row in screen.list.documents.rows] == ["Ghi chú"]
    search(alone, screen, "tập trung dân chủ")
    assert not screen.groups.isVisible()
    assert titles(screen)


def test_a_found_note_opens_in_the_text_and_a_found_draft_in_the_editor(alone: Person) -> None:
    with_own_texts(alone)
    screen = library(alone)
    search(alone, screen, "hỏi thêm phường")
    alone.find("library.group.notes").click()
    QTest.keyClick(screen.search, Qt.Key.Key_Down)
    assert screen.list.current_row() == own(screen)[0]
    QTest.keyClick(screen.list, Qt.Key.Key_Return)
    alone.settle()
    reader = alone.window.current
    assert (reader.route.place, reader.route.document) == (Place.READER, CAPITAL)
    assert reader.notes.panel.isVisible()
    screen = library(alone)
    search(alone, screen, "việc của mọi nhà")
    screen.list.opened.emit(own(screen)[-1])
    alone.settle()
    assert (alone.window.current.route.place, alone.window.current.route.assignment) == (
        Place.EDITOR,
        ASSIGNMENT,
    )


def test_a_removed_note_leaves_the_results_that_are_in_sight(alone: Person) -> None:
    with_own_texts(alone)
    screen = library(alone)
    search(alone, screen, "hỏi thêm phường")
    (row,) = own(screen)
    session = alone.desktop.session
    session.handbook.notes.remove([row.route.note], session.now())
    alone.wait(lambda: not own(screen))


def test_the_keyboard_passes_over_the_names_of_groups(alone: Person) -> None:
    with_own_texts(alone)
    screen = library(alone)
    search(alone, screen, "chuyển đổi số")
    QTest.keyClick(screen.search, Qt.Key.Key_Down)
    visited = [screen.list.current_row()]
    for _ in screen.list.documents.rows:
        QTest.keyClick(screen.list, Qt.Key.Key_Down)
        visited.append(screen.list.current_row())
    assert not any(isinstance(row, GroupRow) for row in visited)
    assert isinstance(visited[0], DocumentRow)
    assert visited[-1] == own(screen)[-1]


def test_what_is_saved_new_or_begun_is_a_click_away(alone: Person) -> None:
    screen = library(alone)
    alone.go(place=Place.READER, document=CAPITAL)
    library(alone)
    everything = titles(screen)
    alone.find("library.begun_only").click()
    alone.settle()
    assert titles(screen) in ([], ["Về phát triển Thủ đô Hà Nội"])
    alone.find("library.begun_only").click()
    alone.find("library.new_only").click()
    alone.settle()
    assert titles(screen) == []  # what the first sync brought is no news
    alone.find("library.new_only").click()
    alone.settle()
    assert titles(screen) == everything


def test_nothing_found_is_said_with_advice(alone: Person) -> None:
    screen = library(alone)
    search(alone, screen, "zzzz qqqq")
    assert "Không tìm thấy “zzzz qqqq”" in alone.words()
    assert screen.search.hasFocus()


def test_down_goes_from_the_box_to_the_list_and_escape_clears_the_box(alone: Person) -> None:
    screen = library(alone)
    screen.search.setText("luật")
    alone.settle()
    QTest.keyClick(screen.search, Qt.Key.Key_Escape)
    assert screen.search.text() == ""
    person_settles(alone, screen)
    QTest.keyClick(screen.search, Qt.Key.Key_Down)
    assert screen.list.currentIndex().row() == 0
    QTest.keyClick(screen.list, Qt.Key.Key_Return)
    alone.settle()
    assert alone.window.current.route.place is Place.READER


def person_settles(person: Person, screen: LibraryScreen) -> None:
    person.wait(lambda: not screen._pause.isActive())
    person.settle()


def test_a_route_with_words_searches_for_them(alone: Person) -> None:
    screen = library(alone, query="tập trung dân chủ")
    person_settles(alone, screen)
    assert screen.search.text() == "tập trung dân chủ"
    assert titles(screen)[0] == "Tập trung dân chủ ở chi bộ"


def test_without_an_index_titles_are_found_and_the_person_is_told(alone: Person, monkeypatch) -> None:
    screen = library(alone)
    monkeypatch.setattr(alone.desktop.session.handbook.search._index, "reading", lambda: None)
    search(alone, screen, "dan chu")
    assert titles(screen) == ["Tập trung dân chủ ở chi bộ"]
    assert "Đang lập chỉ mục" in screen.count.text()


@pytest.mark.expected_warnings("search index in 1 is damaged")
def test_an_index_that_turns_out_damaged_is_made_again_while_titles_are_found(alone: Person) -> None:
    screen = library(alone)
    session = alone.desktop.session
    alone.wait(lambda: session.handbook.search.is_ready() and not session.indexing.busy)
    session.indexing._start.stop()  # or the refresh after opening mends it as well
    index = session.handbook.search._index
    index.discard(index.reading())
    search(alone, screen, "dan chu")
    alone.wait(lambda: bool(passages(screen)))
    assert "Đang lập chỉ mục" not in screen.count.text()
    assert titles(screen)[0] == "Tập trung dân chủ ở chi bộ"


def test_a_topic_narrows_the_list_and_what_is_found(alone: Person) -> None:
    screen = library(alone)
    menu = alone.find("library.filter").menu()
    topics = next(action.menu() for action in menu.actions() if action.text() == "Chủ đề")
    next(action for action in topics.actions() if action.text() == "học tập").trigger()
    alone.settle()
    listed = titles(screen)
    assert listed
    search(alone, screen, "đảng")
    assert passages(screen)
    assert set(titles(screen)) <= set(listed)


def test_the_star_saves_a_document_without_opening_it(alone: Person) -> None:
    screen = library(alone)
    place = screen.list.visualRect(screen.list.documents.index(0))
    star = screen.list._painter.star_place(place.toRectF()).center().toPoint()
    QTest.mouseClick(screen.list.viewport(), Qt.MouseButton.LeftButton, pos=star)
    alone.settle()
    assert alone.window.current is screen
    assert screen.list.documents.rows[0].card.saved


def test_a_screen_reader_hears_what_the_row_shows(alone: Person) -> None:
    screen = library(alone)
    rows = {row.card.id: place for place, row in enumerate(screen.list.documents.rows)}
    index = screen.list.documents.index(rows[REPLACED])
    said = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == (
        "Quy định 66-QĐ/TW Về thể loại văn bản của Đảng, Ban Bí thư, 06/02/2017, Đã được thay thế"
    )


def test_ten_thousand_rows_ask_for_the_rows_in_sight_only(alone: Person) -> None:
    card = library(alone).list.documents.rows[0].card

    asked: set[int] = set()

    class Counted(DocumentListModel):
        def data(self, index, role=Qt.ItemDataRole.DisplayRole):
            if role == Qt.ItemDataRole.UserRole:
                asked.add(index.row())
            return super().data(index, role)

    view = DocumentListView()
    view.documents = Counted(view)
    view.setModel(view.documents)
    view.resize(800, 600)
    view.show()
    view.show_rows(tuple(DocumentRow(card) for _ in range(10_000)), keep_place=False)
    QApplication.processEvents()
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    view.grab()
    assert 9_999 in asked
    assert len(asked) < 60


def test_a_low_window_in_large_print_offers_what_is_at_hand_in_the_menu(alone: Person) -> None:
    alone.window.resize(1024, 640)
    Theme(Mode.LIGHT, LARGE_PRINT).apply(QApplication.instance())
    screen = library(alone)
    assert not alone.sees("library.saved_only")
    menu = alone.find("library.filter").menu()
    next(action for action in menu.actions() if action.text() == "Chỉ văn bản đã lưu").trigger()
    alone.settle()
    alone.find("library.saved_only").click()
    alone.settle()
    assert len(titles(screen)) == 4


def test_in_large_print_what_was_found_is_told_beside_the_filter_in_two_lines(alone: Person) -> None:
    alone.window.resize(1024, 640)
    alone.desktop.change_settings(text_scale=2.0)
    screen = library(alone)
    search(alone, screen, "quy định")
    screen.count.setText("40 đoạn khớp nhất trong 125, ở 24 văn bản")
    alone.settle()
    told = screen.count
    assert told.heightForWidth(told.width()) <= 2 * told.fontMetrics().lineSpacing()
    alone.picture("library-found-200")


def test_a_marked_word_is_painted_on_the_colour_of_a_marker(alone: Person) -> None:
    screen = library(alone)
    search(alone, screen, "trung tâm chính trị")
    mark = Theme().colour("mark")
    image: QImage = screen.list.viewport().grab().toImage()
    pixels = product(range(0, image.width(), 2), range(0, image.height(), 2))
    assert mark.rgb() in {image.pixel(x, y) for x, y in pixels}


def test_a_long_title_ends_with_dots_on_its_last_line(qapp: QApplication) -> None:
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(Theme().font())
    lines = wrapped(metrics, "một hai ba bốn năm sáu bảy tám chín mười " * 5, 120, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(metrics.horizontalAdvance(line) <= 120 for line in lines)
