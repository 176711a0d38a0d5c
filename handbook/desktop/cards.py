"""White cards on the quiet ground: a titled group of content, and a single figure."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES, Action, Button, SecondaryButton, button_for
from handbook.desktop.flow import FlowLayout
from handbook.desktop.labels import Icon, Label, Role
from handbook.desktop.theme import current_theme


class Card(QFrame):
    """A frame with an optional icon and title, a body to fill, and a row of actions below it."""

    def __init__(
        self, title: str = "", icon: str = "", subtitle: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAccessibleName(title)
        self._rows = QVBoxLayout(self)
        self._head = QHBoxLayout()
        self._title = Label(title, Role.HEADING)
        self._subtitle = Label(subtitle, Role.MUTED)
        for label in (self._title, self._subtitle):
            if not label.text():  # shown before it has a parent it would be a window of its own
                label.hide()
        if icon:
            self._head.addWidget(Icon(icon, "accent", 22), alignment=Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._subtitle)
        self._head.addLayout(words, 1)
        if title or icon or subtitle:
            self._rows.addLayout(self._head)
        self.body = QVBoxLayout()
        self._rows.addLayout(self.body)
        self._actions = FlowLayout()
        self._measure()

    def set_title(self, title: str, subtitle: str = "") -> None:
        """Change the words of a card that was built with a title."""
        self.setAccessibleName(title)
        for label, text in ((self._title, title), (self._subtitle, subtitle)):
            label.setText(text)
            label.setVisible(bool(text))

    def add(self, *content: QWidget | QLayout) -> None:
        """Put content below what the body already holds."""
        for part in content:
            if isinstance(part, QLayout):
                self.body.addLayout(part)
            else:
                self.body.addWidget(part)

    def add_at_end_of_title(self, widget: QWidget) -> None:
        """Put a pill or a small button at the right of the title."""
        self._head.addWidget(widget, alignment=Qt.AlignmentFlag.AlignTop)

    def add_action(self, action: Action | QWidget, kind: type[Button] = SecondaryButton) -> QWidget:
        """Put a button (or a ready widget) into the row of actions and return it."""
        if not self._actions.parent():
            self._rows.addLayout(self._actions)
        widget = button_for(action, kind) if isinstance(action, Action) else action
        self._actions.addWidget(widget)
        return widget

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        px = current_theme().px
        self._rows.setContentsMargins(px(16), px(13), px(16), px(14))
        self._rows.setSpacing(px(10))
        self._head.setSpacing(px(10))
        self.body.setSpacing(px(8))
        self._actions.setSpacing(px(8))


class StatTile(QFrame):
    """One figure with what it counts and a remark."""

    def __init__(self, label: str, value: str = "", note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._label = Label(label, Role.MUTED)
        self._value = Label(value, Role.FIGURE)
        self._note = Label(note, Role.NOTE)
        self._rows = QVBoxLayout(self)
        for part in (self._label, self._value, self._note):
            self._rows.addWidget(part)
        self._rows.addStretch(1)
        self.show_figure(value, note)
        self._measure()

    def show_figure(self, value: str, note: str = "") -> None:
        self._value.setText(value)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        words = f"{self._label.text()}: {value}"
        self.setAccessibleName(f"{words}, {note}" if note else words)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        px = current_theme().px
        self._rows.setContentsMargins(px(16), px(12), px(16), px(12))
        self._rows.setSpacing(px(2))
