"""Học tập: what a member sees of each assignment as it goes from not begun to accepted."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from handbook.desktop.buttons import PrimaryButton
from handbook.desktop.session import Place, Route
from handbook.desktop.study import StudyScreen
from handbook.desktop.theme import Mode, Theme
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.model.study import Assignment
from handbook.protocol.packs import Item, ItemKind, assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.one_screen import OneScreen

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
NQ15, CT50 = "central/15-nq-tw-2022", "central/50-ct-tw-2025"
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
COMMENT = "Đồng chí nêu thêm một việc làm cụ thể ở khu phố."
DOCUMENTS = (document(), document("50-ct-tw-2025", number="50-CT/TW", title="Về sinh hoạt chi bộ"))


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cell(ward: Ward, qapp: QApplication) -> Iterator[str]:
    ward.now = NOW
    Theme().apply(qapp)
    yield ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    Theme().apply(qapp)


@pytest.fixture
def device(ward: Ward, tmp_path: Path, cell: str) -> Iterator[Callable[..., Device]]:
    made: list[Device] = []

    def make(name: str, *items: Item) -> Device:
        made.append(Device(tmp_path / f"pc-{len(made)}", ward, name, cell, items))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def study(device: Callable[..., Device]) -> Iterator[Callable[..., OneScreen]]:
    """The screen of An's PC, with the assignments given (the sample one by default)."""
    opened: list[OneScreen] = []

    def show(*assignments: Assignment, size: tuple[int, int] = (1000, 800)) -> OneScreen:
        items = [*map(document_item, DOCUMENTS), *map(assignment_item, assignments or (assignment(),))]
        opened.append(OneScreen(device("An", *items), StudyScreen, Place.STUDY, size))
        return opened[-1]

    yield show
    for one in opened:
        one.close()


def save(screen: OneScreen) -> None:
    screen.device.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)


def submit(screen: OneScreen) -> None:
    save(screen)
    screen.device.reflections.submit(TASK, NOW)
    screen.settle()


def review(screen: OneScreen, hanh: Device, act: Callable[[str], object]) -> None:
    """The secretary opens the one text that waits and decides; the decision reaches the member."""
    hanh.pull()
    (view,) = hanh.cell.to_review(hanh.cell_path)
    act(view.lineage)
    assert hanh.deliver().error is None
    screen.sync()


def secretary(device: Callable[..., Device]) -> Device:
    return device("Hanh", *map(document_item, DOCUMENTS), assignment_item(assignment()))


def write_button(screen: OneScreen) -> tuple[str, bool]:
    """The words of the main button, and whether it stands out."""
    button = screen.find("study.write")
    return button.text(), isinstance(button, PrimaryButton)


# What is shown of each state -------------------------------------------------------------------------


def test_without_assignments_the_page_says_what_would_bring_some(device: Callable[..., Device]) -> None:
    screen = OneScreen(device("An"), StudyScreen, Place.STUDY)
    try:
        assert screen.in_place_of_content().startswith("Chưa có nhiệm vụ học tập nào")
        assert screen.buttons() == ["Đồng bộ ngay"]
    finally:
        screen.close()


def test_what_is_not_begun_shows_what_to_read_what_to_write_and_until_when(
    study: Callable[..., OneScreen],
) -> None:
    screen = study(assignment(documents=(NQ15, CT50), min_words=1200))
    (row,) = screen.rows("study.list")
    assert (row.title, row.badge) == ("Học tập Nghị quyết 15-NQ/TW", "Cần làm")
    assert row.note == "Hạn 30/11/2026, còn 8 ngày"
    words = screen.words()
    assert "Hạn 30/11/2026, còn 8 ngày" in words
    assert "Đồng chí sẽ làm gì?" in words
    assert "50-CT/TW Về sinh hoạt chi bộ" in words
    assert "Ít nhất 1.200 chữ, 2 phần" in words
    assert screen.pills().count("Chưa đọc") == 2
    assert write_button(screen) == ("Viết bài", True)
    assert screen.find("study.receipt") is None


