"""Texts that the ward's rules have erased, on the screens of the secretary and of their author."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from handbook.desktop.session import Place
from handbook.model.people import DutyKind
from tests.client.simulated_server import Device, Ward, running_ward
from tests.client.test_erased import ITEMS, NOW, SAID, TASK, TEXT, accept, hand_in, years_pass
from tests.desktop.seat import Seat, pictures

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def erased(ward: Ward, tmp_path: Path) -> Iterator[tuple[Device, Device]]:
    """An's text was accepted by Hạnh and erased two years later; An has a new PC, Hạnh the old one."""
    ward.now = NOW
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    old, hanh = (Device(tmp_path / name, ward, name, cell, ITEMS) for name in ("An", "Hanh"))
    hand_in(old)
    accept(hanh)
    years_pass(ward, hanh)
    new = Device(tmp_path / "new", ward, "An", cell, ITEMS)
    assert new.pull(ward.now).error is None
    yield hanh, new
    for pc in (old, hanh, new):
        pc.close()


def test_a_secretary_who_opens_it_reads_when_and_why_it_went(
    erased: tuple[Device, Device], qapp: QApplication
) -> None:
    hanh, _ = erased
    overview = hanh.cell.overview(hanh.cell_path, TASK, hanh.ward.now)
    ((lineage, _),) = [row.reflection for row in overview.rows if row.reflection]
    seat = Seat(hanh)
    try:
        seat.go(Place.REVIEW, lineage=lineage, unit=hanh.cell_path)
        assert SAID in seat.words()
        assert "Kết quả đánh giá, thời điểm nộp và số liệu báo cáo vẫn được giữ." in seat.words()
        pictures(seat, "erased-review")
        seat.go(Place.CELL)
        assert "Đạt" in seat.words()
    finally:
        seat.close()


def test_on_a_new_pc_the_author_reads_that_it_was_handed_in_accepted_and_erased(
    erased: tuple[Device, Device], qapp: QApplication
) -> None:
    _, new = erased
    seat = Seat(new)
    try:
        seat.go(Place.EDITOR, assignment=TASK)
        assert SAID in seat.find("editor.text").toPlainText()
        assert "(không viết)" not in seat.find("editor.text").toPlainText()
        assert seat.find("editor.words").text() == "", "the notice is no text of the author"
        assert "Đạt" in seat.words() and TEXT not in seat.find("editor.text").toPlainText()
        pictures(seat, "erased-own")
        seat.go(Place.RECEIPT, assignment=TASK)
        seat.click("receipt.verify")
        assert SAID in seat.text("receipt.result")
        pictures(seat, "erased-receipt")
    finally:
        seat.close()
