"""What a keystroke costs in a reflection: the editor's parts and bars beside a bare text box."""

import os
import time
from collections.abc import Callable, Sequence

from benchmarks.report import Row, median, percentile

KEYSTROKES = 300
WARM_UP = 30
PART_WORDS = (500, 5_000)
PARAGRAPH = (
    "Qua học tập **nghị quyết**, tôi nhận thấy rõ hơn *trách nhiệm* của mình trong công việc hằng ngày ở "
    "chi bộ và khu phố; mỗi đảng viên cần gương mẫu đi đầu, nói đi đôi với làm, gần dân, giúp dân. "
)
DOUBTED = frozenset(("gương",))
"""One word in 41, as if it were doubted: more than a person mistypes."""

LOOKS = ("", "", "- ", "", "1. ", "", "> ", "### ")


def measure(sizes: Sequence[int] = PART_WORDS) -> list[Row]:
    """CPU time of one letter, with everything that is painted for it; an input method is not in it."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from handbook.desktop.theme import Theme

    app = QApplication.instance() or QApplication([])
    Theme().apply(app)
    rows: list[Row] = []
    for words in sizes:
        text = _text(words)
        floor = _typed(app, *_bare_box(text))
        ours = _typed(app, *_editor(text))
        checked = _typed(app, *_editor(text, DOUBTED))
        rows += [
            Row(
                f"a letter, {words} words, median",
                median(ours),
                "ms",
                median(ours) / median(floor),
                "QTextEdit",
            ),
            Row(f"a letter, {words} words, p95", percentile(ours, 0.95), "ms"),
            Row(
                f"a letter, {words} words, spelling checked, median",
                median(checked),
                "ms",
                median(checked) / median(ours),
                "spelling not checked",
            ),
            Row(f"looking through {words} words anew after a pause", _looked_through(text), "ms"),
            Row(f"taking {words} words out to be saved", _taken_out(text), "ms"),
        ]
    return rows


def _text(words: int) -> str:
    lines = []
    while sum(len(line.split()) for line in lines) < words:
        lines.append(LOOKS[len(lines) % len(LOOKS)] + PARAGRAPH * 2)
    return "\n".join(lines)


def _typed(app: object, window: object, box: object) -> list[float]:
    from PySide6.QtCore import QEvent, Qt
    from PySide6.QtGui import QKeyEvent, QTextCursor
    from PySide6.QtWidgets import QAbstractScrollArea

    window.resize(900, 700)
    window.show()
    box.setFocus()
    box.moveCursor(QTextCursor.MoveOperation.End)
    app.processEvents()
    for page in window.findChildren(QAbstractScrollArea):
        page.verticalScrollBar().setValue(page.verticalScrollBar().maximum())
    app.processEvents()
    costs = []
    for number in range(KEYSTROKES + WARM_UP):
        letter = " " if number % 6 == 5 else "ă"
        press = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_unknown, Qt.KeyboardModifier.NoModifier, letter)
        began = time.process_time()
        app.sendEvent(box, press)
        app.processEvents()
        costs.append(1000 * (time.process_time() - began))
    window.deleteLater()
    app.processEvents()
    return costs[WARM_UP:]


def _bare_box(text: str) -> tuple[object, object]:
    from PySide6.QtWidgets import QTextEdit

    from handbook.model.prose import plain_text

    box = QTextEdit()
    box.setPlainText(plain_text(text))
    return box, box


def _editor(text: str, doubted: frozenset[str] = frozenset()) -> tuple[object, object]:
    """The parts in their scrolling page between the bar of looks and the bar with the count.

    With `doubted` as the check of spelling leaves them: these words underlined, a pause waited for.
    """
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QVBoxLayout, QWidget

    from handbook.desktop.parts import Asked, Parts
    from handbook.desktop.prose_toolbar import ProseToolbar
    from handbook.desktop.widgets import Column
    from handbook.desktop.writing_bar import WritingBar

    window, parts, bar, page = QWidget(), Parts(), WritingBar(), Column(820)
    parts.build([Asked("a", "Nhận thức", ""), Asked("b", "Liên hệ", "")], {"a": text})
    toolbar = ProseToolbar(lambda: parts.current, window)
    parts.look_changed.connect(toolbar.show_looks)
    parts.edited.connect(lambda: bar.show_words(parts.words(), 500))
    if doubted:
        parts.edited.connect(QTimer(window, interval=600, singleShot=True).start)
        for box in parts.boxes():
            box.show_doubted(doubted)
    page.body.addWidget(parts)
    rows = QVBoxLayout(window)
    for widget in (toolbar, page, bar):
        rows.addWidget(widget)
    return window, parts.box("a")


def _taken_out(text: str) -> float:
    from handbook.desktop.parts import Asked, Parts

    parts = Parts()
    parts.build([Asked("a", "Nhận thức", "")], {"a": text})
    return median([_cost(parts.answers) for _ in range(9)])


def _looked_through(text: str) -> float:
    """What the GUI thread does when every line is new to the check; only changed ones are in daily use."""
    from handbook.desktop.parts import Asked, Parts
    from handbook.desktop.prose_document import text_blocks
    from handbook.model.spelling import words_to_check

    parts = Parts()
    parts.build([Asked("a", "Nhận thức", "")], {"a": text})

    def look() -> None:
        lines = {block.text() for box in parts.boxes() for block in text_blocks(box.document())}
        list(word for line in lines for word in words_to_check(line))

    return median([_cost(look) for _ in range(9)])


def _cost(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return 1000 * (time.process_time() - began)
