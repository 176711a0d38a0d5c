"""The real server on real HTTP in this process, a line to it that can misbehave, and members' PCs on it."""

import itertools
import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random

import uvicorn
from sqlalchemy import insert, select

from handbook.client.account import Account, keep_session
from handbook.client.apply import apply_pack, next_arrival
from handbook.client.assignments import Assignments
from handbook.client.cell import Cell
from handbook.client.content import ContentReport
from handbook.client.feed import Feed
from handbook.client.library import Library
from handbook.client.outbox import Outbox
from handbook.client.reflection import Reflections
from handbook.client.store import Store
from handbook.client.study import Study
from handbook.client.sync import Sync
from handbook.client.tables.library import receipt_keys
from handbook.client.transport import Answer, HttpTransport, Stream
from handbook.errors import Offline, Unreachable
from handbook.model.library import publisher_of
from handbook.model.people import DutyKind, Unit
from handbook.model.study import Assignment
from handbook.protocol import codec
from handbook.protocol.api import Completion, ErrorBody
from handbook.protocol.packs import Item
from handbook.protocol.receipts import receipt_key
from handbook.server.app import create_app
from handbook.server.completion import cell_completion
from handbook.server.database import backup
from handbook.server.settings import Settings
from handbook.server.tables import submissions
from handbook.server.tokens import end_sessions, open_session
from handbook.server.ward import load_ward
from tests.client.samples import NOW

COMMUNE = "hongson/anbinh"


class Fault(StrEnum):
    """What can become of one request."""

    LOST = "lost"  # never arrives
    REPLY_LOST = "reply lost"  # the server has done it, nobody is told
    LATE = "late"  # given up here, but it arrives just before the next request
    TWICE = "twice"  # a proxy repeats it; the second answer counts
    CUT = "cut"  # the answer ends early and a proxy passes it on as whole
    BROKEN = "broken"  # 500 from something on the way, the server never saw it
    PORTAL = "portal"  # a hotel's sign-in page, with status 200
    BUSY = "busy"  # 429


RETRY_AFTER_SECONDS = 60


