"""The text of an answer: blocks of styled runs, kept as a small part of Markdown (CommonMark 0.31).

A line is a block, so that an answer from before there was any markup reads as it was typed: `### ` and
`#### ` begin a heading, `- ` and `1. ` an item (three spaces before it make it a sub-item), `> ` a quotation,
which may end with the line `> — [citation](handbook:<document>#<anchor>)`. Inside a line `**` stands around
bold, `*` around italic, `[text](https://...)` is a link. What is not exactly one of these is text: an
asterisk without its partner, a number that does not continue the list. A backslash makes text of a sign that
would be markup, and is written only where it has to be.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple
from urllib.parse import quote, unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Characters of one look, without a line break; `link` is a web address, mostly ''."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One without runs is an empty line."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` is 1, or 2 for one below it; the title of the part of the template stands above both.

    Its look is that of a heading: its runs are neither bold nor italic.
    """

    runs: Runs
    level: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list; `level` is 1, or 2 inside another. `item_numbers` says which number it bears."""

    runs: Runs
    ordered: bool
    level: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quotation is from; `label` is for people, `anchor` names the section and may be ''."""

    label: str
    document: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Quotation:
    lines: tuple[Runs, ...]
    citation: Citation | None


Block = Paragraph | Heading | Item | Quotation

LINK: Final = re.compile(r"https?://[^\s()<>\\]+")
_HEADING_MARKS: Final = {1: "### ", 2: "#### "}
_INDENT: Final = "   "
_HEADING = re.compile(r"(#{3,4}) ")
_ITEM = re.compile(r"( {3})?(?:-|([1-9]\d{0,4})\.) ")
_QUOTATION = re.compile("> ")
_CITATION = re.compile(r"> — \[((?:\\.|[^\[\]\\])+)\]\(handbook:([^\s()#]+)(?:#([^\s()#]*))?\)")
_LINK = re.compile(rf"\[((?:\\.|[^\[\]\\])+)\]\(({LINK.pattern})\)")
_INLINE = re.compile(r"(\\[\\*\[\]#>.-])|(\*+)|(\[)")
_SPECIAL = re.compile(r"[\\*\[\]]")
_BREAKS = re.compile(r"[\n\r\u2028\u2029]+")


class _Numbers:
    """Which number the next ordered item bears, on each of the two levels."""

    def __init__(self) -> None:
        self._last = {1: 0, 2: 0}

    def expected(self, level: int) -> int:
        return self._last[level] + 1

    def passed(self, block: Block) -> None:
        if not isinstance(block, Item):
            self._last = {1: 0, 2: 0}
            return
        if block.level == 1:
            self._last[2] = 0
        self._last[block.level] = self.expected(block.level) if block.ordered else 0


class _Piece(NamedTuple):
    text: str
    bold: bool
    italic: bool
    link: str


def parse(text: str) -> tuple[Block, ...]:
    """The blocks of an answer, in their normal form; none for an empty one. Any text has blocks."""
    if not text:
        return ()
    blocks: list[Block] = []
    numbers = _Numbers()
    for line in text.split("\n"):
        block = _block(line, numbers)
        last = blocks[-1] if blocks else None
        if isinstance(block, Quotation) and isinstance(last, Quotation) and last.citation is None:
            blocks[-1] = Quotation(last.lines + block.lines, block.citation)
        else:
            blocks.append(block)
        numbers.passed(block)
    return tuple(blocks)


def write(blocks: Iterable[Block]) -> str:
    """The Markdown that `parse` reads as these blocks in their normal form."""
    numbers = _Numbers()
    lines: list[str] = []
    for block in normal(blocks):
        match block:
            case Paragraph(runs):
                lines.append(_paragraph(runs, numbers))
            case Heading(runs, level):
                lines.append(_HEADING_MARKS[level] + _line(runs))
            case Item(runs, ordered, level):
                mark = f"{numbers.expected(level)}. " if ordered else "- "
                lines.append(_INDENT * (level - 1) + mark + _line(runs))
            case Quotation(quoted, citation):
                lines += [_quoted(runs) for runs in quoted]
                if citation:
                    lines.append(f"> — [{_escaped(citation.label)}]({_target(citation)})")
        numbers.passed(block)
    return "\n".join(lines)


