"""The authored format is read whole, and every mistake is reported at once with its place."""

from datetime import date
from pathlib import Path

import pytest

from handbook.authoring import source
from handbook.errors import BadInput
from handbook.model.library import Collection, Kind, Relation, RelationKind, Section, Status
from handbook.model.study import Part
from tests.authoring.conftest import ASSIGNMENT
from tests.published_ward import write_document


def problems_of(folder: Path) -> list[str]:
    return [
        f"{problem.file.name}:{problem.line}: {problem.message}"
        for problem in source.read_publisher(folder).problems
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "publisher.toml").write_text('path = "central"\nname = "Trung ương"\n', "utf-8")
    (tmp_path / "resolutions").mkdir()
    (tmp_path / "assignments").mkdir()
    return tmp_path


def test_a_document_is_read_with_all_its_fields(folder: Path) -> None:
    text = """+++
kind = "resolution"
number = "15-NQ/TW"
title = "Về phương hướng"
issuer = "Bộ Chính trị"
issued_on = 2022-05-05
status = "partly_amended"
topics = ["Thủ đô", "phát triển"]
summary = "Tóm tắt."
sources = ["Báo Nhân Dân", "Cổng thông tin"]
[[relations]]
kind = "replaces"
number = "11-NQ/TW"
issued_on = 2012-01-06
[[relations]]
kind = "based_on"
number = "1-NQ/TW"
target = "central/1-nq-tw"
+++
Mở.

## Một

Chữ.
"""
    (folder / "resolutions/15-nq-tw-2022.md").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    [written] = source.read_publisher(folder).documents
    document = written.record
    assert (document.id, document.edition) == ("central/15-nq-tw-2022", source.UNPUBLISHED)
    assert (document.collection, document.kind) == (Collection.RESOLUTIONS, Kind.RESOLUTION)
    assert (document.number, document.title, document.issuer) == (
        "15-NQ/TW",
        "Về phương hướng",
        "Bộ Chính trị",
    )
    assert (document.issued_on, document.status) == (date(2022, 5, 5), Status.PARTLY_AMENDED)
    assert document.topics == ("Thủ đô", "phát triển")
    assert document.relations == (
        Relation(kind=RelationKind.REPLACES, number="11-NQ/TW", issued_on=date(2012, 1, 6)),
        Relation(kind=RelationKind.BASED_ON, number="1-NQ/TW", target="central/1-nq-tw"),
    )
    assert document.sections == (
        Section(anchor="mo-dau", level=0, heading="", text="Mở."),
        Section(anchor="mot", level=1, heading="Một", text="Chữ."),
        Section(anchor="nguon", level=1, heading="Nguồn", text="- Báo Nhân Dân\n- Cổng thông tin"),
    )
    assert text.split("\n")[written.body_line - 1] == "Mở."


def test_an_assignment_is_read_with_its_parts(folder: Path) -> None:
    (folder / "assignments/hoc.toml").write_text(ASSIGNMENT + 'hint = "Nêu."\n', "utf-8")
    [written] = source.read_publisher(folder).assignments
    assert written.record.id == "central/hoc"
    assert written.record.parts == (Part("nhan-thuc", "I. Nhận thức", "Nêu."),)
    assert (written.record.opens_on, written.record.due_on) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (written.record.min_words, written.record.grace_days) == (100, 3)


def test_every_mistake_of_every_file_is_reported_at_once(folder: Path) -> None:
    text = """+++
kind = "nghị quyết"
number = ""
title = ""
isued_on = 2022-05-05
status = "in_force"
topics = "công tác"
summary = 5
[[relations]]
kind = "based_on"
[[relations]]
kind = "gần với"
number = "1"
+++
Chữ.
"""
    (folder / "resolutions/a.md").write_text(text, "utf-8")
    (folder / "resolutions/b.md").write_text('+++\nkind = "x\n+++\n', "utf-8")
    (folder / "resolutions/c.md").write_text("Không có phần đầu.", "utf-8")
    (folder / "resolutions/d.md").write_bytes('+++\ntitle = "Nghị\n'.encode("utf-16"))
    write_document(folder, ".", "Nghị quyết 1")
    (folder / "assignments/e.toml").write_text(
        ASSIGNMENT.replace("2026-11-30", "2026-11-30T08:00:00").replace("100", "-1").replace("3\n", "true\n"),
        "utf-8",
    )
    (folder / "nghi-quyet").mkdir()
    (folder / "nghi-quyet/f.md").write_text("x", "utf-8")
    found = problems_of(folder)
    expected = [
        ("a.md:2:", "“nghị quyết” không phải giá trị"),
        ("a.md:4:", "“title” để trống"),
        ("a.md:5:", "không có trường “isued_on”"),
        ("a.md:7:", "“topics” phải là một danh sách"),
        ("a.md:8:", "“summary” phải là một đoạn chữ"),
        ("a.md:2:", "thiếu trường “issuer”"),
        ("a.md:2:", "thiếu trường “issued_on”"),
        ("a.md:9:", "thiếu trường “number”"),
        ("a.md:11:", "“gần với” không phải giá trị"),
        ("b.md:2:", "sai cú pháp TOML"),
        ("c.md:1:", "thiếu phần đầu"),
        ("d.md:1:", "UTF-8"),
        ("Nghị quyết 1.md:0:", "nghi-quyet-1.md"),
        ("e.toml:6:", "không cần giờ"),
        ("e.toml:4:", "không thể âm"),
        ("e.toml:7:", "phải là một số nguyên"),
        ("nghi-quyet:0:", "không phải một chuyên mục"),
    ]
    for place, message in expected:
        assert any(one.startswith(place) and message in one for one in found), (place, message, found)
    assert len(found) == len(expected)


def test_publishers_below_are_not_read_as_collections(data_dir: Path) -> None:
    folders = source.publisher_folders(data_dir)
    assert [source.publisher_path(folder) for folder in folders] == ["central", "hongson", "hongson/anbinh"]
    assert source.read_publisher(folders[1]).documents == ()
    assert [one.record.id for one in source.read_publisher(folders[2]).documents] == [
        "hongson/anbinh/thong-bao"
    ]


@pytest.mark.parametrize("text", ['name = "X"', 'path = "../x"\nname = "X"', "path = 5", "path"])
def test_a_publisher_without_a_usable_path_is_refused(folder: Path, text: str) -> None:
    (folder / "publisher.toml").write_text(text, "utf-8")
    with pytest.raises(BadInput, match=r"publisher\.toml"):
        source.publisher_path(folder)
    assert source.read_publisher(folder).path == ""


def test_a_problem_names_file_and_line() -> None:
    assert str(source.Problem(Path("a/b.md"), 3, "sai")) == "a/b.md:3: sai"
    assert str(source.Problem(Path("a/b.md"), 0, "sai")) == "a/b.md: sai"
