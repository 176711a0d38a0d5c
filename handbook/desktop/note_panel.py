"""The two small surfaces of notes in the reader: the bar at a selection and the panel of one mark."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.flow import FlowLayout
from handbook.desktop.reading import DocumentText
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import IconButton, Label, Role
from handbook.model.notes import COLOUR_NAMES, Colour

if TYPE_CHECKING:
    from handbook.client.notes import MarkedNote

SAVE_AFTER_MS = 600
"""After the last key in a note; leaving it saves at once."""
BAR_AFTER_MS = 200
"""The bar does not follow the hand while it is selecting."""


class ColourButton(QToolButton):
    """A round dot in a mark's colour; checked for the colour that a mark has."""

    def __init__(self, colour: Colour, number: int) -> None:
        super().__init__()
        self.colour = colour
        self.setObjectName(f"reader.colour.{colour}")
        self.setCheckable(True)
        name = self.tr("Tô màu {} ({})").format(COLOUR_NAMES[colour].lower(), number)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        around = self.hasFocus() or self.isChecked()
        inset = theme.px(5)
        painter.setBrush(theme.paper_colour(f"note_{self.colour}"))
        painter.setPen(
            QPen(theme.colour("focus" if around else "control_line"), theme.px(2) if around else 1)
        )
        painter.drawEllipse(self.rect().adjusted(inset, inset, -inset, -inset))

    def _measure(self) -> None:
        side = current_theme().px(32)
        self.setFixedSize(side, side)


class SelectionBar(QFrame):
    """Stands at the selection: a colour, or a note. `coloured(colour)`, `noted()`."""

    coloured = Signal(object)
    noted = Signal()

    def __init__(self, text: DocumentText) -> None:
        super().__init__(text)
        self.setObjectName("reader.selection")
        self.setProperty("card", True)
        self.setAccessibleName(self.tr("Đánh dấu đoạn đã chọn"))
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        row.setSpacing(2)
        for number, colour in enumerate(Colour, start=1):
            button = ColourButton(colour, number)
            button.setCheckable(False)
            button.clicked.connect(lambda _, colour=colour: self.coloured.emit(colour))
            row.addWidget(button)
        note = IconButton("note", self.tr("Ghi chú đoạn này (N)"))
        note.setObjectName("reader.selection.note")
        note.clicked.connect(lambda: self.noted.emit())
        row.addWidget(note)
        for button in self.findChildren(QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the selection keeps the keyboard
        self._text = text
        self._pause = QTimer(self, interval=BAR_AFTER_MS, singleShot=True)
        self._pause.timeout.connect(self._appear)
        text.selectionChanged.connect(self._selection_changed)
        text.verticalScrollBar().valueChanged.connect(lambda _: self.hide())
        self.hide()

    def _selection_changed(self) -> None:
        self.hide()
        if self._text.textCursor().hasSelection():
            self._pause.start()
        else:
            self._pause.stop()

    def _appear(self) -> None:
        if not self._text.textCursor().hasSelection() or not self._text.isVisible():
            return
        self.adjustSize()
        view, gap = self._text.viewport(), current_theme().px(6)
        line = self._text.cursorRect()
        at = view.mapTo(self._text, line.bottomLeft()) + QPoint(-self.width() // 2, gap)
        if at.y() + self.height() > self._text.height():
            at.setY(view.mapTo(self._text, line.topLeft()).y() - gap - self.height())
        at.setX(min(max(at.x(), gap), self._text.width() - self.width() - gap))
        at.setY(max(at.y(), gap))
        self.move(at)
        self.show()
        self.raise_()


class NotePanel(QFrame):
    """One mark below the text: its words, its colour, what was written of it, and taking it away.

    `written(id, text)` soon after the last key and when the panel is left; `coloured(id, colour)`,
    `removed(id)`, `closed()`.
    """

    written = Signal(str, str)
    coloured = Signal(str, object)
    removed = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reader.note")
        self.id = ""
        self._saved = ""
        self.quote = Label("", Role.MUTED)
        self.edit = QPlainTextEdit()
        self.edit.setObjectName("reader.note.text")
        self.edit.setAccessibleName(self.tr("Ghi chú của tôi"))
        self.edit.setPlaceholderText(self.tr("Viết ghi chú… (tự lưu, chỉ nằm trên máy này)"))
        self.edit.setTabChangesFocus(True)
        self._rows = QVBoxLayout(self)
        self._head = FlowLayout()
        self._colours: list[ColourButton] = []
        for number, colour in enumerate(Colour, start=1):
            button = ColourButton(colour, number)
            button.clicked.connect(lambda _, colour=colour: self.coloured.emit(self.id, colour))
            self._colours.append(button)
            self._head.addWidget(button)
        remove = IconButton("trash", self.tr("Xoá đoạn tô màu này"))
        remove.setObjectName("reader.note.remove")
        remove.clicked.connect(lambda: self._take_away())
        close = IconButton("close", self.tr("Đóng ghi chú (Esc)"))
        close.clicked.connect(lambda: self.close_panel())
        self._head.addWidget(remove)
        self._head.addWidget(close)
        self._rows.addWidget(self.quote)
        self._rows.addWidget(self.edit)
        self._rows.addLayout(self._head)
        self._pause = QTimer(self, interval=SAVE_AFTER_MS, singleShot=True)
        self._pause.timeout.connect(self.save)
        self.edit.textChanged.connect(lambda: self._pause.start())
        self.edit.installEventFilter(self)
        QShortcut(
            QKeySequence("Esc"),
            self,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
            activated=self.close_panel,
        )
        self._measure()
        self.hide()

    def show_note(self, marked: "MarkedNote") -> None:
        """Show a mark; one that is shown already keeps what is being typed."""
        note = marked.note
        if note.id != self.id:
            self.save()
            self.id = note.id
            self._saved = note.text
            self.edit.setPlainText(note.text)
            self._pause.stop()
        elif self.edit.toPlainText() == self._saved != note.text:
            self._saved = note.text
            self.edit.setPlainText(note.text)
            self._pause.stop()
        words = " ".join(note.anchor.quote.split())
        shown = f"“{words[:160]}…”" if len(words) > 160 else f"“{words}”"
        if marked.span is None:
            shown = self.tr("Không còn trong bản hiện hành: {}").format(shown)
        self.quote.setText(shown)
        for button in self._colours:
            button.setChecked(button.colour is note.colour)
        self.show()

    def save(self) -> None:
        """Hand over what was typed since it was last saved."""
        self._pause.stop()
        text = self.edit.toPlainText()
        if self.id and text != self._saved:
            self._saved = text
            self.written.emit(self.id, text)

    def close_panel(self) -> None:
        self.save()
        self.id = ""
        self.hide()
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and event.type() is QEvent.Type.FocusOut:
            self.save()
        # Where text is typed this key saves it, whatever it means to the page around.
        is_key = event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if watched is self.edit and is_key and event.matches(QKeySequence.StandardKey.Save):
            self.save()
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _take_away(self) -> None:
        self.save()
        self.removed.emit(self.id)

    def _measure(self) -> None:
        px = current_theme().px
        self._rows.setContentsMargins(px(16), px(8), px(16), px(8))
        self._rows.setSpacing(px(6))
        self._head.setSpacing(px(4))
        self.edit.setFixedHeight(3 * self.edit.fontMetrics().lineSpacing() + px(16))
