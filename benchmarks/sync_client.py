"""One PC in a process of its own, for `benchmarks.sync`: syncs once for every line it is sent.

    python -m benchmarks.sync_client URL PROFILE_FOLDER ROOT_FILE

Each answer is a line of JSON: the seconds of the sync, those of the processor, documents changed, bytes of
bodies, and the most memory this process ever held, in bytes. What a running program has imported before is
imported before.
"""

import json
import resource
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
    while sys.stdin.readline():
        began, worked = time.perf_counter(), time.process_time()
        report = content.pull(
            store, transport, folder / "content", root.read_bytes(), PUBLISHERS, datetime.now(UTC)
        )
        figures = {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - worked,
            "changed": len(report.changed),
            "bytes_down": report.bytes_down,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        print(json.dumps(figures), flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
