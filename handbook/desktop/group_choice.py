"""Which group of what a search found is shown: a chip for each that found something, with how much."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QButtonGroup, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.found_rows import Group, group_name
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Chip, FlowLayout
from handbook.model.vietnamese import number_text


class GroupChoice(QWidget):
    """`chosen(group)` when the person chose another; unseen while only documents were found."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.current = Group.ALL
        self._flow = FlowLayout(parent=self)
        self._chips: dict[Group, Chip] = {}
        buttons = QButtonGroup(self)
        for group in Group:
            chip = Chip(group_name(group))
            chip.setObjectName(f"library.group.{group}")
            chip.clicked.connect(lambda _, group=group: self._choose(group))
            buttons.addButton(chip)
            self._flow.addWidget(chip)
            self._chips[group] = chip
        self._chips[Group.ALL].setChecked(True)
        self._space()
        self.hide()

    def show_counts(self, counts: Mapping[Group, int]) -> None:
        """Offer the groups that found something; a group that is empty now is left for all."""
        if not counts.get(self.current, 0):
            self.current = Group.ALL
            self._chips[Group.ALL].setChecked(True)
        for group, chip in self._chips.items():
            if group is not Group.ALL:
                chip.setText(f"{group_name(group)}  {number_text(counts.get(group, 0))}")
                chip.setVisible(bool(counts.get(group, 0)))
        self._flow.invalidate()
        own = counts.get(Group.NOTES, 0) + counts.get(Group.REFLECTIONS, 0)
        self.setVisible(own > 0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._space()

    def _choose(self, group: Group) -> None:
        if group is not self.current:
            self.current = group
            self.chosen.emit(group)

    def _space(self) -> None:
        self._flow.setSpacing(current_theme().px(8))
