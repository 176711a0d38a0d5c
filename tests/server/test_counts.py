"""Figures of all cells below a unit: those of each cell's own page, for whom the table of access lets in."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from handbook.model.reflection import Verdict
from handbook.model.report import Figures, figures_of
from handbook.protocol.api import Completion, Counts
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
    tick,
)
from tests.server.published import DOCUMENTS, assignment, publish_assignments
from tests.server.test_roster import changed, editing, listed

READING = f"{COMMUNE}/chi-doc"


@pytest.fixture(autouse=True)
def publishing(server: RunningServer, tmp_path: Path):
    """Publishes again whatever assignments it is given."""
    content = server.house.settings.content_dir
    shutil.rmtree(content, ignore_errors=True)

    def publish(**assignments: str) -> None:
        publish_assignments(tmp_path, content, NOW, **assignments)

    publish(hoc_nghi_quyet=assignment(), chi_doc=assignment(parts=False, units=(OTHER_CELL,)))
    return publish


def counts(server: RunningServer, below: str = COMMUNE, account: str = "canbo") -> Counts:
    answer = server.as_(account).get("/v1/counts", below=below)
    assert answer.status_code == 200, answer.text
    return read(answer, Counts)


def figures(told: Counts) -> dict[tuple[str, str], Figures]:
    return {(each.unit, each.assignment): each.figures for each in told.cells}


def work(server: RunningServer) -> None:
    an, hoa, first = server.as_("an"), server.as_("hoa"), reflection()
    for document in DOCUMENTS:
        an.hand_in(tick(document, at=NOW))
        hoa.hand_in(tick(document, at=NOW, unit=OTHER_CELL))
    an.hand_in(first)
    server.as_("bithu").hand_in(review(first, Verdict.RETURNED, comment="Viết thêm.", at=NOW))
    hoa.hand_in(reflection(unit=OTHER_CELL))


def test_every_cell_has_the_figures_of_its_own_page_for_what_is_given_to_it(server: RunningServer) -> None:
    work(server)
    told = counts(server)
    assert set(figures(told)) == {(CELL, SUBJECT), (OTHER_CELL, SUBJECT), (OTHER_CELL, READING)}
    for (unit, asked), counted in figures(told).items():
        answer = server.as_("canbo").get(f"/v1/cells/{unit}/completion", assignment=asked)
        record = next(each for each in told.assignments if each.id == asked)
        assert counted == figures_of(record, read(answer, Completion).members)
    of_cell = figures(told)[CELL, SUBJECT]
    assert (of_cell.members, of_cell.read_all, of_cell.submitted, of_cell.returned) == (7, 1, 1, 1)
    assert of_cell.missing == 7
    assert figures(told)[OTHER_CELL, SUBJECT].waiting == 1
    assert figures(told)[OTHER_CELL, READING].done == 1


def test_units_come_with_their_names_and_the_servers_time(server: RunningServer) -> None:
    told = counts(server)
    assert [unit.path for unit in told.units] == [COMMUNE, OTHER_CELL, CELL]
    assert told.units[0].name == "Đảng uỷ phường"
    assert NOW <= told.counted_at < NOW + timedelta(seconds=10)


def test_one_cell_may_be_asked_for_alone(server: RunningServer) -> None:
    assert {unit for unit, _ in figures(counts(server, CELL, "bithu"))} == {CELL}


def test_no_name_account_or_text_is_in_the_answer(server: RunningServer) -> None:
    work(server)
    answer = server.as_("canbo").get("/v1/counts", below=COMMUNE).text
    for said in ("Nguyễn Văn An", '"an"', "Bài viết", "Viết thêm"):
        assert said not in answer


def test_what_is_not_open_yet_is_not_counted(server: RunningServer, publishing) -> None:
    later = assignment().replace("opens_on = 2026-11-01", "opens_on = 2026-11-25")
    publishing(hoc_nghi_quyet=later)
    told = counts(server)
    assert SUBJECT not in {each.id for each in told.assignments} | {each.assignment for each in told.cells}
    server.clock.pass_by(timedelta(days=3))
    assert SUBJECT in [each.id for each in counts(server).assignments]


def test_who_left_is_not_counted(server: RunningServer) -> None:
    assert figures(counts(server))[CELL, SUBJECT].members == 7
    changed(server, "quantri", editing(listed(server)["binh"].member, active=False))
    assert figures(counts(server))[CELL, SUBJECT].members == 6


def test_an_unknown_unit_is_not_found(server: RunningServer) -> None:
    answer = server.as_("canbo").get("/v1/counts", below=f"{COMMUNE}/khong-co")
    assert problem(answer) == (404, "not-found")


def test_the_page_of_a_cell_names_its_members_in_the_order_of_their_figures(server: RunningServer) -> None:
    answer = server.as_("canbo").get(f"/v1/cells/{CELL}/completion", assignment=SUBJECT)
    told = read(answer, Completion)
    named = dict(zip((each.account for each in told.members), told.names, strict=True))
    assert named["an"] == "Nguyễn Văn An"
    assert len(named) == 7


def test_what_was_counted_is_counted_again_when_anything_of_the_cell_has_changed(
    server: RunningServer, publishing
) -> None:
    def of_cell() -> Figures:
        told = figures(counts(server))
        assert told == figures(counts(server))
        return told[CELL, SUBJECT]

    an, first = server.as_("an"), reflection()
    seen = [of_cell()]
    for change in (
        lambda: an.hand_in(tick(DOCUMENTS[0], at=NOW)),
        lambda: an.hand_in(first),
        lambda: server.as_("bithu").hand_in(review(first, Verdict.ACCEPTED, at=NOW)),
        lambda: publishing(hoc_nghi_quyet=assignment(documents=DOCUMENTS[:1])),
    ):
        change()
        seen.append(of_cell())
    assert [(each.submitted, each.waiting, each.accepted, each.done) for each in seen] == [
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (1, 1, 0, 0),
        (1, 0, 1, 0),
        (1, 0, 1, 1),
    ]


def test_what_a_member_wrote_in_the_former_cell_counts_in_the_new_one_at_once(server: RunningServer) -> None:
    changed(server, "quantri", editing(listed(server)["an"].member, unit=OTHER_CELL), OTHER_CELL)
    assert figures(counts(server))[OTHER_CELL, SUBJECT].submitted == 0
    server.as_("an").hand_in(reflection())  # written offline, in the former cell
    assert figures(counts(server))[OTHER_CELL, SUBJECT].submitted == 1
