"""Các bản trước: former texts of a reflection, compared with the present one, to be brought back."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from handbook.desktop.compared_texts import Compared, ComparedTexts, Written, compare
from handbook.desktop.session import Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Banner, Label, PrimaryButton, Role, SecondaryButton, button_for
from handbook.errors import Expected
from handbook.model.differences import Fate
from handbook.model.reflection import count_words
from handbook.model.vietnamese import moment_text, number_text

if TYPE_CHECKING:
    from handbook.client.versions import FormerText

FIRST_SIZE = (900, 600)
LIST_WIDTH = 250
"""In pixels at 100 %; never more than a third of the program's window."""


class FormerTextsWindow(QDialog):
    """`present` is what the editor shows now; `brought_back(id)` asks for a former text instead."""

    brought_back = Signal(str)

    def __init__(
        self,
        session: Session,
        assignment: str,
        titles: Mapping[str, str],
        present: Written,
        can_bring_back: bool,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session, self._titles, self._present = session, titles, present
        self._can_bring_back = can_bring_back
        self._texts: tuple[FormerText, ...] = ()
        px = current_theme().px
        self.setObjectName("former")
        self.setWindowTitle(self.tr("Các bản trước"))
        self._list = QListWidget()
        self._list.setObjectName("former.list")
        self._list.setAccessibleName(self.tr("Các bản trước, mới nhất ở trên"))
        self._list.setWordWrap(True)
        self._list.setSpacing(px(3))
        self._list.currentRowChanged.connect(self._compare)
        self._said = Label("", Role.NOTE)
        self._said.setObjectName("former.said")
        self._text = ComparedTexts("former.text", self.tr("So với bài hiện nay"))
        self._back = PrimaryButton(self.tr("Lấy lại bản này"), "undo")
        self._back.setObjectName("former.back")
        self._back.setEnabled(False)
        self._back.setVisible(can_bring_back)
        self._back.clicked.connect(self._bring_back)
        close = button_for(Action(self.tr("Đóng"), self.reject), SecondaryButton)
        close.setObjectName("former.close")
        foot = QHBoxLayout()
        foot.addWidget(self._said, 1)
        foot.addWidget(close)
        foot.addWidget(self._back)
        sides = QHBoxLayout()
        sides.setSpacing(px(12))
        sides.addWidget(self._list)
        sides.addWidget(self._text, 1)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(px(14), px(14), px(14), px(12))
        self._rows.setSpacing(px(10))
        self._rows.addLayout(sides, 1)
        self._rows.addLayout(foot)
        room = parent.window().size()
        self._list.setFixedWidth(min(px(LIST_WIDTH), room.width() // 3))
        self.resize(min(px(FIRST_SIZE[0]), room.width()), min(px(FIRST_SIZE[1]), room.height()))
        reflections = session.handbook.reflections
        session.work.run(lambda: reflections.former_texts(assignment), self._show_texts, self._fail, self)

    def _show_texts(self, texts: "tuple[FormerText, ...]") -> None:
        self._texts = texts
        for text in texts:
            said = self.tr("{} chữ").format(number_text(text.words))
            if text.files:
                said = self.tr("{} · {} tệp").format(said, len(text.files))
            if text.revision:
                said = self.tr("đã nộp, bản {} · {}").format(text.revision, said)
            self._list.addItem(QListWidgetItem(f"{moment_text(text.written_at)}\n{said}"))
        if texts:
            self._list.setCurrentRow(0)
            self._list.setFocus()
        else:
            self._said.setText(
                self.tr("Chưa có bản nào. Mỗi lần đồng chí nghỉ tay một phút, sổ tay giữ lại một bản.")
            )

    def _compare(self, row: int) -> None:
        former, present, titles = self._texts[row], self._present, self._titles

        def read() -> tuple[int, Compared]:
            return row, compare(Written(former.answers, former.files), present, titles)

        self._session.work.run(read, self._show_compared, self._fail, self)

    def _show_compared(self, found: tuple[int, Compared]) -> None:
        row, compared = found
        if row != self._list.currentRow():
            return
        runs = [run for _, runs in compared for run in runs]
        added = sum(count_words(run.present) for run in runs if run.fate is Fate.ADDED)
        removed = sum(count_words(run.former) for run in runs if run.fate is Fate.REMOVED)
        if added or removed:
            said = self.tr("Từ bản này đến bài hiện nay: thêm {} chữ (gạch chân), bớt {} chữ (gạch ngang).")
            self._said.setText(said.format(number_text(added), number_text(removed)))
        else:
            self._said.setText(self.tr("Bản này có chữ như bài hiện nay."))
        self._back.setEnabled(self._can_bring_back)
        self._text.show_compared(compared)

    def _bring_back(self) -> None:
        self.brought_back.emit(self._texts[self._list.currentRow()].id)
        self.accept()

    def _fail(self, error: Expected) -> None:
        self._rows.insertWidget(0, Banner.of_error(error))
