"""Who hears the screen, uses no mouse, or needs large print: names, keys, whole words on the real screens."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from handbook.desktop.keys import KEYS, KeysWindow
from handbook.desktop.session import Place
from handbook.desktop.settings import SettingsScreen
from handbook.desktop.widgets import ElidedLabel
from tests.desktop.conftest import Person
from tests.desktop.test_differences import bring, with_new_goal
from tests.desktop.ward import ASSIGNMENT, CAPITAL, COMMUNE, MEMBER, PASSWORD, SECRETARY

pytestmark = pytest.mark.gui

SMALL = (1024, 640)
ROUTES = (
    {"place": Place.TODAY},
    {"place": Place.LIBRARY},
    {"place": Place.LIBRARY, "query": "chuyển đổi số"},
    {"place": Place.LIBRARY, "query": "zzzz qqqq"},
    {"place": Place.READER, "document": CAPITAL},
    {"place": Place.DIFFERENCES, "document": CAPITAL},
    {"place": Place.NOTES},
    {"place": Place.STUDY, "assignment": ASSIGNMENT},
    {"place": Place.EDITOR, "assignment": ASSIGNMENT},
    {"place": Place.PREVIEW, "assignment": ASSIGNMENT},
    {"place": Place.RECEIPT, "assignment": ASSIGNMENT},
    {"place": Place.SYNC},
    {"place": Place.SETTINGS},
)
MEMBERS_PLACES = [pytest.param(route, id=" ".join(route.values())) for route in ROUTES]
CELL = {"place": Place.CELL}
REPORT = {"place": Place.REPORT, "unit": f"{COMMUNE}/khu-pho-1"}


def visible(window: QWidget) -> Iterator[QWidget]:
    return (one for one in window.findChildren(QWidget) if one.isVisible())


def words_of(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    return widget.accessibleName() or (str(text()) if callable(text) else "")


def nameless(window: QWidget) -> list[str]:
    """The controls that the Tab key reaches and of which a screen reader could say nothing."""
    return [
        f"{type(one).__name__} {one.objectName()} in {type(one.parent()).__name__}"
        for one in visible(window)
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and not words_of(one)
    ]


def cut_off(window: QWidget) -> list[str]:
    """Labels and buttons that have less room than their words need, or lie where their frame has ended."""
    return [
        f"{type(one).__name__} “{one.text()[:60]}” has {one.width()} x {one.height()}"
        for one in visible(window)
        if isinstance(one, QLabel | QAbstractButton)
        and not isinstance(one, ElidedLabel)
        and one.text()
        and (_is_cut_off(one) or not one.parentWidget().rect().contains(one.geometry()))
    ]


def _is_cut_off(one: QLabel | QAbstractButton) -> bool:
    if isinstance(one, QLabel) and one.wordWrap():
        longest_word = one.minimumSizeHint().width()
        return one.width() < longest_word or one.height() < one.heightForWidth(one.width())
    hint = one.sizeHint()
    return one.width() < hint.width() or one.height() < hint.height()


@pytest.fixture
def informed(alone: Person) -> Person:
    """A member who has read a document of which a new edition came since."""
    session = alone.desktop.session
    session.handbook.library.tick(CAPITAL, True, session.now())
    bring(alone, CAPITAL, with_new_goal)
    return alone


@pytest.mark.parametrize("where", MEMBERS_PLACES)
def test_each_control_has_a_name_and_no_word_is_cut_off_even_in_large_print(
    informed: Person, where: dict[str, object]
) -> None:
    informed.window.resize(*SMALL)
    for scale in (1.0, 2.0):
        informed.desktop.change_settings(text_scale=scale)
        informed.go(**where)
        assert nameless(informed.window) == []
        assert cut_off(informed.window) == [], f"at {scale:.0%}"


def test_the_cells_screen_and_its_report_have_names_and_whole_words_too(alone: Person) -> None:
    alone.desktop.close_profile()
    alone.desktop.open_profile(SECRETARY, PASSWORD)
    alone.wait(lambda: alone.desktop.session)
    alone.window.resize(*SMALL)
    for scale in (1.0, 2.0):
        alone.desktop.change_settings(text_scale=scale)
        for where in (CELL, REPORT):
            alone.go(**where)
            assert nameless(alone.window) == []
            assert cut_off(alone.window) == [], f"at {scale:.0%}"


def test_signing_in_has_names_and_whole_words_too(alone: Person) -> None:
    alone.desktop.close_profile()
    alone.window.resize(*SMALL)
    for scale in (1.0, 2.0):
        alone.desktop.change_settings(text_scale=scale)
        alone.desktop.show_sign_in(MEMBER)
        alone.settle()
        assert nameless(alone.window) == []
        assert cut_off(alone.window) == [], f"at {scale:.0%}"


@pytest.mark.parametrize("width", [1440, 1024])
def test_ctrl_and_a_digit_go_to_the_places_of_the_rail_whether_it_is_folded_or_not(
    alone: Person, width: int
) -> None:
    alone.window.resize(width, 640)
    alone.settle()
    for digit, place in ((2, Place.LIBRARY), (1, Place.TODAY)):
        key = Qt.Key(Qt.Key.Key_0 + digit)
        QTest.keyClick(alone.window, key, Qt.KeyboardModifier.ControlModifier)
        alone.wait(
            lambda place=place: alone.window.current.route.place is place
        )  # the button is seen to move
        alone.settle()


def tabbed(person: Person, start: str, steps: int) -> list[str]:
    """The names of the controls to which the Tab key leads from that one."""
    person.find(start).setFocus()
    reached = []
    for _ in range(steps):
        QTest.keyClick(person.window.focusWidget(), Qt.Key.Key_Tab)
        reached.append(person.window.focusWidget().objectName())
    return reached


def test_tab_goes_down_the_rail(alone: Person) -> None:
    places = ["rail.library", "rail.notes", "rail.study", "rail.sync", "rail.settings"]
    assert tabbed(alone, "rail.today", 7) == [*places, "window.state", "window.leave"]


def test_tab_goes_through_the_library_as_one_reads_it(alone: Person) -> None:
    alone.go(place=Place.LIBRARY)
    expected = ["library.collection.all", "library.saved_only", "library.new_only", "library.begun_only"]
    expected += ["library.filter", "library.order", "library.list"]
    assert tabbed(alone, "library.search", 7) == expected


def test_tab_goes_from_part_to_part_and_then_to_handing_in(alone: Person) -> None:
    alone.go(place=Place.EDITOR, assignment=ASSIGNMENT)
    assert tabbed(alone, "editor.part.nhan-thuc", 2) == ["editor.part.lien-he", "editor.submit"]


def test_f1_shows_the_keys_and_escape_closes_them(alone: Person) -> None:
    QTest.keyClick(alone.window, Qt.Key.Key_F1)
    alone.settle()
    (keys,) = alone.window.findChildren(KeysWindow)
    assert "Ctrl + K" in alone.words()
    QTest.keyClick(keys, Qt.Key.Key_F1)
    assert len(alone.window.findChildren(KeysWindow)) == 1
    assert cut_off(keys) == []
    QTest.keyClick(keys, Qt.Key.Key_Escape)
    alone.settle()
    assert not alone.window.findChildren(KeysWindow)


def test_the_settings_lead_to_the_keys_as_well(alone: Person) -> None:
    screen = alone.go(place=Place.SETTINGS)
    assert isinstance(screen, SettingsScreen)
    alone.find("settings.keys").click()
    assert alone.window.findChild(KeysWindow).isVisible()


def test_every_key_that_a_screen_listens_to_is_told_of(informed: Person) -> None:
    told = {
        QKeySequence(keys).toString() for _, rows in KEYS for combinations, _ in rows for keys in combinations
    }
    told.add(QKeySequence("Ctrl+=").toString())  # the key of Ctrl++ without Shift
    for route in ROUTES:
        informed.go(**route)
    listened = {shortcut.key().toString() for shortcut in informed.window.findChildren(QShortcut)}
    assert listened - told == set()


def test_no_look_of_the_editor_is_cut_off_when_the_text_grows_while_one_writes(alone: Person) -> None:
    alone.window.resize(*SMALL)
    alone.go(place=Place.EDITOR, assignment=ASSIGNMENT)
    for scale in (1.0, 2.0, 1.5):
        alone.desktop.change_settings(text_scale=scale)
        alone.settle()
        assert cut_off(alone.window) == [], f"at {scale:.0%}"
