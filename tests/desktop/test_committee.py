"""The committee's page in the real program: figures by cell, down to members' states, kept for offline."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select, update

from handbook.__main__ import main
from handbook.client.committee import Committee
from handbook.client.handbook import open_handbook
from handbook.client.tables.personal import account, personal
from handbook.desktop.committee_table import FigureRow, FigureTable
from handbook.desktop.report import ReportScreen
from handbook.desktop.session import Place, Route
from handbook.desktop.theme import Mode, Theme
from handbook.desktop.widgets import Column
from handbook.errors import TooBusy
from handbook.exports.report_excel import CELLS
from handbook.model.reflection import Answer
from handbook.server.run import load_ward_into
from tests.desktop.conftest import NOBODY_ANSWERS, Person
from tests.desktop.test_accessibility import cut_off, nameless
from tests.desktop.ward import ASSIGNMENT, CAPITAL, CELL, COMMUNE, MEMBER, PASSWORD, WARD, Ward, served_ward

pytestmark = pytest.mark.gui

OFFICER, OTHER = "kp2.can", f"{COMMUNE}/khu-pho-2"
MORE = f"""
[[units]]
path = "{OTHER}"
name = "Chi bộ Khu phố 2"
kind = "cell"
[[members]]
account = "{OFFICER}"
name = "Vũ Văn Cán"
unit = "{OTHER}"
duties = ["member", "committee_officer"]
"""
TEXT = "Tôi sẽ dành thời gian giúp đỡ bà con trong khu phố"


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ward, Path]]:
    """A ward of two cells, and the officer's PC; An has read and handed in."""
    with served_ward(tmp_path_factory.mktemp("ward")) as ward:
        file = ward.folder / "larger.toml"
        file.write_text(WARD + MORE, encoding="utf-8")
        load_ward_into(ward.settings, file)
        home = tmp_path_factory.mktemp("home") / "home"
        ward.trust(home)
        for name in (MEMBER, OFFICER):
            ward.bring(home, name)
        an, now = open_handbook(home, MEMBER, PASSWORD), datetime.now(UTC)
        an.library.tick(CAPITAL, True, now)
        an.reflections.save(ASSIGNMENT, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), now)
        an.reflections.submit(ASSIGNMENT, now)
        assert an.sync.run(lambda: datetime.now(UTC)).error is None
        an.close()
        yield ward, home


@pytest.fixture
def officer(studied: tuple[Ward, Path], qtbot: QtBot, qapp: QApplication) -> Iterator[Person]:
    someone = Person(qtbot, studied[1])
    yield someone.open(OFFICER)
    someone.close()
    Theme().apply(qapp)


def point_at(home: Path, server: str) -> str:
    """From now on the officer's PC looks for its server there; where it looked before."""
    handbook = open_handbook(home, OFFICER, PASSWORD)
    before = handbook.account.server
    with handbook.store.personal.write() as connection:
        connection.execute(update(account).values(server=server))
    handbook.close()
    return before


def all_that_is_kept(person: Person) -> str:
    """Every row of the encrypted file of the person's profile."""
    with person.desktop.session.handbook.store.personal.read() as connection:
        return "\n".join(str(connection.execute(select(each)).all()) for each in personal.sorted_tables)


def table(person: Person) -> FigureTable:
    return person.find("committee.table")


def rows(person: Person) -> list[list[str]]:
    shown = table(person)
    return [
        [shown.item(row, column).text() for column in range(shown.columnCount())]
        for row in range(shown.rowCount())
    ]


def look(person: Person, **where: str) -> list[list[str]]:
    person.go(place=Place.COMMITTEE, **where)
    person.wait(lambda: person.sees("committee.table"))
    person.settle()
    return rows(person)


def assert_all_can_be_seen_in_large_print(person: Person) -> None:
    """The head goes up with the table, so that neither takes the other's room."""
    person.window.resize(1024, 640)
    person.desktop.change_settings(text_scale=2.0)
    person.settle()
    assert cut_off(person.window) == []
    for name in ("cell.unit", "cell.assignment"):
        assert person.find(name).height() >= person.find(name).sizeHint().height()
    shown = table(person)
    assert shown.viewport().height() >= 4 * shown.rowHeight(0)
    (page,) = (each for each in person.window.current.findChildren(Column) if each.isVisible())
    page.ensureWidgetVisible(shown)
    person.settle()
    assert not person.window.current.header.visibleRegion().boundingRect().height()
    person.desktop.change_settings(text_scale=1.0)
    person.settle()
    assert not page.isAncestorOf(person.window.current.header)


