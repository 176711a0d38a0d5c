"""What is stored is what is shown: blocks in a document and back, and how pieces of it are put in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QTextCursor, QTextDocument

from handbook.desktop import prose_document
from handbook.desktop.prose_document import Kind
from handbook.desktop.prose_html import cited_place, html_of
from handbook.model.prose import Citation, Item, Paragraph, Quotation, Run, normal, parse, plain, write
from tests.model.test_prose import blocks

pytestmark = pytest.mark.gui

QUOTED = "> Dân là gốc.\n> — [Điều 5, Nghị quyết số 15-NQ/TW](handbook:central/15-nq#dieu-5)"
EVERYTHING = f"""### Đề mục
Một **đậm** *nghiêng* [web](https://a.vn)
- gạch
   1. số
1. một
2. hai
{QUOTED}
#### Kết
Hết 😀 rồi."""


def showing(markdown: str) -> QTextDocument:
    document = QTextDocument()
    prose_document.show(document, parse(markdown))
    return document


def shown(document: QTextDocument) -> str:
    return write(prose_document.read(document))


def cursor_at(document: QTextDocument, start: int, end: int | None = None) -> QTextCursor:
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(start if end is None else end, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def printable(written):
    """Text that a document takes as it is: Qt gives some control characters a meaning of their own."""
    return not any(
        ord(sign) < 32 or ord(sign) in (0x7F, 0xA0, 0xFFFC, 0xFDD0, 0xFDD1) or 0xD800 <= ord(sign) < 0xE000
        for sign in plain(written).replace("\n", "")
    )


@settings(max_examples=60)
@given(blocks.map(normal).filter(printable))
def test_what_is_stored_is_shown_and_what_is_shown_is_stored(qapp, written):
    document = QTextDocument()
    prose_document.show(document, written)
    assert normal(prose_document.read(document)) == written


def test_a_text_with_everything_in_it_comes_back_letter_by_letter(qapp):
    assert shown(showing(EVERYTHING)) == EVERYTHING


@given(st.integers(0, 80), st.integers(0, 80))
@settings(max_examples=40)
def test_whatever_is_put_in_wherever_one_undo_takes_it_out_again(qapp, start, length):
    document = showing(EVERYTHING)
    last = document.characterCount() - 1
    start, end = min(start, last), min(start + length, last)
    prose_document.insert(cursor_at(document, start, end), parse("Một\n- hai\n### ba"))
    assert "hai" in shown(document) and "ba" in shown(document)
    document.undo()
    assert shown(document) == EVERYTHING
    document.redo()
    assert Item((Run(text="hai"),), False, 1) in prose_document.read(document)


def test_a_single_line_is_put_into_the_sentence_and_takes_its_kind(qapp):
    document = showing("- Đảng ta")
    prose_document.insert(cursor_at(document, 5), parse("**viên** "))
    assert shown(document) == "- Đảng **viên** ta"


def test_a_quotation_put_into_a_sentence_leaves_both_halves_whole(qapp):
    document = showing("trước sau")
    prose_document.insert(cursor_at(document, 5), parse(QUOTED))
    assert shown(document) == f"trước\n{QUOTED}\n sau"


def test_a_heading_put_before_a_line_leaves_that_line_as_it_is(qapp):
    document = showing("- mục")
    prose_document.insert(cursor_at(document, 0), parse("### Đề"))
    assert shown(document) == "### Đề\n- mục"


def test_a_piece_of_a_line_is_copied_as_words_and_whole_lines_with_their_kind(qapp):
    document = showing("😀 - *một* hai\n- ba\n- bốn")
    assert prose_document.read_selected(cursor_at(document, 5, 8)) == (
        Paragraph((Run(text="một", italic=True),)),
    )
    everything = cursor_at(document, 0, document.characterCount() - 1)
    assert write(prose_document.read_selected(everything)) == shown(document)


def test_a_line_changes_its_kind_and_one_undo_changes_it_back(qapp):
    document = showing("một **hai**\nba")
    prose_document.set_kind(cursor_at(document, 0, 9), Kind.NUMBER)
    assert shown(document) == "1. một **hai**\n2. ba"
    document.undo()
    assert shown(document) == "một **hai**\nba"
    prose_document.set_kind(cursor_at(document, 0), Kind.HEADING)
    assert shown(document) == "### một hai\nba"


def test_a_citation_that_is_rewritten_still_leads_to_its_place_and_emptied_is_gone(qapp):
    document = showing(QUOTED)
    end = document.characterCount() - 1
    cursor_at(document, end).insertText(", năm 2022")
    (quotation,) = prose_document.read(document)
    assert quotation.citation == Citation(
        "Điều 5, Nghị quyết số 15-NQ/TW, năm 2022", "central/15-nq", "dieu-5"
    )
    cursor = cursor_at(document, len("Dân là gốc.") + 1, document.characterCount() - 1)
    cursor.removeSelectedText()
    assert shown(document) == "> Dân là gốc.\n"


def test_the_page_and_the_clipboard_get_escaped_html_with_lists_in_lists(qapp):
    read = html_of(parse("- a\n   1. b\n- c & <d>\n" + QUOTED))
    assert read.startswith("<ul><li>a</li><ol><li>b</li></ol><li>c &amp; &lt;d&gt;</li></ul><blockquote>")
    assert '<a href="handbook:central/15-nq#dieu-5">Điều 5' in read
    assert cited_place("handbook:central/15-nq#dieu-5") == ("central/15-nq", "dieu-5")
    assert cited_place("https://a.vn") is None
    assert html_of((Quotation(((Run(text="x"),),), None),)) == "<blockquote><p>x</p></blockquote>"
