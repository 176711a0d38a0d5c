"""What the search index holds of a section, and how it is written: words as terms, what is shown as bytes."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, pairwise, takewhile
from operator import attrgetter
from pathlib import Path
from typing import Any

import tantivy
from sqlalchemy import Connection, Integer, func, literal_column, select

from handbook.client import disk
from handbook.client.search.kept import MAX_SAMPLES, Kept, Texts, dictionary_of, packed
from handbook.client.search.shown import LibraryState
from handbook.client.tables.library import documents, sections
from handbook.model.library import KIND_NAMES, SOURCES_HEADING, Kind
from handbook.model.text import document_numbers, fold, nfc, words

FORMAT = 6  # grows when the fields change, or how text becomes terms
WRITER_HEAP_BYTES = 48_000_000

# A word in the title or the heading counts as often as this many in the body. The first section stands for
# the document: a title typed as it is finds it there.
TITLE_WEIGHT = 2
FIRST_SECTION_TITLE_WEIGHT = 4
HEADING_WEIGHT = 3

# A question is asked of each segment of an index: one large segment answers twice as fast as six small ones.
# tantivy joins this many small ones by itself, and offers no way to ask for it sooner.
JOINED_SEGMENTS = 8
SMALL_SEGMENT = 10_000  # entries; tantivy takes all smaller ones for as large as this

# What an entry keeps is compressed already, and twenty hits are twenty blocks: each of tantivy's 16 KB would
# be unpacked for a tenth of it.
_STORE_SETTINGS = {"docstore_compression": "none", "docstore_blocksize": 2048}

STATE = "state"
_BLANK = "blank"


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


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("exact", "folded"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("number", tokenizer_name="whitespace", index_option="basic")
    for name in ("role", "document", "collection", "kind", "issuer", "status", "topic"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("document_key", fast=True)
    builder.add_integer_field("year", indexed=True)
    for name in ("format", "generation", "documents"):
        builder.add_integer_field(name, stored=True)
    for name in ("dictionary", "kept"):
        builder.add_bytes_field(name, stored=True, indexed=False)
    return builder.build()


def create(folder: Path) -> tantivy.Index:
    """An empty index in an empty folder."""
    tantivy.Index(schema(), str(folder), reuse=False)
    # Settings that only tantivy's own list of files can take.
    listed = folder / "meta.json"
    about = json.loads(listed.read_bytes())
    about["index_settings"] |= _STORE_SETTINGS
    disk.write_whole(listed, json.dumps(about).encode())
    return tantivy.Index.open(str(folder))


def pairs(in_order: Sequence[str]) -> list[str]:
    """A term for each two neighbouring words; no word begins like it."""
    return [f"_{one}_{next_one}" for one, next_one in pairwise(in_order)]


def number_terms(key: Sequence[str]) -> list[str]:
    """`15_nq` and `15_tw` for ('15', 'nq', 'tw'): whatever part is asked for, the number goes with it."""
    return [f"{key[0]}_{part}" for part in key[1:]]


_SECTION_ROW = literal_column("sections.rowid", Integer)


def texts_for(library: Connection) -> Texts:
    """For an index of the whole library: with what the texts of sections here and there have in common."""
    last = library.scalar(select(func.max(_SECTION_ROW)).select_from(sections)) or 0
    here_and_there = range(1, last + 1, last // MAX_SAMPLES + 1)
    samples = library.scalars(select(sections.c.text).where(_SECTION_ROW.in_(here_and_there)))
    return Texts(dictionary_of([nfc(text) for text in samples]))


def write(
    index: tantivy.Index,
    state: LibraryState,
    texts: Texts,
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
    for entry in _entries(rows, texts):
        if cancelled():
            with damage():
                writer.rollback()
                writer.wait_merging_threads()
            return False
        with damage():
            writer.add_document(entry)
    with damage():
        writer.delete_documents_by_term("role", STATE)
        writer.add_document(
            tantivy.Document(
                role=STATE,
                format=FORMAT,
                generation=state.generation,
                documents=state.documents,
                dictionary=texts.dictionary,
            )
        )
        writer.commit()
        writer.wait_merging_threads()
    return True


def join_segments(index: tantivy.Index, folder: Path) -> None:
    """Makes one segment of the small ones, by blank entries that make up the number that tantivy joins."""
    with damage():
        segments = json.loads((folder / "meta.json").read_bytes())["segments"]
    sizes = [segment["max_doc"] for segment in segments]
    small = sum(size < SMALL_SEGMENT for size in sizes)
    if small < 2:
        return
    with damage():
        writer = index.writer(WRITER_HEAP_BYTES, 1)
        for _ in range(JOINED_SEGMENTS - small):
            writer.add_document(tantivy.Document(role=_BLANK))
            writer.commit()
        writer.wait_merging_threads()


_ROW = (
    *(documents.c[name] for name in ("id", "collection", "kind", "number", "title", "issuer", "issued_on")),
    *(documents.c[name] for name in ("status", "topics", "summary", "attachments")),
    *(sections.c[name] for name in ("position", "anchor", "level", "heading", "text")),
)
_IDS_AT_ONCE = 500  # in one statement


def rows_of(library: Connection, ids: Sequence[str] | None) -> Iterator[Any]:
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


def _entries(rows: Iterable[Any], texts: Texts) -> Iterator[tantivy.Document]:
    """One for each row. A heading without a text of its own shows the headings below it."""
    for _, document in groupby(rows, key=attrgetter("id")):
        of_document = list(document)
        for place, row in enumerate(of_document):
            yield _entry(row, nfc(row.text or _below(of_document, place) or row.summary), texts)


def _below(document: Sequence[Any], place: int) -> str:
    below = takewhile(lambda row: row.level > document[place].level, document[place + 1 :])
    return " · ".join(row.heading for row in below if row.heading)


def _entry(row: Any, shown: str, texts: Texts) -> tantivy.Document:
    """`shown` is the NFC text that snippets are cut from."""
    entry = tantivy.Document(
        document=row.id,
        document_key=document_key(row.id),
        collection=row.collection,
        kind=row.kind,
        issuer=row.issuer,
        status=row.status,
        year=row.issued_on.year,
        kept=packed(_kept(row, shown, texts)),
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


def _kept(row: Any, shown: str, texts: Texts) -> Kept:
    return Kept(
        document=row.id,
        anchor=row.anchor or "",
        heading=nfc(row.heading or ""),
        number=row.number,
        title=row.title,
        kind=Kind(row.kind),
        issued_on=row.issued_on,
        characters=len(shown),
        text=texts.packed(shown),
    )


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
