import re
import threading

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.client import rendering
from handbook.client.rendering import render_sections
from handbook.model.library import Section


def _section(text: str, anchor: str = "muc-1") -> Section:
    return Section(anchor=anchor, level=1, heading="Mục", text=text)


def _html(text: str) -> str:
    return render_sections((_section(text),))[0].html


def plain_text(text: str) -> str:
    return render_sections((_section(text),))[0].text


def test_paragraphs_emphasis_and_lists_are_shown():
    html = _html("Đoạn *một*.\n\nĐoạn **hai**.\n\n- ý a\n- ý b\n\n3. ba\n4. bốn")
    assert "<p>Đoạn <em>một</em>.</p>" in html
    assert "<strong>hai</strong>" in html
    assert "<ul>\n<li>ý a</li>\n<li>ý b</li>\n</ul>" in html
    assert '<ol start="3">' in html


def test_tables_have_header_cells_borders_and_alignment_that_the_reader_knows():
    html = _html("| Việc | Số |\n|---|--:|\n| Đọc | 2 |")
    assert re.search(r'<table [^>]*border="1"', html)
    assert "<th>Việc</th>" in html
    assert '<td align="right">2</td>' in html


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![ảnh](http://theo-doi.example/a.png)",
        "[bấm](javascript:alert(1))",
        "[bấm](data:text/html,x)",
        "[bấm](//theo-doi.example)",
        "[bấm](file:///etc/passwd)",
        "<a href='x' onclick='y()'>z</a>",
        "<style>p{}</style>",
        "<iframe src='http://a.example'></iframe>",
        "<p style='background:url(http://a.example)'>z</p>",
    ],
)
def test_nothing_in_a_text_runs_or_calls_home(attack):
    html = _html(f"Trước {attack} sau")
    assert not re.search(r"<script|<img|<style|<iframe|javascript:|data:|file:|\son\w+=|style=|href=", html)
    assert "Trước" in html and "sau" in html


@pytest.mark.parametrize(
    "address", ["https://dangcongsan.vn/a?b=1", "handbook:central/15-nq-tw-2022", "#dieu-5"]
)
def test_links_to_the_web_to_documents_and_inside_stay(address):
    assert f'<a href="{address}">' in _html(f"[xem]({address})")


@given(st.text())
def test_any_text_renders_clean(text):
    html = _html(text)
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags <= rendering._TAGS
    assert rendering._cleaner().clean(html).count("<") == html.count("<")


def test_footnotes_are_numbered_through_the_document_and_stand_with_their_section():
    first, second = render_sections(
        [
            _section("Một[^a] và hai[^b].", "m1"),
            _section("Lại một[^a], ba[^c].\n\n[^c]: Chú *ba*.\n[^a]: Chú một.\n\n[^b]: Chú hai.", "m2"),
        ]
    )
    assert re.findall(r'<sup><a[^>]*href="#fn\.(\d)"[^>]*>(\d)</a></sup>', first.html) == [
        ("1", "1"),
        ("2", "2"),
    ]
    assert re.findall(r'<sup><a[^>]*href="#fn\.(\d)"[^>]*>(\d)</a></sup>', second.html) == [
        ("1", "1"),
        ("3", "3"),
    ]
    assert re.findall(r">(\d)\.</a> (.*?)</small>", first.html) == [("1", "Chú một."), ("2", "Chú hai.")]
    assert re.findall(r">(\d)\.</a> (.*?)</small>", second.html) == [("3", "Chú <em>ba</em>.")]


def test_every_footnote_link_has_exactly_one_place_to_go():
    both = render_sections(
        [_section("A[^1] B[^1] C[^2]\n\n[^1]: x", "m1"), _section("D[^2] E[^1]\n\n[^2]: y\n[^3]: z", "m2")]
    )
    html = "".join(one.html for one in both)
    names = re.findall(r'name="([^"]+)"', html)
    assert len(names) == len(set(names))
    # The note nobody refers to has no way back.
    assert set(re.findall(r'href="#([^"]+)"', html)) - {"fnref.3"} <= set(names)


def test_a_note_nobody_refers_to_is_not_lost():
    assert "Mồ côi" in _html("Không dẫn.\n\n[^1]: Mồ côi")


def test_a_long_note_keeps_all_its_paragraphs():
    html = _html("Một[^1].\n\n[^1]: Đoạn đầu\n    tiếp.\n\n    Đoạn sau.\n\nThân bài.")
    assert html.index("Thân bài") < html.index("<hr>") < html.index("Đoạn đầu") < html.index("Đoạn sau.")


def test_an_unknown_note_mark_is_shown_as_written():
    assert "[^9]" in _html("Xem[^9].")


words = st.text(alphabet="aăâđêôơư Điều0123456789.,;:()\"“”'%/–-+=!?’§ấ".replace(" ", ""), min_size=1)
lines = st.lists(st.one_of(words, st.sampled_from(["1\\.", "a\\)", "\\-"])), min_size=1).map(" ".join)
plain = st.lists(st.tuples(lines, st.sampled_from(["\n", "\n\n", "\n\n\n"]))).map(
    lambda pairs: "".join(line + end for line, end in pairs)
)


@given(st.one_of(plain, st.text(alphabet='aĐ1. \n\\-=("')))
def test_the_short_way_for_plain_paragraphs_gives_what_the_long_way_gives(text):
    if rendering._PLAIN.fullmatch(text):
        slow = nh3.clean(rendering._slow_html(text, {}, {}))
        assert _html(text) == slow
        assert plain_text(text) == rendering._text(slow)


@pytest.mark.parametrize(
    "text",
    ["Điều 1. Phạm vi\n\nLuật này quy định (sau đây gọi là Luật).\n\n1\\. Một\nhai", "“A”: b", "2016", ""],
)
def test_legal_paragraphs_take_the_short_way(text):
    assert rendering._PLAIN.fullmatch(text)


MARKUP = [
    "1. Một",
    "- a",
    "# A",
    "a\n---",
    "a\n===",
    "a\n\n    b",
    "a  \nb",
    "a|b\n-|-",
    "*a*",
    "a_b_",
    "<b>",
    "a&b",
]


@pytest.mark.parametrize("text", [*MARKUP, "[a](b)", "`a`", "> a", "a\\*b", "a\u00a0b", "a\tb"])
def test_markup_takes_the_long_way(text):
    assert not rendering._PLAIN.fullmatch(text)


def test_plain_text_has_a_line_for_each_paragraph_item_and_row():
    blocks = [
        "Đoạn *một*\nvẫn một.",
        "- a\n- b",
        "| x | y |\n|---|---|\n| 1 | 2 |",
        "R&D[^1] <b>c</b>",
        "[^1]: Chú.",
    ]
    markdown = "\n\n".join(blocks)
    assert plain_text(markdown) == "Đoạn một vẫn một.\na\nb\nx y\n1 2\nR&D c\n1. Chú."


@given(st.text(alphabet="aĐ <>&\n.*"))
def test_plain_text_has_no_markup_and_no_doubled_space(text):
    found = plain_text(text)
    assert found == found.strip()
    assert "  " not in found and "\n\n" not in found


def test_several_threads_may_render_at_once():
    texts = [f"Đoạn *{number}*[^1]\n\n[^1]: Chú {number}" for number in range(40)]
    expected = [_html(text) for text in texts]
    results: dict[int, list[str]] = {}

    def render(thread: int) -> None:
        results[thread] = [_html(text) for text in texts]

    threads = [threading.Thread(target=render, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result == expected for result in results.values())
    assert len(results) == 4
