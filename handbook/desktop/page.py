"""A screen's frame: header, banners, and content that may be loading, empty, in error or ready."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from handbook.desktop.banners import Banner, Kind, announce, kind_of
from handbook.desktop.buttons import THEME_CHANGES, Action, Button, PrimaryButton, SecondaryButton, button_for
from handbook.desktop.flow import FlowLayout
from handbook.desktop.labels import Icon, Label, Role
from handbook.desktop.theme import current_theme
from handbook.errors import Expected

ACTIVITY_AFTER_MS = 100
"""Anything shorter is over before the eye could read that it goes on."""
CANCEL_AFTER_MS = 2000
TITLE_WIDTH = 260
"""What a screen's name needs beside its actions, in pixels at 100 %."""
HEAD_STAYS_FROM = 460
"""Height at 100 % from which header and banners may stay in sight while the content below them scrolls."""


class PageHeader(QWidget):
    """The screen's name, a line below it, and what can be done with the whole screen."""

    def __init__(self, title: str, subtitle: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Label(title, Role.TITLE)
        self._subtitle = Label(subtitle, Role.MUTED)
        self._actions = FlowLayout()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._subtitle)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addLayout(words, 1)
        self._row.addLayout(self._actions)
        self.show_text(title, subtitle)
        self._measure()

    def show_text(self, title: str, subtitle: str = "") -> None:
        self._title.setText(title)
        self._subtitle.setText(subtitle)
        self._subtitle.setVisible(bool(subtitle))

    def add_action(self, action: Action | QWidget, kind: type[Button] = SecondaryButton) -> QWidget:
        """Put a button (or a ready widget) at the right and return it."""
        widget = button_for(action, kind) if isinstance(action, Action) else action
        self._actions.addWidget(widget)
        return widget

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._direct()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _direct(self) -> None:
        """Actions stand beside the title where both fit, else below it."""
        needed = self._actions.sizeHint().width() + current_theme().px(TITLE_WIDTH)
        beside = self.width() >= needed
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if self._row.direction() != direction:
            self._row.setDirection(direction)

    def _measure(self) -> None:
        px = current_theme().px
        self._row.setSpacing(px(10))
        self._actions.setSpacing(px(8))


