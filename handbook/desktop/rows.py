"""A list of short rows, painted rather than built of widgets: title, a note below it, and a badge."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from handbook.desktop.labels import Tone
from handbook.desktop.theme import TEXT_PX, current_theme

TITLE_LINES = 2
NOTE_PX = 13.0
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`key` says which thing the row stands for; `badge` may be empty."""

    key: str
    title: str
    note: str = ""
    badge: str = ""
    tone: Tone = Tone.NEUTRAL

    @property
    def words(self) -> str:
        """What a screen reader says of the row."""
        return ". ".join(part for part in (self.title, self.badge, self.note) if part)


class RowList(QListView):
    """`chosen(key)` is emitted when the person moves to a row, `opened(key)` on Enter or a double click."""

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._rows = _Rows()
        self.setModel(self._rows)
        self.setItemDelegate(_RowPainter(self))
        self.setUniformItemSizes(False)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.selectionModel().currentChanged.connect(self._moved)
        self.activated.connect(lambda index: self.opened.emit(self._rows.rows[index.row()].key))

    @property
    def current_key(self) -> str:
        """The row the person is on; '' when there is none."""
        row = self.currentIndex().row()
        return self._rows.rows[row].key if row >= 0 else ""

    def show_rows(self, rows: Sequence[Row], current: str = "") -> None:
        """Replace the rows. The person stays on the row of the same key, or goes to `current`, silently."""
        wanted = current or self.current_key
        self.selectionModel().blockSignals(True)
        self._rows.replace(rows)
        place = next((i for i, row in enumerate(rows) if row.key == wanted), -1)
        if place >= 0:
            self.setCurrentIndex(self._rows.index(place))
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def choose(self, key: str) -> None:
        """Go to the row of that key, as the person would."""
        for place, row in enumerate(self._rows.rows):
            if row.key == key:
                self.setCurrentIndex(self._rows.index(place))

    def fit_height(self) -> None:
        """Be as tall as the rows, for a list that scrolls with its page."""
        painter = self.itemDelegate()
        option = QStyleOptionViewItem()
        heights = (
            painter.sizeHint(option, self._rows.index(i)).height() for i in range(len(self._rows.rows))
        )
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(sum(heights) + 4)

    def _moved(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self._rows.rows[index.row()].key)


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()

    def replace(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return row.words
            case Qt.ItemDataRole.UserRole:
                return row
        return None


class _RowPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        px = current_theme().px
        row: Row = index.data(Qt.ItemDataRole.UserRole)
        width = self.parent().viewport().width()
        title = _title_layout(row.title, width - 2 * px(14))
        height = title.boundingRect().height() + px(20)
        if row.note or row.badge:
            height += _note_metrics().height() + px(6)
        return QSize(width, round(height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        px = theme.px
        row: Row = index.data(Qt.ItemDataRole.UserRole)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(option.rect).adjusted(1, px(2), -1, -px(2))
        ground = "accent_soft" if selected else "hover" if hovered else "card"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(ground))
        painter.drawRoundedRect(frame, px(8), px(8))
        if selected:
            painter.setBrush(theme.colour("accent"))
            painter.drawRoundedRect(
                QRectF(frame.left(), frame.top() + px(8), px(4), frame.height() - 2 * px(8)), px(2), px(2)
            )
        if bool(option.state & QStyle.StateFlag.State_HasFocus) and selected:
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), px(8), px(8))
        left, width = frame.left() + px(14), frame.width() - 2 * px(14)
        painter.setPen(theme.colour("text"))
        title = _title_layout(row.title, width)
        title.draw(painter, frame.topLeft() + QPointF(px(14), px(8)))
        top = frame.top() + px(8) + title.boundingRect().height() + px(4)
        self._paint_note(painter, row, QRectF(left, top, width, _note_metrics().height() + px(2)))
        painter.restore()

    def _paint_note(self, painter: QPainter, row: Row, area: QRectF) -> None:
        theme = current_theme()
        px = theme.px
        metrics = _note_metrics()
        painter.setFont(theme.font(NOTE_PX))
        if row.badge:
            width = metrics.horizontalAdvance(row.badge) + 2 * px(8)
            badge = QRectF(area.left(), area.top(), min(width, area.width()), area.height())
            soft = "neutral_soft" if row.tone is Tone.NEUTRAL else f"{row.tone}_soft"
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(soft))
            painter.drawRoundedRect(badge, px(5), px(5))
            painter.setPen(theme.colour("text" if row.tone is Tone.NEUTRAL else str(row.tone)))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, row.badge)
            area = area.adjusted(badge.width() + px(8), 0, 0, 0)
        painter.setPen(theme.colour("muted"))
        note = metrics.elidedText(row.note, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, note)


def _title_layout(text: str, width: float) -> QTextLayout:
    """The title broken into at most two lines, the second elided."""
    font = current_theme().font(TEXT_PX, QFont.Weight.DemiBold)
    metrics = QFontMetricsF(font)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    lines = _break(layout, width, metrics.height())
    if len(lines) > TITLE_LINES:
        start = lines[TITLE_LINES - 1]
        shown = text[:start] + metrics.elidedText(text[start:], Qt.TextElideMode.ElideRight, width)
        layout.setText(shown)
        _break(layout, width, metrics.height())
    return layout


def _break(layout: QTextLayout, width: float, line_height: float) -> list[int]:
    """Lays the lines below each other; returns where each begins in the text."""
    starts = []
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(width, 1.0))
        line.setPosition(QPointF(0, len(starts) * line_height))
        starts.append(line.textStart())
    layout.endLayout()
    return starts


def _note_metrics() -> QFontMetricsF:
    return QFontMetricsF(current_theme().font(NOTE_PX))
