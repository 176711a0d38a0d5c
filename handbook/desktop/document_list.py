"""The list of documents and of what a search found in them: painted rows, none of which is a widget."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QListView, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.document_row import (
    Card,
    DocumentRow,
    GroupRow,
    Index,
    OwnRow,
    PassageRow,
    Row,
    RowPainter,
)
from handbook.model.library import KIND_NAMES, STATUS_NAMES
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from handbook.client.library import DocumentCard

_NO_PARENT = QModelIndex()


class DocumentListModel(QAbstractListModel):
    """Rows in memory; `UserRole` gives the Row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows

    def show_rows(self, rows: tuple[Row, ...]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return _name(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._words(row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The name of a group is passed over by the keyboard."""
        named = isinstance(self._rows[index.row()], GroupRow) if index.isValid() else False
        return Qt.ItemFlag.NoItemFlags if named else super().flags(index)

    def _words(self, row: Row) -> str:
        """What a screen reader says of the row."""
        if isinstance(row, GroupRow):
            return row.name
        if not isinstance(row, DocumentRow):
            passage = "".join(span.text for span in row.snippet)
            before = [_name(row)] if isinstance(row, PassageRow) else [row.pill, row.title, row.facts]
            return ": ".join(filter(None, (", ".join(filter(None, before)), passage)))
        card = row.card
        said = [f"{KIND_NAMES[card.kind]} {_title(card)}", card.issuer, date_text(card.issued_on)]
        said.append(STATUS_NAMES[card.status])
        if card.is_new:
            said.append(self.tr("bản mới") if card.is_revised else self.tr("mới"))
        if card.read:
            said.append(self.tr("đã đọc"))
        elif card.progress:
            said.append(self.tr("đã đọc tới {} %").format(round(card.progress * 100)))
        if card.saved:
            said.append(self.tr("đã lưu"))
        return ", ".join(said)


def _name(row: Row) -> str:
    if isinstance(row, DocumentRow):
        return _title(row.card)
    if isinstance(row, PassageRow):
        return "".join(span.text for span in row.heading)
    return row.title if isinstance(row, OwnRow) else row.name


def _title(card: "DocumentCard") -> str:
    return f"{card.number} {card.title}".strip()


class DocumentListView(QListView):
    """The list. `opened(row)` by click or Enter; `star_clicked(card)` for the star of a document."""

    opened = Signal(object)
    star_clicked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.documents = DocumentListModel(self)
        self.setModel(self.documents)
        self._painter = RowPainter(self)
        self.setItemDelegate(self._painter)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._open)

    def show_rows(self, rows: tuple[Row, ...], keep_place: bool) -> None:
        """Show other rows; with `keep_place` the same document stays current and nothing seems to move."""
        current, scrolled = self.current_row(), self.verticalScrollBar().value()
        # Rows of one height are placed without asking for each of ten thousand.
        self.setUniformItemSizes(all(isinstance(row, DocumentRow) for row in (*rows[:2], *rows[-1:])))
        self.documents.show_rows(rows)
        if keep_place and current:
            place = next((at for at, row in enumerate(rows) if _same(row, current)), -1)
            if place >= 0:
                self.setCurrentIndex(self.documents.index(place))
            self.verticalScrollBar().setValue(scrolled)
        else:
            self.scrollToTop()

    def current_row(self) -> Card | None:
        index = self.currentIndex()
        return index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None

    def first_row(self) -> Card | None:
        """The first row that can be opened."""
        return next((row for row in self.documents.rows if not isinstance(row, GroupRow)), None)

    def enter(self) -> None:
        """The keyboard comes here: on the current row, or the first."""
        self.setFocus(Qt.FocusReason.TabFocusReason)
        if not self.currentIndex().isValid() and (first := self.first_row()):
            self.setCurrentIndex(self.documents.index(self.documents.rows.index(first)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._starred(event):
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if card := self._starred(event):
            self.star_clicked.emit(card)
        else:
            super().mouseReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self.scheduleDelayedItemsLayout()

    def _open(self, index: QModelIndex) -> None:
        row = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(row, GroupRow):
            self.opened.emit(row)

    def _starred(self, event: QMouseEvent) -> "DocumentCard | None":
        index = self.indexAt(event.position().toPoint())
        row = index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None
        if event.button() is not Qt.MouseButton.LeftButton or not isinstance(row, DocumentRow):
            return None
        star = self._painter.star_place(QRectF(self.visualRect(index)))
        return row.card if star.contains(event.position()) else None


def _same(one: Row, other: Row) -> bool:
    if isinstance(one, DocumentRow) and isinstance(other, DocumentRow):
        return one.card.id == other.card.id
    return one == other
