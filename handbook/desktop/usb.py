"""The card of Đồng bộ for places without a network: content out to a USB stick, and in from one."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtWidgets import QProgressBar

from handbook.desktop.saving import ask_for_folder
from handbook.desktop.session import Session
from handbook.desktop.sync_log import progress_text, size_text
from handbook.desktop.widgets import Action, Card, Label, Role, SecondaryButton, announce
from handbook.desktop.work import Job, Lane
from handbook.errors import Expected
from handbook.model.vietnamese import date_text, number_text

if TYPE_CHECKING:
    from handbook.client.content import ContentReport
    from handbook.client.sync import Cancelled, Progress, SyncProgress
    from handbook.client.usb_writing import UsbReport

T = TypeVar("T")


class UsbCard(Card):
    """One thing at a time: while a stick is read or written both buttons give way to the progress."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            self.tr("Nơi không có mạng: dùng USB"),
            "folder",
            self.tr("Ghi nội dung trên máy có mạng, rồi nhập ở máy không có mạng. Chữ ký vẫn được kiểm tra."),
        )
        self._session = session
        self._stopping = threading.Event()
        self._told: SyncProgress | None = None
        self._outcome = Label("", Role.BODY)
        self._outcome.setObjectName("usb.outcome")
        self._moving = Label("", Role.BODY)
        self._moving.setObjectName("usb.progress")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Đang đọc hoặc ghi USB"))
        self.add(self._outcome, self._moving, self._bar)
        self._buttons = [
            self._button("usb.read", self.tr("Nhập từ USB…"), "import", self._ask_read),
            self._button("usb.write", self.tr("Xuất ra USB…"), "export", self._ask_write),
        ]
        self._stop = self._button("usb.stop", self.tr("Dừng"), "close", self.stop)
        self._show_running(False)
        self._outcome.hide()

    def read(self, folder: Path) -> None:
        """Take in what lies in the folder."""
        sync, now = self._session.handbook.sync, self._session.now()
        self._run(lambda told, stopped: sync.take_in(folder, now, told, stopped), self._said_of_reading)

    def write(self, folder: Path) -> None:
        """Write what the member's commune reads into the folder's own folder."""
        sync, now = self._session.handbook.sync, self._session.now()

        def write(told: "Progress", stopped: "Cancelled") -> "UsbReport":
            from handbook.client.usb_writing import usual_folder

            return sync.write_out(usual_folder(folder), now, told, stopped)

        self._run(write, self._said_of_writing)

    def stop(self) -> None:
        self._stopping.set()
        self._stop.setEnabled(False)
        self._moving.setText(self.tr("Đang dừng…"))

    def _run(self, act: "Callable[[Progress, Cancelled], T]", said: Callable[[T], str]) -> None:
        stopping = self._stopping = threading.Event()
        self._told = None
        self._show_running(True)

        def job(running: Job[T]) -> T:
            def tell(progress: "SyncProgress") -> None:
                self._told = progress
                running.report(progress.done, progress.total)

            return act(tell, lambda: running.cancelled or stopping.is_set())

        self._session.work.run_reporting(
            job,
            lambda report: self._ended(said(report)),
            self._failed,
            self,
            progress=self._moved,
            lane=Lane.NET,
        )

    def _moved(self, done: int, total: int) -> None:
        if self._told and not self._stopping.is_set():
            self._moving.setText(progress_text(self._told))
        self._bar.setRange(0, total // 1024)
        self._bar.setValue(done // 1024)

    def _failed(self, error: Expected) -> None:
        self._ended(str(error))

    def _ended(self, words: str) -> None:
        self._show_running(False)
        self._outcome.setText(words)
        self._outcome.show()
        announce(self, words)

    def _said_of_reading(self, report: "ContentReport") -> str:
        if report.cancelled:
            return self.tr("Đã dừng; phần đã nhận được giữ lại, lần sau nhập tiếp.")
        count = len(report.changed) + len(report.withdrawn)
        if not count:
            words = self.tr("USB không có gì mới hơn máy này.")
        else:
            words = self.tr("Đã nhập xong: {} văn bản mới hoặc sửa.").format(number_text(count))
        if report.lapsed_on:
            late = self.tr("Chữ ký trên USB đã hết hạn ngày {}: hãy đồng bộ khi có mạng để chắc là mới nhất.")
            words = f"{words} {late.format(date_text(report.lapsed_on))}"
        return words

    def _said_of_writing(self, report: "UsbReport") -> str:
        if report.cancelled:
            return self.tr("Đã dừng. USB chưa ghi xong thì chưa dùng được; lần sau chỉ ghi tiếp phần thiếu.")
        return self.tr("Đã ghi xong {} vào {}. Có thể rút USB bằng cách an toàn.").format(
            size_text(report.written + report.kept), report.folder
        )

    def _ask_read(self) -> None:
        ask_for_folder(self, self.tr("Chọn USB hoặc thư mục có nội dung"), self.read)

    def _ask_write(self) -> None:
        ask_for_folder(self, self.tr("Chọn USB hoặc thư mục để ghi"), self.write)

    def _button(self, name: str, words: str, icon: str, act: Callable[[], object]) -> SecondaryButton:
        button = self.add_action(Action(words, act, icon), SecondaryButton)
        button.setObjectName(name)
        return button

    def _show_running(self, running: bool) -> None:
        for part in (self._moving, self._bar, self._stop):
            part.setVisible(running)
        for button in self._buttons:
            button.setVisible(not running)
        if running:
            self._outcome.hide()
            self._stop.setEnabled(True)
            self._moving.setText(self.tr("Đang bắt đầu…"))
            self._bar.setRange(0, 0)
