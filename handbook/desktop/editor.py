"""Viết thu hoạch: the parts of the template to write in, saved while one types, and handed in from here."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from handbook.desktop.attached_files import AttachedFilesCard, Attaching
from handbook.desktop.autosave import Answers, Autosave
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.choosing import Choosing
from handbook.desktop.handing_in import HandingIn
from handbook.desktop.parts import Asked, Parts
from handbook.desktop.passage_marks import find_in_boxes, mark_boxes
from handbook.desktop.prose_box import ProseBox
from handbook.desktop.prose_toolbar import ProseToolbar
from handbook.desktop.reflection_beside import Beside
from handbook.desktop.reflection_notices import (
    clashes,
    not_saved,
    notices,
    nowhere_to_save,
    withdrawal_notice,
)
from handbook.desktop.reflection_side import clear
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.spell_check import SpellCheck
from handbook.desktop.states import STATE_TONES
from handbook.desktop.submitted_text import SubmittedText
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Column, LinkButton, Pill, Toast, announce
from handbook.desktop.withdrawing import Withdrawing
from handbook.desktop.writing_aids import WritingAids
from handbook.desktop.writing_bar import WritingBar
from handbook.errors import Expected
from handbook.model.changes import Change
from handbook.model.reflection import STATE_NAMES, PassageComment, State, written_words
from handbook.model.vietnamese import VIETNAM, date_text, due_text, number_text

if TYPE_CHECKING:
    from handbook.client.reflection import Draft

SIDE_FROM = 1100
"""Window width at 100 % text from which question and comments stand beside the text, not above it."""
SIDE_WIDTH = 330
AGAIN = (State.RETURNED, State.WITHDRAWN)
"""States in which coming here is to write on."""
TEXT_WIDTH = 820


@dataclass(frozen=True, slots=True)
class _Content:
    draft: "Draft"
    cell_name: str


class EditorScreen(Screen):
    concerns = frozenset({Change.REFLECTION, Change.STUDY, Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Viết thu hoạch"))
        self._pill = Pill()
        self._pill.setObjectName("editor.state")
        self.header.add_action(self._pill)
        preview = self.header.add_action(Action(self.tr("Xem trang"), self._preview, "eye"), LinkButton)
        preview.setObjectName("editor.preview")
        preview.setToolTip(self.tr("Ctrl+P"))
        self._draft: Draft | None = None
        self._cell_name = ""
        self._arriving = False
        self._layout_key: tuple[object, ...] = ()
        self._autosave = Autosave(session.work, self._write, self)
        self._autosave.unsaved_changed.connect(lambda: self._bar.show_saving())
        self._autosave.saved.connect(self._show_saved)
        self._autosave.failed.connect(self._show_not_saved)
        self._build_panes()
        self._build_bar()
        for keys, act in (
            ("Ctrl+S", self._autosave.flush),
            ("Ctrl+Return", self._handing_in.ask),
            ("Ctrl+P", self._preview),
        ):
            shortcut = QShortcut(QKeySequence(keys), self, activated=act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._arrange()

    # -- coming, going, reading

    def show_route(self, route: Route) -> None:
        self.route = route
        self._arriving = True
        self.refresh()

    def refresh(self) -> None:
        assignment, now, arriving = self.route.assignment, self.session.now(), self._arriving
        handbook = self.session.handbook
        if not assignment:
            self._show_nothing_chosen()
            return
        if self._draft is None or self._draft.assignment.assignment.id != assignment:
            self.show_loading(self.tr("Đang mở bài…"))

        def read() -> _Content:
            draft = handbook.reflections.draft(assignment, now)
            # Coming here is by a button that says to mend the text; a clash is the person's to decide first.
            if arriving and draft.can_revise and draft.state in AGAIN and not draft.refused:
                handbook.reflections.revise(assignment, now)
                draft = handbook.reflections.draft(assignment, now)
            return _Content(draft, handbook.account.cell_unit().name)

        self.load(read, self._show_content)

    def leave(self) -> None:
        self._handing_in.panel.hide()
        self._aids.close()
        self._autosave.settle()

    @property
    def holds_unsaved(self) -> bool:
        return not self._autosave.is_settled

    def _cannot_load(self, error: Expected) -> None:
        """What is being written stays in sight, whatever could not be read beside it."""
        if self._draft and self._draft.assignment.assignment.id == self.route.assignment:
            self._cannot_do(error)
        else:
            super()._cannot_load(error)

    def _write(self, assignment: str, answers: Answers) -> datetime:
        """In the store lane: puts the text on the disk and says when that was done."""
        self.session.handbook.reflections.save(assignment, answers, self.session.now())
        return self.session.now()

    # -- showing

    def _show_content(self, content: _Content) -> None:
        draft = content.draft
        assignment = draft.assignment.assignment
        self._draft, self._cell_name = draft, content.cell_name
        self._show_header(draft)
        unsaved = self._autosave.unsaved(assignment.id)
        if not draft.can_write and unsaved is not None and not self._handing_in.is_under_way:
            self.show_banner(nowhere_to_save(self._copy_and_forget))
        else:
            self._show_text(draft, unsaved)
        self._show_notices(draft)
        self._attaching.show(draft)
        self._beside.show_draft(draft, self.navigate.emit, self._find_passage)
        self._show_bar(draft)
        self.show_ready()
        if self._arriving:
            self._arriving = False
            self._place_keyboard()

    def _show_header(self, draft: "Draft") -> None:
        assignment = draft.assignment.assignment
        today = self.session.now().astimezone(VIETNAM).date()
        due = self.tr("Hạn {}").format(date_text(assignment.due_on))
        if draft.recalled:
            due = self.tr("Đã được rút")
        elif not draft.assignment.done:
            due = self.tr("{}, {}").format(due, due_text(assignment.due_on, today))
        least = self.tr("ít nhất {} chữ").format(number_text(assignment.min_words))
        self.header.show_text(assignment.title, f"{due} · {least}" if assignment.min_words else due)
        self._pill.show_state(STATE_NAMES[draft.state], STATE_TONES[draft.state])
        self._pill.setAccessibleName(self.tr("Tình trạng: {}").format(STATE_NAMES[draft.state]))

    def _show_text(self, draft: "Draft", unsaved: Answers | None) -> None:
        """Boxes are made anew for another text only: while one types they and the cursor stay as they are."""
        assignment = draft.assignment.assignment
        key = (assignment.id, draft.can_write, *(answer.part for answer in draft.answers))
        answers = unsaved or draft.answers
        texts = {answer.part: answer.text for answer in answers}
        if key != self._layout_key:
            self._layout_key = key
            self._build_boxes(draft, texts)
        elif unsaved is None and not self._handing_in.is_under_way:
            self._parts.show_texts(texts)
        self._toolbar.setVisible(draft.can_write)
        self._read.setVisible(not draft.can_write)
        passages = _passages(draft)
        if draft.can_write:
            self._show_words(self._parts.words())
            mark_boxes(self._parts.by_part(), passages)
        else:
            parts = [(each.part, self._title(draft, each.part), each.text) for each in answers]
            self._read.show_parts(parts, passages)
            self._show_words(written_words(unsaved) if unsaved else draft.words)

    def _build_boxes(self, draft: "Draft", texts: dict[str, str]) -> None:
        if self._parts.boxes():
            self._autosave.hold(self._shown_assignment)
        self._shown_assignment = draft.assignment.assignment.id
        self._handing_in.panel.hide()
        hints = {part.id: part.hint for part in draft.assignment.assignment.parts}
        written = [answer.part for answer in draft.answers if draft.can_write]
        self._parts.build([Asked(id, self._title(draft, id), hints.get(id, "")) for id in written], texts)
        for former, following in pairwise((*self._parts.boxes(), self._bar.submit)):
            self.setTabOrder(former, following)

    def _find_passage(self, _: int, passage: PassageComment) -> None:
        """Go to the words that the cell commented on, if they are still in the text."""
        if not self._draft.can_write:
            number = _passages(self._draft).index(passage)
            area = self._read.go_to(number, self._column.widget())
            if area.isValid():
                self._column.ensureVisible(area.left(), area.center().y(), 0, self._column.height() // 3)
            return
        if box := find_in_boxes(self._parts.by_part(), passage):
            box.setFocus()
        else:
            announce(self, self.tr("Đoạn này không còn trong bài đang viết."))

    def _title(self, draft: "Draft", part: str) -> str:
        titles = {each.id: each.title for each in draft.assignment.assignment.parts}
        return titles.get(part) or self.tr("Phần không còn trong mẫu: {}").format(part)

    def _show_notices(self, draft: "Draft") -> None:
        clear(self._notices)
        if withdrawal := withdrawal_notice(draft, self._withdrawing.forget):
            self._notices.addWidget(withdrawal)
        for banner in notices(draft, self._cell_name, self.navigate.emit, self._note_changes, self._compare):
            self._notices.addWidget(banner)

    def _show_bar(self, draft: "Draft") -> None:
        choice = clashes(draft)
        again = self.tr("Viết lại từ bài đã nộp")
        self._bar.submit.setVisible(draft.can_write and not draft.recalled)
        self._bar.submit.setEnabled(not self._handing_in.is_under_way)
        self._bar.copy.setVisible(draft.can_write and draft.recalled)
        self._bar.former.setVisible(not draft.can_write)
        self._bar.withdraw.setVisible(draft.can_withdraw)
        self._bar.revise.setVisible(draft.can_revise)
        self._bar.revise.setText(self.tr("Dùng bản viết trên máy này") if choice else again)
        self._bar.keep_other.setVisible(choice)
        if self._autosave.is_unsaved(draft.assignment.assignment.id):
            return
        if draft.can_write:
            self._bar.show_saved(draft.saved_at, self.session.now())
        else:
            self._bar.show_nothing_to_save()

    def _show_words(self, words: int | None) -> None:
        self._bar.show_words(words, self._draft.assignment.assignment.min_words)

    def _show_saved(self, moment: datetime) -> None:
        self._bar.show_saved(moment, self.session.now())
        self.clear_banner()
        self._handing_in.saved()

    def _show_not_saved(self, error: Expected) -> None:
        self._handing_in.release()
        self._bar.show_not_saved()
        self.show_banner(not_saved(error, self._autosave.flush))
        if self._draft and self._draft.can_write:
            self.refresh()

    def _copy_and_forget(self) -> None:
        QGuiApplication.clipboard().setText(self._parts.plain_text())
        self._autosave.forget(self._shown_assignment)
        self.clear_banner()
        self.refresh()

    def _show_nothing_chosen(self) -> None:
        self.show_empty(
            "editor",
            self.tr("Chưa chọn nhiệm vụ để viết"),
            self.tr("Hãy chọn một nhiệm vụ ở mục Học tập."),
            Action(self.tr("Mở Học tập"), lambda: self.navigate.emit(Route(place=Place.STUDY))),
        )

    # -- writing

    def _edited(self) -> None:
        self._show_words(self._parts.words())
        self._autosave.touched(self._shown_assignment, self._parts.answers)

    def _open_cited(self, document: str, anchor: str) -> None:
        assignment = self.route.assignment
        self.navigate.emit(Route(place=Place.READER, document=document, anchor=anchor, assignment=assignment))

    def _follow(self, box: ProseBox) -> None:
        """The page scrolls with the cursor; after the box has grown, which the layout does a moment later."""
        if box.hasFocus() and not self._arriving:
            QTimer.singleShot(0, box, lambda: self._show_cursor_of(box))

    def _show_cursor_of(self, box: ProseBox) -> None:
        area = box.cursor_area(self._column.widget())
        margin = current_theme().px(24)
        self._column.ensureVisible(self._column.horizontalScrollBar().value(), area.bottom(), 0, margin)
        self._column.ensureVisible(self._column.horizontalScrollBar().value(), area.top(), 0, margin)

    def _place_keyboard(self) -> None:
        self._column.verticalScrollBar().setValue(0)
        if self._draft.can_write and self._parts.boxes():
            self._parts.take_keyboard()
            self._toolbar.show_looks()
        else:
            (self._bar.revise if self._bar.revise.isVisible() else self._read).setFocus()

    # -- handing in

    def _handed_in(self) -> None:
        self._arriving = True
        self.refresh()
        self.session.sync_now()

    def _note_changes(self) -> None:
        assignment = self._shown_assignment
        self.command(lambda: self.session.handbook.reflections.note_changes(assignment))

    def _start_revision(self) -> None:
        assignment, now = self._shown_assignment, self.session.now()
        self._arriving = True
        if clashes(self._draft):
            self._choosing.keep_own(assignment)
        else:
            self.command(lambda: self.session.handbook.reflections.revise(assignment, now))

    def _preview(self) -> None:
        self._autosave.flush()
        self.navigate.emit(Route(place=Place.PREVIEW, assignment=self.route.assignment))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._parts.plain_text())
        announce(self, self.tr("Đã sao chép cả bài."))
        Toast(self.window(), self.tr("Đã sao chép cả bài; dán được vào Word hoặc thư."), seconds=4)

    def _use_other(self) -> None:
        self._choosing.keep_other(self._shown_assignment)

    def _compare(self) -> None:
        self._choosing.ask(self._shown_assignment)

    def _compare_first(self, draft: "Draft") -> None:
        """Handing in goes on once this PC's text was chosen."""
        self._choosing.compare(draft, self._handing_in.ask)

    def _expect_draft(self) -> None:
        self._arriving = True

    # -- the frame

    def _build_panes(self) -> None:
        self._column = Column(TEXT_WIDTH)
        self.scroll_head_with(self._column)
        self._notices = QVBoxLayout()
        self._parts = Parts()
        self._parts.edited.connect(self._edited)
        self._parts.left.connect(self._autosave.flush)
        self._parts.cursor_moved.connect(self._follow)
        self._parts.cited.connect(self._open_cited)
        self._attached = AttachedFilesCard(self)
        self._attaching = Attaching(self, self._attached)
        self._parts.brought.connect(self._attaching.take)
        self._toolbar = ProseToolbar(lambda: self._parts.current, self)
        self._parts.look_changed.connect(self._toolbar.show_looks)
        self._aids = WritingAids(self, self._parts, self._autosave, lambda: self._draft)
        self._toolbar.quoting_asked.connect(self._aids.quote)
        self._toolbar.versions_asked.connect(self._aids.show_former_texts)
        self._spelling = SpellCheck(self, self._parts)
        self._spelling.switched.connect(self._toolbar.show_spelling)
        self._toolbar.spelling_asked.connect(self._spelling.toggle)
        self._toolbar.doubted_asked.connect(self._spelling.go_to_next)
        self._choosing = Choosing(self, self._autosave)
        self._bar = WritingBar()
        self._handing_in = HandingIn(
            self,
            self._column,
            self._parts,
            self._bar,
            self._autosave,
            lambda: (self._draft, self._cell_name),
        )
        self._handing_in.handed_in.connect(self._handed_in)
        self._handing_in.choice_needed.connect(self._compare_first)
        self._withdrawing = Withdrawing(self, lambda: self._draft)
        self._withdrawing.begun.connect(self._expect_draft)
        self._read = SubmittedText()
        self._read.cited.connect(self._open_cited)
        self._side = Column(SIDE_WIDTH)
        self._side.body.addStretch(1)
        self._beside = Beside(self._column, self._side, self)
        self._column.body.addLayout(self._notices)
        self._column.body.addWidget(self._parts)
        self._column.body.addWidget(self._read)
        self._column.body.addWidget(self._attached)
        self._column.body.addWidget(self._handing_in.panel)
        self._column.body.addLayout(self._beside.below)
        self._column.body.addStretch(1)
        self._panes = QHBoxLayout()
        self._writing = QVBoxLayout()
        self._writing.addWidget(self._toolbar)
        self._writing.addWidget(self._column, 1)
        self._panes.addLayout(self._writing, 1)
        self._panes.addWidget(self._side)
        self.body.addLayout(self._panes, 1)
        self._shown_assignment = ""

    def _build_bar(self) -> None:
        self._bar.submit.clicked.connect(self._handing_in.ask)
        self._bar.revise.clicked.connect(self._start_revision)
        self._bar.withdraw.clicked.connect(self._withdrawing.ask)
        self._bar.former.clicked.connect(self._aids.show_former_texts)
        self._bar.copy.clicked.connect(self._copy)
        self._bar.keep_other.clicked.connect(self._use_other)
        self.body.addWidget(self._bar)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._arrange()

    def _arrange(self) -> None:
        px = current_theme().px
        self._beside.arrange(self.window().width() >= px(SIDE_FROM))
        self._read.measure()
        self._side.setFixedWidth(px(SIDE_WIDTH))
        self._panes.setSpacing(px(16))
        self._notices.setSpacing(px(8))
        self._parts.layout().setSpacing(px(8))
        self._writing.setSpacing(px(8))


def _passages(draft: "Draft") -> tuple[PassageComment, ...]:
    """What the cell said of passages of the latest revision, newest review first."""
    latest = draft.versions[0].revision if draft.versions else 0
    return tuple(passage for note in draft.comments if note.revision == latest for passage in note.passages)
