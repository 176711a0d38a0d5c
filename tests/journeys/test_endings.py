"""However the program ends, nothing it started goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def demo(tmp_path: Path) -> subprocess.Popen[str]:
    """`handbook demo` with its window open, and its server process running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "handbook", "demo", "--data-dir", str(tmp_path)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "HANDBOOK_MARKS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
    )
    with process.stdout:
        for line in process.stdout:
            if line.startswith("mark tasks"):
                break
        yield process
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_demo_and_its_server(demo: subprocess.Popen[str], number: int) -> None:
    children = psutil.Process(demo.pid).children(recursive=True)
    assert children
    demo.send_signal(number)
    assert demo.wait(timeout=60) == 0
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive


def test_a_kill_of_the_demo_takes_its_server_along(demo: subprocess.Popen[str]) -> None:
    children = psutil.Process(demo.pid).children(recursive=True)
    assert children
    demo.kill()
    demo.wait()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive
