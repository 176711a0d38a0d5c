"""Writing, submitting, revising a reflection: nothing typed is lost, whatever other PCs and the cell do."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from handbook.client.tables import personal
from handbook.errors import BadInput, NotFound, Untrusted
from handbook.model.changes import Change
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State, Verdict
from handbook.model.study import Part
from handbook.model.two_texts import Choice
from handbook.protocol.packs import assignment_item, document_item
from tests.asset_files import png
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
Devices = Callable[..., Device]


def written(text: str = "mười chữ thì đủ để nộp bài này rồi đấy") -> tuple[Answer, ...]:
    return (Answer("nhan-thuc", text), Answer("lien-he", text))


def texts(answers: tuple[Answer, ...]) -> list[str]:
    return [answer.text for answer in answers]


def submitted(device: Device, text: str = "mười chữ thì đủ để nộp bài này rồi đấy") -> None:
    device.reflections.save(TASK, written(text), NOW)
    device.reflections.submit(TASK, NOW)


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, ITEMS)


def returned(an: Device, hanh: Device, comment: str = "Viết rõ phần liên hệ.") -> None:
    """An's latest text goes to the cell and comes back."""
    an.synced()
    hanh.synced()
    (waiting,) = hanh.cell.to_review(hanh.cell_path)
    hanh.cell.return_for_revision(waiting.lineage, comment, hanh.ward.now)
    hanh.synced()
    an.synced()


def test_a_task_never_begun_shows_the_template_and_creates_nothing(an: Device) -> None:
    draft = an.reflections.draft(TASK, NOW)
    assert [answer.part for answer in draft.answers] == ["nhan-thuc", "lien-he"]
    assert (draft.state, draft.can_write, draft.can_submit, draft.saved_at) == (
        State.DRAFT,
        True,
        False,
        None,
    )
    assert an.study.assignment(TASK, NOW).reflection is None


def test_what_is_typed_is_there_at_the_next_start(an: Device) -> None:
    an.reflections.save(TASK, written("Đang viết d"), NOW)
    an.reflections.save(TASK, written("Đang viết dở"), NOW + timedelta(seconds=1))
    an.restart()
    draft = an.reflections.draft(TASK, NOW)
    assert texts(draft.answers) == ["Đang viết dở"] * 2
    assert draft.saved_at == NOW + timedelta(seconds=1)


def test_only_the_first_save_makes_others_read_again(an: Device) -> None:
    heard: list[frozenset[Change]] = []
    an.store.subscribe(heard.append)
    assert an.reflections.save(TASK, written("một"), NOW) == {Change.REFLECTION, Change.STUDY}
    assert an.reflections.save(TASK, written("một hai"), NOW) == frozenset()
    assert heard == [{Change.REFLECTION, Change.STUDY}]


def test_decomposed_typing_is_kept_composed(an: Device) -> None:
    an.reflections.save(TASK, (Answer("nhan-thuc", "Đa\u0309ng"),), NOW)
    assert an.reflections.draft(TASK, NOW).answers[0].text == "Đảng"


def test_a_draft_with_problems_is_not_submitted_and_stays(an: Device) -> None:
    an.reflections.save(TASK, (Answer("nhan-thuc", "ngắn"),), NOW)
    draft = an.reflections.draft(TASK, NOW)
    assert [problem.part for problem in draft.problems] == ["lien-he", ""]
    with pytest.raises(BadInput, match="Liên hệ"):
        an.reflections.submit(TASK, NOW)
    assert an.reflections.draft(TASK, NOW).answers[0].text == "ngắn"
    assert an.outbox.owed() == ()


def test_nothing_is_submitted_before_the_task_opens(an: Device) -> None:
    before = datetime(2026, 10, 31, 16, 59, tzinfo=UTC)
    an.reflections.save(TASK, written(), before)
    with pytest.raises(BadInput, match="01/11/2026"):
        an.reflections.submit(TASK, before)
    assert an.reflections.draft(TASK, NOW).can_submit