def test_a_name_longer_than_its_column_is_shown_whole(officer: Person) -> None:
    look(officer)
    shown = table(officer)
    title = "Đọc lại Quy định 144-QĐ/TW và Quy định 37-QĐ/TW trước kiểm điểm cuối năm"
    titles = ("Nhiệm vụ", *(f"Số liệu thứ {number}" for number in range(1, 9)))
    shown.show_rows(titles, [FigureRow("a", ("Ngắn", *"12345678")), FigureRow("b", (title, *"12345678"))])
    officer.settle()
    plain, tall = shown.rowHeight(0), shown.rowHeight(1)
    lines = -(-shown.fontMetrics().horizontalAdvance(title) // shown.columnWidth(0))
    assert lines > 1
    assert tall >= plain + (lines - 1) * shown.fontMetrics().lineSpacing() // 2
    shown.show_rows(("Nhiệm vụ", "Đạt"), [FigureRow("b", (title, "1"))])
    officer.settle()
    assert shown.rowHeight(0) == plain


def test_the_officer_comes_from_the_rail_and_sees_every_cell_with_the_sum(officer: Person) -> None:
    assert officer.sees("rail.committee")
    assert not officer.sees("rail.cell")
    officer.find("rail.committee").click()
    officer.wait(lambda: officer.sees("committee.table"))
    officer.settle()
    total, first, second = rows(officer)
    assert total == ["Cộng", "4", "1", "1", "0", "1", "0", "0", "0", "0", "3"]
    assert first == ["Chi bộ Khu phố 1", "3", "1", "1", "0", "1", "0", "0", "0", "0", "2"]
    assert second == ["Chi bộ Khu phố 2", "1", *["0"] * 8, "1"]
    assert "Đảng uỷ phường An Bình" in officer.words()
    assert "Số liệu vừa xong" in officer.words()
    officer.picture("committee")


def test_a_cell_opens_to_its_assignments_and_these_to_its_members_without_any_text(officer: Person) -> None:
    look(officer)
    table(officer).setCurrentCell(1, 0)
    QTest.keyClick(table(officer), Qt.Key.Key_Return)
    officer.settle()
    assert rows(officer)[1][:4] == ["Học Nghị quyết 15-NQ/TW", "3", "1", "1"]
    table(officer).setCurrentCell(1, 0)
    QTest.keyClick(table(officer), Qt.Key.Key_Return)
    officer.wait(lambda: len(rows(officer)) == 3)
    assert rows(officer) == [
        ["Nguyễn Văn An", "Đã nhận", "1/1", "Đã nhận"],
        ["Trần Thị Hạnh", "Đã đọc 0/1", "0/1", "–"],
        ["Lê Thị Lan", "Đã đọc 0/1", "0/1", "–"],
    ]
    officer.picture("committee-members")
    assert TEXT not in officer.words()
    assert TEXT not in all_that_is_kept(officer)
    officer.window.back()
    officer.settle()
    assert rows(officer)[1][0] == "Học Nghị quyết 15-NQ/TW"


def test_no_report_is_offered_before_there_are_figures(officer: Person) -> None:
    officer.window.go(Route(place=Place.COMMITTEE))
    officer.find("committee.report").click()
    assert officer.window.current.route.place is Place.COMMITTEE
    officer.settle()
    officer.wait(lambda: officer.sees("committee.table"))
    assert officer.find("committee.report").isEnabled()


def test_a_row_is_spoken_with_what_its_figures_count(officer: Person) -> None:
    look(officer)
    spoken = table(officer).item(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Chi bộ Khu phố 1. Đảng viên: 3. Đọc đủ: 1. Nộp bài: 1")
    assert table(officer).item(1, 1).data(Qt.ItemDataRole.AccessibleTextRole) == "Đảng viên: 3"


def test_the_report_of_the_whole_commune_is_made_from_the_same_figures(
    officer: Person, tmp_path: Path
) -> None:
    look(officer)
    officer.find("committee.report").click()
    officer.wait(lambda: officer.sees("report.pages"))
    officer.settle()
    said = officer.find("report.pages").accessibleDescription()
    assert "ĐẢNG UỶ PHƯỜNG AN BÌNH" in said
    assert "II. Kết quả theo chi bộ" in said
    assert "Nguyễn Văn An" not in said
    screen: ReportScreen = officer.window.current
    screen.save_word(tmp_path / "a.docx")
    officer.settle()
    cells = Document(tmp_path / "a.docx").tables[2]
    assert [[cell.text for cell in row.cells][1:] for row in cells.rows][1:] == [
        ["Chi bộ Khu phố 1", "3", "1", "1", "0", "1", "0", "0", "0", "0", "2"],
        ["Chi bộ Khu phố 2", "1", *["0"] * 8, "1"],
        ["Cộng", "4", "1", "1", "0", "1", "0", "0", "0", "0", "3"],
    ]
    officer.picture("committee-report")
    screen.go_back()
    officer.settle()
    assert officer.sees("committee.table")


def test_the_report_asked_for_at_a_cell_is_about_that_cell_alone(officer: Person, tmp_path: Path) -> None:
    look(officer, unit=CELL, assignment=ASSIGNMENT)
    officer.find("committee.report").click()
    officer.wait(lambda: officer.sees("report.pages"))
    officer.settle()
    said = officer.find("report.pages").accessibleDescription().replace("\n", " ")
    assert "ĐẢNG UỶ PHƯỜNG AN BÌNH" in said
    assert "Kết quả học tập “Học Nghị quyết 15-NQ/TW” của Chi bộ Khu phố 1" in said
    assert "Chi bộ Khu phố 1 có 1 nhiệm vụ học tập; 3 đảng viên phải thực hiện" in said
    assert "Khu phố 2" not in said
    assert "Nguyễn Văn An" not in said
    assert "Mọi đồng chí" not in said
    screen: ReportScreen = officer.window.current
    screen.save_excel(tmp_path / "a.xlsx")
    officer.settle()
    (row,) = load_workbook(tmp_path / "a.xlsx")[CELLS].iter_rows(min_row=6, max_row=6, values_only=True)
    assert list(row[2:13]) == ["Chi bộ Khu phố 1", 3, 1, 1, 0, 1, 0, 0, 0, 0, 2]
    officer.picture("committee-cell-report")
    screen.go_back()
    officer.settle()
    assert officer.window.current.route == Route(place=Place.COMMITTEE, unit=CELL, assignment=ASSIGNMENT)


def test_the_figures_are_kept_for_a_pc_without_a_network(
    studied: tuple[Ward, Path], qtbot: QtBot, qapp: QApplication
) -> None:
    officer = Person(qtbot, studied[1]).open(OFFICER)
    known = look(officer)
    members = look(officer, unit=CELL, assignment=ASSIGNMENT)
    officer.close()
    server = point_at(studied[1], NOBODY_ANSWERS)
    offline = Person(qtbot, studied[1]).open(OFFICER)
    try:
        assert look(offline) == known
        assert "Không kết nối được" in offline.words()
        assert "Đây là số liệu lúc" in offline.words()
        assert look(offline, unit=CELL, assignment=ASSIGNMENT) == members
        offline.picture("committee-offline")
        look(offline)
        assert_all_can_be_seen_in_large_print(offline)
    finally:
        offline.close()
        point_at(studied[1], server)


def test_the_command_reports_the_figures_of_the_screen_and_those_of_last_time_without_a_network(
    studied: tuple[Ward, Path],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    officer = Person(qtbot, studied[1]).open(OFFICER)
    shown = look(officer)
    officer.close()
    monkeypatch.setenv("HANDBOOK_PASSPHRASE", PASSWORD)
    options = ["--data-dir", str(studied[1]), "--account", OFFICER, "--from", "2030-11-01"]

    def cells() -> list[list[str]]:
        assert main(["report", str(tmp_path / "a.docx"), *options, "--to", "2030-11-30"]) == 0
        rows = [[cell.text for cell in row.cells][1:] for row in Document(tmp_path / "a.docx").tables[2].rows]
        return [rows[-1], *rows[1:-1]]

    assert cells() == shown
    assert "tháng 11 năm 2030, Đảng uỷ phường An Bình" in capsys.readouterr().out
    of_cell = ["report", str(tmp_path / "b.docx"), *options, "--to", "2030-11-30", "--cell", CELL]
    assert main(of_cell) == 0
    assert "tháng 11 năm 2030 của Chi bộ Khu phố 1" in capsys.readouterr().out
    server = point_at(studied[1], NOBODY_ANSWERS)
    try:
        assert cells() == shown
        assert "theo số liệu của lần trước" in capsys.readouterr().err
    finally:
        point_at(studied[1], server)

    def busy(*_: object) -> None:
        raise TooBusy("Máy chủ đang bận.", retry_after=60)

    monkeypatch.setattr(Committee, "ask_counts", busy)
    assert cells() == shown
    assert "Máy chủ đang bận. Báo cáo lập theo số liệu của lần trước." in capsys.readouterr().err


def test_who_has_no_such_duty_is_shown_nothing(studied: tuple[Ward, Path], qtbot: QtBot) -> None:
    an = Person(qtbot, studied[1]).open(MEMBER)
    try:
        assert not an.sees("rail.committee")
        an.go(place=Place.COMMITTEE)
        assert "Đồng chí không được giao tổng hợp số liệu" in an.words()
    finally:
        an.close()


@pytest.mark.parametrize(
    ("mode", "scale", "size"),
    [(Mode.LIGHT, 1.0, (1024, 640)), (Mode.DARK, 1.5, (1440, 900)), (Mode.LIGHT, 2.0, (1024, 640))],
)
def test_the_table_and_the_buttons_are_in_sight_at_every_text_size(
    officer: Person, mode: Mode, scale: float, size: tuple[int, int]
) -> None:
    look(officer)
    Theme(mode, scale).apply(QApplication.instance())
    officer.window.resize(*size)
    officer.settle()
    officer.picture(f"committee-{mode.value}-{scale}")
    assert nameless(officer.window) == []
    assert cut_off(officer.window) == []
    for name in ("committee.report", "committee.ask"):
        control = officer.find(name)
        assert control.visibleRegion().boundingRect() == control.rect(), name
    assert table(officer).height() > 2 * table(officer).rowHeight(0)
