"""`handbook retention` on the server: says what would go, erases it, and has nothing left to do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from handbook.server.accounts import issue_codes_on_server
from handbook.server.database import open_database
from handbook.server.keys import load_keys
from handbook.server.run import load_ward_into
from handbook.server.settings import settings_from
from tests.published_ward import WARD
from tests.test_roster_command import run

RULES = '\n[retention]\nreflections = "10 years"\n'


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """Somebody got a code in 2024 and never used it."""
    folder, file = tmp_path / "server", tmp_path / "ward.toml"
    settings = settings_from({}, folder)
    file.write_text(WARD + RULES, encoding="utf-8")
    load_ward_into(settings, file)
    database = open_database(settings.database_url)
    issue_codes_on_server(database, load_keys(folder), ["kp1.hanh"], datetime(2024, 1, 1, tzinfo=UTC))
    database.close()
    return folder


def test_what_would_go_is_counted_then_goes_and_nothing_is_left(server: Path) -> None:
    code, said, _ = run("retention", "--dry-run", "--data-dir", server)
    assert code == 0
    assert "bài thu hoạch, tệp kèm theo, lời nhận xét: 10 năm" in said
    assert "lý do miễn học tập: giữ, chưa có thời hạn" in said
    assert "mã kích hoạt đã dùng hoặc hết hạn: 1, cũ nhất 31/01/2024" in said
    assert "Chưa xoá gì." in said
    assert "Chưa chạy lần nào." in said
    code, said, _ = run("retention", "--compact", "--data-dir", server)
    assert (code, "mã kích hoạt đã dùng hoặc hết hạn: 1\n" in said) == (0, True)
    said = run("retention", "--dry-run", "--data-dir", server)[1]
    assert "không có gì phải xoá" in said
    assert "Lần chạy gần nhất:" in said


def test_a_mistyped_folder_is_said_and_not_made(tmp_path: Path) -> None:
    code, _, err = run("retention", "--data-dir", tmp_path / "nham")
    assert (code, "chưa có dữ liệu máy chủ" in err) == (1, True)
    assert not (tmp_path / "nham").exists()
