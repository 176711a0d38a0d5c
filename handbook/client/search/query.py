"""What a person typed, as a question to the index: words however marked, numbers, abbreviations, Telex."""

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import tantivy

from handbook.client.search.entries import number_terms, pairs
from handbook.client.search.snippet import Sought
from handbook.model.text import (
    NumberKey,
    exact,
    find_document_numbers,
    fold,
    nfc,
    syllables,
    telex_decode,
    words,
)

ABBREVIATIONS = Path(__file__).resolve().parents[3] / "resources" / "search" / "abbreviations.toml"

MAX_CHARACTERS = 2_000  # of what was typed; the rest is not looked at
MAX_WORDS = 32  # of these, the rarest
MAX_WORD_CHARACTERS = 40
COMPLETIONS = 8  # words that an unfinished last word may become

# Beside a word as it was typed, weight 1: the same without marks where others were typed with them, what an
# abbreviation stands for, what an unfinished word may become.
UNMARKED_WEIGHT = 0.5
EXPANSION_WEIGHT = 0.6
COMPLETION_WEIGHT = 0.7
# A word this much more common than the rarest one is not marked: và, của, những in a question.
MARKED_RARITY = 0.2
# Above any sum of words: a document is found first by its own number.
NUMBER_SCORE = 1_000.0

Frequency = Callable[[str, str], int]
"""In how many sections a term of a field occurs."""

Completions = Callable[[str], Sequence[str]]
"""The most frequent words without marks that begin like this."""


@dataclass(frozen=True, slots=True)
class Term:
    field: str  # 'exact' or 'folded'
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Question:
    """`scored` terms add up to a section's rank. A section that has one term of each of `needed` holds every
    word typed. `only_number`: nothing but one document number was typed."""

    scored: tuple[Term, ...]
    needed: tuple[tuple[Term, ...], ...]
    numbers: tuple[NumberKey, ...]
    only_number: bool

    @property
    def is_one_word(self) -> bool:
        """Whether the sections that have one of the terms are those that hold every word."""
        return len(self.needed) == 1 and not self.numbers and set(self.scored) == set(self.needed[0])

    @property
    def asks_for_marks(self) -> bool:
        return any(term.field == "exact" for term in self.scored)

    def unmarked(self) -> "Question":
        """The same question however the words are marked."""

        def without_marks(terms: Iterable[Term]) -> tuple[Term, ...]:
            return tuple(dict.fromkeys(Term("folded", fold(one.text), one.weight) for one in terms))

        return Question(
            without_marks(self.scored),
            tuple(map(without_marks, self.needed)),
            self.numbers,
            self.only_number,
        )

    def sought(self, frequency: Frequency, sections: int) -> Sought:
        """What a snippet marks: the words that tell sections apart, rare ones with more weight."""
        rarity = {
            term: math.log(1 + sections / (1 + frequency(term.field, term.text)))
            for term in self.scored
            if not term.text.startswith("_")
        }
        least = MARKED_RARITY * max(rarity.values(), default=0.0)
        weights: dict[str, dict[str, float]] = {"exact": {}, "folded": {}}
        for term, rare in rarity.items():
            if rare >= least:
                weights[term.field][term.text] = rare * term.weight
        return Sought(weights["exact"], weights["folded"])


