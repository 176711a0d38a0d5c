"""`handbook duties`: given, ended, listed and on record, on the server's own PC."""

from pathlib import Path

import pytest

from handbook.__main__ import main
from handbook.server.keys import load_keys
from handbook.server.run import load_ward_into
from handbook.server.settings import settings_from
from tests.published_ward import MEMBER, WARD

COMMITTEE = "committee_officer"


@pytest.fixture
def duties(tmp_path: Path):
    """Runs a command below `handbook duties` on a server with a ward and no administrator yet."""
    folder = tmp_path / "server"
    settings = settings_from({}, folder)
    load_keys(folder)
    ward = tmp_path / "ward.toml"
    ward.write_text(WARD, encoding="utf-8")
    load_ward_into(settings, ward)
    return lambda *words: main(["duties", *words, "--data-dir", str(folder)])


def test_a_duty_is_given_listed_ended_and_on_record(duties, capsys: pytest.CaptureFixture[str]) -> None:
    assert duties("grant", MEMBER, COMMITTEE) == 0
    assert "được giao nhiệm vụ Cán bộ văn phòng đảng uỷ" in capsys.readouterr().out
    assert duties("grant", MEMBER, COMMITTEE) == 0
    assert "không đổi gì" in capsys.readouterr().out
    assert duties("list") == 0
    assert capsys.readouterr().out == f"{MEMBER}  Nguyễn Văn An  Cán bộ văn phòng đảng uỷ\n"
    assert duties("revoke", MEMBER, COMMITTEE) == 0
    assert "thôi nhiệm vụ" in capsys.readouterr().out
    assert duties("list") == 0
    assert capsys.readouterr().out == ""
    assert duties("log", "--limit", "2") == 0
    ended, given = capsys.readouterr().out.splitlines()
    assert f"người vận hành máy chủ  thôi  {MEMBER}  Cán bộ văn phòng đảng uỷ (hongson/anbinh)" in ended
    assert f"giao  {MEMBER}" in given


def test_the_last_administrator_stays_one(duties, capsys: pytest.CaptureFixture[str]) -> None:
    assert duties("grant", MEMBER, "administrator") == 0
    assert duties("revoke", MEMBER, "administrator") == 1
    assert "quản trị cuối cùng" in capsys.readouterr().err


def test_whom_nobody_knows_and_a_cells_duty_are_refused(duties, capsys: pytest.CaptureFixture[str]) -> None:
    assert duties("grant", "khong.ai", COMMITTEE) == 1
    assert "Không có tài khoản khong.ai" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        duties("grant", MEMBER, "cell_secretary")
    assert ended.value.code == 2


def test_a_folder_without_a_server_does_not_become_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["duties", "list", "--data-dir", str(tmp_path / "none")]) == 1
    assert "chưa có dữ liệu máy chủ" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
