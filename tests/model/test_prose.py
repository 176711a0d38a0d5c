import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handbook.model.prose import (
    Citation,
    Heading,
    Item,
    Paragraph,
    Quotation,
    Run,
    item_numbers,
    normal,
    parse,
    plain,
    plain_text,
    readable,
    write,
)

signs = st.text(alphabet="aĐ ộ*_\\[]()#>-–—.12:/x\t\n", max_size=12)
words = (
    st.text(max_size=8)
    | signs
    | st.sampled_from(["**", "1. ", "- ", "### ", "> ", "   - ", "[a](https://x)"])
)
links = st.sampled_from(["", "", "https://x.vn/a?b=1#c", "http://y", "javascript:alert(1)"])
run_tuples = st.lists(
    st.builds(Run, text=words, bold=st.booleans(), italic=st.booleans(), link=links), max_size=4
).map(tuple)
citations = st.none() | st.builds(
    Citation, words, st.text(min_size=1, max_size=6) | st.just("hongson/15-nq-tw"), st.text(max_size=6)
)
levels = st.sampled_from([1, 2])
blocks = st.lists(
    st.one_of(
        st.builds(Paragraph, run_tuples),
        st.builds(Heading, run_tuples, levels),
        st.builds(Item, run_tuples, st.booleans(), levels),
        st.builds(Quotation, st.lists(run_tuples, max_size=3).map(tuple), citations),
    ),
    max_size=5,
).map(tuple)


def text_run(text, **look):
    return (Run(text=text, **look),)


@given(blocks)
def test_what_is_kept_is_read_back_as_it_was(written):
    assert parse(write(written)) == normal(written)


@given(signs | st.text())
@example("1. một\n2. hai\n4. bốn")
def test_any_text_is_read_and_settles_at_once(text):
    read = parse(text)
    assert normal(read) == read
    assert parse(write(read)) == read


@given(st.text(alphabet="aĐộ ,;:!?()-_#>12.\t\n") | st.text(alphabet="a *\\_"))
def test_what_a_person_types_as_text_stays_that_text(typed):
    """Typed, not authored: the box hands over paragraphs without any look."""
    lines = tuple(Paragraph(text_run(line) if line else ()) for line in typed.split("\n"))
    assert plain(parse(write(lines))) == typed


@pytest.mark.parametrize(
    "text",
    [
        "Một dòng.\n\nHai dòng, có  hai dấu cách và dấu cách cuối. ",
        "2 * 3 = 6, ghi chú (*) và tên_tệp_có_gạch, C:\\Tai lieu\\bai.doc",
        "# Không phải đề mục\n#hashtag\n>không phải trích\n-không phải mục\n+ cũng không",
        "3. Giải pháp\n\n5. Kiến nghị\n2026. Năm nay",
        "* Ý một\n* Ý hai",
        "[1] Nghị quyết số 15-NQ/TW (2022)",
        "\tThụt đầu dòng bằng tab",
    ],
)
def test_an_answer_from_before_there_was_markup_is_paragraphs_and_keeps_every_character(text):
    read = parse(text)
    assert all(isinstance(block, Paragraph) for block in read)
    assert not any(run.bold or run.italic or run.link for block in read for run in block.runs)
    assert plain(read) == write(read) == text


def test_a_text_with_everything_in_it():
    text = "\n".join(
        [
            "### Nhận thức",
            "Đảng ta **luôn *coi trọng*** công tác *xây dựng*, xem [cổng](https://dangcongsan.vn/a).",
            "- Ý lớn",
            "   - Ý nhỏ",
            "1. Việc một",
            "   1. Việc nhỏ",
            "2. Việc hai",
            "> Xây dựng Thủ đô Hà Nội",
            "> văn hiến, văn minh, hiện đại.",
            "> — [Điều 5, Nghị quyết số 15-NQ/TW](handbook:hongson/15-nq-tw#dieu-5)",
            "#### Kết",
        ]
    )
    read = parse(text)
    assert read[0] == Heading(text_run("Nhận thức"), 1)
    assert read[1].runs[:3] == (
        Run(text="Đảng ta "),
        Run(text="luôn ", bold=True),
        Run(text="coi trọng", bold=True, italic=True),
    )
    assert read[1].runs[-2] == Run(text="cổng", link="https://dangcongsan.vn/a")
    assert read[3] == Item(text_run("Ý nhỏ"), False, 2)
    assert read[7] == Quotation(
        (text_run("Xây dựng Thủ đô Hà Nội"), text_run("văn hiến, văn minh, hiện đại.")),
        Citation("Điều 5, Nghị quyết số 15-NQ/TW", "hongson/15-nq-tw", "dieu-5"),
    )
    assert item_numbers(read) == (0, 0, 0, 0, 1, 1, 2, 0, 0)
    assert write(read) == text
    assert plain_text(text).splitlines()[9] == "— Điều 5, Nghị quyết số 15-NQ/TW"
    assert "văn hiến" not in plain(read, quoted=False)
    assert readable(read).splitlines()[2:5] == ["– Ý lớn", "   – Ý nhỏ", "1. Việc một"]


def test_signs_that_would_be_markup_are_spelled_so_that_they_stay_text():
    typed = ["### a", "> a", "- a", "1. a", "a *b* c", "**a**", "[a](https://x)", "\\*"]
    lines = tuple(Paragraph(text_run(line)) for line in typed)
    assert parse(write(lines)) == lines
    quoted = Quotation((text_run("— [a](handbook:b#c)"),), None)
    assert parse(write((quoted,))) == (quoted,)
    assert write(lines).splitlines()[:4] == ["\\### a", "\\> a", "\\- a", "1\\. a"]


def test_a_link_that_could_run_something_is_text():
    assert parse("[a](javascript:alert(1))") == (Paragraph(text_run("[a](javascript:alert(1))")),)
    assert write((Paragraph(text_run("a", link="javascript:x")),)) == "a"
