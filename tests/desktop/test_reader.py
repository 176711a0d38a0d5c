"""Đọc: what stands on the page, where reading is, what is found, marked and taken along."""

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest

from handbook.desktop.reader import ReaderScreen
from handbook.desktop.reading import DocumentText
from handbook.desktop.session import Place
from tests.desktop.conftest import Person
from tests.desktop.ward import CAPITAL, LONG, LONG_SECTIONS, REPLACED

pytestmark = pytest.mark.gui


def read(person: Person, document: str = CAPITAL, **route: object) -> ReaderScreen:
    screen = person.go(place=Place.READER, document=document, **route)
    person.wait(lambda: screen.text.complete)
    return screen


def sections_in(text: DocumentText) -> list[int]:
    """Those of a long law whose beginning is in the text."""
    return [at for at in range(LONG_SECTIONS + 1) if text.section_start(at)]


def test_the_page_begins_with_title_issuer_date_and_force(alone: Person) -> None:
    text = read(alone).text.toPlainText()
    assert text.startswith("Nghị quyết số 15-NQ/TW\nVề phát triển Thủ đô Hà Nội\n")
    assert "Bộ Chính trị · Ban hành ngày 05/05/2022 · Hiệu lực: còn hiệu lực" in text
    alone.picture("reader")


def test_a_replaced_document_says_so_on_its_page(alone: Person) -> None:
    assert "đã được thay thế" in read(alone, REPLACED).text.toPlainText()


def test_the_text_keeps_its_order_though_it_is_set_in_pieces(alone: Person) -> None:
    screen = read(alone, LONG, anchor="")
    screen.text.go_to(200)
    screen.text._build(200, 0.0)
    assert not screen.text.complete
    alone.wait(lambda: screen.text.complete)
    lines = screen.text.toPlainText().splitlines()
    headings = [line for line in lines if line.startswith("Điều ")]
    assert headings == [f"Điều {n}. Quy định thứ {n}" for n in range(1, LONG_SECTIONS + 1)]
    assert lines[0] == "Luật số 99/2025/QH15"


def test_a_long_law_shows_its_section_before_the_rest_is_set_and_then_stays_put(alone: Person) -> None:
    screen = read(alone, LONG)
    text = screen.text
    text._build(150, 0.0)
    assert len(sections_in(text)) < 60
    top = text.cursorRect(text.section_start(150)).top()
    alone.wait(lambda: text.complete)
    assert len(sections_in(text)) == LONG_SECTIONS + 1  # and where it comes from
    assert abs(text.cursorRect(text.section_start(150)).top() - top) <= 2


def test_a_heading_looks_the_same_wherever_the_text_was_begun(alone: Person) -> None:
    screen = read(alone, LONG)
    text = screen.text
    text._build(150, 0.0)
    alone.wait(lambda: text.complete)
    forms = {
        (
            text.section_start(at).blockFormat().topMargin(),
            text.section_start(at).blockFormat().bottomMargin(),
            text.section_start(at).block().charFormat().fontPointSize(),
        )
        for at in (0, 100, 149, 150, 151, 299)
    }
    assert len(forms) == 1


