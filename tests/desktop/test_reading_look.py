"""How the text is set: column, spacing, font and paper, kept for the next time."""

import pytest
from PySide6.QtGui import QTextCursor

from handbook.client.settings import read_settings
from handbook.desktop.reader import ReaderScreen
from handbook.desktop.theme import Mode, Theme
from tests.desktop.conftest import Person
from tests.desktop.test_reader import read
from tests.desktop.ward import LONG


def choose(person: Person, screen: ReaderScreen, setting: str, value: object) -> None:
    group = next(one for one in screen.look.choices if one.objectName() == setting)
    next(action for action in group.actions() if action.data() == value).trigger()
    person.settle()
    person.wait(lambda: screen.text.complete)
    assert group.checkedAction().data() == value
    assert getattr(read_settings(person.home), setting) == value


def test_the_column_is_as_wide_as_was_chosen(alone: Person) -> None:
    alone.window.resize(1800, 800)
    screen = read(alone)
    widths = []
    for column in ("narrow", "medium", "wide"):
        choose(alone, screen, "reading_column", column)
        widths.append(screen.text.viewport().width())
    assert widths == sorted(set(widths))


def test_spacing_and_font_reach_every_paragraph_and_the_line_that_is_read_stays(alone: Person) -> None:
    screen = read(alone, LONG)
    screen.text.go_to(77, 0.5)
    place = screen.text.place()
    choose(alone, screen, "reading_spacing", 1.8)
    choose(alone, screen, "reading_font", "serif")
    assert screen.text.document().defaultFont().families()[0] == "Noto Serif"
    cursor = QTextCursor(screen.text.document())
    cursor.movePosition(QTextCursor.MoveOperation.End)
    assert cursor.blockFormat().lineHeight() == 180
    assert screen.text.place()[0] == place[0]
    alone.picture("reader-serif-spaced")


def test_the_line_that_is_read_stays_whatever_the_size_of_the_print_becomes(alone: Person) -> None:
    alone.window.resize(1024, 640)
    screen = read(alone, LONG)
    screen.text.go_to(77, 0.3)
    alone.settle()
    for scale in (2.0, 1.0, 1.5, 1.0):
        alone.desktop.change_settings(text_scale=scale)
        alone.settle()
        alone.wait(lambda: screen.text.complete)
        read_now, share = screen.text.place()
        assert (read_now, share) == (77, pytest.approx(0.3, abs=0.2)), f"at {scale:.0%}"


@pytest.mark.parametrize(
    ("paper", "in_light", "in_dark"),
    [("theme", "light", "dark"), ("light", "light", "light"), ("dark", "dark", "dark")],
)
def test_paper_follows_the_theme_or_is_what_was_chosen(
    alone: Person, paper: str, in_light: str, in_dark: str
) -> None:
    screen = read(alone)
    choose(alone, screen, "paper", paper)
    for mode, expected in ((Mode.LIGHT, in_light), (Mode.DARK, in_dark)):
        theme = Theme(mode)
        theme.apply(alone.desktop.application)
        alone.settle()
        ground = Theme(Mode(expected)).paper_hex("paper")
        assert ground in screen.text.styleSheet()
    alone.picture(f"reader-{paper}-in-dark")


def test_what_was_chosen_is_there_the_next_time(alone: Person) -> None:
    screen = read(alone)
    choose(alone, screen, "reading_font", "serif")
    account = alone.desktop.session.handbook.account.member().account
    alone.desktop.close_profile()
    alone.open(account)
    again = read(alone)
    assert again.text.document().defaultFont().families()[0] == "Noto Serif"
    group = next(one for one in again.look.choices if one.objectName() == "reading_font")
    assert group.checkedAction().data() == "serif"
