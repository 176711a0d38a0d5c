"""A screen that shows paper: pages to look at, to print, to keep as PDF."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from handbook.desktop.buttons import Button
from handbook.desktop.pages_view import PagesView
from handbook.desktop.saving import ask_for_file, save_file
from handbook.desktop.screen import Screen
from handbook.desktop.session import Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Column,
    FlowLayout,
    IconButton,
    Label,
    LinkButton,
    Role,
    SecondaryButton,
    Toast,
)
from handbook.errors import DiskProblem

if TYPE_CHECKING:
    from handbook.desktop.paper import Pages
    from handbook.desktop.paper_kept import PdfPainting
    from handbook.exports.reflection_page import PageLines


WIDEST = 4000
LEAST_OF_PAGES = 280
"""Lengths at 100 %: the whole screen scrolls where there is less left for the pages."""
TURN_SECONDS = 0.012
"""Of setting or painting pages, between which the person's keys and clicks have their turn."""


class PagesScreen(Screen):
    """`name` begins the names of its controls, `back` is what the way back is called.

    A subclass adds its own controls to `header` and `bar`, and says what the paper is called.
    """

    def __init__(self, session: Session, name: str, back: str) -> None:
        super().__init__(session, scrolls=False)
        self._name = name
        self._pages: Pages | None = None
        self._offers: list[QWidget] = []
        way_back = LinkButton(back, "back")
        way_back.setObjectName(f"{name}.back")
        way_back.clicked.connect(self.go_back)
        self.header.add_action(way_back)
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._go_on)
        self._painting: PdfPainting | None = None
        self._painted_to = Path()
        self._painting_turn = QTimer(self, interval=0)
        self._painting_turn.timeout.connect(self._paint_on)
        self._at = (1, 1)
        self._keeping = (
            self.add_button("print", self.tr("In…"), "print", self._ask_for_printer, SecondaryButton),
            self.add_button("pdf", self.tr("Lưu PDF…"), "export", self._ask_for_pdf, SecondaryButton),
        )
        desk = Column(WIDEST, fills=True)
        self.body.addWidget(desk)
        self.scroll_head_with(desk)
        holder = QWidget()
        self.bar = FlowLayout()
        holder.setLayout(self.bar)
        desk.body.addWidget(holder)
        for control in self.leading_controls():
            self.bar.addWidget(control)
        self.view = PagesView()
        self.view.setObjectName(f"{name}.pages")
        self.view.moved.connect(self._show_page)
        self.view.zoomed.connect(self._show_zoom)
        desk.body.addWidget(self.view, 1)
        self._build_zoom()
        for combination, act in (
            ("Ctrl+P", self._ask_for_printer),
            ("Ctrl++", lambda: self.view.zoom_by(1)),
            ("Ctrl+=", lambda: self.view.zoom_by(1)),
            ("Ctrl+-", lambda: self.view.zoom_by(-1)),
            ("Ctrl+0", self.view.fit),
            ("Esc", self.go_back),
        ):
            self.add_key(combination, act)

    def leave(self) -> None:
        """What is not set yet is left, to be begun anew when somebody comes; a file asked for is finished."""
        while self._painting:
            self._paint_on()
        if self._turn.isActive():
            self._turn.stop()
            self._pages = None
            self._stale = True

    # -- what a subclass says

    def go_back(self) -> None:
        """To where the person came from."""
        raise NotImplementedError

    def suggested_name(self) -> str:
        """Of a file to be saved, without a suffix."""
        raise NotImplementedError

    def paper_title(self) -> str:
        """What a reader of the PDF calls it."""
        raise NotImplementedError

    def leading_controls(self) -> Sequence[QWidget]:
        """Made once: what stands in the bar before the sizes of the pages."""
        return ()

    # -- for subclasses

    def show_lines(self, lines: "PageLines") -> None:
        """Sets these lines on pages and shows them: the first at once, the others in short turns."""
        from handbook.desktop.paper import Pages

        self._pages = Pages(lines, at_once=False)
        self._pages.go_on(TURN_SECONDS)
        self.view.show_pages(self._pages, self._pages.text)
        self._enable_keeping()
        if not self._pages.is_set:
            self._turn.start()

    def _go_on(self) -> None:
        self._pages.go_on(TURN_SECONDS)
        self.view.show_more()
        if self._pages.is_set:
            self._turn.stop()
            self.view.setAccessibleDescription(self._pages.text)
            self._enable_keeping()

    def _enable_keeping(self) -> None:
        for button in self._keeping:
            button.setEnabled(self.can_keep)

    @property
    def can_keep(self) -> bool:
        """Whether the pages are all set, and none is on its way into a file."""
        return self.has_all_pages and self._painting is None

    @property
    def has_pages(self) -> bool:
        return self._pages is not None

    @property
    def has_all_pages(self) -> bool:
        """Whether all are set."""
        return self._pages is not None and self._pages.is_set

    def add_button(
        self, name: str, text: str, icon: str, act: Callable[[], object], kind: type[Button]
    ) -> QWidget:
        button = self.header.add_action(Action(text, act, icon), kind)
        button.setObjectName(f"{self._name}.{name}")
        self._offers.append(button)
        return button

    def offer_keeping(self, offered: bool) -> None:
        """Whether there is a paper to print and to keep."""
        for button in self._offers:
            button.setVisible(offered)

    def add_key(self, combination: str, act: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(combination), self, activated=act)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def save(self, path: Path, make: Callable[[], bytes]) -> None:
        """Writes there what `make` makes, in a job, and tells how it went."""
        self.session.work.run(
            lambda: save_file(path, make()), lambda _: self._saved(path), self._cannot_do, self
        )

    def save_pdf(self, path: Path) -> None:
        """Paints the file in short turns, then writes it in a job and tells how it went."""
        from handbook.desktop.paper_kept import PdfPainting

        if self._painting:
            return
        self._pages.finish()
        self._painting, self._painted_to = PdfPainting(self._pages, self.paper_title()), path
        self._enable_keeping()
        self._painting_turn.start()

    def _paint_on(self) -> None:
        painting, path = self._painting, self._painted_to
        painting.go_on(TURN_SECONDS)
        if not painting.is_done:
            share = round(100 * painting.share_painted)
            self._page.setText(self.tr("Đang ghi PDF, {} %").format(share))
            return
        self._painting_turn.stop()
        self._painting = None
        self._show_page(*self._at)
        self._enable_keeping()
        self.session.work.run(
            partial(save_file, path, painting.data), lambda _: self._saved(path), self._cannot_do, self
        )

    # -- showing

    def _build_zoom(self) -> None:
        zoom = QWidget()
        row = QHBoxLayout(zoom)
        row.setContentsMargins(0, 0, 0, 0)
        smaller = IconButton("minus", self.tr("Nhỏ hơn"))
        smaller.clicked.connect(lambda: self.view.zoom_by(-1))
        larger = IconButton("plus", self.tr("To hơn"))
        larger.clicked.connect(lambda: self.view.zoom_by(1))
        self._zoom = Label("", Role.MUTED)
        self._zoom.setWordWrap(False)
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._zoom.setObjectName(f"{self._name}.zoom")
        for part in (smaller, self._zoom, larger):
            row.addWidget(part)
        fit = LinkButton(self.tr("Vừa bề ngang"))
        fit.setObjectName(f"{self._name}.fit")
        fit.clicked.connect(lambda: self.view.fit())
        self._page = Label("", Role.MUTED)
        self._page.setWordWrap(False)
        self._page.setObjectName(f"{self._name}.page")
        for part in (zoom, fit, self._page):
            self.bar.addWidget(part)
        self.measure_bar()

    def measure_bar(self) -> None:
        """Take the lengths of the theme in force."""
        self.bar.setSpacing(current_theme().px(12))
        self.view.setMinimumHeight(current_theme().px(LEAST_OF_PAGES))

    def _show_page(self, page: int, pages: int) -> None:
        self._at = (page, pages)
        if self._pages is None or self._pages.is_set:
            self._page.setText(self.tr("Trang {} / {}").format(page, pages))
        else:
            share = round(100 * self._pages.share_set)
            self._page.setText(self.tr("Trang {}, đang dàn {} %").format(page, share))

    def _show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{round(100 * zoom)} %")

    # -- keeping

    def _ask_for_pdf(self) -> None:
        if self.can_keep:
            ask_for_file(self, self.tr("Lưu thành PDF"), self.suggested_name(), "PDF", "pdf", self.save_pdf)

    def _saved(self, path: Path) -> None:
        self.clear_banner()
        Toast(self.window(), self.tr("Đã lưu {}").format(path.name), seconds=6)

    def _ask_for_printer(self) -> None:
        if not self.can_keep:
            return
        from PySide6.QtPrintSupport import QPrintDialog

        from handbook.desktop.paper_kept import print_pages, sheet_printer

        printer, pages = sheet_printer(), self._pages
        printer.setDocName(self.suggested_name())
        dialog = QPrintDialog(printer, self)

        def accepted() -> None:
            try:
                print_pages(pages, printer)
            except DiskProblem as error:
                self._cannot_do(error)
            else:
                Toast(self.window(), self.tr("Đã gửi bài tới máy in."), seconds=6)

        dialog.accepted.connect(accepted)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
