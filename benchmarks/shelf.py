"""A fresh profile filled as the product fills one: documents packed, packs applied, the index refreshed."""

import hashlib
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from handbook.authoring import outline, plain_text
from handbook.client.apply import apply_pack, next_arrival
from handbook.client.search import Search
from handbook.client.store import KEY_BYTES, Store
from handbook.model.library import Collection, Document, Kind, Status
from handbook.protocol import packs

PUBLISHER = "bench"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The open profile; seconds that applying and indexing took."""

    store: Store
    search: Search
    folder: Path
    apply_seconds: float
    index_seconds: float

    def reopened(self) -> Search:
        """A search that has read only what `warm` reads of the index, as after a start of the program."""
        search = Search(self.store, self.folder / "index")
        search.warm()
        return search

    def index_bytes(self) -> int:
        return sum(file.stat().st_size for file in (self.folder / "index").rglob("*") if file.is_file())


@contextmanager
def filled(documents: Iterable[Document]) -> Iterator[Shelf]:
    """A temporary profile that holds the documents and nothing else."""
    with tempfile.TemporaryDirectory(prefix="handbook-bench-") as temporary:
        folder = Path(temporary)
        store = Store(folder, secrets.token_bytes(KEY_BYTES))
        try:
            search = Search(store, folder / "index")
            started = time.perf_counter()
            publish_into(store, documents)
            applied = time.perf_counter()
            search.refresh()
            yield Shelf(store, search, folder, applied - started, time.perf_counter() - applied)
        finally:
            store.close()


def publish_into(store: Store, documents: Iterable[Document]) -> None:
    """Packs the documents and applies the packs, as a sync does once the signatures hold."""
    with store.library.read() as library:
        arrival = next_arrival(library, datetime.now(UTC))
    for data, _ in packs.build_packs(map(packs.document_item, documents)):
        sha256 = hashlib.sha256(data).hexdigest()
        items = packs.open_pack(data, sha256)
        apply_pack(store, publisher=PUBLISHER, sequence=1, pack=sha256, items=items, arrival=arrival)


def document(name: str, title: str, text: str, *, number: str = "") -> Document:
    """A document from plain text; lines such as `Điều 5.` become its sections."""
    lines = [line for line in (line.strip() for line in text.splitlines()) if line]
    markdown, _ = plain_text.markdown_of(lines)
    return Document(
        id=f"{PUBLISHER}/{name}",
        edition=1,
        collection=Collection.REGULATIONS,
        kind=Kind.LAW,
        number=number,
        title=title,
        issuer="Quốc hội",
        issued_on=date(2025, 1, 1),
        status=Status.IN_FORCE,
        topics=(),
        summary="",
        relations=(),
        sections=outline.split(markdown),
    )
