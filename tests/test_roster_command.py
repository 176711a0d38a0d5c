"""`handbook roster` on the server: says first, writes with --apply, then has nothing left to do."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from handbook.__main__ import main
from handbook.server.keys import load_keys
from handbook.server.run import load_ward_into
from handbook.server.settings import settings_from
from tests.published_ward import WARD

LIST = """Họ và tên;Chi bộ;Ngày vào Đảng;Năm sinh
Lê Văn Mới;Khu phố 1;3/2/2026;1999
Người Lạ;Chi bộ Không Có;3/2/2020;1990
"""


def run(*arguments: object) -> tuple[int, str, str]:
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(each) for each in arguments])
    return code, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err))


@pytest.fixture
def server(tmp_path: Path) -> Path:
    folder = tmp_path / "server"
    settings = settings_from({}, folder)
    (tmp_path / "ward.toml").write_text(WARD, encoding="utf-8")
    load_ward_into(settings, tmp_path / "ward.toml")
    load_keys(folder)
    return folder


def test_a_list_is_said_then_written_then_the_same(server: Path, tmp_path: Path) -> None:
    file = tmp_path / "danh-sach.csv"
    file.write_text(LIST, encoding="utf-8")
    code, out, err = run("roster", file, "--data-dir", server)
    assert code == 1
    assert "cột “Năm sinh”: không lấy" in out
    assert "Thêm mới: kp1.moi  Lê Văn Mới" in out
    assert "Chưa ghi gì" in out
    assert err.splitlines() == ["dòng 3: Không có chi bộ nào tên “Chi bộ Không Có” trong đảng bộ này."]
    assert "1 thay đổi. Đã ghi." in run("roster", file, "--apply", "--data-dir", server)[1]
    assert "0 thay đổi" in run("roster", file, "--data-dir", server)[1]


def test_an_unfit_file_or_a_mistyped_folder_is_said(server: Path, tmp_path: Path) -> None:
    file = tmp_path / "khac.csv"
    file.write_text("Số hiệu;Trích yếu\n15-NQ/TW;x\n", encoding="utf-8")
    code, out, err = run("roster", file, "--data-dir", server)
    assert (code, out) == (1, "")
    assert "không có danh sách nào" in err
    code, out, err = run("roster", file, "--data-dir", tmp_path / "nham")
    assert "chưa có dữ liệu máy chủ" in err
    assert not (tmp_path / "nham").exists()


def test_the_template_is_saved_and_is_no_list_yet(server: Path, tmp_path: Path) -> None:
    file = tmp_path / "mau.xlsx"
    assert run("roster", file, "--template", "--data-dir", server)[0] == 0
    code, _, err = run("roster", file, "--data-dir", server)
    assert code == 1
    assert "không có danh sách nào" in err


def test_nobody_has_left_while_a_row_cannot_be_read(server: Path, tmp_path: Path) -> None:
    file = tmp_path / "danh-sach.csv"
    file.write_text(
        "Họ và tên;Chi bộ;Ngày vào Đảng\nLê Văn Mới;Khu phố 1;\nNguyễn Văn An;Khu phố 1;?\n", "utf-8"
    )
    out = run("roster", file, "--complete", "--apply", "--data-dir", server)[1]
    assert "chưa coi ai là đã rời" in out
    assert "Rời chi bộ" not in out
    file.write_text("Họ và tên;Chi bộ\nLê Văn Mới;Khu phố 1\n", "utf-8")
    assert "Rời chi bộ" in run("roster", file, "--complete", "--data-dir", server)[1]
