"""The search index of a profile: one entry a section, derived from library.db and thrown away when in doubt.

`index/` holds numbered folders; the highest one that a commit ended in is read. A rebuild fills a new folder
while the old one still answers. What the library had come to is an entry of the index itself, committed with
the sections it speaks of: a process killed at any moment leaves the former index or the new one.
"""

import errno
import hashlib
import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise, takewhile
from operator import attrgetter
from pathlib import Path
from typing import Any

import tantivy
from sqlalchemy import Connection, select

from handbook.client import disk
from handbook.client.search.shown import Facts, LibraryState, state_of
from handbook.client.store import Store
from handbook.client.tables.library import changed_documents, documents, sections
from handbook.model.library import KIND_NAMES, SOURCES_HEADING, Kind
from handbook.model.text import document_numbers, fold, nfc, words

log = logging.getLogger(__name__)

FORMAT = 5  # grows when the fields change, or how text becomes terms
WRITER_HEAP_BYTES = 48_000_000

# A word in the title or the heading counts as often as this many in the body. The first section stands for
# the document: a title typed as it is finds it there.
TITLE_WEIGHT = 2
FIRST_SECTION_TITLE_WEIGHT = 4
HEADING_WEIGHT = 3

_STATE = "state"


class Damaged(Exception):
    """Files of the index cannot be read as an index."""


