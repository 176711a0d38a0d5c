"""The line is kept full while much is to come, and the last files come one after the other."""

import threading
from collections.abc import Callable

import pytest

from handbook.client.convoy import AHEAD_BYTES, LAST_AHEAD_BYTES, LAST_BYTES, Convoy
from handbook.client.downloads import Wanted

STEP = 8 * 1024
WAIT_SECONDS = 20


class Slow:
    """Downloads of which the first stops until the second has begun, and notes how much it lacked then."""

    def __init__(self, first: Wanted, stops_at_left: int) -> None:
        self.first, self.stops_at_left = first, stops_at_left
        self.left = first.length
        self.left_when_second_began: int | None = None
        self.second_began = threading.Event()

    def fetch(self, wanted: Wanted, arrived: Callable[[int], object] = lambda length: None) -> bytes:
        if wanted is not self.first:
            if not self.second_began.is_set():
                self.left_when_second_began = self.left
                self.second_began.set()
            return b""
        while self.left > 0:
            if self.left <= self.stops_at_left:
                assert self.second_began.wait(WAIT_SECONDS)
            else:
                self.second_began.wait(0.001)  # whoever would begin too early has the time to
            self.left -= STEP
            arrived(self.first.length - self.left)
        return b""


@pytest.mark.parametrize(
    ("waiting", "ahead"),
    [(LAST_BYTES + 1, AHEAD_BYTES), (LAST_BYTES, LAST_AHEAD_BYTES)],
    ids=["many", "last"],
)
def test_another_file_is_begun_when_so_much_is_left_of_the_one_before(waiting: int, ahead: int) -> None:
    first = Wanted("/first", "first", 2 * AHEAD_BYTES)
    others = [Wanted("/second", "second", waiting - 1000), Wanted("/third", "third", 1000)]
    downloads = Slow(first, ahead - STEP)
    with Convoy(downloads, [first, *others], lambda: False) as convoy:
        for one in (first, *others):
            convoy.take(one.sha256)
    assert downloads.left_when_second_began == ahead - STEP
