"""Đồng bộ: what waits and why, how the latest exchange went, and what a person can do about it."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtNetwork import QNetworkInformation
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QProgressBar
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from handbook.client.content import ContentReport
from handbook.client.sync import SyncProgress
from handbook.client.sync_state import note_sync
from handbook.client.tables.personal import outbox
from handbook.desktop.rows import Row
from handbook.desktop.session import Place
from handbook.desktop.sync import SyncScreen
from handbook.desktop.sync_log import MIB
from handbook.desktop.sync_times import EVERY_MS, FIRST_RETRY_MS, NetworkWatch, SyncTimes
from handbook.desktop.theme import Mode, Theme
from handbook.desktop.widgets import Column
from handbook.errors import DiskProblem, Expected, WrongClock
from handbook.model.changes import Change
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.api import Activation
from handbook.protocol.packs import assignment_item, document_item
from handbook.server.accounts import activate, issue_codes_on_server
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Fault, Ward, running_ward
from tests.desktop.one_screen import SECONDS, OneScreen

pytestmark = pytest.mark.gui

TASK, OTHER = "hongson/anbinh/hoc-tap-nq15", "hongson/anbinh/viec-hai"
ASSIGNMENTS = (assignment(), assignment("viec-hai", title="Nhiệm vụ hai", due_on=date(2026, 12, 5)))
NQ15 = "central/15-nq-tw-2022"
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
PASSWORD = "mat-khau-cua-an"


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def an(ward: Ward, tmp_path: Path, qapp: QApplication) -> Iterator[Device]:
    """An's PC with two assignments, nothing sent yet."""
    ward.now = NOW
    Theme().apply(qapp)
    items = (document_item(document()), *map(assignment_item, ASSIGNMENTS))
    device = Device(tmp_path / "pc", ward, "An", ward.new_cell({"An": ()}), items)
    yield device
    device.close()
    Theme().apply(qapp)


@pytest.fixture
def screen(an: Device) -> Iterator[OneScreen]:
    shown = OneScreen(an, SyncScreen, Place.SYNC)
    yield shown
    shown.close()


