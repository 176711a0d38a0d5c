"""What the person sees before submitting: what to mend, or who will read it and when it is delivered."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Card,
    Icon,
    Label,
    LinkButton,
    PrimaryButton,
    Role,
    SecondaryButton,
    announce,
)
from handbook.model.repeats import Repeats
from handbook.model.vietnamese import number_text

if TYPE_CHECKING:
    from handbook.client.reflection import Draft
    from handbook.model.reflection import Problem


class SubmissionPanel(Card):
    """`confirmed()` asks to submit, `closed()` to go on writing, `mending(part)` to go to that part."""

    confirmed = Signal()
    closed = Signal()
    mending = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Nộp bài"), "send", parent=parent)
        self.confirm = PrimaryButton(self.tr("Xác nhận nộp"), "send")
        self.confirm.setObjectName("editor.confirm")
        self.confirm.clicked.connect(self.confirmed)
        self.add_action(self.confirm)
        self.close_button = self.add_action(Action(self.tr("Viết tiếp"), self.closed.emit), SecondaryButton)
        self.close_button.setObjectName("editor.unconfirm")
        self.hide()

    def show_draft(self, draft: "Draft", cell_name: str, repeats: Repeats) -> None:
        """Say how it stands with this draft, which is what the disk has; `repeats` is for its author only."""
        self._clear()
        if draft.problems:
            self._show_problems(draft.problems)
        else:
            self._show_summary(draft, cell_name, repeats)
        self.confirm.setVisible(not draft.problems)
        self.confirm.setEnabled(draft.can_submit)
        self.show()
        announce(self, f"{self.accessibleName()}. {self.accessibleDescription()}")

    def take_focus(self) -> None:
        """The keyboard goes to what the person does next."""
        link = self.findChild(LinkButton)
        (self.confirm if self.confirm.isEnabled() and not link else link or self.close_button).setFocus()

    def _show_problems(self, problems: "tuple[Problem, ...]") -> None:
        self.set_title(self.tr("Chưa nộp được"), self.tr("Bài vẫn được lưu trên máy này. Còn cần sửa:"))
        for problem in problems:
            if problem.part:
                mend = LinkButton(self.tr("Đến phần này"))
                mend.setAccessibleDescription(problem.message)
                mend.clicked.connect(lambda _, part=problem.part: self.mending.emit(part))
                self._add_line("alert", "warn", problem.message, mend)
            else:
                self._add_line("alert", "warn", problem.message)
        self.setAccessibleDescription(" ".join(problem.message for problem in problems))

    def _show_summary(self, draft: "Draft", cell_name: str, repeats: Repeats) -> None:
        self.set_title(
            self.tr("Nộp bài thu hoạch"),
            self.tr("Nộp rồi vẫn rút lại được khi chi bộ chưa mở; sau đó chỉ sửa được khi chi bộ trả lại."),
        )
        lines = [
            ("eye", self.tr("Người đọc được: bí thư, phó bí thư {}.").format(cell_name)),
            ("cloud-wait", self.tr("Gửi đi khi có mạng; chưa có mạng thì bài chờ trên máy này, tự gửi sau.")),
            ("receipt", self.tr("Máy chủ nhận được sẽ trả biên nhận có chữ ký, xem ở mục Học tập.")),
        ]
        lines.insert(0, ("editor", self._length(draft)))
        if draft.files:
            names = ", ".join(file.name for file in draft.files)
            lines.insert(1, ("attach", self.tr("Kèm theo: {}.").format(names)))
        if repeats.words:
            lines.append(("copy", self._repeated(repeats)))
        view = draft.assignment
        if unread := len(view.documents) - view.read_count:
            lines.append(("document", self.tr("Còn {} tài liệu chưa đánh dấu đã đọc.").format(unread)))
        for icon, text in lines:
            self._add_line(icon, "muted", text)
        self.setAccessibleDescription(" ".join(text for _, text in lines))

    def _length(self, draft: "Draft") -> str:
        least, written = draft.assignment.assignment.min_words, number_text(draft.words)
        if least:
            return self.tr("Bài có {} chữ, yêu cầu ít nhất {} chữ; phần nào cũng đã viết.").format(
                written, number_text(least)
            )
        return self.tr("Bài có {} chữ; phần nào cũng đã viết.").format(written)

    def _repeated(self, repeats: Repeats) -> str:
        said = self.tr(
            "{} % số chữ trùng nguyên văn với tài liệu, không kể đoạn trích có dẫn nguồn. "
            "Chỉ đồng chí thấy dòng này; sổ tay không gửi đi."
        )
        return said.format(number_text(max(1, round(100 * repeats.share))))

    def _add_line(self, icon: str, colour: str, text: str, button: QWidget | None = None) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(current_theme().px(10))
        # A button is taller than a line of text: beside one, all stand on its middle.
        place = Qt.AlignmentFlag.AlignVCenter if button else Qt.AlignmentFlag.AlignTop
        row.addWidget(Icon(icon, colour, 20), alignment=place)
        row.addWidget(Label(text, Role.BODY), 1)
        if button:
            row.addWidget(button, alignment=place)
        self.add(line)

    def _clear(self) -> None:
        while item := self.body.takeAt(0):
            item.widget().hide()
            item.widget().deleteLater()
