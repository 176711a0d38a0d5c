"""Who may do what where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.model.people import (
    DUTY_NAMES,
    Action,
    Duty,
    DutyKind,
    Member,
    Unit,
    UnitKind,
    can,
    cells_where,
    commune_of,
    lies_within,
)

PATHS = st.lists(st.sampled_from(["a", "ab", "b", "kp1", "kp10"]), min_size=1, max_size=4).map("/".join)
CELL = "hongson/anbinh/kp1"


def member(*duties: Duty, active: bool = True) -> Member:
    return Member(account="kp1.an", name="Nguyễn Văn An", unit=CELL, duties=duties, active=active)


@given(PATHS, PATHS)
def test_a_unit_holds_itself_and_what_is_below_it_only(path: str, below: str) -> None:
    assert lies_within(path, path)
    assert lies_within(f"{path}/{below}", path)
    assert not lies_within(path, f"{path}/{below}")
    assert not lies_within(f"{path}0/{below}", path)


@given(st.sampled_from(Action), st.sampled_from(DutyKind), PATHS, PATHS)
def test_a_duty_reaches_its_own_subtree_and_nothing_else(
    action: Action, kind: DutyKind, unit: str, target: str
) -> None:
    if can(member(Duty(kind, unit)), action, target):
        assert lies_within(target, unit)


@given(st.sampled_from(Action), st.lists(st.builds(Duty, st.sampled_from(DutyKind), PATHS)), PATHS)
def test_who_is_no_longer_active_may_do_nothing(action: Action, duties: list[Duty], unit: str) -> None:
    assert not can(member(*duties, active=False), action, unit)


@given(st.lists(st.builds(Duty, st.sampled_from(DutyKind), PATHS)), st.sampled_from(Action), PATHS)
def test_a_further_duty_never_takes_anything_away(duties: list[Duty], action: Action, unit: str) -> None:
    if can(member(*duties), action, unit):
        assert can(member(*duties, Duty(DutyKind.MEMBER, "x")), action, unit)


@pytest.mark.parametrize(
    ("kind", "permitted"),
    [
        (DutyKind.MEMBER, {Action.SUBMIT_OWN, Action.READ_OWN}),
        (
            DutyKind.CELL_SECRETARY,
            {Action.READ_CELL, Action.REVIEW, Action.ISSUE_CODES, Action.READ_COUNTS, Action.CARRY},
        ),
        (DutyKind.CELL_DEPUTY, {Action.READ_CELL, Action.REVIEW, Action.READ_COUNTS, Action.CARRY}),
        (DutyKind.COMMITTEE_OFFICER, {Action.READ_COUNTS, Action.CARRY}),
        (DutyKind.PUBLISHER, {Action.PUBLISH}),
        (DutyKind.ADMINISTRATOR, {Action.ADMINISTER, Action.ISSUE_CODES}),
    ],
)
def test_each_duty_permits_exactly_this(kind: DutyKind, permitted: set[Action]) -> None:
    actor = member(Duty(kind, CELL))
    assert {action for action in Action if can(actor, action, CELL)} == permitted


def test_every_duty_has_a_name_to_show() -> None:
    assert set(DUTY_NAMES) == set(DutyKind)


def test_the_cells_to_read_are_cells_and_permitted() -> None:
    units = (
        Unit("hongson", "Tỉnh uỷ", UnitKind.PROVINCE),
        Unit("hongson/anbinh", "Đảng uỷ", UnitKind.COMMUNE),
        Unit(CELL, "Chi bộ 1", UnitKind.CELL),
        Unit("hongson/anbinh/kp2", "Chi bộ 2", UnitKind.CELL),
    )
    secretary = member(Duty(DutyKind.MEMBER, CELL), Duty(DutyKind.CELL_SECRETARY, CELL))
    assert cells_where(secretary, Action.READ_CELL, units) == (units[2],)
    assert cells_where(member(Duty(DutyKind.MEMBER, CELL)), Action.READ_CELL, units) == ()


def test_the_commune_is_the_second_level() -> None:
    assert commune_of(CELL) == commune_of("hongson/anbinh") == "hongson/anbinh"
