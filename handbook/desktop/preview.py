"""Xem trang: a reflection as the Party's page, to look at, to print, to keep as Word or PDF."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from handbook.desktop.pages_screen import PagesScreen
from handbook.desktop.saving import ask_for_file, file_name
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Label, PrimaryButton, Role
from handbook.model.changes import Change
from handbook.model.prose import parse
from handbook.model.vietnamese import VIETNAM

if TYPE_CHECKING:
    from handbook.exports.reflection_page import ReflectionPaper

PLACE_WIDTH = 170


@dataclass(frozen=True, slots=True)
class _Content:
    paper: "ReflectionPaper"
    is_draft: bool
    revision: int


class PreviewScreen(PagesScreen):
    """Route: an assignment, and the submitted revision; without one the text as it stands now."""

    concerns = frozenset({Change.REFLECTION, Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, "preview", self.tr("Về bài thu hoạch"))
        self.header.show_text(self.tr("Xem trang"))
        self._shown: _Content | None = None
        self.add_button("word", self.tr("Lưu Word…"), "document", self._ask_for_word, PrimaryButton)
        self.add_key("Ctrl+S", self._ask_for_word)
        self.view.setAccessibleName(self.tr("Các trang của bài thu hoạch"))
        self._build_place()
        self._measure_place()

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
            files = shown.files if shown else draft.files
            titles = {part.id: part.title for part in draft.assignment.assignment.parts}
            paper = ReflectionPaper(
                superior=head.superior,
                unit=head.unit,
                place=head.place,
                written_on=written_at.astimezone(VIETNAM).date(),
                study=draft.assignment.assignment.title,
                author=head.author,
                duty=head.duty,
                files=tuple(file.name for file in files),
                parts=tuple(
                    PaperPart(titles.get(each.part, each.part), parse(each.text)) for each in answers
                ),
            )
            return _Content(paper, shown is None, shown.revision if shown else 0)

        self.load(read, self._show_content)

    # -- showing

    def _build_place(self) -> None:
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
        self.bar.addWidget(place)

    def _measure_place(self) -> None:
        self.measure_bar()
        self._place.setFixedWidth(current_theme().px(PLACE_WIDTH))

    def _show_content(self, content: _Content) -> None:
        from handbook.exports.reflection_page import lines_of

        if content != self._shown or not self.has_pages:
            self._shown = content
            self.show_lines(lines_of(content.paper))
        said = self.tr("bản nháp") if content.is_draft else self.tr("bản {}").format(content.revision)
        self.header.show_text(self.tr("Xem trang"), f"{content.paper.study}, {said}")
        if not self._place.hasFocus():
            self._place.setText(content.paper.place)
        self._measure_place()
        self.show_ready()
        self.view.setFocus()

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

    def paper_title(self) -> str:
        return f"Bài thu hoạch: {self._shown.paper.study}"

    def _ask_for_word(self) -> None:
        if self._shown:
            title = self.tr("Lưu thành tệp Word")
            ask_for_file(self, title, self.suggested_name(), self.tr("Văn bản Word"), "docx", self.save_word)

    def save_word(self, path: Path) -> None:
        paper, now = self._shown.paper, self.session.now()

        def make() -> bytes:
            from handbook.exports.reflection_word import to_word

            return to_word(paper, now)

        self.save(path, make)

    def go_back(self) -> None:
        self.navigate.emit(Route(place=Place.EDITOR, assignment=self.route.assignment))
