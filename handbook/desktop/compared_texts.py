"""Two texts as one, word by word: struck through what only the first has, underlined what only the second."""

import html
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QTextBrowser

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.theme import current_theme
from handbook.model.differences import Fate, Run, text_runs
from handbook.model.prose import parse, readable
from handbook.model.reflection import Answer, AttachedFile


class Written(NamedTuple):
    """What is compared of a reflection."""

    answers: Sequence[Answer]
    files: Sequence[AttachedFile] = ()


Compared = Sequence[tuple[str, tuple[Run, ...]]]
"""Of each part its title and its words."""


def compare(former: Written, present: Written, titles: Mapping[str, str]) -> Compared:
    """Part by part, those of `titles` first; the names of the files last, where they are not the same."""
    old, new = ({answer.part: answer.text for answer in each.answers} for each in (former, present))
    compared = [
        (titles.get(part, part), text_runs(_readable(old, part), _readable(new, part)))
        for part in dict.fromkeys((*titles, *new, *old))
        if part in new or part in old
    ]
    if set(former.files) != set(present.files):
        names = ("\n".join(file.name for file in each.files) for each in (former, present))
        compared.append((_tr("Tệp kèm theo"), text_runs(*names)))
    return compared


class ComparedTexts(QTextBrowser):
    """Empty until it is shown something."""

    def __init__(self, object_name: str, accessible_name: str) -> None:
        super().__init__()
        self._compared: Compared = ()
        self.setObjectName(object_name)
        self.setAccessibleName(accessible_name)
        self._measure()

    def show_compared(self, compared: Compared) -> None:
        self._compared = compared
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()
            self._draw()

    def _draw(self) -> None:
        pieces = []
        for title, runs in self._compared:
            words = _marked_runs(runs) or html.escape(_tr("(không viết)"))
            pieces.append(f"<h2>{html.escape(title)}</h2><p>{words}</p>")
        self.setHtml("".join(pieces))

    def _measure(self) -> None:
        theme, document = current_theme(), self.document()
        look = f"QTextBrowser {{ background:{theme.paper_hex('paper')}; }}"
        if look != self.styleSheet():  # setting it is a change of style itself
            self.setStyleSheet(look)
        document.setDefaultStyleSheet(theme.reading_css())
        document.setDefaultFont(theme.reading_font())
        document.setDocumentMargin(theme.px(14))


def _readable(texts: Mapping[str, str], part: str) -> str:
    return readable(parse(texts.get(part, "")))


def _marked_runs(runs: Sequence[Run]) -> str:
    """As HTML; what was taken out and what came in its place never look like one word."""
    parts = []
    for run, following in zip_longest(runs, runs[1:]):
        parts.append(_marked(run))
        if run.fate is Fate.REMOVED and following and following.fate is Fate.ADDED:
            parts.append("" if run.former[-1].isspace() else " ")
    return "".join(parts)


def _marked(run: Run) -> str:
    # Of kept words the former text may have had the line break that the present one has lost.
    text = max(run.former, run.present, key=len) if run.fate is Fate.KEPT else run.former or run.present
    text = html.escape(text).replace("\n", "<br>")
    if run.fate is Fate.REMOVED:
        return f"<del>{text}</del>"
    return f"<ins>{text}</ins>" if run.fate is Fate.ADDED else text


def _tr(text: str) -> str:
    return QCoreApplication.translate("ComparedTexts", text)
