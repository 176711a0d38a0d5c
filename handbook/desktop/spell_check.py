"""Soát chính tả: a look at what was typed, after a pause and off the GUI thread; while it is off, none."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QMenu

from handbook.desktop.parts import Parts
from handbook.desktop.prose_box import ProseBox
from handbook.desktop.prose_document import text_blocks
from handbook.desktop.screen import Screen
from handbook.desktop.spell_marks import doubted_at, next_doubted
from handbook.desktop.widgets import Banner, announce
from handbook.errors import Expected
from handbook.model.spelling import words_to_check
from handbook.model.text import nfc

if TYPE_CHECKING:
    from handbook.client.spelling import Spelling

PAUSE_MS = 600
MOST_LINES = 5_000
"""So many lines are remembered as looked through before all are looked through again."""

WORDS_AT_ONCE = 20
"""Judged in one job: what is typed meanwhile is saved between two, also when a page of slips was pasted."""

Offers = Mapping[str, tuple[str, ...]]


class SpellCheck(QObject):
    """Marks the doubted words of `parts`; `switched(on)` is emitted when it goes on or off."""

    switched = Signal(bool)

    def __init__(self, screen: Screen, parts: Parts) -> None:
        super().__init__(screen)
        self._screen, self._parts = screen, parts
        self.is_on = False
        self._rooms: Spelling | None = None
        self._lines: set[str] = set()
        self._judged: set[str] = set()
        self._offers: dict[str, tuple[str, ...]] = {}
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.look)
        parts.edited.connect(self._edited)
        parts.built.connect(self._built)
        parts.menu_opening.connect(self._add_offers)
        self._read_switch()

    # -- the switch

    def toggle(self) -> None:
        """On or off, and so at the next start."""
        on, data_dir = not self.is_on, self._screen.session.data_dir

        def keep() -> None:
            from handbook.client.settings import change_settings

            change_settings(data_dir, spelling=on)

        self._switch(on)
        self._screen.session.work.run(keep, lambda _: None, self._fail, self)

    def _read_switch(self) -> None:
        data_dir = self._screen.session.data_dir

        def read() -> bool:
            from handbook.client.settings import read_settings

            return read_settings(data_dir).spelling

        self._screen.session.work.run(read, self._switch, self._fail, self)

    def _switch(self, on: bool) -> None:
        if on == self.is_on:
            return
        self.is_on = on
        if on:
            self.look()
        else:
            self._pause.stop()
            self._lines.clear()
            self._mark()
        self.switched.emit(on)

    # -- looking

    def _edited(self) -> None:
        if self.is_on:
            self._pause.start()

    def _built(self) -> None:
        if self.is_on:
            self.look()

    def look(self) -> None:
        """Look through the lines that are new since the last time."""
        if len(self._lines) > MOST_LINES:
            self._lines.clear()
        lines = {block.text() for box in self._parts.boxes() for block in text_blocks(box.document())}
        words = {word.text for line in lines - self._lines for word in words_to_check(line)} - self._judged
        self._lines |= lines
        if not words:
            self._mark()
            return
        self._judge(words)

    def _judge(self, words: AbstractSet[str]) -> None:
        spelling, some = self._spelling(), frozenset(islice(words, WORDS_AT_ONCE))

        def judge() -> Offers:
            return {word: spelling.offers(word) for word in spelling.doubted(some)}

        self._screen.session.work.run(judge, partial(self._learn, some, words - some), self._fail, self)

    def _learn(self, words: Iterable[str], others: AbstractSet[str], offers: Offers) -> None:
        self._judged.update(words)
        self._offers.update(offers)
        if others:
            self._judge(others)
        elif self.is_on:
            self._mark()

    def _mark(self) -> None:
        doubted = frozenset(self._offers) if self.is_on else frozenset()
        for box in self._parts.boxes():
            box.show_doubted(doubted)

    def _spelling(self) -> "Spelling":
        if self._rooms is None:
            from handbook.client.spelling import Spelling

            handbook = self._screen.session.handbook
            self._rooms = Spelling(handbook.store, handbook.search)
        return self._rooms

    # -- mending

    def go_to_next(self) -> None:
        """Select the next doubted word, from the first again after the last, and offer what may be meant."""
        if not self.is_on:
            self.toggle()
            return
        boxes, current = self._parts.boxes(), self._parts.current
        at = boxes.index(current) if current in boxes else 0
        for box in (*boxes[at:], *boxes[: at + 1]):
            from_here = box.textCursor() if box is current and box.hasFocus() else QTextCursor(box.document())
            if found := next_doubted(from_here, frozenset(self._offers)):
                box.setFocus()
                box.setTextCursor(found)
                QTimer.singleShot(0, box, partial(_ask_for_menu, box))  # when the page has scrolled there
                return
            current = None
        announce(self._screen, self.tr("Không còn chữ nào cần xem lại."))

    def _add_offers(self, menu: QMenu, box: ProseBox, cursor: QTextCursor) -> None:
        word = doubted_at(cursor, frozenset(self._offers))
        if not self.is_on or word is None or box.isReadOnly():
            return
        text = word.selectedText()
        first = menu.actions()[0]
        judged = nfc(text).lower()
        for offer in self._offers[judged]:
            action = menu.addAction(offer, partial(_put, box, word, offer))
            font = action.font()
            font.setBold(True)
            action.setFont(font)
            menu.insertAction(first, action)
        passing = menu.addAction(self.tr("Bỏ qua từ “{}”").format(judged), partial(self._let_pass, judged))
        menu.insertAction(first, passing)
        menu.insertSeparator(first)

    def _let_pass(self, word: str) -> None:
        spelling, offers = self._spelling(), self._offers.pop(word, ())
        self._mark()

        def undo() -> None:
            self._offers[word] = offers
            self._mark()
            self._screen.session.work.run(
                lambda: spelling.doubt_again(word), lambda _: None, self._fail, self
            )

        said = self.tr("Sổ tay sẽ không nhắc từ “{}” nữa.").format(word)
        self._screen.session.work.run(
            lambda: spelling.let_pass(word),
            lambda _: self._screen.undo_offered.emit(said, undo),
            self._fail,
            self,
        )

    def _fail(self, error: Expected) -> None:
        self._screen.show_banner(Banner.of_error(error))


def _ask_for_menu(box: ProseBox) -> None:
    where = box.cursorRect().center()
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, where, box.viewport().mapToGlobal(where))
    QApplication.sendEvent(box.viewport(), asked)


def _put(box: ProseBox, word: QTextCursor, offer: str) -> None:
    """In the place of the word, with its look, as one step that can be undone."""
    look = word.charFormat()
    word.insertText(offer.capitalize() if word.selectedText()[0].isupper() else offer, look)
    box.setTextCursor(word)
