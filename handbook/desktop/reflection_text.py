"""A reflection to be read: its parts as they were written, on the reading surface."""

import html
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTextBrowser, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.prose_html import cited_place, html_of
from handbook.desktop.theme import current_theme
from handbook.model.prose import parse


class ReflectionText(QTextBrowser):
    """Scrolls by itself, or, with `grow`, is as tall as its text and lets the page scroll.

    `cited(document, anchor)` asks to go where a quotation is from; other links in a text lead nowhere.
    """

    cited = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._follow)
        self.setTabChangesFocus(True)
        self._parts: tuple[tuple[str, str], ...] = ()
        self._grows = False
        self._drawn_look: tuple[object, ...] = ()
        self._measure()

    def show_parts(self, parts: Sequence[tuple[str, str]]) -> None:
        """(title, Markdown) of each part, in order; the reader's place is kept when they are the same."""
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
        pieces = []
        for title, text in self._parts:
            pieces.append(f"<h2>{html.escape(title)}</h2>")
            pieces.append(html_of(parse(text)) or f"<p>{html.escape(self.tr('(không viết)'))}</p>")
        self.setHtml("".join(pieces))
        self._fit()

    def _follow(self, address: QUrl) -> None:
        if place := cited_place(address.toString()):
            self.cited.emit(*place)

    def _fit(self) -> None:
        if self._grows:
            self.document().setTextWidth(self.viewport().width())
            self.setFixedHeight(round(self.document().size().height()) + 2)
        else:
            self.setMinimumHeight(0)
            self.setMaximumHeight(16_777_215)
