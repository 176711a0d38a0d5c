"""A long table or list is set in pieces like any other text, and reads the same wherever it was begun."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from handbook.client.library import SectionHtml
from handbook.desktop.pieces import PIECE_CHARACTERS, cut_markup, pieces_of
from handbook.desktop.reading import DocumentText

pytestmark = pytest.mark.gui

ROW = "<tr>\n<td>Chỉ tiêu {0}</td>\n<td>Cơ quan, tổ chức, cá nhân thực hiện theo quy định {0}</td>\n</tr>"
TABLE = (
    '<table border="1" cellpadding="6">\n<thead>\n<tr>\n<th>Tên</th>\n<th>Nội dung</th>\n</tr>\n'
    "</thead>\n<tbody>\n" + "\n".join(ROW.format(n) for n in range(600)) + "\n</tbody>\n</table>"
)
LIST = (
    "<ol>\n"
    + "\n".join(f"<li>Việc thứ {n} của chi bộ và đảng uỷ phường</li>" for n in range(900))
    + "\n</ol>"
)
BLOCKS = (
    "<p>Một đoạn.</p>",
    "<p>Hai<br>dòng <img src='x'> và <b>đậm</b>.</p>",
    "<blockquote>\n<p>Trích.</p>\n</blockquote>",
    "<ul>\n<li>Một\n<ul>\n<li>trong một</li>\n</ul></li>\n<li>Hai</li>\n</ul>",
    "<hr>",
    TABLE,
    LIST,
)


def words(markup: str) -> list[str]:
    return re.sub(r"<[^>]*>", " ", markup).split()


@given(st.lists(st.integers(0, len(BLOCKS) - 1), max_size=6))
@settings(max_examples=30, deadline=None)
def test_no_word_is_lost_by_cutting_and_every_piece_is_whole(chosen: list[int]) -> None:
    body = "\n".join(BLOCKS[at] for at in chosen)
    cut = cut_markup(body)
    assert [word for piece in cut for word in words(piece)] == words(body)
    for piece in cut:
        assert len(piece) < 2 * PIECE_CHARACTERS
        for tag in ("table", "tr", "ol", "ul", "li", "p", "blockquote"):
            assert len(re.findall(rf"<{tag}\b", piece)) == piece.count(f"</{tag}>")


def test_a_list_that_is_cut_counts_on() -> None:
    parts = cut_markup(LIST)
    assert len(parts) > 1
    starts = [int(re.match(r'<ol start="(\d+)">', part)[1]) for part in parts]
    counts = [part.count("<li>") for part in parts]
    assert starts == [1 + sum(counts[:at]) for at in range(len(parts))]


def test_columns_of_a_cut_table_stand_below_each_other() -> None:
    widths = {tuple(re.findall(r'width="(\d+)%"', part)[1:]) for part in cut_markup(TABLE)}
    assert len(widths) == 1
    (shares,) = widths
    assert sum(map(int, shares)) in range(98, 103)


@pytest.fixture
def text(qapp: QApplication) -> DocumentText:
    shown = DocumentText()
    shown.resize(900, 700)
    shown.show()
    yield shown
    shown.close()
    shown.deleteLater()


def lines_from(text: DocumentText, section: int, qtbot) -> list[str]:
    sections = (
        SectionHtml("a", 1, "Bảng", TABLE),
        SectionHtml("b", 1, "Danh mục", f"{LIST}\n<p>Hết danh mục.</p>"),
        SectionHtml("c", 1, "Cuối", "<p>Hết.</p>"),
    )
    assert len(pieces_of("<h1>Luật</h1>", sections)) > 8
    text.show_document("<h1>Luật</h1>", sections, section, 0.0)
    qtbot.waitUntil(lambda: text.complete, timeout=20_000)
    return [line for line in text.toPlainText().splitlines() if line.strip("\u200b ")]


def test_a_long_table_and_list_read_the_same_wherever_they_were_begun(text: DocumentText, qtbot) -> None:
    from_start = lines_from(text, 0, qtbot)
    height = text.document().size().height()
    from_end = lines_from(text, 2, qtbot)
    assert from_start == from_end
    assert from_start.count("Tên") == 1
    assert abs(text.document().size().height() - height) <= 2
