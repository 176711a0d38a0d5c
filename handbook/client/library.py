"""The published documents as the member reads them: lists, outlines, sections, and what they mark on them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import uuid_utils
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    exists,
    extract,
    func,
    insert,
    select,
    text,
    true,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from handbook.client.account import read_member
from handbook.client.audience import Clock, expiry_of, hidden_documents, utc_now
from handbook.client.cards import DocumentCard, document_cards
from handbook.client.missing import why_missing
from handbook.client.outbox import Outbox, compose
from handbook.client.relations import relations_of
from handbook.client.store import Store
from handbook.client.tables.library import documents, sections
from handbook.client.tables.personal import opened, positions, saved, ticks
from handbook.errors import NotFound
from handbook.model.changes import Change, Changes
from handbook.model.library import Attachment, Collection, Kind, Relation, Status
from handbook.model.study import Tick
from handbook.model.vietnamese import VIETNAM, sort_key

__all__ = ["DocumentCard", "DocumentView", "Facets", "Filter", "Library", "Order", "Position"]


class Order(StrEnum):
    NEWEST = "newest"  # by date of issue
    TITLE = "title"  # Vietnamese alphabet
    NUMBER = "number"  # 9-NQ/TW before 15-NQ/TW


_ORDERS = {
    Order.NEWEST: (documents.c.issued_on.desc(), documents.c.number_key, documents.c.id),
    Order.TITLE: (documents.c.title_key, documents.c.issued_on.desc(), documents.c.id),
    Order.NUMBER: (documents.c.number_key, documents.c.issued_on.desc(), documents.c.id),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Conditions that all hold; what is None, empty or False is not asked. `year` is that of issue."""

    collection: Collection | None = None
    kind: Kind | None = None
    issuer: str = ""
    year: int | None = None
    topic: str = ""
    status: Status | None = None
    saved_only: bool = False
    unread_only: bool = False
    begun_only: bool = False  # opened and not marked as read
    new_only: bool = False  # came with the latest sync that brought documents, not opened since
    order: Order = Order.NEWEST

    @property
    def asks(self) -> bool:
        """Whether anything is asked but an order."""
        return replace(self, order=Order.NEWEST) != Filter()


