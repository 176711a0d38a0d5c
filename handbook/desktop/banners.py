"""What the program has to say: a banner where the person looks, a toast that offers to undo."""

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES, Action, IconButton, LinkButton, button_for
from handbook.desktop.flow import FlowLayout
from handbook.desktop.labels import Icon, Label, Role
from handbook.desktop.theme import current_theme
from handbook.errors import Expected, Fault

TOAST_SECONDS = 10


class Kind(StrEnum):
    INFO = "info"
    OK = "ok"
    WARN = "warn"
    ERROR = "error"
    OFFLINE = "offline"


_LOOK = {
    Kind.INFO: ("info", "info"),
    Kind.OK: ("ok", "check-circle"),
    Kind.WARN: ("warn", "alert"),
    Kind.ERROR: ("danger", "alert"),
    Kind.OFFLINE: ("info", "offline"),
}


def kind_of(error: Expected) -> Kind:
    """Being offline is a state of the world, not an error of anybody."""
    return Kind.OFFLINE if error.fault is Fault.NETWORK else Kind.ERROR


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say it now, wherever the focus is."""
    # The class with its two hundred enumerators costs 20 ms, too much before the first paint.
    from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


class Banner(QFrame):
    """A message with advice and, where something can be done, the button that does it.

    `dismissed` is emitted when the person closes it; the banner hides itself.
    """

    dismissed = Signal()

    def __init__(
        self,
        kind: Kind,
        message: str,
        advice: str = "",
        action: Action | None = None,
        dismissible: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        tone, icon = _LOOK[kind]
        self.kind = kind
        self.setProperty("tone", tone)
        self.setAccessibleName(message)
        self.setAccessibleDescription(advice)
        self._row = QHBoxLayout(self)
        one_line = not (advice or action)
        at = Qt.AlignmentFlag.AlignVCenter if one_line else Qt.AlignmentFlag.AlignTop
        self._row.addWidget(Icon(icon, tone, 20), alignment=at)
        self._words = QVBoxLayout()
        self._words.addWidget(Label(message, Role.STRONG))
        if advice:
            self._words.addWidget(Label(advice))
        if action:
            offers = FlowLayout()
            offers.addWidget(button_for(action, LinkButton))
            self._words.addLayout(offers)
        self._row.addLayout(self._words, 1)
        if dismissible:
            close = IconButton("close", self.tr("Đóng thông báo"), "text")
            close.clicked.connect(self.dismiss)
            self._row.addWidget(close, alignment=at)
        self._measure()

    @classmethod
    def of_error(cls, error: Expected, action: Action | None = None) -> "Banner":
        return cls(kind_of(error), error.message, error.advice, action)

    def dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.findChild(IconButton):
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        px = current_theme().px
        self._row.setContentsMargins(px(13), px(8), px(7), px(8))
        self._row.setSpacing(px(10))
        self._words.setSpacing(px(2))


class Toast(QFrame):
    """A line at the bottom of the window that leaves by itself, but not while the person is on it.

    Its button is reached with Tab (it comes last in the window) or with Alt and the underlined letter.
    A window shows one at a time. `gone` is emitted once, with True when the action was taken.
    """

    gone = Signal(bool)

    def __init__(
        self, window: QWidget, text: str, action: Action | None = None, seconds: int = TOAST_SECONDS
    ) -> None:
        super().__init__(window)
        for earlier in window.findChildren(Toast, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if earlier is not self:
                earlier.leave()
        self.setObjectName("toast")
        self.setAccessibleName(text)
        self._run = action.run if action else None
        self._left = False
        px = current_theme().px
        row = QHBoxLayout(self)
        row.setContentsMargins(px(16), px(8), px(8), px(8))
        row.setSpacing(px(12))
        row.addWidget(Label(text), 1)
        self.button: QPushButton | None = None
        if action:
            self.button = QPushButton(action.text)
            self.button.clicked.connect(self._act)
            row.addWidget(self.button)
        close = IconButton("close", self.tr("Đóng thông báo"), "toast_action")
        close.clicked.connect(self.leave)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(seconds * 1000)
        self._timer.timeout.connect(self._time_is_up)
        self._rail = window.findChild(QWidget, "rail")
        for watched in (window, self._rail):
            if watched:
                watched.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()
        announce(self, text)

    def leave(self) -> None:
        self._leave(acted=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._place()
        return False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES and not self._left:
            self._place()

    def _act(self) -> None:
        run = self._run
        self._leave(acted=True)
        if run:
            run()

    def _time_is_up(self) -> None:
        if self.underMouse() or self.isAncestorOf(self.window().focusWidget() or self.window()):
            self._timer.start()
        else:
            self.leave()

    def _leave(self, acted: bool) -> None:
        if self._left:
            return
        self._left = True
        self._timer.stop()
        self.hide()
        self.gone.emit(acted)
        self.deleteLater()

    def _place(self) -> None:
        """In the middle of what is beside the rail, which stays free to be clicked."""
        window, px = self.parentWidget(), current_theme().px
        left = self._rail.width() if self._rail and self._rail.isVisible() else 0
        room = window.width() - left
        width = min(px(560), room - 2 * px(16))
        height = self.heightForWidth(width)
        self.setGeometry(left + (room - width) // 2, window.height() - height - px(16), width, height)


def ask_to_undo(widget: QWidget, text: str, undo: Callable[[], object]) -> Toast:
    """Say at the bottom of the widget's window what was done, with *Hoàn tác* to take it back."""
    return Toast(widget.window(), text, Action(QCoreApplication.translate("Toast", "&Hoàn tác"), undo))
