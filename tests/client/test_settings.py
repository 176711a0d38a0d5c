"""Settings survive everything, and a file that is none costs the settings and nothing else."""

import json
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.client.settings import PAPERS, THEMES, Settings, change_settings, read_settings
from handbook.errors import DiskProblem

ANY_SETTINGS = st.builds(
    Settings,
    server=st.text(),
    theme=st.sampled_from(THEMES),
    paper=st.sampled_from(PAPERS),
    text_scale=st.floats(1.0, 2.0),
    last_account=st.text(),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_a_new_pc_has_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()


@given(ANY_SETTINGS)
@settings(max_examples=50)
def test_what_was_set_is_read_again(wanted: Settings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        changes = {name: getattr(wanted, name) for name in Settings.__slots__}
        assert change_settings(Path(folder) / "new", **changes) == wanted
        assert read_settings(Path(folder) / "new") == wanted


def test_a_change_leaves_the_other_settings(tmp_path: Path) -> None:
    change_settings(tmp_path, server="https://so-tay.example", theme="dark")
    change_settings(tmp_path, text_scale=1.5)
    assert read_settings(tmp_path) == Settings(server="https://so-tay.example", theme="dark", text_scale=1.5)


@given(st.dictionaries(st.sampled_from([*Settings.__slots__, "unknown"]), ANY_JSON))
@settings(max_examples=50)
def test_an_unusable_value_costs_only_itself(held: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "settings.json").write_text(json.dumps(held))
        read = read_settings(Path(folder))
        for name in Settings.__slots__:
            assert getattr(read, name) in (held.get(name), getattr(Settings(), name))
        change_settings(Path(folder), theme="dark")
        assert read_settings(Path(folder)).theme == "dark"


@pytest.mark.parametrize("held", [b"", b"\x00" * 50, b"\xff\xfe", b"{", b"[]", b"7", b"[" * 100_000])
def test_an_unreadable_file_is_kept_aside(tmp_path: Path, held: bytes) -> None:
    (tmp_path / "settings.json").write_bytes(held)
    assert read_settings(tmp_path) == Settings()
    assert (tmp_path / "settings.json.unreadable").read_bytes() == held
    change_settings(tmp_path, theme="light")
    assert read_settings(tmp_path) == Settings(theme="light")
    assert (tmp_path / "settings.json.unreadable").read_bytes() == held


@pytest.mark.parametrize(
    "changes", [{"theme": "pink"}, {"text_scale": 9.0}, {"paper": "blue"}, {"server": 7}]
)
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        change_settings(tmp_path, **changes)
    assert read_settings(tmp_path) == Settings()


def test_changes_from_two_threads_do_not_undo_each_other(tmp_path: Path) -> None:
    def change(name: str, value: object) -> None:
        for _ in range(20):
            change_settings(tmp_path, **{name: value})

    threads = [
        threading.Thread(target=change, args=("theme", "dark")),
        threading.Thread(target=change, args=("last_account", "kp1.an")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert read_settings(tmp_path) == Settings(theme="dark", last_account="kp1.an")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DiskProblem, match="trùng tên"):
        change_settings(tmp_path / "data", theme="dark")
