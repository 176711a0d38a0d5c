"""Due days, punctuality, ticks and the rule that says who has finished."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.model.reflection import State
from handbook.model.study import (
    URGENCY_ORDER,
    Assignment,
    CellMark,
    HandedIn,
    MarkKind,
    Part,
    Tick,
    Urgency,
    handed_in,
    mark_problem,
    marks_in_force,
    progress,
    read_documents,
    urgency,
)

DUE = date(2026, 11, 30)
MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 20), timezones=st.just(UTC))


def assignment(**changes: object) -> Assignment:
    fields: dict[str, object] = {
        "id": "hongson/anbinh/a",
        "edition": 1,
        "title": "Học tập",
        "documents": ("central/one", "central/two"),
        "question": "",
        "parts": (Part("p", "Phần"),),
        "min_words": 0,
        "opens_on": date(2026, 11, 10),
        "due_on": DUE,
        "grace_days": 3,
        "units": ("hongson/anbinh",),
    }
    return Assignment(**fields | changes)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-09T16:59:59", Urgency.UPCOMING),
        ("2026-11-09T17:00:00", Urgency.LATER),  # midnight in Vietnam
        ("2026-11-22T16:59:59", Urgency.LATER),
        ("2026-11-22T17:00:00", Urgency.SOON),  # the 23rd: seven days left
        ("2026-11-29T16:59:59", Urgency.SOON),
        ("2026-11-29T17:00:00", Urgency.TODAY),
        ("2026-11-30T16:59:59", Urgency.TODAY),
        ("2026-11-30T17:00:00", Urgency.OVERDUE),
    ],
)
def test_days_change_at_midnight_in_vietnam(moment: str, expected: Urgency) -> None:
    assert urgency(assignment(), datetime.fromisoformat(moment).replace(tzinfo=UTC)) is expected


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_an_open_assignment_only_grows_more_urgent(moment: datetime, later: timedelta) -> None:
    before, after = urgency(assignment(), moment), urgency(assignment(), moment + later)
    assert URGENCY_ORDER.index(after) <= URGENCY_ORDER.index(before)


@given(MOMENTS, st.integers(0, 10))
def test_grace_is_added_to_punctuality_but_not_to_the_due_day(moment: datetime, grace: int) -> None:
    asked = assignment(grace_days=grace)
    assert asked.is_on_time(moment) == (moment < asked.due_at + timedelta(days=grace))
    assert asked.is_overdue(moment) == (moment >= asked.due_at)


@pytest.mark.parametrize(
    ("unit", "asked"),
    [
        ("hongson/anbinh/kp1", True),
        ("hongson/anbinh", True),
        ("hongson/anbinh2/kp1", False),
        ("hongson", False),
    ],
)
def test_an_assignment_is_for_whole_subtrees(unit: str, asked: bool) -> None:
    assert assignment().is_for(unit) is asked


def tick(document: str, read: bool, at: datetime) -> Tick:
    return Tick(document=document, edition=1, read=read, ticked_at=at)


TICKS = st.lists(st.builds(tick, st.sampled_from(["a", "b"]), st.booleans(), MOMENTS), max_size=8)


@given(TICKS, st.randoms())
def test_ticks_of_several_pcs_mean_the_same_in_any_order_and_repeated(ticks: list[Tick], random) -> None:
    shuffled = ticks * 2
    random.shuffle(shuffled)
    assert read_documents(shuffled) == read_documents(ticks)


@given(TICKS, st.booleans())
def test_the_latest_tick_of_a_document_decides(ticks: list[Tick], read: bool) -> None:
    last = tick("a", read, datetime(2027, 1, 1, tzinfo=UTC))
    assert ("a" in read_documents([*ticks, last])) is read


def test_of_two_ticks_at_one_moment_the_one_that_says_read_counts() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert read_documents([tick("a", True, at), tick("a", False, at)]) == {"a"}


def test_who_handed_in_on_time_is_not_late_for_revising_when_asked() -> None:
    on_time = datetime(2026, 11, 28, tzinfo=UTC)
    revised = datetime(2026, 12, 15, tzinfo=UTC)
    known = handed_in([(2, State.RECEIVED, revised), (1, State.RETURNED, on_time)])
    assert known == HandedIn(state=State.RECEIVED, received_at=on_time)
    assert not progress(assignment(), "kp1.an", frozenset(), known).late


def test_a_first_text_after_the_grace_is_late() -> None:
    known = handed_in([(1, State.RECEIVED, datetime(2026, 12, 3, 17, tzinfo=UTC))])
    assert progress(assignment(), "kp1.an", frozenset(), known).late


def test_nothing_handed_in_is_nothing() -> None:
    assert handed_in([]) is None
    assert progress(assignment(), "kp1.an", frozenset(), None).reflection == ""


@given(
    st.frozensets(st.sampled_from(["central/one", "central/two", "central/other"])),
    st.sampled_from([None, *(s for s in State if s is not State.DRAFT)]),
    st.booleans(),
)
def test_finished_means_read_all_and_handed_in_unless_returned(
    read: frozenset[str], state: State | None, wants: bool
) -> None:
    asked = assignment(parts=(Part("p", "Phần"),) if wants else ())
    known = HandedIn(state=state, received_at=datetime(2026, 11, 20, tzinfo=UTC)) if state else None
    own = progress(asked, "kp1.an", read, known)
    assert own.documents_read == len(read & set(asked.documents))
    handed = state is not None and state is not State.RETURNED
    expected = set(asked.documents) <= read and (handed or not wants)
    assert own.done(asked.wants_reflection) is expected


# -- what the cell enters of a member

MARKS = st.builds(
    CellMark,
    member=st.sampled_from(["an", "binh"]),
    assignment=st.sampled_from(["a", "b"]),
    kind=st.sampled_from(MarkKind),
    reason=st.sampled_from(["", "ốm", "thai sản"]),
    handed_in_on=st.none() | st.dates(DUE - timedelta(days=9), DUE + timedelta(days=9)),
    marked_at=st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 1, 0, 2), timezones=st.just(UTC)).map(
        lambda at: at.replace(second=0, microsecond=0)
    ),
)


@given(st.lists(MARKS, max_size=12), st.randoms())
def test_every_reader_takes_the_same_mark_in_whatever_order_they_come(
    marks: list[CellMark], chance: object
) -> None:
    known = marks_in_force(marks)
    chance.shuffle(marks)
    assert marks_in_force([*marks, *marks]) == known
    for key, mark in known.items():
        assert mark.marked_at == max(each.marked_at for each in marks if each.key == key)
        assert mark.kind is not MarkKind.NONE


@given(st.lists(MARKS, max_size=12))
def test_what_is_marked_last_of_all_counts(marks: list[CellMark]) -> None:
    last = CellMark(
        member="an",
        assignment="a",
        kind=MarkKind.EXEMPT,
        reason="ốm",
        marked_at=datetime(2026, 11, 2, tzinfo=UTC),
    )
    assert marks_in_force([*marks, last])["a", "an"] == last
    taken_back = replace(last, kind=MarkKind.NONE, reason="", marked_at=datetime(2026, 11, 3, tzinfo=UTC))
    assert ("a", "an") not in marks_in_force([taken_back, *marks, last])


@given(MARKS)
def test_a_mark_that_has_no_problem_says_all_it_has_to(mark: CellMark) -> None:
    if not mark_problem(mark):
        assert bool(mark.reason) == (mark.kind is MarkKind.EXEMPT)
        assert (mark.handed_in_on is not None) == (mark.kind is MarkKind.PAPER)


@given(MARKS, st.sampled_from(["", *State]), MOMENTS)
def test_who_is_marked_is_finished_and_late_only_by_what_was_handed_in(
    mark: CellMark, state: str, received_at: datetime
) -> None:
    known = HandedIn(state=state, received_at=received_at) if state else None
    force = marks_in_force([mark]).get(mark.key)
    own = progress(assignment(), "an", frozenset(), known, force)
    if force:
        assert own.done(True)
    if own.late:
        late_here = known is not None and not assignment().is_on_time(known.received_at)
        late_on_paper = force is not None and force.handed_in_on is not None and force.handed_in_on > DUE
        assert late_here or late_on_paper


def test_a_paper_in_time_makes_good_what_came_late_by_the_handbook() -> None:
    late = HandedIn(state=State.RECEIVED, received_at=datetime(2026, 12, 15, tzinfo=UTC))
    paper = CellMark(
        member="an",
        assignment="hongson/anbinh/a",
        kind=MarkKind.PAPER,
        handed_in_on=DUE,
        marked_at=datetime(2026, 12, 16, tzinfo=UTC),
    )
    assert progress(assignment(), "an", frozenset(), late).late
    assert not progress(assignment(), "an", frozenset(), late, paper).late
    assert progress(
        assignment(), "an", frozenset(), None, replace(paper, handed_in_on=date(2026, 12, 1))
    ).late
