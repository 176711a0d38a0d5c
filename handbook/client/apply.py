"""Puts verified items into library.db: what was published, and what reading and search need of it.

Rendering takes long and needs no lock: `prepare` does it before the one transaction in which `apply_prepared`
writes a pack. The same packs in any order, some of them twice, end in the same library: only editions count.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy import Row as RowOf
from sqlalchemy.dialects.sqlite import insert as upsert

from handbook.client.editions import keep_former_editions
from handbook.client.recalled import keep_recalled
from handbook.client.rendering import RenderedSection, render_sections
from handbook.client.store import Store
from handbook.client.tables.library import (
    assets,
    assignments,
    changed_documents,
    documents,
    items,
    library_state,
    limits,
    packs,
    relations,
    sections,
)
from handbook.errors import Untrusted
from handbook.model.changes import Change
from handbook.model.library import Document, Recall, Section, publisher_of
from handbook.model.study import Assignment
from handbook.model.text import number_key
from handbook.model.vietnamese import sort_key
from handbook.protocol.assets import Asset, is_asset_id
from handbook.protocol.packs import Item, ItemKind, record_of

Row = dict[str, Any]

FORGOTTEN = 0
"""The edition of what a publisher brought before it began anew: any edition is newer."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One content sync of this PC that brought something: its number, from 1, and when it was."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedItem:
    """One item with every row it will become; what is of other kinds stays empty."""

    item: Item
    document: Row = field(default_factory=dict)
    sections: tuple[Row, ...] = ()
    relations: tuple[Row, ...] = ()
    assignment: Row = field(default_factory=dict)
    asset: Row = field(default_factory=dict)
    limit: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What one pack changed, as ids. `documents` counts new and revised ones, `assets` withdrawn ones too."""

    documents: frozenset[str] = frozenset()
    assignments: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()

    @property
    def changed(self) -> bool:
        return bool(self.documents or self.assignments or self.withdrawn or self.assets)


def apply_pack(
    store: Store, *, publisher: str, sequence: int, pack: str, items: Iterable[Item], arrival: Arrival
) -> Applied:
    """Applies one verified pack in one transaction and announces what it changed.

    `pack` is its SHA-256, `sequence` the catalogue version that named it. Raises Untrusted when an item lies
    outside the publisher's path or is malformed, and then changes nothing; DiskProblem.
    """
    with store.library.read() as connection:
        held = held_editions(connection, publisher)
    prepared = prepare(items, publisher=publisher, held=held)
    with store.library.write() as connection:
        applied = apply_prepared(
            connection, prepared, publisher=publisher, sequence=sequence, pack=pack, arrival=arrival
        )
    if applied.changed:
        store.announce({Change.LIBRARY, Change.STUDY})
    return applied


def held_editions(connection: Connection, publisher: str) -> dict[str, int]:
    """The edition held of each item of the publisher, withdrawn ones too."""
    query = select(items.c.id, items.c.edition).where(items.c.publisher == publisher)
    return dict(connection.execute(query).all())


def forget_editions(connection: Connection, publisher: str) -> None:
    """The publisher begins anew: all that it brings next counts; what it brought stays until then."""
    connection.execute(update(items).where(items.c.publisher == publisher).values(edition=FORGOTTEN))
    connection.execute(delete(packs).where(packs.c.publisher == publisher))


def withdraw_forgotten(store: Store, publisher: str, arrival: Arrival) -> frozenset[str]:
    """Withdraws what the publisher has not brought again since it began anew; returns the ids."""
    living = items.c.kind != ItemKind.WITHDRAWAL.value
    of_publisher = items.c.publisher == publisher
    with store.library.write() as connection:
        query = select(items.c.id).where(of_publisher, living, items.c.edition == FORGOTTEN)
        gone = frozenset(connection.scalars(query))
        withdrawals = [
            PreparedItem(item=Item(id=id, kind=ItemKind.WITHDRAWAL, edition=FORGOTTEN)) for id in sorted(gone)
        ]
        changed = frozenset(connection.scalars(select(documents.c.id).where(documents.c.id.in_(gone))))
        _replace(connection, withdrawals, publisher=publisher, pack="", arrival=arrival)
        _note_generation(connection, changed)
    if gone:
        store.announce({Change.LIBRARY, Change.STUDY})
    return gone


def next_arrival(connection: Connection, now: datetime) -> Arrival:
    """The arrival that all packs of the sync now starting share."""
    return Arrival(int(_state(connection, "arrival")) + 1, now)


def prepare(
    published: Iterable[Item], *, publisher: str, held: Mapping[str, int]
) -> tuple[PreparedItem, ...]:
    """Renders the items that are newer than those held. Takes no lock. Raises Untrusted."""
    prepared = []
    for item in published:
        if publisher_of(item.id) != publisher:
            raise Untrusted(
                f"Nơi phát hành {publisher} đưa lên mục {item.id} không thuộc quyền của mình.",
                "Gói này không được dùng; nội dung đã cài vẫn đọc được. Hãy báo cho nơi phát hành.",
            )
        record = record_of(item)
        if item.edition > held.get(item.id, 0):
            prepared.append(_prepared(item, record))
    return tuple(prepared)


def apply_prepared(
    connection: Connection,
    prepared: Iterable[PreparedItem],
    *,
    publisher: str,
    sequence: int,
    pack: str,
    arrival: Arrival,
) -> Applied:
    """Writes the prepared items of one pack in the caller's transaction; older editions change nothing."""
    newer = {one.item.id: one for one in prepared}
    older = select(items.c.id, items.c.edition).where(items.c.id.in_(newer))
    for id, edition in connection.execute(older).all():
        if edition >= newer[id].item.edition:
            del newer[id]
    for id in _renumbered(connection, newer, pack=pack):
        del newer[id]
    by_kind = {kind: frozenset(id for id, one in newer.items() if one.item.kind is kind) for kind in ItemKind}
    were_documents = connection.scalars(select(documents.c.id).where(documents.c.id.in_(newer)))
    changed = by_kind[ItemKind.DOCUMENT].union(were_documents)
    _replace(connection, newer.values(), publisher=publisher, pack=pack, arrival=arrival)
    if newer:
        _note_generation(connection, changed)
    if by_kind[ItemKind.DOCUMENT]:
        _put(connection, library_state, [{"key": "arrival", "value": str(arrival.number)}])
    row = {"sha256": pack, "publisher": publisher, "sequence": sequence, "applied_at": arrival.at}
    _put(connection, packs, [row])
    return Applied(
        documents=by_kind[ItemKind.DOCUMENT],
        assignments=by_kind[ItemKind.ASSIGNMENT],
        withdrawn=frozenset(id for id in by_kind[ItemKind.WITHDRAWAL] if not is_asset_id(id)),
        assets=frozenset(filter(is_asset_id, newer)),
    )


