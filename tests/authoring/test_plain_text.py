"""Plain texts become documents with an outline, and lose no word on the way."""

import html
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.authoring import plain_text
from handbook.authoring.check import check
from handbook.authoring.outline import split
from handbook.authoring.publish import publish
from handbook.authoring.source import PublisherSource, read_publisher
from handbook.errors import BadInput
from handbook.model.library import SOURCES_HEADING, Collection, Kind, Section
from tests.authoring.conftest import NOW

# Real laws, where they lie beside the project; the texts below stand for them everywhere.
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "vlc"

LAW = """QUỐC HỘI
--------

CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
---------------

Luật số: 12/2031/QH 16

Hà Nội, ngày 05 tháng 4 năm 2031



LUẬT

THƯ VIỆN, PHÒNG ĐỌC

Căn cứ Hiến pháp;

Quốc hội ban hành Luật thư viện, phòng đọc.

Phần thứ nhất

NHỮNG QUY ĐỊNH CHUNG

Chương I

MỞ ĐẦU

Điều 1. Phạm vi điều chỉnh

Luật này quy định về thư viện.

1. Sách *quý* và [sách] <C10 thường.

2. Báo, tạp chí:

a) Báo ngày;

- Báo tuần;

+ Báo tháng.

Điều 2. Giải thích từ ngữ

Điều 1 của Luật này và Chương II của Luật khác được hiểu như sau:

Mục tiêu của thư viện là phục vụ.

Mục 1. SÁCH

Tiểu mục 1

SÁCH IN

Điều 3

Thư viện giữ sách.

Điều 4 Bạn đọc

Bạn đọc mượn sách. “Điều 9. Không phải điều” là trích dẫn.

CHƯƠNG II: THI HÀNH

Điều 5: Hiệu lực

# Không phải đề mục
"""

OLD_LAW = """ QUỐC HỘI
********
Số: 21-LCT/HĐNN8
Hà Nội, ngày 30 tháng 6 năm 1999

LUẬT
CỦA QUỐC HỘI SỐ 21-LCT/HĐNN8 NGÀY 30/06/1999 VỀ PHÒNG ĐỌC CỦA QUỐC HỘI VIỆT NAM
Để phát triển văn hoá;
Luật này quy định phòng đọc.
Chương 1:
NHỮNG QUY ĐỊNH CHUNG
Điều 1
{long}
"""

NOTICE = """ĐẢNG UỶ PHƯỜNG
Kính gửi các chi bộ,
Ngày mai họp lúc 19 giờ. _____
"""


@pytest.fixture(scope="session")
def made_texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "luat-thu-vien.txt").write_text("\ufeff" + LAW.replace("\n", "\r\n"), "utf-8")
    (folder / "Luật phòng đọc.txt").write_text(
        unicodedata.normalize("NFD", OLD_LAW.format(long="Phòng đọc mở cửa. " * 20)), "utf-8"
    )
    (folder / "thong-bao.txt").write_text(NOTICE, "utf-8")
    return folder


@pytest.fixture(
    scope="session",
    params=["made", *([pytest.param("corpus", marks=pytest.mark.slow)] if CORPUS.is_dir() else [])],
)
def texts(request: pytest.FixtureRequest, made_texts: Path) -> Path:
    """Folders of plain texts: our own always, the real laws where they exist."""
    return CORPUS if request.param == "corpus" else made_texts


@pytest.fixture(scope="session")
def imported(
    texts: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[plain_text.ImportReport, PublisherSource]:
    folder = tmp_path_factory.mktemp("data") / "central"
    folder.mkdir()
    (folder / "publisher.toml").write_text('path = "central"\nname = "Trung ương"\n', "utf-8")
    report = plain_text.import_texts(texts, folder)
    return report, read_publisher(folder)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text))


def shown(sections: Iterable[Section]) -> str:
    """The text of all sections but the list of sources, as a reader sees its characters."""
    own = [section for section in sections if section.heading != SOURCES_HEADING]
    unescaped = [html.unescape(re.sub(r"\\(.)", r"\1", section.text)) for section in own]
    return "\n".join(f"{section.heading}\n{text}" for section, text in zip(own, unescaped, strict=True))


def test_no_word_is_lost_or_moved(imported) -> None:
    report, source = imported
    documents = {written.file: written.record for written in source.documents}
    assert len(documents) == len(report.imported)
    for one in report.imported:
        assert words(shown(documents[one.file].sections)) == words(one.source.read_text("utf-8-sig")), (
            one.source
        )


def test_every_article_became_a_section(imported) -> None:
    report, source = imported
    documents = {written.file: written.record for written in source.documents}
    found = 0
    for one in report.imported:
        text = unicodedata.normalize("NFC", one.source.read_text("utf-8-sig"))
        stated = re.findall(r"^\s*(Điều \d+[a-zđ]?)\s*[.:]", text, re.M)
        headings = [section.heading for section in documents[one.file].sections]
        articles = [heading for heading in headings if heading.startswith("Điều ")]
        assert len(articles) == one.articles
        starts = iter(articles)
        for article in stated:
            assert any(re.match(rf"{article}\b", heading) for heading in starts), (one.source, article)
        found += one.articles
    # Of the corpus its README says 10,894, counted by a stricter rule than ours.
    assert found >= (10_894 if len(report.imported) > 100 else 6)


