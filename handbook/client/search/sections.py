"""Picks the sections of the library that answer a question best, and cuts their snippets."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import tantivy

from handbook.client.search.closeness import Closeness
from handbook.client.search.index import Reading
from handbook.client.search.query import Question, needing_query, scoring_query
from handbook.client.search.snippet import Match, Sought, Span, marked, matches, snippet
from handbook.model.text import fold

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

# Every section has a key: counting them so scores nothing and keeps no order.
_COUNT = {"sections": {"value_count": {"field": "document_key"}}}

Clause = tuple[tantivy.Occur, tantivy.Query]
_Ranked = tuple[float, tantivy.DocAddress]


@dataclass(frozen=True, slots=True)
class FoundSection:
    """A section, its heading and its snippet with what matched marked."""

    score: float
    document: str
    anchor: str
    heading: tuple[Span, ...]
    snippet: tuple[Span, ...]


@dataclass(slots=True)
class _Pick:
    """An entry of the index, its score as it stands, what matches in its text once that was looked for."""

    score: float
    entry: tantivy.Document
    matches: Sequence[Match] | None = None


class Picks:
    """Picks sections for one result, from one question or several, none twice."""

    def __init__(self, reading: Reading, conditions: Sequence[Clause], limit: int) -> None:
        self._searcher = reading.searcher
        self._schema = reading.schema
        self._conditions = conditions
        self._limit = limit
        self._of_document: dict[int, int] = {}
        self._picked: set[tuple[int, int]] = set()

    def answers(self, question: Question, as_typed: Question | None = None) -> list[FoundSection]:
        """At most what the limit leaves. `as_typed` is the question that `question` was loosened from: a
        section that has a word of that one shows no looser one."""
        sought = question.sought(self._searcher.doc_freq, self._searcher.num_docs)
        picks = [_Pick(score, self._searcher.doc(place)) for score, place in self._picks(question)]
        if len(sought.forms) >= CLOSENESS_FROM_WORDS:
            picks[:RERANKED] = _by_closeness(picks[:RERANKED], sought)
        if as_typed is None:
            return [_found(pick, sought) for pick in picks]
        stricter = as_typed.sought(self._searcher.doc_freq, self._searcher.num_docs)
        return [
            _found(_Pick(pick.score, pick.entry), stricter)
            if _has_any(pick.entry, stricter)
            else _found(pick, sought)
            for pick in picks
        ]

    def _picks(self, question: Question) -> list[_Ranked]:
        query = self._under_conditions(scoring_query(self._schema, question))
        picks: list[_Ranked] = []
        picked, of_document, limit = self._picked, self._of_document, self._limit
        for per_hit in LOOKED_AT_PER_HIT:
            ranked = self._searcher.search(query, limit=per_hit * limit, count=False).hits
            keys = self._searcher.fast_field_values("document_key", [address for _, address in ranked])
            for found, key in zip(ranked, keys, strict=True):
                if len(picked) == limit:
                    return picks
                of_this = of_document.get(key, 0)
                if of_this == MAX_SECTIONS_PER_DOCUMENT:
                    continue
                address = found[1]
                place = (address.segment_ord, address.doc)
                if place in picked:
                    continue
                picked.add(place)
                of_document[key] = of_this + 1
                picks.append(found)
            if len(ranked) < per_hit * limit:
                break
        return picks

    def count(self, question: Question) -> int:
        query = self._under_conditions(needing_query(self._schema, question))
        return int(self._searcher.aggregate(query, _COUNT)["sections"]["value"])

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


def _found(pick: _Pick, sought: Sought) -> FoundSection:
    entry = pick.entry
    return FoundSection(
        pick.score,
        entry["document"][0],
        entry["anchor"][0].decode(),
        marked(entry["heading"][0].decode(), sought),
        snippet(*_texts(entry, sought), sought, pick.matches),
    )


def _has_any(entry: tantivy.Document, sought: Sought) -> bool:
    text, folded = _texts(entry, sought)
    heading = entry["heading"][0].decode()
    return bool(
        matches(heading, fold(heading), 0, len(heading), sought)
        or matches(text, folded, 0, len(text), sought)
    )


def _texts(entry: tantivy.Document, sought: Sought) -> tuple[str, str]:
    """The text of a section, and the same folded."""
    text = entry["text"][0].decode()
    return text, entry["ascii"][0].decode("ascii") if sought.is_ascii else fold(text)
