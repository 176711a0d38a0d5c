"""What changed between two texts: nothing is lost, nothing is invented, and a section is found again."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.model.differences import (
    MAX_PAIRS,
    Fate,
    PictureChange,
    PlainSection,
    Run,
    SectionDifference,
    picture_changes,
    section_differences,
    text_runs,
)
from handbook.model.text import nfc

WORDS = st.sampled_from(
    [
        "chi bộ",
        "cấp uỷ",
        "cấp ủy",
        "họp",
        "57-NQ/TW",
        "12.480",
        ",",
        "\n",
        " ",
        "hoà",
        "hòa",
        "Đảng",
        "_",
        "\t",
    ]
)
TEXTS = st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=40)
SECTIONS = st.lists(
    st.builds(
        PlainSection, st.sampled_from(["dieu-1", "dieu-2", "dieu-3", "muc"]), st.sampled_from("ABC"), TEXTS
    ),
    max_size=6,
)


def rebuilt(runs: Sequence[Run]) -> tuple[str, str]:
    return "".join(run.former for run in runs), "".join(run.present for run in runs)


def told(former: str, present: str) -> list[tuple[str, str]]:
    """What is not kept, as it is shown."""
    return [
        (str(run.fate), run.former + run.present)
        for run in text_runs(former, present)
        if run.fate is not Fate.KEPT
    ]


@given(TEXTS, TEXTS)
def test_both_texts_can_be_rebuilt_from_their_runs(former: str, present: str) -> None:
    assert rebuilt(text_runs(former, present)) == (nfc(former), nfc(present))


@given(TEXTS)
def test_a_text_does_not_differ_from_itself_however_it_is_encoded(text: str) -> None:
    assert told(text, text) == []
    assert told(text, unicodedata.normalize("NFD", text)) == []


@given(TEXTS, TEXTS)
def test_runs_of_one_fate_are_told_once_and_none_is_empty(former: str, present: str) -> None:
    runs = text_runs(former, present)
    assert all(run.former or run.present for run in runs)
    assert all(a.fate is not b.fate for a, b in pairwise(runs))
    for run in runs:
        assert (run.former == "") == (run.fate is Fate.ADDED)
        assert (run.present == "") == (run.fate is Fate.REMOVED)


@given(SECTIONS, SECTIONS)
@settings(max_examples=60)
def test_every_section_of_both_texts_is_told_once(
    former: list[PlainSection], present: list[PlainSection]
) -> None:
    found = section_differences(former, present)
    assert sorted(one.former for one in found if one.former is not None) == list(range(len(former)))
    assert [one.present for one in found if one.present is not None] == list(range(len(present)))
    for one in found:
        if one.former is not None:
            assert rebuilt(one.text)[0] == nfc(former[one.former].text)
            assert rebuilt(one.heading)[0] == nfc(former[one.former].heading)
        if one.present is not None:
            assert rebuilt(one.text)[1] == nfc(present[one.present].text)


@given(SECTIONS)
@settings(max_examples=40)
def test_equal_documents_have_no_differences(sections: list[PlainSection]) -> None:
    assert {one.fate for one in section_differences(sections, sections)} <= {Fate.KEPT}


def test_where_a_tone_is_written_is_no_difference() -> None:
    assert told("Uỷ ban hoà giải  ở thôn", "Ủy ban hòa giải ở thôn") == []


@pytest.mark.parametrize(
    ("former", "present", "expected"),
    [
        (
            "Chi bộ họp mỗi tháng một lần.",
            "Chi bộ họp ít nhất mỗi tháng một lần.",
            [("added", "ít nhất ")],
        ),
        ("Nghị quyết 57-NQ/TW.", "Nghị quyết 68-NQ/TW.", [("removed", "57-NQ/TW"), ("added", "68-NQ/TW")]),
        ("Một.\nHai.\nBa.", "Một.\nBa.", [("removed", "Hai.\n")]),
        ("Một.", "Một.\nHai.", [("added", "Hai.")]),
        ("Họp mỗi tháng.", "Họp mỗi tháng. Ghi biên bản.", [("added", "Ghi biên bản.")]),
    ],
)  # fmt: skip
def test_what_a_reader_would_say_changed(former: str, present: str, expected: list[tuple[str, str]]) -> None:
    assert told(former, present) == expected


def test_a_word_that_two_sentences_share_by_chance_does_not_cut_them_up() -> None:
    former = "Đảng viên nộp bài trên giấy cho phó bí thư"
    present = "Cấp uỷ nhận báo cáo trên máy của chi bộ"
    assert told(former, present) == [("removed", former), ("added", present)]


def test_two_huge_stretches_without_an_equal_paragraph_are_replaced_whole() -> None:
    former, present = "a b c " * 3000, "c a b d " * 3000
    assert MAX_PAIRS < 3 * 3000 * 3000
    assert [fate for fate, _ in told(former, present)] == ["removed", "added"]


BODY = (
    "Chi bộ phân công đảng viên phụ trách từng hộ gia đình và báo cáo kết quả hằng quý với đảng uỷ phường {}."
)


def article(number: int, subject: str = "", anchor: str = "") -> PlainSection:
    about = subject or f"việc thứ {number}"
    return PlainSection(anchor or f"dieu-{number}", f"Điều {number}. Về {about}", BODY.format(about))


def fates(found: Sequence[SectionDifference]) -> list[tuple[Fate, int | None, int | None]]:
    return [(one.fate, one.former, one.present) for one in found]


def test_a_new_article_in_the_middle_leaves_the_renumbered_ones_what_they_were() -> None:
    former = [article(1, "hội họp"), article(2, "kiểm tra giám sát"), article(3, "khen thưởng")]
    present = [
        article(1, "hội họp"),
        PlainSection("dieu-2", "Điều 2. Chuyển đổi số", "Dữ liệu của phường được cập nhật mỗi ngày."),
        article(3, "kiểm tra giám sát"),
        article(4, "khen thưởng"),
    ]
    assert fates(section_differences(former, present)) == [
        (Fate.KEPT, 0, 0),
        (Fate.ADDED, None, 1),
        (Fate.CHANGED, 1, 2),
        (Fate.CHANGED, 2, 3),
    ]


def test_a_removed_article_stands_where_it_stood() -> None:
    former = [article(1), article(2), article(3)]
    found = section_differences(former, [former[0], former[2]])
    assert fates(found) == [(Fate.KEPT, 0, 0), (Fate.REMOVED, 1, None), (Fate.KEPT, 2, 1)]


def test_an_article_that_only_moved_is_not_called_changed() -> None:
    former = [article(1), article(2), article(3)]
    found = section_differences(former, [former[2], former[0], former[1]])
    assert fates(found) == [(Fate.KEPT, 2, 0), (Fate.KEPT, 0, 1), (Fate.KEPT, 1, 2)]


def test_an_article_written_anew_under_its_old_name_is_one_that_changed() -> None:
    former = [PlainSection("dieu-1", "Điều 1", "Họp mỗi tháng.")]
    present = [PlainSection("dieu-1", "Điều 1", "Dữ liệu phường do văn phòng giữ.")]
    assert fates(section_differences(former, present)) == [(Fate.CHANGED, 0, 0)]


# --- pictures and how the text is set


def test_a_picture_that_took_another_ones_place_was_exchanged() -> None:
    was = replace(article(1), pictures=("cũ", "giữ", "bỏ"))
    now = replace(article(1), pictures=("mới", "giữ"))
    (found,) = section_differences([was], [now])
    assert found.fate is Fate.CHANGED
    assert found.pictures == (PictureChange("cũ", "mới"), PictureChange("bỏ", ""))


def test_a_picture_that_moved_to_another_article_is_not_news() -> None:
    former = [replace(article(1), pictures=("sơ đồ",)), article(2)]
    present = [article(1), replace(article(2), pictures=("sơ đồ",))]
    assert {one.fate for one in section_differences(former, present)} == {Fate.KEPT}


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("uvwxyz"), unique=True))
def test_each_picture_that_went_or_came_is_told_once(gone: list[str], come: list[str]) -> None:
    told = picture_changes(gone, come)
    assert [one.former for one in told if one.former] == gone
    assert [one.present for one in told if one.present] == come
    assert sum(bool(one.former and one.present) for one in told) == min(len(gone), len(come))


@pytest.mark.parametrize(
    ("changes", "restyled"),
    [
        ({"level": 2}, True),
        ({"emphasis": ("phân công đảng viên",)}, True),
        ({"emphasis": ("PHÂN CÔNG",)}, False),  # no words of this text
        ({}, False),
    ],
)
def test_bold_words_and_levels_are_told_where_the_words_stayed(
    changes: dict[str, object], restyled: bool
) -> None:
    (found,) = section_differences([article(1)], [replace(article(1), **changes)])
    assert (found.fate, found.restyled) == (Fate.KEPT, restyled)


def test_words_that_were_added_bring_their_own_emphasis() -> None:
    was = article(1)
    now = replace(was, text=f"{was.text} Hoàn thành trước Tết.", emphasis=("trước Tết",))
    (found,) = section_differences([was], [now])
    assert (found.fate, found.restyled) == (Fate.CHANGED, False)
