"""The first picture of a document: what a person came for is on it, and nothing else was waited for."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from handbook.client.handbook import Handbook
from handbook.client.library import DocumentView, Library, Position, SectionHtml
from handbook.client.notes import Span
from handbook.desktop.cutting import PIECE_CHARACTERS
from handbook.desktop.pieces import pieces_of
from handbook.desktop.piecewise import PiecewiseText
from handbook.desktop.reader_opening import Opened, Wanted, _around, open_document
from handbook.desktop.reading import DocumentText
from handbook.desktop.session import Place, Route
from handbook.model.notes import Colour
from tests.desktop.conftest import Person
from tests.desktop.ward import CAPITAL, LONG, LONG_SECTIONS

pytestmark = pytest.mark.gui

MIDDLE = 150


def test_the_first_picture_has_the_place_and_the_marks_and_waits_for_nothing_else(
    alone: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    handbook = alone.desktop.session.handbook
    anchor = handbook.library.open(LONG).outline[MIDDLE].anchor
    handbook.library.remember_position(LONG, Position(anchor, 0.0))
    handbook.notes.mark(LONG, 1, (Span(anchor, 0, 12),), Colour.GREEN, alone.desktop.session.now())
    screen = alone.go(place=Place.READER, document=CAPITAL)
    asked, seen = [], []
    read = Library.sections

    def reading(library: Library, document: str, start: int, count: int) -> tuple[SectionHtml, ...]:
        asked.append(count)
        return read(library, document, start, count)

    monkeypatch.setattr(Library, "sections", reading)

    def look() -> None:
        text = screen.text
        there = [at for at in range(LONG_SECTIONS + 1) if text.section_start(at)]
        seen.append((text.section, len(text.extraSelections()), there, screen.contents.model().rowCount()))

    screen.text.pictured.connect(look)
    alone.window.go(Route(place=Place.READER, document=LONG))
    alone.wait(lambda: seen)
    section, marks, there, headings = seen[0]
    assert (section, marks, headings) == (MIDDLE, 1, 0)
    assert there[0] == MIDDLE
    assert len(there) < 20
    assert sum(count for count in asked if count <= LONG_SECTIONS) < LONG_SECTIONS / 4
    alone.wait(lambda: screen.text.complete)
    alone.wait(lambda: screen.contents.model().rowCount() == LONG_SECTIONS + 1)
    assert screen.text.section == MIDDLE
    assert screen.contents.currentIndex().row() == MIDDLE


def test_a_short_document_is_read_once(alone: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    read = Library.sections
    monkeypatch.setattr(Library, "sections", lambda *wanted: asked.append(1) or read(*wanted))
    screen = alone.go(place=Place.READER, document=CAPITAL)
    alone.wait(lambda: screen.text.complete)
    alone.settle()
    assert len(asked) == 1
    assert "Tổ chức thực hiện" in screen.text.toPlainText()


def test_the_end_of_a_law_fills_the_page_at_once(alone: Person) -> None:
    library = alone.desktop.session.handbook.library
    library.remember_position(LONG, Position(library.open(LONG).outline[-1].anchor, 1.0))
    screen = alone.go(place=Place.READER, document=CAPITAL)
    heights = []
    screen.text.pictured.connect(lambda: heights.append(screen.text.document().size().height()))
    alone.window.go(Route(place=Place.READER, document=LONG))
    alone.wait(lambda: heights)
    assert heights[0] >= screen.text.viewport().height()
    alone.wait(lambda: screen.text.complete)
    assert screen.text.place()[0] == LONG_SECTIONS


def test_what_takes_long_shows_activity_and_then_the_text(alone: Person) -> None:
    work, free = alone.desktop.session.work, threading.Event()
    work.run(free.wait, lambda _: None, lambda _: None, alone.desktop)
    alone.window.go(Route(place=Place.READER, document=CAPITAL))
    screen = alone.window.current
    alone.wait(lambda: "Đang mở văn bản…" in alone.words())
    free.set()
    alone.wait(lambda: screen.text.complete and alone.sees("reader.text"))
    alone.settle()
    assert "Đang mở văn bản…" not in alone.words()
    assert screen.updatesEnabled()


def test_a_document_that_is_not_here_says_so(alone: Person) -> None:
    screen = alone.go(place=Place.READER, document="central/khong-co")
    assert "chưa có trên máy" in alone.words()
    assert screen.updatesEnabled()


class Painted(QObject):
    """Counts the pictures of a widget."""

    def __init__(self, widget: QObject) -> None:
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


class _Shortened:
    """A library whose document has become shorter since its sections were counted."""

    def __init__(self, left: int) -> None:
        self.asked = 0
        self._sections = [SectionHtml(f"dieu-{at}", 1, f"Điều {at}", "<p>Chữ.</p>") for at in range(left)]

    def sections(self, _: str, start: int, count: int) -> tuple[SectionHtml, ...]:
        self.asked += 1
        assert self.asked < 50, "asked again and again for what is not there"
        return tuple(self._sections[start : start + count])


@pytest.mark.parametrize(("left", "section", "here"), [(3, 0, 3), (3, 7, 3), (0, 7, 0)])
def test_a_document_that_becomes_shorter_while_it_is_opened_holds_nobody_up(
    left: int, section: int, here: int
) -> None:
    first, found = _around(_Shortened(left), LONG, section, 20)
    assert (first, len(found)) == (0, here)


def test_the_reader_is_rehearsed_out_of_sight_and_leaves_no_trace(alone: Person) -> None:
    alone.window.prepare(Place.READER)
    screen = next(iter(alone.window.findChildren(QObject, "reader.text"))).window()
    assert screen is alone.window
    text = alone.window.findChild(DocumentText, "reader.text")
    painted = Painted(text.viewport())
    alone.window.rehearse(Place.READER)
    alone.wait(lambda: painted.count and not text.toPlainText().strip())
    alone.settle()
    assert not text.isVisible()
    library = alone.desktop.session.handbook.library
    assert {card.progress for card in library.documents()} == {0.0}
    shown = alone.go(place=Place.READER, document=CAPITAL)
    alone.wait(lambda: shown.text.complete)
    assert shown.text.toPlainText().startswith("Nghị quyết số 15-NQ/TW\n")


def test_the_reader_is_rehearsed_with_what_was_read_last(
    alone: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    handbook = alone.desktop.session.handbook
    handbook.library.remember_position(LONG, Position(handbook.library.open(LONG).outline[7].anchor, 0.5))
    asked = set[str]()

    def noted(handbook: Handbook, wanted: Wanted, shown: DocumentView | None) -> Opened:
        asked.add(wanted.document)
        return open_document(handbook, wanted, shown)

    monkeypatch.setattr("handbook.desktop.reader.open_document", noted)
    alone.window.prepare(Place.READER)
    alone.window.rehearse(Place.READER)
    alone.wait(lambda: asked)
    alone.settle()
    assert asked == {LONG}


# --- a text without headings


PARAGRAPH = "<p>Đoạn thứ {0}: cơ quan, tổ chức, cá nhân có trách nhiệm thực hiện quy định {0}.</p>"
BODY = "\n".join(PARAGRAPH.format(number) for number in range(3000))


@pytest.fixture
def text(qapp: QApplication) -> DocumentText:
    shown = DocumentText()
    shown.resize(900, 700)
    shown.show()
    yield shown
    shown.close()
    shown.deleteLater()


def top_line(text: DocumentText) -> str:
    return text.cursorForPosition(QPoint(60, 20)).block().text()


def test_a_text_without_headings_opens_in_its_middle_and_stays_there(
    text: DocumentText, qtbot: QtBot
) -> None:
    text.show_document("<h1>Phụ lục</h1>", pieces_of((SectionHtml("a", 1, "", BODY),)), 0, 0.5)
    assert text.document().characterCount() < 4 * PIECE_CHARACTERS
    line, place = top_line(text), text.place()
    assert place[1] == pytest.approx(0.5, abs=0.01)
    assert 1400 < int(line.split(":")[0].removeprefix("Đoạn thứ ")) < 1600
    qtbot.waitUntil(lambda: text.complete, timeout=20_000)
    assert top_line(text) == line
    assert text.toPlainText().count("Đoạn thứ ") == 3000
    text.resize(700, 700)
    qtbot.waitUntil(lambda: text.complete, timeout=20_000)
    assert text.place()[1] == pytest.approx(place[1], abs=0.001)


def test_a_place_that_is_not_here_yet_is_shown_when_it_comes(text: DocumentText, qtbot: QtBot) -> None:
    sections = tuple(SectionHtml(f"s{at}", 1, f"Điều {at}", PARAGRAPH.format(at) * 9) for at in range(80))
    text.show_document("", pieces_of(sections[10:20], 10), 12, 0.0, all_here=False)
    assert text.section == 12
    text.go_to(70)
    assert text.section == 12
    text.show_rest(pieces_of(sections))
    assert text.section == 70
    qtbot.waitUntil(lambda: text.complete, timeout=20_000)
    assert [text.section_start(at).block().text() for at in (0, 11, 79)] == ["Điều 0", "Điều 11", "Điều 79"]
    assert text.section == 70


def test_the_rest_goes_around_what_is_shown_already(text: DocumentText, qtbot: QtBot) -> None:
    sections = tuple(SectionHtml(f"s{at}", 1, f"Điều {at}", PARAGRAPH.format(at)) for at in range(80))
    text.show_document("<p>Luật</p>", pieces_of(sections[30:50], 30), 40, 0.0, all_here=False)
    qtbot.wait_signal(text.pictured)
    assert not text.complete
    text.show_rest(pieces_of(sections))
    qtbot.waitUntil(lambda: text.complete, timeout=20_000)
    lines = text.toPlainText().splitlines()
    assert lines[0] == "Luật"
    assert [line for line in lines if line.startswith("Điều")] == [f"Điều {at}" for at in range(80)]


@given(
    st.lists(st.integers(0, 5 * PIECE_CHARACTERS), min_size=1, max_size=4),
    st.integers(0, 3),
    st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_a_share_of_a_section_is_found_again_in_its_pieces(
    lengths: list[int], section: int, share: float
) -> None:
    section %= len(lengths)
    text = PiecewiseText(QTextDocument())
    bodies = [f"<p>{'x' * 200}</p>" * (length // 200) for length in lengths]
    sections = [SectionHtml(str(at), 1, "A", html) for at, html in enumerate(bodies)]
    text.take("", pieces_of(sections), True, str)
    piece, within = text.spread(section, share)
    assert 0 <= within <= 1
    found, again = text.gather(piece, within)
    assert found == section
    assert again == pytest.approx(share, abs=1e-6)
