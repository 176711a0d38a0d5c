"""Jobs run off the GUI thread, are answered on it, and never after the screen that asked is gone."""

import sys
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from handbook.desktop.changes import ChangeSignal
from handbook.desktop.work import Cancelled, Crashed, Job, Lane, Work
from handbook.errors import Expected, Offline
from handbook.model.changes import Change

pytestmark = pytest.mark.gui

SECONDS = 20
"""An upper limit for what is over in milliseconds."""


@pytest.fixture
def work(qapp: QApplication) -> Iterator[Work]:
    work = Work()
    yield work
    work.close()


@pytest.fixture
def screen(qapp: QApplication) -> Iterator[QObject]:
    screen = QObject()
    yield screen


def unwanted(answer: object) -> None:
    pytest.fail(f"answered with {answer!r}")


def delete_now(thing: QObject) -> None:
    thing.deleteLater()
    QApplication.sendPostedEvents(thing, QEvent.Type.DeferredDelete)


def test_a_job_runs_elsewhere_and_is_answered_on_the_gui_thread(work: Work, screen: QObject) -> None:
    gui, seen = threading.get_ident(), []
    work.run(
        threading.get_ident, lambda ran_on: seen.append((ran_on, threading.get_ident())), unwanted, screen
    )
    assert not seen, "answered before the event loop ran"
    assert work.wait_until_idle(SECONDS)
    [(ran_on, answered_on)] = seen
    assert ran_on != gui
    assert answered_on == gui


def test_jobs_of_the_store_run_one_at_a_time_in_the_order_asked(work: Work, screen: QObject) -> None:
    running, overlaps, order, answers = threading.Lock(), [], [], []

    def job(number: int) -> int:
        overlaps.append(not running.acquire(blocking=False))
        order.append(number)
        running.release()
        return number

    for number in range(50):
        work.run(lambda number=number: job(number), answers.append, unwanted, screen)
    assert work.wait_until_idle(SECONDS)
    assert order == answers == list(range(50))
    assert not any(overlaps)


def test_a_slow_connection_does_not_hold_up_the_store_nor_another_connection(
    work: Work, screen: QObject
) -> None:
    release, seen = threading.Event(), []
    work.run(lambda: release.wait(SECONDS), lambda _: seen.append("slow"), unwanted, screen, Lane.NET)
    work.run(lambda: "store", seen.append, unwanted, screen)

    def end_the_slow_one(answer: str) -> None:
        seen.append(answer)
        release.set()

    work.run(lambda: "net", end_the_slow_one, unwanted, screen, Lane.NET)
    assert work.wait_until_idle(SECONDS)
    assert sorted(seen[:2]) == ["net", "store"]
    assert seen[2] == "slow"


def test_an_expected_error_reaches_the_screen_that_asked(work: Work, screen: QObject) -> None:
    errors: list[Expected] = []

    def job() -> None:
        raise Offline("Chưa có mạng.", "Sẽ tự gửi khi có mạng.")

    work.run(job, unwanted, errors.append, screen)
    assert work.wait_until_idle(SECONDS)
    assert [error.message for error in errors] == ["Chưa có mạng."]


