"""The database comes into being, stays as it is, refuses what it does not know, and can be copied."""

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text

from handbook.errors import BadInput, DiskProblem, NewerData
from handbook.server import tables
from handbook.server.database import among, backup, open_database
from handbook.server.settings import Settings, settings_from
from handbook.server.ward import load_ward
from tests.server.harness import NOW, WARD, reflection, running


def test_an_empty_database_gets_exactly_the_tables_the_program_uses(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda found, name, *_: not name.rpartition("_")[2].isdigit()},
        )
        assert compare_metadata(context, tables.metadata) == []
        assert set(tables.metadata.tables) <= set(inspect(connection).get_table_names())
    database.close()


def test_opening_again_changes_nothing_and_keeps_what_is_there(empty_url: str) -> None:
    for _ in range(3):
        database = open_database(empty_url)
        with database.write() as connection:
            if not connection.scalars(select(tables.units.c.path)).all():
                connection.execute(insert(tables.units), [{"path": "tinh", "name": "T", "kind": "province"}])
        database.close()
    database = open_database(empty_url)
    with database.read() as connection:
        assert connection.scalars(select(tables.units.c.path)).all() == ["tinh"]
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == ["0001"]
    database.close()


def test_workers_that_start_together_on_an_empty_database_all_come_up(empty_url: str) -> None:
    opened, failed = [], []

    def start() -> None:
        try:
            opened.append(open_database(empty_url))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in opened:
        database.close()
    assert (len(opened), failed) == (4, [])


