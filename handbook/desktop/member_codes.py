"""New activation codes, shown this once: a list, a sheet of slips to print, a PDF."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from handbook.desktop.rows import Row, RowList
from handbook.desktop.saving import ask_for_file, save_file
from handbook.desktop.screen import Screen
from handbook.desktop.slips import Slip, Slips
from handbook.desktop.widgets import Action, Banner, Card, Label, PrimaryButton, Role, Toast
from handbook.errors import DiskProblem, Expected
from handbook.model.vietnamese import date_text


class MemberCodes(QWidget):
    """`left()` when the person is done: the codes are forgotten then."""

    left = Signal()

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen
        self._slips: Sequence[Slip] = ()
        self._card = Card(self.tr("Mã kích hoạt"), "key")
        self._list = RowList(self.tr("Mã kích hoạt vừa cấp"), fits=True)
        self._list.setObjectName("members.codes.list")
        once = Label(self.tr("Mã chỉ hiện một lần ở đây: hãy in hoặc lưu trước khi rời trang."), Role.STRONG)
        care = Label(
            self.tr(
                "Máy chủ không giữ lại chữ của mã. Mã cũ chưa dùng của các đồng chí này không còn giá trị. "
                "Ai cầm mã cũng dùng được, nên hãy đưa tận tay và xoá tệp PDF sau khi in."
            ),
            Role.NOTE,
        )
        self._card.add(once, care)
        for words, act, icon, name, kind in (
            (self.tr("In phiếu…"), self._ask_for_printer, "print", "members.codes.print", PrimaryButton),
            (self.tr("Lưu phiếu thành PDF…"), self._ask_for_pdf, "export", "members.codes.pdf", None),
            (self.tr("Xong"), self._leave, "check", "members.codes.done", None),
        ):
            action = Action(words, act, icon)
            button = self._card.add_action(action, kind) if kind else self._card.add_action(action)
            button.setObjectName(name)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._card)
        rows.addWidget(self._list)

    def show_slips(self, slips: Sequence[Slip]) -> None:
        self._slips = slips
        until = date_text(slips[0].code.expires_at)
        self._card.set_title(
            self.tr("{} mã kích hoạt").format(len(slips)), self.tr("Dùng được đến ngày {}").format(until)
        )
        self._list.show_rows(
            [
                Row(
                    key=slip.code.account,
                    title=f"{slip.code.code}   {slip.code.name}",
                    note=f"{slip.code.account} · {slip.unit_name}",
                )
                for slip in slips
            ]
        )

    def save_pdf(self, path: Path) -> None:
        from handbook.desktop.paper_kept import pdf_of

        data = pdf_of(Slips(self._slips), self._title())
        self._screen.session.work.run(
            lambda: save_file(path, data), lambda _: self._saved(path), self._failed, self
        )

    def _title(self) -> str:
        return self.tr("Phiếu kích hoạt")

    def _ask_for_pdf(self) -> None:
        ask_for_file(self._screen, self.tr("Lưu thành PDF"), self._title(), "PDF", "pdf", self.save_pdf)

    def _ask_for_printer(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog

        from handbook.desktop.paper_kept import print_pages, sheet_printer

        printer = sheet_printer()
        printer.setDocName(self._title())
        dialog = QPrintDialog(printer, self._screen)

        def accepted() -> None:
            try:
                print_pages(Slips(self._slips), printer)
            except DiskProblem as error:
                self._failed(error)
            else:
                Toast(self._screen.window(), self.tr("Đã gửi phiếu tới máy in."), seconds=6)

        dialog.accepted.connect(accepted)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _leave(self) -> None:
        self._slips = ()
        self._list.show_rows([])
        self.left.emit()

    def _saved(self, path: Path) -> None:
        Toast(self._screen.window(), self.tr("Đã lưu {}").format(path.name), seconds=6)

    def _failed(self, error: Expected) -> None:
        self._screen.show_banner(Banner.of_error(error))
