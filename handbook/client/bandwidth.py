"""How fast the line may be used, and how fast it is: a token bucket and a meter, on clocks that are given."""

import threading
import time
from collections import deque
from collections.abc import Callable

PIECE_SECONDS = 0.25  # what is read at once under a limit takes this long, so that a cancel is soon noticed
SMALLEST_PIECE, LARGEST_PIECE = 1024, 64 * 1024
BURST_SECONDS = 0.5  # what an idle line may catch up
MEASURED_SECONDS = 5.0


class Bandwidth:
    """Holds all transfers together below a rate; safe to use from several threads.

    Over any stretch of T seconds no more than rate x (T + BURST_SECONDS) bytes pass, and one piece for each
    transfer under way.
    """

    def __init__(
        self,
        bytes_per_second: float = 0.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self.limit(bytes_per_second)

    @property
    def bytes_per_second(self) -> float:
        """The limit; 0 without one."""
        return self._rate

    def limit(self, bytes_per_second: float) -> None:
        """From now on this rate holds; 0 for none."""
        with self._lock:
            self._rate = bytes_per_second
            self._paid_until = self._clock() - BURST_SECONDS

    def piece(self) -> int:
        """How many bytes to take off the line at once."""
        if not self._rate:
            return LARGEST_PIECE
        return int(min(LARGEST_PIECE, max(SMALLEST_PIECE, self._rate * PIECE_SECONDS)))

    def spend(self, count: int) -> None:
        """Waits until `count` bytes may have passed."""
        with self._lock:
            if not self._rate:
                return
            now = self._clock()
            self._paid_until = max(self._paid_until, now - BURST_SECONDS) + count / self._rate
            wait = self._paid_until - now
        if wait > 0:
            self._sleep(wait)


class Speed:
    """Bytes per second over the last MEASURED_SECONDS; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begun = clock()
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, count: int) -> float:
        """Notes that so many bytes have come; the rate now."""
        with self._lock:
            now = self._clock()
            self._seen.append((now, count))
            while self._seen[0][0] < now - MEASURED_SECONDS:
                self._seen.popleft()
            stretch = min(now - self._begun, MEASURED_SECONDS)
            return sum(counted for _, counted in self._seen) / stretch if stretch > 0 else 0.0
