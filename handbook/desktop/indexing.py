"""Keeps the search index of the opened profile up with its library, behind everything else."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from handbook.desktop.changes import ChangeSignal
from handbook.desktop.work import Job, Lane, Work
from handbook.errors import Expected
from handbook.model.changes import Change, Changes

if TYPE_CHECKING:
    from handbook.client.search import Search

START_MS = 1500
"""After the profile was opened: the first screen comes before the index."""


class Indexing(QObject):
    """`changed()` is emitted when the index has caught up, or could not (`error` then says why).

    At most one refresh runs; what changes meanwhile is caught up by one more.
    """

    changed = Signal()

    def __init__(self, search: "Search", work: Work, changes: ChangeSignal, parent: QObject) -> None:
        super().__init__(parent)
        self._search = search
        self._work = work
        self._job: Job[None] | None = None
        self._again = False
        self.error: Expected | None = None
        self._changes = changes
        changes.changed.connect(self._library_changed)
        self._start = QTimer(self, interval=START_MS, singleShot=True)
        self._start.timeout.connect(self.refresh)
        self._start.start()

    @property
    def busy(self) -> bool:
        return self._job is not None

    def refresh(self) -> None:
        """Bring the index up to the library now; nothing is done where it is already."""
        if self._job:
            self._again = True
            return
        search = self._search

        def bring_up(job: Job[None]) -> None:
            if search.refresh(lambda: job.cancelled):
                search.warm()

        # Making an index anew may take minutes: not on the lane on which the screens read.
        self._job = self._work.run_reporting(bring_up, self._done, self._failed, self, lane=Lane.NET)

    def close(self) -> None:
        """Stop at the next safe point and start nothing more."""
        self._start.stop()
        self._changes.changed.disconnect(self._library_changed)
        if self._job:
            self._job.cancel()

    def _library_changed(self, changes: Changes) -> None:
        if Change.LIBRARY in changes:
            self.refresh()

    def _done(self, _: None) -> None:
        self._end(None)

    def _failed(self, error: Expected) -> None:
        self._end(error)

    def _end(self, error: Expected | None) -> None:
        self._job, self.error = None, error
        self.changed.emit()
        if self._again:
            self._again = False
            self.refresh()