def test_submitting_owes_the_text_and_freezes_it(an: Device) -> None:
    assert an.reflections.save(TASK, written(), NOW)
    assert an.reflections.submit(TASK, NOW) == {Change.REFLECTION, Change.STUDY, Change.OUTBOX}
    (owed,) = an.outbox.owed()
    assert (owed.title, owed.revision) == ("Học tập Nghị quyết 15-NQ/TW", 1)
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.state, draft.can_write, draft.can_submit) == (State.WAITING, False, False)
    assert texts(draft.answers) == texts(written())
    with pytest.raises(BadInput, match="đã nộp"):
        an.reflections.save(TASK, written("khác"), NOW)
    with pytest.raises(BadInput, match="Chưa có bài"):
        an.reflections.submit(TASK, NOW)
    with pytest.raises(BadInput, match="đã nộp"):
        an.reflections.revise(TASK, NOW)


def test_received_is_shown_with_a_receipt_that_verifies(an: Device) -> None:
    submitted(an)
    an.synced()
    (revision,) = an.reflections.submitted(TASK)
    assert (revision.state, revision.on_time) == (State.RECEIVED, True)
    assert an.reflections.verify(revision.lineage, 1) == revision.receipt


def test_a_receipt_over_another_text_does_not_verify(an: Device) -> None:
    submitted(an)
    an.synced()
    (revision,) = an.reflections.submitted(TASK)
    with an.store.personal.write() as connection:
        connection.execute(update(personal.revisions).values(content="{}"))
    with pytest.raises(Untrusted):
        an.reflections.verify(revision.lineage, 1)


def test_without_a_receipt_there_is_nothing_to_verify(an: Device) -> None:
    submitted(an)
    (revision,) = an.reflections.submitted(TASK)
    with pytest.raises(NotFound):
        an.reflections.verify(revision.lineage, 1)


def test_a_returned_text_is_revised_with_the_comment_in_sight(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    submitted(an)
    returned(an, device("Hanh", cell, ITEMS))
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.state, draft.can_revise, draft.can_write) == (State.RETURNED, True, False)
    an.reflections.revise(TASK, NOW)
    draft = an.reflections.draft(TASK, NOW)
    assert texts(draft.answers) == texts(written())
    assert [(note.comment, note.revision, note.verdict) for note in draft.comments] == [
        ("Viết rõ phần liên hệ.", 1, Verdict.RETURNED)
    ]
    assert draft.comments[0].by == an.unit().name
    assert draft.newer is None
    assert an.reflections.revise(TASK, NOW) == frozenset(), "a draft in the works is left alone"
    an.reflections.save(TASK, written("bản thứ hai đã viết lại đầy đủ và rõ ràng hơn trước"), NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    assert [(each.revision, each.state) for each in an.reflections.submitted(TASK)] == [
        (2, State.RECEIVED),
        (1, State.RETURNED),
    ]
    assert {lineage for _, lineage, _, _ in ward.submissions_of(an.account_name)} == {draft.lineage}


def test_a_text_submitted_on_another_pc_arrives_and_the_unsent_draft_stays(
    an: Device, device: Devices, cell: str
) -> None:
    other = device("An", cell, ITEMS)
    an.reflections.save(TASK, written("bản nháp ở nhà chưa nộp"), NOW)
    submitted(other, "bản nộp ở cơ quan đủ chữ để được nhận ngay")
    other.synced()
    an.synced()
    draft = an.reflections.draft(TASK, NOW)
    assert texts(draft.answers) == ["bản nháp ở nhà chưa nộp"] * 2
    assert draft.newer is not None
    assert texts(draft.newer.answers) == ["bản nộp ở cơ quan đủ chữ để được nhận ngay"] * 2
    assert draft.versions[0].state is State.RECEIVED


AT_HOME = "bản nháp ở nhà viết dở mà chưa kịp nộp"
AT_WORK = "bản nộp ở cơ quan đủ chữ để được nhận ngay"


def draft_beside_a_newer_text(an: Device, other: Device) -> None:
    """An's draft on this PC, and what An handed in on the other meanwhile."""
    an.reflections.save(TASK, written(AT_HOME), NOW)
    submitted(other, AT_WORK)
    other.synced()
    an.synced()


def former(pc: Device) -> list[str]:
    return [text.answers[0].text for text in pc.reflections.former_texts(TASK)]


def test_a_draft_beside_a_newer_text_of_another_pc_is_handed_in_only_after_the_choice(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    draft_beside_a_newer_text(an, device("An", cell, ITEMS))
    assert not an.reflections.draft(TASK, NOW).can_submit
    with pytest.raises(BadInput, match="Máy khác của đồng chí đã nộp bản 1"):
        an.reflections.submit(TASK, NOW)
    an.reflections.choose(TASK, Choice.OWN, NOW)
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.can_submit, draft.newer, texts(draft.answers)) == (True, None, [AT_HOME] * 2)
    an.reflections.submit(TASK, NOW)
    assert an.synced().error is None
    assert an.outbox.owed() == ()
    assert [revision for _, _, revision, _ in ward.submissions_of(an.account_name)] == [1, 2]


def test_the_two_are_made_one_and_that_is_undone(an: Device, device: Devices, cell: str) -> None:
    draft_beside_a_newer_text(an, device("An", cell, ITEMS))
    before = an.reflections.draft(TASK, NOW)
    an.reflections.choose(TASK, Choice.BOTH, NOW + timedelta(minutes=1))
    draft = an.reflections.draft(TASK, NOW)
    assert draft.answers[0].text.splitlines() == [AT_WORK, AT_HOME]
    assert (draft.newer, draft.can_submit) == (None, True)
    assert AT_HOME in former(an)
    an.reflections.put_back(before, NOW + timedelta(minutes=2))
    draft = an.reflections.draft(TASK, NOW)
    assert (texts(draft.answers), draft.newer) == ([AT_HOME] * 2, before.newer)
    assert f"{AT_WORK}\n{AT_HOME}" in former(an)


def test_the_other_pcs_text_is_kept_and_the_draft_stays_among_the_former_texts(
    an: Device, device: Devices, cell: str
) -> None:
    draft_beside_a_newer_text(an, device("An", cell, ITEMS))
    an.reflections.attach(TASK, "ban-do.png", png(), NOW)
    before = an.reflections.draft(TASK, NOW)
    an.reflections.choose(TASK, Choice.OTHER, NOW)
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.state, draft.can_write, texts(draft.answers)) == (State.RECEIVED, False, [AT_WORK] * 2)
    kept = next(text for text in an.reflections.former_texts(TASK) if text.revision == 0)
    assert (kept.answers[0].text, kept.files) == (AT_HOME, before.files)
    with pytest.raises(BadInput):
        an.reflections.choose(TASK, Choice.OWN, NOW)
    an.reflections.put_back(before, NOW)
    draft = an.reflections.draft(TASK, NOW)
    assert (texts(draft.answers), draft.files, draft.newer) == ([AT_HOME] * 2, before.files, before.newer)


