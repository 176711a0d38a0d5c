"""Numbers of documents and dates do not break at a hyphen or a slash where lines are set.

Only what is painted holds the joiners: what is copied, searched or read aloud never does.
"""

import re
from typing import Final

JOINER: Final = "\u2060"
"""WORD JOINER: it has no width, and a line does not break at it."""

_NUMBER = re.compile(r"\d\w*(?:[-/]\w+)+")
_NUMBER_OR_TAG = re.compile(rf"<[^>]*>|{_NUMBER.pattern}")
_BREAKS = re.compile(r"[-/]")


def unbroken(text: str) -> str:
    """57-NQ/TW in one piece."""
    return _NUMBER.sub(_joined, text)


def unbroken_markup(html: str) -> str:
    """As `unbroken` for what stands outside of tags."""
    return _NUMBER_OR_TAG.sub(lambda found: found[0] if found[0].startswith("<") else _joined(found), html)


def as_written(text: str) -> str:
    """Without the joiners."""
    return text.replace(JOINER, "")


def _joined(found: re.Match[str]) -> str:
    return _BREAKS.sub(lambda one: one[0] + JOINER, found[0])
