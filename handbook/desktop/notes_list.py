"""A painted list of highlights, notes and bookmarks: their colour, their words, what was written of them."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from handbook.desktop import icons
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.document_row import wrapped
from handbook.desktop.theme import TEXT_PX, current_theme
from handbook.model.notes import COLOUR_NAMES, Entry, EntryKind
from handbook.model.vietnamese import date_text

QUOTE_LINES = 3
TEXT_LINES = 4
SMALL_PX = 13.0
Index = QModelIndex | QPersistentModelIndex


class NotesList(QListView):
    """`opened(entry)` on a click or Enter, `removed(entry)` on Delete.

    A list `by_document` names the document of each entry.
    """

    opened = Signal(object)
    removed = Signal(object)

    def __init__(self, by_document: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.by_document = by_document
        self._entries = _Entries(self)
        self.setModel(self._entries)
        self.setItemDelegate(_EntryPainter(self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.clicked.connect(lambda index: self.opened.emit(index.data(Qt.ItemDataRole.UserRole)))

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries.entries

    @property
    def current(self) -> Entry | None:
        """The entry the person is on."""
        index = self.currentIndex()
        return index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Replace the rows; the person stays on the same entry, or at the same place when it is gone."""
        former, row = self.current, self.currentIndex().row()
        self._entries.replace(tuple(entries))
        places = {entry.id: at for at, entry in enumerate(entries)}
        if former and entries:
            self.setCurrentIndex(self._entries.index(places.get(former.id, min(row, len(entries) - 1))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entry = self.current
        if entry and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(entry)
        elif entry and event.key() == Qt.Key.Key_Delete:
            self.removed.emit(entry)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self.scheduleDelayedItemsLayout()

    def about(self, entry: Entry) -> str:
        """Where an entry belongs, when it was made, and whether its words are gone."""
        parts = [entry.source] if self.by_document else []
        if entry.kind is not EntryKind.BOOKMARK and entry.quote != entry.heading:
            parts.append(entry.heading or self.tr("Mở đầu"))
        parts.append(date_text(entry.changed_at))
        return "  ·  ".join(parts)

    def words(self, entry: Entry) -> str:
        """What a screen reader says of an entry."""
        kind = (
            self.tr("Đánh dấu trang")
            if entry.colour is None
            else self.tr("Màu {}").format(COLOUR_NAMES[entry.colour].lower())
        )
        lost = self.tr("Không còn trong bản hiện hành") if entry.orphaned else ""
        return ". ".join(part for part in (kind, lost, entry.quote, entry.text, self.about(entry)) if part)


class _Entries(QAbstractListModel):
    def __init__(self, view: NotesList) -> None:
        super().__init__(view)
        self._view = view
        self.entries: tuple[Entry, ...] = ()

    def replace(self, entries: tuple[Entry, ...]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.quote or entry.heading
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return self._view.words(entry)
            case Qt.ItemDataRole.UserRole:
                return entry
        return None


class _EntryPainter(QStyledItemDelegate):
    """Rows of lines, each with its font and colour, beside a bar in the colour of the mark."""

    def __init__(self, view: NotesList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        px = current_theme().px
        lines = self._lines(index.data(Qt.ItemDataRole.UserRole), self._view.viewport().width())
        height = sum(QFontMetricsF(font).height() for _, font, _ in lines)
        return QSize(60, round(height) + px(18))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        px = theme.px
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(option.rect).adjusted(2, px(2), -2, -px(2))
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setBrush(theme.colour("accent_soft" if selected else "hover" if hovered else "card"))
        focused = selected and self._view.hasFocus()
        painter.setPen(QPen(theme.colour("focus"), 2) if focused else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(frame, px(6), px(6))
        self._paint_mark(painter, entry, frame)
        y = frame.top() + px(7)
        for text, font, colour in self._lines(entry, option.rect.width()):
            height = QFontMetricsF(font).height()
            painter.setFont(font)
            painter.setPen(theme.colour(colour))
            painter.drawText(
                QRectF(frame.left() + px(26), y, frame.width() - px(32), height),
                Qt.AlignmentFlag.AlignVCenter,
                text,
            )
            y += height
        painter.restore()

    def _paint_mark(self, painter: QPainter, entry: Entry, frame: QRectF) -> None:
        theme = current_theme()
        px = theme.px
        if entry.colour is None:
            ratio = self._view.devicePixelRatioF()
            picture = icons.pixmap("bookmark", theme.colour("accent"), px(16), ratio)
            painter.drawPixmap(round(frame.left()) + px(5), round(frame.top()) + px(9), picture)
            return
        bar = QRectF(frame.left() + px(8), frame.top() + px(9), px(10), frame.height() - px(18))
        painter.setPen(QPen(theme.colour("control_line"), 1))
        painter.setBrush(theme.paper_colour(f"note_{entry.colour}"))
        painter.drawRoundedRect(bar, px(3), px(3))

    def _lines(self, entry: Entry, row_width: int) -> list[tuple[str, QFont, str]]:
        """Each line of the row with its font and the name of its colour."""
        theme = current_theme()
        width = max(60, row_width - 4 - theme.px(34))
        plain, small = theme.font(TEXT_PX), theme.font(SMALL_PX)
        strong = theme.font(TEXT_PX, QFont.Weight.DemiBold)
        parts: list[tuple[str, QFont, str, int]] = []
        if entry.orphaned:
            lost = theme.font(SMALL_PX, QFont.Weight.DemiBold)
            parts.append((self._view.tr("Không còn trong bản hiện hành"), lost, "warn", 2))
        if entry.text:
            parts.append((" ".join(entry.text.split()), strong, "text", TEXT_LINES))
        if entry.quote:
            quote = " ".join(entry.quote.split())
            parts.append((f"“{quote}”", plain, "muted" if entry.text else "text", QUOTE_LINES))
        else:
            parts.append((entry.heading or self._view.tr("Mở đầu"), strong, "text", QUOTE_LINES))
        parts.append((self._view.about(entry), small, "muted", 2))
        return [
            (line, font, colour)
            for text, font, colour, most in parts
            for line in wrapped(QFontMetricsF(font), text, width, most)
        ]
