"""Our search beside Kiwix's engine on the same documents: each question to both in turn, several rounds.

Ours through `client.search` with ranking, count and marked snippets; Kiwix's once for its list of titles alone
and once with the twenty entries read. A question's time is the median of its rounds. libzim is a peer for
measuring only: it lives in a Python of its own, and without one our own figures are still measured.
"""

import json
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from benchmarks import shelf
from benchmarks.report import Row, median, percentile
from handbook.model.library import Document

HITS = 20
ENGINE = Path(__file__).with_name("kiwix.py")

_Times = dict[str, list[list[float]]]
"""By what was timed, for each question the milliseconds of its rounds."""


def measure(folder: Path, kiwix_python: Path, rounds: int) -> list[Row]:
    """Reads `docs.jsonl` ({"id", "title", "body"}) and `queries.json` (lists of questions "queries" and "bare",
    the same without marks)."""
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
            rows += _figures(named, _timed(filled, kiwix, questions[name], rounds))
    return rows


class _Kiwix:
    def __init__(self, questions: IO[str], answers: IO[str]) -> None:
        self._questions = questions
        self.answers = answers

    def ask(self, question: str) -> Mapping[str, Any]:
        self._questions.write(json.dumps(question) + "\n")
        self._questions.flush()
        return json.loads(self.answers.readline())


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


def _timed(filled: shelf.Shelf, kiwix: _Kiwix | None, questions: Sequence[str], rounds: int) -> _Times:
    times: _Times = defaultdict(lambda: [[] for _ in questions])
    for _ in range(rounds):
        for place, question in enumerate(questions):
            wall, cpu = time.perf_counter(), time.process_time()
            filled.search.find(question, limit=HITS)
            times["ours"][place].append((time.perf_counter() - wall) * 1e3)
            times["ours, CPU"][place].append((time.process_time() - cpu) * 1e3)
            if kiwix:
                took = kiwix.ask(question)
                for what, kept in (("listed", "Kiwix, titles"), ("read", "Kiwix, titles and texts")):
                    wall_seconds, cpu_seconds = took[what]
                    times[kept][place].append(wall_seconds * 1e3)
                    times[f"{kept}, CPU"][place].append(cpu_seconds * 1e3)
    return times


def _figures(named: str, times: _Times) -> list[Row]:
    rows = []
    for share, p in ((0.5, "p50"), (0.95, "p95")):
        figures = {
            what: percentile([median(rounds) for rounds in of_questions], share)
            for what, of_questions in times.items()
        }
        for what, figure in figures.items():
            cpu = ", CPU" if what.endswith(", CPU") else ""
            peer = figures.get(f"Kiwix, titles{cpu}")
            if what.startswith("ours") and peer:
                rows.append(Row(f"{named}: {what}, {p}", figure, "ms", figure / peer, "Kiwix, titles"))
            else:
                rows.append(Row(f"{named}: {what}, {p}", figure, "ms"))
    return rows
