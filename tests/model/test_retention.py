"""Ages in whole months: nothing goes a day too early, nothing stays because its month was short."""

import unicodedata
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handbook.model.retention import (
    LONGEST_MONTHS,
    BadAge,
    Rules,
    age_text,
    first_kept,
    kept_since,
    rules_from,
)


def kept_through(day: date, months: int) -> date:
    """The last day on which what came on `day` is kept."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


days = st.dates(date(1950, 1, 1), date(2150, 1, 1))
ages = st.integers(1, 300)


@given(days, days, ages)
@example(date(2024, 2, 29), date(2025, 2, 28), 12)
@example(date(2024, 2, 29), date(2025, 3, 1), 12)
@example(date(2024, 1, 31), date(2024, 2, 29), 1)
@example(date(2023, 2, 28), date(2024, 2, 29), 12)
def test_a_day_is_kept_exactly_as_long_as_is_promised(came: date, today: date, months: int) -> None:
    assert (came >= first_kept(today, months)) == (kept_through(came, months) >= today)


@given(days, ages)
def test_what_comes_later_never_goes_earlier(day: date, months: int) -> None:
    assert kept_through(day, months) <= kept_through(day + timedelta(days=1), months)


@pytest.mark.parametrize(
    ("came", "months", "last"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2021, 11, 23), 60, date(2026, 11, 23)),
    ],
)
def test_ends_of_months_and_leap_years(came: date, months: int, last: date) -> None:
    assert kept_through(came, months) == last


def test_the_day_is_that_of_vietnam() -> None:
    late_evening = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # 00:30 on the 24th there
    assert kept_since(late_evening, 12) == datetime(2025, 11, 23, 17, 0, tzinfo=UTC)


def test_ages_are_stated_in_years_or_months_and_the_rest_has_its_default() -> None:
    stated = rules_from({"reflections": "5 years", "left_members": "18 tháng", "opening_log": "kept"})
    assert stated == Rules(reflections=60, left_members=18, opening_log=None)
    assert rules_from({}) == Rules()


def test_no_text_goes_unless_an_age_is_stated() -> None:
    assert (Rules().reflections, Rules().exemption_reasons, Rules().left_members) == (None, None, None)


@pytest.mark.parametrize(
    ("rule", "said", "why"),
    [
        ("reflections", "5", "không phải một thời hạn"),
        ("reflections", 5, "không phải một thời hạn"),
        ("reflections", "1,5 năm", "không phải một thời hạn"),
        ("reflections", "1 month", "từ 1 năm đến 100 năm"),
        ("activation_codes", "0 months", "từ 1 tháng"),
        ("opening_log", "101 years", "đến 100 năm"),
        ("reflexions", "5 years", "không có quy tắc “reflexions”"),
    ],
)
def test_an_age_that_cannot_be_meant_is_refused_by_name(rule: str, said: object, why: str) -> None:
    with pytest.raises(BadAge, match=why) as refused:
        rules_from({rule: said})
    assert refused.value.rule == rule


@given(st.integers(1, LONGEST_MONTHS))
def test_an_age_is_read_back_from_its_words(months: int) -> None:
    assert rules_from({"activation_codes": age_text(months)}).activation_codes == months


def test_an_age_may_be_typed_in_composed_letters() -> None:
    assert rules_from({"reflections": unicodedata.normalize("NFD", "5 năm")}) == Rules(reflections=60)
