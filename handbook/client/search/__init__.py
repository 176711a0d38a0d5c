"""Finding sections of the library by what a person types, in any of the ways Vietnamese is typed.

Answers come from the index in `index/` (see `handbook.client.search.index`) and never wait for it to be made.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy
from sqlalchemy import Select, select

from handbook.client.search.closeness import Closeness
from handbook.client.search.index import Damaged, Reading, SectionIndex, damage
from handbook.client.search.query import (
    COMPLETIONS,
    Question,
    needing_query,
    number_query,
    scoring_query,
    understood,
)
from handbook.client.search.shown import ShownDocuments
from handbook.client.search.snippet import Match, Sought, Span, matches, snippet
from handbook.client.store import Store
from handbook.client.tables.personal import saved, ticks
from handbook.model.library import Kind
from handbook.model.text import NumberKey, fold

if TYPE_CHECKING:
    from handbook.client.library import Filter

__all__ = ["Hit", "Results", "Search", "Span"]

MAX_SECTIONS_PER_DOCUMENT = 3
# Sections looked at for one shown, so that a long document does not push out all others: mostly the first
# number is enough.
LOOKED_AT_PER_HIT = (2, 6)
# The first hits are put in order once more by how close together they say what was typed. Two words need no
# more than their pair in the index.
RERANKED = 20
CLOSENESS_FROM_WORDS = 3
CLOSENESS_WEIGHT = 1.2
MAX_CHARACTERS_COMPARED = 30_000  # of a section; a longer one keeps the score of its words


_Clause = tuple[tantivy.Occur, tantivy.Query]
_Ranked = tuple[float, tantivy.DocAddress]
_Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A section that matches. `anchor` and `heading` are '' for a text without headings."""

    document_id: str
    anchor: str
    number: str
    title: str
    heading: str
    kind: Kind
    issued_on: date
    snippet: tuple[Span, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Results:
    """Best first, at most MAX_SECTIONS_PER_DOCUMENT of a document.

    `total` counts the sections that hold every word. `exact` is the id of the one document whose number is
    all that was typed, else ''.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    exact: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    score: float
    document: str
    anchor: str
    heading: str
    snippet: tuple[Span, ...]


@dataclass(slots=True)
class _Pick:
    """An entry of the index, its score as it stands, what matches in its text once that was looked for."""

    score: float
    entry: tantivy.Document
    matches: Sequence[Match] | None = None


class Search:
    """Search in one profile's library. Thread-safe."""

    def __init__(self, store: Store, index_dir: Path) -> None:
        self._store = store
        self._index = SectionIndex(index_dir)
        self._shown = ShownDocuments(store)

    def is_ready(self) -> bool:
        """Whether there is an index to ask; it may lag behind the library until `refresh` is done."""
        return self._index.reading() is not None

    def refresh(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Brings the index up to the library, making it anew when missing or damaged; may take minutes.

        False when cancelled. Searching goes on meanwhile, and a kill does no harm. Raises DiskProblem.
        """
        return self._index.refresh(self._store, cancelled)

    def find(self, text: str, *, limit: int = 20, filter: "Filter | None" = None) -> Results:
        """The sections that answer `text` best, whatever it is; nothing when there is no index yet."""
        reading = self._index.reading()
        if reading is None:
            return Results()
        try:
            return self._find(reading, text, limit, filter)
        except Damaged:
            self._index.discard(reading)
            return Results()

    def _find(self, reading: Reading, text: str, limit: int, filter: "Filter | None") -> Results:
        conditions = self._conditions(reading.schema, filter)
        searcher = reading.searcher
        with damage():
            question = understood(text, searcher.doc_freq, lambda start: _completions(searcher, start))
            if not question.scored:
                return Results()
            picks = _Picks(reading, conditions, limit)
            found = picks.answers(question)
            if len(found) < limit and question.asks_for_marks:
                found += picks.answers(question.unmarked())
            exact = _only_document(reading, question.numbers[0]) if question.only_number else ""
            total = picks.count(question)
        hits = self._hits(found)
        return Results(hits, max(total, len(hits)), exact)

    def _conditions(self, schema: tantivy.Schema, filter: "Filter | None") -> list[_Clause]:
        """What must hold besides the words, without any weight in the ranking."""
        if filter is None:
            return []
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
        clauses = [(tantivy.Occur.Must, tantivy.Query.const_score_query(one, 0.0)) for one in required]
        if filter.unread_only and (read := self._marked(select(ticks.c.document).where(ticks.c.read))):
            of_read = tantivy.Query.term_set_query(schema, "document", read)
            clauses.append((tantivy.Occur.MustNot, of_read))
        return clauses

    def _marked(self, ids: Select[tuple[str]]) -> Sequence[str]:
        """Ids of documents from what the member marked."""
        with self._store.personal.read() as personal:
            return personal.scalars(ids).all()

    def _hits(self, found: Sequence[_Found]) -> tuple[Hit, ...]:
        """What was found, in documents that the library still has."""
        facts = self._shown.facts({one.document for one in found})
        return tuple(
            Hit(
                document_id=one.document,
                anchor=one.anchor,
                number=document.number,
                title=document.title,
                heading=one.heading,
                kind=document.kind,
                issued_on=document.issued_on,
                snippet=one.snippet,
                score=one.score,
            )
            for one in found
            if (document := facts[one.document])
        )


class _Picks:
    """Picks sections for one result, from one question or several, none twice."""

    def __init__(self, reading: Reading, conditions: Sequence[_Clause], limit: int) -> None:
        self._searcher = reading.searcher
        self._schema = reading.schema
        self._conditions = conditions
        self._limit = limit
        self._of_document = Counter[int]()
        self._picked: set[_Place] = set()

    def answers(self, question: Question) -> list[_Found]:
        sought = question.sought(self._searcher.doc_freq, self._searcher.num_docs)
        picks = [_Pick(score, self._searcher.doc(place)) for score, place in self._picks(question)]
        if len(sought.forms) >= CLOSENESS_FROM_WORDS:
            picks[:RERANKED] = _by_closeness(picks[:RERANKED], sought)
        return [_found(pick, sought) for pick in picks]

    def _picks(self, question: Question) -> list[_Ranked]:
        query = self._under_conditions(scoring_query(self._schema, question))
        picks: list[_Ranked] = []
        for per_hit in LOOKED_AT_PER_HIT:
            ranked = self._searcher.search(query, limit=per_hit * self._limit, count=False).hits
            keys = self._searcher.fast_field_values("document_key", [address for _, address in ranked])
            for (score, address), key in zip(ranked, keys, strict=True):
                if len(self._picked) == self._limit:
                    return picks
                place = (address.segment_ord, address.doc)
                if place in self._picked or self._of_document[key] == MAX_SECTIONS_PER_DOCUMENT:
                    continue
                self._picked.add(place)
                self._of_document[key] += 1
                picks.append((score, address))
            if len(ranked) < per_hit * self._limit:
                break
        return picks

    def count(self, question: Question) -> int:
        query = self._under_conditions(needing_query(self._schema, question))
        return self._searcher.search(query, limit=1).count or 0

    def _under_conditions(self, query: tantivy.Query) -> tantivy.Query:
        if not self._conditions:
            return query
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *self._conditions])


def _by_closeness(picks: Sequence[_Pick], sought: Sought) -> list[_Pick]:
    """The same, those before that say what was typed as it was typed."""
    closeness = Closeness(sought)
    for pick in picks:
        text, folded = _texts(pick.entry, sought)
        if len(text) <= MAX_CHARACTERS_COMPARED:
            pick.matches = matches(text, folded, 0, len(text), sought)
            near = closeness.of(pick.entry["name"][0].decode(), folded, pick.matches)
            pick.score *= 1 + CLOSENESS_WEIGHT * near
    return sorted(picks, key=attrgetter("score"), reverse=True)


def _found(pick: _Pick, sought: Sought) -> _Found:
    entry = pick.entry
    return _Found(
        pick.score,
        entry["document"][0],
        entry["anchor"][0].decode(),
        entry["heading"][0].decode(),
        snippet(*_texts(entry, sought), sought, pick.matches),
    )


def _texts(entry: tantivy.Document, sought: Sought) -> tuple[str, str]:
    """The text of a section, and the same folded."""
    text = entry["text"][0].decode()
    return text, entry["ascii"][0].decode("ascii") if sought.is_ascii else fold(text)


def _completions(searcher: tantivy.Searcher, start: str) -> list[str]:
    return [word for word, _ in searcher.terms_with_prefix("folded", start, limit=COMPLETIONS)]


def _only_document(reading: Reading, key: NumberKey) -> str:
    """The document that bears the number, when there is one and no other."""
    hits = reading.searcher.search(number_query(reading.schema, key), limit=2, count=False).hits
    return reading.searcher.doc(hits[0][1])["document"][0] if len(hits) == 1 else ""
