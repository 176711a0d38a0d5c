"""A section's Markdown as clean HTML that fits QTextDocument's subset, and as plain text for search.

Links lead to web addresses, to an anchor (`#dieu-5`) or to a document (`handbook:central/15-nq-tw-2022`). A
picture that stands alone and is one of the document's images becomes a figure with its description under it,
named `asset:<sha256>`; of any other only the description is left. Scripts and styles are left out.
"""

import html
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import nh3

from handbook.model.library import Image, Section

if TYPE_CHECKING:
    from markdown import Markdown

    from handbook.client.footnotes import Footnotes

ASSET = "asset"  # the scheme of images and of the links around them

_TEXT_TAGS = {"p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "a"}
_LETTER_TAGS = {"code", "em", "strong", "b", "i", "u", "s", "sub", "sup", "small"}
_LIST_TAGS = {"ul", "ol", "li"}
_TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}
_TAGS = frozenset(_TEXT_TAGS | _LETTER_TAGS | _LIST_TAGS | _TABLE_TAGS)
_HREF = re.compile(r"https?://|handbook:|#|asset:[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class RenderedSection:
    """`html` is clean and ready to show; `text` has one line a paragraph, list item or table row."""

    html: str
    text: str


def render_sections(sections: Sequence[Section], images: Sequence[Image] = ()) -> tuple[RenderedSection, ...]:
    """All sections of one document. Footnotes are numbered through the document and stand at the end of the
    section that refers to them first, wherever they were defined."""
    texts, definitions = [], dict[str, str]()
    defined_in: list[list[str]] = []
    for section in sections:
        text, own = _without_definitions(section.text)
        texts.append(text)
        defined_in.append(list(own))
        definitions.update(own)
    referred = [[label for label in _REFERENCE.findall(text) if label in definitions] for text in texts]
    everywhere = {label for labels in referred for label in labels}
    numbers: dict[str, int] = {}
    shown = {image.sha256: image for image in images}
    rendered = []
    for text, labels, own in zip(texts, referred, defined_in, strict=True):
        # A note nobody refers to is not lost: it stays where it was written.
        notes = [*dict.fromkeys(labels), *(label for label in own if label not in everywhere)]
        placed = {label: definitions[label] for label in notes if label not in numbers}
        for label in placed:
            numbers[label] = len(numbers) + 1
        if not placed and _PLAIN.fullmatch(text):
            rendered.append(_paragraphs(text))
            continue
        markup = _with_images(_cleaner().clean(_slow_html(text, placed, numbers)), shown)
        rendered.append(RenderedSection(markup, _text(markup)))
    return tuple(rendered)


# --- text

_BLOCK_END = re.compile(r"</(?:p|li|tr|h[1-6]|pre|blockquote)>|<br>|<hr>")
_CELL_END = re.compile(r"</t[hd]>")
_NOTE_REFERENCE = re.compile(r"<sup><a[^>]*>\d+</a></sup>")
_TAG = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"[^\S\n]+")
_LINE_BREAKS = re.compile(r" ?\n[ \n]*")


def _text(markup: str) -> str:
    if not _TAG.search(markup):
        return markup
    flat = markup.replace("\n", " ")
    flat = _CELL_END.sub(" ", _BLOCK_END.sub("\n", _NOTE_REFERENCE.sub("", flat)))
    flat = html.unescape(_TAG.sub("", flat))
    return _LINE_BREAKS.sub("\n", _SPACES.sub(" ", flat)).strip()


# --- HTML


@cache
def _cleaner() -> nh3.Cleaner:
    def kept(_tag: str, attribute: str, value: str) -> str | None:
        return value if attribute != "href" or _HREF.match(value) else None

    return nh3.Cleaner(
        tags=set(_TAGS),
        attributes={
            "a": {"href", "name"},
            "p": {"align"},
            "ol": {"start"},
            "th": {"align", "colspan", "rowspan"},
            "td": {"align", "colspan", "rowspan"},
        },
        attribute_filter=kept,
        # The cell borders of QTextDocument come from attributes.
        set_tag_attribute_values={"table": {"border": "1", "cellspacing": "0", "cellpadding": "6"}},
        url_schemes={"http", "https", "handbook", ASSET},
        link_rel=None,
    )


