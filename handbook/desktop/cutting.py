"""Long clean HTML cut into pieces that stand by themselves: between blocks, rows of tables and items."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

PIECE_CHARACTERS: Final = 12_000
"""Text is added in pieces no longer than this where it can be cut; one takes some four milliseconds."""
CELL_CHARACTERS: Final = 130
"""A cell of a table takes as long to set as so many characters of text."""
NARROWEST_SHARE: Final = 8
"""Per cent of a long table's width that a column gets at least."""

_TAG = re.compile(r"<(/?)([a-z0-9]+)([^>]*?)(/?)>")
_VOID = frozenset({"br", "hr", "img"})
_START = re.compile(r' start="(\d+)"')
_SPAN = re.compile(r' (row|col)span="(\d+)"')
_BETWEEN = re.compile(r"<[^>]*>|\s+")
_WEIGHED_CHARACTERS = 120
_LINE_CHARACTERS = 75  # of the column of text, and so of a table in it
_PADDING_CHARACTERS = 2


def is_long(body: str) -> bool:
    """Whether setting it at once would be felt."""
    return _weight(body) > PIECE_CHARACTERS


def cut_markup(body: str) -> list[str]:
    """Pieces of about PIECE_CHARACTERS.

    The parts of a table are tables whose columns stand below each other; it is cut where no cell goes on
    below, or, when that does not come soon, through cells, which go on empty. The parts of a list count on.
    """
    blocks: list[str] = []
    for block, tag in _blocks(body):
        if tag == "table" and _weight(block) > PIECE_CHARACTERS:
            blocks += _cut_table(block)
        elif len(block) > PIECE_CHARACTERS and tag in ("ol", "ul"):
            blocks += _cut_list(block, tag)
        else:
            blocks.append(block)
    return ["".join(group) for group in _grouped(blocks)]


