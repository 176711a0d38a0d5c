"""Text and marks that do nothing but inform: labels, pills, icons."""

from enum import StrEnum

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from handbook.desktop import icons
from handbook.desktop.theme import current_theme
from handbook.desktop.unbroken import JOINER, unbroken


class Role(StrEnum):
    """What a text is on a page; the style sheet gives each its size and colour."""

    TITLE = "title"
    HEADING = "heading"
    SECTION = "section"
    STRONG = "strong"
    FIGURE = "figure"
    BODY = "body"
    MUTED = "muted"
    NOTE = "note"


class Tone(StrEnum):
    NEUTRAL = "neutral"
    ACCENT = "accent"
    OK = "ok"
    WARN = "warn"
    DANGER = "danger"
    INFO = "info"


class Label(QLabel):
    """Plain text that wraps, though not inside a document's number. It is never read as HTML, so text from
    elsewhere can be shown as it is."""

    def __init__(self, text: str = "", role: Role = Role.BODY, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", str(role))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._text = ""
        self.setText(text)

    def text(self) -> str:
        """The text as it is written."""
        return self._text

    def setText(self, text: str) -> None:
        self._text, was = text, super().text()
        shown = unbroken(text)
        super().setText(shown)
        if shown != text:
            self.setAccessibleName(text)
        elif JOINER in was:
            self.setAccessibleName("")


class SectionLabel(Label):
    """The small heading above a group of rows."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, Role.SECTION, parent)


class ElidedLabel(QLabel):
    """One line that ends in … where the width ends; tool tip and screen reader have the whole text."""

    def __init__(self, text: str = "", role: Role = Role.BODY, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", str(role))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setAccessibleName(text)
        self._explain()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def shown_text(self) -> str:
        """The text as it is painted at the present width."""
        return self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width()
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._explain()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment() | Qt.AlignmentFlag.AlignVCenter),
            self.palette(),
            self.isEnabled(),
            self.shown_text(),
            self.foregroundRole(),
        )

    def _explain(self) -> None:
        self.setToolTip(self.text() if self.shown_text() != self.text() else "")


class Pill(QLabel):
    """A short state in a coloured lozenge. The words carry the meaning; the tone only supports them."""

    def __init__(self, text: str = "", tone: Tone = Tone.NEUTRAL, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setProperty("tone", str(tone))

    def show_state(self, text: str, tone: Tone) -> None:
        self.setText(text)
        self.setProperty("tone", str(tone))
        self.style().unpolish(self)
        self.style().polish(self)


class Icon(QWidget):
    """An icon as a picture, in the colour of that name from the theme in force when it is painted."""

    def __init__(
        self, name: str, colour: str = "muted", size: float = 20, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._colour, self._size = name, colour, size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_icon(self, name: str, colour: str) -> None:
        self._name, self._colour = name, colour
        self.update()

    def sizeHint(self) -> QSize:
        side = current_theme().px(self._size)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        side = theme.px(self._size)
        picture = icons.pixmap(self._name, theme.colour(self._colour), side, self.devicePixelRatioF())
        QPainter(self).drawPixmap((self.width() - side) // 2, (self.height() - side) // 2, picture)
