"""Worker threads in lanes: slow work (password hashing) cannot take the threads that receive submissions."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from handbook.errors import TooBusy

T = TypeVar("T")


class Lane:
    """Up to `threads` jobs run, up to `waiting` more wait; beyond that TooBusy is raised at once."""

    def __init__(self, *, threads: int, waiting: int, retry_after: float) -> None:
        self._threads = threads
        self._waiting = waiting
        self._retry_after = retry_after
        self._inside = 0
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, job: Callable[[], T]) -> T:
        """What `job` returns, run off the event loop; it is finished even when nobody waits for it."""
        if self._inside >= self._threads + self._waiting:
            raise TooBusy(
                "Máy chủ đang có quá nhiều yêu cầu cùng lúc.", "Hãy thử lại sau ít giây.", self._retry_after
            )
        if self._limiter is None:  # anyio makes it only inside a running loop
            self._limiter = anyio.CapacityLimiter(self._threads)
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(job, limiter=self._limiter)
        finally:
            self._inside -= 1
