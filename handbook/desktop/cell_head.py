"""Above the members of a cell: which cell and assignment are looked at, and the figures of both."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.chooser import Chooser, fill
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Label, Role, StatTile, TileLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handbook.client.cell_rows import CellOverview


CHOOSER_WIDTH = 380
"""At 100 %: two stand side by side where both have as much."""


class CellChoosers(QWidget):
    """`unit_chosen(path)`, `assignment_chosen(id)`."""

    unit_chosen = Signal(str)
    assignment_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._unit = Chooser(self.tr("Chi bộ"), "cell.unit")
        self._unit.activated.connect(lambda _: self.unit_chosen.emit(self._unit.currentData()))
        self._assignment = Chooser(self.tr("Nhiệm vụ học tập"), "cell.assignment")
        self._assignment.activated.connect(
            lambda _: self.assignment_chosen.emit(self._assignment.currentData())
        )
        self._full_title = Label("", Role.MUTED)
        self._boxes = TileLayout(0)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(self._boxes)
        rows.addWidget(self._full_title)
        for box in (self._unit, self._assignment):
            self._boxes.addWidget(box)
        self._measure()

    def show_offered(
        self,
        units: "Sequence[tuple[str, str]]",
        unit: str,
        assignments: "Sequence[tuple[str, str]]",
        assignment: str,
    ) -> None:
        """(name, key) of what can be chosen, and the keys of what is; one cell alone is not offered."""
        fill(self._unit, units, unit)
        self._unit.setVisible(len(units) > 1)
        fill(self._assignment, assignments, assignment)
        self._show_full_title()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_full_title()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        px = current_theme().px
        self._boxes.set_tile_width(px(CHOOSER_WIDTH))
        self._boxes.setSpacing(px(12))

    def _show_full_title(self) -> None:
        """A title that the chooser has no room for stands below it."""
        title = self._assignment.currentText()
        needed = self._assignment.fontMetrics().horizontalAdvance(title) + current_theme().px(44)
        self._full_title.setText(title)
        places = self._boxes.places(self.width())
        self._full_title.setVisible(bool(places) and needed > places[-1][1].width())


class CellFigures(QWidget):
    """How many members, how many have done what."""

    def __init__(self) -> None:
        super().__init__()
        self._tiles = {
            "members": StatTile(self.tr("Đảng viên")),
            "read": StatTile(self.tr("Đã đọc đủ")),
            "submitted": StatTile(self.tr("Đã nộp bài")),
            "waiting": StatTile(self.tr("Chờ xem")),
            "returned": StatTile(self.tr("Trả lại")),
            "missing": StatTile(self.tr("Chưa xong")),
        }
        layout = TileLayout(0)
        self.setLayout(layout)
        for name, tile in self._tiles.items():
            tile.setObjectName(f"cell.tile.{name}")
            layout.addWidget(tile)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        px = current_theme().px
        self.layout().set_tile_width(px(130))
        self.layout().setSpacing(px(10))

    def show_figures(self, overview: "CellOverview", waiting: int) -> None:
        members, wants = overview.members, overview.assignment.wants_reflection
        of_all = self.tr("trên {}").format(members)
        exempt = self.tr("{} được miễn").format(overview.exempt) if overview.exempt else ""
        paper = self.tr("{} bài giấy").format(overview.paper) if overview.paper else ""
        late = self.tr("{} bài nộp muộn").format(overview.late) if wants else ""
        self._tiles["members"].show_figure(str(members), exempt or self.tr("của chi bộ"))
        self._tiles["read"].show_figure(str(overview.read_all), of_all)
        self._tiles["submitted"].show_figure(
            str(overview.submitted), self.tr("{}, thêm {}").format(of_all, paper) if paper else of_all
        )
        self._tiles["waiting"].show_figure(str(waiting), self.tr("cần nhận xét"))
        self._tiles["returned"].show_figure(str(overview.returned), self.tr("chờ nộp lại"))
        self._tiles["missing"].show_figure(str(overview.missing), late)
        for name in ("submitted", "waiting", "returned"):
            self._tiles[name].setVisible(wants)
