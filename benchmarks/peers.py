"""Our search beside Kiwix's engine on the same documents, question by question in turn.

Ours through `client.search` with ranking, count and marked snippets; Kiwix's once for the list of paths alone
and once with the twenty entries read. Each asks a question several times over before the next one does: the
first time counts as what a person waits for, the median of all as what the shared programs call a question's
time. libzim is a peer for measuring only, in a Python of its own; without one ours is measured alone.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from benchmarks import shelf
from benchmarks.report import Row, median, percentile
from handbook.model.library import Document

HITS = 20
ENGINE = Path(__file__).with_name("kiwix.py")

_Seconds = tuple[float, float]
"""By the clock, and of the process that did the work."""


def measure(folder: Path, kiwix_python: Path, rounds: int) -> list[Row]:
    """Reads `docs.jsonl` ({"id", "title", "body"}) and `queries.json` ({"queries": questions, "bare": the
    same without marks})."""
    questions = json.loads((folder / "queries.json").read_text("utf-8"))
    with shelf.filled(_documents(folder)) as filled, _kiwix(folder, kiwix_python) as kiwix:
        rows = [
            Row("indexed", filled.index_seconds, "s"),
            Row("index", filled.index_bytes() / 1e6, "MB"),
        ]
        if kiwix is None:
            rows.append(Row("Kiwix's engine: missing (no libzim in the Python given), not compared", 0, ""))
        else:
            about = json.loads(kiwix.answers.readline())
            rows.append(Row(f"Kiwix's ZIM, libzim {about['version']}", about["bytes"] / 1e6, "MB"))
            rows.append(Row("Kiwix's ZIM written", about["seconds"], "s"))
        for named, name in (("with marks", "queries"), ("without marks", "bare")):
            rows += _figures(named, filled, kiwix, questions[name], rounds)
    return rows


class _Kiwix:
    def __init__(self, questions: IO[str], answers: IO[str]) -> None:
        self._questions = questions
        self.answers = answers

    def ask(self, question: str, reads: bool) -> _Seconds:
        self._questions.write(json.dumps((question, reads)) + "\n")
        self._questions.flush()
        wall, cpu = json.loads(self.answers.readline())
        return wall, cpu


@contextmanager
def _kiwix(folder: Path, python: Path) -> Iterator[_Kiwix | None]:
    """The engine in a process of its own; None when that Python has no libzim."""
    if subprocess.run([python, "-I", "-c", "import libzim"], capture_output=True, check=False).returncode:
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="handbook-bench-") as temporary,
        subprocess.Popen(
            # Isolated: beside the engine lies a typing.py, which is not the standard library's.
            [python, "-I", ENGINE, folder / "docs.jsonl", temporary],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        ) as process,
    ):
        yield _Kiwix(process.stdin, process.stdout)
        process.stdin.close()


def _documents(folder: Path) -> Iterator[Document]:
    with (folder / "docs.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            yield shelf.document(f"d{one['id']}", one["title"], one["body"])


def _figures(
    named: str, filled: shelf.Shelf, kiwix: _Kiwix | None, questions: Sequence[str], rounds: int
) -> list[Row]:
    def ours(question: str) -> _Seconds:
        wall, cpu = time.perf_counter(), time.process_time()
        filled.search.find(question, limit=HITS)
        return time.perf_counter() - wall, time.process_time() - cpu

    asked: dict[str, Callable[[str], _Seconds]] = {"ours": ours}
    if kiwix:
        asked["Kiwix, paths alone"] = lambda question: kiwix.ask(question, False)
        asked["Kiwix, texts read"] = lambda question: kiwix.ask(question, True)
    times: dict[str, list[list[_Seconds]]] = {name: [] for name in asked}
    for question in questions:
        for name, ask in asked.items():
            times[name].append([ask(question) for _ in range(rounds)])
    clocks: dict[str, Callable[[list[_Seconds]], float]] = {
        "first time": lambda taken: taken[0][0],
        "median": lambda taken: median([wall for wall, _ in taken]),
        "median, CPU": lambda taken: median([cpu for _, cpu in taken]),
    }
    rows = []
    for clock, seconds in clocks.items():
        for p, share in (("p50", 0.5), ("p95", 0.95)):
            figures = {
                name: percentile([seconds(one) for one in taken], share) * 1e3
                for name, taken in times.items()
            }
            for name, figure in figures.items():
                peer = name != "ours"
                ratio = figures["ours"] / figure if peer else None
                rows.append(
                    Row(f"{named}, {clock}, {p}: {name}", figure, "ms", ratio, "ours to it" if peer else "")
                )
    return rows
