"""Where the member's marks lie on the page: characters that are seen, counted, against positions of the text.

A mark is known by its section and its count of seen characters (model.notes), which the page and the plain
text have in common whatever stands between them. A heading is counted apart from the text below it; the
numbers of footnotes do not count.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtGui import QTextBlock, QTextCursor, QTextDocument, QTextFragment

from handbook.model.notes import Colour, has_ink


class Mark(NamedTuple):
    """A passage of `section` (its index) to be painted; `note` tells that something was written of it."""

    id: str
    section: int
    first: int
    stop: int
    colour: Colour
    note: bool
    in_heading: bool = False


class Chosen(NamedTuple):
    """A part of the selection: seen characters `first` to before `stop` of the section's text or heading."""

    section: int
    first: int
    stop: int
    in_heading: bool = False


class Marks:
    """The marks of one text.

    `bounds(section)` gives the cursors at its beginning and behind its end (None for the end of the text), or
    None while the section is not wholly there.
    """

    def __init__(
        self,
        document: QTextDocument,
        bounds: Callable[[int], tuple[QTextCursor, QTextCursor | None] | None],
        has_heading: Callable[[int], bool],
    ) -> None:
        self._document = document
        self._bounds = bounds
        self._has_heading = has_heading
        self._by_section: dict[int, list[Mark]] = {}
        self._cursors: dict[str, QTextCursor] = {}

    def __bool__(self) -> bool:
        return bool(self._by_section)

    def show(self, marks: Sequence[Mark]) -> None:
        """Take the place of the former marks."""
        self._by_section = {}
        for mark in marks:
            self._by_section.setdefault(mark.section, []).append(mark)
        self.forget_places()

    def forget_places(self) -> None:
        """The text is being set anew."""
        self._cursors = {}

    def between(self, first: int, last: int) -> list[tuple[Mark, QTextCursor]]:
        """The marks of these sections with the passages they cover, of sections that are there."""
        found = []
        for section, marks in self._by_section.items():
            if not first <= section <= last:
                continue
            if any(mark.id not in self._cursors for mark in marks):
                self._find(section, marks)
            found += [(mark, self._cursors[mark.id]) for mark in marks if mark.id in self._cursors]
        return found

    def at(self, section: int, position: int) -> Mark | None:
        """The shortest mark that covers the position."""
        over = [
            (cursor.selectionEnd() - cursor.selectionStart(), mark)
            for mark, cursor in self.between(section, section)
            if cursor.selectionStart() <= position < cursor.selectionEnd()
        ]
        return min(over, key=lambda one: one[0])[1] if over else None

    def place(self, note: str) -> QTextCursor | None:
        """Where a mark lies, when its section is there."""
        section = self.section(note)
        if section is None:
            return None
        return next((cursor for mark, cursor in self.between(section, section) if mark.id == note), None)

    def section(self, note: str) -> int | None:
        """The section that a mark lies in, also one that is not there yet."""
        return next(
            (at for at, marks in self._by_section.items() if any(mark.id == note for mark in marks)), None
        )

    def chosen(self, start: int, end: int, sections: range) -> list[Chosen]:
        """Between two positions, heading by heading and text by text, without numbers of footnotes."""
        parts = []
        for section in sections:
            for in_heading in (True, False):
                ink = self._ink(section, in_heading)
                first, stop = bisect_left(ink, start), bisect_left(ink, end)
                if first < stop:
                    parts.append(Chosen(section, first, stop, in_heading))
        return parts

    def _find(self, section: int, marks: Sequence[Mark]) -> None:
        inks = {
            in_heading: self._ink(section, in_heading) for in_heading in {one.in_heading for one in marks}
        }
        for mark in marks:
            ink = inks[mark.in_heading]
            if 0 <= mark.first < mark.stop <= len(ink):
                cursor = QTextCursor(self._document)
                cursor.setPosition(ink[mark.first])
                last = ink[mark.stop - 1]
                cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
                cursor.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
                self._cursors[mark.id] = cursor

    def _ink(self, section: int, in_heading: bool = False) -> list[int]:
        """The positions of the section's seen characters; none while the section is not wholly there."""
        bounds = self._bounds(section)
        if bounds is None:
            return []
        begin, end = bounds
        block = begin.block()
        if in_heading:
            return _ink_of(block) if self._has_heading(section) else []
        if self._has_heading(section):
            block = block.next()
        stop = end.block().position() if end else self._document.characterCount()
        ink: list[int] = []
        while block.isValid() and block.position() < stop:
            ink += _ink_of(block)
            block = block.next()
        return ink


def place_of_name(start: QTextCursor, name: str) -> QTextCursor | None:
    """Where the named place (`<a name>`) lies, from `start` on; None when it is not in the text."""
    block = start.block()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            if name in fragment.charFormat().anchorNames():
                place = QTextCursor(start)
                place.setPosition(fragment.position())
                return place
            fragments += 1
        block = block.next()
    return None


def _ink_of(block: QTextBlock) -> list[int]:
    ink = []
    fragments = block.begin()
    while not fragments.atEnd():
        fragment = fragments.fragment()
        if not _is_footnote_number(fragment):
            position = fragment.position()
            for character in fragment.text():
                if has_ink(character):
                    ink.append(position)
                position += 2 if ord(character) > 0xFFFF else 1
        fragments += 1
    return ink


def _is_footnote_number(fragment: QTextFragment) -> bool:
    form = fragment.charFormat()
    return form.isAnchor() and form.anchorHref().startswith("#fn.") and fragment.text().strip().isdigit()
