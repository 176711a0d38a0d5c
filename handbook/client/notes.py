"""What the member marks in documents: highlights, notes on them, bookmarks. It never leaves personal.db.

A mark belongs to the edition it was made in. When the library holds another one, `settle` looks for it there,
once for each edition; until then queries answer as if it had.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import uuid_utils
from sqlalchemy import Row, Table, delete, insert, select, update

from handbook.client.noted_texts import NotedTexts, anchor_of, place_key, source_of
from handbook.client.store import Store
from handbook.client.tables.personal import bookmarks, notes
from handbook.errors import NotFound
from handbook.model.changes import Change, Changes
from handbook.model.notes import (
    Colour,
    Entry,
    EntryKind,
    Note,
    Place,
    SectionText,
    ink_range,
    passage,
)
from handbook.model.text import fold

REMOVED_FOR = timedelta(days=1)
"""How long a removed mark can be brought back, by undo; then its text is really gone."""


@dataclass(frozen=True, slots=True)
class Span:
    """A passage of a section's text, or of its heading, counted in the seen characters there (model.notes),
    `first` to before `stop`."""

    section: str
    first: int
    stop: int
    in_heading: bool = False


@dataclass(frozen=True, slots=True)
class MarkedNote:
    """A note with where a reader paints it; `span` is None for an orphan."""

    note: Note
    heading: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class DocumentNotes:
    """A document's notes in the order of its text, orphans last in the order they were made.

    `edition` is the one they are placed in, 0 for a document that is not in the library; `bookmarks` has the
    id of the bookmark of each section that has one.
    """

    edition: int
    notes: tuple[MarkedNote, ...]
    bookmarks: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Conditions that all hold; what is None, empty or False is not asked. `text` is looked for folded."""

    text: str = ""
    document: str = ""
    colour: Colour | None = None
    kind: EntryKind | None = None
    orphaned: bool = False


