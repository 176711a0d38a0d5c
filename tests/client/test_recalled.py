"""Texts outlast their assignments: what a recalled one asked is told as well as this PC still can."""

from collections.abc import Callable
from datetime import date

import pytest

from handbook.model.library import Recall
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.packs import Item, ItemKind, assignment_item, document_item, recall_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
Devices = Callable[..., Device]


def recalled(edition: int) -> Item:
    return recall_item(
        Recall(
            id=TASK,
            edition=edition,
            number="",
            title="Học tập Nghị quyết về hệ thống chính trị",
            recalled_on=date(2026, 11, 20),
            reason="Giao nhầm đợt",
            replaced_by="",
        )
    )


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


def hand_in(pc: Device) -> None:
    pc.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    pc.reflections.submit(TASK, NOW)
    pc.synced()


def test_a_pc_that_never_had_the_assignment_names_a_text_by_the_title_of_the_recall(
    device: Devices, cell: str
) -> None:
    hand_in(device("An", cell, ITEMS))
    new = device("An", cell, (*ITEMS[:1], recalled(2)))
    new.synced()
    draft = new.reflections.draft(TASK, NOW)
    assert draft.assignment.assignment.title == "Học tập Nghị quyết về hệ thống chính trị"
    assert [answer.text for answer in draft.answers] == [TEXT, TEXT]


def test_what_was_asked_is_kept_when_an_assignment_is_recalled_twice(device: Devices, cell: str) -> None:
    pc = device("An", cell, ITEMS)
    hand_in(pc)
    asked = pc.reflections.draft(TASK, NOW).assignment.assignment
    pc.publish(Item(id=TASK, kind=ItemKind.WITHDRAWAL, edition=2))
    pc.publish(recalled(3))
    draft = pc.reflections.draft(TASK, NOW)
    assert draft.recalled and draft.assignment.assignment == asked
