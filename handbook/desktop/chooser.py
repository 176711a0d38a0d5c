"""A list to choose one thing from, where the thing chosen may be longer than the room for it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

FEWEST_CHARACTERS = 16


class Chooser(QComboBox):
    """It may be narrower than its longest entry; what does not fit ends in …"""

    def __init__(self, name: str, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(FEWEST_CHARACTERS)

    def minimumSizeHint(self) -> QSize:
        """As wide as a few words: what it would rather have is in `sizeHint`."""
        hint = super().minimumSizeHint()
        return QSize(
            min(hint.width(), self.fontMetrics().averageCharWidth() * FEWEST_CHARACTERS), hint.height()
        )

    def shown_text(self) -> str:
        """What of the current entry has room."""
        return self._option().currentText

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, field.width()
        )
        return option


def fill(box: QComboBox, entries: Sequence[tuple[str, str]], current: str) -> None:
    """Offer these (text, key); nothing changes under the person's hand when they are the same."""
    held = [(box.itemText(i), box.itemData(i)) for i in range(box.count())]
    if held != list(entries):
        box.clear()
        for text, key in entries:
            box.addItem(text, key)
    box.setCurrentIndex(next(i for i, (_, key) in enumerate(entries) if key == current))
