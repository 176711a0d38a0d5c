"""The receipt: its code and time, and whether this PC finds its signature genuine."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from sqlalchemy import delete, update

from handbook.client.receipts import published_keys
from handbook.client.tables.library import receipt_keys
from handbook.client.tables.personal import receipts
from handbook.desktop.paper import Pages
from handbook.desktop.session import Place
from handbook.errors import DiskProblem
from handbook.exports.receipt_page import ReceiptPaper, in_groups, receipt_lines
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.packs import assignment_item, document_item
from handbook.protocol.receipt_files import Finding, from_bytes, judge
from handbook.protocol.receipts import Receipt
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"


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
    seated.close()


@pytest.fixture
def handed_in(seat: Seat, an: Device) -> Callable[[], Seat]:
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    an.reflections.submit(TASK, NOW)

    def look() -> Seat:
        (text,) = an.reflections.submitted(TASK)
        seat.go(Place.RECEIPT, assignment=TASK, lineage=text.lineage, revision=text.revision)
        return seat

    return look


@pytest.fixture
def received(handed_in: Callable[[], Seat], an: Device) -> Seat:
    an.synced()
    return handed_in()


def test_the_receipt_shows_its_code_and_the_servers_time(received: Seat, an: Device) -> None:
    (text,) = an.reflections.submitted(TASK)
    assert received.text("receipt.code") == text.receipt.code
    assert received.text("receipt.time") == "15:30:00 ngày 22/11/2026 (giờ máy chủ)"
    words = received.words()
    for said in ("Học tập Nghị quyết 15-NQ/TW", text.receipt.server, an.account_name, "Đúng hạn", "Bản 1"):
        assert said in words
    assert "hợp lệ" not in received.text("receipt.result")


def test_a_genuine_receipt_verifies_without_a_line(received: Seat, an: Device) -> None:
    an.line.is_down = True
    received.click("receipt.verify")
    assert received.text("receipt.result").startswith("Chữ ký hợp lệ")


def test_what_could_not_be_read_for_once_is_there_when_it_is_tried_again(
    received: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskProblem("Ổ đĩa không đọc được.")

    with monkeypatch.context() as broken:
        broken.setattr(received.session.handbook.reflections, "draft", full)
        received.window.current.refresh()
        received.settle()
        assert "Ổ đĩa không đọc được." in received.words()
    received.press("Thử lại")
    assert received.text("receipt.code")


def test_an_altered_receipt_is_not_believed(received: Seat, an: Device) -> None:
    with an.store.personal.write() as connection:
        connection.execute(update(receipts).values(server="may-chu-khac"))
    received.click("receipt.verify")
    result = received.text("receipt.result")
    assert result.startswith("Biên nhận này không tin được. Chữ ký trên biên nhận không đúng.")
    assert "hợp lệ" not in result


def test_a_key_that_was_not_published_is_not_believed(received: Seat, an: Device) -> None:
    with an.store.library.write() as connection:
        connection.execute(delete(receipt_keys))
    received.click("receipt.verify")
    assert "khoá chưa được đảng uỷ công bố" in received.text("receipt.result")


def test_the_result_stays_when_something_else_changes(received: Seat, an: Device) -> None:
    received.click("receipt.verify")
    an.synced()
    received.window.current.refresh()
    received.settle()
    assert received.text("receipt.result").startswith("Chữ ký hợp lệ")


def test_the_code_is_copied(received: Seat) -> None:
    received.click("receipt.copy")
    assert QGuiApplication.clipboard().text() == received.text("receipt.code")
    assert "Đã sao chép mã" in received.toast()


def test_before_the_server_has_it_the_page_says_that_it_waits(
    handed_in: Callable[[], Seat], an: Device
) -> None:
    seat = handed_in()
    assert "Bản 1 đang chờ gửi" in seat.words()
    assert seat.find("receipt.verify") is None
    an.synced()
    seat.settle()
    assert seat.find("receipt.code") is not None


def test_without_anything_handed_in_the_page_leads_back(seat: Seat) -> None:
    seat.go(Place.RECEIPT, assignment=TASK)
    assert "Bài này chưa được nộp" in seat.words()


def test_the_way_back_leads_to_the_text(received: Seat) -> None:
    received.click("receipt.back")
    assert (received.route.place, received.route.assignment) == (Place.EDITOR, TASK)


def test_the_receipt_is_kept_as_a_file_that_proves_itself(received: Seat, an: Device, tmp_path: Path) -> None:
    path = tmp_path / "bai.hbreceipt"
    received.window.current.keeping.save_file(path)
    received.settle()
    assert "Đã lưu bai.hbreceipt" in received.toast()
    file = from_bytes(path.read_bytes())
    assert judge(file, published_keys(an.store)) is Finding.VALID
    assert TEXT in file.content


def test_the_receipt_is_printed_on_one_sheet(received: Seat, an: Device, tmp_path: Path) -> None:
    path = tmp_path / "bien-nhan.pdf"
    received.window.current.keeping.save_pdf(path)
    received.settle()
    assert path.read_bytes().count(b"/Type /Page\n") == 1
    (text,) = an.reflections.submitted(TASK)
    words = Pages(receipt_lines(receipt_paper(text.receipt))).text
    for said in ("BIÊN NHẬN BÀI THU HOẠCH", text.receipt.code, in_groups(text.receipt.signature)):
        assert said in words


def test_an_altered_receipt_is_not_kept(received: Seat, an: Device, tmp_path: Path) -> None:
    with an.store.personal.write() as connection:
        connection.execute(update(receipts).values(server="may-chu-khac"))
    received.window.current.keeping.save_file(tmp_path / "bai.hbreceipt")
    received.settle()
    assert "Chữ ký trên biên nhận không đúng." in received.words()
    assert list(tmp_path.glob("*.hbreceipt")) == []


def test_the_receipt_leads_to_the_page_of_what_was_handed_in(received: Seat) -> None:
    received.click("receipt.preview")
    assert received.route.place is Place.PREVIEW
    assert TEXT in received.find("preview.pages").accessibleDescription()


def receipt_paper(receipt: Receipt) -> ReceiptPaper:
    return ReceiptPaper(
        superior="Đảng uỷ phường An Bình",
        unit="Chi bộ Khu phố 1",
        place="An Bình",
        printed_on=date(2026, 11, 22),
        study="Học tập Nghị quyết 15-NQ/TW",
        author="Nguyễn Văn An",
        receipt=receipt,
    )
