"""Chi bộ: who of the cell has read and handed in, who has not, and the way to each reflection."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.cell_acts import MemberActs
from handbook.desktop.cell_entry import CellEntry
from handbook.desktop.cell_filter import CellFilter, waiting_count
from handbook.desktop.cell_head import CellChoosers, CellFigures
from handbook.desktop.cell_message import CellMessage
from handbook.desktop.cell_table import MemberTable
from handbook.desktop.cell_trend import CellTrend
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Column,
    Kind,
    Label,
    Role,
    SecondaryButton,
)
from handbook.model.changes import Change, Changes
from handbook.model.people import Unit
from handbook.model.study import Assignment, MarkKind
from handbook.model.vietnamese import VIETNAM, date_text, due_text, since_text

if TYPE_CHECKING:
    from datetime import datetime

    from handbook.client.cell import Cell
    from handbook.client.cell_rows import CellOverview, MemberRow, TrendPoint

PAGE_WIDTH = 1600
FORM_WIDTH = 760
FEWEST_ROWS = 7
TILES_FROM = 600
"""Height at 100 % text from which the figures have room above the table; the chips count too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    units: tuple[Unit, ...]
    assignments: tuple[Assignment, ...] = ()
    overview: "CellOverview | None" = None
    last_sync: "datetime | None" = None
    me: str = ""


