"""Databases of older versions: brought up to date whole, or left as they were."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table

from handbook.client.migrations import LIBRARY, PERSONAL, Schema, bring_up_to_date
from handbook.client.store import Database
from handbook.errors import NewerData

KEY = bytes(range(32))
SCHEMAS = Path(__file__).parent / "schemas"


def shape(database: Database) -> set[tuple[str, str]]:
    """Every table, column and index; the order of columns does not matter to the program."""
    with database.read() as connection:
        tables = connection.exec_driver_sql(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).scalars()
        found = set()
        for table in tables.all():
            for column in connection.exec_driver_sql(f"PRAGMA table_info({table})"):
                found.add((table, str(tuple(column)[1:])))
            for index in connection.exec_driver_sql(f"PRAGMA index_list({table})").all():
                over = connection.exec_driver_sql(f"PRAGMA index_info({index.name})").all()
                found.add((table, f"index {index.unique} {[column.name for column in over]}"))
            for reference in connection.exec_driver_sql(f"PRAGMA foreign_key_list({table})"):
                found.add((table, f"references {tuple(reference)[2:]}"))
        return found


def version(database: Database) -> int:
    with database.read() as connection:
        return connection.exec_driver_sql("PRAGMA user_version").scalar_one()


# An invented history of three versions, the last step of which may be made to fail or to wait.

V1 = MetaData()
Table("notes", V1, Column("id", Integer, primary_key=True), Column("text", String, nullable=False))

V3 = MetaData()
Table(
    "notes",
    V3,
    Column("id", Integer, primary_key=True),
    Column("text", String, nullable=False),
    Column("words", Integer, nullable=False, server_default="0"),
)
Table("tags", V3, Column("name", String, primary_key=True))


def add_words(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE notes ADD COLUMN words INTEGER DEFAULT '0' NOT NULL")
    connection.exec_driver_sql("UPDATE notes SET words = length(text) - length(replace(text, ' ', '')) + 1")


def add_tags(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE tags (name VARCHAR NOT NULL, PRIMARY KEY (name))")


def notes(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.exec_driver_sql("SELECT text FROM notes ORDER BY id").scalars())


@pytest.fixture(params=["plain", "encrypted"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of version 1 with two notes, one of them still in the write-ahead log."""
    encryption = KEY if request.param == "encrypted" else b""
    database = Database(tmp_path / "notes.db", key=encryption, synchronous="FULL")
    bring_up_to_date(database, Schema(V1))
    for text in ("một hai", "ba bốn năm"):
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO notes (text) VALUES (?)", (text,))
    yield database
    database.close()


def reopened(database: Database, path: Path) -> Database:
    return Database(path, key=KEY if database._encrypted else b"", synchronous="FULL")


def test_an_older_file_gets_every_step_in_order_and_keeps_what_it_held(old: Database) -> None:
    bring_up_to_date(old, Schema(V3, (add_words, add_tags)))
    assert version(old) == 3
    assert notes(old) == ["một hai", "ba bốn năm"]
    with old.read() as connection:
        assert list(connection.exec_driver_sql("SELECT words FROM notes").scalars()) == [2, 3]


def test_a_migrated_file_has_the_shape_of_a_new_one(old: Database, tmp_path: Path) -> None:
    schema = Schema(V3, (add_words, add_tags))
    bring_up_to_date(old, schema)
    new = Database(tmp_path / "new.db", synchronous="FULL")
    bring_up_to_date(new, schema)
    assert shape(old) == shape(new)
    assert version(old) == version(new) == 3
    new.close()


def test_the_old_file_is_kept_and_opens_as_it_was(old: Database, tmp_path: Path) -> None:
    bring_up_to_date(old, Schema(V3, (add_words, add_tags)))
    copy = reopened(old, tmp_path / "notes.db.v1.bak")
    assert (version(copy), notes(copy)) == (1, ["một hai", "ba bốn năm"])
    copy.close()


def test_only_the_latest_old_file_is_kept(old: Database, tmp_path: Path) -> None:
    bring_up_to_date(old, Schema(V3, (add_words,)))
    bring_up_to_date(old, Schema(V3, (add_words, add_tags)))
    assert [file.name for file in tmp_path.glob("*.bak")] == ["notes.db.v2.bak"]


