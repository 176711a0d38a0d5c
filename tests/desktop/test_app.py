"""The program as a whole: a quick first paint, profiles behind it, and an end that leaves nothing."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from handbook.client.handbook import open_handbook
from handbook.desktop.session import Place
from tests.desktop.conftest import Person
from tests.desktop.ward import CAPITAL, MEMBER, PASSWORD, Ward
from tests.published_ward import write_document

pytestmark = pytest.mark.gui

PYSIDE = {"PySide6", "shiboken6", "Shiboken", "shibokensupport", "signature_bootstrap", "__feature__"}
FIRST_PAINT = {
    "handbook",
    "handbook.client",
    "handbook.client.disk",
    "handbook.client.profiles",
    "handbook.client.settings",
    "handbook.errors",
}


def test_the_first_paint_imports_qt_and_the_standard_library_only() -> None:
    script = (
        "import json, sys; before = set(sys.modules); import handbook.desktop.app; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    loaded = set(json.loads(run.stdout))
    ours = {name for name in loaded if name.split(".")[0] == "handbook"}
    free = {name for name in ours if name.startswith(("handbook.desktop", "handbook.model"))}
    assert ours - free <= FIRST_PAINT
    later = {f"handbook.desktop.{place}" for place in Place} | {"handbook.desktop.signin"}
    assert not later & ours
    foreign = {name.split(".")[0] for name in loaded - ours}
    assert foreign <= sys.stdlib_module_names | PYSIDE


def test_the_window_is_there_before_the_profile_is_open(alone: Person) -> None:
    alone.desktop.close_profile()
    alone.desktop.open_profile(MEMBER, PASSWORD)
    assert alone.window.isVisible()
    assert alone.desktop.session is None
    alone.wait(lambda: alone.desktop.session)
    alone.settle()
    assert alone.sees("today.task.0")


def test_without_the_password_the_choice_of_person_is_shown(person: Person) -> None:
    person.desktop.start(MEMBER)
    person.wait(lambda: person.sees("signin.password"))
    assert person.desktop.session is None


def test_a_second_program_on_one_profile_is_told_so(person: Person) -> None:
    held = open_handbook(person.home, MEMBER, PASSWORD)
    try:
        person.desktop.start(MEMBER, PASSWORD)
        person.wait(lambda: "Thử lại" in person.words())
        assert person.desktop.session is None
    finally:
        held.close()


def test_what_was_published_meanwhile_comes_in_by_itself_and_is_found(person: Person, ward: Ward) -> None:
    text = "## Văn hoá\n\nVăn hoá soi đường.\n"
    write_document(ward.source, "central", "80-nq-tw", text, "80-NQ/TW", title="Về văn hoá")
    ward.publish()
    person.open()
    screen = person.go(place=Place.LIBRARY)
    person.wait(lambda: any(row.card.number == "80-NQ/TW" for row in screen.list.documents.rows))
    new = next(row.card for row in screen.list.documents.rows if row.card.number == "80-NQ/TW")
    assert new.is_new
    session = person.desktop.session
    person.wait(lambda: not session.indexing.busy and session.handbook.search.find("văn hoá soi đường").hits)
    assert session.sync_error is None


def test_a_tick_made_here_reaches_the_server_and_nothing_waits_any_more(person: Person) -> None:
    person.open()
    session = person.desktop.session
    person.wait(lambda: not session.syncing)
    session.handbook.library.tick(CAPITAL, True, datetime.now(UTC))
    session.sync_now()
    person.wait(lambda: not session.syncing)
    person.settle()
    assert session.handbook.outbox.owed() == ()
    assert person.find("window.state").text() == "Đã gửi hết"


def test_closing_the_window_releases_the_profile(alone: Person) -> None:
    alone.window.close()
    assert alone.desktop.session is None
    open_handbook(alone.home, MEMBER, PASSWORD).close()


def test_closing_during_the_indexing_of_the_library_waits_for_nothing(alone: Person) -> None:
    session = alone.desktop.session
    session.indexing.refresh()
    assert session.indexing.busy
    alone.window.close()
    assert alone.desktop.session is None