class Notes:
    """The notes of the opened profile. An id that was removed long ago raises NotFound in commands."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- reading

    def of_document(self, document_id: str) -> DocumentNotes:
        """For the edition in the library now; a document that is not there has orphans only."""
        with self._store.personal.read() as personal:
            rows = personal.execute(_present(notes).where(notes.c.document == document_id)).all()
            kept = personal.execute(_present(bookmarks).where(bookmarks.c.document == document_id)).all()
        with self._store.library.read() as library:
            texts = NotedTexts(library)
            found = [(row, texts.place(row)) for row in rows]
            read = texts.sections(document_id, {place.section for _, place in found if place})
            marked = []
            for row, place in found:
                section = read.get(place.section) if place else None
                marked.append(
                    MarkedNote(
                        _note(row, place),
                        texts.headings(document_id).get(place.section, "") if place else row.heading,
                        _span(section, place) if place and section else None,
                    )
                )
            order = list(texts.headings(document_id)) if marked else []
            here = {anchor: row.id for row in kept if (anchor := texts.bookmarked(row))}
            card = texts.card(document_id)
        marked.sort(key=lambda one: place_key(one.note.place, order, one.note.created_at))
        return DocumentNotes(card.edition if card else 0, tuple(marked), here)

    def all(self, filter: Filter = Filter()) -> tuple[Entry, ...]:
        """Entries that fulfil the filter: documents last worked on first, each in the order of its text."""
        with self._store.personal.read() as personal:
            marks = personal.execute(_present(notes)).all()
            kept = personal.execute(_present(bookmarks)).all()
        with self._store.library.read() as library:
            texts = NotedTexts(library, {row.document for row in (*marks, *kept)})
            entries = [texts.entry_of_note(row) for row in marks]
            entries += [texts.entry_of_bookmark(row) for row in kept]
        latest: dict[str, datetime] = {}
        for _, entry in entries:
            latest[entry.document] = max(latest.get(entry.document, entry.changed_at), entry.changed_at)
        entries.sort(key=lambda one: (-latest[one[1].document].timestamp(), one[1].document, one[0]))
        wanted = fold(filter.text).split()
        return tuple(entry for _, entry in entries if _fulfils(entry, filter, wanted))

    def entries(self, ids: Iterable[str]) -> Mapping[str, Entry]:
        """Those of the highlights and notes that are there, by id."""
        with self._store.personal.read() as personal:
            rows = personal.execute(_present(notes).where(notes.c.id.in_(set(ids)))).all()
        with self._store.library.read() as library:
            texts = NotedTexts(library, {row.document for row in rows})
            return {row.id: texts.entry_of_note(row)[1] for row in rows}

    def last_colour(self) -> Colour:
        """The colour of the mark that was last made or changed."""
        newest = select(notes.c.colour).order_by(notes.c.changed_at.desc()).limit(1)
        with self._store.personal.read() as personal:
            return Colour(personal.scalar(newest) or Colour.YELLOW)

    # -- marking

    def mark(
        self,
        document_id: str,
        edition: int,
        spans: Sequence[Span],
        colour: Colour,
        now: datetime,
        text: str = "",
    ) -> tuple[str, ...]:
        """Highlights the passages and announces it; the note's text goes with the first.

        Returns the ids, by which the marks can be changed or taken back. Raises NotFound when the edition
        that was read is no longer there, BadInput when nothing was chosen; then nothing is marked.
        """
        with self._store.library.read() as library:
            texts = NotedTexts(library)
            card = texts.card(document_id)
            if card is None:
                raise NotFound("Văn bản này không còn trên máy.", "Hãy mở lại thư viện.")
            read, headings = texts.edition(document_id), texts.headings(document_id)
            rows = []
            for span in spans:
                section = read.section(span.section)
                if section is None or card.edition != edition:
                    raise NotFound("Văn bản vừa được cập nhật bản mới.", "Hãy mở lại văn bản rồi tô màu lại.")
                place = passage(section, span.first, span.stop, span.in_heading)
                anchor = read.anchor(place)
                rows.append(
                    {
                        "id": str(uuid_utils.uuid7()),
                        "document": document_id,
                        "source": source_of(card),
                        "title": card.title,
                        "edition": card.edition,
                        "heading": headings[span.section],
                        "section": anchor.section,
                        "quote": anchor.quote,
                        "before": anchor.before,
                        "after": anchor.after,
                        "position": anchor.position,
                        "in_heading": anchor.in_heading,
                        "colour": colour.value,
                        "text": "" if rows else text,
                        "created_at": now,
                        "changed_at": now,
                    }
                    | _standing(card.edition, place)
                )
        if rows:
            with self._store.personal.write() as personal:
                personal.execute(insert(notes), rows)
            self._store.announce({Change.NOTES})
        return tuple(row["id"] for row in rows)

    def recolour(self, note_id: str, colour: Colour, now: datetime) -> Changes:
        return self._change(note_id, colour=colour.value, changed_at=now)

    def annotate(self, note_id: str, text: str, now: datetime) -> Changes:
        """Writes the member's words on a mark in place of the former ones; '' takes them away."""
        return self._change(note_id, text=text, changed_at=now)

    def remove(self, ids: Iterable[str], now: datetime) -> Changes:
        """Takes away notes and bookmarks; `restore` brings them back within REMOVED_FOR."""
        return self._set_removed(ids, now)

    def restore(self, ids: Iterable[str]) -> Changes:
        return self._set_removed(ids, None)

    def bookmark(self, document_id: str, section: str, now: datetime) -> str:
        """Bookmarks a section and announces it; returns the id. Raises NotFound."""
        with self._store.library.read() as library:
            texts = NotedTexts(library)
            card = texts.card(document_id)
            headings = texts.headings(document_id)
        if card is None or section not in headings:
            raise NotFound("Văn bản vừa được cập nhật, mục này không còn.", "Hãy mở lại văn bản.")
        row = {
            "id": str(uuid_utils.uuid7()),
            "document": document_id,
            "source": source_of(card),
            "title": card.title,
            "section": section,
            "heading": headings[section],
            "created_at": now,
        }
        with self._store.personal.write() as personal:
            personal.execute(insert(bookmarks).values(row))
        self._store.announce({Change.NOTES})
        return str(row["id"])

    # -- editions

    def settle(self, now: datetime) -> Changes:
        """Looks for every mark in the edition that is in the library now; forgets what was removed long ago.

        Nothing is announced when every mark stood as it was known to.
        """
        with self._store.personal.read() as personal:
            rows = personal.execute(select(notes)).all()
        moved = []
        with self._store.library.read() as library:
            texts = NotedTexts(library)
            for row in rows:
                card = texts.card(row.document)
                if card and card.edition != row.place_edition:
                    moved.append((row.id, card.edition, texts.place(row)))
        with self._store.personal.write() as personal:
            for note, edition, place in moved:
                personal.execute(update(notes).where(notes.c.id == note).values(_standing(edition, place)))
            for table in (notes, bookmarks):
                personal.execute(delete(table).where(table.c.removed_at < now - REMOVED_FOR))
        return self._store.announce({Change.NOTES} if moved else ())

    def _change(self, note_id: str, **values: object) -> Changes:
        with self._store.personal.write() as personal:
            changed = personal.execute(update(notes).where(notes.c.id == note_id).values(values))
            if not changed.rowcount:
                raise _gone()
        return self._store.announce({Change.NOTES})

    def _set_removed(self, ids: Iterable[str], removed_at: datetime | None) -> Changes:
        wanted = set(ids)
        with self._store.personal.write() as personal:
            found = 0
            for table in (notes, bookmarks):
                statement = update(table).where(table.c.id.in_(wanted)).values(removed_at=removed_at)
                found += personal.execute(statement).rowcount
            if found < len(wanted):
                raise _gone()
        return self._store.announce({Change.NOTES} if wanted else ())


def _present(table: Table) -> Any:
    return select(table).where(table.c.removed_at.is_(None)).order_by(table.c.id)


def _span(section: SectionText, place: Place) -> Span:
    return Span(section.anchor, *ink_range(section, place), place.in_heading)


def _note(row: Row, place: Place | None) -> Note:
    return Note(
        id=row.id,
        document=row.document,
        edition=row.edition,
        anchor=anchor_of(row),
        colour=Colour(row.colour),
        text=row.text,
        created_at=row.created_at,
        changed_at=row.changed_at,
        place=place,
    )


def _standing(edition: int, place: Place | None) -> dict[str, object]:
    return {
        "place_edition": edition,
        "place_section": place.section if place else None,
        "place_start": place.start if place else None,
        "place_end": place.end if place else None,
    }


def _fulfils(entry: Entry, filter: Filter, wanted: Sequence[str]) -> bool:
    if filter.document not in ("", entry.document) or (filter.orphaned and not entry.orphaned):
        return False
    if filter.colour not in (None, entry.colour) or filter.kind not in (None, entry.kind):
        return False
    if not wanted:
        return True
    said = fold(" ".join((entry.text, entry.quote, entry.heading, entry.source, entry.title)))
    return all(word in said for word in wanted)


def _gone() -> NotFound:
    return NotFound("Ghi chú này không còn nữa.", "Có thể đồng chí đã xoá nó ở một chỗ khác.")
