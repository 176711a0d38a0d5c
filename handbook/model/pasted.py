"""What is pasted from Word or a web page, as blocks: the words and their structure, no foreign look.

Word's HTML says what it means in style declarations: `mso-list` on the paragraph of a list item with its
level, `mso-list:Ignore` around the number that it draws itself, `mso-outline-level` or a heading tag on a
heading.
"""

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Final

from handbook.model.prose import LINK, Block, Heading, Item, Paragraph, Quotation, Run, Runs, normal
from handbook.model.text import nfc

_SILENT: Final = frozenset(
    {"head", "style", "script", "title", "template", "noscript", "svg", "xml", "select"}
)
_VOID: Final = frozenset({"br", "img", "hr", "meta", "link", "input", "col", "wbr", "area", "base", "source"})
_BLOCKS: Final = frozenset(
    {"p", "div", "section", "article", "header", "footer", "pre", "blockquote", "table", "tr"}
    | {"li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_HEADINGS: Final = {"h1": 1, "h2": 1, "h3": 1, "h4": 2, "h5": 2, "h6": 2}
_BOLD: Final = frozenset({"b", "strong"})
_ITALIC: Final = frozenset({"i", "em", "cite"})
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_WORD_LIST = re.compile(r"mso-list:\s*l\d+\s+level(\d)")
_WORD_MARK = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)
_OUTLINE = re.compile(r"mso-outline-level:\s*(\d)")
_WEIGHT = re.compile(r"(?<![\w-])font-weight:\s*(bold\w*|normal|\d+)")
_SLANT = re.compile(r"(?<![\w-])font-style:\s*(italic|oblique|normal)")
_ORDERED_MARK = re.compile(r"\W*(?:\d+|[a-zA-Zđ]|[ivxIVX]+)[.)]\W*")
_HIDDEN = re.compile(r"display:\s*none|mso-hide:\s*all")


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    style: str
    link: str
    silent: bool
    bold: bool
    italic: bool


class _Reader(HTMLParser):
    """Collects lines: each is closed by the next block element."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._open: list[_Tag] = []
        self._runs: list[Run] = []
        self._mark = ""
        self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = next((value or "" for name, value in attrs if name == "style"), "").lower()
        if tag == "br":
            self._end_line()
        elif tag in ("td", "th"):
            if self._runs and self._cell:
                self._runs = [*_trimmed(self._runs), Run(text="; ")]
            self._cell = True
        elif tag in _BLOCKS and not (self._in_cell and tag not in ("tr", "table")):
            self._end_line()
        if tag not in _VOID:
            self._open.append(self._tag(tag, style, attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS and not (self._in_cell and tag not in ("tr", "table")):
            self._end_line()
        for at in reversed(range(len(self._open))):
            if self._open[at].name == tag:
                del self._open[at:]
                break

    def handle_data(self, data: str) -> None:
        if any(tag.silent for tag in self._open):
            if any(_WORD_MARK.search(tag.style) for tag in self._open):
                self._mark += data
            return
        kept = any(tag.name == "pre" for tag in self._open)
        for number, piece in enumerate(data.split("\n") if kept else [_SPACES.sub(" ", data)]):
            if number:
                self._end_line()
            if piece:
                self._runs.append(self._run(piece.replace("\xa0", " ")))

    def close(self) -> None:
        super().close()
        self._end_line()

    @property
    def _in_cell(self) -> bool:
        return any(tag.name in ("td", "th") for tag in self._open)

    def _tag(self, name: str, style: str, attrs: list[tuple[str, str | None]]) -> _Tag:
        around = self._open[-1] if self._open else _Tag("", "", "", False, False, False)
        link = next((value or "" for key, value in attrs if key == "href"), "")
        bold = around.bold or name in _BOLD
        italic = around.italic or name in _ITALIC
        if weight := _WEIGHT.search(style):
            bold = weight[1].startswith("bold") or (weight[1].isdigit() and int(weight[1]) >= 600)
        if slant := _SLANT.search(style):
            italic = slant[1] != "normal"
        silent = name in _SILENT or bool(_WORD_MARK.search(style) or _HIDDEN.search(style))
        return _Tag(name, style, link if LINK.fullmatch(link) else around.link, silent, bold, italic)

    def _run(self, text: str) -> Run:
        tag = self._open[-1] if self._open else None
        if tag is None:
            return Run(text=nfc(text))
        return Run(text=nfc(text), bold=tag.bold, italic=tag.italic, link=tag.link)

    def _end_line(self) -> None:
        runs, mark = _trimmed(self._runs), self._mark
        self._runs, self._mark, self._cell = [], "", False
        if not runs:
            return
        names = [tag.name for tag in self._open]
        word = next((found for tag in self._open if (found := _WORD_LIST.search(tag.style))), None)
        outline = next((found for tag in self._open if (found := _OUTLINE.search(tag.style))), None)
        headings = [_HEADINGS[name] for name in names if name in _HEADINGS]
        if word:
            ordered = bool(_ORDERED_MARK.fullmatch(mark))
            self.blocks.append(Item(runs, ordered, min(int(word[1]), 2)))
        elif headings:
            self.blocks.append(Heading(runs, headings[-1]))
        elif outline and int(outline[1]) <= 6:
            self.blocks.append(Heading(runs, 1 if int(outline[1]) <= 3 else 2))
        elif lists := [name for name in names if name in ("ul", "ol")]:
            self.blocks.append(Item(runs, lists[-1] == "ol", min(len(lists), 2)))
        elif "blockquote" in names:
            self.blocks.append(Quotation((runs,), None))
        else:
            self.blocks.append(Paragraph(runs))


def blocks_in_html(html: str) -> tuple[Block, ...]:
    """The words of a page or of a piece of one; colours, fonts, pictures, scripts and tracking stay out.

    Each row of a table is a paragraph, its cells separated by a semicolon.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return normal(reader.blocks)


def blocks_in_text(text: str) -> tuple[Block, ...]:
    """Plain text: each line a paragraph, no sign in it read as markup."""
    lines = nfc(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return normal(Paragraph((Run(text=line),) if line else ()) for line in lines)


def _trimmed(runs: list[Run]) -> Runs:
    """Without the spaces that HTML does not show: around the line, and a second one in a row."""
    kept: list[Run] = []
    for run in runs:
        text = run.text
        if not kept or kept[-1].text.endswith(" "):
            text = text.lstrip(" ")
        if text:
            kept.append(replace(run, text=text))
    if kept:
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip(" "))
    return tuple(run for run in kept if run.text)
