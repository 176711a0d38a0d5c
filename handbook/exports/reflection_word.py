"""A reflection as a Word document: the Party's page in real styles, headings, lists and quotations."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from handbook.exports.notes import without_control_characters
from handbook.exports.reflection_page import (
    FONT,
    GRID_BELOW_PT,
    GRID_PADDING_MM,
    LETTERHEAD_MM,
    LINE_SPACING,
    LOOKS,
    MARGINS_MM,
    PAGE_NUMBER_PT,
    PAPER_MM,
    SIGNATURE_MM,
    Align,
    Grid,
    Line,
    PageLines,
    ReflectionPaper,
    Style,
    lines_of,
)

_ALIGNMENTS: Final = {
    Align.LEFT: WD_ALIGN_PARAGRAPH.LEFT,
    Align.CENTRE: WD_ALIGN_PARAGRAPH.CENTER,
    Align.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
    Align.JUSTIFIED: WD_ALIGN_PARAGRAPH.JUSTIFY,
}
_WORD_STYLES: Final = {
    Style.TITLE: "Title",
    Style.STUDY: "Subtitle",
    Style.PART: "Heading 1",
    Style.HEADING: "Heading 2",
    Style.SUBHEADING: "Heading 3",
    Style.BODY: "Body Text",
    Style.BULLET: "List Bullet",
    Style.SUBBULLET: "List Bullet 2",
    Style.NUMBERED: "List Number",
    Style.SUBNUMBERED: "List Number 2",
    Style.QUOTATION: "Quote",
}
"""Word's own names, which its outline, its lists and other programs know; the others get styles of ours."""
_OUR_STYLES: Final = {
    Style.SUPERIOR: "Cấp trên",
    Style.ISSUER: "Cơ quan ban hành",
    Style.STAR: "Dấu sao",
    Style.PARTY: "Tiêu đề Đảng",
    Style.PLACE_AND_DATE: "Địa danh, ngày tháng",
    Style.RULE: "Gạch ngăn",
    Style.PERSON: "Người viết",
    Style.CITATION: "Nguồn trích dẫn",
    Style.CODE: "Mã số",
    Style.GRID_HEAD: "Đầu bảng",
    Style.GRID_WORDS: "Chữ trong bảng",
    Style.GRID_NUMBER: "Số trong bảng",
    Style.SIGNATURE: "Chữ ký",
    Style.SIGNATURE_HINT: "Hướng dẫn ký",
    Style.SIGNATURE_NAME: "Họ tên người ký",
}
_LIST_SIGNS: Final = {
    Style.BULLET: "–",
    Style.SUBBULLET: "+",
    Style.NUMBERED: "%1.",
    Style.SUBNUMBERED: "%1)",
}
_NUMBERED: Final = (Style.NUMBERED, Style.SUBNUMBERED)


def to_word(paper: ReflectionPaper, now: datetime) -> bytes:
    """The page as a .docx."""
    return page_as_word(lines_of(paper), f"Bài thu hoạch: {paper.study}", paper.author, now)


def page_as_word(lines: PageLines, title: str, author: str, now: datetime) -> bytes:
    """These lines as a .docx; title and author are its properties."""
    word = Document()
    _set_paper(word)
    _make_styles(word)
    _number_pages(word)
    _write_beside(word, LETTERHEAD_MM, lines.left, lines.right)
    _write_body(word, lines.body)
    _write_beside(word, SIGNATURE_MM, (), lines.signature)
    properties = word.core_properties
    properties.title = without_control_characters(title)
    properties.author = without_control_characters(author)
    properties.comments = ""
    properties.language = "vi-VN"
    properties.created = properties.modified = now.replace(tzinfo=None)
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


# --- styles


def _set_paper(word: WordDocument) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = (Mm(each) for each in PAPER_MM)
    section.left_margin, section.top_margin, section.right_margin, section.bottom_margin = (
        Mm(each) for each in MARGINS_MM
    )
    section.header_distance = Mm(10)


def _make_styles(word: WordDocument) -> None:
    _set_font(word.styles["Normal"])
    word.styles["Normal"].font.size = Pt(LOOKS[Style.BODY].size_pt)
    for style, look in LOOKS.items():
        name = _WORD_STYLES.get(style)
        made = (
            word.styles[name] if name else word.styles.add_style(_OUR_STYLES[style], WD_STYLE_TYPE.PARAGRAPH)
        )
        _set_font(made)
        made.font.size = Pt(look.size_pt)
        made.font.bold, made.font.italic, made.font.underline = look.bold, look.italic, look.underline
        form = made.paragraph_format
        form.alignment = _ALIGNMENTS[look.align]
        form.left_indent, form.first_line_indent = Mm(look.left_mm), Mm(look.first_mm)
        form.space_before, form.space_after = Pt(look.before_pt), Pt(look.after_pt)
        form.line_spacing = LINE_SPACING
        form.keep_with_next = look.with_next
        form.widow_control = True
        _without_ornaments(made)
    for style, sign in _LIST_SIGNS.items():
        _set_list(word, style, sign)


