"""Word counts, what keeps a reflection from being submitted, and the state its reviews leave it in."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.model.reflection import (
    MAX_ANSWER_CHARACTERS,
    Answer,
    Reflection,
    Review,
    State,
    Verdict,
    after_review,
    classified_marking,
    count_words,
    problems,
    standing,
)
from handbook.model.study import Part
from handbook.protocol.submissions import MAX_CONTENT_BYTES, pack_content
from tests.model.test_study import assignment

START = datetime(2026, 11, 22, tzinfo=UTC)
WORDS = st.lists(st.sampled_from(["Đảng", "chi", "bộ", "15-NQ/TW", "2026", "nghị", "quyết"]), max_size=30)


@given(WORDS, st.sampled_from([" ", "\n", ", ", " – ", "\n- ", " **", ". "]))
def test_words_are_counted_whatever_stands_between_them(words: list[str], between: str) -> None:
    assert count_words(between.join(words)) == len(words)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("* - # >", 0), ("**Nhận thức**: sâu sắc.", 4), ("[trích](15-NQ/TW)", 2)],
)
def test_marks_of_markdown_are_no_words(text: str, count: int) -> None:
    assert count_words(text) == count


def test_words_typed_with_combining_marks_count_once() -> None:
    assert count_words(unicodedata.normalize("NFD", "Nghị quyết của Đảng")) == 4


@given(st.text(max_size=200))
def test_counting_words_takes_any_text(text: str) -> None:
    assert 0 <= count_words(text) <= len(text)


@pytest.mark.parametrize("marking", ["MẬT", "TỐI MẬT", "TUYỆT MẬT"])
@pytest.mark.parametrize("line", ["{}", "  {}  ", "**{}**", "[{}]", "- {}", "({})."])
def test_a_secrecy_marking_alone_on_its_line_is_noticed(marking: str, line: str) -> None:
    assert classified_marking(f"Kính gửi\n{line.format(marking)}\nnội dung") == marking


@pytest.mark.parametrize(
    "text", ["Giữ bí mật nhà nước.", "Tài liệu TUYỆT MẬT không được chép.", "mật", "BÍ MẬT NHÀ NƯỚC"]
)
def test_writing_about_secrecy_is_no_marking(text: str) -> None:
    assert classified_marking(text) == ""


def test_a_marking_typed_with_combining_marks_is_noticed_too() -> None:
    assert classified_marking(unicodedata.normalize("NFD", "TUYỆT MẬT")) == "TUYỆT MẬT"


TWO_PARTS = (Part("a", "Nhận thức"), Part("b", "Liên hệ"))


def test_each_empty_part_is_named() -> None:
    found = problems(assignment(parts=TWO_PARTS), (Answer("a", " \n "),))
    assert [(problem.part, "Nhận thức" in problem.message) for problem in found] == [
        ("a", True),
        ("b", False),
    ]


@given(st.integers(0, 20), st.integers(0, 20))
def test_the_minimum_counts_over_all_parts(first: int, second: int) -> None:
    asked = assignment(parts=TWO_PARTS, min_words=20)
    answers = (Answer("a", "chữ " * first), Answer("b", "chữ " * second))
    too_short = [p for p in problems(asked, answers) if "ít nhất" in p.message]
    assert bool(too_short) is (first + second < 20)


def test_parts_that_are_too_long_only_together_are_refused_before_they_are_sent() -> None:
    parts = tuple(Part(f"phan-{number}", f"Phần {number}") for number in range(10))
    asked = assignment(parts=parts)
    long = tuple(Answer(part.id, ("Đảng bộ " * 7_500)[:MAX_ANSWER_CHARACTERS]) for part in parts)
    (problem,) = problems(asked, long)
    assert (problem.part, "Cả bài dài quá" in problem.message) == ("", True)
    fits = tuple(Answer(part.id, "Đảng bộ " * 3_500) for part in parts)
    assert problems(asked, fits) == ()
    assert len(pack_content(Reflection(asked.id, fits)).encode()) < MAX_CONTENT_BYTES


def test_a_part_that_is_too_long_and_a_secret_one_are_refused() -> None:
    asked = assignment(parts=TWO_PARTS)
    found = problems(asked, (Answer("a", "x" * (MAX_ANSWER_CHARACTERS + 1)), Answer("b", "MẬT\nchữ")))
    assert [problem.part for problem in found] == ["a", "b"]


def test_a_whole_text_has_no_problems() -> None:
    asked = assignment(parts=TWO_PARTS, min_words=4)
    assert problems(asked, (Answer("a", "hai chữ"), Answer("b", "hai chữ"))) == ()


def review(revision: int, verdict: Verdict, minutes: int) -> Review:
    return Review(
        lineage="l", revision=revision, verdict=verdict, reviewed_at=START + timedelta(minutes=minutes)
    )


REVIEWS = st.lists(
    st.builds(review, st.integers(1, 3), st.sampled_from(Verdict), st.integers(0, 1000)),
    max_size=8,
    unique_by=lambda r: r.reviewed_at,
).map(tuple)


@given(REVIEWS, st.integers(1, 3))
def test_nothing_is_received_without_a_receipt(reviews: tuple[Review, ...], revision: int) -> None:
    assert standing(False, reviews, revision) is State.WAITING


@given(REVIEWS, st.integers(1, 3), st.randoms())
def test_reviews_mean_the_same_in_any_order(reviews: tuple[Review, ...], revision: int, random) -> None:
    shuffled = list(reviews)
    random.shuffle(shuffled)
    assert standing(True, tuple(shuffled), revision) is standing(True, reviews, revision)


@given(REVIEWS, st.integers(1, 3))
def test_what_was_said_of_other_revisions_does_not_count(reviews: tuple[Review, ...], revision: int) -> None:
    own = tuple(r for r in reviews if r.revision == revision)
    assert standing(True, reviews, revision) is standing(True, own, revision)


@given(REVIEWS, st.integers(1, 3))
def test_the_latest_decision_stands_and_outlasts_an_opening(
    reviews: tuple[Review, ...], revision: int
) -> None:
    own = [r for r in reviews if r.revision == revision]
    decisions = [r for r in own if r.verdict is not Verdict.OPENED]
    if decisions:
        expected = after_review(max(decisions, key=lambda r: r.reviewed_at).verdict)
    else:
        expected = State.OPENED if own else State.RECEIVED
    assert standing(True, reviews, revision) is expected


def test_two_decisions_at_one_moment_mean_the_same_in_any_order() -> None:
    both = (review(1, Verdict.RETURNED, 5), review(1, Verdict.ACCEPTED, 5))
    assert standing(True, both, 1) is standing(True, both[::-1], 1)
