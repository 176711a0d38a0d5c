"""Reports read back from Word and Excel as a person's own programs would read them."""

import io
from datetime import UTC, date, datetime

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from handbook.exports import report_excel, report_word
from handbook.exports.report_excel import CELLS, FIGURES, PEOPLE, SUMMARY
from handbook.exports.report_page import COLUMNS, ReportPaper, report_lines
from handbook.model.people import Unit, UnitKind
from handbook.model.report import AssignmentLine, PersonLine, Report, UnitLine, figures_of, sum_of
from handbook.model.study import Assignment, MarkKind, MemberProgress
from tests.client.samples import assignment

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
CELL = Unit("hongson/anbinh/mot", "Chi bộ Khu phố 1", UnitKind.CELL)
WARD = Unit("hongson/anbinh", "Đảng uỷ phường An Bình", UnitKind.COMMUNE)
WRITING = assignment(title="=Học tập Nghị quyết 57")
READING = assignment("doc", title="Đọc Quy định 144", parts=(), min_words=0, due_on=date(2026, 11, 12))
PEOPLE_OF = {
    "Nguyễn Văn An": ("accepted", False, MarkKind.NONE),
    "Trần Thị Hạnh": ("returned", True, MarkKind.NONE),
    "Lê Thị Lan": ("", False, MarkKind.NONE),
    "Dương Văn Sơn": ("", False, MarkKind.EXEMPT),
    "Lý Văn Nghĩa": ("", False, MarkKind.PAPER),
}


def line(asked: Assignment) -> AssignmentLine:
    wants = asked.wants_reflection
    people = tuple(
        PersonLine(
            name=name,
            progress=MemberProgress(
                account=name,
                documents_read=0 if name == "Lê Thị Lan" else 1,
                documents_total=1,
                reflection=state if wants else "",
                late=late and wants,
                mark=mark if wants or mark is not MarkKind.PAPER else MarkKind.NONE,
            ),
            said="Đã đọc 0/1 (quá hạn)" if name == "Lê Thị Lan" else "Trả lại, nộp muộn",
        )
        for name, (state, late, mark) in PEOPLE_OF.items()
    )
    figures = figures_of(asked, [each.progress for each in people])
    return AssignmentLine(assignment=asked, figures=figures, people=people)


def paper(*assignments: Assignment, unit: Unit = CELL, cells: int = 3) -> ReportPaper:
    lines = tuple(line(each) for each in assignments)
    if unit is WARD:
        units = [Unit(f"{WARD.path}/{number}", f"Chi bộ {number}", UnitKind.CELL) for number in range(cells)]
        lines = tuple(
            AssignmentLine(
                assignment=each.assignment,
                figures=sum_of([each.figures] * cells),
                units=tuple(UnitLine(one, each.figures) for one in units),
            )
            for each in lines
        )
    report = Report(unit=unit, subject="quý IV năm 2026", counted_at=NOW, assignments=lines)
    return ReportPaper(
        report=report,
        superior="Đảng uỷ phường An Bình" if unit is CELL else "Tỉnh uỷ Hồng Sơn",
        place="An Bình",
        author="Trần Thị Hạnh",
        made_at=NOW,
    )


def word_of(record: ReportPaper) -> object:
    return Document(io.BytesIO(report_word.to_word(record)))


def excel_of(record: ReportPaper) -> Workbook:
    return load_workbook(io.BytesIO(report_excel.to_excel(record)))


def figures_expected(record: ReportPaper) -> list[int]:
    return [getattr(record.report.total, field) for _, field in COLUMNS]


def test_the_word_table_has_the_figures_of_each_assignment_and_their_sum() -> None:
    record = paper(READING, WRITING)
    word = word_of(record)
    rows = [[cell.text for cell in row.cells] for row in word.tables[1].rows]
    assert rows[0] == ["TT", "Nhiệm vụ, hạn", *(title for title, _ in COLUMNS)]
    assert rows[1][2:] == ["5", "4", "–", "–", "–", "–", "–", "–", "1", "1"]
    assert rows[2][2:] == ["5", "4", "2", "1", "0", "1", "1", "1", "1", "2"]
    assert rows[3][1:] == ["Cộng", *map(str, figures_expected(record))]
    assert word.tables[1].rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_the_word_report_names_who_is_missing_exempt_and_on_paper_without_reasons() -> None:
    words = [each.text for each in word_of(paper(WRITING)).paragraphs]
    assert "Trần Thị Hạnh: trả lại, nộp muộn" in words
    assert "Lê Thị Lan: đã đọc 0/1 (quá hạn)" in words
    assert "Được miễn: Dương Văn Sơn." in words
    assert "Nộp bài giấy: Lý Văn Nghĩa." in words
    assert not any("Nguyễn Văn An" in each for each in words)
    assert words.index("Lê Thị Lan: đã đọc 0/1 (quá hạn)") > words.index("Trần Thị Hạnh: trả lại, nộp muộn")


def test_the_report_says_as_of_when_its_numbers_are() -> None:
    words = [each.text for each in word_of(paper(WRITING)).paragraphs]
    assert "Số liệu theo máy chủ Sổ tay đảng viên lúc 09:05 ngày 23/11/2026." in words
    assert any(each.startswith("Chi bộ Khu phố 1 có 1 nhiệm vụ học tập; 4 đảng viên phải") for each in words)
    assert any("2 đã hoàn thành (50,0 %); 2 chưa hoàn thành; 1 bài nộp muộn" in each for each in words)


