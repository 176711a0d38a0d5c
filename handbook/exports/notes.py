"""A member's notes as a Word document or as Markdown, by document and in the order of its text."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from handbook.model.notes import COLOUR_NAMES, Colour, Entry, EntryKind
from handbook.model.vietnamese import date_text

TITLE: Final = "Ghi chú cá nhân"
FONT: Final = "Times New Roman"
SHADES: Final = {
    Colour.YELLOW: "FFF2B0",
    Colour.GREEN: "CFEBCB",
    Colour.PINK: "FBD3DF",
    Colour.VIOLET: "E2D6F5",
}
_GREY: Final = RGBColor(0x55, 0x55, 0x55)
# What a .docx, being XML 1.0, cannot hold.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>#|~])")
_BEGINS_A_LIST = re.compile(r"^(?P<before>\s*\d*)(?P<sign>[-+.)])(?=\s)", re.MULTILINE)


def citation(entry: Entry) -> str:
    """Nghị quyết số 15-NQ/TW ngày 05/05/2022 của Bộ Chính trị; less of a document that is gone."""
    if entry.issued_on is None:
        return entry.source
    return f"{entry.source} ngày {date_text(entry.issued_on)} của {entry.issuer}"


def to_word(entries: Sequence[Entry], now: datetime) -> bytes:
    """The entries, which come grouped by document, as a .docx on A4 with official margins."""
    word = Document()
    _set_page(word)
    title = word.add_paragraph(style="Title")
    title.add_run(TITLE)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _grey(
        word.add_paragraph(f"Xuất ngày {date_text(now)}, {len(entries)} mục")
    ).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for group in _by_document(entries):
        first = group[0]
        word.add_heading(without_control_characters(first.title), level=1)
        _grey(word.add_paragraph(without_control_characters(citation(first))))
        for heading, several in _by_section(group):
            word.add_heading(without_control_characters(heading), level=2)
            for entry in several:
                _write_entry(word, entry)
    word.core_properties.title = TITLE
    word.core_properties.author = ""
    word.core_properties.comments = ""
    word.core_properties.created = word.core_properties.modified = now.replace(tzinfo=None)
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def to_markdown(entries: Sequence[Entry], now: datetime) -> str:
    """The entries, which come grouped by document, as CommonMark."""
    lines = [f"# {TITLE}", "", f"Xuất ngày {date_text(now)}, {len(entries)} mục", ""]
    for group in _by_document(entries):
        lines += [f"## {_escaped(group[0].title)}", "", _escaped(citation(group[0])), ""]
        for heading, several in _by_section(group):
            lines += [f"### {_escaped(heading)}", ""]
            for entry in several:
                if entry.quote:
                    lines += [f"> {line}".rstrip() for line in _quoted(entry)] + [""]
                if entry.text:
                    lines += [_escaped(entry.text), ""]
                lines += [f"*{_about(entry)}*", ""]
    return "\n".join(lines)


def _write_entry(word: WordDocument, entry: Entry) -> None:
    if entry.quote and entry.colour:
        quote = word.add_paragraph()
        quote.paragraph_format.left_indent = Mm(6)
        run = quote.add_run(without_control_characters(f"“{entry.quote}”"))
        run.italic = True
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), SHADES[entry.colour])
        run._r.get_or_add_rPr().append(shade)
    if entry.text:
        word.add_paragraph(without_control_characters(entry.text))
    about = _grey(word.add_paragraph(_about(entry)))
    about.paragraph_format.space_after = Pt(10)


def _about(entry: Entry) -> str:
    """Kind, colour and date of an entry, and whether its passage is gone."""
    what = (
        "Đánh dấu trang" if entry.kind is EntryKind.BOOKMARK else "Ghi chú" if entry.text else "Đoạn tô màu"
    )
    parts = [what]
    if entry.colour:
        parts.append(f"màu {COLOUR_NAMES[entry.colour].lower()}")
    parts.append(date_text(entry.changed_at))
    if entry.orphaned:
        parts.append("không còn trong bản hiện hành")
    return ", ".join(parts)


def _by_document(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    for _, group in groupby(entries, key=lambda entry: entry.document):
        yield list(group)


def _by_section(entries: Iterable[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    for heading, group in groupby(entries, key=lambda entry: entry.heading):
        yield heading or "Mở đầu", list(group)


def _set_page(word: WordDocument) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    for name, size in (("Normal", 14), ("Title", 18), ("Heading 1", 15), ("Heading 2", 14)):
        style = word.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), FONT)


def _grey(paragraph: Paragraph) -> Paragraph:
    for run in paragraph.runs:
        run.font.size = Pt(11)
        run.font.color.rgb = _GREY
    return paragraph


def without_control_characters(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


def _escaped(text: str) -> str:
    """The text as CommonMark that shows it as it is."""
    return _BEGINS_A_LIST.sub(r"\g<before>\\\g<sign>", _MARKDOWN_SIGNS.sub(r"\\\1", text))


def _quoted(entry: Entry) -> Iterator[str]:
    for at, line in enumerate(entry.quote.splitlines()):
        if at:
            yield ""  # lines of a quote are paragraphs
        yield _escaped(line)