def clash(an: Device, other: Device) -> None:
    """Both PCs submit a text of their own without knowing of the other; `other` is first."""
    submitted(an, "bản của máy ở nhà viết sau nhưng chưa gửi được")
    submitted(other, "bản của máy ở cơ quan gửi được trước")
    other.synced()
    an.synced()


def test_two_pcs_that_submitted_apart_keep_both_texts(an: Device, device: Devices, cell: str) -> None:
    clash(an, device("An", cell, ITEMS))
    (owed,) = an.outbox.owed()
    assert owed.set_aside
    assert "máy khác" in owed.last_error
    draft = an.reflections.draft(TASK, NOW)
    assert texts(draft.versions[0].answers) == ["bản của máy ở cơ quan gửi được trước"] * 2
    assert draft.versions[0].state is State.RECEIVED
    (kept,) = draft.kept
    assert texts(kept.answers) == ["bản của máy ở nhà viết sau nhưng chưa gửi được"] * 2
    assert (draft.can_revise, kept.settled_at) == (True, None)
    assert "máy khác" in draft.refused.lower()


def test_after_a_clash_the_member_can_send_this_pcs_text_as_the_next_revision(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    clash(an, device("An", cell, ITEMS))
    an.reflections.revise(TASK, NOW)
    assert texts(an.reflections.draft(TASK, NOW).answers)[0].startswith("bản của máy ở nhà")
    an.reflections.submit(TASK, NOW)
    an.synced()
    assert an.outbox.owed() == ()
    draft = an.reflections.draft(TASK, NOW)
    assert [version.revision for version in draft.versions] == [2, 1]
    assert (draft.refused, draft.kept[0].settled_at) == ("", NOW)
    assert len({lineage for _, lineage, _, _ in ward.submissions_of(an.account_name)}) == 1


def test_after_a_clash_the_other_pcs_text_can_be_kept_and_this_one_stays_readable(
    an: Device, device: Devices, cell: str
) -> None:
    clash(an, device("An", cell, ITEMS))
    an.reflections.accept_held(TASK, NOW)
    assert an.outbox.owed() == ()
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.state, draft.refused) == (State.RECEIVED, "")
    assert texts(draft.kept[0].answers) == ["bản của máy ở nhà viết sau nhưng chưa gửi được"] * 2
    with pytest.raises(BadInput):
        an.reflections.accept_held(TASK, NOW)


