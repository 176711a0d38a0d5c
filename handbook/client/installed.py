"""Where the installed program lies on this PC, and when it was made: what build.spec put into its folder."""

import sys
from datetime import UTC, datetime
from pathlib import Path

STAMP = "built-at.txt"
FIRST_DAY = datetime(2026, 11, 1, tzinfo=UTC)
"""No handbook is older. One that runs from its source knows no better; members run installed ones."""


def folder() -> Path | None:
    """The folder that holds the installed program's files; None where it runs from its source."""
    inside = getattr(sys, "_MEIPASS", None)
    return Path(inside) if inside else None


def built_at() -> datetime:
    """When this program was made: no clock that stands before it is right.

    Raises FileNotFoundError or ValueError in a program that was not made by build.spec.
    """
    inside = folder()
    if inside is None:
        return FIRST_DAY
    return max(FIRST_DAY, datetime.fromisoformat((inside / STAMP).read_text("ascii").strip()))
