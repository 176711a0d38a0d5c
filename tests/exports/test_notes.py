"""Notes as files: everything that was written is in them, whatever signs it has."""

import io
from datetime import UTC, date, datetime

from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import Markdown

from handbook.exports.notes import citation, to_markdown, to_word
from handbook.model.notes import Colour, Entry, EntryKind

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def entry(**changes: object) -> Entry:
    fields: dict[str, object] = {
        "id": "n1",
        "kind": EntryKind.NOTE,
        "document": "central/15-nq-tw-2022",
        "source": "Nghị quyết số 15-NQ/TW",
        "title": "Phương hướng phát triển Thủ đô",
        "issuer": "Bộ Chính trị",
        "issued_on": date(2022, 5, 5),
        "section": "muc-tieu",
        "heading": "II. Mục tiêu",
        "quote": "Thủ đô văn hiến,\nvăn minh",
        "text": "Hỏi thêm ở phường.\nViệc của tổ 3.",
        "colour": Colour.GREEN,
        "orphaned": False,
        "created_at": NOW,
        "changed_at": NOW,
    }
    return Entry(**fields | changes)  # type: ignore[arg-type]


ORPHAN = entry(
    id="n2",
    kind=EntryKind.HIGHLIGHT,
    section="",
    quote="Đoạn đã bỏ",
    text="",
    colour=Colour.PINK,
    orphaned=True,
)
BOOKMARK = entry(
    id="n3",
    kind=EntryKind.BOOKMARK,
    document="central/khac",
    source="Văn kiện khác",
    title="Văn kiện khác",
    issuer="",
    issued_on=None,
    heading="",
    quote="",
    text="",
    colour=None,
)


def lines_of(word: bytes) -> list[str]:
    return [paragraph.text for paragraph in Document(io.BytesIO(word)).paragraphs]


def test_a_citation_has_number_date_and_issuer() -> None:
    assert citation(entry()) == "Nghị quyết số 15-NQ/TW ngày 05/05/2022 của Bộ Chính trị"
    assert citation(BOOKMARK) == "Văn kiện khác"


def test_word_has_each_document_with_its_citation_sections_quotes_and_notes() -> None:
    assert lines_of(to_word([entry(), ORPHAN, BOOKMARK], NOW)) == [
        "Ghi chú cá nhân",
        "Xuất ngày 22/11/2026, 3 mục",
        "Phương hướng phát triển Thủ đô",
        "Nghị quyết số 15-NQ/TW ngày 05/05/2022 của Bộ Chính trị",
        "II. Mục tiêu",
        "“Thủ đô văn hiến,\nvăn minh”",
        "Hỏi thêm ở phường.\nViệc của tổ 3.",
        "Ghi chú, màu xanh, 22/11/2026",
        "“Đoạn đã bỏ”",
        "Đoạn tô màu, màu hồng, 22/11/2026, không còn trong bản hiện hành",
        "Văn kiện khác",
        "Văn kiện khác",
        "Mở đầu",
        "Đánh dấu trang, 22/11/2026",
    ]


def test_word_shades_a_quote_in_the_colour_of_its_mark_on_an_office_page() -> None:
    word = Document(io.BytesIO(to_word([entry()], NOW)))
    quote = next(one for one in word.paragraphs if one.text.startswith("“"))
    assert 'w:fill="CFEBCB"' in quote.runs[0]._r.xml
    page = word.sections[0]
    assert [round(edge.mm) for edge in (page.page_width, page.left_margin, page.right_margin)] == [
        210,
        30,
        15,
    ]
    assert word.styles["Normal"].font.name == word.styles["Heading 1"].font.name == "Times New Roman"


@given(st.text(max_size=80))
@settings(max_examples=30, deadline=None)
def test_word_takes_any_text(text: str) -> None:
    assert any(
        "Hết" in line for line in lines_of(to_word([entry(quote=f"{text}x", text=f"{text} Hết")], NOW))
    )


def test_markdown_reads_like_the_notes() -> None:
    assert to_markdown([entry(), ORPHAN, BOOKMARK], NOW) == (
        "# Ghi chú cá nhân\n\nXuất ngày 22/11/2026, 3 mục\n\n"
        "## Phương hướng phát triển Thủ đô\n\n"
        "Nghị quyết số 15-NQ/TW ngày 05/05/2022 của Bộ Chính trị\n\n"
        "### II. Mục tiêu\n\n"
        "> Thủ đô văn hiến,\n>\n> văn minh\n\n"
        "Hỏi thêm ở phường.\nViệc của tổ 3.\n\n"
        "*Ghi chú, màu xanh, 22/11/2026*\n\n"
        "> Đoạn đã bỏ\n\n"
        "*Đoạn tô màu, màu hồng, 22/11/2026, không còn trong bản hiện hành*\n\n"
        "## Văn kiện khác\n\nVăn kiện khác\n\n### Mở đầu\n\n*Đánh dấu trang, 22/11/2026*\n"
    )


def test_signs_in_a_note_do_not_become_markdown() -> None:
    text = "# không phải tiêu đề\n- không phải danh sách\n1. cũng không\n*chữ* [^1] <b>đậm</b> | `mã`"
    shown = Markdown().convert(to_markdown([entry(text=text)], NOW))
    assert shown.count("<h1>") == 1
    for tag in ("<li>", "<code>", "<b>", "<em>chữ"):
        assert tag not in shown
    assert "# không phải tiêu đề" in shown
    assert "1. cũng không" in shown