def test_what_was_imported_can_be_published_as_it_is(imported, tmp_path: Path, keys_dir: Path) -> None:
    report, source = imported
    assert check(source, frozenset()) == ()
    published = publish(source.folder, tmp_path / "content", keys_dir, NOW).published
    assert [len(one.added) for one in published] == [len(report.imported)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "publisher.toml").write_text('path = "central"\nname = "Trung ương"\n', "utf-8")
    return tmp_path


def test_the_outline_follows_parts_chapters_and_articles() -> None:
    lines = [line.strip() for line in LAW.splitlines() if line.strip() and not line.startswith("---")]
    markdown, articles = plain_text.markdown_of(lines)
    outline = [(section.level, section.heading) for section in split(markdown)[1:]]
    assert articles == 5
    assert outline == [
        (1, "Phần thứ nhất. NHỮNG QUY ĐỊNH CHUNG"),
        (2, "Chương I. MỞ ĐẦU"),
        (3, "Điều 1. Phạm vi điều chỉnh"),
        (3, "Điều 2. Giải thích từ ngữ"),
        (3, "Mục 1. SÁCH"),
        (4, "Tiểu mục 1. SÁCH IN"),
        (4, "Điều 3"),
        (4, "Điều 4 Bạn đọc"),
        (2, "CHƯƠNG II: THI HÀNH"),
        (3, "Điều 5: Hiệu lực"),
    ]


def test_facts_are_taken_from_the_letterhead(made_texts: Path, folder: Path) -> None:
    report = plain_text.import_texts(made_texts, folder)
    documents = {written.file.stem: written.record for written in read_publisher(folder).documents}
    law, old, notice = documents["luat-thu-vien"], documents["luat-phong-doc"], documents["thong-bao"]
    assert (law.kind, law.number, law.issuer) == (Kind.LAW, "12/2031/QH16", "Quốc hội")
    assert (law.title, law.issued_on) == ("Luật thư viện, phòng đọc", date(2031, 4, 5))
    assert law.summary == "Luật này quy định về thư viện."
    assert law.collection is Collection.REGULATIONS
    assert (old.title, old.number) == ("Luật phòng đọc của Quốc hội Việt Nam", "21-LCT/HĐNN8")
    assert old.issued_on == date(1999, 6, 30)
    article = next(section for section in old.sections if section.heading == "Điều 1")
    assert article.text.startswith("Phòng đọc mở cửa.")
    assert (notice.kind, notice.collection, notice.title) == (Kind.ARTICLE, Collection.THEORY, "Thong bao")
    assumed = {one.file.stem: one.assumed for one in report.imported}
    assert assumed["luat-thu-vien"] == ("hiệu lực",)
    assert assumed["thong-bao"] == (
        "loại văn bản",
        "số hiệu",
        "ngày ban hành",
        "cơ quan ban hành",
        "hiệu lực",
    )


def test_a_file_that_is_there_already_is_left_alone(made_texts: Path, folder: Path) -> None:
    first = plain_text.import_texts(made_texts, folder, collection=Collection.HISTORY)
    edited = first.imported[0].file
    edited.write_text("đã sửa tay", "utf-8")
    second = plain_text.import_texts(made_texts, folder, collection=Collection.HISTORY)
    assert second.imported == ()
    assert set(second.existing) == {one.file for one in first.imported}
    assert edited.read_text("utf-8") == "đã sửa tay"
    assert edited.parent == folder / "history"


def test_folders_and_files_of_the_wrong_kind_are_refused(
    made_texts: Path, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"không có tệp \.txt"):
        plain_text.import_texts(folder, folder)
    with pytest.raises(BadInput, match="không phải thư mục của nơi phát hành"):
        plain_text.import_texts(made_texts, made_texts)
    (folder / "a.txt").write_bytes("Điều".encode("utf-16"))
    with pytest.raises(BadInput, match="UTF-8"):
        plain_text.import_texts(folder, folder)


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["Chương I", "Mục 1. A", "Điều 1. Một", "Điều 2", "CHỮ HOA", "1. số", "- gạch", "+ cộng"]
        ),
        st.text(st.characters(categories=("Lu", "Ll", "Nd", "Po", "Sm", "Zs")), min_size=1).map(str.strip),
    ),
    max_size=20,
)


@given(LINES)
def test_any_lines_come_through_word_for_word(lines: list[str]) -> None:
    lines = [unicodedata.normalize("NFC", line) for line in lines if line]
    markdown, _ = plain_text.markdown_of(lines)
    assert words(shown(split(markdown))) == words("\n".join(lines))