@contextmanager
def damage() -> Iterator[None]:
    """Turns what tantivy raises over broken files into Damaged."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise Damaged(str(error)) from error
    except BaseException as error:
        # A panic in Rust is no Exception, and its class cannot be imported.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise Damaged(str(error)) from error


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("exact", "folded"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("number", tokenizer_name="whitespace", index_option="basic")
    for name in ("role", "collection", "kind", "issuer", "status", "topic"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic", stored=True)
    builder.add_integer_field("document_key", fast=True)
    builder.add_integer_field("year", indexed=True)
    for name in ("anchor", "heading", "name", "facts", "text", "ascii"):
        builder.add_bytes_field(name, stored=True, indexed=False)
    for name in ("format", "generation", "documents"):
        builder.add_integer_field(name, stored=True)
    return builder.build()


def pairs(in_order: Sequence[str]) -> list[str]:
    """A term for each two neighbouring words; no word begins like it."""
    return [f"_{one}_{next_one}" for one, next_one in pairwise(in_order)]


def number_terms(key: Sequence[str]) -> list[str]:
    """`15_nq` and `15_tw` for ('15', 'nq', 'tw'): whatever part is asked for, the number goes with it."""
    return [f"{key[0]}_{part}" for part in key[1:]]


@dataclass(frozen=True, slots=True)
class Reading:
    """An open index that does not change; `state` is what it was made of."""

    folder: Path
    index: tantivy.Index
    searcher: tantivy.Searcher
    state: LibraryState

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
            index = tantivy.Index(_schema(), str(folder), reuse=False)
        if not _write(index, state, _rows(library, None), (), cancelled):
            shutil.rmtree(folder, ignore_errors=True)
            return False
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
        if not _write(reading.index, state, _rows(library, changed), changed, cancelled):
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
        query = tantivy.Query.term_query(index.schema, "role", _STATE, "basic")
        hits = searcher.search(query, limit=1, count=False).hits
        found = searcher.doc(hits[0][1]).to_dict() if hits else {}
    if found.get("format") != [FORMAT]:
        raise Damaged("no state, or an older format")
    state = LibraryState(found["generation"][0], found["documents"][0])
    return Reading(folder, index, searcher, state)


# --- writing


def _write(
    index: tantivy.Index,
    state: LibraryState,
    rows: Iterable[Any],
    replaced: Iterable[str],
    cancelled: Callable[[], bool],
) -> bool:
    """Replaces documents and commits them with the state; False when cancelled, and then commits nothing."""
    with damage():
        writer = index.writer(WRITER_HEAP_BYTES, 1)
    for document in replaced:
        with damage():
            writer.delete_documents_by_term("document", document)
    for entry in _entries(rows):
        if cancelled():
            with damage():
                writer.rollback()
                writer.wait_merging_threads()
            return False
        with damage():
            writer.add_document(entry)
    with damage():
        writer.delete_documents_by_term("role", _STATE)
        writer.add_document(
            tantivy.Document(
                role=_STATE, format=FORMAT, generation=state.generation, documents=state.documents
            )
        )
        writer.commit()
        writer.wait_merging_threads()
    return True


_ROW = (
    *(documents.c[name] for name in ("id", "collection", "kind", "number", "title", "issuer", "issued_on")),
    *(documents.c[name] for name in ("status", "topics", "summary", "attachments")),
    *(sections.c[name] for name in ("position", "anchor", "level", "heading", "text")),
)
_IDS_AT_ONCE = 500  # in one statement


def _rows(library: Connection, ids: Sequence[str] | None) -> Iterator[Any]:
    """Every section with its document's facts, in the order of the text, of all documents or of those named.

    A document without sections gives one row.
    """
    joined = select(*_ROW).select_from(documents.outerjoin(sections))
    in_order = joined.order_by(documents.c.id, sections.c.position)
    if ids is None:
        yield from library.execute(in_order.execution_options(yield_per=200))
        return
    for start in range(0, len(ids), _IDS_AT_ONCE):
        yield from library.execute(in_order.where(documents.c.id.in_(ids[start : start + _IDS_AT_ONCE])))


def _entries(rows: Iterable[Any]) -> Iterator[tantivy.Document]:
    """One for each row. A heading without a text of its own shows the headings below it."""
    for _, document in groupby(rows, key=attrgetter("id")):
        of_document = list(document)
        for place, row in enumerate(of_document):
            yield _entry(row, nfc(row.text or _below(of_document, place) or row.summary))


def _below(document: Sequence[Any], place: int) -> str:
    below = takewhile(lambda row: row.level > document[place].level, document[place + 1 :])
    return " · ".join(row.heading for row in below if row.heading)


def _entry(row: Any, shown: str) -> tantivy.Document:
    """`shown` is the NFC text that snippets are cut from."""
    entry = tantivy.Document(
        document=row.id,
        document_key=document_key(row.id),
        collection=row.collection,
        kind=row.kind,
        issuer=row.issuer,
        status=row.status,
        year=row.issued_on.year,
        anchor=(row.anchor or "").encode(),
        heading=nfc(row.heading or "").encode(),
        name=nfc(f"{row.title} {row.heading or ''}").encode(),
        facts=Facts(row.number, row.title, Kind(row.kind), row.issued_on).packed(),
        text=shown.encode(),
        # The folded text for looking up passages, one byte a character: what is not Latin is '?'.
        ascii=fold(shown).encode("ascii", "replace"),
    )
    for topic in row.topics:
        entry.add_text("topic", topic)
    if not row.position:
        entry.add_text("number", " ".join(_own_number_terms(row)))
    exact = _terms(row)
    folded = [fold(" ".join(part)).split(" ") for part in exact]
    if row.heading == SOURCES_HEADING:
        # It repeats number and title of what it is about: a word of it counts only after the word `nguồn`.
        exact, folded = _asked_for(exact), _asked_for(folded)
    else:
        exact, folded = ([(*part, *pairs(part)) for part in form] for form in (exact, folded))
    entry.add_text("exact", " ".join(" ".join(part) for part in exact))
    entry.add_text("folded", " ".join(" ".join(part) for part in folded))
    return entry


def _terms(row: Any) -> list[list[str]]:
    """The words of a section's entry, what counts more than once as often as it counts."""
    title = words(f"{row.number} {row.title}")
    parts = [words(row.heading or "")] * HEADING_WEIGHT + [words(row.text or "")]
    if row.position:
        return parts + [title] * TITLE_WEIGHT
    parts += [title] * FIRST_SECTION_TITLE_WEIGHT
    parts += [words(" ".join((KIND_NAMES[Kind(row.kind)], row.issuer))), words(row.summary)]
    parts += [words(attachment["title"]) for attachment in row.attachments]
    return parts + [words(topic) for topic in row.topics]


def _asked_for(parts: Sequence[Sequence[str]]) -> list[list[str]]:
    """Terms of a list of sources: its heading, and that followed by each word."""
    heading, *rest = parts[HEADING_WEIGHT - 1 :]
    said = dict.fromkeys(word for part in rest for word in part)
    return [list(heading), [pair for word in said for pair in pairs((*heading, word))]]


def _own_number_terms(row: Any) -> list[str]:
    """Of the number as written, and of the kind with it: 117/2025/QH15 is also found as luật 117."""
    keys = document_numbers(row.number)
    named = [key for own in keys[:1] for key in document_numbers(f"{KIND_NAMES[Kind(row.kind)]} {own[0]}")]
    return [term for key in (*keys[:1], *named) for term in number_terms(key)]


def document_key(document: str) -> int:
    """A number that stands for the id where only numbers are fast."""
    return int.from_bytes(hashlib.blake2b(document.encode(), digest_size=8).digest(), "big", signed=True)