def test_a_file_that_is_up_to_date_is_not_copied(old: Database, tmp_path: Path) -> None:
    bring_up_to_date(old, Schema(V1))
    assert not list(tmp_path.glob("*.bak"))


def test_a_step_that_fails_undoes_itself_and_can_be_tried_again(old: Database) -> None:
    def half(connection: Connection) -> None:
        add_tags(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bring_up_to_date(old, Schema(V3, (add_words, half)))
    assert version(old) == 2
    assert not any(table == "tags" for table, _ in shape(old))
    bring_up_to_date(old, Schema(V3, (add_words, add_tags)))
    assert (version(old), notes(old)) == (3, ["một hai", "ba bốn năm"])


def test_a_newer_file_is_refused(old: Database) -> None:
    bring_up_to_date(old, Schema(V3, (add_words, add_tags)))
    with pytest.raises(NewerData, match=r"notes\.db do phiên bản mới hơn"):
        bring_up_to_date(old, Schema(V3, (add_words,)))
    assert version(old) == 3


_CHILD = """
import sys
from pathlib import Path
from handbook.client.migrations import LIBRARY, PERSONAL, Schema, bring_up_to_date
from handbook.client.store import Database
from tests.client.test_migrations import V1, V3, add_tags, add_words

path, key, last = Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3])

def waiting(step, number):
    def run(connection):
        step(connection)
        if number == last:
            print("halfway", flush=True)
            sys.stdin.read()
    return run

steps = (waiting(add_words, 2), waiting(add_tags, 3))
bring_up_to_date(Database(path, key=key, synchronous="FULL"), Schema(V3, steps))
"""


@pytest.mark.parametrize("killed_in", [2, 3])
def test_a_kill_in_the_middle_leaves_a_whole_version(old: Database, killed_in: int) -> None:
    key = KEY.hex() if old._encrypted else ""
    old.close()
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(old.path), key, str(killed_in)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"halfway\n"
        child.kill()
        child.wait(timeout=30)
    assert version(old) == killed_in - 1
    assert any("words" in column for _, column in shape(old)) == (killed_in == 3)
    bring_up_to_date(old, Schema(V3, (add_words, add_tags)))
    assert (version(old), notes(old)) == (3, ["một hai", "ba bốn năm"])


def _released() -> list[tuple[str, int]]:
    names = (file.stem.rpartition("-") for file in SCHEMAS.glob("*.sql"))
    return sorted((name, int(number)) for name, _, number in names)


@pytest.mark.parametrize(("name", "number"), _released())
def test_the_tables_of_every_version_become_those_of_this_one(tmp_path: Path, name: str, number: int) -> None:
    schema = {"library": LIBRARY, "personal": PERSONAL}[name]
    old, new = (Database(tmp_path / f"{age}.db", synchronous="OFF") for age in ("old", "new"))
    with old.write() as connection:
        for statement in (SCHEMAS / f"{name}-{number}.sql").read_text(encoding="utf-8").split(";\n"):
            if statement:
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"PRAGMA user_version = {number}")
    bring_up_to_date(old, schema)
    bring_up_to_date(new, schema)
    assert shape(old) == shape(new), (
        "tables changed without a migration step; before the version is released, "
        "tests/client/schemas/write.py writes its SQL again"
    )
    old.close()
    new.close()


def test_the_tables_of_this_version_are_on_record() -> None:
    assert {("library", LIBRARY.version), ("personal", PERSONAL.version)} <= set(_released())


@pytest.mark.parametrize("moment", ["before the tables", "after the tables"])
def test_a_new_file_killed_while_it_is_made_is_made_again(tmp_path: Path, moment: str) -> None:
    database = Database(tmp_path / "notes.db", synchronous="FULL")
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        if moment == "after the tables":
            V1.create_all(connection)
        raise ZeroDivisionError
    bring_up_to_date(database, Schema(V1))
    assert (version(database), notes(database)) == (1, [])
    database.close()
