"""One profile's databases: many readers on any thread, one writer at a time, one transaction per intention.

After a commit the writer announces what changed; whoever subscribed reads again.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlcipher3.dbapi2
from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from handbook.client import disk
from handbook.client.migrations import LIBRARY, PERSONAL, bring_up_to_date
from handbook.client.tables.personal import glance
from handbook.errors import Locked, ProfileInUse
from handbook.model.changes import Change, Changes

KEY_BYTES = 32
BUSY_TIMEOUT_MS = 10_000
LIBRARY_PAGE_BYTES = 16_384  # sections are long: fewer overflow pages, a smaller file

_this_thread = threading.local()


class Database:
    """One SQLite file in WAL mode; encrypted by SQLCipher when a raw key is given.

    `commits` counts the transactions written since it was opened: what was read after looking at it still
    holds while it stays the same, because a profile is open in one process only.

    SQLCipher's own SQLite serves the plain file too, so that both have one version on every system.
    """

    def __init__(
        self, path: Path, *, key: bytes = b"", synchronous: str, page_bytes: int = 0, derived: str = ""
    ) -> None:
        """`derived` names a table that holds nothing of its own: every transaction empties it."""
        self.path = path
        self.commits = 0
        self._derived = derived
        self._encrypted = bool(key)
        self._lock = threading.Lock()
        self._engine = create_engine(
            URL.create("sqlite+pysqlite", database=str(path)),
            module=sqlcipher3.dbapi2,
            json_deserializer=msgspec.json.decode,
        )
        # The driver's own transactions begin too late (at the first change): ours are begun below.
        settings = ["PRAGMA cipher_log_level = NONE"]
        if key:
            settings.append(f"PRAGMA key = \"x'{key.hex()}'\"")
        if page_bytes:
            settings.append(f"PRAGMA page_size = {page_bytes}")
        settings += [
            f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
            "PRAGMA journal_mode = WAL",
            f"PRAGMA synchronous = {synchronous}",
            "PRAGMA foreign_keys = ON",
        ]

        @event.listens_for(self._engine, "connect")
        def _prepare(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            for setting in settings:
                connection.execute(setting).close()

        @event.listens_for(self._engine, "begin")
        def _begin(connection: Connection) -> None:
            immediate = connection.get_execution_options().get("immediate", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

        self._writing: Engine = self._engine.execution_options(immediate=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state of the file. Raises DiskProblem, Locked."""
        with self._disk_problems(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, only_derived: bool = False) -> Iterator[Connection]:
        """One transaction, committed when the block ends and rolled back when it raises.

        It empties the table of what is derived from the others, unless it writes `only_derived`.

        Other writers wait. A thread that already writes in a profile may not begin another transaction (two
        such threads could wait for each other for ever): RuntimeError. Raises DiskProblem, Locked.
        """
        if getattr(_this_thread, "writing", None):
            raise RuntimeError(f"this thread already writes in {_this_thread.writing}")
        with self._lock:
            _this_thread.writing = self.path
            try:
                with self._disk_problems(), self._writing.begin() as connection:
                    yield connection
                    if self._derived and not only_derived:
                        connection.exec_driver_sql(f"DELETE FROM {self._derived}")
                self.commits += 1
            finally:
                _this_thread.writing = None

    def copy_to(self, target: Path) -> None:
        """Copies the file as it is, encrypted or not, with everything committed so far in it."""
        with self._lock, self._disk_problems():
            connection = self._engine.raw_connection()
            try:
                # Afterwards the main file alone holds everything.
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
                disk.copy_whole(self.path, target)
            finally:
                connection.close()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _disk_problems(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlcipher3.dbapi2.Error) as error:
            code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
            if self._encrypted and code & 0xFF == disk.NOT_A_DATABASE:
                raise Locked(
                    "Khoá trên máy này không mở được dữ liệu cá nhân.",
                    f"Hãy đăng nhập lại bằng mật khẩu. Nếu vẫn vậy, tệp {self.path.name} có thể đã hỏng: "
                    "đừng xoá tệp, hãy báo người quản trị.",
                ) from error
            problem = disk.from_sqlite(code, self.path)
            if problem is None:
                raise
            raise problem from error


class Store:
    """The open profile. `library` holds what was published, `personal` what belongs to the member.

    Opening takes the profile's lock, which the system releases when the process ends in any way, and migrates
    older files. Raises ProfileInUse, NewerData, Locked (the key is not this profile's), DiskProblem.
    """

    def __init__(self, profile_dir: Path, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {len(key)} bytes")
        self.profile_dir = profile_dir
        self._listeners: list[Callable[[Changes], None]] = []
        disk.make_folder(profile_dir)
        self._lock = profile_lock(profile_dir)
        self.library = Database(
            profile_dir / "library.db", synchronous="NORMAL", page_bytes=LIBRARY_PAGE_BYTES
        )
        self.personal = Database(
            profile_dir / "personal.db", key=key, synchronous="FULL", derived=glance.name
        )
        try:
            bring_up_to_date(self.personal, PERSONAL)
            bring_up_to_date(self.library, LIBRARY)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes both files and releases the profile. Jobs that still read must have ended before."""
        self.library.close()
        self.personal.close()
        self._lock.release()

    def announce(self, changes: Iterable[Change]) -> Changes:
        """Tells every listener, on the calling thread, what a committed transaction changed; returns it."""
        announced = frozenset(changes)
        if announced:
            for listener in tuple(self._listeners):
                listener(announced)
        return announced

    def subscribe(self, listener: Callable[[Changes], None]) -> Callable[[], None]:
        """Calls `listener` after each commit, on the thread that wrote. Returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


def profile_lock(profile_dir: Path) -> FileLock:
    """The profile's lock, taken. Raises ProfileInUse, DiskProblem."""
    lock = FileLock(profile_dir / "lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise ProfileInUse(
            "Sổ tay của tài khoản này đang mở ở một cửa sổ khác.",
            "Hãy dùng cửa sổ đang mở. Nếu không thấy, hãy chờ nó đóng hẳn rồi mở lại.",
        ) from error
    except OSError as error:
        raise disk.from_os(error, profile_dir) from error
    return lock
