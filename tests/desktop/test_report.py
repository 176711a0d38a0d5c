"""The report of a cell: on the screen, and in files whose totals are those of the server."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from handbook.desktop import pages_screen, saving
from handbook.desktop.paper import Pages
from handbook.desktop.report import ReportScreen
from handbook.desktop.session import Place
from handbook.desktop.theme import Mode, Theme
from handbook.exports.report_excel import SUMMARY
from handbook.exports.report_page import COLUMNS, report_lines
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.model.report import figures_of
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, account_of, running_ward
from tests.desktop.seat import Seat
from tests.exports.test_report import WARD, paper

pytestmark = pytest.mark.gui

NQ15 = "central/15-nq-tw-2022"
TASK = "hongson/anbinh/hoc-tap-nq15"
WRITING = assignment()
READING = assignment(
    "doc-nq15", title="Đọc Nghị quyết 15", parts=(), min_words=0, due_on=WRITING.due_on + timedelta(days=20)
)
OLD = assignment("nam-truoc", title="Học tập năm trước", opens_on=date(2025, 1, 1), due_on=date(2025, 3, 31))
ITEMS = (document_item(document()), *(assignment_item(each) for each in (WRITING, READING, OLD)))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cell(ward: Ward) -> str:
    ward.now = NOW
    members = {"An": (), "Lan": (), "Bich": (), "Son": (), "Hanh": (DutyKind.CELL_SECRETARY,)}
    return ward.new_cell(members)


@pytest.fixture
def device(ward: Ward, tmp_path: Path, cell: str) -> Iterator[Callable[[str], Device]]:
    made: list[Device] = []

    def make(name: str) -> Device:
        made.append(Device(tmp_path / f"pc-{len(made)}", ward, name, cell, ITEMS))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def seat(device: Callable[[str], Device], qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(device("Hanh"))
    yield seated
    Theme().apply(QApplication.instance())
    seated.close()


@pytest.fixture
def reporting(seat: Seat, device: Callable[[str], Device], cell: str) -> Seat:
    """An has read and handed in, Lan has only read, Sơn is exempt; Hạnh opens the report from the cell."""
    an, lan = device("An"), device("Lan")
    for one in (an, lan):
        one.library.tick(NQ15, True, NOW)
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    an.reflections.submit(TASK, NOW)
    for one in (an, lan):
        one.synced()
    seat.device.synced()
    seat.device.cell.exempt(account_of("Son", cell), TASK, "Đang điều trị bệnh", NOW)
    seat.device.synced()
    seat.go(Place.CELL)
    seat.click("cell.report")
    return seat


def words(seat: Seat) -> str:
    return seat.find("report.pages").accessibleDescription()


def screen(seat: Seat) -> ReportScreen:
    return seat.window.current


def choose(seat: Seat, kind: str, which: str = "") -> None:
    screen(seat).choose_kind(kind)
    seat.settle()
    if which:
        screen(seat).choose(which)
        seat.settle()


def picture(seat: Seat, name: str) -> None:
    if folder := os.environ.get("HANDBOOK_PICTURES"):
        seat.window.grab().save(f"{folder}/{name}.png")


def test_the_report_opens_on_the_quarter_and_names_who_is_missing(reporting: Seat) -> None:
    assert reporting.route.place is Place.REPORT
    assert reporting.find("report.kind").currentText() == "Theo quý"
    assert reporting.find("report.which").currentText() == "Quý IV năm 2026"
    said = words(reporting)
    assert "Kết quả học tập quý IV năm 2026" in said
    assert "Lan: chưa nộp bài" in said
    assert "Bich: đã đọc 0/1" in said
    assert "Được miễn: Son." in said
    assert "điều trị" not in said
    assert "năm trước" not in said
    picture(reporting, "report")


def test_month_year_and_a_single_assignment_can_be_chosen(reporting: Seat) -> None:
    choose(reporting, "month")
    which = reporting.find("report.which")
    assert [which.itemText(at) for at in range(which.count())] == [
        "Tháng 12 năm 2026",
        "Tháng 11 năm 2026",
        "Tháng 3 năm 2025",
    ]
    choose(reporting, "year", "năm 2025")
    assert "Học tập năm trước" in words(reporting)
    assert "Đọc Nghị quyết 15" not in words(reporting)
    choose(reporting, "assignment", TASK)
    assert f"Kết quả học tập “{WRITING.title}”" in words(reporting).replace("\n", " ")
    assert "Đọc Nghị quyết 15" not in words(reporting)


def test_word_and_excel_have_the_numbers_of_the_server(
    reporting: Seat, ward: Ward, cell: str, tmp_path: Path
) -> None:
    told = {each.id: ward.completion(cell, each) for each in (WRITING, READING)}
    expected = {
        each.id: [getattr(figures_of(each, told[each.id].members), field) for _, field in COLUMNS]
        for each in (WRITING, READING)
    }
    assert expected[TASK] == [5, 2, 1, 0, 1, 0, 0, 0, 1, 3]
    screen(reporting).save_excel(tmp_path / "a.xlsx")
    screen(reporting).save_word(tmp_path / "a.docx")
    reporting.settle()
    assert "Đã lưu a.docx" in reporting.toast()
    sheet = load_workbook(tmp_path / "a.xlsx")[SUMMARY]
    rows = {row[1]: list(row[3:13]) for row in sheet.iter_rows(min_row=6, max_row=8, values_only=True)}
    assert rows[WRITING.title] == expected[TASK]
    assert rows[READING.title] == [5, 2, *[None] * 6, 0, expected[READING.id][-1]]
    assert rows["Cộng (lượt)"] == [a + b for a, b in zip(*expected.values(), strict=True)]
    table = Document(tmp_path / "a.docx").tables[1]
    assert [cell.text for cell in table.rows[1].cells][2:] == [str(each) for each in expected[TASK]]


def test_the_same_pages_become_a_pdf(reporting: Seat, tmp_path: Path) -> None:
    screen(reporting).save_pdf(tmp_path / "a.pdf")
    reporting.settle()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(("code", "said"), [(13, "đang mở ở chương trình khác"), (28, "đầy")])
def test_a_file_that_cannot_be_written_is_told_where_the_person_looks(
    reporting: Seat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    def held(*_: object) -> None:
        raise OSError(code, "held")

    monkeypatch.setattr(saving.disk.Path, "replace", held)
    screen(reporting).save_excel(tmp_path / "a.xlsx")
    reporting.settle()
    assert said in reporting.banner()
    assert not (tmp_path / "a.xlsx").exists()


def test_the_way_back_leads_to_the_same_cell(reporting: Seat, cell: str) -> None:
    reporting.key("report.pages", Qt.Key.Key_Escape)
    assert (reporting.route.place, reporting.route.unit) == (Place.CELL, cell)


def test_pages_that_were_left_half_set_are_whole_when_the_person_comes_back(
    reporting: Seat, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_screen, "TURN_SECONDS", 0.0)
    screen(reporting).show_lines(report_lines(paper(*(assignment(f"bai-{number}") for number in range(12)))))
    assert not screen(reporting).has_all_pages
    reporting.go(Place.STUDY)
    reporting.go(Place.REPORT, unit=cell)
    assert screen(reporting).has_all_pages
    assert reporting.find("report.pdf").isEnabled()


def test_what_a_sync_brings_is_in_the_report_at_once(
    reporting: Seat, device: Callable[[str], Device]
) -> None:
    assert "Bich: đã đọc 0/1" in words(reporting)
    bich = device("Bich")
    bich.library.tick(NQ15, True, NOW)
    bich.synced()
    reporting.device.synced()
    reporting.settle()
    assert "Bich: chưa nộp bài" in words(reporting)


def test_a_cell_without_assignments_is_told_so(ward: Ward, tmp_path: Path, qapp: QApplication) -> None:
    cell = ward.new_cell({"Hanh": (DutyKind.CELL_SECRETARY,)})
    elsewhere = replace(WRITING, units=("hongson/khac",))
    pc = Device(tmp_path / "pc", ward, "Hanh", cell, (assignment_item(elsewhere),))
    seated = Seat(pc)
    seated.go(Place.REPORT, unit=cell)
    assert "Chưa có gì để báo cáo" in seated.words()
    seated.close()
    pc.close()


@pytest.mark.parametrize(
    ("mode", "scale", "size"),
    [(Mode.LIGHT, 1.0, (1024, 640)), (Mode.DARK, 1.5, (1440, 900)), (Mode.LIGHT, 2.0, (1024, 640))],
)
def test_every_control_stays_in_the_window_at_every_text_size(
    reporting: Seat, mode: Mode, scale: float, size: tuple[int, int]
) -> None:
    Theme(mode, scale).apply(QApplication.instance())
    reporting.window.resize(*size)
    reporting.settle()
    picture(reporting, f"report-{mode.value}-{scale}")
    for name in ("report.word", "report.excel", "report.pdf", "report.kind", "report.which"):
        control = reporting.find(name)
        assert control.visibleRegion().boundingRect() == control.rect(), name


def test_every_row_and_the_signature_are_set_however_long_the_tables_are(qapp: QApplication) -> None:
    for cells in range(1, 45, 4):
        for asked in ((WRITING,), (WRITING, READING), (WRITING, READING) * 6):
            pages = Pages(report_lines(paper(*asked, unit=WARD, cells=cells)))
            assert pages.page_of("Số liệu theo máy chủ") >= pages.count - 2
            assert pages.page_of("NGƯỜI LẬP BÁO CÁO") == pages.count - 1
            assert f"Chi bộ {cells - 1}" in pages.text
