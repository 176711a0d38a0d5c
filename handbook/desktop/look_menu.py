"""The menu in which a reader chooses how the text is set."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from handbook.desktop.look import SPACINGS

TEXT_SIZES: Final = (13.0, 14.5, 16.0, 18.0, 20.0, 22.5, 25.0, 28.0)
"""Heights of the text at 100 % to choose from, in pixels."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("LookMenu", text)


def size_beside(px: float, steps: int) -> float:
    """The size that lies so many steps above the one nearest to `px`, or the outermost one."""
    nearest = min(range(len(TEXT_SIZES)), key=lambda at: abs(TEXT_SIZES[at] - px))
    return TEXT_SIZES[min(max(nearest + steps, 0), len(TEXT_SIZES) - 1)]


def fill_look_menu(
    menu: QMenu, resize: Callable[[int], object], change: Callable[[str, object], object]
) -> list[QActionGroup]:
    """The lists to choose from, each named by its setting; `change(setting, value)` when one is chosen.

    `resize(steps)` when the text shall be larger or, below 0, smaller.
    """
    menu.addAction(_tr("Chữ to hơn"), lambda: resize(1))
    menu.addAction(_tr("Chữ nhỏ hơn"), lambda: resize(-1))
    lists: tuple[tuple[str, tuple[tuple[object, str], ...]], ...] = (
        (
            "paper",
            (
                ("theme", _tr("Nền theo giao diện")),
                ("light", _tr("Nền giấy trắng")),
                ("sepia", _tr("Nền giấy ngả vàng")),
                ("dark", _tr("Nền tối")),
            ),
        ),
        (
            "reading_font",
            (
                ("sans", _tr("Chữ không chân")),
                ("serif", _tr("Chữ có chân")),
            ),
        ),
        (
            "reading_column",
            (
                ("narrow", _tr("Cột chữ hẹp")),
                ("medium", _tr("Cột chữ vừa")),
                ("wide", _tr("Cột chữ rộng")),
            ),
        ),
        (
            "reading_spacing",
            (
                (SPACINGS[0], _tr("Dòng sát")),
                (SPACINGS[1], _tr("Dòng thường")),
                (SPACINGS[2], _tr("Dòng thoáng")),
                (SPACINGS[3], _tr("Dòng rất thoáng")),
            ),
        ),
    )
    return [_choice(menu, setting, values, change) for setting, values in lists]


def _choice(
    menu: QMenu,
    setting: str,
    values: tuple[tuple[object, str], ...],
    change: Callable[[str, object], object],
) -> QActionGroup:
    menu.addSeparator()
    group = QActionGroup(menu)
    group.setObjectName(setting)
    for value, name in values:
        action = menu.addAction(name)
        action.setCheckable(True)
        action.setData(value)
        group.addAction(action)
    group.triggered.connect(lambda action: change(setting, action.data()))
    return group
