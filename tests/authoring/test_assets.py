"""Pictures and attachments: every mistake is reported where it was written; each file is published once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from handbook.authoring.check import check
from handbook.authoring.publish import PublishReport
from handbook.authoring.source import PublisherSource, read_publisher
from handbook.errors import BadInput
from handbook.model.library import Document, Image, MediaType
from handbook.protocol import packs
from handbook.protocol.assets import asset_id, sha256_of
from handbook.protocol.packs import ItemKind
from tests import asset_files
from tests.authoring.conftest import NOW
from tests.authoring.reader import catalogues, items
from tests.published_ward import PUBLISHERS, write_document

DRAWING = asset_files.png()
FIGURE = "![Sơ đồ tổ chức](so-do.png)"
BODY_LINE = 11  # of the file that write_document writes


@pytest.fixture
def folder(data_dir: Path) -> Path:
    """The collection that documents are written into, with one picture."""
    (data_dir / "central/resolutions/so-do.png").write_bytes(DRAWING)
    return data_dir / "central/resolutions"


def written(data_dir: Path, body: str, attachments: str = "") -> PublisherSource:
    """The centre's source with nq-1 as given."""
    file = write_document(data_dir, "central", "nq-1", body)
    text = file.read_text("utf-8").replace('summary = "Tóm tắt."\n', f'summary = "Tóm tắt."\n{attachments}')
    file.write_text(text, "utf-8")
    return read_publisher(data_dir / "central")


def said(source: PublisherSource) -> list[str]:
    """The problems of nq-1 as `line: message`."""
    found = check(source, frozenset())
    return [f"{problem.line}: {problem.message}" for problem in found if problem.file.stem == "nq-1"]


def document(source: PublisherSource) -> Document:
    return next(one.record for one in source.documents if one.file.stem == "nq-1")


def test_a_picture_and_an_attachment_become_part_of_the_document(data_dir: Path, folder: Path) -> None:
    (folder / "mau.docx").write_bytes(asset_files.docx("Mẫu"))
    source = written(
        data_dir,
        f"## Một\n\nĐoạn một.\n\n{FIGURE}\n\nĐoạn hai.",
        '\n[[attachments]]\nfile = "mau.docx"\ntitle = "Mẫu bài thu hoạch"\n',
    )
    assert said(source) == []
    record = document(source)
    sha256 = sha256_of(DRAWING)
    assert record.images == (Image(sha256=sha256, width=40, height=20),)
    assert record.sections[0].text == f"Đoạn một.\n\n![Sơ đồ tổ chức](asset:{sha256})\n\nĐoạn hai."
    [attachment] = record.attachments
    assert (attachment.name, attachment.title) == ("mau.docx", "Mẫu bài thu hoạch")
    assert attachment.media_type is MediaType.DOCX


MISTAKES = {
    "![Sơ đồ](khong-co.png)": "không có tệp “khong-co.png”",
    "![](so-do.png)": "thiếu mô tả",
    "![ ](so-do.png)": "thiếu mô tả",
    "![chart 1](so-do.png)": "phải viết bằng tiếng Việt",
    f"![{'Sơ đồ ' * 60}](so-do.png)": "dài quá 300 ký tự",
    "![Sơ đồ](https://example.org/a.png)": "không lấy gì từ mạng",
    "![Sơ đồ](//example.org/a.png)": "không lấy gì từ mạng",
    "![Sơ đồ](file:///etc/passwd)": "không lấy gì từ mạng",
    "![Sơ đồ](data:image/png;base64,AAAA)": "không lấy gì từ mạng",
    "![Sơ đồ](C:\\anh.png)": "không lấy gì từ mạng",
    "![Sơ đồ](../so-do.png)": "chỉ ghi tên tệp",
    "![Sơ đồ](thu-muc/so-do.png)": "chỉ ghi tên tệp",
    "![Sơ đồ](..\\so-do.png)": "chỉ ghi tên tệp",
    "![Sơ đồ](Sơ đồ.png)": "chỉ dùng chữ thường không dấu",
    "![Sơ đồ](so-do.svg)": "chỉ dùng chữ thường không dấu",
    "Chữ trước ![Sơ đồ](so-do.png)": "phải đứng một mình",
    "- ![Sơ đồ](so-do.png)": "phải đứng một mình",
    "> ![Sơ đồ](so-do.png)": "phải đứng một mình",
    "  ![Sơ đồ](so-do.png)": "phải đứng một mình",
    '![Sơ đồ](so-do.png "Tên")': "chỉ dùng chữ thường",
    "![Sơ đồ][mot]": "phải đứng một mình",
    '<img src="so-do.png">': "phải đứng một mình",
    "Liền trên.\n![Sơ đồ](so-do.png)": "cần một dòng trống",
    "![Mật](so-do.png)": "có dấu độ mật",
}


