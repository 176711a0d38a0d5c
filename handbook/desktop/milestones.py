"""Says on stderr how far a start has come, when HANDBOOK_MARKS is set; for `python -m benchmarks start`."""

import os
import sys
import time


def milestone(name: str) -> None:
    """A line `mark NAME NANOSECONDS`, of the monotonic clock."""
    if os.environ.get("HANDBOOK_MARKS"):
        print(f"mark {name} {time.monotonic_ns()}", file=sys.stderr, flush=True)
