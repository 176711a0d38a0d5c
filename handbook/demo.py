"""A sample ward on this PC: its keys, its published content, a server process, and members who may sign in.

Everything lies below one folder: `server/` (database, receipt key), `content/` (what the server hands out),
`keys/` (publishing keys), `desktop/` (the handbook's own data dir). Deleting the folder forgets the ward.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from handbook.errors import Expected, ServerBroken

PROJECT = Path(getattr(sys, "_MEIPASS", Path(__file__).resolve().parents[1]))
"""Where `data/` and `resources/` lie: the source tree, or the folder of the built program."""

SAMPLE = PROJECT / "data"
PASSWORD = "an-binh-2026"
MEMBER = "kp1.an"
SECRETARY_OF = "hongson/anbinh/khu-pho-1"
STOP_SECONDS = 20


class ServerProcess:
    """The real server in its own process. Starting again uses the same port, so that profiles find it."""

    def __init__(self, arguments: list[str], *, environment: dict[str, str] | None = None) -> None:
        self._arguments = arguments
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._log: list[str] = []
        self._port = 0
        self.url = ""

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Returns the server's address once it answers. ServerBroken, with its last words, when it does not."""
        command = [*program(), "server", *self._arguments, "--port", str(self._port)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env=self._environment or os.environ.copy(),
        )
        self._log.clear()
        for line in self._process.stdout:
            self._log.append(line)
            if line.startswith("listening on "):
                self.url = line.removeprefix("listening on ").strip()
                self._port = int(self.url.rsplit(":", 1)[1])
                threading.Thread(target=self._keep_reading, args=(self._process,), daemon=True).start()
                return self.url
        self._process.wait()
        raise ServerBroken("Máy chủ của bản dùng thử không khởi động được.", "".join(self._log[-5:]).strip())

    def stop(self) -> None:
        """Ends the server as an administrator would; kills it when it does not end in time."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """A power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def wait(self) -> int:
        """Until the process ends by itself; its exit code."""
        assert self._process is not None
        return self._process.wait()

    def _keep_reading(self, process: subprocess.Popen[str]) -> None:
        # An unread pipe would block the server once it is full.
        for line in process.stdout:
            self._log.append(line)
            del self._log[:-200]
