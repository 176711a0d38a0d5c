"""Buttons that keep their icon in the theme's colours."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QToolButton, QWidget

from handbook.desktop import icons
from handbook.desktop.theme import current_theme

THEME_CHANGES = (QEvent.Type.StyleChange, QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange)
"""Events by which a widget learns that another theme was applied."""


class Action(NamedTuple):
    """What a card, a banner or an empty page offers to do."""

    text: str
    run: Callable[[], object]
    icon: str = ""


def _tint(button: QAbstractButton, name: str, colour: str, size: float, gap: float = 0) -> None:
    theme = current_theme()
    side, space = theme.px(size), theme.px(gap) if gap else 0
    button.setIcon(icons.icon(name, theme.colour(colour), side, space))
    button.setIconSize(QSize(side + space, side))


class Button(QPushButton):
    """A push button with text and, where it helps, an icon. `colour` names the icon's colour in the theme."""

    colour = "text"
    icon_size = 18

    def __init__(self, text: str = "", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._icon = icon
        self.setAutoDefault(False)
        self._tint()

    def set_icon(self, name: str) -> None:
        self._icon = name
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES or event.type() is QEvent.Type.EnabledChange:
            self._tint()

    def _tint(self) -> None:
        if self._icon:
            colour = self.colour if self.isEnabled() else "control_line"
            _tint(self, self._icon, colour, self.icon_size, gap=4 if self.text() else 0)


class SecondaryButton(Button):
    """One of several things that can be done here."""


class PrimaryButton(Button):
    """The one thing a person most likely wants to do here."""

    colour = "on_accent"


class LinkButton(Button):
    """A quiet action inside text or a row."""

    colour = "accent"


class Chip(Button):
    """A filter that is on or off."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent=parent)
        self.setCheckable(True)

    def sizeHint(self) -> QSize:
        """Wide enough for the heavier letters of a chip that is on."""
        heavy = QFont(self.font())
        heavy.setWeight(QFont.Weight.DemiBold)
        text = self.text()
        more = QFontMetrics(heavy).horizontalAdvance(text) - self.fontMetrics().horizontalAdvance(text)
        return super().sizeHint() + QSize(max(0, more), 0)


class RailButton(Button):
    """A destination in the red rail. Folded, it shows its icon only and keeps its name as a tool tip."""

    colour = "rail_text"
    icon_size = 20

    def __init__(self, text: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(text, icon, parent)
        self._name = text
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.fold(False)

    def fold(self, folded: bool) -> None:
        keys = self.shortcut()
        self.setText("" if folded else self._name)
        self.setShortcut(keys)  # another text takes the shortcut away
        self.setToolTip(self._name if folded else "")
        before = self.property("folded")
        self.setProperty("folded", folded)
        if before not in (None, folded):
            self.style().unpolish(self)
            self.style().polish(self)
        self._tint()


class IconButton(QToolButton):
    """A button that is only an icon; its name is said in the tool tip and to screen readers."""

    def __init__(self, icon: str, name: str, colour: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._colour = icon, colour
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_icon(icon)

    def set_icon(self, name: str, colour: str = "") -> None:
        self._icon, self._colour = name, colour or self._colour
        _tint(self, self._icon, self._colour, 20)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            _tint(self, self._icon, self._colour, 20)


def button_for(action: Action, kind: type[Button] = SecondaryButton) -> Button:
    """A button that runs the action."""
    button = kind(action.text, action.icon)
    button.clicked.connect(lambda: action.run())
    return button
