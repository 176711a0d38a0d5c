"""What must not be published is found before it is, with its place."""

from pathlib import Path

import pytest

from handbook.authoring.check import check
from handbook.authoring.source import read_publisher
from tests.authoring.conftest import ASSIGNMENT
from tests.published_ward import write_document


def found(data_dir: Path, publisher: str = "central", published: frozenset[str] = frozenset()) -> list[str]:
    source = read_publisher(data_dir / publisher)
    return [f"{one.file.name}:{one.line}: {one.message}" for one in check(source, published)]


def with_body(data_dir: Path, body: str) -> list[str]:
    write_document(data_dir, "central", "nq-1", body)
    return found(data_dir)


def test_good_sources_have_no_problems(data_dir: Path) -> None:
    assert found(data_dir) == []
    assert found(data_dir, "hongson/anbinh", frozenset({"central/nq-1"})) == []


def test_links_to_what_is_not_published_are_reported(data_dir: Path) -> None:
    [problem] = found(data_dir, "hongson/anbinh")
    assert problem == "hoc-nq-1.toml:2: không có văn bản “central/nq-1”"
    file = data_dir / "central/resolutions/nq-1.md"
    relation = '[[relations]]\nkind = "based_on"\nnumber = "9"\ntarget = "central/nq-9"\n+++\n## '
    file.write_text(file.read_text("utf-8").replace("+++\n## ", relation, 1), "utf-8")
    [problem] = found(data_dir)
    assert problem.startswith("nq-1.md:10: không có văn bản “central/nq-9”")


def test_one_id_or_one_document_twice_is_reported(data_dir: Path) -> None:
    other = data_dir / "central/directives"
    other.mkdir()
    text = (data_dir / "central/resolutions/nq-1.md").read_text("utf-8")
    (other / "nq-1.md").write_text(text.replace("1-NQ/TW", "5-NQ/TW"), "utf-8")
    (other / "nq-7.md").write_text(text, "utf-8")
    messages = "\n".join(found(data_dir))
    assert "trùng mã" in messages
    assert "trùng số hiệu" in messages


def test_an_empty_body_is_reported(data_dir: Path) -> None:
    assert with_body(data_dir, "\n  \n") == ["nq-1.md:11: văn bản chưa có nội dung"]


def test_a_jump_between_heading_levels_is_reported_with_its_line(data_dir: Path) -> None:
    [problem] = with_body(data_dir, "## Một\n\n#### Hai\n\n## Ba\n### Bốn")
    assert problem == "nq-1.md:13: đề mục “Hai” nhảy từ cấp 2 xuống cấp 4"


@pytest.mark.parametrize(
    "body",
    [
        "MẬT\n\nNội dung",
        "**TỐI MẬT**\n\nNội dung",
        "Chữ\n\n## Mục\n\n[Tuyệt mật]\n",
        "Độ mật: Tối mật",
        "Số 12-BC/TU, độ mật: Mật.",
        "TỈNH UỶ HỒNG SƠN\tTUYỆT MẬT\n\nNội dung",
        "| TỈNH UỶ | MẬT |\n|---|---|\n",
        "> TỐI MẬT\n\nNội dung",
        "## MẬT\n\nNội dung",
    ],
)
def test_a_classified_document_is_refused(data_dir: Path, body: str) -> None:
    problems = with_body(data_dir, body)
    assert any("dấu độ mật" in problem for problem in problems), problems


@pytest.mark.parametrize("title", ["Mật", "Báo cáo (Mật)", "Tối mật"])
def test_a_title_that_says_it_is_classified_is_refused(data_dir: Path, title: str) -> None:
    file = data_dir / "central/resolutions/nq-1.md"
    file.write_text(file.read_text("utf-8").replace("Về công tác năm", title), "utf-8")
    [problem] = found(data_dir)
    assert problem.startswith("nq-1.md:4: có dấu độ mật")


@pytest.mark.parametrize(
    "body",
    [
        "Luật Bảo vệ bí mật nhà nước quy định ba độ: Tuyệt mật, Tối mật, Mật.",
        "Ba độ mật:\n\n- Tuyệt mật\n- Tối mật\n- Mật",
        "## Các độ mật\n\n| Độ | Nghĩa |\n|---|---|\n| Tuyệt mật | cao nhất |\n| Mật | thấp nhất |",
        "Mật ong là đặc sản.",
        "BÍ MẬT QUÂN SỰ TRONG CHIẾN DỊCH",
    ],
)
def test_a_text_about_secrecy_is_not_mistaken_for_a_classified_one(data_dir: Path, body: str) -> None:
    assert with_body(data_dir, body) == []


def test_an_assignment_must_make_sense(data_dir: Path) -> None:
    text = ASSIGNMENT.replace("2026-11-30", "2026-10-30").replace('["hongson/anbinh"]', '["haivan/x"]')
    text += '\n[[parts]]\nid = "nhan-thuc"\ntitle = "II"\n'
    (data_dir / "hongson/anbinh/assignments/hoc-nq-1.toml").write_text(text, "utf-8")
    assert found(data_dir, "hongson/anbinh", frozenset({"central/nq-1"})) == [
        "hoc-nq-1.toml:6: hạn nộp sớm hơn ngày mở",
        "hoc-nq-1.toml:8: đơn vị “haivan/x” không thuộc “hongson/anbinh”",
        "hoc-nq-1.toml:10: hai phần của bài thu hoạch trùng “id”",
    ]
