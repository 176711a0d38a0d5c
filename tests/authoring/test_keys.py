"""Signing keys: made once, readable by their owner only, locked by a passphrase when one is given."""

import os
import stat
from pathlib import Path

import pytest

from handbook.authoring import keys
from handbook.errors import BadInput, DiskProblem


def test_an_authority_has_every_key_and_keeps_them(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys.create_authority(folder, ["central", "hongson/anbinh"])
    names = {*keys.ROOT_NAMES, "targets", "snapshot", "timestamp", "central", "hongson.anbinh"}
    assert {file.stem for file in folder.glob("*.pem")} == names
    assert {file.stem for file in folder.glob("*.pub")} == names
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    keys.create_authority(folder, ["central", "hongson/anbinh", "hongson"])
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert before.items() < after.items()


def test_only_the_owner_may_read_a_private_key(tmp_path: Path) -> None:
    keys.create_key(tmp_path / "keys", "central")
    mode = stat.S_IMODE(keys.private_file(tmp_path / "keys", "central").stat().st_mode)
    # Windows keeps no such bits: there the profile folder's own rights protect the file.
    assert mode == 0o600 or os.name == "nt"


def test_the_public_half_belongs_to_the_private_one(tmp_path: Path) -> None:
    keys.create_key(tmp_path, "central")
    signer = keys.signer(tmp_path, "central")
    assert signer is not None
    public = keys.public_key(tmp_path, "central")
    assert public is not None
    public.verify_signature(signer.sign(b"van ban"), b"van ban")


def test_a_locked_key_opens_only_with_its_passphrase(tmp_path: Path) -> None:
    keys.create_authority(tmp_path, ["central"], passphrase="sen hồng")
    assert keys.signer(tmp_path, "central", lambda _: "sen hồng") is not None
    with pytest.raises(BadInput, match="cần mật khẩu"):
        keys.signer(tmp_path, "central")
    with pytest.raises(BadInput, match="mật khẩu không đúng"):
        keys.signer(tmp_path, "central", lambda _: "sen trắng")
    # The server signs with nobody present.
    assert keys.signer(tmp_path, "timestamp") is not None
    assert keys.signer(tmp_path, "snapshot", lambda _: "sen hồng") is not None


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    keys.create_key(tmp_path, "central")
    before = keys.private_file(tmp_path, "central").read_bytes()
    with pytest.raises(BadInput, match="Đã có khoá"):
        keys.create_key(tmp_path, "central")
    assert keys.private_file(tmp_path, "central").read_bytes() == before


def test_files_that_are_no_keys_are_named(tmp_path: Path) -> None:
    assert keys.signer(tmp_path, "central") is None
    assert keys.public_key(tmp_path, "central") is None
    keys.create_key(tmp_path, "central")
    keys.private_file(tmp_path, "central").write_text("không phải khoá", "utf-8")
    with pytest.raises(BadInput, match=r"central\.pem"):
        keys.signer(tmp_path, "central")
    keys.public_file(tmp_path, "central").write_text("không phải khoá", "utf-8")
    with pytest.raises(BadInput, match=r"central\.pub"):
        keys.public_key(tmp_path, "central")


def test_bad_paths_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="đường dẫn"):
        keys.create_authority(tmp_path / "keys", ["../x"])
    assert not (tmp_path / "keys").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(DiskProblem):
        keys.create_key(tmp_path / "file" / "keys", "central")
