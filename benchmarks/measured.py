"""Runs a command, and says in a line of JSON when it has ended: {"seconds": ..., "peak": ...}.

    python -I -S measured.py COMMAND...

`peak` is the most memory, in bytes, that the largest of its processes ever held. By itself and small, because
a process is counted with what its parent held when it was started. SIGTERM ends the command first.
"""

import json
import resource
import signal
import subprocess
import sys
import time


def main(command: list[str]) -> int:
    """Runs it to its end; its exit code, 0 when it was ended by SIGTERM."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak": peak}), flush=True)
    return 0 if code == -signal.SIGTERM else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
