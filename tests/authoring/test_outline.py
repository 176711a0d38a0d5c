"""Markdown becomes sections without losing a word."""

import re

from hypothesis import given
from hypothesis import strategies as st

from handbook.authoring import outline
from handbook.model.library import Section


def test_sections_begin_at_headings_and_levels_start_at_one() -> None:
    text = "Mở đầu.\n\n## Một\n\nA\n\n### Một hai\n\nB\n\n## Hai\n\nC"
    assert outline.split(text) == (
        Section(anchor="mo-dau", level=0, heading="", text="Mở đầu."),
        Section(anchor="mot", level=1, heading="Một", text="A"),
        Section(anchor="mot-hai", level=2, heading="Một hai", text="B"),
        Section(anchor="hai", level=1, heading="Hai", text="C"),
    )


def test_levels_deeper_than_four_are_shown_as_four() -> None:
    text = "\n".join(f"{'#' * hashes} H{hashes}" for hashes in range(1, 7))
    assert [section.level for section in outline.split(text)] == [1, 2, 3, 4, 4, 4]


def test_anchors_are_ascii_and_unique() -> None:
    anchors = [section.anchor for section in outline.split("# Điều 1. Đảng\n# Điều 1: đảng!\n# …\n# Mở đầu")]
    assert anchors == ["dieu-1-dang", "dieu-1-dang-2", "muc", "mo-dau"]


def test_a_long_anchor_is_cut_between_words() -> None:
    anchor = outline.anchor_of(
        "Phát huy sức mạnh đại đoàn kết toàn dân tộc trong sự nghiệp xây dựng đất nước"
    )
    assert anchor == "phat-huy-suc-manh-dai-doan-ket-toan-dan-toc-trong-su-nghiep"
    assert len(outline.anchor_of("a" * 500)) == outline.MAX_ANCHOR_CHARACTERS


def test_a_heading_inside_a_code_block_is_text() -> None:
    [section] = outline.split("# Một\n\n```\n# không phải\n```\n\n~~~\n```\n# cũng không\n~~~")
    assert "# không phải" in section.text
    assert "# cũng không" in section.text


def test_a_footnote_travels_with_every_section_that_uses_it() -> None:
    text = (
        "# Một\n\nA[^1] và B[^2].\n\n# Hai\n\nC[^1].\n\n# Ba\n\nD.\n\n"
        "[^1]: Nguồn một\ntiếp dòng\n\n    đoạn hai\n\n[^2]: Xem[^3]\n[^3]: Sâu\n[^9]: Thừa\n"
    )
    one, two, three = outline.split(text)
    assert one.text == (
        "A[^1] và B[^2].\n\n[^1]: Nguồn một\ntiếp dòng\n\n    đoạn hai\n[^2]: Xem[^3]\n[^3]: Sâu"
    )
    assert two.text == "C[^1].\n\n[^1]: Nguồn một\ntiếp dòng\n\n    đoạn hai"
    assert three.text == "D.\n\n[^9]: Thừa"


def test_a_heading_reads_as_plain_text() -> None:
    [section] = outline.split("## **Điều 1\\.** `Đảng` *ta*[^1] ##\n\nX")
    assert section.heading == "Điều 1. Đảng ta"


def test_no_text_gives_no_sections() -> None:
    assert outline.split("") == ()
    assert outline.split("\n\n  \n".replace(" ", "")) == ()


WORDS = st.sampled_from(
    ["đảng", "viên", "học", "#", "##", "# Một", "## Hai", "- mục", "1. số", "```", "", "|a|b|"]
)


@given(st.lists(WORDS, max_size=30))
def test_every_word_is_in_some_section_in_order(lines: list[str]) -> None:
    sections = outline.split("\n".join(lines))
    kept = " ".join(f"{section.heading} {section.text}" for section in sections)
    words = re.compile(r"\w+")
    assert words.findall(kept) == words.findall(" ".join(lines))
    assert len({section.anchor for section in sections}) == len(sections)
