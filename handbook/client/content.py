"""Published content comes down: one small question when nothing is new, otherwise verified packs, one by one.

The Update Framework decides what to trust; this file asks it, fetches what the signed catalogues name and
hands verified packs to `apply`. Whatever goes wrong, installed content stays as it is and readable.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert
from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface

from handbook.client import disk
from handbook.client.answers import refusal
from handbook.client.apply import Arrival, apply_pack, next_arrival
from handbook.client.downloads import ADVICE, Cancelled, Downloads
from handbook.client.store import Store
from handbook.client.tables.library import library_state, receipt_keys
from handbook.client.tables.library import packs as packs_table
from handbook.errors import Expected, ServerBroken, Untrusted, WrongClock
from handbook.model.vietnamese import moment_text
from handbook.protocol import packs, trust

if TYPE_CHECKING:
    from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet

    from handbook.client.transport import Transport

_CONTENT = "/content/"
_TIMESTAMP = f"{_CONTENT}{trust.METADATA}/timestamp.json"
_SEEN = "content:seen"

CHECKING = "Đang hỏi xem có gì mới"
FETCHING = "Đang tải nội dung mới"

Progress = Callable[[str, int, int], None]
"""Stage, bytes done, bytes in all (0: not known yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentReport:
    """What one pull did, as ids of documents and assignments. `bytes_down` counts bodies, without headers.

    `unchanged`: the server said in one answer that nothing is new. `cancelled`: stopped by the person; what
    had been applied stays, the rest comes next time.
    """

    changed: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    bytes_down: int = 0
    unchanged: bool = False
    cancelled: bool = False


def pull(
    store: Store,
    transport: "Transport",
    content_dir: Path,
    root: bytes,
    publishers: tuple[str, ...],
    now: datetime,
    progress: Progress = lambda stage, done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ContentReport:
    """Brings library.db up to what these publishers have signed. `root` is the TUF root this PC was given.

    What one publisher got wrong does not keep the others from being taken in; the first such error is raised
    at the end. Raises Offline, TooBusy, ServerBroken, Untrusted, WrongClock, DiskProblem.
    """
    pulling = _Pull(store, transport, content_dir, root, publishers, now, progress, cancelled)
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
    """What has to be taken in of one publisher; `known` is the version of the catalogue applied last."""

    catalogue: trust.Catalogue
    needed: tuple[trust.PackRef, ...]
    known: int


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
    ) -> None:
        self._store, self._transport, self._dir, self._root = store, transport, content_dir, root
        self._publishers, self._now, self._progress = publishers, now, progress
        self._audience = hashlib.sha256(b"\n".join([root, *map(str.encode, publishers)])).hexdigest()
        self._changed: set[str] = set()
        self._withdrawn: set[str] = set()
        self._bytes_down = 0
        self._done = self._piece = self._total = 0  # bytes of packs: whole ones, of the present one, planned
        self._downloads = Downloads(
            transport, content_dir / "partial", received=self._received, cancelled=cancelled
        )

    def run(self) -> ContentReport:
        self._progress(CHECKING, 0, 0)
        seen = self._seen()
        timestamp, etag = self._ask(seen)
        if timestamp is None:
            return self._report(unchanged=True)
        with self._judged():
            updater = self._updater(timestamp)
            updater.refresh()
        problems: list[Untrusted] = []
        plans = self._plans(updater, problems)
        self._total = sum(ref.length for plan in plans for ref in plan.needed)
        with self._store.library.read() as connection:
            arrival = next_arrival(connection, self._now)
        for plan in plans:
            try:
                self._take_in(plan, arrival)
            except Untrusted as error:
                problems.append(error)
            except Cancelled:
                return self._report(cancelled=True)
        if problems:
            raise problems[0]
        self._downloads.forget_all()
        valid_until = min(signed.expires for signed in _trusted(updater))
        self._remember(_Seen(etag, self._audience, valid_until))
        return self._report()

    def _ask(self, seen: _Seen | None) -> tuple[bytes | None, str]:
        """The server's timestamp.json and its ETag; None when it is the one already taken in."""
        headers = {"If-None-Match": seen.etag} if seen else {}
        answer = self._transport.send("GET", _TIMESTAMP, headers=headers, limit=trust.MAX_TIMESTAMP_BYTES)
        self._bytes_down += len(answer.body)
        if answer.status == 304 and seen:
            return None, seen.etag
        if answer.status == 404:
            raise ServerBroken(
                "Máy chủ chưa có nội dung phát hành.", "Hãy báo cho quản trị máy chủ; sổ tay vẫn dùng được."
            )
        if answer.status != 200:
            raise refusal(answer)
        return answer.body, answer.headers.get("ETag", "")

    def _updater(self, timestamp: bytes) -> Updater:
        for folder in ("metadata", "targets"):
            disk.make_folder(self._dir / folder)
        updater = Updater(
            str(self._dir / "metadata"),
            f"{_CONTENT}{trust.METADATA}/",
            str(self._dir / "targets"),
            f"{_CONTENT}{trust.TARGETS}/",
            fetcher=_Fetcher(self._transport, timestamp, self._count),
            config=UpdaterConfig(
                max_root_rotations=trust.MAX_ROOT_ROTATIONS,
                max_delegations=trust.MAX_DELEGATIONS,
                root_max_length=trust.MAX_ROOT_BYTES,
                timestamp_max_length=trust.MAX_TIMESTAMP_BYTES,
                snapshot_max_length=trust.MAX_SNAPSHOT_BYTES,
                targets_max_length=trust.MAX_TARGETS_BYTES,
            ),
            bootstrap=self._root,
        )
        _trusted(updater).reference_time = self._now
        return updater

    def _plans(self, updater: Updater, problems: list[Untrusted]) -> list[_Plan]:
        """What is new of every publisher that has signed anything."""
        plans = []
        for publisher in self._publishers:
            try:
                catalogue = self._catalogue(updater, publisher)
                if catalogue and (plan := self._plan(catalogue)):
                    plans.append(plan)
            except Untrusted as error:
                problems.append(error)
        return plans

    def _catalogue(self, updater: Updater, publisher: str) -> trust.Catalogue | None:
        """The signed catalogue; None when the publisher has not signed one yet, or nobody may sign for it."""
        role = trust.role_of(publisher)
        chain = [role]
        while (above := trust.delegator_of(chain[-1])) != "targets":
            chain.append(above)
        if any(f"{name}.json" not in _trusted(updater).snapshot.meta for name in chain):
            return None
        with self._judged():
            target = updater.get_targetinfo(trust.catalogue_path(publisher))
            if target is None:
                return None
            if target.length > trust.MAX_CATALOGUE_BYTES:
                raise Untrusted(f"Danh mục của “{publisher}” dài quá giới hạn.", ADVICE)
            file = updater.find_cached_target(target) or updater.download_target(target)
        return trust.read_catalogue(Path(file).read_bytes(), publisher)

    def _plan(self, catalogue: trust.Catalogue) -> _Plan | None:
        publisher = catalogue.publisher
        of_publisher = packs_table.c.publisher == publisher
        with self._store.library.read() as connection:
            known = int(_state(connection, f"catalogue:{publisher}") or 0)
            applied = frozenset(connection.scalars(select(packs_table.c.sha256).where(of_publisher)))
        if catalogue.version < known:
            raise Untrusted(
                f"Máy chủ đưa về danh mục của “{publisher}” cũ hơn bản đã cài "
                f"(lần {catalogue.version} so với lần {known}).",
                ADVICE,
            )
        if catalogue.version == known:
            return None
        needed = (ref for ref in catalogue.packs if ref.sequence > known and ref.sha256 not in applied)
        return _Plan(catalogue, tuple(needed), known)

    def _take_in(self, plan: _Plan, arrival: Arrival) -> None:
        """Applies the packs of one publisher, each in its transaction, then notes that all are there."""
        catalogue = plan.catalogue
        publisher = catalogue.publisher
        for ref in plan.needed:
            path = _CONTENT + trust.pack_path(ref.sha256)
            data = self._downloads.fetch(path, sha256=ref.sha256, length=ref.length)
            dictionary = self._dictionary(catalogue, packs.read_header(data).dictionary)
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
            self._done, self._piece = self._done + ref.length, 0
            self._changed |= applied.documents | applied.assignments
            self._withdrawn |= applied.withdrawn
        with self._store.library.write() as connection:
            connection.execute(delete(receipt_keys).where(receipt_keys.c.publisher == publisher))
            for key in catalogue.receipt_keys:
                row = {"id": key.id, "public": key.public, "publisher": publisher}
                connection.execute(upsert(receipt_keys).values(row).on_conflict_do_nothing())
            _put_state(connection, f"catalogue:{publisher}", str(catalogue.version))

    def _dictionary(self, catalogue: trust.Catalogue, sha256: str) -> bytes:
        """The dictionary a pack was compressed with, from this PC or the server."""
        if not sha256:
            return b""
        ref = next((ref for ref in catalogue.dictionaries if ref.sha256 == sha256), None)
        if ref is None:
            raise Untrusted("Gói nội dung cần một từ điển nén không có trong danh mục đã ký.", ADVICE)
        file = self._dir / "dictionaries" / f"{sha256}.dict"
        if file.exists() and hashlib.sha256(data := file.read_bytes()).hexdigest() == sha256:
            return data
        path = _CONTENT + trust.dictionary_path(sha256)
        data = self._downloads.fetch(path, sha256=sha256, length=ref.length)
        disk.make_folder(file.parent)
        disk.write_whole(file, data)
        self._downloads.forget(sha256)
        return data

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """Puts the verdicts of python-tuf into words."""
        try:
            yield
        except ExpiredMetadataError as error:
            raise self._expired() from error
        except DownloadHTTPError as error:
            raise ServerBroken(
                f"Máy chủ thiếu một tệp chữ ký mà chính nó nêu tên (mã HTTP {error.status_code}).",
                "Hãy thử lại sau; nếu vẫn vậy, báo cho quản trị máy chủ.",
            ) from error
        except (RepositoryError, DownloadError) as error:
            raise Untrusted(
                "Chữ ký trên nội dung máy chủ đưa về không đúng nên không có gì được nhận.", ADVICE
            ) from error

    def _expired(self) -> Expected:
        skew = self._transport.clock_skew
        if skew is not None and abs(skew) > trust.CLOCK_TOLERANCE:
            return WrongClock(
                f"Đồng hồ máy này chỉ {moment_text(self._now)}, máy chủ chỉ {moment_text(self._now + skew)}.",
                "Hãy chỉnh lại ngày giờ của máy rồi đồng bộ lại. Nội dung đã cài vẫn đọc được.",
            )
        return Untrusted(
            "Chữ ký trên nội dung của máy chủ đã quá hạn nên không có gì được nhận.",
            "Nội dung đã cài vẫn đọc được. Hãy báo quản trị máy chủ làm mới chữ ký.",
        )

    def _count(self, count: int) -> None:
        self._bytes_down += count

    def _received(self, count: int) -> None:
        self._count(count)
        self._piece += count
        self._progress(FETCHING, min(self._done + self._piece, self._total), self._total)

    def _report(self, *, unchanged: bool = False, cancelled: bool = False) -> ContentReport:
        return ContentReport(
            changed=frozenset(self._changed),
            withdrawn=frozenset(self._withdrawn),
            bytes_down=self._bytes_down,
            unchanged=unchanged,
            cancelled=cancelled,
        )

    def _seen(self) -> _Seen | None:
        """What was wholly applied before, if it was for the same audience and has not expired since."""
        with self._store.library.read() as connection:
            stored = _state(connection, _SEEN)
        if not stored:
            return None
        values = json.loads(stored)
        seen = _Seen(values["etag"], values["audience"], datetime.fromisoformat(values["valid_until"]))
        return seen if seen.audience == self._audience and self._now < seen.valid_until else None

    def _remember(self, seen: _Seen) -> None:
        if not seen.etag:
            return
        values = {"etag": seen.etag, "audience": seen.audience, "valid_until": seen.valid_until.isoformat()}
        with self._store.library.write() as connection:
            _put_state(connection, _SEEN, json.dumps(values))


class _Fetcher(FetcherInterface):
    """Metadata and catalogues for python-tuf, over our transport; the timestamp is here already."""

    def __init__(self, transport: "Transport", timestamp: bytes, count: Callable[[int], None]) -> None:
        self._transport, self._timestamp, self._count = transport, timestamp, count

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url == _TIMESTAMP:
            yield self._timestamp
            return
        # Whole, not in pieces: python-tuf may leave an iterator half way, and the connection open with it.
        answer = self._transport.send("GET", url, limit=trust.MAX_TARGETS_BYTES)
        self._count(len(answer.body))
        if answer.status in (403, 404):
            raise DownloadHTTPError(url, answer.status)
        if answer.status != 200:
            raise refusal(answer)
        yield answer.body


def _trusted(updater: Updater) -> "TrustedMetadataSet":
    # Nothing public takes the time to judge expiry by, or tells what was verified; tests watch this name.
    return updater._trusted_set


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