class EmptyState(QWidget):
    """Why there is nothing here, and the one thing that would change it."""

    def __init__(
        self,
        icon: str,
        title: str,
        text: str = "",
        action: Action | None = None,
        colour: str = "muted",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        centre = Qt.AlignmentFlag.AlignHCenter
        self._rows = QVBoxLayout(self)
        self._rows.addStretch(2)
        self._icon = Icon(icon, colour, 44)
        self._rows.addWidget(self._icon, alignment=centre)
        heading = Label(title, Role.HEADING)
        heading.setAlignment(centre)
        self._rows.addWidget(heading)
        if text:
            words = Label(text, Role.MUTED)
            words.setAlignment(centre)
            self._rows.addWidget(words)
        self.button: Button | None = None
        if action:
            self.button = button_for(action, PrimaryButton)
            self._rows.addSpacing(current_theme().px(6))
            self._rows.addWidget(self.button, alignment=centre)
        self._rows.addStretch(3)
        px = current_theme().px
        self._rows.setSpacing(px(10))
        self._rows.setContentsMargins(px(24), px(24), px(24), px(24))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the words stand without their picture."""
        super().resizeEvent(event)
        picture = 0 if self._icon.isHidden() else self._icon.height() + self._rows.spacing()
        words = self._rows.heightForWidth(self.width()) - picture
        self._icon.setVisible(self.height() >= words + self._icon.height() + self._rows.spacing())


class _Spinner(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._angle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(50)
        self._timer.timeout.connect(self._turn)
        side = current_theme().px(28)
        self.setFixedSize(side, side)

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def _turn(self) -> None:
        self._angle = (self._angle - 18) % 360
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        width = theme.px(3)
        ring = QRectF(self.rect()).adjusted(width, width, -width, -width)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("line"), width))
        painter.drawEllipse(ring)
        painter.setPen(QPen(theme.colour("accent"), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(ring, self._angle * 16, 100 * 16)


class Loading(QWidget):
    """Activity that appears after 100 ms; progress when it is reported; a way out after two seconds."""

    def __init__(self, text: str, cancel: Action | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(text)
        centre = Qt.AlignmentFlag.AlignHCenter
        self._activity = QWidget()
        rows = QVBoxLayout(self._activity)
        rows.setSpacing(current_theme().px(10))
        rows.addWidget(_Spinner(), alignment=centre)
        self._words = Label(text, Role.MUTED)
        self._words.setAlignment(centre)
        rows.addWidget(self._words)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(text)
        self._progress.setFixedWidth(current_theme().px(260))
        self._progress.hide()
        rows.addWidget(self._progress, alignment=centre)
        self._cancel = button_for(cancel) if cancel else None
        if self._cancel:
            self._cancel.hide()
            rows.addWidget(self._cancel, alignment=centre)
        frame = QVBoxLayout(self)
        frame.addStretch(2)
        frame.addWidget(self._activity)
        frame.addStretch(3)
        self._activity.hide()
        self._appear = self._timer(ACTIVITY_AFTER_MS, self._activity.show)
        self._offer = self._timer(CANCEL_AFTER_MS, self._offer_cancel)

    def show_progress(self, done: int, total: int, text: str = "") -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        self._progress.show()
        if text:
            self._words.setText(text)

    def show_activity(self) -> None:
        """At once: the person has waited before this came."""
        self._activity.show()

    def showEvent(self, event: QShowEvent) -> None:
        self._appear.start()
        self._offer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._appear.stop()
        self._offer.stop()
        self._activity.hide()

    def _offer_cancel(self) -> None:
        if self._cancel:
            self._cancel.show()

    def _timer(self, milliseconds: int, act: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(act)
        return timer


class Column(QScrollArea):
    """A scrolling column of content no wider than a person reads with ease.

    `fills`: of something that takes the whole height, and scrolls by itself where there is enough of it.
    """

    def __init__(self, max_width: float, parent: QWidget | None = None, *, fills: bool = False) -> None:
        super().__init__(parent)
        self._max_width = max_width
        self._fills = fills
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Its own would come back as a widget of some class, and for that all classes are made: 15 ms.
        port, ground = QWidget(), QWidget()
        self.setViewport(port)
        row = QHBoxLayout(ground)
        row.setContentsMargins(0, 0, 0, 0)
        self._column = QWidget()
        self.body = QVBoxLayout(self._column)
        row.addWidget(self._column, 1)
        row.addStretch(0)
        self.setWidget(ground)
        for surface in (port, ground):  # setWidget fills them, and would hide the card below
            surface.setAutoFillBackground(False)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        px = current_theme().px
        self.body.setContentsMargins(0, 0, px(4 if self._fills else 8), px(0 if self._fills else 16))
        self.body.setSpacing(px(12))
        self._column.setMaximumWidth(px(self._max_width))


class Page(QWidget):
    """What every screen stands on.

    Content goes into `body`; a screen that scrolls by itself (a list, the reader) passes `scrolls=False`.
    Loading, empty and error replace the content, never the header. Where large print leaves little height,
    header and banners go up with the content: by itself, or in the column named by `scroll_head_with`.
    """

    def __init__(
        self,
        title: str,
        subtitle: str = "",
        scrolls: bool = True,
        max_width: float = 960,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.header = PageHeader(title, subtitle)
        self._frame = QVBoxLayout(self)
        self._banners = QVBoxLayout()
        self._head: QWidget | None = None
        self._goes_with: Column | None = None
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self._state: QWidget | None = None
        if scrolls:
            column = Column(max_width)
            self._frame.addWidget(column)
            self._rows = column.body
        else:
            self._rows = QVBoxLayout()
            self._frame.addLayout(self._rows)
        self._rows.addWidget(self.header)
        self._rows.addLayout(self._banners)
        if scrolls:
            self._rows.addWidget(self._content)
            self._rows.addStretch(1)
        else:
            self._rows.addWidget(self._content, 1)
        self._measure()

    def scroll_head_with(self, column: Column | None) -> None:
        """In a low window header and banners go up with this column of the content; with None they stay."""
        self._goes_with = column
        if self._head is None:
            self._head = QWidget()
            head = QVBoxLayout(self._head)
            self._rows.removeItem(self._banners)
            head.addWidget(self.header)
            head.addLayout(self._banners)
        self._place_head()

    def show_ready(self) -> None:
        self._show(None)

    def show_loading(self, text: str = "", cancel: Action | None = None) -> Loading:
        """Show activity; report progress to the widget that comes back."""
        loading = Loading(text or self.tr("Đang mở…"), cancel)
        self._show(loading)
        return loading

    def show_empty(self, icon: str, title: str, text: str = "", action: Action | None = None) -> None:
        self._show(EmptyState(icon, title, text, action))

    def show_error(self, error: Expected, retry: Action | None = None) -> None:
        """Put the error where the content would be."""
        icon, colour = ("offline", "info") if kind_of(error) is Kind.OFFLINE else ("alert", "danger")
        self._show(EmptyState(icon, error.message, error.advice, retry, colour))
        announce(self, str(error))

    def show_banner(self, banner: Banner) -> Banner:
        """Put a banner above the content, in place of the former one."""
        self.clear_banner()
        self._banners.addWidget(banner)
        banner.dismissed.connect(self.clear_banner)
        announce(banner, f"{banner.accessibleName()} {banner.accessibleDescription()}".strip())
        if (column := self._goes_with) and column.isAncestorOf(banner):
            QTimer.singleShot(0, banner, lambda: column.ensureWidgetVisible(banner))
        return banner

    def clear_banner(self) -> None:
        while item := self._banners.takeAt(0):
            _discard(item.widget())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_head()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _show(self, state: QWidget | None) -> None:
        if self._state:
            self._rows.removeWidget(self._state)
            _discard(self._state)
        self._state = state
        self._content.setVisible(state is None)
        self._place_head()
        if state:
            self._rows.insertWidget(self._rows.indexOf(self._content), state, 1000)

    def _place_head(self) -> None:
        if self._head is None:
            return
        self._head.layout().setSpacing(current_theme().px(12))
        column, rows = self._goes_with, self._rows
        right = column.body.contentsMargins().right() if column else 0
        if column and self._state is None and self.height() < current_theme().px(HEAD_STAYS_FROM):
            rows, right = column.body, 0
        self._head.layout().setContentsMargins(0, 0, right, 0)  # it ends where the content does
        if rows.indexOf(self._head) < 0:
            keyboard = QApplication.focusWidget()
            rows.insertWidget(0, self._head)
            if keyboard and self._head.isAncestorOf(keyboard):
                QTimer.singleShot(0, keyboard, keyboard.setFocus)  # what has moved is not shown before

    def _measure(self) -> None:
        px = current_theme().px
        self._frame.setContentsMargins(px(20), px(14), px(8), px(8))
        self._rows.setSpacing(px(12))
        self._place_head()
        self._banners.setSpacing(px(8))
        self.body.setSpacing(px(12))


def _discard(widget: QWidget) -> None:
    widget.hide()
    widget.deleteLater()
