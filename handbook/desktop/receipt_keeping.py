"""Keeping a receipt: on one printed sheet, or in a file that proves itself."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from handbook.desktop.saving import ask_for_file, file_name, save_file
from handbook.desktop.screen import Screen
from handbook.desktop.widgets import Banner, Toast
from handbook.errors import DiskProblem, Expected
from handbook.model.vietnamese import VIETNAM

if TYPE_CHECKING:
    from handbook.client.lineages import SubmittedRevision
    from handbook.desktop.paper import Pages
    from handbook.exports.receipt_page import ReceiptPaper


class ReceiptKeeping(QObject):
    """What the receipt screen offers for a revision that has a receipt; errors become its banner."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen)
        self._screen = screen
        self._revision: SubmittedRevision | None = None
        self._study = ""

    def show(self, revision: "SubmittedRevision", study: str) -> None:
        self._revision, self._study = revision, study

    def offer(self, menu: QMenu) -> None:
        menu.addAction(self.tr("In biên nhận… (Ctrl+P)"), self.ask_for_printer)
        menu.addAction(self.tr("Lưu tờ biên nhận thành PDF…"), self._ask_for_pdf)
        menu.addAction(self.tr("Lưu tệp biên nhận để kiểm tra…"), self._ask_for_file)

    def suggested_name(self) -> str:
        return file_name(f"Biên nhận {self._revision.receipt.code} - {self._study}")

    def _ask_for_file(self) -> None:
        title, kind = self.tr("Lưu tệp biên nhận"), self.tr("Biên nhận của sổ tay")
        ask_for_file(self._screen, title, self.suggested_name(), kind, "hbreceipt", self.save_file)

    def _ask_for_pdf(self) -> None:
        title = self.tr("Lưu thành PDF")
        ask_for_file(self._screen, title, self.suggested_name(), "PDF", "pdf", self.save_pdf)

    def save_file(self, path: Path) -> None:
        """Text, receipt and key in one file, for `handbook verify-receipt`."""
        reflections = self._screen.session.handbook.reflections
        lineage, revision = self._revision.lineage, self._revision.revision

        def save() -> None:
            from handbook.protocol.receipt_files import to_bytes

            save_file(path, to_bytes(reflections.receipt_file(lineage, revision)))

        self._screen.session.work.run(save, lambda _: self._saved(path), self._failed, self)

    def save_pdf(self, path: Path) -> None:
        def save(pages: "Pages") -> None:
            from handbook.desktop.paper_kept import pdf_of

            data = pdf_of(pages, self.suggested_name())
            self._screen.session.work.run(
                lambda: save_file(path, data), lambda _: self._saved(path), self._failed, self
            )

        self._with_pages(save)

    def ask_for_printer(self) -> None:
        if self._revision is None:
            return
        self._with_pages(self._print)

    def _print(self, pages: "Pages") -> None:
        from PySide6.QtPrintSupport import QPrintDialog

        from handbook.desktop.paper_kept import print_pages, sheet_printer

        printer = sheet_printer()
        printer.setDocName(self.suggested_name())
        dialog = QPrintDialog(printer, self._screen)

        def accepted() -> None:
            try:
                print_pages(pages, printer)
            except DiskProblem as error:
                self._failed(error)
            else:
                Toast(self._screen.window(), self.tr("Đã gửi biên nhận tới máy in."), seconds=6)

        dialog.accepted.connect(accepted)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _with_pages(self, use: "Callable[[Pages], object]") -> None:
        def show(paper: "ReceiptPaper") -> None:
            from handbook.desktop.paper import Pages
            from handbook.exports.receipt_page import receipt_lines

            use(Pages(receipt_lines(paper)))

        self._screen.session.work.run(self._paper, show, self._failed, self)

    def _paper(self) -> "ReceiptPaper":
        from handbook.desktop.letterhead import letterhead_of
        from handbook.exports.receipt_page import ReceiptPaper

        session = self._screen.session
        head = letterhead_of(session.handbook, session.data_dir)
        return ReceiptPaper(
            superior=head.superior,
            unit=head.unit,
            place=head.place,
            printed_on=session.now().astimezone(VIETNAM).date(),
            study=self._study,
            author=head.author,
            receipt=self._revision.receipt,
            files=self._revision.files,
        )

    def _saved(self, path: Path) -> None:
        self._screen.clear_banner()
        Toast(self._screen.window(), self.tr("Đã lưu {}").format(path.name), seconds=6)

    def _failed(self, error: Expected) -> None:
        self._screen.show_banner(Banner.of_error(error))