def _set_font(style: ParagraphStyle) -> None:
    style.font.name = FONT
    style.font.color.rgb = RGBColor(0, 0, 0)
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)
    for name in ("w:spacing", "w:kern"):  # Word's Title and Subtitle are set apart
        for each in properties.findall(qn(name)):
            properties.remove(each)
    for each in properties.findall(qn("w:lang")):
        properties.remove(each)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    properties.append(language)


def _without_ornaments(style: ParagraphStyle) -> None:
    """Word draws a line below its Title and lets items of a list stand without space between them."""
    properties = style.element.get_or_add_pPr()
    for name in ("w:pBdr", "w:contextualSpacing"):
        for each in properties.findall(qn(name)):
            properties.remove(each)


def _set_list(word: WordDocument, style: Style, sign: str) -> None:
    """The official signs for the items of a list, and the indents of its style, which the list overrules."""
    numbering = word.part.numbering_part.element
    (definition,) = (
        each
        for each in numbering.findall(qn("w:abstractNum"))
        if each.get(qn("w:abstractNumId")) == str(_abstract_number(word, style))
    )
    level = definition.find(qn("w:lvl"))
    level.find(qn("w:lvlText")).set(qn("w:val"), sign)
    for name in ("w:pPr", "w:rPr"):
        for each in level.findall(qn(name)):
            level.remove(each)
    look = LOOKS[style]
    indent = OxmlElement("w:ind")
    indent.set(qn("w:left"), str(Mm(look.left_mm).twips))
    indent.set(qn("w:hanging"), str(Mm(-look.first_mm).twips))
    properties = OxmlElement("w:pPr")
    properties.append(indent)
    level.append(properties)


def _abstract_number(word: WordDocument, style: Style) -> int:
    number = word.styles[_WORD_STYLES[style]].element.pPr.numPr.numId.val
    return word.part.numbering_part.element.num_having_numId(number).abstractNumId.val


def _number_pages(word: WordDocument) -> None:
    """In the middle of the upper margin, from the second page on."""
    section = word.sections[0]
    section.different_first_page_header_footer = True
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run()
    run.font.size = Pt(PAGE_NUMBER_PT)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._r.append(part)


# --- text


def _write_body(word: WordDocument, lines: Sequence[Line | Grid]) -> None:
    lists: dict[Style, int] = {}
    paragraph = None
    for line in lines:
        if isinstance(line, Grid):
            _write_grid(word, line)
            continue
        paragraph = word.add_paragraph(style=_style_name(line.style))
        _write_runs(paragraph, line)
        if line.style in _NUMBERED:
            if line.number == 1:
                lists[line.style] = _new_list(word, line.style)
            numbering = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            numbering.get_or_add_ilvl().val = 0
            numbering.get_or_add_numId().val = lists[line.style]
    if paragraph is not None:
        paragraph.paragraph_format.keep_with_next = True  # a signature never stands on a page by itself


def _new_list(word: WordDocument, style: Style) -> int:
    """The id of a list of its own, which counts from 1."""
    number = word.part.numbering_part.element.add_num(_abstract_number(word, style))
    number.add_lvlOverride(ilvl=0).add_startOverride(1)
    return number.numId


def _write_grid(word: WordDocument, grid: Grid) -> None:
    rows = grid.lines()
    table = word.add_table(rows=len(rows), cols=len(grid.head), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _set_padding(table)
    for column, width in zip(table.columns, grid.widths_mm, strict=True):
        column.width = Mm(width)
    for at, (row, lines) in enumerate(zip(table.rows, rows, strict=True)):
        kept = row._tr.get_or_add_trPr()
        kept.append(OxmlElement("w:cantSplit"))
        if at == 0:
            kept.append(OxmlElement("w:tblHeader"))
        for cell, line, width in zip(row.cells, lines, grid.widths_mm, strict=True):
            cell.width = Mm(width)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            _write_cell(cell, (line,))
    below = word.add_paragraph(style=_style_name(Style.GRID_WORDS))
    below.paragraph_format.line_spacing = Pt(GRID_BELOW_PT)


def _set_padding(table: Table) -> None:
    margins = OxmlElement("w:tblCellMar")
    for side in ("w:left", "w:right"):
        margin = OxmlElement(side)
        margin.set(qn("w:w"), str(Mm(GRID_PADDING_MM).twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def _write_beside(
    word: WordDocument, widths_mm: tuple[float, float], left: Sequence[Line], right: Sequence[Line]
) -> None:
    table = word.add_table(rows=1, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    row = table.rows[0]
    unsplit = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(unsplit)
    for cell, width, lines in zip(row.cells, widths_mm, (left, right), strict=True):
        cell.width = Mm(width)
        _write_cell(cell, lines)
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)


def _write_cell(cell: _Cell, lines: Sequence[Line]) -> None:
    for at, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if at == 0 else cell.add_paragraph()
        paragraph.style = _style_name(line.style)
        _write_runs(paragraph, line)


def _write_runs(paragraph: Paragraph, line: Line) -> None:
    for run in line.runs:
        written = paragraph.add_run(without_control_characters(run.text))
        # Words that stress within a line that is set so as a whole stand out by being set upright.
        written.bold = (run.bold or None) if not line.look.bold else None
        if run.italic:
            written.italic = not line.look.italic


def _style_name(style: Style) -> str:
    return _WORD_STYLES.get(style) or _OUR_STYLES[style]
