"""The keys of the profiles: never lost by creating, never given for a wrong passphrase."""

import json
import os
import stat
import unicodedata
from pathlib import Path

import pytest
from keyring.backends import fail, null

from handbook.client import vault as vault_module
from handbook.client.profiles import profile_dir
from handbook.client.vault import Cost, Vault
from handbook.errors import BadInput, Conflict, DiskProblem, Locked, SignInFailed
from tests.client.conftest import PocketKeyring

QUICK = Cost(passes=1, memory_kib=64, lanes=1)
ACCOUNT = "kp1.an"
PASSPHRASE = "Mùa thu năm ấy"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, cost=QUICK)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return profile_dir(tmp_path, ACCOUNT) / "key.json"


def test_a_passphrase_opens_what_it_closed(vault: Vault) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    assert len(key) == 32
    assert vault.unlock(ACCOUNT, PASSPHRASE) == key


def test_each_profile_has_a_key_of_its_own(vault: Vault) -> None:
    assert vault.create("kp1.an", PASSPHRASE) != vault.create("kp1.hanh", PASSPHRASE)


def test_a_wrong_passphrase_is_refused_with_advice(vault: Vault) -> None:
    vault.create(ACCOUNT, PASSPHRASE)
    with pytest.raises(SignInFailed) as caught:
        vault.unlock(ACCOUNT, "mùa thu năm ấy")
    assert caught.value.message == "Mật khẩu không đúng."
    assert "Caps Lock" in caught.value.advice


def test_without_a_keyring_the_passphrase_is_asked_for(vault: Vault) -> None:
    vault.create(ACCOUNT, PASSPHRASE)
    assert not vault.has_keyring()
    with pytest.raises(Locked, match="đang khoá"):
        vault.unlock(ACCOUNT, None)


def test_a_passphrase_typed_by_another_input_method_is_the_same(vault: Vault) -> None:
    key = vault.create(ACCOUNT, unicodedata.normalize("NFC", PASSPHRASE))
    assert vault.unlock(ACCOUNT, unicodedata.normalize("NFD", PASSPHRASE)) == key


def test_creating_never_replaces_a_key(vault: Vault, key_file: Path) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    before = key_file.read_bytes()
    with pytest.raises(Conflict, match="đã có dữ liệu trên máy này"):
        vault.create(ACCOUNT, "another")
    assert key_file.read_bytes() == before
    assert vault.unlock(ACCOUNT, PASSPHRASE) == key


def test_rewrapping_changes_the_passphrase_and_not_the_key(vault: Vault) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    vault.rewrap(ACCOUNT, key, "một câu mới")
    assert vault.unlock(ACCOUNT, "một câu mới") == key
    with pytest.raises(SignInFailed):
        vault.unlock(ACCOUNT, PASSPHRASE)


def test_a_key_of_another_profile_cannot_be_wrapped_into_this_one(vault: Vault, key_file: Path) -> None:
    vault.create(ACCOUNT, PASSPHRASE)
    before = key_file.read_bytes()
    with pytest.raises(ValueError, match="not the key"):
        vault.rewrap(ACCOUNT, bytes(32), PASSPHRASE)
    assert key_file.read_bytes() == before


def test_the_key_is_in_the_file_only_wrapped_and_for_its_owner_only(vault: Vault, key_file: Path) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    held = key_file.read_bytes()
    assert key not in held
    assert vault_module._pack(key).encode() not in held
    assert key.hex().encode() not in held
    if os.name != "nt":
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_a_wrapped_key_copied_into_another_account_does_not_open(vault: Vault, tmp_path: Path) -> None:
    vault.create(ACCOUNT, PASSPHRASE)
    vault.create("kp1.hanh", PASSPHRASE)
    stolen = profile_dir(tmp_path, "kp1.an") / "key.json"
    (profile_dir(tmp_path, "kp1.hanh") / "key.json").write_bytes(stolen.read_bytes())
    with pytest.raises(SignInFailed):
        vault.unlock("kp1.hanh", PASSPHRASE)


def test_the_cost_is_that_of_the_file_and_not_of_the_program(vault: Vault, tmp_path: Path) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    assert Vault(tmp_path, cost=Cost(passes=2, memory_kib=128, lanes=2)).unlock(ACCOUNT, PASSPHRASE) == key


def test_the_cost_of_a_new_key_is_what_rfc_9106_recommends(tmp_path: Path, key_file: Path) -> None:
    Vault(tmp_path).create(ACCOUNT, PASSPHRASE)
    held = json.loads(key_file.read_bytes())
    assert (held["kdf"], held["passes"], held["memory_kib"], held["lanes"]) == ("argon2id", 3, 65_536, 4)


def test_a_missing_key_file_is_named_with_what_can_be_done(vault: Vault, key_file: Path) -> None:
    vault.create(ACCOUNT, PASSPHRASE)
    key_file.unlink()
    with pytest.raises(DiskProblem, match=r"Thiếu tệp key\.json") as caught:
        vault.unlock(ACCOUNT, PASSPHRASE)
    assert "bản sao" in caught.value.advice


