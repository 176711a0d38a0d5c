"""Search as the screen calls it, through `client.search`, while the library grows; SQLite's FTS5 as the peer.

Sections are made of paragraphs of real text put together anew, so that words are as frequent as they are in
such texts. A question is timed with ranking, counting and marked snippets; each one's time is the median of
three.
"""

import random
import sqlite3
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from benchmarks import shelf
from benchmarks.report import Row, median, percentile
from benchmarks.typing import WAYS
from handbook.authoring import outline
from handbook.client.library import Filter
from handbook.client.tables.library import sections
from handbook.client.tables.personal import drafts, notes
from handbook.demo import SAMPLE
from handbook.model.library import Collection, Document, Kind, Section, Status
from handbook.model.reflection import Answer
from handbook.model.text import exact, fold, words
from handbook.protocol import codec

SECTIONS_PER_DOCUMENT = 20
PARAGRAPHS_PER_SECTION = 4
QUESTIONS = 150
PEER_QUESTIONS = 30
TONE_WORDS = 60
ODDITIES = ('"', "title:", "(", "AND NOT", "[a TO b]", "*", "~2", "/re/", "\\", "😀👩‍👩‍👧", "\0", "\u0301")
NOTES, DRAFTS = 500, 40
COST = "p95 of CPU"
NOTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
TONE_SAMPLE = 5_000  # sections in which syllables are counted


def measure(sizes: Sequence[int], texts: Path | None) -> list[Row]:
    """One block of rows for each size; without `texts` the words are those of the sample ward."""
    paragraphs = paragraphs_of(texts)
    rows: list[Row] = []
    for size in sizes:
        rows += _measure(size, paragraphs)
    return rows + _growth(rows, sizes)


def _growth(rows: Sequence[Row], sizes: Sequence[int]) -> list[Row]:
    """What each kind of question costs at each size, beside the smallest."""
    costs = {row.what: row.value for row in rows if row.what.endswith(COST)}
    labels = [_label(size) for size in sizes]
    kinds = [what.removeprefix(f"{labels[0]}: ") for what in costs if what.startswith(f"{labels[0]}: ")]
    return [
        Row(
            f"growth: {kind}, {label}",
            costs[f"{label}: {kind}"],
            "ms",
            costs[f"{label}: {kind}"] / costs[f"{labels[0]}: {kind}"],
            labels[0],
        )
        for kind in kinds
        for label in labels
    ]


def _label(size: int) -> str:
    return f"{size:,} sections"


def paragraphs_of(texts: Path | None) -> list[str]:
    """Paragraphs worth searching, from .txt files or from the sample ward's documents."""
    if texts:
        found = [line.strip() for file in sorted(texts.glob("*.txt")) for line in file.open(encoding="utf-8")]
    else:
        authored = (file.read_text("utf-8").split("+++")[-1] for file in sorted(SAMPLE.rglob("*.md")))
        found = [
            paragraph.replace("\n", " ")
            for markdown in authored
            for section in outline.split(markdown)
            for paragraph in section.text.split("\n\n")
            if not paragraph.startswith(("|", "#", "- ", "[^"))
        ]
    worth = [paragraph for paragraph in found if len(paragraph) > 60]
    if not worth:
        raise SystemExit(f"{texts}: no .txt file with paragraphs of more than 60 characters")
    return worth


def documents_of(
    paragraphs: Sequence[str], count: int, each: int = SECTIONS_PER_DOCUMENT
) -> Iterator[Document]:
    """As many documents of `each` sections as hold this many; the same paragraphs give the same documents."""
    chance = random.Random(count)
    for first in range(0, count, each):
        number = first // each
        title = " ".join(chance.choice(paragraphs).split()[:12])
        yield Document(
            id=f"{shelf.PUBLISHER}/d{number}",
            edition=1,
            collection=chance.choice(list(Collection)),
            kind=chance.choice([Kind.RESOLUTION, Kind.DECISION, Kind.LAW]),
            number=f"{number + 1}-NQ/TW",
            title=title,
            issuer=chance.choice(["Quốc hội", "Bộ Chính trị"]),
            issued_on=date(2000 + number % 26, 1, 1),
            status=Status.IN_FORCE,
            topics=(),
            summary=title,
            relations=(),
            sections=tuple(
                Section(
                    anchor=f"m{place}",
                    level=1,
                    heading=" ".join(chance.choice(paragraphs).split()[1:8]),
                    text="\n\n".join(chance.sample(paragraphs, PARAGRAPHS_PER_SECTION)),
                )
                for place in range(min(each, count - first))
            ),
        )


