"""The cell's page: who has finished and who has not, and the way to each reflection."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from handbook.desktop.cell_table import DETAILS, Column, MemberTable
from handbook.desktop.session import Place
from handbook.desktop.theme import Theme
from handbook.desktop.widgets import Toast
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat

pytestmark = pytest.mark.gui

NQ15 = "central/15-nq-tw-2022"
TASK, READING = "hongson/anbinh/hoc-tap-nq15", "hongson/anbinh/doc-nq15"
MAIN = assignment()
ONLY_READING = assignment(
    "doc-nq15", title="Đọc Nghị quyết 15", parts=(), min_words=0, due_on=MAIN.due_on + timedelta(days=20)
)
ITEMS = (document_item(document()), assignment_item(MAIN), assignment_item(ONLY_READING))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
SPOKEN = Qt.ItemDataRole.AccessibleTextRole


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cell(ward: Ward) -> str:
    ward.now = NOW
    return ward.new_cell({"An": (), "Lan": (), "Bich": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def device(ward: Ward, tmp_path: Path, cell: str) -> Iterator[Callable[..., Device]]:
    made: list[Device] = []

    def make(name: str, items: tuple[object, ...] = ITEMS) -> Device:
        made.append(Device(tmp_path / f"pc-{len(made)}", ward, name, cell, items))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def hanh(device: Callable[..., Device]) -> Device:
    return device("Hanh")


@pytest.fixture
def seat(hanh: Device, qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(hanh)
    yield seated
    seated.close()


@pytest.fixture
def watching(seat: Seat, device: Callable[..., Device]) -> Seat:
    """Hạnh looks at the cell: An has read and handed in, Lan has only read."""
    an, lan = device("An"), device("Lan")
    for one in (an, lan):
        one.library.tick(NQ15, True, NOW)
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    an.reflections.submit(TASK, NOW)
    for one in (an, lan):
        one.synced()
    seat.device.synced()
    seat.go(Place.CELL)
    return seat


def table(seat: Seat) -> MemberTable:
    return seat.find("cell.table")


def rows(seat: Seat) -> list[tuple[str, ...]]:
    model = table(seat).model()
    return [
        tuple(model.index(row, column).data() for column in range(model.columnCount()))
        for row in range(model.rowCount())
    ]


def choose(seat: Seat, row: int) -> None:
    shown = table(seat)
    shown.setCurrentIndex(shown.model().index(row, 0))
    seat.key("cell.table", Qt.Key.Key_Return)


def test_each_member_has_a_line_in_vietnamese_order_with_what_they_have_done(watching: Seat) -> None:
    an, bich, hanh, lan = rows(watching)
    assert an == ("An", "1/1", "Đã nhận", "15:30 22/11/2026", "hôm nay", "Chờ nhận xét")
    assert bich == ("Bich", "0/1", "Chưa nộp", "", "chưa lần nào", "")
    assert (hanh[0], lan) == ("Hanh", ("Lan", "1/1", "Chưa nộp", "", "hôm nay", ""))


def test_the_figures_add_up_and_say_how_old_they_are(watching: Seat) -> None:
    said = {name: watching.find(f"cell.tile.{name}").accessibleName() for name in ("members", "read")}
    assert said == {"members": "Đảng viên: 4, của chi bộ", "read": "Đã đọc đủ: 2, trên 4"}
    assert watching.find("cell.tile.submitted").accessibleName() == "Đã nộp bài: 1, trên 4"
    assert watching.find("cell.tile.waiting").accessibleName() == "Chờ xem: 1, cần nhận xét"
    assert watching.find("cell.tile.missing").accessibleName() == "Chưa xong: 3, 0 bài nộp muộn"
    assert "số liệu theo lần đồng bộ vừa xong" in watching.words()


def test_every_cell_of_the_table_has_words_for_a_screen_reader(watching: Seat) -> None:
    model = table(watching).model()
    spoken = [model.index(1, column).data(SPOKEN) for column in Column]
    assert spoken == [
        "Bich. Đã đọc 0/1. Sổ tay đồng bộ chưa lần nào",
        "Đã đọc 0 trên 1 tài liệu",
        "Bài thu hoạch: Chưa nộp",
        "Chưa nộp bài",
        "Sổ tay đồng bộ chưa lần nào",
        "Không có ghi chú",
    ]
    assert model.index(3, Column.NOTE).data(SPOKEN) == "Không có ghi chú"
    assert model.index(0, 0).data(Qt.ItemDataRole.UserRole).endswith(".an")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("all", ["An", "Bich", "Hanh", "Lan"]), ("missing", ["Bich", "Hanh", "Lan"]), ("waiting", ["An"])],
)
def test_a_filter_shows_those_it_counts(watching: Seat, name: str, shown: list[str]) -> None:
    chip = watching.find(f"cell.filter.{name}")
    assert chip.text().endswith(f" {len(shown)}")
    watching.click(f"cell.filter.{name}")
    assert [row[0] for row in rows(watching)] == shown


def test_a_filter_that_fits_nobody_says_so(watching: Seat) -> None:
    watching.click("cell.filter.returned")
    assert "Không có đồng chí nào trong mục này." in watching.words()
    watching.click("cell.filter.all")
    assert len(rows(watching)) == 4


def test_enter_opens_the_members_reflection(watching: Seat, hanh: Device) -> None:
    choose(watching, 0)
    (view,) = hanh.cell.to_review(hanh.cell_path)
    assert (watching.route.place, watching.route.lineage) == (Place.REVIEW, view.lineage)


def test_enter_on_a_member_without_a_reflection_says_that_there_is_none(watching: Seat) -> None:
    choose(watching, 1)
    assert "Bich chưa nộp bài thu hoạch." in watching.banner()
    assert watching.route.place is Place.CELL


def test_the_missing_list_is_on_the_clipboard_and_on_the_screen(watching: Seat, hanh: Device) -> None:
    watching.click("cell.missing")
    expected = hanh.cell.missing_text(hanh.cell_path, TASK, NOW)
    assert QGuiApplication.clipboard().text() == expected
    assert watching.text("cell.missing.text") == expected
    assert "Chưa đọc hết tài liệu:\n1. Bich\n2. Hanh\n" in expected
    watching.click("cell.missing.back")
    assert table(watching) is not None


def test_another_assignment_is_chosen_and_one_without_a_text_asks_for_none(watching: Seat) -> None:
    chooser = watching.find("cell.assignment")
    assert chooser.currentText() == "Học tập Nghị quyết 15-NQ/TW"
    chooser.setFocus()
    watching.key("cell.assignment", Qt.Key.Key_Up)
    assert chooser.currentText() == "Đọc Nghị quyết 15"
    assert [row[2] for row in rows(watching)] == ["Không yêu cầu"] * 4
    assert watching.find("cell.tile.submitted") is None


def test_what_comes_in_is_shown_and_the_person_stays_on_the_same_member(
    watching: Seat, device: Callable[..., Device]
) -> None:
    shown = table(watching)
    shown.setCurrentIndex(shown.model().index(3, 0))
    bich = device("Bich")
    bich.library.tick(NQ15, True, NOW)
    bich.synced()
    watching.device.synced()
    watching.settle()
    assert rows(watching)[1][1] == "1/1"
    assert shown.current_account.endswith(".lan")


def test_overdue_members_are_told_apart_from_those_with_time_left(watching: Seat, ward: Ward) -> None:
    ward.now = NOW + timedelta(days=30)
    watching.window.current.refresh()
    watching.settle()
    assert "quá hạn" in watching.words()
    assert rows(watching)[1][Column.NOTE] == "Quá hạn"


def test_a_plain_member_is_told_whose_page_this_is(device: Callable[..., Device], qapp: QApplication) -> None:
    seat = Seat(device("An"))
    try:
        seat.go(Place.CELL)
        assert "Đồng chí không được phân công theo dõi chi bộ nào" in seat.words()
        assert table(seat) is None
    finally:
        seat.close()


def test_without_an_assignment_the_page_offers_to_sync(
    device: Callable[..., Device], qapp: QApplication
) -> None:
    seat = Seat(device("Hanh", ()))
    try:
        seat.go(Place.CELL)
        assert "Chi bộ chưa có nhiệm vụ học tập nào đang mở" in seat.words()
        assert "Đồng bộ ngay" in seat.words()
        assert not any(seat.find(name) for name in ("cell.missing", "cell.trend.show", "cell.report"))
    finally:
        seat.close()


def test_in_large_print_rows_remain_to_be_seen_and_the_whole_title_is_read(
    watching: Seat, qapp: QApplication
) -> None:
    title = "Học tập Nghị quyết 15-NQ/TW về phương hướng phát triển Thủ đô đến năm 2030"
    long = assignment(title=title, edition=2)
    watching.device.publish(assignment_item(long))
    watching.window.current.refresh()
    Theme(scale=2.0).apply(qapp)
    watching.window.resize(1024, 640)
    watching.settle()
    assert table(watching).viewport().height() >= 4 * table(watching).rowHeight(0)
    assert long.title in watching.words()
    shown = table(watching)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down):
        watching.key("cell.table", key, Qt.KeyboardModifier.ControlModifier)
        row = shown.visualRect(shown.currentIndex())
        assert shown.viewport().visibleRegion().contains(row), "where the keyboard is can be seen"
    watching.click("cell.trend.show")
    assert not watching.find("cell.assignment"), "the trend is of all assignments"
    assert not watching.find("cell.report")
    assert watching.find("cell.trend").visibleRegion().boundingRect().height() > 200
    watching.click("cell.trend.back")
    assert watching.find("cell.assignment")
    assert watching.find("cell.report")


def mark(seat: Seat, row: int, key: Qt.Key) -> None:
    shown = table(seat)
    shown.setCurrentIndex(shown.model().index(row, 0))
    shown.setFocus()
    seat.key("cell.table", key)


def test_an_exemption_is_entered_with_a_key_and_undone_with_a_click(watching: Seat) -> None:
    mark(watching, 1, Qt.Key.Key_M)
    assert watching.find("cell.entry.reason").hasFocus()
    watching.find("cell.entry.reason").setCurrentText("Nghỉ thai sản")
    watching.key("cell.entry.reason", Qt.Key.Key_Return)
    assert rows(watching)[1][Column.STATE] == "Miễn"
    assert rows(watching)[1][Column.NOTE] == "Miễn: Nghỉ thai sản"
    assert watching.find("cell.table").hasFocus()
    assert "Chưa xong: 2" in watching.find("cell.tile.missing").accessibleName()
    assert watching.toast() == "Đã ghi miễn cho Bich."
    toast = next(each for each in watching.window.findChildren(Toast) if each.isVisible())
    toast.button.click()
    watching.settle()
    assert rows(watching)[1][Column.STATE] == "Chưa nộp"


def test_another_reason_is_written_and_an_empty_one_is_asked_for(watching: Seat) -> None:
    mark(watching, 1, Qt.Key.Key_M)
    reasons = watching.find("cell.entry.reason")
    reasons.setCurrentIndex(reasons.count() - 1)
    watching.click("cell.entry.keep")
    assert watching.text("cell.entry.missing") == "Hãy ghi lý do miễn."
    watching.find("cell.entry.words").setText("Chăm người thân ốm")
    watching.click("cell.entry.keep")
    assert rows(watching)[1][Column.NOTE] == "Miễn: Chăm người thân ốm"


def test_a_paper_is_entered_with_its_day_and_taken_back_with_delete(watching: Seat) -> None:
    mark(watching, 3, Qt.Key.Key_G)
    watching.find("cell.entry.day").setDate(QDate(2026, 11, 20))
    watching.click("cell.entry.keep")
    lan = rows(watching)[3]
    assert (lan[Column.STATE], lan[Column.RECEIVED]) == ("Nộp giấy", "20/11/2026")
    watching.click("cell.filter.paper")
    assert [row[0] for row in rows(watching)] == ["Lan"]
    watching.click("cell.filter.all")
    mark(watching, 3, Qt.Key.Key_Delete)
    assert rows(watching)[3][Column.STATE] == "Chưa nộp"


def test_nobody_exempts_themselves(watching: Seat) -> None:
    mark(watching, 2, Qt.Key.Key_M)
    assert watching.find("cell.entry.reason") is None
    assert not watching.find("cell.exempt").isEnabled()
    assert "người khác trong chi uỷ" in watching.banner()


def test_escape_leaves_the_form_without_entering_anything(watching: Seat) -> None:
    mark(watching, 1, Qt.Key.Key_M)
    watching.key("cell.entry.reason", Qt.Key.Key_Escape)
    assert rows(watching)[1][Column.STATE] == "Chưa nộp"
    assert watching.find("cell.table").hasFocus()


def test_rows_are_put_in_the_order_that_is_chosen(watching: Seat) -> None:
    def order(key: str) -> list[str]:
        chooser = watching.find("cell.order")
        place = chooser.findData(key)
        chooser.setCurrentIndex(place)
        chooser.activated.emit(place)
        return [row[0] for row in rows(watching)]

    assert order("sync")[0] == "Bich", "who never synced comes first"
    assert order("received") == ["An", "Bich", "Hanh", "Lan"]
    mark(watching, 1, Qt.Key.Key_M)
    watching.click("cell.entry.keep")
    assert order("urgent") == ["An", "Hanh", "Lan", "Bich"]


def test_the_trend_says_in_numbers_how_punctual_the_cell_was(watching: Seat) -> None:
    watching.click("cell.trend.show")
    words = watching.words()
    assert "Đúng hạn 1/4 (25 %), chưa xong 3 · hạn 30/11/2026" in words
    assert "Đã đọc đủ 2/4 (50 %), chưa xong 2 · hạn 20/12/2026" in words
    watching.click("cell.trend.back")
    assert watching.find("cell.table").hasFocus()


@pytest.mark.parametrize(("scale", "size"), [(1.5, (1024, 640)), (2.0, (1024, 640)), (2.0, (1440, 900))])
def test_the_table_never_scrolls_sideways(
    watching: Seat, qapp: QApplication, scale: float, size: tuple[int, int]
) -> None:
    mark(watching, 1, Qt.Key.Key_M)
    watching.find("cell.entry.reason").setCurrentText("Được miễn công tác và sinh hoạt đảng")
    watching.click("cell.entry.keep")
    watching.window.resize(*size)
    Theme(scale=scale).apply(qapp)
    watching.settle()
    shown = table(watching)
    width = sum(shown.columnWidth(column) for column in Column)
    assert width == shown.viewport().width()
    assert shown.rowHeight(0) >= 2 * shown.fontMetrics().height() or not shown.folded
    said = shown.model().index(1, 0).data(DETAILS)
    assert said == "Miễn: Được miễn công tác và sinh hoạt đảng · đọc 0/1 · đồng bộ chưa lần nào"


def test_who_comes_here_can_go_through_the_members_with_the_arrow_keys_at_once(watching: Seat) -> None:
    assert watching.find("cell.table").hasFocus()
    watching.key("cell.table", Qt.Key.Key_Down)
    assert watching.find("cell.exempt").isVisible()
