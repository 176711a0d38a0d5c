"""The library screen with many documents: what a filter change, a page of scrolling and a search cost.

Of each act: milliseconds until the screen shows it, those that the GUI thread worked for it, those that the
whole process worked (the rest is the worker's), and the longest turn of the event loop, which is how long a
key would have waited. Beside a clock that other work shares, the CPU figures travel.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.keyring_file import FILE_VARIABLE, FileKeyring
from benchmarks.report import Row, median
from benchmarks.start import display, sample

if TYPE_CHECKING:
    from handbook.desktop.app import Desktop
    from handbook.desktop.library import LibraryScreen

REPEATS = 5
PAGES = 40
TIMEOUT_SECONDS = 120.0
QUESTIONS = ("chuyển đổi số", "kiểm tra giám sát", "dang vien", "nghị quyết 15", "sinh hoạt chi bộ")


def measure(*, documents: int) -> list[Row]:
    """One process, so that what is measured is a screen that has been used for a while."""
    with tempfile.TemporaryDirectory(prefix="handbook-bench-") as folder, display() as environment:
        data_dir = sample(Path(folder), documents)
        environment |= {
            "PYTHON_KEYRING_BACKEND": f"{FileKeyring.__module__}.{FileKeyring.__name__}",
            FILE_VARIABLE: os.environ[FILE_VARIABLE],
        }
        command = [sys.executable, "-m", "benchmarks.library", str(data_dir)]
        said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return [Row(what, value, unit) for what, value, unit in json.loads(said.stdout)]


# --- in the process that is used


class _Act:
    """Times of one kind of act, each time it was done."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.gui: list[float] = []
        self.process: list[float] = []
        self.turns: list[float] = []

    def done(self, act: Callable[[], object], until: Callable[[], bool]) -> None:
        from PySide6.QtWidgets import QApplication

        started = time.perf_counter(), time.thread_time(), time.process_time()
        longest = _timed(act)
        limit = started[0] + TIMEOUT_SECONDS
        while not until():
            longest = max(longest, _timed(QApplication.processEvents))
            if time.perf_counter() > limit:
                raise TimeoutError("the library does not come to rest")
            time.sleep(0.0005)  # a person's event loop waits as well
        longest = max(longest, _timed(QApplication.processEvents))
        self.clock.append(time.perf_counter() - started[0])
        self.gui.append(time.thread_time() - started[1])
        self.process.append(time.process_time() - started[2])
        self.turns.append(longest)

    def rows(self, name: str) -> list[tuple[str, float, str]]:
        return [
            (f"{name}: shown", median(self.clock) * 1e3, "ms"),
            (f"{name}: GUI thread worked", median(self.gui) * 1e3, "ms"),
            (f"{name}: process worked", median(self.process) * 1e3, "ms"),
            (f"{name}: longest turn worked", max(self.turns) * 1e3, "ms"),
        ]


def _timed(act: Callable[[], object]) -> float:
    worked = time.thread_time()
    act()
    return time.thread_time() - worked


def _use(data_dir: Path) -> list[tuple[str, float, str]]:
    from handbook.demo import MEMBER
    from handbook.desktop.app import Desktop
    from handbook.desktop.session import Place, Route
    from handbook.model.library import Collection

    desktop = Desktop(data_dir)
    desktop.window.resize(1280, 800)
    desktop.start(MEMBER)
    opening, filtering, ordering, scrolling, typing = (_Act() for _ in range(5))
    opening.done(lambda: None, lambda: desktop.session is not None and desktop.session.is_open)
    preparing, opening = _Act(), _Act()
    preparing.done(lambda: None, lambda: Place.LIBRARY in desktop.window._screens and desktop.work.idle)
    go = desktop.window.go
    opening.done(lambda: go(Route(place=Place.LIBRARY)), lambda: _is_settled(desktop))
    screen: LibraryScreen = desktop.window.current
    total = len(screen.list.documents.rows)
    for _ in range(REPEATS):
        for collection in (Collection.RESOLUTIONS, None):
            filtering.done(
                lambda collection=collection: screen.collections.choose(collection),
                lambda: _is_settled(desktop),
            )
        for order in ("title", "newest"):
            ordering.done(
                lambda order=order: screen.filters.choose_order(order), lambda: _is_settled(desktop)
            )
    bar = screen.list.verticalScrollBar()
    for _ in range(PAGES):
        scrolling.done(lambda: bar.setValue(bar.value() + bar.pageStep()), lambda: True)
    scrolling.done(lambda: bar.setValue(bar.maximum()), lambda: True)
    for question in QUESTIONS:
        typing.done(lambda question=question: screen.search.setText(question), lambda: _is_settled(desktop))
    desktop.close()
    acts = {
        "screens prepared behind the first one": preparing,
        "library opened": opening,
        "another collection": filtering,
        "another order": ordering,
        "a page of scrolling": scrolling,
        "a search, with the pause after typing": typing,
    }
    return [("documents", total, ""), *(row for name, act in acts.items() for row in act.rows(name))]


def _is_settled(desktop: "Desktop") -> bool:
    screen = desktop.window.current
    return desktop.work.idle and not screen.is_searching


if __name__ == "__main__":
    print(json.dumps(_use(Path(sys.argv[1]))))
