"""The passage of a section that answers a query best, in its original spelling, with what matched marked."""

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from handbook.model.text import exact, fold, nfc

SNIPPET_CHARACTERS = 220
LEAD_CHARACTERS = 40  # shown before the first match
PASSAGE_CHARACTERS = SNIPPET_CHARACTERS - LEAD_CHARACTERS
# Looked through at a time; a passage that says all that was typed ends the look through a long text.
WINDOW_CHARACTERS = 2_000
_ROUNDING = 1e-9


class Span(NamedTuple):
    """A piece of a snippet; `marked` when it matched."""

    text: str
    marked: bool


class Sought:
    """The words that count as matching: `exact` ones as they are spelled, `folded` ones however marked."""

    def __init__(self, exact: Mapping[str, float], folded: Mapping[str, float]) -> None:
        """Both by word, with its weight."""
        self._exact = exact
        self._folded = folded
        self.known: dict[str, float] = {}
        """What `weight` has told of words as they are written."""
        # Each word looked for, without marks and with its weight, in the order typed.
        self.forms = forms = {fold(word): weight for word, weight in (*exact.items(), *folded.items())}
        # The score of a passage that holds every word, each beside the one it was typed after.
        self.complete = sum(forms.values()) + sum(map(min, pairwise(forms.values()))) - _ROUNDING
        # All of them side by side in the order they were typed.
        self.phrase = " ".join(forms)
        # Whether matches can be looked for in text whose other characters were replaced.
        self.is_ascii = self.phrase.isascii()

    def weight(self, form: str, written: str) -> float:
        """Of a word of a text that is `form` without marks; 0 when it carries other marks than asked for."""
        weight = self._exact.get(written) or self._exact.get(exact(written), 0.0)
        weight = self.known[written] = max(weight, self._folded.get(form, 0.0))
        return weight


Match = tuple[int, int, str, float]
"""Start and end in the text, the form without marks, the weight."""


_SPACE = re.compile(r"\s+")


def snippet(
    text: str, folded: str, sought: Sought, known: Sequence[Match] | None = None, best: int = -1
) -> tuple[Span, ...]:
    """About SNIPPET_CHARACTERS of the NFC text around the best passage; its beginning without one.

    `folded` is the text folded: kept in the index, because folding costs more than all else here. `known` are
    all matches of the text and `best` is where the best passage starts, if they have been looked for already.
    """
    passage = _phrase(text, folded, sought)
    if passage < 0:
        passage = best
    if passage < 0 and known is not None:
        passage, _ = _best_run(text, known, sought.complete)
    elif passage < 0:
        passage, _ = best_passage(text, folded, sought)
    start = _lead_start(text, passage) if passage > 0 else 0
    end = _word_end(text, start + SNIPPET_CHARACTERS)
    if known is None:
        known = matches(text, folded, start, end, sought)
    shown = [match[:2] for match in known if start <= match[0] and match[1] <= end]
    return _spans(text, start, end, _joined(text, shown))


def marked(line: str, sought: Sought) -> tuple[Span, ...]:
    """The whole line with what matches in it."""
    if not line:
        return ()
    line = nfc(line)
    found = matches(line, fold(line), 0, len(line), sought)
    return _spans(line, 0, len(line), _joined(line, [match[:2] for match in found]))


def _phrase(text: str, folded: str, sought: Sought) -> int:
    """Where the words first stand as they were typed; -1 when nowhere."""
    phrase = sought.phrase
    start = folded.find(phrase) if phrase else -1
    while start >= 0:
        end = start + len(phrase)
        if len(matches(text, folded, start, end, sought)) == len(sought.forms):
            return start
        start = folded.find(phrase, start + 1)
    return -1


def best_passage(text: str, folded: str, sought: Sought) -> tuple[int, float]:
    """The start and the score of the passage with the most weight of different words, neighbours counting
    more; -1 and 0 without one."""
    best, best_score = -1, 0.0
    for offset in range(0, len(text), WINDOW_CHARACTERS):
        # A passage may begin in one window and end in the next.
        end = offset + WINDOW_CHARACTERS + SNIPPET_CHARACTERS
        start, score = _best_run(text, matches(text, folded, offset, end, sought), sought.complete)
        if score > best_score:
            best, best_score = start, score
        if score >= sought.complete:
            break
    return best, best_score


def matches(text: str, folded: str, start: int, end: int, sought: Sought) -> list[Match]:
    """Where the words stand between two offsets, in order; `folded` is the text folded.

    Word by word: one pattern for all of them takes ten times as long over a text.
    """
    found: list[Match] = []
    known = sought.known
    for form in sought.forms:
        first = folded.find(form, start, end)
        while first >= 0:
            last = first + len(form)
            if not folded[last : last + 1].isalnum() and not folded[first - 1 : first].isalnum():
                written = text[first:last]
                weight = known.get(written)
                if weight is None:
                    weight = sought.weight(form, written)
                if weight:
                    found.append((first, last, form, weight))
            first = folded.find(form, last, end)
    if len(sought.forms) > 1:
        found.sort()
    return found


def _best_run(text: str, found: Iterable[Match], complete: float) -> tuple[int, float]:
    """Where the run of matches that fits a snippet with the greatest score starts, the earliest of equals.

    The first one that scores `complete` ends the look.
    """
    words, pairs = dict[str, int](), dict[tuple[str, str], int]()
    score = best_score = 0.0
    best = -1
    run: deque[Match] = deque()
    for match in found:
        word = match[2]
        words[word] = (before := words.get(word, 0)) + 1
        if not before:
            score += match[3]
        if run and (bonus := _neighbours(text, run[-1], match)):
            pair = (run[-1][2], word)
            pairs[pair] = (before := pairs.get(pair, 0)) + 1
            if not before:
                score += bonus
        run.append(match)
        while match[1] - run[0][0] > PASSAGE_CHARACTERS and len(run) > 1:
            left = run.popleft()
            words[left[2]] -= 1
            if words[left[2]] == 0:
                score -= left[3]
            if bonus := _neighbours(text, left, run[0]):
                pair = (left[2], run[0][2])
                pairs[pair] -= 1
                if pairs[pair] == 0:
                    score -= bonus
        if score > best_score + _ROUNDING:
            best, best_score = run[0][0], score
            if score >= complete:
                break
    return best, best_score


def _neighbours(text: str, one: Match, other: Match) -> float:
    """What two matches are worth more for standing side by side."""
    if other[0] - one[1] > 2 or not text[one[1] : other[0]].isspace():
        return 0.0
    return min(one[3], other[3])


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
    shown = text[start:end].replace("\n", " ")
    spans: list[Span] = []
    place, lead = 0, "… " if start else ""
    for first, last in marked:
        if before := lead + shown[place : first - start]:
            spans.append(Span(before, False))
        place, lead = last - start, ""
        spans.append(Span(shown[first - start : place], True))
    if rest := lead + shown[place:] + (" …" if end < len(text) else ""):
        spans.append(Span(rest, False))
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
    least = max(0, place - SNIPPET_CHARACTERS // 2 + 1)
    space = max(text.rfind(" ", least, place + 1), text.rfind("\n", least, place + 1))
    return space if space >= 0 else place
