"""What a committee's officer may ask for and keep, and that it goes with the duty."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from handbook.client.committee import Committee
from handbook.client.tables.personal import kept_answers
from handbook.errors import NotAllowed, NotFound, Unreachable
from handbook.model.changes import Change
from handbook.model.people import DutyKind
from handbook.server import tables
from tests.client.samples import NOW
from tests.client.simulated_server import COMMUNE, Device, Ward

Devices = Callable[..., Device]


@pytest.fixture
def cell(ward: Ward) -> str:
    officer = (DutyKind.COMMITTEE_OFFICER,)
    return ward.new_cell({"An": (), "Can": officer, "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def can(device: Devices, cell: str) -> Device:
    return device("Can", cell)


def committee(pc: Device) -> Committee:
    return Committee(pc.store, pc.account, pc.line)


def kept(pc: Device) -> int:
    with pc.store.personal.read() as connection:
        return connection.scalar(select(func.count()).select_from(kept_answers))


def test_a_member_and_a_secretary_have_no_committee(device: Devices, cell: str) -> None:
    for name in ("An", "Hanh"):
        pc = device(name, cell)
        assert committee(pc).unit() is None
        with pytest.raises(NotAllowed):
            committee(pc).counts()
        with pytest.raises(NotAllowed):
            committee(pc).ask_counts(NOW)
        assert not any("/v1/counts" in request for request in pc.line.requests)


def test_figures_are_kept_once_asked_for_and_announced(can: Device, cell: str) -> None:
    assert committee(can).unit().path == COMMUNE
    assert committee(can).counts() is None
    with pytest.raises(NotFound):
        committee(can).report((), "năm 2026")
    assert committee(can).ask_counts(NOW) == {Change.COMMITTEE}
    can.line.is_down = True
    with pytest.raises(Unreachable):
        committee(can).ask_counts(NOW)
    told = committee(can).counts()
    assert cell in {unit.path for unit in told.units}
    assert committee(can).report((), "năm 2026").unit.path == COMMUNE


def test_what_was_kept_goes_with_the_duty(can: Device, ward: Ward) -> None:
    committee(can).ask_counts(NOW)
    assert kept(can) == 1
    with ward.database.write() as connection:
        of_officer = tables.duties.c.kind == DutyKind.COMMITTEE_OFFICER.value
        connection.execute(
            tables.duties.delete().where(tables.duties.c.account == can.account_name, of_officer)
        )
    with pytest.raises(NotAllowed):
        committee(can).ask_counts(NOW)
    assert kept(can) == 0


def test_an_assignment_that_nobody_knows_is_told(can: Device, cell: str) -> None:
    with pytest.raises(NotFound):
        committee(can).ask_states(cell, f"{COMMUNE}/khong-co", NOW)
    assert committee(can).states(cell, f"{COMMUNE}/khong-co", NOW) is None


def test_figures_that_come_after_the_duty_has_ended_are_not_kept(
    can: Device, ward: Ward, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = can.line.send

    def slow(*asked: object, **more: object) -> object:
        answer = send(*asked, **more)
        if "/v1/counts" in asked[1]:
            ward.load(cell, {"An": (), "Can": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
            can.account.refresh()  # as a sync does meanwhile
        return answer

    monkeypatch.setattr(can.line, "send", slow)
    committee(can).ask_counts(NOW)
    assert committee(can).unit() is None
    assert kept(can) == 0
