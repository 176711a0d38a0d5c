"""How a mark is found again in another edition of its document.

It is always compared with what the member marked, never with where a former edition led, so that it cannot
wander off in small steps.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from typing import Final, NamedTuple

from handbook.model.notes import Anchor, Place, SectionText
from handbook.model.text import exact, nfc

CONTEXT: Final = 64
"""Characters kept on either side of a mark, up to the end of the word there."""
_WORD = re.compile(r"[^\W_]+")
_OPENS, _CLOSES = "\x02", "\x03"  # stand for the borders of a section among its words
CANDIDATES: Final = 8
"""Places that are compared closely; those with most words in common with what is looked for."""
_BUCKET: Final = 8
_COMMON: Final = 400


class _Word(NamedTuple):
    key: str
    section: int
    start: int
    end: int


class _Found(NamedTuple):
    """`likeness` of the words marked and `context` of those around them, 0 to 1; `words` were found again."""

    place: Place
    likeness: float
    context: float
    words: int
    same_section: bool
    closeness: float

    @property
    def rank(self) -> float:
        return 2 * self.likeness + self.context + 0.3 * self.same_section + 0.2 * self.closeness

    @property
    def convinces(self) -> bool:
        """Few words prove little by themselves, and less where nobody looked for them."""
        together = self.likeness + self.context
        if self.same_section:
            if self.likeness == 1.0:
                return self.words >= 5 or self.context >= 0.5
            return self.likeness >= 0.5 and together >= 1.1
        if self.likeness == 1.0:
            return self.context >= (0.5 if self.words >= 12 else 0.7)
        return self.likeness >= 0.5 and self.context >= 0.7 and together >= 1.3


class Edition:
    """The text of one edition, made ready to find many marks in.

    Headings are looked through for marks made in headings, and texts for all others: what is set apart by its
    place on the page means something else than the same words in a sentence.
    """

    def __init__(self, sections: Iterable[SectionText]) -> None:
        self._sections = {
            section.anchor: SectionText(section.anchor, nfc(section.text), nfc(section.heading))
            for section in sections
        }

    def section(self, anchor: str) -> SectionText | None:
        """The section in NFC, if this edition has it."""
        return self._sections.get(anchor)

    def anchor(self, place: Place) -> Anchor:
        """What to remember of a passage of this edition. KeyError for a section that it does not have."""
        return self._row(place.in_heading).anchor(place)

    def find(self, anchor: Anchor) -> Place | None:
        """Where the passage stands here; None when nothing is like it enough to be it."""
        return self._row(anchor.in_heading).find(anchor)

    def _row(self, in_heading: bool) -> "_Row":
        return self._headings if in_heading else self._texts

    @cached_property
    def _texts(self) -> "_Row":
        return _Row(self._sections.values(), in_heading=False)

    @cached_property
    def _headings(self) -> "_Row":
        return _Row(self._sections.values(), in_heading=True)


class _Row:
    """The texts of the sections one after the other, or their headings."""

    def __init__(self, sections: Iterable[SectionText], in_heading: bool) -> None:
        self._in_heading = in_heading
        self._sections = [SectionText(section.anchor, section.part(in_heading)) for section in sections]
        self._numbers = {section.anchor: at for at, section in enumerate(self._sections)}
        self._begins: list[int] = []
        self._length = 0
        for section in self._sections:
            self._begins.append(self._length)
            self._length += len(section.text)

    def anchor(self, place: Place) -> Anchor:
        number = self._numbers[place.section]
        text = self._sections[number].text
        begin, end = max(0, place.start - CONTEXT), min(len(text), place.end + CONTEXT)
        while begin and _WORD.match(text[begin]) and _WORD.match(text[begin - 1]):
            begin -= 1
        while end < len(text) and _WORD.match(text[end - 1]) and _WORD.match(text[end]):
            end += 1
        return Anchor(
            section=place.section,
            quote=text[place.start : place.end],
            before=text[begin : place.start],
            after=text[place.end : end],
            position=self._begins[number] + place.start,
            in_heading=self._in_heading,
        )

    def find(self, anchor: Anchor) -> Place | None:
        needle = _Needle(anchor)
        found = list(self._word_for_word(needle))
        if not any(one.convinces for one in found):
            found += self._by_likeness(needle)
        convincing = [one for one in found if one.convinces]
        return max(convincing, key=lambda one: one.rank).place if convincing else None

    def _word_for_word(self, needle: "_Needle") -> Iterator[_Found]:
        quote = needle.anchor.quote
        if not quote:
            return
        places = []
        for number, section in enumerate(self._sections):
            start = section.text.find(quote)
            while start >= 0:
                places.append((number, start))
                start = section.text.find(quote, start + 1)
        around = Counter((*needle.before, *needle.after))
        if len(places) > CANDIDATES:

            def promise(place: tuple[int, int]) -> tuple[int, float]:
                before, after = self._around(place[0], place[1], place[1] + len(quote), needle)
                return (Counter((*before, *after)) & around).total(), self._closeness(needle, *place)

            places = sorted(places, key=promise, reverse=True)[:CANDIDATES]
        for number, start in places:
            end = start + len(quote)
            before, after = self._around(number, start, end, needle)
            alike = _in_common(needle.before, before) + _in_common(needle.after, after)
            yield self._found(
                needle,
                Place(self._sections[number].anchor, start, end, self._in_heading),
                likeness=1.0,
                context=alike / max(1, len(needle.before) + len(needle.after)),
                words=len(needle.marked),
            )

    def _by_likeness(self, needle: "_Needle") -> Iterator[_Found]:
        keys = needle.keys
        votes: dict[int, float] = defaultdict(float)
        for at, key in enumerate(keys):
            stands = self._index.get(key, ())
            if len(stands) <= _COMMON:
                for place in stands:
                    votes[(place - at) // _BUCKET] += len(stands) ** -0.5
        strength = {bucket: votes[bucket] + votes.get(bucket + 1, 0.0) for bucket in list(votes)}
        best = sorted(strength, key=lambda bucket: (-strength[bucket], bucket))[:CANDIDATES]
        for bucket in best:
            first = max(0, (bucket - 1) * _BUCKET)
            window = self._words[first : (bucket + 3) * _BUCKET + len(keys) + len(keys) // 4]
            found = self._aligned(needle, window)
            if found:
                yield found

    def _aligned(self, needle: "_Needle", window: Sequence[_Word]) -> _Found | None:
        """The passage of the window that the marked words fall on."""
        pairs: dict[int, int] = {}
        matcher = SequenceMatcher(None, needle.keys, [word.key for word in window], autojunk=False)
        for block in matcher.get_matching_blocks():
            pairs |= {block.a + k: block.b + k for k in range(block.size)}
        low, high = needle.marked.start, needle.marked.stop
        hit = [at for at in range(low, high) if at in pairs]
        if not hit:
            return None
        number = Counter(window[pairs[at]].section for at in hit).most_common(1)[0][0]
        hit = [at for at in hit if window[pairs[at]].section == number]
        start_word, end_word = pairs[hit[0]], pairs[hit[-1]]
        # Words put in the place of the first or last marked ones belong to the passage when what stood beside
        # them still does.
        beside = [at for at in (low - 1, high) if at in pairs and window[pairs[at]].section == number]
        if hit[0] > low and low - 1 in beside:
            lost, gap = hit[0] - low, start_word - pairs[low - 1] - 1
            start_word -= gap if 0 < gap <= lost + 1 else 0
        if hit[-1] < high - 1 and high in beside:
            lost, gap = high - 1 - hit[-1], pairs[high] - end_word - 1
            end_word += gap if 0 < gap <= lost + 1 else 0
        section = self._sections[number]
        start, end = window[start_word].start, window[end_word].end
        if low == hit[0]:
            start = _begin_alike(section.text, start, needle)
        if high - 1 == hit[-1]:
            end = _end_alike(section.text, end, needle)
        around = len(needle.keys) - len(needle.marked)
        outside = [at for at in pairs if at not in needle.marked]
        return self._found(
            needle,
            Place(section.anchor, start, end, self._in_heading),
            likeness=min(0.99, 2 * len(hit) / (len(needle.marked) + end_word - start_word + 1)),
            context=len(outside) / max(1, around),
            words=len(hit),
        )

    def _found(
        self, needle: "_Needle", place: Place, *, likeness: float, context: float, words: int
    ) -> _Found:
        return _Found(
            place,
            likeness,
            context,
            words,
            place.section == needle.anchor.section,
            self._closeness(needle, self._numbers[place.section], place.start),
        )

    def _closeness(self, needle: "_Needle", number: int, start: int) -> float:
        away = abs(self._begins[number] + start - needle.anchor.position)
        return 1.0 - min(1.0, away / max(1, self._length))

    def _around(self, number: int, start: int, end: int, needle: "_Needle") -> tuple[list[str], list[str]]:
        """As many words of the section before and after as the mark remembers."""
        first, stop = self._reach[number]
        ends, starts = self._ends, self._starts
        before = bisect_right(ends, start, first, stop)
        after = bisect_left(starts, end, first, stop)
        return (
            [word.key for word in self._words[max(first, before - len(needle.before)) : before]],
            [word.key for word in self._words[after : min(stop, after + len(needle.after))]],
        )

    @cached_property
    def _words(self) -> list[_Word]:
        words = []
        for number, section in enumerate(self._sections):
            words.append(_Word(_OPENS, number, 0, 0))
            words += [_Word(key, number, start, end) for key, start, end in _words_of(section.text)]
            words.append(_Word(_CLOSES, number, len(section.text), len(section.text)))
        return words

    @cached_property
    def _reach(self) -> list[tuple[int, int]]:
        """The numbers of each section's words, its borders among them."""
        reach, first = [], 0
        for number in range(len(self._sections)):
            stop = bisect_right(self._words, number, first, key=lambda word: word.section)
            reach.append((first, stop))
            first = stop
        return reach

    @cached_property
    def _starts(self) -> list[int]:
        return [word.start for word in self._words]

    @cached_property
    def _ends(self) -> list[int]:
        return [word.end for word in self._words]

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(self._words):
            index[word.key].append(place)
        return index