def submit(an: Device, task: str = TASK) -> None:
    an.reflections.save(task, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    an.reflections.submit(task, NOW)


def refuse(an: Device, message: str, advice: str) -> None:
    """As if the server had refused what is owed first."""
    first = an.outbox.owed()[0]
    with an.store.personal.write() as connection:
        connection.execute(
            update(outbox)
            .where(outbox.c.lineage == first.lineage)
            .values(set_aside=True, attempts=1, last_error=message, last_advice=advice)
        )


def owed(screen: OneScreen) -> list[tuple[str, str]]:
    return [(row.title, row.badge) for row in screen.rows("sync.owed")]


def progress(screen: OneScreen) -> QProgressBar | None:
    return next((bar for bar in screen.screen.findChildren(QProgressBar) if bar.isVisible()), None)


def pull(screen: OneScreen, act: Callable[..., ContentReport]) -> None:
    """From now on the content step of a sync does this."""
    screen.device.sync._pull_content = act


# What is seen ----------------------------------------------------------------------------------------


def test_a_pc_that_never_synced_says_so_and_what_to_press(screen: OneScreen) -> None:
    words = screen.words()
    assert "Chưa đồng bộ lần nào trên máy này" in words
    assert "Bấm Đồng bộ ngay" in words
    assert "không có lỗi" not in words
    assert screen.find("sync.nothing").text() == "Không còn gì chờ gửi."
    assert screen.rows("sync.owed") == screen.rows("sync.log") == []
    assert "NHẬT KÝ" not in words.upper()
    assert screen.find("sync.password") is None
    assert screen.find("sync.retry") is None
    assert screen.find("sync.now").isEnabled()


def test_after_a_sync_all_is_sent_and_the_log_has_a_line(screen: OneScreen, an: Device, ward: Ward) -> None:
    submit(an)
    an.library.tick(NQ15, True, NOW)
    screen.settle()
    assert owed(screen) == [
        ("Bài thu hoạch: Học tập Nghị quyết 15-NQ/TW", "Chờ gửi"),
        ("Đánh dấu đã đọc: 15-NQ/TW Phương hướng, nhiệm vụ phát triển Thủ đô Hà Nội", "Chờ gửi"),
    ]
    assert "Chờ gửi: 2" in screen.words()
    screen.press("sync.now")
    assert owed(screen) == []
    assert screen.find("sync.nothing") is not None
    assert "Lần gần nhất kết nối được: vừa xong" in screen.words()
    assert "Lần gần nhất không có lỗi." in screen.words()
    (line,) = screen.rows("sync.log")
    assert (line.title, line.badge) == ("15:30 ngày 22/11/2026", "Xong")
    assert line.note.startswith("gửi 2, nhận ")
    ward.now = NOW + timedelta(hours=3)
    screen.screen.refresh()
    screen.settle()
    assert "Lần gần nhất kết nối được: 3 giờ trước" in screen.words()


def test_without_a_line_each_row_says_since_when_and_why_it_waits(
    screen: OneScreen, an: Device, ward: Ward
) -> None:
    submit(an)
    an.line.is_down = True
    ward.now = NOW + timedelta(hours=2)
    screen.press("sync.now")
    (row,) = screen.rows("sync.owed")
    assert row.badge == "Chờ gửi"
    assert row.note == "2 giờ trước · Không kết nối được tới máy chủ."
    assert "Không kết nối được tới máy chủ. Những gì đã lưu vẫn còn nguyên." in screen.words()
    (line,) = screen.rows("sync.log")
    assert (line.title.split(".")[0], line.badge) == ("Không kết nối được tới máy chủ", "Có lỗi")


def test_what_was_never_tried_says_when_it_will_be(screen: OneScreen, an: Device) -> None:
    submit(an)
    screen.settle()
    assert screen.rows("sync.owed")[0].note == "vừa xong · sẽ gửi ở lần đồng bộ kế tiếp"


def test_a_wrong_clock_is_said_with_both_times(screen: OneScreen, an: Device) -> None:
    def with_skew(skew: timedelta) -> str:
        with an.store.personal.write() as connection:
            note_sync(connection, NOW, None, skew)
        screen.screen.refresh()
        screen.settle()
        return screen.words()

    assert "Đồng hồ máy này" not in with_skew(timedelta(minutes=-4))
    told = "Đồng hồ máy này chỉ 15:30 ngày 22/11/2026, máy chủ chỉ 13:55 ngày 22/11/2026."
    assert told in with_skew(timedelta(minutes=-95))


def test_the_log_shows_the_latest_twenty(screen: OneScreen, an: Device, ward: Ward) -> None:
    for minutes in range(25):
        ward.now = NOW + timedelta(minutes=minutes)
        an.synced()
    screen.settle()
    titles = [row.title for row in screen.rows("sync.log")]
    assert (len(titles), titles[0], titles[-1]) == (20, "15:54 ngày 22/11/2026", "15:35 ngày 22/11/2026")


# What was refused ------------------------------------------------------------------------------------


def test_what_was_refused_shows_the_whole_reason_and_is_sent_again_by_a_button(
    screen: OneScreen, an: Device
) -> None:
    submit(an)
    submit(an, OTHER)
    refuse(an, "Máy chủ không nhận bài này.", "Hãy sửa rồi nộp lại.")
    an.store.announce({Change.OUTBOX})
    screen.settle()
    first, second = screen.rows("sync.owed")
    assert (first.badge, second.badge) == ("Cần xem", "Chờ gửi")
    assert first.note.endswith("· Máy chủ không nhận bài này. Hãy sửa rồi nộp lại.")
    assert "1 mục không gửi được, cần đồng chí xem" in screen.words()

    screen.sync()  # by itself it is not tried again
    assert owed(screen) == [("Bài thu hoạch: Học tập Nghị quyết 15-NQ/TW", "Cần xem")]
    screen.press("sync.retry")
    assert owed(screen) == []
    assert screen.find("sync.retry") is None


def test_enter_on_a_row_sends_that_one_again(screen: OneScreen, an: Device) -> None:
    submit(an)
    refuse(an, "Máy chủ không nhận bài này.", "")
    screen.screen.refresh()
    screen.settle()
    view = screen.find("sync.owed")
    view.setFocus()
    view.choose(screen.rows("sync.owed")[0].key)
    screen.enter("sync.owed")
    assert owed(screen) == []


def test_what_was_refused_can_be_dropped_and_put_back_but_never_a_text(screen: OneScreen, an: Device) -> None:
    an.library.tick(NQ15, True, NOW)
    refuse(an, "Văn bản này đã bị thu hồi.", "Hãy hỏi bí thư chi bộ.")
    submit(an)
    an.store.announce({Change.OUTBOX})
    screen.settle()
    offered: list[tuple[str, Callable[[], object]]] = []
    screen.screen.undo_offered.connect(lambda text, undo: offered.append((text, undo)))
    view, (tick, text) = screen.find("sync.owed"), screen.rows("sync.owed")
    view.choose(text.key)
    assert not screen.find("sync.drop").isEnabled()
    view.choose(tick.key)
    screen.press("sync.drop")
    assert [badge for _, badge in owed(screen)] == ["Chờ gửi"]
    assert screen.find("sync.drop") is None
    (told, undo) = offered[0]
    assert told.startswith("Đã bỏ khỏi hàng chờ: 15-NQ/TW")
    undo()
    screen.settle()
    assert [row.key for row in screen.rows("sync.owed")] == [tick.key, text.key]
    assert [badge for _, badge in owed(screen)] == ["Cần xem", "Chờ gửi"]


def test_the_log_can_be_copied_in_short_lines_with_codes(screen: OneScreen, an: Device) -> None:
    assert screen.find("sync.copy") is None
    an.synced()
    submit(an)
    an.line.is_down = True
    screen.press("sync.now")
    screen.press("sync.copy")
    told = QApplication.clipboard().text().splitlines()
    assert told[0].endswith("15:30 ngày 22/11/2026")
    assert told[1] == f"Máy chủ: {an.ward.url.removeprefix('http://')}"
    assert told[2] == "Chờ gửi: 1 · cần xem: 0"
    assert told[-2].startswith(
        "15:30 ngày 22/11/2026 · LỖI offline · Không kết nối được tới máy chủ. · gửi 0"
    )
    assert told[-1].startswith("15:30 ngày 22/11/2026 · XONG · gửi 0, nhận ")
    assert TEXT not in QApplication.clipboard().text()


# By itself -------------------------------------------------------------------------------------------


def test_after_a_failure_of_the_line_it_is_tried_again_sooner_and_ever_more_seldom(
    screen: OneScreen, an: Device
) -> None:
    times = SyncTimes(screen.session, Random(1))
    an.line.is_down = True
    waits = []
    for _ in range(8):
        screen.sync()
        waits.append(times.next_retry_ms)
    assert waits[0] <= 1.25 * FIRST_RETRY_MS
    assert 2 * FIRST_RETRY_MS * 0.7 < waits[1] < waits[3] < waits[-1] <= 1.25 * EVERY_MS
    an.line.is_down = False
    screen.sync()
    assert times.next_retry_ms == -1
    times.deleteLater()


def test_when_the_network_returns_what_waits_is_sent(screen: OneScreen, an: Device, qtbot: QtBot) -> None:
    times = SyncTimes(screen.session, Random(1))
    network = NetworkWatch(times)
    times.watch(network)
    submit(an)
    reach = QNetworkInformation.Reachability
    with qtbot.assertNotEmitted(network.returned):
        network.note(reach.Online)
    network.note(reach.Disconnected)
    with qtbot.waitSignal(network.returned):
        network.note(reach.Online)
    times._settled.timeout.emit()  # the moment it waits for names and proxies
    screen.settle()
    assert owed(screen) == []
    times.deleteLater()


def test_a_review_that_waits_says_of_whose_text_once(ward: Ward, tmp_path: Path, qapp: QApplication) -> None:
    ward.now = NOW
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    items = (document_item(document()), assignment_item(assignment()))
    an, hanh = (Device(tmp_path / name, ward, name, cell, items) for name in ("An", "Hanh"))
    submit(an)
    an.deliver()
    hanh.pull()
    (view,) = hanh.cell.to_review(cell)
    hanh.cell.accept(view.lineage, "", NOW)
    screen = OneScreen(hanh, SyncScreen, Place.SYNC)
    try:
        assert {title for title, _ in owed(screen)} == {"Nhận xét bài thu hoạch của An"}
    finally:
        screen.close()
        an.close()
        hanh.close()


# An expired session ----------------------------------------------------------------------------------


@pytest.fixture
def expired(screen: OneScreen, an: Device, ward: Ward) -> OneScreen:
    """The server has forgotten this PC; a text waits."""
    (code,) = issue_codes_on_server(ward.database, ward._house.keys, [an.account_name], NOW)
    wanted = Activation(code=code.code, password=PASSWORD, device="PC")
    activate(ward.database, ward._house.keys, wanted, "192.0.2.1", NOW)
    ward.sign_out_everywhere(an.account_name)
    submit(an)
    screen.press("sync.now")
    return screen


def sign_in(screen: OneScreen, password: str) -> None:
    field = screen.find("sync.password")
    field.clear()
    QTest.keyClicks(field, password)
    QTest.keyClick(field, Qt.Key.Key_Return)
    screen.settle()


def test_a_pc_the_server_has_forgotten_asks_for_the_password_and_then_sends(expired: OneScreen) -> None:
    assert "Phiên đăng nhập đã hết hạn" in expired.words()
    assert expired.find("sync.password").echoMode() is QLineEdit.EchoMode.Password
    assert len(owed(expired)) == 1
    sign_in(expired, PASSWORD)
    assert expired.find("sync.password") is None
    assert owed(expired) == []
    assert "Lần gần nhất không có lỗi." in expired.words()
    assert expired.banner() == ""


def test_a_wrong_password_is_said_and_can_be_typed_again(expired: OneScreen) -> None:
    sign_in(expired, "sai-mat-khau")
    assert "không đúng" in expired.banner()
    field = expired.find("sync.password")
    assert field.selectedText() == field.text()
    assert expired.screen.focusWidget() is field
    assert expired.find("sync.signin").isEnabled()
    assert len(owed(expired)) == 1
    sign_in(expired, PASSWORD)
    assert (expired.banner(), owed(expired)) == ("", [])
    assert field.text() == ""


def test_signing_in_over_a_slow_line_keeps_the_screens_reading(expired: OneScreen, qtbot: QtBot) -> None:
    line, reached, release = expired.device.line, threading.Event(), threading.Event()
    send = line.send

    def slow(*arguments: object, **options: object) -> object:
        reached.set()
        assert release.wait(SECONDS)
        return send(*arguments, **options)

    line.send = slow
    try:
        QTest.keyClicks(expired.find("sync.password"), PASSWORD)
        QTest.mouseClick(expired.find("sync.signin"), Qt.MouseButton.LeftButton)
        assert reached.wait(SECONDS)
        assert not expired.find("sync.signin").isEnabled()
        expired.screen.refresh()
        with qtbot.waitSignal(expired.screen.shown_ready, timeout=SECONDS * 1000):
            pass
    finally:
        release.set()
        line.send = send
        expired.settle()
    assert owed(expired) == []


# While it runs ---------------------------------------------------------------------------------------


def test_while_a_sync_runs_it_shows_how_far_it_is_and_cannot_be_started_twice(
    screen: OneScreen, qtbot: QtBot
) -> None:
    release = threading.Event()

    def half_way(_: object, tell: Callable[[object], None], __: object) -> ContentReport:
        tell(SyncProgress("Đang tải nội dung mới", 3 * MIB, 10 * MIB, 100 * 1024))
        assert release.wait(SECONDS)
        return ContentReport(unchanged=True)

    pull(screen, half_way)
    assert progress(screen) is None
    QTest.mouseClick(screen.find("sync.now"), Qt.MouseButton.LeftButton)
    try:
        assert not screen.find("sync.now").isEnabled()
        qtbot.waitUntil(lambda: (progress(screen).value(), progress(screen).maximum()) == (3072, 10240))
        assert screen.find("sync.progress").text() == (
            "Đang tải nội dung mới: 3,0 MB trong 10,0 MB · 100 KB mỗi giây · còn khoảng 72 giây"
        )
        screen.session.sync_now()
    finally:
        release.set()
        screen.settle()
    assert progress(screen) is None
    assert screen.find("sync.now").isEnabled()
    assert len(screen.rows("sync.log")) == 1


def test_a_sync_can_be_stopped_and_is_no_failure(screen: OneScreen) -> None:
    entered = threading.Event()

    def until_stopped(
        _: object, tell: Callable[[object], None], stopped: Callable[[], bool]
    ) -> ContentReport:
        entered.set()
        limit = time.monotonic() + SECONDS
        while not stopped():
            assert time.monotonic() < limit
        return ContentReport(cancelled=True)

    pull(screen, until_stopped)
    assert screen.find("sync.stop") is None
    QTest.mouseClick(screen.find("sync.now"), Qt.MouseButton.LeftButton)
    assert entered.wait(SECONDS)
    QTest.mouseClick(screen.find("sync.stop"), Qt.MouseButton.LeftButton)
    screen.settle()
    assert screen.find("sync.stop") is None
    assert "Đã dừng như đồng chí muốn; phần đã tải được giữ lại" in screen.words()
    assert screen.session.sync_error is None
    assert screen.rows("sync.log") == []


@pytest.mark.parametrize(
    "error",
    [
        WrongClock("Đồng hồ của máy sai.", "Hãy chỉnh lại ngày giờ."),
        DiskProblem("Ổ đĩa đã đầy.", "Hãy xoá bớt tệp."),
    ],
)
def test_an_error_is_said_with_what_to_do_and_is_gone_after_a_sync_that_worked(
    screen: OneScreen, error: Expected
) -> None:
    def fail(*_: object) -> ContentReport:
        raise error

    pull(screen, fail)
    screen.press("sync.now")
    assert f"{error.message} {error.advice}" in screen.words()
    assert screen.rows("sync.log")[0].badge == "Có lỗi"
    pull(screen, lambda *_: ContentReport(unchanged=True))
    screen.press("sync.now")
    assert error.message not in screen.words()


def test_a_disk_that_cannot_even_keep_the_reason_does_not_hide_it(
    screen: OneScreen, an: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskProblem("Ổ đĩa đã đầy.", "Hãy xoá bớt tệp.")

    monkeypatch.setattr(an.sync, "_note", full)
    screen.press("sync.now")
    assert "Ổ đĩa đã đầy. Hãy xoá bớt tệp." in screen.words()


def test_a_bug_in_a_sync_is_told_in_plain_words(screen: OneScreen) -> None:
    def stumble(*_: object) -> ContentReport:
        raise ZeroDivisionError

    pull(screen, stumble)
    screen.press("sync.now")
    assert "Chương trình gặp lỗi ngoài dự kiến." in screen.words()
    assert screen.find("sync.now").isEnabled()
    (bug,) = screen.bugs
    assert isinstance(bug, ZeroDivisionError)
    screen.bugs.clear()


def test_an_answer_that_is_nonsense_is_told_apart_from_no_answer(screen: OneScreen, an: Device) -> None:
    submit(an)
    an.line.faults.extend([Fault.PORTAL] * 4)
    screen.press("sync.now")
    (row,) = screen.rows("sync.owed")
    assert "Không kết nối được" not in row.note
    assert row.badge == "Chờ gửi"


# Room ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_lists_are_whole_at_any_text_size_and_nothing_is_wider_than_the_window(
    screen: OneScreen, an: Device, scale: float
) -> None:
    submit(an)
    submit(an, OTHER)
    refuse(
        an, "Máy chủ không nhận bài này vì đã quá thời hạn nộp của nhiệm vụ.", "Hãy báo bí thư chi bộ." * 4
    )
    for _ in range(3):
        an.synced()
    screen.look(Theme(Mode.DARK, scale), (1024 - round(64 * scale), 640))
    for name in ("sync.owed", "sync.log"):
        view = screen.find(name)
        rows: list[Row] = screen.rows(name)
        last = view.visualRect(view.model().index(len(rows) - 1, 0))
        assert 0 < last.bottom() <= view.viewport().height()
    assert screen.screen.findChild(Column).horizontalScrollBar().maximum() == 0
