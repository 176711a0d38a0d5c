"""Two of a cell review the same text at once, each in a window of their own: nothing of either is lost."""

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from handbook.desktop.session import Place
from handbook.desktop.theme import Mode, Theme
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat, type_into

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
OF_HANH, OF_MINH = "Đề nghị nêu rõ thời hạn.", "Bài viết cụ thể, sát việc khu phố."


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


class Reviewers:
    """An has handed in; the secretary Hạnh and the deputy Minh have An's text open, each on their PC."""

    def __init__(self, ward: Ward, folder: Path) -> None:
        ward.now = NOW
        self.ward = ward
        self.cell = ward.new_cell(
            {"An": (), "Hanh": (DutyKind.CELL_SECRETARY,), "Minh": (DutyKind.CELL_DEPUTY,)}
        )
        self.an, self.hanh, self.minh = (
            Device(folder / name, ward, name, self.cell, ITEMS) for name in ("An", "Hanh", "Minh")
        )
        self.an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
        self.an.reflections.submit(TASK, NOW)
        for pc in (self.an, self.hanh, self.minh):
            pc.synced()
        (waiting,) = self.hanh.cell.waiting(self.cell)
        self.lineage = waiting.lineage
        self.seats = {"Hanh": Seat(self.hanh), "Minh": Seat(self.minh)}
        for seat in self.seats.values():
            self.open(seat)

    def open(self, seat: Seat) -> None:
        seat.go(Place.REVIEW, lineage=self.lineage, unit=self.cell)

    def at(self, minutes: int) -> None:
        self.ward.now = NOW + timedelta(minutes=minutes)

    def decide(self, who: str, comment: str, button: str) -> None:
        seat = self.seats[who]
        type_into(seat.find("review.comment"), comment)
        seat.click(button)

    def close(self) -> None:
        for seat in self.seats.values():
            seat.close()
        for pc in (self.an, self.hanh, self.minh):
            pc.close()


@pytest.fixture
def reviewers(ward: Ward, tmp_path: Path, qapp: QApplication) -> Iterator[Callable[[], Reviewers]]:
    made: list[Reviewers] = []
    numbers = itertools.count()

    def make() -> Reviewers:
        made.append(Reviewers(ward, tmp_path / str(next(numbers))))
        return made[-1]

    yield make
    Theme().apply(qapp)
    for one in made:
        one.close()


def picture(seat: Seat, name: str) -> None:
    if folder := os.environ.get("HANDBOOK_PICTURES"):
        for look, theme, size in (
            ("light", Theme(Mode.LIGHT), (1440, 900)),
            ("dark", Theme(Mode.DARK), (1024, 640)),
            ("large", Theme(Mode.LIGHT, 2.0), (1024, 640)),
        ):
            theme.apply(QApplication.instance())
            seat.window.resize(*size)
            seat.settle()
            seat.window.grab().save(f"{folder}/{name}-{look}.png")
        Theme().apply(QApplication.instance())
        seat.window.resize(1440, 900)
        seat.settle()


@pytest.mark.parametrize("first", ["Hanh", "Minh"])
def test_two_decide_offline_and_both_see_both_verdicts_whose_they_are_and_which_counts(
    reviewers: Callable[[], Reviewers], first: str
) -> None:
    """Whoever's PC reaches the server first: the later decision counts, the other one's words stay."""
    both = reviewers()
    for pc in (both.hanh, both.minh):
        pc.line.is_down = True
    both.at(5)
    both.decide("Hanh", OF_HANH, "review.return")
    both.at(9)
    both.decide("Minh", OF_MINH, "review.accept")
    for pc in (both.hanh, both.minh):
        pc.line.is_down = False
    both.at(20)
    order = (both.hanh, both.minh) if first == "Hanh" else (both.minh, both.hanh)
    for pc in (*order, *order, both.an):
        pc.synced()
    for who, other in (
        ("Hanh", "Minh đã đánh giá Đạt lúc 15:39"),
        ("Minh", "Hanh đã trả lại bài này lúc 15:35"),
    ):
        seat = both.seats[who]
        both.open(seat)
        assert seat.text("review.overlap") == (
            f"{other} ngày 22/11/2026. Cả hai kết luận đều được giữ; tính theo kết luận sau: Đạt."
        )
        assert OF_HANH in seat.words()
        assert OF_MINH in seat.words()
        assert not seat.find("review.accept")
    picture(both.seats["Hanh"], f"two-reviewers-{first}")
    own = both.an.reflections.draft(TASK, NOW)
    assert own.state is State.ACCEPTED
    assert {note.comment for note in own.comments} == {OF_HANH, OF_MINH}


def test_a_verdict_that_arrives_while_the_other_one_writes_is_told_and_takes_no_letter_away(
    reviewers: Callable[[], Reviewers],
) -> None:
    both = reviewers()
    hanh = both.seats["Hanh"]
    type_into(hanh.find("review.comment"), "Đề nghị")
    both.at(5)
    both.decide("Minh", OF_MINH, "review.return")
    both.minh.synced()
    both.hanh.synced()
    hanh.settle()
    assert hanh.text("review.comment") == "Đề nghị"
    assert hanh.text("review.overlap") == (
        "Minh đã trả lại bài này lúc 15:35 ngày 22/11/2026. "
        "Nếu đồng chí nhận xét nữa thì tính theo kết luận sau."
    )
    picture(hanh, "two-reviewers-told")
    both.at(7)
    type_into(hanh.find("review.comment"), " nêu rõ thời hạn.")
    hanh.click("review.accept")
    for pc in (both.hanh, both.minh, both.an):
        pc.synced()
    minh = both.seats["Minh"]
    both.open(minh)
    assert "Hanh đã đánh giá Đạt lúc 15:37" in minh.text("review.overlap")
    assert OF_HANH in minh.words()
    assert OF_MINH in minh.words()
    assert both.an.reflections.draft(TASK, NOW).state is State.ACCEPTED
