"""The server's tests run twice: on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete

from handbook.server import accounts, tables
from handbook.server.database import open_database
from handbook.server.settings import Settings
from handbook.server.ward import load_ward
from tests.conftest import PostgresDatabases
from tests.server.harness import NOW, WARD, RunningServer, running


def _prepare(url: str) -> None:
    """A migrated database with the ward in it, nobody connected."""
    database = open_database(url)
    load_ward(database, WARD, NOW)
    database.close()


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("prepared") / "server.db"
    _prepare(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def empty_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with nothing in it."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def ward_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database with the ward of ward.toml."""
    if database_kind == "sqlite":
        shutil.copy(request.getfixturevalue("prepared_sqlite"), tmp_path / "server.db")
        yield f"sqlite:///{tmp_path}/server.db"
    else:
        databases = request.getfixturevalue("postgres_databases")
        url = databases.create(databases.prepared("server", _prepare))
        yield url
        databases.drop(url)


@pytest.fixture
def settings(ward_url: str, tmp_path: Path) -> Settings:
    """Settings of a server of one's own, not running yet."""
    return _settings(tmp_path, ward_url)


def _settings(folder: Path, url: str) -> Settings:
    return Settings(
        data_dir=folder / "data",
        database_url=url,
        content_dir=folder / "content",
        commune="tinh/phuong",
        commune_name="Đảng uỷ phường",
        server_name="may-chu-thu",
        port=0,
    )


@pytest.fixture(scope="session")
def server_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One running server for all tests: starting and stopping takes uvicorn 0.4 s."""
    folder = tmp_path_factory.mktemp("sqlite")
    with running(_settings(folder, f"sqlite:///{folder}/server.db")) as server:
        yield server


@pytest.fixture(scope="session")
def server_on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgres_databases: PostgresDatabases
) -> Iterator[RunningServer]:
    url = postgres_databases.create()
    with running(_settings(tmp_path_factory.mktemp("postgresql"), url)) as server:
        yield server
    postgres_databases.drop(url)


@pytest.fixture
def server(request: pytest.FixtureRequest, database_kind: str) -> RunningServer:
    """The running server as if just set up: the ward in it and nothing else, its clock at NOW."""
    server = request.getfixturevalue(f"server_on_{database_kind}")
    with server.house.database.write() as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(delete(table))
    load_ward(server.house.database, WARD, NOW)
    server.start_afresh()
    return server


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Argon2id as in earnest but quick; gives the hasher of the product."""
    earnest = accounts._hasher
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    accounts._nobodys_hash.cache_clear()
    return earnest
