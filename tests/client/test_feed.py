"""What other PCs and the cell did arrives, however often it is read, and is believed only with a receipt."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from handbook.client import feed as feed_module
from handbook.client.tables import library, personal
from handbook.errors import NotFound, Offline, ServerBroken, SignInFailed, Untrusted
from handbook.model.changes import Change
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Fault, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
DOCUMENT = "central/15-nq-tw-2022"
ITEMS = (document_item(document()), assignment_item(assignment()))
SECRETARY = (DutyKind.CELL_SECRETARY,)
Devices = Callable[..., Device]


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Lan": (), "Hanh": SECRETARY})


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, ITEMS)


@pytest.fixture
def hanh(device: Devices, cell: str) -> Device:
    return device("Hanh", cell, ITEMS)


def submit(an: Device, text: str = "mười chữ thì đủ để nộp bài này rồi đấy") -> None:
    an.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    an.reflections.submit(TASK, NOW)
    an.deliver()


def count(device: Device, table: str) -> int:
    with device.store.personal.read() as connection:
        return connection.execute(
            select(func.count()).select_from(personal.personal.tables[table])
        ).scalar_one()


def everything(device: Device) -> dict[str, list[tuple]]:
    """All rows of the member's database but the log of syncs."""
    with device.store.personal.read() as connection:
        return {
            name: sorted(tuple(row) for row in connection.execute(select(table)))
            for name, table in personal.personal.tables.items()
            if name not in ("sync_log", "sync_state", "account")
        }


def test_a_member_learns_of_nobody_else(an: Device, hanh: Device, device: Devices, cell: str) -> None:
    submit(device("Lan", cell, ITEMS))
    an.pull()
    assert (count(an, "cell_members"), count(an, "cell_submissions"), count(an, "revisions")) == (0, 0, 0)
    hanh.pull()
    assert (count(hanh, "cell_members"), count(hanh, "cell_submissions")) == (3, 1)


def test_ticks_of_another_pc_arrive_and_the_later_mark_wins(an: Device, device: Devices, cell: str) -> None:
    other = device("An", cell, ITEMS)
    other.library.tick(DOCUMENT, True, NOW)
    other.deliver()
    an.pull()
    assert an.library.open(DOCUMENT).card.read
    an.library.tick(DOCUMENT, False, NOW + timedelta(minutes=2))
    other.library.tick(DOCUMENT, False, NOW + timedelta(minutes=1))
    other.library.tick(DOCUMENT, True, NOW + timedelta(minutes=1, seconds=1))
    other.deliver()
    an.pull()
    assert not an.library.open(DOCUMENT).card.read
    an.deliver()
    other.pull()
    assert not other.library.open(DOCUMENT).card.read


def test_reading_everything_again_changes_nothing(an: Device, hanh: Device) -> None:
    an.library.tick(DOCUMENT, True, NOW)
    submit(an)
    hanh.pull()
    hanh.cell.return_for_revision(hanh.cell.to_review(hanh.cell_path)[0].lineage, "Sửa.", NOW)
    hanh.deliver()
    for pc in (an, hanh):
        pc.pull()
        before = everything(pc)
        with pc.store.personal.write() as connection:
            connection.execute(update(personal.feed_cursors).values(position=0))
        assert pc.pull().received > 0
        assert everything(pc) == before


