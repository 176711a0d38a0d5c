"""The member's own notes and reflections, found by the rules by which the library is found.

Their text is read from the encrypted personal.db and kept in memory while it stays as it is there: no file
is ever made of it. A member has hundreds, and going through them takes less than an index would.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from operator import attrgetter
from threading import Lock

from sqlalchemy import Connection, Row, select

from handbook.client.lineages import answers_in
from handbook.client.notes import Notes
from handbook.client.search.query import COMPLETIONS, Question, Term, understood
from handbook.client.search.snippet import Sought, Span, best_passage, snippet
from handbook.client.store import Store
from handbook.client.tables.library import assignments
from handbook.client.tables.personal import drafts, notes, revisions
from handbook.model.notes import Entry
from handbook.model.prose import plain_text
from handbook.model.reflection import Answer
from handbook.model.study import Assignment
from handbook.model.text import exact, fold, nfc, words
from handbook.protocol import codec

MAX_COMPARED = 100  # texts that hold every word, the latest

_Key = tuple[str, ...]
"""Names a text as it is worded now: another wording is another key."""


@dataclass(frozen=True, slots=True)
class NoteHit:
    """A highlight or a note; the snippet is of the member's words, else of the passage that they marked."""

    entry: Entry
    snippet: tuple[Span, ...]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionHit:
    """The draft for an assignment, else what was handed in last; `title` is '' when it was withdrawn.

    `part` is the heading of the template below which the snippet stands, '' when it has none any more.
    """

    assignment: str
    title: str
    part: str
    snippet: tuple[Span, ...]
    is_draft: bool
    written_at: datetime
    score: float


