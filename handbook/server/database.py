"""Opens the database, brings it to the present shape, and copies it while it is in use."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    any_,
    bindparam,
    create_engine,
    delete,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from handbook.errors import BadInput, DiskProblem, NewerData
from handbook.server.settings import Settings

POOL_SIZE = 16  # as many as worker threads: none waits for a connection
SQLITE_WAIT_SECONDS = 30
MIGRATION_LOCK = 0x68616E64  # PostgreSQL advisory lock: workers that start together migrate one after another


class Database:
    """Connections to one database. `write` is one transaction; in `read` each statement stands alone."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer: threads queue here fairly instead of polling the file's lock.
        self._writer = threading.Lock() if self.is_sqlite else nullcontext()
        self._closed = False
        event.listen(engine, "checkin", self._returned)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            if self.is_sqlite:
                yield connection
            else:
                yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with (
            self._writer,
            self.engine.connect() as connection,
            connection.execution_options(writes=True).begin(),
        ):
            yield connection

    def answers(self) -> bool:
        """True when a statement gets through. Raises the driver's error otherwise."""
        with self.read() as connection:
            return connection.scalar(select(1)) == 1

    def close(self) -> None:
        """Closes every connection; one that a thread still works with when that thread has finished."""
        self._closed = True
        self.engine.dispose()

    def _returned(self, connection: Any, _record: Any) -> None:
        # The engine has forgotten its pool by then, and would leave this one open.
        if self._closed and connection is not None:
            connection.close()


def open_database(url: str) -> Database:
    """Connects and migrates.

    Raises NewerData when a newer server has written it, BadInput for an address that names no database this
    server can use, DiskProblem when the database cannot be reached or opened.
    """
    try:
        parsed = make_url(url)
        parsed.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise BadInput(
            "Địa chỉ cơ sở dữ liệu không đúng.",
            "Ví dụ đúng: sqlite:////srv/handbook/server.db hoặc postgresql://người-dùng@máy/tên.",
        ) from error
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise BadInput("Máy chủ cần tệp cơ sở dữ liệu, không dùng được cơ sở dữ liệu trong bộ nhớ.")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed,
            hide_parameters=True,
            pool_size=POOL_SIZE,
            max_overflow=4,
            connect_args={
                "timeout": SQLITE_WAIT_SECONDS,
                "isolation_level": None,
                "check_same_thread": False,
            },
        )
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(parsed, hide_parameters=True, pool_size=POOL_SIZE, max_overflow=4)
    database = Database(engine)
    try:
        migrate(database)
    except OperationalError as error:
        database.close()
        raise DiskProblem(
            f"Không mở được cơ sở dữ liệu {parsed.render_as_string(hide_password=True)}.",
            "Hãy kiểm tra máy chủ cơ sở dữ liệu có đang chạy, địa chỉ, mật khẩu và quyền ghi.",
        ) from error
    except BaseException:
        database.close()
        raise
    return database


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Changing the mode of a new file takes it alone; others are then refused without their timeout."""
    ends = time.monotonic() + SQLITE_WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    """Writers lock at once: nothing they read can change before they write. Readers need no transaction."""
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(database: Database) -> None:
    """Runs the missing migrations in one transaction; does nothing when there are none."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        _refuse_newer(connection, ScriptDirectory.from_config(config))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _refuse_newer(connection: Connection, script: ScriptDirectory) -> None:
    if not inspect(connection).has_table("alembic_version"):
        return
    for revision in connection.scalars(text("SELECT version_num FROM alembic_version")):
        try:
            script.get_revision(revision)
        except CommandError as error:
            raise NewerData(
                f"Cơ sở dữ liệu do một phiên bản máy chủ mới hơn ghi (mốc {revision}).",
                "Hãy chạy phiên bản máy chủ mới hơn đó, hoặc khôi phục bản sao lưu cũ.",
            ) from error


def backup(settings: Settings, target: Path) -> None:
    """Copies the SQLite database of a running or stopped server into the new file `target`, whole.

    Raises BadInput when `target` exists or the server runs on PostgreSQL (for that see docs/server.md).
    """
    if make_url(settings.database_url).get_backend_name() != "sqlite":
        raise BadInput("Máy chủ này dùng PostgreSQL.", "Hãy sao lưu bằng pg_dump như trong docs/server.md.")
    if target.exists():
        raise BadInput(f"Đã có tệp {target}.", "Hãy chọn tên tệp khác để không ghi đè bản sao lưu cũ.")
    database = open_database(settings.database_url)
    try:
        with database.read() as connection:
            connection.execute(text("VACUUM INTO :target"), {"target": str(target)})
    finally:
        database.close()
    target.chmod(0o600)


def among(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether the column is one of a list that the statement is given under this name.

    For statements that are built once: PostgreSQL gets the list as one value, whatever its length.
    """
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=postgresql.ARRAY(column.type)))
    return column.in_(bindparam(name, expanding=True))


def sweep(connection: Connection, table: Table, stale: ColumnElement[bool]) -> None:
    """Deletes the stale rows that nobody else holds at the moment, and so waits for no one."""
    (key,) = table.primary_key
    rows = select(key).where(stale).with_for_update(skip_locked=True)
    connection.execute(delete(table).where(key.in_(rows)))


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts the rows that no unique key is in the way of; how many these were.

    A conflict is no error here: PostgreSQL would end the transaction, and psycopg log a broken pipeline.
    """
    statement = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    done = connection.execute(
        statement.on_conflict_do_nothing(), list(rows), execution_options={"preserve_rowcount": True}
    )
    return done.rowcount


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts the rows; where the primary key is there already, the row takes the place of the old one.

    All rows name the same columns. Pass them in a fixed order: writers then never wait in a ring.
    """
    if not rows:
        return
    statement = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=replaced)
        if replaced
        else statement.on_conflict_do_nothing(index_elements=keys),
        list(rows),
    )
