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


def test_a_kill_between_the_two_files_of_a_key_is_healed_by_making_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = keys.write_durably

    def dying(file: Path, data: bytes, mode: int = 0o644) -> None:
        if file.suffix == ".pub":
            (file.parent / ".half.tmp").write_bytes(data[:10])
            raise KeyboardInterrupt
        real(file, data, mode)

    with monkeypatch.context() as patched:
        patched.setattr(keys, "write_durably", dying)
        with pytest.raises(KeyboardInterrupt):
            keys.create_authority(tmp_path, ["central"], "sen hồng")
    assert not list(tmp_path.glob("*.pub"))
    begun = keys.private_file(tmp_path, "root-1").read_bytes()
    keys.create_authority(tmp_path, ["central"], "sen hồng")
    assert keys.private_file(tmp_path, "root-1").read_bytes() == begun
    signer = keys.signer(tmp_path, "root-1", lambda _: "sen hồng")
    public = keys.public_key(tmp_path, "root-1")
    assert signer is not None
    assert public is not None
    public.verify_signature(signer.sign(b"van ban"), b"van ban")
    assert not list(tmp_path.glob(".*"))


def test_a_new_key_lies_beside_the_old_and_the_one_that_is_named_signs(tmp_path: Path) -> None:
    keys.create_authority(tmp_path, ["hongson", "hongson/2"])
    old = keys.public_key(tmp_path, "hongson")
    new = keys.create_next(tmp_path, "hongson")
    assert new.public.name == "hongson@2.pub"
    assert keys.create_next(tmp_path, "hongson").public.name == "hongson@3.pub"
    assert len(keys.key_files(tmp_path, "hongson")) == 3
    assert old is not None
    for key in (old, new.key):
        signer = keys.signer(tmp_path, "hongson", keyids=[key.keyid])
        assert signer is not None
        assert signer.public_key.keyid == key.keyid
    assert keys.signer(tmp_path, "hongson", keyids=["none"]) is None
