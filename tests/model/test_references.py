"""Which articles and documents a text names, and which it does not."""

from datetime import date

import pytest

from handbook.model.references import article_of_heading, article_references, citations


def named(text: str) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.article) for one in article_references(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("theo khoản 2 Điều 5 của Luật này", [("khoản 2 Điều 5", "5")]),
        ("điểm a khoản 1 Điều 12a quy định", [("điểm a khoản 1 Điều 12a", "12a")]),
        (
            "tại các điều 5, 6 và 7 của Bộ luật này.",
            [("điều 5", "5"), ("6", "6"), ("7", "7")],
        ),
        ("từ Điều 8 đến Điều 11 của Quy định này", [("Điều 8", "8"), ("Điều 11", "11")]),
        ("theo Điều 5, 10 người được khen", [("Điều 5", "5")]),
    ],
)
def test_articles_of_the_document_itself(text: str, expected: list[tuple[str, str]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "theo Điều 5 Luật Đất đai",
        "Điều 5 và Điều 6 của Bộ luật Dân sự",
        "Điều 3 của Quy định đó",
        "theo điều 1/2 số thành viên",
        "điều kiện 5 năm",
    ],
)
def test_an_article_of_a_document_without_a_number_is_nobodys(text: str) -> None:
    assert named(text) == []


def test_an_article_of_another_document_is_named_with_it() -> None:
    text = "khoản 2 Điều 9 của Nghị định số 10/2020/NĐ-CP ngày 17 tháng 01 năm 2020"
    (one,) = article_references(text)
    assert one.article == "9"
    assert one.document.key == ("10", "2020", "nd", "cp")
    assert one.document.issued_on == date(2020, 1, 17)


def test_of_two_articles_only_the_one_of_this_law_is_taken() -> None:
    assert named("Điều 5 Luật này và Điều 6 Luật Đất đai") == [("Điều 5", "5")]


def test_documents_are_named_by_their_whole_number() -> None:
    text = "Nghị quyết số 57-NQ/TW ngày 22/12/2024; 117/2025/QH15; ngày 22/11/2026, mục 1-2, trang 3/4"
    found = [(text[one.start : one.end], one.issued_on) for one in citations(text)]
    assert found == [("57-NQ/TW", date(2024, 12, 22)), ("117/2025/QH15", None)]


def test_an_impossible_date_is_no_date() -> None:
    (one,) = citations("57-NQ/TW ngày 31/02/2024")
    assert one.issued_on is None


def test_headings_open_articles() -> None:
    assert article_of_heading("Điều 12a. Quyền của đảng viên") == "12a"
    assert article_of_heading("ĐIỀU 3") == "3"
    assert article_of_heading("Chương II. Điều 3") == ""
