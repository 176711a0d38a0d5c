"""Điểm mới: the edition of a document that was on this PC before the present one, and what changed since."""

import html
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from handbook.client.rendering import render_sections
from handbook.client.store import Store
from handbook.client.tables.library import assets, documents, former_editions, items
from handbook.errors import NotFound
from handbook.model.differences import PlainSection, SectionDifference, section_differences
from handbook.model.library import Document
from handbook.protocol import codec
from handbook.protocol.packs import MAX_ITEM_BYTES, ItemKind


@dataclass(frozen=True, slots=True)
class FormerEdition:
    """`arrived_at`: when that edition came to this PC."""

    edition: int
    arrived_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`sections` has the places of `former.sections` and `present.sections`, with their text as it is read.

    `arrived_at` is when the former edition came to this PC; None where `former` is another document.
    `gone` are the hashes of pictures whose bytes are on this PC no more.
    """

    former: Document
    present: Document
    arrived_at: datetime | None
    sections: tuple[SectionDifference, ...]
    gone: frozenset[str] = frozenset()


class Editions:
    """Former editions of the opened profile's documents."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def former(self, document_id: str) -> FormerEdition | None:
        """The edition before the present one; None when the present one is the first on this PC."""
        query = select(former_editions.c["edition", "arrived_at"])
        with self._store.library.read() as connection:
            row = connection.execute(query.where(former_editions.c.document == document_id)).one_or_none()
        return FormerEdition(*row) if row else None

    def compare(self, document_id: str, other: str = "") -> Comparison:
        """The document beside its own former edition, or beside `other`, a document it amends or replaces.

        A law of three hundred pages takes a second or two. Raises NotFound.
        """
        with self._store.library.read() as connection:
            present = _published(connection, document_id)
            if other:
                former, arrived_at = _published(connection, other), None
            else:
                query = select(former_editions.c["payload", "arrived_at"])
                row = connection.execute(query.where(former_editions.c.document == document_id)).one_or_none()
                if row is None:
                    raise NotFound(
                        "Máy này không giữ bản trước của văn bản.",
                        "Bản trước được giữ từ lần văn bản có bản mới kế tiếp.",
                    )
                former, arrived_at = _document(row.payload), row.arrived_at
            shown = {image.sha256 for image in former.images}
            held = set(connection.scalars(select(assets.c.sha256).where(assets.c.sha256.in_(shown))))
        return Comparison(
            former=former,
            present=present,
            arrived_at=arrived_at,
            sections=section_differences(_as_read(former, not other), _as_read(present, not other)),
            gone=frozenset(shown - held),
        )


def keep_former_editions(connection: Connection, going: Collection[str], coming: Collection[str]) -> None:
    """Keeps the present edition of each document in `coming`, which is about to be replaced by a newer one.

    `going` are all items about to be replaced or withdrawn; what was kept of them before is dropped.
    """
    connection.execute(delete(former_editions).where(former_editions.c.document.in_(going)))
    held = (
        select(documents.c.id, documents.c.edition, documents.c.arrived_at, items.c.payload)
        .join(items, items.c.id == documents.c.id)
        .where(documents.c.id.in_(coming))
    )
    columns = ["document", "edition", "arrived_at", "payload"]
    connection.execute(insert(former_editions).from_select(columns, held))


def _published(connection: Connection, document_id: str) -> Document:
    payload = connection.scalar(
        select(items.c.payload).where(items.c.id == document_id, items.c.kind == ItemKind.DOCUMENT.value)
    )
    if payload is None:
        raise NotFound("Văn bản này không có trên máy.", "Hãy đồng bộ khi có mạng rồi mở lại.")
    return _document(payload)


def _document(payload: str) -> Document:
    return codec.decode(payload.encode(), Document, limit=MAX_ITEM_BYTES)


def _as_read(document: Document, styled: bool) -> list[PlainSection]:
    """Both sides are rendered by the present program, so that a change of its own is no difference.

    How another document is styled says nothing: only `styled` ones have levels and emphasis.
    """
    rendered = render_sections(document.sections)
    shown = {image.sha256 for image in document.images}
    return [
        PlainSection(
            section.anchor,
            section.heading,
            read.text,
            section.level if styled else 0,
            tuple(picture for picture in _PICTURE.findall(section.text) if picture in shown),
            _emphasised(read.html) if styled else (),
        )
        for section, read in zip(document.sections, rendered, strict=True)
    ]


_PICTURE = re.compile(r"\(asset:([0-9a-f]{64})\)")
_CAPTION = re.compile(r'<p align="center"><em>[^<]*</em>')
_TAG = re.compile(r"<[^>]*>")
_EMPHASIS = re.compile(r"<(strong|em|b|i)>(.*?)</\1>", re.DOTALL)


def _emphasised(markup: str) -> tuple[str, ...]:
    found = _EMPHASIS.findall(_CAPTION.sub("", markup))
    return tuple(" ".join(html.unescape(_TAG.sub("", marked)).split()) for _, marked in found)
