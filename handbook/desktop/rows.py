"""A list of short rows, painted rather than built of widgets: title, a note below it, and a badge."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QListView,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.labels import Tone
from handbook.desktop.theme import TEXT_PX, current_theme
from handbook.desktop.unbroken import unbroken

TITLE_LINES = 2
NOTE_PX = 13.0
LEAST_BESIDE_BADGE = 12
"""Letters of the note that must fit beside the badge; else the note begins below it."""
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
    """`chosen(key)` is emitted when the person moves to a row, `opened(key)` on Enter or a double click.

    The note of a row is shown on at most `note_lines` lines. A list that `fits` is as tall as its rows and
    scrolls with its page.
    """

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(
        self, name: str, *, note_lines: int = 1, fits: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._fits = fits
        self._replacing = False
        self._rows = _Rows()
        self.setModel(self._rows)
        self.setItemDelegate(_RowPainter(self, note_lines))
        self.setUniformItemSizes(False)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if fits:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
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
        self._replacing = True
        self._rows.replace(rows)
        place = next((i for i, row in enumerate(rows) if row.key == wanted), -1)
        if place >= 0:
            self.setCurrentIndex(self._rows.index(place))
        self._replacing = False
        self._fit()

    def choose(self, key: str) -> None:
        """Go to the row of that key, as the person would."""
        for place, row in enumerate(self._rows.rows):
            if row.key == key:
                self.setCurrentIndex(self._rows.index(place))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()
        if not self._fits:
            self.scrollTo(self.currentIndex())  # what one is on stays in sight

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fit()

    def _fit(self) -> None:
        if not self._fits:
            return
        painter, option = self.itemDelegate(), QStyleOptionViewItem()
        heights = (
            painter.sizeHint(option, self._rows.index(i)).height() for i in range(len(self._rows.rows))
        )
        self.setFixedHeight(sum(heights) + 2 * self.frameWidth())

    def _moved(self, index: QModelIndex) -> None:
        if not index.isValid() or self._replacing:
            return
        if self._fits:
            self._bring_into_view(index)
        self.chosen.emit(self._rows.rows[index.row()].key)

    def _bring_into_view(self, index: QModelIndex) -> None:
        """The page scrolls, not the list: it has to follow the row that the keys have reached."""
        page = self.parentWidget()
        while page and not isinstance(page, QScrollArea):
            page = page.parentWidget()
        if page:
            place = self.visualRect(index)
            for corner in (place.topLeft(), place.bottomLeft()):
                on_page = self.viewport().mapTo(page.widget(), corner)
                page.ensureVisible(on_page.x(), on_page.y(), 0, 0)


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


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the words of a row stand, from the corner where the title begins; in pixels."""

    title: QTextLayout
    note: QTextLayout
    badge: QRectF
    height: float


def _shape(row: Row, width: float, note_lines: int) -> _Shape:
    theme = current_theme()
    px = theme.px
    title = _broken(row.title, theme.font(TEXT_PX, QFont.Weight.DemiBold), width, TITLE_LINES)
    height = title.boundingRect().height()
    font = theme.font(NOTE_PX)
    metrics = QFontMetricsF(font)
    top, left, badge = height + px(4), 0.0, QRectF()
    if row.badge:
        badge_width = min(metrics.horizontalAdvance(row.badge) + 2 * px(8), width)
        badge = QRectF(0, top, badge_width, metrics.height() + px(2))
        height = badge.bottom()
        left = badge.width() + px(8)
        if width - left < LEAST_BESIDE_BADGE * metrics.averageCharWidth():
            top, left = badge.bottom() + px(3), 0.0
    note = _broken(row.note, font, width, note_lines, left)
    if row.note:
        note.setPosition(QPointF(0, top + px(1)))
        height = max(height, top + px(1) + note.boundingRect().bottom())
    return _Shape(title, note, badge, height)


class _RowPainter(QStyledItemDelegate):
    def __init__(self, view: RowList, note_lines: int) -> None:
        super().__init__(view)
        self._note_lines = note_lines

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        px = current_theme().px
        width = self.parent().viewport().width()
        shape = _shape(index.data(Qt.ItemDataRole.UserRole), _text_width(width), self._note_lines)
        return QSize(width, ceil(shape.height) + 2 * px(8) + 2 * px(2))

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
        if selected and bool(option.state & QStyle.StateFlag.State_HasFocus):
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), px(8), px(8))
        corner = frame.topLeft() + QPointF(px(14), px(8))
        shape = _shape(row, _text_width(option.rect.width()), self._note_lines)
        painter.setPen(theme.colour("text"))
        shape.title.draw(painter, corner)
        if row.badge:
            _paint_badge(painter, row, shape.badge.translated(corner))
        painter.setPen(theme.colour("muted"))
        shape.note.draw(painter, corner)
        painter.restore()


def _paint_badge(painter: QPainter, row: Row, area: QRectF) -> None:
    theme = current_theme()
    px = theme.px
    soft = "neutral_soft" if row.tone is Tone.NEUTRAL else f"{row.tone}_soft"
    painter.setFont(theme.font(NOTE_PX))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(soft))
    painter.drawRoundedRect(area, px(5), px(5))
    painter.setPen(theme.colour("text" if row.tone is Tone.NEUTRAL else str(row.tone)))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, row.badge)


def _text_width(row_width: float) -> float:
    return row_width - 2 - 2 * current_theme().px(14)


def _broken(text: str, font: QFont, width: float, most: int, indent: float = 0.0) -> QTextLayout:
    """The text broken into at most `most` lines, the last elided; the first begins `indent` further right."""
    metrics = QFontMetricsF(font)
    text = unbroken(text)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    starts = _break(layout, width, metrics.height(), indent)
    if len(starts) > most:
        start = starts[most - 1]
        last_width = width - (indent if most == 1 else 0)
        rest = metrics.elidedText(text[start:], Qt.TextElideMode.ElideRight, last_width)
        layout.setText(text[:start] + rest)
        _break(layout, width, metrics.height(), indent)
    return layout


def _break(layout: QTextLayout, width: float, line_height: float, indent: float) -> list[int]:
    """Lays the lines below each other; returns where each begins in the text."""
    starts = []
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        left = 0.0 if starts else indent
        line.setLineWidth(max(width - left, 1.0))
        line.setPosition(QPointF(left, len(starts) * line_height))
        starts.append(line.textStart())
    layout.endLayout()
    return starts