def test_a_document_that_was_ticked_is_shown_as_read(study: Callable[..., OneScreen]) -> None:
    screen = study(assignment(documents=(NQ15, CT50)))
    screen.device.library.tick(NQ15, True, NOW)
    screen.settle()
    assert (screen.pills().count("Đã đọc"), screen.pills().count("Chưa đọc")) == (1, 1)
    assert screen.find("study.read.0").text() == "Đọc lại"
    screen.press("study.read.1")
    assert screen.routes == [Route(place=Place.READER, document=CT50)]


def test_a_draft_is_said_to_be_the_members_own(study: Callable[..., OneScreen]) -> None:
    screen = study()
    save(screen)
    screen.settle()
    assert screen.rows("study.list")[0].badge == "Nháp"
    assert "chỉ đồng chí đọc được" in screen.words()
    assert write_button(screen) == ("Viết tiếp", True)


def test_a_submitted_text_waits_and_then_is_received(study: Callable[..., OneScreen]) -> None:
    screen = study()
    submit(screen)
    assert screen.rows("study.list")[0].badge == "Chờ gửi"
    assert "sẽ tự gửi khi có mạng" in screen.words()
    assert write_button(screen) == ("Xem bài", False)
    assert screen.find("study.receipt") is None

    screen.sync()
    assert screen.rows("study.list")[0].badge == "Đã nhận"
    assert "đã nhận bài và ký biên nhận" in screen.words()
    screen.press("study.receipt")
    (route,) = screen.routes
    assert (route.place, route.assignment, route.revision) == (Place.RECEIPT, TASK, 1)
    assert route.lineage


def test_a_text_that_was_opened_returned_and_at_last_accepted(
    study: Callable[..., OneScreen], device: Callable[..., Device]
) -> None:
    screen, hanh = study(), secretary(device)
    submit(screen)
    screen.sync()
    review(screen, hanh, lambda lineage: hanh.cell.mark_opened(lineage, NOW))
    assert "Chi bộ đã mở bài" in screen.words()

    review(screen, hanh, lambda lineage: hanh.cell.return_for_revision(lineage, COMMENT, NOW))
    assert screen.rows("study.list")[0].badge == "Trả lại"
    assert f": “{COMMENT}”" in screen.words()
    assert write_button(screen) == ("Sửa bài", True)

    screen.device.reflections.revise(TASK, NOW)
    screen.settle()
    assert screen.rows("study.list")[0].badge == "Trả lại"  # still what is asked of the member
    assert write_button(screen) == ("Viết tiếp", True)
    assert COMMENT in screen.words()

    submit(screen)
    screen.sync()
    review(screen, hanh, lambda lineage: hanh.cell.accept(lineage, "Tốt.", NOW))
    assert "Chi bộ đã đánh giá Đạt." in screen.words()
    assert write_button(screen) == ("Xem bài", False)


def test_a_text_that_the_server_refused_asks_for_the_member(
    study: Callable[..., OneScreen], device: Callable[..., Device]
) -> None:
    screen = study()
    other = device("An", *map(document_item, DOCUMENTS), assignment_item(assignment()))
    other.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", "máy kia " + TEXT)), NOW)
    other.reflections.submit(TASK, NOW)
    assert other.deliver().error is None
    submit(screen)
    screen.sync()
    assert screen.rows("study.list")[0].badge == "Cần xem"
    assert "Máy khác của đồng chí đã nộp một bản khác" in screen.words()
    assert "sẽ tự gửi" not in screen.words()
    assert write_button(screen) == ("Xem và xử lý", True)


def test_what_is_not_open_yet_can_be_read_but_not_written(study: Callable[..., OneScreen]) -> None:
    screen = study(assignment(opens_on=date(2026, 12, 1), due_on=date(2026, 12, 20)))
    assert screen.rows("study.list")[0].badge == "Chưa mở"
    assert "Mở từ ngày 01/12/2026" in screen.words()
    assert not screen.find("study.write").isEnabled()
    screen.enter("study.list")
    assert screen.routes == [Route(place=Place.READER, document=NQ15)]
    screen.device.library.tick(NQ15, True, NOW)
    screen.settle()
    screen.enter("study.list")
    assert len(screen.routes) == 1


