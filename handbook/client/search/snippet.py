"""The passage of a section that answers a query best, in its original spelling, with what matched marked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from handbook.model.text import exact, fold

SNIPPET_CHARACTERS = 220
LEAD_CHARACTERS = 40  # shown before the first match
WINDOW_CHARACTERS = (
    6_000  # folded at a time: a passage that holds every word ends the look through a long text
)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a snippet; `marked` when it matched."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Sought:
    """The words that count as matching, with their weights: `exact` ones as spelled, `folded` ones however
    marked."""

    exact: Mapping[str, float]
    folded: Mapping[str, float]

    def pattern(self) -> re.Pattern[str] | None:
        """Matches a sought word in folded text; None when nothing is sought."""
        forms = {fold(word) for word in self.exact} | set(self.folded)
        if not forms:
            return None
        longest_first = sorted(map(re.escape, forms), key=len, reverse=True)
        return re.compile(rf"(?<![^\W_])(?:{'|'.join(longest_first)})(?![^\W_])")


_SPACE = re.compile(r"\s+")


class _Match(NamedTuple):
    start: int
    end: int
    word: str
    weight: float


def snippet(text: str, sought: Sought, pattern: re.Pattern[str] | None) -> tuple[Span, ...]:
    """About SNIPPET_CHARACTERS of the NFC text around the best passage; its beginning when nothing matches.

    `pattern` is `sought.pattern()`, made once for all texts of a query.
    """
    matches = _best_passage(text, sought, pattern) if pattern else []
    start = _lead_start(text, matches[0].start) if matches else 0
    end = _word_end(text, start + SNIPPET_CHARACTERS)
    shown = [(one.start, one.end) for one in matches if one.end <= end]
    return _spans(text, start, end, _joined(text, shown))


def _best_passage(text: str, sought: Sought, pattern: re.Pattern[str]) -> list[_Match]:
    """The matches of the passage with the most weight of different words, neighbours counting more."""
    everything = sum(sought.exact.values()) + sum(sought.folded.values())
    best: list[_Match] = []
    best_score = 0.0
    for offset in range(0, len(text), WINDOW_CHARACTERS):
        # A passage may begin in one window and end in the next.
        piece = text[offset : offset + WINDOW_CHARACTERS + SNIPPET_CHARACTERS]
        matches = _matches(piece, offset, sought, pattern)
        for first, match in enumerate(matches):
            if match.start >= offset + WINDOW_CHARACTERS:
                break
            passage = _passage(matches, first)
            score = _score(text, passage)
            if score > best_score * 1.001:
                best, best_score = passage, score
        if best_score >= everything:
            break
    return best


def _matches(piece: str, offset: int, sought: Sought, pattern: re.Pattern[str]) -> list[_Match]:
    found = []
    for match in pattern.finditer(fold(piece)):
        weight = sought.folded.get(match.group(), 0.0)
        if sought.exact:
            weight = max(weight, sought.exact.get(exact(piece[match.start() : match.end()]), 0.0))
        if weight:
            found.append(_Match(offset + match.start(), offset + match.end(), match.group(), weight))
    return found


def _passage(matches: Sequence[_Match], first: int) -> list[_Match]:
    limit = matches[first].start + SNIPPET_CHARACTERS - LEAD_CHARACTERS
    last = first
    while last < len(matches) and matches[last].end <= limit:
        last += 1
    return list(matches[first:last])


def _score(text: str, passage: Sequence[_Match]) -> float:
    different = {match.word: match.weight for match in passage}
    neighbours = {
        (one.word, other.word): min(one.weight, other.weight)
        for one, other in pairwise(passage)
        if text[one.end : other.start].isspace()
    }
    return sum(different.values()) + sum(neighbours.values())


def _joined(text: str, shown: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring words as one stretch."""
    joined: list[tuple[int, int]] = []
    for start, end in shown:
        if joined and text[joined[-1][1] : start].isspace():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _spans(text: str, start: int, end: int, marked: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    pieces = [("… " if start else "", False)]
    place = start
    for first, last in marked:
        pieces += [(text[place:first], False), (text[first:last], True)]
        place = last
    pieces += [(text[place:end], False), (" …" if end < len(text) else "", False)]
    spans: list[Span] = []
    for piece, is_marked in pieces:
        shown = piece.replace("\n", " ")
        if spans and not is_marked and not spans[-1].marked:
            spans[-1] = Span(spans[-1].text + shown, False)
        elif shown:
            spans.append(Span(shown, is_marked))
    return tuple(spans)


def _lead_start(text: str, match: int) -> int:
    """The first beginning of a word among the LEAD_CHARACTERS before the match; else the match."""
    if match <= LEAD_CHARACTERS:
        return 0
    space = _SPACE.search(text, match - LEAD_CHARACTERS - 1, match)
    return space.end() if space else match


def _word_end(text: str, place: int) -> int:
    """The last end of a word at or before the place."""
    if place >= len(text):
        return len(text)
    space = max(text.rfind(" ", 0, place + 1), text.rfind("\n", 0, place + 1))
    return space if space > place - SNIPPET_CHARACTERS // 2 else place
