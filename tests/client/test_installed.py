"""When the installed program was made is read from its folder: no build can forget it."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handbook.client import installed


def test_a_program_that_runs_from_its_source_was_made_on_the_first_day() -> None:
    assert installed.folder() is None
    assert installed.built_at() == installed.FIRST_DAY


def test_an_installed_program_knows_when_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    (tmp_path / installed.STAMP).write_text("2027-03-05T06:07:08+00:00\n", "ascii")
    assert installed.built_at() == datetime(2027, 3, 5, 6, 7, 8, tzinfo=UTC)


def test_one_that_was_made_by_a_clock_in_the_past_is_no_older_than_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    (tmp_path / installed.STAMP).write_text("1970-01-01T00:00:00+00:00\n", "ascii")
    assert installed.built_at() == installed.FIRST_DAY


def test_an_installed_program_without_the_note_of_its_build_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    with pytest.raises(FileNotFoundError):
        installed.built_at()