class SimulatedServer:
    """A Transport to the real server at `url`. `faults` says what becomes of the next requests, in order."""

    def __init__(self, url: str) -> None:
        self._line = HttpTransport(url, proxies={})
        self._late: list[tuple[tuple, dict]] = []
        self.faults: deque[Fault] = deque()
        self.is_down = False
        self.requests: list[str] = []

    @property
    def clock_skew(self) -> timedelta | None:
        return self._line.clock_skew

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        token: str = "",
        headers: Mapping[str, str] | None = None,
        limit: int,
    ) -> Answer:
        if self.is_down:
            raise Unreachable("Không kết nối được tới máy chủ.", "Những gì đã lưu vẫn còn nguyên.")
        request = ((method, path), {"body": body, "token": token, "headers": headers, "limit": limit})
        self.requests.append(f"{method} {path}")
        for late in self._late:
            self._line.send(*late[0], **late[1])
        self._late.clear()
        match self.faults.popleft() if self.faults else None:
            case None:
                return self._line.send(*request[0], **request[1])
            case Fault.LOST:
                raise _no_line()
            case Fault.REPLY_LOST:
                self._line.send(*request[0], **request[1])
                raise _no_line()
            case Fault.LATE:
                self._late.append(request)
                raise _no_line()
            case Fault.TWICE:
                self._line.send(*request[0], **request[1])
                return self._line.send(*request[0], **request[1])
            case Fault.CUT:
                whole = self._line.send(*request[0], **request[1])
                return Answer(whole.status, whole.headers, whole.body[: len(whole.body) // 2])
            case Fault.BROKEN:
                return Answer(500, {}, b"<html>Internal Server Error</html>")
            case Fault.PORTAL:
                return Answer(200, {}, "<html>Đăng nhập Wi-Fi</html>".encode())
            case Fault.BUSY:
                body = codec.encode(ErrorBody(code="too-busy", message="Bận."))
                return Answer(429, {"Retry-After": str(RETRY_AFTER_SECONDS)}, body)

    def stream(
        self, path: str, *, offset: int = 0, etag: str = "", limit: int
    ) -> AbstractContextManager[Stream]:
        return self._line.stream(path, offset=offset, etag=etag, limit=limit)

    def close(self) -> None:
        self._line.close()


def _no_line() -> Offline:
    return Offline("Không kết nối được tới máy chủ.", "Những gì đã lưu vẫn còn nguyên.")


class Ward:
    """A running server. Each cell made in it is new, so that one server serves many tests."""

    def __init__(self, app: object, url: str, folder: Path) -> None:
        self.url = url
        self.now = NOW
        self._house = app.state.house
        self._folder = folder
        self._numbers = itertools.count(1)

    @property
    def database(self) -> object:
        return self._house.database

    @property
    def receipt_key(self) -> object:
        return receipt_key(self._house.keys.receipts)

    def new_cell(self, members: Mapping[str, Iterable[DutyKind]]) -> str:
        """Path of a new cell with these members (by given name) and their duties beside membership."""
        path = f"{COMMUNE}/cell-{next(self._numbers)}"
        self.load(path, members)
        return path

    def load(self, path: str, members: Mapping[str, Iterable[DutyKind]]) -> None:
        """Brings the cell's members up to date; their accounts are those of `account_of`."""
        self._load(path, {account_of(name, path): (name, duties) for name, duties in members.items()})

    def move(self, account: str, name: str, path: str) -> None:
        """Puts a member into another cell."""
        self._load(path, {account: (name, ())})

    def _load(self, path: str, members: Mapping[str, tuple[str, Iterable[DutyKind]]]) -> None:
        units = [("hongson", "province"), (COMMUNE, "commune"), (path, "cell")]
        text = 'name = "Phường An Bình"\n' + ("" if members else "members = []\n")
        text += "".join(
            f'[[units]]\npath = "{unit}"\nname = "Đơn vị {unit}"\nkind = "{kind}"\n' for unit, kind in units
        )
        for account, (name, duties) in members.items():
            kinds = ", ".join(f'"{kind.value}"' for kind in (DutyKind.MEMBER, *duties))
            text += (
                f'[[members]]\naccount = "{account}"\nname = "{name}"\nunit = "{path}"\nduties = [{kinds}]\n'
            )
        file = self._folder / "ward.toml"
        file.write_text(text, encoding="utf-8")
        load_ward(self.database, file, self.now)

    def sign_in(self, account: str, device: str = "PC") -> object:
        with self.database.write() as connection:
            return open_session(connection, account, device, self.now)

    def sign_out_everywhere(self, account: str) -> None:
        with self.database.write() as connection:
            end_sessions(connection, account)

    def completion(self, unit: str, assignment: Assignment) -> Completion:
        return cell_completion(self.database, unit, assignment)

    def back_up(self) -> "Backup":
        """A whole copy of the database, as docs/server.md tells to make it."""
        file = self._folder / f"backup-{next(self._numbers)}.db"
        backup(self._house.settings, file)
        return Backup(file, self._folder / "server.db")

    def submissions_of(self, account: str) -> list[tuple[str, str, int, str]]:
        """(kind, lineage, revision, sha256) of everything the server holds of the author, in order."""
        with self.database.read() as connection:
            columns = submissions.c["kind", "lineage", "revision", "sha256"]
            rows = connection.execute(
                select(*columns)
                .where(submissions.c.author == account)
                .order_by(submissions.c.lineage, submissions.c.revision)
            )
            return [tuple(row) for row in rows]


class Backup:
    """The server as it was when the backup was made; everything later is gone with `restore`."""

    def __init__(self, file: Path, database: Path) -> None:
        self._file = file
        self._database = database

    def restore(self) -> None:
        """Puts the copy in the place of the running server's database."""
        with closing(sqlite3.connect(self._file)) as copy, closing(sqlite3.connect(self._database)) as live:
            copy.backup(live)


@contextmanager
def running_ward(folder: Path) -> Iterator[Ward]:
    """The real server in a thread, on a port of the system's choice."""
    held: list[Ward] = []
    app = create_app(
        Settings(
            data_dir=folder, database_url=f"sqlite:///{folder}/server.db", content_dir=folder / "content"
        ),
        clock=lambda: held[0].now,
    )
    started = threading.Event()

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Announcing(
        uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    started.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    held.append(Ward(app, f"http://127.0.0.1:{port}", folder))
    try:
        yield held[0]
    finally:
        server.should_exit = True
        thread.join()


def account_of(name: str, cell: str) -> str:
    """The account of a member by a name without marks: `an` of cell-3 is `cell-3.an`."""
    return f"{cell.rpartition('/')[2]}.{name.lower()}"


class Device:
    """One member's profile on one PC, every room of the client over one line to the ward's server."""

    def __init__(
        self,
        folder: Path,
        ward: Ward,
        name: str,
        cell: str,
        items: tuple[Item, ...] = (),
        *,
        knows_key: bool = True,
    ) -> None:
        self.ward, self.name, self.cell_path = ward, name, cell
        self.account_name = account_of(name, cell)
        self.folder, self.key = folder, secrets.token_bytes(32)
        self.line = SimulatedServer(ward.url)
        self.reopen()
        with self.store.personal.write() as connection:
            session = ward.sign_in(self.account_name)
            keep_session(connection, session, server=ward.url, device="PC", now=ward.now)
        if knows_key:
            self.learn_receipt_key()
        self.publish(*items)

    def reopen(self) -> None:
        """Opens the profile after it was closed, with rooms that remember nothing."""
        self.store = Store(self.folder, self.key)
        self.account = Account(self.store, self.line, rewrap=lambda _: None)
        assignments = Assignments(self.store, self.account)
        self.outbox = Outbox(self.store, self.account, Random(7))
        self.library = Library(self.store, self.outbox)
        self.study = Study(self.store, self.account, assignments)
        self.reflections = Reflections(self.store, self.account, assignments, self.outbox)
        self.cell = Cell(self.store, self.account, assignments, self.outbox)
        self.feed = Feed(self.store, self.account, self.outbox)
        self.sync = Sync(
            self.store,
            self.account,
            self.outbox,
            self.line,
            self.folder,
            pull_content=lambda *_: ContentReport(unchanged=True),
        )

    def learn_receipt_key(self) -> None:
        """As the commune's signed catalogue would tell it."""
        key = self.ward.receipt_key
        with self.store.library.write() as connection:
            connection.execute(insert(receipt_keys).values(id=key.id, public=key.public, publisher=COMMUNE))

    def publish(self, *items: Item) -> None:
        """Puts published items into this PC's library, as one content sync."""
        by_publisher: dict[str, list[Item]] = {}
        for item in items:
            by_publisher.setdefault(publisher_of(item.id), []).append(item)
        for publisher, theirs in by_publisher.items():
            with self.store.library.read() as connection:
                arrival = next_arrival(connection, self.ward.now)
            apply_pack(
                self.store,
                publisher=publisher,
                sequence=arrival.number,
                pack=secrets.token_hex(32),
                items=theirs,
                arrival=arrival,
            )

    def deliver(self, now: datetime | None = None) -> object:
        return self.outbox.deliver(self.line, self.account.token, now or self.ward.now)

    def pull(self, now: datetime | None = None) -> object:
        return self.feed.pull(self.line, self.account.token, now or self.ward.now)

    def synced(self, now: datetime | None = None) -> object:
        """One whole sync at the ward's time."""
        return self.sync.run(lambda: now or self.ward.now)

    def unit(self) -> Unit:
        return self.account.cell_unit()

    def restart(self) -> None:
        """Closes the profile and opens it again, as another start of the program would."""
        self.store.close()
        self.reopen()

    def close(self) -> None:
        self.store.close()
        self.line.close()
