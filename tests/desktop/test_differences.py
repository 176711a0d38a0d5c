"""Điểm mới: offered where a new edition was brought, readable without colour, and back to the same line."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAccessible, QTextCharFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sqlalchemy import insert

from handbook.client.apply import apply_pack, next_arrival
from handbook.client.editions import Comparison, Editions
from handbook.client.tables.library import assets
from handbook.desktop.difference_text import difference_text, summary_of
from handbook.desktop.differences import DifferencesScreen
from handbook.desktop.session import Place
from handbook.desktop.theme import Mode, Theme
from handbook.errors import DiskProblem
from handbook.model.differences import PlainSection, section_differences
from handbook.model.library import Document, Image, Relation, RelationKind, Section, Status
from handbook.protocol.packs import document_item
from tests.asset_files import png
from tests.client.samples import NOW, document
from tests.desktop.conftest import Person
from tests.desktop.test_reader import read
from tests.desktop.ward import CAPITAL, LONG, REPLACED

pytestmark = pytest.mark.gui

GOAL = "Chuyển đổi số là động lực. Người dân là trung tâm của CHUYỂN ĐỔI SỐ."
NEW_GOAL = "Chuyển đổi số là động lực quan trọng. Người dân là trung tâm của CHUYỂN ĐỔI SỐ."


def bring(person: Person, document_id: str, change) -> None:
    """A sync brings the next edition of the document: `change(present edition)`."""
    handbook = person.desktop.session.handbook
    store = handbook.store
    with store.library.read() as connection:
        arrival = next_arrival(connection, datetime.now(UTC))
    present = handbook.editions.compare(document_id, document_id).present
    newer = replace(change(present), edition=present.edition + 1)
    apply_pack(
        store,
        publisher="central",
        sequence=arrival.number,
        pack=str(arrival.number),
        items=[document_item(newer)],
        arrival=arrival,
    )
    person.settle()


def with_new_goal(present: Document) -> Document:
    sections = [replace(one, text=one.text.replace(GOAL, NEW_GOAL)) for one in present.sections]
    added = Section(anchor="iv-hieu-luc", level=1, heading="IV. Hiệu lực", text="Từ ngày ký.")
    return replace(present, sections=(*sections, added), status=Status.PARTLY_AMENDED)


def opened(person: Person, document: str = CAPITAL, **route: object) -> DifferencesScreen:
    screen = person.go(place=Place.DIFFERENCES, document=document, **route)
    person.wait(lambda: screen.text.complete)
    return screen


def painted(screen: DifferencesScreen, words: str) -> QTextCharFormat:
    cursor = screen.text.document().find(words)
    assert not cursor.isNull(), words
    cursor.setPosition(cursor.selectionStart() + 1)
    return cursor.charFormat()


def test_a_document_that_had_no_other_edition_offers_nothing(alone: Person) -> None:
    read(alone)
    assert not alone.sees("reader.differences")
    opened(alone)
    assert "Máy này không giữ bản trước của văn bản." in alone.words()


def test_a_new_edition_is_told_in_the_list_and_leads_to_what_changed(alone: Person) -> None:
    bring(alone, CAPITAL, with_new_goal)
    screen = alone.go(place=Place.LIBRARY)
    rows = screen.findChild(object, "library.list").model()
    said = [rows.data(rows.index(at, 0), Qt.ItemDataRole.AccessibleTextRole) for at in range(rows.rowCount())]
    assert [words for words in said if "bản mới" in words] == [words for words in said if "15-NQ/TW" in words]
    reader = read(alone)
    assert "Văn bản có bản mới từ lần đồng bộ vừa rồi." in alone.words()
    assert "Điểm mới: So với bản trước" in reader.text.toPlainText()
    assert alone.sees("reader.differences")
    QTest.keyClick(reader.text, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    alone.settle()
    text = alone.find("differences.text").toPlainText()
    assert "1 mục sửa, 1 mục thêm." in text
    assert "Hiệu lực: còn hiệu lực được sửa đổi một phần" in text
    assert "Điểm mới · Nghị quyết số 15-NQ/TW" in text
    alone.picture("differences")


def test_a_document_without_a_number_is_named_once(alone: Person) -> None:
    article = "central/bai-viet"
    bring(alone, article, lambda present: replace(present, issuer="Ban biên tập"))
    text = opened(alone, article).text.toPlainText()
    assert text.startswith("Điểm mới\nTập trung dân chủ ở chi bộ\n")


def test_what_could_not_be_read_for_once_is_there_when_it_is_tried_again(
    alone: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(alone, CAPITAL, with_new_goal)
    screen = opened(alone)

    def full(*_: object) -> None:
        raise DiskProblem("Ổ đĩa không đọc được.")

    with monkeypatch.context() as broken:
        broken.setattr(Editions, "compare", full)
        screen.refresh()
        alone.settle()
        assert "Ổ đĩa không đọc được." in alone.words()
    screen.refresh()
    alone.settle()
    assert alone.sees("differences.text")


def test_added_and_removed_words_differ_by_more_than_colour(alone: Person) -> None:
    bring(
        alone,
        CAPITAL,
        lambda present: replace(
            present,
            sections=tuple(
                replace(one, text=one.text.replace("Các cấp uỷ phân công", "Chi bộ phân công"))
                for one in present.sections
            ),
        ),
    )
    screen = opened(alone)
    assert painted(screen, "Chi bộ").fontUnderline()
    assert painted(screen, "Các cấp uỷ").fontStrikeOut()
    kept = painted(screen, "phân công")
    assert not kept.fontUnderline()
    assert not kept.fontStrikeOut()


def test_keys_go_from_change_to_change_and_around(alone: Person) -> None:
    bring(alone, CAPITAL, with_new_goal)
    screen = opened(alone)
    assert screen.count.text() == "2 chỗ thay đổi"
    counts = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(screen.text, key, Qt.KeyboardModifier.AltModifier)
        counts.append((screen.count.text(), screen.text.textCursor().block().text().strip()))
    assert [count for count, _ in counts] == ["1 trong 2", "2 trong 2", "1 trong 2", "2 trong 2"]
    assert "động lực quan trọng" in counts[0][1]
    assert counts[1][1].endswith("IV. Hiệu lực")


def test_the_list_names_what_changed_and_leads_there(alone: Person) -> None:
    bring(alone, CAPITAL, with_new_goal)
    screen = opened(alone)
    model = screen.list.model()
    alone.wait(lambda: model.rowCount() == 2)
    assert [model.index(at, 0).data() for at in range(2)] == [
        "Sửa: 1. Đến năm 2030",
        "Thêm: IV. Hiệu lực",
    ]
    screen.list.chosen.emit(model.index(1, 0).data(Qt.ItemDataRole.UserRole))
    assert "IV. Hiệu lực" in screen.text.section_start(screen.text.section).block().text()


def test_what_did_not_change_is_folded_and_opens_where_it_stands(alone: Person) -> None:
    def reworded(present: Document) -> Document:
        sections = list(present.sections)
        sections[150] = replace(sections[150], text=sections[150].text.replace("pháp luật", "luật", 1))
        return replace(present, sections=tuple(sections))

    bring(alone, LONG, reworded)
    screen = opened(alone, LONG)
    text = screen.text.toPlainText()
    assert "1 điều sửa" in text
    assert len(text) < 5000
    fold = "150 mục không đổi, từ “Điều 1. Quy định thứ 1” đến “Điều 150. Quy định thứ 150”"
    assert fold in text
    screen.text.anchorClicked.emit(QUrl("#unfold.1"))
    alone.settle()
    alone.wait(lambda: screen.text.complete)
    assert fold not in screen.text.toPlainText()
    assert screen.text.textCursor().block().text().startswith("Điều 1.")


def test_the_plain_text_comes_back_at_the_line_that_was_read(alone: Person) -> None:
    bring(alone, LONG, lambda present: replace(present, title="Luật sửa tên"))
    reader = read(alone, LONG)
    reader.text.go_to(77, 0.5)
    place = reader.text.place()
    reader.differences.go("")
    alone.settle()
    screen = alone.window.current
    assert "Tên văn bản: Luật dài ba trăm điều Luật sửa tên" in screen.text.toPlainText()
    assert "Phần chữ của văn bản không đổi." in screen.text.toPlainText()
    QTest.keyClick(screen.text, Qt.Key.Key_Escape)
    alone.settle()
    assert alone.window.current is reader
    assert reader.text.place() == place


def test_a_document_is_compared_with_the_one_it_replaces(alone: Person) -> None:
    tie = Relation(kind=RelationKind.REPLACES, number="66-QĐ/TW", target=REPLACED)
    bring(alone, CAPITAL, lambda present: replace(present, relations=(tie,)))
    reader = read(alone)
    assert "Điểm mới: So với bản trước, So với 66-QĐ/TW" in reader.text.toPlainText()
    reader.text.anchorClicked.emit(QUrl(f"differences:{REPLACED}"))
    alone.settle()
    assert "So với Quy định số 66-QĐ/TW ngày 06/02/2017" in alone.find("differences.text").toPlainText()


def test_editions_that_read_the_same_say_so(alone: Person) -> None:
    bring(alone, CAPITAL, lambda present: replace(present, topics=("khác",)))
    opened(alone)
    assert "Hai bản giống nhau từng chữ" in alone.words()
    assert not alone.sees("differences.text")


def test_the_comparison_is_printed_as_it_is_shown(alone: Person, tmp_path: Path) -> None:
    bring(alone, CAPITAL, with_new_goal)
    screen = opened(alone)
    screen.printing.save_pdf(tmp_path / "diem-moi.pdf")
    alone.settle()
    assert (tmp_path / "diem-moi.pdf").read_bytes().startswith(b"%PDF")
    assert screen._to_print().name == "Điểm mới của Nghị quyết số 15-NQ/TW"


@pytest.mark.parametrize("size", [(1024, 640), (800, 560)])
def test_in_a_small_window_the_list_comes_when_asked(alone: Person, size: tuple[int, int]) -> None:
    bring(alone, CAPITAL, with_new_goal)
    alone.window.resize(*size)
    screen = opened(alone)
    assert alone.sees("differences.text")
    assert not alone.sees("differences.list")
    screen._list_button.click()
    assert alone.sees("differences.list")
    screen.list.chosen.emit(1)
    assert alone.sees("differences.text")


OLD, NEW = png(320, 200, (20, 120, 60)), png(320, 240, (200, 60, 20))


def put_pictures(person: Person, *pictures: bytes) -> None:
    """As a sync brings them, before the text that shows them."""
    with person.desktop.session.handbook.store.library.write() as connection:
        for data in pictures:
            sha256 = hashlib.sha256(data).hexdigest()
            connection.execute(insert(assets).values(id=f"central/{sha256}", sha256=sha256, data=data))


def showing(data: bytes, width: int, height: int):
    """Changes a document so that its second part shows this picture only, and one word is bold."""
    sha256 = hashlib.sha256(data).hexdigest()

    def change(present: Document) -> Document:
        sections = list(present.sections)
        words = sections[1].text.split("\n\n![")[0]
        sections[1] = replace(sections[1], text=f"{words}\n\n![Sơ đồ](asset:{sha256})\n")
        return replace(
            present, sections=tuple(sections), images=(Image(sha256=sha256, width=width, height=height),)
        )

    return change


def shown_pictures(screen: DifferencesScreen) -> list[str]:
    found = []
    block = screen.text.document().begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            image = fragments.fragment().charFormat().toImageFormat()
            if image.isValid():
                found.append(image.name().removeprefix("asset:"))
            fragments += 1
        block = block.next()
    return found


@pytest.mark.parametrize(("mode", "scale"), [(Mode.LIGHT, 1.0), (Mode.DARK, 1.0), (Mode.LIGHT, 2.0)])
def test_exchanged_pictures_stand_beside_each_other(
    alone: Person, qapp: QApplication, mode: Mode, scale: float
) -> None:
    put_pictures(alone, OLD, NEW)
    bring(alone, CAPITAL, showing(OLD, 320, 200))
    bring(alone, CAPITAL, showing(NEW, 320, 240))
    Theme(mode, scale).apply(qapp)
    alone.window.resize(1024, 640)
    screen = opened(alone)
    assert shown_pictures(screen) == [hashlib.sha256(data).hexdigest() for data in (OLD, NEW)]
    text = screen.text.toPlainText()
    assert "Hình ở bản trước" in text and "Hình ở bản này" in text
    assert screen.count.text() == "1 chỗ thay đổi"
    alone.picture(f"differences-top-{mode.value}-{scale}")
    QTest.keyClick(screen.text, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    alone.settle()
    alone.picture(f"differences-pictures-{mode.value}-{scale}")
    assert not screen.text.horizontalScrollBar().maximum()


def test_a_former_picture_that_is_gone_says_so(alone: Person) -> None:
    put_pictures(alone, NEW)
    bring(alone, CAPITAL, showing(OLD, 320, 200))
    bring(alone, CAPITAL, showing(NEW, 320, 240))
    screen = opened(alone)
    assert shown_pictures(screen) == [hashlib.sha256(NEW).hexdigest()]
    assert "Hình này không còn trên máy." in screen.text.toPlainText()


def test_what_was_only_set_otherwise_is_told_as_that(alone: Person) -> None:
    def bolder(present: Document) -> Document:
        sections = [
            replace(one, text=one.text.replace("Chuyển đổi số", "**Chuyển đổi số**", 1))
            for one in present.sections
        ]
        return replace(present, sections=tuple(sections))

    bring(alone, CAPITAL, bolder)
    screen = opened(alone)
    text = screen.text.toPlainText()
    assert "2 mục trình bày đổi." in text
    assert "lời văn ở đó vẫn như cũ" in text
    assert "gạch ngang" not in text
    alone.picture("differences-restyled")


# --- the text, without a window


def compared(former: list[tuple[str, str]], present: list[tuple[str, str]]) -> Comparison:
    """Of documents with these headings and lines of text."""

    def sections(given: list[tuple[str, str]]) -> tuple[Section, ...]:
        return tuple(Section(anchor=f"a{at}", level=1, heading=h, text=t) for at, (h, t) in enumerate(given))

    before, after = document(sections=sections(former)), document(edition=2, sections=sections(present))

    def plain(one: Document) -> list[PlainSection]:
        return [PlainSection(each.anchor, each.heading, each.text) for each in one.sections]

    return Comparison(
        former=before,
        present=after,
        arrived_at=NOW,
        sections=section_differences(plain(before), plain(after)),
    )


def test_articles_are_counted_as_articles_and_other_parts_as_parts() -> None:
    former = [("Điều 1", "Một."), ("Điều 2", "Hai."), ("Điều 3", "Ba.")]
    present = [("Điều 1", "Một nữa."), ("Điều 2", "Hai nữa.")]
    assert summary_of(compared(former, present)) == "2 điều sửa, 1 điều bỏ"
    assert summary_of(compared([("Mục tiêu", "A b c.")], [("Mục tiêu", "A c b.")])) == "1 mục sửa"
    assert summary_of(compared(former, former)) == ""


def test_markup_in_a_text_is_shown_as_it_was_written() -> None:
    shown = difference_text(compared([("A", "một")], [("A", "một <b>hai</b> & ba")]))
    assert "<ins>&lt;b&gt;hai&lt;/b&gt; &amp; ba</ins>" in shown.sections[0].html


def test_who_hears_the_text_is_told_in_words_what_was_added_and_removed() -> None:
    shown = difference_text(compared([("A", "họp mỗi quý")], [("A", "họp mỗi tháng")]), labelled=True)
    assert "<del>(bỏ: quý)</del><ins>(thêm: tháng)</ins>" in shown.sections[0].html
    (step,) = shown.steps
    assert step.said == "A. bỏ: quý; thêm: tháng"
    assert not QAccessible.isActive()


def test_a_paragraph_that_was_split_shows_where() -> None:
    shown = difference_text(compared([("A", "một hai\nba")], [("A", "một\nhai\nba")]))
    assert "<ins>¶</ins>" in shown.sections[0].html


def test_long_unchanged_text_inside_a_section_is_folded_and_context_stays() -> None:
    lines = [f"Đoạn thứ {n}." for n in range(12)]
    changed = [*lines[:-1], "Đoạn cuối cùng."]
    both = compared([("A", "\n".join(lines))], [("A", "\n".join(changed))])
    folded = difference_text(both).sections[0].html
    assert "10 đoạn không đổi" in folded
    assert "<p>Đoạn thứ 10.</p>" in folded
    assert "<p>Đoạn thứ 9.</p>" not in folded
    assert "<p>Đoạn thứ 9.</p>" in difference_text(both, frozenset({"unfold.1"})).sections[0].html
