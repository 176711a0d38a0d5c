"""Which packs of a publisher are made anew so that a first sync stays small. Pure: sizes in, groups out.

A pack of sequence N brings a reader to publishing N, so a pack made of others bears the latest of theirs: who
has all of them skips it. Two things are worth it:

- **Many small packs.** Publishings are gathered eight by eight, then eight times eight, always the oldest
  eight of sixteen or more, as in a log-structured merge tree. The eight newest stay as they are: who was away
  for a week fetches just that week, who was away for two months at most seven publishings too many.
- **Superseded editions.** Once they are more than a sixteenth of what is current, the packs with the largest
  share of them are written without them, until half of that is left. The sequence stays: nobody fetches more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from handbook.protocol.packs import KIB, TARGET_PACK_BYTES

GATHERED = 8
FULL_BYTES = TARGET_PACK_BYTES // 2  # current bytes from which a pack is no longer gathered with others
DEAD_SHARE = 1 / 16  # of current bytes: what superseded editions may take before they are dropped
DEAD_BYTES = 4 * KIB  # but never less than this
ENTRY_BYTES = 64  # about what an item costs in the index, compressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A pack: the publishing it brings a reader to, and its bytes that are current or superseded."""

    sequence: int
    current: int
    dead: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Neighbouring packs `start` to `stop` that belong together; `span` counts the publishings they cover."""

    start: int
    stop: int
    span: int
    current: int

    @property
    def level(self) -> int:
        """How often it was gathered: -1 when it is large enough to be left alone."""
        if self.current >= FULL_BYTES:
            return -1
        level, span = 0, self.span
        while span >= GATHERED:
            level, span = level + 1, span // GATHERED
        return level


def to_remake(weights: Sequence[Weight], newest: int) -> tuple[range, ...]:
    """The runs of packs, by position, that are to be written anew, each run into as few packs as it takes.

    `weights` are in order of sequence; packs of the publishing `newest` are left alone.
    """
    settled = [weight for weight in weights if weight.sequence < newest]
    joined = {
        group.start: group
        for group in _gathered(settled)
        if settled[group.start].sequence < settled[group.stop - 1].sequence
    }
    thinned = _thinned(settled)
    runs: list[range] = []
    position = 0
    while position < len(settled):
        if group := joined.get(position):
            runs.append(range(group.start, group.stop))
            position = group.stop
            continue
        if position in thinned:
            if runs and runs[-1].stop == position and _fill_up(settled, runs[-1], position, thinned):
                runs[-1] = range(runs[-1].start, position + 1)
            else:
                runs.append(range(position, position + 1))
        position += 1
    return tuple(runs)


def _gathered(weights: Sequence[Weight]) -> list[_Group]:
    """The packs in groups; the packs of one publishing are one from the beginning."""
    groups, start, before = [], 0, 0
    for sequence, packs in groupby(weights, key=lambda weight: weight.sequence):
        sizes = [weight.current for weight in packs]
        groups.append(_Group(start, start + len(sizes), max(1, sequence - before), sum(sizes)))
        start, before = start + len(sizes), sequence
    while run := next(_long_runs(groups), None):
        first = run[0]
        oldest = groups[first : first + GATHERED]
        groups[first : first + GATHERED] = [
            _Group(
                oldest[0].start,
                oldest[-1].stop,
                sum(group.span for group in oldest),
                sum(group.current for group in oldest),
            )
        ]
    return groups


def _long_runs(groups: Sequence[_Group]) -> Iterator[range]:
    """Neighbours of one level that are twice as many as are gathered."""
    start = 0
    for level, run in groupby(groups, key=lambda group: group.level):
        length = sum(1 for _ in run)
        if level >= 0 and length >= 2 * GATHERED:
            yield range(start, start + length)
        start += length


def _thinned(weights: Sequence[Weight]) -> frozenset[int]:
    """The packs whose superseded editions are to be dropped."""
    current, dead = sum(weight.current for weight in weights), sum(weight.dead for weight in weights)
    allowed = max(DEAD_SHARE * current, DEAD_BYTES)
    if dead <= allowed:
        return frozenset()
    worst_first = sorted(
        range(len(weights)), key=lambda position: -weights[position].dead / _bytes(weights[position])
    )
    chosen = []
    for position in worst_first:
        if dead <= allowed / 2:
            break
        chosen.append(position)
        dead -= weights[position].dead
    sequences = {weights[position].sequence for position in chosen}
    # The rest of a large publishing is taken along, or its pieces would grow more with every thinning.
    chosen += (
        position
        for position, weight in enumerate(weights)
        if weight.sequence in sequences and weight.current < FULL_BYTES
    )
    return frozenset(chosen)


def _fill_up(weights: Sequence[Weight], run: range, position: int, thinned: frozenset[int]) -> bool:
    """Whether a thinned pack fills whole packs together with the run before it, at no cost to readers.

    So it is of one publishing, and nearly so of large packs.
    """
    if weights[run.start].sequence == weights[position].sequence:
        return True
    large = all(each in thinned and _is_full(weights[each]) for each in run)
    return large and _is_full(weights[position])


def _is_full(weight: Weight) -> bool:
    return _bytes(weight) >= FULL_BYTES


def _bytes(weight: Weight) -> int:
    return weight.current + weight.dead
