"""Dates, numbers and order read as a Vietnamese reader expects them."""

import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.model.vietnamese import (
    date_text,
    due_text,
    moment_text,
    name_key,
    number_text,
    since_text,
    sort_key,
    time_text,
    weekday_text,
)

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # 12:00 in Vietnam, a Sunday

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
syllables = st.builds(
    lambda first, vowel, tone, last: unicodedata.normalize("NFC", first + vowel + tone + last),
    st.sampled_from(["", "b", "c", "d", "đ", "ngh", "t", "th"]),
    st.sampled_from("aăâeêioôơuưy"),
    st.sampled_from(TONES),
    st.sampled_from(["", "n", "ng", "c"]),
)
phrases = st.lists(syllables, min_size=1, max_size=4).map(" ".join)


def test_a_date_is_written_day_month_year() -> None:
    assert date_text(date(2026, 11, 2)) == "02/11/2026"
    assert weekday_text(date(2026, 11, 22)) == "Chủ nhật, 22/11/2026"


def test_a_moment_is_shown_in_the_time_of_vietnam_whatever_zone_it_comes_in() -> None:
    late = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
    assert date_text(late) == "22/11/2026"
    assert time_text(late) == "01:30"
    assert moment_text(late) == "01:30 ngày 22/11/2026"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        time_text(datetime(2026, 11, 22, 12, 0))


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (12480, 0, "12.480"),
        (0, 0, "0"),
        (-1234567, 0, "-1.234.567"),
        (86.5, 1, "86,5"),
        (1234.5, 2, "1.234,50"),
    ],
)
def test_a_number_has_points_between_thousands_and_a_decimal_comma(
    value: float, decimals: int, text: str
) -> None:
    assert number_text(value, decimals) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=20), "vừa xong"),
        (timedelta(seconds=-30), "vừa xong"),
        (timedelta(minutes=5, seconds=40), "5 phút trước"),
        (timedelta(hours=3, minutes=50), "3 giờ trước"),
        (timedelta(hours=21, minutes=55), "hôm qua lúc 14:05"),
        (timedelta(days=3), "3 ngày trước"),
        (timedelta(days=7), "12:00 ngày 15/11/2026"),
        (timedelta(hours=-2), "14:00 ngày 22/11/2026"),
    ],
)
def test_how_long_ago_is_said_as_a_person_would(ago: timedelta, text: str) -> None:
    assert since_text(NOON - ago, NOON) == text


def test_yesterday_is_the_day_before_in_vietnam_not_24_hours() -> None:
    just_after_midnight = datetime(2026, 11, 22, 0, 20) - timedelta(hours=7)
    now = just_after_midnight.replace(tzinfo=UTC)
    assert since_text(now - timedelta(minutes=50), now) == "50 phút trước"
    assert since_text(now - timedelta(hours=3), now) == "hôm qua lúc 21:20"


@pytest.mark.parametrize(
    ("days", "text"),
    [(8, "còn 8 ngày"), (2, "còn 2 ngày"), (1, "hạn ngày mai"), (0, "hạn hôm nay"), (-3, "quá hạn 3 ngày")],
)
def test_what_is_due_says_how_much_time_is_left(days: int, text: str) -> None:
    today = date(2026, 11, 22)
    assert due_text(today + timedelta(days=days), today) == text


def test_words_stand_in_the_order_of_a_vietnamese_dictionary() -> None:
    ordered = [
        "a",
        "an",
        "ăn",
        "ân",
        "ba",
        "bà",
        "bả",
        "bã",
        "bá",
        "bạ",
        "bác",
        "ban",
        "da",
        "dạ",
        "đa",
        "đào",
        "e",
        "ê",
        "o",
        "ô",
        "ơ",
        "u",
        "ư",
    ]
    assert sorted(reversed(ordered), key=sort_key) == ordered


def test_syllables_are_compared_one_after_the_other() -> None:
    ordered = ["Ba", "Ba Vì", "Bà Rịa", "Bá Thước", "Bắc Giang", "Đà Nẵng", "Đắk Lắk", "Hà Nội", "Hải Phòng"]
    assert sorted(reversed(ordered), key=sort_key) == ordered


def test_numbers_go_by_value_and_before_letters() -> None:
    ordered = ["Chi bộ", "Chi bộ 2", "Chi bộ 10", "Chi bộ A"]
    assert sorted(reversed(ordered), key=sort_key) == ordered


def test_case_punctuation_and_the_place_of_the_tone_do_not_count() -> None:
    assert sort_key("Hoà Bình") == sort_key("hòa  BÌNH")
    assert sort_key("15-NQ/TW") == sort_key("15 nq tw")
    assert sort_key("Thuỷ") == sort_key("Thủy")


def test_people_are_listed_by_given_name_then_family_name() -> None:
    ordered = ["Nguyễn Văn An", "Trần An", "Lê Thị Ân", "Phạm Văn Bình", "Đỗ Văn Dũng", "Bùi Thị Đào"]
    assert sorted(reversed(ordered), key=name_key) == ordered
    assert name_key("") == ""


@given(phrases)
def test_the_order_does_not_depend_on_how_the_text_is_encoded(text: str) -> None:
    assert sort_key(unicodedata.normalize("NFD", text)) == sort_key(text)


@given(phrases, phrases)
def test_a_text_stands_before_every_longer_one_that_begins_with_it(text: str, more: str) -> None:
    assert sort_key(text) < sort_key(f"{text} {more}")


@given(st.lists(st.sampled_from(LETTERS), min_size=2, max_size=2), st.sampled_from(TONES))
def test_the_letter_decides_before_the_tone(pair: list[str], tone: str) -> None:
    first, second = sorted(pair, key=LETTERS.index)
    if first != second:
        assert sort_key(f"t{first}ng" + "\u0323") < sort_key(f"t{second}{tone}ng")


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_any_two_numbers_stand_by_their_value(one: int, other: int) -> None:
    assert (sort_key(f"Số {one}") < sort_key(f"Số {other}")) == (one < other)
