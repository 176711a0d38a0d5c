"""Links that the text itself has no markup for: its articles, other documents, and the way back."""

from datetime import date
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest

from handbook.client.library import OutlineEntry
from handbook.desktop.linking import Linker, anchor_in
from handbook.desktop.session import Place
from tests.desktop.conftest import Person
from tests.desktop.test_reader import read
from tests.desktop.ward import LONG

OUTLINE = tuple(
    OutlineEntry(f"dieu-{number}", 2, f"Điều {number}. Quy định", at)
    for at, number in enumerate(("1", "2", "2", "5"))
)
NUMBERS = {
    "00015-nq-tw": (("central/15-nq-tw", date(2022, 5, 5)),),
    "00016-nq-tw": (("central/16-nq-tw-2007", date(2007, 8, 1)), ("central/16-nq-tw-2025", date(2025, 1, 9))),
}


def linked(html: str, title: str = "Luật Thử") -> str:
    return Linker(SimpleNamespace(id="central/luat", title=title), OUTLINE, NUMBERS).link(html)


def test_an_article_that_is_there_once_is_a_link() -> None:
    assert linked("<p>Theo khoản 2 Điều 5 và Điều 2, Điều 9.</p>") == (
        '<p>Theo <a href="#dieu-5">khoản 2 Điều 5</a> và Điều 2, Điều 9.</p>'
    )


def test_what_is_a_link_or_a_heading_already_stays_so() -> None:
    for html in ('<p><a href="#x">Điều 5</a></p>', "<h3>Điều 5. Quy định</h3>"):
        assert linked(html) == html
    assert linked("<h3>I</h3><hr><p>Điều 5</p>").endswith('<a href="#dieu-5">Điều 5</a></p>')


def test_a_law_that_amends_another_means_the_other_unless_it_says_this_law() -> None:
    html = "<p>Sửa đổi Điều 5. Theo Điều 1 của Luật này.</p>"
    assert linked(html, "Luật sửa đổi, bổ sung một số điều") == (
        '<p>Sửa đổi Điều 5. Theo <a href="#dieu-1">Điều 1</a> của Luật này.</p>'
    )


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Nghị quyết số 15-NQ/TW", "central/15-nq-tw"),
        ("Nghị quyết số 15-NQ/TW ngày 05/5/2022", "central/15-nq-tw"),
        ("Nghị quyết số 15-NQ/TW ngày 05/5/2002", ""),
        ("Nghị quyết số 16-NQ/TW", ""),
        ("Nghị quyết số 16-NQ/TW ngày 09 tháng 01 năm 2025", "central/16-nq-tw-2025"),
        ("Kết luận số 15-KL/TW", ""),
    ],
)
def test_a_number_links_where_it_names_exactly_one_document(text: str, target: str) -> None:
    found = linked(f"<p>{text}</p>")
    assert (f'href="handbook:{target}"' in found) if target else found == f"<p>{text}</p>"


def test_an_article_of_another_document_links_to_that_article() -> None:
    found = linked("<p>Điều 5 Nghị quyết số 15-NQ/TW</p>")
    assert '<a href="handbook:central/15-nq-tw#article.5">Điều 5</a>' in found
    assert '<a href="handbook:central/15-nq-tw">15-NQ/TW</a>' in found
    assert anchor_in(OUTLINE, "article.5") == "dieu-5"
    assert anchor_in(OUTLINE, "article.2") == ""
    assert anchor_in(OUTLINE, "dieu-1") == "dieu-1"


def test_one_click_jumps_and_alt_left_comes_back_to_the_line(alone: Person) -> None:
    screen = read(alone, LONG)
    screen.text.go_to(77, 0.5)
    section, offset = screen.text.place()
    anchor = screen._view.outline[210].anchor
    screen.text.anchorClicked.emit(QUrl(f"#{anchor}"))
    alone.settle()
    assert screen.text.section == 210
    QTest.keyClick(alone.window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    alone.settle()
    assert screen.text.place()[0] == section
    assert screen.text.place()[1] == pytest.approx(offset, abs=0.05)
    QTest.keyClick(alone.window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    alone.settle()
    assert screen.text.section == 210


def test_the_same_link_jumps_again_after_scrolling_away(alone: Person) -> None:
    screen = read(alone, LONG)
    anchor = screen._view.outline[210].anchor
    for _ in range(2):
        screen.text.anchorClicked.emit(QUrl(f"#{anchor}"))
        alone.settle()
        assert screen.text.section == 210
        screen.text.go_to(3)


def test_an_article_of_another_document_opens_there(alone: Person) -> None:
    screen = read(alone)
    screen.text.anchorClicked.emit(QUrl(f"handbook:{LONG}#article.120"))
    alone.settle()
    assert alone.window._history[-1].place is Place.READER
    assert screen._view.outline[screen.text.section].heading.startswith("Điều 120.")
