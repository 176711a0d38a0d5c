"""Comments on passages: made on what is shown, found again after the author went on writing."""

from hypothesis import given
from hypothesis import strategies as st

from handbook.model.notes import Place, SectionText
from handbook.model.passages import comment_on, find_passages

WORDS = st.lists(
    st.sampled_from(["chi", "bộ", "học", "tập", "nghị", "quyết", "làm", "theo", "gương", "nhân", "dân"]),
    min_size=12,
    max_size=60,
)


@given(st.lists(WORDS, min_size=1, max_size=3), st.data())
def test_a_passage_is_found_where_it_was_made(parts: list[list[str]], data: st.DataObject) -> None:
    sections = [SectionText(f"p{number}", " ".join(words)) for number, words in enumerate(parts)]
    section = data.draw(st.sampled_from(sections))
    start = data.draw(st.integers(0, len(section.text) - 2))
    end = data.draw(st.integers(start + 1, len(section.text)))
    comment = comment_on(sections, Place(section=section.anchor, start=start, end=end), "Vì sao?")
    (place,) = find_passages(sections, [comment])
    assert comment.quote == section.text[start:end]
    assert comment.comment == "Vì sao?"
    if place is not None:  # one letter between equal ones may be too little to tell
        found = next(each.text for each in sections if each.anchor == place.section)
        assert found[place.start : place.end] == comment.quote


def test_of_equal_words_the_one_that_was_meant_is_found_also_after_a_change_before_it() -> None:
    text = "Một là gương mẫu trong công tác. Hai là gương mẫu trong sinh hoạt chi bộ."
    start = text.rindex("gương mẫu")
    made = comment_on([SectionText("p", text)], Place("p", start, start + len("gương mẫu trong")))
    later = "Viết thêm một câu mở đầu cho rõ. " + text
    (place,) = find_passages([SectionText("p", later)], [made])
    assert place.start == later.rindex("gương mẫu")


def test_a_passage_that_was_taken_out_is_nowhere() -> None:
    text = "Tôi sẽ vận động nhân dân khu phố cùng làm sạch ngõ xóm vào sáng thứ bảy."
    made = comment_on([SectionText("p", text)], Place("p", 7, 40))
    assert find_passages([SectionText("p", "Hoàn toàn khác hẳn.")], [made]) == (None,)
