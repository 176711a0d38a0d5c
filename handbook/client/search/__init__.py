"""Finding by what a person types, in any of the ways Vietnamese is typed: in the library, in what they wrote.

Answers about documents come from the index in `index/` (see `handbook.client.search.index`) and never wait
for it to be made; the member's own notes and reflections are in no index (`handbook.client.search.own`).
"""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import tantivy
from sqlalchemy import Select, select

from handbook.client.audience import Clock, utc_now
from handbook.client.library import Filter, documents_in
from handbook.client.search.entries import Damaged, damage
from handbook.client.search.index import Reading, SectionIndex
from handbook.client.search.kept import unpacked
from handbook.client.search.own import NoteHit, OwnTexts, ReflectionHit
from handbook.client.search.query import COMPLETIONS, number_query, understood
from handbook.client.search.sections import MAX_SECTIONS_PER_DOCUMENT, Clause, FoundSection, Picks
from handbook.client.search.shown import ShownDocuments
from handbook.client.search.snippet import Span
from handbook.client.store import Store
from handbook.client.tables.personal import saved, ticks
from handbook.model.library import Kind
from handbook.model.text import NumberKey, canonical_tone

WARMING = "nghị quyết của Đảng"
"""Asked of nobody: words that every library has, with marks and in a phrase."""

