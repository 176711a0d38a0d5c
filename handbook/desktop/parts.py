"""The parts of the template, each a heading and a box to write in."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from handbook.desktop.autosave import Answers
from handbook.desktop.prose_box import ProseBox
from handbook.desktop.reflection_side import clear
from handbook.desktop.widgets import Label, Role
from handbook.model.reflection import Answer
from handbook.model.text import nfc


class Asked(NamedTuple):
    """A part as the template asks for it."""

    id: str
    title: str
    hint: str


class Parts(QWidget):
    """What is signalled is the person's doing.

    `edited()` when a text changed, `left()` when the keyboard goes out of a box, `cursor_moved(box)`,
    `look_changed()` when another box or another look is under the cursor, `cited(document, anchor)` to go
    where a quotation is from, `brought(mime data)` for files and pictures, `menu_opening(menu, box, cursor)`.
    Of the program's: `built()`, the boxes are others now.
    """

    edited = Signal()
    left = Signal()
    cursor_moved = Signal(object)
    look_changed = Signal()
    cited = Signal(str, str)
    brought = Signal(object)
    menu_opening = Signal(object, object, object)
    built = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._boxes: dict[str, ProseBox] = {}
        self._current = ""

    def build(self, asked: Sequence[Asked], texts: Mapping[str, str]) -> None:
        """Make the boxes anew, with the Markdown that the person goes on from."""
        clear(self._rows)
        self._boxes = {}
        self._current = asked[0].id if asked else ""
        for part in asked:
            box = ProseBox(part.title, part.hint)
            box.setObjectName(f"editor.part.{part.id}")
            box.start_with(texts.get(part.id, ""))
            box.edited.connect(self.edited)
            box.left.connect(self.left)
            box.cited.connect(self.cited)
            box.brought.connect(self.brought)
            box.menu_opening.connect(lambda menu, cursor, box=box: self.menu_opening.emit(menu, box, cursor))
            box.cursorPositionChanged.connect(lambda box=box: self.cursor_moved.emit(box))
            box.look_changed.connect(lambda id=part.id: self._take(id))
            heading = Label(part.title, Role.HEADING)
            heading.setBuddy(box)
            self._rows.addWidget(heading)
            self._rows.addWidget(box)
            self._boxes[part.id] = box
        self.built.emit()

    def boxes(self) -> tuple[ProseBox, ...]:
        return tuple(self._boxes.values())

    def by_part(self) -> Mapping[str, ProseBox]:
        return self._boxes

    def box(self, part: str) -> ProseBox | None:
        return self._boxes.get(part)

    @property
    def current(self) -> ProseBox | None:
        """The box that has the keyboard or had it last."""
        has_keyboard = QApplication.focusWidget()
        for id, box in self._boxes.items():
            if box is has_keyboard:
                self._current = id
        return self._boxes.get(self._current)

    def answers(self) -> Answers:
        return tuple(Answer(id, box.markdown()) for id, box in self._boxes.items())

    def words(self) -> int:
        return sum(box.words() for box in self._boxes.values())

    def show_texts(self, texts: Mapping[str, str]) -> bool:
        """Put in newer texts from elsewhere, which the person can undo; whether one was another."""
        changed = False
        for id, box in self._boxes.items():
            if id in texts and nfc(box.markdown()) != nfc(texts[id]):
                box.show_text(texts[id])
                changed = True
        return changed

    def plain_text(self) -> str:
        """Everything that is written, without markup."""
        texts = (box.toPlainText().strip() for box in self._boxes.values())
        return "\n\n".join(text for text in texts if text)

    def lock(self, locked: bool) -> None:
        for box in self._boxes.values():
            box.setReadOnly(locked)

    def take_keyboard(self) -> None:
        """The first empty part, else the first: at its end."""
        empty = (box for box in self._boxes.values() if box.is_blank())
        box = next(empty, next(iter(self._boxes.values())))
        box.setFocus()
        box.moveCursor(QTextCursor.MoveOperation.End)

    def _take(self, id: str) -> None:
        if self._boxes[id].hasFocus() or id == self._current:
            self._current = id
            self.look_changed.emit()
