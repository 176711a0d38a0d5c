"""Soát chính tả in the editor: marks after a pause, mended by the menu, remembered; nothing while off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction, QTextCursor
from PySide6.QtWidgets import QApplication, QMenu

from handbook.client.settings import read_settings
from handbook.client.spelling import Spelling
from handbook.desktop.session import Place
from handbook.desktop.spell_check import WORDS_AT_ONCE
from handbook.model.reflection import Answer
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat, pictures, type_into

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
FIRST, SECOND = "editor.part.nhan-thuc", "editor.part.lien-he"
TEXT = "Tôi tríển khai **nghị quyết** cùng bà con, **tríển** khai đúng hạn.\nNghành ta cần gương mẫu."


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def an(ward: Ward, tmp_path: Path) -> Iterator[Device]:
    ward.now = NOW
    made = Device(tmp_path / "pc", ward, "An", ward.new_cell({"An": ()}), ITEMS)
    made.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", "lần này nghành ta")), NOW)
    yield made
    made.close()


@pytest.fixture
def seat(an: Device, qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(an)
    seated.go(Place.EDITOR, assignment=TASK)
    yield seated
    seated.close()


@pytest.fixture
def checked(seat: Seat) -> Seat:
    seat.click("editor.look.spelling")
    return seat


def doubted(seat: Seat, name: str = FIRST) -> frozenset[str]:
    return seat.find(name)._doubted


def reds(seat: Seat, name: str = FIRST) -> int:
    """Points of the colour of doubt that are painted in the box."""
    picture = seat.find(name).viewport().grab().toImage()
    return sum(
        picture.pixelColor(x, y).red() > 150 and picture.pixelColor(x, y).green() < 90
        for x in range(picture.width())
        for y in range(picture.height())
    )


def chosen_from_menu(seat: Seat, wanted: str) -> list[str]:
    """F7, and then the wanted line of the menu; what the menu offers."""
    offered: list[str] = []

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        actions: list[QAction] = [each for each in menu.actions() if each.text()]
        offered.extend(each.text() for each in actions)
        menu.close()
        next(each for each in actions if each.text() == wanted).trigger()

    seat.window.current._spelling.go_to_next()
    QTimer.singleShot(50, seat.window, choose)
    seat.settle()
    return offered


def test_it_is_off_until_the_person_wants_it_and_stays_as_they_left_it(seat: Seat) -> None:
    assert (doubted(seat), reds(seat)) == (frozenset(), 0)
    seat.click("editor.look.spelling")
    assert doubted(seat) == {"tríển", "nghành"}
    assert reds(seat) > 20
    assert read_settings(seat.session.data_dir).spelling
    pictures(seat, "spelling")
    seat.go(Place.STUDY)
    seat.go(Place.EDITOR, assignment=TASK)
    assert seat.find("editor.look.spelling").isChecked()
    seat.click("editor.look.spelling")
    assert (doubted(seat), reds(seat)) == (frozenset(), 0)
    assert not read_settings(seat.session.data_dir).spelling


def test_marks_come_after_a_pause_and_change_neither_text_nor_undo_nor_what_is_saved(checked: Seat) -> None:
    box = checked.find(FIRST)
    before, steps = box.markdown(), box.document().availableUndoSteps()
    box.moveCursor(QTextCursor.MoveOperation.End)
    type_into(box, " Bà con ủng hộ tuyêt đối.")
    assert "tuyêt" not in doubted(checked), "not while one types"
    checked.window.current._spelling.look()
    checked.settle()
    assert "tuyêt" in doubted(checked)
    box.undo()
    assert (box.markdown(), box.document().availableUndoSteps()) == (before, steps)


def test_the_word_being_typed_is_left_alone(checked: Seat) -> None:
    box = checked.find(SECOND)
    box.setFocus()
    box.selectAll()
    type_into(box, "nghành")
    checked.window.current._spelling.look()
    checked.settle()
    assert reds(checked, SECOND) == 0
    type_into(box, " ")
    assert reds(checked, SECOND) > 5


def test_f7_goes_from_word_to_word_and_the_menu_mends_one_keeping_its_look(checked: Seat) -> None:
    checked.find(FIRST).setFocus()
    checked.find(FIRST).moveCursor(QTextCursor.MoveOperation.Start)
    offered = chosen_from_menu(checked, "triển")
    assert offered[0] == "triển"
    assert "Bỏ qua từ “tríển”" in offered
    chosen_from_menu(checked, "triển")
    box = checked.find(FIRST)
    assert box.markdown().startswith("Tôi triển khai **nghị quyết** cùng bà con, **triển** khai")
    box.undo()
    assert "**tríển** khai" in box.markdown()
    box.moveCursor(QTextCursor.MoveOperation.End)
    box.moveCursor(QTextCursor.MoveOperation.StartOfBlock)
    chosen_from_menu(checked, "ngành")
    assert box.markdown().endswith("Ngành ta cần gương mẫu.")


def test_a_word_that_is_passed_is_marked_nowhere_and_the_passing_can_be_undone(checked: Seat) -> None:
    checked.find(SECOND).setFocus()
    checked.find(SECOND).moveCursor(QTextCursor.MoveOperation.Start)
    chosen_from_menu(checked, "Bỏ qua từ “nghành”")
    assert doubted(checked) == doubted(checked, SECOND) == {"tríển"}
    assert "không nhắc từ “nghành”" in checked.toast()
    checked.press("Hoàn tác")
    assert doubted(checked) == {"tríển", "nghành"}


def test_a_page_of_slips_is_judged_a_few_words_at_a_time_and_all_of_it(
    checked: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, doubt = list[int](), Spelling.doubted

    def counted(spelling: Spelling, words: frozenset[str]) -> frozenset[str]:
        judged.append(len(words))
        return doubt(spelling, words)

    monkeypatch.setattr(Spelling, "doubted", counted)
    slips = {f"x{one}{other}" for one in "bcdghklm" for other in "npqrstvx"}
    type_into(checked.find(FIRST), " " + " ".join(sorted(slips)))
    checked.window.current._spelling.look()
    checked.settle()
    assert slips <= doubted(checked)
    assert sum(judged) >= len(slips) and max(judged) <= WORDS_AT_ONCE
