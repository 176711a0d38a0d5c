"""Comments on passages as their author meets them: in place beside the returned text, and in a list."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from handbook.desktop.session import Place
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, PassageComment
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat, type_into

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì **đủ để** nộp bài này rồi đấy 😀 và thêm"
DU = PassageComment(part="nhan-thuc", quote="thì đủ để nộp", before="chữ ", after=" bài", comment="Đủ chưa?")
THEM = PassageComment(part="lien-he", quote="và thêm", before="đấy 😀 ", after="", comment="Thêm gì?")


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def returned(ward: Ward, tmp_path: Path, qapp: QApplication) -> Iterator[Seat]:
    """An's reflection came back with comments on two passages."""
    ward.now = NOW
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    an, hanh = (Device(tmp_path / name, ward, name, cell, ITEMS) for name in ("An", "Hanh"))
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    hanh.synced()
    (waiting,) = hanh.cell.waiting(cell)
    hanh.cell.return_for_revision(waiting.lineage, "", NOW, passages=(DU, THEM))
    hanh.synced()
    an.synced()
    seat = Seat(an)
    yield seat
    seat.close()
    for pc in (an, hanh):
        pc.close()


def marked(seat: Seat, part: str) -> list[str]:
    box = seat.find(f"editor.part.{part}")
    return [mark.cursor.selectedText() for mark in box.extraSelections()]


def test_the_author_sees_them_in_place_and_in_a_list_while_writing_on(returned: Seat) -> None:
    returned.go(Place.EDITOR, assignment=TASK)
    assert marked(returned, "nhan-thuc") == ["thì đủ để nộp"]
    assert marked(returned, "lien-he") == ["và thêm"]
    words = returned.words()
    assert "“thì đủ để nộp”" in words
    assert "Đủ chưa?" in words
    returned.click("comments.passage.1")
    box = returned.find("editor.part.lien-he")
    assert box.hasFocus()
    assert box.toPlainText().endswith("và thêm")
    cursor = box.textCursor()
    cursor.movePosition(cursor.MoveOperation.End, cursor.MoveMode.KeepAnchor)
    assert cursor.selectedText() == "và thêm"


def test_what_is_typed_before_a_passage_moves_its_mark_along(returned: Seat) -> None:
    returned.go(Place.EDITOR, assignment=TASK)
    box = returned.find("editor.part.nhan-thuc")
    box.setFocus()
    box.moveCursor(box.textCursor().MoveOperation.Start)
    type_into(box, "Trước hết, ")
    assert marked(returned, "nhan-thuc") == ["thì đủ để nộp"]


def test_a_passage_that_was_rewritten_stays_in_the_list(returned: Seat) -> None:
    returned.go(Place.EDITOR, assignment=TASK)
    box = returned.find("editor.part.lien-he")
    box.selectAll()
    type_into(box, "Hoàn toàn khác.")
    returned.settle()
    returned.click("comments.passage.1")
    assert "Thêm gì?" in returned.words()
    assert "".join(marked(returned, "lien-he")) == ""
    assert box.textCursor().atEnd(), "there is no place to go to"
