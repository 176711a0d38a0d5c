"""What a secretary sees of the cell, offline too, with the server's own numbers; and what a review does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.client import set_aside
from handbook.errors import BadInput, Conflict, NotAllowed, NotFound
from handbook.model.changes import Change
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, PassageComment, State, Verdict
from handbook.model.vietnamese import VIETNAM
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, account_of

Devices = Callable[..., Device]
TASK = "hongson/anbinh/hoc-tap-nq15"
NQ15, CT50 = "central/15-nq-tw-2022", "central/50-ct-tw-2025"
MAIN = assignment(documents=(NQ15, CT50))
ITEMS = (document_item(document()), document_item(document("50-ct-tw-2025")), assignment_item(MAIN))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
MEMBERS = {"An": (), "Lan": (), "Bich": (), "Hanh": (DutyKind.CELL_SECRETARY,)}
LATE = datetime(2026, 12, 3, 17, tzinfo=UTC)  # the first moment after the grace


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell(MEMBERS)


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, ITEMS)


@pytest.fixture
def hanh(device: Devices, cell: str) -> Device:
    return device("Hanh", cell, ITEMS)


def submit(pc: Device, text: str = TEXT, task: str = TASK) -> None:
    pc.reflections.save(task, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    pc.reflections.submit(task, NOW)
    assert pc.deliver().error is None


def waiting(hanh: Device) -> str:
    """The lineage of the one text that waits."""
    hanh.pull()
    (view,) = hanh.cell.to_review(hanh.cell_path)
    return view.lineage


def test_a_plain_member_reads_no_cell(an: Device, cell: str) -> None:
    assert an.cell.units() == ()
    with pytest.raises(NotAllowed):
        an.cell.overview(cell, TASK, NOW)
    with pytest.raises(NotAllowed):
        an.cell.to_review(cell)


def test_a_deputy_reads_the_cell_too(ward: Ward, device: Devices) -> None:
    cell = ward.new_cell({"Minh": (DutyKind.CELL_DEPUTY,)})
    minh = device("Minh", cell, ITEMS)
    minh.pull()
    assert minh.cell.overview(cell, TASK, NOW).members == 1


def test_the_overview_says_how_far_each_member_is(an: Device, hanh: Device, cell: str, ward: Ward) -> None:
    an.library.tick(NQ15, True, NOW)
    ward.now = NOW + timedelta(minutes=5)
    submit(an)
    hanh.pull()
    overview = hanh.cell.overview(cell, TASK, NOW)
    assert [row.name for row in overview.rows] == ["An", "Bich", "Hanh", "Lan"]
    first, second = overview.rows[:2]
    assert first.state_text == "Đã nhận; đã đọc 1/2"
    assert (first.received_at, first.last_sync) == (ward.now, ward.now.astimezone(VIETNAM).date())
    assert (second.state_text, second.reflection, second.last_sync) == ("Đã đọc 0/2", None, None)
    assert (overview.members, overview.read_all, overview.submitted, overview.missing) == (4, 0, 1, 4)


def test_names_are_in_vietnamese_order_of_the_given_name(ward: Ward, hanh: Device, cell: str) -> None:
    names = ["Trần Thị Ánh", "Lê Văn Đức", "Phạm Thị Ân", "Nguyễn Văn An", "Vũ Văn Dũng", "Bùi Thị An"]
    for number, name in enumerate(names):
        ward.move(f"{cell.rpartition('/')[2]}.m{number}", name, cell)
    hanh.pull()
    shown = [row.name for row in hanh.cell.overview(cell, TASK, NOW).rows if " " in row.name]
    assert shown == [
        "Bùi Thị An",
        "Nguyễn Văn An",
        "Trần Thị Ánh",
        "Phạm Thị Ân",
        "Vũ Văn Dũng",
        "Lê Văn Đức",
    ]


def test_an_assignment_is_listed_once_it_is_open_and_for_the_cell(hanh: Device, cell: str) -> None:
    hanh.publish(
        assignment_item(assignment("later", opens_on=NOW.date() + timedelta(days=1))),
        assignment_item(assignment("theirs", units=("hongson/anbinh/other",))),
        assignment_item(assignment("new", due_on=NOW.date() + timedelta(days=60))),
    )
    assert [each.id for each in hanh.cell.assignments(cell, NOW)] == ["hongson/anbinh/new", TASK]


def test_a_text_is_read_with_the_titles_of_its_parts_and_all_that_came_before(
    an: Device, hanh: Device
) -> None:
    submit(an)
    lineage = waiting(hanh)
    hanh.cell.return_for_revision(lineage, "Viết rõ hơn.", NOW)
    hanh.deliver()
    an.pull()
    an.reflections.revise(TASK, NOW)
    submit(an, TEXT + " bản hai")
    hanh.pull()
    view = hanh.cell.reflection(lineage)
    assert [(answer.title, answer.text) for answer in view.answers] == [
        ("Nhận thức", TEXT + " bản hai"),
        ("Liên hệ", TEXT + " bản hai"),
    ]
    assert (view.revision, view.state, view.author.name, view.can_decide) == (2, State.RECEIVED, "An", True)
    assert [(note.comment, note.by, note.revision) for note in view.reviews] == [("Viết rõ hơn.", "Hanh", 1)]
    (earlier,) = view.earlier
    assert (earlier.revision, earlier.state, earlier.answers[0].text) == (1, State.RETURNED, TEXT)


def test_reviews_are_made_offline_and_count_at_once(an: Device, hanh: Device, cell: str) -> None:
    submit(an)
    lineage = waiting(hanh)
    hanh.line.is_down = True
    assert hanh.cell.mark_opened(lineage, NOW) == {Change.CELL, Change.STUDY, Change.OUTBOX}
    assert hanh.cell.reflection(lineage).state is State.OPENED
    assert hanh.cell.mark_opened(lineage, NOW) == frozenset(), "only the first time"
    hanh.cell.accept(lineage, "", NOW + timedelta(minutes=1))
    overview = hanh.cell.overview(cell, TASK, NOW)
    assert (overview.accepted, hanh.cell.to_review(cell)) == (1, ())
    assert [row.title for row in hanh.outbox.owed()] == ["Nhận xét bài thu hoạch của An"] * 2
    hanh.line.is_down = False
    hanh.deliver()
    an.pull()
    assert an.reflections.draft(TASK, NOW).state is State.ACCEPTED


def test_a_text_is_not_returned_without_a_word(an: Device, hanh: Device) -> None:
    submit(an)
    lineage = waiting(hanh)
    for comment, said in ((" \n", "góp ý"), ("x" * 10_001, "dài"), ("MẬT\nchữ", "bí mật")):
        with pytest.raises(BadInput, match=said):
            hanh.cell.return_for_revision(lineage, comment, NOW)
    assert hanh.outbox.owed() == ()


def test_nobody_reviews_their_own_text(hanh: Device, cell: str) -> None:
    submit(hanh)
    hanh.pull()
    lineage = hanh.reflections.submitted(TASK)[0].lineage
    assert hanh.cell.to_review(cell) == ()
    assert hanh.cell.mark_opened(lineage, NOW) == frozenset()
    assert not hanh.cell.reflection(lineage).can_decide
    with pytest.raises(NotAllowed):
        hanh.cell.accept(lineage, "", NOW)


def test_a_text_that_was_not_read_yet_is_not_judged(an: Device, hanh: Device) -> None:
    """A newer revision arrives between reading and deciding."""
    submit(an)
    lineage = waiting(hanh)
    hanh.cell.return_for_revision(lineage, "Sửa.", NOW)
    hanh.deliver()
    an.pull()
    an.reflections.revise(TASK, NOW)
    submit(an, TEXT + " bản hai")
    hanh.pull()
    with pytest.raises(Conflict, match="bản mới"):
        hanh.cell.accept(lineage, "", NOW, seen_revision=1)
    hanh.cell.accept(lineage, "", NOW, seen_revision=2)


def test_an_accepted_text_is_final(an: Device, hanh: Device) -> None:
    submit(an)
    lineage = waiting(hanh)
    hanh.cell.accept(lineage, "Tốt.", NOW)
    with pytest.raises(Conflict):
        hanh.cell.return_for_revision(lineage, "Thôi, sửa lại.", NOW)


def test_a_decision_that_the_server_refuses_does_not_count_and_its_words_come_back(
    an: Device, hanh: Device, cell: str
) -> None:
    submit(an)
    lineage = waiting(hanh)
    an.reflections.withdraw(TASK, NOW)
    assert an.deliver().error is None
    hanh.cell.accept(lineage, "Bài tốt.", NOW)
    assert hanh.cell.waiting(cell) == ()
    assert hanh.deliver().error is None
    (again,) = hanh.cell.to_review(cell)
    assert (again.state, again.can_decide, again.reviews) == (State.RECEIVED, True, ())
    assert (again.refused.review.verdict, "rút" in again.refused.reason) == (Verdict.ACCEPTED, True)
    assert hanh.cell.desk.draft(lineage).comment == "Bài tốt."
    (owed,) = hanh.outbox.owed()
    dropped, _ = set_aside.drop(hanh.store, owed.lineage, owed.revision)
    assert hanh.cell.reflection(lineage).refused is None
    assert [each.lineage for each in hanh.cell.waiting(cell)] == [lineage]
    set_aside.put_back(hanh.store, dropped)
    assert hanh.cell.reflection(lineage) == again
    hanh.pull()
    with pytest.raises(NotFound, match="Tác giả đã rút bài để viết lại"):
        hanh.cell.reflection(lineage)
    with pytest.raises(NotFound, match="Tác giả đã rút bài để viết lại"):
        hanh.cell.accept(lineage, "", NOW)


def test_an_unknown_text_is_not_found(hanh: Device) -> None:
    with pytest.raises(NotFound):
        hanh.cell.reflection("nothing")
    with pytest.raises(NotFound):
        hanh.cell.accept("nothing", "", NOW)


def test_the_longest_waiting_text_is_reviewed_first(
    an: Device, hanh: Device, device: Devices, cell: str, ward: Ward
) -> None:
    lan = device("Lan", cell, ITEMS)
    for minutes, pc in ((1, lan), (2, an)):
        ward.now = NOW + timedelta(minutes=minutes)
        submit(pc)
    hanh.pull()
    assert [view.author.name for view in hanh.cell.to_review(cell)] == ["Lan", "An"]


def test_the_message_to_paste_names_who_is_missing_and_why(
    an: Device, hanh: Device, device: Devices, cell: str
) -> None:
    lan = device("Lan", cell, ITEMS)
    for pc in (an, lan):
        pc.library.tick(NQ15, True, NOW)
        pc.library.tick(CT50, True, NOW)
        submit(pc)
    hanh.pull()
    returned = next(view for view in hanh.cell.to_review(cell) if view.author.name == "Lan")
    hanh.cell.return_for_revision(returned.lineage, "Sửa.", NOW)
    text = hanh.cell.missing_text(cell, TASK, NOW)
    assert text.splitlines()[:4] == [
        f"Kính gửi các đồng chí {hanh.unit().name},",
        "",
        "Nhiệm vụ học tập: Học tập Nghị quyết 15-NQ/TW",
        "Hạn: 30/11/2026 (còn 8 ngày)",
    ]
    assert "Chưa đọc hết tài liệu:\n1. Bich\n2. Hanh\n\n" in text
    assert "Chưa nộp xong bài thu hoạch:\n1. Bich\n2. Hanh\n3. Lan\n\n" in text
    assert "rả lại" not in text, "that a text was returned is nothing for the whole cell"
    assert max(map(len, text.splitlines()[:-3])) <= 60, "short lines, for telephones"


def test_the_exempt_and_those_on_paper_are_not_in_the_message(hanh: Device, cell: str) -> None:
    hanh.pull()
    hanh.cell.exempt(account_of("Bich", cell), TASK, "Tuổi cao", NOW)
    hanh.cell.take_paper(account_of("Lan", cell), TASK, NOW.date(), NOW)
    text = hanh.cell.missing_text(cell, TASK, NOW)
    assert "1. An\n2. Hanh\n" in text
    assert not any(name in text for name in ("Bich", "Lan", "Tuổi cao"))


def test_when_all_have_finished_there_is_no_message(ward: Ward, device: Devices) -> None:
    cell = ward.new_cell({"Hanh": (DutyKind.CELL_SECRETARY,)})
    read = assignment("doc", parts=(), documents=(NQ15,))
    hanh = device("Hanh", cell, (*ITEMS, assignment_item(read)))
    hanh.library.tick(NQ15, True, NOW)
    hanh.deliver()
    hanh.pull()
    assert hanh.cell.missing_text(cell, read.id, NOW) == ""
    assert hanh.cell.overview(cell, read.id, NOW).rows[0].state_text == "Đã đọc xong"


def test_a_late_text_is_marked_and_one_revised_late_on_request_is_not(
    ward: Ward, an: Device, hanh: Device, device: Devices, cell: str
) -> None:
    lan = device("Lan", cell, ITEMS)
    submit(an)
    lineage = waiting(hanh)
    hanh.cell.return_for_revision(lineage, "Sửa.", NOW)
    hanh.deliver()
    ward.now = LATE
    an.pull()
    an.reflections.revise(TASK, NOW)
    submit(an, TEXT + " bản hai")
    submit(lan)
    hanh.pull()
    overview = hanh.cell.overview(cell, TASK, LATE)
    assert {row.name: row.state_text for row in overview.rows} == {
        "An": "Đã nhận; đã đọc 0/2",
        "Bich": "Đã đọc 0/2 (quá hạn)",
        "Hanh": "Đã đọc 0/2 (quá hạn)",
        "Lan": "Đã nhận, nộp muộn; đã đọc 0/2",
    }
    assert overview.late == 1
    progress = {member.account: member for member in ward.completion(cell, MAIN).members}
    assert {row.account: row.progress for row in overview.rows} == progress


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["An", "Lan"]),
        st.sampled_from(
            ["tick", "untick", "hand in", "open", "return", "accept", "late", "exempt", "paper", "unmark"]
        ),
    ),
    max_size=10,
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_secretary_counts_what_the_server_counts(
    ward: Ward, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    ward.now, cell = NOW, ward.new_cell(MEMBERS)
    folder = tmp_path_factory.mktemp("pcs")
    pcs = {name: Device(folder / name, ward, name, cell, ITEMS) for name in ("An", "Lan", "Hanh")}
    hanh = pcs["Hanh"]
    try:
        for number, (name, step) in enumerate(steps):
            _take(pcs[name], hanh, step, NOW + timedelta(minutes=number))
        hanh.synced()
        rows = hanh.cell.overview(cell, TASK, NOW).rows
        progress = sorted((row.progress for row in rows), key=lambda each: each.account)
        assert tuple(progress) == ward.completion(cell, MAIN).members
    finally:
        for pc in pcs.values():
            pc.close()


def _take(pc: Device, hanh: Device, step: str, now: datetime) -> None:
    """One step of a member or of the secretary about that member, and its way through the server."""
    pc.synced()
    hanh.synced()
    draft = pc.reflections.draft(TASK, now)
    theirs = [view for view in hanh.cell.to_review(hanh.cell_path) if view.author.name == pc.name]
    if step == "late":
        pc.ward.now = LATE + timedelta(minutes=now.minute)
    elif step in ("tick", "untick"):
        pc.library.tick(NQ15, step == "tick", now)
    elif step == "hand in" and (draft.can_write or draft.can_revise):
        if draft.can_revise:
            pc.reflections.revise(TASK, now)
        pc.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", str(now))), now)
        pc.reflections.submit(TASK, now)
    elif theirs and step == "open":
        hanh.cell.mark_opened(theirs[0].lineage, now)
    elif theirs and step == "return":
        hanh.cell.return_for_revision(theirs[0].lineage, "Sửa.", now)
    elif theirs and step == "accept":
        hanh.cell.accept(theirs[0].lineage, "", now)
    elif step == "exempt":
        hanh.cell.exempt(pc.account_name, TASK, "Tuổi cao, sức yếu", now)
    elif step == "paper":
        hanh.cell.take_paper(pc.account_name, TASK, now.date(), now)
    elif step == "unmark":
        hanh.cell.unmark(pc.account_name, TASK, now)
    pc.synced()
    hanh.synced()


def test_a_review_by_another_reader_arrives_too(ward: Ward, device: Devices) -> None:
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,), "Minh": (DutyKind.CELL_DEPUTY,)})
    an, hanh, minh = (device(name, cell, ITEMS) for name in ("An", "Hanh", "Minh"))
    submit(an)
    lineage = waiting(hanh)
    hanh.cell.return_for_revision(lineage, "Sửa.", NOW)
    hanh.deliver()
    minh.pull()
    view = minh.cell.reflection(lineage)
    assert (view.state, view.reviews[0].by, view.reviews[0].verdict) == (
        State.RETURNED,
        "Hanh",
        Verdict.RETURNED,
    )


TWO = {"An": (), "Hanh": (DutyKind.CELL_SECRETARY,), "Minh": (DutyKind.CELL_DEPUTY,)}


def test_two_decide_offline_both_are_kept_and_the_later_one_counts_for_everybody(
    ward: Ward, device: Devices
) -> None:
    cell = ward.new_cell(TWO)
    an, hanh, minh = (device(name, cell, ITEMS) for name in ("An", "Hanh", "Minh"))
    submit(an)
    lineage = waiting(hanh)
    minh.pull()
    minh.cell.accept(lineage, "Tốt.", NOW + timedelta(minutes=2))
    hanh.cell.return_for_revision(lineage, "Sửa.", NOW + timedelta(minutes=1))
    assert hanh.cell.reflection(lineage).also_decided == (), "nobody else has, as far as this PC knows"
    for pc in (hanh, minh, hanh, an):
        pc.synced()
    for pc, other in ((hanh, "Minh"), (minh, "Hanh")):
        view = pc.cell.reflection(lineage)
        assert view.state is State.ACCEPTED
        assert [note.by for note in view.reviews] == ["Minh", "Hanh"]
        assert [note.by for note in view.also_decided] == [other]
        assert pc.cell.overview(cell, TASK, NOW).rows[0].contested
    assert an.reflections.draft(TASK, NOW).state is State.ACCEPTED


def test_who_decides_knowing_another_decision_decides_later_whatever_the_clocks_say(
    ward: Ward, device: Devices
) -> None:
    cell = ward.new_cell(TWO)
    an, hanh, minh = (device(name, cell, ITEMS) for name in ("An", "Hanh", "Minh"))
    submit(an)
    lineage = waiting(hanh)
    hanh.cell.return_for_revision(lineage, "Sửa.", NOW + timedelta(days=3))  # a clock three days ahead
    hanh.synced()
    minh.synced()
    assert [note.comment for note in minh.cell.reflection(lineage).also_decided] == ["Sửa."]
    minh.cell.accept(lineage, "Thế là được.", NOW)
    minh.synced()
    hanh.synced()
    assert hanh.cell.reflection(lineage).state is State.ACCEPTED


PASSAGE = PassageComment(part="lien-he", quote="thì đủ", before="chữ ", after=" để", comment="Rõ hơn.")


def test_comments_on_passages_reach_the_author_and_the_other_readers(ward: Ward, device: Devices) -> None:
    cell = ward.new_cell(TWO)
    an, hanh, minh = (device(name, cell, ITEMS) for name in ("An", "Hanh", "Minh"))
    submit(an)
    lineage = waiting(hanh)
    hanh.cell.return_for_revision(lineage, "", NOW, passages=(PASSAGE,))
    for pc in (hanh, minh, an):
        pc.synced()
    assert minh.cell.reflection(lineage).reviews[0].passages == (PASSAGE,)
    (note,) = an.reflections.draft(TASK, NOW).comments
    assert (note.comment, note.passages) == ("", (PASSAGE,))


@pytest.mark.parametrize(
    ("passages", "said"),
    [
        ((replace(PASSAGE, comment="x" * 2_001),), "dài"),
        ((replace(PASSAGE, comment="MẬT"),), "bí mật"),
        ((PASSAGE,) * 101, "100"),
    ],
)
def test_comments_on_passages_have_limits_too(
    an: Device, hanh: Device, passages: tuple[PassageComment, ...], said: str
) -> None:
    submit(an)
    lineage = waiting(hanh)
    with pytest.raises(BadInput, match=said):
        hanh.cell.return_for_revision(lineage, "Sửa.", NOW, passages=passages)


def test_the_trend_counts_by_assignment_without_the_exempt(
    ward: Ward, an: Device, hanh: Device, device: Devices, cell: str
) -> None:
    reading = assignment("doc", parts=(), documents=(NQ15,), due_on=MAIN.due_on + timedelta(days=9))
    hanh.publish(assignment_item(reading))
    lan = device("Lan", cell, ITEMS)
    submit(an)
    an.library.tick(NQ15, True, NOW)
    an.deliver()
    ward.now = LATE
    submit(lan)
    hanh.pull()
    hanh.cell.exempt(account_of("Bich", cell), TASK, "Tuổi cao", NOW)
    first, second = hanh.cell.trend(cell, NOW)
    assert (first.assignment.id, first.asked, first.on_time, first.late, first.missing) == (TASK, 3, 1, 1, 1)
    assert (second.assignment.id, second.asked, second.on_time, second.missing) == (reading.id, 4, 1, 3)
