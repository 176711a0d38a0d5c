"""The figures of a report: what belongs to a period, and sums that agree with each other."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.model.people import Unit, UnitKind
from handbook.model.report import (
    AssignmentLine,
    Figures,
    PeriodKind,
    Report,
    UnitLine,
    figures_of,
    in_due_order,
    period_between,
    period_of,
    periods_of,
    sum_of,
)
from handbook.model.study import MarkKind, MemberProgress
from tests.client.samples import assignment

WRITING, READING = assignment(), assignment("doc", parts=(), min_words=0)
PROGRESS = st.builds(
    lambda read, state, late, mark: MemberProgress(
        account="an", documents_read=read, documents_total=2, reflection=state, late=late, mark=mark
    ),
    st.integers(0, 2),
    st.sampled_from(["", "received", "opened", "returned", "accepted"]),
    st.booleans(),
    st.sampled_from(MarkKind),
)


@given(st.lists(PROGRESS, max_size=12))
def test_every_member_is_done_missing_or_exempt_and_every_text_stands_somewhere(
    known: list[MemberProgress],
) -> None:
    for asked in (WRITING, READING):
        figures = figures_of(asked, known)
        assert figures.members == len(known) == figures.done + figures.missing + figures.exempt
        assert figures.submitted == figures.waiting + figures.returned + figures.accepted
        assert figures.done == sum(
            each.done(asked.wants_reflection) and each.mark is not MarkKind.EXEMPT for each in known
        )


@given(st.lists(PROGRESS, max_size=8), st.lists(PROGRESS, max_size=8))
def test_two_cells_together_have_the_sums_of_both(one: list, other: list) -> None:
    together = figures_of(WRITING, [*one, *other])
    assert together == sum_of([figures_of(WRITING, one), figures_of(WRITING, other)])


@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "name"),
    [
        (PeriodKind.MONTH, date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31), "tháng 12 năm 2026"),
        (PeriodKind.MONTH, date(2028, 2, 5), date(2028, 2, 1), date(2028, 2, 29), "tháng 2 năm 2028"),
        (PeriodKind.QUARTER, date(2026, 10, 1), date(2026, 10, 1), date(2026, 12, 31), "quý IV năm 2026"),
        (PeriodKind.QUARTER, date(2026, 3, 31), date(2026, 1, 1), date(2026, 3, 31), "quý I năm 2026"),
        (PeriodKind.YEAR, date(2026, 7, 9), date(2026, 1, 1), date(2026, 12, 31), "năm 2026"),
    ],
)
def test_a_period_goes_from_its_first_day_to_its_last(
    kind: PeriodKind, day: date, first: date, last: date, name: str
) -> None:
    period = period_of(kind, day)
    assert (period.first, period.last, period.name) == (first, last, name)


@given(st.dates(date(2020, 1, 1), date(2100, 1, 1)), st.sampled_from(PeriodKind))
def test_every_day_is_in_one_period_and_the_next_one_begins_the_day_after(
    day: date, kind: PeriodKind
) -> None:
    period = period_of(kind, day)
    assert period.first <= day <= period.last
    following = period_of(kind, period.last + timedelta(days=1))
    assert following.first == period.last + timedelta(days=1)


@pytest.mark.parametrize("kind", list(PeriodKind))
def test_days_that_are_a_whole_period_are_called_by_its_name(kind: PeriodKind) -> None:
    known = period_of(kind, date(2026, 11, 23))
    assert period_between(known.first, known.last) == known


def test_other_days_are_called_by_the_first_and_the_last_and_never_reversed() -> None:
    some = period_between(date(2026, 11, 5), date(2027, 1, 31))
    assert some.name == "từ ngày 05/11/2026 đến ngày 31/01/2027"
    with pytest.raises(ValueError, match="before"):
        period_between(date(2026, 11, 5), date(2026, 11, 4))


def test_only_periods_with_something_due_are_offered_the_latest_first() -> None:
    due = [date(2026, 11, 30), date(2026, 10, 1), date(2025, 12, 31)]
    asked = [assignment(f"bai-{day}", due_on=day) for day in due]
    assert [each.name for each in periods_of(PeriodKind.QUARTER, asked)] == [
        "quý IV năm 2026",
        "quý IV năm 2025",
    ]
    (first, second, third) = in_due_order(asked)
    assert [first.due_on, second.due_on, third.due_on] == sorted(due)
    assert period_of(PeriodKind.MONTH, due[0]).holds(third)
    assert not period_of(PeriodKind.MONTH, due[0]).holds(second)


def test_a_unit_is_counted_once_for_each_assignment_in_the_sums_of_its_cells() -> None:
    cell = Unit("hongson/anbinh/mot", "Chi bộ Một", UnitKind.CELL)
    lines = tuple(
        AssignmentLine(
            assignment=each, figures=Figures(members=3), units=(UnitLine(cell, Figures(members=3)),)
        )
        for each in (WRITING, READING)
    )
    ward = Unit("hongson/anbinh", "Đảng uỷ", UnitKind.COMMUNE)
    report = Report(unit=ward, subject="năm 2026", counted_at=None, assignments=lines)
    assert report.units == (UnitLine(cell, Figures(members=6)),)
    assert report.total == Figures(members=6)