def _note_generation(connection: Connection, changed: Iterable[str]) -> None:
    generation = int(_state(connection, "generation")) + 1
    _put(connection, library_state, [{"key": "generation", "value": str(generation)}])
    _put(connection, changed_documents, [{"document": each, "generation": generation} for each in changed])


def _renumbered(connection: Connection, newer: Mapping[str, PreparedItem], *, pack: str) -> list[str]:
    """Gives forgotten items that come again as they were their edition; to a member they are no news."""
    query = select(items.c["id", "kind", "payload"]).where(
        items.c.id.in_(newer), items.c.edition == FORGOTTEN
    )
    same = [row.id for row in connection.execute(query) if _says_the_same(newer[row.id].item, row)]
    for id in same:
        item = newer[id].item
        payload = {} if item.kind is ItemKind.ASSET else {"payload": item.payload.decode()}
        values = {"edition": item.edition, "pack": pack} | payload
        connection.execute(update(items).where(items.c.id == id).values(values))
        connection.execute(update(documents).where(documents.c.id == id).values(edition=item.edition))
        connection.execute(update(assignments).where(assignments.c.id == id).values(payload))
    return same


def _says_the_same(item: Item, row: RowOf) -> bool:
    """Whether the item is what the row holds but for its edition. An asset is named by its bytes."""
    if item.kind is ItemKind.ASSET or not item.payload or item.kind != row.kind:
        return item.kind == row.kind
    return json.loads(item.payload) | {"edition": 0} == json.loads(row.payload or "{}") | {"edition": 0}


