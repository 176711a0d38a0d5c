"""What every test may rely on: unexpected warnings fail, and a fresh PostgreSQL database is cheap.

A server that a test starts binds port 0 and tells the port it got: no test picks a free port beforehand.
"""

import logging
import re
from collections.abc import Iterator

import pytest


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
