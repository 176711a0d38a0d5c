"""What is read when a document is opened: enough for the first picture, then the rest of the text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from handbook.desktop.linking import Linker, anchor_in
from handbook.desktop.pieces import Piece, pieces_of
from handbook.desktop.reader_differences import Offer, offers_of

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook
    from handbook.client.library import DocumentView, Library, Position, SectionHtml
    from handbook.client.notes import DocumentNotes

FIRST_CHARACTERS: Final = 16_000
"""Markup of so many characters is more than a large screen shows."""
FIRST_SECTIONS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where a document is opened: at the section `jump` (also `article.<number>`), at a note, where reading
    of it stopped in this window, and without any of these where it was read last."""

    document: str
    jump: str = ""
    note: str = ""
    stopped: "Position | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Sections around the place of reading, and that place."""

    pieces: list[Piece]
    all_here: bool
    section: int
    offset: float
    link: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`part` is None where the text on the screen is still that of the library; `place` is where the person
    asked to go in it."""

    view: "DocumentView"
    notes: "DocumentNotes"
    offers: tuple[Offer, ...]
    place: tuple[int, float] | None
    part: Part | None


def open_document(handbook: "Handbook", wanted: Wanted, shown: "DocumentView | None") -> Opened:
    """`shown` is what is on the page. Raises NotFound."""
    library, document = handbook.library, wanted.document
    view = library.open(document)
    notes = handbook.notes.of_document(document)
    offers = offers_of(view, handbook.editions.former(document) is not None)
    anchors = {entry.anchor: entry.index for entry in view.outline}
    place = _asked_for(view, anchors, wanted)
    part = None
    if not shown or shown.card.edition != view.card.edition:
        noted = next((one.span for one in notes.notes if one.note.id == wanted.note), None)
        last = (anchors.get(view.position.anchor, 0), view.position.offset)
        section, offset = (anchors.get(noted.section, 0), 0.0) if noted else place or last
        count = view.card.section_count
        first, sections = _around(library, document, section, count)
        part = Part(
            pieces=pieces_of(sections, first),
            all_here=len(sections) == count,
            section=section,
            offset=offset,
            link=Linker(view.card, view.outline, library.by_number()).link,
        )
    return Opened(view=view, notes=notes, offers=offers, place=place, part=part)


def read_rest(library: "Library", view: "DocumentView") -> list[Piece]:
    """Of every section; none when another edition came meanwhile, which is announced. Raises NotFound."""
    sections = library.sections(view.card.id, 0, view.card.section_count)
    same = [section.anchor for section in sections] == [entry.anchor for entry in view.outline]
    return pieces_of(sections) if same else []


def _asked_for(view: "DocumentView", anchors: dict[str, int], wanted: Wanted) -> tuple[int, float] | None:
    if jump := anchor_in(view.outline, wanted.jump):
        return anchors[jump], 0.0
    if wanted.stopped and wanted.stopped.anchor in anchors:
        return anchors[wanted.stopped.anchor], wanted.stopped.offset
    return None


def _around(
    library: "Library", document: str, section: int, count: int
) -> "tuple[int, tuple[SectionHtml, ...]]":
    """Sections from this one on that fill a screen; at the document's end also those before it."""
    found = library.sections(document, section, FIRST_SECTIONS)
    while _length(found) < FIRST_CHARACTERS and section + len(found) < count:
        more = library.sections(document, section + len(found), 2 * len(found))
        if not more:
            break  # a shorter edition came since the sections were counted, and is announced
        found += more
    first = section
    while _length(found) < FIRST_CHARACTERS and first > 0:
        before = max(0, first - max(FIRST_SECTIONS, len(found)))
        found = library.sections(document, before, first - before) + found
        first = before
    return first, found


def _length(sections: "tuple[SectionHtml, ...]") -> int:
    return sum(len(section.html) for section in sections)
