"""Đồng bộ: what waits to be sent and why, when the exchange last worked, and a log to read out by phone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QProgressBar

from handbook.desktop.rows import Row, RowList
from handbook.desktop.screen import Screen
from handbook.desktop.session import Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Card, Label, PrimaryButton, Role, SectionLabel, Tone
from handbook.model.changes import Change, Changes
from handbook.model.vietnamese import moment_text, number_text, since_text

if TYPE_CHECKING:
    from handbook.client.outbox import OwedRow
    from handbook.client.sync import LogLine
    from handbook.client.sync_state import SyncStatus

SHOWN_LOG_LINES = 20
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
        self._owed = RowList(self.tr("Mục chờ gửi"))
        self._owed.setObjectName("sync.owed")
        self._owed.opened.connect(self._retry)
        self._nothing_owed = Label(self.tr("Không còn gì chờ gửi."), Role.MUTED)
        self._log = RowList(self.tr("Nhật ký đồng bộ"))
        self._log.setObjectName("sync.log")
        for part in (
            self._sign_in,
            self._last,
            self._owed_title,
            self._nothing_owed,
            self._owed,
            SectionLabel(self.tr("Nhật ký")),
            self._log,
        ):
            self.body.addWidget(part)
        self._sign_in.hide()
        self._kinds = {
            "reflection": self.tr("Bài thu hoạch: {}"),
            "tick": self.tr("Đánh dấu đã đọc: {}"),
            "review": self.tr("Nhận xét bài thu hoạch: {}"),
        }
        self._show_progress()
        session.sync_changed.connect(self._show_progress)

    def refresh(self) -> None:
        handbook = self.session.handbook

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
        account = self.session.handbook.account
        now = self.session.now()

        def done(_: Changes) -> None:
            self.clear_banner()
            self._sign_in.clear()
            self.session.sync_now()

        self.command(lambda: account.sign_in_again(password, now), done)

    def _show_exchange(self, exchange: _Exchange) -> None:
        status, now = exchange.status, self.session.now()
        if status.last_success:
            title = self.tr("Lần gần nhất kết nối được: {}").format(since_text(status.last_success, now))
        else:
            title = self.tr("Chưa đồng bộ lần nào trên máy này")
        self._last.set_title(title)
        reason = " ".join(status.last_error) if status.last_error else self.tr("Lần gần nhất không có lỗi.")
        if status.clock_skew and abs(status.clock_skew.total_seconds()) > CLOCK_TOLERANCE_SECONDS:
            minutes = number_text(abs(status.clock_skew.total_seconds()) // 60)
            reason += " " + self.tr("Đồng hồ máy này lệch {} phút so với máy chủ.").format(minutes)
        self._reason.setText(reason)
        self._sign_in.setVisible(exchange.expired)
        self._owed_title.setText(self.tr("Chờ gửi: {}").format(number_text(len(exchange.owed))))
        self._nothing_owed.setVisible(not exchange.owed)
        self._show_list(self._owed, [self._owed_row(row) for row in exchange.owed])
        self._show_list(self._log, [self._log_row(line) for line in exchange.log])
        self.show_ready()

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
        view.fit_height()

    def _retry(self, key: str) -> None:
        lineage, _, revision = key.rpartition("/")
        self.command(
            lambda: self.session.handbook.outbox.retry(lineage, int(revision)),
            lambda _: self.session.sync_now(),
        )

    def _show_progress(self) -> None:
        syncing = self.session.syncing
        done, total = self.session.sync_progress
        self._button.setEnabled(not syncing)
        self._progress.setVisible(syncing)
        self._progress.setRange(0, total)
        self._progress.setValue(done)


class _SignInAgain(Card):
    """Shown when the server no longer knows this PC; what waits is kept meanwhile."""

    def __init__(self, screen: SyncScreen) -> None:
        super().__init__(" ", "key")
        self.set_title(
            self.tr("Phiên đăng nhập đã hết hạn"), self.tr("Hãy gõ lại mật khẩu để gửi và nhận tiếp.")
        )
        self._password = QLineEdit()
        self._password.setObjectName("sync.password")
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setAccessibleName(self.tr("Mật khẩu"))
        self._password.setMaximumWidth(current_theme().px(360))
        self._password.returnPressed.connect(lambda: screen.sign_in_again(self._password.text()))
        self.add(self._password)
        button = self.add_action(
            Action(self.tr("Đăng nhập lại"), lambda: screen.sign_in_again(self._password.text())),
            PrimaryButton,
        )
        button.setObjectName("sync.signin")

    def clear(self) -> None:
        self._password.clear()
