"""Duties come and end while the program runs: rooms appear and go, and no typed word goes with them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from handbook.client.handbook import open_handbook
from handbook.client.review_desk import ReviewDraft
from handbook.desktop.rooms import Rooms
from handbook.desktop.session import Place, Route
from handbook.desktop.theme import Mode, Theme
from handbook.desktop.widgets import Toast
from handbook.model.changes import Change
from handbook.model.reflection import Answer, PassageComment
from handbook.server.run import load_ward_into
from tests.desktop.conftest import Person
from tests.desktop.seat import type_into
from tests.desktop.ward import ASSIGNMENT, CELL, MEMBER, PASSWORD, SECRETARY, WARD, Ward, served_ward

pytestmark = pytest.mark.gui

TEXT = "Tôi sẽ dành thời gian giúp đỡ bà con trong khu phố"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ward, Path]]:
    """A ward with the PCs of An and of Hạnh, who has handed in a reflection."""
    with served_ward(tmp_path_factory.mktemp("ward")) as ward:
        home = tmp_path_factory.mktemp("home") / "home"
        ward.trust(home)
        for name in (MEMBER, SECRETARY):
            ward.bring(home, name)
        hanh, now = open_handbook(home, SECRETARY, PASSWORD), datetime.now(UTC)
        hanh.reflections.save(ASSIGNMENT, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), now)
        hanh.reflections.submit(ASSIGNMENT, now)
        assert hanh.sync.run(lambda: datetime.now(UTC)).error is None
        hanh.close()
        yield ward, home


@pytest.fixture
def ward(prepared: tuple[Ward, Path]) -> Iterator[Ward]:
    yield prepared[0]
    give(prepared[0], MEMBER)


@pytest.fixture
def an(prepared: tuple[Ward, Path], ward: Ward, qtbot: QtBot, qapp: QApplication) -> Iterator[Person]:
    someone = Person(qtbot, prepared[1])
    yield someone.open(MEMBER)
    someone.close()
    Theme().apply(qapp)


def give(ward: Ward, account: str, *duties: str) -> None:
    """From now on the member has these duties beside membership."""
    known = WARD.split("[[members]]")
    kinds = ", ".join(f'"{each}"' for each in ("member", *duties))
    of_them = next(each for each in known if f'"{account}"' in each)
    changed = re.sub(r"duties = .*", f"duties = [{kinds}]", of_them)
    file = ward.folder / "changed.toml"
    file.write_text(f"{known[0]}[[members]]{changed}", encoding="utf-8")
    load_ward_into(ward.settings, file)


def sync(person: Person) -> None:
    person.wait(lambda: not person.desktop.session.syncing)
    person.desktop.session.sync_now()
    person.wait(lambda: not person.desktop.session.syncing)
    person.settle()


def toasts(person: Person) -> str:
    return " ".join(each.accessibleName() for each in person.window.findChildren(Toast) if each.isVisible())


def write_a_comment(person: Person) -> str:
    """The lineage of the reflection that is being reviewed."""
    (waiting,) = person.desktop.session.handbook.cell.waiting(CELL)
    person.go(place=Place.REVIEW, lineage=waiting.lineage, unit=CELL)
    type_into(person.find("review.comment"), "Bài viết rõ, cần thêm việc cụ thể.")
    return waiting.lineage


def test_a_new_duty_opens_its_room_at_the_next_sync_without_a_restart(an: Person, ward: Ward) -> None:
    assert not an.sees("rail.cell")
    an.go(place=Place.LIBRARY)
    rail = an.find("rail.library")
    rail.setFocus()
    give(ward, MEMBER, "cell_deputy", "committee_officer")
    sync(an)
    assert an.sees("rail.cell")
    assert an.sees("rail.committee")
    assert "có thêm mục “Chi bộ”, “Tổng hợp”" in toasts(an)
    assert an.window.focusWidget() is rail
    assert rail.isChecked()
    assert an.find("rail.cell").shortcut().toString() == "Ctrl+5"
    assert an.find("rail.sync").shortcut().toString() == "Ctrl+7"
    an.picture("rooms-came")
    an.find("rail.cell").click()
    an.wait(lambda: an.sees("cell.table"))
    an.settle()


@pytest.mark.parametrize("look", [Theme(), Theme(Mode.DARK, 2.0)])
def test_who_writes_in_a_room_that_ends_is_told_and_keeps_every_word(
    an: Person, ward: Ward, look: Theme, qapp: QApplication
) -> None:
    give(ward, MEMBER, "cell_deputy")
    sync(an)
    lineage = write_a_comment(an)
    look.apply(qapp)
    an.window.resize(1024, 640)
    give(ward, MEMBER)
    sync(an)
    assert not an.sees("rail.cell")
    assert an.sees("rail.study")
    assert "không còn nhiệm vụ ở mục “Chi bộ”" in an.words()
    assert TEXT not in an.words()
    assert "cần thêm việc cụ thể." in an.find("room-ended.typed").toPlainText()
    an.picture(f"room-ended-{look.mode.value}")
    an.find("room-ended.copy").click()
    assert QGuiApplication.clipboard().text() == "Bài viết rõ, cần thêm việc cụ thể."
    assert not an.desktop.session.handbook.cell.units()
    an.find("room-ended.onward").click()
    an.settle()
    assert an.window.current.route == Route(place=Place.TODAY)
    an.window.back()
    assert an.window.current.route.place is Place.TODAY
    give(ward, MEMBER, "cell_deputy")
    sync(an)
    desk = an.desktop.session.handbook.cell.desk
    assert desk.draft(lineage) == ReviewDraft("Bài viết rõ, cần thêm việc cụ thể.")
    desk.keep_draft(lineage, ReviewDraft())


def test_a_name_typed_into_a_form_that_ends_is_there_to_be_copied(an: Person, ward: Ward) -> None:
    give(ward, MEMBER, "cell_secretary")
    sync(an)
    an.go(place=Place.MEMBERS)
    an.wait(lambda: an.sees("members.list"))
    an.settle()
    an.find("members.add").click()
    an.find("members.form.name").setText("Trần Thị Mới")
    give(ward, MEMBER)
    sync(an)
    assert "không còn nhiệm vụ ở mục “Chi bộ”, “Đảng viên”" in an.words()
    assert an.find("room-ended.typed").toPlainText() == "Trần Thị Mới"
    assert not an.sees("rail.members")
    assert an.desktop.session.handbook.members.page(CELL) is None


def test_what_could_be_undone_in_a_room_is_offered_no_more_when_it_has_ended(an: Person, ward: Ward) -> None:
    give(ward, MEMBER, "cell_secretary")
    sync(an)
    an.go(place=Place.MEMBERS)
    an.wait(lambda: an.sees("members.list"))
    an.settle()
    an.window.current.undo_offered.emit("Đã lưu Lan.", lambda: None)
    assert "Đã lưu Lan." in toasts(an)
    give(ward, MEMBER)
    sync(an)
    assert an.sees("room-ended.onward")
    assert toasts(an) == ""


def test_duties_that_are_read_while_the_person_leaves_change_nothing_for_the_next_one(
    an: Person, ward: Ward
) -> None:
    give(ward, MEMBER, "cell_deputy")
    an.wait(lambda: not an.desktop.session.syncing)
    session = an.desktop.session
    session.handbook.account.refresh()
    rooms = session.findChild(Rooms)
    rooms._changed(frozenset({Change.ACCOUNT}))
    an.desktop.leave_profile()
    an.settle()
    assert toasts(an) == ""
    assert not an.sees("rail.cell") and not an.sees("rail.study")
    an.desktop.open_profile(MEMBER, PASSWORD)
    an.wait(lambda: an.desktop.session is not None)
    an.settle()
    an.window.back()
    assert an.window.current.route.place is Place.TODAY
    assert an.sees("rail.cell")


def test_what_was_quoted_goes_with_the_duty_and_the_own_words_stay(an: Person, ward: Ward) -> None:
    give(ward, MEMBER, "cell_deputy")
    sync(an)
    lineage = write_a_comment(an)
    quoted = PassageComment(part="lien-he", quote=TEXT, before="", after="", comment="Việc nào?")
    an.go(place=Place.TODAY)
    desk = an.desktop.session.handbook.cell.desk
    desk.keep_draft(lineage, ReviewDraft("Tốt.", (quoted,)))
    give(ward, MEMBER)
    sync(an)
    assert "không còn mục “Chi bộ”" in toasts(an)
    assert an.window.current.route.place is Place.TODAY
    assert desk.draft(lineage) == ReviewDraft("Tốt.\nViệc nào?")
    assert desk.left_over() == ("Tốt.\nViệc nào?",)
    desk.keep_draft(lineage, ReviewDraft())
