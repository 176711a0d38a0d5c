"""A reflection as the Party's page: what stands on it, in order, and how each line of it looks.

Layout after 36-HD/VPTW (2018), annex 3. The writers, one for Word and one for screen and printer, set the
same lines by the same measures. Reports stand on the same page, with tables among their lines.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from handbook.model.prose import Block, Heading, Item, Paragraph, Quotation, Run, Runs, item_numbers

PAPER_MM: Final = (210.0, 297.0)
MARGINS_MM: Final = (30.0, 20.0, 15.0, 20.0)
"""Left, top, right, bottom; the wide one is for binding."""
LETTERHEAD_MM: Final = (72.0, 93.0)
"""Widths of the issuer's column and the Party's."""
SIGNATURE_MM: Final = (75.0, 90.0)
GRID_PADDING_MM: Final = 0.8
"""Between the rules of a table and what stands in a cell, at the left and the right."""
GRID_BELOW_PT: Final = 10.0
PAGE_NUMBER_PT: Final = 13.0
LINE_SPACING: Final = 1.15
FONT: Final = "Times New Roman"
NO_PLACE: Final = "…………"


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
    JUSTIFIED = "justified"


class Style(StrEnum):
    """What a line is; its looks are in `LOOKS`."""

    SUPERIOR = "superior"
    ISSUER = "issuer"
    STAR = "star"
    PARTY = "party"
    PLACE_AND_DATE = "place and date"
    TITLE = "title"
    STUDY = "study"
    RULE = "rule"
    PERSON = "person"
    PART = "part"
    HEADING = "heading"
    SUBHEADING = "subheading"
    BODY = "body"
    BULLET = "bullet"
    SUBBULLET = "subbullet"
    NUMBERED = "numbered"
    SUBNUMBERED = "subnumbered"
    QUOTATION = "quotation"
    CITATION = "citation"
    CODE = "code"
    GRID_HEAD = "grid head"
    GRID_WORDS = "grid words"
    GRID_NUMBER = "grid number"
    SIGNATURE = "signature"
    SIGNATURE_HINT = "signature hint"
    SIGNATURE_NAME = "signature name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`first_mm` is the indent of the first line beyond `left_mm`, negative for a hanging label.

    `with_next` keeps the line on one page with the line below it.
    """

    size_pt: float = 14.0
    bold: bool = False
    italic: bool = False
    underline: bool = False
    align: Align = Align.LEFT
    left_mm: float = 0.0
    first_mm: float = 0.0
    before_pt: float = 0.0
    after_pt: float = 0.0
    with_next: bool = False


_ITEM: Final = Look(left_mm=16, first_mm=-6, after_pt=4, align=Align.JUSTIFIED)
_SUBITEM: Final = replace(_ITEM, left_mm=23)
LOOKS: Final = {
    Style.SUPERIOR: Look(align=Align.CENTRE),
    Style.ISSUER: Look(bold=True, align=Align.CENTRE),
    Style.STAR: Look(align=Align.CENTRE),
    Style.PARTY: Look(size_pt=15, bold=True, underline=True, align=Align.CENTRE, after_pt=6),
    Style.PLACE_AND_DATE: Look(italic=True, align=Align.CENTRE),
    Style.TITLE: Look(size_pt=16, bold=True, align=Align.CENTRE, before_pt=18, with_next=True),
    Style.STUDY: Look(size_pt=15, bold=True, align=Align.CENTRE, before_pt=3, with_next=True),
    Style.RULE: Look(align=Align.CENTRE, after_pt=10),
    Style.PERSON: Look(after_pt=3, first_mm=10),
    Style.PART: Look(bold=True, before_pt=10, after_pt=6, first_mm=10, with_next=True),
    Style.HEADING: Look(bold=True, before_pt=4, after_pt=4, first_mm=10, with_next=True),
    Style.SUBHEADING: Look(bold=True, italic=True, after_pt=4, first_mm=10, with_next=True),
    Style.BODY: Look(align=Align.JUSTIFIED, first_mm=10, after_pt=6),
    Style.BULLET: _ITEM,
    Style.SUBBULLET: _SUBITEM,
    Style.NUMBERED: _ITEM,
    Style.SUBNUMBERED: _SUBITEM,
    Style.QUOTATION: Look(italic=True, left_mm=15, after_pt=4, align=Align.JUSTIFIED),
    Style.CITATION: Look(size_pt=13, left_mm=15, after_pt=6, align=Align.RIGHT),
    Style.CODE: Look(size_pt=12, after_pt=4, left_mm=10),
    Style.GRID_HEAD: Look(size_pt=9.5, bold=True, align=Align.CENTRE),
    Style.GRID_WORDS: Look(size_pt=12),
    Style.GRID_NUMBER: Look(size_pt=12, align=Align.CENTRE),
    Style.SIGNATURE: Look(bold=True, align=Align.CENTRE, before_pt=16, with_next=True),
    Style.SIGNATURE_HINT: Look(size_pt=13, italic=True, align=Align.CENTRE, after_pt=56, with_next=True),
    Style.SIGNATURE_NAME: Look(bold=True, align=Align.CENTRE),
}


