"""Ctrl+C or a logout ends the program as closing its window does: what is typed is saved."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier


@contextmanager
def ended_by_signals(end: Callable[[], object]) -> Iterator[None]:
    """While Qt's event loop runs, SIGINT and SIGTERM call `end` on the GUI thread.

    Python runs its handlers only between its own instructions; the byte that the interpreter writes to the
    wakeup socket makes Qt call back into Python, and so lets the handler run at once.
    """
    told, waker = socket.socketpair()
    for end_of_pair in (told, waker):
        end_of_pair.setblocking(False)
    notifier = QSocketNotifier(told.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: told.recv(64))
    before = {number: signal.signal(number, lambda *_: end()) for number in (signal.SIGINT, signal.SIGTERM)}
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
