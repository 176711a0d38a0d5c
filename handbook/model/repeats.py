"""How much of an answer is taken word for word from the documents it is about; for its author's eyes only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from handbook.model.text import exact, syllables

RUN: Final = 12
"""Words in a row that both texts have; shorter ones, such as the name of a resolution, everybody repeats."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """`words` of `of` words stand in common runs of at least RUN words."""

    words: int
    of: int

    @property
    def share(self) -> float:
        """0 to 1; 0 for an empty text."""
        return self.words / self.of if self.of else 0.0


def repeats(text: str, sources: Iterable[str]) -> Repeats:
    """Compares by words in any case, with tones wherever they are put; signs between words do not count.

    Time grows with the length of the sources, whatever they have in common.
    """
    own = _words(text)
    places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for start in range(len(own) - RUN + 1):
        places[tuple(own[start : start + RUN])].append(start)
    found: set[int] = set()
    if places:
        for source in sources:
            theirs = _words(source)
            for start in range(len(theirs) - RUN + 1):
                found.update(places.get(tuple(theirs[start : start + RUN]), ()))
    return Repeats(len({start + step for start in found for step in range(RUN)}), len(own))


def _words(text: str) -> list[str]:
    return [syllable.text for syllable in syllables(exact(text))]
