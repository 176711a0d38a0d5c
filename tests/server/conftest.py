"""The server's tests run twice: on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from handbook.server import accounts
from handbook.server.database import open_database
from handbook.server.settings import Settings
from handbook.server.ward import load_ward
from tests.server.harness import WARD, RunningServer, running


def _prepare(url: str) -> None:
    """A migrated database with the ward in it, nobody connected."""
    database = open_database(url)
    load_ward(database, WARD)
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
    return Settings(
        data_dir=tmp_path / "data",
        database_url=ward_url,
        content_dir=tmp_path / "content",
        commune="tinh/phuong",
        commune_name="Đảng uỷ phường",
        server_name="may-chu-thu",
        port=0,
    )


@pytest.fixture
def server(settings: Settings) -> Iterator[RunningServer]:
    with running(settings) as server:
        yield server


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Argon2id as in earnest but quick; gives the hasher of the product."""
    earnest = accounts._hasher
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    accounts._nobodys_hash.cache_clear()
    return earnest