def _prepared(item: Item, record: Document | Assignment | Asset | Recall | None) -> PreparedItem:
    if isinstance(record, Document):
        return PreparedItem(
            item=item,
            document=_document_row(record),
            sections=tuple(
                {"document": record.id, "position": position, **_section_row(section, rendered)}
                for position, (section, rendered) in enumerate(
                    zip(record.sections, render_sections(record.sections, record.images), strict=True)
                )
            ),
            relations=tuple(
                {
                    "document": record.id,
                    "position": position,
                    "kind": relation.kind.value,
                    "number": relation.number,
                    "issued_on": relation.issued_on,
                    "target": relation.target,
                }
                for position, relation in enumerate(record.relations)
            ),
            limit=_limit_row(record),
        )
    if isinstance(record, Assignment):
        return PreparedItem(
            item=item,
            assignment={
                "id": record.id,
                "payload": item.payload.decode(),
                "opens_on": record.opens_on,
                "due_on": record.due_on,
            },
        )
    if isinstance(record, Asset):
        sha256 = record.id.rpartition("/")[2]
        return PreparedItem(item=item, asset={"id": record.id, "sha256": sha256, "data": record.data})
    return PreparedItem(item=item)


def _document_row(document: Document) -> Row:
    return {
        "id": document.id,
        "edition": document.edition,
        "collection": document.collection.value,
        "kind": document.kind.value,
        "number": document.number,
        "title": document.title,
        "issuer": document.issuer,
        "issued_on": document.issued_on,
        "status": document.status.value,
        "topics": list(document.topics),
        "summary": document.summary,
        "section_count": len(document.sections),
        "title_key": sort_key(document.title),
        "number_key": number_key(document.number),
        "attachments": msgspec.to_builtins(document.attachments),
    }


def _limit_row(document: Document) -> Row:
    if not document.units and document.expires_on is None:
        return {}
    return {"document": document.id, "units": list(document.units), "expires_on": document.expires_on}


def _section_row(section: Section, rendered: RenderedSection) -> Row:
    return {
        "anchor": section.anchor,
        "level": section.level,
        "heading": section.heading,
        "text": rendered.text,
        "html": rendered.html,
    }


def _replace(
    connection: Connection,
    newer: Collection[PreparedItem],
    *,
    publisher: str,
    pack: str,
    arrival: Arrival,
) -> None:
    ids = [one.item.id for one in newer]
    keep_former_editions(connection, ids, [one.item.id for one in newer if one.document])
    keep_recalled(
        connection,
        gone=[one.item.id for one in newer if not one.assignment],
        back=[one.item.id for one in newer if one.assignment],
    )
    connection.execute(delete(documents).where(documents.c.id.in_(ids)))
    connection.execute(delete(assignments).where(assignments.c.id.in_(ids)))
    connection.execute(delete(assets).where(assets.c.id.in_(ids)))
    published = [
        {
            "id": one.item.id,
            "kind": one.item.kind.value,
            "publisher": publisher,
            "edition": one.item.edition,
            "pack": pack,
            "payload": "" if one.asset else one.item.payload.decode(),
        }
        for one in newer
    ]
    arrived = {"arrival": arrival.number, "arrived_at": arrival.at}
    _put(connection, items, published)
    _put(connection, documents, [one.document | arrived for one in newer if one.document])
    _put(connection, sections, [row for one in newer for row in one.sections])
    _put(connection, relations, [row for one in newer for row in one.relations])
    _put(connection, assignments, [one.assignment for one in newer if one.assignment])
    _put(connection, limits, [one.limit for one in newer if one.limit])
    _put(connection, assets, [one.asset for one in newer if one.asset])


def _put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts the rows, each in the place of one with the same primary key."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    statement = upsert(table)
    rest = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=rest), rows)


def _state(connection: Connection, key: str) -> str:
    """A counter of library_state; '0' before it was first written."""
    return connection.scalar(select(library_state.c.value).where(library_state.c.key == key)) or "0"
