"""Figures by cell or by assignment, and members' states, as a plain table that is read row by row."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QLocale, QRect, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QTableWidget, QTableWidgetItem, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.row_table import choose_whole_rows
from handbook.desktop.theme import current_theme
from handbook.desktop.unbroken import unbroken

SMALLEST_FIRST = 180
"""Width of the first column at 100 % below which the table scrolls to the side instead."""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One row: `texts` below the titles, `key` to open it by ('' when it does not open)."""

    key: str
    texts: tuple[str, ...]
    stressed: bool = False


class FigureTable(QTableWidget):
    """`opened(key)`: Enter or a double click on a row that opens."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[FigureRow, ...] = ()
        self._titles: tuple[str, ...] = ()
        choose_whole_rows(self)
        self.setWordWrap(True)
        self.setItemDelegate(_Words(self))
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.activated.connect(lambda index: self._open(index.row()))

    def show_rows(self, titles: Sequence[str], rows: Sequence[FigureRow], words: int = 1) -> None:
        """The first `words` columns are set left. The person stays on the same row while it is there."""
        here = self._rows[self.currentRow()].key if 0 <= self.currentRow() < len(self._rows) else ""
        self._rows, self._titles = tuple(rows), tuple(titles)
        self.setColumnCount(len(titles))
        self.setRowCount(len(rows))
        self.setHorizontalHeaderLabels(titles)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for column in range(len(titles)):
            alignment = left if column < words else Qt.AlignmentFlag.AlignCenter
            self.horizontalHeaderItem(column).setTextAlignment(alignment)
        for at, row in enumerate(rows):
            for column, text in enumerate(row.texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(left if column < words else Qt.AlignmentFlag.AlignCenter)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, self._spoken(row, column))
                item.setToolTip(text if column < words else "")
                self.setItem(at, column, item)
        kept = [at for at, row in enumerate(rows) if here and row.key == here]
        if rows:
            place = next(iter(kept + [at for at, row in enumerate(rows) if row.key]), 0)
            self.setCurrentCell(place, 0)
        self._measure()

    def _spoken(self, row: FigureRow, column: int) -> str:
        """The whole row on its name; a figure never without what it counts."""
        if column == 0:
            others = zip(self._titles[1:], row.texts[1:], strict=True)
            return ". ".join((row.texts[0], *(f"{title}: {text}" for title, text in others)))
        return f"{self._titles[column]}: {row.texts[column]}"

    def _open(self, at: int) -> None:
        if key := self._rows[at].key:
            self.opened.emit(key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        theme = current_theme()
        self.verticalHeader().setDefaultSectionSize(theme.px(36))
        stressed = theme.font(weight=QFont.Weight.DemiBold)
        for at, row in enumerate(self._rows):
            for column in range(self.columnCount() if row.stressed else 0):
                self.item(at, column).setFont(stressed)
        self._share_width()

    def _share_width(self) -> None:
        """The columns are as wide as their words; the first takes what is left."""
        theme = current_theme()
        metrics = QFontMetrics(theme.font(weight=QFont.Weight.DemiBold))
        needed = [
            max(metrics.horizontalAdvance(each) for each in (title, *(row.texts[at] for row in self._rows)))
            + 2 * theme.px(9)
            for at, title in enumerate(self._titles)
        ]
        if not needed:
            return
        for column, width in enumerate(needed[1:], 1):
            self.setColumnWidth(column, width)
        left, smallest = self.viewport().width() - sum(needed[1:]), min(needed[0], theme.px(SMALLEST_FIRST))
        self.setColumnWidth(0, max(left, smallest))
        self._give_height(max(left, smallest) - 2 * theme.px(9))
        # It would come for a moment while the columns change, and stay.
        policy = Qt.ScrollBarPolicy
        self.setHorizontalScrollBarPolicy(
            policy.ScrollBarAsNeeded if left < smallest else policy.ScrollBarAlwaysOff
        )

    def _give_height(self, width: int) -> None:
        """A name that is longer than the first column's width goes on below, whole."""
        theme, wraps = current_theme(), Qt.TextFlag.TextWordWrap
        for at, row in enumerate(self._rows):
            weight = QFont.Weight.DemiBold if row.stressed else QFont.Weight.Normal
            area = QRect(0, 0, width, theme.px(1000))
            words = QFontMetrics(theme.font(weight=weight)).boundingRect(area, wraps, unbroken(row.texts[0]))
            self.setRowHeight(at, max(theme.px(36), words.height() + theme.px(14)))


class _Words(QStyledItemDelegate):
    def displayText(self, value: object, locale: QLocale) -> str:
        """A document's number stays on one line."""
        return unbroken(str(value))
