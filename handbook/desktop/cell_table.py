"""The members of a cell as a table: who has read, who has handed in, and what is to be said of it."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.row_table import choose_whole_rows
from handbook.desktop.states import STATE_TONES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Tone
from handbook.model.reflection import STATE_NAMES, State
from handbook.model.study import MARK_NAMES, Assignment, MarkKind
from handbook.model.vietnamese import VIETNAM, date_text, moment_text, time_text

if TYPE_CHECKING:
    from handbook.client.cell_rows import MemberRow

Index = QModelIndex | QPersistentModelIndex
PILL_PX = 12.5
NOTE_WIDTH = 220
"""Longer notes end in …; the tool tip and the screen reader have them whole."""
SPOKEN = Qt.ItemDataRole.AccessibleTextRole
TONE = Qt.ItemDataRole.UserRole + 1
STATE = TONE + 1
DETAILS = TONE + 2


class Column(IntEnum):
    NAME = 0
    READ = 1
    STATE = 2
    RECEIVED = 3
    SYNC = 4
    NOTE = 5


class MemberTable(QTableView):
    """`opened(account)`: Enter or a double click on a member's row; `turned_to()`: another row is current."""

    opened = Signal(str)
    turned_to = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folded = False
        self._members = _Members(self)
        self.setModel(self._members)
        self.setItemDelegate(_CellPainter(self))
        self.setAccessibleName(self.tr("Đảng viên của chi bộ"))
        choose_whole_rows(self)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.activated.connect(lambda index: self.opened.emit(self._members.rows[index.row()].account))
        self._measure()

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        super().currentChanged(current, previous)
        self.turned_to.emit()

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
        plain, strong = QFontMetrics(theme.font()), QFontMetrics(theme.font(weight=QFont.Weight.DemiBold))
        pad = 2 * theme.px(10)
        needed: list[int] = []
        for column in Column:
            metrics = strong if column is Column.NAME else plain
            title = self._members.headerData(column, Qt.Orientation.Horizontal)
            texts = {self._members.text(row, column) for row in self._members.rows}
            widest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
            width = max(widest, strong.horizontalAdvance(title)) + pad
            needed.append(width + pad if column is Column.STATE else width)
        needed[Column.NOTE] = min(needed[Column.NOTE], theme.px(NOTE_WIDTH))
        self._needed = needed
        self._share_width()

    def _share_width(self) -> None:
        """The notes take what is left; where the columns have no room, a member's row is folded into one."""
        room, theme = self.viewport().width(), current_theme()
        self.folded = sum(self._needed) > room
        for column in Column:
            self.setColumnHidden(column, self.folded and column is not Column.NAME)
        self.horizontalHeader().setVisible(not self.folded)
        line = QFontMetrics(theme.font()).height()
        self.verticalHeader().setDefaultSectionSize(2 * line + theme.px(14) if self.folded else theme.px(36))
        if self.folded:
            self.setColumnWidth(Column.NAME, room)
            return
        for column, width in zip(Column, self._needed, strict=True):
            self.setColumnWidth(column, width)
        self.setColumnWidth(Column.NOTE, self._needed[Column.NOTE] + room - sum(self._needed))