def test_a_new_file_that_another_process_holds_is_waited_for(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "server.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    freed = threading.Timer(0.1, lambda: holder.execute("COMMIT"))
    freed.start()
    open_database(f"sqlite:///{tmp_path / 'server.db'}").close()
    freed.join()
    holder.close()


def test_a_connection_still_at_work_when_the_database_closes_is_closed_afterwards(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.read() as connection:
        driver = connection.connection.dbapi_connection
        database.close()
        assert connection.scalar(select(1)) == 1
    closed = (sqlite3.ProgrammingError, psycopg.OperationalError)
    with pytest.raises(closed, match="closed"):
        driver.execute("SELECT 1")


def test_a_database_of_a_newer_server_is_refused_and_left_alone(empty_url: str) -> None:
    open_database(empty_url).close()
    database = open_database(empty_url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerData, match="9999"):
        open_database(empty_url)
    with database.read() as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == ["9999"]
    database.close()


@pytest.mark.postgres
def test_on_postgresql_submissions_and_feeds_lie_in_partitions_by_commune(postgres_url: str) -> None:
    database = open_database(postgres_url)
    with database.read() as connection:
        for table in ("submissions", "entries"):
            partitions = connection.scalar(
                text("SELECT count(*) FROM pg_inherits WHERE inhparent = CAST(:name AS regclass)"),
                {"name": table},
            )
            assert partitions == 16
            keys = inspect(connection).get_pk_constraint(table)["constrained_columns"]
            assert keys[0] == "commune"
    database.close()


def test_sqlite_writes_ahead_and_syncs_every_commit(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/server.db")
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    database.close()


def test_a_failed_transaction_leaves_nothing_and_the_next_one_works(empty_url: str) -> None:
    database = open_database(empty_url)
    row = {"path": "tinh", "name": "T", "kind": "province"}
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(insert(tables.units), [row])
        raise ZeroDivisionError
    with database.write() as connection:
        connection.execute(insert(tables.units), [row | {"path": "khac"}])
    with database.read() as connection:
        assert connection.scalars(select(tables.units.c.path)).all() == ["khac"]
    database.close()


@pytest.mark.parametrize("wanted", [[], ["mot"], ["mot", "ba"], ["bon"]])
def test_a_statement_built_once_finds_any_list_of_values(empty_url: str, wanted: list[str]) -> None:
    database = open_database(empty_url)
    rows = [{"path": path, "name": path, "kind": "cell"} for path in ("mot", "hai", "ba")]
    with database.write() as connection:
        connection.execute(insert(tables.units), rows)
        path = tables.units.c.path
        statement = select(path).where(among(connection.dialect.name, path, "paths"))
        found = connection.scalars(statement, {"paths": wanted}).all()
    assert sorted(found) == sorted({"mot", "hai", "ba"} & set(wanted))
    database.close()


def test_moments_keep_their_microsecond_and_their_zone(empty_url: str) -> None:
    database = open_database(empty_url)
    moment = NOW.replace(microsecond=123_456)
    with database.write() as connection:
        row = {"key": b"k", "failures": 1, "until": moment}
        connection.execute(insert(tables.attempts), [row])
    with database.read() as connection:
        found = connection.scalar(select(tables.attempts.c.until))
        assert (found, found.tzinfo) == (moment, NOW.tzinfo)
    database.close()


def test_a_backup_of_a_running_server_restores_to_the_same_answers(tmp_path: Path) -> None:
    settings = replace(settings_from({}, tmp_path / "data"), port=0)
    copy = tmp_path / "copy.db"
    database = open_database(settings.database_url)
    load_ward(database, WARD, NOW)
    database.close()
    submission = reflection()
    with running(settings) as server:
        receipt = server.as_("an").hand_in(submission)
        backup(settings, copy)
        server.as_("an").hand_in(reflection(subject="tinh/phuong/sau-sao-luu"))
    assert copy.stat().st_mode & 0o777 == 0o600
    restored = replace(settings, database_url=f"sqlite:///{copy}")
    with running(restored) as server:
        entries = server.as_("bithu").feed().entries
        assert entries[-1].entry.receipt == receipt
        assert server.as_("an").put(submission).status_code == 200
    with pytest.raises(BadInput, match="Đã có tệp"):
        backup(settings, copy)


def test_a_backup_of_postgresql_is_left_to_its_own_tool(tmp_path: Path) -> None:
    settings = settings_from({"HANDBOOK_DATABASE_URL": "postgres://localhost/x"}, tmp_path)
    with pytest.raises(BadInput, match="PostgreSQL"):
        backup(settings, tmp_path / "copy.db")


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(BadInput):
        open_database("sqlite://")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgresql_url_may_be_written_as_people_do(tmp_path: Path, scheme: str) -> None:
    settings = settings_from({"HANDBOOK_DATABASE_URL": f"{scheme}://u@h/db"}, tmp_path)
    assert settings.database_url == "postgresql+psycopg://u@h/db"


def test_settings_come_from_the_environment_and_the_command_line_wins(tmp_path: Path) -> None:
    environ = {"HANDBOOK_PORT": "9", "HANDBOOK_HOST": "0.0.0.0", "HANDBOOK_SERVER_NAME": "may-chu"}
    settings = settings_from(environ, tmp_path, port=0, host=None)
    assert (settings.port, settings.host, settings.server_name) == (0, "0.0.0.0", "may-chu")
    assert settings.database_url == f"sqlite:///{tmp_path}/server.db"
    assert settings.content_dir == tmp_path / "content"
    assert isinstance(settings, Settings)


@pytest.mark.parametrize("url", ["", "không phải địa chỉ", "oracle://x/y", "nonsense:///x"])
def test_an_address_that_names_no_usable_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        open_database(url)
    assert "postgresql://" in caught.value.advice


def test_a_database_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(DiskProblem) as caught:
        open_database("postgresql+psycopg://ward:bi-mat@127.0.0.1:9/ward")
    assert "127.0.0.1:9" in str(caught.value)
    assert "bi-mat" not in str(caught.value)


@pytest.mark.parametrize("port", ["abc", "-1", "70000", "8 0"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(BadInput):
        settings_from({"HANDBOOK_PORT": port}, tmp_path)
