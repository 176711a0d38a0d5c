"""One exchange with the server: send what is owed, take in content, read the feeds, send again, fetch files.

Each step is resumable by itself, so that a sync may be killed or cancelled at any line; the next one goes on.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.client import base_content
from handbook.client.attached import AttachedFiles
from handbook.client.bandwidth import Speed
from handbook.client.feed import Feed
from handbook.client.sync_log import LogLine, log_lines, note_line, of_error
from handbook.client.sync_state import SyncStatus, last_sync, note_sync, rest
from handbook.errors import (
    Altered,
    Expected,
    Lapsed,
    NotFound,
    Offline,
    Outdated,
    SignInFailed,
    TooBusy,
    Untrusted,
)
from handbook.model.changes import Change, Changes
from handbook.protocol.trust import publishers_for

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.content import ContentReport
    from handbook.client.outbox import Outbox
    from handbook.client.store import Store
    from handbook.client.transport import Transport
    from handbook.client.usb_writing import UsbReport

__all__ = ["LogLine", "Sync", "SyncProgress", "SyncReport", "SyncStatus"]


SENDING = "Đang gửi nội dung đã nộp…"
FETCHING_FILES = "Đang nhận tệp kèm theo bài thu hoạch…"
READING_FEED = "Đang nhận tin của chi bộ…"
WAITING = "Đang chờ lần đồng bộ trước xong…"
LOOK_SECONDS = 0.2  # how soon a cancel is noticed while another exchange ends


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """What the sync is doing: bytes done of those there are to do, `total` 0 while that is not known.

    `rate` is in bytes a second over the last moments, 0 while nothing comes.
    """

    stage: str
    done: int
    total: int
    rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What one sync moved; `offered_again` counts what a restored server had lost. `error` is the one to show
    of `errors`; None when everything worked.

    `already_running` tells that another sync was under way, so that this one did nothing; `cancelled` that
    the person stopped it: what had come is kept.
    """

    started_at: datetime
    finished_at: datetime
    documents_changed: int = 0
    sent: int = 0
    received: int = 0
    offered_again: int = 0
    bytes_down: int = 0
    error: Expected | None = None
    errors: tuple[Expected, ...] = ()
    changes: Changes = frozenset()
    already_running: bool = False
    cancelled: bool = False


Progress = Callable[[SyncProgress], None]
Cancelled = Callable[[], bool]
PullContent = Callable[[datetime, Progress, Cancelled], "ContentReport"]


