"""A profile whose library a test fills with documents of a few words each, and its search."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from handbook.client.apply import Arrival, apply_pack
from handbook.client.search import Search
from handbook.client.store import Store
from handbook.model.library import Collection, Document, Kind, Section, Status
from handbook.protocol.packs import Item, document_item

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def document(slug: str, *texts: str | tuple[str, str], **facts: object) -> Document:
    """A document of the ward; each text is a section, or a pair of heading and text."""
    titled = [text if isinstance(text, tuple) else ("", text) for text in texts]
    return Document(
        **{
            "id": f"central/{slug}",
            "edition": 1,
            "collection": Collection.THEORY,
            "kind": Kind.ARTICLE,
            "number": "",
            "title": f"Bài {slug}",
            "issuer": "Ban biên tập",
            "issued_on": date(2025, 5, 1),
            "status": Status.IN_FORCE,
            "topics": (),
            "summary": "",
            "relations": (),
            **facts,
            "sections": tuple(
                Section(anchor=f"muc-{place}", level=1, heading=heading, text=text)
                for place, (heading, text) in enumerate(titled)
            ),
        }
    )


def outlined(slug: str, *parts: tuple[int, str, str]) -> Document:
    """A document of sections with level, heading and text."""
    sections = (
        Section(anchor=f"muc-{place}", level=level, heading=heading, text=text)
        for place, (level, heading, text) in enumerate(parts)
    )
    return replace(document(slug), sections=tuple(sections))


class Shelf:
    """A profile whose library a test fills, and its search."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder, b"k" * 32)
        self.search = Search(self.store, folder / "index")
        self._packs = 0

    def publish(self, *items: Document | Item) -> None:
        self._packs += 1
        apply_pack(
            self.store,
            publisher="central",
            sequence=self._packs,
            pack=f"pack {self._packs}",
            items=[document_item(item) if isinstance(item, Document) else item for item in items],
            arrival=Arrival(self._packs, NOW),
        )

    def add(self, *items: Document | Item) -> None:
        self.publish(*items)
        assert self.search.refresh()

    def found(self, text: str, **options: object) -> list[str]:
        return [hit.document_id.removeprefix("central/") for hit in self.search.find(text, **options).hits]

    def reopened(self) -> Search:
        return Search(self.store, self.folder / "index")
