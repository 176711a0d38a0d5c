"""Pages of paper below each other on a desk, as large as the person wants them."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.theme import current_theme
from handbook.exports.reflection_page import PAPER_MM

if TYPE_CHECKING:
    from handbook.desktop.paper import Pages

ZOOMS: Final = (0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5)
"""1 shows the paper in its own size."""
EDGE: Final = 16
"""Desk around a page, in pixels at 100 %."""


class PagesView(QScrollArea):
    """`moved(page, pages)` tells which page is in sight, counted from 1; `zoomed(zoom)` how large it is."""

    moved = Signal(int, int)
    zoomed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._desk = _Desk()
        self._rows = QVBoxLayout(self._desk)
        self.setWidget(self._desk)
        self._sheets: list[_Sheet] = []
        self._zoom = 0.0
        self._pages: Pages | None = None
        self.verticalScrollBar().valueChanged.connect(self._tell_page)
        self._measure()

    def show_pages(self, pages: "Pages", words: str) -> None:
        """`words` is what a screen reader says of them; the place in the pages stays.

        Of pages that are being set the final ones are shown, the others by `show_more`.
        """
        while item := self._rows.takeAt(0):
            item.widget().hide()
            item.widget().deleteLater()
        self._sheets = []
        self._pages = pages
        self._add_sheets()
        self.setAccessibleDescription(words)
        self._scale()

    def show_more(self) -> None:
        """Adds the pages that have become final; those that are there stay where they are."""
        self._add_sheets()
        self._tell_page()

    def _add_sheets(self) -> None:
        dpi = (self._zoom or self._fitting()) * self.logicalDpiX()
        for page in range(len(self._sheets), self._pages.final_pages):
            sheet = _Sheet(self._pages, page)
            sheet.show_at(dpi)
            self._sheets.append(sheet)
            self._rows.addWidget(sheet, alignment=Qt.AlignmentFlag.AlignHCenter)

    def zoom_by(self, steps: int) -> None:
        """The next larger or smaller size."""
        here = self._fitting() if self._zoom == 0 else self._zoom
        larger = [zoom for zoom in ZOOMS if zoom > here * 1.01]
        smaller = [zoom for zoom in ZOOMS if zoom < here * 0.99]
        if steps > 0 and larger:
            self._zoom = larger[0]
        elif steps < 0 and smaller:
            self._zoom = smaller[-1]
        self._scale()

    def fit(self) -> None:
        """As wide as the window has room for, at most half as large again as paper."""
        self._zoom = 0.0
        self._scale()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._scale()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        if event.key() == Qt.Key.Key_Home:
            bar.setValue(bar.minimum())
        elif event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        else:
            super().keyPressEvent(event)

    def _measure(self) -> None:
        edge = current_theme().px(EDGE)
        self._rows.setContentsMargins(edge, edge, edge, edge)
        self._rows.setSpacing(edge)

    def _fitting(self) -> float:
        bar = self.verticalScrollBar().sizeHint().width()
        room = self.width() - bar - 2 * current_theme().px(EDGE)
        paper = PAPER_MM[0] / 25.4 * self.logicalDpiX()
        return min(max(room / paper, ZOOMS[0] / 2), 1.5)

    def _scale(self) -> None:
        zoom = self._zoom or self._fitting()
        bar = self.verticalScrollBar()
        share = bar.value() / bar.maximum() if bar.maximum() else 0.0
        for sheet in self._sheets:
            sheet.show_at(zoom * self.logicalDpiX())
        self._rows.activate()
        bar.setValue(round(share * bar.maximum()))
        self.zoomed.emit(zoom)
        self._tell_page()

    def _tell_page(self) -> None:
        if self._sheets:
            middle = self.verticalScrollBar().value() + self.viewport().height() // 2
            # Not asked of the sheets: those just added have no place yet.
            page = middle // (self._sheets[0].height() + self._rows.spacing()) + 1
            self.moved.emit(max(1, min(page, len(self._sheets))), len(self._sheets))


class _Desk(QWidget):
    """What the pages lie on; painted here, as the style sheet makes the inside of scroll areas clear."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(current_theme().colour("line")))
        painter.end()


class _Sheet(QWidget):
    """One page; what was drawn is kept until it is wanted in another size."""

    def __init__(self, pages: "Pages", page: int) -> None:
        super().__init__()
        self._pages, self._page = pages, page
        self._dpi = 0.0
        self._drawn = QPixmap()
        self.setAccessibleName(self.tr("Trang {}").format(page + 1))

    def show_at(self, dpi: float) -> None:
        if dpi != self._dpi:
            self._dpi, self._drawn = dpi, QPixmap()
            self.setFixedSize(QSize(*(round(mm / 25.4 * dpi) for mm in PAPER_MM)))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._drawn.isNull():
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.white)
            painter = QPainter(self._drawn)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._pages.paint(painter, self._page, self._dpi)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        painter.end()
