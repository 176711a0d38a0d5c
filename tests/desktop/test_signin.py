"""Signing in: who is at the PC, a first activation, and mistakes that are said where one types."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from handbook.client.handbook import activate, open_handbook
from handbook.client.profiles import profiles
from handbook.client.tables.personal import account
from handbook.desktop.session import Place
from tests.desktop.conftest import Person
from tests.desktop.ward import MEMBER, NEWCOMER, PASSWORD, SECRETARY, Ward

pytestmark = pytest.mark.gui


@pytest.fixture
def at_the_door(alone: Person) -> Person:
    """The member has left the handbook; the choice of person is shown."""
    alone.find("window.leave").click()
    alone.settle()
    return alone


def enter(person: Person, name: str, text: str) -> QLineEdit:
    field = person.find(name)
    field.setText(text)
    return field


def choose(person: Person, account: str) -> None:
    people = person.find("signin.profiles")
    rows = [people.item(row).data(Qt.ItemDataRole.UserRole) for row in range(people.count())]
    people.setCurrentRow(rows.index(account))


def test_everybody_of_this_pc_is_offered_with_name_and_cell(at_the_door: Person) -> None:
    people = at_the_door.find("signin.profiles")
    shown = {people.item(row).text() for row in range(people.count())}
    assert shown == {
        f"Nguyễn Văn An\nChi bộ Khu phố 1 · {MEMBER}",
        f"Trần Thị Hạnh\nChi bộ Khu phố 1 · {SECRETARY}",
    }
    at_the_door.picture("signin")


def test_the_right_password_opens_that_persons_handbook(at_the_door: Person) -> None:
    choose(at_the_door, SECRETARY)
    QTest.keyClick(enter(at_the_door, "signin.password", PASSWORD), Qt.Key.Key_Return)
    at_the_door.wait(lambda: at_the_door.desktop.session)
    at_the_door.settle()
    assert at_the_door.desktop.session.handbook.account.member().account == SECRETARY
    assert at_the_door.window.current.route.place is Place.TODAY
    assert "Trần Thị Hạnh" in at_the_door.words()


def test_a_wrong_password_is_said_beside_the_field_and_can_be_typed_again(at_the_door: Person) -> None:
    enter(at_the_door, "signin.password", "sai-mat-khau")
    at_the_door.find("signin.submit").click()
    at_the_door.wait(lambda: at_the_door.sees("signin.error"))
    assert at_the_door.desktop.session is None
    field = at_the_door.find("signin.password")
    assert field.hasFocus()
    assert field.text() == "sai-mat-khau"
    assert field.hasSelectedText()
    assert at_the_door.find("signin.submit").isEnabled()
    enter(at_the_door, "signin.password", PASSWORD)
    at_the_door.find("signin.submit").click()
    at_the_door.wait(lambda: at_the_door.desktop.session)
    at_the_door.settle()


def test_in_large_print_and_a_low_window_the_mistake_is_in_sight_with_the_field(at_the_door: Person) -> None:
    at_the_door.window.resize(1024, 640)
    at_the_door.desktop.change_settings(text_scale=2.0)
    field = enter(at_the_door, "signin.password", "sai mật khẩu")
    QTest.keyClick(field, Qt.Key.Key_Return)
    at_the_door.wait(lambda: at_the_door.sees("signin.error"))
    at_the_door.settle()
    error = at_the_door.find("signin.error")
    for shown in (error, field):
        assert shown.visibleRegion().boundingRect() == shown.rect()
    people = at_the_door.find("signin.profiles")
    assert people.geometry().bottom() < error.geometry().top() < field.geometry().top()
    at_the_door.picture("signin-wrong-200")


def test_the_password_is_hidden_until_asked_for(at_the_door: Person) -> None:
    field = at_the_door.find("signin.password")
    assert field.echoMode() is QLineEdit.EchoMode.Password
    next(box for box in at_the_door.window.findChildren(QCheckBox) if box.isVisible()).click()
    assert field.echoMode() is QLineEdit.EchoMode.Normal


def test_leaving_closes_the_profile_so_that_another_program_may_open_it(at_the_door: Person) -> None:
    assert at_the_door.desktop.session is None
    open_handbook(at_the_door.home, MEMBER, PASSWORD).close()


def test_a_lost_password_is_no_dead_end_and_what_it_costs_is_read_first(
    at_the_door: Person, ward: Ward
) -> None:
    # Somebody whose sessions no other test needs: a new code ends them all.
    ward.bring(at_the_door.home, NEWCOMER)
    at_the_door.desktop.show_sign_in(NEWCOMER)
    at_the_door.settle()
    choose(at_the_door, NEWCOMER)
    next(
        each for each in at_the_door.window.findChildren(QPushButton) if each.text() == "Quên mật khẩu?"
    ).click()
    words = at_the_door.words()
    assert f"Lê Thị Lan · {NEWCOMER}" in words
    assert "Mất trên máy này: bài đang viết" in words
    at_the_door.picture("forgotten")
    enter(at_the_door, "signin.anew.server", ward.url)
    enter(at_the_door, "signin.anew.code", ward.code(NEWCOMER))
    for field in ("signin.anew.password", "signin.anew.repeat"):
        enter(at_the_door, field, "mat-khau-moi-2026")
    at_the_door.find("signin.anew").click()
    at_the_door.settle()
    assert "Chưa đánh dấu là đã hiểu" in at_the_door.words()
    at_the_door.find("signin.anew.understood").click()
    at_the_door.find("signin.anew").click()
    at_the_door.wait(lambda: at_the_door.desktop.session)
    at_the_door.wait(lambda: not at_the_door.desktop.session.syncing)
    at_the_door.settle()
    assert at_the_door.desktop.session.handbook.account.member().account == NEWCOMER
    assert len(list((at_the_door.home / "profiles").glob(f".{NEWCOMER}.old-*"))) == 1


@pytest.fixture
def new_pc(ward: Ward, qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    """A PC as the installer left it: it trusts the ward and has no profile."""
    home = tmp_path / "new"
    ward.trust(home)
    person = Person(qtbot, home)
    person.desktop.start()
    person.take_keyboard()
    person.settle()
    yield person
    person.close()


def fill_activation(person: Person, code: str, password: str, repeat: str) -> None:
    enter(person, "signin.code", code)
    enter(person, "signin.newpassword", password)
    enter(person, "signin.repeat", repeat)
    person.find("signin.activate").click()


def test_a_new_pc_begins_with_the_activation_code_and_knows_its_server(new_pc: Person, ward: Ward) -> None:
    assert new_pc.find("signin.server").text() == ward.url
    assert new_pc.find("signin.code").hasFocus()
    assert not new_pc.sees("signin.profiles")
    new_pc.picture("activate")


def test_an_activation_code_brings_the_handbook_to_this_pc(new_pc: Person, ward: Ward) -> None:
    fill_activation(new_pc, ward.code(NEWCOMER), PASSWORD, PASSWORD)
    new_pc.wait(lambda: new_pc.desktop.session)
    new_pc.wait(lambda: not new_pc.desktop.session.syncing)
    new_pc.settle()
    assert [card.account for card in profiles(new_pc.home)] == [NEWCOMER]
    assert "Lê Thị Lan" in new_pc.words()
    assert new_pc.sees("today.task.0")


def test_two_different_passwords_are_noticed_before_anything_is_sent(new_pc: Person) -> None:
    fill_activation(new_pc, "AAAA-BBBB-CCCC", PASSWORD, PASSWORD + "x")
    new_pc.settle()
    assert "Hai lần gõ mật khẩu không giống nhau." in new_pc.words()
    assert new_pc.find("signin.code").text() == "AAAA-BBBB-CCCC"


def test_a_wrong_code_leaves_no_profile_behind(new_pc: Person) -> None:
    fill_activation(new_pc, "AAAA-BBBB-CCCC", PASSWORD, PASSWORD)
    new_pc.wait(lambda: new_pc.sees("signin.error"))
    assert profiles(new_pc.home) == ()
    assert new_pc.find("signin.activate").isEnabled()


def test_without_a_network_activation_says_so(new_pc: Person) -> None:
    enter(new_pc, "signin.server", "http://127.0.0.1:9")
    fill_activation(new_pc, "AAAA-BBBB-CCCC", PASSWORD, PASSWORD)
    new_pc.wait(lambda: new_pc.sees("signin.error"))
    error = new_pc.find("signin.error")
    assert error.kind == "offline"
    assert "địa chỉ máy chủ có đúng không" in error.accessibleDescription()
    assert "tự gửi" not in error.accessibleDescription(), "nothing is kept here that would be sent"


def test_in_large_print_what_is_wrong_with_the_code_is_in_sight(new_pc: Person) -> None:
    new_pc.window.resize(1024, 640)
    new_pc.desktop.change_settings(text_scale=2.0)
    fill_activation(new_pc, "AAAA-BBBB-CCCC", PASSWORD, PASSWORD)
    new_pc.wait(lambda: new_pc.sees("signin.error"))
    error = new_pc.find("signin.error")
    new_pc.wait(lambda: error.visibleRegion().boundingRect() == error.rect())
    new_pc.picture("activate-wrong-200")


def test_a_pc_that_received_nothing_yet_does_not_say_that_nothing_is_to_be_done(
    new_pc: Person, ward: Ward
) -> None:
    activate(new_pc.home, ward.url, ward.code(NEWCOMER), PASSWORD, "PC thử", now=datetime.now(UTC))
    handbook = open_handbook(new_pc.home, NEWCOMER, PASSWORD)
    with handbook.store.personal.write() as connection:
        connection.execute(update(account).values(server="http://127.0.0.1:9"))
    handbook.close()
    new_pc.open(NEWCOMER)
    assert "Máy này chưa nhận nhiệm vụ nào" in new_pc.words()
    assert "không còn việc nào" not in new_pc.words()
