"""Two texts made one: nothing of either is lost, and what both have is there once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from handbook.model.prose import parse
from handbook.model.reflection import Answer, AttachedFile
from handbook.model.two_texts import merged, merged_files

texts = st.lists(st.sampled_from(["một", "hai", "ba", "- mục", "### đầu", "**đậm**"]), max_size=6).map(
    "\n".join
)
answers = st.dictionaries(st.sampled_from(["a", "b", "c"]), texts, max_size=3).map(
    lambda parts: tuple(Answer(part, text) for part, text in parts.items())
)


def blocks(answers: tuple[Answer, ...], part: str) -> Counter:
    return Counter(block for answer in answers if answer.part == part for block in parse(answer.text))


@given(answers, answers)
def test_every_paragraph_of_both_is_there(first: tuple[Answer, ...], second: tuple[Answer, ...]) -> None:
    both = merged(first, second)
    for part in "abc":
        written = [blocks(each, part) for each in (first, second)]
        wanted = {block for each in written for block in each if any(run.text for run in _runs(block))}
        assert wanted <= set(blocks(both, part))


@given(answers)
def test_two_equal_texts_are_one(text: tuple[Answer, ...]) -> None:
    assert merged(text, text) == text


def test_what_only_one_has_stands_at_its_place() -> None:
    mine = (Answer("a", "mở đầu\nđoạn của máy này\nkết"),)
    other = (Answer("a", "mở đầu\nđoạn của máy kia\nkết"), Answer("b", "chỉ máy kia viết"))
    assert merged(other, mine) == (
        Answer("a", "mở đầu\nđoạn của máy kia\nđoạn của máy này\nkết"),
        Answer("b", "chỉ máy kia viết"),
    )


def test_the_same_file_of_both_is_there_once() -> None:
    one, two = (AttachedFile(sha256=c * 64, name=f"{c}.pdf", size=3) for c in "ab")
    assert set(merged_files((one, two), (two,))) == {one, two}


def _runs(block: object) -> tuple:
    return getattr(block, "runs", ())
