"""What a member marks in a document, and where that stands after a new edition.

A mark remembers its words, the words around them and where they stood. In another edition it is looked for
word for word; failing that, by likeness (model.anchoring); failing that it is an orphan: kept, shown with its
old words, and looked for again in every later edition.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from handbook.errors import BadInput
from handbook.model.text import nfc


class Colour(StrEnum):
    """What each means is the member's own affair."""

    YELLOW = "yellow"
    GREEN = "green"
    PINK = "pink"
    VIOLET = "violet"


COLOUR_NAMES: Final = {
    Colour.YELLOW: "Vàng",
    Colour.GREEN: "Xanh",
    Colour.PINK: "Hồng",
    Colour.VIOLET: "Tím",
}


@dataclass(frozen=True, slots=True)
class SectionText:
    """A section's plain text, and apart from it its heading, which is a text of its own."""

    anchor: str
    text: str
    heading: str = ""

    def part(self, in_heading: bool) -> str:
        return self.heading if in_heading else self.text


@dataclass(frozen=True, slots=True)
class Place:
    """A passage: offsets in the NFC text of a section, or in that of its heading, `start` < `end`."""

    section: str
    start: int
    end: int
    in_heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What a passage is found by. `before` and `after` stop where the section's text or its heading does.

    `position` counts the characters of the edition's texts before the passage; headings do not count, except
    for a passage of a heading, for which only they do.
    """

    section: str
    quote: str
    before: str
    after: str
    position: int
    in_heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A highlighted passage; `text` is what the member wrote of it, often nothing.

    `place` is where it stands in the edition now in the library, None while it is an orphan.
    """

    id: str
    document: str
    edition: int
    anchor: Anchor
    colour: Colour
    text: str
    created_at: datetime
    changed_at: datetime
    place: Place | None


class EntryKind(StrEnum):
    HIGHLIGHT = "highlight"
    NOTE = "note"
    BOOKMARK = "bookmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A highlight, note or bookmark as lists and exports show it, with the document it belongs to.

    `source` names the document (Nghị quyết số 15-NQ/TW, or its title). `issued_on` is None and `issuer` empty
    when the document is no longer in the library. `heading` is that of the section, as it was when the entry
    is `orphaned`. A bookmark has neither colour nor quote.
    """

    id: str
    kind: EntryKind
    document: str
    source: str
    title: str
    issuer: str
    issued_on: date | None
    section: str
    heading: str
    quote: str
    text: str
    colour: Colour | None
    orphaned: bool
    created_at: datetime
    changed_at: datetime


# --- ink: the characters that every rendering of a text has in common

_NO_INK = re.compile(r"[\s\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufffc]")


def has_ink(character: str) -> bool:
    """Whether it is seen as a character: spaces, breaks, invisible marks and what stands for a picture differ
    between a page and its plain text."""
    return not _NO_INK.match(character)


def ink_offsets(text: str) -> list[int]:
    """Where in the NFC text each seen character stands."""
    return [place for place, character in enumerate(nfc(text)) if has_ink(character)]


def passage(section: SectionText, first: int, stop: int, in_heading: bool = False) -> Place:
    """The passage from the seen character `first` up to, not including, `stop`; both counted from 0.

    They are counted in the section's text, or in its heading. Raises BadInput when there is none.
    """
    ink = ink_offsets(section.part(in_heading))[max(first, 0) : max(stop, 0)]
    if not ink:
        raise BadInput("Chưa chọn chữ nào trong văn bản.", "Hãy bôi đen một đoạn rồi làm lại.")
    return Place(section.anchor, ink[0], ink[-1] + 1, in_heading)


def ink_range(section: SectionText, place: Place) -> tuple[int, int]:
    """The passage counted in seen characters: `passage` undoes this."""
    text = nfc(section.part(place.in_heading))
    return _count_ink(text[: place.start]), _count_ink(text[: place.end])


def _count_ink(text: str) -> int:
    return len(text) - len(_NO_INK.findall(text))
