"""What changed from one text to another: sections aligned first, then the words inside a changed one.

Two spellings of the same syllable (hòa and hoà), composed and decomposed letters, and the width of a space
are no differences. Runs hold the NFC text; in order they rebuild both texts exactly.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final, NamedTuple

from handbook.model.text import canonical_tone, nfc, words

MAX_PAIRS: Final = 400_000
"""Most pairs of equal words that two stretches of text are searched for common passages; one look at so many
takes some tenth of a second. Stretches with more are shown as replaced whole. Equal paragraphs at both ends,
and equal paragraphs between, never count: only what changed is searched."""
ALIKE: Final = 0.4
"""Sections that share this part of their runs of three words are one section that was changed; after that
half of their words may be other ones."""
SAME_ANCHOR: Final = 0.25
"""What an equal anchor is worth beside likeness: an article that was only renumbered is still found."""
SHINGLE: Final = 3
COMMON: Final = 20
"""Words that stand in more sections than this tell nothing about which one is meant."""


class Fate(StrEnum):
    """What became of a run of words, or of a section; a run is never CHANGED."""

    KEPT = "kept"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class Run(NamedTuple):
    """Words with one fate; `former` is '' where they were added, `present` where they were removed."""

    fate: Fate
    former: str
    present: str


class PictureChange(NamedTuple):
    """Pictures by their hashes: one that was exchanged has both, an added one no `former`, a removed one no
    `present` ('')."""

    former: str
    present: str


@dataclass(frozen=True, slots=True)
class PlainSection:
    """A section as it is read; `text` has one line a paragraph, list item or table row.

    `pictures` are the hashes of those shown in it, `emphasis` the words in bold or italics, in order.
    """

    anchor: str
    heading: str
    text: str
    level: int = 0
    pictures: tuple[str, ...] = ()
    emphasis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDifference:
    """A section of one text or of both, by its place in each, from 0. One that only moved is KEPT.

    `restyled` tells that words which both have stand out otherwise now: another level of the heading, bold
    or italic letters that came or went. Such a section is KEPT as long as it says the same.
    """

    former: int | None
    present: int | None
    heading: tuple[Run, ...]
    text: tuple[Run, ...]
    pictures: tuple[PictureChange, ...] = ()
    restyled: bool = False

    @property
    def fate(self) -> Fate:
        if self.former is None:
            return Fate.ADDED
        if self.present is None:
            return Fate.REMOVED
        kept = all(run.fate is Fate.KEPT for run in (*self.heading, *self.text))
        return Fate.KEPT if kept and not self.pictures else Fate.CHANGED


def section_differences(
    former: Sequence[PlainSection], present: Sequence[PlainSection]
) -> tuple[SectionDifference, ...]:
    """Every section of both texts once, in the present order; a removed one stands where it stood."""
    paired = _pairs(former, present)
    shown_before = {picture for section in former for picture in section.pictures}
    shown_now = {picture for section in present for picture in section.pictures}
    before: dict[int | None, list[int]] = defaultdict(list)  # removed ones, by what they followed
    place_of = {of_former: of_present for of_present, of_former in paired.items()}
    last: int | None = None
    for at in range(len(former)):
        if at in place_of:
            last = place_of[at]
        else:
            before[last].append(at)

    def removed(at: int) -> SectionDifference:
        section = former[at]
        return SectionDifference(
            former=at,
            present=None,
            heading=text_runs(section.heading, ""),
            text=text_runs(section.text, ""),
            pictures=picture_changes([one for one in section.pictures if one not in shown_now], ()),
        )

    found = [removed(at) for at in before[None]]
    for at, section in enumerate(present):
        was = paired.get(at)
        old = former[was] if was is not None else PlainSection("", "", "")
        found.append(
            SectionDifference(
                former=was,
                present=at,
                heading=text_runs(old.heading, section.heading),
                text=text_runs(old.text, section.text),
                pictures=picture_changes(
                    [one for one in old.pictures if one not in shown_now],
                    [one for one in section.pictures if one not in shown_before],
                ),
                restyled=was is not None and _is_restyled(old, section),
            )
        )
        found += [removed(gone) for gone in before[at]]
    return tuple(found)


def picture_changes(former: Sequence[str], present: Sequence[str]) -> tuple[PictureChange, ...]:
    """What became of the pictures that went and came in one section: in order one took the other's place."""
    exchanged = [PictureChange(*pair) for pair in zip(former, present, strict=False)]
    gone = [PictureChange(one, "") for one in former[len(exchanged) :]]
    return (*exchanged, *gone, *(PictureChange("", one) for one in present[len(exchanged) :]))


