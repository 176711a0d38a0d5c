"""Several downloads at once, handed over one by one in the order they will be applied in.

The line is kept full without every file arriving last: the next one is begun when little is left of those
under way. So the first can be applied while the others come, and after the last byte only one is left to do.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType

from handbook.client.downloads import Cancelled, Downloads, Wanted
from handbook.errors import Untrusted

CONNECTIONS = 4
AHEAD_BYTES = 256 * 1024
"""Another file is begun when less than this is left of all that are under way: what a line of 20 Mbit/s
brings in a tenth of a second, the time that asking takes."""
LAST_BYTES = 2 * AHEAD_BYTES
LAST_AHEAD_BYTES = 64 * 1024
"""The same while no more than LAST_BYTES wait: side by side the last ones would all end together, and be
applied when nothing else comes any more."""
LOOK_SECONDS = 0.1  # how soon a cancel is noticed while nothing arrives
LEAVE_SECONDS = 1.0  # how long the end waits for downloads that are stuck in a silent line


class Convoy:
    """Fetches the wanted files on CONNECTIONS threads at most, from entering to leaving."""

    def __init__(self, downloads: Downloads, wanted: Iterable[Wanted], cancelled: Callable[[], bool]) -> None:
        self._downloads, self._cancelled = downloads, cancelled
        self._waiting = deque({one.sha256: one for one in wanted}.values())
        self._left: dict[str, int] = {}  # bytes that files under way still lack
        self._ended: dict[str, BaseException | None] = {}
        self._wanted = {one.sha256: one for one in self._waiting}
        self._told = threading.Condition()
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._serve, name="download", daemon=True)
            for _ in range(min(CONNECTIONS, len(self._waiting)))
        ]

    def __enter__(self) -> "Convoy":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        until = time.monotonic() + LEAVE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._wanted

    def take(self, sha256: str) -> bytes:
        """The checked bytes of one of the files, as soon as they are here. Raises as Downloads.fetch does."""
        with self._told:
            while sha256 not in self._ended:
                if self._cancelled():
                    raise Cancelled
                self._told.wait(LOOK_SECONDS)
            if error := self._ended[sha256]:
                raise error
        return self._downloads.fetch(self._wanted[sha256])

    def skip(self, unwanted: Sequence[str]) -> None:
        """Does not begin these any more."""
        with self._told:
            self._waiting = deque(one for one in self._waiting if one.sha256 not in unwanted)
            self._told.notify_all()

    def _serve(self) -> None:
        """On a thread of its own: one file after the other."""
        while (wanted := self._next()) is not None:
            error: BaseException | None = None
            try:
                self._downloads.fetch(wanted, lambda length, wanted=wanted: self._arrived(wanted, length))
            except BaseException as problem:  # whoever takes the file meets it
                error = problem
            with self._told:
                del self._left[wanted.sha256]
                self._ended[wanted.sha256] = error
                if error and not isinstance(error, Untrusted):
                    # The line, the server or the disk: the others would only meet the same.
                    self._ended |= {one.sha256: error for one in self._waiting}
                    self._waiting.clear()
                self._told.notify_all()

    def _next(self) -> Wanted | None:
        with self._told:
            while self._waiting and self._left and sum(self._left.values()) >= self._ahead():
                self._told.wait()
            if not self._waiting:
                return None
            wanted = self._waiting.popleft()
            self._left[wanted.sha256] = wanted.length
            return wanted

    def _ahead(self) -> int:
        """How much may be left of the files under way when another is begun."""
        return LAST_AHEAD_BYTES if sum(one.length for one in self._waiting) <= LAST_BYTES else AHEAD_BYTES

    def _arrived(self, wanted: Wanted, length: int) -> None:
        with self._told:
            if self._stopped:
                raise Cancelled
            self._left[wanted.sha256] = wanted.length - length
            self._told.notify_all()

    def _stop(self) -> None:
        with self._told:
            self._stopped = True
            self._waiting.clear()
            self._told.notify_all()
