"""Who is at the PC now, and what every screen of theirs works with."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from handbook.desktop.changes import ChangeSignal
from handbook.desktop.indexing import Indexing
from handbook.desktop.work import Job, Lane, Work
from handbook.errors import Expected
from handbook.model.changes import Change, Changes

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook
    from handbook.client.sync import SyncProgress, SyncReport


class Place(StrEnum):
    """Where a person can be in the window."""

    TODAY = "today"
    LIBRARY = "library"
    READER = "reader"
    DIFFERENCES = "differences"
    NOTES = "notes"
    STUDY = "study"
    EDITOR = "editor"
    PREVIEW = "preview"
    RECEIPT = "receipt"
    CELL = "cell"
    REVIEW = "review"
    MEMBERS = "members"
    REPORT = "report"
    COMMITTEE = "committee"
    SYNC = "sync"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A place and what is looked at there; unused fields stay empty."""

    place: Place
    document: str = ""
    other: str = ""
    anchor: str = ""
    note: str = ""
    query: str = ""
    assignment: str = ""
    lineage: str = ""
    revision: int = 0
    unit: str = ""


SEND_AFTER_MS = 3000
"""After the last thing done, so that a burst of ticks goes in one exchange; undo comes in time."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Session(QObject):
    """One profile, and the work done on it. `sync_changed()` is emitted when a sync begins, moves on or ends.

    `sync_progress` is None before the first word of a running sync, `stopping` tells that it was cancelled
    and has not ended yet, `sync_stopped` that the latest one was.

    At the start of the program it may have no handbook yet; the window shows the first page meanwhile.
    """

    sync_changed = Signal()

    def __init__(
        self,
        handbook: "Handbook | None",
        work: Work,
        data_dir: Path,
        now: Callable[[], datetime] = utc_now,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.work = work
        self.data_dir = data_dir
        self.now = now
        self.changes = ChangeSignal(self)
        self.sync_progress: SyncProgress | None = None
        self.sync_stopped = False
        self.sync_error: Expected | None = None
        self._sync_job: Job[SyncReport] | None = None
        self._stop = threading.Event()
        self._told: SyncProgress | None = None
        self._soon = QTimer(self, interval=SEND_AFTER_MS, singleShot=True)
        self._soon.timeout.connect(self.sync_now)
        self.is_open = False
        if handbook:
            self.open(handbook)

    def open(self, handbook: "Handbook") -> None:
        """From now on there is a handbook to read and to write."""
        self.handbook = handbook
        self.indexing = Indexing(handbook.search, self.work, self.changes, self)
        self._unsubscribe = handbook.store.subscribe(self.changes.announce)
        self.changes.changed.connect(self._settle_notes)
        self.changes.changed.connect(self._send_soon)
        self.is_open = True

    @property
    def syncing(self) -> bool:
        return self._sync_job is not None

    def sync_now(self) -> None:
        """Start a sync in the background; one that is running already is left to finish."""
        if self._sync_job or not self.is_open:
            return
        sync = self.handbook.sync
        stop = self._stop = threading.Event()
        self.sync_progress = self._told = None

        def run(job: "Job[SyncReport]") -> "SyncReport":
            def tell(progress: "SyncProgress") -> None:
                self._told = progress
                job.report(progress.done, progress.total)

            return sync.run(self.now, progress=tell, cancelled=lambda: job.cancelled or stop.is_set())

        self._sync_job = self.work.run_reporting(
            run, self._sync_ended, self._sync_failed, self, progress=self._sync_moved, lane=Lane.NET
        )
        self.sync_changed.emit()

    @property
    def stopping(self) -> bool:
        return self.syncing and self._stop.is_set()

    def stop_sync(self) -> None:
        """Break off the sync that is running; what has come is kept, the rest comes next time."""
        if self._sync_job and not self._stop.is_set():
            self._stop.set()
            self.handbook.interrupt()
            self.sync_changed.emit()

    def close(self) -> None:
        """Stop listening; a running sync stops at its next safe point. The owner closes the handbook."""
        if not self.is_open:
            return
        self.is_open = False
        if self._sync_job:
            self._sync_job.cancel()
            self._sync_job = None
            self.handbook.interrupt()
        self.indexing.close()
        self._soon.stop()
        self.changes.changed.disconnect(self._settle_notes)
        self.changes.changed.disconnect(self._send_soon)
        self._unsubscribe()

    def _send_soon(self, changes: Changes) -> None:
        """What a person has just done is sent while they go on; what a sync settled needs no other sync."""
        if Change.OUTBOX in changes and not self.syncing:
            self._soon.start()

    def _settle_notes(self, changes: Changes) -> None:
        """A new edition may have come: its notes are found in it before they are asked for."""
        if Change.LIBRARY in changes:
            notes, now = self.handbook.notes, self.now()
            # Who looks at notes settles them too, and is told what is wrong then.
            self.work.run(lambda: notes.settle(now), lambda _: None, lambda _: None, self)

    def _sync_moved(self, _done: int, _total: int) -> None:
        self.sync_progress = self._told
        self.sync_changed.emit()

    def _sync_ended(self, report: "SyncReport") -> None:
        self._sync_job = None
        self.sync_progress = None
        self.sync_error = report.error
        self.sync_stopped = report.cancelled
        self.sync_changed.emit()

    def _sync_failed(self, error: Expected) -> None:
        self._sync_job = None
        self.sync_progress = None
        self.sync_error = error
        self.sync_changed.emit()