def understood(text: str, frequency: Frequency, completions: Completions) -> Question:
    """The question in what was typed; without scored terms when there is nothing to look for."""
    typed = nfc(text[:MAX_CHARACTERS])
    numbers = tuple(find_document_numbers(typed))
    found = [one for one in syllables(typed) if one.end - one.start <= MAX_WORD_CHARACTERS]
    whole = exact(typed)
    spelled = [whole[one.start : one.end] for one in found]
    meant = {word: _meant(word, frequency) for word in dict.fromkeys(spelled)}
    typed_words = [meant[word] for word in spelled]
    in_number = {
        word
        for number in numbers
        for word, one in zip(typed_words, found, strict=True)
        if number.start <= one.start < number.end
    }
    marked = any(word != fold(word) for word in typed_words)
    field = "exact" if marked else "folded"
    kept = _rarest(typed_words, field, frequency)
    scored, needed = list[Term](), []
    for word in kept:
        forms = [Term(field, word, 1.0)]
        if marked and word == fold(word):
            forms.append(Term("folded", word, UNMARKED_WEIGHT))
        if word == typed_words[-1] and typed[-1].isalnum() and frequency(field, word) == 0:
            forms += [Term("folded", whole, COMPLETION_WEIGHT) for whole in completions(fold(word))]
        scored += forms
        for expansion in _abbreviations().get(word, ()):
            said = expansion if marked else [fold(one) for one in expansion]
            scored += [Term(field, one, EXPANSION_WEIGHT) for one in (*said, *pairs(said))]
            forms.append(Term(field, pairs(said)[0], EXPANSION_WEIGHT))
        if word not in in_number:
            needed.append(tuple(forms))
    scored += _neighbours(typed_words, kept, marked)
    for number in numbers:
        # A text that mentions the document says 15-NQ/TW, whatever was typed here.
        parts = [Term("folded", part, EXPANSION_WEIGHT) for part in number.key]
        scored += [*parts, *(Term("folded", pair, 1.0) for pair in pairs(number.key))]
        needed += [(part,) for part in parts]
    return Question(
        tuple(dict.fromkeys(scored)),
        tuple(needed),
        tuple(dict.fromkeys(number.key for number in numbers)),
        len(numbers) == 1 and all(numbers[0].start <= one.start < numbers[0].end for one in found),
    )


def _meant(word: str, frequency: Frequency) -> str:
    """What the keys spell in Telex when the library has that rather than the keys; else the word."""
    spelled = telex_decode(word)
    return spelled if spelled and frequency("exact", spelled) > frequency("folded", word) else word


def _rarest(words: Iterable[str], field: str, frequency: Frequency) -> tuple[str, ...]:
    different = tuple(dict.fromkeys(words))
    if len(different) <= MAX_WORDS:
        return different
    rare = set(sorted(different, key=lambda word: frequency(field, word))[:MAX_WORDS])
    return tuple(word for word in different if word in rare)


def _neighbours(words: Sequence[str], kept: Iterable[str], marked: bool) -> Iterable[Term]:
    kept = frozenset(kept)
    for one, other in pairwise(words):
        if one not in kept or other not in kept:
            continue
        (pair,) = pairs((one, other))
        yield Term("exact" if marked else "folded", pair, 1.0)
        if marked and (one == fold(one) or other == fold(other)):
            yield Term("folded", fold(pair), UNMARKED_WEIGHT)


@cache
def _abbreviations() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Words of each expansion by the abbreviation in small letters, with its marks and without."""
    listed: Mapping[str, list[str]] = tomllib.loads(ABBREVIATIONS.read_text("utf-8"))["abbreviations"]
    expansions: dict[str, tuple[tuple[str, ...], ...]] = {}
    for abbreviation, meanings in listed.items():
        said = tuple(tuple(words(meaning)) for meaning in meanings)
        for form in {exact(abbreviation), fold(abbreviation)}:
            expansions[form] = (*expansions.get(form, ()), *said)
    return expansions


# --- in the terms of tantivy


def scoring_query(schema: tantivy.Schema, question: Question) -> tantivy.Query:
    """Ranks by the sum of the terms, a document's own number before everything."""
    wanted = [
        (tantivy.Occur.Should, tantivy.Query.boost_query(_term_query(schema, term), term.weight))
        for term in question.scored
    ]
    for key in question.numbers:
        own = tantivy.Query.const_score_query(number_query(schema, key), NUMBER_SCORE)
        wanted.append((tantivy.Occur.Should, own))
    return tantivy.Query.boolean_query(wanted)


def needing_query(schema: tantivy.Schema, question: Question) -> tantivy.Query:
    """Matches the sections that hold every word, unranked."""
    every = [
        _joined([_term_query(schema, term, "basic") for term in alternatives], tantivy.Occur.Should)
        for alternatives in question.needed
    ]
    return _joined(every, tantivy.Occur.Must)


def _joined(queries: Sequence[tantivy.Query], occur: tantivy.Occur) -> tantivy.Query:
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(occur, query) for query in queries])


def number_query(schema: tantivy.Schema, key: NumberKey) -> tantivy.Query:
    """Matches the first section of the documents that bear this number, as far as it was said."""
    return tantivy.Query.boolean_query(
        [
            (tantivy.Occur.Must, tantivy.Query.term_query(schema, "number", term, "basic"))
            for term in number_terms(key)
        ]
    )


def _term_query(schema: tantivy.Schema, term: Term, read: str = "freq") -> tantivy.Query:
    return tantivy.Query.term_query(schema, term.field, term.text, read)
