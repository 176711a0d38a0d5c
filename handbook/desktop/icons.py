"""Our line icons, drawn in a colour and size. `resources/icons/<name>.svg` uses `currentColor` only."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from handbook.desktop import RESOURCES

ICONS = RESOURCES / "icons"


def icon(name: str, colour: QColor, size: int, gap: int = 0) -> QIcon:
    """The icon as a button takes it: `size` logical pixels high, `gap` wider, sharp on this PC's screens.

    The same arguments return the same QIcon. FileNotFoundError for a name that was never drawn.
    """
    return _icon(name, colour.name(), size, gap, QGuiApplication.instance().devicePixelRatio())


def pixmap(name: str, colour: QColor, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of `size` logical pixels, with `ratio` device pixels to each."""
    return _pixmap(name, colour.name(), size, 0, ratio)


def names() -> list[str]:
    """Every icon there is, in alphabetical order."""
    return sorted(path.stem for path in ICONS.glob("*.svg"))


@lru_cache(maxsize=512)
def _icon(name: str, colour: str, size: int, gap: int, ratio: float) -> QIcon:
    return QIcon(_pixmap(name, colour, size, gap, ratio))


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, size: int, gap: int, ratio: float) -> QPixmap:
    drawing = _drawing(name, colour)
    side = round(size * ratio)
    picture = QPixmap(side + round(gap * ratio), side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    drawing.render(painter, QRectF(0, 0, side, side))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def _drawing(name: str, colour: str) -> QSvgRenderer:
    text = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))
