"""Links to what a text names: its own articles, and documents of this library by their numbers.

They are made as the text is shown: which documents are here changes with every sync. Only tags are added, so
that character positions stay those of the stored text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from handbook.model.references import Citation, article_of_heading, article_references, citations
from handbook.model.text import fold, nfc

if TYPE_CHECKING:
    from handbook.client.library import DocumentCard, OutlineEntry

    Numbers = Mapping[str, Sequence[tuple[str, date]]]

ARTICLE = "article."
"""Before an article's number this is an anchor in a document whose outline is not known here."""

_TAG = re.compile(r"(<[^>]*>)")
_AMENDS = re.compile(r"\bsua doi\b")
_WORTH_READING = re.compile(r"điều\s+\d|\d\s*[-–/]\s*\w", re.IGNORECASE)


class Linker:
    """Makes the links of one document. `numbers` is `Library.by_number()`."""

    def __init__(self, card: "DocumentCard", outline: "Sequence[OutlineEntry]", numbers: "Numbers") -> None:
        self._document = card.id
        self._numbers = numbers
        # An amending law speaks of the articles of another unless it says otherwise.
        self._amends = bool(_AMENDS.search(fold(card.title)))
        self._articles = anchors_of_articles(outline)

    def link(self, html: str) -> str:
        """The clean HTML of a section with links in it; what is a heading or a link already is left alone."""
        if not _WORTH_READING.search(html):
            return html
        parts, inside = [], 0
        for part in _TAG.split(nfc(html)):
            if part.startswith("<"):
                if part.startswith(("<a ", "<h")) and part != "<hr>":
                    inside += 1
                elif part.startswith(("</a", "</h")):
                    inside -= 1
            elif not inside and _WORTH_READING.search(part):
                part = self._linked(part)
            parts.append(part)
        return "".join(parts)

    def _linked(self, text: str) -> str:
        parts, end = [], 0
        for start, stop, href in sorted(self._links(text)):
            if start >= end:
                parts += [text[end:start], f'<a href="{href}">', text[start:stop], "</a>"]
                end = stop
        return "".join((*parts, text[end:]))

    def _links(self, text: str) -> Iterator[tuple[int, int, str]]:
        for named in article_references(text):
            if named.document:
                if target := self._target(named.document):
                    yield named.start, named.end, f"handbook:{target}#{ARTICLE}{named.article}"
            elif named.article in self._articles and (named.says_this or not self._amends):
                yield named.start, named.end, f"#{self._articles[named.article]}"
        for cited in citations(text):
            if target := self._target(cited):
                yield cited.start, cited.end, f"handbook:{target}"

    def _target(self, cited: Citation) -> str:
        """The one other document that is meant: numbers begin anew each term, so a date must agree."""
        key = "-".join((cited.key[0].zfill(5), *cited.key[1:]))
        meant = [
            document
            for document, issued_on in self._numbers.get(key, ())
            if cited.issued_on in (None, issued_on)
        ]
        return meant[0] if len(meant) == 1 and meant[0] != self._document else ""


def anchors_of_articles(outline: "Sequence[OutlineEntry]") -> dict[str, str]:
    """The anchor of each article by its number; without those that occur twice."""
    found: dict[str, list[str]] = {}
    for entry in outline:
        if article := article_of_heading(entry.heading):
            found.setdefault(article, []).append(entry.anchor)
    return {article: anchors[0] for article, anchors in found.items() if len(anchors) == 1}


def anchor_in(outline: "Sequence[OutlineEntry]", wanted: str) -> str:
    """The section's anchor for a link's: itself, or that of the article it names; '' when there is none."""
    if wanted.startswith(ARTICLE):
        return anchors_of_articles(outline).get(wanted.removeprefix(ARTICLE), "")
    return wanted if any(entry.anchor == wanted for entry in outline) else ""
