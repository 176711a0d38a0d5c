"""What of a document is set in a text so far: its pieces, which of them are there and where they begin.

Pieces are set one after the other from any of them on, below and above. Not even their markup need be here:
a document may begin with the sections around the place of reading, and the others come later.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from PySide6.QtGui import QAccessible, QTextCursor, QTextDocument

from handbook.desktop.pieces import HEAD, Forms, Piece, append_piece, prepend_piece
from handbook.desktop.unbroken import unbroken_markup


class PiecewiseText:
    """Fills one QTextDocument. `forms` are those of its style sheet (`pieces.block_forms`).

    `all_here` tells whether every section was given.
    """

    def __init__(self, document: QTextDocument) -> None:
        self.forms: Forms = {}
        self._document = document
        self._head = ""
        self._link: Callable[[str], str] = str
        self._pieces: list[Piece] = []
        self.all_here = True
        self._first_pieces: dict[int, int] = {}
        self._headed: frozenset[int] = frozenset()
        self._built = range(0)
        self._starts: list[QTextCursor] = []

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def take(self, head: str, pieces: Sequence[Piece], all_here: bool, link: Callable[[str], str]) -> None:
        """Pieces of sections, of the first ones below the title block; what is set is of another document."""
        self._head, self._link = head, link
        self._pieces = []
        self._keep(pieces, all_here)
        self._built, self._starts = range(0), []

    def take_all(self, pieces: Sequence[Piece]) -> None:
        """Those of every section of the document; what is here already is among them."""
        former = self._pieces[0].section if self._pieces else HEAD
        self._keep(pieces, True)
        before = 0 if former == HEAD else self._first_pieces[former]
        self._built = range(self._built.start + before, self._built.stop + before)

    def _keep(self, pieces: Sequence[Piece], all_here: bool) -> None:
        above = [] if pieces and pieces[0].section else [Piece(HEAD, True, self._head)]
        self._pieces = [*above, *pieces]
        self.all_here = all_here
        begins = [(at, piece) for at, piece in enumerate(self._pieces) if piece.begins]
        self._first_pieces = {piece.section: at for at, piece in begins if piece.section != HEAD}
        self._headed = frozenset(piece.section for _, piece in begins if piece.heading)

    # -- what is there

    @property
    def complete(self) -> bool:
        """Whether the whole document is in the text."""
        return self.all_here and len(self._built) == len(self._pieces)

    @property
    def more_below(self) -> bool:
        """Whether a piece is here that belongs below the text."""
        return self._built.stop < len(self._pieces)

    @property
    def more_above(self) -> bool:
        return self._built.start > 0

    @property
    def last_section(self) -> int:
        """The last section that is here, in the text or not."""
        return max(self._first_pieces, default=0)

    def knows(self, section: int) -> bool:
        """Whether the section is here, in the text or not."""
        return section in self._first_pieces

    def has_heading(self, section: int) -> bool:
        return section in self._headed

    def holds(self, piece: int) -> bool:
        """Whether the piece is in the text."""
        return piece in self._built

    def start_of(self, piece: int) -> QTextCursor:
        """Where a piece that is in the text begins."""
        return self._starts[piece - self._built.start]

    def begins_section(self, piece: int) -> bool:
        return self._pieces[piece].begins

    def section_start(self, section: int) -> QTextCursor | None:
        """Where a section begins in the text; None while its beginning is not there."""
        piece = self._first_pieces.get(section, -1)
        return self.start_of(piece) if piece in self._built else None

    def bounds(self, section: int) -> tuple[QTextCursor, QTextCursor | None] | None:
        """Where a section that is wholly in the text begins and where the next one does (None at the end)."""
        start, following = self.section_start(section), self.section_start(section + 1)
        if start is None or (following is None and (self.more_below or not self.all_here)):
            return None
        return start, following

    def piece_at(self, position: int) -> int:
        """The piece in the text that holds a character position."""
        before = bisect_right([start.position() for start in self._starts], position)
        return self._built.start + max(0, before - 1)

    def section_of(self, position: int) -> int:
        """The section that holds a character position; the title block belongs to what comes first."""
        return max(0, self._pieces[self.piece_at(position)].section) if self._starts else 0

    # -- places in sections

    def spread(self, section: int, share: float) -> tuple[int, float]:
        """The piece in which this share of a section lies above, and the share of that piece which does."""
        first = self._first_pieces[section]
        lengths = self._lengths(first)
        left = share * sum(lengths)
        for at, length in enumerate(lengths):
            if left < length or at == len(lengths) - 1:
                return first + at, min(1.0, left / length)
            left -= length
        raise AssertionError("a section has at least one piece")

    def gather(self, piece: int, share: float) -> tuple[int, float]:
        """The section of a piece, and the share of it above the place in the piece."""
        section = self._pieces[piece].section
        if section == HEAD:
            return 0, 0.0
        first = self._first_pieces[section]
        lengths = self._lengths(first)
        above = sum(lengths[: piece - first]) + share * lengths[piece - first]
        return section, min(1.0, above / sum(lengths))

    def piece_of_name(self, section: int, name: str) -> int | None:
        """The piece of a section that has the named place (`<a name>`) in it."""
        named = f'name="{name}"'
        return next(
            (at for at, one in enumerate(self._pieces) if one.section == section and named in one.html), None
        )

    def _lengths(self, first: int) -> list[int]:
        """Of the markup of a section's pieces: what comes nearest to their heights before they are set."""
        section = self._pieces[first].section
        lengths = []
        for piece in self._pieces[first:]:
            if piece.section != section:
                break
            lengths.append(len(piece.html) + 1)
        return lengths

    # -- setting

    def begin_at(self, piece: int) -> None:
        """The text was cleared: set this piece, and the title block where it stands right above."""
        first = 0 if piece == 1 and self._pieces[0].section == HEAD else piece
        self._built, self._starts = range(first, first), []
        while self._built.stop <= piece:
            self.append()

    def append(self) -> None:
        """Set the piece that belongs below the text."""
        piece = self._pieces[self._built.stop]
        position = append_piece(self._document, self._markup(piece), self.forms)
        self._built = range(self._built.start, self._built.stop + 1)
        self._starts.append(self._cursor(position))

    def prepend(self) -> QTextCursor:
        """Set the piece that belongs above the text; returns where the former text begins now."""
        piece = self._pieces[self._built.start - 1]
        former = prepend_piece(self._document, self._markup(piece), self.forms)
        self._built = range(self._built.start - 1, self._built.stop)
        self._starts.insert(0, self._cursor(0))
        return former

    def _cursor(self, position: int) -> QTextCursor:
        cursor = QTextCursor(self._document)
        cursor.setPosition(position)
        return cursor

    def _markup(self, piece: Piece) -> str:
        markup = piece.html if piece.section == HEAD else self._link(piece.markup)
        return markup if QAccessible.isActive() else unbroken_markup(markup)