@dataclass(frozen=True, slots=True)
class PaperPart:
    """A part of the template as it was written."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionPaper:
    """All that stands on the page. An empty `superior` is left out, an empty `place` left to a pen.

    `files` are the names of those that go with it.
    """

    superior: str
    unit: str
    place: str
    written_on: date
    study: str
    author: str
    duty: str
    parts: tuple[PaperPart, ...]
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One paragraph. `number` is that of a numbered item; `label` is what stands before an item's words."""

    style: Style
    runs: Runs
    number: int = 0

    @property
    def look(self) -> Look:
        return LOOKS[self.style]

    @property
    def label(self) -> str:
        match self.style:
            case Style.BULLET:
                return "–"
            case Style.SUBBULLET:
                return "+"
            case Style.NUMBERED:
                return f"{self.number}."
            case Style.SUBNUMBERED:
                return f"{self.number})"
        return ""

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table with rules. `head` stands again at the top of each page; the last row is stressed as a total.

    The columns of `words`, counted from 0, are set left and may break; the others hold numbers.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths_mm: tuple[float, ...]
    words: frozenset[int]

    @property
    def look(self) -> Look:
        return LOOKS[Style.GRID_NUMBER]

    def lines(self) -> tuple[tuple[Line, ...], ...]:
        """The head and every row, cell by cell."""
        head = tuple(line_of(Style.GRID_HEAD, text) for text in self.head)
        rows = [
            tuple(
                Line(
                    style=Style.GRID_WORDS if column in self.words else Style.GRID_NUMBER,
                    runs=(Run(text=text, bold=at == len(self.rows)),),
                )
                for column, text in enumerate(row)
            )
            for at, row in enumerate(self.rows, 1)
        ]
        return head, *rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLines:
    """The lines of the page: `left` and `right` stand beside each other at its head, `signature` below.

    The body neither begins nor ends with a table.
    """

    left: tuple[Line, ...]
    right: tuple[Line, ...]
    body: tuple[Line | Grid, ...]
    signature: tuple[Line, ...]


def lines_of(paper: ReflectionPaper) -> PageLines:
    left, right = letterhead(paper.superior, paper.unit, paper.place, paper.written_on)
    return PageLines(
        left=left,
        right=right,
        body=tuple(_body(paper)),
        signature=(
            line_of(Style.SIGNATURE, "NGƯỜI VIẾT THU HOẠCH"),
            line_of(Style.SIGNATURE_HINT, "(Ký, ghi rõ họ tên)"),
            line_of(Style.SIGNATURE_NAME, paper.author),
        ),
    )


def letterhead(superior: str, unit: str, place: str, day: date) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The lines at the left and at the right of a page's head."""
    # Days below ten and the first two months bear a zero, so that no digit can be put before them.
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    when = f"ngày {day.day:02} tháng {month} năm {day.year}".replace(" ", "\u00a0")
    above = (line_of(Style.SUPERIOR, superior.upper()),) if superior else ()
    left = (*above, line_of(Style.ISSUER, unit.upper()), line_of(Style.STAR, "*"))
    right = (
        line_of(Style.PARTY, "ĐẢNG CỘNG SẢN VIỆT NAM"),
        line_of(Style.PLACE_AND_DATE, f"{place or NO_PLACE}, {when}"),
    )
    return left, right


_PLACE = re.compile(
    r"(?:Đảng (?:uỷ|ủy|bộ)|Tỉnh (?:uỷ|ủy)|Thành (?:uỷ|ủy))\s+(?:(?:phường|xã|đặc khu|tỉnh|thành phố)\s+)?(.+)"
)


def place_in(unit_name: str) -> str:
    """The place that a Party organisation is named after: An Bình of Đảng uỷ phường An Bình; '' of others."""
    found = _PLACE.fullmatch(unit_name.strip())
    return found[1] if found else ""


def _body(paper: ReflectionPaper) -> Iterator[Line]:
    yield line_of(Style.TITLE, "BÀI THU HOẠCH")
    yield line_of(Style.STUDY, paper.study)
    yield line_of(Style.RULE, "-----")
    yield line_of(Style.PERSON, f"Họ và tên: {paper.author}")
    yield line_of(Style.PERSON, f"Chức vụ: {paper.duty}")
    unit = f"{paper.unit}, {paper.superior}" if paper.superior else paper.unit
    yield line_of(Style.PERSON, f"Đơn vị: {unit}")
    for part in paper.parts:
        yield line_of(Style.PART, part.title)
        yield from _written(part.blocks)
    if paper.files:
        yield line_of(Style.BODY, f"Kèm theo: {'; '.join(paper.files)}.")


def _written(blocks: Sequence[Block]) -> Iterator[Line]:
    """Empty lines, which only keep paragraphs apart on a screen, take no room on paper."""
    for block, number in zip(blocks, item_numbers(blocks), strict=True):
        match block:
            case Paragraph(runs):
                if any(run.text.strip() for run in runs):
                    yield Line(style=Style.BODY, runs=_with_addresses(runs))
            case Heading(runs, level):
                style = Style.HEADING if level == 1 else Style.SUBHEADING
                yield Line(style=style, runs=_with_addresses(runs))
            case Item(runs, ordered, level):
                yield Line(style=_ITEM_STYLES[ordered, level], runs=_with_addresses(runs), number=number)
            case Quotation(quoted, citation):
                for runs in quoted:
                    yield Line(style=Style.QUOTATION, runs=_with_addresses(runs))
                if citation:
                    yield line_of(Style.CITATION, f"({citation.label})")


_ITEM_STYLES: Final = {
    (False, 1): Style.BULLET,
    (False, 2): Style.SUBBULLET,
    (True, 1): Style.NUMBERED,
    (True, 2): Style.SUBNUMBERED,
}


def _with_addresses(runs: Runs) -> Runs:
    """Paper cannot be clicked: the address of a link stands in brackets behind its words."""
    shown: list[Run] = []
    for at, run in enumerate(runs):
        shown.append(replace(run, link=""))
        ends = run.link and (at + 1 == len(runs) or runs[at + 1].link != run.link)
        if ends and run.text.strip() != run.link:
            shown.append(Run(text=f" ({run.link})"))
    return tuple(shown)


def line_of(style: Style, text: str) -> Line:
    """A line of one run."""
    return Line(style=style, runs=(Run(text=text),))
