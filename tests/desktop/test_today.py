"""Việc hôm nay: the tasks with their reasons, one button each, and how delivery stands."""

import pytest
from PySide6.QtWidgets import QLabel

from handbook.desktop.session import Place
from tests.desktop.conftest import Person
from tests.desktop.ward import ASSIGNMENT, CAPITAL

pytestmark = pytest.mark.gui


def test_what_is_to_be_read_comes_with_its_reason_and_one_button(alone: Person) -> None:
    words = alone.words()
    assert "15-NQ/TW Về phát triển Thủ đô Hà Nội" in words
    assert "Học Nghị quyết 15-NQ/TW" in words
    assert alone.find("today.task.0").text() == "Đọc"
    assert alone.find("today.task.1").text() == "Viết bài"
    alone.picture("today")


def test_the_button_of_a_reading_task_opens_the_document(alone: Person) -> None:
    alone.find("today.task.0").click()
    alone.settle()
    assert alone.window.current.route.place is Place.READER
    assert alone.window.current.route.document == CAPITAL


def test_the_button_of_a_writing_task_opens_the_editor(alone: Person) -> None:
    alone.find("today.task.1").click()
    alone.settle()
    assert alone.window.current.route.place is Place.EDITOR
    assert alone.window.current.route.assignment == ASSIGNMENT


def test_a_task_that_is_done_leaves_the_list(alone: Person) -> None:
    session = alone.desktop.session
    session.handbook.library.tick(CAPITAL, True, session.now())
    alone.wait(lambda: "Về phát triển Thủ đô Hà Nội" not in alone.words())
    alone.wait(lambda: "1 mục chờ gửi, từ vừa xong" in alone.words())


def test_it_is_said_when_the_pc_last_met_its_server(alone: Person) -> None:
    alone.wait(lambda: not alone.desktop.session.syncing)
    alone.settle()
    assert "Đồng bộ lần cuối:" in alone.words()
    assert "Không còn gì chờ gửi" in alone.words()


def test_buttons_stand_below_the_words_where_print_is_large(alone: Person) -> None:
    alone.desktop.change_settings(text_scale=2.0)
    alone.window.resize(1024, 640)
    alone.settle()
    button = alone.find("today.task.0")
    card = button.parentWidget()
    labels = [one for one in card.findChildren(QLabel) if one.isVisible() and one.text().startswith("15-NQ")]
    assert button.y() >= labels[0].geometry().bottom()
    assert button.geometry().right() < card.width()
    alone.desktop.change_settings(text_scale=1.0)
    alone.settle()
    assert button.x() > labels[0].geometry().right()