def _is_restyled(former: PlainSection, present: PlainSection) -> bool:
    """Words that were added or removed bring and take their own emphasis: that is no news of its own."""
    if former.level != present.level:
        return True
    said_before, said_now = canonical_tone(former.text), canonical_tone(present.text)
    was, now = Counter(map(canonical_tone, former.emphasis)), Counter(map(canonical_tone, present.emphasis))
    return any(words in said_before and words in said_now for words in (was - now) | (now - was))


# --- sections


def _pairs(former: Sequence[PlainSection], present: Sequence[PlainSection]) -> dict[int, int]:
    """The former place of each present section that has one."""
    paired: dict[int, int] = {}
    for same in (_whole_key, _text_key):
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        taken = set(paired.values())
        for at in range(len(former) - 1, -1, -1):
            if at not in taken and (key := same(former[at])):
                waiting[key].append(at)
        for at, section in enumerate(present):
            if at not in paired and waiting.get(key := same(section)):
                paired[at] = waiting[key].pop()
    taken = set(paired.values())
    left_former = [at for at in range(len(former)) if at not in taken]
    left_present = [at for at in range(len(present)) if at not in paired]
    for _, of_present, of_former in sorted(_likenesses(former, left_former, present, left_present)):
        if of_present not in paired and of_former not in taken:
            paired[of_present] = of_former
            taken.add(of_former)
    return paired


def _whole_key(section: PlainSection) -> Hashable:
    return section.anchor, canonical_tone(section.heading), canonical_tone(section.text)


def _text_key(section: PlainSection) -> Hashable:
    """Short texts are alike by chance."""
    return canonical_tone(section.text) if len(section.text) > 80 else ""


def _likenesses(
    former: Sequence[PlainSection],
    left_former: Sequence[int],
    present: Sequence[PlainSection],
    left_present: Sequence[int],
) -> Iterator[tuple[tuple[float, int], int, int]]:
    """Pairs that may be one section, each with a key that sorts the likeliest first."""
    old = {at: _shingles(former[at]) for at in left_former}
    holders: dict[Hashable, list[int]] = defaultdict(list)
    for at, shingles in old.items():
        for shingle in shingles:
            holders[shingle].append(at)
    anchored = {former[at].anchor: at for at in left_former}
    for at in left_present:
        new = _shingles(present[at])
        shared: Counter[int] = Counter()
        for shingle, times in new.items():
            if len(holders[shingle]) <= COMMON:
                for holder in holders[shingle]:
                    shared[holder] += min(times, old[holder][shingle])
        same_anchor = anchored.get(present[at].anchor)
        for other in {*shared, same_anchor} - {None}:
            likeness = 2 * shared[other] / max(1, new.total() + old[other].total())
            if likeness >= ALIKE or other == same_anchor:
                score = likeness + (SAME_ANCHOR if other == same_anchor else 0)
                yield (-score, abs(at - other)), at, other


def _shingles(section: PlainSection) -> Counter[Hashable]:
    said = words(f"{section.heading}\n{section.text}")
    return Counter(tuple(said[start : start + SHINGLE]) for start in range(max(1, len(said) - SHINGLE + 1)))


# --- words


class Passage(NamedTuple):
    """What two texts have in common: where it begins in each, and how long it is."""

    former: int
    present: int
    length: int


_ENDS = frozenset(".,;:")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# A number such as 57-NQ/TW or 12.480 is one word; the space behind a word goes with it.
_WORD = re.compile(r"(?:[^\W_]+(?:[-–/.,:][^\W_]+)*|[^\w\s]|_)[^\S\n]*|[^\S\n]+|\n")