@pytest.mark.parametrize(
    "damage",
    [
        lambda held: b"",
        lambda held: b"\x00" * 300,
        lambda held: held[: len(held) // 2],
        lambda held: b"[" * 100_000,
        lambda held: b"[]",
        lambda held: b"{}",
        lambda held: held.replace(b'"format": 1', b'"format": 2'),
        lambda held: held.replace(b"argon2id", b"md5"),
        lambda held: held.replace(b'"passes": 1', b'"passes": 0'),
        lambda held: held.replace(b'"passes": 1', b'"passes": "1"'),
        lambda held: held.replace(b'"passes": 1', b'"passes": 1.5'),
        lambda held: held.replace(b'"memory_kib": 64', b'"memory_kib": 4000000000'),
        lambda held: held.replace(b'"salt": "', b'"salt": "AAAA'),
        lambda held: held.replace(b'"nonce": "', b'"nonce": "!'),
        lambda held: held.replace(b'"wrapped": "', b'"wrapped": 7, "other": "'),
    ],
)
def test_a_damaged_key_file_is_named_and_left_as_it_is(damage: object, vault: Vault, key_file: Path) -> None:
    vault.create(ACCOUNT, PASSPHRASE)
    damaged = damage(key_file.read_bytes())  # type: ignore[operator]
    key_file.write_bytes(damaged)
    with pytest.raises(DiskProblem, match=r"key\.json đã hỏng"):
        vault.unlock(ACCOUNT, PASSPHRASE)
    assert key_file.read_bytes() == damaged


def test_no_key_is_looked_for_outside_the_profiles(vault: Vault) -> None:
    with pytest.raises(BadInput):
        vault.unlock("../kp1.an", PASSPHRASE)


def test_a_keyring_makes_the_passphrase_unnecessary(vault: Vault, pocket_keyring: PocketKeyring) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    assert vault.has_keyring()
    assert vault.unlock(ACCOUNT, None) == key


def test_a_keyring_that_lost_the_key_gets_it_back(vault: Vault, pocket_keyring: PocketKeyring) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    pocket_keyring.held.clear()
    with pytest.raises(Locked):
        vault.unlock(ACCOUNT, None)
    assert vault.unlock(ACCOUNT, PASSPHRASE) == key
    assert vault.unlock(ACCOUNT, None) == key


@pytest.mark.parametrize("stale", ["", "not base64", vault_module._pack(bytes(32)), vault_module._pack(b"x")])
def test_a_keyring_that_holds_something_else_is_not_believed(
    vault: Vault, pocket_keyring: PocketKeyring, stale: str
) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    for entry in pocket_keyring.held:
        pocket_keyring.held[entry] = stale
    with pytest.raises(Locked):
        vault.unlock(ACCOUNT, None)
    assert vault.unlock(ACCOUNT, PASSPHRASE) == key


def test_a_keyring_that_fails_ends_in_the_passphrase(vault: Vault, pocket_keyring: PocketKeyring) -> None:
    pocket_keyring.broken = True
    key = vault.create(ACCOUNT, PASSPHRASE)
    with pytest.raises(Locked):
        vault.unlock(ACCOUNT, None)
    assert vault.unlock(ACCOUNT, PASSPHRASE) == key


def test_two_data_folders_of_one_pc_do_not_share_keys(tmp_path: Path, pocket_keyring: PocketKeyring) -> None:
    first, second = Vault(tmp_path / "a", cost=QUICK), Vault(tmp_path / "b", cost=QUICK)
    keys = first.create(ACCOUNT, PASSPHRASE), second.create(ACCOUNT, PASSPHRASE)
    assert (first.unlock(ACCOUNT, None), second.unlock(ACCOUNT, None)) == keys


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_a_keyring_that_keeps_nothing_is_none(
    vault: Vault, backend: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyring.get_keyring", backend)
    assert not vault.has_keyring()


def test_a_given_passphrase_is_checked_even_where_the_keyring_has_the_key(
    vault: Vault, pocket_keyring: PocketKeyring
) -> None:
    vault.create(ACCOUNT, PASSPHRASE)
    with pytest.raises(SignInFailed):
        vault.unlock(ACCOUNT, "không phải của tôi")


def test_who_leaves_is_asked_for_the_passphrase_next_time(
    vault: Vault, pocket_keyring: PocketKeyring
) -> None:
    key = vault.create(ACCOUNT, PASSPHRASE)
    assert vault.unlock(ACCOUNT, None) == key
    vault.forget(ACCOUNT)
    with pytest.raises(Locked):
        vault.unlock(ACCOUNT, None)
    assert vault.unlock(ACCOUNT, PASSPHRASE) == key
    vault.forget(ACCOUNT)
    vault.forget(ACCOUNT)
