"""What a hit says of its document; only documents that the library shows now are told of."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, select

from handbook.client.audience import hidden_documents
from handbook.client.store import Store
from handbook.client.tables.library import documents, library_state
from handbook.model.library import Kind
from handbook.model.vietnamese import VIETNAM

# The ids go in as one value: a list of values is compiled anew for each length of it.
_SHOWN = select(documents.c["id", "number", "title", "kind", "issued_on"]).where(
    documents.c.id.in_(select(func.json_each(bindparam("ids")).table_valued("value").c.value))
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What names a document."""

    number: str
    title: str
    kind: Kind
    issued_on: date


@dataclass(frozen=True, slots=True)
class LibraryState:
    """What an index was made of: the library's generation, and how many documents it had then."""

    generation: int
    documents: int


def state_of(library: Connection) -> LibraryState:
    generation = library.scalar(select(library_state.c.value).where(library_state.c.key == "generation"))
    return LibraryState(
        int(generation or 0), library.scalar(select(func.count()).select_from(documents)) or 0
    )


@dataclass(slots=True)
class _Known:
    """Facts by id as of `commits` transactions of library.db; None for what the library does not show."""

    commits: int
    facts: dict[str, Facts | None]


class ShownDocuments:
    """Facts of documents, kept until library.db is written to. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._library = store.library
        self._store = store
        self._known = _Known(-1, {})
        self._state: tuple[int, LibraryState] | None = None
        self._hidden: tuple[tuple[int, int, date], frozenset[str]] | None = None

    def hidden(self, now: datetime) -> frozenset[str]:
        """Documents of the library that are not to be found at that moment."""
        as_of = (self._store.library.commits, self._store.personal.commits, now.astimezone(VIETNAM).date())
        if self._hidden is None or self._hidden[0] != as_of:
            self._hidden = (as_of, hidden_documents(self._store, now))
        return self._hidden[1]

    def state(self) -> LibraryState:
        """What an index that has caught up was made of."""
        commits = self._library.commits
        if self._state is None or self._state[0] != commits:
            with self._library.read() as library:
                self._state = (commits, state_of(library))
        return self._state[1]

    def facts(self, ids: Iterable[str]) -> Mapping[str, Facts | None]:
        """At least these; None for a document that is not in the library."""
        known = self._known
        if known.commits != (commits := self._library.commits):
            known = self._known = _Known(commits, {})
        if unknown := [id for id in ids if id not in known.facts]:
            with self._library.read() as library:
                rows = library.execute(_SHOWN, {"ids": json.dumps(unknown)}).all()
            found = {row[0]: Facts(row[1], row[2], Kind(row[3]), row[4]) for row in rows}
            known.facts.update((id, found.get(id)) for id in unknown)
        return known.facts
