"""A screen: a page of one signed-in person that reads in the background and asks the window to go on."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Signal

from handbook.desktop.session import Place, Route, Session
from handbook.desktop.widgets import Action, Banner, Page
from handbook.desktop.work import Job
from handbook.errors import Expected
from handbook.model.changes import Change, Changes

T = TypeVar("T")


class Screen(Page):
    """What the window shows for a place. Screens never know each other: they emit `navigate`.

    `undo_offered(text, undo)` asks the window for a toast with *Hoàn tác*; `undo` runs on the GUI thread.
    `shown_ready()` is emitted when the content asked for by the latest `load` is on the screen.
    """

    navigate = Signal(object)
    undo_offered = Signal(str, object)
    shown_ready = Signal()
    concerns: frozenset[Change] = frozenset()

    def __init__(self, session: Session, scrolls: bool = True) -> None:
        super().__init__("", "", scrolls)
        self.session = session
        self.route = Route(place=Place.TODAY)
        self._loading: Job[object] | None = None
        self._stale = True

    def show_route(self, route: Route) -> None:
        """The window shows this screen for `route`; called each time the person comes here."""
        changed = route != self.route
        self.route = route
        if self.session.is_open and (changed or self._stale):
            self.refresh()

    def rehearse(self, size: QSize) -> None:
        """Do out of sight, in this size, what is done once: the first time the person comes is as any other.

        Called while nothing else goes on, at most once; a turn of the event loop stays short.
        """

    def refresh(self) -> None:
        """Read again what is shown; a screen starts a job with `load` here."""
        self._stale = False

    def changed(self, changes: Changes) -> None:
        """Something was committed: read again now, or when the screen is next shown."""
        if not self.concerns & changes:
            return
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def leave(self) -> None:
        """The person goes elsewhere or the window closes: what is being typed is safe when this returns."""

    @property
    def typed(self) -> str:
        """What stands typed in the fields here and is nowhere else, when the screen is about to go."""
        return ""

    @property
    def holds_unsaved(self) -> bool:
        """Whether closing now would lose something that was typed here, because the disk did not take it."""
        return False

    def load(self, read: Callable[[], T], show: Callable[[T], object]) -> None:
        """Run `read` off the GUI thread and `show` its answer; a later `load` replaces one still running.

        An Expected error is shown in place of the content, with a button to try again.
        """
        if self._loading:
            self._loading.cancel()
        self._stale = False

        def answer(content: T) -> None:
            show(content)
            self.shown_ready.emit()

        self._loading = self.session.work.run(read, answer, self._cannot_load, self)

    def command(self, act: Callable[[], Changes], done: Callable[[Changes], object] | None = None) -> None:
        """Run a command off the GUI thread; an Expected error becomes a banner and what was typed stays."""
        self.session.work.run(act, done or _nothing, self._cannot_do, self)

    def _cannot_load(self, error: Expected) -> None:
        self.show_error(error, Action(self.tr("Thử lại"), self.refresh))

    def _cannot_do(self, error: Expected) -> None:
        self.show_banner(Banner.of_error(error))


def _nothing(_: object) -> None:
    pass
