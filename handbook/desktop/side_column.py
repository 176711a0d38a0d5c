"""A list beside a text; where there is room for one column only it takes the text's place while asked for."""

from typing import Final

from PySide6.QtWidgets import QWidget

from handbook.desktop.theme import current_theme
from handbook.desktop.window import FOLD_BELOW

SIDE_PX: Final = 268
WIDEST_PX: Final = 16_777_215  # Qt's own QWIDGETSIZE_MAX


def is_narrow(window: QWidget) -> bool:
    """Whether the window has room for one column only."""
    return window.width() < current_theme().px(FOLD_BELOW)


def place_side(text: QWidget, side: QWidget, asked: bool) -> None:
    """Show both beside each other, or in a narrow window the one that is `asked` for."""
    folded = is_narrow(side.window())
    side.setVisible(not folded or asked)
    text.setVisible(not folded or not asked)
    width = current_theme().px(SIDE_PX)
    side.setMaximumWidth(WIDEST_PX if folded else width)
    side.setMinimumWidth(0 if folded else width)
