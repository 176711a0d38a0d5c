"""When a sync starts by itself: on a timer, when the network is back, and soon after the line failed."""

from collections.abc import Callable
from random import Random

from PySide6.QtCore import QObject, QTimer, Signal

from handbook.desktop.session import Session
from handbook.errors import Offline

EVERY_MS = 15 * 60 * 1000
FIRST_RETRY_MS = 30 * 1000
"""After the line failed once; each failure after it doubles the wait, up to EVERY_MS."""
SETTLE_MS = 3000
"""Between the system's word that there is a network and asking: names and proxies come a little later."""


class NetworkWatch(QObject):
    """`returned()` is emitted when the system says that the network is back.

    Where the system tells nothing it is never emitted: trying again sees to that.
    """

    returned = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Here: the window is painted and used before anybody needs to know of the network.
        from PySide6.QtNetwork import QNetworkInformation

        self._reaches = {QNetworkInformation.Reachability.Online, QNetworkInformation.Reachability.Site}
        self._away = {
            QNetworkInformation.Reachability.Disconnected,
            QNetworkInformation.Reachability.Local,
        }
        self._was_away = False
        if QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Reachability):
            information = QNetworkInformation.instance()
            information.reachabilityChanged.connect(self.note)
            self.note(information.reachability())

    def note(self, reachability: object) -> None:
        """What the system says now."""
        if reachability in self._away:
            self._was_away = True
        elif reachability in self._reaches and self._was_away:
            self._was_away = False
            self.returned.emit()


class SyncTimes(QObject):
    """Starts the session's syncs while it lives. `random` keeps many PCs from coming back in one moment."""

    def __init__(self, session: Session, random: Random, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._random = session, random
        self._failures = 0
        self._regular = self._timer(EVERY_MS, session.sync_now)
        self._again = self._timer(FIRST_RETRY_MS, session.sync_now)
        self._again.setSingleShot(True)
        self._settled = self._timer(SETTLE_MS, session.sync_now)
        self._settled.setSingleShot(True)
        self._regular.start()
        session.sync_changed.connect(self._sync_changed)

    def watch(self, network: NetworkWatch) -> None:
        """From now on the return of the network starts a sync too."""
        network.returned.connect(self._settled.start)

    @property
    def next_retry_ms(self) -> int:
        """In how long the line is tried again; -1 when it works, or the timer sees to it."""
        return self._again.remainingTime()

    def _sync_changed(self) -> None:
        if self._session.syncing:
            for timer in (self._again, self._settled):
                timer.stop()
            return
        if isinstance(self._session.sync_error, Offline) and not self._session.sync_stopped:
            wait = min(FIRST_RETRY_MS * 2**self._failures, EVERY_MS)
            self._failures = min(self._failures + 1, 10)
            self._again.start(round(wait * self._random.uniform(0.75, 1.25)))
        else:
            self._failures = 0
            self._again.stop()

    def _timer(self, milliseconds: int, act: Callable[[], object]) -> QTimer:
        timer = QTimer(self, interval=milliseconds)
        timer.timeout.connect(act)
        return timer
