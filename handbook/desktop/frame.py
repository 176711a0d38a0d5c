"""What the first paint needs: colours, a few measures, and the window's frame painted from them.

Only the cheap part of Qt is used here. Looking at `Qt` itself would first create its hundred enumerations,
and reading and matching a style sheet takes longer than all of this.
"""

from collections.abc import Mapping
from typing import Final

from PySide6.QtGui import QColor, QGuiApplication, QPainter
from PySide6.QtWidgets import QWidget

FUSION: Final = "fusion"
"""Property of an application object that has this style: asking it for its style makes a dozen classes."""
FIRST_SIZE: Final = (1200, 780)
FOLD_BELOW: Final = 1100
"""Width, in pixels at 100 % text, below which the rail shows icons only."""
RAIL_WIDTH: Final = 226
FOLDED_RAIL_WIDTH: Final = 64

#                       light      dark
COLOURS: Final[Mapping[str, tuple[str, str]]] = {
    "window": ("#f5f5f2", "#17181b"),
    "card": ("#ffffff", "#202226"),
    "text": ("#22242a", "#e8e8ea"),
    "muted": ("#5c616b", "#a6abb4"),
    "line": ("#e1e1dc", "#34363c"),
    "control_line": ("#878b93", "#747983"),
    "hover": ("#efefeb", "#2a2c31"),
    "accent": ("#b3191f", "#ff7b74"),
    "accent_hover": ("#8f1218", "#ff948e"),
    "accent_soft": ("#fbe9e7", "#3a2224"),
    "on_accent": ("#ffffff", "#1b1b1b"),
    "focus": ("#b3191f", "#ff7b74"),
    "focus_on_accent": ("#ffd75e", "#1b1b1b"),
    "rail": ("#8f1218", "#2a1214"),
    "rail_current": ("#ad2a2d", "#54191d"),
    "rail_text": ("#ffece6", "#f3dcd8"),
    "rail_title": ("#ffffff", "#ffffff"),
    "gold": ("#d9a400", "#f0c33c"),
    "mark": ("#fff0a8", "#6b5a12"),
    "neutral_soft": ("#ecece8", "#2f3137"),
    "ok": ("#226640", "#69c08c"),
    "ok_soft": ("#e3f2e8", "#1d3327"),
    "warn": ("#7d4b00", "#f0a94a"),
    "warn_soft": ("#fdf0d8", "#3a2d18"),
    "danger": ("#a3131a", "#ff8f88"),
    "danger_soft": ("#fbdedb", "#4a2023"),
    "info": ("#1f4f86", "#86b7ee"),
    "info_soft": ("#e6eff9", "#1d2c3d"),
    "toast": ("#2b2d33", "#e8e8ea"),
    "on_toast": ("#ffffff", "#1b1b1b"),
    "toast_action": ("#ffb3ae", "#8f1218"),
}


def paint_frame(widget: QWidget, *, rail: bool, dark: bool, text_scale: float) -> None:
    """Paint the ground of the window and, when somebody's handbook is about to open, the rail at its left."""
    painter = QPainter(widget)
    painter.fillRect(widget.rect(), QColor(COLOURS["window"][dark]))
    if rail:
        unit = text_scale * screen_unit()
        width = FOLDED_RAIL_WIDTH if widget.width() < FOLD_BELOW * unit else RAIL_WIDTH
        painter.fillRect(0, 0, round(width * unit), widget.height(), QColor(COLOURS["rail"][dark]))
    painter.end()


def screen_dpi() -> float:
    screen = QGuiApplication.primaryScreen()
    return screen.logicalDotsPerInch() if screen else 96.0


def screen_unit() -> float:
    """Pixels of this screen per pixel of a 96 dpi screen; a screen that reports less counts as 96 dpi."""
    return max(1.0, screen_dpi() / 96.0)