def _grouped(parts: Sequence[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    weight = 0
    for part in parts:
        if groups[-1] and weight + _weight(part) > PIECE_CHARACTERS:
            groups.append([])
            weight = 0
        groups[-1].append(part)
        weight += _weight(part)
    return groups


def _weight(markup: str) -> int:
    """What it takes to set it, in characters of text."""
    return len(markup) + CELL_CHARACTERS * (markup.count("</td>") + markup.count("</th>"))


def _blocks(body: str) -> Iterator[tuple[str, str]]:
    """The outermost elements with what stands behind each, and their tags."""
    start, depth, tag = 0, 0, ""
    for found in _TAG.finditer(body):
        if found[1]:
            depth -= 1
            continue
        if depth == 0:
            if tag:
                yield body[start : found.start()], tag
                start = found.start()
            tag = found[2]
        if found[2] not in _VOID and not found[4]:
            depth += 1
    yield body[start:], tag


def _inner(block: str, *tags: str) -> tuple[str, list[str]]:
    """What stands before the first outermost element of these kinds, and each of these."""
    children, depth, start, first = [], 0, 0, len(block)
    for found in _TAG.finditer(block):
        if found[2] not in tags:
            continue
        if not found[1]:
            if depth == 0:
                start = found.start()
                first = min(first, start)
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                children.append(block[start : found.end()])
    return block[:first], children


def _cut_list(block: str, tag: str) -> list[str]:
    opening, items = _inner(block, "li")
    counted = _START.search(opening)
    number = int(counted[1]) if counted else 1
    parts = []
    for group in _grouped(items):
        start = f' start="{number}"' if tag == "ol" else ""
        parts.append(f"<{tag}{start}>{''.join(group)}</{tag}>")
        number += len(group)
    return parts


# --- tables


class _Cell(NamedTuple):
    """Stands at `row` and `column` and covers so many `rows` and `columns`; `inner` has its closing tag."""

    row: int
    column: int
    rows: int
    columns: int
    tag: str
    attributes: str
    inner: str

    def within(self, first: int, stop: int) -> "_Cell":
        """What of it stands in these rows; its words are in the first of its own."""
        row, end = max(first, self.row), min(stop, self.row + self.rows)
        return self._replace(
            row=row, rows=end - row, inner=self.inner if row == self.row else f"</{self.tag}>"
        )

    def markup(self, width: str) -> str:
        rows = f' rowspan="{self.rows}"' if self.rows > 1 else ""
        columns = f' colspan="{self.columns}"' if self.columns > 1 else ""
        return f"<{self.tag}{self.attributes}{rows}{columns}{width}>{self.inner}"


def _cut_table(block: str) -> list[str]:
    opening, rows = _inner(block, "tr")
    if not rows:
        return [block]
    cells = _grid(rows)
    shares = _shares([cell for row in cells for cell in row])
    spanning = [cell for row in cells for cell in row if cell.rows > 1]
    table = opening[: opening.index(">")] + ' width="100%" style="margin-top:0px; margin-bottom:0px">'
    parts = []
    for first, stop in _cuts(rows, spanning):
        part = [[cell.within(first, stop) for cell in row] for row in cells[first:stop]]
        going_on = [cell.within(first, stop) for cell in spanning if cell.row < first < cell.row + cell.rows]
        part[0] = sorted(part[0] + going_on, key=lambda cell: cell.column)
        parts.append(f"{table}{_rows_markup(part, shares)}</table>")
    return parts


def _grid(rows: Sequence[str]) -> list[list[_Cell]]:
    """The cells that begin in each row, at the columns where those from above leave them room."""
    taken: dict[int, int] = {}  # by column the row that is free again
    grid = []
    for at, row in enumerate(rows):
        found, column = [], 0
        for markup in _inner(row, "td", "th")[1]:
            opening = markup[: markup.index(">")]
            spans = {kind: max(1, int(count)) for kind, count in _SPAN.findall(opening)}
            while taken.get(column, 0) > at:
                column += 1
            cell = _Cell(
                row=at,
                column=column,
                rows=min(spans.get("row", 1), len(rows) - at),
                columns=spans.get("col", 1),
                tag=opening[1:3],
                attributes=_SPAN.sub("", opening[3:]),
                inner=markup[len(opening) + 1 :],
            )
            taken |= dict.fromkeys(range(column, column + cell.columns), at + cell.rows)
            column += cell.columns
            found.append(cell)
        grid.append(found)
    return grid


def _shares(cells: Sequence[_Cell]) -> list[int]:
    """What part of the width each column gets, in per cent, by what stands in it; long words keep room."""
    count = max((cell.column + cell.columns for cell in cells), default=0)
    lengths, longest = [0] * count, [0] * count
    for cell in cells:
        words = _BETWEEN.sub(" ", cell.inner)
        length = min(len(words), _WEIGHED_CHARACTERS) * cell.rows // cell.columns
        for column in range(cell.column, cell.column + cell.columns):
            lengths[column] += length
        if cell.columns == 1:
            longest[cell.column] = max(longest[cell.column], *map(len, words.split(" ")))
    whole = max(1, sum(lengths))
    wanted = [
        max(NARROWEST_SHARE, 100 * length / whole, 100 * (word + _PADDING_CHARACTERS) / _LINE_CHARACTERS)
        for length, word in zip(lengths, longest, strict=True)
    ]
    return [round(100 * share / sum(wanted)) for share in wanted]


def _cuts(rows: Sequence[str], spanning: Sequence[_Cell]) -> Iterator[tuple[int, int]]:
    """The first row of each part and the one behind it."""
    spanned = {row for cell in spanning for row in range(cell.row + 1, cell.row + cell.rows)}
    first, free, weight, beyond = 0, 0, 0, 0
    for at, row in enumerate(rows):
        if at not in spanned:
            free, beyond = at, 0
        if weight + _weight(row) > PIECE_CHARACTERS:
            if free > first:
                yield first, free
                first, weight = free, beyond
            elif weight > PIECE_CHARACTERS:
                yield first, at
                first, weight = at, 0
        weight += _weight(row)
        beyond += _weight(row)
    yield first, len(rows)


def _rows_markup(rows: Sequence[Sequence[_Cell]], shares: Sequence[int]) -> str:
    """With the width of each column once, and with as many columns as the whole table has."""
    left = dict(enumerate(shares))
    alone = {cell.column for row in rows for cell in row if cell.columns == 1}
    covered = max((cell.column + cell.columns for row in rows for cell in row), default=0)
    parts = []
    for at, row in enumerate(rows):
        parts.append("<tr>")
        for cell in row:
            columns = range(cell.column, cell.column + cell.columns)
            share = 0
            if cell.columns == 1 or not alone.issuperset(columns):
                share = sum(left.pop(column, 0) for column in columns)
            parts.append(cell.markup(f' width="{share}%"' if share else ""))
        if at == 0:
            parts += ["<td></td>"] * (len(shares) - covered)
        parts.append("</tr>")
    return "".join(parts)
