"""How far a cell is with an assignment: the same numbers the desktop computes, from published assignments."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handbook.model.reflection import Verdict
from handbook.model.study import MemberProgress
from handbook.protocol.api import Completion
from handbook.server import tables
from tests.server.harness import (
    CELL,
    COMMUNE,
    NOW,
    OTHER_CELL,
    SUBJECT,
    RunningServer,
    problem,
    read,
    reflection,
    review,
    revised,
    tick,
)
from tests.server.published import DOCUMENTS, assignment, publish_assignments

ACCOUNTS = ["an", "binh", "bithu", "canbo", "pho", "quantri", "xuatban"]
DUE = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)  # midnight in Vietnam


@pytest.fixture(autouse=True)
def publishing(server: RunningServer, tmp_path: Path):
    """Publishes again whatever assignments it is given."""
    content = server.house.settings.content_dir
    shutil.rmtree(content, ignore_errors=True)

    def publish(**assignments: str) -> None:
        publish_assignments(tmp_path, content, NOW, **assignments)

    publish(hoc_nghi_quyet=assignment(), chi_doc=assignment(parts=False, units=(OTHER_CELL,)))
    return publish


def completion(
    server: RunningServer, unit: str = CELL, assignment: str = SUBJECT
) -> dict[str, MemberProgress]:
    answer = server.as_("bithu").get(f"/v1/cells/{unit}/completion", assignment=assignment)
    assert answer.status_code == 200, answer.text
    record = read(answer, Completion)
    assert (record.unit, record.assignment) == (unit, assignment)
    assert [member.account for member in record.members] == sorted(m.account for m in record.members)
    return {member.account: member for member in record.members}


def test_every_active_member_is_listed_and_nobody_else(server: RunningServer) -> None:
    assert list(completion(server)) == ACCOUNTS
    with server.house.database.write() as connection:
        gone = tables.members.c.account == "binh"
        connection.execute(tables.members.update().where(gone).values(active=False))
    assert "binh" not in completion(server)


def test_a_document_counts_as_read_by_the_mark_made_last(server: RunningServer) -> None:
    an = server.as_("an")
    an.hand_in(tick(DOCUMENTS[0], at=NOW))
    an.hand_in(tick(DOCUMENTS[1], at=NOW))
    assert completion(server)["an"].documents_read == 2
    an.hand_in(tick(DOCUMENTS[0], read=False, at=NOW + timedelta(hours=1)))
    an.hand_in(tick(DOCUMENTS[1], read=False, at=NOW - timedelta(hours=1)))  # an older PC catching up
    an.hand_in(tick("central/khac", at=NOW))
    member = completion(server)["an"]
    assert (member.documents_read, member.documents_total) == (1, 2)
    assert completion(server)["binh"].documents_read == 0


def test_the_state_of_a_reflection_follows_its_reviews(server: RunningServer) -> None:
    def state() -> str:
        return completion(server)["an"].reflection

    an, secretary, first = server.as_("an"), server.as_("bithu"), reflection()
    assert state() == ""
    an.hand_in(first)
    assert state() == "received"
    secretary.hand_in(review(first, Verdict.OPENED, at=NOW))
    assert state() == "opened"
    secretary.hand_in(review(first, Verdict.RETURNED, at=NOW + timedelta(minutes=1)))
    server.as_("pho").hand_in(review(first, Verdict.OPENED, at=NOW + timedelta(minutes=2)))
    assert state() == "returned"
    second = revised(first, "Lần hai")
    an.hand_in(second)
    assert state() == "received"
    secretary.hand_in(review(second, Verdict.ACCEPTED, at=NOW + timedelta(minutes=3)))
    assert state() == "accepted"


def test_the_servers_clock_decides_what_is_late_with_the_grace(server: RunningServer) -> None:
    server.clock.now = DUE + timedelta(days=3) - timedelta(seconds=1)
    server.as_("an").hand_in(reflection())
    server.clock.now = DUE + timedelta(days=3)
    server.as_("binh").hand_in(reflection())
    members = completion(server)
    assert (members["an"].late, members["binh"].late, members["pho"].late) == (False, True, False)


def test_a_published_change_of_the_assignment_is_seen_without_a_restart(
    server: RunningServer, publishing
) -> None:
    assert completion(server)["an"].documents_total == 2
    publishing(hoc_nghi_quyet=assignment(documents=DOCUMENTS[:1]))
    assert completion(server)["an"].documents_total == 1


@pytest.mark.parametrize(
    ("unit", "assignment_id"),
    [
        (CELL, f"{COMMUNE}/khong-co"),
        (CELL, "khong-co"),
        (CELL, "../../etc/passwd"),
        (CELL, "tinh/xa/khong-co"),
        (CELL, DOCUMENTS[0]),
        (CELL, f"{COMMUNE}/chi-doc"),
        (f"{COMMUNE}/khong-co", SUBJECT),
    ],
)
def test_an_unknown_assignment_or_cell_is_not_found(
    server: RunningServer, unit: str, assignment_id: str
) -> None:
    answer = server.as_("canbo").get(f"/v1/cells/{unit}/completion", assignment=assignment_id)
    assert problem(answer) == (404, "not-found")


def test_without_any_content_nothing_is_found(server: RunningServer) -> None:
    shutil.rmtree(server.house.settings.content_dir)
    answer = server.as_("bithu").get(f"/v1/cells/{CELL}/completion", assignment=SUBJECT)
    assert problem(answer) == (404, "not-found")


@pytest.mark.expected_warnings("handbook.server ERROR unavailable")
@pytest.mark.parametrize("damage", ["altered pack", "missing pack", "altered catalogue", "no JSON"])
def test_damaged_content_is_the_servers_fault_and_never_used(server: RunningServer, damage: str) -> None:
    content = server.house.settings.content_dir
    if damage == "no JSON":
        damaged = [content / "metadata" / "timestamp.json"]
        damaged[0].write_text("{")
    elif damage == "altered catalogue":
        damaged = list((content / "targets" / COMMUNE).glob("*.json"))
    else:
        damaged = list((content / "packs").glob("*.pack"))
    for file in damaged:
        if damage == "missing pack":
            file.unlink()
        elif damage.startswith("altered"):
            data = bytearray(file.read_bytes())
            data[-1] ^= 1
            file.write_bytes(data)
    answer = server.as_("bithu").get(f"/v1/cells/{CELL}/completion", assignment=SUBJECT)
    assert problem(answer) == (500, "server-broken")


def test_a_cell_path_may_be_sent_with_its_slashes_escaped(server: RunningServer) -> None:
    path = f"/v1/cells/{CELL.replace('/', '%2F')}/completion"
    assert server.as_("bithu").get(path, assignment=SUBJECT).status_code == 200