# The place of a figure, as client.figures leaves it. The picture itself is put in after the cleaning, which
# lets no <img> through: an address that was not made here is never shown.
_FIGURE = re.compile(
    r'<p align="center">(?P<link><a href="asset:(?P<sha256>[0-9a-f]{64})">)</a></p>'
    r'(?P<below>\s*<p align="center"><em>(?P<description>[^<]*)</em>)'
)


def _with_images(markup: str, images: Mapping[str, Image]) -> str:
    def figure(found: re.Match[str]) -> str:
        image = images.get(found["sha256"])
        if image is None:
            return found[0]
        said = html.escape(html.unescape(found["description"]))
        picture = (
            f'<img src="{ASSET}:{image.sha256}" width="{image.width}" height="{image.height}" alt="{said}">'
        )
        # A line as high as the picture: the spacing that text has would be a share of its height.
        line = '<p align="center" style="line-height:100%">'
        return f"{line}{found['link']}{picture}</a></p>{found['below']}"

    return _FIGURE.sub(figure, markup) if images else markup


# Legal texts are mostly paragraphs of words; Python-Markdown takes many times longer to say that they are
# paragraphs. A plain line begins with a letter, a digit that does not begin a list, a quotation mark or a
# bracket, ends without space, and holds nothing that Markdown or HTML could read as markup except a backslash
# before a full stop and the like.
_SAFE = r"(?:[^\x00-\x1f\x7f-\xa0\s`*_\[\]<>&|#\\]|\\[().+#!-])"
_LINE = rf"(?!\d+\.[ ])(?=[^\W_]|[(\"“‘]){_SAFE}+(?:[ ]{_SAFE}+)*"
_PLAIN = re.compile(rf"\n*(?:{_LINE}\n+)*(?:{_LINE})?")
_ESCAPE = re.compile(r"\\(.)")


def _paragraphs(text: str) -> RenderedSection:
    """What matches _PLAIN, rendered."""
    blocks = [block for block in re.split(r"\n\n+", _ESCAPE.sub(r"\1", text.strip("\n"))) if block]
    markup = _cleaner().clean("\n".join(f"<p>{block}</p>" for block in blocks))
    # As _text has it: a paragraph is a line, and single spaces are all there are.
    return RenderedSection(markup, "\n".join(block.replace("\n", " ") for block in blocks))


_REFERENCE = re.compile(r"\[\^([^\]\n]+)\](?!:)")
_DEFINITION = re.compile(
    r"^ {0,3}\[\^(?P<label>[^\]\n]+)\]:[ ]*(?P<text>.*(?:\n(?!\[\^)[^\n]+)*(?:\n+(?: {4}|\t)[^\n]*)*)\n?",
    re.MULTILINE,
)


def _without_definitions(text: str) -> tuple[str, dict[str, str]]:
    """The text without its footnote definitions, and these by label."""
    if "[^" not in text:
        return text, {}
    definitions = {found["label"]: found["text"].strip() for found in _DEFINITION.finditer(text)}
    return _DEFINITION.sub("", text), definitions


_markdown_lock = threading.Lock()


def _slow_html(text: str, notes: Mapping[str, str], numbers: Mapping[str, int]) -> str:
    """Python-Markdown's HTML, not yet clean."""
    with _markdown_lock:
        markdown, footnotes = _markdown()
        markdown.reset()
        footnotes.begin(numbers)
        definitions = (f"[^{label}]: {note}" for label, note in notes.items())
        return markdown.convert("\n\n".join((text, *definitions)))


@cache
def _markdown() -> "tuple[Markdown, Footnotes]":
    # Imported when the first text that needs it is met, so that a start does not pay for it.
    from markdown import Markdown
    from markdown.extensions.sane_lists import SaneListExtension
    from markdown.extensions.tables import TableExtension

    from handbook.client.figures import Figures
    from handbook.client.footnotes import Footnotes

    footnotes = Footnotes()
    # QTextDocument knows the align attribute of a cell, not its style.
    tables = TableExtension(use_align_attribute=True)
    return Markdown(
        extensions=[tables, footnotes, Figures(), SaneListExtension()], output_format="html"
    ), footnotes
