"""A document as lists show it: what was published, joined with what this member did with it."""

from collections.abc import Collection as Several
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select

from handbook.client.store import Store
from handbook.client.tables.library import documents, former_editions, library_state
from handbook.client.tables.personal import opened, positions, saved, ticks
from handbook.model.library import Collection, Kind, Status

# With more ids than this, reading every row is cheaper than a statement with that many parameters.
_MAX_IDS = 500

# Looking a value up costs a third of calling its enumeration, and a list has 10,000 rows.
_COLLECTIONS = {member.value: member for member in Collection}
_KINDS = {member.value: member for member in Kind}
_STATUSES = {member.value: member for member in Status}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCard:
    """`read` is the member's own mark, `progress` how far they got, 0 to 1.

    `is_new` means that the edition came with the latest content sync that brought documents, and was not
    opened since; what the very first sync of a profile brings is not news. `is_revised`: it is
    new, and a former edition was here before it. `revised_since_read`: the member marked a former edition as
    read, and has not looked at the present one yet.
    """

    id: str
    edition: int
    collection: Collection
    kind: Kind
    number: str
    title: str
    issuer: str
    issued_on: date
    status: Status
    topics: tuple[str, ...]
    summary: str
    section_count: int
    read: bool
    saved: bool
    progress: float
    is_new: bool
    is_revised: bool
    revised_since_read: bool


def document_cards(
    store: Store,
    *,
    ids: Several[str] | None = None,
    where: Several[ColumnElement[bool]] = (),
    order: Several[ColumnElement[Any]] = (),
) -> tuple[DocumentCard, ...]:
    """Cards of the documents that are in the library and fulfil every condition, in the given order.

    `ids` limits them to those named; names of documents that are not in the library are left out.
    """
    query = select(
        documents.c[
            "id", "edition", "collection", "kind", "number", "title", "issuer", "issued_on", "status"
        ],
        documents.c["topics", "summary", "section_count", "arrival"],
    )
    few = ids is not None and len(ids) <= _MAX_IDS
    if few:
        query = query.where(documents.c.id.in_(ids))

    def of_these(chosen: Select[Any], table: Table) -> Select[Any]:
        return chosen.where(table.c.document.in_(ids)) if few else chosen

    with store.library.read() as library:
        rows = library.execute(query.where(*where).order_by(*order)).all()
        latest = library.scalar(select(library_state.c.value).where(library_state.c.key == "arrival"))
        revised = set(library.scalars(of_these(select(former_editions.c.document), former_editions)))
    newest = int(latest or 0)
    with store.personal.read() as personal:
        marked = select(ticks.c.document, ticks.c.edition).where(ticks.c.read)
        read = dict(personal.execute(of_these(marked, ticks)).all())
        kept = set(personal.scalars(of_these(select(saved.c.document), saved)))
        progress = select(positions.c.document, positions.c.progress)
        reached = dict(personal.execute(of_these(progress, positions)).all())
        seen = dict(personal.execute(of_these(select(opened.c.document, opened.c.arrival), opened)).all())
    wanted = None if ids is None else set(ids)
    return tuple(
        DocumentCard(
            id=id,
            edition=edition,
            collection=_COLLECTIONS[collection],
            kind=_KINDS[kind],
            number=number,
            title=title,
            issuer=issuer,
            issued_on=issued_on,
            status=_STATUSES[status],
            topics=tuple(topics),
            summary=summary,
            section_count=section_count,
            read=id in read,
            saved=id in kept,
            progress=reached.get(id, 0.0),
            is_new=(is_new := 1 < arrival == newest and seen.get(id, 0) < arrival),
            is_revised=is_new and id in revised,
            revised_since_read=(
                id in revised and read.get(id, edition) < edition and seen.get(id, 0) < arrival
            ),
        )
        for (
            id, edition, collection, kind, number, title, issuer,
            issued_on, status, topics, summary, section_count, arrival,
        ) in rows
        if wanted is None or id in wanted
    )  # fmt: skip
