"""Chips and a chooser above the table: which members of the cell are in sight, and in which order."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from handbook.desktop.cell_choice import FILTERS, ORDERS
from handbook.desktop.chooser import Chooser
from handbook.desktop.widgets import Chip, FlowLayout

if TYPE_CHECKING:
    from handbook.client.cell_rows import CellOverview, MemberRow

OF_TEXTS = ("waiting", "returned", "accepted", "late", "paper")
"""Of no use where no reflection is asked for."""
RARE = ("exempt", "paper", "late")
"""Few have these: a chip that would show nobody only takes room."""


class CellFilter(QWidget):
    """`filter_chosen()` when others are to be in sight, `order_chosen()` when in another order."""

    filter_chosen = Signal()
    order_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._filter = "all"
        self._names = {
            "all": self.tr("Tất cả"),
            "missing": self.tr("Chưa xong"),
            "waiting": self.tr("Chờ xem"),
            "returned": self.tr("Trả lại"),
            "late": self.tr("Nộp muộn"),
            "accepted": self.tr("Đạt"),
            "exempt": self.tr("Miễn"),
            "paper": self.tr("Nộp giấy"),
        }
        chips = FlowLayout()
        self.setLayout(chips)
        self._chips: dict[str, Chip] = {}
        for name, text in self._names.items():
            chip = Chip(text)
            chip.setObjectName(f"cell.filter.{name}")
            chip.setChecked(name == self._filter)
            chip.clicked.connect(lambda _, name=name: self._choose(name))
            chips.addWidget(chip)
            self._chips[name] = chip
        self._order = Chooser(self.tr("Sắp xếp"), "cell.order")
        for words, key in (
            (self.tr("Xếp theo tên"), "name"),
            (self.tr("Việc cần làm trước"), "urgent"),
            (self.tr("Nộp gần đây trước"), "received"),
            (self.tr("Lâu chưa đồng bộ trước"), "sync"),
        ):
            self._order.addItem(words, key)
        self._order.activated.connect(lambda _: self.order_chosen.emit())
        chips.addWidget(self._order)

    def show_counts(self, overview: "CellOverview") -> None:
        """How many each chip would show."""
        for name, chip in self._chips.items():
            count = len(_fitting(overview, name))
            chip.setText(f"{self._names[name]} {count}")
            chip.setAccessibleName(self.tr("{}: {} đồng chí").format(self._names[name], count))
            rare = name in RARE and not count and name != self._filter
            chip.setVisible((overview.assignment.wants_reflection or name not in OF_TEXTS) and not rare)

    def rows(self, overview: "CellOverview") -> "tuple[MemberRow, ...]":
        """Those who are to be in sight, in the order of names where the chosen key says nothing."""
        return tuple(sorted(_fitting(overview, self._filter), key=ORDERS[self._order.currentData()]))

    def _choose(self, name: str) -> None:
        self._filter = name
        for other, chip in self._chips.items():
            chip.setChecked(other == name)
        self.filter_chosen.emit()


def waiting_count(overview: "CellOverview") -> int:
    """How many reflections wait for the cell."""
    return len(_fitting(overview, "waiting"))


def _fitting(overview: "CellOverview", name: str) -> "list[MemberRow]":
    fits = FILTERS[name]
    return [row for row in overview.rows if fits(row, overview.assignment)]