def text_runs(former: str, present: str) -> tuple[Run, ...]:
    """The runs of words of both texts, in order; where words were replaced, what was removed comes first."""
    old, new = _LINE.findall(nfc(former)), _LINE.findall(nfc(present))
    runs: list[Run] = []
    at_old = at_new = 0
    for start_old, start_new, length in _common([*map(_key, old)], [*map(_key, new)]):
        gap = "".join(old[at_old:start_old]), "".join(new[at_new:start_new])
        runs += _word_runs(_WORD.findall(gap[0]), _WORD.findall(gap[1]))
        at_old, at_new = start_old + length, start_new + length
        if length:
            runs.append(Run(Fate.KEPT, "".join(old[start_old:at_old]), "".join(new[start_new:at_new])))
    return tuple(_joined(runs))


def _key(text: str) -> str:
    return (
        " " if text.isspace() and "\n" not in text else canonical_tone(text.strip(" \t\u00a0")).rstrip("\n")
    )


def _common(former: Sequence[str], present: Sequence[str]) -> list[Passage]:
    """Common passages in order; the last one, which may be empty, ends both texts."""
    head = 0
    while head < min(len(former), len(present)) and former[head] == present[head]:
        head += 1
    tail = 0
    while tail < min(len(former), len(present)) - head and former[-1 - tail] == present[-1 - tail]:
        tail += 1
    old, new = former[head : len(former) - tail], present[head : len(present) - tail]
    counted = Counter(old)
    pairs = sum(counted[key] * times for key, times in Counter(new).items())
    passages = [Passage(0, 0, head)] if head else []
    if 0 < pairs <= MAX_PAIRS:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        passages += [
            Passage(head + a, head + b, size) for a, b, size in matcher.get_matching_blocks() if size
        ]
    return [*passages, Passage(len(former) - tail, len(present) - tail, tail)]


def _word_runs(former: Sequence[str], present: Sequence[str]) -> Iterator[Run]:
    """As `text_runs` for a stretch in which no paragraph was kept."""
    kept: list[Passage] = []
    passages = _common([*map(_key, former)], [*map(_key, present)])
    for place, (start_old, start_new, length) in enumerate(passages):
        if place == len(passages) - 1 or not _is_lost(
            kept, start_old, start_new, length, passages[place + 1]
        ):
            kept.append(Passage(start_old, start_new, length))
    at_old = at_new = 0
    for start_old, start_new, length in _with_their_ends(kept, former, present):
        yield Run(Fate.REMOVED, "".join(former[at_old:start_old]), "")
        yield Run(Fate.ADDED, "", "".join(present[at_new:start_new]))
        at_old, at_new = start_old + length, start_new + length
        yield Run(Fate.KEPT, "".join(former[start_old:at_old]), "".join(present[start_new:at_new]))


def _with_their_ends(
    kept: Sequence[Passage], former: Sequence[str], present: Sequence[str]
) -> Sequence[Passage]:
    """A sentence that came or went takes its own full stop with it, not that of the one before."""
    moved = list(kept)
    for place in range(len(moved) - 1):
        (old, new, length), (next_old, next_new, rest) = moved[place : place + 2]
        changed = former[old + length : next_old] or present[new + length : next_new]
        alone = (old + length == next_old) != (new + length == next_new)
        if alone and rest and _key(changed[0]) in _ENDS and _key(changed[0]) == _key(former[next_old]):
            moved[place] = Passage(old, new, length + 1)
            moved[place + 1] = Passage(next_old + 1, next_new + 1, rest - 1)
    return moved


def _is_lost(kept: Sequence[Passage], old: int, new: int, length: int, following: Passage) -> bool:
    """Whether a common passage is no longer than the changes on both its sides: a word or two that two
    sentences share by chance only make them hard to read."""
    ended_old, ended_new = (kept[-1][0] + kept[-1][2], kept[-1][1] + kept[-1][2]) if kept else (0, 0)
    before = max(old - ended_old, new - ended_new)
    after = max(following.former - old - length, following.present - new - length)
    return length <= min(before, after)


def _joined(runs: Sequence[Run]) -> Iterator[Run]:
    """Without empty runs, neighbours of one fate put together."""
    waiting: Run | None = None
    for run in runs:
        if not run.former and not run.present:
            continue
        if waiting and waiting.fate is run.fate:
            waiting = Run(run.fate, waiting.former + run.former, waiting.present + run.present)
            continue
        if waiting:
            yield waiting
        waiting = run
    if waiting:
        yield waiting
