"""Ghi chú: marked while reading, seen in the text, found again on the screen, taken along as a file."""

from pathlib import Path

import pytest
from docx import Document
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QTextCursor, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from handbook.client.library import Library
from handbook.client.notes import Span
from handbook.desktop.reader import ReaderScreen
from handbook.desktop.session import Place
from handbook.desktop.theme import Theme, current_theme
from handbook.model.changes import Change
from handbook.model.notes import Colour, EntryKind, SectionText, ink_offsets, passage
from tests.desktop.conftest import Person
from tests.desktop.ward import CAPITAL, LONG

pytestmark = pytest.mark.gui


def read(person: Person, document: str = CAPITAL, **route: object) -> ReaderScreen:
    screen = person.go(place=Place.READER, document=document, **route)
    person.wait(lambda: screen.text.complete)
    person.settle()
    return screen


def select(screen: ReaderScreen, words: str) -> None:
    cursor = screen.text.document().find(words)
    assert not cursor.isNull()
    screen.text.setTextCursor(cursor)
    screen.text.setFocus()


def press(person: Person, screen: ReaderScreen, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(screen.text, key)
        person.settle()
        person.settle()


def painted(screen: ReaderScreen) -> list[tuple[str, str]]:
    """What is seen coloured in the text: the words and their colour."""
    return [
        (one.cursor.selectedText(), one.format.background().color().name())
        for one in screen.text.extraSelections()
    ]


def ink(colour: Colour) -> str:
    return QColor(current_theme().paper_hex(f"note_{colour}")).name()


def quotes(person: Person) -> list[tuple[str, Colour | None, str]]:
    return [(one.quote, one.colour, one.text) for one in person.desktop.session.handbook.notes.all()]


def undo(person: Person) -> None:
    button = next(
        one for one in person.window.findChildren(QPushButton) if one.isVisible() and "Hoàn tác" in one.text()
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    person.settle()
    person.settle()


def write(person: Person, text: str) -> None:
    """Type into the open note and leave it."""
    edit = person.find("reader.note.text")
    edit.setFocus()
    edit.setPlainText(text)
    edit.clearFocus()
    person.settle()


def test_the_page_and_the_plain_text_count_the_same_characters(alone: Person) -> None:
    library: Library = alone.desktop.session.handbook.library
    for card in library.documents():
        screen = read(alone, card.id)
        with alone.desktop.session.handbook.store.library.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT anchor, text, heading FROM sections WHERE document = ? ORDER BY position", (card.id,)
            ).all()
        for at, row in enumerate(rows):
            for in_heading, text in ((False, row.text), (True, row.heading)):
                shown = screen.text.marks._ink(at, in_heading)
                letters = [screen.text.document().characterAt(place) for place in shown]
                assert "".join(letters) == "".join(text[place] for place in ink_offsets(text)), row.anchor


def test_one_key_marks_the_selection_and_the_colour_is_remembered(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Thủ đô là trung tâm")
    press(alone, screen, Qt.Key.Key_H)
    assert painted(screen) == [("Thủ đô là trung tâm", ink(Colour.YELLOW))]
    select(screen, "Chuyển đổi số là động lực")
    press(alone, screen, Qt.Key.Key_3)
    select(screen, "Báo cáo hằng năm")
    press(alone, screen, Qt.Key.Key_H)
    assert [(words, colour) for words, colour, _ in quotes(alone)] == [
        ("Thủ đô là trung tâm", Colour.YELLOW),
        ("Chuyển đổi số là động lực", Colour.PINK),
        ("Báo cáo hằng năm", Colour.PINK),
    ]
    alone.picture("reader-marked")


def test_a_heading_is_marked_like_text_and_listed_before_what_stands_below_it(alone: Person) -> None:
    screen = read(alone)
    notes = alone.desktop.session.handbook.notes
    heading = screen._view.outline[3].heading
    cursor = screen.text.document().find(heading.split()[-1])
    while cursor.block().text() != heading:
        cursor = screen.text.document().find(heading.split()[-1], cursor)
    cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock)
    cursor.movePosition(QTextCursor.MoveOperation.NextBlock, QTextCursor.MoveMode.KeepAnchor)
    cursor.movePosition(QTextCursor.MoveOperation.NextWord, QTextCursor.MoveMode.KeepAnchor)
    below = cursor.selectedText().split("\u2029")[1].strip()
    screen.text.setTextCursor(cursor)
    screen.text.setFocus()
    press(alone, screen, Qt.Key.Key_4)
    assert painted(screen) == [(heading, ink(Colour.VIOLET)), (below, ink(Colour.VIOLET))]
    assert [entry.quote for entry in notes.all()] == [heading, below]
    select(screen, heading)
    press(alone, screen, Qt.Key.Key_N)
    write(alone, "Đọc kỹ mục này")
    entries = alone.go(place=Place.NOTES).list
    assert entries.words(entries.entries[0]).count(heading) == 1
    alone.picture("notes-of-a-heading")
    QTest.keyClick(entries, Qt.Key.Key_Home)
    QTest.keyClick(entries, Qt.Key.Key_Return)
    alone.wait(lambda: alone.sees("reader.note"))
    assert alone.find("reader.note.text").toPlainText() == "Đọc kỹ mục này"
    alone.picture("reader-heading-marked")


def test_undo_takes_a_mark_away_and_brings_a_removed_one_back(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Thủ đô là trung tâm")
    press(alone, screen, Qt.Key.Key_2)
    undo(alone)
    assert painted(screen) == [] and quotes(alone) == []
    select(screen, "Thủ đô là trung tâm")
    press(alone, screen, Qt.Key.Key_N)
    write(alone, "Đọc lại")
    QTest.mouseClick(alone.find("reader.note.remove"), Qt.MouseButton.LeftButton)
    alone.settle()
    alone.settle()
    assert quotes(alone) == [] and not alone.sees("reader.note")
    undo(alone)
    assert quotes(alone) == [("Thủ đô là trung tâm", Colour.GREEN, "Đọc lại")]


def test_a_note_is_written_beside_its_words_and_opened_by_a_click_on_them(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Người dân là trung tâm")
    press(alone, screen, Qt.Key.Key_N)
    assert alone.find("reader.note.text").hasFocus()
    write(alone, "Việc của tổ 3")
    assert quotes(alone) == [("Người dân là trung tâm", Colour.YELLOW, "Việc của tổ 3")]
    alone.picture("reader-note")
    screen.notes.panel.close_panel()
    cursor = screen.text.document().find("Người dân là")
    cursor.setPosition(cursor.selectionStart() + 3)
    spot = screen.text.cursorRect(cursor).center()
    QTest.mouseClick(screen.text.viewport(), Qt.MouseButton.LeftButton, pos=spot + QPoint(1, 0))
    alone.settle()
    assert alone.find("reader.note.text").toPlainText() == "Việc của tổ 3"


def test_what_is_typed_in_a_note_is_saved_without_leaving_it(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Người dân là trung tâm")
    press(alone, screen, Qt.Key.Key_N)
    alone.find("reader.note.text").setPlainText("chưa rời ô")
    alone.wait(lambda: [text for *_, text in quotes(alone)] == ["chưa rời ô"])


def test_ctrl_s_in_a_note_saves_the_note_and_not_the_document(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Người dân là trung tâm")
    press(alone, screen, Qt.Key.Key_N)
    alone.find("reader.note.text").setPlainText("lưu ngay")
    QTest.keyClick(alone.find("reader.note.text"), Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    alone.settle()
    assert [text for *_, text in quotes(alone)] == ["lưu ngay"]
    assert "Bỏ lưu" not in alone.find("reader.star").toolTip()


def test_what_is_typed_is_there_when_the_program_is_closed_at_once(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Người dân là trung tâm")
    press(alone, screen, Qt.Key.Key_N)
    alone.find("reader.note.text").setPlainText("vừa gõ xong")
    account = alone.desktop.session.handbook.account.member().account
    alone.desktop.close_profile()
    alone.open(account)
    assert quotes(alone) == [("Người dân là trung tâm", Colour.YELLOW, "vừa gõ xong")]


def test_a_new_edition_is_searched_for_marks_as_soon_as_it_has_come(alone: Person) -> None:
    fill(alone)
    session = alone.desktop.session
    with session.handbook.store.personal.write() as connection:
        connection.exec_driver_sql("UPDATE notes SET place_edition = 0, place_section = NULL")
    session.handbook.store.announce({Change.LIBRARY})

    def settled() -> bool:
        with session.handbook.store.personal.read() as connection:
            placed = connection.exec_driver_sql("SELECT place_edition, place_section FROM notes").all()
        return len(placed) == 3 and all(row.place_edition == 1 and row.place_section for row in placed)

    alone.wait(settled)


def test_the_colour_of_a_mark_under_the_cursor_changes_with_a_key_and_back(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Người dân là trung tâm")
    press(alone, screen, Qt.Key.Key_1)
    select(screen, "Người dân")
    press(alone, screen, Qt.Key.Key_4)
    assert painted(screen) == [("Người dân là trung tâm", ink(Colour.VIOLET))]
    undo(alone)
    assert painted(screen) == [("Người dân là trung tâm", ink(Colour.YELLOW))]


def test_the_bar_appears_at_the_selection(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Người dân là trung tâm")
    alone.wait(lambda: alone.sees("reader.selection"))
    alone.picture("reader-selection")
    QTest.mouseClick(alone.find("reader.colour.pink"), Qt.MouseButton.LeftButton)
    alone.settle()
    alone.settle()
    assert quotes(alone) == [("Người dân là trung tâm", Colour.PINK, "")]
    assert not alone.sees("reader.selection")


def test_letters_typed_into_the_search_field_mark_nothing(alone: Person) -> None:
    screen = read(alone)
    select(screen, "Người dân là trung tâm")
    screen.find_bar.open_bar()
    QTest.keyClicks(screen.find_bar.field, "hn1")
    alone.settle()
    assert quotes(alone) == []


def test_a_selection_over_two_sections_marks_text_and_heading_and_one_undo_takes_all(alone: Person) -> None:
    screen = read(alone)
    first = screen.text.document().find("Người dân là trung tâm").selectionStart()
    last = screen.text.document().find("phân công").selectionEnd()
    cursor = QTextCursor(screen.text.document())
    cursor.setPosition(first)
    cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
    screen.text.setTextCursor(cursor)
    press(alone, screen, Qt.Key.Key_H)
    assert [words for words, *_ in quotes(alone)] == [
        "Người dân là trung tâm của CHUYỂN ĐỔI SỐ.",
        "III. Tổ chức thực hiện",
        "Các cấp uỷ phân công",
    ]
    undo(alone)
    assert quotes(alone) == []


def test_a_mark_in_a_section_that_is_not_built_yet_is_painted_when_it_is_reached(alone: Person) -> None:
    session = alone.desktop.session
    anchor = session.handbook.library.open(LONG).outline[200].anchor
    made = session.handbook.notes.mark(LONG, 1, (Span(anchor, 0, 12),), Colour.GREEN, session.now())[0]
    screen = read(alone, LONG, note=made)
    assert [colour for _, colour in painted(screen)] == [ink(Colour.GREEN)]
    assert screen.text.section_of(screen.text.marks.place(made).selectionStart()) == 200
    assert alone.sees("reader.note")
    alone.window.resize(900, 640)
    alone.settle()
    alone.wait(lambda: screen.text.complete)
    assert [colour for _, colour in painted(screen)] == [ink(Colour.GREEN)]


def test_the_marked_words_stay_in_sight_when_their_note_opens_below_them(alone: Person) -> None:
    screen = read(alone, LONG)
    screen.text.go_to(50)
    lowest = screen.text.cursorForPosition(QPoint(60, screen.text.viewport().height() - 10))
    words = screen.text.document().find("Cơ quan", lowest, QTextDocument.FindFlag.FindBackward)
    screen.text.setTextCursor(words)
    screen.text.setFocus()
    press(alone, screen, Qt.Key.Key_N)
    place = screen.text.marks.place(screen.notes.panel.id)
    seen = screen.text.cursorRect(place)
    assert seen.top() >= 0 and seen.bottom() <= screen.text.viewport().height()


def test_in_a_low_window_with_large_print_the_filters_wait_behind_a_button(
    alone: Person, qapp: QApplication
) -> None:
    fill(alone)
    alone.go(place=Place.NOTES)
    assert alone.sees("notes.filter.yellow") and not alone.sees("notes.filters")
    Theme(scale=2.0).apply(qapp)
    alone.window.resize(1024, 640)
    alone.settle()
    assert not alone.sees("notes.filter.yellow")
    QTest.mouseClick(alone.find("notes.filters"), Qt.MouseButton.LeftButton)
    assert alone.sees("notes.filter.yellow")
    alone.picture("notes-200-low")


def test_a_section_is_bookmarked_and_reached_from_the_side_list(alone: Person) -> None:
    screen = read(alone, LONG)
    screen.text.go_to(120)
    QTest.keyClick(screen.text, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    alone.settle()
    alone.settle()
    assert screen.notes.bookmark
    screen.text.go_to(3)
    assert not screen.notes.bookmark
    QTest.mouseClick(alone.find("reader.tab.notes"), Qt.MouseButton.LeftButton)
    listed = screen.side.notes
    assert [entry.kind for entry in listed.entries] == [EntryKind.BOOKMARK]
    place = listed.visualRect(listed.model().index(0, 0)).center()
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert screen.text.section == 120
    QTest.keyClick(screen.text, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    alone.settle()
    alone.settle()
    assert not screen.notes.bookmark and not screen.side.notes.entries


def fill(person: Person) -> None:
    """Two notes, a highlight and a bookmark in two documents, one of them an orphan."""
    session = person.desktop.session
    notes, now = session.handbook.notes, session.now()
    outline = session.handbook.library.open(CAPITAL).outline
    notes.mark(CAPITAL, 1, (Span(outline[3].anchor, 0, 20),), Colour.YELLOW, now, "Nêu ở buổi họp chi bộ")
    notes.mark(CAPITAL, 1, (Span(outline[4].anchor, 0, 18),), Colour.PINK, now)
    notes.mark(
        LONG, 1, (Span(session.handbook.library.open(LONG).outline[9].anchor, 0, 30),), Colour.VIOLET, now
    )
    notes.bookmark(CAPITAL, outline[2].anchor, now)
    with session.handbook.store.personal.write() as connection:
        connection.exec_driver_sql("UPDATE notes SET place_section = NULL WHERE colour = 'pink'")
    person.settle()


def test_without_notes_the_screen_says_how_to_make_one(alone: Person) -> None:
    alone.go(place=Place.NOTES)
    assert "Chưa có ghi chú nào" in alone.words()
    alone.picture("notes-empty")


def test_the_screen_lists_everything_and_filters_by_words_colour_kind_and_document(alone: Person) -> None:
    fill(alone)
    screen = alone.go(place=Place.NOTES)
    assert len(screen.list.entries) == 4
    alone.picture("notes")

    def press_chip(name: str) -> list[EntryKind]:
        QTest.mouseClick(alone.find(f"notes.filter.{name}"), Qt.MouseButton.LeftButton)
        alone.settle()
        return [entry.kind for entry in screen.list.entries]

    assert press_chip("note") == [EntryKind.NOTE]
    assert press_chip("note") and len(screen.list.entries) == 4
    assert press_chip("violet") == [EntryKind.HIGHLIGHT]
    assert press_chip("yellow") == [EntryKind.NOTE]
    assert "1 trong 4 mục" in alone.words()
    press_chip("yellow")
    assert press_chip("orphaned") == [EntryKind.HIGHLIGHT]
    assert "Không còn trong bản hiện hành" in screen.list.words(screen.list.entries[0])
    press_chip("orphaned")
    screen.search.setText("buoi hop")
    alone.wait(lambda: len(screen.list.entries) == 1)
    screen.search.setText("không có chữ này")
    alone.wait(lambda: "Không có mục nào khớp" in alone.words())


def test_enter_opens_the_document_at_the_note_and_delete_can_be_undone(alone: Person) -> None:
    fill(alone)
    screen = alone.go(place=Place.NOTES)
    row = next(at for at, entry in enumerate(screen.list.entries) if entry.kind is EntryKind.NOTE)
    screen.list.setCurrentIndex(screen.list.model().index(row, 0))
    QTest.keyClick(screen.list, Qt.Key.Key_Delete)
    alone.settle()
    alone.settle()
    assert len(screen.list.entries) == 3
    undo(alone)
    assert len(screen.list.entries) == 4
    screen.list.setCurrentIndex(screen.list.model().index(row, 0))
    QTest.keyClick(screen.list, Qt.Key.Key_Return)
    alone.settle()
    assert isinstance(alone.window.current, ReaderScreen)
    alone.wait(lambda: alone.sees("reader.note"))
    assert alone.find("reader.note.text").toPlainText() == "Nêu ở buổi họp chi bộ"


def test_an_orphan_is_named_in_the_reader_with_its_old_words(alone: Person) -> None:
    fill(alone)
    screen = read(alone)
    QTest.mouseClick(alone.find("reader.tab.notes"), Qt.MouseButton.LeftButton)
    alone.settle()
    orphan = next(entry for entry in screen.side.notes.entries if entry.orphaned)
    screen.side.notes.opened.emit(orphan)
    assert "Không còn trong bản hiện hành" in screen.notes.panel.quote.text()
    assert orphan.quote.split()[0] in screen.notes.panel.quote.text()
    alone.picture("reader-side")


def test_what_is_listed_is_written_to_word_and_markdown(alone: Person, tmp_path: Path) -> None:
    fill(alone)
    screen = alone.go(place=Place.NOTES)
    screen.export_to(tmp_path / "tất cả.docx")
    alone.settle()
    lines = [paragraph.text for paragraph in Document(str(tmp_path / "tất cả.docx")).paragraphs]
    assert "Nêu ở buổi họp chi bộ" in lines
    assert "Nghị quyết số 15-NQ/TW ngày 05/05/2022 của Bộ Chính trị" in lines
    assert "Đã xuất 4 mục" in alone.words()
    QTest.mouseClick(alone.find("notes.filter.note"), Qt.MouseButton.LeftButton)
    alone.settle()
    screen.export_to(tmp_path / "một.md")
    alone.settle()
    text = (tmp_path / "một.md").read_text("utf-8")
    assert "Nêu ở buổi họp chi bộ" in text and "màu tím" not in text


def test_a_folder_that_cannot_be_written_to_is_named(alone: Person, tmp_path: Path) -> None:
    fill(alone)
    screen = alone.go(place=Place.NOTES)
    screen.export_to(tmp_path / "không có" / "ghi-chu.docx")
    alone.settle()
    assert "ghi-chu.docx" in alone.words() and "Đã xuất" not in alone.words()


def test_a_passage_of_the_page_is_the_passage_of_the_text(alone: Person) -> None:
    screen = read(alone)
    select(screen, "đô là trung tâm chính trị.")
    (part,) = screen.text.chosen()
    with alone.desktop.session.handbook.store.library.read() as connection:
        text = connection.exec_driver_sql(
            "SELECT text FROM sections WHERE document = ? AND position = ?", (CAPITAL, part.section)
        ).scalar_one()
    place = passage(SectionText("x", text), part.first, part.stop)
    assert text[place.start : place.end] == "đô là trung tâm chính trị."