def test_the_letterhead_is_that_of_the_unit_the_report_is_about() -> None:
    for unit, names in (
        (CELL, ["ĐẢNG UỶ PHƯỜNG AN BÌNH", "CHI BỘ KHU PHỐ 1", "*", "Số ……… -BC/CB"]),
        (WARD, ["TỈNH UỶ HỒNG SƠN", "ĐẢNG UỶ PHƯỜNG AN BÌNH", "*", "Số ……… -BC/ĐU"]),
    ):
        left = word_of(paper(WRITING, unit=unit)).tables[0].rows[0].cells[0]
        assert left.text.split("\n") == names


def test_a_report_of_a_commune_has_its_cells_and_no_names() -> None:
    word = word_of(paper(READING, WRITING, unit=WARD))
    rows = [[cell.text for cell in row.cells] for row in word.tables[2].rows]
    assert [row[1] for row in rows] == ["Chi bộ", "Chi bộ 0", "Chi bộ 1", "Chi bộ 2", "Cộng"]
    sums = [sum(int(row[column]) for row in rows[1:-1]) for column in range(2, len(rows[0]))]
    assert sums == [int(each) for each in rows[-1][2:]]
    everything = " ".join(each.text for each in word.paragraphs)
    assert "Nguyễn Văn An" not in everything
    assert "Lê Thị Lan" not in everything


def test_a_period_without_assignments_is_a_sentence_and_no_table() -> None:
    word = word_of(paper())
    assert "không có nhiệm vụ học tập nào" in " ".join(each.text for each in word.paragraphs)
    assert len(word.tables) == 2  # letterhead and signature
    assert excel_of(paper())[SUMMARY].max_row == 5


def test_excel_holds_numbers_and_days_that_can_be_calculated_with() -> None:
    record = paper(READING, WRITING)
    sheet = excel_of(record)[SUMMARY]
    head = [cell.value for cell in sheet[5]]
    assert head == ["TT", "Nhiệm vụ", "Hạn", *(title for title, _ in FIGURES)]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6, max_row=8)]
    assert [row[2].date() for row in rows[:2]] == [READING.due_on, WRITING.due_on]
    assert rows[0][3:13] == [5, 4, None, None, None, None, None, None, 1, 1]
    assert rows[1][3:13] == [5, 4, 2, 1, 0, 1, 1, 1, 1, 2]
    assert rows[1][13:] == [2, 0.5]
    assert rows[2][3:13] == figures_expected(record)
    assert sheet["O7"].number_format == "0.0%"


def test_a_title_that_looks_like_a_formula_stays_words() -> None:
    cell = excel_of(paper(WRITING))[SUMMARY]["B6"]
    assert (cell.value, cell.data_type) == ("=Học tập Nghị quyết 57", "s")


def test_every_member_has_a_row_to_filter_by() -> None:
    sheet = excel_of(paper(WRITING))[PEOPLE]
    rows = {row[2]: row[3:] for row in sheet.iter_rows(min_row=6, values_only=True)}
    assert rows == {
        "Nguyễn Văn An": (1, 1, "Đạt", None, None, "xong"),
        "Trần Thị Hạnh": (1, 1, "Trả lại", "muộn", None, "chưa"),
        "Lê Thị Lan": (0, 1, None, None, None, "chưa"),
        "Dương Văn Sơn": (1, 1, None, None, "Miễn", "xong"),
        "Lý Văn Nghĩa": (1, 1, None, None, "Nộp giấy", "xong"),
    }
    assert sheet.auto_filter.ref == "A5:I10"


@pytest.mark.parametrize("unit", [CELL, WARD])
def test_heads_stay_in_sight_and_sheets_print_across(unit: Unit) -> None:
    book = excel_of(paper(READING, WRITING, unit=unit))
    for sheet in book:
        assert sheet.freeze_panes == "D6"
        assert sheet.print_title_rows == "$5:$5"
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert len(book[SUMMARY]._charts) == 1


def test_the_cells_of_a_commune_are_on_a_sheet_of_their_own_and_charted_for_one_assignment() -> None:
    record = paper(WRITING, unit=WARD)
    sheet = excel_of(record)[CELLS]
    rows = list(sheet.iter_rows(min_row=6, values_only=True))
    assert [row[2] for row in rows] == ["Chi bộ 0", "Chi bộ 1", "Chi bộ 2"]
    assert [sum(row[at] for row in rows) for at in range(3, 13)] == figures_expected(record)
    assert len(sheet._charts) == 1
    assert not excel_of(paper(READING, WRITING, unit=WARD))[CELLS]._charts
    assert not excel_of(paper(WRITING, unit=WARD, cells=60))[CELLS]._charts


def test_the_page_neither_begins_nor_ends_with_a_table() -> None:
    for record in (paper(), paper(WRITING), paper(READING, WRITING), paper(WRITING, unit=WARD)):
        body = report_lines(record).body
        assert hasattr(body[0], "text")
        assert hasattr(body[-1], "text")
