"""Everyone can read the program: contrast, scale, reading surfaces."""

from collections.abc import Iterator
from itertools import product

import pytest
from PySide6.QtGui import QColor, QFontInfo, QPalette, QTextBlockFormat, QTextDocument, QTextTable
from PySide6.QtWidgets import QApplication, QPushButton

from handbook.desktop.theme import (
    COLOURS,
    PAPER_PAIRS,
    SHAPE_PAIRS,
    TEXT_PAIRS,
    Mode,
    Paper,
    Theme,
    current_theme,
    system_mode,
)

pytestmark = pytest.mark.gui

READABLE = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA
DISTINCT = 3.0  # WCAG 2.2, success criterion 1.4.11


@pytest.fixture(autouse=True)
def _leave_the_light_theme(qapp: QApplication) -> Iterator[None]:
    yield
    Theme().apply(qapp)


def contrast(first: QColor, second: QColor) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21."""

    def luminance(colour: QColor) -> float:
        def linear(part: float) -> float:
            return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

        red, green, blue = (linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_contrast_that_the_standard_gives() -> None:
    assert contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", Mode)
def test_every_text_is_readable_on_every_ground_it_stands_on(mode: Mode) -> None:
    theme = Theme(mode)
    weak = {
        pair: round(contrast(theme.colour(pair[0]), theme.colour(pair[1])), 2)
        for pair in TEXT_PAIRS
        if contrast(theme.colour(pair[0]), theme.colour(pair[1])) < READABLE
    }
    assert not weak


@pytest.mark.parametrize("mode", Mode)
def test_borders_and_focus_rings_stand_out_from_their_ground(mode: Mode) -> None:
    theme = Theme(mode)
    weak = {
        pair: round(contrast(theme.colour(pair[0]), theme.colour(pair[1])), 2)
        for pair in SHAPE_PAIRS
        if contrast(theme.colour(pair[0]), theme.colour(pair[1])) < DISTINCT
    }
    assert not weak


@pytest.mark.parametrize("paper", Paper)
def test_a_document_is_readable_on_every_paper(paper: Paper) -> None:
    theme = Theme()
    weak = {
        pair: round(contrast(theme.paper_colour(pair[0], paper), theme.paper_colour(pair[1], paper)), 2)
        for pair in PAPER_PAIRS
        if contrast(theme.paper_colour(pair[0], paper), theme.paper_colour(pair[1], paper)) < READABLE
    }
    assert not weak


def test_every_colour_of_the_table_is_held_to_a_contrast_or_is_no_text() -> None:
    judged = {name for pair in (*TEXT_PAIRS, *SHAPE_PAIRS) for name in pair}
    assert set(COLOURS) - judged == {"line"}, "a rule between rows that says nothing by itself"


@pytest.mark.parametrize(("mode", "scale"), [*product(Mode, (1.0, 1.5, 2.0))])
def test_text_and_lengths_grow_together(qapp: QApplication, mode: Mode, scale: float) -> None:
    small, large = Theme(mode), Theme(mode, scale)
    assert large.px(100) == pytest.approx(small.px(100) * scale, abs=1)
    assert QFontInfo(large.font()).pixelSize() == pytest.approx(
        QFontInfo(small.font()).pixelSize() * scale, abs=1
    )


@pytest.mark.parametrize("scale", [0.9, 2.1])
def test_a_scale_outside_what_the_screens_are_made_for_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="text scale"):
        Theme(Mode.LIGHT, scale)


def test_the_applied_theme_reaches_palette_font_and_widgets(qapp: QApplication) -> None:
    theme = Theme(Mode.DARK, 1.5)
    theme.apply(qapp)
    button = QPushButton("Lưu")
    assert current_theme() is theme
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme.colour("window")
    assert button.font().pointSizeF() == pytest.approx(theme.font().pointSizeF(), abs=0.1)


def test_what_the_pc_asks_for_is_told_apart_from_what_was_chosen(qapp: QApplication) -> None:
    asked_for = system_mode(qapp)
    Theme(Mode.LIGHT if asked_for is Mode.DARK else Mode.DARK).apply(qapp)
    assert system_mode(qapp) is asked_for


def test_the_theme_can_be_applied_again_and_again(qapp: QApplication) -> None:
    for mode in (Mode.DARK, Mode.LIGHT, Mode.DARK, Mode.LIGHT):
        Theme(mode).apply(qapp)
    assert qapp.palette().color(QPalette.ColorRole.Base) == Theme().colour("card")


DOCUMENT = """
<h1>Nghị quyết</h1><h2>I. Tình hình</h2><p>Đoạn một.<sup><a href="#n1">[1]</a></sup></p>
<p>Đoạn <mark>được đánh dấu</mark> trong văn bản.</p><blockquote>Trích dẫn.</blockquote>
<table><tr><th>Chỉ tiêu</th><th>2030</th></tr><tr><td>Nước sạch</td><td>80%</td></tr></table>
"""


def shown(theme: Theme, paper: Paper, **choice: float) -> QTextDocument:
    document = QTextDocument()
    document.setDefaultFont(theme.reading_font())
    document.setDefaultStyleSheet(theme.reading_css(paper, **choice))
    document.setHtml(DOCUMENT)
    return document


@pytest.mark.parametrize("paper", Paper)
def test_a_highlight_is_shown_in_the_colours_of_the_paper(qapp: QApplication, paper: Paper) -> None:
    theme = Theme()
    document = shown(theme, paper)
    mark = document.find("được đánh dấu").charFormat()
    assert mark.background().color() == theme.paper_colour("mark", paper)
    assert mark.foreground().color() == theme.paper_colour("text", paper)


@pytest.mark.parametrize("paper", Paper)
def test_the_lines_of_a_table_can_be_seen(qapp: QApplication, paper: Paper) -> None:
    theme = Theme()
    document = shown(theme, paper)
    table = document.find("Chỉ tiêu").currentTable()
    assert isinstance(table, QTextTable)
    cell = table.cellAt(1, 0).format().toTableCellFormat()
    assert cell.leftBorder() == 1
    assert cell.bottomBorder() == 1
    assert cell.bottomBorderBrush().color() == theme.paper_colour("line", paper)


@pytest.mark.parametrize("paper", Paper)
def test_plain_text_has_the_ink_of_the_paper_even_in_the_other_mode(qapp: QApplication, paper: Paper) -> None:
    theme = Theme(Mode.LIGHT if paper is Paper.DARK else Mode.DARK)
    document = shown(theme, paper)
    for words in ("Nghị quyết", "Đoạn một", "Chỉ tiêu", "Nước sạch"):
        ink = document.find(words).charFormat().foreground().color()
        assert ink == theme.paper_colour("text", paper), words
    assert document.find("Trích dẫn").charFormat().foreground().color() == theme.paper_colour("muted", paper)


def test_line_spacing_and_text_size_follow_the_reader(qapp: QApplication) -> None:
    theme = Theme()
    document = shown(theme, Paper.LIGHT, line_spacing=2.0)
    wide = document.find("Đoạn một").blockFormat()
    assert wide.lineHeightType() == QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
    assert wide.lineHeight() == 200
    small, large = (shown(theme, Paper.LIGHT, text_px=size) for size in (14, 28))
    title = "Nghị quyết"
    assert large.find(title).charFormat().fontPointSize() == pytest.approx(
        small.find(title).charFormat().fontPointSize() * 2, rel=0.02
    )
