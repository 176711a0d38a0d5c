"""Files that go with a reflection: how many, how large, and how they are named and cut into pieces."""

import re
from collections.abc import Iterable
from typing import Final

from handbook.model.reflection import AttachedFile, classified_marking
from handbook.model.text import nfc

MAX_FILES: Final = 3
MAX_FILES_BYTES: Final = 2_000_000
"""All of one reflection: some 25 seconds of a line of 1 Mbit/s."""
PIECE_BYTES: Final = 256 * 1024
"""What travels at once: what a bad line loses is no more than that."""
SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".pdf", ".docx"})
MAX_NAME_CHARACTERS: Final = 120

_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNKEEPABLE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')


def pieces_of(size: int) -> int:
    """How many pieces a file of `size` bytes travels in."""
    return -(-size // PIECE_BYTES)


def piece_length(size: int, number: int) -> int:
    """The bytes of piece `number`, counted from 1; 0 or less when there is none."""
    return min(PIECE_BYTES, size - (number - 1) * PIECE_BYTES)


def kept_name(name: str, suffix: str) -> str:
    """The name as every system can keep it, with the suffix of what the file is."""
    stem = _split(_UNKEEPABLE.sub("_", nfc(name)))[0].strip(" .")[: MAX_NAME_CHARACTERS - len(suffix)]
    return (stem.strip(" .") or "tep") + suffix


def files_problem(files: Iterable[AttachedFile]) -> str:
    """Why a reflection cannot go with these files, for who attached them; '' when it can."""
    files = tuple(files)
    if len(files) > MAX_FILES:
        return f"Bài có {len(files)} tệp kèm theo, giới hạn là {MAX_FILES} tệp."
    if len({file.sha256 for file in files}) < len(files):
        return "Một tệp được kèm hai lần."
    for file in files:
        if not _SHA256.fullmatch(file.sha256) or file.size <= 0:
            return "Một tệp kèm theo không đúng dạng."
        stem, suffix = _split(file.name)
        if suffix not in SUFFIXES or kept_name(file.name, suffix) != file.name:
            return f"Tên tệp “{file.name}” không dùng được."
        if marking := classified_marking(stem.replace("_", " ")):
            return f"Tên tệp có dấu “{marking}”: nội dung bí mật nhà nước không được đưa vào sổ tay."
    if sum(file.size for file in files) > MAX_FILES_BYTES:
        return "Các tệp kèm theo cộng lại lớn hơn 2 MB."
    return ""


def _split(name: str) -> tuple[str, str]:
    """The name and its suffix, which is empty or begins with the last dot."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem else (name, "")
