"""From starting the process to the painted window and to today's tasks on it, against a bare PySide6 window.

The handbook says on stderr when (`HANDBOOK_MARKS=1`, lines `mark NAME NANOSECONDS` of the monotonic clock):
`painted`, the window; `tasks`, today's tasks; `opened`, the tasks as read from the opened profile. So does
the bare window. All are started in turns with their bytecode cached, after a round that is not counted, and
the handbook is ended as a logout ends it.

Tasks come early when the run before kept them and nothing has changed since: both cases are measured.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import keyring
import psutil

from benchmarks import search, shelf
from benchmarks.keyring_file import FILE_VARIABLE, FileKeyring
from benchmarks.report import Row, median
from handbook.client.handbook import open_handbook
from handbook.demo import MEMBER, PASSWORD, SampleWard

TIMEOUT_SECONDS = 60.0
SETTLE_SECONDS = 3.0  # before memory is read: what starts behind the first screen is there by then
END_SECONDS = 20.0
SECTIONS_OF_EXTRA = (
    2  # what a list and a start cost grows with the documents; making their texts takes minutes
)

BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QListWidget, QMainWindow, QSplitter, QTextBrowser

class Window(QMainWindow):
    painted = False
    def paintEvent(self, event):
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, say)

def say():
    print("mark painted", time.monotonic_ns(), file=sys.stderr, flush=True)

application = QApplication(sys.argv)
window, panes, titles, text = Window(), QSplitter(), QListWidget(), QTextBrowser()
titles.addItems([f"Mục {number}" for number in range(40)])
text.setHtml("<h1>Sổ tay</h1>" + "<p>Công tác tuyên giáo và bồi dưỡng lý luận.</p>" * 40)
panes.addWidget(titles)
panes.addWidget(text)
window.setCentralWidget(panes)
window.resize(1200, 760)
window.show()
sys.exit(application.exec())
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Milliseconds from the start of the process to each mark, resident megabytes, those of them that are of
    no file, and the modules that were imported before the first mark where that was asked for."""

    marks: Mapping[str, float]
    resident: float
    anonymous: float
    modules: Sequence[str] = field(default=())


