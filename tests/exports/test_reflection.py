"""A reflection on paper: the Party's page, read back from the Word document as a person's Word would."""

import io
from datetime import UTC, date, datetime

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.exports.reflection_page import PaperPart, ReflectionPaper, Style, lines_of, place_in
from handbook.exports.reflection_word import to_word
from handbook.model.prose import parse

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
WRITTEN = """Tôi nhận thức **sâu sắc** rằng chuyển đổi số là *nhiệm vụ thường xuyên*.
### Ba điều cốt lõi
1. Người dân là trung tâm
2. Đảng viên **nêu gương**
   - Học một kỹ năng
> Đột phá quan trọng hàng đầu.
> — [Nghị quyết số 57-NQ/TW, mục I](handbook:central/57-nq-tw-2024#i)
#### Nói thêm
1. Đếm lại từ đầu
- Xem [trang của phường](https://anbinh.example.vn)
"""


def paper(parts: tuple = (("I. Nhận thức", parse(WRITTEN)),), **changes: object) -> ReflectionPaper:
    fields: dict[str, object] = {
        "superior": "Đảng uỷ phường An Bình",
        "unit": "Chi bộ Khu phố 1",
        "place": "An Bình",
        "written_on": date(2026, 2, 5),
        "study": "Học tập Nghị quyết 57-NQ/TW",
        "author": "Nguyễn Văn An",
        "duty": "Đảng viên",
        "parts": tuple(PaperPart(title, blocks) for title, blocks in parts),
    }
    return ReflectionPaper(**fields | changes)


def opened(record: ReflectionPaper) -> object:
    return Document(io.BytesIO(to_word(record, NOW)))


def styled(word: object) -> list[tuple[str, str]]:
    return [(each.style.name, each.text) for each in word.paragraphs if each.text]


def test_what_goes_with_the_text_is_named_at_its_end() -> None:
    word = opened(paper(files=("Sổ ghi chép.pdf", "Ảnh.jpg")))
    assert styled(word)[-1][1] == "Kèm theo: Sổ ghi chép.pdf; Ảnh.jpg."
    assert not any(text.startswith("Kèm theo") for _, text in styled(opened(paper())))


def test_the_letterhead_has_the_issuer_at_the_left_and_the_party_at_the_right() -> None:
    left, right = opened(paper()).tables[0].rows[0].cells
    assert left.text.split("\n") == ["ĐẢNG UỶ PHƯỜNG AN BÌNH", "CHI BỘ KHU PHỐ 1", "*"]
    party, day = right.paragraphs
    assert party.text == "ĐẢNG CỘNG SẢN VIỆT NAM"
    assert (party.style.font.size, party.style.font.bold, party.style.font.underline) == (Pt(15), True, True)
    assert day.text.replace("\u00a0", " ") == "An Bình, ngày 05 tháng 02 năm 2026"
    assert day.style.font.italic
    assert left.paragraphs[1].style.font.bold


def test_sizes_and_margins_are_the_official_ones() -> None:
    word = opened(paper())
    section = word.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = (section.left_margin, section.top_margin, section.right_margin, section.bottom_margin)
    assert [round(each.mm) for each in margins] == [30, 20, 15, 20]
    for style in ("Title", "Heading 1", "Body Text", "Quote", "List Number"):
        assert word.styles[style].font.name == "Times New Roman"
        assert str(word.styles[style].font.color.rgb) == "000000"
    assert word.styles["Title"].font.size == Pt(16)
    assert word.styles["Body Text"].font.size == Pt(14)
    assert word.styles["Body Text"].paragraph_format.alignment is WD_ALIGN_PARAGRAPH.JUSTIFY


