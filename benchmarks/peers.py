"""Our search beside Kiwix's engine on the same documents, question by question in turn.

Like with like: the list of what was found (ours ranked and counted, with number, title and heading; Kiwix's
its paths), and the same with the texts shown (ours the twenty marked snippets; Kiwix's the twenty entries
read, of which no snippet is cut). Each asks a question several times over before the other one does: the
first time counts as what a person waits for, the median of all as what the shared programs call a question's
time. Before each form both open their index anew and answer one question that is not counted, so that
neither has read already what it is asked for first; and they take turns at being the first, because whoever
comes second finds the processor's caches full of the other's work. libzim is a peer for measuring only, in a
Python of its own; without one ours is measured alone.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from benchmarks import shelf
from benchmarks.report import Row, median, percentile
from handbook.client.search import Search
from handbook.model.library import Document

HITS = 20
LIST, SHOWN = "list", "texts shown"
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
        return self._answer([question, reads])

    def reopen(self) -> None:
        self._answer([])

    def _answer(self, asked: list[object]) -> _Seconds:
        self._questions.write(json.dumps(asked) + "\n")
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
    def ours(search: Search, question: str, cuts: bool) -> _Seconds:
        wall, cpu = time.perf_counter(), time.process_time()
        for hit in search.find(question, limit=HITS).hits:
            if cuts:
                hit.snippet, hit.marked_heading  # noqa: B018 - cut when asked for
        return time.perf_counter() - wall, time.process_time() - cpu

    times: dict[str, list[list[_Seconds]]] = {}
    peers: dict[str, str] = {}
    for form, shows in ((LIST, False), (SHOWN, True)):
        asked = {f"ours, {form}": partial(ours, filled.reopened(), cuts=shows)}
        if kiwix:
            kiwix.reopen()
            asked[f"Kiwix, {form}"] = partial(kiwix.ask, reads=shows)
            peers[f"Kiwix, {form}"] = f"ours, {form}"
        times |= {name: [] for name in asked}
        in_turns = list(asked.items())
        for question in questions:
            for name, ask in in_turns:
                times[name].append([ask(question) for _ in range(rounds)])
            in_turns.reverse()
    clocks: dict[str, Callable[[list[_Seconds]], float]] = {
        "first time": lambda taken: taken[0][0],
        "first time, CPU": lambda taken: taken[0][1],
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
                of_ours = peers.get(name)
                ratio = figures[of_ours] / figure if of_ours else None
                rows.append(
                    Row(
                        f"{named}, {clock}, {p}: {name}", figure, "ms", ratio, "ours to it" if of_ours else ""
                    )
                )
    return rows