@pytest.mark.parametrize("wrong", MISTAKES)
def test_a_wrong_picture_is_reported_with_its_line(data_dir: Path, folder: Path, wrong: str) -> None:
    found = said(written(data_dir, f"## Một\n\n{wrong}\n\nHết."))
    [only] = found
    line, _, message = only.partition(": ")
    assert int(line) == BODY_LINE + 2 + wrong.count("\n")
    assert MISTAKES[wrong] in message


def test_what_is_in_code_or_escaped_is_no_picture(data_dir: Path, folder: Path) -> None:
    body = "Viết `![mô tả](ten.png)` hay \\![thế này](ten.png):\n\n```\n![mô tả](ten.png)\n```"
    source = written(data_dir, body)
    assert said(source) == []
    assert document(source).images == ()


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "la-svg.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "không thuộc loại được dùng"),
    "la-webp.jpg": (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "không thuộc loại được dùng"),
    "la-jpeg.png": (asset_files.jpeg(), "thật ra là Hình JPEG"),
    "la-pdf.png": (asset_files.PDF, "không thuộc loại được dùng"),
    "bi-cut.png": (DRAWING[:-20], "bị cụt hoặc hỏng"),
    "rong.png": (b"", "không thuộc loại được dùng"),
    "qua-lon.png": (DRAWING + bytes(1_000_000), "quá lớn (1.0 MB); tối đa 1 MB"),
    "bom.png": (asset_files.png_that_claims(60_000, 60_000), "60000 × 60000 điểm ảnh"),
    "nhieu-diem.png": (asset_files.png_that_claims(4000, 4000), "8 triệu điểm ảnh"),
    "noi-chup.jpg": (asset_files.jpeg(exif=asset_files.exif((0x8825, 0))), "toạ độ nơi chụp"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_picture_is_judged_by_its_bytes(data_dir: Path, folder: Path, name: str) -> None:
    data, expected = BAD_FILES[name]
    (folder / name).write_bytes(data)
    [only] = said(written(data_dir, f"## Một\n\n![Sơ đồ]({name})"))
    assert only.startswith(f"{BODY_LINE + 2}: ") and expected in only


BAD_ATTACHMENTS: dict[str, tuple[str, bytes, str]] = {
    "missing": ('file = "mau.docx"\ntitle = "Mẫu"', b"", "không có tệp “mau.docx”"),
    "without a title": ('file = "mau.pdf"', asset_files.PDF, "thiếu trường “title”"),
    "program": ('file = "mau.exe"\ntitle = "Mẫu"', b"MZ\x90", "có đuôi"),
    "program called a document": (
        'file = "mau.docx"\ntitle = "Mẫu"',
        b"MZ\x90",
        "không thuộc loại được dùng",
    ),
    "old Word": ('file = "mau.docx"\ntitle = "Mẫu"', b"\xd0\xcf\x11\xe0", "không thuộc loại được dùng"),
    "spreadsheet called Word": (
        'file = "mau.docx"\ntitle = "Mẫu"',
        asset_files.xlsx("a"),
        "thật ra là Excel",
    ),
    "too large": ('file = "mau.pdf"\ntitle = "Mẫu"', asset_files.PDF + bytes(2_000_000), "tối đa 2 MB"),
    "cut": ('file = "mau.pdf"\ntitle = "Mẫu"', asset_files.PDF[:30], "bị cụt hoặc hỏng"),
    "secret title": ('file = "mau.pdf"\ntitle = "Tối mật"', asset_files.PDF, "có dấu độ mật"),
    "secret inside": (
        'file = "mau.docx"\ntitle = "Mẫu"',
        asset_files.docx("Tỉnh uỷ", "TUYỆT MẬT", "Kế hoạch"),
        "mau.docx: TUYỆT MẬT",
    ),
    "secret sheet": ('file = "mau.xlsx"\ntitle = "Mẫu"', asset_files.xlsx("Độ mật: Mật"), "mau.xlsx: Độ mật"),
    "unknown field": (
        'file = "mau.pdf"\ntitle = "Mẫu"\nnote = "a"',
        asset_files.PDF,
        "không có trường “note”",
    ),
}


@pytest.mark.parametrize("case", BAD_ATTACHMENTS)
def test_a_wrong_attachment_is_reported_at_its_table(data_dir: Path, folder: Path, case: str) -> None:
    fields, data, expected = BAD_ATTACHMENTS[case]
    if data:
        name = fields.split('"')[1]
        (folder / name).write_bytes(data)
    found = said(written(data_dir, "## Một\n\nNội dung.", f"\n[[attachments]]\n{fields}\n"))
    [only] = found
    assert only.startswith("11: ") and expected in only, only


def test_text_about_degrees_of_secrecy_may_be_attached(data_dir: Path, folder: Path) -> None:
    (folder / "mau.docx").write_bytes(asset_files.docx("Luật nêu ba độ: tuyệt mật, tối mật và mật.", "Mật"))
    table = '\n[[attachments]]\nfile = "mau.docx"\ntitle = "Giải thích"\n'
    assert said(written(data_dir, "## Một\n\nNội dung.", table)) == []


def test_a_link_out_of_the_folder_is_refused(data_dir: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "rieng.png").write_bytes(DRAWING)
    (folder / "lien-ket.png").symlink_to(tmp_path / "rieng.png")
    [only] = said(written(data_dir, "## Một\n\n![Sơ đồ](lien-ket.png)"))
    assert "dẫn ra ngoài thư mục" in only


def test_nothing_is_published_while_a_picture_is_wrong(
    data_dir: Path, folder: Path, content_dir: Path, publish_now: Callable[..., PublishReport]
) -> None:
    written(data_dir, "## Một\n\n![Sơ đồ](khong-co.png)")
    with pytest.raises(BadInput, match=r"nq-1\.md:13: không có tệp “khong-co.png”"):
        publish_now()
    assert not list(content_dir.rglob("*.pack"))


# --- publishing


@pytest.fixture
def central(content_dir: Path) -> Callable[[], dict[str, packs.Item]]:
    """The items of the centre as a reader sees them."""

    def read() -> dict[str, packs.Item]:
        root = (content_dir / "metadata/1.root.json").read_bytes()
        return items(content_dir, catalogues(content_dir, root, PUBLISHERS, NOW, None)["central"])

    return read


def sizes(content_dir: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in (content_dir / "packs").iterdir()}


def test_what_two_documents_show_is_published_once(
    data_dir: Path, folder: Path, publish_now: Callable[..., PublishReport], central: Callable
) -> None:
    for slug in ("nq-1", "nq-2"):
        write_document(data_dir, "central", slug, f"## Một\n\n{FIGURE}", number=f"{slug}/TW")
    [report, *_] = publish_now().published
    assert report.added == ("central/nq-1", "central/nq-2")
    held = central()
    assets = [item for item in held.values() if item.kind is ItemKind.ASSET]
    assert [item.payload for item in assets] == [DRAWING]
    assert list(held)[-1] == asset_id("central", sha256_of(DRAWING))  # the texts come first


def test_an_unchanged_picture_is_not_packed_again_and_one_nobody_shows_is_withdrawn(
    data_dir: Path,
    folder: Path,
    content_dir: Path,
    publish_now: Callable[..., PublishReport],
    central: Callable,
) -> None:
    picture = asset_id("central", sha256_of(DRAWING))
    write_document(data_dir, "central", "nq-1", f"## Một\n\n{FIGURE}")
    publish_now()
    before = sizes(content_dir)
    write_document(data_dir, "central", "nq-1", f"## Một\n\n{FIGURE}\n\nThêm một đoạn.")
    publish_now()
    [pack] = set(sizes(content_dir)) - set(before)
    changed = packs.index_of((content_dir / "packs" / pack).read_bytes())
    assert [entry.id for entry in changed] == ["central/nq-1"]

    write_document(data_dir, "central", "nq-1", "## Một\n\nKhông còn hình.")
    [report, *_] = publish_now().published
    assert (report.changed, report.withdrawn) == (("central/nq-1",), ())
    assert (central()[picture].kind, central()[picture].edition) == (ItemKind.WITHDRAWAL, 2)

    write_document(data_dir, "central", "nq-1", f"## Một\n\n{FIGURE}")
    publish_now()
    assert (central()[picture].kind, central()[picture].edition) == (ItemKind.ASSET, 3)
