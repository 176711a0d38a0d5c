"""Content sync over a slow line, against the line itself, and git and rsync where they are installed.

One run publishes DOCUMENTS documents of about CHARACTERS characters with the real commands, serves them with
the real server, and takes them over the same shaped line: ours, one plain file of as many bytes as the packs
(the floor), a git clone, an rsync. Then nothing new, and then CHANGED documents are changed.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.report import Row, median
from benchmarks.search import paragraphs_of
from benchmarks.shaped_line import shaped
from benchmarks.sync_client import PUBLISHERS, peak_bytes
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


def measure(documents: int, runs: int, texts: Path | None) -> list[Row]:
    """Everything once; what is in the first block `runs` times, its median told."""
    with tempfile.TemporaryDirectory(prefix="handbook-sync-") as temporary:
        folder = Path(temporary)
        sources = _Sources(folder, documents, texts)
        packed = sources.packed_bytes()
        with _server(folder, sources.content) as (port, server):
            rows, profile = _ours(sources, folder, port, packed, runs)
            rows.append(Row("server: most memory", peak_bytes(server) / 2**20, "MB"))
            rows += _git(sources, folder, packed)
            rows += _rsync(sources, folder)
            rows += _small_change(sources, profile, port)
    return rows


class _Sources:
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
        for number in range(CHANGED):
            with (self.folder / f"so-{number * 7}.md").open("a", encoding="utf-8") as file:
                file.write(f"\nĐã sửa câu thứ {number} trong lần phát hành này.\n")
        self.publish()


@contextmanager
def _server(folder: Path, content: Path) -> Iterator[tuple[int, int]]:
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


def _ours(sources: _Sources, folder: Path, port: int, packed: int, runs: int) -> tuple[list[Row], Path]:
    """The first sync beside the floor, in turns, then one that finds nothing."""
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
    return [
        Row("packs and dictionary", packed / 2**20, "MB"),
        Row("the line alone, packs by arithmetic", packed * 8 / MEGABITS / 1e6, "s"),
        Row("floor: one file of that size", floor, "s"),
        Row("ours: first sync, applied", seconds, "s", seconds / floor, "floor"),
        Row("ours: bytes both ways", (passed.up + passed.down) / 2**20, "MB"),
        Row("ours: connections", passed.connections, ""),
        Row("ours: processor", first["cpu"], "s"),
        Row("ours: most memory", first["peak"] / 2**20, "MB"),
        Row(
            "ours: nothing new",
            idle["seconds"] * 1000,
            "ms",
            idle["seconds"] * 1000 / ROUND_TRIP_MS,
            "round trip",
        ),
        Row("ours: nothing new, bytes both ways", nothing.up + nothing.down, "B"),
        Row("ours: nothing new, new connections", nothing.connections, ""),
    ], profile


def _small_change(sources: _Sources, profile: Path, port: int) -> list[Row]:
    before = set(sources.content.glob("packs/*"))
    sources.change()
    new = sum(file.stat().st_size for file in set(sources.content.glob("packs/*")) - before)
    with shaped(port, ROUND_TRIP_MS, MEGABITS) as line, _client(line.port, profile, sources.root) as sync:
        changed = sync()
        passed = line.passed()
    if changed["changed"] != CHANGED:
        raise RuntimeError(f"{changed['changed']} documents changed instead of {CHANGED}")
    moved = passed.up + passed.down
    return [
        Row(f"ours: {CHANGED} changed", changed["seconds"], "s"),
        Row(f"ours: {CHANGED} changed, bytes both ways", moved, "B", moved / new, "their pack"),
        Row(f"ours: {CHANGED} changed, beyond their pack", moved - new, "B"),
    ]


def _git(sources: _Sources, folder: Path, packed: int) -> list[Row]:
    if not shutil.which("git"):
        return []
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x"}
    clean |= {"GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@x"}

    def git(*arguments: object) -> None:
        subprocess.run(["git", *map(str, arguments)], check=True, env=os.environ | clean, capture_output=True)

    work, bare, copy = folder / "git" / "work", folder / "git" / "served.git", folder / "git" / "copy"
    shutil.copytree(sources.folder, work)
    git("-C", work, "init", "-q", "-b", "main")
    git("-C", work, "add", "-A")
    git("-C", work, "commit", "-qm", "first")
    git("clone", "-q", "--bare", work, bare)
    git("-C", bare, "gc", "-q")
    port = _free_port()
    command = ["git", "daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1", f"--port={port}"]
    command += [f"--base-path={bare.parent}", str(bare.parent)]
    with _daemon(command, port), shaped(port, ROUND_TRIP_MS, MEGABITS) as line:
        url = f"git://127.0.0.1:{line.port}/served.git"
        first = _seconds(lambda: git("clone", "-q", url, copy))
        passed = line.passed()
        nothing = _seconds(lambda: git("-C", copy, "pull", "-q"))
        idle = line.passed()
    return [
        Row("git: clone", first, "s"),
        Row("git: bytes both ways", (passed.up + passed.down) / 2**20, "MB"),
        Row("git: nothing new", nothing * 1000, "ms"),
        Row("git: nothing new, bytes both ways", idle.up + idle.down, "B"),
    ]


def _rsync(sources: _Sources, folder: Path) -> list[Row]:
    if not shutil.which("rsync"):
        return []
    port, copy, config = _free_port(), folder / "rsync-copy", folder / "rsyncd.conf"
    config.write_text(
        f"use chroot = no\naddress = 127.0.0.1\n[served]\npath = {sources.folder}\nread only = yes\n", "utf-8"
    )
    command = ["rsync", "--daemon", "--no-detach", f"--port={port}", f"--config={config}"]
    with _daemon(command, port), shaped(port, ROUND_TRIP_MS, MEGABITS) as line:

        def take() -> None:
            url = f"rsync://127.0.0.1:{line.port}/served/"
            subprocess.run(["rsync", "-az", "--delete", url, f"{copy}/"], check=True, capture_output=True)

        first = _seconds(take)
        passed = line.passed()
        nothing = _seconds(take)
        idle = line.passed()
    return [
        Row("rsync -az: first", first, "s"),
        Row("rsync -az: bytes both ways", (passed.up + passed.down) / 2**20, "MB"),
        Row("rsync -az: nothing new", nothing * 1000, "ms"),
        Row("rsync -az: nothing new, bytes both ways", idle.up + idle.down, "B"),
    ]


@contextmanager
def _daemon(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _plain_get(port: int, path: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}{path}") as answer:
        while answer.read(65536):
            pass


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
