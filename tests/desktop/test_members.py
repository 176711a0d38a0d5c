"""Đảng viên: a secretary keeps the list of the cell, hands out codes, and hands the duty over."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton
from sqlalchemy import update

from handbook.client.cell_copies import cell_members_of, reflection_of
from handbook.client.members import Members
from handbook.desktop.members import MembersScreen
from handbook.desktop.rows import Row
from handbook.desktop.session import Place
from handbook.desktop.theme import Mode, Theme
from handbook.desktop.widgets import Column, Toast
from handbook.errors import SignInFailed
from handbook.model.people import Action, Duty, DutyKind, can
from handbook.model.reflection import Answer
from handbook.protocol.api import MemberState
from handbook.protocol.packs import assignment_item, document_item
from handbook.server.people import find_members
from handbook.server.roster import change_duty
from handbook.server.tables import members
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import COMMUNE, Device, Fault, Ward, account_of, running_ward
from tests.desktop.seat import Seat

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cell(ward: Ward) -> str:
    ward.now = NOW
    return ward.new_cell(
        {"An": (), "Lan": (), "Minh": (DutyKind.CELL_DEPUTY,), "Hanh": (DutyKind.CELL_SECRETARY,)}
    )


@pytest.fixture
def device(ward: Ward, tmp_path: Path, cell: str) -> Iterator[Callable[[str], Device]]:
    made: list[Device] = []

    def make(name: str) -> Device:
        made.append(Device(tmp_path / f"pc-{len(made)}", ward, name, cell))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def seat(device: Callable[[str], Device], qapp: QApplication) -> Iterator[Seat]:
    seated = Seat(device("Hanh"))
    seated.go(Place.MEMBERS)
    yield seated
    seated.close()


def rows(seat: Seat, name: str = "members.list") -> list[Row]:
    model = seat.find(name).model()
    return [model.index(i, 0).data(Qt.ItemDataRole.UserRole) for i in range(model.rowCount())]


def choose(seat: Seat, cell: str, name: str) -> None:
    seat.find("members.list").choose(account_of(name, cell))


def pick(seat: Seat, name: str, data: object) -> None:
    box = seat.find(name)
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(next(i for i in range(box.count()) if box.itemData(i) == data))


def undo(seat: Seat) -> None:
    (toast,) = (each for each in seat.window.findChildren(Toast) if each.isVisible())
    QTest.mouseClick(toast.findChild(QPushButton), Qt.MouseButton.LeftButton)
    seat.settle()


def member(ward: Ward, account: str):
    with ward.database.read() as connection:
        (found,) = find_members(connection, [account])
    return found


def picture(seat: Seat, name: str) -> None:
    if folder := os.environ.get("HANDBOOK_PICTURES"):
        for look, theme, size in (
            ("light", Theme(Mode.LIGHT), (1440, 900)),
            ("dark", Theme(Mode.DARK), (1024, 640)),
            ("large", Theme(Mode.LIGHT, 2.0), (1024, 640)),
            ("large-dark", Theme(Mode.DARK, 2.0), (1440, 900)),
        ):
            theme.apply(QApplication.instance())
            seat.window.resize(*size)
            seat.settle()
            seat.window.grab().save(f"{folder}/{name}-{look}.png")
        Theme().apply(QApplication.instance())
        seat.window.resize(1440, 900)
        seat.settle()


def test_members_are_listed_by_name_with_duty_and_account(seat: Seat, cell: str) -> None:
    assert [(row.title, row.badge) for row in rows(seat)] == [
        ("An", "Chưa kích hoạt"),
        ("Hanh", "Chưa kích hoạt"),
        ("Lan", "Chưa kích hoạt"),
        ("Minh", "Chưa kích hoạt"),
    ]
    assert "Phó bí thư chi bộ" in rows(seat)[3].note
    seat.find("members.search").setText("la")
    assert [row.title for row in rows(seat)] == ["Lan"]
    seat.find("members.search").setText("không ai")
    assert "Không có đồng chí nào khớp với “không ai”." in seat.words()
    seat.find("members.search").setText("la")
    picture(seat, "list")


def test_a_new_member_is_added_and_given_a_code_that_is_shown_once(
    seat: Seat, cell: str, tmp_path: Path
) -> None:
    seat.click("members.add")
    seat.click("members.form.keep")
    assert seat.find("members.form.missing")
    seat.find("members.form.name").setText("TRẦN THỊ MỚI")
    pick(seat, "members.form.standing", True)
    picture(seat, "form")
    seat.click("members.form.keep")
    assert "Đã thêm Trần Thị Mới" in seat.toast()
    account = next(row.key for row in rows(seat) if row.title == "Trần Thị Mới")
    seat.find("members.list").choose(account)
    seat.click("members.code")
    (slip,) = rows(seat, "members.codes.list")
    code = slip.title.split()[0]
    assert len(code) == len("XXXX-XXXX-XXXX")
    picture(seat, "code")
    seat.window.current._codes.save_pdf(tmp_path / "phieu.pdf")
    seat.settle()
    assert (tmp_path / "phieu.pdf").read_bytes().startswith(b"%PDF")
    seat.click("members.codes.done")
    assert "Có mã đến" in next(row.badge for row in rows(seat) if row.key == account)
    assert code not in seat.words()


def test_codes_are_shown_where_somebody_belongs_to_the_commune_itself(
    ward: Ward, tmp_path: Path, qapp: QApplication
) -> None:
    ward.now = NOW
    cell = ward.new_cell({"Tu": (DutyKind.ADMINISTRATOR,), "An": ()})
    tu = Device(tmp_path / "tu", ward, "Tu", cell)
    of_the_commune = update(members).where(members.c.account == account_of("An", cell))
    with ward.database.write() as connection:
        connection.execute(of_the_commune.values(unit=COMMUNE))
    seated = Seat(tu)
    try:
        seated.go(Place.MEMBERS)
        choose(seated, cell, "An")
        seated.click("members.code")
        assert len(rows(seated, "members.codes.list")) == 1
    finally:
        seated.close()
        tu.close()
        with ward.database.write() as connection:
            connection.execute(of_the_commune.values(unit=cell))


def test_codes_for_everybody_who_has_none_yet_fill_a_sheet(seat: Seat, cell: str) -> None:
    seat.click("members.codes.all")
    assert len(rows(seat, "members.codes.list")) == 4
    assert len({row.title for row in rows(seat, "members.codes.list")}) == 4
    done, codes = (seat.find(f"members.codes.{name}").mapToGlobal(QPoint()).y() for name in ("done", "list"))
    assert done < codes, "fifty codes need no scrolling"


def test_who_leaves_is_signed_out_and_comes_back_by_undo(seat: Seat, ward: Ward, cell: str, device) -> None:
    lan = device("Lan")
    choose(seat, cell, "Lan")
    seat.click("members.leave")
    assert "Lan đã thôi sinh hoạt" in seat.toast()
    assert "Lan" not in [row.title for row in rows(seat)]
    with pytest.raises(SignInFailed):
        lan.account.refresh()
    undo(seat)
    assert "Lan" in [row.title for row in rows(seat)]
    assert member(ward, account_of("Lan", cell)).active


def test_nobody_lets_themselves_go(seat: Seat, cell: str) -> None:
    choose(seat, cell, "Hanh")
    assert not seat.find("members.leave").isEnabled()


def test_a_deputy_is_made_and_unmade_by_undo(seat: Seat, ward: Ward, cell: str) -> None:
    choose(seat, cell, "An")
    seat.click("members.edit")
    seat.find("members.form.duty").setCurrentIndex(2)
    seat.click("members.form.keep")
    an = account_of("An", cell)
    assert Duty(DutyKind.CELL_DEPUTY, cell) in member(ward, an).duties
    undo(seat)
    assert Duty(DutyKind.CELL_DEPUTY, cell) not in member(ward, an).duties


def test_handing_over_says_what_it_does_and_takes_the_cells_copies_from_the_former_secretary(
    seat: Seat, ward: Ward, cell: str, device
) -> None:
    minh = device("Minh")
    for one in (minh, seat.device):
        one.synced()
    assert seat.device.cell.units()
    choose(seat, cell, "Minh")
    seat.click("members.edit")
    seat.find("members.form.duty").setCurrentIndex(1)
    assert "đồng chí thôi nhiệm vụ bí thư chi bộ" in seat.text("members.form.note")
    picture(seat, "hand-over")
    seat.click("members.form.keep")
    assert "Đã bàn giao" in seat.toast()
    assert not seat.find("members.list")
    seat.device.synced()
    assert not seat.device.cell.units()
    with seat.device.store.personal.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM cell_members").scalar() == 0
    minh.synced()
    assert can(minh.account.member(), Action.ISSUE_CODES, cell)
    with minh.store.personal.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM cell_members").scalar() == 4


def test_who_gives_up_the_own_duty_is_told_before_and_offered_no_undo_that_would_be_refused(
    seat: Seat, ward: Ward, cell: str
) -> None:
    choose(seat, cell, "Hanh")
    seat.click("members.edit")
    seat.find("members.form.duty").setCurrentIndex(0)
    assert "thôi làm bí thư chi bộ và không tự lấy lại được" in seat.text("members.form.note")
    seat.click("members.form.keep")
    assert not can(member(ward, account_of("Hanh", cell)), Action.ISSUE_CODES, cell)
    assert "Đồng chí đã thôi làm bí thư chi bộ." in seat.toast()
    assert "Hoàn tác" not in seat.toast()
    assert not seat.find("members.list")


def test_a_list_from_a_file_is_looked_at_first_and_written_when_confirmed(
    seat: Seat, ward: Ward, cell: str, tmp_path: Path
) -> None:
    file = tmp_path / "danh-sach.csv"
    file.write_text(
        "Họ và tên;Ngày vào Đảng;Chức vụ;Số CCCD\n"
        "Lê Văn Mới;3/2/2026;;1\nAn;không rõ;;2\nLan;;Phó bí thư;3\n",
        encoding="utf-8",
    )
    screen = seat.window.current
    assert isinstance(screen, MembersScreen)
    screen.compare(file)
    seat.settle()
    assert "thêm mới 1" in seat.text("members.import.summary")
    assert "“Số CCCD”" in seat.words()
    assert [row.title for row in rows(seat, "members.import.problems")] == ["Dòng 3"]
    assert [(row.title, row.badge) for row in rows(seat, "members.import.changes")] == [
        ("Lê Văn Mới", "Thêm mới"),
        ("Lan", "Thay đổi"),
    ]
    picture(seat, "import")
    complete = seat.find("members.import.complete")
    assert "ai không có tên trong danh sách được coi là đã rời chi bộ" in seat.words()
    Theme(scale=2.0).apply(QApplication.instance())
    seat.window.resize(1024, 640)
    seat.settle()
    pages = (each for each in seat.window.current.findChildren(Column) if each.isVisible())
    assert [page.horizontalScrollBar().maximum() for page in pages] == [0]
    assert isinstance(complete, QCheckBox)
    complete.setChecked(True)
    seat.settle()
    assert "chưa coi ai là đã rời" in seat.words()
    seat.click("members.import.write")
    assert "Đã ghi 2 thay đổi" in seat.toast()
    assert "Lê Văn Mới" in [row.title for row in rows(seat)]
    screen.compare(file)
    seat.settle()
    assert "Không có gì thay đổi" in seat.text("members.import.summary")
    assert not seat.find("members.import.write").isEnabled()


def test_without_a_network_the_reason_is_said_and_what_was_typed_stays(seat: Seat) -> None:
    seat.click("members.add")
    name = seat.find("members.form.name")
    assert isinstance(name, QLineEdit)
    name.setText("Trần Thị Mới")
    seat.device.line.faults.append(Fault.LOST)
    seat.click("members.form.keep")
    assert "Không kết nối được" in seat.banner()
    assert seat.text("members.form.name") == "Trần Thị Mới"


def test_without_a_network_the_list_of_last_time_is_shown_with_its_time_and_what_cannot_be_done(
    seat: Seat, device: Callable[[str], Device], cell: str
) -> None:
    assert "danh sách lúc 15:30 ngày 22/11/2026" in seat.words()
    seat.device.line.is_down = True
    seat.go(Place.STUDY)
    seat.go(Place.MEMBERS)
    assert [row.title for row in rows(seat)] == ["An", "Hanh", "Lan", "Minh"]
    assert "danh sách lúc 15:30 ngày 22/11/2026" in seat.words()
    assert "Không kết nối được tới máy chủ" in seat.banner()
    assert "phải chờ có máy chủ" in seat.banner()
    choose(seat, cell, "Lan")
    for name in ("add", "import", "codes.all"):
        assert not seat.find(f"members.{name}"), name
    for name in ("edit", "code", "leave"):
        assert not seat.find(f"members.{name}").isEnabled(), name
    assert seat.find("members.template").isEnabled()
    seat.find("members.search").setText("la")
    assert [row.title for row in rows(seat)] == ["Lan"]
    picture(seat, "offline")
    seat.device.line.is_down = False
    seat.device.ward.now = NOW + timedelta(minutes=5)
    seat.session.sync_now()
    seat.settle()
    assert not seat.banner()
    assert "danh sách lúc 15:35 ngày 22/11/2026" in seat.words()
    assert seat.find("members.edit").isEnabled()
    assert seat.find("members.add")


def test_without_a_network_and_without_a_list_yet_the_reason_is_told_with_the_way_on(
    device: Callable[[str], Device], qapp: QApplication
) -> None:
    hanh = device("Hanh")
    hanh.line.is_down = True
    seated = Seat(hanh)
    try:
        page = seated.go(Place.MEMBERS)
        assert "Không kết nối được tới máy chủ." in seated.words()
        picture(seated, "nothing-yet")
        hanh.line.is_down = False
        retry = next(b for b in page.findChildren(QPushButton) if b.isVisible() and b.text() == "Thử lại")
        QTest.mouseClick(retry, Qt.MouseButton.LeftButton)
        seated.settle()
        assert len(rows(seated)) == 4
    finally:
        seated.close()


def test_the_kept_list_goes_with_the_duty(device: Callable[[str], Device], ward: Ward, cell: str) -> None:
    hanh = device("Hanh")
    hanh.synced()
    page = Members(hanh.store, hanh.account, hanh.line)
    page.ask_page(cell, NOW)
    assert page.page(cell) is not None
    ward.load(cell, {"Hanh": ()})
    hanh.synced()
    assert page.page(cell) is None


def test_a_duty_that_ended_meanwhile_takes_the_list_out_of_sight(seat: Seat, ward: Ward, cell: str) -> None:
    ward.load(cell, {"Hanh": ()})
    seat.go(Place.STUDY)
    seat.go(Place.MEMBERS)
    assert not seat.find("members.list")
    assert "Thử lại" in seat.words()


def test_the_page_is_closed_to_who_has_no_such_duty(
    device: Callable[[str], Device], qapp: QApplication
) -> None:
    seated = Seat(device("An"))
    try:
        assert seated.go(Place.MEMBERS).isVisible()
        assert seated.find("members.list") is None
    finally:
        seated.close()


def test_an_administrator_gives_duties_for_the_commune_with_undo_and_stays_the_last_one(
    ward: Ward, tmp_path: Path, qapp: QApplication
) -> None:
    ward.now = NOW
    cell = ward.new_cell({"Tu": (DutyKind.ADMINISTRATOR,), "An": ()})
    tu = Device(tmp_path / "tu", ward, "Tu", cell)
    others = {state.member.account for state in _administrators(tu)} - {tu.account_name}
    for account in others:
        change_duty(ward.database, account, DutyKind.ADMINISTRATOR, False, NOW)
    seated = Seat(tu)
    an = account_of("An", cell)
    try:
        seated.go(Place.MEMBERS)
        choose(seated, cell, "An")
        seated.click("members.edit")
        seated.find("members.form.commune.administrator").setChecked(True)
        assert "giao được nhiệm vụ của đảng uỷ" in seated.text("members.form.note")
        picture(seated, "commune-duties")
        seated.find("members.form.commune.administrator").setChecked(False)
        seated.find("members.form.commune.committee_officer").setChecked(True)
        seated.click("members.form.keep")
        assert "Đã lưu An" in seated.toast()
        assert can(member(ward, an), Action.READ_COUNTS, COMMUNE)
        assert "Cán bộ văn phòng đảng uỷ" in next(row.note for row in rows(seated) if row.key == an)
        undo(seated)
        assert not can(member(ward, an), Action.READ_COUNTS, COMMUNE)
        choose(seated, cell, "Tu")
        seated.click("members.edit")
        seated.find("members.form.commune.administrator").setChecked(False)
        assert "không tự lấy lại được" in seated.text("members.form.note")
        seated.click("members.form.keep")
        assert "quản trị cuối cùng" in seated.banner()
        assert can(member(ward, tu.account_name), Action.ADMINISTER, COMMUNE)
    finally:
        seated.close()
        tu.close()


def _administrators(device: Device) -> list[MemberState]:
    page = Members(device.store, device.account, device.line)
    page.ask_page(COMMUNE, NOW)
    return [
        state for state in page.page(COMMUNE).page.members if can(state.member, Action.ADMINISTER, COMMUNE)
    ]


def test_a_secretary_sees_no_duties_for_the_commune_in_the_form(seat: Seat, cell: str) -> None:
    choose(seat, cell, "An")
    seat.click("members.edit")
    assert seat.find("members.form.duty")
    assert not seat.find("members.form.commune.administrator")


def test_an_administrator_moves_a_member_and_no_word_of_theirs_is_lost(
    ward: Ward, tmp_path: Path, qapp: QApplication
) -> None:
    ward.now = NOW
    old = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    new = ward.new_cell({"Tu": (DutyKind.ADMINISTRATOR,), "Bich": (DutyKind.CELL_SECRETARY,)})
    items = (document_item(document()), assignment_item(assignment()))
    an, hanh = (Device(tmp_path / name, ward, name, old, items) for name in ("An", "Hanh"))
    tu, bich = (Device(tmp_path / name, ward, name, new, items) for name in ("Tu", "Bich"))
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    seated = Seat(tu)
    try:
        seated.go(Place.MEMBERS)
        assert seated.find("members.cell")
        picture(seated, "commune")
        choose(seated, old, "An")
        seated.click("members.edit")
        pick(seated, "members.form.cell", new)
        assert "chi bộ cũ vẫn giữ" in seated.text("members.form.note")
        seated.click("members.form.keep")
        assert "Đã lưu An" in seated.toast()
    finally:
        seated.close()
    for one in (an, hanh, bich):
        one.synced()
    assert an.account.member().unit == new
    assert [text.state.value for text in an.reflections.submitted(TASK)] == ["received"]
    (text,) = an.reflections.submitted(TASK)
    with hanh.store.personal.read() as connection:
        assert reflection_of(connection, text.lineage) is not None
    with bich.store.personal.read() as connection:
        assert reflection_of(connection, text.lineage) is None
        assert account_of("An", old) in {each.account for each in cell_members_of(connection, new)}
    for one in (an, hanh, tu, bich):
        one.close()
