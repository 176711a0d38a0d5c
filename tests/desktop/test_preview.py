"""A reflection as pages: looked at, printed to a file, kept as Word; and taken back from the editor."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from handbook.desktop import pages_screen, saving
from handbook.desktop.paper import Pages
from handbook.desktop.paper_kept import pdf_of
from handbook.desktop.preview import PreviewScreen
from handbook.desktop.session import Place
from handbook.desktop.theme import Mode, Theme
from handbook.exports.reflection_page import (
    MARGINS_MM,
    PAPER_MM,
    Grid,
    PageLines,
    Style,
    line_of,
    lines_of,
)
from handbook.model.people import DutyKind
from handbook.model.prose import parse
from handbook.model.reflection import Answer
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat
from tests.exports.test_reflection import WRITTEN, paper

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
LONG = "\n".join(f"Đoạn thứ {number}: nhận thức sâu sắc. " * 6 for number in range(40))


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def an(ward: Ward, tmp_path: Path) -> Iterator[Device]:
    ward.now = NOW
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    pc = Device(tmp_path / "pc", ward, "An", cell, ITEMS)
    yield pc
    pc.close()


@pytest.fixture
def seat(an: Device, qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(an)
    yield seated
    Theme().apply(QApplication.instance())
    seated.close()


@pytest.fixture
def looking(seat: Seat, an: Device) -> Callable[..., PreviewScreen]:
    def look(text: str = WRITTEN, **route: object) -> PreviewScreen:
        an.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
        return seat.go(Place.PREVIEW, assignment=TASK, **route)

    return look


def page(**changes: object) -> PageLines:
    return lines_of(paper(**changes))


def picture(seat: Seat, name: str) -> None:
    if folder := os.environ.get("HANDBOOK_PICTURES"):
        seat.window.grab().save(f"{folder}/{name}.png")


def test_the_page_bears_the_members_unit_place_and_name(
    seat: Seat, looking: Callable[..., PreviewScreen]
) -> None:
    looking()
    words = seat.find("preview.pages").accessibleDescription()
    for said in ("ĐƠN VỊ HONGSON/ANBINH", "ĐẢNG CỘNG SẢN VIỆT NAM", "BÀI THU HOẠCH", "Họ và tên: An"):
        assert said in words
    assert "ngày 22 tháng 11 năm 2026" in words
    assert "**" not in words
    assert seat.text("preview.page") == "Trang 1 / 2"
    picture(seat, "preview")


def test_many_pages_are_gone_through_with_the_keys(seat: Seat, looking: Callable[..., PreviewScreen]) -> None:
    looking(LONG)
    pages = seat.find("preview.pages")
    first, total = seat.text("preview.page").split(" / ")
    assert (first, int(total) > 5) == ("Trang 1", True)
    QTest.keyClick(pages, Qt.Key.Key_End)
    seat.settle()
    assert seat.text("preview.page") == f"Trang {total} / {total}"
    QTest.keyClick(pages, Qt.Key.Key_Home)
    seat.settle()
    assert seat.text("preview.page") == f"Trang 1 / {total}"


def test_pages_grow_and_shrink_and_fit_the_window_again(
    seat: Seat, looking: Callable[..., PreviewScreen]
) -> None:
    looking()
    fitting = seat.text("preview.zoom")
    seat.key("preview.pages", Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    smaller = seat.text("preview.zoom")
    seat.key("preview.pages", Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert int(smaller.split()[0]) < int(seat.text("preview.zoom").split()[0])
    seat.key("preview.pages", Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert seat.text("preview.zoom") == fitting


def test_the_place_is_set_once_for_this_pc(seat: Seat, looking: Callable[..., PreviewScreen]) -> None:
    looking()
    box = seat.find("preview.place")
    box.setText("Hồng Sơn")
    seat.key("preview.place", Qt.Key.Key_Return)
    assert "Hồng Sơn, ngày" in seat.find("preview.pages").accessibleDescription()
    seat.go(Place.STUDY)
    looking()
    assert seat.find("preview.place").text() == "Hồng Sơn"


def test_a_draft_is_marked_in_the_name_of_the_file_and_not_on_the_page(
    seat: Seat, looking: Callable[..., PreviewScreen], an: Device, tmp_path: Path
) -> None:
    screen = looking()
    assert screen.suggested_name() == "Bản nháp bài thu hoạch - An - Học tập Nghị quyết 15-NQ TW"
    assert "nháp" not in seat.find("preview.pages").accessibleDescription().lower()
    an.reflections.submit(TASK, NOW)
    seat.settle()
    assert screen.suggested_name() == "Bài thu hoạch - An - Học tập Nghị quyết 15-NQ TW"


def test_word_and_pdf_are_written_whole(
    seat: Seat, looking: Callable[..., PreviewScreen], tmp_path: Path
) -> None:
    screen = looking()
    screen.save_word(tmp_path / "bai.docx")
    screen.save_pdf(tmp_path / "bai.pdf")
    seat.settle()
    assert "BÀI THU HOẠCH" in [p.text for p in Document(tmp_path / "bai.docx").paragraphs]
    assert (tmp_path / "bai.pdf").read_bytes().startswith(b"%PDF")
    assert "Đã lưu bai.pdf" in seat.toast()


def test_a_file_that_word_holds_open_is_said_plainly_and_stays_as_it_was(
    seat: Seat,
    looking: Callable[..., PreviewScreen],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = looking()
    path = tmp_path / "bai.docx"
    path.write_bytes(b"before")

    def held(self: Path, target: Path) -> None:
        raise PermissionError(13, "held by another process")

    monkeypatch.setattr(saving.disk.Path, "replace", held)
    screen.save_word(path)
    seat.settle()
    assert "đang mở ở chương trình khác" in seat.words()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.glob("bai*")) == [path]


def test_a_folder_that_is_gone_is_said_plainly(
    seat: Seat, looking: Callable[..., PreviewScreen], tmp_path: Path
) -> None:
    looking().save_pdf(tmp_path / "usb" / "bai.pdf")
    seat.settle()
    assert "Không còn thư mục" in seat.words()


def test_the_editor_leads_to_the_pages_and_back(seat: Seat, an: Device) -> None:
    an.reflections.save(TASK, (Answer("nhan-thuc", WRITTEN),), NOW)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.click("editor.preview")
    assert seat.route.place is Place.PREVIEW
    seat.key("preview.pages", Qt.Key.Key_Escape)
    assert seat.route.place is Place.EDITOR


def test_a_text_taken_back_is_in_the_editor_again(seat: Seat, an: Device) -> None:
    text = "mười chữ thì đủ để nộp bài này rồi đấy"
    an.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    seat.go(Place.EDITOR, assignment=TASK)
    picture(seat, "withdraw")
    an.line.is_down = True
    seat.click("editor.withdraw")
    assert "Đang rút lại bài" in seat.words()
    assert seat.find("editor.withdraw") is None
    an.line.is_down = False
    an.synced()
    seat.settle()
    assert seat.text("editor.state") == "Nháp"
    assert seat.find("editor.submit").isVisible()


def test_past_the_due_day_the_member_is_told_that_it_will_count_as_late(seat: Seat, an: Device) -> None:
    text = "mười chữ thì đủ để nộp bài này rồi đấy"
    an.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    an.ward.now = NOW.replace(year=2027)
    seat.go(Place.EDITOR, assignment=TASK)
    seat.click("editor.withdraw")
    assert "ghi là nộp muộn" in seat.words()
    assert an.reflections.draft(TASK, NOW).can_withdraw


@pytest.mark.parametrize("look", [Theme(Mode.DARK), Theme(Mode.LIGHT, 1.5)], ids=["dark", "large"])
def test_the_page_stays_black_on_white_in_every_look(
    seat: Seat, looking: Callable[..., PreviewScreen], look: Theme
) -> None:
    seat.window.resize(1024, 640)
    look.apply(QApplication.instance())
    looking()
    picture(seat, f"preview-{look.mode.value}-{look.scale}")
    image = seat.find("preview.pages").grab().toImage()
    middle = [image.pixelColor(image.width() // 2, y).lightness() for y in range(20, image.height() - 20)]
    assert max(middle) == 255


def test_a_signature_stands_with_text_on_one_page(qapp: QApplication) -> None:
    for sentences in range(1, 90, 4):
        pages = Pages(page(parts=(("I. Nhận thức", parse("\n".join(["Một câu ngắn."] * sentences))),)))
        assert pages.page_of("NGƯỜI VIẾT THU HOẠCH") == pages.page_of("(Ký, ghi rõ họ tên)")
        assert pages.last_page_of("Một câu ngắn.") == pages.page_of("NGƯỜI VIẾT THU HOẠCH") == pages.count - 1


def test_a_title_stands_with_the_text_below_it(qapp: QApplication) -> None:
    for sentences in range(20, 46):
        first = ("I. Nhận thức", parse("\n".join(["Một câu ngắn."] * sentences)))
        pages = Pages(page(parts=(first, ("II. Liên hệ", parse("### Ở đơn vị\nViệc cụ thể.")))))
        assert pages.page_of("II. Liên hệ") == pages.page_of("Ở đơn vị") == pages.page_of("Việc cụ thể.")


def numbered(words: int) -> str:
    return " ".join(f"chữ{number:03}" for number in range(words))


def test_a_signature_has_two_lines_of_the_last_paragraph_above_it(qapp: QApplication) -> None:
    """A line holds at most ten of these words."""
    for words in range(300, 620, 16):
        pages = Pages(page(parts=(("I. Nhận thức", parse(numbered(words))),)))
        signed = pages.page_of("NGƯỜI VIẾT THU HOẠCH")
        assert pages.page_of(f"chữ{words - 10:03}") == signed == pages.count - 1, words
        assert numbered(words) in pages.text.replace(" \n", " ").replace("\n", " ")


def test_no_first_line_of_a_paragraph_stays_alone_on_a_page(qapp: QApplication) -> None:
    for sentences in range(20, 46):
        text = "\n".join(["Một câu ngắn."] * sentences + [numbered(30)] + ["Một câu ngắn."] * 9)
        pages = Pages(page(parts=(("I. Nhận thức", parse(text)),)))
        assert pages.page_of("chữ000") == pages.page_of("chữ014")


def grid(rows: int, named: str) -> Grid:
    return Grid(
        head=("TT", "Họ và tên", "Kết quả"),
        rows=tuple((str(row), f"{named} {row:02}", "Đạt") for row in range(rows)),
        widths_mm=(15.0, 100.0, 50.0),
        words=frozenset({1}),
    )


def with_grids(sentences: int, rows: int) -> PageLines:
    short, end = line_of(Style.BODY, "Một câu ngắn."), line_of(Style.BODY, "Hết danh sách.")
    second = line_of(Style.PART, "II. Danh sách sau")
    bare = page(parts=())
    return replace(
        bare,
        body=(
            *bare.body,
            *[short] * sentences,
            line_of(Style.PART, "I. Danh sách trước"),
            *(grid(rows, "Trước"), second, grid(9, "Sau"), end),
        ),
    )


def test_a_title_stands_with_the_first_rows_of_the_table_below_it_and_leaves_no_page_empty(
    qapp: QApplication,
) -> None:
    for sentences, rows in [(count, 3) for count in range(12, 34)] + [(2, count) for count in range(18, 40)]:
        pages = Pages(with_grids(sentences, rows))
        assert pages.page_of("I. Danh sách trước") == pages.page_of("Trước 00")
        assert pages.page_of("II. Danh sách sau") == pages.page_of("Sau 00")
        assert pages.page_of("Sau 00") - pages.page_of(f"Trước {rows - 1:02}") <= 1
        assert pages.count <= 1 + pages.page_of("Trước 00") + 2


def test_a_table_that_goes_on_on_the_next_page_is_closed_by_a_rule(qapp: QApplication) -> None:
    pages = Pages(with_grids(2, 60))
    image = QImage(595, 842, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    pages.paint(painter, 0, 72)
    painter.end()
    foot = round((PAPER_MM[1] - MARGINS_MM[3]) / 25.4 * 72)
    middle = range(120, 500)
    darkest = min(sum(image.pixelColor(x, y).lightness() for x in middle) for y in range(foot - 2, foot + 2))
    assert darkest / len(middle) < 200


def test_many_pages_are_set_in_turns_and_end_as_they_do_at_once(qapp: QApplication) -> None:
    parts = (("I. Nhận thức", parse("\n".join(f"### Mục {at}\n{LONG}" for at in range(4)))),)
    turns, at_once = Pages(page(parts=parts), at_once=False), Pages(page(parts=parts))
    assert (turns.is_set, 0 < turns.final_pages < at_once.count) == (False, True)
    shares = [turns.share_set]
    while not turns.go_on(0.0):
        assert turns.share_set > shares[-1] or turns.share_set == 1
        shares.append(turns.share_set)
    assert len(shares) > 15
    assert (turns.text, turns.count, turns.final_pages) == (at_once.text, at_once.count, at_once.count)
    assert pdf_of(turns, "x").count(b"/Type /Page\n") == at_once.count


def test_the_first_page_is_there_before_the_last_and_leaving_ends_the_work(
    seat: Seat, looking: Callable[..., PreviewScreen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_screen, "TURN_SECONDS", 0.0)
    shown = looking()
    shown.show_lines(page(parts=(("I. Nhận thức", parse("\n".join([LONG] * 4))),)))
    turns = 0
    while not shown.has_all_pages:
        assert seat.text("preview.page").startswith("Trang 1, đang dàn ")
        assert not seat.find("preview.pdf").isEnabled()
        QApplication.processEvents()
        turns += 1
    assert turns > 5
    assert seat.find("preview.pdf").isEnabled()
    assert "Trang 1 / " in seat.text("preview.page")
    shown.show_lines(page(parts=(("I. Nhận thức", parse("\n".join([LONG] * 4))),)))
    assert not shown.has_all_pages
    seat.click("preview.back")
    assert not shown.has_pages, "nobody waits for these any more"
    seat.go(Place.PREVIEW, assignment=TASK)
    assert seat.text("preview.page") == "Trang 1 / 2"


def test_a_pdf_is_painted_in_turns_and_whoever_leaves_has_it_whole_too(
    seat: Seat, looking: Callable[..., PreviewScreen], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages_screen, "TURN_SECONDS", 0.0)
    shown = looking()
    shown.show_lines(page(parts=(("I. Nhận thức", parse("\n".join([LONG] * 4))),)))
    seat.settle()
    expected = pdf_of(shown._pages, "x").count(b"/Type /Page\n")
    shown.save_pdf(tmp_path / "bai.pdf")
    turns = 0
    while not shown.can_keep:
        assert not seat.find("preview.pdf").isEnabled()
        QApplication.processEvents()
        turns += 1
        if turns == 2:
            assert "Đang ghi PDF" in seat.text("preview.page")
    assert turns > expected > 3
    seat.settle()
    assert "Trang 1 / " in seat.text("preview.page")
    assert (tmp_path / "bai.pdf").read_bytes().count(b"/Type /Page\n") == expected
    shown.save_pdf(tmp_path / "hai.pdf")
    seat.click("preview.back")
    assert (tmp_path / "hai.pdf").read_bytes().count(b"/Type /Page\n") == expected


def test_the_pdf_has_a_page_for_each_page(qapp: QApplication) -> None:
    pages = Pages(page(parts=(("I. Nhận thức", parse(LONG)),)))
    data = pdf_of(pages, "Bài thu hoạch")
    assert data.count(b"/Type /Page\n") == pages.count > 2
