"""Đồng bộ: what waits to be sent and why, when the exchange last worked, and a log to read out by phone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLineEdit, QProgressBar

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.rows import Row, RowList
from handbook.desktop.screen import Screen
from handbook.desktop.session import Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Card,
    Label,
    PrimaryButton,
    Role,
    SecondaryButton,
    SectionLabel,
    Tone,
)
from handbook.desktop.work import Lane
from handbook.errors import Expected
from handbook.model.changes import Change, Changes
from handbook.model.vietnamese import moment_text, number_text, since_text

if TYPE_CHECKING:
    from handbook.client.outbox import OwedRow
    from handbook.client.sync import LogLine
    from handbook.client.sync_state import SyncStatus

SHOWN_LOG_LINES = 20
REASON_LINES = 4
"""So much of why something was not sent is shown in its row; a screen reader says all of it."""
CLOCK_TOLERANCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class _Exchange:
    status: "SyncStatus"
    owed: "tuple[OwedRow, ...]"
    log: "tuple[LogLine, ...]"
    expired: bool


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
        self._last.add(self._reason, self._progress)
        self._sign_in = _SignInAgain(self)
        self._owed_title = SectionLabel("")
        self._owed = RowList(self.tr("Mục chờ gửi"), note_lines=REASON_LINES, fits=True)
        self._owed.setObjectName("sync.owed")
        self._owed.opened.connect(self._retry)
        self._nothing_owed = Label(self.tr("Không còn gì chờ gửi."), Role.MUTED)
        self._nothing_owed.setObjectName("sync.nothing")
        self._set_aside = _SetAside(self)
        self._log_title = SectionLabel(self.tr("Nhật ký"))
        self._log = RowList(self.tr("Nhật ký đồng bộ"), note_lines=2, fits=True)
        self._log.setObjectName("sync.log")
        for part in (
            self._sign_in,
            self._last,
            self._owed_title,
            self._nothing_owed,
            self._set_aside,
            self._owed,
            self._log_title,
            self._log,
        ):
            self.body.addWidget(part)
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

    def _show_exchange(self, exchange: _Exchange) -> None:
        status, now = exchange.status, self.session.now()
        if status.last_success:
            title = self.tr("Lần gần nhất kết nối được: {}").format(since_text(status.last_success, now))
        else:
            title = self.tr("Chưa đồng bộ lần nào trên máy này")
        self._last.set_title(title)
        self._reason.setText(" ".join(self._reasons(status)))
        self._sign_in.setVisible(exchange.expired)
        self._owed_title.setText(self.tr("Chờ gửi: {}").format(number_text(len(exchange.owed))))
        self._nothing_owed.setVisible(not exchange.owed)
        self._set_aside.show_count(sum(row.set_aside for row in exchange.owed))
        self._show_list(self._owed, [self._owed_row(row) for row in exchange.owed])
        self._log_title.setVisible(bool(exchange.log))
        self._show_list(self._log, [self._log_row(line) for line in exchange.log])
        self._opened = True
        self.show_ready()

    def _reasons(self, status: "SyncStatus") -> Iterator[str]:
        """How the latest exchange went, and whether this PC's clock is wrong."""
        if self.session.sync_error:
            yield str(self.session.sync_error)
        elif status.last_error:
            yield " ".join(status.last_error)
        elif status.last_attempt:
            yield self.tr("Lần gần nhất không có lỗi.")
        else:
            yield self.tr("Bấm Đồng bộ ngay để nhận nội dung và gửi những gì đã làm.")
        skew = status.clock_skew
        if skew and abs(skew.total_seconds()) > CLOCK_TOLERANCE_SECONDS:
            minutes = number_text(abs(skew.total_seconds()) // 60)
            yield self.tr("Đồng hồ máy này lệch {} phút so với máy chủ.").format(minutes)

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
            title=self._kinds[row.kind].format(row.title),
            note=f"{since} · {why}",
            badge=badge,
            tone=tone,
        )

    def _log_row(self, line: "LogLine") -> Row:
        moved = self.tr("gửi {}, nhận {}, {} văn bản, tải {} KB").format(
            number_text(line.sent),
            number_text(line.received),
            number_text(line.documents_changed),
            number_text(line.bytes_down / 1024),
        )
        if line.error:
            return Row(
                key=line.started_at.isoformat(),
                title=f"{line.error} {line.advice}".strip(),
                note=f"{moment_text(line.finished_at)} · {moved}",
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
        done, total = self.session.sync_progress
        self._button.setEnabled(not syncing)
        self._progress.setVisible(syncing)
        self._progress.setRange(0, total)
        self._progress.setValue(done)


class _SetAside(Card):
    """What the server refused, and the way to send it once more."""

    def __init__(self, screen: SyncScreen) -> None:
        super().__init__(" ", "alert")
        self.add(
            Label(
                self.tr(
                    "Không có chữ nào bị mất. Lý do ghi ở từng mục bên dưới; "
                    "bài thu hoạch thì mở ở Học tập để sửa hoặc chọn bản giữ lại."
                )
            )
        )
        button = self.add_action(
            Action(self.tr("Thử gửi lại"), screen.retry_set_aside, "send"), SecondaryButton
        )
        button.setObjectName("sync.retry")

    def show_count(self, count: int) -> None:
        self.setVisible(count > 0)
        self.set_title(self.tr("{} mục không gửi được, cần đồng chí xem").format(number_text(count)))


class _SignInAgain(Card):
    """Shown when the server no longer knows this PC; what waits is kept meanwhile."""

    def __init__(self, screen: SyncScreen) -> None:
        super().__init__(" ", "key")
        self.set_title(
            self.tr("Phiên đăng nhập đã hết hạn"), self.tr("Hãy gõ lại mật khẩu để gửi và nhận tiếp.")
        )
        self._screen = screen
        self._password = QLineEdit()
        self._password.setObjectName("sync.password")
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setAccessibleName(self.tr("Mật khẩu"))
        self._password.setPlaceholderText(self.tr("Mật khẩu"))
        self._password.returnPressed.connect(self._sign_in)
        self.add(self._password)
        self._button = self.add_action(Action(self.tr("Đăng nhập lại"), self._sign_in), PrimaryButton)
        self._button.setObjectName("sync.signin")
        self._measure_password()

    def clear(self) -> None:
        self._password.clear()
        self._button.setEnabled(True)

    def try_again(self) -> None:
        """The password was not accepted, or nobody answered."""
        self._button.setEnabled(True)
        self._password.setFocus()
        self._password.selectAll()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure_password()

    def _sign_in(self) -> None:
        if self._button.isEnabled():
            self._button.setEnabled(False)
            self._screen.sign_in_again(self._password.text())

    def _measure_password(self) -> None:
        self._password.setMaximumWidth(current_theme().px(360))
