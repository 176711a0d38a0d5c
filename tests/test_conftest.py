"""The rules that conftest.py promises every other test, each proved by a test that breaks it."""

from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text

pytest_plugins = ["pytester"]

HERE = Path(__file__).parent


@pytest.fixture
def house(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with this project's pytest settings and conftest.py, for tests that are meant to fail."""
    pytester.makepyprojecttoml((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (pytester.mkdir("tests") / "conftest.py").write_bytes((HERE / "conftest.py").read_bytes())
    return pytester


def outcome(house: pytest.Pytester, test: str) -> tuple[dict[str, int], str]:
    """Counts and output of the run of one test file in a process of its own."""
    (house.path / "tests" / "test_one.py").write_text(test, encoding="utf-8")
    result = house.runpytest_subprocess("-p", "no:cacheprovider")
    return result.parseoutcomes(), result.stdout.str()


def test_a_logged_warning_that_nobody_expected_fails_the_test(house: pytest.Pytester) -> None:
    counts, output = outcome(
        house,
        """
import logging

def test_quiet():
    logging.getLogger("handbook.sync").warning("the pack was altered")
""",
    )
    assert counts == {"passed": 1, "errors": 1}
    assert "handbook.sync WARNING the pack was altered" in output


def test_a_warning_of_a_thread_of_a_fixture_fails_too(house: pytest.Pytester) -> None:
    counts, _ = outcome(
        house,
        """
import logging
import threading

import pytest

@pytest.fixture
def server():
    yield
    last = threading.Thread(target=lambda: logging.getLogger("server").error("lost"))
    last.start()
    last.join()

def test_quiet(server):
    pass
""",
    )
    assert counts == {"passed": 1, "errors": 1}


def test_a_warning_that_the_test_names_is_let_through(house: pytest.Pytester) -> None:
    counts, _ = outcome(
        house,
        """
import logging

import pytest

@pytest.mark.expected_warnings("pack was altered$")
def test_marked():
    logging.getLogger("handbook.sync").warning("the pack was altered")

def test_appended(expected_warnings):
    expected_warnings.append(r"handbook[.]sync WARNING")
    logging.getLogger("handbook.sync").warning("the pack was altered")
""",
    )
    assert counts == {"passed": 2}


def test_a_warning_of_qt_fails_the_test(house: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    counts, output = outcome(
        house,
        """
from PySide6.QtCore import QTimer, QObject

def test_quiet(qtbot):
    source = QObject()
    source.killTimer(12345)
    QObject.connect(source, "nowhere()", source.deleteLater)
""",
    )
    assert counts == {"failed": 1}, output


@pytest.mark.parametrize(
    "careless",
    [
        "import threading; thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()",
        "hasattr((coroutine := sleep_for(1)), 'send'); del coroutine",
        "open(__file__)",
    ],
    ids=["exception in a thread", "coroutine never awaited", "file never closed"],
)
def test_carelessness_that_python_only_mentions_fails_the_test(house: pytest.Pytester, careless: str) -> None:
    counts, output = outcome(
        house, f"from asyncio import sleep as sleep_for\n\ndef test_careless():\n    {careless}\n"
    )
    assert counts == {"failed": 1}, output


@pytest.mark.postgres
def test_each_test_gets_an_empty_database_of_its_own(postgres_databases) -> None:
    def fill(url: str) -> None:
        engine = sqlalchemy.create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE cell AS SELECT 'Chi bộ Tổ dân phố 3' AS name"))
        engine.dispose()

    def tables(url: str) -> list[str]:
        engine = sqlalchemy.create_engine(url)
        names = sqlalchemy.inspect(engine).get_table_names()
        engine.dispose()
        return names

    template = postgres_databases.prepared("one cell", fill)
    assert postgres_databases.prepared("one cell", fill) == template
    filled, empty = postgres_databases.create(template), postgres_databases.create()
    assert (tables(filled), tables(empty)) == (["cell"], [])
    for url in (filled, empty):
        postgres_databases.drop(url)


@pytest.mark.postgres
def test_the_database_is_a_real_postgresql(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version()")).scalar_one().startswith("PostgreSQL")
        connection.execute(text("CREATE TABLE note (text varchar)"))
        connection.commit()
    # Dropped while this connection is still open: a test that fails half-way leaves one behind as well.
    connection = engine.connect()
    connection.invalidate()
    engine.dispose()