def test_headings_lists_and_quotations_are_words_own() -> None:
    assert styled(opened(paper())) == [
        ("Title", "BÀI THU HOẠCH"),
        ("Subtitle", "Học tập Nghị quyết 57-NQ/TW"),
        ("Gạch ngăn", "-----"),
        ("Người viết", "Họ và tên: Nguyễn Văn An"),
        ("Người viết", "Chức vụ: Đảng viên"),
        ("Người viết", "Đơn vị: Chi bộ Khu phố 1, Đảng uỷ phường An Bình"),
        ("Heading 1", "I. Nhận thức"),
        ("Body Text", "Tôi nhận thức sâu sắc rằng chuyển đổi số là nhiệm vụ thường xuyên."),
        ("Heading 2", "Ba điều cốt lõi"),
        ("List Number", "Người dân là trung tâm"),
        ("List Number", "Đảng viên nêu gương"),
        ("List Bullet 2", "Học một kỹ năng"),
        ("Quote", "Đột phá quan trọng hàng đầu."),
        ("Nguồn trích dẫn", "(Nghị quyết số 57-NQ/TW, mục I)"),
        ("Heading 3", "Nói thêm"),
        ("List Number", "Đếm lại từ đầu"),
        ("List Bullet", "Xem trang của phường (https://anbinh.example.vn)"),
    ]


def test_bold_and_italic_words_keep_their_look() -> None:
    (body,) = (each for each in opened(paper()).paragraphs if each.style.name == "Body Text")
    assert [run.text for run in body.runs if run.bold] == ["sâu sắc"]
    assert [run.text for run in body.runs if run.italic] == ["nhiệm vụ thường xuyên"]


def test_every_numbered_list_counts_from_one() -> None:
    word = opened(paper())
    numbered = [each for each in word.paragraphs if each.style.name == "List Number"]
    ids = [each._p.pPr.numPr.numId.val for each in numbered]
    assert ids[0] == ids[1] != ids[2]
    numbering = word.part.numbering_part.element
    for id in set(ids):
        override = numbering.num_having_numId(id).find(qn("w:lvlOverride"))
        assert override.find(qn("w:startOverride")).get(qn("w:val")) == "1"


def test_pages_are_numbered_from_the_second_on() -> None:
    section = opened(paper()).sections[0]
    assert section.different_first_page_header_footer
    assert "PAGE" in section.header.paragraphs[0]._p.xml
    assert "PAGE" not in section.first_page_header._element.xml


def test_the_signature_is_not_parted_from_the_text() -> None:
    word = opened(paper())
    assert word.paragraphs[-1].text == "" or word.paragraphs[-1].paragraph_format.keep_with_next
    last = [each for each in word.paragraphs if each.text][-1]
    assert last.paragraph_format.keep_with_next
    signature = word.tables[1].rows[0].cells[1]
    assert signature.text.split("\n") == ["NGƯỜI VIẾT THU HOẠCH", "(Ký, ghi rõ họ tên)", "Nguyễn Văn An"]
    assert word.tables[1].rows[0]._tr.trPr.find(qn("w:cantSplit")) is not None


def test_what_is_unknown_is_left_to_a_pen_or_left_out() -> None:
    lines = lines_of(paper(superior="", place=""))
    assert [line.text for line in lines.left] == ["CHI BỘ KHU PHỐ 1", "*"]
    assert lines.right[1].text.startswith("…………, ngày")
    assert "Đơn vị: Chi bộ Khu phố 1" in [line.text for line in lines.body]


@pytest.mark.parametrize(
    ("unit", "place"),
    [
        ("Đảng uỷ phường An Bình", "An Bình"),
        ("Đảng ủy xã Tân Hưng", "Tân Hưng"),
        ("Đảng bộ đặc khu Côn Đảo", "Côn Đảo"),
        ("Tỉnh uỷ Hồng Sơn", "Hồng Sơn"),
        ("Thành uỷ Hà Nội", "Hà Nội"),
        ("Đảng uỷ các cơ quan Đảng", "các cơ quan Đảng"),
        ("Chi bộ Khu phố 1", ""),
    ],
)
def test_the_place_is_what_the_commune_is_named_after(unit: str, place: str) -> None:
    assert place_in(unit) == place


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300), st.text(min_size=1, max_size=60))
def test_whatever_was_typed_makes_a_document_that_opens(text: str, name: str) -> None:
    record = paper(parts=(("I. Nhận thức", parse(text)),), author=name)
    lines = lines_of(record)
    assert lines.body[0].style is Style.TITLE
    assert opened(record).tables
