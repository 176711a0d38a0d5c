"""What an erasure on the server does to PCs: a cell's copies lose their words, the member's own stay."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from handbook.client import retention
from handbook.client.account import keep_session
from handbook.client.attached import AttachedFiles
from handbook.client.review_desk import ReviewDraft
from handbook.client.tables.personal import cell_marks, cell_submissions, file_pieces, reviews
from handbook.errors import NotFound
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, PassageComment, State
from handbook.model.retention import Rules
from handbook.model.study import MarkKind
from handbook.model.two_texts import Choice
from handbook.protocol.packs import assignment_item, document_item
from handbook.protocol.receipt_files import judge
from handbook.server.retention import NO_REASON, erase
from handbook.server.retention_due import keep_rules
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
SCAN = b"%PDF-1.4\n" + b"trang quet " * 50 + b"%%EOF"
LATER = datetime(2028, 11, 25, 8, 0, tzinfo=UTC)
SAID = "Bài đã được xoá theo thời hạn lưu trữ ngày 25/11/2028."
Devices = Callable[..., Device]


@pytest.fixture
def cell(ward: Ward) -> Iterator[str]:
    yield ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,), "Pho": (DutyKind.CELL_DEPUTY,)})
    ward.now = NOW


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, ITEMS)


@pytest.fixture
def hanh(device: Devices, cell: str) -> Device:
    return device("Hanh", cell, ITEMS)


def hand_in(pc: Device, text: str = TEXT, *, file: bytes = b"") -> None:
    pc.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    if file:
        pc.reflections.attach(TASK, "Trang sổ.pdf", file, NOW)
    pc.reflections.submit(TASK, NOW)
    assert pc.deliver().error is None


def accept(pc: Device) -> None:
    pc.pull()
    AttachedFiles(pc.store).fetch(pc.line, pc.account.token)
    (view,) = pc.cell.to_review(pc.cell_path)
    passage = PassageComment(part="nhan-thuc", quote="mười", before="", after=" chữ", comment="Nói rõ hơn")
    pc.cell.accept(view.lineage, "Bài viết tốt", NOW, passages=(passage,))
    assert pc.deliver().error is None


def years_pass(ward: Ward, *pcs: Device) -> None:
    """Retention runs two years later; then everybody signs in anew and syncs."""
    with ward.database.write() as connection:
        keep_rules(connection, Rules(reflections=24, exemption_reasons=24))
    erase(ward.database, LATER)
    ward.now = LATER
    for pc in pcs:
        come_back(ward, pc)


def come_back(ward: Ward, pc: Device) -> None:
    with pc.store.personal.write() as connection:
        keep_session(connection, ward.sign_in(pc.account_name), server=ward.url, device="PC", now=LATER)
    assert pc.pull(LATER).error is None


def rows(pc: Device, table: object) -> str:
    with pc.store.personal.read() as connection:
        return str(connection.execute(select(table)).all())


def figures(pc: Device) -> list[tuple[object, ...]]:
    rows_of_members = pc.cell.overview(pc.cell_path, TASK, LATER).rows
    return [(row.name, row.progress, row.state_text, row.received_at) for row in rows_of_members]


def test_a_secretarys_copy_loses_words_comments_and_files_and_keeps_the_figures(
    ward: Ward, an: Device, hanh: Device
) -> None:
    hand_in(an, file=SCAN)
    accept(hanh)
    before = figures(hanh)
    years_pass(ward, hanh)
    assert TEXT not in rows(hanh, cell_submissions)
    assert "Bài viết tốt" not in rows(hanh, reviews) and "Nói rõ" not in rows(hanh, reviews)
    with hanh.store.personal.read() as connection:
        assert connection.execute(select(func.count()).select_from(file_pieces)).scalar() == 0
    assert figures(hanh) == before


def test_who_opens_an_erased_text_is_told_so_and_it_waits_for_nobody(
    ward: Ward, an: Device, hanh: Device
) -> None:
    hand_in(an)
    hanh.pull()
    ((lineage, _),) = [
        row.reflection for row in hanh.cell.overview(hanh.cell_path, TASK, NOW).rows if row.reflection
    ]
    years_pass(ward, hanh)
    with pytest.raises(NotFound, match=SAID):
        hanh.cell.reflection(lineage)
    with pytest.raises(NotFound, match=SAID):
        hanh.cell.accept(lineage, "", LATER)
    assert hanh.cell.waiting(hanh.cell_path) == ()


def test_what_a_reviewer_was_writing_of_an_erased_text_is_told_without_what_was_quoted(
    ward: Ward, an: Device, hanh: Device
) -> None:
    hand_in(an)
    hanh.pull()
    (view,) = hanh.cell.to_review(hanh.cell_path)
    quoted = PassageComment(part="nhan-thuc", quote="mười", before="", after="", comment="Việc nào?")
    hanh.cell.desk.keep_draft(view.lineage, ReviewDraft("Viết tốt.", (quoted,)))
    assert hanh.cell.desk.left_over() == ()
    years_pass(ward, hanh)
    with pytest.raises(NotFound) as told:
        hanh.cell.reflection(view.lineage)
    assert "Viết tốt.\nViệc nào?" in told.value.advice and "mười" not in told.value.advice
    assert hanh.cell.desk.left_over() == ("Viết tốt.\nViệc nào?",)


def test_the_authors_own_text_file_comments_and_receipt_stay_on_their_pc(
    ward: Ward, an: Device, hanh: Device
) -> None:
    hand_in(an, file=SCAN)
    accept(hanh)
    an.pull()
    before = an.reflections.draft(TASK, NOW)
    years_pass(ward, an)
    now = an.reflections.draft(TASK, NOW)
    assert (now.answers, now.files, now.comments) == (before.answers, before.files, before.comments)
    assert AttachedFiles(an.store).read(now.files[0]) == SCAN
    (text,) = an.reflections.submitted(TASK)
    file = an.reflections.receipt_file(text.lineage, text.revision)
    assert judge(file, [ward.receipt_key]) == "valid"
    an.deliver(LATER)
    assert hashlib.sha256(file.content.encode()).hexdigest() == file.receipt.sha256


def test_another_pc_of_the_author_learns_that_it_was_handed_in_and_erased(
    ward: Ward, an: Device, hanh: Device, device: Devices, cell: str
) -> None:
    hand_in(an)
    accept(hanh)
    years_pass(ward)
    new = device("An", cell, ITEMS)
    assert new.pull(LATER).error is None
    draft = new.reflections.draft(TASK, LATER)
    assert (draft.state, draft.answers[0].text, draft.words) == (State.ACCEPTED, SAID, None)
    assert new.reflections.former_texts(TASK) == ()
    (text,) = new.reflections.submitted(TASK)
    with pytest.raises(NotFound, match=SAID):
        new.reflections.receipt_file(text.lineage, text.revision)
    with pytest.raises(NotFound, match=SAID):
        new.reflections.verify(text.lineage, text.revision)


def test_what_is_written_anew_for_a_returned_text_that_was_erased_does_not_begin_with_the_notice(
    ward: Ward, an: Device, hanh: Device, device: Devices, cell: str
) -> None:
    hand_in(an)
    hanh.pull()
    hanh.cell.return_for_revision(hanh.cell.to_review(cell)[0].lineage, "Viết rõ hơn.", NOW)
    assert hanh.deliver().error is None
    years_pass(ward)
    new = device("An", cell, ITEMS)
    new.pull(LATER)
    new.reflections.revise(TASK, LATER)
    assert [answer.text for answer in new.reflections.draft(TASK, LATER).answers] == ["", ""]


def test_a_text_that_was_taken_back_and_then_erased_is_no_empty_draft_elsewhere(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    hand_in(an)
    an.reflections.withdraw(TASK, NOW)
    assert an.deliver().error is None
    years_pass(ward)
    new = device("An", cell, ITEMS)
    assert new.pull(LATER).error is None
    assert new.reflections.draft(TASK, LATER).saved_at is None


def test_an_erased_text_adds_no_notice_to_the_draft_that_it_is_joined_with(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    old = device("An", cell, ITEMS)
    old.reflections.save(TASK, (Answer("nhan-thuc", "Máy cũ"), Answer("lien-he", "")), NOW)
    hand_in(an)
    years_pass(ward, old)
    assert old.reflections.draft(TASK, LATER).newer is not None
    old.reflections.choose(TASK, Choice.BOTH, LATER)
    assert [answer.text for answer in old.reflections.draft(TASK, LATER).answers] == ["Máy cũ", ""]


def test_a_pc_that_knew_only_of_the_erasure_gets_the_words_of_a_server_restored_from_before_it(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    hand_in(an)
    before = ward.back_up()
    years_pass(ward)
    new = device("An", cell, ITEMS)
    new.pull(LATER)
    before.restore()
    come_back(ward, new)
    assert [answer.text for answer in new.reflections.draft(TASK, LATER).answers] == [TEXT, TEXT]
    (text,) = new.reflections.submitted(TASK)
    assert new.reflections.verify(text.lineage, text.revision)


def test_a_new_deputy_gets_figures_and_no_words(ward: Ward, an: Device, device: Devices, cell: str) -> None:
    hand_in(an)
    years_pass(ward)
    pho = device("Pho", cell, ITEMS)
    assert pho.pull(LATER).error is None
    assert pho.cell.overview(cell, TASK, LATER).submitted == 1
    assert TEXT not in rows(pho, cell_submissions)


def test_an_old_pc_with_another_text_is_told_why_it_is_not_taken(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    old = device("An", cell, ITEMS)
    hand_in(an)
    old.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", "Máy cũ")), NOW)
    old.reflections.submit(TASK, NOW)
    years_pass(ward)
    with old.store.personal.write() as connection:
        keep_session(connection, ward.sign_in(old.account_name), server=ward.url, device="PC", now=LATER)
    old.deliver(LATER)
    (owed,) = old.outbox.owed()
    assert owed.set_aside and SAID in owed.last_error
    assert "Máy cũ" in str(old.reflections.submitted(TASK)[0].answers)


def test_the_reason_of_an_exemption_goes_everywhere_and_that_there_is_one_stays(
    ward: Ward, an: Device, hanh: Device
) -> None:
    hanh.pull()
    hanh.cell.exempt(an.account_name, TASK, "Đang điều trị bệnh", NOW)
    hanh.deliver()
    an.pull()
    years_pass(ward, hanh, an)
    for pc in (hanh, an):
        assert "điều trị" not in rows(pc, cell_marks)
    (mark,) = [row.mark for row in hanh.cell.overview(hanh.cell_path, TASK, LATER).rows if row.mark]
    assert (mark.kind, mark.reason) == (MarkKind.EXEMPT, NO_REASON)


def test_after_the_restore_of_an_older_backup_the_next_run_erases_again_what_a_pc_brought_back(
    ward: Ward, an: Device, hanh: Device
) -> None:
    an.pull()
    before = ward.back_up()
    hand_in(an)
    hanh.pull()
    years_pass(ward, an, hanh)
    before.restore()
    for _ in range(2):
        come_back(ward, an)
        an.deliver(LATER)
    assert [kind for kind, *_ in ward.submissions_of(an.account_name)] == ["reflection"]
    years_pass(ward, hanh)
    assert TEXT not in rows(hanh, cell_submissions)
    assert TEXT in str(an.reflections.submitted(TASK)[0].answers)


def test_the_rules_are_learnt_with_the_feed_once_a_day(ward: Ward, an: Device) -> None:
    assert retention.rules(an.store) is None
    with ward.database.write() as connection:
        keep_rules(connection, Rules(reflections=60))
    an.pull()
    assert retention.rules(an.store) == Rules(reflections=60)
    asked = len([request for request in an.line.requests if "rules=1" in request])
    an.pull()
    assert len([request for request in an.line.requests if "rules=1" in request]) == asked == 1
