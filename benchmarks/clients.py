"""A thousand PCs that come to the server within a minute, as when offices open.

Most find nothing new, a tenth take five changed documents, some hand in a reflection, a few do the first sync
of a small library; each asks for the feed of its cell with a token of its own. Of published files they ask
for what the real client asked for just before, request by request. The server is the product's, with its
SQLite, in a process of its own; so is the crowd, on the same cores.
"""

import multiprocessing
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import psutil

from benchmarks import client_crowd
from benchmarks.client_crowd import Crowd, Journey, Step
from benchmarks.report import Row, percentile
from benchmarks.server_client import CREATED, Author, Requests
from benchmarks.server_load import open_sessions, write_ward
from benchmarks.sync import CHANGED, Sources, serving
from benchmarks.sync_client import PUBLISHERS, peak_bytes
from handbook import __version__
from handbook.client import content
from handbook.client.store import Store
from handbook.client.transport import Answer, HttpTransport, Stream
from handbook.protocol.api import FEED_PAGE
from handbook.server.run import load_ward_into
from handbook.server.settings import settings_from

NOTHING, CHANGE, REFLECTION, FIRST = "nothing new", f"{CHANGED} changed", "a reflection", "first sync"
SHARES = {CHANGE: 0.10, REFLECTION: 0.05, FIRST: 0.03}  # the others find nothing
TOGETHER = 32  # under way at any moment when all come at once
FLOOR_REQUESTS = 4_000
HOST = "127.0.0.1"
TIMESTAMP = "/content/metadata/timestamp.json"


