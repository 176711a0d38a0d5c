"""Soát chính tả: which words of a text are doubted, what may be meant, and which ones the member lets pass.

A word is doubted when it can be no Vietnamese syllable, stands nowhere in the library of this PC and was not
passed. Nothing of this leaves the PC.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.tables.personal import passed_words
from handbook.model.spelling import is_close, is_syllable, near

if TYPE_CHECKING:
    from handbook.client.search import Search
    from handbook.client.store import Store

OFFERED = 6


class Spelling:
    """`search` knows the words of the library."""

    def __init__(self, store: "Store", search: "Search") -> None:
        self._store, self._search = store, search

    def doubted(self, words: Iterable[str]) -> frozenset[str]:
        """Those of these composed lower-case words that are doubted."""
        strange = {word for word in words if not is_syllable(word)}
        if not strange:
            return frozenset()
        with self._store.personal.read() as connection:
            passed = set(
                connection.execute(
                    select(passed_words.c.word).where(passed_words.c.word.in_(strange))
                ).scalars()
            )
        known = self._search.occurrences(strange - passed)
        return frozenset(word for word in strange - passed if not known.get(word))

    def offers(self, word: str) -> tuple[str, ...]:
        """A few syllables that may be meant: first those that differ in marks only, in each kind the common.

        Only such as the library has, if it has one of them.
        """
        found = near(word)
        often = self._search.occurrences(found)
        known = [each for each in found if often.get(each)] or found
        ranked = sorted(known, key=lambda each: (not is_close(each, word), -often.get(each, 0)))
        return tuple(ranked[:OFFERED])

    def let_pass(self, word: str) -> None:
        """Doubts this word no more."""
        with self._store.personal.write() as connection:
            connection.execute(insert(passed_words).values(word=word).on_conflict_do_nothing())

    def doubt_again(self, word: str) -> None:
        """Undoes `let_pass`."""
        with self._store.personal.write() as connection:
            connection.execute(delete(passed_words).where(passed_words.c.word == word))
