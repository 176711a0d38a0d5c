"""The only door to threads: a job runs off the GUI thread and is answered on it.

The threads are daemons and start with the first job of their lane, so that a stuck connection can delay
neither the first window nor the end of the program. A worker drops everything it was given before it says
that it is ready: what a job holds (often a screen) is therefore only ever released on the GUI thread.
"""

import time
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from itertools import count
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal, Slot
from shiboken6 import isValid

from handbook.errors import Expected, Fault

T = TypeVar("T")


class Lane(StrEnum):
    """Where a job queues."""

    STORE = "store"  # everything that touches the profile: one at a time, in the order it was asked for
    NET = "net"


THREADS: Final = {Lane.STORE: 1, Lane.NET: 4}
CLOSE_SECONDS: Final = 5.0


class Cancelled(Exception):
    """Raised inside a job that noticed it was cancelled; nobody is told."""


class Crashed(Expected):
    """A bug was met. The crash report has the facts; this is what the person is told meanwhile."""

    fault = Fault.COMPUTER
    code = "crashed"


class Job(Generic[T]):
    """One piece of work. Whoever asked may `cancel`; the work itself may `report` and look at `cancelled`."""

    def __init__(
        self,
        body: "Callable[[Job[T]], T]",
        done: Callable[[T], object],
        failed: Callable[[Expected], object],
        progress: Callable[[int, int], object] | None,
        owner: QObject,
        lane: Lane,
        reported: Callable[[], None],
    ) -> None:
        self.lane = lane
        self._body = body
        self._done = done
        self._failed = failed
        self._progress = progress
        self._owner = owner
        self._reported = reported
        self._cancelled = False
        self._lock = Lock()
        self._latest: tuple[int, int] | None = None
        self._outcome: Callable[[], object] | None = None
        self._bug: BaseException | None = None

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more; a long job looks at it between its steps."""
        return self._cancelled

    def cancel(self) -> None:
        """From now on neither `done` nor `failed` is called; a job that has not begun does not begin."""
        self._cancelled = True

    def stop_if_cancelled(self) -> None:
        if self._cancelled:
            raise Cancelled

    def report(self, done: int, total: int) -> None:
        """Tell how far the work is. Reports that come faster than the GUI takes them are merged."""
        with self._lock:
            underway = self._latest is not None
            self._latest = (done, total)
        if not underway:
            self._reported()

    def _work(self) -> None:
        """On a worker thread: do the work and keep what came of it."""
        try:
            self.stop_if_cancelled()
            self._outcome = partial(self._done, self._body(self))
        except Cancelled:
            self._cancelled = True
        except Expected as error:
            self._outcome = partial(self._failed, error)
        except BaseException as bug:
            self._bug = bug
            self._outcome = partial(
                self._failed,
                Crashed(
                    "Chương trình gặp lỗi ngoài dự kiến.",
                    "Dữ liệu đã lưu vẫn còn nguyên. Hãy thử lại; nếu vẫn lỗi, hãy mở lại chương trình.",
                ),
            )

    def _wanted(self) -> bool:
        return not self._cancelled and isValid(self._owner)

    def _answer(self) -> None:
        if self._outcome and self._wanted():
            self._outcome()

    def _answer_progress(self) -> None:
        with self._lock:
            latest, self._latest = self._latest, None
        if self._progress and latest and self._wanted():
            self._progress(*latest)


class Work(QObject):
    """Runs jobs on its lanes; lives on the GUI thread, and is closed before the application ends.

    `crashed(exception)` is emitted for every exception that is not `Expected`.
    `became_idle()` is emitted when the last job asked for has been answered.
    """

    crashed = Signal(object)
    became_idle = Signal()
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._unanswered: dict[int, Job[Any]] = {}
        self._lanes: dict[Lane, SimpleQueue[tuple[int, Job[Any]] | None]] = {
            lane: SimpleQueue() for lane in Lane
        }
        self._threads: dict[Lane, list[Thread]] = {lane: [] for lane in Lane}
        self._said: SimpleQueue[tuple[int, bool]] = SimpleQueue()
        self._wake_lock = Lock()
        self._listening = True
        self._wake.connect(self._hear, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        job: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Expected], object],
        owner: QObject,
        lane: Lane = Lane.STORE,
    ) -> Job[T]:
        """Run `job` on the lane, then `done(result)` or `failed(error)` on the GUI thread.

        When `owner` has been destroyed meanwhile the job still ends its work, but nobody is called. A bug in
        the job goes to `crashed`, and `failed` is told `Crashed`.
        """
        return self.run_reporting(lambda _: job(), done, failed, owner, lane=lane)

    def run_reporting(
        self,
        job: Callable[[Job[T]], T],
        done: Callable[[T], object],
        failed: Callable[[Expected], object],
        owner: QObject,
        progress: Callable[[int, int], object] | None = None,
        lane: Lane = Lane.NET,
    ) -> Job[T]:
        """As `run`, for long work: the job is given itself, to report progress and to see it was cancelled.

        `progress(done, total)` is called on the GUI thread with the latest report.
        """
        number = next(self._numbers)
        asked = Job(job, done, failed, progress, owner, lane, partial(self._say, number, False))
        if not self._listening:
            asked.cancel()
            return asked
        self._unanswered[number] = asked
        self._lanes[lane].put((number, asked))
        self._staff(lane)
        return asked

    @property
    def idle(self) -> bool:
        """Whether every job asked for has been answered."""
        return not self._unanswered

    def wait_until_idle(self, seconds: float) -> bool:
        """Let the GUI go on until every job is answered; False when the time is up before."""
        if self.idle:
            return True
        loop = QEventLoop()
        limit = QTimer()
        limit.setSingleShot(True)
        limit.timeout.connect(loop.quit)
        self.became_idle.connect(loop.quit)
        limit.start(round(seconds * 1000))
        while not self.idle and limit.isActive():  # an answer may have asked for more before the loop ended
            loop.exec()
        self.became_idle.disconnect(loop.quit)
        return self.idle

    def close(self, seconds: float = CLOSE_SECONDS) -> bool:
        """Take no more jobs, give up those of the net, end those of the store; False if time is up before.

        Nobody is answered any more, but a bug met on the way out still goes to `crashed`.
        """
        with self._wake_lock:
            self._listening = False
        for job in self._unanswered.values():
            if job.lane is Lane.NET:
                job.cancel()
        for lane, threads in self._threads.items():
            for _ in threads:
                self._lanes[lane].put(None)
        deadline = time.monotonic() + seconds
        for thread in (*self._threads[Lane.STORE], *self._threads[Lane.NET]):
            thread.join(max(0.0, deadline - time.monotonic()))
        for job in self._unanswered.values():
            job.cancel()
        while not self._said.empty():
            self._hear()
        return self.idle

    def _staff(self, lane: Lane) -> None:
        threads = self._threads[lane]
        jobs = sum(1 for job in self._unanswered.values() if job.lane is lane)
        if len(threads) < min(jobs, THREADS[lane]):
            thread = Thread(target=self._serve, args=(self._lanes[lane],), name=f"work-{lane}", daemon=True)
            threads.append(thread)
            thread.start()

    def _serve(self, queue: SimpleQueue[tuple[int, Job[Any]] | None]) -> None:
        """On a worker thread."""
        while entry := queue.get():
            number, job = entry
            job._work()
            del entry, job
            self._say(number, True)

    def _say(self, number: int, ended: bool) -> None:
        """From any thread: one word in the queue, one wake of the GUI thread."""
        self._said.put((number, ended))
        with self._wake_lock:
            if self._listening:
                self._wake.emit()

    @Slot()
    def _hear(self) -> None:
        """One word per wake, so that an exception in a callback stops no other answer."""
        if self._said.empty():
            return
        number, ended = self._said.get()
        if not ended:
            self._unanswered[number]._answer_progress()
            return
        job = self._unanswered[number]
        try:
            if job._bug:
                self.crashed.emit(job._bug)
            job._answer()
        finally:
            del self._unanswered[number]
            if self.idle:
                self.became_idle.emit()
