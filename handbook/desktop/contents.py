"""The contents panel: the headings of the document that is read, the present one marked."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.document_row import wrapped
from handbook.desktop.theme import TEXT_PX, current_theme

if TYPE_CHECKING:
    from handbook.client.library import OutlineEntry

STEP_HEADINGS = 30
"""So many headings are measured in one turn of the event loop; one takes some sixty microseconds."""
RESIZED_MS = 20
"""After a change of width, before headings are measured anew: the text beside them is set first."""
LINES = 3
"""A heading takes no more lines than this; the tool tip has all of it."""

_SECTION = Qt.ItemDataRole.UserRole
_LEVEL = Qt.ItemDataRole.UserRole + 1


class Contents(QListView):
    """`chosen(section)` when the person picks a heading, by click or Enter.

    A law has hundreds of headings: they are put in by steps, so that the text beside them never waits.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headings = QStandardItemModel(self)
        self._rows: list[int] = []
        self._waiting: list[OutlineEntry] = []
        self._top, self._opening = 1, ""
        self._section = 0
        self._measured = 0
        self._painter = _HeadingPainter(self)
        self._steps = QTimer(self)
        self._steps.timeout.connect(self._step)
        self.setModel(self._headings)
        self.setItemDelegate(self._painter)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.clicked.connect(lambda index: self.chosen.emit(index.data(_SECTION)))

    @property
    def is_filled(self) -> bool:
        """Whether an outline is shown, or is being put in."""
        return bool(self._rows)

    def show_outline(self, outline: "Sequence[OutlineEntry]", opening: str = "") -> None:
        """`opening` names the text before the first heading; an empty outline empties the list."""
        # Text without a heading is a place of its own only where the document begins.
        shown = [entry for entry in outline if entry.heading or not entry.index]
        self._top = min((entry.level for entry in shown if entry.heading), default=1)
        self._opening = opening
        self._rows = [entry.index for entry in shown]
        self._waiting = shown
        self._section = 0
        self._headings.clear()
        self._painter.heights.clear()
        self._measured = 0
        self._steps.stop()
        if shown:
            self._steps.start(0)

    def show_section(self, section: int) -> None:
        """Mark the heading under which the section lies, as soon as it is in the list."""
        self._section = section
        row = bisect_right(self._rows, section) - 1
        if 0 <= row < self._headings.rowCount() and row != self.currentIndex().row():
            self.setCurrentIndex(self._headings.index(row, 0))
            self.scrollTo(self.currentIndex())

    def _step(self) -> None:
        self._steps.setInterval(0)
        added, self._waiting = self._waiting[:STEP_HEADINGS], self._waiting[STEP_HEADINGS:]
        self._headings.invisibleRootItem().appendRows([self._row(entry) for entry in added])
        for row in range(self._measured, min(self._measured + STEP_HEADINGS, self._headings.rowCount())):
            self._painter.measure(self._headings.index(row, 0))
            self._measured = row + 1
        self.scheduleDelayedItemsLayout()
        if not self._waiting and self._measured == self._headings.rowCount():
            self._steps.stop()
            self.scrollTo(self.currentIndex())
        self.show_section(self._section)

    def _row(self, entry: "OutlineEntry") -> QStandardItem:
        row = QStandardItem(entry.heading or self._opening)
        row.setData(entry.index, _SECTION)
        row.setData(max(0, entry.level - self._top), _LEVEL)
        row.setToolTip(row.text())
        return row

    def _measure_anew(self) -> None:
        """Rows keep their former heights until their turn comes."""
        self._measured = 0
        self._steps.start(RESIZED_MS)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex().data(_SECTION))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._measure_anew()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure_anew()


class _HeadingPainter(QStyledItemDelegate):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view
        self.heights: dict[int, int] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        # The view asks for every row whenever one is added or chosen.
        return QSize(60, self.heights.get(index.row(), current_theme().px(2 * TEXT_PX)))

    def measure(self, index: QModelIndex) -> None:
        """Work out how high the row is in the present width."""
        metrics = QFontMetricsF(_font(index.data(_LEVEL) == 0))
        lines = wrapped(metrics, index.data(), self._width(index.data(_LEVEL)), LINES)
        self.heights[index.row()] = round(len(lines) * metrics.height()) + current_theme().px(9)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = current_theme()
        px, colour = theme.px, theme.colour
        level = index.data(_LEVEL)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRect(option.rect).adjusted(1, 1, -1, -1)
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(colour("accent_soft" if current else "hover"))
            painter.setPen(
                QPen(colour("focus"), 2) if current and self._view.hasFocus() else Qt.PenStyle.NoPen
            )
            painter.drawRoundedRect(place, px(5), px(5))
        font = _font(level == 0)
        painter.setFont(font)
        painter.setPen(colour("accent" if current else "text" if level == 0 else "muted"))
        metrics = QFontMetricsF(font)
        y = place.top() + px(3)
        for line in wrapped(metrics, index.data(), self._width(level), LINES):
            painter.drawText(
                QRect(place.left() + _indent(level), round(y), place.width(), round(metrics.height())),
                Qt.AlignmentFlag.AlignVCenter,
                line,
            )
            y += metrics.height()
        painter.restore()

    def _width(self, level: int) -> float:
        return max(40, self._view.viewport().width() - 2 - _indent(level) - current_theme().px(8))


def _indent(level: int) -> int:
    return current_theme().px(8 + 14 * level)


def _font(strong: bool) -> QFont:
    return current_theme().font(TEXT_PX - 0.5, QFont.Weight.Medium if strong else QFont.Weight.Normal)
