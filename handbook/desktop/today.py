"""Việc hôm nay: what to read and to write, why now, and how delivery stands; one button each."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
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
from handbook.model.study import Urgency
from handbook.model.vietnamese import date_text, since_text, weekday_text

if TYPE_CHECKING:
    from handbook.client.study import Task, Today

_ICONS = {"read": "document", "write": "editor", "revise": "return", "review": "cell"}


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
        self.load(lambda: self.session.handbook.study.today(now), self._show_today)

    def _show_today(self, today: "Today") -> None:
        self._clear()
        self.header.show_text(self.tr("Việc hôm nay"), weekday_text(self.session.now()))
        self._show_set_aside(today)
        for number, task in enumerate(today.tasks):
            self.body.addWidget(self._task_card(number, task))
        if not today.tasks:
            self.body.addWidget(self._nothing_to_do(today))
        self.body.addWidget(SectionLabel(self.tr("Gửi và nhận")))
        self.body.addWidget(self._exchange(today))
        self.body.addStretch(1)
        self.show_ready()

    def _task_card(self, number: int, task: "Task") -> Card:
        card = Card(task.title, _ICONS[task.kind], task.reason)
        if task.urgency in self._badges:
            card.add_at_end_of_title(Pill(*self._badges[task.urgency]))
        kind = PrimaryButton if number == 0 else SecondaryButton
        button = card.add_action(Action(task.action, lambda: self.navigate.emit(_route_of(task))), kind)
        button.setObjectName(f"today.task.{number}")
        button.setAccessibleDescription(f"{task.title}. {task.reason}")
        return card

    def _nothing_to_do(self, today: "Today") -> Card:
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
            title, icon = self.tr("{} mục chờ gửi").format(today.waiting), "cloud-wait"
            if today.waiting_since:
                title += self.tr(", cũ nhất {}").format(since_text(today.waiting_since, now))
        else:
            title, icon = self.tr("Không còn gì chờ gửi"), "check-circle"
        if today.last_sync:
            last = self.tr("Đồng bộ lần cuối: {}.").format(since_text(today.last_sync, now))
        else:
            last = self.tr("Chưa đồng bộ lần nào.")
        card = Card(title, icon, f"{last} {today.last_error}".strip())
        card.setObjectName("today.state")
        card.add_action(
            Action(self.tr("Xem chi tiết"), lambda: self.navigate.emit(Route(place=Place.SYNC)), "sync")
        )
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


def _route_of(task: "Task") -> Route:
    if task.document_id:
        return Route(place=Place.READER, document=task.document_id, assignment=task.assignment_id)
    if task.kind == "review":
        return Route(place=Place.CELL, assignment=task.assignment_id)
    return Route(place=Place.EDITOR, assignment=task.assignment_id)
