"""What the reviewer writes: comments on the whole and on passages, phrases used again, the decision."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from handbook.client.review_desk import Phrases, ReviewDraft
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Card,
    IconButton,
    Label,
    LinkButton,
    PrimaryButton,
    Role,
    SecondaryButton,
    announce,
)
from handbook.desktop.writing import WritingBox
from handbook.model.reflection import PassageComment

QUOTE_CHARACTERS = 90
PHRASE_CHARACTERS = 70


class ReviewWriting(Card):
    """`edited()` when something was typed, `passages_changed()` when a passage came or went.

    `returned()` and `accepted()` ask for the decision, `passage_asked()` for a comment on what is selected in
    the text, `passage_chosen(number)` to show a passage. `keep_phrase(text)`, `drop_phrase(text)`.
    """

    edited = Signal()
    passages_changed = Signal()
    returned = Signal()
    accepted = Signal()
    passage_asked = Signal()
    passage_chosen = Signal(int)
    keep_phrase = Signal(str)
    drop_phrase = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Nhận xét"), "comment", parent=parent)
        self._first_number = 0
        self._written: list[_PassageRow] = []
        self._phrases = Phrases((), ())
        self.comment = WritingBox(
            self.tr("Góp ý cho đảng viên"), self.tr("Nêu điều đã tốt và điều cần viết thêm.")
        )
        self.comment.setObjectName("review.comment")
        self.comment.edited.connect(self._was_edited)
        self._last_box = self.comment
        self._passages = QVBoxLayout()
        self._ask = LinkButton(self.tr("Góp ý cho đoạn đang chọn"), "highlight")
        self._ask.setObjectName("review.passage")
        self._ask.setToolTip(self.tr("Chọn một đoạn trong bài rồi bấm Ctrl+G"))
        self._ask.clicked.connect(self.passage_asked)
        self._phrase = LinkButton(self.tr("Câu mẫu"), "list")
        self._phrase.setObjectName("review.phrases")
        self._phrase.setToolTip(self.tr("Chèn câu đã dùng vào ô đang viết (Ctrl+J)"))
        self._phrase.clicked.connect(self.show_phrases)
        tools = QVBoxLayout()
        tools.setSpacing(0)
        for tool in (self._ask, self._phrase):
            tools.addWidget(tool, alignment=Qt.AlignmentFlag.AlignLeft)
        self._needs_comment = Label(self.tr("Hãy viết góp ý rồi trả lại: đồng chí ấy cần biết sửa gì."))
        self._needs_comment.setObjectName("review.needs-comment")
        self._needs_comment.setProperty("role", "strong")
        self._return = SecondaryButton(self.tr("Trả lại để viết thêm"), "return")
        self._return.setObjectName("review.return")
        self._return.setToolTip(self.tr("Ctrl+Shift+Enter"))
        self._return.clicked.connect(self.returned)
        self._accept = PrimaryButton(self.tr("Đạt"), "check")
        self._accept.setObjectName("review.accept")
        self._accept.setToolTip(self.tr("Ctrl+Enter"))
        self._accept.clicked.connect(self.accepted)
        note = self.tr("Lưu ngay trên máy này và sẽ gửi khi có mạng. Đã đánh giá Đạt thì không rút lại được.")
        self.add(self.comment, self._passages, tools, self._needs_comment, Label(note, Role.NOTE))
        self.add_action(self._accept)
        self.add_action(self._return)
        self._needs_comment.hide()

    # -- what is written

    def start_with(self, draft: ReviewDraft) -> None:
        """Put in what the reviewer goes on from."""
        self._last_box = self.comment
        self.comment.start_with(draft.comment)
        for row in self._written:
            row.hide()
            row.deleteLater()
        self._written = []
        for passage in draft.passages:
            self._add_row(passage)
        self._needs_comment.hide()

    def draft(self) -> ReviewDraft:
        return ReviewDraft(self.comment.toPlainText(), tuple(row.passage() for row in self._written))

    def has_words(self) -> bool:
        """Whether anything is said, of the whole or of a passage."""
        draft = self.draft()
        return bool(draft.comment.strip() or any(each.comment.strip() for each in draft.passages))

    def add_passage(self, passage: PassageComment) -> WritingBox:
        """A new comment on a passage, the keyboard in its box."""
        row = self._add_row(passage)
        self._number_rows()
        self.passages_changed.emit()
        row.box.setFocus()
        return row.box

    def count_from(self, number: int) -> None:
        """The passages' numbers begin here, counted from 0."""
        self._first_number = number
        self._number_rows()

    def write_on(self, number: int) -> None:
        """The keyboard into the comment on that passage, if it is one of these."""
        if 0 <= number - self._first_number < len(self._written):
            self._written[number - self._first_number].box.setFocus()

    def ask_for_words(self) -> None:
        """A text is not returned without a word."""
        self._needs_comment.show()
        announce(self, self._needs_comment.text())
        self.comment.setFocus()

    def set_deciding(self, deciding: bool) -> None:
        for button in (self._return, self._accept):
            button.setEnabled(not deciding)

    # -- phrases

    def show_known(self, phrases: Phrases) -> None:
        self._phrases = phrases

    def show_phrases(self) -> None:
        """The menu of phrases, below its button."""
        menu = QMenu(self)
        menu.setObjectName("review.phrases.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if not (self._phrases.kept or self._phrases.suggested):
            menu.addAction(self.tr("Chưa có câu mẫu nào")).setEnabled(False)
        self._offer(menu, self.tr("Câu đã giữ"), self._phrases.kept, self._insert)
        self._offer(menu, self.tr("Trong các góp ý trước"), self._phrases.suggested, self._insert)
        written = self._last_box.toPlainText().strip()
        keep = menu.addAction(self.tr("Giữ lời đang viết làm câu mẫu"))
        keep.setEnabled(bool(written) and written not in self._phrases.kept)
        keep.triggered.connect(lambda: self.keep_phrase.emit(written))
        if self._phrases.kept:
            drop = menu.addMenu(self.tr("Bỏ một câu đã giữ"))
            self._offer(drop, "", self._phrases.kept, self.drop_phrase.emit)
        menu.popup(self._phrase.mapToGlobal(self._phrase.rect().bottomLeft()))

    def _offer(self, menu: QMenu, title: str, texts: tuple[str, ...], use: Callable[[str], object]) -> None:
        if not texts:
            return
        if title:
            menu.addSection(title)
        for text in texts:
            line = " ".join(text.split())
            shown = line if len(line) <= PHRASE_CHARACTERS else f"{line[:PHRASE_CHARACTERS]}…"
            menu.addAction(shown.replace("&", "&&")).triggered.connect(lambda _, text=text: use(text))
        menu.addSeparator()

    def _insert(self, text: str) -> None:
        box = self._last_box
        cursor = box.textCursor()
        before = box.toPlainText()[: cursor.position()]
        cursor.insertText(text if not before or before[-1].isspace() else f" {text}")
        box.setTextCursor(cursor)
        box.setFocus()

    # -- rows

    def _add_row(self, passage: PassageComment) -> "_PassageRow":
        row = _PassageRow(passage)
        row.box.edited.connect(self._was_edited)
        row.removed.connect(lambda: self._remove(row))
        row.chosen.connect(lambda: self.passage_chosen.emit(self._first_number + self._written.index(row)))
        self._written.append(row)
        self._passages.addWidget(row)
        self._number_rows()
        return row

    def _remove(self, row: "_PassageRow") -> None:
        self._written.remove(row)
        if self._last_box is row.box:
            self._last_box = self.comment
        self.comment.setFocus()
        row.hide()
        row.deleteLater()
        self._number_rows()
        self.passages_changed.emit()

    def _number_rows(self) -> None:
        for number, row in enumerate(self._written, self._first_number + 1):
            row.show_number(number)

    def _was_edited(self) -> None:
        self._last_box = next((row.box for row in self._written if row.box.hasFocus()), self.comment)
        if self.has_words():
            self._needs_comment.hide()
        self.edited.emit()


class _PassageRow(QWidget):
    removed = Signal()
    chosen = Signal()

    def __init__(self, passage: PassageComment) -> None:
        super().__init__()
        self._passage = passage
        self._quote = LinkButton("")
        self._quote.clicked.connect(self.chosen)
        self._remove = IconButton("trash", self.tr("Bỏ góp ý đoạn này"))
        self._remove.clicked.connect(self.removed)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self._quote)
        head.addStretch(1)
        head.addWidget(self._remove)
        self._words = Label(f"“{shortened(passage.quote)}”", Role.NOTE)
        self.box = WritingBox(self.tr("Góp ý cho đoạn"), self.tr("Góp ý cho đoạn này."), fewest_lines=2)
        self.box.start_with(passage.comment)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(current_theme().px(4))
        rows.addLayout(head)
        rows.addWidget(self._words)
        rows.addWidget(self.box)

    def passage(self) -> PassageComment:
        old = self._passage
        return PassageComment(
            part=old.part,
            quote=old.quote,
            before=old.before,
            after=old.after,
            comment=self.box.toPlainText(),
        )

    def show_number(self, number: int) -> None:
        self.setObjectName(f"review.passage.{number}")
        self.box.setObjectName(f"review.passage.{number}.comment")
        self._remove.setObjectName(f"review.passage.{number}.remove")
        self._quote.setText(self.tr("Đoạn {}").format(number))
        self._quote.setToolTip(self.tr("Đến đoạn này trong bài"))
        self.box.setAccessibleName(self.tr("Góp ý cho đoạn {}: {}").format(number, self._words.text()))


def shortened(quote: str) -> str:
    """The quote on one line, its middle left out when it is long."""
    line = " ".join(quote.split())
    if len(line) <= QUOTE_CHARACTERS:
        return line
    half = QUOTE_CHARACTERS // 2
    begins, ends = line[: half + 1].rpartition(" "), line[-half - 1 :].partition(" ")
    return f"{begins[0] or line[:half]} … {ends[2] or line[-half:]}"
