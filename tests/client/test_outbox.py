"""What is owed arrives once and in order, whatever the line and the server do, and waits for its receipt."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from handbook.client import outbox as outbox_module
from handbook.client.answers import refusal
from handbook.client.tables import library, personal
from handbook.client.transport import Answer as HttpAnswer
from handbook.errors import (
    BadInput,
    Conflict,
    NotAllowed,
    NotFound,
    Offline,
    ServerBroken,
    SignInFailed,
    TooBusy,
    Untrusted,
)
from handbook.model.changes import Change
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State
from handbook.protocol import codec
from handbook.protocol.api import ErrorBody
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import RETRY_AFTER_SECONDS, Device, Fault, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
OTHER_TASK = "hongson/anbinh/khac"
FIRST, SECOND = "central/15-nq-tw-2022", "central/50-ct-tw-2025"
ITEMS = (
    document_item(document()),
    document_item(document("50-ct-tw-2025", number="50-CT/TW", title="Đổi mới sinh hoạt chi bộ")),
    assignment_item(assignment()),
    assignment_item(assignment("khac", title="Nhiệm vụ khác")),
)
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
DAY = timedelta(days=1)


@pytest.fixture
def an(ward: Ward, device: Callable[..., Device]) -> Device:
    return device("An", ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)}), ITEMS)


def submit(an: Device, task: str = TASK, text: str = TEXT) -> None:
    an.reflections.save(task, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    an.reflections.submit(task, NOW)


def kinds_held(an: Device) -> list[str]:
    return [kind for kind, *_ in an.ward.submissions_of(an.account_name)]


def test_what_is_owed_is_sent_and_settled_by_its_receipt(an: Device) -> None:
    an.library.tick(FIRST, True, NOW)
    submit(an)
    report = an.deliver()
    assert (report.sent, report.held, report.set_aside, report.error) == (2, 0, 0, None)
    assert {Change.OUTBOX, Change.REFLECTION, Change.STUDY} <= report.changes
    assert an.outbox.owed() == ()
    assert sorted(kinds_held(an)) == ["reflection", "tick"]


def test_what_waits_is_named_in_the_order_it_was_made(an: Device) -> None:
    an.library.tick(SECOND, True, NOW)
    submit(an)
    assert [(row.title, row.set_aside, row.last_error) for row in an.outbox.owed()] == [
        ("50-CT/TW Đổi mới sinh hoạt chi bộ", False, ""),
        ("Học tập Nghị quyết 15-NQ/TW", False, ""),
    ]


def test_without_a_line_everything_waits_and_says_why(an: Device) -> None:
    an.library.tick(FIRST, True, NOW)
    submit(an)
    an.line.is_down = True
    report = an.deliver()
    assert isinstance(report.error, Offline)
    assert (report.sent, report.held) == (0, 2)
    first, second = an.outbox.owed()
    assert "Không kết nối được" in first.last_error
    assert second.last_error == "", "the line was not tried again for each row"


def test_when_the_line_is_back_nothing_waits_for_a_clock(an: Device) -> None:
    submit(an)
    an.line.is_down = True
    for _ in range(5):
        an.deliver()
    an.line.is_down = False
    assert an.deliver().sent == 1


@pytest.mark.parametrize(
    "fault", [Fault.LOST, Fault.REPLY_LOST, Fault.LATE, Fault.TWICE, Fault.CUT, Fault.BROKEN, Fault.PORTAL]
)
def test_whatever_happens_on_the_way_one_submission_arrives(an: Device, fault: Fault) -> None:
    submit(an)
    an.line.faults.append(fault)
    an.deliver()
    an.deliver(NOW + DAY)
    assert an.outbox.owed() == ()
    assert len(kinds_held(an)) == 1
    assert an.reflections.submitted(TASK)[0].state is State.RECEIVED


def test_a_broken_answer_holds_one_row_back_and_the_rest_goes_on(an: Device) -> None:
    submit(an)
    submit(an, OTHER_TASK)
    an.line.faults.append(Fault.BROKEN)
    report = an.deliver()
    assert (report.sent, report.held) == (1, 1)
    assert isinstance(report.error, ServerBroken)
    assert an.deliver().sent == 0, "not tried again at once"
    assert an.deliver(NOW + DAY).sent == 1


def test_a_server_that_is_ill_is_left_alone_after_some_answers(an: Device) -> None:
    for number in range(6):
        an.library.tick(FIRST, number % 2 == 0, NOW + timedelta(minutes=number))
    an.line.faults.extend([Fault.BROKEN] * 6)
    an.deliver()
    assert len(an.line.requests) == outbox_module.MAX_FAILURES


def test_a_busy_server_is_given_the_time_it_asks_for(an: Device) -> None:
    submit(an)
    an.line.faults.append(Fault.BUSY)
    report = an.deliver()
    assert isinstance(report.error, TooBusy)
    asked = len(an.line.requests)
    early = an.deliver(NOW + timedelta(seconds=RETRY_AFTER_SECONDS - 1))
    assert isinstance(early.error, TooBusy)
    assert len(an.line.requests) == asked, "no request while it rests"
    submit(an, OTHER_TASK)
    an.deliver(NOW + timedelta(seconds=RETRY_AFTER_SECONDS - 1))
    assert len(an.line.requests) == asked, "nor for what was queued since"
    assert an.deliver(NOW + DAY).sent == 2


def test_waits_are_spread_and_bounded(an: Device) -> None:
    waits = [an.outbox._wait(attempts, 0).total_seconds() for attempts in range(40)]
    assert len(set(waits)) == len(waits)
    assert all(
        0 <= wait <= min(outbox_module.LONGEST_WAIT_SECONDS, 30 * 2**attempts)
        for attempts, wait in enumerate(waits)
    )
    assert max(waits) > 1800


def test_a_refused_row_is_set_aside_with_the_reason_and_the_rest_goes_on(an: Device) -> None:
    an.library.tick(FIRST, True, NOW)
    submit(an)
    with an.store.personal.write() as connection:
        connection.execute(
            update(personal.outbox).where(personal.outbox.c.kind == "tick").values(subject="another")
        )
    report = an.deliver()
    assert (report.sent, report.set_aside, report.error) == (1, 1, None)
    (owed,) = an.outbox.owed()
    assert owed.set_aside
    assert "không khớp" in owed.last_error
    before = len(an.line.requests)
    an.deliver(NOW + DAY)
    assert len(an.line.requests) == before, "not tried until a person asks"


def test_a_row_set_aside_is_sent_again_when_a_person_asks(an: Device) -> None:
    an.library.tick(FIRST, True, NOW)
    with an.store.personal.write() as connection:
        connection.execute(update(personal.outbox).values(set_aside=True))
    (owed,) = an.outbox.owed()
    assert an.outbox.retry(owed.lineage, owed.revision) == {Change.OUTBOX}
    assert an.deliver().sent == 1


def test_a_revision_waits_for_the_earlier_one_of_its_lineage(an: Device) -> None:
    submit(an)
    with an.store.personal.write() as connection:
        row = dict(connection.execute(select(personal.outbox)).one()._mapping)
        connection.execute(
            personal.outbox.insert().values(row | {"sequence": row["sequence"] + 1, "revision": 2})
        )
    an.library.tick(FIRST, True, NOW)
    an.line.faults.append(Fault.BROKEN)
    assert an.deliver().sent == 1, "the tick; revision 2 was not tried before revision 1"
    assert [path.rpartition("/")[2] for path in an.line.requests] == ["1", "1"]


def test_a_refused_token_stops_everything_and_loses_nothing(an: Device) -> None:
    an.library.tick(FIRST, True, NOW)
    submit(an)
    an.ward.sign_out_everywhere(an.account_name)
    report = an.deliver()
    assert isinstance(report.error, SignInFailed)
    assert Change.ACCOUNT in report.changes
    assert an.account.session_expired()
    assert len(an.line.requests) == 1
    assert [row.set_aside for row in an.outbox.owed()] == [False, False]


def test_a_receipt_by_an_unpublished_key_is_not_shown_and_not_retried_at_once(
    ward: Ward, device: Callable[..., Device]
) -> None:
    an = device("An", ward.new_cell({"An": ()}), ITEMS, knows_key=False)
    submit(an)
    report = an.deliver()
    assert isinstance(report.error, Untrusted)
    (owed,) = an.outbox.owed()
    assert (owed.set_aside, "công bố" in owed.last_error) == (False, True)
    assert an.reflections.submitted(TASK)[0].state is State.WAITING
    an.deliver(NOW + timedelta(seconds=1))
    assert len(an.line.requests) == 1
    an.learn_receipt_key()
    assert an.deliver(NOW + DAY).sent == 1
    assert an.reflections.submitted(TASK)[0].state is State.RECEIVED


def test_a_receipt_of_another_text_is_not_taken(an: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(an)
    submit(an, OTHER_TASK)
    first, second = an.outbox.owed()
    send = an.line.send

    def crossed(method: str, path: str, **rest: object) -> HttpAnswer:
        """A cache on the way answers the second request with what the first one got."""
        if second.lineage in path:
            with an.store.personal.read() as connection:
                row = connection.execute(
                    select(personal.receipts).where(personal.receipts.c.lineage == first.lineage)
                ).one()
            return HttpAnswer(201, {}, codec.encode(outbox_module.receipts.from_row(row)))
        return send(method, path, **rest)

    monkeypatch.setattr(an.line, "send", crossed)
    report = an.deliver()
    assert report.sent == 1
    assert isinstance(report.error, Untrusted)
    assert [row.lineage for row in an.outbox.owed()] == [second.lineage]


def test_a_clash_whose_text_cannot_be_verified_changes_nothing_here(
    ward: Ward, device: Callable[..., Device]
) -> None:
    cell = ward.new_cell({"An": ()})
    an, other = device("An", cell, ITEMS), device("An", cell, ITEMS)
    submit(other, text="bản của máy khác đã gửi trước rồi nhé")
    other.deliver()
    submit(an)
    with an.store.library.write() as connection:
        connection.execute(delete(library.receipt_keys))
    report = an.deliver()
    assert isinstance(report.error, Untrusted)
    assert [row.set_aside for row in an.outbox.owed()] == [False]
    assert an.reflections.draft(TASK, NOW).kept == ()


def test_a_cancelled_delivery_stops_between_two_rows(an: Device) -> None:
    submit(an)
    submit(an, OTHER_TASK)
    report = an.outbox.deliver(an.line, an.account.token, NOW, cancelled=lambda: len(an.line.requests) > 0)
    assert (report.sent, report.held) == (1, 1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadInput),
        (401, SignInFailed),
        (403, NotAllowed),
        (404, NotFound),
        (409, Conflict),
        (413, BadInput),
        (422, BadInput),
        (429, TooBusy),
        (500, ServerBroken),
        (502, ServerBroken),
        (503, TooBusy),
    ],
)
def test_each_status_becomes_the_kind_it_stands_for(status: int, kind: type) -> None:
    body = codec.encode(ErrorBody(code="any", message="Lý do.", advice="Lời khuyên."))
    error = refusal(HttpAnswer(status, {}, body))
    assert type(error) is kind
    assert error.message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 502])
def test_an_error_page_that_is_not_ours_says_nothing_of_the_request(status: int) -> None:
    assert type(refusal(HttpAnswer(status, {}, b"<html>"))) is ServerBroken


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Retry-After": "17"}, 17),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 08:31:00 GMT",
                "Date": "Sun, 22 Nov 2026 08:30:00 GMT",
            },
            60,
        ),
        ({"Retry-After": "soon"}, 0),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: float) -> None:
    error = refusal(HttpAnswer(503, headers, b""))
    assert isinstance(error, TooBusy)
    assert error.retry_after == seconds


def test_what_is_sent_names_the_cell_and_commune_of_when_it_was_written(an: Device) -> None:
    submit(an)
    with an.store.personal.read() as connection:
        sent = outbox_module.submission_in(connection.execute(select(personal.outbox)).one())
    assert (sent.unit, sent.commune) == (an.cell_path, "hongson/anbinh")
