"""Python's cyclic garbage is collected on the GUI thread and nowhere else.

Python collects on whichever thread happens to allocate. A dead widget in a cycle would then be destroyed by a
worker while the GUI thread paints its neighbour, and Qt objects may only be destroyed on the thread they live
on: the program ended with a segmentation fault.
"""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

LOOK_EVERY_MS: Final = 500


class GarbageCollector(QObject):
    """From its making on no other thread of the process collects; lives on the GUI thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(collect_what_is_due)
        self._timer.start()


def collect_what_is_due() -> None:
    """Collect the oldest generation that has passed its threshold, as Python would have done by itself."""
    counts, thresholds = gc.get_count(), gc.get_threshold()
    for generation in (2, 1, 0):
        if counts[generation] > thresholds[generation]:
            gc.collect(generation)
            return
