"""How close together, and in which order, a section says what was typed: what words alone do not tell."""

from collections.abc import Iterable
from itertools import islice

from handbook.client.search.snippet import Match, Sought, matches
from handbook.model.text import fold, nfc

GAPS = 3  # words typed up to this far apart are looked for near each other
REACH = 12  # words of the text; farther apart they are not near
MAX_WORDS = 16  # of what was typed, from the first


class Closeness:
    """Tells of a section how near what was typed stands in the order in which it was typed, 0 to about 2."""

    def __init__(self, sought: Sought) -> None:
        self._sought = sought
        forms = list(islice(sought.forms.items(), MAX_WORDS))
        self._whole = sum(weight for _, weight in forms) or 1.0
        # By the later word of two: the earlier one, how far apart they were typed, what both are worth.
        self._before: dict[str, list[tuple[str, int, float]]] = {}
        for place, (word, weight) in enumerate(forms):
            for gap, (former, its_weight) in enumerate(reversed(forms[max(0, place - GAPS) : place]), 1):
                worth = min(weight, its_weight) / gap
                self._before.setdefault(word, []).append((former, gap, worth))

    def of(self, name: str, folded: str, found: Iterable[Match]) -> float:
        """`name` stands above the text; `folded` is the text folded and `found` what matches in it."""
        best: dict[tuple[str, str], float] = {}
        name = nfc(name)
        folded_name = fold(name)
        self._look(folded_name, matches(name, folded_name, 0, len(name), self._sought), best)
        self._look(folded, found, best)
        return sum(best.values()) / self._whole

    def _look(self, folded: str, found: Iterable[Match], best: dict[tuple[str, str], float]) -> None:
        last: dict[str, int] = {}
        at = read = 0
        for start, _, word, _ in found:
            at += folded.count(" ", read, start)
            read = start
            for former, gap, worth in self._before.get(word, ()):
                if former in last and (apart := at - last[former]) <= REACH:
                    near = worth / (abs(apart - gap) + 1)
                    if near > best.get((former, word), 0.0):
                        best[former, word] = near
            last[word] = at
