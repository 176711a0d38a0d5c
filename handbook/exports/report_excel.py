"""A report on studying as an Excel workbook: figures to calculate with, who still has to, a chart.

All numbers are written as numbers, not as formulas: a workbook that came by mail shows them too, before
anybody allows it to calculate.
"""

import io
import math
from collections.abc import Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from handbook.exports.notes import without_control_characters
from handbook.exports.report_page import COLUMNS, OF_TEXTS, ReportPaper
from handbook.model.people import UnitKind
from handbook.model.reflection import STATE_NAMES, State
from handbook.model.report import AssignmentLine, Figures, PersonLine
from handbook.model.study import MARK_NAMES

FONT: Final = "Times New Roman"
SUMMARY, PEOPLE, CELLS = "Tổng hợp", "Đảng viên", "Chi bộ"
_DONE: Final = (("Đã xong", "done"), ("Tỷ lệ xong", "share"))
FIGURES: Final = (*COLUMNS, *_DONE)
SHARE_FORMAT: Final = "0.0%"
_RULE: Final = Border(*(Side(style="thin", color="808080"),) * 4)
_HEAD: Final = PatternFill("solid", fgColor="F3E3E3")
_COLOURS: Final = {"done": "2E7D32", "missing": "C62828", "exempt": "9E9E9E"}
CHART_WIDTH_CM: Final = 26.0
CHART_BAR_CM: Final = 0.9
TITLE_WIDTH: Final = 52
LINE_PT: Final = 17.0
LONGEST_CHART: Final = 40
"""Bars in one chart: more of them cannot be told apart on a sheet."""


def to_excel(paper: ReportPaper) -> bytes:
    """The report as an .xlsx."""
    book = Workbook()
    _write_summary(book.active, paper)
    if paper.report.unit.kind is UnitKind.CELL:
        _write_people(book.create_sheet(PEOPLE), paper)
    else:
        _write_cells(book.create_sheet(CELLS), paper)
    properties = book.properties
    properties.title = f"Báo cáo: {paper.title}, {paper.report.unit.name}"
    properties.creator = without_control_characters(paper.author)
    properties.language = "vi-VN"
    properties.created = properties.modified = paper.made_at.replace(tzinfo=None)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_summary(sheet: Worksheet, paper: ReportPaper) -> None:
    """A row for each assignment, their sum, and how much of each is done as bars."""
    sheet.title = SUMMARY
    report = paper.report
    head = _write_title(sheet, paper)
    rows = [
        [at, each.assignment.title, each.assignment.due_on, *_values(each.figures, each)]
        for at, each in enumerate(report.assignments, 1)
    ]
    _write_table(sheet, head, ["TT", "Nhiệm vụ", "Hạn", *_titles()], [6, TITLE_WIDTH, 12, *_widths()], rows)
    for at, line in enumerate(report.assignments, head + 1):
        # Not every program makes a row as tall as its words.
        sheet.row_dimensions[at].height = LINE_PT * math.ceil(len(line.assignment.title) / (TITLE_WIDTH - 4))
        sheet.cell(at, 2).alignment = Alignment(vertical="center", wrap_text=True)
    total = head + len(rows) + 1
    if rows:
        _write_row(sheet, total, [None, "Cộng (lượt)", None, *_values(report.total)], bold=True)
        _add_chart(
            sheet, head, len(rows), f"Mức hoàn thành {report.subject}", f"A{total + 2}", names=2, first=4
        )
    _set_print(sheet, head)


def _write_people(sheet: Worksheet, paper: ReportPaper) -> None:
    """A row for each assignment and member: to be filtered."""
    head = _write_title(sheet, paper)
    titles = [
        "Nhiệm vụ",
        "Hạn",
        "Họ và tên",
        "Đã đọc",
        "Phải đọc",
        "Bài thu hoạch",
        "Nộp muộn",
        "Miễn, nộp giấy",
        "Xong",
    ]
    rows = [_person(line, each) for line in paper.report.assignments for each in line.people]
    _write_table(sheet, head, titles, [48, 12, 28, 9, 9, 18, 10, 16, 9], rows)
    _make_filter(sheet, head, len(titles), len(rows))
    _set_print(sheet, head)


def _person(line: AssignmentLine, person: PersonLine) -> list[object]:
    own = person.progress
    return [
        line.assignment.title,
        line.assignment.due_on,
        person.name,
        own.documents_read,
        own.documents_total,
        STATE_NAMES[State(own.reflection)] if own.reflection else "",
        "muộn" if own.late else "",
        MARK_NAMES.get(own.mark, ""),
        "xong" if own.done(line.assignment.wants_reflection) else "chưa",
    ]


