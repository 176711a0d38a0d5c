"""The rooms of the rail that a person's duties open; they come and go while the program runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from handbook.desktop.rail import Destination, rooms_of
from handbook.desktop.session import Place, Route, Session
from handbook.model.changes import Change, Changes

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook
    from handbook.desktop.window import Window


@dataclass(frozen=True, slots=True)
class Duties:
    """`who` stands at the head of the rail: the name and, on a second line, the cell."""

    who: str
    reads_cells: bool
    manages_members: bool
    reads_counts: bool


def read_duties(handbook: "Handbook") -> Duties:
    return Duties(
        who=f"{handbook.account.member().name}\n{handbook.account.cell_unit().name}",
        reads_cells=bool(handbook.cell.units()),
        manages_members=handbook.members.unit() is not None,
        reads_counts=handbook.committee.unit() is not None,
    )


def destinations(duties: Duties) -> tuple[Destination, ...]:
    of_duties = (
        (duties.reads_cells, Destination(Place.CELL, _tr("Chi bộ"), "cell")),
        (duties.manages_members, Destination(Place.MEMBERS, _tr("Đảng viên"), "user")),
        (duties.reads_counts, Destination(Place.COMMITTEE, _tr("Tổng hợp"), "list")),
    )
    return (
        Destination(Place.TODAY, _tr("Việc hôm nay"), "today"),
        Destination(Place.LIBRARY, _tr("Thư viện"), "library"),
        Destination(Place.NOTES, _tr("Ghi chú"), "note"),
        Destination(Place.STUDY, _tr("Học tập"), "study"),
        *(destination for held, destination in of_duties if held),
        Destination(Place.SYNC, _tr("Đồng bộ"), "sync"),
        Destination(Place.SETTINGS, _tr("Cài đặt"), "settings"),
    )


class Rooms(QObject):
    """Keeps the window's rail as the duties are. Who is in a room that ends is told where they are, and what
    they were typing there is shown to be copied."""

    def __init__(self, session: Session, window: "Window", shown: Duties) -> None:
        super().__init__(session)
        self._session = session
        self._window = window
        self._shown = shown
        session.changes.changed.connect(self._changed)

    def _changed(self, changes: Changes) -> None:
        if Change.ACCOUNT in changes:
            handbook = self._session.handbook
            # What could not be read is read again with the next change, and at the next start.
            self._session.work.run(lambda: read_duties(handbook), self._show, lambda _: None, self)

    def _show(self, duties: Duties) -> None:
        if duties == self._shown or not self._session.is_open:
            return
        before, after = destinations(self._shown), destinations(duties)
        self._shown = duties
        gone = [each for each in before if each not in after]
        come = [each for each in after if each not in before]
        open_still = {each.place for each in after}
        left = {place for place in Place if gone and not rooms_of(place) & open_still}
        screens = self._window.screens_at(left)
        typed = [screen.typed for screen in screens if screen.typed]
        for screen in screens:
            screen.leave()
        desk = self._session.handbook.cell.desk

        def change(kept: tuple[str, ...]) -> None:
            if not self._session.is_open:  # the window is somebody else's now
                return
            there = self._window.current
            if there and there.route.place in left:
                self._say_where_it_ended(gone, [*typed, *kept])
            elif come or gone:
                self._tell(come, gone)
            self._window.show_rooms(duties.who, after, left)

        self._session.work.run(desk.left_over, change, lambda _: change(()), self)

    def _say_where_it_ended(self, gone: Iterable[Destination], typed: Iterable[str]) -> None:
        from handbook.desktop.room_ended import RoomEnded

        page = RoomEnded(_names(gone), "\n\n".join(typed))
        page.left.connect(lambda: self._window.go(Route(place=Place.TODAY)))
        self._window.show_notice(page)
        page.onward.setFocus()

    def _tell(self, come: Iterable[Destination], gone: Iterable[Destination]) -> None:
        from handbook.desktop.widgets import Toast

        said = []
        if come:
            said.append(_tr("Đồng chí vừa được giao nhiệm vụ mới: có thêm mục {}.").format(_names(come)))
        if gone:
            said.append(_tr("Nhiệm vụ của đồng chí đã thay đổi: không còn mục {}.").format(_names(gone)))
        Toast(self._window, " ".join(said), seconds=12)


def _names(rooms: Iterable[Destination]) -> str:
    return ", ".join(f"“{each.text}”" for each in rooms)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Rooms", text)
