"""Picks the sections of the library that answer a question best, and cuts their snippets."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from operator import attrgetter

import msgspec
import tantivy

from handbook.client.search.closeness import Closeness
from handbook.client.search.index import Reading
from handbook.client.search.kept import Kept, Texts, unpacked
from handbook.client.search.query import Question, needing_query, scoring_query
from handbook.client.search.shown import Facts
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


@dataclass(slots=True)
class FoundSection:
    """What the index keeps of a section and its score as it stands; its texts and what matches in them once
    they were looked at.

    What matched is cut out and marked when it is asked for: most of what a search costs.
    """

    score: float
    kept: Kept
    sought: Sought
    reader: Texts
    matches: Sequence[Match] | None = None
    unpacked: tuple[str, str] | None = None

    def named(self, facts: Facts) -> "FoundSection":
        """The same in a document that is named otherwise by now."""
        now = msgspec.structs.replace(self.kept, **asdict(facts))
        return replace(self, kept=now)

    def marked_title(self) -> tuple[Span, ...]:
        return marked(" ".join(self.kept.title.split()), self.sought)

    def marked_heading(self) -> tuple[Span, ...]:
        return marked(self.kept.heading, self.sought)

    def snippet(self) -> tuple[Span, ...]:
        return snippet(*self.texts(), self.sought, self.matches)

    def texts(self) -> tuple[str, str]:
        """The text of the section, and the same folded."""
        if self.unpacked is None:
            text, folded = self.reader.unpacked(self.kept.text, self.kept.characters)
            self.unpacked = text, folded if self.sought.is_ascii else fold(text)
        return self.unpacked

    def has_any(self) -> bool:
        """Whether anything that is sought stands in heading or text."""
        text, folded = self.texts()
        heading = self.kept.heading
        return bool(
            matches(heading, fold(heading), 0, len(heading), self.sought)
            or matches(text, folded, 0, len(text), self.sought)
        )


class Picks:
    """Picks sections for one result, from one question or several, none twice."""

    def __init__(self, reading: Reading, conditions: Sequence[Clause], limit: int) -> None:
        self._searcher = reading.searcher
        self._schema = reading.schema
        self._texts = reading.texts
        self._conditions = conditions
        self._limit = limit
        self._of_document: dict[int, int] = {}
        self._picked: set[tuple[int, int]] = set()
        self._counted: tuple[Question, int] | None = None

    def answers(self, question: Question, as_typed: Question | None = None) -> list[FoundSection]:
        """At most what the limit leaves. `as_typed` is the question that `question` was loosened from: a
        section that has a word of that one shows no looser one."""
        sought = question.sought(self._searcher.doc_freq, self._searcher.num_docs)
        doc, texts = self._searcher.doc, self._texts
        found = [
            FoundSection(score, unpacked(doc(place)["kept"][0]), sought, texts)
            for score, place in self._picks(question)
        ]
        if len(sought.forms) >= CLOSENESS_FROM_WORDS:
            found[:RERANKED] = _by_closeness(found[:RERANKED], sought)
        if as_typed is not None:
            stricter = as_typed.sought(self._searcher.doc_freq, self._searcher.num_docs)
            found = [
                strict if (strict := FoundSection(one.score, one.kept, stricter, texts)).has_any() else one
                for one in found
            ]
        return found

    def _picks(self, question: Question) -> list[_Ranked]:
        query = self._under_conditions(scoring_query(self._schema, question))
        picks: list[_Ranked] = []
        picked, of_document, limit = self._picked, self._of_document, self._limit
        for per_hit in LOOKED_AT_PER_HIT:
            # Of one word the ranking counts on the way, for less than counting alone takes.
            result = self._searcher.search(query, limit=per_hit * limit, count=question.is_one_word)
            ranked = result.hits
            if question.is_one_word:
                self._counted = question, result.count
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
        """How many sections hold every word."""
        if self._counted and self._counted[0] == question:
            return self._counted[1]
        query = self._under_conditions(needing_query(self._schema, question))
        return int(self._searcher.aggregate(query, _COUNT)["sections"]["value"])

    def _under_conditions(self, query: tantivy.Query) -> tantivy.Query:
        if not self._conditions:
            return query
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *self._conditions])


def _by_closeness(found: Sequence[FoundSection], sought: Sought) -> list[FoundSection]:
    """The same, those before that say what was typed as it was typed."""
    closeness = Closeness(sought)
    for one in found:
        text, folded = one.texts()
        if len(text) <= MAX_CHARACTERS_COMPARED:
            one.matches = matches(text, folded, 0, len(text), sought)
            near = closeness.of(f"{one.kept.title} {one.kept.heading}", folded, one.matches)
            one.score *= 1 + CLOSENESS_WEIGHT * near
    return sorted(found, key=attrgetter("score"), reverse=True)
