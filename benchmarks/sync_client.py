"""One PC in a process of its own, for `benchmarks.sync`: syncs once for every line it is sent.

    python -m benchmarks.sync_client URL PROFILE_FOLDER ROOT_FILE

Each answer is a line of JSON: the seconds of the sync, when in it the first and the last byte of a pack came,
the seconds of the processor, documents changed, bytes of bodies, and the most memory this process ever held,
in bytes. What a running program has imported before is imported before.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from handbook.client import content
from handbook.client.store import Store
from handbook.client.transport import HttpTransport

PUBLISHERS = ("central", "hongson", "hongson/anbinh")


def main(url: str, folder: Path, root: Path) -> None:
    """Serves until standard input ends."""
    import requests  # noqa: F401

    store = Store(folder, bytes(32))
    transport = HttpTransport(url)
    print(json.dumps({"ready": True}), flush=True)
    came: list[float] = []

    def progress(stage: str, _done: int, _total: int) -> None:
        if stage == content.FETCHING:
            came.append(time.perf_counter())

    while sys.stdin.readline():
        came.clear()
        began, worked = time.perf_counter(), time.process_time()
        report = content.pull(
            store, transport, folder / "content", root.read_bytes(), PUBLISHERS, datetime.now(UTC), progress
        )
        figures = {
            "seconds": time.perf_counter() - began,
            "first_byte": came[0] - began if came else 0.0,
            "last_byte": came[-1] - began if came else 0.0,
            "cpu": time.process_time() - worked,
            "changed": len(report.changed),
            "bytes_down": report.bytes_down,
            "peak": peak_bytes("self"),
        }
        print(json.dumps(figures), flush=True)
    store.close()


def peak_bytes(process: int | str) -> int:
    """The most memory a process ever held; 0 where the system does not tell.

    Not getrusage: its figure is that of whoever started the process, when that one held more.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    except FileNotFoundError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