@dataclass(frozen=True, slots=True)
class Own:
    """What of the member's own was found, best first."""

    notes: tuple[NoteHit, ...] = ()
    reflections: tuple[ReflectionHit, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a text that snippets are cut from: a note, the passage marked, the answer to a part."""

    name: str
    text: str
    folded: str


@dataclass(frozen=True, slots=True)
class _Text:
    """`about` names what it belongs to, folded: it may hold some of the words looked for, but not all."""

    id: str
    is_note: bool
    is_draft: bool
    document: str
    written_at: datetime
    pieces: tuple[_Piece, ...]
    about: str
    whole: str  # all of it folded


@dataclass(frozen=True, slots=True)
class _Kept:
    """The texts as of `commits` transactions, and how often each word stands in them."""

    commits: int
    texts: Mapping[_Key, _Text]
    words: Mapping[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class _Match:
    score: float
    text: _Text
    piece: _Piece


class OwnTexts:
    """Finds in what the member wrote and marked. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._notes = Notes(store)
        self._reading = Lock()
        self._kept = _Kept(-1, {}, {"exact": Counter(), "folded": Counter()})

    def find(self, text: str, limit: int, allowed: Callable[[AbstractSet[str]], AbstractSet[str]]) -> Own:
        """At most `limit` of each; `allowed` tells which of the documents noted on may be answered with."""
        kept = self._now()
        if not kept.texts:
            return Own()
        counts = kept.words
        question = understood(
            text, lambda field, word: counts[field][word], lambda start: _completions(counts["folded"], start)
        )
        if not question.scored:
            return Own()
        found, sought = list(_matches(question, kept, frozenset())), _sought(question, kept)
        looser, loosely = list[_Match](), sought
        if question.asks_for_marks:
            loose, known = question.unmarked(), frozenset(match.text.id for match in found)
            looser, loosely = list(_matches(loose, kept, known)), _sought(loose, kept)
        # What has the marks that were typed comes first, whatever the rest scores.
        ranked = [
            (match, marks)
            for some, marks in ((found, sought), (looser, loosely))
            for match in nlargest(len(some), some, key=lambda one: (one.score, one.text.written_at))
        ]
        documents = allowed({match.text.document for match, _ in ranked if match.text.is_note})
        on_shelf = [one for one in ranked if one[0].text.is_note and one[0].text.document in documents]
        written = [one for one in ranked if not one[0].text.is_note]
        return Own(self._note_hits(on_shelf[:limit]), self._reflection_hits(written, limit))

    def _note_hits(self, found: Sequence[tuple[_Match, Sought]]) -> tuple[NoteHit, ...]:
        if not found:
            return ()
        entries = self._notes.entries([match.text.id for match, _ in found])
        return tuple(
            NoteHit(entry, snippet(match.piece.text, match.piece.folded, sought), match.score)
            for match, sought in found
            if (entry := entries.get(match.text.id))
        )

    def _reflection_hits(
        self, found: Sequence[tuple[_Match, Sought]], limit: int
    ) -> tuple[ReflectionHit, ...]:
        if not found:
            return ()
        drafted = {match.text.id for match, _ in found if match.text.is_draft}
        # A draft goes before the text that it builds on.
        chosen = [one for one in found if one[0].text.is_draft or one[0].text.id not in drafted][:limit]
        with self._store.library.read() as library:
            asked = _assignments(library, {match.text.id for match, _ in chosen})
        return tuple(
            ReflectionHit(
                assignment=match.text.id,
                title=asked[match.text.id].title if match.text.id in asked else "",
                part=_part(asked.get(match.text.id), match.piece.name),
                snippet=snippet(match.piece.text, match.piece.folded, sought),
                is_draft=match.text.is_draft,
                written_at=match.text.written_at,
                score=match.score,
            )
            for match, sought in chosen
        )

    def _now(self) -> _Kept:
        """The texts as they are; only those with another wording than before are read."""
        with self._reading:
            commits = self._store.personal.commits
            former = self._kept
            if former.commits == commits:
                return former
            with self._store.personal.read() as personal:
                texts = dict(_read(personal, former.texts))
            counts = {field: Counter(counter) for field, counter in former.words.items()}
            for key in former.texts.keys() - texts.keys():
                _count(counts, former.texts[key], -1)
            for key in texts.keys() - former.texts.keys():
                _count(counts, texts[key], 1)
            self._kept = _Kept(commits, texts, {field: +counter for field, counter in counts.items()})
            return self._kept


# --- reading


def _read(personal: Connection, known: Mapping[_Key, _Text]) -> Iterator[tuple[_Key, _Text]]:
    """Every text with its key; one that is known already is not prepared again."""
    for row in personal.execute(select(notes).where(notes.c.removed_at.is_(None))):
        key = ("note", row.id, row.changed_at.isoformat())
        yield key, known.get(key) or _of_note(row)
    for row in personal.execute(select(drafts)):
        key = ("draft", row.assignment, row.saved_at.isoformat())
        text = known.get(key)
        yield key, text or _of_answers(row.assignment, True, row.saved_at, _draft_answers(row.answers))
    in_order = select(revisions.c["assignment", "lineage", "revision"]).order_by(
        revisions.c.revision, revisions.c.submitted_at
    )
    latest = {row.assignment: row for row in personal.execute(in_order)}
    for assignment, newest in latest.items():
        key = ("revision", newest.lineage, str(newest.revision))
        if not (text := known.get(key)):
            its_own = (revisions.c.lineage == newest.lineage, revisions.c.revision == newest.revision)
            row = personal.execute(select(revisions).where(*its_own)).one()
            text = _of_answers(assignment, False, row.submitted_at, answers_in(row.content))
        yield key, text


def _of_note(row: Row) -> _Text:
    pieces = tuple(_piece(name, text) for name, text in (("text", row.text), ("quote", row.quote)) if text)
    about = fold(f"{row.heading} {row.source} {row.title}")
    return _text(row.id, True, False, row.document, row.changed_at, pieces, about)


def _of_answers(assignment: str, is_draft: bool, at: datetime, answers: Iterable[Answer]) -> _Text:
    said = ((answer.part, plain_text(answer.text)) for answer in answers)
    pieces = tuple(_piece(part, text) for part, text in said if text.strip())
    return _text(assignment, False, is_draft, "", at, pieces, "")


def _text(
    id: str,
    is_note: bool,
    is_draft: bool,
    document: str,
    at: datetime,
    pieces: tuple[_Piece, ...],
    about: str,
) -> _Text:
    whole = "\n".join((about, *(piece.folded for piece in pieces)))
    return _Text(id, is_note, is_draft, document, at, pieces, about, whole)


def _draft_answers(packed: str) -> tuple[Answer, ...]:
    data = packed.encode()
    return codec.decode(data, tuple[Answer, ...], limit=len(data))


def _piece(name: str, text: str) -> _Piece:
    text = nfc(text)
    return _Piece(name, text, fold(text))


def _count(counts: Mapping[str, Counter[str]], text: _Text, step: int) -> None:
    for piece in text.pieces:
        for word in words(piece.text):
            counts["exact"][word] += step
            counts["folded"][fold(word)] += step


def _completions(folded: Mapping[str, int], start: str) -> Sequence[str]:
    begun = [word for word in folded if word.startswith(start)]
    return nlargest(COMPLETIONS, begun, key=folded.__getitem__)


def _assignments(library: Connection, ids: Iterable[str]) -> Mapping[str, Assignment]:
    payloads = library.scalars(select(assignments.c.payload).where(assignments.c.id.in_(set(ids))))
    found = (codec.decode(data, Assignment, limit=len(data)) for data in map(str.encode, payloads))
    return {assignment.id: assignment for assignment in found}


def _part(assignment: Assignment | None, id: str) -> str:
    return next((part.title for part in assignment.parts if part.id == id), "") if assignment else ""


# --- matching


def _sought(question: Question, kept: _Kept) -> Sought:
    """Every word of the question, those that few texts have with more weight."""
    weights: dict[str, dict[str, float]] = {"exact": {}, "folded": {}}
    for term in question.scored:
        if not term.text.startswith("_"):
            often = kept.words[term.field][term.text]
            weights[term.field][term.text] = term.weight * math.log(2 + len(kept.texts) / (1 + often))
    return Sought(weights["exact"], weights["folded"])


def _matches(question: Question, kept: _Kept, known: AbstractSet[str]) -> Iterator[_Match]:
    """The texts that hold every word, by the best passage that they have; `known` ones are left out.

    Of a word that stands nearly everywhere the latest texts are answer enough.
    """
    sought = _sought(question, kept)
    needed = [tuple(_Wanted.of(term) for term in group) for group in question.needed]
    holding = (
        text
        for text in kept.texts.values()
        if text.id not in known
        and all(any(one.form in text.whole for one in group) for group in needed)
        and all(any(one.is_in(text) for one in group) for group in needed)
    )
    for text in nlargest(MAX_COMPARED, holding, key=attrgetter("written_at")):
        best = max(
            ((best_passage(piece.text, piece.folded, sought), piece) for piece in text.pieces),
            key=lambda one: one[0][1],
            default=None,
        )
        if best and best[0][1] > 0:
            yield _Match(best[0][1], text, best[1])


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A word, or the two words beside each other that `_one_other` stands for; `form` is without marks."""

    form: str
    said: str
    by_marks: bool

    @classmethod
    def of(cls, term: Term) -> "_Wanted":
        said = term.text.strip("_").replace("_", " ")
        return cls(fold(said), said, term.field == "exact")

    def is_in(self, text: _Text) -> bool:
        return _stands(self.form, text.about) or any(
            _stands(self.form, piece.folded, piece.text if self.by_marks else "", self.said)
            for piece in text.pieces
        )


def _stands(form: str, folded: str, text: str = "", said: str = "") -> bool:
    """Whether whole words of the folded text are this form, and spelled so in `text` where one is given."""
    first = folded.find(form)
    while first >= 0:
        last = first + len(form)
        if (
            not folded[last : last + 1].isalnum()
            and not folded[first - 1 : first].isalnum()
            and (not text or exact(text[first:last]) == said)
        ):
            return True
        first = folded.find(form, first + 1)
    return False
