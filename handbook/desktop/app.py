"""The composition root of the desktop: builds the window, opens a profile behind it, wires and closes."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from handbook.client import profiles
from handbook.client.settings import Settings, change_settings, read_settings
from handbook.desktop.collecting import GarbageCollector
from handbook.desktop.crash import CrashReports
from handbook.desktop.language import use_vietnamese
from handbook.desktop.milestones import milestone
from handbook.desktop.rooms import Duties, Rooms, destinations, read_duties
from handbook.desktop.session import Place, Session
from handbook.desktop.signals import ended_by_signals
from handbook.desktop.start import the_application
from handbook.desktop.sync_times import NetworkWatch, SyncTimes
from handbook.desktop.theme import Mode, Theme, system_mode
from handbook.desktop.widgets import Action, Page
from handbook.desktop.window import Factory, Window
from handbook.desktop.work import Work
from handbook.errors import Expected, Locked, SignInFailed
from handbook.model.vietnamese import number_text

if TYPE_CHECKING:
    from handbook.client.glance import Glance
    from handbook.client.handbook import Handbook
    from handbook.desktop.screen import Screen
    from handbook.desktop.signin import SignInPage

KEEP_AFTER_MS = 2000
"""Without a change, before what the first screen shows is kept for the next start."""
PREPARE_AFTER_MS = 700
"""Between opening the profile and building its screens; the person looks at the first screen meanwhile."""


@dataclass(frozen=True, slots=True)
class _Opened:
    handbook: "Handbook"
    duties: Duties


class Desktop(QObject):
    """The running program. Tests and the tour build one in their own process and drive its window."""

    def __init__(self, data_dir: Path, window: Window | None = None) -> None:
        """`window` is one that is shown already and still empty."""
        super().__init__()
        self.application = the_application()
        self.data_dir = data_dir
        self.session: Session | None = None
        use_vietnamese(self.application)
        self.settings = read_settings(data_dir)
        self.apply_theme()
        self.crashes = CrashReports(data_dir / "crash")
        self.work = Work(self)
        self.work.crashed.connect(self.crashes.write)
        self.window = window or Window()
        self.window.left_profile.connect(self.leave_profile)
        self.window.closing.connect(self.close)
        self._times: SyncTimes | None = None
        self._kept = QTimer(self, interval=KEEP_AFTER_MS, singleShot=True)
        self._kept.timeout.connect(self._keep_glance)
        self._signin: SignInPage | None = None
        self._opening: Session | None = None
        self._unclaimed: Handbook | None = None
        self._leaves_when_open = False
        self._freezes = False
        GarbageCollector(self)

    @contextmanager
    def running(self) -> Iterator[None]:
        """While Qt's event loop runs: a signal ends the program as closing its window does."""
        self._freezes = True
        with ended_by_signals(self.window.close):
            yield
        self.close()

    def start(self, account: str | None = None, passphrase: str | None = None) -> None:
        """Show the window at once; the profile opens behind it."""
        self.crashes.watch()
        self.window.show()
        known = [card.account for card in profiles.profiles(self.data_dir)]
        wanted = account or (self.settings.last_account if self.settings.last_account in known else "")
        wanted = wanted or (known[0] if known else "")
        if not wanted:
            self.show_sign_in()
        elif passphrase is None:
            self._look_before_opening(wanted)
        else:
            self.open_profile(wanted, passphrase)

    def open_profile(self, account: str, passphrase: str | None) -> None:
        """Open a profile of this PC; the sign-in page is shown when its password is needed."""
        if not self._signin and not self._opening:
            self._show_loading()

        def open_it() -> _Opened:
            from handbook.client.handbook import open_handbook

            handbook = self._unclaimed = open_handbook(self.data_dir, account, passphrase)
            return _Opened(handbook, read_duties(handbook))

        self.work.run(open_it, self._opened, lambda error: self._not_opened(account, error), self)

    def _look_before_opening(self, account: str) -> None:
        """Show the tasks that were kept for this start, then open the profile: it takes longer."""

        def look() -> "Glance | None":
            from handbook.client.glance import read_glance

            return read_glance(self.data_dir, account)

        def show(glance: "Glance | None") -> None:
            if not glance:
                self.open_profile(account, None)
                return
            self._opening = Session(None, self.work, self.data_dir, parent=self)
            duties = Duties(
                who=f"{glance.name}\n{glance.unit_name}",
                reads_cells=glance.reads_cells,
                manages_members=glance.manages_members,
                reads_counts=glance.reads_counts,
            )
            self._open_window(self._opening, duties)
            self.window.current.show_today(glance.standing.today(self._opening.now()))
            _AfterPaint(self.window.current, shown)

        def shown() -> None:
            milestone("tasks")
            self.open_profile(account, None)

        self.work.run(look, show, lambda _: self.open_profile(account, None), self)

    def show_sign_in(self, account: str = "") -> None:
        """The choice of person, with this one ready to type the password."""
        from handbook.desktop.signin import SignInPage

        page = SignInPage(self.data_dir, self.work, account)
        page.ready.connect(self.open_profile)
        self._signin = page
        self.window.show_notice(page)

    def leave_profile(self) -> None:
        """Close and lock the profile, so that the next person at this PC sees nothing of it."""
        if self._opening:
            self._leaves_when_open = True
            self._show_loading()
            return
        self._leaves_when_open = False
        if not self.window.leaves_safely():
            return
        account = self.settings.last_account
        self.close_profile()

        def lock() -> None:
            from handbook.client.vault import Vault

            Vault(self.data_dir).forget(account)

        self.work.run(lock, lambda _: None, lambda _: None, self)
        self.show_sign_in()

    def close_profile(self) -> None:
        if self._times:
            self._times.deleteLater()
            self._times = None
        self._kept.stop()
        self.window.close_session()
        if self._opening:
            _let_go(self._opening)
            self._opening = None
        if session := self.session:
            session.close()
            self._keep_glance()
            self.session = None
            self.work.wait_until_idle(seconds=10)
            session.handbook.close()
            # Not before the last job has ended: it may be announcing to the session what it has committed.
            _let_go(session)

    def close(self) -> None:
        """End every job and the profile; safe to call again."""
        self.close_profile()
        self.work.close()
        if self._unclaimed:  # opened when nobody waited for it any more
            self._unclaimed.close()
            self._unclaimed = None
        self.crashes.unwatch()

    def apply_theme(self) -> None:
        """Give the whole program the look that the settings ask for."""
        wanted = self.settings.theme
        mode = system_mode(self.application) if wanted == "system" else Mode(wanted)
        Theme(mode, self.settings.text_scale).apply(self.application)

    def change_settings(self, **changes: object) -> Settings:
        """Keep the changed settings and show them at once. Raises DiskProblem."""
        self.settings = change_settings(self.data_dir, **changes)
        self.apply_theme()
        return self.settings

    def _opened(self, opened: _Opened) -> None:
        self._signin = None
        account = opened.handbook.account.member().account
        if account != self.settings.last_account:
            self.change_settings(last_account=account)
        self._unclaimed = None
        early, self._opening = self._opening, None
        session = early or Session(None, self.work, self.data_dir, parent=self)
        session.open(opened.handbook)
        self.session = session
        if self._leaves_when_open:
            self.leave_profile()
            return
        session.sync_changed.connect(self._show_state)
        session.changes.changed.connect(lambda _: self._show_state())
        for changed in (session.sync_changed, session.changes.changed):
            changed.connect(lambda *_: self._kept.start())
        if early:
            self.window.session_opened()
        else:
            self._open_window(session, opened.duties)
        first = self.window.current
        first.shown_ready.connect(lambda: self._shown(first), Qt.ConnectionType.SingleShotConnection)
        self._show_state()
        self._kept.start()
        self._times = SyncTimes(session, Random(), self)
        session.sync_now()
        if self._freezes:
            self._freezes = False
            gc.freeze()  # what stands now stays: no later collection has to look at it
        QTimer.singleShot(PREPARE_AFTER_MS, self, self._prepare_screens)

    def _prepare_screens(self) -> None:
        """Most of what the first click on a document or the library would wait for is not what they hold."""
        session = self.session

        steps = iter(
            (
                lambda: self.window.prepare(Place.READER),
                lambda: self.window.prepare(Place.LIBRARY),
                lambda: self.window.rehearse(Place.READER),
                lambda: self._times.watch(NetworkWatch(self._times)),
            )
        )

        def go_on(_: object = None) -> None:
            if self.session is session and (step := next(steps, None)):
                step()
                QTimer.singleShot(0, self, go_on)  # each in a turn of its own: a key may come between

        def read() -> None:
            for name in ("reader", "library"):
                import_module(f"handbook.desktop.{name}")

        if session:
            self.work.run(read, go_on, lambda _: None, session)

    def _open_window(self, session: Session, duties: Duties) -> None:
        self.window.open_session(session, duties.who, destinations(duties), self._factories())
        Rooms(session, self.window, duties)  # lives as long as the session

    def _keep_glance(self) -> None:
        """Keep what stands now for the next start, while nothing is going on."""
        if not self.session or self.session.syncing:
            return
        handbook, now = self.session.handbook, self.session.now()

        def keep() -> None:
            from handbook.client.glance import keep_glance

            keep_glance(handbook, now)

        # Without it the next start only takes longer: nobody has to be told.
        self.work.run(keep, lambda _: None, lambda _: None, self)

    def _shown(self, first: "Screen") -> None:
        _AfterPaint(first, lambda: (milestone("tasks"), milestone("opened")))

    def _show_loading(self) -> None:
        page = _NoticePage()
        page.show_loading(self.tr("Đang mở sổ tay…"))
        self.window.show_notice(page)

    def _not_opened(self, account: str, error: Expected) -> None:
        if self._opening:
            self.close_profile()
        if self._signin:
            self._signin.show_problem(error)
        elif isinstance(error, Locked | SignInFailed):
            self.show_sign_in(account)
        else:
            page = _NoticePage()
            page.show_error(error, Action(self.tr("Thử lại"), lambda: self.open_profile(account, None)))
            page.header.add_action(Action(self.tr("Chọn người khác"), self.show_sign_in, "user"))
            self.window.show_notice(page)

    def _factories(self) -> dict[Place, Factory]:
        # A screen is imported when the person first goes there: the first paint waits for none of them.
        def from_module(name: str) -> Factory:
            def build(session: Session) -> "Screen":
                module = import_module(f"handbook.desktop.{name}")
                return getattr(module, f"{name.capitalize()}Screen")(session)

            return build

        def settings_screen(session: Session) -> "Screen":
            from handbook.desktop.settings import SettingsScreen

            return SettingsScreen(session, self.settings, self.change_settings)

        return {place: from_module(place.value) for place in Place} | {Place.SETTINGS: settings_screen}

    def _show_state(self) -> None:
        session = self.session
        if not session:
            return
        if session.syncing:
            progress = session.sync_progress
            if progress and progress.total:
                share = number_text(100 * progress.done / progress.total)
                self.window.show_state("sync", self.tr("Đang tải… {} %").format(share))
            else:
                self.window.show_state("sync", self.tr("Đang đồng bộ…"))
            return

        def show(owed: int) -> None:
            if owed:
                self.window.show_state("cloud-wait", self.tr("{} mục chờ gửi").format(owed))
            elif session.sync_error:
                self.window.show_state("offline", self.tr("Chưa kết nối được"))
            else:
                self.window.show_state("check-circle", self.tr("Đã gửi hết"))

        self.work.run(lambda: len(session.handbook.outbox.owed()), show, lambda _: None, session)


def _let_go(session: Session) -> None:
    """Delete a session that is over, when the event loop comes round to it.

    What it is connected to may hold the last reference to the Desktop, which then ends in the middle of the
    deletion: as the parent it would delete the session a second time.
    """
    session.setParent(None)
    session.deleteLater()


class _NoticePage(Page):
    """A page before anybody is signed in."""

    def __init__(self) -> None:
        super().__init__("Sổ tay đảng viên")


class _AfterPaint(QObject):
    """Calls `act` once: when the widget's next picture has gone to the window system, or after a second.

    A widget that nobody sees is not painted.
    """

    def __init__(self, widget: QWidget, act: Callable[[], object]) -> None:
        super().__init__(widget)
        self._act = act
        widget.installEventFilter(self)
        widget.update()
        QTimer.singleShot(1000, self, self._call)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, self, self._call)
        return False

    def _call(self) -> None:
        if self._act:
            act, self._act = self._act, None
            self.deleteLater()
            act()
