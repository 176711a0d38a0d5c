"""How many 8 KB reflections a second the server accepts, with the crowd that hands them in on the same cores.

Each request is a new reflection of another member, as on the evening an assignment is due: checked, stored
with its feed entry, committed to disk (SQLite synchronous=FULL, PostgreSQL fsync on) and receipted. The first
five of each connection are repeated at the end: a repetition must find the same receipt. Server, database and
crowd are processes of their own; CPU time is told for each, which other work on the machine changes less.
"""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.postgres import postgresql_watched
from benchmarks.report import Row
from benchmarks.server_client import COMMUNE, Author, Crowd, hand_in
from handbook.server import tokens
from handbook.server.database import open_database
from handbook.server.run import load_ward_into
from handbook.server.settings import Settings, settings_from

CELLS = 200
MEMBERS_OF_CELL = 10
DATABASES = ("sqlite", "postgresql")
SERVE = """
import sys
from pathlib import Path
from handbook.server.run import serve
from handbook.server.settings import settings_from
settings = settings_from({}, Path(sys.argv[1]), database_url=sys.argv[2], port=0)
serve(settings, lambda url: print(url, flush=True))
"""


def measure(
    databases: Sequence[str] = ("postgresql",), seconds: float = 10, connections: int = 64
) -> list[Row]:
    """One run for each database, on a fresh one. Raises RuntimeError for a receipt that a repetition lost."""
    return [row for database in databases for row in _measure(database, seconds, connections)]


def _measure(database: str, seconds: float, connections: int) -> list[Row]:
    folder = Path(tempfile.mkdtemp(prefix="handbook-load-"))
    try:
        with _database(database, folder) as (url, postmaster):
            settings = settings_from({}, folder / "data", database_url=url, port=0)
            write_ward(folder / "ward.toml")
            load_ward_into(settings, folder / "ward.toml")
            authors = open_sessions(settings)
            with _server(folder / "data", url) as (address, server):
                crowd, used = _load(address, authors, seconds, connections, server, postmaster)
    finally:
        shutil.rmtree(folder)
    if crowd.unequal:
        raise RuntimeError(f"{crowd.unequal} repetitions found another receipt")
    of = f"{database}, {connections} connections, {os.cpu_count()} cores"
    return [
        Row(f"8 KB reflections accepted a second, {of}", crowd.accepted / crowd.seconds, "/s"),
        Row("half of them answered within", crowd.p50_ms, "ms"),
        Row("99 in 100 answered within", crowd.p99_ms, "ms"),
        Row("other answers", sum(crowd.others.values()), ""),
        *(
            Row(f"CPU time of each in the {name}", took / crowd.accepted * 1e6, "µs")
            for name, took in used.items()
        ),
    ]


def _load(
    address: str,
    authors: list[Author],
    seconds: float,
    connections: int,
    server: psutil.Process,
    postmaster: psutil.Process | None,
) -> tuple[Crowd, dict[str, float]]:
    """What became of the requests, and the CPU seconds of each process meanwhile."""
    here, there = multiprocessing.Pipe()
    crowd = multiprocessing.Process(target=hand_in, args=(address, authors, seconds, connections, there.send))
    before = _cpu(server), _cpu(postmaster)
    crowd.start()
    watched = psutil.Process(crowd.pid)
    started = _cpu(watched)
    while not here.poll(0.2):
        if not crowd.is_alive():
            raise RuntimeError("the crowd has given up")
    used = {
        "server": _cpu(server) - before[0],
        "database": _cpu(postmaster) - before[1],
        "crowd": _cpu(watched) - started,
    }
    told = here.recv()
    crowd.join()
    return told, {name: took for name, took in used.items() if took}


def _cpu(process: psutil.Process | None) -> float:
    """Seconds that the process and its present and former children have computed."""
    if process is None:
        return 0.0
    own = process.cpu_times()
    ended = own.children_user + own.children_system
    return own.user + own.system + ended + sum(_cpu(child) for child in process.children())


@contextmanager
def _database(name: str, folder: Path) -> Iterator[tuple[str, psutil.Process | None]]:
    """URL of a fresh database, and the process at the head of its server, if it has one."""
    if name == "sqlite":
        yield f"sqlite:///{folder}/server.db", None
        return
    with postgresql_watched() as found:
        yield found


@contextmanager
def _server(data: Path, url: str) -> Iterator[tuple[str, psutil.Process]]:
    program = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(data), url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield program.stdout.readline().strip(), psutil.Process(program.pid)
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(20)


def write_ward(file: Path) -> None:
    """A commune of CELLS cells with invented members."""
    units = [("hongson", "province"), (COMMUNE, "commune")]
    units += [(f"{COMMUNE}/cell-{cell}", "cell") for cell in range(CELLS)]
    lines = ['name = "Load"']
    for path, kind in units:
        lines += ["[[units]]", f'path = "{path}"', f'name = "{path}"', f'kind = "{kind}"']
    for number in range(CELLS * MEMBERS_OF_CELL):
        lines += ["[[members]]", f'account = "m{number}"', f'name = "Member {number}"']
        lines += [f'unit = "{_cell_of(number)}"', 'duties = ["member"]']
    file.write_text("\n".join(lines), encoding="utf-8")


def _cell_of(number: int) -> str:
    return f"{COMMUNE}/cell-{number % CELLS}"


def open_sessions(settings: Settings) -> list[Author]:
    """A token for every member; signing in is another measurement."""
    database = open_database(settings.database_url)
    now = datetime.now(UTC)
    with database.write() as connection:
        found = [
            Author(tokens.open_session(connection, f"m{number}", "load", now).token, _cell_of(number))
            for number in range(CELLS * MEMBERS_OF_CELL)
        ]
    database.close()
    return found