def test_a_bug_is_reported_and_the_screen_is_told_in_plain_words(work: Work, screen: QObject) -> None:
    bugs: list[BaseException] = []
    errors: list[Expected] = []
    work.crashed.connect(bugs.append)
    work.run(lambda: 1 // 0, unwanted, errors.append, screen)
    work.run(lambda: "still alive", bugs.append, unwanted, screen)
    assert work.wait_until_idle(SECONDS)
    assert isinstance(bugs[0], ZeroDivisionError)
    assert bugs[0].__traceback__ is not None
    assert isinstance(errors[0], Crashed)
    assert errors[0].advice
    assert bugs[1] == "still alive"


def test_nobody_is_answered_once_the_screen_is_destroyed_but_the_work_is_done(
    work: Work, qapp: QApplication
) -> None:
    screen, begun, release, saved = QWidget(), threading.Event(), threading.Event(), []

    def save() -> None:
        begun.set()
        release.wait(SECONDS)
        saved.append("bài thu hoạch")

    work.run(save, unwanted, unwanted, screen)
    work.run(lambda: saved.append("ghi chú"), unwanted, unwanted, screen)
    assert begun.wait(SECONDS)
    delete_now(screen)
    release.set()
    assert work.wait_until_idle(SECONDS)
    assert saved == ["bài thu hoạch", "ghi chú"]


def test_a_bug_is_reported_even_when_the_screen_is_gone(work: Work, qapp: QApplication) -> None:
    bugs: list[BaseException] = []
    work.crashed.connect(bugs.append)
    screen = QObject()
    work.run(lambda: 1 // 0, unwanted, unwanted, screen)
    delete_now(screen)
    assert work.wait_until_idle(SECONDS)
    assert len(bugs) == 1


def test_a_screen_that_only_its_job_still_holds_is_released_on_the_gui_thread(
    work: Work, qapp: QApplication
) -> None:
    gui, released_on = threading.get_ident(), []
    for _ in range(30):
        screen = QObject()
        weakref.finalize(screen, lambda: released_on.append(threading.get_ident()))
        work.run(lambda screen=screen: screen and 1, lambda _: None, unwanted, screen)
        del screen
        assert work.wait_until_idle(SECONDS)
    assert len(released_on) == 30
    assert set(released_on) == {gui}


def test_a_cancelled_job_that_has_not_begun_never_begins(work: Work, screen: QObject) -> None:
    release, ran = threading.Event(), []
    work.run(lambda: release.wait(SECONDS), lambda _: None, unwanted, screen)
    waiting = work.run(lambda: ran.append("begun"), unwanted, unwanted, screen)
    waiting.cancel()
    release.set()
    assert work.wait_until_idle(SECONDS)
    assert not ran


def test_a_running_job_sees_that_it_was_cancelled_and_answers_nobody(work: Work, screen: QObject) -> None:
    begun, cancelled, seen = threading.Event(), threading.Event(), []

    def long_job(job: Job[None]) -> None:
        begun.set()
        cancelled.wait(SECONDS)
        seen.append(job.cancelled)
        job.stop_if_cancelled()
        seen.append("went on")

    job = work.run_reporting(long_job, unwanted, unwanted, screen)
    assert begun.wait(SECONDS)
    job.cancel()
    cancelled.set()
    assert work.wait_until_idle(SECONDS)
    assert seen == [True]


def test_an_answer_already_on_its_way_is_dropped_when_the_job_is_cancelled(
    work: Work, screen: QObject
) -> None:
    done = threading.Event()
    job = work.run(lambda: done.set(), unwanted, unwanted, screen)
    assert done.wait(SECONDS)
    job.cancel()
    assert work.wait_until_idle(SECONDS)


def test_progress_arrives_on_the_gui_thread_before_the_answer_and_the_last_report_is_never_lost(
    work: Work, screen: QObject
) -> None:
    gui, seen = threading.get_ident(), []

    def count(job: Job[str]) -> str:
        for done in range(1, 1001):
            job.report(done, 1000)
        return "counted"

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        assert threading.get_ident() == gui

    work.run_reporting(count, seen.append, unwanted, screen, progress)
    assert work.wait_until_idle(SECONDS)
    assert seen[-2:] == [(1000, 1000), "counted"]
    assert seen[:-1] == sorted(seen[:-1])


def test_a_job_asked_for_in_an_answer_keeps_the_program_from_being_idle(work: Work, screen: QObject) -> None:
    seen: list[str] = []
    work.run(
        lambda: "first",
        lambda _: work.run(lambda: "second", seen.append, unwanted, screen),
        unwanted,
        screen,
    )
    assert not work.idle
    assert work.wait_until_idle(SECONDS)
    assert seen == ["second"]
    assert work.idle


def test_waiting_for_quiet_gives_up_when_the_time_is_over(work: Work, screen: QObject) -> None:
    release = threading.Event()
    work.run(lambda: release.wait(SECONDS), lambda _: None, unwanted, screen)
    assert not work.wait_until_idle(0.01)
    release.set()
    assert work.wait_until_idle(SECONDS)


def test_an_exception_in_one_answer_does_not_lose_the_next(work: Work, screen: QObject, qtbot: QtBot) -> None:
    seen: list[str] = []

    def broken(_: object) -> None:
        raise RuntimeError("a bug in a screen")

    with qtbot.captureExceptions() as exceptions:
        work.run(lambda: "one", broken, unwanted, screen)
        work.run(lambda: "two", seen.append, unwanted, screen)
        assert work.wait_until_idle(SECONDS)
    assert [kind for kind, _, _ in exceptions] == [RuntimeError]
    assert seen == ["two"]


def test_closing_ends_what_was_being_saved_and_gives_up_what_was_being_fetched(
    qapp: QApplication, screen: QObject
) -> None:
    work, begun, saved = Work(), threading.Event(), []

    def fetch(job: Job[None]) -> None:
        begun.set()
        while not job.cancelled:
            threading.Event().wait(0.001)
        raise Cancelled

    work.run_reporting(fetch, unwanted, unwanted, screen)
    assert begun.wait(SECONDS)
    for number in range(20):
        work.run(lambda number=number: saved.append(number), unwanted, unwanted, screen)
    assert work.close()
    assert saved == list(range(20))
    late = work.run(lambda: saved.append("late"), unwanted, unwanted, screen)
    assert late.cancelled
    assert "late" not in saved
    assert work.close(), "closing again is harmless"


def test_closing_does_not_wait_for_ever_for_a_stuck_connection(qapp: QApplication, screen: QObject) -> None:
    work, begun, release = Work(), threading.Event(), threading.Event()

    def stuck() -> None:
        begun.set()
        release.wait(SECONDS)

    work.run(stuck, unwanted, unwanted, screen, Lane.NET)
    assert begun.wait(SECONDS)
    assert not work.close(seconds=0.05)
    release.set()
    assert work.close(), "the connection came loose"


def test_a_bug_met_while_closing_is_still_reported(qapp: QApplication, screen: QObject) -> None:
    work, bugs = Work(), []
    work.crashed.connect(bugs.append)
    work.run(lambda: 1 // 0, unwanted, unwanted, screen)
    assert work.close()
    assert [type(bug) for bug in bugs] == [ZeroDivisionError]


def test_changes_announced_on_any_thread_arrive_merged_on_the_gui_thread(
    work: Work, screen: QObject, qtbot: QtBot
) -> None:
    signal, gui, seen = ChangeSignal(), threading.get_ident(), []
    signal.changed.connect(lambda changes: seen.append((changes, threading.get_ident())))
    announced = threading.Event()

    def commit() -> None:
        signal.announce(frozenset({Change.STUDY}))
        signal.announce(frozenset({Change.OUTBOX, Change.STUDY}))
        signal.announce(frozenset())
        announced.set()

    work.run(commit, lambda _: None, unwanted, screen)
    assert announced.wait(SECONDS)
    assert not seen
    with qtbot.waitSignal(signal.changed):
        pass
    assert seen == [(frozenset({Change.STUDY, Change.OUTBOX}), gui)]
    signal.announce(frozenset({Change.CELL}))
    with qtbot.waitSignal(signal.changed):
        pass
    assert seen[1:] == [(frozenset({Change.CELL}), gui)]


class _Source(QObject):
    fired = Signal()


def test_calls_that_return_nothing_do_not_eat_the_reference_to_none(qapp: QApplication) -> None:
    """PySide6 6.12.0 on Python 3.11 gave one away with each such call and crashed after some 7,000."""
    source, label = _Source(), QLabel()
    source.fired.connect(lambda: None)
    before = sys.getrefcount(None)
    for _ in range(2000):
        label.setEnabled(True)
        label.update()
        source.fired.emit()
    assert abs(sys.getrefcount(None) - before) < 500
