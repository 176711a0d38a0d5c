"""Reading a law of some three hundred pages: from the click to its painted text, and the longest turn of the
event loop while it is opened, scrolled, resized and set in another size. It is opened where reading stopped,
in the middle, with something marked on that page.

Beside the clock stands what the GUI thread itself worked in that time: on a PC that does other things as
well, the clock counts those too. Each run is a process of its own, so that its first click pays for all that
a first click pays for. The floor is a bare QTextBrowser in the same process that is given the law's first
screens as HTML.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import keyring

from benchmarks import search, shelf
from benchmarks.keyring_file import FILE_VARIABLE, FileKeyring
from benchmarks.report import Row, median
from benchmarks.start import display
from handbook.client.handbook import Handbook, open_handbook
from handbook.client.library import Position
from handbook.client.notes import Span
from handbook.demo import DOCUMENT as OTHER_DOCUMENT
from handbook.demo import MEMBER, PASSWORD, SampleWard
from handbook.model.notes import Colour

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from handbook.desktop.app import Desktop
    from handbook.desktop.reader import ReaderScreen

LAW_CHARACTERS = 560_000  # three hundred printed pages
DOCUMENT = f"{shelf.PUBLISHER}/luat"
REST_SECONDS = 2.0  # between the start of the program and the first click
MARKED_EVERY = 20
FLOOR_CHARACTERS = 6_000
TIMEOUT_SECONDS = 120.0
VIEWPORT = "qt_scrollarea_viewport"


class Taken(NamedTuple):
    """Milliseconds by the clock, and of them those in which the GUI thread had the processor."""

    clock: float
    work: float


def measure(*, runs: int, texts: Path | None) -> list[Row]:
    """The longest law of `texts`; one put together from the sample ward's paragraphs without it."""
    with tempfile.TemporaryDirectory(prefix="handbook-bench-") as folder, display() as environment:
        data_dir = _profile(Path(folder), texts)
        measured = [_run(data_dir, environment) for _ in range(runs)]
    middle = {name: median([run[name] for run in measured]) for name in measured[0]}
    floor = middle.pop("bare text painted")
    beside = "a bare QTextBrowser with its first two screens"
    rows = [Row("sections", middle.pop("sections"), ""), Row("bare text painted", floor, "ms")]
    rows += [
        Row(
            name,
            value,
            "ms",
            *((value / floor, beside) if name.startswith("click") and ": work" not in name else ()),
        )
        for name, value in middle.items()
    ]
    return rows


def _profile(folder: Path, texts: Path | None) -> Path:
    os.environ[FILE_VARIABLE] = str(folder / "keyring.json")
    keyring.set_keyring(FileKeyring())
    ward = SampleWard(folder)
    try:
        ward.prepare((MEMBER,))
        handbook = open_handbook(ward.desktop_dir, MEMBER, PASSWORD)
        try:
            law = shelf.document("luat", "Luật dài nhất trong thư viện", _law(texts), number="99/2025/QH15")
            shelf.publish_into(handbook.store, [law])
            handbook.search.refresh()
            _read_before(handbook)
        finally:
            handbook.close()
    finally:
        ward.close()
    return ward.desktop_dir


def _read_before(handbook: Handbook) -> None:
    """Reading stopped in the middle of the law, and something is marked there and in other sections."""
    outline = handbook.library.open(DOCUMENT).outline
    middle = len(outline) // 2
    handbook.library.remember_position(DOCUMENT, Position(outline[middle].anchor, 0.0))
    marked = range(middle % MARKED_EVERY, len(outline), MARKED_EVERY)
    spans = [Span(outline[at].anchor, 4, 60) for at in marked]
    handbook.notes.mark(DOCUMENT, 1, spans, Colour.GREEN, datetime.now(UTC))


def _law(texts: Path | None) -> str:
    if texts:
        return max(texts.glob("*.txt"), key=lambda file: file.stat().st_size).read_text("utf-8")
    paragraphs = search.paragraphs_of(None)
    lines, length = [], 0
    for number in range(1, 10_000):
        if length > LAW_CHARACTERS:
            break
        lines.append(f"Điều {number}. Quy định thứ {number}")
        lines += (paragraphs[(number * 5 + k) % len(paragraphs)] for k in range(4))
        length += sum(map(len, lines[-5:]))
    return "\n".join(lines)


def _run(data_dir: Path, environment: dict[str, str]) -> dict[str, float]:
    environment = environment | {
        "PYTHON_KEYRING_BACKEND": f"{FileKeyring.__module__}.{FileKeyring.__name__}",
        FILE_VARIABLE: os.environ[FILE_VARIABLE],
    }
    command = [sys.executable, "-m", "benchmarks.reader", str(data_dir)]
    said = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_SECONDS, text=True
    )
    return json.loads(said.stdout)


# --- in the process that reads


