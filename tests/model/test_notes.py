import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from handbook.errors import BadInput
from handbook.model.anchoring import Edition
from handbook.model.notes import Place, SectionText, ink_offsets, ink_range, passage
from handbook.model.text import nfc

WORDS = [
    "đảng",
    "viên",
    "chi",
    "bộ",
    "nghị",
    "quyết",
    "học",
    "tập",
    "là",
    "của",
    "và",
    "nhân",
    "dân",
    "hoà",
    "bình",
]
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(" ".join)
strange = st.text(alphabet=st.characters(codec="utf-8"), max_size=60)
texts = st.one_of(sentences, strange)
editions = st.lists(st.tuples(texts, texts), min_size=1, max_size=4)

LAW = (
    SectionText(
        "dieu-1", "Điều này quy định nhiệm vụ của chi bộ. Chi bộ họp mỗi tháng một lần vào ngày mùng ba."
    ),
    SectionText("dieu-2", "Đảng viên đóng đảng phí hằng tháng. Đảng viên được miễn khi đã nghỉ hưu lâu năm."),
    SectionText(
        "dieu-3", "Bí thư chi bộ chịu trách nhiệm trước cấp uỷ cấp trên về mọi việc của chi bộ mình."
    ),
)


def numbered(texts: list[tuple[str, str]]) -> list[SectionText]:
    return [SectionText(f"m{at}", text, heading) for at, (text, heading) in enumerate(texts)]


def drawn_passage(data: st.DataObject, sections: list[SectionText]) -> Place:
    """Some passage of a section's text or heading."""
    section, in_heading = data.draw(st.sampled_from(sections)), data.draw(st.booleans())
    ink = len(ink_offsets(section.part(in_heading)))
    assume(ink)
    first = data.draw(st.integers(0, ink - 1))
    return passage(section, first, data.draw(st.integers(first + 1, ink)), in_heading)


def place_of(section: SectionText, words: str, after: int = 0) -> Place:
    start = section.text.index(words, after)
    return Place(section.anchor, start, start + len(words))


def quoted(sections: list[SectionText], place: Place) -> str:
    text = next(one.part(place.in_heading) for one in sections if one.anchor == place.section)
    return nfc(text)[place.start : place.end]


def changed(section: SectionText, former: str, words: str) -> list[SectionText]:
    assert former in section.text
    return [
        SectionText(one.anchor, one.text.replace(former, words)) if one == section else one for one in LAW
    ]


@given(editions, st.data())
@settings(max_examples=60)
def test_in_the_same_text_a_mark_stands_where_it_was_made(texts, data):
    sections = numbered(texts)
    place = drawn_passage(data, sections)
    assert Edition(sections).find(Edition(sections).anchor(place)) == place


@given(editions, editions, st.data())
@settings(max_examples=60)
def test_wherever_a_mark_is_found_again_there_is_text(texts, others, data):
    sections, later = numbered(texts), numbered(others)
    anchor = Edition(sections).anchor(drawn_passage(data, sections))
    found = Edition(later).find(anchor)
    if found:
        assert found.in_heading == anchor.in_heading
        section = next(one for one in later if one.anchor == found.section)
        length = len(nfc(section.part(found.in_heading)))
        assert 0 <= found.start < found.end <= length
        assert quoted(later, found).strip()


@given(editions, editions, st.data())
@settings(max_examples=60)
def test_a_mark_in_a_text_stands_where_it_would_without_any_headings(texts, others, data):
    sections, later = numbered(texts), numbered(others)
    place = drawn_passage(data, sections)
    assume(not place.in_heading)
    bare, bare_later = ([SectionText(one.anchor, one.text) for one in each] for each in (sections, later))
    anchor = Edition(sections).anchor(place)
    assert anchor == Edition(bare).anchor(place)
    assert Edition(later).find(anchor) == Edition(bare_later).find(anchor)


@given(texts, st.integers(-3, 30), st.integers(-3, 60), st.booleans())
def test_a_passage_counted_in_seen_characters_counts_the_same_again(text, first, stop, in_heading):
    section = SectionText("a", "", text) if in_heading else SectionText("a", text)
    seen = ink_offsets(text)[max(0, first) : max(0, stop)]
    if seen:
        place = passage(section, first, stop, in_heading)
        assert ink_range(section, place) == (max(0, first), max(0, first) + len(seen))
    else:
        with pytest.raises(BadInput):
            passage(section, first, stop, in_heading)


def test_spaces_and_line_breaks_do_not_count():
    broken = SectionText("a", "Chi bộ\n\nhọp   mỗi\u200b tháng")
    flat = SectionText("a", "Chi bộ họp mỗi tháng")
    first, stop = ink_range(flat, place_of(flat, "họp mỗi"))
    assert quoted([broken], passage(broken, first, stop)) == "họp   mỗi"


@pytest.mark.parametrize(("after", "words"), [(0, "chi bộ"), (60, "chi bộ")])
def test_of_repeated_words_the_marked_ones_are_found_by_what_stands_around_them(after, words):
    text = LAW[2].text
    place = Place("dieu-3", text.index(words, after), text.index(words, after) + len(words))
    anchor = Edition(LAW).anchor(place)
    later = changed(LAW[2], "Bí thư", "Các đồng chí bí thư, phó bí thư")
    found = Edition(later).find(anchor)
    assert quoted(later, found) == words
    assert found.start == place.start + len("Các đồng chí bí thư, phó bí thư") - len("Bí thư")