def _measure(size: int, paragraphs: Sequence[str]) -> list[Row]:
    chance = random.Random(11)
    questions = [_question(paragraphs, chance) for _ in range(QUESTIONS)]
    label = _label(size)
    with shelf.filled(documents_of(paragraphs, size)) as filled:
        rows = [
            Row(f"{label}: rendered and applied", filled.apply_seconds, "s"),
            Row(f"{label}: indexed", filled.index_seconds, "s"),
            Row(f"{label}: index", filled.index_bytes() / 1e6, "MB"),
        ]

        def find(text: str, filter: Filter | None = None) -> None:
            for hit in filled.search.find(text, filter=filter).hits:
                hit.snippet, hit.marked_heading  # noqa: B018 - cut when asked for

        kinds: dict[str, Callable[[], list[_Milliseconds]]] = {
            way: lambda typed=typed: [_milliseconds(find, typed(question)) for question in questions]
            for way, typed in WAYS.items()
        }
        kinds["filtered"] = lambda: [
            _milliseconds(lambda text: find(text, filter=Filter(kind=Kind.LAW, year=2010)), question)
            for question in questions
        ]
        kinds["a number"] = lambda: [_milliseconds(find, f"NQ{number}") for number in range(1, 50)]
        kinds["10,000 characters"] = lambda: [
            _milliseconds(find, " ".join(chance.sample(paragraphs, 20))[:10_000]) for _ in range(20)
        ]
        kinds["quotes, operators, emoji"] = lambda: [
            _milliseconds(find, f"{oddity} {question}")
            for oddity, question in zip(ODDITIES * 3, questions, strict=False)
        ]
        beside_own = f"with marks beside {NOTES} own notes and {DRAFTS} drafts"
        kinds[beside_own] = lambda: [
            _milliseconds(find, question) for question in _with_own(filled, paragraphs, questions)
        ]
        with closing(_peer(filled)) as peer:
            peer_times = [_milliseconds(peer.ask, question)[0] for question in questions[:PEER_QUESTIONS]]
        beside = f"FTS5, folded, p95 {percentile(peer_times, 0.95):.0f} ms"
        for kind, timed in kinds.items():
            times, cpu_times = zip(*timed(), strict=True)
            ratio = percentile(times, 0.95) / percentile(peer_times, 0.95)
            rows.append(Row(f"{label}: {kind}, p50", median(times), "ms"))
            rows.append(Row(f"{label}: {kind}, p95", percentile(times, 0.95), "ms", ratio, beside))
            rows.append(Row(f"{label}: {kind}, {COST}", percentile(cpu_times, 0.95), "ms"))
        rows.append(Row(f"{label}: tone precision@10", tone_precision(filled), ""))
    return rows