class CellScreen(Screen):
    concerns = frozenset({Change.CELL, Change.STUDY, Change.LIBRARY, Change.SYNC, Change.ACCOUNT})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Chi bộ"))
        self._unit = ""
        self._assignment = ""
        self._overview: CellOverview | None = None
        self._me = ""
        self._arriving = False
        self._offers = [
            self._offer("cell.missing", self.tr("Danh sách chưa xong"), "copy", self._ask_missing_text),
            self._offer("cell.trend.show", self.tr("Xu hướng"), "calendar", self._ask_trend),
            self._offer("cell.report", self.tr("Báo cáo…"), "document", self._to_report),
        ]
        # The page scrolls where large print leaves the table no room.
        self._page = Column(PAGE_WIDTH, fills=True)
        self.body.addWidget(self._page)
        self.scroll_head_with(self._page)
        self._build_head()
        self._build_table()
        self._measure_screen()

    # -- coming and reading

    def show_route(self, route: Route) -> None:
        self._unit = route.unit or self._unit
        self._assignment = route.assignment or self._assignment
        self.route = route
        self._arriving = True
        self.refresh()

    def refresh(self) -> None:
        if self._overview is None:
            self.show_loading(self.tr("Đang mở bảng theo dõi…"))
        unit, assignment, now = self._unit, self._assignment, self.session.now()
        handbook = self.session.handbook

        def read() -> _Content:
            units = handbook.cell.units()
            if not units:
                return _Content(units=())
            path = next((u.path for u in units if u.path == unit), units[0].path)
            offered = handbook.cell.assignments(path, now)
            status = handbook.sync.status()
            if not offered:
                return _Content(units=units, last_sync=status.last_success)
            ids = [each.id for each in offered]
            wanted = assignment if assignment in ids else _first_to_look_at(handbook.cell, path, offered, now)
            return _Content(
                units=units,
                assignments=offered,
                overview=handbook.cell.overview(path, wanted, now),
                last_sync=status.last_success,
                me=handbook.account.member().account,
            )

        self.load(read, self._show_content)

    # -- showing

    def _show_content(self, content: _Content) -> None:
        self._overview, self._me = content.overview, content.me
        self._measure_screen()
        if not content.units:
            self.show_empty(
                "cell",
                self.tr("Đồng chí không được phân công theo dõi chi bộ nào"),
                self.tr("Trang này dành cho bí thư và phó bí thư chi bộ."),
            )
            return
        if content.overview is None:
            self.header.show_text(content.units[0].name)
            self.show_empty(
                "study",
                self.tr("Chi bộ chưa có nhiệm vụ học tập nào đang mở"),
                self.tr("Nhiệm vụ do đảng uỷ giao sẽ hiện ở đây sau lần đồng bộ kế tiếp."),
                Action(self.tr("Đồng bộ ngay"), self.session.sync_now, "sync"),
            )
            return
        overview = content.overview
        self._unit, self._assignment = overview.unit.path, overview.assignment.id
        self._show_header(content)
        self._show_choosers(content)
        self._figures.show_figures(overview, waiting_count(overview))
        self._filter.show_counts(overview)
        self._show_rows()
        self._offers[0].setEnabled(overview.missing > 0)
        self.show_ready()
        if self._arriving and self._table.isVisible():
            self._table.setFocus()
        self._arriving = False

    def _show_header(self, content: _Content) -> None:
        now = self.session.now()
        assignment = content.overview.assignment
        due = due_text(assignment.due_on, now.astimezone(VIETNAM).date())
        said = self.tr("Hạn {}, {}").format(date_text(assignment.due_on), due)
        if content.last_sync:
            numbers = self.tr("số liệu theo lần đồng bộ {}").format(since_text(content.last_sync, now))
        else:
            numbers = self.tr("chưa đồng bộ lần nào nên số liệu có thể thiếu")
        self.header.show_text(content.overview.unit.name, f"{said} · {numbers}")

    def _show_choosers(self, content: _Content) -> None:
        self._choosers.show_offered(
            [(unit.name, unit.path) for unit in content.units],
            self._unit,
            [(assignment.title, assignment.id) for assignment in content.assignments],
            self._assignment,
        )

    def _show_rows(self) -> None:
        rows = self._filter.rows(self._overview)
        self._table.show_rows(rows, self._overview.assignment, self.session.now())
        if self._current in (self._table_frame, self._nobody):
            self._turn_to(self._table_frame if rows else self._nobody)
        self._show_acts()

    def _show_acts(self) -> None:
        """What can be done with the member whose row is current."""
        row = self._current_row()
        self._acts.setVisible(row is not None and self._current is self._table_frame)
        if row:
            wants = self._overview.assignment.wants_reflection
            self._acts.show_member(row, is_me=row.account == self._me, wants_reflection=wants)

    def _turned_to(self) -> None:
        """Another row is current: what can be done follows, and in a low window the page scrolls to it."""
        self._show_acts()
        if self._table.hasFocus():
            row = self._table.visualRect(self._table.currentIndex())
            place = self._table.viewport().mapTo(self._page.widget(), row.center())
            self._page.ensureVisible(place.x(), place.y(), 0, row.height() // 2 + 1)

    def _current_row(self) -> "MemberRow | None":
        account = self._table.current_account
        rows = self._overview.rows if self._overview else ()
        return next((row for row in rows if row.account == account), None)

    # -- acting

    def _choose_unit(self, path: str) -> None:
        self._unit, self._assignment = path, ""
        self._show_table()
        self.refresh()

    def _choose_assignment(self, assignment: str) -> None:
        self._assignment = assignment
        self._show_table()
        self.refresh()

    def _choose_filter(self) -> None:
        self._show_table()
        self._show_rows()

    def _open(self, account: str) -> None:
        row = next(row for row in self._overview.rows if row.account == account)
        if row.reflection is None:
            said = self.tr("{} chưa nộp bài thu hoạch.").format(row.name)
            self.show_banner(Banner(Kind.INFO, said))
            return
        self.clear_banner()
        self.navigate.emit(
            Route(
                place=Place.REVIEW,
                lineage=row.reflection[0],
                assignment=self._assignment,
                unit=self._unit,
            )
        )

    def _ask_missing_text(self) -> None:
        unit, assignment, now = self._unit, self._assignment, self.session.now()
        cell = self.session.handbook.cell
        self.session.work.run(
            lambda: cell.missing_text(unit, assignment, now),
            self._show_missing_text,
            self._cannot_do,
            self,
        )

    def _show_missing_text(self, text: str) -> None:
        if not text:
            self.show_banner(Banner(Kind.OK, self.tr("Mọi đồng chí đã hoàn thành nhiệm vụ này.")))
            return
        self._show_page(self._message)
        self._message.copy(text)

    # -- exemptions and papers

    @property
    def _task(self) -> str:
        return self._overview.assignment.title

    def _ask_exemption(self) -> None:
        if row := self._current_row():
            self._ask(lambda: self._entry.ask_exemption(row.account, row.name, self._task, row.mark))

    def _ask_paper(self) -> None:
        row = self._current_row()
        if row and self._overview.assignment.wants_reflection:
            today = self.session.now().astimezone(VIETNAM).date()
            self._ask(lambda: self._entry.ask_paper(row.account, row.name, self._task, row.mark, today))

    def _ask(self, ask: Callable[[], object]) -> None:
        if self._current_row().account == self._me:
            said = self.tr("Việc miễn và bài giấy của đồng chí do người khác trong chi uỷ ghi nhận.")
            self.show_banner(Banner(Kind.INFO, said))
            return
        self._show_page(self._entry)
        ask()

    def _keep_exemption(self, account: str, reason: str) -> None:
        now, cell, assignment = self.session.now(), self.session.handbook.cell, self._assignment
        self._keep(
            account, lambda: cell.exempt(account, assignment, reason, now), self.tr("Đã ghi miễn cho {}.")
        )

    def _keep_paper(self, account: str, day: date) -> None:
        now, cell, assignment = self.session.now(), self.session.handbook.cell, self._assignment
        said = self.tr("Đã ghi bài giấy của {}.")
        self._keep(account, lambda: cell.take_paper(account, assignment, day, now), said)

    def _take_back(self) -> None:
        row = self._current_row()
        if row is None or row.mark is None or row.account == self._me:
            return
        now, cell, assignment = self.session.now(), self.session.handbook.cell, self._assignment
        account = row.account
        self._keep(account, lambda: cell.unmark(account, assignment, now), self.tr("Đã bỏ ghi nhận cho {}."))

    def _keep(self, account: str, act: Callable[[], Changes], said: str) -> None:
        """Does it and offers to put back what was there before."""
        before = next(row for row in self._overview.rows if row.account == account)
        assignment = self._assignment

        def undo() -> None:
            cell, now, mark = self.session.handbook.cell, self.session.now(), before.mark
            if mark is None:
                self.command(lambda: cell.unmark(account, assignment, now))
            elif mark.kind is MarkKind.EXEMPT:
                self.command(lambda: cell.exempt(account, assignment, mark.reason, now))
            else:
                self.command(lambda: cell.take_paper(account, assignment, mark.handed_in_on, now))

        def done(_: object) -> None:
            self._back_to_table()
            self.undo_offered.emit(said.format(before.name), undo)

        self.command(act, done)

    def _ask_trend(self) -> None:
        unit, now, cell = self._unit, self.session.now(), self.session.handbook.cell

        def show(points: "tuple[TrendPoint, ...]") -> None:
            self._show_page(self._trend)
            self._trend.show_points(points)

        self.session.work.run(lambda: cell.trend(unit, now), show, self._cannot_do, self)

    def _show_table(self) -> None:
        self._show_page(self._table_frame)

    def _turn_to(self, page: QWidget) -> None:
        self._current = page
        for each in self._pages:
            each.setVisible(each is page)

    def _show_page(self, page: QWidget) -> None:
        """In place of the table; what is about the table alone leaves its room to it."""
        self._turn_to(page)
        self._measure_screen()
        self._show_acts()
        self._page.verticalScrollBar().setValue(0)

    def _back_to_table(self) -> None:
        self._show_table()
        self._show_rows()
        self._table.setFocus()

    @property
    def typed(self) -> str:
        return self._entry.typed if self._current is self._entry else ""

    # -- the frame

    def _offer(self, name: str, words: str, icon: str, act: Callable[[], object]) -> SecondaryButton:
        """What can be done with the whole cell, in the header."""
        button = SecondaryButton(words, icon)
        button.setObjectName(name)
        button.clicked.connect(lambda: act())
        self.header.add_action(button)
        return button

    def _to_report(self) -> None:
        self.navigate.emit(Route(place=Place.REPORT, unit=self._unit))

    def _build_head(self) -> None:
        self._choosers = CellChoosers()
        self._choosers.unit_chosen.connect(self._choose_unit)
        self._choosers.assignment_chosen.connect(self._choose_assignment)
        self._figures = CellFigures()
        self._page.body.addWidget(self._choosers)
        self._page.body.addWidget(self._figures)
        self._filter = CellFilter()
        self._filter.filter_chosen.connect(self._choose_filter)
        self._filter.order_chosen.connect(self._show_rows)
        self._page.body.addWidget(self._filter)

    def _build_table(self) -> None:
        self._table = MemberTable()
        self._table.setObjectName("cell.table")
        self._table.opened.connect(self._open)
        self._table_frame = QFrame()
        self._table_frame.setProperty("card", True)
        rows = QVBoxLayout(self._table_frame)
        rows.addWidget(self._table)
        self._nobody = Label(self.tr("Không có đồng chí nào trong mục này."), Role.MUTED)
        self._nobody.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message = CellMessage()
        self._message.left.connect(self._back_to_table)
        self._entry = CellEntry()
        self._entry.exempted.connect(self._keep_exemption)
        self._entry.paper_taken.connect(self._keep_paper)
        self._entry.cancelled.connect(self._back_to_table)
        self._trend = CellTrend(self._back_to_table)
        # Not stacked: the table is not to be as tall as the longest of them.
        self._pages = (self._table_frame, self._nobody, self._message, self._entry, self._trend)
        for page in self._pages:
            fills = page in (self._table_frame, self._nobody, self._message)
            self._page.body.addWidget(page, 1000 if fills else 0)
        self._page.body.addStretch(1)
        self._turn_to(self._table_frame)
        self._build_acts()

    def _build_acts(self) -> None:
        self._acts = MemberActs(self._table)
        self._acts.opened.connect(lambda: self._open(self._table.current_account))
        self._acts.exemption_asked.connect(self._ask_exemption)
        self._acts.paper_asked.connect(self._ask_paper)
        self._acts.taken_back.connect(self._take_back)
        self._table.turned_to.connect(self._turned_to)
        self._acts.hide()
        self._page.body.addWidget(self._acts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure_screen()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure_screen()

    def _measure_screen(self) -> None:
        px = current_theme().px
        of_table = self._current in (self._table_frame, self._nobody)
        self._figures.setVisible(of_table and self.height() >= px(TILES_FROM))
        for part in (self._choosers, self._filter):
            part.setVisible(of_table)
        for offer in self._offers:
            offer.setVisible(of_table and self._overview is not None)
        self._table_frame.layout().setContentsMargins(px(4), px(4), px(4), px(4))
        self._table_frame.setMinimumHeight(px(FEWEST_ROWS * 36))
        self._entry.setMaximumWidth(px(FORM_WIDTH))


def _first_to_look_at(cell: "Cell", unit: str, offered: tuple[Assignment, ...], now: "datetime") -> str:
    """The assignment whose reflections wait longest, else the one due next, else the latest."""
    ids = {assignment.id for assignment in offered}
    waiting = (each.assignment for each in cell.waiting(unit) if each.assignment in ids)
    due = (assignment.id for assignment in reversed(offered) if not assignment.is_overdue(now))
    return next(waiting, None) or next(due, offered[0].id)
