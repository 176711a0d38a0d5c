"""What the secretary enters of a member: an exemption with its reason, or a reflection handed in on paper."""

from datetime import date

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QDateEdit, QLineEdit, QVBoxLayout, QWidget

from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Card, Label, PrimaryButton, Role
from handbook.model.study import EXEMPTION_REASONS, MAX_REASON_CHARACTERS, CellMark, MarkKind


class CellEntry(QWidget):
    """`exempted(account, reason)`, `paper_taken(account, day)`: to be kept; `cancelled()`: nothing is."""

    exempted = Signal(str, str)
    paper_taken = Signal(str, object)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._account = ""
        self._kind = MarkKind.EXEMPT
        self._card = Card(self.tr("Ghi nhận"), "user")
        self._question = Label("")
        self._reason = QComboBox()
        self._reason.setObjectName("cell.entry.reason")
        self._reason.setAccessibleName(self.tr("Lý do miễn"))
        self._reason.addItems(list(EXEMPTION_REASONS))
        self._reason.addItem(self.tr("Lý do khác…"))
        self._reason.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._reason.currentIndexChanged.connect(self._choose_reason)
        self._words = QLineEdit()
        self._words.setObjectName("cell.entry.words")
        self._words.setMaxLength(MAX_REASON_CHARACTERS)
        self._words.setPlaceholderText(self.tr("Ghi ngắn gọn lý do"))
        self._words.setAccessibleName(self.tr("Lý do khác"))
        self._words.returnPressed.connect(self._keep)
        self._words.textEdited.connect(lambda: self._missing.hide())
        self._day = QDateEdit()
        self._day.setObjectName("cell.entry.day")
        self._day.setAccessibleName(self.tr("Ngày nhận bài giấy"))
        self._day.setDisplayFormat("dd/MM/yyyy")
        self._day.setCalendarPopup(True)
        self._missing = Label(self.tr("Hãy ghi lý do miễn."))
        self._missing.setObjectName("cell.entry.missing")
        self._missing.setProperty("role", "strong")
        self._note = Label("", Role.NOTE)
        self._card.add(self._question, self._reason, self._words, self._day, self._missing, self._note)
        keep = self._card.add_action(Action(self.tr("Ghi nhận"), self._keep, "check"), PrimaryButton)
        keep.setObjectName("cell.entry.keep")
        cancel = self._card.add_action(Action(self.tr("Thôi"), self.cancelled.emit, "back"))
        cancel.setObjectName("cell.entry.cancel")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._card)

    def ask_exemption(self, account: str, name: str, task: str, mark: CellMark | None) -> None:
        """Why is nothing asked of the member; begins with the reason that was given before."""
        self._begin(MarkKind.EXEMPT, account)
        self._card.set_title(self.tr("Miễn nhiệm vụ cho {}").format(name), task)
        self._question.setText(self.tr("Đồng chí ấy được miễn nhiệm vụ này vì lý do gì?"))
        self._note.setText(
            self.tr(
                "Lý do chỉ bí thư, phó bí thư chi bộ và chính đồng chí ấy thấy; không ghi chi tiết bệnh tật. "
                "Người được miễn không bị nhắc và không có trong danh sách chưa xong."
            )
        )
        known = mark.reason if mark and mark.kind is MarkKind.EXEMPT else EXEMPTION_REASONS[0]
        listed = known in EXEMPTION_REASONS
        self._reason.setCurrentIndex(EXEMPTION_REASONS.index(known) if listed else len(EXEMPTION_REASONS))
        self._words.setText("" if listed else known)
        self._choose_reason()
        self._reason.setFocus()

    def ask_paper(self, account: str, name: str, task: str, mark: CellMark | None, today: date) -> None:
        """When the cell took the member's paper; today, unless another day was entered before."""
        self._begin(MarkKind.PAPER, account)
        self._card.set_title(self.tr("Bài giấy của {}").format(name), task)
        self._question.setText(self.tr("Chi bộ nhận bài thu hoạch viết trên giấy ngày nào?"))
        self._note.setText(
            self.tr("Ngày nhận quyết định bài kịp hạn hay muộn. Bản giấy do chi bộ giữ như hồ sơ học tập.")
        )
        day = mark.handed_in_on if mark and mark.handed_in_on else today
        self._day.setMaximumDate(QDate(today.year, today.month, today.day))
        self._day.setDate(QDate(day.year, day.month, day.day))
        self._day.setFocus()

    @property
    def typed(self) -> str:
        """The reason in the person's own words, while it is being entered."""
        return self._words.text().strip() if self._words.isVisibleTo(self) else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._keep()
        else:
            super().keyPressEvent(event)

    def _begin(self, kind: MarkKind, account: str) -> None:
        self._kind, self._account = kind, account
        self._reason.setVisible(kind is MarkKind.EXEMPT)
        self._words.setVisible(kind is MarkKind.EXEMPT)
        self._day.setVisible(kind is MarkKind.PAPER)
        self._missing.hide()
        self._card.body.setSpacing(current_theme().px(8))

    def _choose_reason(self) -> None:
        other = self._reason.currentIndex() == len(EXEMPTION_REASONS)
        self._words.setVisible(other and self._kind is MarkKind.EXEMPT)
        self._missing.hide()

    def _keep(self) -> None:
        if self._kind is MarkKind.PAPER:
            day = self._day.date()
            self.paper_taken.emit(self._account, date(day.year(), day.month(), day.day()))
            return
        reason = self._words.text().strip() if self._words.isVisible() else self._reason.currentText()
        if not reason:
            self._missing.show()
            self._words.setFocus()
            return
        self.exempted.emit(self._account, reason)
