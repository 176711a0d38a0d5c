"""A box to write an answer in: headings, emphasis, lists, quotations. It is as tall as its text."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from handbook.desktop import prose_document
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.prose_document import HEADINGS, ITEMS, Kind
from handbook.desktop.prose_html import html_of
from handbook.desktop.spell_marks import paint_doubted
from handbook.desktop.theme import current_theme
from handbook.model.pasted import blocks_in_html, blocks_in_text
from handbook.model.prose import Block, Citation, Run, parse, plain, write
from handbook.model.reflection import count_words

WRITING_PX = 16.0
FEWEST_LINES = 4
INDENT_PX = 26
OWN_FORMAT = "application/x-handbook-prose"
"""On the clipboard: Markdown of the answer, UTF-8, so that copying between parts loses nothing."""

_NEW_LINE_TOO = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
_BEGINNINGS = {"-": Kind.BULLET, "*": Kind.BULLET, "1.": Kind.NUMBER}
_DEEPER = {Kind.BULLET: Kind.SUB_BULLET, Kind.NUMBER: Kind.SUB_NUMBER}
_HIGHER = {deeper: kind for kind, deeper in _DEEPER.items()}


class ProseBox(QTextEdit):
    """A rich text box whose every look is kept.

    `edited()` is emitted when the person changes the text, `left()` when the keyboard goes elsewhere,
    `look_changed()` when the cursor comes to another look, `cited(document, anchor)` to go where a quotation
    is from, `brought(mime data)` for files and pictures that were dropped or pasted here, which no text can
    hold, `menu_opening(menu, cursor)` before the menu of a place in the text is shown.
    """

    edited = Signal()
    left = Signal()
    look_changed = Signal()
    cited = Signal(str, str)
    brought = Signal(object)
    menu_opening = Signal(object, object)

    def __init__(self, name: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setAccessibleDescription(hint)
        self.setPlaceholderText(hint)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._showing = False
        self._words = 0
        self._doubted: frozenset[str] = frozenset()
        self._settle = QTimer(self, interval=0, singleShot=True)
        self._settle.timeout.connect(lambda: prose_document.settle_look(self.textCursor().block()))
        self._numbers: tuple[int, tuple[int, ...]] = (-1, ())
        self.document().contentsChange.connect(self._count_again)
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self.document().blockCountChanged.connect(lambda _: self._settle.start())
        self.textChanged.connect(self._text_changed)
        self.cursorPositionChanged.connect(self.look_changed)
        self.currentCharFormatChanged.connect(lambda _: self.look_changed.emit())
        self._measure()

    # -- the text

    def start_with(self, text: str) -> None:
        """Put in the Markdown that the person goes on from; what was here before cannot be brought back."""
        self._show(lambda: prose_document.show(self.document(), parse(text)))

    def show_text(self, text: str) -> None:
        """Put in a newer text from elsewhere; the person can undo that it replaced theirs."""
        self._show(lambda: prose_document.replace(self.document(), parse(text)))

    def blocks(self) -> tuple[Block, ...]:
        return prose_document.read(self.document())

    def markdown(self) -> str:
        return write(self.blocks())

    def words(self) -> int:
        """As `count_words` counts what `plain` makes of the blocks."""
        return self._words

    def show_doubted(self, words: frozenset[str]) -> None:
        """Underline these words wherever they stand."""
        if words != self._doubted:
            self._doubted = words
            self.viewport().update()

    def is_blank(self) -> bool:
        return not self._words and not self.toPlainText().strip()

    # -- looks

    def kind(self) -> Kind:
        return prose_document.kind_of(self.textCursor().block())

    def toggle_kind(self, *kinds: Kind) -> None:
        """Give the selected lines the kind after their own among `kinds`; after the last they are plain."""
        QGuiApplication.inputMethod().commit()
        at = kinds.index(self.kind()) + 1 if self.kind() in kinds else 0
        self._set_kind(kinds[at] if at < len(kinds) else Kind.PARAGRAPH)

    def toggle_bold(self) -> None:
        self._toggle(bold=True)

    def toggle_italic(self) -> None:
        self._toggle(bold=False)

    def is_bold(self) -> bool:
        return self.kind() not in HEADINGS and self.fontWeight() >= 600

    def is_italic(self) -> bool:
        return self.kind() not in HEADINGS and self.fontItalic()

    def insert_quotation(self, quotation: Block) -> None:
        """Put it below the line of the cursor, and the cursor below it, as one step that can be undone."""
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        if cursor.block().length() > 1:
            cursor.insertBlock()
            prose_document.set_kind(cursor, Kind.PARAGRAPH)
        prose_document.insert(cursor, (quotation,))
        following = cursor.block().next()
        if following.isValid() and following.length() <= 1:
            cursor.setPosition(following.position())
        else:
            cursor.insertBlock()
            prose_document.set_kind(cursor, Kind.PARAGRAPH)
        cursor.endEditBlock()
        self.setTextCursor(cursor)
        self._stand_plain()

    def citation(self) -> Citation | None:
        """Where the quotation that the cursor is in is from."""
        block = self.textCursor().block()
        while block.isValid() and prose_document.kind_of(block) is Kind.QUOTE:
            block = block.next()
        return prose_document.citation_of(block) if block.isValid() else None

    # -- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_new_line = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_new_line and self._may_write() and not event.modifiers() & ~_NEW_LINE_TOO:
            self._new_line()
            return
        if event.key() == Qt.Key.Key_Backspace and self._may_write() and self._leave_kind():
            return
        deletes = event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) and self._may_write()
        if deletes and self._join_lines(event.key() == Qt.Key.Key_Backspace):
            return
        super().keyPressEvent(event)
        if event.text() == " " and self._may_write():
            self._begin_list()

    def focusNextPrevChild(self, next: bool) -> bool:
        """In a list Tab goes one level down, Shift+Tab one up; where there is no such level, elsewhere."""
        kind = self.kind()
        changed = _DEEPER.get(kind) if next else _HIGHER.get(kind)
        if changed is not None and self._may_write():
            self._set_kind(changed)
            return True
        return super().focusNextPrevChild(next)

    def paste_plain(self) -> None:
        """The clipboard's words without any look."""
        self._insert(blocks_in_text(QGuiApplication.clipboard().text()))

    # -- the clipboard

    def createMimeDataFromSelection(self) -> QMimeData:
        blocks = prose_document.read_selected(self.textCursor())
        data = QMimeData()
        data.setText(plain(blocks))
        data.setHtml(html_of(blocks))
        data.setData(OWN_FORMAT, write(blocks).encode())
        return data

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or source.hasHtml() or has_files(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if has_files(source):
            self.brought.emit(source)
            return
        if source.hasFormat(OWN_FORMAT):
            blocks = parse(bytes(source.data(OWN_FORMAT)).decode(errors="replace"))
        elif source.hasHtml():
            blocks = blocks_in_html(source.html()) or blocks_in_text(source.text())
        else:
            blocks = blocks_in_text(source.text())
        self._insert(blocks)

    # -- events

    def cursor_area(self, ancestor: QWidget) -> QRect:
        """Where the text cursor stands, in the coordinates of a widget around this one."""
        area = self.cursorRect()
        return QRect(self.viewport().mapTo(ancestor, area.topLeft()), area.size())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.createStandardContextMenu(event.pos())
        block = self.cursorForPosition(event.pos()).block()
        if citation := prose_document.citation_of(block):
            menu.addSeparator()
            menu.addAction(
                self.tr("Mở chỗ được trích"), lambda: self.cited.emit(citation.document, citation.anchor)
            )
        self.menu_opening.emit(menu, self.cursorForPosition(event.pos()))
        menu.exec(event.globalPos())
        menu.deleteLater()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            block = self.cursorForPosition(event.position().toPoint()).block()
            if citation := prose_document.citation_of(block):
                self.cited.emit(citation.document, citation.anchor)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.look_changed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        if self._doubted:
            paint_doubted(painter, self, self._doubted, event.rect())
        layout = self.document().documentLayout()
        painter.setFont(self.font())
        blocks = prose_document.text_blocks(self.document())
        for number, block in zip(self._item_numbers(), blocks, strict=True):
            kind = prose_document.kind_of(block)
            if kind in ITEMS or kind in (Kind.QUOTE, Kind.CITATION):
                area = layout.blockBoundingRect(block)
                if area.bottom() >= event.rect().top() and area.top() <= event.rect().bottom():
                    self._paint_mark(painter, kind, number, block, area)

    # -- inside

    def _may_write(self) -> bool:
        return not self.isReadOnly()

    def _show(self, put: Callable[[], None]) -> None:
        self._showing = True
        put()
        self._showing = False

    def _insert(self, blocks: tuple[Block, ...]) -> None:
        if not self._may_write():
            return
        cursor = self.textCursor()
        prose_document.insert(cursor, blocks)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def _set_kind(self, kind: Kind) -> None:
        prose_document.set_kind(self.textCursor(), kind)
        self._stand_plain()
        self.look_changed.emit()

    def _stand_plain(self) -> None:
        """What is typed next looks as this kind of line does."""
        cursor = self.textCursor()
        if cursor.block().length() <= 1:
            self.setCurrentCharFormat(prose_document.look_of(self.kind(), Run(text="")))

    def _toggle(self, *, bold: bool) -> None:
        if self.kind() in (*HEADINGS, Kind.CITATION) or not self._may_write():
            return
        QGuiApplication.inputMethod().commit()
        if bold:
            self.setFontWeight(400 if self.is_bold() else 700)
        else:
            self.setFontItalic(not self.is_italic())
        self.look_changed.emit()

    def _new_line(self) -> None:
        kind, cursor = self.kind(), self.textCursor()
        if kind is not Kind.PARAGRAPH and cursor.block().length() <= 1:
            self._set_kind(_HIGHER.get(kind, Kind.PARAGRAPH))
            return
        at_end = cursor.atBlockEnd() and not cursor.hasSelection()
        cursor.beginEditBlock()
        cursor.insertBlock()
        if kind is Kind.CITATION or (kind in HEADINGS and at_end):
            prose_document.set_kind(cursor, Kind.PARAGRAPH)
        cursor.endEditBlock()
        self.setTextCursor(cursor)
        self._stand_plain()
        self.ensureCursorVisible()

    def _leave_kind(self) -> bool:
        """Backspace in front of a line takes its kind away before it joins the line above."""
        kind, cursor = self.kind(), self.textCursor()
        if kind in (Kind.PARAGRAPH, Kind.CITATION) or cursor.hasSelection() or not cursor.atBlockStart():
            return False
        self._set_kind(_HIGHER.get(kind, Kind.PARAGRAPH))
        return True

    def _join_lines(self, backwards: bool) -> bool:
        """Delete a line's end, or what is selected over several: one step, and one look in what is left."""
        cursor = self.textCursor()
        if cursor.hasSelection():
            first = self.document().findBlock(cursor.selectionStart())
            if first == self.document().findBlock(cursor.selectionEnd()):
                return False
        elif not (cursor.atBlockStart() if backwards else cursor.atBlockEnd()):
            return False
        cursor.beginEditBlock()
        if backwards:
            cursor.deletePreviousChar()
        else:
            cursor.deleteChar()
        prose_document.settle_look(cursor.block())
        cursor.endEditBlock()
        self.setTextCursor(cursor)
        self.ensureCursorVisible()
        return True

    def _begin_list(self) -> None:
        """A line that begins as lists are typed becomes one; undo gives the typed signs back."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        kind = _BEGINNINGS.get(before[:-1])
        if kind is None or self.kind() is not Kind.PARAGRAPH or not before.endswith(" "):
            return
        cursor.beginEditBlock()
        cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        prose_document.set_kind(cursor, kind)
        cursor.endEditBlock()

    def _count_again(self, position: int, _removed: int, added: int) -> None:
        """Each text block keeps its count as its state: only what was touched is counted."""
        document = self.document()
        block = document.findBlock(position)
        while block.isValid() and block.position() <= position + added:
            block.setUserState(count_words(block.text()))
            block = block.next()
        self._words = sum(
            state if (state := each.userState()) >= 0 else count_words(each.text())
            for each in prose_document.text_blocks(document)
        )

    def _text_changed(self) -> None:
        if not self._showing:
            self.edited.emit()

    def _item_numbers(self) -> tuple[int, ...]:
        revision = self.document().revision()
        if self._numbers[0] != revision:
            self._numbers = revision, prose_document.numbers_of(self.document())
        return self._numbers[1]

    def _paint_mark(
        self, painter: QPainter, kind: Kind, number: int, block: QTextBlock, area: QRectF
    ) -> None:
        theme, line = current_theme(), block.layout().lineAt(0)
        left = block.layout().position().x() + line.x()
        if kind in (Kind.QUOTE, Kind.CITATION):
            bar = QRectF(left - theme.px(14), area.top(), theme.px(3), area.height())
            painter.fillRect(bar, theme.colour("accent"))
            return
        mark = f"{number}." if number else ("•" if kind is Kind.BULLET else "–")
        painter.setPen(theme.colour("text"))
        room = QRectF(0, area.top() + line.y(), left - theme.px(7), line.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, mark)

    def _measure(self) -> None:
        theme = current_theme()
        font = theme.font(WRITING_PX)
        if self.font() != font or self.document().indentWidth() != theme.px(INDENT_PX):
            self._showing = True
            self.setFont(font)
            self.viewport().setFont(font)  # the hint is painted with this one
            self.document().setDefaultFont(font)
            self.document().setIndentWidth(theme.px(INDENT_PX))
            self._showing = False
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(self.font())
        margin = 2 * round(self.document().documentMargin())
        text = self.document().size().height() - margin
        if self.document().isEmpty():
            area = QRect(0, 0, max(1, self.viewport().width() - margin), 100_000)
            text = metrics.boundingRect(area, Qt.TextFlag.TextWordWrap, self.placeholderText()).height()
        lines = max(round(text), FEWEST_LINES * metrics.lineSpacing())
        # The border and padding of the style sheet, and the document's own margin.
        frame = 2 * (current_theme().px(6) + 2) + margin
        if self.minimumHeight() != lines + frame:
            self.setFixedHeight(lines + frame)


def has_files(source: QMimeData) -> bool:
    """Whether this is files of the PC, or a picture that does not come with its words as Word's do."""
    files = any(url.isLocalFile() for url in source.urls())
    return files or (source.hasImage() and not (source.hasText() or source.hasHtml()))
