"""Xem bài thu hoạch: a member's text to be read by the cell, and returned with a comment or accepted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut

from handbook.desktop.autosave import Autosave
from handbook.desktop.reflection_side import clear
from handbook.desktop.review_panes import ReviewPanes
from handbook.desktop.review_side import about_card, history_cards, overlap_text
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.widgets import (
    Action,
    Banner,
    IconButton,
    Kind,
    Label,
    LinkButton,
    Role,
    Toast,
)
from handbook.errors import Expected, NotFound
from handbook.model.changes import Change, Changes
from handbook.model.passages import comment_on
from handbook.model.reflection import STATE_NAMES, PassageComment, State, after_review

if TYPE_CHECKING:
    from handbook.client.cell import ReviewView
    from handbook.client.lineages import SubmittedRevision
    from handbook.client.review_desk import Phrases, RefusedDecision, ReviewDraft


@dataclass(frozen=True, slots=True)
class _Content:
    view: "ReviewView | None"
    queue: tuple[str, ...]
    draft: "ReviewDraft"
    phrases: "Phrases"


class ReviewScreen(Screen):
    concerns = frozenset({Change.CELL, Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Xem bài thu hoạch"))
        self._view: ReviewView | None = None
        self._older: SubmittedRevision | None = None
        self._queue: tuple[str, ...] = ()
        self._autosave = Autosave(session.work, self._keep_draft, self)
        self._autosave.failed.connect(self._cannot_do)
        self._deciding = False
        self._arriving = False
        self._build_header()
        self._build_panes()
        keys_of = (
            ("Ctrl+Up", self._go_back),
            ("Ctrl+Down", self._go_on),
            ("Ctrl+G", self._comment_on_passage),
            ("Ctrl+J", self._show_phrases),
            ("Ctrl+Return", self._accept_it),
            ("Ctrl+Enter", self._accept_it),
            ("Ctrl+Shift+Return", self._return_it),
            ("Ctrl+Shift+Enter", self._return_it),
        )
        for keys, act in keys_of:
            shortcut = QShortcut(QKeySequence(keys), self, activated=act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # -- coming and reading

    def show_route(self, route: Route) -> None:
        self.route = route
        self._arriving = True
        self.clear_banner()
        self.refresh()

    def refresh(self) -> None:
        lineage, unit = self.route.lineage, self.route.unit
        cell = self.session.handbook.cell
        if self._view is None or self._view.lineage != lineage:
            self.show_loading(self.tr("Đang mở bài…"))

        def read() -> _Content:
            units = [unit] if unit else [each.path for each in cell.units()]
            queue = tuple(each.lineage for path in units for each in cell.waiting(path))
            wanted = lineage or next(iter(queue), "")
            return _Content(
                cell.reflection(wanted) if wanted else None,
                queue,
                cell.desk.draft(wanted),
                cell.desk.phrases(),
            )

        self.load(read, self._show_content)

    # -- showing

    def _show_content(self, content: _Content) -> None:
        self._queue = content.queue
        view = content.view
        if view is None:
            self._view = None
            self._show_place()
            self.header.show_text(self.tr("Xem bài thu hoạch"))
            self.show_empty(
                "check-circle",
                self.tr("Không còn bài nào chờ xem"),
                self.tr("Bài mới sẽ có ở đây sau lần đồng bộ kế tiếp."),
                Action(self.tr("Về bảng theo dõi"), self._to_cell, "back"),
            )
            return
        if self._view and self._view.lineage == view.lineage and self._view.revision < view.revision:
            self.show_banner(
                Banner(Kind.INFO, self.tr("Đảng viên vừa nộp bản {} của bài này.").format(view.revision))
            )
        if self._view is None or (self._view.lineage, self._view.revision) != (view.lineage, view.revision):
            self._older = None
        if self._view is None or self._view.lineage != view.lineage:
            if self._view is not None:
                self._autosave.hold(self._view.lineage)
            # What the disk does not have yet is newer than what was read from it.
            self._decision.start_with(self._autosave.unsaved(view.lineage) or content.draft)
        if view.refused and (self._arriving or self._view is None or not self._view.refused):
            self._tell_refused(view.refused)
        self._view = view
        self._decision.show_known(content.phrases)
        self.header.show_text(self.tr("Bài thu hoạch của {}").format(view.author.name), view.assignment.title)
        self._show_place()
        self._show_revision()
        self._show_decision()
        self.show_ready()
        if self._arriving:
            self._arriving = False
            self._text.setFocus()
        if view.state is State.RECEIVED and view.can_decide:
            now = self.session.now()
            self.command(lambda: self.session.handbook.cell.mark_opened(view.lineage, now))

    def _cannot_load(self, error: Expected) -> None:
        """A text may go while it is read: its author took it back, or its assignment was recalled."""
        if not isinstance(error, NotFound):
            super()._cannot_load(error)
            return
        if self._view is not None:
            self._autosave.forget(self._view.lineage)
        self._view = None
        self._queue = tuple(each for each in self._queue if each != self.route.lineage)
        self._show_place()
        self.clear_banner()
        self.header.show_text(self.tr("Xem bài thu hoạch"))
        back = Action(self.tr("Về bảng theo dõi"), self._to_cell, "back")
        self.show_empty("return", error.message, error.advice, back)

    def _tell_refused(self, refused: "RefusedDecision") -> None:
        said = self.tr("Máy chủ không nhận kết luận “{}” của đồng chí: {}")
        name = STATE_NAMES[after_review(refused.review.verdict)]
        self.show_banner(
            Banner(
                Kind.WARN,
                said.format(name, refused.reason),
                self.tr("Kết luận đó không được tính. Lời góp ý đã viết còn nguyên ở ô góp ý."),
                Action(self.tr("Mở Đồng bộ"), lambda: self.navigate.emit(Route(place=Place.SYNC))),
            )
        )

    def _show_place(self) -> None:
        left = len(self._queue)
        if self._view and self._view.lineage in self._queue:
            place = self._queue.index(self._view.lineage) + 1
            self._place.setText(self.tr("Bài {}/{} chờ xem").format(place, left))
        else:
            self._place.setText(self.tr("Còn {} bài chờ xem").format(left) if left else "")
        for button, step in ((self._back, -1), (self._on, 1)):
            button.setVisible(self._view is not None)
            button.setEnabled(bool(self._neighbour(step)))

    def _show_revision(self, older: "SubmittedRevision | None" = None) -> None:
        view = self._view
        older = older or self._older
        titles = {answer.part: answer.title for answer in view.answers}
        parts = [(answer.part, answer.title, answer.text) for answer in view.answers]
        if older:
            parts = [
                (answer.part, titles.get(answer.part, answer.part), answer.text) for answer in older.answers
            ]
        self._text.show_answers(parts, self._passages_of(older.revision if older else view.revision))
        self._panes.attached.show_files(older.files if older else view.files, can_change=False)
        clear(self._panes.about)
        self._panes.about.addWidget(about_card(view))
        clear(self._panes.history)
        shown = older.revision if older else view.revision
        for card in history_cards(view, self._choose_revision, shown, self._find_passage):
            self._panes.history.addWidget(card)

    def _choose_revision(self, revision: "SubmittedRevision | None") -> None:
        self._older = revision
        self._show_revision()
        self._text.setFocus()

    def _show_decision(self) -> None:
        view = self._view
        self._decision.setVisible(view.can_decide)
        self._decision.set_deciding(self._deciding)
        said = overlap_text(view)
        self._panes.overlap.setText(said)
        self._panes.overlap.setVisible(bool(said))

    # -- comments on passages

    def _said_of(self, revision: int) -> tuple[PassageComment, ...]:
        """The comments on passages of that revision that were made already, newest review first."""
        return tuple(
            passage for note in self._view.reviews if note.revision == revision for passage in note.passages
        )

    def _passages_of(self, revision: int) -> tuple[PassageComment, ...]:
        """Those and, of the latest revision, what is being written, in the order of their numbers."""
        said = self._said_of(revision)
        self._decision.count_from(len(said))
        writes = self._view.can_decide and revision == self._view.revision
        return said + (self._decision.draft().passages if writes else ())

    def _comment_on_passage(self) -> None:
        if self._view is None or not self._view.can_decide or self._older:
            return
        place = self._text.selected()
        if place is None:
            said = self.tr("Hãy chọn một đoạn trong bài, rồi bấm Góp ý cho đoạn đang chọn.")
            self.show_banner(Banner(Kind.INFO, said))
            self._text.setFocus()
            return
        self.clear_banner()
        cursor = self._text.textCursor()
        cursor.clearSelection()
        self._text.setTextCursor(cursor)
        self._panes.bring_into_sight(self._decision.add_passage(comment_on(self._text.sections(), place)))

    def _passages_changed(self) -> None:
        self._text.show_comments(self._passages_of(self._view.revision))
        self._edited()

    def _find_passage(self, revision: int, passage: PassageComment) -> None:
        said = self._said_of(revision)
        if passage in said:
            self._panes.go_to_passage(said.index(passage))

    # -- deciding

    def _keep_draft(self, lineage: str, draft: "ReviewDraft") -> datetime:
        self.session.handbook.cell.desk.keep_draft(lineage, draft)
        return self.session.now()

    def _edited(self) -> None:
        self._autosave.touched(self._view.lineage, self._decision.draft)

    def leave(self) -> None:
        self._autosave.settle()

    @property
    def holds_unsaved(self) -> bool:
        return not self._autosave.is_settled

    def _show_phrases(self) -> None:
        if self._view is not None and self._view.can_decide:
            self._decision.show_phrases()

    def _keep_phrase(self, text: str) -> None:
        now, desk = self.session.now(), self.session.handbook.cell.desk
        self.command(lambda: desk.keep_phrase(text, now), self._read_phrases)

    def _drop_phrase(self, text: str) -> None:
        desk = self.session.handbook.cell.desk
        self.command(lambda: desk.drop_phrase(text), self._read_phrases)

    def _read_phrases(self, _: Changes) -> None:
        desk = self.session.handbook.cell.desk
        self.session.work.run(desk.phrases, self._decision.show_known, self._cannot_do, self)

    def _may_decide(self) -> bool:
        return self._view is not None and self._view.can_decide and not self._deciding

    def _return_it(self) -> None:
        if not self._may_decide():
            return
        if not self._decision.has_words():
            self._decision.ask_for_words()
            return
        said = self.tr("Đã trả lại bài của {}; sẽ gửi khi có mạng.")
        self._decide(self.session.handbook.cell.return_for_revision, said)

    def _accept_it(self) -> None:
        if not self._may_decide():
            return
        said = self.tr("Đã đánh giá Đạt bài của {}; sẽ gửi khi có mạng.")
        self._decide(self.session.handbook.cell.accept, said)

    def _decide(self, command: Callable[..., Changes], said: str) -> None:
        view, draft, now = self._view, self._decision.draft(), self.session.now()
        passages = tuple(each for each in draft.passages if each.comment.strip())
        onward = self._neighbour(1) or self._neighbour(-1)
        self._deciding = True
        self._show_decision()
        self._autosave.forget(view.lineage)

        def done(_: Changes) -> None:
            self._deciding = False
            self.session.sync_now()
            again = self.route
            self._go_to(onward) if onward else self._to_cell()
            # After going on: a toast leaves with the screen that it was shown on.
            Toast(
                self.window(),
                said.format(view.author.name),
                Action(self.tr("Xem lại bài"), lambda: self.navigate.emit(again)),
            )

        def failed(error: Exception) -> None:
            self._deciding = False
            self._show_decision()
            self._cannot_do(error)
            self._autosave.touched(view.lineage, lambda: draft)

        self.session.work.run(
            lambda: command(view.lineage, draft.comment, now, seen_revision=view.revision, passages=passages),
            done,
            failed,
            self,
        )

    # -- from one to the next

    def _neighbour(self, step: int) -> str:
        """The lineage before or after this one among those that wait; '' at the end."""
        waiting = self._queue
        if not self._view or self._view.lineage not in waiting:
            return waiting[0] if waiting and step > 0 else ""
        place = waiting.index(self._view.lineage) + step
        return waiting[place] if 0 <= place < len(waiting) else ""

    def _go_back(self) -> None:
        if lineage := self._neighbour(-1):
            self._go_to(lineage)

    def _go_on(self) -> None:
        if lineage := self._neighbour(1):
            self._go_to(lineage)

    def _go_to(self, lineage: str) -> None:
        self.navigate.emit(Route(place=Place.REVIEW, lineage=lineage, unit=self.route.unit))

    def _to_cell(self) -> None:
        assignment = self._view.assignment.id if self._view else self.route.assignment
        self.navigate.emit(Route(place=Place.CELL, assignment=assignment, unit=self.route.unit))

    # -- the frame

    def _build_header(self) -> None:
        back = LinkButton(self.tr("Về bảng theo dõi"), "back")
        back.setObjectName("review.list")
        back.clicked.connect(self._to_cell)
        self._place = Label("", Role.MUTED)
        self._place.setObjectName("review.place")
        self._place.setWordWrap(False)
        self._back = IconButton("chevron-up", self.tr("Bài trước (Ctrl+Mũi tên lên)"), "text")
        self._back.setObjectName("review.previous")
        self._back.clicked.connect(self._go_back)
        self._on = IconButton("chevron-down", self.tr("Bài sau (Ctrl+Mũi tên xuống)"), "text")
        self._on.setObjectName("review.next")
        self._on.clicked.connect(self._go_on)
        for part in (back, self._back, self._place, self._on):
            self.header.add_action(part)

    def _build_panes(self) -> None:
        self._panes = ReviewPanes(self)
        self._text, self._decision = self._panes.reflection, self._panes.decision
        self._text.cited.connect(self._to_source)
        self._decision.edited.connect(self._edited)
        self._decision.passages_changed.connect(self._passages_changed)
        self._decision.passage_asked.connect(self._comment_on_passage)
        self._decision.passage_chosen.connect(self._panes.go_to_passage)
        self._decision.returned.connect(self._return_it)
        self._decision.accepted.connect(self._accept_it)
        self._decision.keep_phrase.connect(self._keep_phrase)
        self._decision.drop_phrase.connect(self._drop_phrase)
        self.body.addWidget(self._panes, 1)

    def _to_source(self, document: str, anchor: str) -> None:
        self.navigate.emit(Route(place=Place.READER, document=document, anchor=anchor))