def _read(data_dir: Path) -> dict[str, float]:
    """Milliseconds of each act, by name."""
    from handbook.desktop.app import Desktop
    from handbook.desktop.session import Place

    desktop = Desktop(data_dir)
    desktop.window.resize(1280, 800)
    desktop.start(MEMBER)
    _turn_until(lambda: desktop.session is not None and desktop.session.is_open and desktop.work.idle)
    _go(desktop, place=Place.LIBRARY)
    _turn_for(REST_SECONDS)
    _turn_until(lambda: desktop.work.idle)

    figures: dict[str, float] = {}

    def note(name: str, taken: Taken) -> None:
        figures[name] = taken.clock
        figures[f"{name}: work"] = taken.work

    note("click to text, first time", _click(desktop))
    reader: ReaderScreen = desktop.window.current
    note("standing still: rest of the text", _longest_turn(lambda: reader.text.complete))
    figures["sections"] = len(desktop.session.handbook.library.open(DOCUMENT).outline)
    _go(desktop, place=Place.READER, document=OTHER_DOCUMENT)
    _turn_until(lambda: reader.text.complete)
    note("click to text, from another document", _click(desktop))
    _turn_until(lambda: reader.text.complete)
    note("standing still: scrolling", _longest_turn(steps=_scrolling(reader)))
    reader.text.go_to(figures["sections"] // 2)
    note("standing still: resizing", _longest_turn(steps=_resizing(desktop)))
    _turn_for(0.5)
    figures["standing still: text size"], figures["standing still: text size: work"] = _longest_turn(
        lambda: desktop.work.idle and reader.text.complete, steps=_sizes(desktop, reader)
    )
    figures["bare text painted"] = _bare(reader).clock
    desktop.close()
    return figures


def _go(desktop: "Desktop", **route: object) -> None:
    from handbook.desktop.session import Route

    desktop.window.go(Route(**route))
    _turn_until(lambda: desktop.work.idle)


def _click(desktop: "Desktop") -> Taken:
    """Until what a person came for is painted: the text where reading stopped, and what is marked there."""
    from handbook.desktop.session import Place, Route

    taken = _painted(
        lambda: desktop.window.go(Route(place=Place.READER, document=DOCUMENT)),
        lambda: desktop.window.current.text,
    )
    text = desktop.window.current.text
    if text.section != len(desktop.session.handbook.library.open(DOCUMENT).outline) // 2:
        raise RuntimeError("the first picture is not of the place where reading stopped")
    if not text.extraSelections():
        raise RuntimeError("what is marked is not in the first picture")
    return taken


def _painted(act: Callable[[], object], text: "Callable[[], QWidget]") -> Taken:
    """From the act until the widget has been painted with its new text in it.

    The thread sleeps between events, as in the program: one that asks again and again takes Python's lock
    from the thread that reads.
    """
    from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject
    from PySide6.QtWidgets import QApplication

    class Watch(QObject):
        taken: Taken | None = None

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint and watched.objectName() == VIEWPORT:
                shown = text()
                if watched is shown.viewport() and shown.document().blockCount() > 5:
                    # Comes when the window's picture is whole, and before any timer.
                    QCoreApplication.postEvent(self, QEvent(QEvent.Type.User))
            return False

        def customEvent(self, _: QEvent) -> None:
            clock, work = time.perf_counter() - started, time.thread_time() - worked
            self.taken = self.taken or Taken(clock * 1000, work * 1000)

    watch = Watch()
    QApplication.instance().installEventFilter(watch)
    started, worked = time.perf_counter(), time.thread_time()
    act()
    while not watch.taken:
        QApplication.processEvents(
            QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        )
    QApplication.instance().removeEventFilter(watch)
    return watch.taken


def _longest_turn(until: Callable[[], bool] = lambda: True, steps: Iterator[object] | None = None) -> Taken:
    """The longest turn of the event loop, by clock and by work: one a step, then until it holds."""
    from PySide6.QtWidgets import QApplication

    longest, hardest, limit = 0.0, 0.0, time.perf_counter() + TIMEOUT_SECONDS
    more = steps is not None
    while more or not until():
        started, worked = time.perf_counter(), time.thread_time()
        more = steps is not None and next(steps, None) is not None
        QApplication.processEvents()
        longest = max(longest, time.perf_counter() - started)
        hardest = max(hardest, time.thread_time() - worked)
        if started > limit:
            raise TimeoutError("the reader does not come to rest")
    return Taken(longest * 1000, hardest * 1000)


def _scrolling(reader: "ReaderScreen") -> Iterator[object]:
    bar = reader.text.verticalScrollBar()
    for notch in range(200):
        bar.setValue(bar.value() + 120)
        yield notch
    for part in range(20):
        bar.setValue(bar.maximum() * part // 20)
        yield part


def _resizing(desktop: "Desktop") -> Iterator[object]:
    for width in (*range(1280, 900, -20), *range(900, 1280, 20)):
        desktop.window.resize(width, 800)
        yield width


def _sizes(desktop: "Desktop", reader: "ReaderScreen") -> Iterator[object]:
    for steps in (1, 1, -1, -1):
        reader.look.resize_text(steps)
        yield steps
        while not desktop.work.idle:
            yield steps


def _bare(reader: "ReaderScreen") -> float:
    """A bare QTextBrowser that is given what stands at the document's beginning."""
    from PySide6.QtGui import QTextCursor
    from PySide6.QtWidgets import QTextBrowser

    cursor = QTextCursor(reader.text.document())
    cursor.setPosition(FLOOR_CHARACTERS, QTextCursor.MoveMode.KeepAnchor)
    html = cursor.selection().toHtml()
    browser = QTextBrowser()
    browser.resize(900, 750)
    browser.show()
    _turn_for(0.2)
    return _painted(lambda: browser.setHtml(html), lambda: browser)


def _turn_until(holds: Callable[[], bool]) -> None:
    _longest_turn(holds)


def _turn_for(seconds: float) -> None:
    until = time.perf_counter() + seconds
    _turn_until(lambda: time.perf_counter() > until)


if __name__ == "__main__":
    print(json.dumps(_read(Path(sys.argv[1]))))
