"""Other tools over the same slow line with the same texts: git, rsync, and Anki with its own sync server.

Each takes everything, then finds nothing new, then takes the changed texts, with a server and a client that
are processes of their own. One that is not installed is named as missing.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import Row
from benchmarks.shaped_line import Line, shaped

MEASURED = Path(__file__).with_name("measured.py")
ANKI_CLIENT = Path(__file__).with_name("anki_client.py")
ANKI_USER = "u:p"  # as the client has it
SECONDS_TO_START = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A folder of Markdown files, and what edits `changed` of them in a copy of it."""

    folder: Path
    change: Callable[[Path], None]
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What the others are set beside, in seconds."""

    first: float
    nothing: float
    changed: float


class Taken(NamedTuple):
    """One sync: seconds, and the most memory that a process of the client ever held, in bytes."""

    seconds: float
    peak: int


def measure(
    texts: Texts, folder: Path, ours: Ours, anki_python: Path, round_trip_ms: float, megabits: float
) -> list[Row]:
    """One after the other; `anki_python` is a Python that has `anki`."""
    peers = (
        (_Git, bool(shutil.which("git"))),
        (_Rsync, bool(shutil.which("rsync"))),
        (_Anki, _has_anki(anki_python)),
    )
    rows = []
    for kind, is_here in peers:
        if not is_here:
            rows.append(Row(f"{kind.name}: missing, not compared", 0, ""))
            continue
        peer = kind(texts, folder / kind.name, anki_python)
        with peer.serving() as server, shaped(peer.port, round_trip_ms, megabits) as line:
            rows += _figures(peer, line, texts, ours)
        rows.append(Row(f"{peer.name}: most memory, server", server.peak / 2**20, "MB"))
    return rows


def _figures(peer: "_Peer", line: Line, texts: Texts, ours: Ours) -> Iterator[Row]:
    peer.connect(line.port)
    line.passed()
    first = peer.sync()
    passed = line.passed()
    yield Row(f"{peer.name}: first sync", first.seconds, "s", first.seconds / ours.first, "ours")
    yield Row(f"{peer.name}: first sync, bytes both ways", passed.bytes / 2**20, "MB")
    nothing = peer.sync()
    passed = line.passed()
    yield Row(
        f"{peer.name}: nothing new", nothing.seconds * 1e3, "ms", nothing.seconds / ours.nothing, "ours"
    )
    yield Row(f"{peer.name}: nothing new, bytes both ways", passed.bytes, "B")
    peer.change()
    changed = peer.sync()
    passed = line.passed()
    what = f"{peer.name}: {texts.changed} changed"
    yield Row(what, changed.seconds, "s", changed.seconds / ours.changed, "ours")
    yield Row(f"{what}, bytes both ways", passed.bytes, "B")
    most = max(first.peak, nothing.peak, changed.peak)
    yield Row(f"{peer.name}: most memory, client", most / 2**20, "MB")


class _Peer(ABC):
    """A tool with its texts in `folder`."""

    name: str

    def __init__(self, texts: Texts, folder: Path, anki_python: Path) -> None:
        folder.mkdir(parents=True)
        self._texts, self._folder, self._python = texts, folder, anki_python
        self.port = _free_port()

    @contextmanager
    def serving(self) -> Iterator["_Server"]:
        """The tool's server, on `port`; its memory is known when it has ended."""
        server = _Server(self._command(), self._environment())
        try:
            _wait_for(self.port)
            with self._filled():
                yield server
        finally:
            server.end()

    @abstractmethod
    def _command(self) -> Sequence[object]:
        """What the server is started with."""

    def _environment(self) -> Mapping[str, str]:
        return {}

    @contextmanager
    def _filled(self) -> Iterator[None]:
        """Gives the texts to the running server, where it does not take them from the folder."""
        yield

    @abstractmethod
    def connect(self, port: int) -> None:
        """From now on the client goes through this port, and has nothing yet."""

    @abstractmethod
    def sync(self) -> Taken:
        """The client takes what it lacks."""

    @abstractmethod
    def change(self) -> None:
        """The texts are changed, and the server has them."""