def test_what_this_pc_still_has_to_send_is_the_latest_here(an: Device, device: Devices, cell: str) -> None:
    """Another PC's text, twice submitted, is read before this one's could be sent."""
    other, hanh = device("An", cell, ITEMS), device("Hanh", cell, ITEMS)
    submitted(other, "bản của máy ở cơ quan gửi được trước")
    returned(other, hanh)
    other.reflections.revise(TASK, NOW)
    other.reflections.submit(TASK, NOW)
    other.synced()
    submitted(an, "bản của máy ở nhà viết sau nhưng chưa gửi được")
    an.pull()
    draft = an.reflections.draft(TASK, NOW)
    assert texts(draft.answers) == ["bản của máy ở nhà viết sau nhưng chưa gửi được"] * 2
    assert draft.state is State.WAITING
    assert draft.assignment.progress.reflection == State.WAITING


def test_the_same_revision_written_on_two_pcs_keeps_both_texts(
    an: Device, device: Devices, cell: str
) -> None:
    other, hanh = device("An", cell, ITEMS), device("Hanh", cell, ITEMS)
    submitted(an)
    returned(an, hanh)
    other.synced()
    for pc, text in ((an, "bản hai ở nhà viết lại cho đủ chữ"), (other, "bản hai ở cơ quan viết lại")):
        pc.reflections.revise(TASK, NOW)
        pc.reflections.save(TASK, written(text), NOW)
        pc.reflections.submit(TASK, NOW)
    other.synced()
    an.synced()
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.versions[0].revision, texts(draft.versions[0].answers)) == (
        2,
        ["bản hai ở cơ quan viết lại"] * 2,
    )
    assert texts(draft.kept[0].answers) == ["bản hai ở nhà viết lại cho đủ chữ"] * 2
    assert an.reflections.verify(draft.lineage, 2).revision == 2


def test_a_text_the_server_refused_can_be_taken_back_and_sent_again(ward: Ward, an: Device) -> None:
    submitted(an)
    with an.store.personal.write() as connection:
        # As an older server would that knows a limit this program does not.
        connection.execute(update(personal.outbox).values(set_aside=True, last_error="Bài dài quá giới hạn."))
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.refused, draft.can_revise) == ("Bài dài quá giới hạn.", True)
    an.reflections.revise(TASK, NOW)
    assert an.outbox.owed() == ()
    assert texts(an.reflections.draft(TASK, NOW).answers) == texts(written())
    an.reflections.submit(TASK, NOW)
    an.synced()
    assert [each[2] for each in ward.submissions_of(an.account_name)] == [1]


def test_an_accepted_text_is_not_submitted_again(an: Device, device: Devices, cell: str) -> None:
    other, hanh = device("An", cell, ITEMS), device("Hanh", cell, ITEMS)
    an.reflections.save(TASK, written(), NOW)
    submitted(other)
    other.synced()
    hanh.synced()
    hanh.cell.accept(hanh.cell.to_review(cell)[0].lineage, "Tốt.", NOW)
    hanh.synced()
    an.synced()
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.can_submit, texts(draft.answers)) == (False, texts(written()))
    with pytest.raises(BadInput, match="Đạt"):
        an.reflections.submit(TASK, NOW)
    with pytest.raises(BadInput, match="Đạt"):
        an.reflections.choose(TASK, Choice.OWN, NOW)
    an.reflections.choose(TASK, Choice.OTHER, NOW)
    assert an.reflections.draft(TASK, NOW).state is State.ACCEPTED


def test_text_under_a_part_that_a_later_edition_dropped_is_kept(an: Device) -> None:
    an.reflections.save(TASK, written(), NOW)
    an.publish(assignment_item(assignment(edition=2, parts=(Part("lien-he", "Liên hệ"),))))
    assert [answer.part for answer in an.reflections.draft(TASK, NOW).answers] == ["lien-he", "nhan-thuc"]