class _Members(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: tuple[MemberRow, ...] = ()
        self._assignment: Assignment | None = None
        self._overdue = False
        self._today = date.min
        self._titles = {
            Column.NAME: self.tr("Họ và tên"),
            Column.READ: self.tr("Đã đọc"),
            Column.STATE: self.tr("Bài thu hoạch"),
            Column.RECEIVED: self.tr("Nộp lúc"),
            Column.SYNC: self.tr("Đồng bộ"),
            Column.NOTE: self.tr("Ghi chú"),
        }

    def replace(self, rows: "Sequence[MemberRow]", assignment: Assignment, now: datetime) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self._assignment = assignment
        self._overdue = assignment.is_overdue(now)
        self._today = now.astimezone(VIETNAM).date()
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
        if role == STATE:
            return self._state(row)
        if role == DETAILS:
            return self._details(row)
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
                return self._received(row)
            case Column.SYNC:
                return self._last_sync(row)
            case Column.NOTE:
                return self._note(row)

    def _received(self, row: "MemberRow") -> str:
        if row.received_at:
            return f"{time_text(row.received_at)} {date_text(row.received_at)}"
        return date_text(row.mark.handed_in_on) if row.mark and row.mark.handed_in_on else ""

    def _last_sync(self, row: "MemberRow") -> str:
        if row.last_sync is None:
            return self.tr("chưa lần nào")
        days = (self._today - row.last_sync).days
        if days <= 0:
            return self.tr("hôm nay")
        if days == 1:
            return self.tr("hôm qua")
        return self.tr("{} ngày trước").format(days) if days <= 30 else date_text(row.last_sync)

    def _details(self, row: "MemberRow") -> str:
        """What the folded row says below the name, the most important first."""
        read = self.tr("đọc {}").format(self.text(row, Column.READ))
        received, note = self._received(row), self._note(row)
        sync = self.tr("đồng bộ {}").format(self._last_sync(row))
        return " · ".join(part for part in (note, read, received, sync) if part)

    def _state(self, row: "MemberRow") -> str:
        if row.progress.reflection:
            return STATE_NAMES[State(row.progress.reflection)]
        if row.mark:
            return MARK_NAMES[row.mark.kind]
        return self.tr("Chưa nộp") if self._assignment.wants_reflection else self.tr("Không yêu cầu")

    def _tone(self, row: "MemberRow") -> Tone:
        if row.progress.reflection:
            return STATE_TONES[State(row.progress.reflection)]
        if row.mark:
            return Tone.OK if row.mark.kind is MarkKind.PAPER else Tone.NEUTRAL
        return Tone.DANGER if self._overdue and self._assignment.wants_reflection else Tone.NEUTRAL

    def _note(self, row: "MemberRow") -> str:
        own, notes = row.progress, []
        if row.mark and row.mark.kind is MarkKind.EXEMPT:
            notes.append(self.tr("miễn: {}").format(row.mark.reason))
        elif row.mark and own.reflection:
            notes.append(self.tr("có bài giấy ngày {}").format(date_text(row.mark.handed_in_on)))
        if row.contested:
            notes.append(self.tr("hai người cùng nhận xét"))
        if own.late:
            notes.append(self.tr("nộp muộn"))
        elif self._overdue and not own.done(self._assignment.wants_reflection):
            notes.append(self.tr("quá hạn"))
        if own.reflection in (State.RECEIVED, State.OPENED):
            notes.append(self.tr("chờ nhận xét"))
        if own.reflection and not own.read_all and not row.mark:
            left = own.documents_total - own.documents_read
            notes.append(self.tr("còn {} tài liệu chưa đọc").format(left))
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
                if row.received_at:
                    return self.tr("Nộp lúc {}").format(moment_text(row.received_at))
                on_paper = self._received(row)
                return self.tr("Nộp giấy ngày {}").format(on_paper) if on_paper else self.tr("Chưa nộp bài")
            case Column.SYNC:
                return self.tr("Sổ tay đồng bộ {}").format(self._last_sync(row))
            case Column.NOTE:
                return self._note(row) or self.tr("Không có ghi chú")

    def _words(self, row: "MemberRow") -> str:
        sync = self.tr("Sổ tay đồng bộ {}").format(self._last_sync(row))
        parts = (row.name, row.state_text, self._note(row), sync)
        return ". ".join(part for part in parts if part)


class _CellPainter(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(option.rect, theme.colour("accent_soft" if selected else "card"))
        self._paint_lines(painter, option.rect, index, self._has_keyboard(index))
        area = option.rect.adjusted(theme.px(8), 0, -theme.px(8), 0)
        text = index.data()
        if self.parent().folded:
            self._paint_folded(painter, area, index)
        elif index.column() == Column.STATE:
            self._paint_pill(painter, area, text, Tone(index.data(TONE)))
        else:
            strong = index.column() == Column.NAME
            painter.setFont(theme.font(weight=QFont.Weight.DemiBold if strong else QFont.Weight.Normal))
            quiet = index.column() in (Column.NOTE, Column.SYNC)
            painter.setPen(theme.colour("muted" if quiet else "text"))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def _paint_folded(self, painter: QPainter, area: QRect, index: Index) -> None:
        """Name and state in one line, all the rest below them."""
        theme = current_theme()
        area = area.adjusted(0, theme.px(5), 0, -theme.px(5))
        above = QRect(area.topLeft(), QSize(area.width(), area.height() // 2))
        below = QRect(area.left(), above.bottom(), area.width(), area.height() - above.height())
        state, tone = index.data(STATE), Tone(index.data(TONE))
        pill = self._pill_width(state)
        self._paint_pill(painter, above.adjusted(above.width() - pill, 0, 0, 0), state, tone)
        for words, line, weight, colour in (
            (index.data(), above.adjusted(0, 0, -pill - theme.px(8), 0), QFont.Weight.DemiBold, "text"),
            (index.data(DETAILS), below, QFont.Weight.Normal, "muted"),
        ):
            painter.setFont(theme.font(weight=weight))
            painter.setPen(theme.colour(colour))
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, shown)

    def _pill_width(self, text: str) -> int:
        theme = current_theme()
        metrics = QFontMetrics(theme.font(PILL_PX, QFont.Weight.DemiBold))
        return metrics.horizontalAdvance(text) + 2 * theme.px(8)

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
            if index.column() == Column.NOTE or self.parent().folded:
                painter.fillRect(cell.right() - width + 1, cell.top(), width, cell.height(), colour)
        else:
            painter.fillRect(cell.left(), cell.bottom(), cell.width(), 1, theme.colour("line"))

    def _paint_pill(self, painter: QPainter, area: QRect, text: str, tone: Tone) -> None:
        theme = current_theme()
        font = theme.font(PILL_PX, QFont.Weight.DemiBold)
        metrics = QFontMetrics(font)
        width = min(area.width(), self._pill_width(text))
        height = metrics.height() + theme.px(4)
        pill = QRect(area.left(), area.center().y() - height // 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("neutral_soft" if tone is Tone.NEUTRAL else f"{tone}_soft"))
        painter.drawRoundedRect(pill, theme.px(6), theme.px(6))
        painter.setFont(font)
        painter.setPen(theme.colour("muted" if tone is Tone.NEUTRAL else str(tone)))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
