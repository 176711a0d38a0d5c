"""A server that was put back from a backup gets again what it had lost, as it had it, and nothing twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from handbook.client.attached import AttachedFiles
from handbook.client.tables.personal import file_pieces
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, AttachedFile, State
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES, FeedPage, SubmissionEntry
from handbook.protocol.packs import assignment_item, document_item
from handbook.protocol.receipts import Receipt
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Backup, Device, Fault, Ward

Devices = Callable[..., Device]
TASK = "hongson/anbinh/hoc-tap-nq15"
DOCUMENT = "central/15-nq-tw-2022"
ITEMS = (document_item(document()), assignment_item(assignment(min_words=1)))


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Binh": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, ITEMS)


@pytest.fixture
def hanh(device: Devices, cell: str) -> Device:
    return device("Hanh", cell, ITEMS)


@pytest.fixture
def yesterday(ward: Ward, an: Device, hanh: Device) -> Backup:
    """A backup of the server from before this test did anything on these PCs."""
    for each in (an, hanh):
        assert each.synced().error is None
    return ward.back_up()


def write_and_submit(pc: Device, text: str, minutes: int = 0) -> None:
    at = NOW + timedelta(minutes=minutes)
    pc.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), at)
    pc.reflections.submit(TASK, at)


def sync(*pcs: Device, days: int = 1) -> list[int]:
    """How many lost ones each found; two rounds, as one needs what another brings."""
    found = [0] * len(pcs)
    for round in range(3):
        for number, pc in enumerate(pcs):
            report = pc.synced(NOW + timedelta(days=days, hours=2 * round))
            assert report.error is None, report.error
            found[number] += report.offered_again
    assert not any(pc.outbox.owed() for pc in pcs)
    return found


def held(ward: Ward, *pcs: Device) -> list:
    return [ward.submissions_of(pc.account_name) for pc in pcs]


def test_what_the_backup_lacks_is_given_back_with_the_receipts_it_had(
    ward: Ward, an: Device, hanh: Device, cell: str, yesterday: Backup
) -> None:
    an.library.tick(DOCUMENT, True, NOW)
    write_and_submit(an, "bản một")
    sync(an, hanh)
    (waiting,) = hanh.cell.to_review(cell)
    hanh.cell.return_for_revision(waiting.lineage, "Viết thêm.", NOW)
    sync(hanh, an)
    an.reflections.revise(TASK, NOW)
    write_and_submit(an, "bản hai", minutes=5)
    sync(an, hanh)
    before, receipts = held(ward, an, hanh), [v.receipt for v in an.reflections.submitted(TASK)]
    yesterday.restore()
    assert held(ward, an, hanh) == [[], []]
    assert sync(an, hanh) == [3, 1]
    assert held(ward, an, hanh) == before
    assert [v.receipt for v in an.reflections.submitted(TASK)] == receipts
    assert an.reflections.draft(TASK, NOW).state is State.RECEIVED
    completion = ward.completion(cell, assignment(min_words=1)).members
    rows = hanh.cell.overview(cell, TASK, NOW).rows
    assert tuple(sorted((row.progress for row in rows), key=lambda p: p.account)) == completion
    assert sync(an, hanh, days=2) == [0, 0], "nothing is offered a third time"


def test_others_who_wrote_since_do_not_hide_the_loss(
    ward: Ward, an: Device, hanh: Device, device: Devices, cell: str, yesterday: Backup
) -> None:
    """The restored feed has grown past where it was read: the positions are the same, the entries are not."""
    write_and_submit(an, "bài của An")
    sync(an, hanh)
    yesterday.restore()
    binh = device("Binh", cell, ITEMS)
    binh.library.tick(DOCUMENT, True, NOW)
    write_and_submit(binh, "bài của Bình")
    sync(binh)
    assert sync(hanh, an, binh) == [0, 1, 0]
    assert len(hanh.cell.to_review(cell)) == 2
    assert [len(each) for each in held(ward, an, binh)] == [1, 2]


def test_a_loss_of_what_no_feed_had_brought_yet_is_noticed_too(
    ward: Ward, an: Device, yesterday: Backup
) -> None:
    write_and_submit(an, "bản một")
    assert an.deliver().sent == 1
    yesterday.restore()
    assert sync(an) == [1]
    assert len(ward.submissions_of(an.account_name)) == 1


def test_what_was_written_on_a_lost_revision_follows_it(
    ward: Ward, an: Device, hanh: Device, cell: str, yesterday: Backup
) -> None:
    """The new revision is tried first and refused, since the server has not the one before it any more."""
    write_and_submit(an, "bản một")
    sync(an, hanh)
    (waiting,) = hanh.cell.to_review(cell)
    hanh.cell.return_for_revision(waiting.lineage, "Viết thêm.", NOW)
    sync(hanh, an)
    an.reflections.revise(TASK, NOW)
    write_and_submit(an, "bản hai", minutes=5)
    yesterday.restore()
    assert sync(an, hanh) == [1, 1]
    kinds = [(kind, revision) for kind, _, revision, _ in ward.submissions_of(an.account_name)]
    assert kinds == [("reflection", 1), ("reflection", 2)]


def test_a_review_of_a_lost_text_waits_for_its_author(
    ward: Ward, an: Device, hanh: Device, cell: str, yesterday: Backup
) -> None:
    write_and_submit(an, "bản một")
    sync(an, hanh)
    (waiting,) = hanh.cell.to_review(cell)
    yesterday.restore()
    hanh.cell.accept(waiting.lineage, "Tốt.", NOW)
    assert hanh.synced(NOW + timedelta(minutes=1)).sent == 0
    sync(an, hanh)
    assert an.reflections.draft(TASK, NOW).state is State.ACCEPTED
    assert len(ward.submissions_of(hanh.account_name)) == 1


def test_a_text_that_was_taken_back_stays_taken_back(
    ward: Ward, an: Device, hanh: Device, cell: str, yesterday: Backup
) -> None:
    write_and_submit(an, "bản một")
    sync(an, hanh)
    an.reflections.withdraw(TASK, NOW)
    sync(an, hanh)
    yesterday.restore()
    assert sync(an, hanh) == [2, 0]
    assert hanh.cell.to_review(cell) == ()
    draft = an.reflections.draft(TASK, NOW)
    assert (draft.can_write, draft.versions[0].state) == (True, State.WITHDRAWN)


def test_two_texts_of_one_task_around_a_restore_are_both_kept(
    ward: Ward, an: Device, device: Devices, cell: str, yesterday: Backup
) -> None:
    write_and_submit(an, "bài trước khi mất")
    sync(an)
    yesterday.restore()
    other = device("An", cell, ITEMS)
    write_and_submit(other, "bài sau khi mất")
    sync(other)
    assert an.synced(NOW + timedelta(days=1)).error is None
    draft = an.reflections.draft(TASK, NOW)
    assert [kept.answers[0].text for kept in draft.kept] == ["bài trước khi mất"]
    assert [version.answers[0].text for version in draft.versions] == ["bài sau khi mất"]
    an.reflections.accept_held(TASK, NOW)
    assert sync(an, other) == [0, 0]


def test_a_forged_receipt_gives_no_earlier_time(ward: Ward, an: Device, cell: str, yesterday: Backup) -> None:
    """The proof counts only as this server signed it: whoever writes another time gets the present one."""
    write_and_submit(an, "bản một")
    sync(an)
    feed = an.line.send("GET", f"/v1/feed?unit={cell}", token=an.account.token, limit=MAX_ANSWER_BYTES)
    entry = codec.decode(feed.body, FeedPage, limit=MAX_ANSWER_BYTES).entries[-1].entry
    yesterday.restore()
    early = replace(entry.receipt, received_at=NOW - timedelta(days=30))
    answer = an.line.send(
        "PUT",
        f"/v1/acknowledged/{entry.submission.lineage}/1",
        body=codec.encode(SubmissionEntry(author=entry.author, submission=entry.submission, receipt=early)),
        token=an.account.token,
        limit=MAX_ANSWER_BYTES,
    )
    assert answer.status == 201
    assert codec.decode(answer.body, Receipt, limit=MAX_ANSWER_BYTES).received_at >= NOW


SCAN = b"%PDF-1.4\n" + b"trang quet " * 50_000 + b"%%EOF"  # three pieces


def hand_in_scan(pc: Device) -> AttachedFile:
    pc.reflections.save(TASK, (Answer("nhan-thuc", "kèm sổ"), Answer("lien-he", "kèm sổ")), NOW)
    pc.reflections.attach(TASK, "Sổ ghi chép.pdf", SCAN, NOW)
    (file,) = pc.reflections.draft(TASK, NOW).files
    pc.reflections.submit(TASK, NOW)
    return file


def kinds(ward: Ward, pc: Device) -> list[tuple[str, int]]:
    return sorted((kind, revision) for kind, _, revision, _ in ward.submissions_of(pc.account_name))


WITH_SCAN = [("file", 1), ("file", 2), ("file", 3), ("reflection", 1)]


def test_a_text_is_given_back_with_its_files_and_read_by_who_had_not_read_them(
    ward: Ward, an: Device, hanh: Device, device: Devices, cell: str, yesterday: Backup
) -> None:
    file = hand_in_scan(an)
    sync(an)
    before, receipts = held(ward, an), [v.receipt for v in an.reflections.submitted(TASK)]
    assert kinds(ward, an) == WITH_SCAN
    yesterday.restore()
    assert held(ward, an) == [[]]
    assert sync(an) == [1], "a file is told with its text"
    assert held(ward, an) == before
    assert [v.receipt for v in an.reflections.submitted(TASK)] == receipts
    sync(hanh)
    assert AttachedFiles(hanh.store).read(file) == SCAN
    assert sync(an, days=2) == [0]


def test_a_server_that_kept_the_files_but_not_the_text_has_each_of_them_once(
    ward: Ward, an: Device, yesterday: Backup
) -> None:
    """The backup was made while the files were under way."""
    hand_in_scan(an)
    an.line.faults.extend([None, None, Fault.LOST])
    assert an.deliver().sent == 2
    between = ward.back_up()
    sync(an)
    between.restore()
    assert kinds(ward, an) == WITH_SCAN[:2]
    assert sync(an) == [1]
    assert kinds(ward, an) == WITH_SCAN


def test_a_pc_without_the_files_leaves_them_to_the_one_that_has_them(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    other = device("An", cell, ITEMS)
    sync(an, other)
    yesterday = ward.back_up()
    hand_in_scan(an)
    sync(an, other)
    with other.store.personal.write() as connection:
        connection.execute(delete(file_pieces))
    yesterday.restore()
    other.synced(NOW + timedelta(days=1))
    assert kinds(ward, an) == [], "no text without what it names"
    assert sync(an)[0] == 1
    assert kinds(ward, an) == WITH_SCAN
    sync(other, days=2)
    assert other.outbox.owed() == ()


def test_a_file_of_which_a_part_is_lost_here_too_is_not_given_back_in_parts(
    ward: Ward, an: Device, yesterday: Backup
) -> None:
    hand_in_scan(an)
    sync(an)
    with an.store.personal.write() as connection:
        connection.execute(delete(file_pieces).where(file_pieces.c.number == 2))
    yesterday.restore()
    an.synced(NOW + timedelta(days=1))
    assert kinds(ward, an) == []
    (owed,) = an.outbox.owed()
    assert (owed.kind, bool(owed.last_error)) == ("reflection", True), "and the screen says why it waits"


def test_giving_files_back_goes_on_where_a_bad_line_or_the_end_of_the_program_broke_it(
    ward: Ward, an: Device, yesterday: Backup
) -> None:
    hand_in_scan(an)
    sync(an)
    before = held(ward, an)
    yesterday.restore()
    an.synced(NOW + timedelta(days=1))
    for fault in (Fault.REPLY_LOST, Fault.LOST, Fault.TWICE):
        an.line.faults.append(fault)
        an.synced(NOW + timedelta(days=1, hours=1))
        an.restart()
    assert sync(an, days=2) == [0]
    assert held(ward, an) == before
