"""A report on studying as the Party's page: letterhead, figures in tables, who still has to, signature."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from handbook.exports.reflection_page import (
    MARGINS_MM,
    PAPER_MM,
    Grid,
    Line,
    PageLines,
    Style,
    letterhead,
    line_of,
)
from handbook.model.people import UnitKind
from handbook.model.report import AssignmentLine, Figures, Report
from handbook.model.study import MarkKind
from handbook.model.vietnamese import VIETNAM, date_text, moment_text, number_text

COLUMNS: Final = (
    ("Đảng viên", "members"),
    ("Đọc đủ", "read_all"),
    ("Nộp bài", "submitted"),
    ("Nộp giấy", "paper"),
    ("Chờ xem", "waiting"),
    ("Trả lại", "returned"),
    ("Đạt", "accepted"),
    ("Nộp muộn", "late"),
    ("Miễn", "exempt"),
    ("Chưa xong", "missing"),
)
"""Heads of columns and the figures below them, in every kind of report."""
OF_TEXTS: Final = frozenset({"submitted", "paper", "waiting", "returned", "accepted", "late"})
"""The figures that an assignment without a reflection does not have."""

NUMBER_MM: Final = 11.0
ORDINAL_MM: Final = 9.0
WORDS_MM: Final = PAPER_MM[0] - MARGINS_MM[0] - MARGINS_MM[2] - ORDINAL_MM - len(COLUMNS) * NUMBER_MM - 0.5
"""What is left of the paper's width; the rules at the edges stand half outside."""
NOTHING: Final = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPaper:
    """A report and whose paper it is. An empty `superior` is left out, an empty `place` left to a pen."""

    report: Report
    superior: str
    place: str
    author: str
    made_at: datetime

    @property
    def title(self) -> str:
        only = self.report.only
        return f"Kết quả học tập {self.report.subject}" + (f" của {only.name}" if only else "")

    @property
    def counted(self) -> str:
        """Which numbers these are."""
        if self.report.counted_at is None:
            return "Số liệu trên máy lập báo cáo, chưa đồng bộ với máy chủ lần nào."
        return f"Số liệu theo máy chủ Sổ tay đảng viên lúc {moment_text(self.report.counted_at)}."


def report_lines(paper: ReportPaper) -> PageLines:
    unit = paper.report.unit
    left, right = letterhead(paper.superior, unit.name, paper.place, paper.made_at.astimezone(VIETNAM).date())
    # The number is given by the office that files the report.
    sign = "CB" if unit.kind is UnitKind.CELL else "ĐU"
    return PageLines(
        left=(*left, line_of(Style.STAR, f"Số ……… -BC/{sign}")),
        right=right,
        body=tuple(_body(paper)),
        signature=(
            line_of(Style.SIGNATURE, "NGƯỜI LẬP BÁO CÁO"),
            line_of(Style.SIGNATURE_HINT, "(Ký, ghi rõ họ tên)"),
            line_of(Style.SIGNATURE_NAME, paper.author),
        ),
    )


def _body(paper: ReportPaper) -> Iterator[Line | Grid]:
    report = paper.report
    yield line_of(Style.TITLE, "BÁO CÁO")
    yield line_of(Style.STUDY, paper.title)
    yield line_of(Style.RULE, "-----")
    yield line_of(Style.BODY, _summary(report))
    if report.assignments:
        yield line_of(Style.PART, "I. Kết quả theo nhiệm vụ")
        rows = [(_name(each), each.figures, _wants(each)) for each in report.assignments]
        yield _grid("Nhiệm vụ, hạn", rows, report.total)
    if report.units and not report.only:
        yield line_of(Style.PART, "II. Kết quả theo chi bộ")
        wants = any(_wants(each) for each in report.assignments)
        yield _grid("Chi bộ", [(each.unit.name, each.figures, wants) for each in report.units], report.total)
    elif report.assignments and not report.only:
        yield line_of(Style.PART, "II. Đảng viên chưa hoàn thành, được miễn, nộp giấy")
        for each in report.assignments:
            yield from _people(each)
    if len(report.assignments) > 1:
        yield line_of(
            Style.BODY, "Số cộng tính theo lượt: mỗi đảng viên một lượt cho mỗi nhiệm vụ được giao."
        )
    yield line_of(Style.BODY, paper.counted)


def _summary(report: Report) -> str:
    count = len(report.assignments)
    if not count:
        return f"{report.about.name} không có nhiệm vụ học tập nào đến hạn trong {report.subject}."
    total = report.total
    turns = "đảng viên" if count == 1 else "lượt đảng viên"
    said = [
        f"{report.about.name} có {count} nhiệm vụ học tập",
        f"{number_text(total.asked)} {turns} phải thực hiện",
        f"{number_text(total.done)} đã hoàn thành{_share(total)}",
        f"{number_text(total.missing)} chưa hoàn thành",
    ]
    if total.late:
        said.append(f"{number_text(total.late)} bài nộp muộn")
    if total.exempt:
        said.append(f"{number_text(total.exempt)} được miễn")
    return "; ".join(said) + "."


def _share(figures: Figures) -> str:
    return f" ({number_text(100 * figures.done / figures.asked, 1)} %)" if figures.asked else ""


def _name(line: AssignmentLine) -> str:
    return f"{line.assignment.title} (hạn {date_text(line.assignment.due_on)})"


def _grid(head: str, named: Sequence[tuple[str, Figures, bool]], total: Figures) -> Grid:
    """A row for each (name, figures, whether a reflection was asked), and one for the sum."""
    rows = [
        (str(at), name, *figures_shown(figures, wants)) for at, (name, figures, wants) in enumerate(named, 1)
    ]
    wanted = any(wants for _, _, wants in named)
    return Grid(
        head=("TT", head, *(title for title, _ in COLUMNS)),
        rows=(*rows, ("", "Cộng", *figures_shown(total, wanted))),
        widths_mm=(ORDINAL_MM, WORDS_MM, *(NUMBER_MM,) * len(COLUMNS)),
        words=frozenset({1}),
    )


def _wants(line: AssignmentLine) -> bool:
    return line.assignment.wants_reflection


def figures_shown(figures: Figures, wants_reflection: bool) -> tuple[str, ...]:
    """The figures below COLUMNS; a dash where nothing of the kind was asked."""
    return tuple(
        NOTHING if field in OF_TEXTS and not wants_reflection else number_text(getattr(figures, field))
        for _, field in COLUMNS
    )


def _people(line: AssignmentLine) -> Iterator[Line]:
    yield line_of(Style.HEADING, _name(line))
    missing = line.missing
    if not missing:
        yield line_of(Style.BODY, "Mọi đồng chí được giao đã hoàn thành.")
    for number, each in enumerate(missing, 1):
        told = line_of(Style.NUMBERED, f"{each.name}: {each.said[:1].lower()}{each.said[1:]}")
        yield Line(style=told.style, runs=told.runs, number=number)
    for words, mark in (("Được miễn", MarkKind.EXEMPT), ("Nộp bài giấy", MarkKind.PAPER)):
        names = ", ".join(each.name for each in line.marked(mark))
        if names:
            yield line_of(Style.BODY, f"{words}: {names}.")
