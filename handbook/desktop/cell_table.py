"""The members of a cell as a table: who has read, who has handed in, and what is to be said of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.states import STATE_TONES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Tone
from handbook.model.reflection import STATE_NAMES, State
from handbook.model.study import Assignment
from handbook.model.vietnamese import date_text, moment_text, time_text

if TYPE_CHECKING:
    from handbook.client.cell import MemberRow

Index = QModelIndex | QPersistentModelIndex
PILL_PX = 12.5
SPOKEN = Qt.ItemDataRole.AccessibleTextRole
TONE = Qt.ItemDataRole.UserRole + 1


class Column(IntEnum):
    NAME = 0
    READ = 1
    STATE = 2
    RECEIVED = 3
    NOTE = 4


class MemberTable(QTableView):
    """`opened(account)` is emitted on Enter or a double click on a member's row."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._members = _Members(self)
        self.setModel(self._members)
        self.setItemDelegate(_CellPainter(self))
        self.setAccessibleName(self.tr("Đảng viên của chi bộ"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.activated.connect(lambda index: self.opened.emit(self._members.rows[index.row()].account))
        self._measure()

    @property
    def current_account(self) -> str:
        row = self.currentIndex().row()
        return self._members.rows[row].account if row >= 0 else ""

    def show_rows(self, rows: "Sequence[MemberRow]", assignment: Assignment, now: datetime) -> None:
        """Replace the rows; the person stays on the same member while that one is still among them."""
        account = self.current_account
        self._members.replace(rows, assignment, now)
        place = next((i for i, row in enumerate(rows) if row.account == account), -1)
        if place >= 0:
            self.setCurrentIndex(self._members.index(place, Column.NAME))
        self._measure()

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
        plain, strong = QFontMetrics(theme.font()), QFontMetrics(theme.font(weight=QFont.Weight.DemiBold))
        pad = 2 * theme.px(10)
        for column in Column:
            metrics = strong if column is Column.NAME else plain
            title = self._members.headerData(column, Qt.Orientation.Horizontal)
            texts = {self._members.text(row, column) for row in self._members.rows}
            widest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
            width = max(widest, strong.horizontalAdvance(title)) + pad
            self.setColumnWidth(column, width + pad if column is Column.STATE else width)
        self._needed = self.columnWidth(Column.NOTE)
        self._share_width()

    def _share_width(self) -> None:
        """The notes take what is left; where nothing is, the table scrolls sideways."""
        before = sum(self.columnWidth(column) for column in Column if column is not Column.NOTE)
        self.setColumnWidth(Column.NOTE, max(self._needed, self.viewport().width() - before))


class _Members(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: tuple[MemberRow, ...] = ()
        self._assignment: Assignment | None = None
        self._overdue = False
        self._titles = {
            Column.NAME: self.tr("Họ và tên"),
            Column.READ: self.tr("Đã đọc"),
            Column.STATE: self.tr("Bài thu hoạch"),
            Column.RECEIVED: self.tr("Nộp lúc"),
            Column.NOTE: self.tr("Ghi chú"),
        }

    def replace(self, rows: "Sequence[MemberRow]", assignment: Assignment, now: datetime) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self._assignment = assignment
        self._overdue = assignment.is_overdue(now)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[Column(section)]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self.rows[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.text(row, column)
            case Qt.ItemDataRole.UserRole:
                return row.account if column is Column.NAME else None
            case Qt.ItemDataRole.ToolTipRole:
                return self._words(row)
        if role == SPOKEN:
            return self._spoken(row, column)
        if role == TONE:
            return self._tone(row)
        return None

    def text(self, row: "MemberRow", column: Column) -> str:
        match column:
            case Column.NAME:
                return row.name
            case Column.READ:
                return f"{row.progress.documents_read}/{row.progress.documents_total}"
            case Column.STATE:
                return self._state(row)
            case Column.RECEIVED:
                at = row.received_at
                return f"{time_text(at)} {date_text(at)}" if at else ""
            case Column.NOTE:
                return self._note(row)

    def _state(self, row: "MemberRow") -> str:
        if row.progress.reflection:
            return STATE_NAMES[State(row.progress.reflection)]
        return self.tr("Chưa nộp") if self._assignment.wants_reflection else self.tr("Không yêu cầu")

    def _tone(self, row: "MemberRow") -> Tone:
        if row.progress.reflection:
            return STATE_TONES[State(row.progress.reflection)]
        return Tone.DANGER if self._overdue and self._assignment.wants_reflection else Tone.NEUTRAL

    def _note(self, row: "MemberRow") -> str:
        own, notes = row.progress, []
        if own.late:
            notes.append(self.tr("nộp muộn"))
        elif self._overdue and not own.done(self._assignment.wants_reflection):
            notes.append(self.tr("quá hạn"))
        if own.reflection in (State.RECEIVED, State.OPENED):
            notes.append(self.tr("chờ nhận xét"))
        if own.reflection and not own.read_all:
            left = own.documents_total - own.documents_read
            notes.append(self.tr("còn {} tài liệu chưa đọc").format(left))
        if row.last_seen is None:
            notes.append(self.tr("chưa gửi gì từ sổ tay"))
        words = ", ".join(notes)
        return words[:1].upper() + words[1:]

    def _spoken(self, row: "MemberRow", column: Column) -> str:
        """What a screen reader says of one cell: never a bare figure, never nothing."""
        own = row.progress
        match column:
            case Column.NAME:
                return self._words(row)
            case Column.READ:
                read = self.tr("Đã đọc {} trên {} tài liệu")
                return read.format(own.documents_read, own.documents_total)
            case Column.STATE:
                return self.tr("Bài thu hoạch: {}").format(self._state(row))
            case Column.RECEIVED:
                at = row.received_at
                return self.tr("Nộp lúc {}").format(moment_text(at)) if at else self.tr("Chưa nộp bài")
            case Column.NOTE:
                return self._note(row) or self.tr("Không có ghi chú")

    def _words(self, row: "MemberRow") -> str:
        parts = (row.name, row.state_text, self._note(row))
        return ". ".join(part for part in parts if part)


class _CellPainter(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(option.rect, theme.colour("accent_soft" if selected else "card"))
        self._paint_lines(painter, option.rect, index, self._has_keyboard(index))
        area = option.rect.adjusted(theme.px(10), 0, -theme.px(10), 0)
        text = index.data()
        if index.column() == Column.STATE:
            self._paint_pill(painter, area, text, Tone(index.data(TONE)))
        else:
            strong = index.column() == Column.NAME
            painter.setFont(theme.font(weight=QFont.Weight.DemiBold if strong else QFont.Weight.Normal))
            painter.setPen(theme.colour("muted" if index.column() == Column.NOTE else "text"))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def _has_keyboard(self, index: Index) -> bool:
        table: MemberTable = self.parent()
        return table.hasFocus() and table.currentIndex().row() == index.row()

    def _paint_lines(self, painter: QPainter, cell: QRect, index: Index, focused: bool) -> None:
        theme = current_theme()
        if focused:
            colour, width = theme.colour("focus"), 2
            painter.fillRect(cell.left(), cell.top(), cell.width(), width, colour)
            painter.fillRect(cell.left(), cell.bottom() - width + 1, cell.width(), width, colour)
            if index.column() == Column.NAME:
                painter.fillRect(cell.left(), cell.top(), theme.px(4), cell.height(), colour)
            if index.column() == Column.NOTE:
                painter.fillRect(cell.right() - width + 1, cell.top(), width, cell.height(), colour)
        else:
            painter.fillRect(cell.left(), cell.bottom(), cell.width(), 1, theme.colour("line"))

    def _paint_pill(self, painter: QPainter, area: QRect, text: str, tone: Tone) -> None:
        theme = current_theme()
        font = theme.font(PILL_PX, QFont.Weight.DemiBold)
        metrics = QFontMetrics(font)
        width = min(area.width(), metrics.horizontalAdvance(text) + 2 * theme.px(8))
        height = metrics.height() + theme.px(4)
        pill = QRect(area.left(), area.center().y() - height // 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("neutral_soft" if tone is Tone.NEUTRAL else f"{tone}_soft"))
        painter.drawRoundedRect(pill, theme.px(6), theme.px(6))
        painter.setFont(font)
        painter.setPen(theme.colour("muted" if tone is Tone.NEUTRAL else str(tone)))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