__all__ = ["MAX_SECTIONS_PER_DOCUMENT", "Hit", "NoteHit", "ReflectionHit", "Results", "Search", "Span"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that matches. `anchor` and `heading` are '' for a text without headings.

    `snippet`, `marked_heading` and `marked_title` (in single spaces) have what matched marked. They are cut
    when they are asked for, which is best done where the search was asked: most of its cost is in them.
    """

    section: FoundSection

    @property
    def document_id(self) -> str:
        return self.section.kept.document

    @property
    def anchor(self) -> str:
        return self.section.kept.anchor

    @property
    def number(self) -> str:
        return self.section.kept.number

    @property
    def title(self) -> str:
        return self.section.kept.title

    @property
    def heading(self) -> str:
        return self.section.kept.heading

    @property
    def kind(self) -> Kind:
        return self.section.kept.kind

    @property
    def issued_on(self) -> date:
        return self.section.kept.issued_on

    @property
    def score(self) -> float:
        return self.section.score

    @property
    def marked_title(self) -> tuple[Span, ...]:
        return self.section.marked_title()

    @property
    def marked_heading(self) -> tuple[Span, ...]:
        return self.section.marked_heading()

    @property
    def snippet(self) -> tuple[Span, ...]:
        return self.section.snippet()


@dataclass(frozen=True, slots=True)
class Results:
    """Three groups, each best first: sections of documents, at most MAX_SECTIONS_PER_DOCUMENT of one; the
    member's own notes; their own reflections.

    `total` counts the sections that hold every word. `exact` is the id of the one document whose number is
    all that was typed, else ''. Without `indexed` there was no index to ask, so no documents are here.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    exact: str = ""
    notes: tuple[NoteHit, ...] = ()
    reflections: tuple[ReflectionHit, ...] = ()
    indexed: bool = True


class Search:
    """Search in one profile's library. Thread-safe."""

    def __init__(self, store: Store, index_dir: Path, clock: Clock = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._index = SectionIndex(index_dir)
        self._shown = ShownDocuments(store)
        self._own = OwnTexts(store)

    def is_ready(self) -> bool:
        """Whether there is an index to ask; it may lag behind the library until `refresh` is done."""
        return self._index.reading() is not None

    def refresh(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Brings the index up to the library, making it anew when missing or damaged; may take minutes.

        False when cancelled. Searching goes on meanwhile, and a kill does no harm. Raises DiskProblem.
        """
        return self._index.refresh(self._store, cancelled)

    def warm(self) -> None:
        """Reads beforehand what the first question would wait for. Raises DiskProblem."""
        self._own.warm()
        self.find(WARMING, limit=1)

    def find(self, text: str, *, limit: int = 20, filter: Filter | None = None) -> Results:
        """What answers `text` best, whatever it is; at most `limit` of each group.

        No documents when there is no index yet. A filter asks for documents: of the member's own it leaves
        the notes on those.
        """
        own = self._own.find(text, limit, partial(self._allowed, filter))
        reading = self._index.reading()
        found = Results(indexed=False)
        if reading is not None:
            try:
                found = self._find(reading, text, limit, filter)
                if reading.texts.damaged:
                    raise Damaged("a text of it")
            except Damaged:
                found = Results(indexed=False)
                self._index.discard(reading)
        reflections = () if filter and filter.asks else own.reflections
        return replace(found, notes=own.notes, reflections=reflections)

    def occurrences(self, words: Iterable[str]) -> dict[str, int]:
        """In how many sections each of these single words stands, spelled so; empty without an index."""
        reading = self._index.reading()
        if reading is None:
            return {}
        try:
            with damage():
                return {word: reading.searcher.doc_freq("exact", canonical_tone(word)) for word in words}
        except Damaged:
            self._index.discard(reading)
            return {}

    def _find(self, reading: Reading, text: str, limit: int, filter: Filter | None) -> Results:
        hidden = self._shown.hidden(self._clock())
        conditions = self._conditions(reading.schema, filter, hidden)
        searcher = reading.searcher
        with damage():
            question = understood(text, searcher.doc_freq, lambda start: _completions(searcher, start))
            if not question.scored:
                return Results()
            picks = Picks(reading, conditions, limit)
            found = picks.answers(question)
            if len(found) < limit and question.asks_for_marks:
                found += picks.answers(question.unmarked(), as_typed=question)
            exact = _only_document(reading, question.numbers[0]) if question.only_number else ""
            total = picks.count(question)
        hits = self._hits(found, reading)
        return Results(hits, max(total, len(hits)), "" if exact in hidden else exact)

    def _allowed(self, filter: Filter | None, documents: AbstractSet[str]) -> AbstractSet[str]:
        """Those of the documents that the filter lets through."""
        if filter is None or not filter.asks:
            return documents
        return {card.id for card in documents_in(self._store, filter, documents)}

    def _conditions(
        self, schema: tantivy.Schema, filter: Filter | None, hidden: AbstractSet[str]
    ) -> list[Clause]:
        """What must hold besides the words, without any weight in the ranking."""
        clauses: list[Clause] = []
        if hidden and not (filter and filter.saved_only):
            clauses.append(
                (tantivy.Occur.MustNot, tantivy.Query.term_set_query(schema, "document", list(hidden)))
            )
        if filter is None:
            return clauses
        required = [
            tantivy.Query.term_query(schema, field, str(wanted), "basic")
            for field in ("collection", "kind", "issuer", "topic", "status")
            if (wanted := getattr(filter, field))
        ]
        if filter.year is not None:
            required.append(tantivy.Query.term_query(schema, "year", filter.year))
        if filter.saved_only:
            kept = self._marked(select(saved.c.document))
            required.append(tantivy.Query.term_set_query(schema, "document", kept))
        if filter.begun_only or filter.new_only:
            ids = [card.id for card in documents_in(self._store, filter)]
            required.append(tantivy.Query.term_set_query(schema, "document", ids))
        clauses += [(tantivy.Occur.Must, tantivy.Query.const_score_query(one, 0.0)) for one in required]
        if filter.unread_only and (read := self._marked(select(ticks.c.document).where(ticks.c.read))):
            of_read = tantivy.Query.term_set_query(schema, "document", read)
            clauses.append((tantivy.Occur.MustNot, of_read))
        return clauses

    def _marked(self, ids: Select[tuple[str]]) -> Sequence[str]:
        """Ids of documents from what the member marked."""
        with self._store.personal.read() as personal:
            return personal.scalars(ids).all()

    def _hits(self, found: Sequence[FoundSection], reading: Reading) -> tuple[Hit, ...]:
        """What was found, in documents that the library still has."""
        if reading.state != self._shown.state():  # it lags: library.db has been written to since
            facts = self._shown.facts({one.kept.document for one in found})
            found = [one.named(now) for one in found if (now := facts[one.kept.document])]
        return tuple(map(Hit, found))


def _completions(searcher: tantivy.Searcher, start: str) -> list[str]:
    return [word for word, _ in searcher.terms_with_prefix("folded", start, limit=COMPLETIONS)]


def _only_document(reading: Reading, key: NumberKey) -> str:
    """The document that bears the number, when there is one and no other."""
    hits = reading.searcher.search(number_query(reading.schema, key), limit=2, count=False).hits
    return unpacked(reading.searcher.doc(hits[0][1])["kept"][0]).document if len(hits) == 1 else ""
