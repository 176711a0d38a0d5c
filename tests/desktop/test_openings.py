"""On the receipt a member sees who was given the text and who opened it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from handbook.desktop.session import Place
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Fault, Ward, running_ward
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
def an_and_hanh(ward: Ward, tmp_path: Path) -> Iterator[tuple[Device, Device]]:
    ward.now = NOW
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    both = tuple(Device(tmp_path / name, ward, name, cell, ITEMS) for name in ("An", "Hanh"))
    yield both
    for one in both:
        one.close()


def told(seat: Seat) -> list[tuple[str, str]]:
    model = seat.find("openings.list").model()
    rows = [model.index(i, 0).data(Qt.ItemDataRole.UserRole) for i in range(model.rowCount())]
    return [(row.title, row.badge) for row in rows]


def test_who_was_given_the_text_and_who_opened_it_is_asked_with_a_button(
    an_and_hanh: tuple[Device, Device], qapp: QApplication
) -> None:
    an, hanh = an_and_hanh
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    (text,) = an.reflections.submitted(TASK)
    seat = Seat(an)
    try:
        seat.go(Place.RECEIPT, assignment=TASK, lineage=text.lineage, revision=text.revision)
        seat.click("openings.ask")
        assert "chưa ai khác" in seat.text("openings.said")
        hanh.synced()
        hanh.cell.mark_opened(text.lineage, NOW)
        hanh.synced()
        an.line.faults.append(Fault.LOST)
        seat.click("openings.ask")
        assert "Không kết nối được" in seat.banner()
        seat.click("openings.ask")
        assert told(seat) == [("Hanh", "Máy nhận bản sao"), ("Hanh", "Đã mở bài")]
        if folder := os.environ.get("HANDBOOK_PICTURES"):
            seat.window.resize(1024, 900)
            seat.settle()
            seat.window.grab().save(f"{folder}/openings.png")
    finally:
        seat.close()