def _write_cells(sheet: Worksheet, paper: ReportPaper) -> None:
    """A row for each assignment and cell; for a single assignment with a chart."""
    head = _write_title(sheet, paper)
    lines = paper.report.assignments
    rows = [
        [line.assignment.title, line.assignment.due_on, each.unit.name, *_values(each.figures, line)]
        for line in lines
        for each in line.units
    ]
    titles = ["Nhiệm vụ", "Hạn", "Chi bộ", *_titles()]
    _write_table(sheet, head, titles, [40, 12, 34, *_widths()], rows)
    _make_filter(sheet, head, len(titles), len(rows))
    if len(lines) == 1 and 0 < len(rows) <= LONGEST_CHART:
        place = f"A{head + len(rows) + 2}"
        _add_chart(sheet, head, len(rows), "Mức hoàn thành theo chi bộ", place, names=3, first=4)
    _set_print(sheet, head)


# --- parts of a sheet


def _titles() -> list[str]:
    return [title for title, _ in FIGURES]


def _widths() -> list[int]:
    return [10] * len(FIGURES)


def _values(figures: Figures, line: AssignmentLine | None = None) -> list[object]:
    """The figures below FIGURES; an empty cell where nothing of the kind was asked, or nobody was."""
    reads_only = line is not None and not line.assignment.wants_reflection
    values: list[object] = []
    for _, field in FIGURES:
        if field == "share":
            values.append(figures.done / figures.asked if figures.asked else None)
        else:
            values.append(None if reads_only and field in OF_TEXTS else getattr(figures, field))
    return values


def _write_title(sheet: Worksheet, paper: ReportPaper) -> int:
    """Whose report this is and as of when; returns the row of the table's head."""
    report = paper.report
    for row, (words, font) in enumerate(
        (
            (report.unit.name, Font(name=FONT, size=13, bold=True)),
            (f"Báo cáo: {paper.title}", Font(name=FONT, size=15, bold=True)),
            (paper.counted, Font(name=FONT, size=12, italic=True)),
        ),
        1,
    ):
        cell = sheet.cell(row, 1)
        _set_words(cell, words)
        cell.font = font
    return 5


def _write_table(
    sheet: Worksheet,
    head: int,
    titles: Sequence[str],
    widths: Sequence[int],
    rows: Sequence[Sequence[object]],
) -> None:
    for column, (title, width) in enumerate(zip(titles, widths, strict=True), 1):
        cell = sheet.cell(head, column, title)
        cell.font = Font(name=FONT, size=12, bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.fill, cell.border = _HEAD, _RULE
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[head].height = 34
    for at, row in enumerate(rows, head + 1):
        _write_row(sheet, at, row)
    sheet.freeze_panes = sheet.cell(head + 1, 4)


def _write_row(sheet: Worksheet, at: int, values: Sequence[object], *, bold: bool = False) -> None:
    share = len(values) if isinstance(values[-1], float) else 0
    for column, value in enumerate(values, 1):
        cell = sheet.cell(at, column)
        if isinstance(value, str):
            _set_words(cell, value)
        else:
            cell.value = value
        cell.font = Font(name=FONT, size=12, bold=bold)
        cell.border = _RULE
        words = isinstance(value, str)
        cell.alignment = Alignment(vertical="center", horizontal="left" if words else "center")
        if hasattr(value, "isoformat"):
            cell.number_format = "dd/mm/yyyy"
        elif column == share:
            cell.number_format = SHARE_FORMAT


def _set_words(cell: object, words: str) -> None:
    """As text, even where a title begins as a formula does."""
    cell.value = without_control_characters(words)
    cell.data_type = "s"


def _make_filter(sheet: Worksheet, head: int, columns: int, rows: int) -> None:
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(columns)}{head + rows}"


def _add_chart(
    sheet: Worksheet, head: int, rows: int, title: str, place: str, *, names: int, first: int
) -> None:
    """Done, missing and exempt as parts of one bar for each row; the figures begin in column `first`."""
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap = "bar", "stacked", 100
    chart.title = title
    chart.legend.position = "b"
    chart.width, chart.height = CHART_WIDTH_CM, 6 + CHART_BAR_CM * rows
    fields = [field for _, field in FIGURES]
    for at, (field, colour) in enumerate(_COLOURS.items()):
        column = first + fields.index(field)
        chart.add_data(
            Reference(sheet, min_col=column, min_row=head, max_row=head + rows), titles_from_data=True
        )
        chart.series[at].graphicalProperties.solidFill = colour
    chart.set_categories(Reference(sheet, min_col=names, min_row=head + 1, max_row=head + rows))
    chart.x_axis.scaling.orientation = "maxMin"  # in the order of the table, from above
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.number_format, chart.y_axis.majorUnit = "0", None
    chart.y_axis.scaling.min = 0
    sheet.add_chart(chart, place)


def _set_print(sheet: Worksheet, head: int) -> None:
    """A4 across, as many pages down as needed, the head on each."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{head}:{head}"
    sheet.oddFooter.center.text = "Trang &P / &N"