def test_what_is_overdue_says_so_once_and_can_still_be_written(study: Callable[..., OneScreen]) -> None:
    screen = study(assignment(due_on=date(2026, 11, 19)))
    (row,) = screen.rows("study.list")
    assert (row.badge, row.note) == ("Quá hạn", "19/11/2026")
    assert "quá hạn 3 ngày" in screen.words()
    assert screen.find("study.write").isEnabled()


def test_an_assignment_to_read_asks_for_no_text(study: Callable[..., OneScreen]) -> None:
    screen = study(assignment(parts=(), question="", min_words=0))
    assert screen.find("study.write") is None
    assert "BÀI THU HOẠCH" not in screen.words().upper()
    screen.device.library.tick(NQ15, True, NOW)
    screen.settle()
    (row,) = screen.rows("study.list")
    assert (row.badge, row.note) == ("Đã xong", "Hạn 30/11/2026")
    screen.enter("study.list")
    assert screen.routes == []


def test_a_document_that_is_not_here_says_how_to_get_it(study: Callable[..., OneScreen]) -> None:
    screen = study(assignment(documents=(NQ15, "central/khong-co")))
    assert "Tài liệu chưa có trên máy này" in screen.words()
    assert "Hãy đồng bộ để nhận tài liệu." in screen.words()
    assert screen.find("study.read.0") is not None
    assert screen.find("study.read.1") is None


def test_a_template_without_a_least_number_of_words_names_none(study: Callable[..., OneScreen]) -> None:
    assert "Ít nhất" not in study(assignment(min_words=0)).words()


def test_what_comes_next_stands_first(study: Callable[..., OneScreen]) -> None:
    screen = study()

    def tops() -> tuple[int, int]:
        column = screen.screen._detail.widget()
        return tuple(
            screen.find(name).mapTo(column, QPoint()).y() for name in ("study.read.0", "study.write")
        )

    read, write = tops()
    assert read < write
    screen.device.library.tick(NQ15, True, NOW)
    screen.settle()
    read, write = tops()
    assert write < read


# Going through the list ------------------------------------------------------------------------------


def three() -> tuple[Assignment, ...]:
    return tuple(
        assignment(f"bai-{number}", title=f"Nhiệm vụ {number}", due_on=date(2026, 12, 10 + number))
        for number in range(1, 4)
    )


def test_the_keys_go_through_the_list_and_enter_opens_what_comes_next(
    study: Callable[..., OneScreen],
) -> None:
    screen = study(*three())
    assert [row.title for row in screen.rows("study.list")] == ["Nhiệm vụ 1", "Nhiệm vụ 2", "Nhiệm vụ 3"]
    QTest.keyClick(screen.find("study.list"), Qt.Key.Key_Down)
    screen.settle()
    assert "Nhiệm vụ 2" in screen.words()
    assert "Nhiệm vụ 1" not in screen.words()
    screen.enter("study.list")
    assert screen.routes == [Route(place=Place.READER, document=NQ15)]
    screen.device.library.tick(NQ15, True, NOW)
    screen.settle()
    screen.enter("study.list")
    assert screen.routes[1:] == [Route(place=Place.EDITOR, assignment="hongson/anbinh/bai-2")]


def test_the_screen_opens_on_the_assignment_that_was_asked_for(study: Callable[..., OneScreen]) -> None:
    screen = study(*three())
    screen.screen.show_route(Route(place=Place.STUDY, assignment="hongson/anbinh/bai-3"))
    screen.settle()
    assert "Nhiệm vụ 3" in screen.words()
    screen.press("study.write")
    assert screen.routes == [Route(place=Place.EDITOR, assignment="hongson/anbinh/bai-3")]


def test_an_assignment_that_is_gone_gives_way_to_the_most_urgent(study: Callable[..., OneScreen]) -> None:
    screen = study(*three())
    screen.screen.show_route(Route(place=Place.STUDY, assignment="hongson/anbinh/da-thu-hoi"))
    screen.settle()
    assert "Nhiệm vụ 1" in screen.words()


