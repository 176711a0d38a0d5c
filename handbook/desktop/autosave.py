"""Keeps what is being typed: soon after the first unsaved letter, one save at a time, the newest wins."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from handbook.desktop.work import Work
from handbook.errors import Expected, Fault
from handbook.model.reflection import Answer

Answers = tuple[Answer, ...]
Text = TypeVar("Text")
"""What is typed in one place: the answers of a reflection, or what is said of one."""

SAVE_AFTER_MS = 700
"""From the first letter that is not saved, not from the last one: who types without a pause is saved too."""
RETRY_AFTER_MS = 5_000
LEAVE_SECONDS = 5.0


class _Batch(Generic[Text]):
    """Texts on their way to the disk. The worker fills `error` and then sets `ended`."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        self.texts = texts
        self.ended = Event()
        self.error: BaseException | None = None


class Autosave(QObject, Generic[Text]):
    """Saves texts, each under its key, in the store lane; `write(key, text)` is called there.

    `unsaved_changed()` is emitted when there is something to save, `saved(moment)` when it is on the disk,
    `failed(error)` when it could not be put there: the text is then kept and, when this PC is at fault, tried
    again by itself.
    """

    unsaved_changed = Signal()
    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Work, write: Callable[[str, Text], datetime], parent: QObject) -> None:
        super().__init__(parent)
        self._work, self._write = work, write
        self._unsaved: dict[str, Callable[[], Text]] = {}
        self._batch: _Batch[Text] | None = None
        self._waiting: list[Callable[[], object]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.flush)

    def touched(self, key: str, read: Callable[[], Text]) -> None:
        """Something was typed; `read` gives the whole text when it is time to save it."""
        self._unsaved[key] = read
        if not self._timer.isActive() or self._timer.remainingTime() > SAVE_AFTER_MS:
            self._timer.start(SAVE_AFTER_MS)
        self.unsaved_changed.emit()

    @property
    def is_settled(self) -> bool:
        """Whether the disk has everything that was typed."""
        return not self._unsaved and not self._batch

    def is_unsaved(self, key: str) -> bool:
        """Whether the disk does not have, or is not yet known to have, the newest text."""
        return key in self._unsaved or bool(self._batch and key in self._batch.texts)

    def unsaved(self, key: str) -> Text | None:
        """The text that could not be saved so far; None when the disk has it."""
        if read := self._unsaved.get(key):
            return read()
        return self._batch.texts.get(key) if self._batch else None

    def hold(self, key: str) -> None:
        """Take the text out of its boxes, which are about to go, and keep it until it is saved."""
        if read := self._unsaved.get(key):
            text = read()
            self._unsaved[key] = lambda: text

    def forget(self, key: str) -> None:
        """Give up a text that nobody wants to be saved any more."""
        self._unsaved.pop(key, None)

    def flush(self) -> None:
        """Save now what is unsaved, or as soon as the save in flight has ended."""
        self._timer.stop()
        if self._batch or not self._unsaved:
            return
        batch = _Batch({key: read() for key, read in self._unsaved.items()})
        self._batch = batch
        self._unsaved.clear()

        def save() -> datetime:
            try:
                return max(self._write(key, text) for key, text in batch.texts.items())
            except BaseException as error:
                batch.error = error
                raise
            finally:
                batch.ended.set()

        self._work.run(
            save, lambda moment: self._saved(batch, moment), lambda error: self._failed(batch, error), self
        )

    def when_saved(self, act: Callable[[], object]) -> None:
        """Run `act` once everything typed is on the disk: at once, or after a save; not when that fails."""
        if not self._batch and not self._unsaved:
            act()
            return
        self._waiting.append(act)
        self.flush()

    def settle(self, seconds: float = LEAVE_SECONDS) -> bool:
        """Save everything and wait for the disk, no longer than this; False when it does not have the text.

        The GUI stands still meanwhile, so that nothing can be typed that would come too late.
        """
        deadline = time.monotonic() + seconds
        while batch := self._batch:
            if not batch.ended.wait(max(0.0, deadline - time.monotonic())):
                return False
            self._batch = None
            if batch.error:
                self._take_back(batch)
                return False
            self.flush()
        if self._unsaved:
            self.flush()
            return self.settle(deadline - time.monotonic())
        return True

    def _saved(self, batch: _Batch[Text], moment: datetime) -> None:
        if self._batch is batch:
            self._batch = None
        if self._unsaved:
            # The timer runs for what was typed meanwhile, unless it rang during the save.
            if self._waiting or not self._timer.isActive():
                self.flush()
            return
        if self._batch:
            return
        self.saved.emit(moment)
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act()

    def _failed(self, batch: _Batch[Text], error: Expected) -> None:
        if self._batch is batch:
            self._batch = None
            self._take_back(batch)
        self._waiting.clear()
        if error.fault is Fault.COMPUTER:
            self._timer.start(RETRY_AFTER_MS)
        self.failed.emit(error)

    def _take_back(self, batch: _Batch[Text]) -> None:
        for key, text in batch.texts.items():
            self._unsaved.setdefault(key, lambda text=text: text)
