"""The line below a text being written: how long it is, whether the disk has it, and what comes next."""

from datetime import datetime

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import FlowLayout, Icon, Label, PrimaryButton, Role, SecondaryButton
from handbook.model.vietnamese import VIETNAM, date_text, number_text


class WritingBar(QWidget):
    """Its buttons are shown by the screen, which knows what may be done."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = Label("", Role.STRONG)
        self._words.setObjectName("editor.words")
        self._words.setWordWrap(False)
        self._icon = Icon("check-circle", "ok", 18)
        self._saved = Label("", Role.MUTED)
        self._saved.setObjectName("editor.saved")
        self.submit = PrimaryButton(self.tr("Nộp bài…"), "send")
        self.submit.setObjectName("editor.submit")
        self.submit.setToolTip(self.tr("Ctrl+Enter"))
        self.revise = PrimaryButton(self.tr("Viết lại từ bài đã nộp"), "editor")
        self.revise.setObjectName("editor.revise")
        self.withdraw = SecondaryButton(self.tr("Rút lại bài"), "undo")
        self.withdraw.setObjectName("editor.withdraw")
        self.withdraw.setToolTip(self.tr("Rút lại được khi chi bộ chưa mở bài"))
        self.keep_other = SecondaryButton(self.tr("Dùng bản của máy khác"))
        self.keep_other.setObjectName("editor.keep-other")
        self.former = SecondaryButton(self.tr("Các bản trước"), "versions")
        self.former.setObjectName("editor.former")
        self.copy = SecondaryButton(self.tr("Sao chép cả bài"), "copy")
        self.copy.setObjectName("editor.copy")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._words)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._saved, 1)
        self._buttons = FlowLayout(align_right=True)
        for button in (
            self.former,
            self.copy,
            self.withdraw,
            self.keep_other,
            self.revise,
            self.submit,
        ):
            self._buttons.addWidget(button)
        self._row.addLayout(self._buttons)
        self._measure()

    def show_words(self, words: int | None, least: int) -> None:
        """As `Draft` has them. `least` is what the assignment asks for; 0 when it asks for no length."""
        if words is None:
            self._words.clear()
        elif least:
            self._words.setText(self.tr("{} / {} chữ").format(number_text(words), number_text(least)))
        else:
            self._words.setText(self.tr("{} chữ").format(number_text(words)))

    def show_nothing_to_save(self) -> None:
        self._say("")

    def show_saving(self) -> None:
        self._say(self.tr("Đang lưu…"))

    def show_saved(self, moment: datetime | None, now: datetime) -> None:
        """`moment` is when the disk had the whole text; None before the first letter."""
        if moment is None:
            self._say(self.tr("Mỗi giây gõ đều được lưu."))
            return
        local = moment.astimezone(VIETNAM)
        words = self.tr("Đã lưu lúc {}").format(f"{local:%H:%M:%S}")
        if local.date() != now.astimezone(VIETNAM).date():
            words = self.tr("{} ngày {}").format(words, date_text(local))
        self._say(words, "check-circle", "ok")

    def show_not_saved(self) -> None:
        self._say(self.tr("Chưa lưu được"), "alert", "danger")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _say(self, text: str, icon: str = "", colour: str = "") -> None:
        if icon:
            self._icon.show_icon(icon, colour)
        self._icon.setVisible(bool(icon))
        self._saved.setText(text)

    def _measure(self) -> None:
        px = current_theme().px
        self._row.setSpacing(px(8))
        self._buttons.setSpacing(px(8))
        self._words.setContentsMargins(0, 0, px(8), 0)
