"""Việc hôm nay: what to read and to write, why now, and how delivery stands; one button each."""

from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
    Icon,
    Kind,
    Label,
    Pill,
    PrimaryButton,
    Role,
    SecondaryButton,
    SectionLabel,
    Tone,
)
from handbook.model.changes import Change
from handbook.model.urgency import Urgency
from handbook.model.vietnamese import date_text, since_text, weekday_text

if TYPE_CHECKING:
    from handbook.client.today import Task, Today

BESIDE_FROM = 620
"""Width of a task, in pixels at 100 %, from which its button stands beside the words."""
BUTTON_PX = 112
WORTH_TELLING = timedelta(minutes=1)
"""What has waited for less is on its way."""

_ICONS = {
    "read": "document",
    "write": "editor",
    "revise": "return",
    "compare": "versions",
    "review": "cell",
}


class TodayScreen(Screen):
    concerns = frozenset(
        {Change.STUDY, Change.REFLECTION, Change.CELL, Change.OUTBOX, Change.SYNC, Change.LIBRARY}
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.header.show_text(self.tr("Việc hôm nay"), weekday_text(session.now()))
        self._badges = {
            Urgency.OVERDUE: (self.tr("Quá hạn"), Tone.DANGER),
            Urgency.TODAY: (self.tr("Hạn hôm nay"), Tone.DANGER),
            Urgency.SOON: (self.tr("Sắp đến hạn"), Tone.WARN),
        }
        session.sync_changed.connect(self._sync_changed)

    def refresh(self) -> None:
        now = self.session.now()
        self.load(lambda: self.session.handbook.study.today(now), self.show_today)

    def show_today(self, today: "Today") -> None:
        """Put the tasks on the page, in place of those it shows."""
        focused = self.focusWidget().objectName() if self.focusWidget() else ""
        self._clear()
        self.header.show_text(self.tr("Việc hôm nay"), weekday_text(self.session.now()))
        self._show_set_aside(today)
        for number, task in enumerate(today.tasks):
            self.body.addWidget(self._task(number, task))
        if not today.tasks:
            self.body.addWidget(self._nothing_to_do(today))
        self.body.addWidget(SectionLabel(self.tr("Gửi và nhận")))
        self.body.addWidget(self._exchange(today))
        self.body.addStretch(1)
        self.show_ready()
        if focused and (again := self.findChild(QWidget, focused)):
            again.setFocus()

    def _task(self, number: int, task: "Task") -> "TaskCard":
        kind = PrimaryButton if number == 0 else SecondaryButton
        button = kind(task.action)
        button.setObjectName(f"today.task.{number}")
        button.setAccessibleDescription(f"{task.title}. {task.reason}")
        button.clicked.connect(lambda: self.navigate.emit(_route_of(task)))
        badge = Pill(*self._badges[task.urgency]) if task.urgency in self._badges else None
        return TaskCard(_ICONS[task.kind], task.title, task.reason, badge, button)

    def _nothing_to_do(self, today: "Today") -> Card:
        if not today.last_sync:  # nothing is known of what there is to do
            card = Card(self.tr("Máy này chưa nhận nhiệm vụ nào"), "sync")
            words = self.tr("Nhiệm vụ và văn bản về máy khi đồng bộ lần đầu.")
            card.add(Label(words, Role.MUTED))
            card.add_action(Action(self.tr("Đồng bộ ngay"), self.session.sync_now, "sync"), PrimaryButton)
            return card
        card = Card(self.tr("Hôm nay đồng chí không còn việc nào đến hạn"), "check-circle")
        if today.next_due:
            words = self.tr("Việc gần nhất: {}, hạn {}.").format(
                today.next_due_title, date_text(today.next_due)
            )
        else:
            words = self.tr("Đồng chí có thể đọc tiếp trong thư viện.")
        card.add(Label(words, Role.MUTED))
        card.add_action(
            Action(self.tr("Mở thư viện"), lambda: self.navigate.emit(Route(place=Place.LIBRARY)), "library")
        )
        return card

    def _exchange(self, today: "Today") -> QWidget:
        now = self.session.now()
        if today.waiting:
            title = self.tr("{} mục chờ gửi").format(today.waiting)
            if today.waiting_since and now - today.waiting_since >= WORTH_TELLING:
                title = self.tr("{}, từ {}").format(title, since_text(today.waiting_since, now))
            icon = "cloud-wait"
        else:
            title, icon = self.tr("Không còn gì chờ gửi"), "check-circle"
        if today.last_sync:
            last = self.tr("Đồng bộ lần cuối: {}.").format(since_text(today.last_sync, now))
        else:
            last = self.tr("Chưa đồng bộ lần nào.")
        button = SecondaryButton(self.tr("Xem chi tiết"))
        button.setObjectName("today.sync")
        button.clicked.connect(lambda: self.navigate.emit(Route(place=Place.SYNC)))
        card = TaskCard(icon, title, f"{last} {today.last_error}".strip(), None, button)
        card.setObjectName("today.state")
        return card

    def _show_set_aside(self, today: "Today") -> None:
        if not today.set_aside:
            self.clear_banner()
            return
        self.show_banner(
            Banner(
                Kind.WARN,
                self.tr("{} mục không gửi được và đang chờ đồng chí xem.").format(today.set_aside),
                self.tr("Không có chữ nào bị mất."),
                Action(self.tr("Xem lý do"), lambda: self.navigate.emit(Route(place=Place.SYNC))),
                dismissible=False,
            )
        )

    def _sync_changed(self) -> None:
        if not self.session.syncing:
            self.refresh()

    def _clear(self) -> None:
        while item := self.body.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()


class TaskCard(QFrame):
    """One thing to do: what, why now, and its button, beside the words where there is room."""

    def __init__(self, icon: str, title: str, reason: str, badge: Pill | None, button: QWidget) -> None:
        super().__init__()
        self.setProperty("card", True)
        self.setAccessibleName(title)
        self._button = button
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(title, Role.HEADING))
        words.addWidget(Label(reason, Role.MUTED))
        self._what = QHBoxLayout()
        self._what.addWidget(Icon(icon, "accent", 22), alignment=Qt.AlignmentFlag.AlignTop)
        self._what.addLayout(words, 1)
        self._do = QHBoxLayout()
        if badge:
            self._do.addWidget(badge)
        self._do.addWidget(button)
        self._do.addStretch(1)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.addLayout(self._what, 1)
        self._parts.addLayout(self._do)
        self._measure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._direct()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _direct(self) -> None:
        beside = self.width() >= current_theme().px(BESIDE_FROM)
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if self._parts.direction() != direction:
            self._parts.setDirection(direction)

    def _measure(self) -> None:
        px = current_theme().px
        self._parts.setContentsMargins(px(16), px(11), px(14), px(11))
        self._parts.setSpacing(px(10))
        self._what.setSpacing(px(12))
        self._do.setSpacing(px(12))
        self._button.setMinimumWidth(px(BUTTON_PX))
        self._direct()


def _route_of(task: "Task") -> Route:
    if task.kind == "compare":
        return Route(place=Place.DIFFERENCES, document=task.document_id)
    if task.document_id:
        return Route(place=Place.READER, document=task.document_id, assignment=task.assignment_id)
    if task.kind == "review":
        return Route(place=Place.CELL, assignment=task.assignment_id)
    return Route(place=Place.EDITOR, assignment=task.assignment_id)
