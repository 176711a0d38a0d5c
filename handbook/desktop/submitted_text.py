"""A handed-in reflection on its sheet, with the passages that the cell commented on."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from handbook.desktop.passage_text import PassageText
from handbook.desktop.theme import current_theme
from handbook.model.reflection import PassageComment


class SubmittedText(QFrame):
    """`cited(document, anchor)` to go where a quotation is from."""

    cited = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._text = PassageText()
        self._text.setObjectName("editor.text")
        self._text.setAccessibleName(self.tr("Bài đã nộp"))
        self._text.grow(True)
        self._text.cited.connect(self.cited)
        self.setFocusProxy(self._text)
        QVBoxLayout(self).addWidget(self._text)
        self.measure()
        self.hide()

    def show_parts(self, parts: Sequence[tuple[str, str, str]], passages: Sequence[PassageComment]) -> None:
        """Of each part its id, its title and its Markdown."""
        self._text.show_answers(parts, passages)

    def go_to(self, number: int, ancestor: QWidget) -> QRect:
        """Puts the cursor on that passage; returns where it is on `ancestor`, invalid when it is gone."""
        self._text.go_to(number)
        return self._text.area_of(number, ancestor)

    def measure(self) -> None:
        px = current_theme().px
        self.layout().setContentsMargins(px(2), px(2), px(2), px(2))
