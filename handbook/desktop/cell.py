"""Chi bộ: who of the cell has read and handed in, who has not, and the way to each reflection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QPlainTextEdit, QStackedLayout, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.cell_table import MemberTable
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
    Chip,
    Column,
    FlowLayout,
    Kind,
    Label,
    PrimaryButton,
    Role,
    SecondaryButton,
    StatTile,
    TileLayout,
    announce,
)
from handbook.model.changes import Change
from handbook.model.people import Unit
from handbook.model.reflection import State
from handbook.model.study import Assignment
from handbook.model.vietnamese import VIETNAM, date_text, due_text, since_text

if TYPE_CHECKING:
    from datetime import datetime

    from handbook.client.cell import Cell, CellOverview, MemberRow

PAGE_WIDTH = 1600
FEWEST_ROWS = 7
TILES_FROM = 600
"""Height at 100 % text from which the figures have room above the table; the chips count too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    units: tuple[Unit, ...]
    assignments: tuple[Assignment, ...] = ()
    overview: "CellOverview | None" = None
    last_sync: "datetime | None" = None


class CellScreen(Screen):
    concerns = frozenset({Change.CELL, Change.STUDY, Change.LIBRARY, Change.SYNC, Change.ACCOUNT})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Chi bộ"))
        self._unit = ""
        self._assignment = ""
        self._overview: CellOverview | None = None
        self._filter = "all"
        self._missing = SecondaryButton(self.tr("Danh sách chưa xong"), "copy")
        self._missing.setObjectName("cell.missing")
        self._missing.clicked.connect(self._ask_missing_text)
        self.header.add_action(self._missing)
        # The page scrolls where large print leaves the table no room.
        self._page = Column(PAGE_WIDTH)
        self.body.addWidget(self._page)
        self._build_choosers()
        self._build_tiles()
        self._build_chips()
        self._build_table()
        self._measure_screen()

    # -- coming and reading

    def show_route(self, route: Route) -> None:
        self._unit = route.unit or self._unit
        self._assignment = route.assignment or self._assignment
        self.route = route
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
            )

        self.load(read, self._show_content)

    # -- showing

    def _show_content(self, content: _Content) -> None:
        if not content.units:
            self._overview = None
            self.show_empty(
                "cell",
                self.tr("Đồng chí không được phân công theo dõi chi bộ nào"),
                self.tr("Trang này dành cho bí thư và phó bí thư chi bộ."),
            )
            return
        if content.overview is None:
            self._overview = None
            self.header.show_text(content.units[0].name)
            self.show_empty(
                "study",
                self.tr("Chi bộ chưa có nhiệm vụ học tập nào đang mở"),
                self.tr("Nhiệm vụ do đảng uỷ giao sẽ hiện ở đây sau lần đồng bộ kế tiếp."),
                Action(self.tr("Đồng bộ ngay"), self.session.sync_now, "sync"),
            )
            return
        overview = content.overview
        self._overview = overview
        self._unit, self._assignment = overview.unit.path, overview.assignment.id
        self._show_header(content)
        self._show_choosers(content)
        self._show_tiles(overview)
        self._show_chips(overview)
        self._show_rows()
        self._missing.setEnabled(overview.missing > 0)
        self.show_ready()

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
        units = [(unit.name, unit.path) for unit in content.units]
        _fill(self._unit_chooser, units, self._unit)
        self._unit_chooser.setVisible(len(units) > 1)
        offered = [(assignment.title, assignment.id) for assignment in content.assignments]
        _fill(self._assignment_chooser, offered, self._assignment)
        self._show_full_title()

    def _show_tiles(self, overview: "CellOverview") -> None:
        members, waiting = overview.members, len(self._rows_of("waiting"))
        wants = overview.assignment.wants_reflection
        self._tiles["members"].show_figure(str(members), self.tr("của chi bộ"))
        self._tiles["read"].show_figure(str(overview.read_all), self.tr("trên {}").format(members))
        self._tiles["submitted"].show_figure(str(overview.submitted), self.tr("trên {}").format(members))
        self._tiles["waiting"].show_figure(str(waiting), self.tr("cần nhận xét"))
        self._tiles["returned"].show_figure(str(overview.returned), self.tr("chờ nộp lại"))
        late = self.tr("{} bài nộp muộn").format(overview.late) if wants else ""
        self._tiles["missing"].show_figure(str(overview.missing), late)
        for name in ("submitted", "waiting", "returned"):
            self._tiles[name].setVisible(wants)

    def _show_chips(self, overview: "CellOverview") -> None:
        for name, chip in self._chips.items():
            count = len(self._rows_of(name))
            chip.setText(f"{self._chip_names[name]} {count}")
            chip.setAccessibleName(self.tr("{}: {} đồng chí").format(self._chip_names[name], count))
            of_texts = name in ("waiting", "returned", "accepted", "late")
            chip.setVisible(overview.assignment.wants_reflection or not of_texts)

    def _show_rows(self) -> None:
        rows = self._rows_of(self._filter)
        self._table.show_rows(rows, self._overview.assignment, self.session.now())
        if self._stack.currentWidget() is not self._message:
            self._stack.setCurrentWidget(self._table_frame if rows else self._nobody)

    def _rows_of(self, name: str) -> "tuple[MemberRow, ...]":
        overview = self._overview
        fits = _FILTERS[name]
        return tuple(row for row in overview.rows if fits(row, overview.assignment))

    # -- acting

    def _choose_unit(self, _: int) -> None:
        self._unit, self._assignment = self._unit_chooser.currentData(), ""
        self._show_table()
        self.refresh()

    def _choose_assignment(self, _: int) -> None:
        self._assignment = self._assignment_chooser.currentData()
        self._show_table()
        self.refresh()

    def _choose_filter(self, name: str) -> None:
        self._filter = name
        for other, chip in self._chips.items():
            chip.setChecked(other == name)
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
        QGuiApplication.clipboard().setText(text)
        self._message_text.setPlainText(text)
        self._stack.setCurrentWidget(self._message)
        self._message_text.setFocus()
        announce(self, self.tr("Đã sao chép tin nhắn nhắc việc."))

    def _show_table(self) -> None:
        self._stack.setCurrentWidget(self._table_frame)

    def _back_to_table(self) -> None:
        self._show_table()
        self._show_rows()
        self._table.setFocus()

    # -- the frame

    def _build_choosers(self) -> None:
        self._unit_chooser = _chooser(self.tr("Chi bộ"), "cell.unit")
        self._unit_chooser.activated.connect(self._choose_unit)
        self._assignment_chooser = _chooser(self.tr("Nhiệm vụ học tập"), "cell.assignment")
        self._assignment_chooser.activated.connect(self._choose_assignment)
        self._assignment_chooser.installEventFilter(self)
        self._full_title = Label("", Role.MUTED)
        for part in (self._unit_chooser, self._assignment_chooser, self._full_title):
            self._page.body.addWidget(part)

    def _build_tiles(self) -> None:
        self._tile_row = QWidget()
        self._tile_layout = TileLayout(current_theme().px(130), current_theme().px(10))
        self._tile_row.setLayout(self._tile_layout)
        self._tiles = {
            "members": StatTile(self.tr("Đảng viên")),
            "read": StatTile(self.tr("Đã đọc đủ")),
            "submitted": StatTile(self.tr("Đã nộp bài")),
            "waiting": StatTile(self.tr("Chờ xem")),
            "returned": StatTile(self.tr("Trả lại")),
            "missing": StatTile(self.tr("Chưa xong")),
        }
        for name, tile in self._tiles.items():
            tile.setObjectName(f"cell.tile.{name}")
            self._tile_layout.addWidget(tile)
        self._page.body.addWidget(self._tile_row)

    def _build_chips(self) -> None:
        self._chip_names = {
            "all": self.tr("Tất cả"),
            "missing": self.tr("Chưa xong"),
            "waiting": self.tr("Chờ xem"),
            "returned": self.tr("Trả lại"),
            "late": self.tr("Nộp muộn"),
            "accepted": self.tr("Đạt"),
        }
        chips = FlowLayout()
        self._chips: dict[str, Chip] = {}
        for name, text in self._chip_names.items():
            chip = Chip(text)
            chip.setObjectName(f"cell.filter.{name}")
            chip.setChecked(name == self._filter)
            chip.clicked.connect(lambda _, name=name: self._choose_filter(name))
            chips.addWidget(chip)
            self._chips[name] = chip
        self._page.body.addLayout(chips)

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
        self._message = Card(
            self.tr("Đã sao chép tin nhắn nhắc việc"), "copy", self.tr("Dán vào nhóm nhắn tin của chi bộ.")
        )
        self._message_text = QPlainTextEdit()
        self._message_text.setObjectName("cell.missing.text")
        self._message_text.setReadOnly(True)
        self._message_text.setTabChangesFocus(True)
        self._message_text.setAccessibleName(self.tr("Tin nhắn nhắc việc"))
        self._message.add(self._message_text)
        back = self._message.add_action(
            Action(self.tr("Về bảng theo dõi"), self._back_to_table, "back"), PrimaryButton
        )
        back.setObjectName("cell.missing.back")
        self._holder = QWidget()
        self._stack = QStackedLayout(self._holder)
        for page in (self._table_frame, self._nobody, self._message):
            self._stack.addWidget(page)
        self._page.body.addWidget(self._holder, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure_screen()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure_screen()

    def _measure_screen(self) -> None:
        px = current_theme().px
        self._tile_row.setVisible(self.height() >= px(TILES_FROM))
        self._tile_layout.setSpacing(px(10))
        self._table_frame.layout().setContentsMargins(px(4), px(4), px(4), px(4))
        self._holder.setMinimumHeight(px(FEWEST_ROWS * 36))
        self._page.body.setContentsMargins(0, 0, px(4), 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._assignment_chooser and event.type() is QEvent.Type.Resize:
            self._show_full_title()
        return False

    def _show_full_title(self) -> None:
        """A title that the chooser has no room for stands below it."""
        title = self._assignment_chooser.currentText()
        needed = self._assignment_chooser.fontMetrics().horizontalAdvance(title) + current_theme().px(60)
        self._full_title.setText(title)
        self._full_title.setVisible(needed > self._assignment_chooser.width())


_FILTERS: "dict[str, Callable[[MemberRow, Assignment], bool]]" = {
    "all": lambda row, assignment: True,
    "missing": lambda row, assignment: not row.progress.done(assignment.wants_reflection),
    "waiting": lambda row, assignment: row.progress.reflection in (State.RECEIVED, State.OPENED),
    "returned": lambda row, assignment: row.progress.reflection == State.RETURNED,
    "late": lambda row, assignment: row.progress.late,
    "accepted": lambda row, assignment: row.progress.reflection == State.ACCEPTED,
}


def _first_to_look_at(cell: "Cell", unit: str, offered: tuple[Assignment, ...], now: "datetime") -> str:
    """The assignment whose reflections wait longest, else the one due next, else the latest."""
    ids = {assignment.id for assignment in offered}
    waiting = (view.assignment.id for view in cell.to_review(unit) if view.assignment.id in ids)
    due = (assignment.id for assignment in reversed(offered) if not assignment.is_overdue(now))
    return next(waiting, None) or next(due, offered[0].id)


def _chooser(name: str, object_name: str) -> QComboBox:
    chooser = QComboBox()
    chooser.setObjectName(object_name)
    chooser.setAccessibleName(name)
    chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    chooser.setMinimumContentsLength(16)
    return chooser


def _fill(chooser: QComboBox, entries: list[tuple[str, str]], current: str) -> None:
    """Offer these (text, key); nothing changes under the person's hand when they are the same."""
    held = [(chooser.itemText(i), chooser.itemData(i)) for i in range(chooser.count())]
    if held != entries:
        chooser.clear()
        for text, key in entries:
            chooser.addItem(text, key)
    chooser.setCurrentIndex(next(i for i, (_, key) in enumerate(entries) if key == current))
