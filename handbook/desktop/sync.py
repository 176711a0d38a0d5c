"""Đồng bộ: what waits to be sent and why, when the exchange last worked, and a log to read out by phone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressBar

from handbook.desktop.bundles import BundlesCard
from handbook.desktop.rows import Row, RowList
from handbook.desktop.screen import Screen
from handbook.desktop.session import Session
from handbook.desktop.sync_cards import SetAside, SignInAgain
from handbook.desktop.sync_log import clock_text, lines, moved_text, progress_text
from handbook.desktop.usb import UsbCard
from handbook.desktop.widgets import (
    Action,
    Card,
    Label,
    PrimaryButton,
    Role,
    SecondaryButton,
    SectionLabel,
    Toast,
    Tone,
)
from handbook.desktop.work import Lane
from handbook.errors import Expected
from handbook.model.changes import Change, Changes
from handbook.model.vietnamese import moment_text, number_text, since_text

if TYPE_CHECKING:
    from handbook.client.outbox import OwedRow
    from handbook.client.set_aside import Dropped
    from handbook.client.sync import LogLine
    from handbook.client.sync_state import SyncStatus

SHOWN_LOG_LINES = 20
WRITTEN = ("reflection", "withdrawal")
"""Kinds of the member's own texts: what becomes of them is decided where they were written."""
REASON_LINES = 4
"""So much of why something was not sent is shown in its row; a screen reader says all of it."""


@dataclass(frozen=True, slots=True)
class _Exchange:
    status: "SyncStatus"
    owed: "tuple[OwedRow, ...]"
    log: "tuple[LogLine, ...]"
    expired: bool
    server: str
    may_carry: bool


