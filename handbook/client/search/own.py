"""The member's own notes and reflections, found by the rules by which the library is found.

Their text is read from the encrypted personal.db and kept in memory while it stays as it is there: no file
is ever made of it. A member has hundreds, and going through them takes less than an index would.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from heapq import nlargest
from itertools import count
from operator import and_, attrgetter
from threading import Lock

from sqlalchemy import Connection, Row, select

from handbook.client.lineages import answers_in
from handbook.client.notes import Notes
from handbook.client.search.query import COMPLETIONS, Question, Term, understood
from handbook.client.search.snippet import Sought, Span, best_passage, snippet
from handbook.client.store import Store
from handbook.client.tables.library import assignments
from handbook.client.tables.personal import drafts, notes, revisions
from handbook.client.versions import unpacked
from handbook.model.notes import Entry
from handbook.model.prose import plain_text
from handbook.model.reflection import Answer
from handbook.model.study import Assignment
from handbook.model.text import exact, fold, nfc, words
from handbook.protocol import codec

MAX_COMPARED = 40  # texts that hold every word, the latest

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
    """`about` names what it belongs to, folded: it may hold some of the words looked for, but not all.

    `bit` stands for the text among those that hold a word.
    """

    bit: int
    id: str
    is_note: bool
    is_draft: bool
    document: str
    written_at: datetime
    pieces: tuple[_Piece, ...]
    about: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """The texts as of `commits` transactions, and the bits of those that hold each word: as it is spelled,
    however marked, or in what names them."""

    commits: int
    texts: Mapping[_Key, _Text]
    exact: Mapping[str, int]
    folded: Mapping[str, int]
    about: Mapping[str, int]

    def holding(self, field: str, word: str) -> int:
        return (self.exact if field == "exact" else self.folded).get(word, 0)

    def often(self, field: str, word: str) -> int:
        return self.holding(field, word).bit_count()


@dataclass(frozen=True, slots=True)
class _Told:
    """What hits tell besides their text, as of so many transactions of personal.db and of library.db."""

    commits: tuple[int, int]
    entries: dict[str, Entry]
    assignments: dict[str, Assignment | None]


@dataclass(frozen=True, slots=True)
class _Match:
    """`best` is where the best passage of the piece starts."""

    score: float
    text: _Text
    piece: _Piece
    best: int

    def snippet(self, sought: Sought) -> tuple[Span, ...]:
        return snippet(self.piece.text, self.piece.folded, sought, best=self.best)


class OwnTexts:
    """Finds in what the member wrote and marked. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._notes = Notes(store)
        self._reading = Lock()
        self._kept = _Kept(-1, {}, {}, {}, {})
        self._told = _Told((-1, -1), {}, {})

    def warm(self) -> None:
        """Reads the texts, so that the first question need not."""
        self._now()

    def find(self, text: str, limit: int, allowed: Callable[[AbstractSet[str]], AbstractSet[str]]) -> Own:
        """At most `limit` of each; `allowed` tells which of the documents noted on may be answered with."""
        kept = self._now()
        if not kept.texts:
            return Own()
        question = understood(text, kept.often, lambda start: _completions(kept.folded, start))
        if not question.scored:
            return Own()
        found, sought = list(_matches(question, kept, frozenset())), _sought(question, kept)
        looser, loosely = list[_Match](), sought
        if question.asks_for_marks and len(found) < MAX_COMPARED:
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
        entries = self._now_told().entries
        if unknown := {match.text.id for match, _ in found} - entries.keys():
            entries |= self._notes.entries(unknown)
        return tuple(
            NoteHit(entry, match.snippet(sought), match.score)
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
        asked = self._now_told().assignments
        if unknown := {match.text.id for match, _ in chosen} - asked.keys():
            with self._store.library.read() as library:
                asked |= dict.fromkeys(unknown) | _assignments(library, unknown)
        return tuple(
            ReflectionHit(
                assignment=match.text.id,
                title=assignment.title if (assignment := asked[match.text.id]) else "",
                part=_part(assignment, match.piece.name),
                snippet=match.snippet(sought),
                is_draft=match.text.is_draft,
                written_at=match.text.written_at,
                score=match.score,
            )
            for match, sought in chosen
        )

    def _now_told(self) -> _Told:
        """What was told already and still holds; looked at before anything is read for it."""
        commits = self._store.personal.commits, self._store.library.commits
        told = self._told
        if told.commits != commits:
            told = self._told = _Told(commits, {}, {})
        return told

    def _now(self) -> _Kept:
        """The texts as they are; only those with another wording than before are read."""
        with self._reading:
            commits = self._store.personal.commits
            former = self._kept
            if former.commits == commits:
                return former
            bits = _free_bits(former.texts.values())
            with self._store.personal.read() as personal:
                texts = dict(_read(personal, former.texts, bits))
            kept = _Kept(commits, texts, dict(former.exact), dict(former.folded), dict(former.about))
            for key in former.texts.keys() - texts.keys():
                _forget(kept, former.texts[key])
            for key in texts.keys() - former.texts.keys():
                _learn(kept, texts[key])
            self._kept = kept
            return self._kept


# --- reading


def _free_bits(texts: Iterable[_Text]) -> Iterator[int]:
    """Those that stand for none of the texts, the lowest first."""
    taken = sum(text.bit for text in texts)
    return (bit for place in count() if not taken & (bit := 1 << place))


def _read(
    personal: Connection, known: Mapping[_Key, _Text], bits: Iterator[int]
) -> Iterator[tuple[_Key, _Text]]:
    """Every text with its key; one that is known already is not prepared again."""
    for row in personal.execute(select(notes).where(notes.c.removed_at.is_(None))):
        key = ("note", row.id, row.changed_at.isoformat())
        yield key, known.get(key) or _of_note(next(bits), row)
    for row in personal.execute(select(drafts)):
        key = ("draft", row.assignment, row.saved_at.isoformat())
        if not (text := known.get(key)):
            text = _of_answers(next(bits), row.assignment, True, row.saved_at, unpacked(row.answers))
        yield key, text
    in_order = select(revisions.c["assignment", "lineage", "revision", "submitted_at", "erased_at"]).order_by(
        revisions.c.revision, revisions.c.submitted_at
    )
    latest = {row.assignment: row for row in personal.execute(in_order)}
    for assignment, newest in latest.items():
        # One that was taken back before it left this PC is handed in as the same revision again.
        worded = (newest.submitted_at.isoformat(), str(newest.erased_at))
        key = ("revision", newest.lineage, str(newest.revision), *worded)
        if not (text := known.get(key)):
            its_own = (revisions.c.lineage == newest.lineage, revisions.c.revision == newest.revision)
            row = personal.execute(select(revisions).where(*its_own)).one()
            answers = answers_in(row.content)
            text = _of_answers(next(bits), assignment, False, row.submitted_at, answers)
        yield key, text


def _of_note(bit: int, row: Row) -> _Text:
    pieces = tuple(_piece(name, text) for name, text in (("text", row.text), ("quote", row.quote)) if text)
    about = fold(f"{row.heading} {row.source} {row.title}")
    return _Text(bit, row.id, True, False, row.document, row.changed_at, pieces, about)


def _of_answers(bit: int, assignment: str, is_draft: bool, at: datetime, answers: Iterable[Answer]) -> _Text:
    said = ((answer.part, plain_text(answer.text)) for answer in answers)
    pieces = tuple(_piece(part, text) for part, text in said if text.strip())
    return _Text(bit, assignment, False, is_draft, "", at, pieces, "")


def _piece(name: str, text: str) -> _Piece:
    text = nfc(text)
    return _Piece(name, text, fold(text))


def _learn(kept: _Kept, text: _Text) -> None:
    spelled = {word for piece in text.pieces for word in words(piece.text)}
    for held, those in (
        (kept.exact, spelled),
        (kept.folded, set(map(fold, spelled))),
        (kept.about, set(words(text.about))),
    ):
        for word in those:
            held[word] = held.get(word, 0) | text.bit


def _forget(kept: _Kept, text: _Text) -> None:
    for held in (kept.exact, kept.folded, kept.about):
        for word in [word for word, bits in held.items() if bits & text.bit]:
            if held[word] == text.bit:
                del held[word]
            else:
                held[word] ^= text.bit


def _completions(folded: Mapping[str, int], start: str) -> Sequence[str]:
    begun = [word for word in folded if word.startswith(start)]
    return nlargest(COMPLETIONS, begun, key=lambda word: folded[word].bit_count())


def _assignments(library: Connection, ids: Iterable[str]) -> dict[str, Assignment]:
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
            often = kept.often(term.field, term.text)
            weights[term.field][term.text] = term.weight * math.log(2 + len(kept.texts) / (1 + often))
    return Sought(weights["exact"], weights["folded"])


def _matches(question: Question, kept: _Kept, known: AbstractSet[str]) -> Iterator[_Match]:
    """The texts that hold every word, by the best passage that they have; `known` ones are left out.

    Of a word that stands nearly everywhere the latest texts are answer enough.
    """
    sought = _sought(question, kept)
    bits = reduce(and_, (_holding(group, kept) for group in question.needed), -1)
    holding = (text for text in kept.texts.values() if text.bit & bits and text.id not in known)
    for text in nlargest(MAX_COMPARED, holding, key=attrgetter("written_at")):
        best = max(
            ((best_passage(piece.text, piece.folded, sought), piece) for piece in text.pieces),
            key=lambda one: one[0][1],
            default=None,
        )
        if best and best[0][1] > 0:
            (start, score), piece = best
            yield _Match(score, text, piece, start)


def _holding(group: Iterable[Term], kept: _Kept) -> int:
    """The texts that hold one of the words, or two of them side by side where a term stands for two."""
    bits = 0
    for term in group:
        said = term.text.strip("_").split("_")
        each = (kept.holding(term.field, word) | kept.about.get(fold(word), 0) for word in said)
        holding = reduce(and_, each)
        if len(said) > 1:
            phrase, by_marks = " ".join(said), term.field == "exact"
            some = (text for text in kept.texts.values() if text.bit & holding)
            holding = sum(text.bit for text in some if _says(text, phrase, by_marks))
        bits |= holding
    return bits


def _says(text: _Text, phrase: str, by_marks: bool) -> bool:
    form = fold(phrase)
    return _stands(form, text.about) or any(
        _stands(form, piece.folded, piece.text if by_marks else "", phrase) for piece in text.pieces
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
