"""The icons: all drawn the same way, in the theme's colours, once each."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from handbook.desktop import RESOURCES, icons
from handbook.desktop.theme import Mode, Theme

pytestmark = pytest.mark.gui

SHAPES = {"path", "circle", "rect"}


@pytest.mark.parametrize("name", icons.names())
def test_an_icon_is_a_line_drawing_in_the_current_colour(name: str) -> None:
    root = ElementTree.parse(icons.ICONS / f"{name}.svg").getroot()
    assert root.attrib == {
        "width": "24",
        "height": "24",
        "viewBox": "0 0 24 24",
        "fill": "none",
        "stroke": "currentColor",
        "stroke-width": "1.75",
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }
    shapes = list(root)
    assert shapes
    assert {shape.tag.removeprefix("{http://www.w3.org/2000/svg}") for shape in shapes} <= SHAPES


@pytest.mark.parametrize("name", icons.names())
def test_an_icon_is_drawn_in_the_middle_of_its_square(qapp: QApplication, name: str) -> None:
    image = icons.pixmap(name, QColor("#b3191f"), 96).toImage()
    inked = [(x, y) for x in range(96) for y in range(96) if image.pixelColor(x, y).alpha() > 100]
    columns, rows = [x for x, _ in inked], [y for _, y in inked]
    assert min(columns) >= 2
    assert max(columns) <= 93
    assert min(rows) >= 2
    assert max(rows) <= 93
    assert abs((min(columns) + max(columns)) / 2 - 47.5) <= 8
    assert abs((min(rows) + max(rows)) / 2 - 47.5) <= 8


def test_an_icon_has_the_colour_it_is_asked_for(qapp: QApplication) -> None:
    for mode in Mode:
        colour = Theme(mode).colour("accent")
        image = icons.pixmap("menu", colour, 48).toImage().convertToFormat(QImage.Format.Format_ARGB32)
        assert image.pixelColor(24, 24) == colour


def test_an_icon_is_sharp_on_a_dense_screen(qapp: QApplication) -> None:
    picture = icons.pixmap("search", QColor("#000000"), 20, ratio=2.0)
    assert picture.width() == 40
    assert picture.deviceIndependentSize().toTuple() == (20, 20)


def test_an_icon_is_drawn_only_once(qapp: QApplication) -> None:
    first = icons.icon("sync", QColor("#101010"), 18)
    assert icons.icon("sync", QColor("#101010"), 18).cacheKey() == first.cacheKey()
    assert icons.icon("sync", QColor("#202020"), 18).cacheKey() != first.cacheKey()


def test_a_name_that_was_never_drawn_is_reported(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icons.icon("unicorn", QColor("#000000"), 20)


def test_every_icon_that_the_program_names_exists() -> None:
    source = RESOURCES.parent / "handbook" / "desktop"
    pattern = re.compile(
        r"(?:icon=|Icon\(|IconButton\(|set_icon\(|show_icon\(|show_empty\(|show_state\()\s*\"([a-z-]+)\""
    )
    named = {name for file in source.rglob("*.py") for name in pattern.findall(file.read_text("utf-8"))}
    assert named
    assert named <= set(icons.names())
