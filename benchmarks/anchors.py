"""Where a member's marks stand after a law was amended: rightly, wrongly, or as orphans.

Laws are cut into sections as the product does; then words are taken out, put in and replaced one by one, with
a record of where each old word went. A tenth of the sections is struck out, a tenth moves elsewhere under
another anchor. A mark is right when it covers the passage's words where they are now (half of the characters
of both together at least), or is an orphan when none of them is left. Laws repeat their formulas: some of
what is attached wrongly after its section was struck out stands word for word in another one.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks import shelf
from benchmarks.report import Row, median, percentile
from benchmarks.search import documents_of, paragraphs_of
from handbook.client.rendering import render_sections
from handbook.model.anchoring import Edition
from handbook.model.library import Document
from handbook.model.notes import Anchor, Place, SectionText
from handbook.model.text import nfc

SHARES = (0.0, 0.01, 0.05, 0.10, 0.20)
LENGTHS = (1, 2, 3, 5, 8, 12, 20, 30, 45)
"""Words marked: a term, a phrase, a sentence, a paragraph."""
MARKS = 40  # for each document and share
STRUCK = MOVED = 0.1

_WORD = re.compile(r"\S+")
Moves = list[tuple[Place, Place | None]]
"""Each word of the old edition, and where it is in the new one."""


def measure(texts: Path | None) -> list[Row]:
    """`texts` is a folder of .txt laws; without it documents are made of the sample ward's paragraphs."""
    editions = [_sections(document) for document in _documents(texts)]
    vocabulary = [word for sections in editions for text in sections for word in text.text.split()][:20_000]
    rows: list[Row] = []
    for share in SHARES:
        rows += _measure(share, editions, vocabulary)
    return rows


def _documents(texts: Path | None) -> list[Document]:
    if texts is None:
        return list(documents_of(paragraphs_of(None), 12 * 20))
    # The limits of `handbook.model.notes` were chosen on another sample, which shares a few of these laws.
    files = sorted(texts.glob("*.txt"))[::4]
    return [shelf.document(file.stem, file.stem, file.read_text("utf-8")) for file in files]


def _sections(document: Document) -> list[SectionText]:
    return [
        SectionText(section.anchor, nfc(rendered.text))
        for section, rendered in zip(document.sections, render_sections(document.sections), strict=True)
    ]


def _measure(share: float, editions: Sequence[list[SectionText]], vocabulary: Sequence[str]) -> list[Row]:
    chance = random.Random(round(share * 1000))
    outcome: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    exact, times, opening = 0, [], []
    for sections in editions:
        former = Edition(sections)
        anchors = _marks(former, sections, chance)
        amended, moves = _amended(sections, share, vocabulary, chance)
        started = time.perf_counter()
        edition = Edition(amended)
        edition.find(anchors[0][1])
        opening.append((time.perf_counter() - started) * 1e3)
        for place, anchor in anchors:
            truth = _truth(place, moves[place.section])
            started = time.perf_counter()
            found = edition.find(anchor)
            times.append((time.perf_counter() - started) * 1e3)
            if truth is None:
                gone["orphaned" if found is None else "attached"] += 1
            elif found is None:
                outcome["orphaned"] += 1
            else:
                outcome["rightly" if _overlap(found, truth) >= 0.5 else "wrongly"] += 1
                exact += found == truth
    kept, lost = outcome.total(), gone.total()
    label = f"{share:.0%} of words changed"
    beside = f"{kept} marks whose words are still there"
    return [
        Row(f"{label}: re-attached rightly", 100 * outcome["rightly"] / kept, "%", None, beside),
        Row(f"{label}: of these to the character", 100 * exact / max(1, outcome["rightly"]), "%"),
        Row(f"{label}: re-attached wrongly", 100 * outcome["wrongly"] / kept, "%"),
        Row(f"{label}: orphaned", 100 * outcome["orphaned"] / kept, "%"),
        Row(f"{label}: words gone, orphaned", 100 * gone["orphaned"] / lost, "%", None, f"{lost} marks"),
        Row(f"{label}: words gone, attached wrongly", 100 * gone["attached"] / lost, "%"),
        Row(f"{label}: a mark, p50", median(times), "ms"),
        Row(f"{label}: a mark, p95", percentile(times, 0.95), "ms"),
        Row(f"{label}: the edition with its first mark, p50", median(opening), "ms"),
    ]


def _marks(
    edition: Edition, sections: Sequence[SectionText], chance: random.Random
) -> list[tuple[Place, Anchor]]:
    marks = []
    worth = [section for section in sections if len(section.text.split()) > 5]
    while len(marks) < MARKS:
        section = chance.choice(worth)
        words = list(_WORD.finditer(section.text))
        first = chance.randrange(len(words))
        last = min(len(words), first + chance.choice(LENGTHS)) - 1
        place = Place(section.anchor, words[first].start(), words[last].end())
        marks.append((place, edition.anchor(place)))
    return marks


def _amended(
    sections: Sequence[SectionText], share: float, vocabulary: Sequence[str], chance: random.Random
) -> tuple[list[SectionText], dict[str, Moves]]:
    amended, moves, movers = [], {}, []
    for section in sections:
        fate = chance.random()
        text, words = _edited(section, share, vocabulary, chance)
        if fate < STRUCK:
            moves[section.anchor] = [(old, None) for old, _ in words]
        elif fate < STRUCK + MOVED:
            anchor = f"{section.anchor}-a"
            moves[section.anchor] = [(old, new and Place(anchor, new.start, new.end)) for old, new in words]
            movers.append(SectionText(anchor, text))
        else:
            moves[section.anchor] = words
            amended.append(SectionText(section.anchor, text))
    for mover in movers:
        amended.insert(chance.randrange(len(amended) + 1), mover)
    return amended, moves


def _edited(
    section: SectionText, share: float, vocabulary: Sequence[str], chance: random.Random
) -> tuple[str, Moves]:
    text, moves, end = "", [], 0
    for word in _WORD.finditer(section.text):
        text += section.text[end : word.start()]
        end = word.end()
        old = Place(section.anchor, word.start(), word.end())
        fate = chance.random() / share if share else 1.0
        if fate < 1 / 3:
            moves.append((old, None))
        elif fate < 2 / 3:
            moves.append((old, None))
            text += chance.choice(vocabulary)
        else:
            if fate < 1:
                text += f"{chance.choice(vocabulary)} "
            moves.append((old, Place(section.anchor, len(text), len(text) + len(word.group()))))
            text += word.group()
    return text + section.text[end:], moves


def _truth(place: Place, moves: Moves) -> Place | None:
    """From the first of the passage's words that is left to the last."""
    left = [new for old, new in moves if new and place.start <= old.start < place.end]
    return Place(left[0].section, left[0].start, left[-1].end) if left else None


def _overlap(one: Place, other: Place) -> float:
    """Characters of both together that are in each; 0 in different sections."""
    if one.section != other.section:
        return 0.0
    common = min(one.end, other.end) - max(one.start, other.start)
    return max(0, common) / (max(one.end, other.end) - min(one.start, other.start))
