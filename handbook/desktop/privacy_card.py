"""Cài đặt, mục Ai thấy gì?: the list of what leaves this PC, with the ages that the server has told."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from handbook.desktop.privacy import KEPT, SENT, Sent, kept_text
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Card, Label, Role

if TYPE_CHECKING:
    from handbook.model.retention import Rules


class PrivacyCard(Card):
    def __init__(self) -> None:
        super().__init__(
            self.tr("Ai thấy gì?"),
            "eye",
            self.tr("Mọi thứ rời máy này đều có trong danh sách dưới đây. Không có gì được gửi ngầm."),
        )
        self.setObjectName("settings.privacy")
        self._ages: list[tuple[Sent, Label]] = []
        for occasion, list_of_sent in SENT.items():
            self.add(Label(occasion, Role.SECTION))
            for sent in list_of_sent:
                self.add(Label(sent.what, Role.STRONG), self._facts(sent))
        self.add(Label(self.tr("Luôn ở lại máy này"), Role.SECTION))
        self.add(Label("\n".join(f"•  {kept}" for kept in KEPT)))
        self.show_rules(None)

    def show_rules(self, rules: "Rules | None") -> None:
        """None before the server has told how long it keeps what."""
        for sent, label in self._ages:
            label.setText(kept_text(sent.kept, rules))

    def _facts(self, sent: Sent) -> QWidget:
        table, px = QWidget(), current_theme().px
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, px(10))
        grid.setHorizontalSpacing(px(12))
        grid.setVerticalSpacing(px(2))
        grid.setColumnStretch(1, 1)
        age = Label("")
        facts = (
            (self.tr("Gửi gì"), Label(sent.when)),
            (self.tr("Ai thấy"), Label(sent.seen_by)),
            (self.tr("Để làm gì"), Label(sent.why)),
            (self.tr("Giữ bao lâu"), age),
        )
        for line, (name, said) in enumerate(facts):
            heading = Label(name, Role.MUTED)
            heading.setWordWrap(False)
            grid.addWidget(heading, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(said, line, 1)
        self._ages.append((sent, age))
        return table
