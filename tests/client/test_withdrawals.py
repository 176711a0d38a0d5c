"""Taking a handed-in reflection back: its words are a draft again unless the cell was first to open it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from handbook.client.tables.personal import outbox
from handbook.errors import BadInput, NotFound
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State
from handbook.protocol.packs import Item, ItemKind, assignment_item, document_item
from handbook.protocol.submissions import SubmissionKind
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Fault, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
Devices = Callable[..., Device]


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, ITEMS)


@pytest.fixture
def hanh(device: Devices, cell: str) -> Device:
    return device("Hanh", cell, ITEMS)


def hand_in(device: Device, text: str = TEXT) -> None:
    answers = (Answer("nhan-thuc", text), Answer("lien-he", text))
    device.reflections.save(TASK, answers, NOW)
    device.reflections.submit(TASK, NOW)


def draft_texts(device: Device) -> list[str]:
    draft = device.reflections.draft(TASK, NOW)
    assert (draft.state, draft.can_write) == (State.DRAFT, True)
    return [answer.text for answer in draft.answers]


def test_what_has_not_left_this_pc_is_a_draft_again_at_once_and_without_the_server(an: Device) -> None:
    an.line.is_down = True
    hand_in(an)
    assert an.deliver().error
    an.reflections.withdraw(TASK, NOW)
    assert draft_texts(an) == [TEXT, TEXT]
    assert an.outbox.owed() == ()
    an.line.is_down = False
    an.synced()
    assert an.ward.submissions_of(an.account_name) == []


def test_a_text_whose_answer_was_lost_is_taken_back_behind_it(an: Device) -> None:
    hand_in(an)
    an.line.faults.append(Fault.REPLY_LOST)
    an.deliver()
    an.reflections.withdraw(TASK, NOW)
    waiting = an.reflections.draft(TASK, NOW)
    assert (waiting.withdrawing, waiting.can_withdraw, waiting.can_write) == (True, False, False)
    an.synced(NOW + timedelta(hours=2))
    assert draft_texts(an) == [TEXT, TEXT]
    held = an.ward.submissions_of(an.account_name)
    assert sorted(kind for kind, *_ in held) == [SubmissionKind.REFLECTION, SubmissionKind.WITHDRAWAL]


def test_a_withdrawal_is_never_sent_before_the_text_it_takes_back(an: Device) -> None:
    hand_in(an)
    an.line.faults.append(Fault.BROKEN)
    an.deliver()
    an.reflections.withdraw(TASK, NOW)
    an.line.requests.clear()
    an.deliver()
    assert an.line.requests == []


def test_what_was_to_be_taken_back_and_then_clashed_leaves_nothing_waiting_to_take_it_back(
    an: Device, device: Devices, cell: str
) -> None:
    other = device("An", cell, ITEMS)
    hand_in(an)
    an.line.faults.append(Fault.BROKEN)
    an.deliver()
    an.reflections.withdraw(TASK, NOW)
    hand_in(other, TEXT + " của máy kia")
    other.synced()
    an.synced(NOW + timedelta(hours=2))
    assert [(row.kind, row.set_aside) for row in an.outbox.owed()] == [(SubmissionKind.REFLECTION, True)]
    an.reflections.revise(TASK, NOW)
    assert draft_texts(an) == [TEXT, TEXT]


def test_nothing_waits_to_take_back_what_the_server_then_refused(an: Device) -> None:
    hand_in(an)
    an.line.faults.append(Fault.BROKEN)
    an.deliver()
    an.reflections.withdraw(TASK, NOW)
    with an.store.personal.write() as connection:
        connection.execute(update(outbox).where(outbox.c.kind == "reflection").values(subject="another"))
    an.deliver(NOW + timedelta(hours=2))
    (refused,) = an.outbox.owed()
    assert (refused.kind, refused.set_aside) == (SubmissionKind.REFLECTION, True)
    assert "không khớp" in refused.last_error


def test_the_member_writes_on_and_hands_in_again_as_the_next_revision(an: Device, hanh: Device) -> None:
    hand_in(an)
    an.synced()
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    assert draft_texts(an) == [TEXT, TEXT]
    versions = an.reflections.submitted(TASK)
    assert [(each.revision, each.state) for each in versions] == [(1, State.WITHDRAWN)]
    hanh.synced()
    assert hanh.cell.to_review(hanh.cell_path) == ()
    overview = hanh.cell.overview(hanh.cell_path, TASK, NOW)
    assert overview.submitted == 0
    hand_in(an, TEXT + " viết lại")
    an.synced()
    hanh.synced()
    (waiting,) = hanh.cell.to_review(hanh.cell_path)
    assert waiting.revision == 2
    assert [answer.text for answer in waiting.answers] == [TEXT + " viết lại"] * 2
    assert waiting.earlier == ()


def test_what_the_secretary_had_already_copied_disappears_from_there(an: Device, hanh: Device) -> None:
    hand_in(an)
    an.synced()
    hanh.synced()
    assert hanh.cell.to_review(hanh.cell_path)
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    hanh.synced()
    assert hanh.cell.to_review(hanh.cell_path) == ()


def test_an_opening_that_came_too_late_is_dropped_without_troubling_the_secretary(
    an: Device, hanh: Device
) -> None:
    hand_in(an)
    an.synced()
    hanh.synced()
    (waiting,) = hanh.cell.to_review(hanh.cell_path)
    hanh.cell.mark_opened(waiting.lineage, NOW)
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    hanh.synced()
    assert hanh.outbox.owed() == ()


def test_a_decision_that_came_too_late_stays_with_the_reason(an: Device, hanh: Device) -> None:
    hand_in(an)
    an.synced()
    hanh.synced()
    (waiting,) = hanh.cell.to_review(hanh.cell_path)
    hanh.cell.return_for_revision(waiting.lineage, "Viết rõ phần liên hệ.", NOW)
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    hanh.synced()
    (owed,) = hanh.outbox.owed()
    assert owed.set_aside
    assert "rút lại" in owed.last_error


def test_the_member_is_told_when_the_cell_was_first(an: Device, hanh: Device) -> None:
    hand_in(an)
    an.synced()
    hanh.synced()
    (waiting,) = hanh.cell.to_review(hanh.cell_path)
    hanh.cell.mark_opened(waiting.lineage, NOW)
    hanh.synced()
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    told = an.reflections.draft(TASK, NOW)
    assert "Chi bộ đã mở bài" in told.not_withdrawn
    assert (told.state, told.can_write, told.can_withdraw) == (State.OPENED, False, False)
    an.reflections.forget_refused_withdrawal(TASK)
    assert an.reflections.draft(TASK, NOW).not_withdrawn == ""
    assert an.outbox.owed() == ()


def test_the_draft_is_there_again_on_the_members_other_pc(an: Device, device: Devices, cell: str) -> None:
    other = device("An", cell, ITEMS)
    hand_in(an)
    an.synced()
    other.synced()
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    other.synced()
    assert draft_texts(other) == [TEXT, TEXT]


def test_what_was_opened_or_never_handed_in_is_not_offered_to_take_back(an: Device, hanh: Device) -> None:
    with pytest.raises(BadInput, match="không rút lại được"):
        an.reflections.withdraw(TASK, NOW)
    hand_in(an)
    an.synced()
    assert an.reflections.draft(TASK, NOW).can_withdraw
    hanh.synced()
    (waiting,) = hanh.cell.to_review(hanh.cell_path)
    hanh.cell.mark_opened(waiting.lineage, NOW)
    hanh.synced()
    an.synced()
    with pytest.raises(BadInput, match="chưa mở"):
        an.reflections.withdraw(TASK, NOW)


def test_what_waits_to_take_a_text_back_is_named_as_the_text(an: Device) -> None:
    hand_in(an)
    an.line.faults.append(Fault.REPLY_LOST)
    an.deliver()
    an.reflections.withdraw(TASK, NOW)
    assert [row.title for row in an.outbox.owed()] == ["Học tập Nghị quyết 15-NQ/TW"] * 2


ACTS = ("hand in", "withdraw", "sync an", "sync hanh", "open", "return", "revise", "lose")


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=14))
def test_whatever_comes_between_the_words_are_kept_and_all_come_to_one_state(
    ward: Ward, device: Devices, acts: list[str]
) -> None:
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    an, hanh = device("An", cell, ITEMS), device("Hanh", cell, ITEMS)
    now = NOW
    for number, act in enumerate(acts):
        now += timedelta(hours=2)
        ward.now = now
        draft = an.reflections.draft(TASK, now)
        match act:
            case "hand in" if draft.can_write:
                hand_in(an, f"{TEXT} lần {number}")
            case "withdraw" if draft.can_withdraw:
                an.reflections.withdraw(TASK, now)
            case "revise" if draft.can_revise:
                an.reflections.revise(TASK, now)
            case "lose":
                an.line.faults.append(Fault.REPLY_LOST)
            case "sync an":
                an.synced(now)
            case "sync hanh":
                hanh.synced(now)
            case "open" | "return":
                for waiting in hanh.cell.to_review(cell):
                    if act == "open":
                        hanh.cell.mark_opened(waiting.lineage, now)
                    else:
                        hanh.cell.return_for_revision(waiting.lineage, "Viết thêm.", now)
    an.line.faults.clear()
    for _ in range(3):
        now += timedelta(hours=2)
        ward.now = now
        an.synced(now)
        hanh.synced(now)
    versions = [each for each in an.reflections.submitted(TASK) if each.state is not State.WITHDRAWN]
    (row,) = [each for each in hanh.cell.overview(cell, TASK, now).rows if each.name == "An"]
    assert row.progress.reflection == (versions[0].state if versions else "")
    counted = {each.account: each.reflection for each in ward.completion(cell, assignment()).members}
    assert counted[an.account_name] == row.progress.reflection
    latest = [number for number, act in enumerate(acts) if act == "hand in"]
    if latest and (draft := an.reflections.draft(TASK, now)).answers:
        assert draft.answers[0].text.startswith(TEXT)


# The publisher recalls the assignment


def recall(pc: Device) -> None:
    pc.publish(Item(id=TASK, kind=ItemKind.WITHDRAWAL, edition=9))


def test_a_text_taken_back_outlasts_its_assignment_with_the_names_of_its_parts(an: Device) -> None:
    hand_in(an)
    an.reflections.withdraw(TASK, NOW)
    recall(an)
    an.restart()
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.recalled, draft.can_write, draft.can_submit) == (True, True, False)
    assert [answer.text for answer in draft.answers] == [TEXT, TEXT]
    assert draft.assignment.assignment == assignment()
    an.reflections.save(TASK, (Answer("nhan-thuc", "viết tiếp"),), NOW)
    assert draft_texts(an) == ["viết tiếp", ""]
    an.publish(assignment_item(assignment(edition=10)))
    assert not an.reflections.draft(TASK, NOW).recalled


def test_what_was_handed_in_for_a_recalled_assignment_is_read_and_taken_back_still(an: Device) -> None:
    hand_in(an)
    an.synced()
    recall(an)
    (revision,) = an.reflections.submitted(TASK)
    assert (revision.state, an.reflections.draft(TASK, NOW).can_withdraw) == (State.RECEIVED, True)
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    assert draft_texts(an) == [TEXT, TEXT]


def test_a_pc_that_never_had_the_assignment_still_shows_what_was_written_for_it(
    an: Device, device: Devices, cell: str
) -> None:
    hand_in(an)
    an.synced()
    other = device("An", cell, ())
    other.synced()
    draft = other.reflections.draft(TASK, NOW)
    assert (draft.recalled, draft.can_revise) == (True, False)
    assert [answer.text for answer in draft.answers] == [TEXT, TEXT]
    assert [part.title for part in draft.assignment.assignment.parts] == ["Phần 1", "Phần 2"]


def test_an_assignment_nobody_wrote_for_is_not_found_once_it_is_recalled(an: Device) -> None:
    recall(an)
    with pytest.raises(NotFound):
        an.reflections.draft(TASK, NOW)
