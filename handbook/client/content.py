"""Published content comes down: one small question when nothing is new, otherwise verified packs, one by one.

The Update Framework decides what to trust; this file asks it, fetches what the signed catalogues name and
hands verified packs to `apply`. Whatever goes wrong, installed content stays as it is and readable.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from handbook.client import disk
from handbook.client.apply import (
    Arrival,
    apply_pack,
    forget_editions,
    next_arrival,
    withdraw_forgotten,
)
from handbook.client.convoy import Convoy
from handbook.client.downloads import ADVICE, Cancelled, Downloads, Wanted
from handbook.client.metadata import CONTENT, Metadata
from handbook.client.store import Store
from handbook.client.tables.library import library_state, receipt_keys
from handbook.client.tables.library import packs as packs_table
from handbook.client.trusted_time import known_time, learned, note_time
from handbook.errors import Outdated, Untrusted
from handbook.protocol import packs, trust

if TYPE_CHECKING:
    from handbook.client.transport import Transport

_SEEN = "content:seen"

CHECKING = "Đang hỏi xem có gì mới"
FETCHING = "Đang tải nội dung mới"

Progress = Callable[[str, int, int], None]
"""Stage, bytes done, bytes in all (0: not known yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentReport:
    """What one pull did, as ids of documents and assignments. `bytes_down` counts bodies, without headers.

    `unchanged`: the server said in one answer that nothing is new. `cancelled`: stopped by the person; what
    had been applied stays, the rest comes next time. `lapsed_on`: when the signatures ended that are believed
    by grace only.
    """

    changed: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    bytes_down: int = 0
    unchanged: bool = False
    cancelled: bool = False
    lapsed_on: datetime | None = None


def pull(
    store: Store,
    transport: "Transport",
    content_dir: Path,
    root: bytes,
    publishers: tuple[str, ...],
    now: datetime,
    progress: Progress = lambda stage, done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    grace: timedelta = timedelta(),
) -> ContentReport:
    """Brings library.db up to what these publishers have signed. `root` is the TUF root this PC was given.

    `grace` is what is given to signatures of days and weeks that have ended, for content that was carried.

    What one publisher got wrong does not keep the others from being taken in; the first such error is raised
    at the end. Raises Offline, TooBusy, ServerBroken, Untrusted, WrongClock, DiskProblem.
    """
    pulling = _Pull(store, transport, content_dir, root, publishers, now, progress, cancelled, grace)
    try:
        return pulling.run()
    except OSError as error:
        raise disk.from_os(error, content_dir) from error


@dataclass(frozen=True, slots=True)
class _Seen:
    """The state of the server that is wholly applied, and for whom; `valid_until` is its earliest expiry."""

    etag: str
    audience: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be taken in of one publisher; `known` is the version of the catalogue applied last.

    `lineages` are those of the publisher's catalogues, the present one last; `anew`: it has begun a new one.
    """

    catalogue: trust.Catalogue
    needed: tuple[trust.PackRef, ...]
    known: int
    lineages: tuple[str, ...]
    anew: bool

    @property
    def first_dictionaries(self) -> tuple[trust.DictionaryRef, ...]:
        """What most packs of a first sync need, so that it comes before them: the dictionary in use."""
        return self.catalogue.dictionaries[-1:] if self.needed and not self.known else ()


class _Pull:
    def __init__(
        self,
        store: Store,
        transport: "Transport",
        content_dir: Path,
        root: bytes,
        publishers: tuple[str, ...],
        now: datetime,
        progress: Progress,
        cancelled: Callable[[], bool],
        grace: timedelta,
    ) -> None:
        self._store, self._dir = store, content_dir
        self._publishers, self._now = publishers, now
        self._progress, self._cancelled = progress, cancelled
        self._audience = hashlib.sha256(b"\n".join([root, *map(str.encode, publishers)])).hexdigest()
        self._changed: set[str] = set()
        self._withdrawn: set[str] = set()
        self._counting = threading.Lock()
        self._bytes_down = 0
        self._done = self._total = 0  # bytes of packs that are here, and that are needed
        with store.library.read() as connection:
            self._known = known_time(connection)
        self._metadata = Metadata(transport, content_dir, root, now, self._known, self._count, grace)
        self._downloads = Downloads(
            transport, content_dir / "partial", received=self._received, cancelled=cancelled
        )

    def run(self) -> ContentReport:
        self._progress(CHECKING, 0, 0)
        metadata = self._metadata
        seen = self._seen()
        timestamp, etag = metadata.ask(seen.etag if seen else "", self._publishers)
        if timestamp is None:
            if metadata.judged_at >= seen.valid_until:
                raise metadata.expired()
            self._learn(metadata.told or self._now)
            return self._report(unchanged=True)
        metadata.accept(timestamp, self._publishers)
        problems: list[Untrusted] = []
        catalogues = metadata.catalogues(self._publishers, problems)
        plans = [plan for catalogue in catalogues if (plan := self._planned(catalogue, problems))]
        try:
            self._take_in_all(plans, problems)
        except Cancelled:
            return self._report(cancelled=True)
        if problems:
            raise problems[0]
        self._downloads.forget_all()
        told = metadata.told
        self._learn(learned(self._known, self._now, told, metadata.timestamp_ends))
        self._remember(_Seen(etag, self._audience, metadata.valid_until))
        return self._report(lapsed_on=metadata.lapsed_on)

    def _planned(self, catalogue: trust.Catalogue, problems: list[Untrusted]) -> _Plan | None:
        try:
            return self._plan(catalogue)
        except Untrusted as error:
            problems.append(error)
            return None

    def _plan(self, catalogue: trust.Catalogue) -> _Plan | None:
        publisher = catalogue.publisher
        of_publisher = packs_table.c.publisher == publisher
        with self._store.library.read() as connection:
            known = int(_state(connection, f"catalogue:{publisher}") or 0)
            applied = frozenset(connection.scalars(select(packs_table.c.sha256).where(of_publisher)))
            lineages = tuple(json.loads(_state(connection, f"lineages:{publisher}") or '[""]'))
        if catalogue.lineage != lineages[-1] and catalogue.lineage not in lineages:
            # A stolen key may have signed any number; after it was replaced none of them counts.
            return _Plan(catalogue, catalogue.packs, 0, (*lineages, catalogue.lineage), anew=True)
        if catalogue.lineage != lineages[-1] or catalogue.version < known:
            raise Outdated(
                f"Máy chủ đưa về danh mục của “{publisher}” cũ hơn bản đã cài "
                f"(lần {catalogue.version} so với lần {known}).",
                ADVICE,
            )
        if catalogue.version == known:
            return None
        needed = (ref for ref in catalogue.packs if ref.sequence > known and ref.sha256 not in applied)
        return _Plan(catalogue, tuple(needed), known, lineages, anew=False)

    def _take_in_all(self, plans: list[_Plan], problems: list[Untrusted]) -> None:
        """Fetches the packs of all publishers together and applies them in order. Raises Cancelled."""
        wanted = [_wanted_dictionary(ref) for plan in plans for ref in plan.first_dictionaries]
        wanted = [each for each in wanted if self._held_dictionary(each.sha256) is None]
        wanted += (_wanted(ref) for plan in plans for ref in plan.needed)
        self._total = sum(ref.length for ref in wanted)
        self._done = sum(self._downloads.held(one) for one in wanted)
        with self._store.library.read() as connection:
            arrival = next_arrival(connection, self._now)
        with Convoy(self._downloads, wanted, self._cancelled) as convoy:
            for plan in plans:
                try:
                    self._take_in(plan, convoy, arrival)
                except Untrusted as error:
                    problems.append(error)
                    convoy.skip([ref.sha256 for ref in plan.needed])

    def _take_in(self, plan: _Plan, convoy: Convoy, arrival: Arrival) -> None:
        """Applies the packs of one publisher, each in its transaction, then notes that all are there."""
        catalogue = plan.catalogue
        publisher = catalogue.publisher
        if plan.anew:
            with self._store.library.write() as connection:
                forget_editions(connection, publisher)
        for ref in plan.needed:
            if self._cancelled():
                raise Cancelled
            data = convoy.take(ref.sha256)
            dictionary = self._dictionary(catalogue, packs.read_header(data).dictionary, convoy)
            items = _own(packs.open_pack(data, ref.sha256, dictionary), publisher)
            applied = apply_pack(
                self._store,
                publisher=publisher,
                sequence=ref.sequence,
                pack=ref.sha256,
                items=items,
                arrival=arrival,
            )
            self._downloads.forget(ref.sha256)
            self._changed |= applied.documents | applied.assignments
            self._withdrawn |= applied.withdrawn
        if plan.anew:
            self._withdrawn |= withdraw_forgotten(self._store, publisher, arrival)
        with self._store.library.write() as connection:
            connection.execute(delete(receipt_keys).where(receipt_keys.c.publisher == publisher))
            for key in catalogue.receipt_keys:
                row = {"id": key.id, "public": key.public, "publisher": publisher}
                connection.execute(upsert(receipt_keys).values(row).on_conflict_do_nothing())
            _put_state(connection, f"catalogue:{publisher}", str(catalogue.version))
            _put_state(connection, f"lineages:{publisher}", json.dumps(plan.lineages))

    def _dictionary(self, catalogue: trust.Catalogue, sha256: str, convoy: Convoy) -> bytes:
        """The dictionary a pack was compressed with, from this PC or the server."""
        if not sha256:
            return b""
        ref = next((ref for ref in catalogue.dictionaries if ref.sha256 == sha256), None)
        if ref is None:
            raise Untrusted("Gói nội dung cần một từ điển nén không có trong danh mục đã ký.", ADVICE)
        if (held := self._held_dictionary(sha256)) is not None:
            return held
        if sha256 in convoy:
            data = convoy.take(sha256)
        else:
            with self._counting:
                self._total += ref.length
            data = self._downloads.fetch(_wanted_dictionary(ref))
        file = self._dictionary_file(sha256)
        disk.make_folder(file.parent)
        disk.write_whole(file, data)
        self._downloads.forget(sha256)
        return data

    def _held_dictionary(self, sha256: str) -> bytes | None:
        file = self._dictionary_file(sha256)
        if file.exists() and hashlib.sha256(data := file.read_bytes()).hexdigest() == sha256:
            return data
        return None

    def _dictionary_file(self, sha256: str) -> Path:
        return self._dir / "dictionaries" / f"{sha256}.dict"

    def _count(self, count: int) -> None:
        with self._counting:
            self._bytes_down += count

    def _received(self, count: int) -> None:
        """A piece of a file came, or a part of one was thrown away (below zero)."""
        with self._counting:
            self._bytes_down += max(0, count)
            self._done += count
            done, total = min(self._done, self._total), self._total
            # Told under the lock: what is told of two pieces at once would otherwise go back and forth.
            self._progress(FETCHING, done, total)

    def _learn(self, known: datetime) -> None:
        with self._store.library.write() as connection:
            note_time(connection, self._known, known)

    def _report(
        self, *, unchanged: bool = False, cancelled: bool = False, lapsed_on: datetime | None = None
    ) -> ContentReport:
        return ContentReport(
            changed=frozenset(self._changed),
            withdrawn=frozenset(self._withdrawn),
            bytes_down=self._bytes_down,
            unchanged=unchanged,
            cancelled=cancelled,
            lapsed_on=lapsed_on,
        )

    def _seen(self) -> _Seen | None:
        """What was wholly applied before, if it was for the same audience and has not expired since."""
        with self._store.library.read() as connection:
            stored = _state(connection, _SEEN)
        if not stored:
            return None
        values = json.loads(stored)
        seen = _Seen(values["etag"], values["audience"], datetime.fromisoformat(values["valid_until"]))
        is_due = max(self._now, self._known) >= seen.valid_until
        return None if is_due or seen.audience != self._audience else seen

    def _remember(self, seen: _Seen) -> None:
        if not seen.etag:
            return
        values = {"etag": seen.etag, "audience": seen.audience, "valid_until": seen.valid_until.isoformat()}
        with self._store.library.write() as connection:
            _put_state(connection, _SEEN, json.dumps(values))


def _wanted(ref: trust.PackRef) -> Wanted:
    return Wanted(CONTENT + trust.pack_path(ref.sha256), ref.sha256, ref.length)


def _wanted_dictionary(ref: trust.DictionaryRef) -> Wanted:
    return Wanted(CONTENT + trust.dictionary_path(ref.sha256), ref.sha256, ref.length)


def _own(items: Iterator[packs.Item], publisher: str) -> Iterator[packs.Item]:
    """The items, as long as the publisher may publish them. Raises Untrusted."""
    for item in items:
        trust.check_item_id(item.id, publisher)
        yield item


def _state(connection: Connection, key: str) -> str:
    """A value of library_state, empty before it was first written."""
    return connection.scalar(select(library_state.c.value).where(library_state.c.key == key)) or ""


def _put_state(connection: Connection, key: str, value: str) -> None:
    statement = upsert(library_state).values(key=key, value=value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value})
    )
