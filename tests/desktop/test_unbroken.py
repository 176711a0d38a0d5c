"""A document's number stays in one line, and is the number itself wherever it is taken along."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QAccessible, QTextCursor
from PySide6.QtWidgets import QApplication

from handbook.client.library import SectionHtml
from handbook.desktop.labels import Label
from handbook.desktop.pieces import pieces_of
from handbook.desktop.reading import DocumentText
from handbook.desktop.unbroken import JOINER, as_written, unbroken, unbroken_markup

pytestmark = pytest.mark.gui

NUMBER = "57-NQ/TW"


@given(st.text(alphabet='0157aĐ-/ <>="', max_size=40))
def test_nothing_but_joiners_is_added_and_tags_are_left_alone(text: str) -> None:
    assert as_written(unbroken(text)) == text
    assert as_written(unbroken_markup(text)) == text


def test_addresses_in_tags_are_left_alone() -> None:
    link = '<a href="handbook:central/57-nq-tw-2024">57-NQ/TW</a>'
    assert unbroken_markup(link) == f'<a href="handbook:central/57-nq-tw-2024">57-{JOINER}NQ/{JOINER}TW</a>'


@pytest.fixture
def text(qapp: QApplication) -> DocumentText:
    shown = DocumentText()
    shown.resize(500, 400)
    shown.show()
    body = "".join(f"<p>{'a' * n} Nghị quyết {NUMBER} của Bộ Chính trị.</p>" for n in range(1, 40))
    shown.show_document(
        f"<h1>Theo {NUMBER}</h1>", pieces_of((SectionHtml("a", 1, f"Về {NUMBER}", body),)), 0, 0.0
    )
    yield shown
    shown.close()
    shown.deleteLater()


def test_no_line_ends_inside_a_number(text: DocumentText) -> None:
    block = text.document().begin()
    lines = 0
    while block.isValid():
        layout = block.layout()
        for at in range(layout.lineCount()):
            line = layout.lineAt(at)
            shown = as_written(block.text()[line.textStart() : line.textStart() + line.textLength()])
            assert not shown.rstrip().endswith(("57-", "NQ/"))
            lines += 1
        block = block.next()
    assert lines > text.document().blockCount()


def test_what_is_copied_found_and_told_is_the_number_itself(text: DocumentText) -> None:
    assert JOINER in text.document().toPlainText()
    assert JOINER not in text.toPlainText()
    cursor = text.textCursor()
    cursor.select(QTextCursor.SelectionType.Document)
    text.setTextCursor(cursor)
    taken = text.createMimeDataFromSelection()
    assert NUMBER in taken.text()
    assert NUMBER in taken.html()
    assert JOINER not in taken.text() + taken.html() + text.selected_text()
    assert text.find_all("57-nq/tw") == 41
    assert text.find_all("57-NQ") == 41


def test_a_screen_reader_gets_the_number_itself(qapp: QApplication, monkeypatch) -> None:
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    shown = DocumentText()
    shown.show_document(f"<h1>Theo {NUMBER}</h1>", (), 0, 0.0)
    assert JOINER not in shown.document().toPlainText()
    shown.deleteLater()


def test_a_label_says_the_number_itself(qapp: QApplication) -> None:
    label = Label(f"Đọc {NUMBER}")
    assert label.text() == label.accessibleName() == f"Đọc {NUMBER}"
    label.setText("Không có số")
    assert (label.text(), label.accessibleName()) == ("Không có số", "")
    label.deleteLater()
