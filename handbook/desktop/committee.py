"""Tổng hợp: the figures of all cells of a committee, down to members' states; no text of anybody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout

from handbook.desktop.banners import Banner, kind_of
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.cell_head import CellChoosers
from handbook.desktop.committee_table import FigureRow, FigureTable
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Column, PrimaryButton, SecondaryButton
from handbook.desktop.work import Lane
from handbook.errors import Expected, Fault, NotAllowed
from handbook.model.changes import Change
from handbook.model.people import Unit, UnitKind
from handbook.model.reflection import STATE_NAMES, State
from handbook.model.report import Figures, sum_of
from handbook.model.study import Assignment
from handbook.model.vietnamese import date_text, moment_text, number_text, since_text

if TYPE_CHECKING:
    from handbook.client.committee import CellStates
    from handbook.protocol.api import CellCount, Counts

ALL = ""
"""In place of one assignment."""
PAGE_WIDTH = 1600
FEWEST_ROWS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    unit: Unit | None
    counts: "Counts | None" = None
    states: "CellStates | None" = None


class CommitteeScreen(Screen):
    """Route: a unit (the whole committee when empty) and an assignment (all of them when empty)."""

    concerns = frozenset({Change.COMMITTEE, Change.ACCOUNT})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Tổng hợp"))
        self._asked: set[tuple[str, str]] = set()
        self._seen: _Content | None = None
        self._again = SecondaryButton(self.tr("Lấy số liệu mới"), "sync")
        self._again.setObjectName("committee.ask")
        self._again.clicked.connect(self._ask)
        self.header.add_action(self._again)
        self._report = PrimaryButton(self.tr("Báo cáo…"), "document")
        self._report.setObjectName("committee.report")
        self._report.clicked.connect(self._to_report)
        self._report.setEnabled(False)
        self.header.add_action(self._report)
        self._page = Column(PAGE_WIDTH, fills=True)
        self.body.addWidget(self._page)
        self.scroll_head_with(self._page)
        self._choosers = CellChoosers()
        self._choosers.unit_chosen.connect(lambda unit: self._go(unit, self.route.assignment))
        self._choosers.assignment_chosen.connect(lambda chosen: self._go(self.route.unit, chosen))
        self._page.body.addWidget(self._choosers)
        self._card = QFrame()
        self._card.setProperty("card", True)
        rows = QVBoxLayout(self._card)
        self._table = FigureTable()
        self._table.setObjectName("committee.table")
        self._table.opened.connect(self._open)
        rows.addWidget(self._table)
        self._page.body.addWidget(self._card, 1)
        self._measure_screen()

    # -- reading

    def refresh(self) -> None:
        if self._seen is None:
            self.show_loading(self.tr("Đang mở số liệu…"))
        committee, route, now = self.session.handbook.committee, self.route, self.session.now()

        def read() -> _Content:
            unit = committee.unit()
            if unit is None:
                return _Content(unit=None)
            counts = committee.counts()
            of_members = counts is not None and _is_cell(counts, route.unit) and route.assignment
            states = committee.states(route.unit, route.assignment, now) if of_members else None
            return _Content(unit=unit, counts=counts, states=states)

        self.load(read, self._show_content)

    def _ask(self) -> None:
        """Ask the server for what is shown; what was kept stays until it answers."""
        committee, now, route = self.session.handbook.committee, self.session.now(), self.route
        content = self._seen
        of_members = content and content.counts and _is_cell(content.counts, route.unit) and route.assignment

        def ask() -> object:
            committee.ask_counts(now)
            return committee.ask_states(route.unit, route.assignment, now) if of_members else None

        self.session.work.run(ask, lambda _: self.clear_banner(), self._not_answered, self, lane=Lane.NET)

    def _not_answered(self, error: Expected) -> None:
        again, seen = Action(self.tr("Thử lại"), self._ask, "sync"), self._seen
        none_yet = seen is None or seen.counts is None
        if none_yet or isinstance(error, NotAllowed):  # the duty is over, and the figures went with it
            self.clear_banner()
            self.show_error(error, again)
            return
        at = seen.states.asked_at if seen.states else seen.counts.counted_at
        why = "" if error.fault is Fault.NETWORK else error.advice
        advice = f"{why} {self.tr('Đây là số liệu lúc {}.').format(moment_text(at))}".strip()
        self.show_banner(Banner(kind_of(error), error.message, advice, again))

    # -- showing

    def _show_content(self, content: _Content) -> None:
        self._seen = content
        route, counts = self.route, content.counts
        for offer in (self._again, self._report):
            offer.setVisible(content.unit is not None)
        if content.unit is None:
            self.show_empty(
                "list",
                self.tr("Đồng chí không được giao tổng hợp số liệu của đảng uỷ"),
                self.tr("Trang này dành cho cán bộ theo dõi việc học tập của đảng uỷ."),
            )
            return
        # Once for each place in each run of the program: the person asks for more with the button.
        if (route.unit, route.assignment) not in self._asked:
            self._asked.add((route.unit, route.assignment))
            self._ask()
        self._report.setEnabled(bool(counts and counts.assignments))
        if counts is None:
            self.header.show_text(content.unit.name)
            self.show_loading(self.tr("Đang lấy số liệu của các chi bộ…"))
            return
        if not counts.assignments:
            self._show_head(content, counts)
            self.show_empty(
                "study",
                self.tr("Chưa có nhiệm vụ học tập nào đang mở"),
                self.tr("Số liệu hiện ra khi đảng uỷ giao nhiệm vụ đầu tiên."),
            )
            return
        self._show_head(content, counts)
        self._choosers.show_offered(
            [(self.tr("Toàn đảng bộ"), ""), *((each.name, each.path) for each in _cells(counts))],
            route.unit if _is_cell(counts, route.unit) else "",
            [
                (self.tr("Tất cả nhiệm vụ"), ALL),
                *((each.title, each.id) for each in counts.assignments[::-1]),
            ],
            route.assignment if _assignment(counts, route.assignment) else ALL,
        )
        self._show_table(counts, content.states)
        self.show_ready()

    def _show_head(self, content: _Content, counts: "Counts") -> None:
        asked = _assignment(counts, self.route.assignment)
        at = content.states.asked_at if content.states else counts.counted_at
        said = [self.tr("số liệu {}").format(since_text(at, self.session.now()))]
        if asked:
            said.insert(0, self.tr("Hạn {}").format(date_text(asked.due_on)))
        elif len(counts.assignments) > 1:
            said.append(self.tr("tính theo lượt: mỗi đảng viên một lượt cho mỗi nhiệm vụ"))
        words = " · ".join(said)
        unit = next((each for each in _cells(counts) if each.path == self.route.unit), content.unit)
        self.header.show_text(unit.name, words[:1].upper() + words[1:])

    def _show_table(self, counts: "Counts", states: "CellStates | None") -> None:
        asked = _assignment(counts, self.route.assignment)
        if not _is_cell(counts, self.route.unit):
            self._table.setAccessibleName(self.tr("Số liệu theo chi bộ"))
            sums = _figures(
                counts, lambda each: each.unit, lambda each: asked is None or each.assignment == asked.id
            )
            named = [(each.path, each.name, sums[each.path]) for each in _cells(counts) if each.path in sums]
            self._show_figures(self.tr("Chi bộ"), named, asked)
        elif asked is None:
            self._table.setAccessibleName(self.tr("Số liệu theo nhiệm vụ"))
            sums = _figures(counts, lambda each: each.assignment, lambda each: each.unit == self.route.unit)
            named = [
                (each.id, each.title, sums[each.id]) for each in counts.assignments[::-1] if each.id in sums
            ]
            self._show_figures(self.tr("Nhiệm vụ"), named, None)
        else:
            self._show_people(asked, states)

    def _show_figures(
        self, head: str, named: Sequence[tuple[str, str, Figures]], asked: Assignment | None
    ) -> None:
        from handbook.exports.report_page import COLUMNS, figures_shown

        wants = asked is None or asked.wants_reflection
        rows = [FigureRow(key, (name, *figures_shown(figures, wants))) for key, name, figures in named]
        total = sum_of(figures for _, _, figures in named)
        sums = (self.tr("Cộng"), *figures_shown(total, wants))
        titles = (head, *(title for title, _ in COLUMNS))
        self._table.show_rows(titles, [FigureRow("", sums, stressed=True), *rows])

    def _show_people(self, asked: Assignment, states: "CellStates | None") -> None:
        self._table.setAccessibleName(self.tr("Đảng viên của chi bộ"))
        titles = (self.tr("Họ và tên"), self.tr("Tình hình"), self.tr("Đã đọc"), self.tr("Bài thu hoạch"))
        rows = [
            FigureRow(
                "",
                (
                    each.name,
                    each.said,
                    f"{number_text(each.progress.documents_read)}/{each.progress.documents_total}",
                    STATE_NAMES[State(each.progress.reflection)] if each.progress.reflection else "–",
                ),
            )
            for each in (states.people if states else ())
        ]
        self._table.show_rows(titles, rows, words=2)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure_screen()

    def _measure_screen(self) -> None:
        px = current_theme().px
        self._card.layout().setContentsMargins(px(4), px(4), px(4), px(4))
        self._card.setMinimumHeight(px(FEWEST_ROWS * 36))

    # -- going on

    def _go(self, unit: str, assignment: str) -> None:
        self.navigate.emit(Route(place=Place.COMMITTEE, unit=unit, assignment=assignment))

    def _open(self, key: str) -> None:
        counts = self._seen.counts
        if _is_cell(counts, self.route.unit):
            self._go(self.route.unit, key)
        else:
            self._go(key, self.route.assignment)

    def _to_report(self) -> None:
        unit, counts = self.route.unit, self._seen.counts
        shown = unit if counts and _is_cell(counts, unit) else self._seen.unit.path
        self.navigate.emit(Route(place=Place.REPORT, unit=shown, assignment=self.route.assignment))


def _cells(counts: "Counts") -> list[Unit]:
    return [each for each in counts.units if each.kind is UnitKind.CELL]


def _is_cell(counts: "Counts", path: str) -> bool:
    return any(each.path == path for each in _cells(counts))


def _assignment(counts: "Counts", assignment_id: str) -> Assignment | None:
    return next((each for each in counts.assignments if each.id == assignment_id), None)


def _figures(
    counts: "Counts", key: Callable[["CellCount"], str], fits: Callable[["CellCount"], bool]
) -> dict[str, Figures]:
    """The sums of the counts that fit, by key."""
    sums: dict[str, Figures] = {}
    for each in counts.cells:
        if fits(each):
            sums[key(each)] = sums.get(key(each), Figures()) + each.figures
    return sums
