"""A text to be read, set as the reader chose: size, kind of letter, width of column, colour of the page."""

from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtWidgets import QTextBrowser, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.look import Look
from handbook.desktop.theme import Theme, current_theme
from handbook.desktop.unbroken import as_written


class PaperText(QTextBrowser):
    """Never opens a link by itself; what is taken along is the text as it is written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.horizontalScrollBar().rangeChanged.connect(self._widen)
        self._look = Look()
        self._worn: tuple[Theme, Look] | None = None

    def set_look(self, look: Look) -> None:
        self._look = look
        self._dress()

    @property
    def is_dressed(self) -> bool:
        """Whether the present look is worn already."""
        return (current_theme(), self._look) == self._worn

    def toPlainText(self) -> str:
        """The text as it is written, without what keeps numbers in one line."""
        return as_written(super().toPlainText())

    def selected_text(self) -> str:
        """What is selected, as it is written."""
        return as_written(self.textCursor().selection().toPlainText())

    def createMimeDataFromSelection(self) -> QMimeData:
        """What is copied or dragged."""
        taken = super().createMimeDataFromSelection()
        clean = QMimeData()
        clean.setText(as_written(taken.text()))
        clean.setHtml(as_written(taken.html()))
        return clean

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.FontChange and self._worn:
            # The first that is heard of another text size: Qt is about to set the text anew, and where one
            # reads in it would be lost.
            self._dress()
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._dress()
        elif event.type() is QEvent.Type.FontChange:
            # Qt has just given the document the font of its widget.
            self.document().setDefaultFont(self._look.font(current_theme()))

    def _dress(self) -> bool:
        """Wear the present look; text that was set in another one keeps its forms. False when it is worn."""
        if self.is_dressed:
            return False
        theme = current_theme()
        self._worn = (theme, self._look)
        document = self.document()
        document.setDefaultStyleSheet(self._look.css(theme))
        document.setDefaultFont(self._look.font(theme))
        document.setDocumentMargin(theme.px(20))
        self.setStyleSheet(theme.surface_css(self._look.paper))
        self._set_margins()
        return True

    def _set_margins(self) -> None:
        theme = current_theme()
        line = self._look.column_px(theme)
        side = max(0, (self.width() - self.verticalScrollBar().sizeHint().width() - line) // 2)
        self.setViewportMargins(side, 0, side, 0)

    def _widen(self, _: int, overhang: int) -> None:
        """Only a table that is really wider than the page is worth a bar; borders are a pixel off."""
        policy = Qt.ScrollBarPolicy
        shown = policy.ScrollBarAsNeeded if overhang > current_theme().px(8) else policy.ScrollBarAlwaysOff
        if shown != self.horizontalScrollBarPolicy():
            self.setHorizontalScrollBarPolicy(shown)
