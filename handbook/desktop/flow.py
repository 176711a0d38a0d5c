"""Layouts that start a new row where the width ends, so that nothing is cut at any text size."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class _Rows(QLayout):
    """Keeps items and asks the subclass where they go in a given width."""

    def __init__(self, gap: int, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(gap)

    def places(self, width: int) -> list[tuple[QLayoutItem, QRect]]:
        """Every visible item with its place, counted from the top left corner."""
        raise NotImplementedError

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        if not 0 <= index < len(self._items):
            return None
        item = self._items.pop(index)
        self.invalidate()
        return item

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max((place.bottom() + 1 for _, place in self.places(width)), default=0)

    def setGeometry(self, area: QRect) -> None:
        super().setGeometry(area)
        for item, place in self.places(area.width()):
            item.setGeometry(place.translated(area.topLeft()))

    def minimumSize(self) -> QSize:
        """The widest single item."""
        sizes = [item.minimumSize() for item in self.shown()]
        return QSize(
            max((size.width() for size in sizes), default=0),
            max((size.height() for size in sizes), default=0),
        )

    def shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]


class FlowLayout(_Rows):
    """Buttons, chips and badges at their own size, one after another like words."""

    def __init__(self, gap: int = 8, align_right: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(gap, parent)
        self._align_right = align_right

    def sizeHint(self) -> QSize:
        """All items in one row."""
        sizes = [item.sizeHint() for item in self.shown()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def places(self, width: int) -> list[tuple[QLayoutItem, QRect]]:
        rows: list[list[tuple[QLayoutItem, QRect]]] = []
        x = y = height = 0
        for item in self.shown():
            size = item.sizeHint()
            size.setWidth(max(item.minimumSize().width(), min(size.width(), width)))
            if not rows or x + size.width() > width:
                y += height + self.spacing() if rows else 0
                x = height = 0
                rows.append([])
            rows[-1].append((item, QRect(x, y, size.width(), size.height())))
            x += size.width() + self.spacing()
            height = max(height, size.height())
        return [entry for row in rows for entry in self._aligned(row, width)]

    def _aligned(self, row: list[tuple[QLayoutItem, QRect]], width: int) -> list[tuple[QLayoutItem, QRect]]:
        height = max(place.height() for _, place in row)
        right = max(0, width - row[-1][1].right() - 1) if self._align_right else 0
        return [(item, place.translated(right, (height - place.height()) // 2)) for item, place in row]


class TileLayout(_Rows):
    """Tiles of equal width, as many side by side as fit when each has `tile_width` pixels at least."""

    def __init__(self, tile_width: int, gap: int = 12, parent: QWidget | None = None) -> None:
        super().__init__(gap, parent)
        self._tile_width = tile_width

    def set_tile_width(self, tile_width: int) -> None:
        self._tile_width = tile_width
        self.invalidate()

    def sizeHint(self) -> QSize:
        """All tiles in one row."""
        shown = self.shown()
        width = (self._tile_width + self.spacing()) * len(shown) - self.spacing()
        return QSize(max(0, width), max((item.sizeHint().height() for item in shown), default=0))

    def places(self, width: int) -> list[tuple[QLayoutItem, QRect]]:
        shown, gap = self.shown(), self.spacing()
        least = max([self._tile_width, *(item.minimumSize().width() for item in shown)])
        columns = max(1, min(len(shown), (width + gap) // (least + gap)))
        tile = (width - gap * (columns - 1)) // columns
        placed: list[tuple[QLayoutItem, QRect]] = []
        y = 0
        for start in range(0, len(shown), columns):
            row = shown[start : start + columns]
            height = max(_height_in(item, tile) for item in row)
            placed += [(item, QRect(k * (tile + gap), y, tile, height)) for k, item in enumerate(row)]
            y += height + gap
        return placed


def _height_in(item: QLayoutItem, width: int) -> int:
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
