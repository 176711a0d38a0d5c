"""Học tập: the assignments, and of the chosen one what to read, what to write and how it stands."""

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES, Button
from handbook.desktop.rows import Row, RowList
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.states import STATE_TONES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Card,
    Column,
    Label,
    LinkButton,
    Pill,
    PrimaryButton,
    Role,
    SecondaryButton,
    SectionLabel,
    Tone,
)
from handbook.model.changes import Change
from handbook.model.reflection import STATE_NAMES, State
from handbook.model.study import MARK_NAMES, VIETNAM, Urgency
from handbook.model.vietnamese import date_text, due_text, moment_text, number_text

if TYPE_CHECKING:
    from handbook.client.assignments import AssignmentView, ReflectionCard
    from handbook.client.cards import DocumentCard

LIST_WIDTH = 340
SIDE_BY_SIDE_FROM = 780
"""Width at 100 % text from which list and detail stand beside each other."""


class StudyScreen(Screen):
    concerns = frozenset({Change.STUDY, Change.REFLECTION, Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Học tập"), self.tr("Nhiệm vụ học tập của chi bộ giao cho đồng chí"))
        self._views: dict[str, AssignmentView] = {}
        self._recalled: frozenset[str] = frozenset()
        self._shown: tuple[AssignmentView, date] | None = None
        self._list = RowList(self.tr("Nhiệm vụ học tập"))
        self._list.setObjectName("study.list")
        self._list.chosen.connect(self._show_detail)
        self._list.opened.connect(self._open)
        self._detail = Column(max_width=760)
        self._panes = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._panes.addWidget(self._list)
        self._panes.addWidget(self._detail, 1)
        self.body.addLayout(self._panes)
        self._arrange()

    def refresh(self) -> None:
        now = self.session.now()
        if not self._views:
            self.show_loading(self.tr("Đang mở nhiệm vụ học tập…"))
        study = self.session.handbook.study
        self.load(lambda: (study.assignments(now), study.recalled(now)), self._show_assignments)

    def _show_assignments(self, found: "tuple[tuple[AssignmentView, ...], ...]") -> None:
        present, recalled = found
        views = present + recalled
        self._views = {view.assignment.id: view for view in views}
        self._recalled = frozenset(view.assignment.id for view in recalled)
        if not views:
            self.show_empty(
                "study",
                self.tr("Chưa có nhiệm vụ học tập nào"),
                self.tr("Khi đảng uỷ giao nhiệm vụ, nhiệm vụ sẽ hiện ở đây sau lần đồng bộ kế tiếp."),
                Action(self.tr("Đồng bộ ngay"), self.session.sync_now, "sync"),
            )
            return
        wanted = self.route.assignment or self._list.current_key
        current = wanted if wanted in self._views else views[0].assignment.id
        self._list.show_rows([self._row(view) for view in views], current)
        self._show_detail(current)
        self.show_ready()

    def _row(self, view: "AssignmentView") -> Row:
        badge, tone = self._badge(view)
        if view.assignment.id in self._recalled:
            note = self.tr("Bài đã viết vẫn được giữ")
            return Row(key=view.assignment.id, title=view.assignment.title, note=note, badge=badge, tone=tone)
        today = self.session.now().astimezone(VIETNAM).date()
        due = date_text(view.assignment.due_on)
        if view.done or view.urgency is not Urgency.OVERDUE:
            due = self.tr("Hạn {}").format(due)
        if not view.done and view.urgency is not Urgency.OVERDUE:
            due = f"{due}, {due_text(view.assignment.due_on, today)}"
        return Row(
            key=view.assignment.id,
            title=view.assignment.title,
            note=due,
            badge=badge,
            tone=tone,
        )

    def _badge(self, view: "AssignmentView") -> tuple[str, Tone]:
        if view.assignment.id in self._recalled:
            return self.tr("Đã rút"), Tone.NEUTRAL
        reflection = view.reflection
        if reflection and reflection.refused:
            return self.tr("Cần xem"), Tone.WARN
        if view.mark:
            return MARK_NAMES[view.mark.kind], Tone.OK
        if reflection and reflection.returned:
            return STATE_NAMES[State.RETURNED], STATE_TONES[State.RETURNED]
        if reflection and reflection.state is not State.DRAFT:
            return STATE_NAMES[reflection.state], STATE_TONES[reflection.state]
        if view.done:
            return self.tr("Đã xong"), Tone.OK
        if view.urgency is Urgency.OVERDUE:
            return self.tr("Quá hạn"), Tone.DANGER
        if view.urgency in (Urgency.TODAY, Urgency.SOON):
            return self.tr("Sắp đến hạn"), Tone.WARN
        if view.urgency is Urgency.UPCOMING:
            return self.tr("Chưa mở"), Tone.NEUTRAL
        if reflection:
            return STATE_NAMES[State.DRAFT], STATE_TONES[State.DRAFT]
        return self.tr("Cần làm"), Tone.NEUTRAL

    def _show_detail(self, assignment_id: str) -> None:
        """What is shown already stays as it is: nobody loses their place to a sync that changed nothing."""
        self.route = Route(place=Place.STUDY, assignment=assignment_id)
        view = self._views[assignment_id]
        today = self.session.now().astimezone(VIETNAM).date()
        if self._shown == (view, today):
            return
        stays = self._shown is not None and self._shown[0].assignment.id == assignment_id
        self._shown = (view, today)
        focused = self.focusWidget().objectName() if self.focusWidget() else ""
        place = self._detail.verticalScrollBar().value() if stays else 0
        self._clear_detail()
        rows = self._detail.body
        rows.addWidget(self._summary(view))
        sections = [self._add_documents]
        if view.assignment.wants_reflection:
            # What comes next stands first.
            sections.insert(0 if view.progress.read_all else 1, self._add_reflection)
        for add in sections:
            add(view)
        rows.addStretch(1)
        self._detail.verticalScrollBar().setValue(place)
        # The former one of that name, which is about to be deleted, comes first.
        if focused and (named := self._detail.findChildren(QWidget, focused)):
            named[-1].setFocus()

    def _add_documents(self, view: "AssignmentView") -> None:
        self._detail.body.addWidget(SectionLabel(self.tr("Tài liệu cần đọc")))
        for number, document in enumerate(view.documents):
            self._detail.body.addWidget(self._document(number, document))

    def _add_reflection(self, view: "AssignmentView") -> None:
        self._detail.body.addWidget(SectionLabel(self.tr("Bài thu hoạch")))
        self._detail.body.addWidget(self._reflection(view))

    def _summary(self, view: "AssignmentView") -> Card:
        assignment = view.assignment
        today = self.session.now().astimezone(VIETNAM).date()
        due = self.tr("Hạn {}, {}").format(date_text(assignment.due_on), due_text(assignment.due_on, today))
        if view.done or assignment.id in self._recalled:
            due = self.tr("Hạn {}").format(date_text(assignment.due_on))
        card = Card(assignment.title, "study", due)
        card.add_at_end_of_title(Pill(*self._badge(view)))
        if assignment.question:
            card.add(Label(assignment.question))
        next_step = view.next_step
        if assignment.id in self._recalled:
            next_step = self.tr("Đảng uỷ đã rút nhiệm vụ này. Bài đã viết vẫn xem, in và lưu được.")
        card.add(Label(next_step, Role.MUTED))
        return card

    def _document(self, number: int, document: "DocumentCard") -> Card:
        title = getattr(document, "title", "")
        if getattr(document, "withdrawn", False):
            card = Card(self.tr("Tài liệu đã được nơi phát hành thu hồi"), "offline")
            card.add_action(
                Action(
                    self.tr("Xem lý do"),
                    lambda: self.navigate.emit(Route(place=Place.READER, document=document.id)),
                    "document",
                )
            )
            return card
        if not title:  # a MissingDocument
            card = Card(self.tr("Tài liệu chưa có trên máy này"), "offline")
            card.add(Label(self.tr("Hãy đồng bộ để nhận tài liệu."), Role.MUTED))
            return card
        name = f"{document.number} {title}".strip()
        card = Card(name, "check-circle" if document.read else "document", document.issuer)
        if document.revised_since_read:
            read = Pill(self.tr("Đã đọc bản trước"), Tone.WARN)
        else:
            read = Pill(self.tr("Đã đọc"), Tone.OK) if document.read else Pill(self.tr("Chưa đọc"))
        card.add_at_end_of_title(read)
        if document.revised_since_read:
            said = self.tr("Văn bản có bản mới từ khi đồng chí đánh dấu đã đọc.")
            card.add(Label(said, Role.MUTED))
            differences = Route(place=Place.DIFFERENCES, document=document.id)
            see = Action(self.tr("Xem điểm mới"), lambda: self.navigate.emit(differences), "versions")
            card.add_action(see).setObjectName(f"study.differences.{number}")
        button = card.add_action(
            Action(
                self.tr("Đọc lại") if document.read else self.tr("Đọc"),
                lambda: self.navigate.emit(Route(place=Place.READER, document=document.id)),
                "document",
            )
        )
        button.setObjectName(f"study.read.{number}")
        button.setAccessibleDescription(name)
        return card

    def _reflection(self, view: "AssignmentView") -> Card:
        reflection = view.reflection
        card = Card(self._reflection_title(view), "editor")
        if reflection:
            card.add_at_end_of_title(Pill(*self._reflection_pill(reflection)))
            card.add(Label(self._reflection_words(reflection)))
            card.add(Label(self.tr("Cập nhật {}").format(moment_text(reflection.updated_at)), Role.NOTE))
            if reflection.comment:
                said = self.tr("{}: “{}”").format(reflection.returned_by, reflection.comment)
                card.add(Label(said, Role.STRONG))
        else:
            card.add(Label(self.tr("Chưa viết. Mỗi giây gõ đều được lưu trên máy này."), Role.MUTED))
        go = Route(place=Place.EDITOR, assignment=view.assignment.id)
        text, kind = self._write_button(reflection)
        button = card.add_action(Action(text, lambda: self.navigate.emit(go), "editor"), kind)
        button.setObjectName("study.write")
        button.setEnabled(view.urgency is not Urgency.UPCOMING)
        if reflection and reflection.revision and reflection.state is not State.WAITING:
            receipt = Route(
                place=Place.RECEIPT,
                assignment=view.assignment.id,
                lineage=reflection.lineage,
                revision=reflection.revision,
            )
            link = card.add_action(
                Action(self.tr("Biên nhận"), lambda: self.navigate.emit(receipt), "receipt"), LinkButton
            )
            link.setObjectName("study.receipt")
        return card

    def _reflection_title(self, view: "AssignmentView") -> str:
        parts = self.tr("{} phần").format(len(view.assignment.parts))
        least = view.assignment.min_words
        return self.tr("Ít nhất {} chữ, {}").format(number_text(least), parts) if least else parts

    def _reflection_pill(self, reflection: "ReflectionCard") -> tuple[str, Tone]:
        if reflection.refused:
            return self.tr("Cần xem"), Tone.WARN
        return STATE_NAMES[reflection.state], STATE_TONES[reflection.state]

    def _reflection_words(self, reflection: "ReflectionCard") -> str:
        if reflection.refused:
            return reflection.refused
        return {
            State.DRAFT: self.tr("Bài nháp đang viết dở, chỉ đồng chí đọc được."),
            State.WAITING: self.tr("Đã lưu an toàn; sẽ tự gửi khi có mạng."),
            State.RECEIVED: self.tr("Máy chủ của đảng uỷ đã nhận bài và ký biên nhận."),
            State.OPENED: self.tr("Chi bộ đã mở bài của đồng chí."),
            State.RETURNED: self.tr("Chi bộ trả lại để đồng chí viết thêm."),
            State.ACCEPTED: self.tr("Chi bộ đã đánh giá Đạt."),
        }[reflection.state]

    def _write_button(self, reflection: "ReflectionCard | None") -> tuple[str, type[Button]]:
        """Its words, and whether it is what the person most likely wants to do here."""
        if reflection is None:
            return self.tr("Viết bài"), PrimaryButton
        if reflection.refused:
            return self.tr("Xem và xử lý"), PrimaryButton
        if reflection.state is State.DRAFT:
            return self.tr("Viết tiếp"), PrimaryButton
        if reflection.state is State.RETURNED:
            return self.tr("Sửa bài"), PrimaryButton
        return self.tr("Xem bài"), SecondaryButton

    def _open(self, assignment_id: str) -> None:
        view = self._views[assignment_id]
        unread = [d for d in view.documents if not getattr(d, "read", True)]
        if unread:
            self.navigate.emit(Route(place=Place.READER, document=unread[0].id))
        elif view.assignment.wants_reflection and view.urgency is not Urgency.UPCOMING:
            self.navigate.emit(Route(place=Place.EDITOR, assignment=assignment_id))

    def _clear_detail(self) -> None:
        rows = self._detail.body
        while item := rows.takeAt(0):
            if isinstance(widget := item.widget(), QWidget):
                widget.hide()
                widget.deleteLater()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._arrange()

    def _arrange(self) -> None:
        px = current_theme().px
        beside = self.width() >= px(SIDE_BY_SIDE_FROM)
        self._panes.setDirection(
            QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        )
        self._panes.setSpacing(px(16))
        if beside:
            self._list.setFixedWidth(px(LIST_WIDTH))
            self._list.setMaximumHeight(16_777_215)
        else:
            self._list.setMinimumWidth(0)
            self._list.setMaximumWidth(16_777_215)
            self._list.setMaximumHeight(max(px(90), self.height() // 3))
