"""Writing a reflection: what is typed is kept, what is handed in is said, what comes back is shown."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from handbook.desktop.session import Place
from handbook.desktop.theme import Theme
from handbook.errors import DiskProblem
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import SECONDS, Seat, type_into

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
FIRST, SECOND = "editor.part.nhan-thuc", "editor.part.lien-he"
MILLISECONDS = SECONDS * 1000


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cell(ward: Ward) -> str:
    ward.now = NOW
    return ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def device(ward: Ward, tmp_path: Path, cell: str) -> Iterator[Callable[..., Device]]:
    made: list[Device] = []

    def make(name: str) -> Device:
        made.append(Device(tmp_path / f"pc-{len(made)}", ward, name, cell, ITEMS))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def an(device: Callable[..., Device]) -> Device:
    return device("An")


@pytest.fixture
def seat(an: Device, qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(an)
    yield seated
    seated.close()


@pytest.fixture
def writing(seat: Seat) -> Seat:
    """An has opened the assignment to write."""
    seat.go(Place.EDITOR, assignment=TASK)
    return seat


def stored(pc: Device) -> list[str]:
    return [answer.text for answer in pc.reflections.draft(TASK, NOW).answers]


def write_all(seat: Seat, text: str = TEXT) -> None:
    for name in (FIRST, SECOND):
        type_into(seat.find(name), text)


def hand_in(seat: Seat) -> None:
    seat.click("editor.submit")
    seat.click("editor.confirm")


def submitted(pc: Device, text: str = TEXT) -> None:
    pc.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    pc.reflections.submit(TASK, NOW)


def returned(an: Device, hanh: Device, comment: str) -> None:
    an.synced()
    hanh.synced()
    (view,) = hanh.cell.to_review(hanh.cell_path)
    hanh.cell.return_for_revision(view.lineage, comment, NOW + timedelta(minutes=5))
    hanh.synced()
    an.synced()


# What is there to write on


def test_each_part_of_the_template_has_its_box_and_the_page_says_what_is_asked(writing: Seat) -> None:
    words = writing.words()
    for said in ("Học tập Nghị quyết 15-NQ/TW", "Đồng chí sẽ làm gì?", "Nhận thức", "Liên hệ", "15-NQ/TW"):
        assert said in words
    assert "Hạn 30/11/2026, còn 8 ngày · ít nhất 10 chữ" in words
    assert writing.text("editor.state") == "Nháp"
    assert writing.text("editor.words") == "0 / 10 chữ"
    assert writing.find(FIRST).hasFocus()


def test_the_words_are_counted_over_all_parts_as_one_types(writing: Seat) -> None:
    type_into(writing.find(FIRST), "Ba chữ đây")
    type_into(writing.find(SECOND), "thêm hai")
    assert writing.text("editor.words") == "5 / 10 chữ"


def test_a_document_is_opened_from_beside_the_text(writing: Seat) -> None:
    writing.click("editor.document.0")
    assert (writing.route.place, writing.route.document) == (Place.READER, "central/15-nq-tw-2022")


def test_without_an_assignment_the_page_leads_to_the_list(seat: Seat) -> None:
    seat.go(Place.EDITOR)
    assert "Chưa chọn nhiệm vụ để viết" in seat.words()


def test_an_unknown_assignment_is_an_error_with_a_way_to_try_again(seat: Seat) -> None:
    seat.go(Place.EDITOR, assignment="hongson/anbinh/khong-co")
    assert "Thử lại" in seat.words()


def test_a_box_is_as_tall_as_its_text_at_any_text_size(writing: Seat, qapp: QApplication) -> None:
    box = writing.find(FIRST)
    type_into(box, "\n".join(f"Dòng thứ {number}" for number in range(60)))
    for scale in (1.0, 2.0):
        Theme(scale=scale).apply(qapp)
        qapp.processEvents()
        assert box.viewport().height() >= 60 * box.fontMetrics().lineSpacing()
        assert box.verticalScrollBar().maximum() == 0


def test_in_a_narrow_window_the_question_stands_above_the_text(an: Device, qapp: QApplication) -> None:
    seat = Seat(an, size=(1024, 640))
    try:
        seat.go(Place.EDITOR, assignment=TASK)
        link, box = seat.find("editor.document.0"), seat.find(FIRST)
        top = link.mapTo(seat.window, link.rect().topLeft())
        assert top.y() < box.mapTo(seat.window, box.rect().topLeft()).y()
        seat.window.resize(1440, 900)
        qapp.processEvents()
        left = link.mapTo(seat.window, link.rect().topLeft())
        assert left.x() > box.mapTo(seat.window, box.rect().topRight()).x()
    finally:
        seat.close()


# What is typed is kept


def test_the_text_is_saved_while_one_types_without_a_pause(writing: Seat, an: Device, qtbot: QtBot) -> None:
    box = writing.find(FIRST)
    timer = QTimer(interval=50)
    timer.timeout.connect(lambda: type_into(box, "chữ "))
    timer.start()
    qtbot.waitUntil(lambda: stored(an)[0] != "", timeout=MILLISECONDS)
    first = stored(an)[0]
    qtbot.waitUntil(lambda: len(stored(an)[0]) > len(first), timeout=MILLISECONDS)
    timer.stop()


def test_the_page_says_when_the_disk_had_the_text(writing: Seat, qtbot: QtBot) -> None:
    assert writing.text("editor.saved") == "Mỗi giây gõ đều được lưu."
    type_into(writing.find(FIRST), "Một")
    assert writing.text("editor.saved") == "Đang lưu…"
    qtbot.waitUntil(lambda: writing.text("editor.saved") == "Đã lưu lúc 15:30:00", timeout=MILLISECONDS)


def test_only_one_save_runs_at_a_time_and_the_newest_text_wins(
    writing: Seat, an: Device, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on, saved = threading.Event(), threading.Event(), []
    really_save = an.reflections.save

    def slow(assignment: str, answers: tuple[Answer, ...], now: object) -> object:
        saved.append(answers[0].text)
        began.set()
        go_on.wait(SECONDS)
        return really_save(assignment, answers, now)

    monkeypatch.setattr(an.reflections, "save", slow)
    box = writing.find(FIRST)
    type_into(box, "một")
    qtbot.waitUntil(began.is_set, timeout=MILLISECONDS)
    for word in (" hai", " ba", " bốn"):
        type_into(box, word)
        writing.window.current._autosave.flush()
    assert saved == ["một"]
    go_on.set()
    qtbot.waitUntil(lambda: stored(an)[0] == "một hai ba bốn", timeout=MILLISECONDS)
    assert saved == ["một", "một hai ba bốn"]


def test_an_own_save_moves_neither_the_cursor_nor_what_can_be_undone(
    writing: Seat, an: Device, qtbot: QtBot
) -> None:
    box = writing.find(FIRST)
    type_into(box, "Trước ")
    type_into(box, "sau")
    cursor = box.textCursor()
    cursor.setPosition(3)
    cursor.setPosition(6, QTextCursor.MoveMode.KeepAnchor)
    box.setTextCursor(cursor)
    qtbot.waitUntil(lambda: stored(an)[0] == "Trước sau", timeout=MILLISECONDS)
    writing.settle()
    assert writing.find(FIRST) is box
    assert (box.textCursor().anchor(), box.textCursor().position()) == (3, 6)
    assert box.document().isUndoAvailable()
    box.undo()
    assert box.toPlainText() != "Trước sau"


def test_leaving_the_page_puts_the_text_on_the_disk_before_the_next_one_is_shown(
    writing: Seat, an: Device
) -> None:
    type_into(writing.find(FIRST), "vừa gõ xong")
    writing.window.back()
    assert stored(an)[0] == "vừa gõ xong"


def test_closing_the_window_puts_the_text_on_the_disk(writing: Seat, an: Device) -> None:
    type_into(writing.find(FIRST), "vừa gõ xong")
    writing.window.close()
    assert stored(an)[0] == "vừa gõ xong"


def test_the_text_is_saved_when_the_keyboard_goes_elsewhere(writing: Seat, an: Device) -> None:
    type_into(writing.find(FIRST), "rời ô này")
    writing.find(SECOND).setFocus()
    writing.settle()
    assert stored(an)[0] == "rời ô này"


def test_an_error_while_saving_says_so_and_keeps_the_text(
    writing: Seat, an: Device, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskProblem("Ổ đĩa đã đầy.", "Hãy xoá bớt tệp.")

    with monkeypatch.context() as patched:
        patched.setattr(an.reflections, "save", full)
        type_into(writing.find(FIRST), "chữ không được mất")
        qtbot.waitUntil(lambda: "Ổ đĩa đã đầy" in writing.banner(), timeout=MILLISECONDS)
        assert writing.text("editor.saved") == "Chưa lưu được"
        assert writing.text(FIRST) == "chữ không được mất"
        writing.window.back()
        writing.window.forward()
        writing.settle()
        assert writing.text(FIRST) == "chữ không được mất"
    writing.window.current._autosave.flush()
    writing.settle()
    assert stored(an)[0] == "chữ không được mất"
    assert writing.banner() == ""
    assert writing.text("editor.saved").startswith("Đã lưu lúc")


def test_the_window_does_not_close_on_text_that_the_disk_refuses_until_the_person_insists(
    writing: Seat, an: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskProblem("Ổ đĩa đã đầy.", "Hãy xoá bớt tệp.")

    with monkeypatch.context() as patched:
        patched.setattr(an.reflections, "save", full)
        type_into(writing.find(FIRST), "chữ không được mất")
        assert not writing.window.close()
        assert writing.window.isVisible()
        assert writing.text(FIRST) == "chữ không được mất"
    writing.settle()
    writing.window.current._autosave.flush()
    writing.settle()
    assert writing.window.close()
    assert stored(an)[0] == "chữ không được mất"


def test_what_was_typed_a_second_before_a_power_cut_is_there_at_the_next_start(an: Device) -> None:
    an.store.close()
    command = [sys.executable, "-m", "tests.desktop.typist", str(an.folder), an.key.hex(), TASK]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"}
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root) as typist:
        a_second_old = ""
        for line in typist.stdout:
            a_second_old = line.rstrip("\n")
            if a_second_old.count("chữ") >= 20:
                break
        typist.kill()
        rest = typist.stdout.read()
    assert a_second_old
    an.reopen()
    kept = stored(an)[0]
    assert kept.startswith(a_second_old), (kept, a_second_old, rest)


def test_text_typed_while_another_pc_handed_in_is_kept_to_be_copied(
    writing: Seat, an: Device, device: Callable[..., Device], qtbot: QtBot
) -> None:
    other = device("An")
    submitted(other, "bài nộp từ máy kia dài đủ mười chữ trở lên")
    other.synced()
    type_into(writing.find(FIRST), "chữ gõ dở trên máy này")
    an.pull()
    writing.find(SECOND).setFocus()
    qtbot.waitUntil(lambda: "nộp từ máy khác" in writing.banner(), timeout=MILLISECONDS)
    assert writing.text(FIRST) == "chữ gõ dở trên máy này"
    writing.window.current._copy_and_forget()
    writing.settle()
    assert QGuiApplication.clipboard().text() == "chữ gõ dở trên máy này"
    assert "bài nộp từ máy kia" in writing.text("editor.text")


# Handing in


def test_submitting_too_early_lists_what_is_to_be_mended_and_leads_there(writing: Seat) -> None:
    type_into(writing.find(FIRST), "quá ngắn")
    writing.click("editor.submit")
    words = writing.words()
    assert "Phần “Liên hệ” chưa viết." in words
    assert "Bài có 2 chữ, yêu cầu ít nhất 10 chữ." in words
    assert writing.find("editor.confirm") is None
    link = QApplication.focusWidget()
    assert link.text() == "Đến phần này"
    link.click()
    assert writing.find(SECOND).hasFocus()


def test_the_list_follows_what_is_mended(writing: Seat, qtbot: QtBot) -> None:
    type_into(writing.find(FIRST), TEXT)
    writing.click("editor.submit")
    assert "Phần “Liên hệ” chưa viết." in writing.words()
    type_into(writing.find(SECOND), TEXT)
    qtbot.waitUntil(lambda: writing.find("editor.confirm") is not None, timeout=MILLISECONDS)
    assert "chưa viết" not in writing.words()


def test_before_confirming_the_page_says_who_will_read_it_and_when_it_is_sent(writing: Seat) -> None:
    write_all(writing)
    writing.click("editor.submit")
    words = writing.words()
    assert f"Người đọc được: bí thư, phó bí thư {writing.device.unit().name}." in words
    assert "khi có mạng" in words
    assert "Còn 1 tài liệu chưa đánh dấu đã đọc." in words
    assert writing.find("editor.confirm").hasFocus()
    assert writing.device.reflections.draft(TASK, NOW).state is State.DRAFT


def test_handed_in_without_a_line_it_waits_and_reassures(writing: Seat, an: Device) -> None:
    an.line.is_down = True
    write_all(writing)
    hand_in(writing)
    assert writing.text("editor.state") == "Chờ gửi"
    assert "Đã lưu an toàn; sẽ tự gửi khi có mạng." in writing.banner()
    assert TEXT in writing.text("editor.text")
    assert writing.find(FIRST) is None and writing.find("editor.submit") is None
    (owed,) = an.outbox.owed()
    assert (owed.revision, owed.set_aside) == (1, False)


def test_handed_in_with_a_line_it_is_sent_at_once_and_the_receipt_is_one_click_away(
    writing: Seat, an: Device, qtbot: QtBot
) -> None:
    write_all(writing)
    hand_in(writing)
    qtbot.waitUntil(lambda: writing.text("editor.state") == "Đã nhận", timeout=MILLISECONDS)
    writing.settle()
    writing.click("editor.receipt.1")
    assert (writing.route.place, writing.route.revision) == (Place.RECEIPT, 1)


def test_the_letters_typed_last_are_handed_in_too(writing: Seat, an: Device) -> None:
    an.line.is_down = True
    write_all(writing)
    writing.click("editor.submit")
    type_into(writing.find(SECOND), " chữ cuối")
    writing.click("editor.confirm")
    writing.settle()
    (text,) = an.reflections.submitted(TASK)
    assert text.answers[1].text == f"{TEXT} chữ cuối"


def test_ctrl_enter_asks_to_submit(writing: Seat) -> None:
    write_all(writing)
    writing.key(SECOND, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert writing.find("editor.confirm") is not None


# What comes back


def test_a_returned_reflection_shows_the_comment_beside_a_text_to_write_on(
    seat: Seat, an: Device, device: Callable[..., Device]
) -> None:
    submitted(an)
    returned(an, device("Hanh"), "Nêu rõ việc sẽ làm trong quý I.")
    seat.go(Place.EDITOR, assignment=TASK)
    assert "Nêu rõ việc sẽ làm trong quý I." in seat.words()
    assert seat.find("editor.comments") is not None
    assert seat.text(FIRST) == TEXT
    type_into(seat.find(FIRST), " thêm")
    hand_in(seat)
    assert an.reflections.draft(TASK, NOW).versions[0].revision == 2


def test_returned_while_it_is_looked_at_it_waits_for_the_person_to_begin(
    seat: Seat, an: Device, device: Callable[..., Device]
) -> None:
    submitted(an)
    an.synced()
    seat.go(Place.EDITOR, assignment=TASK)
    returned(an, device("Hanh"), "Viết rõ hơn.")
    seat.settle()
    assert seat.text("editor.state") == "Trả lại"
    assert seat.find(FIRST) is None
    seat.click("editor.revise")
    assert seat.text(FIRST) == TEXT
    assert "Viết rõ hơn." in seat.words()