@dataclass(frozen=True, slots=True)
class Facets:
    """What the library's documents can be told apart by: issuers and topics in alphabetical order, latest
    year first."""

    issuers: tuple[str, ...]
    years: tuple[int, ...]
    kinds: tuple[Kind, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a document: a section, and the share of it that lies above the view, 0 to 1."""

    anchor: str
    offset: float


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A heading; `index` counts the document's sections from 0."""

    anchor: str
    level: int
    heading: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """An opened document without its text.

    A relation's `target` is filled in whenever that document is in this library, and empty otherwise.
    `position` is where reading stopped, the start for a document never read. `expired_on` is the last day on
    which it was listed, once that is over.
    """

    card: DocumentCard
    relations: tuple[Relation, ...]
    attachments: tuple[Attachment, ...]
    outline: tuple[OutlineEntry, ...]
    position: Position
    ticked_at: datetime | None
    expired_on: date | None = None


@dataclass(frozen=True, slots=True)
class SectionHtml:
    """A section ready to show; `html` is clean and does not repeat the heading."""

    anchor: str
    level: int
    heading: str
    html: str


_AsOf = tuple[int, frozenset[str]]
"""How many transactions of library.db, and which documents were hidden."""


class Library:
    """Documents of the opened profile. An id that is not in the library raises NotFound everywhere."""

    def __init__(self, store: Store, outbox: Outbox, clock: Clock = utc_now) -> None:
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._numbers: tuple[_AsOf, Mapping[str, tuple[tuple[str, date], ...]]] = ((-1, frozenset()), {})

    def documents(self, filter: Filter = Filter()) -> tuple[DocumentCard, ...]:
        """Those for the member, as of today; of saved ones also what has expired."""
        return documents_in(self._store, filter, hidden=self._hidden())

    def counts(self) -> Mapping[Collection, int]:
        """How many documents each collection lists, empty collections too."""
        grouped = select(documents.c.collection, func.count()).group_by(documents.c.collection)
        listed = _is_none_of(self._hidden())
        with self._store.library.read() as connection:
            held = Counter(dict(connection.execute(grouped.where(listed)).all()))
        return {collection: held[collection] for collection in Collection}

    def _hidden(self) -> frozenset[str]:
        return hidden_documents(self._store, self._clock())

    def facets(self) -> Facets:
        """Of the documents for the member, as of today."""
        topic = func.json_each(documents.c.topics).table_valued("value", joins_implicitly=True)
        listed = _is_none_of(self._hidden())
        with self._store.library.read() as connection:

            def different(values: Select[tuple[Any]]) -> Sequence[Any]:
                return connection.scalars(values.where(listed).distinct()).all()

            issuers = different(select(documents.c.issuer))
            years = different(select(extract("year", documents.c.issued_on)))
            kinds = set(different(select(documents.c.kind)))
            topics = different(select(topic.c.value).select_from(documents, topic))
        return Facets(
            tuple(sorted(issuers, key=sort_key)),
            tuple(sorted(years, reverse=True)),
            tuple(kind for kind in Kind if kind in kinds),
            tuple(sorted(topics, key=sort_key)),
        )

    def by_number(self) -> Mapping[str, tuple[tuple[str, date], ...]]:
        """Id and date of issue of the documents for the member, as of today, that have each `number_key`."""
        as_of = self._store.library.commits, self._hidden()
        if self._numbers[0] == as_of:
            return self._numbers[1]
        found: dict[str, list[tuple[str, date]]] = {}
        with self._store.library.read() as connection:
            rows = select(documents.c.number_key, documents.c.id, documents.c.issued_on)
            for row in connection.execute(rows.where(documents.c.number_key != "", _is_none_of(as_of[1]))):
                found.setdefault(row.number_key, []).append((row.id, row.issued_on))
        self._numbers = (as_of, {key: tuple(named) for key, named in found.items()})
        return self._numbers[1]

    def open(self, document_id: str) -> DocumentView:
        cards = document_cards(self._store, ids=(document_id,))
        today = self._clock().astimezone(VIETNAM).date()
        with self._store.library.read() as connection:
            if not cards:
                raise why_missing(connection, document_id)
            headings = connection.execute(
                select(sections.c.anchor, sections.c.level, sections.c.heading, sections.c.position)
                .where(sections.c.document == document_id)
                .order_by(sections.c.position)
            ).all()
            tied = relations_of(connection, document_id)
            expires_on = expiry_of(connection, document_id)
            carried = select(documents.c.attachments).where(documents.c.id == document_id)
            attachments = msgspec.convert(connection.scalar(carried), tuple[Attachment, ...])
        with self._store.personal.read() as connection:
            here = select(positions.c.anchor, positions.c.offset).where(positions.c.document == document_id)
            stopped = connection.execute(here).one_or_none()
            mark = select(ticks.c.ticked_at).where(ticks.c.document == document_id, ticks.c.read)
            ticked_at = connection.scalar(mark)
        outline = tuple(OutlineEntry(*row) for row in headings)
        # A new edition may have dropped the section.
        if stopped and any(entry.anchor == stopped.anchor for entry in outline):
            position = Position(stopped.anchor, stopped.offset)
        else:
            position = Position(outline[0].anchor if outline else "", 0.0)
        return DocumentView(
            card=cards[0],
            relations=tied,
            attachments=attachments,
            outline=outline,
            position=position,
            ticked_at=ticked_at,
            expired_on=expires_on if expires_on and expires_on < today else None,
        )

    def sections(self, document_id: str, start: int, count: int) -> tuple[SectionHtml, ...]:
        """Up to `count` sections from index `start` on."""
        with self._store.library.read() as connection:
            rows = connection.execute(
                select(sections.c.anchor, sections.c.level, sections.c.heading, sections.c.html)
                .where(
                    sections.c.document == document_id,
                    sections.c.position >= start,
                    sections.c.position < start + count,
                )
                .order_by(sections.c.position)
            ).all()
            if not rows:
                _edition(connection, document_id)
        return tuple(SectionHtml(*row) for row in rows)

    def remember_position(self, document_id: str, position: Position) -> Changes:
        """Keeps where reading stopped, and that the document was opened.

        Announced only when this edition was first opened: the reader's own page would be read again at every
        pause. Raises NotFound for an anchor the document does not have.
        """
        offset = min(max(position.offset, 0.0), 1.0)
        with self._store.library.read() as connection:
            arrival, count = _columns(connection, document_id, "arrival", "section_count")
            index = connection.scalar(
                select(sections.c.position).where(
                    sections.c.document == document_id, sections.c.anchor == position.anchor
                )
            )
        if index is None:
            raise NotFound("Văn bản đã được cập nhật, mục đang đọc không còn.", "Hãy mở lại văn bản.")
        place = {
            "anchor": position.anchor,
            "offset": offset,
            "progress": (index + offset) / count,
        }
        with self._store.personal.write() as connection:
            # Taking the row's place gives it the highest rowid: `last_read` asks for that.
            kept = insert(positions).prefix_with("OR REPLACE").values(document=document_id, **place)
            connection.execute(kept)
            is_first = _look_at(connection, document_id, arrival)
        return self._store.announce({Change.LIBRARY} if is_first else ())

    def last_read(self) -> str:
        """The document whose place was kept last, which may have been recalled; '' before the first."""
        latest = select(positions.c.document).order_by(text("rowid DESC")).limit(1)
        with self._store.personal.read() as connection:
            return connection.scalar(latest) or ""

    def look_at(self, document_id: str) -> Changes:
        """Keeps that the present edition was looked at, such as beside its former one.

        Announced only when it was the first time.
        """
        with self._store.library.read() as connection:
            (arrival,) = _columns(connection, document_id, "arrival")
        with self._store.personal.write() as connection:
            is_first = _look_at(connection, document_id, arrival)
        return self._store.announce({Change.LIBRARY} if is_first else ())

    def save(self, document_id: str, saved_now: bool) -> Changes:
        """Keeps the document at hand, or no longer."""
        with self._store.library.read() as connection:
            _edition(connection, document_id)
        with self._store.personal.write() as connection:
            if saved_now:
                connection.execute(upsert(saved).values(document=document_id).on_conflict_do_nothing())
            else:
                connection.execute(delete(saved).where(saved.c.document == document_id))
        return self._store.announce({Change.LIBRARY})

    def tick(self, document_id: str, read: bool, now: datetime) -> Changes:
        """Marks the document as read, or takes the mark back; what changed is owed to the server."""
        with self._store.library.read() as connection:
            edition = _edition(connection, document_id)
        with self._store.personal.write() as connection:
            held = connection.execute(
                select(ticks.c["read", "edition", "ticked_at"]).where(ticks.c.document == document_id)
            ).one_or_none()
            if (held.read if held else False) == read and (not read or held.edition == edition):
                return frozenset()
            # The latest mark counts everywhere: one made after the clock was set back is still the later one.
            at = max(now, held.ticked_at + timedelta(microseconds=1)) if held else now
            mark = Tick(document=document_id, edition=edition, read=read, ticked_at=at)
            _put(connection, ticks, document_id, {"edition": edition, "read": read, "ticked_at": at})
            self._outbox.owe(
                connection,
                compose(
                    mark,
                    author=read_member(connection),
                    lineage=str(uuid_utils.uuid7()),
                    revision=1,
                    subject=document_id,
                    now=now,
                ),
            )
        return self._store.announce({Change.LIBRARY, Change.STUDY, Change.OUTBOX})


def _look_at(connection: Connection, document_id: str, arrival: int) -> bool:
    """Whether this arrival had not been opened before."""
    seen = connection.scalar(select(opened.c.arrival).where(opened.c.document == document_id))
    _put(connection, opened, document_id, {"arrival": arrival})
    return bool(seen != arrival)


def _is_none_of(ids: AbstractSet[str]) -> ColumnElement[bool]:
    """Whether a document is none of these."""
    if not ids:
        return true()
    # As one value: SQLite takes only so many.
    named = func.json_each(json.dumps(sorted(ids))).table_valued("value")
    return documents.c.id.not_in(select(named.c.value))


def documents_in(
    store: Store,
    filter: Filter,
    ids: AbstractSet[str] | None = None,
    *,
    hidden: AbstractSet[str] = frozenset(),
) -> tuple[DocumentCard, ...]:
    """The documents that fulfil the filter, in its order; with `ids` only those of them.

    `hidden` ones are left out, unless saved ones are asked for: what a member put by stays at hand.
    """
    where = [
        documents.c[column] == str(wanted)
        for column in ("collection", "kind", "issuer", "status")
        if (wanted := getattr(filter, column))
    ]
    if filter.year is not None:
        first, last = date(filter.year, 1, 1), date(filter.year, 12, 31)
        where.append(documents.c.issued_on.between(first, last))
    if filter.topic:
        topics = func.json_each(documents.c.topics).table_valued("value")
        where.append(exists().select_from(topics).where(topics.c.value == filter.topic))
    return tuple(
        card
        for card in document_cards(store, ids=ids, where=where, order=_ORDERS[filter.order])
        if (filter.saved_only or card.id not in hidden)
        and (card.saved or not filter.saved_only)
        and not (card.read and (filter.unread_only or filter.begun_only))
        and (card.progress or not filter.begun_only)
        and (card.is_new or not filter.new_only)
    )


def _edition(connection: Connection, document_id: str) -> int:
    return _columns(connection, document_id, "edition")[0]


def _columns(connection: Connection, document_id: str, *names: str) -> tuple[int, ...]:
    query = select(*(documents.c[name] for name in names)).where(documents.c.id == document_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise why_missing(connection, document_id)
    return tuple(row)


def _put(connection: Connection, table: Table, document_id: str, values: dict[str, Any]) -> None:
    """The document's one row in `table`, with these values."""
    statement = upsert(table).values(document=document_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["document"], set_=values))
