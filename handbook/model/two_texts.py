"""Two texts of one reflection from two PCs: the choice between them, and both made one."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import Enum

from handbook.model.prose import Block, parse, write
from handbook.model.reflection import Answer, AttachedFile


class Choice(Enum):
    """What is gone on with: this PC's text, the other's, or one made of the two."""

    OWN = "own"
    OTHER = "other"
    BOTH = "both"


def merged(first: Sequence[Answer], second: Sequence[Answer]) -> tuple[Answer, ...]:
    """The answers of the first, and at its place what only the second has.

    Every paragraph of both is there, those that are equal once.
    """
    texts, others = ({answer.part: answer.text for answer in each} for each in (first, second))
    return tuple(
        Answer(part, _merged_text(texts.get(part, ""), others.get(part, "")))
        for part in dict.fromkeys((*texts, *others))
    )


def merged_files(first: Sequence[AttachedFile], second: Sequence[AttachedFile]) -> tuple[AttachedFile, ...]:
    """The files of both, the same bytes once."""
    return tuple({file.sha256: file for file in (*second, *first)}.values())


def _merged_text(first: str, second: str) -> str:
    if not first.strip() or not second.strip() or first == second:
        return second if not first.strip() else first
    return write(_merged_blocks(parse(first), parse(second)))


def _merged_blocks(first: Sequence[Block], second: Sequence[Block]) -> Iterator[Block]:
    for _, start, end, other_start, other_end in SequenceMatcher(
        None, first, second, autojunk=False
    ).get_opcodes():
        yield from first[start:end]
        if first[start:end] != second[other_start:other_end]:
            yield from second[other_start:other_end]