def test_typing_goes_on_being_kept_when_the_task_is_withdrawn(an: Device) -> None:
    an.reflections.save(TASK, written("một"), NOW)
    with an.store.library.write() as connection:
        connection.exec_driver_sql("DELETE FROM assignments")
    an.reflections.save(TASK, written("một hai"), NOW)
    draft = an.reflections.draft(TASK, NOW)
    assert texts(draft.answers) == ["một hai"] * 2
    assert (draft.recalled, draft.can_write, draft.can_submit) == (True, True, False)
    with pytest.raises(NotFound):
        an.reflections.submit(TASK, NOW)
    an.publish(assignment_item(assignment(edition=2)))
    assert texts(an.reflections.draft(TASK, NOW).answers) == ["một hai"] * 2


def test_a_receipt_of_somebody_else_is_not_the_members(an: Device) -> None:
    submitted(an)
    an.synced()
    (revision,) = an.reflections.submitted(TASK)
    with an.store.personal.write() as connection:
        connection.execute(update(personal.receipts).values(author="someone.else"))
    with pytest.raises(Untrusted):
        an.reflections.verify(revision.lineage, 1)


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from handbook.client.account import Account
from handbook.client.assignments import Assignments
from handbook.client.outbox import Outbox
from handbook.client.reflection import Reflections
from handbook.client.store import Store
from handbook.model.reflection import Answer

task, folder, key, submit_every = sys.argv[1], Path(sys.argv[2]), bytes.fromhex(sys.argv[3]), int(sys.argv[4])
store = Store(folder, key)
account = Account(store, None, None)
outbox = Outbox(store, account, Random())
reflections = Reflections(store, account, Assignments(store, account), outbox)
now = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
for number in range(1, 1_000_000):
    text = f"lần {number} đủ chữ để nộp bài này"
    reflections.save(task, (Answer("nhan-thuc", text), Answer("lien-he", text)), now)
    if submit_every and number == submit_every:
        reflections.submit(task, now)
    print(number, flush=True)
    if submit_every and number == submit_every:
        sys.stdin.read()
"""


def killed(an: Device, after: int, submit_every: int = 0) -> int:
    """Types in a child process, killed once it has said that save `after` is done; the last save told."""
    an.store.close()
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, TASK, str(an.folder), an.key.hex(), str(submit_every)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = 0
    while said < after:
        said = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    rest = child.communicate()[0].split()
    an.reopen()
    return int(rest[-1]) if rest else said


@pytest.mark.parametrize("after", [1, 2, 7])
def test_a_kill_while_typing_loses_nothing_that_was_saved(an: Device, after: int) -> None:
    said = killed(an, after)
    typed = texts(an.reflections.draft(TASK, NOW).answers)
    # The save under way at the kill may have been committed without being told.
    assert typed[0].split()[1] in (str(said), str(said + 1))
    assert typed[0] == typed[1]


def test_a_kill_after_submitting_leaves_one_submission_that_is_delivered_once(ward: Ward, an: Device) -> None:
    killed(an, 3, submit_every=3)
    assert an.reflections.draft(TASK, NOW).state is State.WAITING
    an.synced()
    an.synced()
    assert [each[2] for each in ward.submissions_of(an.account_name)] == [1]
    assert texts(an.reflections.submitted(TASK)[0].answers) == ["lần 3 đủ chữ để nộp bài này"] * 2


def test_an_interrupted_submission_changes_nothing(an: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    an.reflections.save(TASK, written(), NOW)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(an.outbox, "owe", power_cut)
    with pytest.raises(KeyboardInterrupt):
        an.reflections.submit(TASK, NOW)
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.state, draft.can_submit, draft.versions) == (State.DRAFT, True, ())


def test_a_review_that_says_nothing_of_the_latest_revision_leaves_it_received(an: Device) -> None:
    submitted(an)
    an.synced()
    (revision,) = an.reflections.submitted(TASK)
    with an.store.personal.write() as connection:
        connection.execute(
            insert(personal.reviews).values(
                id="r",
                author="x",
                lineage=revision.lineage,
                revision=7,
                verdict="returned",
                comment="",
                passages="[]",
                reviewed_at=NOW,
            )
        )
    assert an.reflections.draft(TASK, NOW).state is State.RECEIVED
