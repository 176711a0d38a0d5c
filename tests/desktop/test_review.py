"""Reviewing: the text as it was written, a comment that is not lost, a decision that is kept and sent."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from handbook.desktop.review_writing import shortened
from handbook.desktop.session import Place
from handbook.desktop.theme import Theme, current_theme
from handbook.desktop.widgets import Column
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
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cell(ward: Ward) -> str:
    ward.now = NOW
    return ward.new_cell({"An": (), "Lan": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def device(ward: Ward, tmp_path: Path, cell: str) -> Iterator[Callable[[str], Device]]:
    made: list[Device] = []

    def make(name: str) -> Device:
        made.append(Device(tmp_path / f"pc-{len(made)}", ward, name, cell, ITEMS))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def an(device: Callable[[str], Device]) -> Device:
    return device("An")


@pytest.fixture
def hanh(device: Callable[[str], Device]) -> Device:
    return device("Hanh")


@pytest.fixture
def seat(hanh: Device, qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(hanh)
    yield seated
    seated.close()


def hand_in(pc: Device, text: str = TEXT) -> None:
    pc.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", "")), NOW)
    pc.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    pc.reflections.submit(TASK, NOW)
    pc.synced()


@pytest.fixture
def reading(seat: Seat, an: Device, ward: Ward, device: Callable[[str], Device]) -> Seat:
    """Hạnh has An's reflection open; Lan's came a minute later and waits too."""
    hand_in(an)
    ward.now = NOW + timedelta(minutes=1)
    hand_in(device("Lan"), f"Lan viết: {TEXT}")
    seat.device.synced()
    first = seat.device.cell.to_review(seat.device.cell_path)[0]
    seat.go(Place.REVIEW, lineage=first.lineage, unit=seat.device.cell_path)
    return seat


def test_the_text_is_read_by_its_parts_beside_whose_it_is(reading: Seat) -> None:
    text = reading.text("review.text")
    assert text.split("\n") == ["Nhận thức", TEXT, "Liên hệ", TEXT]
    words = reading.words()
    for said in ("Bài thu hoạch của An", "Học tập Nghị quyết 15-NQ/TW", "Đúng hạn", "Bản 1"):
        assert said in words
    assert "Máy chủ nhận lúc 15:30 ngày 22/11/2026" in words


def test_what_was_typed_is_shown_letter_by_letter_and_never_as_html(seat: Seat, an: Device) -> None:
    hand_in(an, "<b>đậm</b> & <img src='x'> 2 * 3\n\tthụt vào một hai ba bốn năm sáu bảy")
    seat.device.synced()
    seat.go(Place.REVIEW)
    assert "<b>đậm</b> & <img src='x'> 2 * 3\n" in seat.text("review.text")


def test_the_text_grows_with_the_text_size_and_is_never_cut(reading: Seat, qapp: QApplication) -> None:
    text = reading.find("review.text")
    for scale in (2.0, 1.5, 1.0):
        Theme(scale=scale).apply(qapp)
        reading.settle()
        font = text.document().defaultFont()
        assert font.pointSizeF() == current_theme().reading_font().pointSizeF()
    reading.window.resize(1024, 640)
    Theme(scale=2.0).apply(qapp)
    reading.settle()
    assert text.viewport().height() >= text.document().size().height()


def test_the_keyboard_stays_in_the_comment_when_the_window_becomes_narrow(
    reading: Seat, qtbot: QtBot, qapp: QApplication
) -> None:
    box = reading.find("review.comment")
    box.setFocus()
    reading.window.resize(800, 640)
    reading.settle()
    qtbot.waitUntil(box.hasFocus)
    Theme(scale=2.0).apply(qapp)
    reading.settle()
    screen = reading.window.current
    assert any(each.isAncestorOf(screen.header) for each in screen.findChildren(Column) if each.isVisible())
    reading.window.resize(1440, 900)
    Theme().apply(qapp)
    reading.settle()
    qtbot.waitUntil(box.hasFocus)
    assert not any(each.isAncestorOf(screen.header) for each in screen.findChildren(Column))


def test_opening_it_lets_the_author_know(reading: Seat, an: Device) -> None:
    reading.device.synced()
    an.synced()
    assert an.reflections.draft(TASK, NOW).state is State.OPENED


def test_returning_needs_a_comment_and_says_so(reading: Seat) -> None:
    assert reading.find("review.needs-comment") is None
    reading.click("review.return")
    assert "cần biết sửa gì" in reading.text("review.needs-comment")
    assert reading.find("review.comment").hasFocus()
    assert reading.device.cell.reflection(reading.route.lineage).state is State.OPENED
    type_into(reading.find("review.comment"), "Viết rõ hơn.")
    assert reading.find("review.needs-comment") is None


def test_returned_with_a_comment_it_is_kept_offline_and_the_next_one_is_shown(reading: Seat) -> None:
    reading.device.line.is_down = True
    lineage = reading.route.lineage
    type_into(reading.find("review.comment"), "Viết rõ hơn phần liên hệ.")
    reading.click("review.return")
    view = reading.device.cell.reflection(lineage)
    assert (view.state, view.reviews[0].comment) == (State.RETURNED, "Viết rõ hơn phần liên hệ.")
    assert reading.toast() == "Đã trả lại bài của An; sẽ gửi khi có mạng."
    assert "Bài thu hoạch của Lan" in reading.words()
    assert reading.text("review.comment") == ""


def test_a_decision_reaches_the_author(reading: Seat, an: Device, qtbot: QtBot) -> None:
    reading.click("review.accept")

    def accepted() -> bool:
        an.pull()
        return an.reflections.draft(TASK, NOW).state is State.ACCEPTED

    qtbot.waitUntil(accepted, timeout=SECONDS * 1000)


def test_after_the_last_one_the_cells_page_is_shown(reading: Seat) -> None:
    reading.device.line.is_down = True
    reading.click("review.accept")
    reading.click("review.accept")
    assert reading.route.place is Place.CELL


def test_an_accepted_reflection_can_be_read_but_not_decided_again(reading: Seat) -> None:
    reading.device.line.is_down = True
    lineage = reading.route.lineage
    reading.click("review.accept")
    reading.go(Place.REVIEW, lineage=lineage, unit=reading.device.cell_path)
    assert TEXT in reading.text("review.text")
    assert reading.find("review.accept") is None
    assert "Còn 1 bài chờ xem" in reading.words()


def test_the_keys_go_from_one_to_the_next_and_the_count_says_where(reading: Seat) -> None:
    assert reading.text("review.place") == "Bài 1/2 chờ xem"
    reading.find("review.comment").setFocus()
    reading.key("review.comment", Qt.Key.Key_Down, CONTROL)
    assert reading.text("review.place") == "Bài 2/2 chờ xem"
    assert "Lan viết" in reading.text("review.text")
    assert not reading.find("review.next").isEnabled()
    assert reading.find("review.text").hasFocus()
    reading.key("review.text", Qt.Key.Key_Up, CONTROL)
    assert reading.text("review.place") == "Bài 1/2 chờ xem"


def test_a_comment_that_is_not_sent_yet_is_there_when_one_comes_back(reading: Seat) -> None:
    lineage = reading.route.lineage
    type_into(reading.find("review.comment"), "Đang nghĩ")
    reading.click("review.next")
    assert reading.text("review.comment") == ""
    reading.find("review.comment").undo()
    assert reading.text("review.comment") == "", "another member's comment came back"
    reading.click("review.list")
    reading.go(Place.REVIEW, lineage=lineage, unit=reading.device.cell_path)
    assert reading.text("review.comment") == "Đang nghĩ"


def test_a_decision_the_disk_did_not_take_is_told_and_the_comment_stays(
    reading: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise DiskProblem("Ổ đĩa đã đầy.", "Hãy xoá bớt tệp.")

    monkeypatch.setattr(reading.device.cell, "return_for_revision", full)
    type_into(reading.find("review.comment"), "Viết rõ hơn.")
    reading.click("review.return")
    assert "Ổ đĩa đã đầy." in reading.banner()
    assert reading.text("review.comment") == "Viết rõ hơn."
    assert reading.find("review.return").isEnabled()


def test_a_newer_text_that_comes_in_is_announced_and_the_older_one_can_be_read(
    seat: Seat, an: Device
) -> None:
    hand_in(an)
    seat.device.synced()
    seat.go(Place.REVIEW)
    lineage = seat.device.cell.to_review(seat.device.cell_path)[0].lineage
    seat.device.cell.return_for_revision(lineage, "Viết thêm.", NOW + timedelta(minutes=1))
    seat.device.synced()
    an.synced()
    an.reflections.revise(TASK, NOW)
    hand_in(an, f"Bản mới: {TEXT}")
    seat.device.synced()
    seat.settle()
    assert "Đảng viên vừa nộp bản 2 của bài này." in seat.banner()
    assert "Bản mới" in seat.text("review.text")
    assert "Viết thêm." in seat.words()
    seat.click("review.revision.1")
    assert "Bản mới" not in seat.text("review.text")
    assert "Bản 1, đang xem" in seat.words()


def test_with_nothing_to_review_the_page_says_so(seat: Seat) -> None:
    seat.go(Place.REVIEW)
    assert "Không còn bài nào chờ xem" in seat.words()


def test_a_reflection_this_pc_does_not_have_is_an_error_with_advice(seat: Seat) -> None:
    seat.go(Place.REVIEW, lineage="khong-co")
    assert "Trên máy này không có bài thu hoạch đó." in seat.words()


def select(seat: Seat, words: str) -> None:
    """Selects words of the text, as a person does with the mouse."""
    text = seat.find("review.text")
    text.moveCursor(QTextCursor.MoveOperation.Start)
    assert text.find(words)
    text.setFocus()


def test_words_are_selected_and_commented_where_they_stand(reading: Seat, an: Device) -> None:
    lineage = reading.route.lineage
    select(reading, "nộp bài này")
    reading.key("review.text", Qt.Key.Key_G, CONTROL)
    box = reading.find("review.passage.1.comment")
    assert box.hasFocus()
    type_into(box, "Nộp cho ai?")
    assert "“nộp bài này”" in reading.words()
    text = reading.find("review.text")
    (shown,) = text.extraSelections()
    assert shown.cursor.selectedText() == "nộp bài này"
    reading.click("review.return")
    reading.device.synced()
    an.synced()
    (note,) = an.reflections.draft(TASK, NOW).comments
    (passage,) = note.passages
    assert (passage.part, passage.quote, passage.comment) == ("nhan-thuc", "nộp bài này", "Nộp cho ai?")
    reading.go(Place.REVIEW, lineage=lineage, unit=reading.device.cell_path)
    assert [each.cursor.selectedText() for each in text.extraSelections()] == ["nộp bài này"]
    assert "Nộp cho ai?" in reading.words()


def test_without_a_selection_the_person_is_told_what_to_do(reading: Seat) -> None:
    reading.click("review.passage")
    assert "Hãy chọn một đoạn trong bài" in reading.banner()


def test_a_comment_on_a_passage_is_dropped_again(reading: Seat) -> None:
    select(reading, "nộp bài này")
    reading.click("review.passage")
    reading.click("review.passage.1.remove")
    assert reading.find("review.passage.1.comment") is None
    assert not reading.find("review.text").extraSelections()


def test_what_is_being_written_survives_a_restart(reading: Seat) -> None:
    lineage = reading.route.lineage
    type_into(reading.find("review.comment"), "Đang nghĩ")
    select(reading, "đủ để")
    reading.click("review.passage")
    type_into(reading.find("review.passage.1.comment"), "Vì sao?")
    reading.window.current.leave()
    draft = reading.device.cell.desk.draft(lineage)
    assert (draft.comment, [each.comment for each in draft.passages]) == ("Đang nghĩ", ["Vì sao?"])


def test_formatting_is_shown_and_its_marks_are_not(seat: Seat, an: Device) -> None:
    hand_in(an, "### Một\n**đậm** và *nghiêng*\n- mục thứ nhất của bài này")
    seat.device.synced()
    seat.go(Place.REVIEW)
    text = seat.text("review.text")
    assert "Một\nđậm và nghiêng\n" in text
    assert "#" not in text and "*" not in text


def test_keys_decide_too(reading: Seat) -> None:
    reading.device.line.is_down = True
    lineage = reading.route.lineage
    reading.key("review.text", Qt.Key.Key_Return, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert "cần biết sửa gì" in reading.text("review.needs-comment")
    reading.key("review.comment", Qt.Key.Key_Return, CONTROL)
    assert reading.device.cell.reflection(lineage).state is State.ACCEPTED


def test_before_there_is_a_phrase_the_menu_says_so(reading: Seat) -> None:
    reading.click("review.phrases")
    menu = reading.find("review.phrases.menu")
    assert menu.actions()[0].text() == "Chưa có câu mẫu nào"
    menu.close()


def test_a_long_passage_is_shortened_between_its_words() -> None:
    quote = (
        "nên mỗi lần làm giấy tờ phải nhờ con cháu. Tổ chúng tôi đã lập nhóm bốn đảng viên trực chiều thứ Bảy"
    )
    begins, ends = shortened(quote).split(" … ")
    assert quote.startswith(f"{begins} ")
    assert quote.endswith(f" {ends}")
    assert shortened("một đoạn ngắn") == "một đoạn ngắn"


def test_phrases_are_kept_and_used_again(reading: Seat) -> None:
    desk = reading.device.cell.desk
    type_into(reading.find("review.comment"), "Cần nêu việc làm cụ thể.")
    reading.click("review.phrases")
    menu = reading.find("review.phrases.menu")
    next(each for each in menu.actions() if "Giữ lời" in each.text()).trigger()
    menu.close()
    reading.settle()
    assert desk.phrases().kept == ("Cần nêu việc làm cụ thể.",)
    reading.click("review.next")
    reading.key("review.comment", Qt.Key.Key_J, CONTROL)
    menu = reading.find("review.phrases.menu")
    next(each for each in menu.actions() if each.text() == "Cần nêu việc làm cụ thể.").trigger()
    menu.close()
    assert reading.text("review.comment") == "Cần nêu việc làm cụ thể."


def test_sentences_of_earlier_comments_are_suggested(reading: Seat) -> None:
    reading.device.line.is_down = True
    type_into(reading.find("review.comment"), "Bài viết tốt. Cần thêm số liệu của khu phố.")
    reading.click("review.accept")
    assert "Cần thêm số liệu của khu phố." in reading.device.cell.desk.phrases().suggested


def test_a_text_that_its_author_took_back_while_it_was_open_says_so(
    seat: Seat, an: Device, ward: Ward
) -> None:
    hand_in(an)
    seat.device.synced()
    (waiting,) = seat.device.cell.waiting(seat.device.cell_path)
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    seat.device.line.is_down = True  # the opening does not get out before the withdrawal is known
    seat.go(Place.REVIEW, lineage=waiting.lineage, unit=seat.device.cell_path)
    seat.device.cell.return_for_revision(waiting.lineage, "Bổ sung số liệu.", NOW)
    seat.device.line.is_down = False
    seat.device.deliver()
    seat.settle()
    assert "Máy chủ không nhận kết luận “Trả lại” của đồng chí" in seat.words()
    seat.device.pull()
    seat.settle()
    assert "Tác giả đã rút bài để viết lại." in seat.words()
    assert "không có bài thu hoạch đó" not in seat.words()
    assert "chờ xem" not in seat.words()


def test_another_deputys_decision_is_told_before_one_decides_oneself(
    ward: Ward, tmp_path: Path, qapp: QApplication
) -> None:
    ward.now = NOW
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,), "Minh": (DutyKind.CELL_DEPUTY,)})
    an, hanh, minh = (Device(tmp_path / name, ward, name, cell, ITEMS) for name in ("An", "Hanh", "Minh"))
    seat = Seat(hanh)
    try:
        hand_in(an)
        minh.synced()
        hanh.synced()
        (waiting,) = minh.cell.waiting(cell)
        minh.cell.return_for_revision(waiting.lineage, "Sửa.", NOW)
        seat.go(Place.REVIEW, lineage=waiting.lineage, unit=cell)
        assert seat.find("review.overlap") is None
        minh.synced()
        hanh.synced()
        seat.settle()
        assert seat.text("review.overlap") == (
            "Minh đã trả lại bài này lúc 15:30 ngày 22/11/2026. "
            "Nếu đồng chí nhận xét nữa thì tính theo kết luận sau."
        )
        hanh.line.is_down = True
        seat.click("review.accept")
        seat.go(Place.REVIEW, lineage=waiting.lineage, unit=cell)
        assert "Cả hai kết luận đều được giữ; tính theo kết luận sau: Đạt." in seat.text("review.overlap")
    finally:
        seat.close()
        for pc in (an, hanh, minh):
            pc.close()
