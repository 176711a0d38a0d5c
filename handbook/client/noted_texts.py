"""The texts that notes are made in, read from the library no more than once for each question."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from handbook.client.tables.library import documents, sections
from handbook.model.anchoring import Edition
from handbook.model.library import KIND_NAMES, Kind
from handbook.model.notes import Anchor, Colour, Entry, EntryKind, Place, SectionText
from handbook.model.text import nfc

# The ids go in as one value: a list of values is compiled anew for each length of it.
_NAMED = select(func.json_each(bindparam("ids")).table_valued("value").c.value)
_CARDS = select(documents.c["id", "edition", "kind", "number", "title", "issuer", "issued_on"]).where(
    documents.c.id.in_(_NAMED)
)
_HEADINGS = (
    select(sections.c["document", "anchor", "heading"])
    .where(sections.c.document.in_(_NAMED))
    .order_by(sections.c.document, sections.c.position)
)
_SECTIONS = select(sections.c["anchor", "text", "heading"])


class NotedTexts:
    """The library's side of notes; what was read once for a document is kept."""

    def __init__(self, library: Connection, ids: AbstractSet[str] = frozenset()) -> None:
        """Cards and headings of the documents named are read at once."""
        self._library = library
        self._cards: dict[str, Row | None] = dict.fromkeys(ids)
        self._headings: dict[str, dict[str, str]] = {id: {} for id in ids}
        self._editions: dict[str, Edition] = {}
        if ids:
            named = {"ids": json.dumps(list(ids))}
            self._cards |= {row.id: row for row in library.execute(_CARDS, named)}
            for id, anchor, heading in library.execute(_HEADINGS, named):
                self._headings[id][anchor] = heading

    def card(self, document_id: str) -> Row | None:
        if document_id not in self._cards:
            named = {"ids": json.dumps([document_id])}
            self._cards[document_id] = self._library.execute(_CARDS, named).one_or_none()
        return self._cards[document_id]

    def headings(self, document_id: str) -> dict[str, str]:
        """Heading by section anchor, in the order of the text."""
        if document_id not in self._headings:
            query = select(sections.c.anchor, sections.c.heading).where(sections.c.document == document_id)
            rows = self._library.execute(query.order_by(sections.c.position)).all()
            self._headings[document_id] = {row.anchor: row.heading for row in rows}
        return self._headings[document_id]

    def edition(self, document_id: str) -> Edition:
        if document_id not in self._editions:
            query = _SECTIONS.where(sections.c.document == document_id)
            rows = self._library.execute(query.order_by(sections.c.position)).all()
            self._editions[document_id] = Edition(SectionText(*row) for row in rows)
        return self._editions[document_id]

    def sections(self, document_id: str, anchors: AbstractSet[str]) -> dict[str, SectionText]:
        """These sections by their anchors, in NFC, without the rest of the document."""
        if not anchors:
            return {}
        at = [position for position, anchor in enumerate(self.headings(document_id)) if anchor in anchors]
        here = (sections.c.document == document_id, sections.c.position.in_(_NAMED))
        rows = self._library.execute(_SECTIONS.where(*here), {"ids": json.dumps(at)})
        return {row.anchor: SectionText(row.anchor, nfc(row.text), nfc(row.heading)) for row in rows}

    def place(self, row: Row) -> Place | None:
        """Where a mark stands in the edition of the library; looked for unless `settle` has already."""
        card = self.card(row.document)
        if card is None:
            return None
        if card.edition != row.place_edition:
            return self.edition(row.document).find(anchor_of(row))
        if row.place_section is None:
            return None
        return Place(row.place_section, row.place_start, row.place_end, row.in_heading)

    def bookmarked(self, row: Row) -> str:
        """The section of a bookmark: the same one, or the only one of that heading; '' when neither is."""
        headings = self.headings(row.document)
        if row.section in headings:
            return str(row.section)
        same = [anchor for anchor, heading in headings.items() if heading and heading == row.heading]
        return same[0] if len(same) == 1 else ""

    def entry_of_note(self, row: Row) -> tuple[tuple[Any, ...], Entry]:
        place, order = self.place(row), list(self.headings(row.document))
        entry = self._entry(
            row,
            kind=EntryKind.NOTE if row.text else EntryKind.HIGHLIGHT,
            section=place.section if place else "",
            quote=row.quote,
            text=row.text,
            colour=Colour(row.colour),
            changed_at=row.changed_at,
        )
        return place_key(place, order, row.created_at), entry

    def entry_of_bookmark(self, row: Row) -> tuple[tuple[Any, ...], Entry]:
        section, order = self.bookmarked(row), list(self.headings(row.document))
        entry = self._entry(
            row,
            kind=EntryKind.BOOKMARK,
            section=section,
            quote="",
            text="",
            colour=None,
            changed_at=row.created_at,
        )
        return place_key(
            Place(section, 0, 1, in_heading=True) if section else None, order, row.created_at
        ), entry

    def _entry(self, row: Row, *, section: str, **fields: Any) -> Entry:
        card = self.card(row.document)
        return Entry(
            id=row.id,
            document=row.document,
            source=source_of(card) if card else row.source,
            title=card.title if card else row.title,
            issuer=card.issuer if card else "",
            issued_on=card.issued_on if card else None,
            section=section,
            heading=self.headings(row.document)[section] if section else row.heading,
            orphaned=not section,
            created_at=row.created_at,
            **fields,
        )


def anchor_of(row: Row) -> Anchor:
    return Anchor(
        section=row.section,
        quote=row.quote,
        before=row.before,
        after=row.after,
        position=row.position,
        in_heading=row.in_heading,
    )


def place_key(place: Place | None, order: Sequence[str], made: datetime) -> tuple[Any, ...]:
    """Sorts by place in the text, a heading before what it stands above, orphans behind all."""
    if place is None or place.section not in order:
        return (1, 0, False, 0, made)
    return (0, order.index(place.section), not place.in_heading, place.start, made)


def source_of(card: Row) -> str:
    """Nghị quyết số 15-NQ/TW; of a document without a number its title."""
    return f"{KIND_NAMES[Kind(card.kind)]} số {card.number}" if card.number else str(card.title)