def test_a_sync_takes_neither_the_place_nor_the_button_one_is_on(study: Callable[..., OneScreen]) -> None:
    screen = study(*three(), size=(1000, 420))
    QTest.keyClick(screen.find("study.list"), Qt.Key.Key_Down)
    screen.settle()
    column = screen.screen._detail.verticalScrollBar()
    column.setValue(column.maximum())
    place = column.value()
    assert place > 0
    screen.find("study.read.0").setFocus()
    screen.device.library.tick(CT50, True, NOW)  # something else of the library changed
    screen.device.library.tick(NQ15, True, NOW)  # and what is on the screen
    screen.settle()
    assert screen.find("study.read.0").text() == "Đọc lại"
    assert screen.screen.focusWidget() is screen.find("study.read.0")
    assert "Nhiệm vụ 2" in screen.words()
    assert column.value() == place


@pytest.mark.parametrize("opens_on", [date(2026, 11, 1), date(2026, 12, 5)])
def test_the_day_that_begins_is_counted(study: Callable[..., OneScreen], ward: Ward, opens_on: date) -> None:
    screen = study(assignment(opens_on=opens_on, due_on=date(2026, 12, 20)))
    assert "còn 28 ngày" in screen.words()
    ward.now = NOW + timedelta(days=3)
    screen.screen.refresh()
    screen.settle()
    assert "còn 25 ngày" in screen.words()
    assert "còn 28 ngày" not in screen.words()


# Room ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scale", "width"), [(1.0, 700), (2.0, 1024)])
def test_in_a_narrow_window_the_detail_stands_below_the_list(
    study: Callable[..., OneScreen], scale: float, width: int
) -> None:
    screen = study(*three(), size=(1200, 800))
    rows, detail = screen.find("study.list"), screen.screen._detail
    assert rows.geometry().right() < detail.geometry().left()
    screen.look(Theme(Mode.LIGHT, scale), (width, 640))
    assert rows.geometry().bottom() < detail.geometry().top()
    assert rows.width() == detail.width()
    assert rows.height() <= 640 // 3
    screen.look(Theme(), (1200, 800))
    assert rows.geometry().right() < detail.geometry().left()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_nothing_is_wider_than_the_window(study: Callable[..., OneScreen], scale: float) -> None:
    long = "Học tập, quán triệt và thực hiện Nghị quyết về phương hướng phát triển Thủ đô Hà Nội " * 2
    screen = study(assignment(title=long.strip(), documents=(NQ15, CT50)))
    screen.look(Theme(Mode.DARK, scale), (1024 - round(64 * scale), 640))
    assert screen.screen._detail.horizontalScrollBar().maximum() == 0


def test_who_is_exempt_reads_why_and_is_asked_for_nothing(
    study: Callable[..., OneScreen], device: Callable[..., Device], ward: Ward
) -> None:
    screen = study()
    hanh = device("Hanh", assignment_item(assignment()))
    hanh.synced()
    hanh.cell.exempt(screen.device.account_name, TASK, "Tuổi cao, sức yếu", NOW)
    hanh.synced()
    screen.device.synced()
    screen.settle()
    words = screen.words()
    assert "Miễn: Tuổi cao, sức yếu; không còn việc gì phải làm." in words
    assert screen.rows("study.list")[0].badge == "Miễn"


def test_a_recalled_assignment_stays_in_the_list_for_who_wrote_for_it(
    study: Callable[..., OneScreen],
) -> None:
    screen = study(assignment(), assignment("hoc-tap-khac", title="Nhiệm vụ khác"))
    save(screen)
    screen.device.publish(Item(id=TASK, kind=ItemKind.WITHDRAWAL, edition=9))
    screen.settle()
    assert [row.badge for row in screen.rows("study.list")] == ["Cần làm", "Đã rút"]
    screen.screen.show_route(Route(place=Place.STUDY, assignment=TASK))
    screen.settle()
    assert "Đảng uỷ đã rút nhiệm vụ này." in screen.words()
    screen.press("study.write")
    assert screen.routes == [Route(place=Place.EDITOR, assignment=TASK)]
