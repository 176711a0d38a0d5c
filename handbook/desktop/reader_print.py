"""Printing what is read, or keeping it as a PDF, while reading goes on."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QMenu

from handbook.desktop.screen import Screen
from handbook.desktop.widgets import Action, Banner, Kind, Toast
from handbook.desktop.work import Job, Lane
from handbook.errors import Expected

if TYPE_CHECKING:
    from handbook.client.library import SectionHtml
    from handbook.desktop.printing import Printed

Print = Callable[["Printed", Callable[[int, int], object]], object]

_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')


@dataclass(frozen=True, slots=True)
class ToPrint:
    """A text to print: the line above its pages, the name of a PDF of it without its ending, its title block
    as HTML, and what reads its sections, off the GUI thread."""

    name: str
    file: str
    head: str
    sections: "Callable[[], Sequence[SectionHtml]]"


class ReaderPrint(QObject):
    """`opened` gives the text in front; None while there is none."""

    def __init__(self, screen: Screen, opened: Callable[[], ToPrint | None]) -> None:
        super().__init__(screen)
        self._screen = screen
        self._opened = opened
        self._job: Job[object] | None = None

    def offer(self, menu: QMenu) -> None:
        menu.addAction(self.tr("In… (Ctrl+P)"), self.ask_for_printer)
        menu.addAction(self.tr("Lưu thành PDF…"), self.ask_for_file)

    def ask_for_printer(self) -> None:
        """The system's print dialog; what it is told to print is printed behind the text."""
        if not self._opened() or self._job:
            return
        from PySide6.QtPrintSupport import QPrintDialog

        from handbook.desktop.printing import paper_printer, print_document

        printer = paper_printer()
        dialog = QPrintDialog(printer, self._screen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.accepted.connect(
            lambda: self._print(
                lambda printed, page_done: print_document(printed, printer, page_done),
                self.tr("Đã gửi văn bản tới máy in."),
            )
        )
        dialog.open()

    def ask_for_file(self) -> None:
        opened = self._opened()
        if not opened or self._job:
            return
        name = _NOT_IN_NAMES.sub("-", opened.file)[:80].strip("-.") or "van-ban"
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialog = QFileDialog(
            self._screen, self.tr("Lưu thành PDF"), str(Path(folder) / f"{name}.pdf"), "PDF (*.pdf)"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.fileSelected.connect(lambda file: self.save_pdf(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_pdf(self, path: Path) -> None:
        def save(printed: "Printed", page_done: Callable[[int, int], object]) -> None:
            from handbook.desktop.printing import save_pdf

            save_pdf(printed, path, page_done)

        self._print(save, self.tr("Đã lưu {}").format(path.name))

    def _print(self, print_it: Print, said: str) -> None:
        opened = self._opened()
        if not opened:
            return
        read_asset = self._screen.session.handbook.assets.data

        def run(job: "Job[object]") -> None:
            from handbook.desktop.printing import Printed

            def page_done(done: int, total: int) -> None:
                job.stop_if_cancelled()
                job.report(done, total)

            print_it(Printed(opened.name, opened.head, opened.sections(), read_asset), page_done)

        def ended(_: object) -> None:
            self._end()
            Toast(self._screen.window(), said, seconds=6)

        self._job = self._screen.session.work.run_reporting(run, ended, self._failed, self, lane=Lane.NET)
        stop = Action(self.tr("Dừng"), self._stop)
        self._screen.show_banner(Banner(Kind.INFO, self.tr("Đang dàn trang để in…"), "", stop))

    def _stop(self) -> None:
        if self._job:
            self._job.cancel()
        self._end()

    def _end(self) -> None:
        self._job = None
        self._screen.clear_banner()

    def _failed(self, error: Expected) -> None:
        self._end()
        self._screen.show_banner(Banner.of_error(error))