class SyncScreen(Screen):
    concerns = frozenset({Change.OUTBOX, Change.SYNC, Change.ACCOUNT})

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.header.show_text(self.tr("Đồng bộ"), self.tr("Gửi những gì đồng chí đã làm, nhận nội dung mới"))
        self._button = self.header.add_action(
            Action(self.tr("Đồng bộ ngay"), session.sync_now, "sync"), PrimaryButton
        )
        self._button.setObjectName("sync.now")
        self._button.setToolTip("F5")
        self._last = Card(" ", "sync")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Đang đồng bộ"))
        self._reason = Label("", Role.BODY)
        self._moving = Label("", Role.BODY)
        self._moving.setObjectName("sync.progress")
        self._last.add(self._reason, self._moving, self._progress)
        self._stop = self._last.add_action(
            Action(self.tr("Dừng"), session.stop_sync, "close"), SecondaryButton
        )
        self._stop.setObjectName("sync.stop")
        self._sign_in = SignInAgain(self.sign_in_again)
        self._owed_title = SectionLabel("")
        self._owed = RowList(self.tr("Mục chờ gửi"), note_lines=REASON_LINES, fits=True)
        self._owed.setObjectName("sync.owed")
        self._owed.opened.connect(self._retry)
        self._owed.chosen.connect(lambda _: self._let_drop())
        self._nothing_owed = Label(self.tr("Không còn gì chờ gửi."), Role.MUTED)
        self._nothing_owed.setObjectName("sync.nothing")
        self._set_aside = SetAside(self.retry_set_aside, self.drop_chosen)
        self._usb, self._bundles = UsbCard(session), BundlesCard(session)
        self._log_title = SectionLabel(self.tr("Nhật ký"))
        self._log = RowList(self.tr("Nhật ký đồng bộ"), note_lines=2, fits=True)
        self._log.setObjectName("sync.log")
        self._copy = SecondaryButton(self.tr("Sao chép nhật ký"), "copy")
        self._copy.setObjectName("sync.copy")
        self._copy.setToolTip(self.tr("Những dòng ngắn để gửi, hoặc đọc qua điện thoại, cho người giúp"))
        self._copy.clicked.connect(self.copy_log)
        for part in (
            self._sign_in,
            self._last,
            self._owed_title,
            self._nothing_owed,
            self._set_aside,
            self._owed,
            self._usb,
            self._bundles,
            self._log_title,
            self._log,
        ):
            self.body.addWidget(part)
        self.body.addWidget(self._copy, alignment=Qt.AlignmentFlag.AlignLeft)
        self._exchange: _Exchange | None = None
        self._opened = False
        self._kinds = {
            "reflection": self.tr("Bài thu hoạch: {}"),
            "tick": self.tr("Đánh dấu đã đọc: {}"),
            "withdrawal": self.tr("Rút lại bài thu hoạch: {}"),
            "review": "{}",  # its title says that it is one, and of whose text
        }
        self._show_progress()
        session.sync_changed.connect(self._sync_changed)

    def refresh(self) -> None:
        handbook = self.session.handbook
        if not self._opened:
            self.show_loading(self.tr("Đang xem việc gửi và nhận…"))

        def read() -> _Exchange:
            return _Exchange(
                handbook.sync.status(),
                handbook.outbox.owed(),
                handbook.sync.log()[:SHOWN_LOG_LINES],
                handbook.account.session_expired(),
                handbook.account.server,
                handbook.account.may_carry(),
            )

        self.load(read, self._show_exchange)

    def sign_in_again(self, password: str) -> None:
        """Renew the session with the server; what waited is sent right after."""
        account, now = self.session.handbook.account, self.session.now()

        def done(_: Changes) -> None:
            self.clear_banner()
            self._sign_in.clear()
            self.session.sync_now()

        def failed(error: Expected) -> None:
            self._sign_in.try_again()
            self._cannot_do(error)

        # A server that does not answer must not keep the screens from reading.
        self.session.work.run(lambda: account.sign_in_again(password, now), done, failed, self, Lane.NET)

    def retry_set_aside(self) -> None:
        """Send once more all that was refused."""
        outbox = self.session.handbook.outbox

        def put_back() -> Changes:
            refused = [row for row in outbox.owed() if row.set_aside]
            return frozenset().union(*(outbox.retry(row.lineage, row.revision) for row in refused))

        self.command(put_back, lambda _: self.session.sync_now())

    def drop_chosen(self) -> None:
        """Send what is chosen no more, with the way to take that back."""
        if (row := self._chosen_aside()) is None:
            return
        store = self.session.handbook.store

        def act() -> "tuple[Dropped, Changes]":
            from handbook.client.set_aside import drop

            return drop(store, row.lineage, row.revision)

        def done(outcome: "tuple[Dropped, Changes]") -> None:
            dropped = outcome[0]
            self.undo_offered.emit(
                self.tr("Đã bỏ khỏi hàng chờ: {}").format(row.title), lambda: self._put_back(dropped)
            )

        self.session.work.run(act, done, self._cannot_do, self)

    def copy_log(self) -> None:
        """Put the log on the clipboard in short plain lines."""
        if exchange := self._exchange:
            told = lines(exchange.log, exchange.owed, exchange.status, exchange.server, self.session.now())
            QGuiApplication.clipboard().setText("\n".join(told))
            Toast(self.window(), self.tr("Đã sao chép nhật ký."))

    def _put_back(self, dropped: "Dropped") -> None:
        from handbook.client.set_aside import put_back

        store = self.session.handbook.store
        self.command(lambda: put_back(store, dropped))

    def _chosen_aside(self) -> "OwedRow | None":
        """The refused row that the person is on, if it may be dropped."""
        for row in self._exchange.owed if self._exchange else ():
            if f"{row.lineage}/{row.revision}" == self._owed.current_key and row.set_aside:
                return row if row.kind.value not in WRITTEN else None
        return None

    def _let_drop(self) -> None:
        self._set_aside.let_drop(self._chosen_aside() is not None)

    def _show_exchange(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        status, now = exchange.status, self.session.now()
        if status.last_success:
            title = self.tr("Lần gần nhất kết nối được: {}").format(since_text(status.last_success, now))
        else:
            title = self.tr("Chưa đồng bộ lần nào trên máy này")
        self._last.set_title(title)
        self._reason.setText(" ".join(self._reasons(status)))
        self._sign_in.setVisible(exchange.expired)
        self._bundles.let_carry(exchange.may_carry)
        self._owed_title.setText(self.tr("Chờ gửi: {}").format(number_text(len(exchange.owed))))
        self._nothing_owed.setVisible(not exchange.owed)
        self._set_aside.show_count(sum(row.set_aside for row in exchange.owed))
        self._show_list(self._owed, [self._owed_row(row) for row in exchange.owed])
        self._let_drop()
        self._log_title.setVisible(bool(exchange.log))
        self._show_list(self._log, [self._log_row(line) for line in exchange.log])
        self._copy.setVisible(bool(exchange.log))
        self._opened = True
        self.show_ready()

    def _reasons(self, status: "SyncStatus") -> Iterator[str]:
        """How the latest exchange went, and whether this PC's clock is wrong."""
        if self.session.sync_error:
            yield str(self.session.sync_error)
        elif self.session.sync_stopped:
            yield self.tr("Đã dừng như đồng chí muốn; phần đã tải được giữ lại, lần sau tải tiếp.")
        elif status.last_error:
            yield " ".join(status.last_error)
        elif status.last_attempt:
            yield self.tr("Lần gần nhất không có lỗi.")
        else:
            yield self.tr("Bấm Đồng bộ ngay để nhận nội dung và gửi những gì đã làm.")
        if clock := clock_text(status, self.session.now()):
            yield clock

    def _owed_row(self, row: "OwedRow") -> Row:
        since = since_text(row.queued_at, self.session.now())
        why = row.last_error or self.tr("sẽ gửi ở lần đồng bộ kế tiếp")
        if row.set_aside:
            badge, tone = self.tr("Cần xem"), Tone.WARN
            why = f"{row.last_error} {row.last_advice}".strip()
        else:
            badge, tone = self.tr("Chờ gửi"), Tone.INFO
        return Row(
            key=f"{row.lineage}/{row.revision}",
            title=self._kinds.get(row.kind, "{}").format(row.title),
            note=f"{since} · {why}",
            badge=badge,
            tone=tone,
        )

    def _log_row(self, line: "LogLine") -> Row:
        moved = moved_text(line)
        if line.error:
            return Row(
                key=line.started_at.isoformat(),
                title=f"{line.error} {line.advice}".strip(),
                note=f"{moment_text(line.finished_at)} · mã {line.code} · {moved}",
                badge=self.tr("Có lỗi"),
                tone=Tone.WARN,
            )
        return Row(
            key=line.started_at.isoformat(),
            title=moment_text(line.finished_at),
            note=moved,
            badge=self.tr("Xong"),
            tone=Tone.OK,
        )

    def _show_list(self, view: RowList, rows: list[Row]) -> None:
        view.setVisible(bool(rows))
        view.show_rows(rows)

    def _retry(self, key: str) -> None:
        lineage, _, revision = key.rpartition("/")
        self.command(
            lambda: self.session.handbook.outbox.retry(lineage, int(revision)),
            lambda _: self.session.sync_now(),
        )

    def _sync_changed(self) -> None:
        self._show_progress()
        if not self.session.syncing and self.isVisible():
            self.refresh()

    def _show_progress(self) -> None:
        syncing = self.session.syncing
        progress = self.session.sync_progress
        self._button.setEnabled(not syncing)
        self._reason.setVisible(not syncing)
        for part in (self._progress, self._moving, self._stop):
            part.setVisible(syncing)
        self._stop.setEnabled(not self.session.stopping)
        if self.session.stopping:
            self._moving.setText(self.tr("Đang dừng…"))
        else:
            self._moving.setText(progress_text(progress) if progress else self.tr("Đang bắt đầu…"))
        # Kilobytes: a library of some gigabytes would not fit the bar's range in bytes.
        self._progress.setRange(0, progress.total // 1024 if progress else 0)
        self._progress.setValue(progress.done // 1024 if progress else 0)
