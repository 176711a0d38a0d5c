"""Xem trang: a reflection as the Party's page, to look at, to print, to keep as Word or PDF."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from handbook.desktop.buttons import Button
from handbook.desktop.pages_view import PagesView
from handbook.desktop.saving import ask_for_file, file_name, save_file
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    FlowLayout,
    IconButton,
    Label,
    LinkButton,
    PrimaryButton,
    Role,
    SecondaryButton,
    Toast,
)
from handbook.errors import DiskProblem
from handbook.model.changes import Change
from handbook.model.prose import parse
from handbook.model.vietnamese import VIETNAM

if TYPE_CHECKING:
    from handbook.desktop.paper import Pages
    from handbook.exports.reflection_page import ReflectionPaper

PLACE_WIDTH = 170


@dataclass(frozen=True, slots=True)
class _Content:
    paper: "ReflectionPaper"
    is_draft: bool
    revision: int


class PreviewScreen(Screen):
    """Route: an assignment, and the submitted revision; without one the text as it stands now."""

    concerns = frozenset({Change.REFLECTION, Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Xem trang"))
        self._shown: _Content | None = None
        self._pages: Pages | None = None
        back = LinkButton(self.tr("Về bài thu hoạch"), "back")
        back.setObjectName("preview.back")
        back.clicked.connect(self._to_reflection)
        self.header.add_action(back)
        self._print = self._button("print", self.tr("In…"), "print", self._ask_for_printer, SecondaryButton)
        self._pdf = self._button("pdf", self.tr("Lưu PDF…"), "export", self._ask_for_pdf, SecondaryButton)
        self._word = self._button("word", self.tr("Lưu Word…"), "document", self._ask_for_word, PrimaryButton)
        self._build_bar()
        self._view = PagesView()
        self._view.setObjectName("preview.pages")
        self._view.setAccessibleName(self.tr("Các trang của bài thu hoạch"))
        self._view.moved.connect(self._show_page)
        self._view.zoomed.connect(self._show_zoom)
        self.body.addWidget(self._view, 1)
        keys = (
            ("Ctrl+P", self._ask_for_printer),
            ("Ctrl+S", self._ask_for_word),
            ("Ctrl++", lambda: self._view.zoom_by(1)),
            ("Ctrl+=", lambda: self._view.zoom_by(1)),
            ("Ctrl+-", lambda: self._view.zoom_by(-1)),
            ("Ctrl+0", self._view.fit),
            ("Esc", self._to_reflection),
        )
        for combination, act in keys:
            shortcut = QShortcut(QKeySequence(combination), self, activated=act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def refresh(self) -> None:
        assignment, revision = self.route.assignment, self.route.revision
        handbook, now, data_dir = self.session.handbook, self.session.now(), self.session.data_dir
        if not assignment:
            self.show_empty(
                "document",
                self.tr("Chưa chọn bài nào để xem"),
                self.tr("Hãy chọn một nhiệm vụ ở mục Học tập."),
                Action(self.tr("Mở Học tập"), lambda: self.navigate.emit(Route(place=Place.STUDY))),
            )
            return
        if self._shown is None:
            self.show_loading(self.tr("Đang dàn trang…"))

        def read() -> _Content:
            from handbook.desktop.letterhead import letterhead_of
            from handbook.exports.reflection_page import PaperPart, ReflectionPaper

            draft = handbook.reflections.draft(assignment, now)
            head = letterhead_of(handbook, data_dir)
            shown = next((each for each in draft.versions if each.revision == revision), None)
            if shown is None and not draft.can_write and draft.versions:
                shown = draft.versions[0]
            written_at = shown.submitted_at if shown else now
            answers = shown.answers if shown else draft.answers
            titles = {part.id: part.title for part in draft.assignment.assignment.parts}
            paper = ReflectionPaper(
                superior=head.superior,
                unit=head.unit,
                place=head.place,
                written_on=written_at.astimezone(VIETNAM).date(),
                study=draft.assignment.assignment.title,
                author=head.author,
                duty=head.duty,
                parts=tuple(
                    PaperPart(titles.get(each.part, each.part), parse(each.text)) for each in answers
                ),
            )
            return _Content(paper, shown is None, shown.revision if shown else 0)

        self.load(read, self._show_content)

    # -- showing

    def _build_bar(self) -> None:
        bar = QWidget()
        self._bar = FlowLayout()
        bar.setLayout(self._bar)
        zoom = QWidget()
        row = QHBoxLayout(zoom)
        row.setContentsMargins(0, 0, 0, 0)
        smaller = IconButton("minus", self.tr("Nhỏ hơn"))
        smaller.clicked.connect(lambda: self._view.zoom_by(-1))
        larger = IconButton("plus", self.tr("To hơn"))
        larger.clicked.connect(lambda: self._view.zoom_by(1))
        self._zoom = Label("", Role.MUTED)
        self._zoom.setWordWrap(False)
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._zoom.setObjectName("preview.zoom")
        for part in (smaller, self._zoom, larger):
            row.addWidget(part)
        fit = LinkButton(self.tr("Vừa bề ngang"))
        fit.setObjectName("preview.fit")
        fit.clicked.connect(lambda: self._view.fit())
        self._page = Label("", Role.MUTED)
        self._page.setWordWrap(False)
        self._page.setObjectName("preview.page")
        place = QWidget()
        line = QHBoxLayout(place)
        line.setContentsMargins(0, 0, 0, 0)
        named = Label(self.tr("Nơi viết"), Role.MUTED)
        named.setWordWrap(False)
        self._place = QLineEdit()
        self._place.setObjectName("preview.place")
        self._place.setAccessibleName(self.tr("Nơi viết, đứng trước ngày tháng"))
        self._place.setMaxLength(60)
        self._place.editingFinished.connect(self._place_changed)
        line.addWidget(named)
        line.addWidget(self._place)
        for part in (zoom, fit, self._page, place):
            self._bar.addWidget(part)
        self.body.addWidget(bar)
        self._measure_bar()

    def _measure_bar(self) -> None:
        px = current_theme().px
        self._bar.setSpacing(px(12))
        self._place.setFixedWidth(px(PLACE_WIDTH))

    def _button(
        self, name: str, text: str, icon: str, act: Callable[[], object], kind: type[Button]
    ) -> QWidget:
        button = self.header.add_action(Action(text, act, icon), kind)
        button.setObjectName(f"preview.{name}")
        return button

    def _show_content(self, content: _Content) -> None:
        from handbook.desktop.paper import Pages
        from handbook.exports.reflection_page import lines_of

        if content != self._shown or self._pages is None:
            self._shown = content
            self._pages = Pages(lines_of(content.paper))
            self._view.show_pages(self._pages, self._pages.text)
        said = self.tr("bản nháp") if content.is_draft else self.tr("bản {}").format(content.revision)
        self.header.show_text(self.tr("Xem trang"), f"{content.paper.study}, {said}")
        if not self._place.hasFocus():
            self._place.setText(content.paper.place)
        self._measure_bar()
        self.show_ready()
        self._view.setFocus()

    def _show_page(self, page: int, pages: int) -> None:
        self._page.setText(self.tr("Trang {} / {}").format(page, pages))

    def _show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{round(100 * zoom)} %")

    # -- the place before the date

    def _place_changed(self) -> None:
        if self._shown is None or self._place.text().strip() == self._shown.paper.place:
            return
        place, data_dir = self._place.text().strip(), self.session.data_dir

        def keep() -> None:
            from handbook.client.settings import change_settings

            change_settings(data_dir, paper_place=place)

        self.session.work.run(keep, lambda _: self.refresh(), self._cannot_do, self)

    # -- keeping

    def suggested_name(self) -> str:
        """A draft is marked in the name of its file, not on its page."""
        paper = self._shown.paper
        kind = self.tr("Bản nháp bài thu hoạch") if self._shown.is_draft else self.tr("Bài thu hoạch")
        return file_name(f"{kind} - {paper.author} - {paper.study}")

    def _ask_for_word(self) -> None:
        if self._shown:
            title = self.tr("Lưu thành tệp Word")
            ask_for_file(self, title, self.suggested_name(), self.tr("Văn bản Word"), "docx", self.save_word)

    def _ask_for_pdf(self) -> None:
        if self._shown:
            ask_for_file(self, self.tr("Lưu thành PDF"), self.suggested_name(), "PDF", "pdf", self.save_pdf)

    def save_word(self, path: Path) -> None:
        paper, now = self._shown.paper, self.session.now()

        def save() -> None:
            from handbook.exports.reflection_word import to_word

            save_file(path, to_word(paper, now))

        self.session.work.run(save, lambda _: self._saved(path), self._cannot_do, self)

    def save_pdf(self, path: Path) -> None:
        from handbook.desktop.paper import pdf_of

        data = pdf_of(self._pages, f"Bài thu hoạch: {self._shown.paper.study}")
        self.session.work.run(
            partial(save_file, path, data), lambda _: self._saved(path), self._cannot_do, self
        )

    def _saved(self, path: Path) -> None:
        self.clear_banner()
        Toast(self.window(), self.tr("Đã lưu {}").format(path.name), seconds=6)

    def _ask_for_printer(self) -> None:
        if not self._pages:
            return
        from PySide6.QtPrintSupport import QPrintDialog

        from handbook.desktop.paper import print_pages, sheet_printer

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

    def _to_reflection(self) -> None:
        self.navigate.emit(Route(place=Place.EDITOR, assignment=self.route.assignment))
