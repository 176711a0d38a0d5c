"""Words that a search found, set in lines with what matched on the colour of a marker."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QTextCharFormat, QTextLayout, QTextOption

from handbook.desktop.theme import Theme

if TYPE_CHECKING:
    from handbook.client.search import Span

LEAST_WIDTH = 40.0


def marked_lines(spans: "Sequence[Span]", font: QFont, width: float, theme: Theme) -> QTextLayout:
    """The words in as many lines of that width as they need."""
    return _set("".join(span.text for span in spans), spans, font, width, theme)


def marked_line(spans: "Sequence[Span]", font: QFont, width: float, theme: Theme) -> QTextLayout:
    """The words in one line of that width, ending in … where they do not fit."""
    whole = "".join(span.text for span in spans)
    shown = QFontMetricsF(font).elidedText(whole, Qt.TextElideMode.ElideRight, width)
    return _set(shown, spans, font, width + 1, theme)


def in_lines(spans: "Sequence[Span]", lines: Sequence[str]) -> "list[tuple[Span, ...]]":
    """The words of each line; of the last one all that are left, whether they fit or not.

    `lines` are the words of `spans`, which stand in single spaces, or only the number of lines where there
    are no spans.
    """
    found, start = [], 0
    for place, line in enumerate(lines, 1):
        end = start + len(line) if place < len(lines) else sum(len(span.text) for span in spans)
        found.append(tuple(_cut(spans, start, end)))
        start = end + 1
    return found


def _cut(spans: "Sequence[Span]", start: int, end: int) -> "Iterator[Span]":
    first = 0
    for span in spans:
        if part := span.text[max(0, start - first) : max(0, end - first)]:
            yield span._replace(text=part)
        first += len(span.text)


def _set(text: str, spans: "Sequence[Span]", font: QFont, width: float, theme: Theme) -> QTextLayout:
    layout = QTextLayout(text, font)
    if not text:
        return layout
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    marked = QTextCharFormat()
    marked.setBackground(theme.colour("mark"))
    marked.setForeground(theme.colour("text"))
    layout.setFormats(list(_ranges(spans, _length(text), marked)))
    layout.beginLayout()
    y = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(width, LEAST_WIDTH))
        line.setPosition(QPointF(0, y))
        y += line.height()
    layout.endLayout()
    return layout


def _ranges(spans: "Sequence[Span]", shown: int, look: QTextCharFormat) -> Iterator[QTextLayout.FormatRange]:
    start = 0
    for span in spans:
        end = min(start + _length(span.text), shown)
        if span.marked and start < end:
            part = QTextLayout.FormatRange()
            part.start, part.length, part.format = start, end - start, look
            yield part
        start = end


def _length(text: str) -> int:
    """As Qt counts: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2
