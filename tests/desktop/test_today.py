"""Việc hôm nay: the tasks with their reasons, one button each, and how delivery stands."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from handbook.desktop.session import Place, Route
from tests.desktop.conftest import Person
from tests.desktop.test_differences import bring, with_new_goal
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
    alone.wait(lambda: "1 mục chờ gửi" in alone.words())
    assert "chờ gửi, từ" not in alone.words(), "what has waited for a moment is on its way"
    later = session.now() + timedelta(minutes=5, seconds=30)
    session.now = lambda: later
    alone.window.current.refresh()
    alone.wait(lambda: "1 mục chờ gửi, từ 5 phút trước" in alone.words())


def test_a_new_edition_of_what_was_read_is_told_until_what_is_new_was_seen(alone: Person) -> None:
    bring(alone, CAPITAL, with_new_goal)
    assert "bản mới" not in alone.words()  # nothing was read yet
    session = alone.desktop.session
    session.handbook.library.tick(CAPITAL, True, session.now())
    bring(alone, CAPITAL, lambda present: replace(present, title=f"{present.title} (sửa)"))
    alone.wait(lambda: "có bản mới từ khi đồng chí đánh dấu đã đọc" in alone.words())
    alone.picture("today-new-edition")
    alone.go(place=Place.STUDY, assignment=ASSIGNMENT)
    assert "Đã đọc bản trước" in alone.words()
    alone.picture("study-new-edition")
    alone.go(place=Place.TODAY)
    button = next(one for one in alone.window.findChildren(QPushButton) if one.text() == "Xem điểm mới")
    button.click()
    alone.settle()
    assert alone.window.current.route == Route(place=Place.DIFFERENCES, document=CAPITAL)
    alone.go(place=Place.TODAY)
    alone.wait(lambda: "có bản mới" not in alone.words())
    alone.go(place=Place.STUDY, assignment=ASSIGNMENT)
    assert "Đã đọc bản trước" not in alone.words()


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
