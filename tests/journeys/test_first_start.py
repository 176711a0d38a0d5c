"""A program that carries the ward's content: a new member reads with no network, later only news come."""

from pathlib import Path

import pytest

from handbook.authoring.repository import trusted_root
from handbook.demo import SampleWard
from handbook.first_start import run_first_start
from handbook.usb_commands import pack

pytestmark = [pytest.mark.slow, pytest.mark.gui, pytest.mark.timeout(200)]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample ward whose content this program carries, as `handbook pack` writes it."""
    folder = tmp_path / "ward"
    ward = SampleWard(folder)
    try:
        ward.prepare(())
    finally:
        ward.close()
    base = tmp_path / "base-content"
    pack(folder, base, folder / "content", ["hongson/anbinh"], None, None)
    for module in ("handbook.client.handbook", "handbook.first_start"):
        monkeypatch.setattr(f"{module}.shipped", lambda: base)
    return folder


def test_a_new_member_reads_without_a_network_and_later_only_the_difference_comes(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = tmp_path / "pictures"
    assert run_first_start(pictures, installed) == 0, capsys.readouterr().out
    assert len(list(pictures.glob("*.png"))) == 5
    trusted = installed / "newcomer" / "trust" / "root.json"
    assert trusted.read_bytes() == trusted_root(installed / "content")