def normal(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The same blocks as they are kept.

    Neighbouring runs differ in look, and no look begins or ends with a space; quotations without a citation
    are one with the quotation below them; a single empty line is no block at all.
    """
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Quotation):
            quoted = tuple(_normal_runs(line) for line in block.lines)
            block = Quotation(quoted, _normal_citation(block.citation))
            if not quoted and not block.citation:
                block = Quotation(((),), None)
            if kept and isinstance(kept[-1], Quotation) and kept[-1].citation is None:
                block = Quotation(kept.pop().lines + block.lines, block.citation)
        elif isinstance(block, Heading):
            block = replace(block, runs=_heading_runs(block.runs))
        else:
            block = replace(block, runs=_normal_runs(block.runs))
        kept.append(block)
    return () if kept == [Paragraph(())] else tuple(kept)


def item_numbers(blocks: Iterable[Block]) -> tuple[int, ...]:
    """For each block the number that it bears in its list, 0 for what bears none."""
    numbers = _Numbers()
    found = []
    for block in blocks:
        ordered = isinstance(block, Item) and block.ordered
        found.append(numbers.expected(block.level) if ordered else 0)
        numbers.passed(block)
    return tuple(found)


def plain(blocks: Iterable[Block], *, quoted: bool = True) -> str:
    """The words alone, a line for each block; `quoted` False leaves out quotations that say where from."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Quotation):
            if quoted or block.citation is None:
                lines += [_words(runs) for runs in block.lines]
            if quoted and block.citation:
                lines.append(f"— {block.citation.label}")
        else:
            lines.append(_words(block.runs))
    return "\n".join(lines)


def readable(blocks: Sequence[Block]) -> str:
    """As `plain`, with the numbers and dashes of lists, for where text has no looks."""
    lines: list[str] = []
    for block, number in zip(blocks, item_numbers(blocks), strict=True):
        if isinstance(block, Item):
            indent = _INDENT * (block.level - 1)
            lines.append(f"{indent}{f'{number}.' if number else '–'} {_words(block.runs)}")
        else:
            lines.append(plain((block,)))
    return "\n".join(lines)


def plain_text(text: str) -> str:
    """The words of an answer without its markup, a line for each block."""
    return plain(parse(text))


# --- reading


def _block(line: str, numbers: _Numbers) -> Block:
    if found := _HEADING.match(line):
        return Heading(_heading_runs(_runs(line[found.end() :])), len(found[1]) - 2)
    if (found := _ITEM.match(line)) and _continues(found, numbers):
        return Item(_runs(line[found.end() :]), found[2] is not None, 2 if found[1] else 1)
    if found := _CITATION.fullmatch(line):
        label = re.sub(r"\\([\\\[\]*])", r"\1", found[1])
        citation = Citation(label, unquote(found[2]), unquote(found[3] or ""))
        if citation == _normal_citation(citation):
            return Quotation((), citation)
    if found := _QUOTATION.match(line):
        return Quotation((_runs(line[found.end() :]),), None)
    return Paragraph(_runs(line))


def _continues(item: re.Match[str], numbers: _Numbers) -> bool:
    return item[2] is None or int(item[2]) == numbers.expected(2 if item[1] else 1)


def _runs(line: str) -> Runs:
    return _normal_runs(_styled(line) or _styled(line, emphasis=False))


def _styled(line: str, *, emphasis: bool = True) -> list[Run]:
    """The runs of a line; empty when an asterisk has no partner."""
    runs: list[Run] = []
    look, link, link_end = (False, False), "", -1
    at = 0

    def add(text: str) -> None:
        if text:
            runs.append(Run(text=text, bold=look[0], italic=look[1], link=link))

    while at < len(line):
        if at == link_end:
            at, link, link_end = at + len(link) + 3, "", -1
            continue
        end = link_end if link else len(line)
        found = _INLINE.search(line, at, end)
        if not found:
            add(line[at:end])
            at = end
            continue
        add(line[at : found.start()])
        at = found.end()
        escape, stars, bracket = found.groups()
        if escape:
            add(escape[1])
        elif bracket and (target := _LINK.match(line, found.start())) and not link:
            link, link_end = target[2], target.end(1)
        elif stars and emphasis and (changed := _toggled(line, found, look)):
            look = changed
        else:
            add(found.group())
    return runs if look == (False, False) else []


def _toggled(line: str, stars: re.Match[str], look: tuple[bool, bool]) -> tuple[bool, bool] | None:
    """The look after these asterisks; None when they are text."""
    changes = {1: (False, True), 2: (True, False), 3: (True, True)}.get(len(stars.group()))
    if changes is None:
        return None
    before, after = line[stars.start() - 1 : stars.start()], line[stars.end() : stars.end() + 1]
    ends = any(change and on for change, on in zip(changes, look, strict=True))
    begins = any(change and not on for change, on in zip(changes, look, strict=True))
    if (ends and not before.strip()) or (begins and not after.strip()):
        return None
    return look[0] != changes[0], look[1] != changes[1]


# --- writing


def _paragraph(runs: Runs, numbers: _Numbers) -> str:
    line = _line(runs)
    if isinstance(_block(line, numbers), Paragraph):
        return line
    if item := _ITEM.match(line):
        mark = item.end() - 2  # the dash, or the full stop after the number
        return f"{line[:mark]}\\{line[mark:]}"
    return f"\\{line}"


def _quoted(runs: Runs) -> str:
    line = f"> {_line(runs)}"
    return f"> {_marked(runs, _escaped)}" if _CITATION.fullmatch(line) else line


def _line(runs: Runs) -> str:
    bare = _marked(runs, lambda text: text)
    if not any(_SPECIAL.search(run.text) for run in runs):
        return bare
    return bare if _runs(bare) == runs else _marked(runs, _escaped)


def _marked(runs: Runs, spelled: Callable[[str], str]) -> str:
    pieces: list[str] = []
    former = Run(text="")
    for run in (*runs, Run(text="")):
        if former.link and former.link != run.link:
            pieces.append(f"]({former.link})")
        pieces.append("*" * (2 * (former.bold != run.bold) + (former.italic != run.italic)))
        if run.link and former.link != run.link:
            pieces.append("[")
        pieces.append(spelled(run.text))
        former = run
    return "".join(pieces)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _target(citation: Citation) -> str:
    place = f"#{quote(citation.anchor, safe='')}" if citation.anchor else ""
    return f"handbook:{quote(citation.document, safe='/')}{place}"


# --- normal form


def _normal_runs(runs: Sequence[Run]) -> Runs:
    if all(not (run.bold or run.italic or run.link) for run in runs):
        text = _BREAKS.sub(" ", "".join(run.text for run in runs))
        return (Run(text=text),) if text else ()
    pieces = [
        _Piece(text, run.bold, run.italic, run.link if LINK.fullmatch(run.link) else "")
        for run in runs
        for text in _spaces_apart(_BREAKS.sub(" ", run.text))
    ]
    for look in ("bold", "italic", "link"):
        pieces = list(_without_spaces_around(pieces, look))
    return tuple(
        Run(text="".join(piece.text for piece in same), bold=bold, italic=italic, link=link)
        for (bold, italic, link), same in groupby(pieces, key=lambda piece: piece[1:])
    )


def _heading_runs(runs: Runs) -> Runs:
    return _normal_runs([replace(run, bold=False, italic=False) for run in runs])


def _spaces_apart(text: str) -> Iterator[str]:
    """The text in pieces that are nothing but spaces or have none at their ends."""
    inner = text.strip()
    start = text.index(inner) if inner else len(text)
    pieces = (text[:start], inner, text[start + len(inner) :])
    return (piece for piece in pieces if piece)


def _without_spaces_around(pieces: list[_Piece], look: str) -> Iterator[_Piece]:
    for value, group in groupby(pieces, key=attrgetter(look)):
        same = list(group)
        if not value:
            yield from same
            continue
        inked = [at for at, piece in enumerate(same) if not piece.text.isspace()]
        first, last = (inked[0], inked[-1]) if inked else (len(same), -1)
        for at, piece in enumerate(same):
            yield piece if first <= at <= last else piece._replace(**{look: type(value)()})


def _normal_citation(citation: Citation | None) -> Citation | None:
    if citation is None or not citation.document:
        return None
    label = _BREAKS.sub(" ", citation.label).strip() or quote(citation.document)
    return replace(citation, label=label)


def _words(runs: Runs) -> str:
    return "".join(run.text for run in runs)
