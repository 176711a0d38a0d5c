from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handbook.model.versions import is_pause, thinned

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
minutes = st.integers(0, 60 * 24 * 90)
moments = st.sets(minutes, max_size=60).map(lambda ages: {NOW - timedelta(minutes=age) for age in ages})
later = minutes.map(lambda passed: NOW + timedelta(minutes=passed))


def ago(**length):
    return NOW - timedelta(**length)


def test_a_minute_of_quiet_or_ten_of_writing_makes_a_version():
    assert is_pause(ago(minutes=2), ago(seconds=60), NOW)
    assert not is_pause(ago(minutes=9), ago(seconds=59), NOW)
    assert is_pause(ago(minutes=10), ago(seconds=1), NOW)
    assert not is_pause(NOW + timedelta(days=1), NOW + timedelta(days=1), NOW)


def test_the_last_day_has_all_then_one_an_hour_then_one_a_day():
    # 08:30 UTC is 15:30 in Vietnam.
    today = {ago(minutes=1), ago(minutes=2)}
    hour = {ago(days=2, minutes=10), ago(days=2, minutes=5)}
    day = {ago(days=40, hours=3), ago(days=40, hours=1)}
    kept = thinned(today | hour | day, NOW)
    assert kept == today | {ago(days=2, minutes=5), ago(days=40, hours=1)}


@given(moments, later)
def test_the_latest_is_always_kept_and_nothing_is_made_up(written, then):
    kept = thinned(written, then)
    assert kept <= written
    assert not written or max(written) in kept


@given(moments, later)
def test_thinning_early_loses_nothing_that_would_be_kept_later(written, then):
    assert thinned(thinned(written, NOW), then) == thinned(written, then)


@given(moments)
def test_of_every_day_with_writing_something_is_kept(written):
    kept = thinned(written, NOW)
    assert {(moment + timedelta(hours=7)).date() for moment in kept} == {
        (moment + timedelta(hours=7)).date() for moment in written
    }