class _Git(_Peer):
    name = "git"

    def _command(self) -> Sequence[object]:
        work, bare = self._folder / "work", self._folder / "served.git"
        shutil.copytree(self._texts.folder, work)
        self._git("-C", work, "init", "-q", "-b", "main")
        self._git("-C", work, "add", "-A")
        self._git("-C", work, "commit", "-qm", "first")
        self._git("clone", "-q", "--bare", work, bare)
        self._git("-C", bare, "gc", "-q")
        where = ("--listen=127.0.0.1", f"--port={self.port}", f"--base-path={self._folder}", self._folder)
        return ("git", "daemon", "--reuseaddr", "--export-all", *where)

    def _environment(self) -> Mapping[str, str]:
        names = {
            f"GIT_{role}_{what}": "x@x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        return names | {"GIT_CONFIG_GLOBAL": os.devnull}

    def connect(self, port: int) -> None:
        self._url = f"git://127.0.0.1:{port}/served.git"

    def sync(self) -> Taken:
        copy = self._folder / "copy"
        if copy.exists():
            return self._git("-C", copy, "pull", "-q")
        return self._git("clone", "-q", self._url, copy)

    def change(self) -> None:
        work = self._folder / "work"
        self._texts.change(work)
        self._git("-C", work, "commit", "-qam", "changed")
        self._git("-C", work, "push", "-q", self._folder / "served.git", "main")

    def _git(self, *arguments: object) -> Taken:
        return _run(("git", *arguments), self._environment())


class _Rsync(_Peer):
    name = "rsync"

    def _command(self) -> Sequence[object]:
        shutil.copytree(self._texts.folder, self._folder / "served")
        settings = [f"uid = {os.getuid()}", f"gid = {os.getgid()}", "use chroot = no", "address = 127.0.0.1"]
        settings += ["[served]", f"path = {self._folder / 'served'}", "read only = yes"]
        config = self._folder / "rsyncd.conf"
        config.write_text("\n".join(settings) + "\n", "utf-8")
        return ("rsync", "--daemon", "--no-detach", f"--port={self.port}", f"--config={config}")

    def connect(self, port: int) -> None:
        self._url = f"rsync://127.0.0.1:{port}/served/"

    def sync(self) -> Taken:
        return _run(("rsync", "-az", "--delete", self._url, f"{self._folder / 'copy'}/"), {})

    def change(self) -> None:
        self._texts.change(self._folder / "served")


class _Anki(_Peer):
    """A note for each text; one collection writes them, another takes them over the line."""

    name = "Anki"

    def _command(self) -> Sequence[object]:
        return (self._python, "-I", "-m", "anki.syncserver")

    def _environment(self) -> Mapping[str, str]:
        where = {"SYNC_HOST": "127.0.0.1", "SYNC_PORT": str(self.port)}
        return where | {"SYNC_USER1": ANKI_USER, "SYNC_BASE": str(self._folder / "served")}

    @contextmanager
    def _filled(self) -> Iterator[None]:
        notes = self._folder / "notes.jsonl"
        with notes.open("w", encoding="utf-8") as lines:
            for file in sorted(self._texts.folder.glob("*.md")):
                note = {"front": file.stem, "back": file.read_text("utf-8")}
                lines.write(json.dumps(note, ensure_ascii=False) + "\n")
        with ExitStack() as self._clients:
            self._author = self._client("author", self.port)
            self._author.do("fill", str(notes))
            self._author.do("upload")
            yield

    def connect(self, port: int) -> None:
        self._reader = self._client("reader", port)

    def sync(self) -> Taken:
        done = self._reader.do("sync")
        return Taken(done["seconds"], done["peak"])

    def change(self) -> None:
        self._author.do("change", self._texts.changed)
        self._author.do("sync")

    def _client(self, name: str, port: int) -> "_AnkiClient":
        file, endpoint = self._folder / f"{name}.anki2", f"http://127.0.0.1:{port}/"
        client = _AnkiClient(self._python, file, endpoint)
        self._clients.callback(client.end)
        return client


class _AnkiClient:
    """A collection in a process of its own, signed in."""

    def __init__(self, python: Path, collection: Path, endpoint: str) -> None:
        self._process = subprocess.Popen(
            [python, "-I", ANKI_CLIENT, collection, endpoint],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answer()

    def do(self, *order: object) -> dict[str, float]:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> dict[str, float]:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("Anki's client ended by itself")
        return json.loads(line)


class _Server:
    """A server under `measured.py`; `peak` is its most memory, in bytes, once it has ended."""

    def __init__(self, command: Sequence[object], environment: Mapping[str, str]) -> None:
        self.peak = 0
        self._process = _measured(command, environment)

    def end(self) -> None:
        self._process.terminate()
        said, _ = self._process.communicate()
        self.peak = json.loads(said)["peak"]


def _run(command: Sequence[object], environment: Mapping[str, str]) -> Taken:
    """Raises CalledProcessError when it fails."""
    process = _measured(command, environment)
    said, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Taken(**json.loads(said))


def _measured(command: Sequence[object], environment: Mapping[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(MEASURED), *map(str, command)],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _has_anki(python: Path) -> bool:
    asked = subprocess.run([python, "-I", "-c", "import anki"], capture_output=True, check=False)
    return asked.returncode == 0


def _wait_for(port: int) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
