"""Worker threads in lanes: slow work (password hashing) cannot take the threads that receive submissions.

Submissions have one thread and go in batches: one transaction and one flush to disk for all that came
meanwhile. Many threads would only take the interpreter from each other.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import anyio
import anyio.to_thread

from handbook.errors import TooBusy

T = TypeVar("T")
A = TypeVar("A")
R = TypeVar("R")


class Lane:
    """Up to `threads` jobs run, up to `waiting` more wait; beyond that TooBusy is raised at once."""

    def __init__(self, *, threads: int, waiting: int, retry_after: float) -> None:
        self._threads = threads
        self._waiting = waiting
        self._retry_after = retry_after
        self._inside = 0
        self._limiter: anyio.CapacityLimiter | None = None

    @property
    def is_full(self) -> bool:
        return self._inside >= self._threads + self._waiting

    async def run(self, job: Callable[[], T]) -> T:
        """What `job` returns, run off the event loop; it is finished even when nobody waits for it."""
        if self.is_full:
            raise _too_busy(self._retry_after)
        if self._limiter is None:  # anyio makes it only inside a running loop
            self._limiter = anyio.CapacityLimiter(self._threads)
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(job, limiter=self._limiter)
        finally:
            self._inside -= 1


class Batches(Generic[A, R]):
    """A lane whose jobs, brought while one batch is worked on, wait and then go together.

    `process` runs in a worker thread and gives a result or an exception for each item, in their order. What
    it raises itself is the answer to every item of that batch.
    """

    def __init__(
        self,
        process: Callable[[Sequence[A]], Sequence[R | Exception]],
        *,
        largest: int,
        waiting: int,
        retry_after: float,
    ) -> None:
        self._process = process
        self._largest = largest
        self._most = waiting
        self._retry_after = retry_after
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def do(self, item: A) -> R:
        """The item's result. Raises its exception, or TooBusy at once when too many wait."""
        if len(self._waiting) >= self._most:
            raise _too_busy(self._retry_after)
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        limiter = anyio.CapacityLimiter(1)
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
            items = [item for item, _ in batch]
            try:
                results = await anyio.to_thread.run_sync(self._process, items, limiter=limiter)
            except Exception as error:
                results = [error] * len(batch)
            for (_, future), result in zip(batch, results, strict=True):
                if future.done():
                    continue  # its client has gone
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)


def _too_busy(retry_after: float) -> TooBusy:
    return TooBusy("Máy chủ đang có quá nhiều yêu cầu cùng lúc.", "Hãy thử lại sau ít giây.", retry_after)
