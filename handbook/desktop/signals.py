"""Ctrl+C or a logout ends the program as closing its window does: what is typed is saved."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier


@contextmanager
def ended_by_signals(end: Callable[[], object]) -> Iterator[None]:
    """While Qt's event loop runs, SIGINT and SIGTERM call `end` from that loop.

    Python runs a handler between any two of its instructions, also in the middle of painting, where closing
    the window would delete what is being painted. The handlers therefore do nothing: the interpreter writes
    the signal's number to the wakeup socket, and the event loop reads it when its turn comes.
    """
    told, waker = socket.socketpair()
    for end_of_pair in (told, waker):
        end_of_pair.setblocking(False)

    def read() -> None:
        if {signal.SIGINT, signal.SIGTERM} & set(told.recv(64)):
            end()

    notifier = QSocketNotifier(told.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(read)
    before = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGTERM)}
    former_waker = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(former_waker)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        told.close()
        waker.close()


def _nothing(_number: int, _frame: object) -> None:
    pass