@pytest.mark.parametrize("count", [5, 9])
def test_identical_paragraphs_are_told_apart_by_where_they_stand(count):
    same = "Kinh phí do ngân sách bảo đảm theo quy định của pháp luật."
    sections = [SectionText(f"d{at}", same) for at in range(count)]
    anchor = Edition(sections).anchor(Place("d3", 0, len(same)))
    later = [SectionText(f"x{at}", same) for at in range(count)]
    assert Edition(later).find(anchor).section == "x3"


def test_changed_words_inside_are_covered_and_those_at_the_edges_too():
    anchor = Edition(LAW).anchor(place_of(LAW[0], "Chi bộ họp mỗi tháng một lần"))
    later = changed(LAW[0], "họp mỗi tháng", "sinh hoạt định kỳ mỗi tháng")
    assert quoted(later, Edition(later).find(anchor)) == "Chi bộ sinh hoạt định kỳ mỗi tháng một lần"
    later = changed(LAW[0], "một lần vào", "hai lượt vào")
    assert quoted(later, Edition(later).find(anchor)) == "Chi bộ họp mỗi tháng hai lượt"


def test_another_place_of_the_tone_is_no_change():
    old = [SectionText("a", "Xây dựng nền hoà bình, uỷ ban thuỷ lợi họp.")]
    new = [SectionText("a", "Xây dựng nền hòa bình, ủy ban thủy lợi họp.")]
    anchor = Edition(old).anchor(place_of(old[0], "hoà bình, uỷ ban"))
    assert quoted(new, Edition(new).find(anchor)) == "hòa bình, ủy ban"


def test_a_section_that_moved_takes_its_marks_along():
    anchor = Edition(LAW).anchor(place_of(LAW[1], "đóng đảng phí hằng tháng"))
    later = [LAW[0], LAW[2], SectionText("dieu-9", LAW[1].text)]
    found = Edition(later).find(anchor)
    assert (found.section, quoted(later, found)) == ("dieu-9", "đóng đảng phí hằng tháng")


def test_words_that_are_gone_leave_an_orphan_that_comes_back_with_them():
    anchor = Edition(LAW).anchor(place_of(LAW[1], "được miễn khi đã nghỉ hưu lâu năm"))
    gone = [LAW[0], SectionText("dieu-2", "Đảng viên đóng đảng phí hằng tháng."), LAW[2]]
    assert Edition(gone).find(anchor) is None
    assert Edition(LAW).find(anchor) == place_of(LAW[1], "được miễn khi đã nghỉ hưu lâu năm")


def test_a_common_word_is_not_taken_for_the_one_marked_in_a_struck_section():
    anchor = Edition(LAW).anchor(place_of(LAW[2], "chi bộ mình"))
    assert Edition(LAW[:2]).find(anchor) is None
    word = Edition(LAW).anchor(place_of(LAW[2], "chi bộ"))
    assert Edition(LAW[:2]).find(word) is None


def test_a_mark_made_in_decomposed_letters_is_found_in_composed_ones():
    decomposed = [SectionText(one.anchor, unicodedata.normalize("NFD", one.text)) for one in LAW]
    place = place_of(LAW[1], "Đảng viên được miễn")
    assert Edition(LAW).find(Edition(decomposed).anchor(place)) == place


def test_an_empty_edition_holds_nothing():
    assert Edition([]).find(Edition(LAW).anchor(place_of(LAW[0], "nhiệm vụ"))) is None


HEADED = (
    SectionText("dieu-1", "Chi bộ họp mỗi tháng.", "Điều 1. Phạm vi"),
    SectionText("dieu-2", "Đảng viên đóng đảng phí.", "Điều 2. Nhiệm vụ của chi bộ"),
    SectionText("dieu-3", "Bí thư thực hiện Nhiệm vụ của chi bộ.", "Điều 3. Hiệu lực"),
)


def heading_place(section: SectionText, words: str) -> Place:
    start = section.heading.index(words)
    return Place(section.anchor, start, start + len(words), in_heading=True)


def test_a_marked_heading_is_found_when_its_article_has_another_number():
    anchor = Edition(HEADED).anchor(heading_place(HEADED[1], HEADED[1].heading))
    later = [
        HEADED[0],
        SectionText("dieu-2", "Điều mới.", "Điều 2. Giải thích từ ngữ"),
        SectionText("dieu-3", HEADED[1].text, "Điều 3. Nhiệm vụ của chi bộ"),
    ]
    found = Edition(later).find(anchor)
    assert found.section == "dieu-3"
    assert quoted(later, found).endswith("Nhiệm vụ của chi bộ")


def test_words_of_a_heading_are_not_found_in_a_sentence_nor_the_other_way_round():
    heading = Edition(HEADED).anchor(heading_place(HEADED[1], "Nhiệm vụ của chi bộ"))
    assert Edition([HEADED[0], HEADED[2]]).find(heading) is None
    words = Edition(HEADED).anchor(place_of(HEADED[2], "Nhiệm vụ của chi bộ"))
    assert Edition(HEADED[:2]).find(words) is None
