"""Content sync over a slow line, against the line itself, and git, rsync and Anki where they are installed.

One run publishes DOCUMENTS documents of about CHARACTERS characters with the real commands, serves them with
the real server, and takes them over the same shaped line: ours, one plain file of as many bytes as the packs
(the floor), and the peers. Then nothing new, and then CHANGED documents are changed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import sync_peers
from benchmarks.report import Row, median
from benchmarks.search import paragraphs_of
from benchmarks.shaped_line import shaped
from benchmarks.sync_client import PUBLISHERS, peak_bytes
from benchmarks.sync_peers import Ours, Texts
from handbook.authoring import keys, plain_text
from handbook.authoring.publish import publish

CHARACTERS = 4000
CHANGED = 5
ROUND_TRIP_MS, MEGABITS = 100.0, 5.0
SERVE = """
import sys
from pathlib import Path
from handbook.server.run import serve
from handbook.server.settings import settings_from
settings = settings_from({}, Path(sys.argv[1]), content_dir=Path(sys.argv[2]), port=0)
serve(settings, lambda url: print(url, flush=True))
"""
FRONT = """+++
kind = "resolution"
number = "{number}-NQ/TW"
title = "Văn bản số {number} về công tác năm"
issuer = "Bộ Chính trị"
issued_on = 2022-05-05
status = "in_force"
topics = ["công tác"]
summary = "Tóm tắt."
+++
"""


def measure(documents: int, runs: int, texts: Path | None, anki_python: Path) -> list[Row]:
    """Everything once; what is in the first block `runs` times, its median told."""
    with tempfile.TemporaryDirectory(prefix="handbook-sync-") as temporary:
        folder = Path(temporary)
        sources = Sources(folder, documents, texts)
        original = folder / "texts"
        shutil.copytree(sources.folder, original)
        with serving(folder, sources.content) as (port, server):
            first = _first(sources, folder, port, runs)
            rows, changed = _small_change(sources, first.profile, port)
            rows = [*first.rows, *rows, Row("ours: most memory, server", peak_bytes(server) / 2**20, "MB")]
        ours = Ours(first=first.seconds, nothing=first.nothing, changed=changed)
        compared = Texts(folder=original, change=_change, changed=CHANGED)
        rows += sync_peers.measure(compared, folder / "peers", ours, anki_python, ROUND_TRIP_MS, MEGABITS)
    return rows


def _change(folder: Path) -> None:
    """Edits CHANGED of the texts in that folder."""
    for number in range(CHANGED):
        with (folder / f"so-{number * 7}.md").open("a", encoding="utf-8") as file:
            file.write(f"\nĐã sửa câu thứ {number} trong lần phát hành này.\n")


class Sources:
    """What is published: the folder of Markdown, the keys, and the signed content made of them."""

    def __init__(self, folder: Path, documents: int, texts: Path | None) -> None:
        self.data, self.content, self.keys = folder / "data", folder / "content", folder / "keys"
        for path in PUBLISHERS:
            (self.data / path).mkdir(parents=True)
            (self.data / path / "publisher.toml").write_text(f'path = "{path}"\nname = "{path}"\n', "utf-8")
        self.folder = self.data / "central" / "resolutions"
        self.folder.mkdir()
        text = "\n\n".join(paragraphs_of(texts))
        wanted = documents * CHARACTERS
        text *= -(-wanted // len(text))
        for number in range(documents):
            part = text[number * CHARACTERS : (number + 1) * CHARACTERS]
            markdown, _ = plain_text.markdown_of([line for line in map(str.strip, part.splitlines()) if line])
            body = f"## Nội dung\n\nSố hiệu lưu trữ {number * 7919 % 100_003}.\n\n{markdown}\n"
            (self.folder / f"so-{number}.md").write_text(FRONT.format(number=number) + body, "utf-8")
        keys.create_authority(self.keys, PUBLISHERS)
        self.publish()

    def publish(self) -> None:
        publish(self.data, self.content, self.keys, datetime.now(UTC))

    @property
    def root(self) -> Path:
        return self.content / "metadata" / "1.root.json"

    def packed_bytes(self) -> int:
        """What a first sync cannot do without: packs and the dictionary."""
        found = [*self.content.glob("packs/*"), *self.content.glob("dictionaries/*")]
        return sum(file.stat().st_size for file in found)

    def change(self) -> None:
        _change(self.folder)
        self.publish()


@contextmanager
def serving(folder: Path, content: Path) -> Iterator[tuple[int, int]]:
    """The handbook's server; its port and process."""
    command = [sys.executable, "-c", SERVE, str(folder / "server"), str(content)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        try:
            yield int(process.stdout.readline().rpartition(":")[2]), process.pid
        finally:
            process.terminate()


@contextmanager
def _client(port: int, profile: Path, root: Path) -> Iterator[Callable[[], dict[str, float]]]:
    """A PC that syncs when called."""
    command = [sys.executable, "-m", "benchmarks.sync_client", f"http://127.0.0.1:{port}", profile, root]
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()

    def sync() -> dict[str, float]:
        process.stdin.write("\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        yield sync
    finally:
        process.stdin.close()
        process.wait()


@dataclass(frozen=True, slots=True)
class _First:
    """The median first sync and the last that found nothing, in seconds, and a profile that has it all."""

    rows: list[Row]
    seconds: float
    nothing: float
    profile: Path


def _first(sources: Sources, folder: Path, port: int, runs: int) -> _First:
    """The first sync beside the floor, in turns, then one that finds nothing."""
    packed = sources.packed_bytes()
    plain = sources.content / "packs" / "floor.bin"
    plain.write_bytes(os.urandom(packed))
    floors, firsts, idle = [], [], {}
    with shaped(port, ROUND_TRIP_MS, MEGABITS) as line:
        for run in range(runs):
            floors.append(_seconds(lambda: _plain_get(line.port, "/content/packs/floor.bin")))
            line.passed()
            profile = folder / f"pc-{run}"
            with _client(line.port, profile, sources.root) as sync:
                first = sync()
                firsts.append((first["seconds"], line.passed(), first))
                idle = sync()
                nothing = line.passed()
    plain.unlink()
    floor = median(floors)
    seconds, passed, first = sorted(firsts, key=lambda one: one[0])[len(firsts) // 2]
    trips = idle["seconds"] * 1000 / ROUND_TRIP_MS
    rows = [
        Row("packs and dictionary", packed / 2**20, "MB"),
        Row("the line alone, packs by arithmetic", packed * 8 / MEGABITS / 1e6, "s"),
        Row("floor: one file of that size", floor, "s"),
        Row("ours: first sync, applied", seconds, "s", seconds / floor, "floor"),
        Row("ours: first sync, bytes both ways", passed.bytes / 2**20, "MB"),
        Row("ours: until the first byte of a pack", first["first_byte"], "s"),
        Row("ours: line idle between its first and last byte", passed.idle, "s"),
        Row("ours: from the last byte until applied", first["seconds"] - first["last_byte"], "s"),
        Row("ours: connections", passed.connections, ""),
        Row("ours: processor", first["cpu"], "s"),
        Row("ours: most memory, client", first["peak"] / 2**20, "MB"),
        Row("ours: nothing new", idle["seconds"] * 1000, "ms", trips, "round trip"),
        Row("ours: nothing new, bytes both ways", nothing.bytes, "B"),
        Row("ours: nothing new, new connections", nothing.connections, ""),
    ]
    return _First(rows, seconds, idle["seconds"], profile)


def _small_change(sources: Sources, profile: Path, port: int) -> tuple[list[Row], float]:
    """The change as the reader of `profile` takes it in, and its seconds."""
    before = set(sources.content.glob("packs/*"))
    sources.change()
    new = sum(file.stat().st_size for file in set(sources.content.glob("packs/*")) - before)
    with shaped(port, ROUND_TRIP_MS, MEGABITS) as line, _client(line.port, profile, sources.root) as sync:
        changed = sync()
        passed = line.passed()
    if changed["changed"] != CHANGED:
        raise RuntimeError(f"{changed['changed']} documents changed instead of {CHANGED}")
    return [
        Row(f"ours: {CHANGED} changed", changed["seconds"], "s"),
        Row(f"ours: {CHANGED} changed, bytes both ways", passed.bytes, "B", passed.bytes / new, "their pack"),
        Row(f"ours: {CHANGED} changed, beyond their pack", passed.bytes - new, "B"),
    ], changed["seconds"]


def _plain_get(port: int, path: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}{path}") as answer:
        while answer.read(65536):
            pass


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