def measure(*, runs: int, extra_documents: int, program: Path | None = None) -> list[Row]:
    """The sample ward, without its server: starting needs no network.

    `program` is the folder of a built handbook to start instead of the source; no modules are told of it.
    """
    with tempfile.TemporaryDirectory(prefix="handbook-bench-") as folder, display() as environment:
        data_dir = sample(Path(folder), extra_documents)
        started = [_with_keyring(program, Path(folder))] if program else [sys.executable, "-m", "handbook"]
        ours = [*started, "--data-dir", str(data_dir), "--account", MEMBER]
        environment |= {
            "HANDBOOK_MARKS": "1",
            "PYTHON_KEYRING_BACKEND": f"{FileKeyring.__module__}.{FileKeyring.__name__}",
            FILE_VARIABLE: os.environ[FILE_VARIABLE],
            "PYTHONPYCACHEPREFIX": str(Path(folder) / "bytecode"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        bare = [sys.executable, "-c", BARE]
        awaited = ("painted", "tasks", "opened")
        bare_runs, our_runs, changed_runs = [], [], []
        for _ in range(runs + 1):
            bare_runs.append(_run(bare, ("painted",), environment))
            _change(data_dir)
            changed_runs.append(_run(ours, awaited, environment))
            our_runs.append(_run(ours, awaited, environment))
        bare_runs, our_runs, changed_runs = bare_runs[1:], our_runs[1:], changed_runs[1:]
        modules = [
            _run([command[0], "-X", "importtime", *command[1:]], ("painted",), environment).modules
            for command in (() if program else (ours, bare))
        ]
    floor = median([run.marks["painted"] for run in bare_runs])
    floor_resident = median([run.resident for run in bare_runs])
    beside = "a bare PySide6 window"
    floor_anonymous = median([run.anonymous for run in bare_runs])
    rows = [
        Row("bare window painted", floor, "ms"),
        Row("bare window resident", floor_resident, "MB"),
        Row("of it in no file", floor_anonymous, "MB"),
    ]
    for mark in awaited:
        value = median([run.marks[mark] for run in our_runs])
        rows.append(Row(f"handbook {mark}", value, "ms", value / floor, beside))
    changed = median([run.marks["tasks"] for run in changed_runs])
    rows.append(Row("handbook tasks, after a change", changed, "ms", changed / floor, beside))
    resident = median([run.resident for run in our_runs])
    rows.append(Row("handbook resident", resident, "MB", resident / floor_resident, beside))
    anonymous = median([run.anonymous for run in our_runs])
    rows.append(Row("of it in no file", anonymous, "MB", anonymous / floor_anonymous, beside))
    if program:
        return rows
    imported, by_bare = modules
    foreign = sorted(
        {name.partition(".")[0] for name in set(imported).difference(by_bare) if _is_foreign(name)}
    )
    rows.append(Row("modules imported before the first paint", len(imported), ""))
    rows.append(
        Row("packages among them beyond Qt, Python and handbook", len(foreign), "", None, " ".join(foreign))
    )
    return rows


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """An environment with a display to open windows on: this one's, or an Xvfb of its own."""
    environment = os.environ | {"PYTHONUTF8": "1"}
    if sys.platform != "linux" or environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        yield environment
        return
    environment.pop("QT_QPA_PLATFORM", None)
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1366x768x24", "-nolisten", "tcp"]
    server = subprocess.Popen(
        command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        yield environment | {"DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()


def sample(folder: Path, extra_documents: int) -> Path:
    """The data dir of the sample ward's member with that many more documents; its key lies in a file."""
    os.environ[FILE_VARIABLE] = str(folder / "keyring.json")
    keyring.set_keyring(FileKeyring())
    ward = SampleWard(folder)
    try:
        ward.prepare((MEMBER,))
        handbook = open_handbook(ward.desktop_dir, MEMBER, PASSWORD)
        try:
            paragraphs = search.paragraphs_of(None)
            count = extra_documents * SECTIONS_OF_EXTRA
            shelf.publish_into(handbook.store, search.documents_of(paragraphs, count, SECTIONS_OF_EXTRA))
            handbook.search.refresh()
        finally:
            handbook.close()
    finally:
        ward.close()
    return ward.desktop_dir


def _with_keyring(program: Path, folder: Path) -> str:
    """A copy of a built handbook that knows the keyring in a file, which none is built with."""
    copy = shutil.copytree(program, folder / "program", symlinks=True)
    package = copy / "_internal" / "benchmarks"
    package.mkdir()
    for name in ("__init__.py", "keyring_file.py"):
        shutil.copy(Path(__file__).with_name(name), package)
    return str(copy / ("handbook.exe" if os.name == "nt" else "handbook"))


def _change(data_dir: Path) -> None:
    """An empty transaction is enough: what was kept for the next start does not count any more."""
    handbook = open_handbook(data_dir, MEMBER, None)
    with handbook.store.personal.write():
        pass
    handbook.close()


def _run(command: Sequence[str], awaited: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Starts the program, waits for its marks, reads its memory and ends it."""
    started = time.monotonic_ns()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stderr is not None
    watchdog = threading.Timer(TIMEOUT_SECONDS, process.kill)
    watchdog.start()
    try:
        marks, modules = _marks(process.stderr, awaited, started)
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        time.sleep(SETTLE_SECONDS)
        memory = psutil.Process(process.pid).memory_info()
        process.terminate()
        process.wait(END_SECONDS)
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
    # What is mapped from files, libraries mostly, is shared with whoever else uses them; only Linux tells.
    of_files = getattr(memory, "shared", 0)
    return Run(marks, memory.rss / 1e6, (memory.rss - of_files) / 1e6, modules)


def _marks(lines: IO[str], awaited: Sequence[str], started: int) -> tuple[dict[str, float], list[str]]:
    marks: dict[str, float] = {}
    modules: list[str] = []
    said: list[str] = []
    for line in lines:
        if line.startswith("mark "):
            _, name, moment = line.split()
            marks.setdefault(name, (int(moment) - started) / 1e6)
            if all(name in marks for name in awaited):
                return marks, modules
        elif line.startswith("import time:"):
            modules.append(line.rpartition("|")[2].strip())
        else:
            said.append(line)
    raise RuntimeError(f"no mark {awaited[-1]} before the program ended:\n{''.join(said[-20:])}")


def _is_foreign(module: str) -> bool:
    package = module.partition(".")[0]
    if package in ("handbook", "PySide6", "shiboken6") or package in sys.stdlib_module_names:
        return False
    # A module that was only tried, as Python's own `copy` does with one of Jython's, is listed as well.
    return importlib.util.find_spec(package) is not None
