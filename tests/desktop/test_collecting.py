import gc
import weakref
from threading import Thread, current_thread

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from handbook.desktop.collecting import GarbageCollector, collect_what_is_due


@pytest.fixture
def collector(qtbot: QtBot) -> QObject:
    gc.collect()
    owner = QObject()
    GarbageCollector(owner)
    return owner


def a_dead_widget_in_a_cycle(ended: list[Thread]) -> None:
    widget = QWidget()
    widget.itself = widget
    weakref.finalize(widget, lambda: ended.append(current_thread())).atexit = False


def allocate(kept: list[list[int]]) -> None:
    """Enough containers for Python to collect all its generations several times."""
    kept.extend([number] for number in range(400_000))


def test_a_dead_widget_is_destroyed_on_the_gui_thread_whoever_allocates(
    collector: QObject, qtbot: QtBot
) -> None:
    ended: list[Thread] = []
    a_dead_widget_in_a_cycle(ended)
    kept: list[list[int]] = []
    worker = Thread(target=allocate, args=(kept,))
    worker.start()
    worker.join()
    assert len(kept) == 400_000
    assert ended == []
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)
    assert ended == [current_thread()]


def test_a_collection_goes_as_far_back_as_is_due(collector: QObject) -> None:
    young, middle, _ = gc.get_threshold()
    kept = []
    for _ in range(middle + 1):
        kept.append([[] for _ in range(young + 1)])
        collect_what_is_due()
    assert gc.get_count()[1] > middle
    collect_what_is_due()
    assert gc.get_count()[:2] == pytest.approx((0, 0), abs=young)
    assert gc.get_count()[2] == 1