def test_choosing_a_heading_shows_it_and_scrolling_moves_the_mark(alone: Person) -> None:
    screen = read(alone, LONG)
    index = screen.contents.model().index(120, 0)
    screen.contents.scrollTo(index)
    place = screen.contents.visualRect(index).center()
    QTest.mouseClick(screen.contents.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert screen.text.section == 120
    assert screen.text.cursorRect(screen.text.section_start(120)).top() < 60
    bar = screen.text.verticalScrollBar()
    bar.triggerAction(bar.SliderAction.SliderToMinimum)
    assert screen.contents.currentIndex().row() == 0


def test_reading_goes_on_where_it_stopped_also_after_the_program_was_closed(alone: Person) -> None:
    screen = read(alone, LONG)
    screen.text.go_to(77, 0.5)
    section, offset = screen.text.place()
    alone.go(place=Place.LIBRARY)
    account = alone.desktop.session.handbook.account.member().account
    alone.desktop.close_profile()
    alone.open(account)
    again = read(alone, LONG)
    assert again.text.place()[0] == section == 77
    assert again.text.place()[1] == pytest.approx(offset, abs=0.05)


def test_a_narrower_window_keeps_the_line_that_is_read(alone: Person) -> None:
    screen = read(alone, LONG)
    screen.text.go_to(77, 0.5)
    before = screen.text.place()
    alone.window.resize(900, 640)
    alone.settle()
    after = screen.text.place()
    assert after[0] == before[0]
    assert after[1] == pytest.approx(before[1], abs=0.05)


def test_another_text_size_keeps_the_line_that_is_read_and_is_remembered(alone: Person) -> None:
    screen = read(alone, LONG)
    screen.text.go_to(77, 0.5)
    size = screen.text.document().defaultFont().pointSizeF()
    screen.look.resize_text(2)
    alone.wait(lambda: screen.text.complete)
    alone.settle()
    assert screen.text.place()[0] == 77
    assert screen.text.document().defaultFont().pointSizeF() > size
    from handbook.client.settings import read_settings

    assert read_settings(alone.home).reading_px == 20.0


def test_the_tick_is_kept_shown_and_taken_back(alone: Person) -> None:
    screen = read(alone)
    assert screen.tick.text() == "Đánh dấu đã đọc"
    screen.tick.click()
    alone.settle()
    assert screen.tick.isChecked()
    assert screen.tick.text().startswith("Đã đọc ngày ")
    assert len(alone.desktop.session.handbook.outbox.owed()) == 1
    toast = alone.find("toast")
    toast.button.click()
    alone.settle()
    assert not screen.tick.isChecked()
    assert screen.tick.text() == "Đánh dấu đã đọc"


def test_finding_counts_every_spelling_and_goes_around(alone: Person) -> None:
    screen = read(alone)
    QTest.keyClick(screen.text, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = alone.find("reader.find")
    assert field.hasFocus()
    field.setText("chuyen  doi so")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert alone.find("reader.find.count").text() == "1 trong 3"
    for expected in ("2 trong 3", "3 trong 3", "1 trong 3"):
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert alone.find("reader.find.count").text() == expected
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert alone.find("reader.find.count").text() == "3 trong 3"
    assert any(one.cursor.selectedText() == "CHUYỂN ĐỔI SỐ" for one in screen.text.extraSelections())
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not alone.sees("reader.find")
    assert screen.text.extraSelections() == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("chuyển đổi số", 3),
        ("chuyển đổi so", 3),
        ("chuyên đổi số", 0),
        ("chuyển dõi", 0),
        ("doi", 3),
        ("đời", 0),
    ],
)
def test_what_is_typed_with_marks_is_found_only_with_those(alone: Person, typed: str, expected: int) -> None:
    assert read(alone).text.find_all(typed) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("đổi", ["đổi"]),
        ("doi", ["đổi"]),
        ("ddooir", ["đổi"]),
        ("đôi", []),
        ("dõi đời", []),
    ],
)
def test_words_of_a_search_are_marked_with_the_marks_they_were_typed_with(
    alone: Person, query: str, expected: list[str]
) -> None:
    text = read(alone).text
    text.mark_words(query)
    marked = {one.cursor.selectedText().lower() for one in text.extraSelections()}
    assert sorted(marked) == expected


def test_a_selection_is_copied_with_where_it_stands(alone: Person) -> None:
    screen = read(alone)
    screen.text.find("Người dân là trung tâm")
    QTest.keyClick(
        screen.text, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert QGuiApplication.clipboard().text() == (
        "“Người dân là trung tâm” (Nghị quyết số 15-NQ/TW ngày 05/05/2022 của Bộ Chính trị, "
        "mục “1. Đến năm 2030”)"
    )


def test_a_link_to_a_document_opens_it_here(alone: Person) -> None:
    screen = read(alone)
    screen.text.anchorClicked.emit(QUrl(f"handbook:{REPLACED}"))
    alone.settle()
    assert "66-QĐ/TW" in screen.text.toPlainText()
    alone.window.back()
    alone.settle()
    assert "15-NQ/TW" in screen.text.toPlainText()


def test_a_link_to_the_web_is_shown_and_not_opened(alone: Person, monkeypatch) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr("handbook.desktop.reader_links.QDesktopServices.openUrl", opened.append)
    screen = read(alone)
    screen.text.anchorClicked.emit(QUrl("https://example.org/nghi-quyet"))
    alone.settle()
    assert "https://example.org/nghi-quyet" in alone.words()
    assert opened == []


def test_a_route_with_an_anchor_goes_to_that_section(alone: Person) -> None:
    screen = read(alone, LONG)
    entry = screen._view.outline[210]
    read(alone, LONG, anchor=entry.anchor)
    assert screen.text.section == 210


def test_a_document_that_is_not_here_is_explained(alone: Person) -> None:
    alone.go(place=Place.READER, document="central/khong-co")
    assert "Văn bản này chưa có trên máy." in alone.words()
    assert "Về thư viện" in alone.words()


def test_the_contents_fold_away_in_a_small_window_and_come_when_asked(alone: Person) -> None:
    screen = read(alone)
    assert alone.sees("reader.contents")
    alone.window.resize(1024, 640)
    alone.settle()
    assert not alone.sees("reader.contents")
    assert alone.sees("reader.text")
    screen._contents_button.click()
    assert alone.sees("reader.contents")
    screen.contents.chosen.emit(3)
    assert alone.sees("reader.text")
    assert not alone.sees("reader.contents")


def test_keys_lead_from_section_to_section(alone: Person) -> None:
    screen = read(alone, LONG)
    screen.text.go_to(10)
    QTest.keyClick(screen.text, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert screen.text.section == 11
    QTest.keyClick(screen.text, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert screen.text.section == 10


def test_paper_and_ink_change_together(alone: Person) -> None:
    screen = read(alone)
    sepia = next(action for action in screen.look.choices[0].actions() if action.data() == "sepia")
    sepia.trigger()
    alone.settle()
    assert "#f8f0dd" in screen.text.styleSheet()
    cursor = QTextCursor(screen.text.document())
    cursor.movePosition(QTextCursor.MoveOperation.End)
    assert cursor.charFormat().foreground().color().name() == "#3a2e1f"
