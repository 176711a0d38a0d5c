"""The looks that can be given to the text being written, as buttons and as keys."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.keys import in_words
from handbook.desktop.prose_box import ProseBox
from handbook.desktop.prose_document import HEADINGS, Kind
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Chip, FlowLayout, IconButton, LinkButton

BULLETS = (Kind.BULLET, Kind.SUB_BULLET)
NUMBERS = (Kind.NUMBER, Kind.SUB_NUMBER)
QUOTES = (Kind.QUOTE, Kind.CITATION)


class ProseToolbar(QFrame):
    """Acts on the box that `current` gives; its keys work anywhere inside `around`.

    `quoting_asked()` is emitted to insert a quotation from what was highlighted, `versions_asked()` to see
    former texts, `spelling_asked()` to check spelling or not, `doubted_asked()` to go to the next doubted
    word.
    """

    quoting_asked = Signal()
    versions_asked = Signal()
    spelling_asked = Signal()
    doubted_asked = Signal()

    def __init__(self, current: Callable[[], ProseBox | None], around: QWidget) -> None:
        super().__init__()
        self._current, self._around = current, around
        self.setProperty("card", True)
        self.setAccessibleName(self.tr("Định dạng"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._row = FlowLayout()
        QVBoxLayout(self).addLayout(self._row)
        on_box = self._on_box
        self._bold = self._add("bold", "bold", self.tr("Đậm"), "Ctrl+B", on_box(ProseBox.toggle_bold))
        self._italic = self._add(
            "italic", "italic", self.tr("Nghiêng"), "Ctrl+I", on_box(ProseBox.toggle_italic)
        )
        self._heading = self._add(
            "heading",
            "heading",
            self.tr("Đề mục; bấm lần nữa: đề mục nhỏ, rồi thôi"),
            "Ctrl+Shift+H",
            on_box(lambda box: box.toggle_kind(Kind.HEADING, Kind.SUBHEADING)),
        )
        self._bullets = self._add(
            "bullets",
            "list",
            self.tr("Gạch đầu dòng"),
            "Ctrl+Shift+L",
            on_box(lambda box: box.toggle_kind(Kind.BULLET)),
        )
        self._numbers = self._add(
            "numbers",
            "list-numbered",
            self.tr("Danh sách có số"),
            "Ctrl+Shift+N",
            on_box(lambda box: box.toggle_kind(Kind.NUMBER)),
        )
        self._quote = self._add(
            "quote",
            "quote",
            self.tr("Đoạn trích"),
            "Ctrl+Shift+Q",
            on_box(lambda box: box.toggle_kind(Kind.QUOTE)),
        )
        for button in (self._bold, self._italic, self._heading, self._bullets, self._numbers, self._quote):
            button.setCheckable(True)
        self._undo = self._add("undo", "undo", self.tr("Hoàn tác"), "", on_box(ProseBox.undo))
        self._redo = self._add("redo", "redo", self.tr("Làm lại"), "", on_box(ProseBox.redo))
        self._undo.setToolTip(f"{self.tr('Hoàn tác')} ({in_words('Ctrl+Z')})")
        self._redo.setToolTip(f"{self.tr('Làm lại')} ({in_words('Ctrl+Shift+Z')})")
        self._add_named(
            "highlights", "highlight", self.tr("Chèn đoạn đã tô"), "Ctrl+Shift+G", self.quoting_asked.emit
        )
        self._add_named(
            "versions", "versions", self.tr("Các bản trước"), "Ctrl+Shift+E", self.versions_asked.emit
        )
        self._spelling = Chip(self.tr("Soát chính tả"))
        self._spelling.setObjectName("editor.look.spelling")
        self._spelling.setToolTip(self.tr("Gạch dưới chữ không có trong tiếng Việt; F7 đến chữ kế tiếp"))
        self._spelling.clicked.connect(self.spelling_asked)
        self._row.addWidget(self._spelling)
        self._key("F7", self.doubted_asked.emit)
        self._source = self._add_named(
            "source", "document", self.tr("Mở chỗ được trích"), "Ctrl+Shift+O", self._open_source
        )
        self._source.hide()
        self._key("Ctrl+Shift+V", on_box(ProseBox.paste_plain))
        self._measure()

    def show_looks(self) -> None:
        """Press the buttons of the looks under the cursor."""
        box = self._current()
        if box is None:
            return
        kind = box.kind()
        for button, pressed in (
            (self._bold, box.is_bold()),
            (self._italic, box.is_italic()),
            (self._heading, kind in HEADINGS),
            (self._bullets, kind in BULLETS),
            (self._numbers, kind in NUMBERS),
            (self._quote, kind in QUOTES),
        ):
            if button.isChecked() != pressed:
                button.setChecked(pressed)
        for button in (self._bold, self._italic):
            button.setEnabled(kind not in HEADINGS and kind is not Kind.CITATION)
        self._source.setVisible(kind in QUOTES and box.citation() is not None)
        self._undo.setEnabled(box.document().isUndoAvailable())
        self._redo.setEnabled(box.document().isRedoAvailable())

    def show_spelling(self, on: bool) -> None:
        """Press the switch of the check of spelling, or let it go."""
        self._spelling.setChecked(on)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _on_box(self, act: Callable[[ProseBox], object]) -> Callable[[], None]:
        """The person goes on writing where they were."""

        def run() -> None:
            box = self._current()
            if box and not box.isReadOnly():
                act(box)
                box.setFocus()
            self.show_looks()

        return run

    def _open_source(self) -> None:
        box = self._current()
        if box and (citation := box.citation()):
            box.cited.emit(citation.document, citation.anchor)

    def _add_named(self, name: str, icon: str, said: str, keys: str, run: Callable[[], object]) -> LinkButton:
        """What is not known to everyone by its picture."""
        button = LinkButton(said, icon)
        button.setObjectName(f"editor.look.{name}")
        button.setToolTip(in_words(keys))
        button.clicked.connect(lambda: run())
        self._row.addWidget(button)
        self._key(keys, run)
        return button

    def _add(self, name: str, icon: str, said: str, keys: str, run: Callable[[], object]) -> IconButton:
        button = IconButton(icon, said, "text")
        button.setObjectName(f"editor.look.{name}")
        button.setToolTip(f"{said} ({in_words(keys)})" if keys else said)
        button.clicked.connect(lambda: run())
        self._row.addWidget(button)
        if keys:
            self._key(keys, run)
        return button

    def _key(self, keys: str, run: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self._around, activated=run)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _measure(self) -> None:
        px = current_theme().px
        self.layout().setContentsMargins(px(6), px(4), px(6), px(4))
        self._row.setSpacing(px(2))
