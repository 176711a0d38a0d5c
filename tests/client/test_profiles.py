"""Which members have a profile on this PC, and that no account name leads out of its folder."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.client.profiles import (
    ProfileCard,
    is_account_name,
    note_opening,
    profile_dir,
    profiles,
    read_profile,
    write_card,
)
from handbook.errors import BadInput, DiskProblem


def card(account: str, name: str = "Nguyễn Văn An") -> ProfileCard:
    return ProfileCard(
        account=account, name=name, unit_name="Chi bộ Khu phố 1", server="https://so-tay.example"
    )


def make(data_dir: Path, account: str, opened: int) -> ProfileCard:
    """A profile last opened at that second."""
    folder = profile_dir(data_dir, account)
    folder.mkdir(parents=True)
    write_card(folder, card(account))
    os.utime(folder / "profile.json", (opened, opened))
    return card(account)


def test_a_new_pc_has_no_profiles(tmp_path: Path) -> None:
    assert profiles(tmp_path) == ()
    assert profiles(tmp_path / "not" / "there") == ()
    assert read_profile(tmp_path, "kp1.an") is None


def test_profiles_come_last_opened_first(tmp_path: Path) -> None:
    an, hanh, minh = (make(tmp_path, f"kp1.{name}", at) for name, at in (("an", 3), ("hanh", 9), ("minh", 5)))
    assert profiles(tmp_path) == (hanh, minh, an)
    note_opening(profile_dir(tmp_path, "kp1.an"))
    assert profiles(tmp_path) == (an, hanh, minh)


@pytest.mark.parametrize("held", [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"name": 3}', b"[" * 100_000])
def test_a_profile_whose_card_is_damaged_is_still_listed(tmp_path: Path, held: bytes) -> None:
    make(tmp_path, "kp1.an", 3)
    (profile_dir(tmp_path, "kp1.an") / "profile.json").write_bytes(held)
    assert profiles(tmp_path) == (ProfileCard(account="kp1.an", name="kp1.an", unit_name="", server=""),)


def test_a_folder_without_a_card_is_listed_by_its_account(tmp_path: Path) -> None:
    profile_dir(tmp_path, "kp1.an").mkdir(parents=True)
    assert [found.account for found in profiles(tmp_path)] == ["kp1.an"]


def test_what_is_not_a_profile_is_not_listed(tmp_path: Path) -> None:
    make(tmp_path, "kp1.an", 3)
    (tmp_path / "profiles" / ".kp1.hanh.new").mkdir()
    (tmp_path / "profiles" / "notes").write_text("a file")
    (tmp_path / "profiles" / "Có dấu").mkdir()
    assert [found.account for found in profiles(tmp_path)] == ["kp1.an"]


def test_a_file_in_the_place_of_the_profiles_is_named(tmp_path: Path) -> None:
    (tmp_path / "profiles").write_text("a file")
    with pytest.raises(DiskProblem, match="trùng tên"):
        profiles(tmp_path)


@pytest.mark.parametrize("name", ["kp1.an", "nguyen-van_a", "0", "a" * 64, "console", "com"])
def test_names_the_server_gives_are_accepted(name: str, tmp_path: Path) -> None:
    assert profile_dir(tmp_path, name) == tmp_path / "profiles" / name


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", ".", "..", "a..b", "a.", ".a", "a b", "a" * 65, "kp1.an ", "a\n", "a\0b"),
        *("../a", "a/b", "/a", "a\\b", "C:a", "c:\\x", "a*", "a?", "a|b"),
        *("con", "nul.txt", "com1", "lpt9.an", "con.an", "Kp1.An", "đảng"),
    ],
)
def test_names_that_are_paths_or_devices_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="không phải tên tài khoản"):
        profile_dir(tmp_path, name)


@given(st.text())
def test_whatever_is_typed_stays_inside_the_folder_of_profiles(name: str) -> None:
    root = Path("/data")
    if is_account_name(name):
        assert Path(os.path.normpath(profile_dir(root, name))).parent == root / "profiles"
        assert name.isascii()
        assert name == name.lower().strip().rstrip(".")
    else:
        with pytest.raises(BadInput):
            profile_dir(root, name)
