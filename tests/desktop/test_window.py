"""The window: going, going back, folding, and the keys that work everywhere."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from handbook.desktop.session import Place
from tests.desktop.conftest import Person
from tests.desktop.ward import CAPITAL, PASSWORD, SECRETARY

pytestmark = pytest.mark.gui


def test_the_rail_leads_to_each_place_and_marks_where_one_is(alone: Person) -> None:
    for place in (Place.LIBRARY, Place.STUDY, Place.SYNC, Place.SETTINGS, Place.TODAY):
        button = alone.find(f"rail.{place}")
        button.click()
        alone.settle()
        assert alone.window.current.route.place is place
        assert button.isChecked()


def test_back_and_forward_follow_the_way_that_was_taken(alone: Person) -> None:
    alone.go(place=Place.LIBRARY)
    alone.go(place=Place.READER, document=CAPITAL)
    alone.window.back()
    assert alone.window.current.route.place is Place.LIBRARY
    alone.window.back()
    assert alone.window.current.route.place is Place.TODAY
    alone.window.back()
    assert alone.window.current.route.place is Place.TODAY
    alone.window.forward()
    alone.window.forward()
    alone.settle()
    assert alone.window.current.route.document == CAPITAL


def test_while_reading_the_library_is_lit_in_the_rail(alone: Person) -> None:
    alone.go(place=Place.READER, document=CAPITAL)
    assert alone.find("rail.library").isChecked()


def test_ctrl_k_goes_to_the_search_box_from_anywhere(alone: Person) -> None:
    QTest.keyClick(alone.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    alone.settle()
    assert alone.find("library.search").hasFocus()


def test_a_narrow_window_folds_the_rail_and_keeps_the_names_as_tool_tips(alone: Person) -> None:
    alone.window.resize(1024, 640)
    alone.settle()
    button = alone.find("rail.library")
    assert button.text() == ""
    assert button.toolTip() == button.accessibleName() == "Thư viện"


def test_only_who_reads_a_cell_is_led_to_it(alone: Person) -> None:
    assert not alone.sees("rail.cell")
    alone.desktop.close_profile()
    alone.desktop.open_profile(SECRETARY, PASSWORD)
    alone.wait(lambda: alone.desktop.session)
    alone.settle()
    assert alone.sees("rail.cell")


def test_the_foot_of_the_rail_says_what_waits_and_leads_to_it(alone: Person) -> None:
    session = alone.desktop.session
    alone.wait(lambda: not session.syncing)
    session.handbook.library.tick(CAPITAL, True, session.now())
    state = alone.find("window.state")
    alone.wait(lambda: state.text() == "1 mục chờ gửi")
    state.click()
    alone.settle()
    assert alone.window.current.route.place is Place.SYNC


@pytest.mark.parametrize("size", [(1440, 900), (1024, 640)])
def test_what_was_done_is_told_beside_the_rail_at_any_text_size(alone: Person, size: tuple[int, int]) -> None:
    alone.window.resize(*size)
    alone.window.current.undo_offered.emit("Đã xoá ghi chú.", lambda: None)
    for scale in (1.0, 2.0):
        alone.desktop.change_settings(text_scale=scale)
        alone.settle()
        rail, toast = alone.find("rail"), alone.find("toast")
        assert rail.geometry().right() < toast.geometry().left()
        assert toast.geometry().right() < alone.window.width()
