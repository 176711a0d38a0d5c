"""What the cell enters of its members: exemptions and papers, also by two deputies and offline."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from handbook.errors import BadInput, NotAllowed, NotFound
from handbook.model.people import DutyKind
from handbook.model.study import MarkKind
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, account_of

Devices = Callable[..., Device]
TASK = "hongson/anbinh/hoc-tap-nq15"
MAIN, READING = assignment(), assignment("doc", parts=(), min_words=0)
ITEMS = (document_item(document()), assignment_item(MAIN), assignment_item(READING))
MEMBERS = {"An": (), "Lan": (), "Hanh": (DutyKind.CELL_SECRETARY,), "Minh": (DutyKind.CELL_DEPUTY,)}
HEALTH = "Đang điều trị bệnh"


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell(MEMBERS)


@pytest.fixture
def pcs(device: Devices, cell: str) -> dict[str, Device]:
    made = {name: device(name, cell, ITEMS) for name in MEMBERS}
    for pc in made.values():
        pc.synced()
    return made


def said_of_an(pc: Device) -> str:
    rows = pc.cell.overview(pc.cell_path, TASK, NOW).rows
    return next(row.state_text for row in rows if row.name == "An")


def test_who_is_exempt_is_told_why_and_not_chased(pcs: dict[str, Device]) -> None:
    an, hanh = pcs["An"], pcs["Hanh"]
    assert an.study.today(NOW).tasks
    hanh.line.is_down = True
    hanh.cell.exempt(an.account_name, TASK, "  Đang điều trị\nbệnh ", NOW)
    assert said_of_an(hanh) == f"Miễn: {HEALTH}", "counts at once, offline"
    assert [row.title for row in hanh.outbox.owed()] == ["Ghi nhận miễn, nộp giấy: An"]
    hanh.line.is_down = False
    for pc in (hanh, an):
        pc.synced()
    view = an.study.assignment(TASK, NOW)
    assert (view.done, view.next_step) == (True, f"Miễn: {HEALTH}; không còn việc gì phải làm.")
    assert {task.assignment_id for task in an.study.today(NOW).tasks} == {READING.id}


def test_a_paper_counts_as_handed_in_on_the_day_the_cell_took_it(
    ward: Ward, pcs: dict[str, Device], cell: str
) -> None:
    an, lan, hanh = pcs["An"], pcs["Lan"], pcs["Hanh"]
    ward.now = NOW + timedelta(days=20)
    hanh.cell.take_paper(an.account_name, TASK, MAIN.due_on, ward.now)
    hanh.cell.take_paper(lan.account_name, TASK, MAIN.due_on + timedelta(days=1), ward.now)
    for pc in (hanh, an):
        pc.synced()
    overview = hanh.cell.overview(cell, TASK, ward.now)
    assert (overview.paper, overview.late, overview.missing) == (2, 1, 2)
    assert an.study.assignment(TASK, ward.now).next_step.startswith("Đã nộp giấy ngày 30/11/2026")
    assert tuple(row.progress for row in sorted(overview.rows, key=lambda row: row.account)) == (
        ward.completion(cell, MAIN).members
    )


def test_an_entry_is_taken_back_as_easily(pcs: dict[str, Device]) -> None:
    an, hanh = pcs["An"], pcs["Hanh"]
    hanh.cell.exempt(an.account_name, TASK, HEALTH, NOW)
    hanh.cell.unmark(an.account_name, TASK, NOW)  # in the same moment by the clock
    assert said_of_an(hanh) == "Đã đọc 0/1"
    for pc in (hanh, an):
        pc.synced()
    view = an.study.assignment(TASK, NOW)
    assert (view.mark, view.done) == (None, False)


def test_entries_of_two_deputies_for_the_same_member_meet(pcs: dict[str, Device]) -> None:
    an, hanh, minh = pcs["An"], pcs["Hanh"], pcs["Minh"]
    hanh.cell.exempt(an.account_name, TASK, HEALTH, NOW)
    minh.cell.take_paper(an.account_name, TASK, NOW.date(), NOW + timedelta(minutes=1))
    for pc in (minh, hanh, minh, an):
        pc.synced()
    assert {said_of_an(hanh), said_of_an(minh)} == {"Đã nộp giấy ngày 22/11/2026"}
    assert an.study.assignment(TASK, NOW).mark.kind is MarkKind.PAPER


def test_who_takes_back_what_another_entered_wins_whatever_the_clocks_say(pcs: dict[str, Device]) -> None:
    an, hanh, minh = pcs["An"], pcs["Hanh"], pcs["Minh"]
    hanh.cell.exempt(an.account_name, TASK, HEALTH, NOW + timedelta(days=2))
    hanh.synced()
    minh.synced()
    minh.cell.unmark(an.account_name, TASK, NOW)
    minh.cell.exempt(an.account_name, TASK, "Nghỉ thai sản", NOW)
    minh.synced()
    hanh.synced()
    assert said_of_an(hanh) == said_of_an(minh) == "Miễn: Nghỉ thai sản"


def test_another_member_learns_nothing_of_the_reason(pcs: dict[str, Device]) -> None:
    an, lan, hanh = pcs["An"], pcs["Lan"], pcs["Hanh"]
    hanh.cell.exempt(an.account_name, TASK, HEALTH, NOW)
    hanh.synced()
    lan.synced()
    with lan.store.personal.read() as connection:
        assert not connection.exec_driver_sql("select * from cell_marks").all()
    with hanh.store.personal.read() as connection:
        assert len(connection.exec_driver_sql("select * from cell_marks").all()) == 1


def test_what_cannot_be_entered_says_why(pcs: dict[str, Device]) -> None:
    an, hanh = pcs["An"], pcs["Hanh"]
    tomorrow = NOW.date() + timedelta(days=1)
    for refused, said in (
        (lambda: hanh.cell.exempt(an.account_name, TASK, " ", NOW), "lý do"),
        (lambda: hanh.cell.exempt(an.account_name, TASK, "x" * 301, NOW), "dài"),
        (lambda: hanh.cell.exempt(an.account_name, TASK, "MẬT", NOW), "bí mật"),
        (lambda: hanh.cell.take_paper(an.account_name, TASK, tomorrow, NOW), "sau hôm nay"),
        (lambda: hanh.cell.take_paper(an.account_name, READING.id, NOW.date(), NOW), "chỉ yêu cầu đọc"),
    ):
        with pytest.raises(BadInput, match=said):
            refused()
    with pytest.raises(NotAllowed, match="cho mình"):
        hanh.cell.exempt(hanh.account_name, TASK, HEALTH, NOW)
    with pytest.raises(NotFound):
        hanh.cell.exempt("nobody", TASK, HEALTH, NOW)
    with pytest.raises(NotFound):
        an.cell.exempt(pcs["Lan"].account_name, TASK, HEALTH, NOW)
    assert hanh.outbox.owed() == ()


def test_what_the_server_refuses_does_not_count(ward: Ward, pcs: dict[str, Device], cell: str) -> None:
    """The member has moved to another cell meanwhile."""
    an, hanh = pcs["An"], pcs["Hanh"]
    elsewhere = ward.new_cell({"Bich": ()})
    ward.move(an.account_name, "An", elsewhere)
    hanh.cell.exempt(an.account_name, TASK, HEALTH, NOW)
    assert said_of_an(hanh) == f"Miễn: {HEALTH}"
    hanh.deliver()
    assert [row.set_aside for row in hanh.outbox.owed()] == [True]
    assert said_of_an(hanh) == "Đã đọc 0/1"


def test_who_no_longer_reads_the_cell_keeps_no_reasons(ward: Ward, pcs: dict[str, Device], cell: str) -> None:
    an, hanh, minh = pcs["An"], pcs["Hanh"], pcs["Minh"]
    hanh.cell.exempt(an.account_name, TASK, HEALTH, NOW)
    hanh.cell.exempt(minh.account_name, TASK, HEALTH, NOW)
    hanh.synced()
    minh.synced()
    ward.move(minh.account_name, "Minh", cell)  # without the deputy's duty
    minh.synced()
    with minh.store.personal.read() as connection:
        kept = connection.exec_driver_sql("select member from cell_marks").scalars().all()
    assert kept == [account_of("Minh", cell)]
    assert minh.study.assignment(TASK, NOW).mark is not None


def test_the_day_of_each_members_last_sync_is_known_to_the_cells_officers(
    ward: Ward, pcs: dict[str, Device], cell: str
) -> None:
    an, hanh = pcs["An"], pcs["Hanh"]
    ward.now = NOW + timedelta(days=1)
    an.synced()
    hanh.synced()
    days = {row.name: row.last_sync for row in hanh.cell.overview(cell, TASK, ward.now).rows}
    today = NOW.date()
    assert days == {
        "An": today + timedelta(days=1),
        "Hanh": today + timedelta(days=1),
        "Lan": today,
        "Minh": today,
    }
