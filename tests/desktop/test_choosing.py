"""Two PCs of one member: what both wrote is compared, chosen, made one; nothing of either is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from handbook.desktop.compared_texts import ComparedTexts, Written, compare
from handbook.desktop.session import Place
from handbook.errors import BadInput
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.packs import Item, ItemKind, assignment_item, document_item
from tests.asset_files import png
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat, pictures, type_into

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
FIRST, SECOND = "editor.part.nhan-thuc", "editor.part.lien-he"
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cell(ward: Ward) -> str:
    ward.now = NOW
    return ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


def pc(folder: Path, ward: Ward, name: str, cell: str) -> Iterator[Device]:
    made = Device(folder, ward, name, cell, ITEMS)
    yield made
    made.close()


@pytest.fixture
def an(tmp_path: Path, ward: Ward, cell: str) -> Iterator[Device]:
    yield from pc(tmp_path / "here", ward, "An", cell)


@pytest.fixture
def other(tmp_path: Path, ward: Ward, cell: str) -> Iterator[Device]:
    yield from pc(tmp_path / "there", ward, "An", cell)


@pytest.fixture
def hanh(tmp_path: Path, ward: Ward, cell: str) -> Iterator[Device]:
    yield from pc(tmp_path / "secretary", ward, "Hanh", cell)


@pytest.fixture
def seat(an: Device, qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(an)
    yield seated
    seated.close()


def submitted(device: Device, text: str = TEXT) -> None:
    device.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    device.reflections.submit(TASK, NOW)


# Both were handed in


def test_two_pcs_that_handed_in_leave_the_choice_to_the_person(seat: Seat, an: Device, other: Device) -> None:
    submitted(other, "bài của máy kia đã đến máy chủ trước rồi nhé")
    other.synced()
    submitted(an, "bài của máy này đến sau nên máy chủ chưa nhận")
    an.synced()
    seat.go(Place.EDITOR, assignment=TASK)
    assert "cả hai bản đều được giữ" in seat.banner()
    assert "máy kia" in seat.text("editor.text")
    assert "bài của máy này đến sau" in seat.words()
    assert seat.find("editor.keep-other") is not None
    seat.click("editor.revise")
    assert seat.text(FIRST) == "bài của máy này đến sau nên máy chủ chưa nhận"


def test_the_other_pcs_text_can_be_kept(seat: Seat, an: Device, other: Device) -> None:
    submitted(other, "bài của máy kia đã đến máy chủ trước rồi nhé")
    other.synced()
    submitted(an)
    an.synced()
    seat.go(Place.EDITOR, assignment=TASK)
    seat.click("editor.keep-other")
    assert seat.text("editor.state") == "Đã nhận"
    assert seat.find("editor.revise") is None
    assert "Bản viết trên máy này, máy chủ chưa nhận" in seat.words()


def two_texts(an: Device, other: Device) -> None:
    submitted(other, "đoạn chung của hai bài\nbài của máy kia đến máy chủ trước rồi nhé")
    other.synced()
    submitted(an, "đoạn chung của hai bài\nbài của máy này đến sau nên máy chủ chưa nhận")
    an.synced()


def test_two_texts_are_compared_word_by_word_and_made_one_which_can_be_undone(
    seat: Seat, an: Device, other: Device
) -> None:
    two_texts(an, other)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.press("So hai bản")
    compared = seat.text("two-texts.text")
    assert all(words in compared for words in ("đoạn chung của hai bài", "kia", "này"))
    assert compared.count("đoạn chung của hai bài") == 2, "once for each part"
    pictures(seat, "two-texts")
    seat.click("two-texts.merge")
    merged = seat.text(FIRST)
    assert merged.splitlines() == [
        "đoạn chung của hai bài",
        "bài của máy kia đến máy chủ trước rồi nhé",
        "bài của máy này đến sau nên máy chủ chưa nhận",
    ]
    seat.press("Hoàn tác")
    assert "cả hai bản đều được giữ" in seat.banner()
    seat.click("editor.keep-other")
    assert seat.text("editor.state") == "Đã nhận"
    seat.press("Hoàn tác")
    assert "cả hai bản đều được giữ" in seat.banner()


def test_words_taken_out_before_a_stop_leave_no_gap_and_exchanged_words_are_no_one_word(
    qapp: QApplication,
) -> None:
    there = "kèm ba hộ cao tuổi, có sổ theo dõi.\nViệc này làm xong sớm."
    here = "kèm hai hộ cao tuổi.\nViệc này làm xong muộn."
    shown = ComparedTexts("texts", "hai bản")
    texts = (Written((Answer("nhan-thuc", text),)) for text in (there, here))
    shown.show_compared(compare(*texts, {"nhan-thuc": "Nhận thức"}))
    assert shown.toPlainText().splitlines() == [
        "Nhận thức",
        "kèm ba hai hộ cao tuổi, có sổ theo dõi.",
        "Việc này làm xong sớm muộn.",
    ]
    shown.deleteLater()


# This PC has a draft, the other handed in


AT_HOME = "đoạn chung của hai bài\nbài viết dở ở nhà chưa kịp nộp lần nào"
AT_WORK = "đoạn chung của hai bài\nbài đã nộp ở cơ quan để kịp hạn"


def draft_beside_a_newer_text(an: Device, other: Device) -> None:
    an.reflections.save(TASK, (Answer("nhan-thuc", AT_HOME), Answer("lien-he", TEXT)), NOW)
    submitted(other, AT_WORK)
    other.synced()
    an.synced()


def test_handing_in_over_a_newer_text_shows_both_first_and_goes_on_when_this_pcs_is_chosen(
    seat: Seat, an: Device, other: Device
) -> None:
    draft_beside_a_newer_text(an, other)
    seat.go(Place.EDITOR, assignment=TASK)
    assert "Máy khác của đồng chí đã nộp bản 1" in seat.banner()
    type_into(seat.find(FIRST), "thêm ")
    seat.click("editor.submit")
    assert seat.find("editor.confirm") is None
    compared = seat.text("two-texts.text")
    assert "đã nộp ở cơ quan" in compared and "thêm" in compared
    pictures(seat, "draft-and-newer")
    seat.click("two-texts.own")
    assert "Máy khác" not in seat.banner()
    seat.click("editor.confirm")
    an.synced()
    assert [(each.revision, "thêm" in each.answers[0].text) for each in an.reflections.submitted(TASK)] == [
        (2, True),
        (1, False),
    ]


def test_who_closes_the_comparison_has_handed_in_nothing(seat: Seat, an: Device, other: Device) -> None:
    draft_beside_a_newer_text(an, other)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.click("editor.submit")
    seat.key("two-texts", Qt.Key.Key_Escape)
    assert seat.find("two-texts") is None
    assert seat.find("editor.confirm") is None
    assert len(an.reflections.submitted(TASK)) == 1
    assert seat.text(FIRST) == AT_HOME


def test_draft_and_newer_text_are_made_one_which_can_be_undone(seat: Seat, an: Device, other: Device) -> None:
    draft_beside_a_newer_text(an, other)
    an.reflections.attach(TASK, "so-do.png", png(), NOW)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.press("So hai bản")
    assert "so-do.png" in seat.text("two-texts.text")
    seat.click("two-texts.merge")
    assert seat.text(FIRST).splitlines() == [*AT_WORK.splitlines(), AT_HOME.splitlines()[1]]
    seat.press("Hoàn tác")
    assert seat.text(FIRST) == AT_HOME
    assert "Máy khác của đồng chí đã nộp bản 1" in seat.banner()


def test_two_texts_made_one_with_too_many_files_say_so_and_are_handed_in_once_some_are_taken_out(
    seat: Seat, an: Device, other: Device
) -> None:
    scans = [(f"trang {number}.pdf", b"%PDF-1.4\n" + bytes([48 + number]) + b"%%EOF") for number in range(5)]
    for name, data in scans[:3]:
        other.reflections.attach(TASK, name, data, NOW)
    draft_beside_a_newer_text(an, other)
    for name, data in scans[3:]:
        an.reflections.attach(TASK, name, data, NOW)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.press("So hai bản")
    seat.click("two-texts.merge")
    assert "Bài có 5 tệp kèm theo, giới hạn là 3 tệp." in seat.banner()
    assert "Tệp kèm theo, dưới bài viết" in seat.banner()
    pictures(seat, "merged-with-too-many-files")
    seat.click("editor.submit")
    assert seat.find("editor.confirm") is None
    assert "Chưa nộp được" in seat.words()
    with pytest.raises(BadInput, match="giới hạn là 3"):
        an.reflections.submit(TASK, NOW)
    for left in (4, 3):
        seat.find("attached.remove.0").click()
        seat.settle()
        assert len(an.reflections.draft(TASK, NOW).files) == left
    seat.press("Hoàn tác")
    assert "Bài có 4 tệp kèm theo" in seat.banner(), "what was taken out comes back by undo even so"
    seat.find("attached.remove.0").click()
    seat.settle()
    assert "giới hạn" not in seat.banner()
    seat.click("editor.submit")
    seat.click("editor.confirm")
    an.synced()
    assert seat.text("editor.state") == "Đã nhận"


def test_the_draft_that_gives_way_is_read_among_the_former_texts_and_comes_back_by_undo(
    seat: Seat, an: Device, other: Device
) -> None:
    draft_beside_a_newer_text(an, other)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.press("So hai bản")
    seat.click("two-texts.other")
    assert seat.text("editor.state") == "Đã nhận"
    seat.click("editor.former")
    assert seat.find("former.back") is None, "what was handed in is not written over"
    assert "viết dở ở nhà" in seat.text("former.text")
    seat.click("former.close")
    seat.press("Hoàn tác")
    assert seat.text(FIRST) == AT_HOME


def test_over_an_accepted_text_only_the_other_can_be_kept(
    seat: Seat, an: Device, other: Device, hanh: Device
) -> None:
    submitted(other, AT_WORK)
    other.synced()
    hanh.synced()
    (waiting,) = hanh.cell.to_review(hanh.cell_path)
    hanh.cell.accept(waiting.lineage, "Tốt.", NOW)
    hanh.synced()
    an.reflections.save(TASK, (Answer("nhan-thuc", AT_HOME),), NOW)
    an.synced()
    seat.go(Place.EDITOR, assignment=TASK)
    seat.press("So hai bản")
    assert seat.find("two-texts.own") is None and seat.find("two-texts.merge") is None
    seat.click("two-texts.other")
    assert seat.text("editor.state") == "Đạt"


# The assignment was recalled


def test_a_text_taken_back_of_a_recalled_assignment_is_there_to_copy_and_to_keep(
    seat: Seat, an: Device
) -> None:
    submitted(an)
    an.reflections.withdraw(TASK, NOW)
    an.publish(Item(id=TASK, kind=ItemKind.WITHDRAWAL, edition=9))
    seat.go(Place.EDITOR, assignment=TASK)
    assert "Đảng uỷ đã rút nhiệm vụ này." in seat.banner()
    assert (seat.text(FIRST), seat.find("editor.submit")) == (TEXT, None)
    assert "Nhận thức" in seat.words()
    pictures(seat, "recalled")
    seat.click("editor.copy")
    assert QGuiApplication.clipboard().text() == f"{TEXT}\n\n{TEXT}"
    seat.click("editor.preview")
    assert seat.find("preview.word").isEnabled()


def test_what_was_handed_in_for_a_recalled_assignment_is_still_read(seat: Seat, an: Device) -> None:
    submitted(an)
    an.synced()
    an.publish(Item(id=TASK, kind=ItemKind.WITHDRAWAL, edition=9))
    seat.go(Place.EDITOR, assignment=TASK)
    assert "Đảng uỷ đã rút nhiệm vụ này." in seat.banner()
    assert "đã nhận bài" in seat.banner()
    assert TEXT in seat.text("editor.text")
