"""A long table or list is set in pieces like any other text, and reads the same wherever it was begun."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from handbook.client.library import SectionHtml
from handbook.desktop.cutting import CELL_CHARACTERS, PIECE_CHARACTERS, cut_markup
from handbook.desktop.pieces import pieces_of
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
    assert len(pieces_of(sections)) > 7
    text.show_document("<h1>Luật</h1>", pieces_of(sections), section, 0.0)
    qtbot.waitUntil(lambda: text.complete, timeout=20_000)
    return [line for line in text.toPlainText().splitlines() if line.strip("\u200b ")]


def test_a_long_table_and_list_read_the_same_wherever_they_were_begun(text: DocumentText, qtbot) -> None:
    from_start = lines_from(text, 0, qtbot)
    height = text.document().size().height()
    from_end = lines_from(text, 2, qtbot)
    assert from_start == from_end
    assert from_start.count("Tên") == 1
    assert abs(text.document().size().height() - height) <= 2


# --- cells that go over several rows or columns


def spanned_table(groups: list[tuple[int, int]]) -> str:
    """Groups of rows under one cell that spans them all; of such a height and with words of such a length."""
    rows = ['<tr>\n<th colspan="2">Lĩnh vực</th>\n<th>Kết quả</th>\n</tr>']
    for number, (height, length) in enumerate(groups):
        words = " ".join(f"từ{number}.{at}" for at in range(length))
        for row in range(height):
            span = f' rowspan="{height}"' if height > 1 else ""
            first = f"<td{span}>Nhóm {number}</td>\n" if row == 0 else ""
            rows.append(f"<tr>\n{first}<td>Việc {number}.{row}</td>\n<td>{words}</td>\n</tr>")
    return f'<table border="1">\n<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>'


def grid_of(table: str) -> list[list[str]]:
    """What a reader sees in each place of the table, by rows."""
    grid: dict[tuple[int, int], str] = {}
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    for at, row in enumerate(rows):
        column = 0
        for attributes, inner in re.findall(r"<t[hd]([^>]*)>(.*?)</t[hd]>", row, re.DOTALL):
            spans = {kind: int(count) for kind, count in re.findall(r'(row|col)span="(\d+)"', attributes)}
            while (at, column) in grid:
                column += 1
            for below in range(spans.get("row", 1)):
                for beside in range(spans.get("col", 1)):
                    assert (at + below, column + beside) not in grid, "two cells in one place"
                    grid[at + below, column + beside] = inner
    assert all(row < len(rows) for row, _ in grid), "a cell goes on below the table"
    width = 1 + max(column for _, column in grid)
    return [[grid.get((row, column), "") for column in range(width)] for row in range(len(rows))]


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 60)), min_size=20, max_size=90))
@settings(max_examples=20, deadline=None)
def test_a_table_with_spanning_cells_is_cut_only_where_none_goes_on(groups: list[tuple[int, int]]) -> None:
    table = spanned_table(groups)
    parts = cut_markup(table)
    whole = grid_of(table)
    again = [row for part in parts for each in part.split("</table>")[:-1] for row in grid_of(each)]
    assert len(again) == len(whole)
    assert {len(row) for row in again} == {3}
    for was, now in zip(whole, again, strict=True):
        assert now == was or now == ["", *was[1:]]  # the cell was cut through, and goes on empty
    assert all(len(part) < 3 * PIECE_CHARACTERS for part in parts)
    low = [
        height * (length * 8 + 60 + 3 * CELL_CHARACTERS) < PIECE_CHARACTERS / 2 for height, length in groups
    ]
    if all(low):
        assert again == whole


def test_a_cell_over_the_whole_of_a_long_table_goes_on_empty() -> None:
    parts = cut_markup(spanned_table([(2000, 4)]))
    assert len(parts) > 5
    assert "".join(parts).count("Nhóm 0") == 1
    assert all(len(part) < 2 * PIECE_CHARACTERS for part in parts)
    tables = "".join(parts).split("</table>")[:-1]
    widths = {tuple(sorted(re.findall(r'width="(\d+)%"', table)[1:])) for table in tables[1:]}
    assert len(widths) == 1


def test_a_table_of_two_thousand_rows_with_spanning_cells_is_set_piece_by_piece(
    text: DocumentText, qtbot
) -> None:
    table = spanned_table([(5, 6)] * 400)
    pieces = pieces_of((SectionHtml("a", 1, "Phụ lục", table),))
    assert len(pieces) > 10
    text.show_document("<h1>Luật</h1>", pieces, 0, 0.5)
    assert text.document().characterCount() < len(table) / 4
    qtbot.waitUntil(lambda: text.complete, timeout=20_000)
    lines = text.toPlainText().splitlines()
    assert [line for line in lines if line.startswith("Nhóm ")] == [f"Nhóm {n}" for n in range(400)]
    assert [line for line in lines if line.startswith("Việc ")] == [
        f"Việc {n}.{row}" for n in range(400) for row in range(5)
    ]
