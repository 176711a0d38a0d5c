"""The main job as `handbook demo --tour` does it: the real program, as a person would start it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from handbook import tour

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

STEPS = 26
SMALLEST_PICTURE = 10_000  # bytes; an empty window compresses to less


def test_the_tour_does_every_step_without_a_display_and_leaves_nothing_running(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    } | {"TMPDIR": str(scratch), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    done = subprocess.run(
        [sys.executable, "-m", "handbook", "demo", "--tour", str(pictures)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
        timeout=380,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line[:6] for line in lines[:STEPS]] == [f"{number:02} ok " for number in range(1, STEPS + 1)]
    assert done.stderr == "", "the program complained on the way"
    shown = sorted(pictures.glob("*.png"))
    assert len(shown) == STEPS
    assert all(picture.stat().st_size > SMALLEST_PICTURE for picture in shown)
    assert list(scratch.iterdir()) == [], "the sample ward was left behind"
    assert not [process for process in psutil.process_iter() if _belongs_to(process, scratch)]


def _belongs_to(process: psutil.Process, folder: Path) -> bool:
    try:
        return any(str(folder) in word for word in process.cmdline())
    except psutil.Error:
        return False


def test_a_step_that_does_not_happen_ends_the_tour_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tour, "STEP_SECONDS", 3)
    monkeypatch.setattr(tour.Tour, "library", lambda self: self.wait("what never comes", lambda: False))
    assert tour.run_tour(tmp_path / "pictures") == 1
    assert "02 FAILED" in capsys.readouterr().out
    assert (tmp_path / "pictures" / "02-failed.png").exists()
