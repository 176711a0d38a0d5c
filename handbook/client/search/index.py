"""The search index of a profile: one entry a section, derived from library.db and thrown away when in doubt.

`index/` holds numbered folders; the highest one that a commit ended in is read. A rebuild fills a new folder
while the old one still answers. What the library had come to is an entry of the index itself, committed with
the sections it speaks of: a process killed at any moment leaves the former index or the new one.
"""

import errno
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tantivy
from sqlalchemy import Connection, select

from handbook.client import disk
from handbook.client.search import entries
from handbook.client.search.entries import Damaged, damage
from handbook.client.search.kept import Texts
from handbook.client.search.shown import LibraryState, state_of
from handbook.client.store import Store
from handbook.client.tables.library import changed_documents

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """An open index that does not change; `state` is what it was made of."""

    folder: Path
    index: tantivy.Index
    searcher: tantivy.Searcher
    state: LibraryState
    texts: Texts

    @property
    def schema(self) -> tantivy.Schema:
        return self.index.schema


class SectionIndex:
    """Keeps the index in `folder` and hands out the latest reading of it. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening = threading.Lock()
        self._refreshing = threading.Lock()
        self._reading: Reading | None = None
        self._damaged: set[Path] = set()

    def reading(self) -> Reading | None:
        """The index as last committed; None when there is none that can be read."""
        if self._reading is None:
            with self._opening:
                if self._reading is None:
                    self._reading = next(self._readable(), None)
        return self._reading

    def discard(self, reading: Reading) -> None:
        """Never reads this index again: a query met damage in it. The next refresh makes another."""
        log.warning("the search index in %s is damaged and will be made again", reading.folder.name)
        with self._opening:
            self._damaged.add(reading.folder)
            self._reading = None

    def refresh(self, store: Store, cancelled: Callable[[], bool]) -> bool:
        """Brings the index up to library.db; False when cancelled first, and then nothing has changed.

        Searching goes on meanwhile. Raises DiskProblem.
        """
        with self._refreshing, store.library.read() as library:
            state = state_of(library)
            reading = self.reading()
            if reading is not None and reading.state == state:
                self._sweep(reading.folder)
                return True
            try:
                return self._bring_up_to(state, reading, library, cancelled)
            except Damaged as error:
                raise disk.from_os(OSError(errno.EIO, str(error)), self._folder) from error

    def _bring_up_to(
        self,
        state: LibraryState,
        reading: Reading | None,
        library: Connection,
        cancelled: Callable[[], bool],
    ) -> bool:
        if reading is not None and reading.state.generation < state.generation:
            try:
                return self._catch_up(state, reading, library, cancelled)
            except Damaged:
                self.discard(reading)
        folder = self._folder / str(max(self._numbers(), default=0) + 1)
        disk.make_folder(folder)
        with damage():
            index = entries.create(folder)
        texts, rows = entries.texts_for(library), entries.rows_of(library, None)
        if not entries.write(index, state, texts, rows, (), cancelled):
            shutil.rmtree(folder, ignore_errors=True)
            return False
        if not cancelled():
            entries.join_segments(index, folder)
        self._reopen(folder)
        return True

    def _catch_up(
        self, state: LibraryState, reading: Reading, library: Connection, cancelled: Callable[[], bool]
    ) -> bool:
        changed = library.scalars(
            select(changed_documents.c.document).where(
                changed_documents.c.generation > reading.state.generation
            )
        ).all()
        rows = entries.rows_of(library, changed)
        if not entries.write(reading.index, state, reading.texts, rows, changed, cancelled):
            return False
        self._reopen(reading.folder)
        return True

    def _reopen(self, folder: Path) -> None:
        with self._opening:
            self._reading = _open(folder)
        self._sweep(folder)

    def _readable(self) -> Iterator[Reading]:
        for number in sorted(self._numbers(), reverse=True):
            folder = self._folder / str(number)
            if folder in self._damaged:
                continue
            try:
                yield _open(folder)
            except Damaged:
                log.info("no finished search index in %s", folder.name)

    def _numbers(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        return [int(entry.name) for entry in self._folder.iterdir() if entry.name.isdecimal()]

    def _sweep(self, kept: Path) -> None:
        """Removes every other folder. Windows keeps files that are still mapped: those go another time."""
        for number in self._numbers():
            folder = self._folder / str(number)
            if folder != kept:
                shutil.rmtree(folder, ignore_errors=True)


def _open(folder: Path) -> Reading:
    """Raises Damaged when no commit of this format ended here."""
    with damage():
        index = tantivy.Index.open(str(folder))
        # A reading stays as it is; by itself tantivy would watch the folder from a thread of its own.
        index.config_reader("manual")
        searcher = index.searcher()
        query = tantivy.Query.term_query(index.schema, "role", entries.STATE, "basic")
        hits = searcher.search(query, limit=1, count=False).hits
        found = searcher.doc(hits[0][1]).to_dict() if hits else {}
    if found.get("format") != [entries.FORMAT]:
        raise Damaged("no state, or an older format")
    state = LibraryState(found["generation"][0], found["documents"][0])
    return Reading(folder, index, searcher, state, Texts(found["dictionary"][0]))