def measure(clients: int, seconds: float, documents: int, texts: Path | None) -> list[Row]:
    """So many clients within so many seconds; then as many as fast as the server can."""
    with tempfile.TemporaryDirectory(prefix="handbook-clients-") as temporary:
        folder = Path(temporary)
        sources = Sources(folder, documents, texts)
        settings = settings_from({}, folder / "server", content_dir=sources.content, port=0)
        write_ward(folder / "ward.toml")
        load_ward_into(settings, folder / "ward.toml")
        authors = open_sessions(settings)
        with serving(folder, sources.content) as (port, number):
            published = _published(sources, folder, port)
            server = psutil.Process(number)
            pcs = _Pcs(published, authors)
            before = _cpu(server)
            arrived = _crowd(client_crowd.arrive, port, pcs.journeys(clients), seconds)
            used, most = _cpu(server) - before, peak_bytes(number)
            pressed = _crowd(client_crowd.press, port, pcs.journeys(clients), TOGETHER)
            plain = [Journey("floor", (_get(TIMESTAMP, 200),) * 20)] * (FLOOR_REQUESTS // 20)
            floor = _crowd(client_crowd.press, port, plain, TOGETHER)
    return [
        *_of_crowd(f"{clients} within {seconds:g} s", arrived),
        Row("server: processor for all of them", used, "s", used / arrived.seconds, "of one core"),
        Row("server: most memory", most / 2**20, "MB"),
        *_pace(pressed, floor),
    ]


def _of_crowd(named: str, crowd: Crowd) -> Iterator[Row]:
    yield Row(f"{named}: requests answered", crowd.answered, "")
    yield Row(f"{named}: refused for now", crowd.refused, "")
    yield from _errors(named, crowd)
    yield Row(f"{named}: bytes to them", crowd.bytes_down / 2**20, "MB")
    for kind, took in sorted(crowd.took.items()):
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            yield Row(f"{kind} ({len(took)}), {name}", percentile(took, share) * 1000, "ms")


def _pace(pressed: Crowd, floor: Crowd) -> Iterator[Row]:
    of_floor = floor.answered / floor.seconds
    mixed = pressed.answered / pressed.seconds
    finished = sum(map(len, pressed.took.values()))
    yield Row("floor: one small static file", of_floor, "/s")
    yield Row("all at once: requests", mixed, "/s", mixed / of_floor, "floor")
    yield Row("all at once: clients", finished / pressed.seconds, "/s")
    yield Row("all at once: refused for now", pressed.refused, "")
    yield from _errors("all at once", pressed)


def _errors(named: str, crowd: Crowd) -> Iterator[Row]:
    yield Row(f"{named}: errors", sum(crowd.errors.values()), "")
    for what, count in crowd.errors.items():
        yield Row(f"  {what}", count, "")


class _Pcs:
    """PCs of members, each with a token; who hands in a reflection has not handed in that one before."""

    def __init__(self, published: Mapping[str, tuple[Step, ...]], authors: Sequence[Author]) -> None:
        self._published = published
        self._readers, self._writers = cycle(authors), cycle(authors)
        self._reflections = iter(Requests(HOST, authors))  # by the authors in their order

    def journeys(self, clients: int) -> list[Journey]:
        """One for each client, the rarer kinds spread evenly among the others."""
        kinds = [NOTHING] * clients
        for kind, share in SHARES.items():
            free = [place for place, held in enumerate(kinds) if held == NOTHING]
            wanted = round(clients * share)
            for number in range(wanted):
                kinds[free[number * len(free) // wanted]] = kind
        return [Journey(kind, self._steps(kind)) for kind in kinds]

    def _steps(self, kind: str) -> tuple[Step, ...]:
        """In the order of a sync: what is owed, published content, the feed."""
        if kind == REFLECTION:
            owed = Step(next(self._reflections), CREATED)
            return (owed, *self._published[NOTHING], _feed(next(self._writers)))
        return (*self._published[kind], _feed(next(self._readers)))


def _feed(author: Author) -> Step:
    query = urlencode({"unit": author.unit, "after": 0, "limit": FEED_PAGE})
    return _get(f"/v1/feed?{query}", 200, {"Authorization": f"Bearer {author.token}"})


def _published(sources: Sources, folder: Path, port: int) -> dict[str, tuple[Step, ...]]:
    """What the real client asks for, by kind of sync; five documents change meanwhile."""
    root = sources.root.read_bytes()

    @contextmanager
    def pc(name: str) -> Iterator[Callable[[], tuple[Step, ...]]]:
        store = Store(folder / name, bytes(32))
        transport = _Noting(f"http://{HOST}:{port}", proxies={})

        def sync() -> tuple[Step, ...]:
            content.pull(store, transport, folder / name / "content", root, PUBLISHERS, datetime.now(UTC))
            return transport.taken()

        try:
            yield sync
        finally:
            transport.close()
            store.close()

    with pc("old") as old, pc("new") as new:
        old()
        sources.change()
        return {CHANGE: old(), NOTHING: old(), FIRST: new()}


class _Noting(HttpTransport):
    """Notes every request with the status that answered it."""

    def __init__(self, base_url: str, *, proxies: Mapping[str, str]) -> None:
        super().__init__(base_url, proxies=proxies)
        self._noted: list[Step] = []
        self._noting = threading.Lock()

    def taken(self) -> tuple[Step, ...]:
        """What was noted since the last time."""
        noted, self._noted = self._noted, []
        return tuple(noted)

    def send(self, method: str, path: str, **given: object) -> Answer:
        answer = super().send(method, path, **given)
        self._note(path, answer.status, dict(given.get("headers") or {}))
        return answer

    @contextmanager
    def stream(self, path: str, **given: object) -> Iterator[Stream]:
        with super().stream(path, **given) as stream:
            self._note(path, stream.status, {"Accept-Encoding": "identity"})
            yield stream

    def _note(self, path: str, status: int, headers: Mapping[str, str]) -> None:
        with self._noting:
            self._noted.append(_get(path, status, headers))


def _get(path: str, status: int, headers: Mapping[str, str] | None = None) -> Step:
    """A GET as the client sends it, which this status answers."""
    usual = {"Host": HOST, "User-Agent": f"handbook/{__version__}", "Accept-Encoding": "gzip"}
    named = (f"{name}: {value}" for name, value in (usual | (headers or {})).items())
    return Step("\r\n".join([f"GET {path} HTTP/1.1", *named, "", ""]).encode(), status)


def _crowd(act: Callable[..., None], port: int, journeys: Sequence[Journey], measure: float) -> Crowd:
    """What came of them, in a process of their own. Raises RuntimeError when that one died."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=act, args=(HOST, port, journeys, measure, there.send))
    process.start()
    while not here.poll(0.2):
        if not process.is_alive():
            raise RuntimeError("the crowd has given up")
    told = here.recv()
    process.join()
    return told


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
