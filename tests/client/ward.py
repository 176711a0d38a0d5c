"""A ward that publishes, the server it publishes on, and one PC that reads: the scene of content tests."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from handbook.authoring import keys
from handbook.authoring.publish import publish
from handbook.authoring.repository import Repository
from handbook.client.content import ContentReport, pull
from handbook.client.store import Store
from handbook.client.tables.library import documents
from handbook.client.transport import HttpTransport
from handbook.errors import (
    Expected,
    Untrusted,
)
from handbook.protocol import codec, packs, trust
from handbook.protocol.packs import Item, ItemKind
from tests.authoring.conftest import ASSIGNMENT
from tests.client.http_server import FolderServer, Misbehaviour, Reply, Request
from tests.published_ward import COMMUNE, PUBLISHERS, write_assignment, write_document, write_publisher

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NOISE = hashlib.shake_256(b"").hexdigest(220_000)  # compresses to half: more than one piece of a download


class Ward:
    """What the ward publishes, the server it lies on, and one PC that reads it."""

    def __init__(self, folder: Path, store: Store, server: FolderServer) -> None:
        self.data, self.keys, self.folder = folder / "data", folder / "keys", folder
        self.content = server.folder / "content"
        self.server, self.store = server, store
        self.pc = folder / "pc" / "content"
        self.now = NOW
        self.server.now = lambda: NOW
        # File by file, so that each can be tampered with; test_prefaces.py has them.
        self.server.hidden = f"/content/{trust.PREFACES}/"
        self.transport = HttpTransport(server.url, clock=lambda: self.now)
        for path in PUBLISHERS:
            write_publisher(self.data, path, path)
        write_document(self.data, "central", "nq-1")
        write_document(self.data, COMMUNE, "thong-bao", number="1-TB/ĐU")
        write_assignment(self.data, COMMUNE, "hoc", ASSIGNMENT)
        keys.create_authority(self.keys, PUBLISHERS)

    def publish(self, now: datetime = NOW, **given) -> None:
        publish(self.data, self.content, self.keys, now, **given)

    def write(self, publisher: str, slug: str, body: str = "## Một\n\nNội dung.", number: str = "") -> None:
        write_document(self.data, publisher, slug, body, number or f"{slug}/TW")

    def pull(self, publishers: tuple[str, ...] = PUBLISHERS, **given) -> ContentReport:
        root = (self.content / "metadata/1.root.json").read_bytes()
        return pull(self.store, self.transport, self.pc, root, publishers, self.now, **given)

    def documents(self) -> dict[str, int]:
        with self.store.library.read() as connection:
            return dict(connection.execute(select(documents.c.id, documents.c.edition)).all())

    def packs(self, publisher: str = "central") -> list[Path]:
        """The publisher's packs on the server, in order."""
        found = Repository(self.content, self.keys).catalogue(publisher)
        return [self.content / trust.pack_path(ref.sha256) for ref in found.packs] if found else []

    def sign(self, publisher: str, data: bytes, **changes) -> None:
        """Has the publisher's own key sign a catalogue that names this pack."""
        repository = Repository(self.content, self.keys)
        before = repository.catalogue(publisher)
        sha256 = repository.write_pack(data)
        version = before.version + 1
        ref = trust.PackRef(sha256=sha256, length=len(data), sequence=version, items=1)
        fields = {
            "publisher": publisher,
            "name": before.name,
            "version": version,
            "receipt_keys": (),
            "dictionaries": (),
            "packs": (*before.packs, ref),
        }
        signed = trust.Catalogue(**fields | changes)
        repository.write_catalogue(signed, codec.encode(signed))
        repository.commit(NOW)


def on(part: str, change: Callable[[Request, Reply], Reply]) -> Misbehaviour:
    """Misbehaves only for paths that contain `part`."""
    return lambda request, usual: change(request, usual) if part in request.path else usual


def refused(ward: Ward, kind: type[Expected] = Untrusted, match: str | None = None) -> Expected:
    """Pulls, expects that error, and that nothing installed has changed."""
    before = ward.documents()
    with pytest.raises(kind, match=match) as raised:
        ward.pull()
    assert ward.documents() == before
    assert raised.value.advice
    return raised.value


def pack_of(item_id: str, kind: ItemKind = ItemKind.DOCUMENT, edition: int = 1) -> bytes:
    """A pack of one item whose payload is no record."""
    payload = b"" if kind is ItemKind.WITHDRAWAL else b"{}"
    [(pack, _)] = packs.build_packs([Item(id=item_id, kind=kind, edition=edition, payload=payload)])
    return pack
