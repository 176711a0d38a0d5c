"""Writing with looks, quotations and former texts, in the real window on a real profile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QInputMethodEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QListWidget,
    QPushButton,
)

from handbook.client.notes import Notes, Span
from handbook.desktop.quoting import QuotingWindow
from handbook.desktop.session import Place
from handbook.desktop.theme import Theme
from handbook.model.notes import Colour
from handbook.model.reflection import Answer
from handbook.model.study import Part
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat, type_into

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
OTHER = document("12-hd-btctw-2018", number="12-HD/BTCTW", title="Sinh hoạt chi bộ")
ITEMS = (document_item(document()), document_item(OTHER), assignment_item(assignment()))
FIRST, SECOND = "editor.part.nhan-thuc", "editor.part.lien-he"
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def an(ward: Ward, tmp_path: Path) -> Iterator[Device]:
    ward.now = NOW
    made = Device(tmp_path / "pc", ward, "An", ward.new_cell({"An": ()}), ITEMS)
    yield made
    made.close()


@pytest.fixture
def seat(an: Device, qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(an)
    yield seated
    seated.close()


@pytest.fixture
def writing(seat: Seat) -> Seat:
    seat.go(Place.EDITOR, assignment=TASK)
    return seat


def stored(pc: Device) -> list[str]:
    return [answer.text for answer in pc.reflections.draft(TASK, NOW).answers]


def saved(seat: Seat) -> list[str]:
    seat.window.current._autosave.flush()
    seat.settle()
    return stored(seat.device)


def mark(pc: Device, document_id: str, section: str, first: int, stop: int) -> None:
    Notes(pc.store).mark(document_id, 1, [Span(section, first, stop)], Colour.YELLOW, NOW)


def quoting(seat: Seat) -> QuotingWindow | None:
    return seat.window.findChild(QuotingWindow)


def save(pc: Device, text: str, **later: float) -> None:
    answers = (Answer("nhan-thuc", text), Answer("lien-he", ""))
    pc.reflections.save(TASK, answers, NOW + timedelta(**later))


# Looks


def test_the_first_part_has_the_keyboard_and_looks_given_by_key_are_stored(writing: Seat) -> None:
    box = QApplication.focusWidget()
    assert box.objectName() == FIRST
    QTest.keyClick(box, Qt.Key.Key_B, CTRL)
    type_into(box, "Đảng")
    QTest.keyClick(box, Qt.Key.Key_B, CTRL)
    type_into(box, " ta")
    QTest.keyClick(box, Qt.Key.Key_L, CTRL | SHIFT)
    assert saved(writing)[0] == "- **Đảng** ta"


def test_a_button_acts_on_the_part_last_written_in_and_gives_the_keyboard_back(writing: Seat) -> None:
    writing.find(SECOND).setFocus()
    type_into(writing.find(SECOND), "Liên hệ")
    writing.click("editor.look.heading")
    assert writing.find(SECOND).hasFocus()
    assert writing.find("editor.look.heading").isChecked()
    assert not writing.find("editor.look.bold").isEnabled()
    assert saved(writing) == ["", "### Liên hệ"]
    writing.click("editor.look.undo")
    assert saved(writing) == ["", "Liên hệ"]


def test_in_large_print_the_looks_keep_all_their_rows_and_the_text_has_the_rest(
    an: Device, qapp: QApplication
) -> None:
    an.publish(assignment_item(assignment(title="Học tập Nghị quyết về phát triển Thủ đô " * 3, edition=2)))
    seat = Seat(an, (1024, 640))
    try:
        seat.go(Place.EDITOR, assignment=TASK)
        Theme(scale=2.0).apply(qapp)
        seat.settle()
        toolbar = seat.find("editor.look.bold").parentWidget()
        looks = [each for each in toolbar.findChildren(QAbstractButton) if each.isVisible()]
        assert len(looks) > 9
        assert [each for each in looks if not toolbar.rect().contains(each.geometry())] == []
        header = seat.window.current.header
        assert header.mapTo(seat.window, QPoint()).y() > toolbar.mapTo(seat.window, QPoint()).y()
    finally:
        seat.close()


def test_ctrl_s_saves_while_a_word_is_being_composed_and_leaves_it_alone(writing: Seat) -> None:
    box = writing.find(FIRST)
    type_into(box, "Đảng ")
    QApplication.sendEvent(box, QInputMethodEvent("viê", []))
    QTest.keyClick(box, Qt.Key.Key_S, CTRL)
    writing.settle()
    assert stored(writing.device)[0] == "Đảng "
    assert box.textCursor().block().layout().preeditAreaText() == "viê"


def test_a_text_handed_in_with_looks_is_read_with_them(writing: Seat, an: Device) -> None:
    an.line.is_down = True
    save(an, "### Đề mục\n- **một** hai")
    writing.go(Place.EDITOR, assignment=TASK)
    an.reflections.save(
        TASK, (Answer("nhan-thuc", "### Đề mục\n- " + "chữ " * 12), Answer("lien-he", "a")), NOW
    )
    an.reflections.submit(TASK, NOW)
    writing.settle()
    shown = writing.text("editor.text")
    assert "Đề mục" in shown and "###" not in shown


# Quotations


def test_highlights_of_the_tasks_documents_are_offered_and_others_found(writing: Seat, an: Device) -> None:
    mark(an, "central/15-nq-tw-2022", "muc-tieu", 0, 12)
    mark(an, "central/12-hd-btctw-2018", "to-chuc", 0, 8)
    type_into(writing.find(FIRST), "Theo nghị quyết:")
    QTest.keyClick(writing.find(FIRST), Qt.Key.Key_G, CTRL | SHIFT)
    writing.settle()
    window = quoting(writing)
    assert [entry.document for entry in window._list.entries] == ["central/15-nq-tw-2022"]
    window._words.setText("dang bo")
    writing.settle()
    assert [entry.document for entry in window._list.entries] == ["central/12-hd-btctw-2018"]
    window._words.setText("khong co dau")
    writing.settle()
    assert window._said.text() == "Không có đoạn nào có chữ đó."


def test_a_chosen_highlight_stands_in_the_text_with_the_way_back_to_its_place(
    writing: Seat, an: Device
) -> None:
    mark(an, "central/15-nq-tw-2022", "muc-tieu", 0, 12)
    type_into(writing.find(FIRST), "Theo nghị quyết:")
    writing.click("editor.look.highlights")
    window = quoting(writing)
    window._list.setCurrentIndex(window._list.model().index(0, 0))
    QTest.keyClick(window._list, Qt.Key.Key_Return)
    type_into(writing.find(FIRST), "Tôi hiểu rằng")
    lines = saved(writing)[0].split("\n")
    assert lines[0] == "Theo nghị quyết:" and lines[-1] == "Tôi hiểu rằng"
    cited = "Mục tiêu, Nghị quyết số 15-NQ/TW, ngày 05/05/2022"
    assert lines[-2] == f"> — [{cited}](handbook:central/15-nq-tw-2022#muc-tieu)"
    assert lines[1].startswith("> ")
    assert writing.find("editor.look.source") is None
    writing.find(FIRST).moveCursor(QTextCursor.MoveOperation.Up)
    writing.click("editor.look.source")
    assert (writing.route.place, writing.route.anchor) == (Place.READER, "muc-tieu")
    assert not [each for each in writing.window.findChildren(QuotingWindow) if each.isVisible()]


def test_without_a_highlight_the_window_says_how_to_make_one(writing: Seat) -> None:
    writing.click("editor.look.highlights")
    assert "bấm phím H" in quoting(writing)._said.text()


# Former texts


def test_a_former_text_is_compared_in_more_than_colours_and_brought_back(seat: Seat, an: Device) -> None:
    save(an, "một hai ba bốn năm")
    save(an, "một hai sáu bốn năm", minutes=2)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.click("editor.look.versions")
    window = seat.window.findChild(QDialog, "former")
    listed = window.findChild(QListWidget, "former.list")
    assert [listed.item(row).text() for row in range(listed.count())] == ["15:30 ngày 22/11/2026\n5 chữ"]
    assert "thêm 1 chữ (gạch chân), bớt 1 chữ (gạch ngang)" in seat.text("former.said")
    page = seat.find("former.text").toHtml()
    assert "text-decoration: underline" in page and "text-decoration: line-through" in page
    seat.click("former.back")
    assert seat.text(FIRST) == "một hai ba bốn năm"
    newest = an.reflections.former_texts(TASK)[0]
    assert newest.answers[0].text == "một hai sáu bốn năm"


def test_bringing_back_can_be_undone_in_the_text_itself(seat: Seat, an: Device) -> None:
    save(an, "bản cũ")
    save(an, "bản mới", minutes=2)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.click("editor.look.versions")
    seat.click("former.back")
    assert seat.text(FIRST) == "bản cũ"
    assert "Đã lấy lại bản trước" in seat.toast()
    box = seat.find(FIRST)
    box.undo()
    assert saved(seat)[0] == "bản mới"


def test_before_anything_was_kept_the_window_says_when_that_happens(writing: Seat) -> None:
    writing.click("editor.look.versions")
    assert "nghỉ tay một phút" in writing.text("former.said")
    writing.click("former.close")


# Before handing in


def test_the_author_alone_is_told_how_much_is_taken_from_the_document(seat: Seat, an: Device) -> None:
    long = " ".join(f"chữ{number}" for number in range(30))
    taken = document(edition=2, sections=(replace(document().sections[0], text=long),))
    an.publish(document_item(taken))
    answers = (Answer("nhan-thuc", long), Answer("lien-he", "Tôi làm theo từng việc một hằng ngày."))
    an.reflections.save(TASK, answers, NOW)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.click("editor.submit")
    assert "79 % số chữ trùng nguyên văn với tài liệu" in seat.words()
    assert "Bài có 38 chữ, yêu cầu ít nhất 10 chữ" in seat.words()


# The publisher


def test_a_changed_assignment_is_said_gently_over_an_open_draft_until_it_is_seen(
    writing: Seat, an: Device
) -> None:
    type_into(writing.find(FIRST), "đang viết")
    writing.find(FIRST).moveCursor(QTextCursor.MoveOperation.End)
    saved(writing)
    parts = (Part("lien-he", "Liên hệ"), Part("kien-nghi", "Kiến nghị"))
    an.publish(assignment_item(assignment(edition=2, parts=parts)))
    writing.window.current.refresh()
    writing.settle()
    assert "Đảng uỷ vừa sửa nhiệm vụ này." in writing.banner()
    assert "Thêm phần “Kiến nghị”." in writing.banner()
    assert writing.text(FIRST) == "đang viết"
    assert writing.find("editor.part.kien-nghi") is not None
    next(each for each in writing.window.current.findChildren(QPushButton) if each.text() == "Đã rõ").click()
    writing.settle()
    assert "vừa sửa" not in writing.banner()


def test_a_recalled_assignment_leaves_the_draft_to_write_on_but_not_to_hand_in(
    writing: Seat, an: Device
) -> None:
    type_into(writing.find(FIRST), "đang viết")
    saved(writing)
    with an.store.library.write() as connection:
        connection.exec_driver_sql("DELETE FROM assignments")
    writing.window.current.refresh()
    writing.settle()
    assert "Đảng uỷ đã rút nhiệm vụ này." in writing.banner()
    assert writing.find("editor.submit") is None
    type_into(writing.find(FIRST), " tiếp")
    assert saved(writing)[0] == "đang viết tiếp"
