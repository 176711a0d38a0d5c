"""A reflection to be read: its parts exactly as they were typed, on the reading surface."""

import html
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTextBrowser, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.theme import current_theme


class ReflectionText(QTextBrowser):
    """Scrolls by itself, or, with `grow`, is as tall as its text and lets the page scroll.

    What members wrote is never read as markup: every character they typed is shown as it is.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self._parts: tuple[tuple[str, str], ...] = ()
        self._grows = False
        self._drawn_look: tuple[object, ...] = ()
        self._measure()

    def show_parts(self, parts: Sequence[tuple[str, str]]) -> None:
        """(title, text) of each part, in order; the reader's place is kept when they are the same."""
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            self._draw()
            self.verticalScrollBar().setValue(0)

    def grow(self, grows: bool) -> None:
        self._grows = grows
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if grows else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(policy)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (*THEME_CHANGES, QEvent.Type.FontChange):
            self._measure()

    def _measure(self) -> None:
        theme = current_theme()
        document = self.document()
        font = theme.reading_font()
        # A new style sheet gives the widget the program's font again, and Qt gives that to the document.
        if self.font() != font:
            self.setFont(font)
        if document.defaultFont() != font:
            document.setDefaultFont(font)
            self._fit()
        if self._look() != self._drawn_look:
            self._drawn_look = self._look()
            document.setDefaultStyleSheet(theme.reading_css())
            document.setDocumentMargin(theme.px(18))
            self._draw()

    def _look(self) -> tuple[object, ...]:
        theme = current_theme()
        return theme.mode, theme.px(1000)

    def _draw(self) -> None:
        blocks = []
        for title, text in self._parts:
            blocks.append(f"<h3>{html.escape(title)}</h3>")
            lines = text.strip().splitlines() or [self.tr("(không viết)")]
            blocks += [f"<p>{html.escape(line)}</p>" for line in lines if line.strip()]
        self.setHtml("".join(blocks))
        self._fit()

    def _fit(self) -> None:
        if self._grows:
            self.document().setTextWidth(self.viewport().width())
            self.setFixedHeight(round(self.document().size().height()) + 2)
        else:
            self.setMinimumHeight(0)
            self.setMaximumHeight(16_777_215)
