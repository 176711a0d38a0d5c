"""Two texts of one reflection from two PCs: compared word by word, chosen or made one, and undone.

This PC's text was either handed in and refused because the other came first, or is a draft still.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from handbook.desktop.autosave import Autosave
from handbook.desktop.compared_texts import Compared, ComparedTexts, Written, compare
from handbook.desktop.flow import FlowLayout
from handbook.desktop.screen import Screen
from handbook.desktop.session import Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Banner, Label, PrimaryButton, Role, SecondaryButton, button_for
from handbook.errors import Expected
from handbook.model.changes import Changes
from handbook.model.reflection import State
from handbook.model.two_texts import Choice
from handbook.model.vietnamese import moment_text

if TYPE_CHECKING:
    from handbook.client.reflection import Draft, KeptText

FIRST_SIZE = (860, 600)


class TwoTextsWindow(QDialog):
    """The other PC's latest text and this PC's, for a draft with both."""

    own_chosen = Signal()
    other_chosen = Signal()
    merging_chosen = Signal()

    def __init__(self, session: Session, draft: "Draft", parent: QWidget) -> None:
        super().__init__(parent)
        px = current_theme().px
        self.setObjectName("two-texts")
        self.setWindowTitle(self.tr("So hai bản"))
        self._text = ComparedTexts("two-texts.text", self.tr("Bản máy kia và bản máy này, so từng chữ"))
        said, note = self._words(draft)
        buttons = FlowLayout(align_right=True)
        choices = [
            ("own", self.tr("Giữ bài máy này"), self.own_chosen, SecondaryButton),
            ("other", self.tr("Giữ bài máy kia"), self.other_chosen, SecondaryButton),
            ("merge", self.tr("Gộp hai bài"), self.merging_chosen, PrimaryButton),
        ]
        for name, text, signal, kind in choices[1:2] if _is_final(draft) else choices:
            button = button_for(Action(text, self._chooses(signal)), kind)
            button.setObjectName(f"two-texts.{name}")
            buttons.addWidget(button)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(px(14), px(14), px(14), px(12))
        self._rows.setSpacing(px(10))
        self._rows.addWidget(Label(said, Role.BODY))
        self._rows.addWidget(self._text, 1)
        self._rows.addWidget(Label(note, Role.NOTE))
        self._rows.addLayout(buttons)
        room = parent.window().size()
        self.resize(min(px(FIRST_SIZE[0]), room.width()), min(px(FIRST_SIZE[1]), room.height()))
        titles = {part.id: part.title for part in draft.assignment.assignment.parts}
        other, clash = draft.versions[0], _clash(draft)
        theirs = Written(other.answers, other.files)
        ours = Written(clash.answers, clash.files) if clash else Written(draft.answers, draft.files)

        def read() -> Compared:
            return compare(theirs, ours, titles)

        session.work.run(read, self._text.show_compared, self._fail, self)

    def _words(self, draft: "Draft") -> tuple[str, str]:
        """What the marks mean, and what each choice leads to."""
        other, clash = moment_text(draft.versions[0].submitted_at), _clash(draft)
        if clash:
            said = self.tr(
                "Gạch ngang: chỉ có ở bản máy kia, nộp {}. Gạch chân: chỉ có ở bản máy này, nộp {}."
            )
            own = moment_text(clash.submitted_at)
        else:
            said = self.tr(
                "Gạch ngang: chỉ có ở bản máy kia, nộp {}. "
                "Gạch chân: chỉ có ở bản đang viết trên máy này, lưu {}."
            )
            own = moment_text(draft.saved_at)
        if _is_final(draft):
            note = self.tr(
                "Chi bộ đã đánh giá Đạt bài máy kia nên không nộp bài khác thay được. "
                "Bản đang viết vẫn xem được ở Các bản trước."
            )
        elif clash:
            note = self.tr(
                "Gộp: giữ mọi đoạn của hai bài để đồng chí sửa rồi nộp. Bài không chọn vẫn được giữ."
            )
        else:
            note = self.tr(
                "Giữ bài máy này: bài này nộp sau nên là bản mới nhất. Gộp: giữ mọi đoạn của hai bài để sửa "
                "rồi nộp. Bài không chọn vẫn xem được ở Các bản trước."
            )
        return said.format(other, own), note

    def _chooses(self, signal: Signal) -> Callable[[], None]:
        def choose() -> None:
            signal.emit()
            self.accept()

        return choose

    def _fail(self, error: Expected) -> None:
        self._rows.insertWidget(0, Banner.of_error(error))


class Choosing(QObject):
    """Carries out the choice on `screen`; what it changes can be undone while the offer stands."""

    def __init__(self, screen: Screen, autosave: Autosave) -> None:
        super().__init__(screen)
        self._screen, self._autosave = screen, autosave

    def ask(self, assignment: str) -> None:
        """Show both texts as the disk has them, and take the choice there."""
        session = self._screen.session
        reflections, now = session.handbook.reflections, session.now()

        def show(draft: "Draft") -> None:
            if draft.newer or _clash(draft):
                self.compare(draft)

        def read() -> None:
            session.work.run(lambda: reflections.draft(assignment, now), show, self._fail, self._screen)

        self._autosave.when_saved(read)

    def compare(self, draft: "Draft", kept_own: Callable[[], object] | None = None) -> None:
        """Show both texts, and take the choice there; `kept_own` is run when this PC's may be handed in."""
        window = TwoTextsWindow(self._screen.session, draft, self._screen.window())
        if _clash(draft):
            assignment = draft.assignment.assignment.id
            window.own_chosen.connect(lambda: self.keep_own(assignment))
            window.other_chosen.connect(lambda: self.keep_other(assignment))
            window.merging_chosen.connect(lambda: self.merge(assignment))
        else:
            window.own_chosen.connect(lambda: self._go_over(draft, kept_own))
            window.other_chosen.connect(lambda: self._give_way(draft))
            window.merging_chosen.connect(lambda: self._take_both(draft))
        window.finished.connect(window.deleteLater)
        window.open()

    # -- after both were handed in

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

    # -- while this PC's is a draft

    def _go_over(self, draft: "Draft", then: Callable[[], object] | None) -> None:
        self._settle(draft, Choice.OWN, lambda _: then() if then else None)

    def _give_way(self, draft: "Draft") -> None:
        said = self.tr("Đã giữ bài máy kia; bản đang viết xem được ở Các bản trước.")
        self._settle(draft, Choice.OTHER, lambda _: self._offer_back(draft, said))

    def _take_both(self, draft: "Draft") -> None:
        said = self.tr("Đã gộp hai bài thành bản nháp; hãy đọc lại, sửa rồi nộp.")
        self._settle(draft, Choice.BOTH, lambda _: self._offer_back(draft, said))

    def _settle(self, draft: "Draft", choice: Choice, done: Callable[[Changes], object]) -> None:
        reflections, now = self._screen.session.handbook.reflections, self._screen.session.now()
        assignment = draft.assignment.assignment.id
        self._screen.command(lambda: reflections.choose(assignment, choice, now), done)

    def _offer_back(self, draft: "Draft", said: str) -> None:
        session = self._screen.session

        def put_back() -> None:
            now = session.now()
            self._screen.command(lambda: session.handbook.reflections.put_back(draft, now))

        self._screen.undo_offered.emit(said, lambda: self._autosave.when_saved(put_back))

    def _fail(self, error: Expected) -> None:
        self._screen.show_banner(Banner.of_error(error))


def _clash(draft: "Draft") -> "KeptText | None":
    """This PC's text that was handed in and waits for the choice."""
    return next((text for text in draft.kept if text.settled_at is None), None)


def _is_final(draft: "Draft") -> bool:
    """Whether the other PC's text cannot be followed by one of this PC."""
    return draft.versions[0].state is State.ACCEPTED
