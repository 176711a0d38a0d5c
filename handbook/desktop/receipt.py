"""Biên nhận: what the server confirms to hold, since when, and whether its signature is genuine."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QMenu, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.openings import OpeningsCard
from handbook.desktop.receipt_keeping import ReceiptKeeping
from handbook.desktop.reflection_side import clear, revisions_card
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.states import STATE_TONES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Card,
    Icon,
    Label,
    LinkButton,
    Pill,
    PrimaryButton,
    Role,
    SecondaryButton,
    Toast,
    Tone,
    announce,
)
from handbook.errors import Expected, Untrusted
from handbook.model.changes import Change
from handbook.model.reflection import STATE_NAMES
from handbook.model.vietnamese import VIETNAM, date_text, moment_text

if TYPE_CHECKING:
    from handbook.client.lineages import SubmittedRevision
    from handbook.client.reflection import Draft
    from handbook.protocol.receipts import Receipt


class ReceiptScreen(Screen):
    concerns = frozenset({Change.REFLECTION})

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.header.show_text(self.tr("Biên nhận"))
        back = LinkButton(self.tr("Về bài thu hoạch"), "back")
        back.setObjectName("receipt.back")
        back.clicked.connect(self._to_reflection)
        self.header.add_action(back)
        self._revision: SubmittedRevision | None = None
        self._result: Label | None = None
        self._result_icon: Icon | None = None
        self.keeping = ReceiptKeeping(self)
        shortcut = QShortcut(QKeySequence("Ctrl+P"), self, activated=self.keeping.ask_for_printer)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def refresh(self) -> None:
        assignment, now = self.route.assignment, self.session.now()
        if not assignment:
            self.show_empty("receipt", self.tr("Chưa chọn biên nhận nào"))
            return
        if self._revision is None:
            self.show_loading(self.tr("Đang mở biên nhận…"))
        reflections = self.session.handbook.reflections
        self.load(lambda: reflections.draft(assignment, now), self._show_draft)

    # -- showing

    def _show_draft(self, draft: "Draft") -> None:
        assignment = draft.assignment.assignment
        self.header.show_text(self.tr("Biên nhận"), assignment.title)
        shown = self._wanted(draft)
        if shown is None:
            self._revision = None
            self.show_empty(
                "receipt",
                self.tr("Bài này chưa được nộp"),
                self.tr("Biên nhận có sau khi máy chủ nhận bài."),
                Action(self.tr("Về bài thu hoạch"), self._to_reflection, "back"),
            )
            return
        key = (shown.lineage, shown.revision, shown.state)
        held = self._revision
        if held and (held.lineage, held.revision, held.state) == key and held.receipt == shown.receipt:
            self.show_ready()
            return  # a result that was asked for stays on the screen
        self._revision = shown
        if shown.receipt:
            self.keeping.show(shown, assignment.title)
        clear(self.body)
        self.body.addWidget(self._receipt_card(shown) if shown.receipt else self._waiting_card(shown))
        if shown.receipt:
            self.body.addWidget(OpeningsCard(self, shown.lineage))
        self.body.addWidget(revisions_card(draft.versions, assignment.id, self.navigate.emit))
        self.body.addStretch(1)
        self.show_ready()

    def _wanted(self, draft: "Draft") -> "SubmittedRevision | None":
        """The revision of the route; the newest one when it names none."""
        wanted = (self.route.lineage, self.route.revision)
        named = (each for each in draft.versions if (each.lineage, each.revision) == wanted)
        newest = draft.versions[0] if draft.versions and not self.route.revision else None
        return next(named, newest)

    def _receipt_card(self, revision: "SubmittedRevision") -> Card:
        receipt = revision.receipt
        card = Card(
            self.tr("Máy chủ của đảng uỷ xác nhận đã nhận bài thu hoạch, bản {}").format(revision.revision),
            "receipt",
        )
        card.add_at_end_of_title(Pill(STATE_NAMES[revision.state], STATE_TONES[revision.state]))
        code = Label(receipt.code, Role.FIGURE)
        code.setObjectName("receipt.code")
        code.setAccessibleName(self.tr("Mã biên nhận {}").format(receipt.code))
        _let_select(code)
        card.add(Label(self.tr("Mã biên nhận"), Role.MUTED), code, self._facts(revision))
        card.add(self._result_line())
        verify = PrimaryButton(self.tr("Kiểm tra chữ ký"), "shield")
        verify.setObjectName("receipt.verify")
        verify.clicked.connect(self._verify)
        card.add_action(verify)
        copy = SecondaryButton(self.tr("Sao chép mã"), "copy")
        copy.setObjectName("receipt.copy")
        copy.clicked.connect(self._copy)
        card.add_action(copy)
        keep = SecondaryButton(self.tr("In hoặc lưu biên nhận"), "print")
        keep.setObjectName("receipt.keep")
        menu = QMenu(keep)
        self.keeping.offer(menu)
        keep.setMenu(menu)
        card.add_action(keep)
        pages = card.add_action(Action(self.tr("Xem trang"), self._to_pages, "eye"), LinkButton)
        pages.setObjectName("receipt.preview")
        return card

    def _facts(self, revision: "SubmittedRevision") -> QWidget:
        receipt = revision.receipt
        moment = receipt.received_at.astimezone(VIETNAM)
        time = Label(
            self.tr("{} ngày {} (giờ máy chủ)").format(f"{moment:%H:%M:%S}", date_text(moment)), Role.STRONG
        )
        time.setObjectName("receipt.time")
        on_time = Pill(self.tr("Đúng hạn"), Tone.OK) if revision.on_time else None
        if revision.on_time is False:
            on_time = Pill(self.tr("Nộp muộn"), Tone.WARN)
        facts: list[tuple[str, QWidget]] = [(self.tr("Nhận lúc"), time)]
        if on_time:
            facts.append((self.tr("So với hạn"), on_time))
        facts += [
            (self.tr("Máy chủ"), Label(receipt.server)),
            (self.tr("Người nộp"), Label(receipt.author)),
            (self.tr("Mã nội dung bài"), Label(_in_groups(receipt.sha256))),
            (self.tr("Khoá của máy chủ"), Label(receipt.key)),
        ]
        facts += [
            (self.tr("Tệp kèm theo"), Label(f"{file.name}\n{_in_groups(file.sha256)}"))
            for file in revision.files
        ]
        holder = _Facts()
        form = QFormLayout(holder)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setHorizontalSpacing(current_theme().px(16))
        form.setVerticalSpacing(current_theme().px(6))
        for name, value in facts:
            if isinstance(value, Label):
                _let_select(value)
            label = Label(name, Role.MUTED)
            label.setWordWrap(False)
            form.addRow(label, value)
        return holder

    def _result_line(self) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(current_theme().px(8))
        self._result_icon = Icon("info", "muted", 20)
        self._result = Label(self.tr("Chữ ký kiểm tra được ngay trên máy này, không cần mạng."), Role.MUTED)
        self._result.setObjectName("receipt.result")
        row.addWidget(self._result_icon, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._result, 1)
        return line

    def _waiting_card(self, revision: "SubmittedRevision") -> Card:
        card = Card(self.tr("Bản {} đang chờ gửi").format(revision.revision), "cloud-wait")
        card.add_at_end_of_title(Pill(STATE_NAMES[revision.state], STATE_TONES[revision.state]))
        card.add(Label(self.tr("Đã lưu an toàn; sẽ tự gửi khi có mạng. Biên nhận có sau khi máy chủ nhận.")))
        card.add(Label(self.tr("Nộp lúc {}").format(moment_text(revision.submitted_at)), Role.NOTE))
        card.add_action(Action(self.tr("Gửi ngay"), self.session.sync_now, "sync"), PrimaryButton)
        return card

    # -- acting

    def _verify(self) -> None:
        lineage, revision = self._revision.lineage, self._revision.revision
        reflections = self.session.handbook.reflections
        self.session.work.run(
            lambda: reflections.verify(lineage, revision), self._show_valid, self._show_invalid, self
        )

    def _show_valid(self, receipt: "Receipt") -> None:
        moment = receipt.received_at.astimezone(VIETNAM)
        self._say(
            self.tr(
                "Chữ ký hợp lệ: đúng khoá đảng uỷ đã công bố, đúng nguyên văn bài trên máy này, "
                "máy chủ nhận lúc {} ngày {}."
            ).format(f"{moment:%H:%M:%S}", date_text(moment)),
            "check-circle",
            "ok",
        )

    def _show_invalid(self, error: Expected) -> None:
        if isinstance(error, Untrusted):
            self._say(self.tr("Biên nhận này không tin được. {}").format(error), "alert", "danger")
        else:
            self._say(self.tr("Chưa kiểm tra được. {}").format(error), "alert", "warn")

    def _say(self, text: str, icon: str, colour: str) -> None:
        self._result_icon.show_icon(icon, colour)
        self._result.setText(text)
        self._result.setProperty("role", str(Role.STRONG))
        self._result.style().unpolish(self._result)
        self._result.style().polish(self._result)
        announce(self._result, text)

    def _copy(self) -> None:
        code = self._revision.receipt.code
        QGuiApplication.clipboard().setText(code)
        Toast(self.window(), self.tr("Đã sao chép mã {}.").format(code), seconds=4)

    def _to_pages(self) -> None:
        route = Route(
            place=Place.PREVIEW,
            assignment=self.route.assignment,
            lineage=self._revision.lineage,
            revision=self._revision.revision,
        )
        self.navigate.emit(route)

    def _to_reflection(self) -> None:
        self.navigate.emit(Route(place=Place.EDITOR, assignment=self.route.assignment))


class _Facts(QWidget):
    """Names and values; a QFormLayout does not notice by itself that the letters of its rows have grown."""

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES and self.layout():
            QTimer.singleShot(0, self, self.layout().invalidate)


def _let_select(label: Label) -> None:
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )


def _in_groups(digits: str) -> str:
    """A long hexadecimal number with spaces, so that it wraps and can be compared by eye."""
    return " ".join(digits[i : i + 8] for i in range(0, len(digits), 8))
