"""The contents panel: the headings of the document that is read, the present one marked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
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

LINES = 3
"""A heading takes no more lines than this; the tool tip has all of it."""

_SECTION = Qt.ItemDataRole.UserRole
_LEVEL = Qt.ItemDataRole.UserRole + 1


class Contents(QListView):
    """`chosen(section)` when the person picks a heading, by click or Enter."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headings = QStandardItemModel(self)
        self._rows: list[int] = []
        self.setModel(self._headings)
        self.setItemDelegate(_HeadingPainter(self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.clicked.connect(lambda index: self.chosen.emit(index.data(_SECTION)))

    def show_outline(self, outline: "Sequence[OutlineEntry]", opening: str) -> None:
        """`opening` names the text before the first heading."""
        self._headings.clear()
        top = min((entry.level for entry in outline if entry.heading), default=1)
        self._rows = []
        for entry in outline:
            # Text without a heading is a place of its own only where the document begins.
            if not entry.heading and entry.index:
                continue
            item = QStandardItem(entry.heading or opening)
            item.setData(entry.index, _SECTION)
            item.setData(max(0, entry.level - top), _LEVEL)
            item.setToolTip(item.text())
            self._headings.appendRow(item)
            self._rows.append(entry.index)

    def show_section(self, section: int) -> None:
        """Mark the heading under which the section lies."""
        row = max((at for at, index in enumerate(self._rows) if index <= section), default=-1)
        if row >= 0 and row != self.currentIndex().row():
            self.setCurrentIndex(self._headings.index(row, 0))
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex().data(_SECTION))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self.scheduleDelayedItemsLayout()


class _HeadingPainter(QStyledItemDelegate):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        metrics = QFontMetricsF(_font(index.data(_LEVEL) == 0))
        lines = wrapped(metrics, index.data(), self._width(index.data(_LEVEL)), LINES)
        return QSize(60, round(len(lines) * metrics.height()) + current_theme().px(9))

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