def test_a_page_is_applied_with_its_cursor_or_not_at_all(
    an: Device, hanh: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(an)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(hanh.feed, "_move_cursor", power_cut)
        with pytest.raises(KeyboardInterrupt):
            hanh.pull()
    assert (count(hanh, "cell_members"), count(hanh, "cell_submissions")) == (0, 0)
    hanh.pull()
    assert (count(hanh, "cell_members"), count(hanh, "cell_submissions")) == (3, 1)


def test_a_long_feed_comes_page_by_page(an: Device, hanh: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "FEED_PAGE", 2)
    for number in range(5):
        an.library.tick(DOCUMENT, number % 2 == 0, NOW + timedelta(minutes=number))
    an.deliver()
    assert hanh.pull().received == 8
    assert len(hanh.line.requests) == 4


def test_a_broken_line_between_pages_keeps_what_came(
    an: Device, hanh: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "FEED_PAGE", 2)
    send = hanh.line.send

    def second_page_lost(method: str, path: str, **rest: object) -> object:
        if len(hanh.line.requests) == 1:
            hanh.line.faults.append(Fault.LOST)
        return send(method, path, **rest)

    monkeypatch.setattr(hanh.line, "send", second_page_lost)
    report = hanh.pull()
    assert (report.received, type(report.error)) == (2, Offline)
    assert count(hanh, "cell_members") == 2
    assert hanh.pull().received == 1
    assert count(hanh, "cell_members") == 3


def test_the_receipt_of_a_lost_reply_arrives_by_the_feed_and_settles_what_was_owed(an: Device) -> None:
    an.line.faults.append(Fault.REPLY_LOST)
    submit(an)
    assert an.reflections.submitted(TASK)[0].state is State.WAITING
    report = an.pull()
    assert {Change.OUTBOX, Change.REFLECTION} <= report.changes
    assert an.outbox.owed() == ()
    (revision,) = an.reflections.submitted(TASK)
    assert revision.state is State.RECEIVED
    assert an.reflections.verify(revision.lineage, 1)


def test_an_own_text_without_a_trusted_receipt_is_not_shown_and_comes_later(
    an: Device, device: Devices, cell: str
) -> None:
    submit(device("An", cell, ITEMS))
    with an.store.library.write() as connection:
        connection.execute(delete(library.receipt_keys))
    report = an.pull()
    assert isinstance(report.error, Untrusted)
    assert an.reflections.submitted(TASK) == ()
    an.learn_receipt_key()
    assert an.pull().error is None
    assert an.reflections.submitted(TASK)[0].state is State.RECEIVED


def test_a_clash_noticed_in_the_feed_keeps_both_texts(an: Device, device: Devices, cell: str) -> None:
    """Both PCs revise the same revision; the other's arrives here before this one's could be sent."""
    other, hanh = device("An", cell, ITEMS), device("Hanh", cell, ITEMS)
    submit(an)
    hanh.pull()
    hanh.cell.return_for_revision(hanh.cell.to_review(cell)[0].lineage, "Sửa.", NOW)
    hanh.deliver()
    for pc in (an, other):
        pc.pull()
        pc.reflections.revise(TASK, NOW)
    an.line.is_down = True
    submit(an, "bản ở nhà viết lại đủ chữ để nộp")
    submit(other, "bản ở cơ quan viết lại đủ chữ để nộp")
    an.line.is_down = False
    an.pull()
    draft = an.reflections.draft(TASK, NOW)
    assert draft.versions[0].answers[0].text == "bản ở cơ quan viết lại đủ chữ để nộp"
    assert draft.kept[0].answers[0].text == "bản ở nhà viết lại đủ chữ để nộp"
    assert [row.set_aside for row in an.outbox.owed()] == [True]
    with an.store.personal.write() as connection:
        connection.execute(update(personal.feed_cursors).values(position=0))
    an.pull()
    assert an.deliver().error is None
    assert an.reflections.draft(TASK, NOW).kept == draft.kept
    assert [row.set_aside for row in an.outbox.owed()] == [True], "until the member chose"


def test_a_new_secretary_gets_the_whole_cell_from_the_start(
    ward: Ward, an: Device, device: Devices, cell: str
) -> None:
    lan = device("Lan", cell, ITEMS)
    submit(an)
    lan.pull()
    assert lan.cell.units() == ()
    ward.load(cell, {"An": (), "Lan": SECRETARY, "Hanh": ()})
    assert Change.ACCOUNT in lan.pull().changes
    assert [unit.path for unit in lan.cell.units()] == [cell]
    assert (count(lan, "cell_members"), count(lan, "cell_submissions")) == (3, 1)
    assert len(lan.cell.to_review(cell)) == 1


def test_who_is_no_longer_secretary_keeps_no_copies_but_their_own_work(
    ward: Ward, an: Device, hanh: Device, cell: str
) -> None:
    submit(an)
    submit(hanh)
    hanh.pull()
    hanh.cell.mark_opened(hanh.cell.to_review(cell)[0].lineage, NOW)
    hanh.deliver()
    ward.load(cell, {"An": (), "Lan": (), "Hanh": ()})
    hanh.pull()
    hanh.pull()
    assert (count(hanh, "cell_members"), count(hanh, "cell_submissions")) == (0, 0)
    assert hanh.reflections.submitted(TASK)[0].state is State.RECEIVED


def test_who_moved_to_another_cell_is_counted_there_only(
    ward: Ward, an: Device, hanh: Device, cell: str
) -> None:
    hanh.pull()
    elsewhere = ward.new_cell({})
    ward.move(an.account_name, "An", elsewhere)
    hanh.pull()
    overview = hanh.cell.overview(cell, TASK, NOW)
    assert [row.name for row in overview.rows] == ["Hanh", "Lan"]
    an.pull()
    assert an.account.member().unit == elsewhere
    assert an.unit().path == elsewhere


def test_a_cell_the_server_does_not_know_does_not_hide_the_own_one(
    an: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = an.feed._readings
    monkeypatch.setattr(
        an.feed,
        "_readings",
        lambda: [feed_module._Reading("hongson/anbinh/gone", False), *readings()],
    )
    submit(an)
    report = an.pull()
    assert report.received == 2
    assert isinstance(report.error, feed_module.NotAllowed | NotFound)


def test_a_refused_token_is_noted(an: Device) -> None:
    an.ward.sign_out_everywhere(an.account_name)
    report = an.pull()
    assert isinstance(report.error, SignInFailed)
    assert an.account.session_expired()


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.BROKEN, Fault.PORTAL])
def test_an_answer_that_is_no_page_changes_nothing(an: Device, fault: Fault) -> None:
    submit(an)
    before = everything(an)
    an.line.faults.append(fault)
    report = an.pull()
    assert isinstance(report.error, ServerBroken)
    assert everything(an) == before


def test_a_cancelled_reading_stops_before_the_next_page(an: Device) -> None:
    report = an.feed.pull(an.line, an.account.token, NOW, cancelled=lambda: True)
    assert (report.received, an.line.requests) == (0, [])
