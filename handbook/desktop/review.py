"""Xem bài thu hoạch: a member's text to be read by the cell, and returned with a comment or accepted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.reflection_side import clear
from handbook.desktop.reflection_text import ReflectionText
from handbook.desktop.review_side import about_card, history_cards
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
    Column,
    IconButton,
    Kind,
    Label,
    LinkButton,
    PrimaryButton,
    Role,
    SecondaryButton,
    Toast,
    announce,
)
from handbook.desktop.writing import WritingBox
from handbook.model.changes import Change, Changes
from handbook.model.reflection import State

if TYPE_CHECKING:
    from handbook.client.cell import ReviewView
    from handbook.client.lineages import SubmittedRevision

SIDE_FROM = 820
"""Width of the screen at 100 % text from which the review stands beside the text, not below it."""
SIDE_WIDTH = 350
PAGE_WIDTH = 1600


@dataclass(frozen=True, slots=True)
class _Content:
    view: "ReviewView | None"
    queue: tuple[str, ...]


class ReviewScreen(Screen):
    concerns = frozenset({Change.CELL, Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Xem bài thu hoạch"))
        self._view: ReviewView | None = None
        self._older: SubmittedRevision | None = None
        self._queue: tuple[str, ...] = ()
        self._comments: dict[str, str] = {}
        self._deciding = False
        self._arriving = False
        self._build_header()
        self._build_panes()
        for keys, act in (("Ctrl+Up", self._go_back), ("Ctrl+Down", self._go_on)):
            shortcut = QShortcut(QKeySequence(keys), self, activated=act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._arrange()

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
            queue = tuple(view.lineage for path in units for view in cell.to_review(path))
            wanted = lineage or next(iter(queue), "")
            return _Content(cell.reflection(wanted) if wanted else None, queue)

        self.load(read, self._show_content)

    # -- showing

    def _show_content(self, content: _Content) -> None:
        self._queue = content.queue
        view = content.view
        if view is None:
            self._view = None
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
            self._comment.start_with(self._comments.get(view.lineage, ""))
        self._view = view
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

    def _show_place(self) -> None:
        left = len(self._queue)
        if self._view.lineage in self._queue:
            place = self._queue.index(self._view.lineage) + 1
            self._place.setText(self.tr("Bài {}/{} chờ xem").format(place, left))
        else:
            self._place.setText(self.tr("Còn {} bài chờ xem").format(left) if left else "")
        self._back.setEnabled(bool(self._neighbour(-1)))
        self._on.setEnabled(bool(self._neighbour(1)))

    def _show_revision(self, older: "SubmittedRevision | None" = None) -> None:
        view = self._view
        older = older or self._older
        titles = {answer.part: answer.title for answer in view.answers}
        parts = [(answer.title, answer.text) for answer in view.answers]
        if older:
            parts = [(titles.get(answer.part, answer.part), answer.text) for answer in older.answers]
        self._text.show_parts(parts)
        clear(self._about)
        self._about.addWidget(about_card(view))
        clear(self._history)
        shown = older.revision if older else view.revision
        for card in history_cards(view, self._choose_revision, shown):
            self._history.addWidget(card)

    def _choose_revision(self, revision: "SubmittedRevision | None") -> None:
        self._older = revision
        self._show_revision()
        self._text.setFocus()

    def _show_decision(self) -> None:
        view = self._view
        self._decision.setVisible(view.can_decide)
        self._needs_comment.hide()
        for button in (self._return, self._accept):
            button.setEnabled(not self._deciding)

    # -- deciding

    def _edited(self) -> None:
        self._comments[self._view.lineage] = self._comment.toPlainText()
        if self._comment.toPlainText().strip():
            self._needs_comment.hide()

    def _return_it(self) -> None:
        if not self._comment.toPlainText().strip():
            self._needs_comment.show()
            announce(self, self._needs_comment.text())
            self._comment.setFocus()
            return
        said = self.tr("Đã trả lại bài của {}; sẽ gửi khi có mạng.")
        self._decide(self.session.handbook.cell.return_for_revision, said)

    def _accept_it(self) -> None:
        said = self.tr("Đã đánh giá Đạt bài của {}; sẽ gửi khi có mạng.")
        self._decide(self.session.handbook.cell.accept, said)

    def _decide(self, command: Callable[..., Changes], said: str) -> None:
        view, comment, now = self._view, self._comment.toPlainText(), self.session.now()
        onward = self._neighbour(1) or self._neighbour(-1)
        self._deciding = True
        self._show_decision()

        def done(_: Changes) -> None:
            self._deciding = False
            self._comments.pop(view.lineage, None)
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

        self.session.work.run(
            lambda: command(view.lineage, comment, now, seen_revision=view.revision), done, failed, self
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
        self._text = ReflectionText()
        self._text.setObjectName("review.text")
        self._text.setAccessibleName(self.tr("Bài thu hoạch"))
        self._paper = QFrame()
        self._paper.setProperty("card", True)
        QVBoxLayout(self._paper).addWidget(self._text)
        self._about_holder, self._about = _holder()
        self._history_holder, self._history = _holder()
        self._build_decision()
        self._page = Column(PAGE_WIDTH)
        self._side = Column(SIDE_WIDTH)
        self._side.body.addStretch(1)
        self._page.body.addStretch(1)
        for box in (self._text, self._comment):
            box.installEventFilter(self)
        self._panes = QHBoxLayout()
        self._panes.addWidget(self._paper, 1)
        self._panes.addWidget(self._side)
        self._panes.addWidget(self._page, 1)
        self.body.addLayout(self._panes, 1)

    def _build_decision(self) -> None:
        self._decision = Card(self.tr("Nhận xét"), "comment")
        self._comment = WritingBox(
            self.tr("Góp ý cho đảng viên"), self.tr("Nêu điều đã tốt và điều cần viết thêm.")
        )
        self._comment.setObjectName("review.comment")
        self._comment.edited.connect(self._edited)
        self._needs_comment = Label(self.tr("Hãy viết góp ý rồi trả lại: đồng chí ấy cần biết sửa gì."))
        self._needs_comment.setObjectName("review.needs-comment")
        self._needs_comment.setProperty("role", "strong")
        self._return = SecondaryButton(self.tr("Trả lại để viết thêm"), "return")
        self._return.setObjectName("review.return")
        self._return.clicked.connect(self._return_it)
        self._accept = PrimaryButton(self.tr("Đạt"), "check")
        self._accept.setObjectName("review.accept")
        self._accept.clicked.connect(self._accept_it)
        note = self.tr("Lưu ngay trên máy này và sẽ gửi khi có mạng. Đã đánh giá Đạt thì không rút lại được.")
        self._decision.add(self._comment, self._needs_comment, Label(note, Role.NOTE))
        self._decision.add_action(self._accept)
        self._decision.add_action(self._return)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The text boxes would take the keys that go from one reflection to the next for themselves."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = event.key() if event.modifiers() == Qt.KeyboardModifier.ControlModifier else None
            if keys in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                event.ignore()
                return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._arrange()

    def _arrange(self) -> None:
        px = current_theme().px
        beside = self.width() >= px(SIDE_FROM)
        parts = [self._about_holder, self._decision, self._history_holder]
        if not beside:
            parts.insert(1, self._paper)
        home = self._side.body if beside else self._page.body
        for place, part in enumerate(parts):
            if home.indexOf(part) != place:
                home.insertWidget(place, part)
        if beside and self._panes.indexOf(self._paper) != 0:
            self._panes.insertWidget(0, self._paper, 1)
        self._text.grow(not beside)
        self._side.setVisible(beside)
        self._page.setVisible(not beside)
        self._side.setFixedWidth(px(SIDE_WIDTH))
        self._panes.setSpacing(px(14))
        self._about.setSpacing(px(12))
        self._history.setSpacing(px(12))
        self._paper.layout().setContentsMargins(px(2), px(2), px(2), px(2))


def _holder() -> tuple[QWidget, QVBoxLayout]:
    holder = QWidget()
    rows = QVBoxLayout(holder)
    rows.setContentsMargins(0, 0, 0, 0)
    return holder, rows