def _with_own(filled: shelf.Shelf, paragraphs: Sequence[str], questions: Sequence[str]) -> Sequence[str]:
    """The questions, once the member has notes all over the first documents, and drafts of three parts."""
    chance = random.Random(3)
    noted = [chance.sample(paragraphs, 2) for _ in range(NOTES)]
    with filled.store.library.read() as library:
        places = library.execute(select(sections.c["document", "anchor"]).limit(NOTES)).all()
    with filled.store.personal.write() as personal:
        personal.execute(
            insert(notes),
            [
                {
                    "id": f"note {number}",
                    "document": (place := places[number % len(places)]).document,
                    "source": "Luật",
                    "title": title[:80],
                    "edition": 1,
                    "heading": "",
                    "section": place.anchor,
                    "quote": quote[:200],
                    "before": "",
                    "after": "",
                    "position": 0,
                    "in_heading": False,
                    "colour": "yellow",
                    "text": title[:300] if number % 2 else "",
                    "created_at": NOTED_AT,
                    "changed_at": NOTED_AT + timedelta(minutes=number),
                    "place_edition": 1,
                    "place_section": place.anchor,
                    "place_start": 0,
                    "place_end": 20,
                }
                for number, (title, quote) in enumerate(noted)
            ],
        )
        personal.execute(
            insert(drafts),
            [
                {
                    "assignment": f"a{number}",
                    "lineage": f"l{number}",
                    "base_revision": 0,
                    "answers": codec.encode(
                        tuple(
                            Answer(f"p{part}", "\n\n".join(chance.sample(paragraphs, 3))) for part in range(3)
                        )
                    ).decode(),
                    "saved_at": NOTED_AT,
                }
                for number in range(DRAFTS)
            ],
        )
    return questions


def tone_precision(filled: shelf.Shelf) -> float:
    """Of the first ten hits for one syllable with marks, the share that hold just that syllable.

    The mean over syllables that ten sections hold and that have sisters differing only in marks.
    """
    with filled.store.library.read() as library:
        texts = library.scalars(select(sections.c.text).limit(TONE_SAMPLE)).all()
    spellings: dict[str, Counter[str]] = {}
    for text in texts:
        for word in set(words(text)):
            spellings.setdefault(fold(word), Counter())[word] += 1
    often = [
        word
        for form, spelled in spellings.items()
        if len(spelled) > 1
        for word, count in spelled.items()
        if count >= 10 and word != form
    ]
    shares = []
    for word in random.Random(5).sample(often, min(TONE_WORDS, len(often))):
        hits = filled.search.find(word, limit=10).hits
        right = sum(
            word in words(f"{hit.heading} {hit.title} {''.join(span.text for span in hit.snippet)}")
            for hit in hits
        )
        shares.append(right / len(hits))
    return statistics.mean(shares)


def _question(paragraphs: Sequence[str], chance: random.Random) -> str:
    """One to twelve neighbouring words, as people type two or three most of the time."""
    said = chance.choice(paragraphs).split()
    length = chance.choice((1, 2, 2, 3, 3, 4, 6, 8, 12))
    start = chance.randrange(max(1, len(said) - length))
    return exact(" ".join(said[start : start + length]))


_Milliseconds = tuple[float, float]
"""By the clock, and of this process."""


def _milliseconds(ask: Callable[[str], object], question: str) -> _Milliseconds:
    times, cpu_times = [], []
    for _ in range(3):
        started, cpu_started = time.perf_counter(), time.process_time()
        ask(question)
        times.append((time.perf_counter() - started) * 1e3)
        cpu_times.append((time.process_time() - cpu_started) * 1e3)
    return median(times), median(cpu_times)


class _Fts5:
    """The same sections in SQLite's full-text index, folded, best twenty by bm25 with snippets."""

    def __init__(self, rows: Iterator[tuple[str, str]]) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute("CREATE VIRTUAL TABLE found USING fts5(heading, body)")
        self._database.executemany("INSERT INTO found VALUES (?, ?)", rows)

    def ask(self, question: str) -> list[tuple[str]]:
        phrase = " ".join(f'"{word}"' for word in words(fold(question)))
        return self._database.execute(
            "SELECT snippet(found, 1, '[', ']', '…', 30) FROM found WHERE found MATCH ?"
            " ORDER BY rank LIMIT 20",
            (phrase,),
        ).fetchall()

    def close(self) -> None:
        self._database.close()


def _peer(filled: shelf.Shelf) -> _Fts5:
    with filled.store.library.read() as library:
        rows = library.execute(select(sections.c.heading, sections.c.text))
        return _Fts5((fold(row.heading), fold(row.text)) for row in rows)
