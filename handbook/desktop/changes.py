"""Changes announced on any thread -> one Qt signal on the GUI thread."""

from threading import Lock

from PySide6.QtCore import QObject, Qt, Signal, Slot

from handbook.model.changes import Change, Changes


class ChangeSignal(QObject):
    """Screens connect to `changed(Changes)` and read again what they show.

    Announcements that arrive faster than the GUI answers are merged into one signal.
    """

    changed = Signal(object)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = Lock()
        self._pending: set[Change] = set()
        self._wake.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def announce(self, changes: Changes) -> None:
        """Called after a commit, on the thread that committed."""
        with self._lock:
            wake = bool(changes) and not self._pending
            self._pending |= changes
        if wake:
            self._wake.emit()

    @Slot()
    def _tell(self) -> None:
        with self._lock:
            changes = frozenset(self._pending)
            self._pending.clear()
        self.changed.emit(changes)
