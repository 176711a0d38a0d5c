from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from handbook.model.pasted import blocks_in_html, blocks_in_text
from handbook.model.prose import Heading, Item, Paragraph, Quotation, Run, normal, parse, plain, write

CLIPBOARD = Path(__file__).parent / "clipboard"


def sample(name):
    return (CLIPBOARD / f"{name}.html").read_text(encoding="utf-8")


def text_run(text, **look):
    return (Run(text=text, **look),)


def test_a_text_from_word_keeps_its_words_headings_lists_and_emphasis_and_nothing_else():
    assert blocks_in_html(sample("word")) == (
        Heading(text_run("I. Nhận thức"), 1),
        Paragraph(
            (
                Run(text="Qua học tập, tôi nhận thấy "),
                Run(text="vai trò", bold=True),
                Run(text=" của "),
                Run(text="nghị quyết", italic=True),
                Run(text=" rất lớn."),
            )
        ),
        Item(text_run("Gương mẫu đi đầu;"), False, 1),
        Item(text_run("Việc nhỏ."), True, 2),
        Paragraph((Run(text="Việc; "), Run(text="Hạn", bold=True))),
    )


def test_a_web_page_comes_in_without_scripts_pictures_or_dangerous_links():
    assert write(blocks_in_html(sample("web"))).split("\n") == [
        "### Thời sự",
        "Theo [Tạp chí](https://xaydungdang.vn/bai-1?x=1), **kết quả** tốt.",
        "Dòng hai bấm.",
        "- Một",
        "   1. Một một",
        "- Hai",
        "> Dân là gốc.",
    ]
    assert blocks_in_html(sample("web"))[-1] == Quotation((text_run("Dân là gốc."),), None)


def test_an_editor_that_wraps_everything_in_a_bold_that_is_not_bold_is_understood():
    assert blocks_in_html(sample("docs")) == (
        Paragraph((Run(text="Thường "), Run(text="đậm nghiêng", bold=True, italic=True))),
    )


def test_letters_that_come_apart_are_put_together():
    assert plain(blocks_in_html("<p>\u0110a\u0309ng</p>")) == "Đảng"


def test_plain_text_is_pasted_as_text_whatever_signs_it_has():
    text = "- một\r\n\r\n### hai\n> ba *bốn*"
    pasted = blocks_in_text(text)
    assert all(isinstance(block, Paragraph) for block in pasted)
    assert plain(parse(write(pasted))) == text.replace("\r\n", "\n")


@given(st.text(alphabet="<>/pbliuo \"='a-!&;[]\n") | st.text())
def test_any_html_gives_blocks_that_can_be_kept(html):
    blocks = blocks_in_html(html)
    assert normal(blocks) == blocks
    assert parse(write(blocks)) == blocks