class _Needle:
    """The words of a mark and around it, in one row; `marked` are the places of its own."""

    def __init__(self, anchor: Anchor) -> None:
        self.anchor = anchor
        text = anchor.before + anchor.quote + anchor.after
        begin, end = len(anchor.before), len(anchor.before) + len(anchor.quote)
        words = _words_of(text)
        if len(anchor.before) < CONTEXT:
            words.insert(0, (_OPENS, 0, 0))
        if len(anchor.after) < CONTEXT:
            words.append((_CLOSES, len(text), len(text)))
        low = sum(1 for key, _, stop in words if stop <= begin and key != _CLOSES)
        high = sum(1 for key, start, _ in words if start < end or key == _OPENS)
        self.keys = [key for key, _, _ in words]
        self.marked = range(low, max(low, high))
        self.before, self.after = self.keys[:low], self.keys[self.marked.stop :]
        inside = words[low : self.marked.stop]
        # How far inside the first and last word the mark begins and ends; negative outside of them.
        self.head = begin - inside[0][1] if inside else 0
        self.tail = inside[-1][2] - end if inside else 0


def _words_of(text: str) -> list[tuple[str, int, int]]:
    return [(found.group(), found.start(), found.end()) for found in _WORD.finditer(exact(text))]


def _in_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words stand in both in the same order."""
    if one == other:
        return len(one)
    return sum(
        block.size for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    )


def _begin_alike(text: str, start: int, needle: _Needle) -> int:
    """`start` moved to where inside or before its first word the mark began, as far as the text agrees."""
    if needle.head >= 0:
        return start + needle.head
    signs = needle.anchor.quote[: -needle.head]
    return start + needle.head if text.endswith(signs, 0, start) else start


def _end_alike(text: str, end: int, needle: _Needle) -> int:
    if needle.tail >= 0:
        return end - needle.tail
    signs = needle.anchor.quote[needle.tail :]
    return end - needle.tail if text.startswith(signs, end) else end