class Sync:
    """`data_dir` holds the TUF root that this PC was given (trust/root.json), `base` the content that came
    with the program.

    `pull_content` takes the place of client/content.py's pull.
    """

    def __init__(
        self,
        store: "Store",
        account: "Account",
        outbox: "Outbox",
        transport: "Transport",
        data_dir: Path,
        *,
        base: Path | None = None,
        pull_content: PullContent | None = None,
    ) -> None:
        self._store = store
        self._account = account
        self._outbox = outbox
        self._transport = transport
        self._root = data_dir / "trust" / "root.json"
        self._base = base
        self._feed = Feed(store, account, outbox)
        self._pull_content = pull_content or self._pull_signed_content
        self._running = threading.Lock()

    def run(
        self,
        now: Callable[[], datetime],
        progress: Progress = lambda _: None,
        cancelled: Cancelled = lambda: False,
    ) -> SyncReport:
        """Exchanges everything once. A step that fails does not keep the others from being tried, unless the
        server cannot be reached or asked to wait. Expected errors are reported, never raised.
        """
        if not self._running.acquire(blocking=False):
            return SyncReport(started_at=now(), finished_at=now(), already_running=True)
        try:
            run = _Run(now())
            for step in (
                self._base_content,
                self._push,
                self._content,
                self._read_feeds,
                self._push,
                self._fetch_files,
            ):
                if cancelled() or run.is_pointless:
                    break
                try:
                    step(run, now, progress, cancelled)
                except Expected as error:
                    run.errors.append(error)
            stopped = cancelled()
            if stopped:  # what was broken off on the way was asked for
                run.errors = [error for error in run.errors if not isinstance(error, Offline)]
            return self._finish(run, now(), stopped)
        finally:
            self._running.release()

    def take_in(
        self,
        folder: Path,
        now: datetime,
        progress: Progress = lambda _: None,
        cancelled: Cancelled = lambda: False,
    ) -> "ContentReport":
        """Takes in content that was carried here in a folder, verified as that of the server, and logs it.

        Waits for a sync that is running. Raises as usb_reading.take_in does; what is installed stays then.
        """
        from handbook.client import usb_reading
        from handbook.client.content import ContentReport

        with self._alone(progress, cancelled) as is_alone:
            if not is_alone:
                return ContentReport(cancelled=True)
            try:
                report = usb_reading.take_in(
                    self._store,
                    folder,
                    self._content_dir,
                    self._given_root(),
                    publishers_for(self._account.member().unit),
                    now,
                    _with_rate(progress),
                    cancelled,
                )
            except Expected as error:
                self._note_carried(folder, now, None, error)
                raise
            if not report.cancelled:
                self._note_carried(folder, now, report, None)
        if report.changed or report.withdrawn:
            self._store.announce({Change.LIBRARY, Change.STUDY, Change.CELL})
        return report

    def write_out(
        self,
        target: Path,
        now: datetime,
        progress: Progress = lambda _: None,
        cancelled: Cancelled = lambda: False,
    ) -> "UsbReport":
        """Writes what the server publishes for this member's commune into a folder; needs the network.

        Raises as usb_writing.write_out does.
        """
        from handbook.client import usb_writing

        return usb_writing.write_out(
            self._transport,
            self._given_root(),
            publishers_for(self._account.member().unit),
            target,
            now,
            _with_rate(progress),
            cancelled,
        )

    def status(self) -> SyncStatus:
        """When the exchange last worked, was last tried, and what went wrong then."""
        return last_sync(self._store)

    def log(self) -> tuple[LogLine, ...]:
        """The latest syncs and what was taken in from USB, newest first."""
        return log_lines(self._store)

    # Steps

    def _push(
        self, run: "_Run", now: Callable[[], datetime], progress: Progress, cancelled: Cancelled
    ) -> None:
        if not self._signed_in(run):
            return
        progress(SyncProgress(SENDING, 0, 0))
        report = self._outbox.deliver(self._transport, self._account.token, now(), cancelled)
        run.sent += report.sent
        run.changes |= report.changes
        if report.error:
            run.errors.append(report.error)

    def _content(
        self, run: "_Run", now: Callable[[], datetime], progress: Progress, cancelled: Cancelled
    ) -> None:
        report = self._pull_content(now(), progress, cancelled)
        run.bytes_down += report.bytes_down
        self._note_content(run, report)

    def _base_content(
        self, run: "_Run", now: Callable[[], datetime], progress: Progress, cancelled: Cancelled
    ) -> None:
        """Takes in what came with the program, when it is newer than what is here."""
        if self._base is None:
            return
        root = self._given_root()
        if not base_content.brings_news(self._base, self._content_dir, root):
            return
        from handbook.client import usb_reading

        publishers = publishers_for(self._account.member().unit)
        try:
            report = usb_reading.take_in(
                self._store,
                self._base,
                self._content_dir,
                root,
                publishers,
                now(),
                _with_rate(progress),
                cancelled,
            )
        except (Lapsed, Outdated, NotFound):
            return  # of an installer that lay about for long, or of another commune: the network has better
        except Untrusted as error:
            raise Altered(
                "Nội dung đi kèm bộ cài bị sửa hoặc hỏng nên không được nhận.",
                "Sổ tay vẫn lấy nội dung từ máy chủ; hãy cài lại từ bộ cài gốc của đảng uỷ.",
            ) from error
        self._note_content(run, report)

    def _note_content(self, run: "_Run", report: "ContentReport") -> None:
        if count := len(report.changed) + len(report.withdrawn):
            run.documents_changed += count
            run.changes |= self._store.announce({Change.LIBRARY, Change.STUDY, Change.CELL})

    def _read_feeds(
        self, run: "_Run", now: Callable[[], datetime], progress: Progress, cancelled: Cancelled
    ) -> None:
        if not self._signed_in(run):
            return
        progress(SyncProgress(READING_FEED, 0, 0))
        report = self._feed.pull(self._transport, self._account.token, now(), cancelled)
        run.received += report.received
        run.offered_again += report.lost
        run.bytes_down += report.bytes_down
        run.changes |= report.changes
        if report.error:
            run.errors.append(report.error)

    def _fetch_files(
        self, run: "_Run", now: Callable[[], datetime], progress: Progress, cancelled: Cancelled
    ) -> None:
        if not self._signed_in(run):
            return
        progress(SyncProgress(FETCHING_FILES, 0, 0))
        report = AttachedFiles(self._store).fetch(self._transport, self._account.token, cancelled)
        run.bytes_down += report.bytes_down
        run.changes |= report.changes
        if report.error:
            run.errors.append(report.error)

    def _pull_signed_content(
        self, now: datetime, progress: Progress, cancelled: Cancelled
    ) -> "ContentReport":
        # The Update Framework is slow to import, and most starts of the program come before any sync.
        from handbook.client import content

        return content.pull(
            self._store,
            self._transport,
            self._content_dir,
            self._given_root(),
            publishers_for(self._account.member().unit),
            now,
            _with_rate(progress),
            cancelled,
        )

    @property
    def _content_dir(self) -> Path:
        return self._store.profile_dir / "content"

    def _given_root(self) -> bytes:
        """The TUF root that the installer put on this PC. Raises NotFound."""
        return base_content.given_root(self._root, self._base)

    @contextmanager
    def _alone(self, progress: Progress, cancelled: Cancelled) -> Iterator[bool]:
        """Holds off other exchanges, once a running one has ended; False when cancelled before."""
        while not self._running.acquire(timeout=LOOK_SECONDS):
            if cancelled():
                yield False
                return
            progress(SyncProgress(WAITING, 0, 0))
        try:
            yield True
        finally:
            self._running.release()

    def _signed_in(self, run: "_Run") -> bool:
        if not self._account.session_expired():
            return True
        if not any(isinstance(error, SignInFailed) for error in run.errors):
            run.errors.append(
                SignInFailed(
                    "Phiên đăng nhập trên máy này không còn hiệu lực.",
                    "Hãy đăng nhập lại để gửi và nhận; bài viết vẫn được giữ.",
                )
            )
        return False

    def _finish(self, run: "_Run", finished_at: datetime, cancelled: bool) -> SyncReport:
        error = run.error
        if not cancelled or error:
            try:
                self._note(run, finished_at, error)
                run.changes |= self._store.announce({Change.SYNC})
            except Expected as problem:
                run.errors.append(problem)
                error = run.error
        return SyncReport(
            started_at=run.started_at,
            finished_at=finished_at,
            documents_changed=run.documents_changed,
            sent=run.sent,
            received=run.received,
            offered_again=run.offered_again,
            bytes_down=run.bytes_down,
            error=error,
            errors=tuple(run.errors),
            changes=run.changes,
            cancelled=cancelled,
        )

    def _note(self, run: "_Run", finished_at: datetime, error: Expected | None) -> None:
        with self._store.personal.write() as connection:
            note_sync(connection, finished_at, error, self._transport.clock_skew)
            for busy in (each for each in run.errors if isinstance(each, TooBusy)):
                rest(connection, finished_at + timedelta(seconds=busy.retry_after))
            line = LogLine(
                started_at=run.started_at,
                finished_at=finished_at,
                sent=run.sent,
                received=run.received,
                offered_again=run.offered_again,
                documents_changed=run.documents_changed,
                bytes_down=run.bytes_down,
                **of_error(error),
            )
            note_line(connection, line)

    def _note_carried(
        self, folder: Path, now: datetime, report: "ContentReport | None", error: Expected | None
    ) -> None:
        """Adds to the log what was taken in from a folder."""
        line = LogLine(
            started_at=now,
            finished_at=now,
            documents_changed=len(report.changed) + len(report.withdrawn) if report else 0,
            bytes_down=report.bytes_down if report else 0,
            source=str(folder),
            **of_error(error),
        )
        with self._store.personal.write() as connection:
            note_line(connection, line)
        self._store.announce({Change.SYNC})


class _Run:
    """What one sync has moved and met so far."""

    def __init__(self, started_at: datetime) -> None:
        self.started_at = started_at
        self.documents_changed = 0
        self.sent = 0
        self.received = 0
        self.offered_again = 0
        self.bytes_down = 0
        self.errors: list[Expected] = []
        self.changes: Changes = frozenset()

    @property
    def is_pointless(self) -> bool:
        """Whether further steps would only meet the same silence, or disturb a server that asked to rest."""
        return any(isinstance(error, Offline | TooBusy) for error in self.errors)

    @property
    def error(self) -> Expected | None:
        """The error to show: one that only the member can mend goes first."""
        needs_member = (error for error in self.errors if isinstance(error, SignInFailed))
        return next(needs_member, self.errors[0] if self.errors else None)


def _with_rate(progress: Progress) -> Callable[[str, int, int], None]:
    """Tells of content's progress with how fast it comes."""
    speed = Speed(time.monotonic)
    before = 0

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal before
        # The first to be told of was here from an earlier sync, or is a single piece.
        came = max(0, done - before) if before else 0
        before = done
        progress(SyncProgress(stage, done, total, speed.add(came)))

    return tell
