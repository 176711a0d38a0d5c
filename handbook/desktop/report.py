"""Báo cáo: what a unit did for its assignments, as a page to look at and to keep as Word, Excel or PDF."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QWidget

from handbook.desktop.chooser import Chooser, fill
from handbook.desktop.pages_screen import PagesScreen
from handbook.desktop.saving import ask_for_file, file_name
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.widgets import Action, PrimaryButton, SecondaryButton
from handbook.model.changes import Change
from handbook.model.people import UnitKind
from handbook.model.report import PeriodKind, in_due_order, periods_of
from handbook.model.study import Assignment
from handbook.model.vietnamese import VIETNAM

if TYPE_CHECKING:
    from handbook.exports.report_page import ReportPaper

SINGLE: Final = "assignment"
"""Beside the kinds of periods: a report about one assignment."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a report can be about; `subject` goes on after *Kết quả học tập*."""

    key: str
    text: str
    subject: str
    begins: date
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class _Content:
    paper: "ReportPaper | None"
    choices: tuple[_Choice, ...] = ()
    chosen: str = ""


class ReportScreen(PagesScreen):
    """Route: a unit, and an assignment where the report is to be about that one at first."""

    concerns = frozenset(
        {Change.CELL, Change.COMMITTEE, Change.STUDY, Change.LIBRARY, Change.SYNC, Change.ACCOUNT}
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, "report", self.tr("Về bảng theo dõi"))
        self.header.show_text(self.tr("Báo cáo"))
        self._shown: ReportPaper | None = None
        self._kind, self._key = PeriodKind.QUARTER.value, ""
        self.add_button("excel", self.tr("Lưu Excel…"), "list", self._ask_for_excel, SecondaryButton)
        self.add_button("word", self.tr("Lưu Word…"), "document", self._ask_for_word, PrimaryButton)
        self.add_key("Ctrl+S", self._ask_for_word)
        self.view.setAccessibleName(self.tr("Các trang của báo cáo"))

    def show_route(self, route: Route) -> None:
        if route != self.route:
            self._shown = None
            if route.assignment:
                self._kind, self._key = SINGLE, route.assignment
            elif self._kind == SINGLE:
                self._kind, self._key = PeriodKind.QUARTER.value, ""
        super().show_route(route)

    def refresh(self) -> None:
        unit, kind, key, now = self.route.unit, self._kind, self._key, self.session.now()
        handbook, data_dir = self.session.handbook, self.session.data_dir
        if not unit:
            self._show_nothing()
            return
        if self._shown is None:
            self.show_loading(self.tr("Đang lập báo cáo…"))

        def read() -> _Content:
            from handbook.client.reports import offered_for, report_on
            from handbook.desktop.letterhead import report_paper

            choices = _choices(kind, offered_for(handbook, unit, now))
            if not choices:
                return _Content(None)
            today = now.astimezone(VIETNAM).date()
            chosen = next((each for each in choices if each.key == key), None) or _begun(choices, today)
            report = report_on(handbook, unit, chosen.assignments, chosen.subject, now)
            return _Content(report_paper(handbook, data_dir, report, now), choices, chosen.key)

        self.load(read, self._show_content)

    # -- showing

    def leading_controls(self) -> Sequence[QWidget]:
        self._kinds = Chooser(self.tr("Báo cáo theo"), "report.kind")
        for text, kind in (
            (self.tr("Theo tháng"), PeriodKind.MONTH.value),
            (self.tr("Theo quý"), PeriodKind.QUARTER.value),
            (self.tr("Theo năm"), PeriodKind.YEAR.value),
            (self.tr("Một nhiệm vụ"), SINGLE),
        ):
            self._kinds.addItem(text, kind)
        self._kinds.activated.connect(lambda _: self.choose_kind(self._kinds.currentData()))
        self._which = Chooser(self.tr("Kỳ hoặc nhiệm vụ"), "report.which")
        self._which.activated.connect(lambda _: self.choose(self._which.currentData()))
        return self._kinds, self._which

    def choose_kind(self, kind: str) -> None:
        self._kind, self._key = kind, ""
        self.refresh()

    def choose(self, key: str) -> None:
        self._key = key
        self.refresh()

    def _show_nothing(self) -> None:
        self._shown = None
        self.offer_keeping(False)
        self.show_empty(
            "document",
            self.tr("Chưa có gì để báo cáo"),
            self.tr("Báo cáo lập từ các nhiệm vụ học tập đã giao; hiện chưa có nhiệm vụ nào."),
            Action(self.tr("Về Học tập"), lambda: self.navigate.emit(Route(place=Place.STUDY))),
        )

    def _show_content(self, content: _Content) -> None:
        from handbook.exports.report_page import report_lines

        paper = content.paper
        if paper is None:
            self._show_nothing()
            return
        self._key = content.chosen
        self._which.setMinimumContentsLength(52 if self._kind == SINGLE else 16)  # a title, or a quarter
        self._kinds.setCurrentIndex(self._kinds.findData(self._kind))
        fill(self._which, [(each.text, each.key) for each in content.choices], content.chosen)
        begins = self._shown is None
        changed = begins or (paper.report, paper.place) != (self._shown.report, self._shown.place)
        if changed or not self.has_pages:
            self.show_lines(report_lines(paper))
        self._shown = paper
        self.header.show_text(self.tr("Báo cáo"), paper.report.about.name)
        self.measure_bar()
        self.offer_keeping(True)
        self.show_ready()
        if begins:
            self.view.setFocus()

    # -- keeping

    def suggested_name(self) -> str:
        report = self._shown.report
        return file_name(self.tr("Báo cáo học tập {} - {}").format(report.subject, report.about.name))

    def paper_title(self) -> str:
        return f"Báo cáo: {self._shown.title}"

    def _ask_for_word(self) -> None:
        if self._shown:
            title, kind = self.tr("Lưu thành tệp Word"), self.tr("Văn bản Word")
            ask_for_file(self, title, self.suggested_name(), kind, "docx", self.save_word)

    def _ask_for_excel(self) -> None:
        if self._shown:
            title, kind = self.tr("Lưu thành tệp Excel"), self.tr("Bảng tính Excel")
            ask_for_file(self, title, self.suggested_name(), kind, "xlsx", self.save_excel)

    def save_word(self, path: Path) -> None:
        paper = self._shown

        def make() -> bytes:
            from handbook.exports.report_word import to_word

            return to_word(paper)

        self.save(path, make)

    def save_excel(self, path: Path) -> None:
        paper = self._shown

        def make() -> bytes:
            from handbook.exports.report_excel import to_excel

            return to_excel(paper)

        self.save(path, make)

    def go_back(self) -> None:
        if self._shown and self._shown.report.unit.kind is not UnitKind.CELL:
            only = self._shown.report.only
            unit = only.path if only else ""
            self.navigate.emit(Route(place=Place.COMMITTEE, unit=unit, assignment=self.route.assignment))
            return
        self.navigate.emit(Route(place=Place.CELL, unit=self.route.unit, assignment=self.route.assignment))


def _choices(kind: str, offered: Sequence[Assignment]) -> tuple[_Choice, ...]:
    """Periods with something due in them, or single assignments; the latest first."""
    if kind == SINGLE:
        latest = reversed(in_due_order(offered))
        return tuple(
            _Choice(each.id, each.title, f"“{each.title}”", each.opens_on, (each,)) for each in latest
        )
    return tuple(
        _Choice(
            period.name,
            f"{period.name[:1].upper()}{period.name[1:]}",
            period.name,
            period.first,
            tuple(each for each in offered if period.holds(each)),
        )
        for period in periods_of(PeriodKind(kind), offered)
    )


def _begun(choices: Iterable[_Choice], today: date) -> _Choice:
    """The latest one that has begun; else the earliest."""
    known = tuple(choices)
    return next((each for each in known if each.begins <= today), known[-1])
