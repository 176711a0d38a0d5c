"""Comments on passages, marked in the text they were made on, and in the boxes where it is written on."""

from collections.abc import Mapping, Sequence

from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextEdit

from handbook.desktop.theme import current_theme
from handbook.model.notes import SectionText
from handbook.model.passages import find_passages
from handbook.model.reflection import PassageComment


def mark_boxes(boxes: Mapping[str, QTextEdit], comments: Sequence[PassageComment]) -> None:
    """Mark the passages that are still in the boxes, named by part; what is typed moves the marks along."""
    sections = [SectionText(part, box.toPlainText()) for part, box in boxes.items()]
    marks: dict[str, list[QTextEdit.ExtraSelection]] = {part: [] for part in boxes}
    for place in find_passages(sections, comments):
        if place:
            box = boxes[place.section]
            words = box.toPlainText()
            start, end = positions(words, place.start), positions(words, place.end)
            marks[place.section].append(marked(box.document(), start, end))
    for part, box in boxes.items():
        box.setExtraSelections(marks[part])


def find_in_boxes(boxes: Mapping[str, QTextEdit], comment: PassageComment) -> QTextEdit | None:
    """Put the text cursor on the passage; its box, or None when the words are gone."""
    sections = [SectionText(part, box.toPlainText()) for part, box in boxes.items()]
    (place,) = find_passages(sections, [comment])
    if place is None:
        return None
    box = boxes[place.section]
    cursor = QTextCursor(box.document())
    cursor.setPosition(positions(box.toPlainText(), place.start))
    box.setTextCursor(cursor)
    return box


def marked(
    document: QTextDocument, start: int, end: int, *, current: bool = False
) -> QTextEdit.ExtraSelection:
    """The look of a passage between two positions; the current one stands out."""
    theme, mark = current_theme(), QTextEdit.ExtraSelection()
    mark.cursor = QTextCursor(document)
    mark.cursor.setPosition(start)
    mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    look = QTextCharFormat()
    look.setBackground(theme.paper_colour("found" if current else "note_yellow"))
    look.setForeground(theme.paper_colour("text"))
    mark.format = look
    return mark


def positions(text: str, characters: int) -> int:
    """How far Qt counts so many characters: one outside the basic plane is two."""
    return len(text[:characters].encode("utf-16-le")) // 2


def characters(text: str, positions: int) -> int:
    """The other way round."""
    return len(text.encode("utf-16-le")[: 2 * positions].decode("utf-16-le", "ignore"))
