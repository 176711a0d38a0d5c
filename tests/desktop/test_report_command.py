"""`handbook report`: the file has the numbers of the screen and of the server, in all three forms."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from docx import Document
from openpyxl import load_workbook
from pytestqt.qtbot import QtBot

from handbook.__main__ import main
from handbook.client.answers import record_in
from handbook.client.handbook import open_handbook
from handbook.desktop.session import Place
from handbook.exports.report_excel import SUMMARY
from handbook.exports.report_page import COLUMNS
from handbook.model.report import figures_of
from handbook.protocol.api import MAX_ANSWER_BYTES, Completion
from tests.desktop.conftest import Person
from tests.desktop.pdf_words import words_of
from tests.desktop.ward import ASSIGNMENT, CAPITAL, CELL, MEMBER, PASSWORD, SECRETARY

pytestmark = pytest.mark.gui

PERIOD = ("--from", "1/10/2030", "--to", "2030-12-31")


@pytest.fixture
def report(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDBOOK_PASSPHRASE", PASSWORD)

    def run(file: Path, *options: str, account: str = SECRETARY) -> int:
        return main(["report", str(file), "--data-dir", str(home), "--account", account, *options])

    return run


def by_the_server(home: Path) -> list[int]:
    """The cell's figures under COLUMNS as the server counts them at this moment, after a sync from here."""
    handbook = open_handbook(home, SECRETARY, PASSWORD)
    try:
        assert handbook.sync.run(lambda: datetime.now(UTC)).error is None
        path = f"/v1/cells/{quote(CELL)}/completion?{urlencode({'assignment': ASSIGNMENT})}"
        answer = handbook.transport.send("GET", path, token=handbook.account.token, limit=MAX_ANSWER_BYTES)
        (asked,) = handbook.cell.assignments(CELL, datetime.now(UTC))
        figures = figures_of(asked, record_in(answer, Completion).members)
        return [getattr(figures, field) for _, field in COLUMNS]
    finally:
        handbook.close()


def on_the_screen(qtbot: QtBot, home: Path) -> str:
    """The words of the report's pages; the sync at the start changes nothing any more."""
    person = Person(qtbot, home).open(SECRETARY)
    try:
        person.wait(lambda: not person.desktop.session.syncing)
        person.go(place=Place.REPORT, unit=CELL, assignment=ASSIGNMENT)
        person.wait(lambda: person.sees("report.pages"))
        person.settle()
        return person.find("report.pages").accessibleDescription()
    finally:
        person.close()


def test_word_excel_and_pdf_have_the_numbers_of_the_screen_and_of_the_server(
    report, home: Path, tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    an = open_handbook(home, MEMBER, PASSWORD)
    an.library.tick(CAPITAL, True, datetime.now(UTC))
    assert an.sync.run(lambda: datetime.now(UTC)).error is None
    an.close()
    told = by_the_server(home)
    assert told[0] == 3
    assert told[1] >= 1
    assert "\n".join(map(str, told)) in on_the_screen(qtbot, home)
    for name in ("a.xlsx", "a.docx", "a.pdf"):
        assert report(tmp_path / name, *PERIOD) == 0
    said = capsys.readouterr().out
    assert "Kết quả học tập quý IV năm 2030, Chi bộ Khu phố 1. 1 nhiệm vụ; 3 lượt phải thực hiện" in said
    sheet = load_workbook(tmp_path / "a.xlsx")[SUMMARY]
    rows = {row[1]: list(row[3:13]) for row in sheet.iter_rows(min_row=6, max_row=7, values_only=True)}
    assert rows["Cộng (lượt)"] == rows["Học Nghị quyết 15-NQ/TW"] == told
    total = Document(tmp_path / "a.docx").tables[1].rows[-1]
    assert [cell.text for cell in total.cells][1:] == ["Cộng", *map(str, told)]
    in_pdf = words_of((tmp_path / "a.pdf").read_bytes())
    assert "".join(["Cộng", *map(str, told)]) in in_pdf
    assert "ĐẢNGCỘNGSẢNVIỆTNAM" in in_pdf


def test_a_pdf_is_made_where_there_is_no_display(home: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("DISPLAY")}
    environment.pop("QT_QPA_PLATFORM", None)
    environment["HANDBOOK_PASSPHRASE"] = PASSWORD
    file = tmp_path / "bao-cao"
    command = ["report", str(file), "--as", "pdf", "--data-dir", str(home), "--account", SECRETARY, *PERIOD]
    done = subprocess.run(
        [sys.executable, "-m", "handbook", *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert file.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("options", "account", "said"),
    [
        (PERIOD, MEMBER, "không được phân công lập báo cáo"),
        ((*PERIOD, "--cell", "hongson/anbinh/khac"), SECRETARY, f"Lập được báo cáo của: {CELL}"),
        (("--from", "2026-01-01", "--to", "2026-03-31"), SECRETARY, "nhiệm vụ đã giao: 30/11/2030"),
        ((), SECRETARY, "không có nhiệm vụ học tập nào đến hạn"),
        (("--from", "2030-01-01"), SECRETARY, "cần cả ngày đầu và ngày cuối"),
        (("--from", "2030-12-01", "--to", "2030-01-01"), SECRETARY, "đứng trước ngày đầu"),
    ],
)
def test_what_cannot_be_reported_is_told_with_what_can(
    report,
    tmp_path: Path,
    options: tuple[str, ...],
    account: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert report(tmp_path / "a.docx", *options, account=account) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "a.docx").exists()


def test_a_file_of_no_known_kind_is_not_guessed(
    report, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(tmp_path / "a.txt", *PERIOD) == 1
    assert ".docx, .xlsx hoặc .pdf" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        report(tmp_path / "a.docx", "--from", "31/2/2030", "--to", "2030-12-31")
    assert ended.value.code == 2


def test_while_the_window_is_open_the_command_says_so(
    report, tmp_path: Path, person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    person.open(SECRETARY)
    assert report(tmp_path / "a.docx", *PERIOD) == 1
    assert "đang mở" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told(
    report, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(tmp_path / "none", ignore_errors=True)
    assert report(tmp_path / "none" / "a.xlsx", *PERIOD) == 1
    assert capsys.readouterr().err
