"""Crash reports, kept on this PC: where in the code a bug was met, and none of a person's words."""

import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from handbook import __version__

KEPT = 20


class CrashReports:
    """Writes a file for every bug met, without the exception's own message: it may quote what was typed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._former_hook = sys.excepthook

    def watch(self) -> None:
        """Report also what escapes from the toolkit's callbacks."""
        self._former_hook = sys.excepthook
        sys.excepthook = self._hook

    def unwatch(self) -> None:
        if sys.excepthook == self._hook:
            sys.excepthook = self._former_hook

    def write(self, bug: BaseException) -> Path:
        """Returns the report's file; the oldest beyond the last 20 are deleted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        moment = datetime.now(UTC)
        file = self._folder / f"{moment:%Y%m%d-%H%M%S-%f}.txt"
        file.write_text(report(bug, moment), encoding="utf-8")
        for old in sorted(self._folder.glob("*.txt"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return file

    def _hook(self, kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
        try:
            if isinstance(bug, Exception):  # not the person's Ctrl+C
                self.write(bug)
        finally:
            self._former_hook(kind, bug, trace)


def report(bug: BaseException, moment: datetime) -> str:
    """The text of a report: versions, and for each exception of the chain its type and where it came from."""
    lines = [
        f"handbook {__version__}, {moment.isoformat(timespec='seconds')}",
        f"Python {platform.python_version()}, {platform.system()} {platform.release()} {platform.machine()}",
    ]
    link: BaseException | None = bug
    told: set[int] = set()
    while link is not None and id(link) not in told:
        told.add(id(link))
        lines.append(f"\n{type(link).__module__}.{type(link).__qualname__}")
        for frame in traceback.extract_tb(link.__traceback__):
            place = Path(frame.filename)
            name = os.sep.join(place.parts[-3:])
            lines.append(f"  {name}:{frame.lineno} in {frame.name}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n".join(lines) + "\n"
