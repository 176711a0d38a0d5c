"""Two texts of one reflection from two PCs: compared word by word, chosen or made one, and undone."""

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from handbook.desktop.autosave import Autosave
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.flow import FlowLayout
from handbook.desktop.former_texts import marked
from handbook.desktop.screen import Screen
from handbook.desktop.session import Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Banner, Label, PrimaryButton, Role, SecondaryButton, button_for
from handbook.errors import Expected
from handbook.model.changes import Changes
from handbook.model.differences import text_runs
from handbook.model.prose import parse, readable
from handbook.model.vietnamese import moment_text

if TYPE_CHECKING:
    from handbook.client.reflection import Draft
    from handbook.desktop.former_texts import Compared

FIRST_SIZE = (860, 600)


class TwoTextsWindow(QDialog):
    """The other PC's latest text and this PC's, for a draft with both."""

    own_chosen = Signal()
    other_chosen = Signal()
    merging_chosen = Signal()

    def __init__(self, session: Session, draft: "Draft", parent: QWidget) -> None:
        super().__init__(parent)
        self._compared: Compared = ()
        mine = next(text for text in draft.kept if text.settled_at is None)
        other = draft.versions[0]
        parts = draft.assignment.assignment.parts
        self._titles = {part.id: part.title for part in parts}
        px = current_theme().px
        self.setObjectName("two-texts")
        self.setWindowTitle(self.tr("So hai bản"))
        said = self.tr("Gạch ngang: chỉ có ở bản máy kia, nộp {}. Gạch chân: chỉ có ở bản máy này, nộp {}.")
        self._said = Label(
            said.format(moment_text(other.submitted_at), moment_text(mine.submitted_at)), Role.BODY
        )
        self._text = QTextBrowser()
        self._text.setObjectName("two-texts.text")
        self._text.setAccessibleName(self.tr("Bản máy kia và bản máy này, so từng chữ"))
        buttons = FlowLayout(align_right=True)
        for name, text, signal, kind in (
            ("own", self.tr("Giữ bài máy này"), self.own_chosen, SecondaryButton),
            ("other", self.tr("Giữ bài máy kia"), self.other_chosen, SecondaryButton),
            ("merge", self.tr("Gộp hai bài"), self.merging_chosen, PrimaryButton),
        ):
            button = button_for(Action(text, self._chooses(signal)), kind)
            button.setObjectName(f"two-texts.{name}")
            buttons.addWidget(button)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(px(14), px(14), px(14), px(12))
        self._rows.setSpacing(px(10))
        self._rows.addWidget(self._said)
        self._rows.addWidget(self._text, 1)
        note = self.tr("Gộp: giữ mọi đoạn của hai bài để đồng chí sửa rồi nộp. Bài không chọn vẫn được giữ.")
        self._rows.addWidget(Label(note, Role.NOTE))
        self._rows.addLayout(buttons)
        room = parent.window().size()
        self.resize(min(px(FIRST_SIZE[0]), room.width()), min(px(FIRST_SIZE[1]), room.height()))
        self._measure()
        theirs = {answer.part: answer.text for answer in other.answers}
        ours = {answer.part: answer.text for answer in mine.answers}
        wanted = list(dict.fromkeys((*self._titles, *theirs, *ours)))

        def compare() -> "Compared":
            both = ((part, theirs.get(part, ""), ours.get(part, "")) for part in wanted)
            return [(part, text_runs(readable(parse(old)), readable(parse(new)))) for part, old, new in both]

        session.work.run(compare, self._show_compared, self._fail, self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()
            self._draw()

    def _chooses(self, signal: Signal) -> Callable[[], None]:
        def choose() -> None:
            signal.emit()
            self.accept()

        return choose

    def _show_compared(self, compared: "Compared") -> None:
        self._compared = compared
        self._draw()

    def _draw(self) -> None:
        pieces = []
        for part, runs in self._compared:
            pieces.append(f"<h2>{html.escape(self._titles.get(part, part))}</h2>")
            words = "".join(map(marked, runs)) or html.escape(self.tr("(không viết)"))
            pieces.append(f"<p>{words}</p>")
        self._text.setHtml("".join(pieces))

    def _fail(self, error: Expected) -> None:
        self._rows.insertWidget(0, Banner.of_error(error))

    def _measure(self) -> None:
        theme, document = current_theme(), self._text.document()
        self._text.setStyleSheet(f"QTextBrowser {{ background:{theme.paper_hex('paper')}; }}")
        document.setDefaultStyleSheet(theme.reading_css())
        document.setDefaultFont(theme.reading_font())
        document.setDocumentMargin(theme.px(14))


class Choosing(QObject):
    """Carries out the choice on `screen`; each can be undone while the offer stands."""

    def __init__(self, screen: Screen, autosave: Autosave) -> None:
        super().__init__(screen)
        self._screen, self._autosave = screen, autosave

    def compare(self, draft: "Draft") -> None:
        """Show both texts, and take the choice there."""
        assignment = draft.assignment.assignment.id
        window = TwoTextsWindow(self._screen.session, draft, self._screen.window())
        window.own_chosen.connect(lambda: self.keep_own(assignment))
        window.other_chosen.connect(lambda: self.keep_other(assignment))
        window.merging_chosen.connect(lambda: self.merge(assignment))
        window.finished.connect(window.deleteLater)
        window.open()

    def keep_own(self, assignment: str) -> None:
        reflections, now = self._screen.session.handbook.reflections, self._screen.session.now()
        said = self.tr("Đồng chí viết tiếp từ bài máy này; bài máy kia vẫn xem được.")
        self._choose(assignment, lambda: reflections.revise(assignment, now), said)

    def keep_other(self, assignment: str) -> None:
        reflections, now = self._screen.session.handbook.reflections, self._screen.session.now()
        said = self.tr("Đã giữ bài máy kia; bài máy này vẫn xem được.")
        self._choose(assignment, lambda: reflections.accept_held(assignment, now), said)

    def merge(self, assignment: str) -> None:
        reflections, now = self._screen.session.handbook.reflections, self._screen.session.now()
        said = self.tr("Đã gộp hai bài thành bản nháp; hãy đọc lại, sửa rồi nộp.")
        self._choose(assignment, lambda: reflections.revise(assignment, now, merging=True), said)

    def _choose(self, assignment: str, choice: Callable[[], Changes], said: str) -> None:
        session = self._screen.session

        def again() -> None:
            now = session.now()
            self._screen.command(lambda: session.handbook.reflections.choose_again(assignment, now))

        def undo() -> None:
            self._autosave.when_saved(again)

        self._screen.command(choice, lambda _: self._screen.undo_offered.emit(said, undo))
