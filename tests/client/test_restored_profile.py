"""A profile that was put back from an old copy overwrites nothing: it catches up, and both texts are kept."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State
from handbook.model.two_texts import Choice
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment(min_words=1)))
LATER = NOW + timedelta(days=7)


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def an(device: Callable[..., Device], cell: str) -> Device:
    return device("An", cell, ITEMS)


def write(pc: Device, text: str) -> None:
    pc.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)


def copied(pc: Device) -> Path:
    """A copy of the encrypted file, as a backup program takes it."""
    file = pc.folder / "last-week.db"
    pc.store.personal.copy_to(file)
    return file


def put_back(pc: Device, file: Path) -> None:
    personal = pc.store.personal.path
    pc.store.close()
    for leftover in personal.parent.glob(f"{personal.name}-*"):
        leftover.unlink()
    shutil.copy(file, personal)
    pc.reopen()


def texts(pc: Device) -> list[str]:
    return [version.answers[0].text for version in pc.reflections.submitted(TASK)]


def revisions_held(pc: Device) -> list[int]:
    return [revision for _, _, revision, _ in pc.ward.submissions_of(pc.account_name)]


def test_an_old_draft_is_kept_beside_the_newer_text_and_becomes_the_revision_after_it(an: Device) -> None:
    write(an, "nháp tuần trước")
    last_week = copied(an)
    write(an, "bài đã nộp")
    an.reflections.submit(TASK, NOW)
    an.synced()
    put_back(an, last_week)
    assert an.synced(LATER).error is None
    draft = an.reflections.draft(TASK, LATER)
    assert (draft.answers[0].text, draft.newer.answers[0].text) == ("nháp tuần trước", "bài đã nộp")
    an.reflections.choose(TASK, Choice.OWN, LATER)
    an.reflections.submit(TASK, LATER)
    an.synced(LATER)
    assert texts(an) == ["nháp tuần trước", "bài đã nộp"]
    assert revisions_held(an) == [1, 2]


def test_an_old_draft_handed_in_before_any_sync_leaves_the_choice_between_both(an: Device) -> None:
    write(an, "nháp tuần trước")
    last_week = copied(an)
    write(an, "bài đã nộp")
    an.reflections.submit(TASK, NOW)
    an.synced()
    put_back(an, last_week)
    an.reflections.submit(TASK, LATER)
    assert an.synced(LATER).error is None
    draft = an.reflections.draft(TASK, LATER)
    assert texts(an) == ["bài đã nộp"]
    assert [kept.answers[0].text for kept in draft.kept] == ["nháp tuần trước"]
    assert revisions_held(an) == [1]
    an.reflections.verify(draft.lineage, 1)


def test_what_was_delivered_since_the_copy_is_not_doubled(an: Device) -> None:
    write(an, "bài đã nộp")
    an.reflections.submit(TASK, NOW)
    last_week = copied(an)
    an.synced()
    put_back(an, last_week)
    assert an.synced(LATER).error is None
    assert not an.outbox.owed()
    assert revisions_held(an) == [1]
    assert an.reflections.draft(TASK, LATER).state is State.RECEIVED


def test_a_returned_text_that_was_rewritten_since_the_copy_is_caught_up_with(
    an: Device, device: Callable[..., Device], cell: str
) -> None:
    hanh = device("Hanh", cell, ITEMS)
    write(an, "bản một")
    an.reflections.submit(TASK, NOW)
    an.synced()
    last_week = copied(an)
    hanh.synced()
    (waiting,) = hanh.cell.to_review(cell)
    hanh.cell.return_for_revision(waiting.lineage, "Viết thêm.", NOW)
    hanh.synced()
    an.synced()
    an.reflections.revise(TASK, NOW)
    write(an, "bản hai")
    an.reflections.submit(TASK, NOW)
    an.synced()
    put_back(an, last_week)
    report = an.synced(LATER)
    assert (report.error, report.offered_again) == (None, 0)
    assert texts(an) == ["bản hai", "bản một"]
    assert not an.reflections.draft(TASK, LATER).can_revise
