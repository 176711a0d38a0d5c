"""Who finds a document in lists, and until when."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handbook.model.library import is_for, is_listed
from handbook.model.people import Duty, DutyKind, Member, lies_within

DAY = date(2026, 11, 23)
PATHS = st.lists(st.sampled_from(["a", "b", "kp1", "kp10"]), min_size=1, max_size=4).map("/".join)


def member(unit: str, *duties: str) -> Member:
    held = tuple(Duty(DutyKind.COMMITTEE_OFFICER, path) for path in duties)
    return Member(account="x", name="An", unit=unit, duties=held)


@given(PATHS, st.lists(PATHS, max_size=3))
def test_a_member_is_of_the_audience_when_the_cell_lies_in_one_of_its_units(
    cell: str, units: list[str]
) -> None:
    assert is_for(units, member(cell)) == (not units or any(lies_within(cell, unit) for unit in units))


def test_who_has_a_duty_above_a_unit_finds_what_is_for_it() -> None:
    assert is_for(["a/b/kp2"], member("a/b/kp1", "a/b"))
    assert not is_for(["a/b/kp2"], member("a/b/kp1", "a/b/kp1"))
    assert not is_for(["a/b/kp2"], member("a/b/kp1"))


def test_the_day_of_expiry_is_the_last_on_which_a_document_is_listed() -> None:
    reader = member("a/b/kp1")
    assert is_listed([], None, reader, DAY)
    assert is_listed([], DAY, reader, DAY)
    assert not is_listed([], DAY, reader, DAY + timedelta(days=1))
    assert not is_listed(["a/c"], None, reader, DAY)
