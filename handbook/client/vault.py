"""The raw key of each profile: in the PC's keyring when there is one, and always wrapped by the passphrase.

`key.json` in the profile's folder holds the key encrypted by AES-256-GCM under a key that Argon2id (RFC 9106)
derives from the passphrase; its parameters lie beside it. A keyring makes the passphrase unnecessary on this
PC; it is a convenience, and whatever goes wrong with it ends in asking for the passphrase.
"""

import base64
import hashlib
import json
import logging
import os
import secrets
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handbook.client import disk
from handbook.client.profiles import profile_dir
from handbook.errors import Conflict, DiskProblem, Locked, SignInFailed

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
_FORMAT = 1
_FILE = "key.json"
_SERVICE = "Sổ tay đảng viên điện tử"
_CHOICE = "PYTHON_KEYRING_BACKEND"
_NATIVE = {
    "win32": "keyring.backends.Windows.WinVaultKeyring",
    "darwin": "keyring.backends.macOS.Keyring",
    "linux": "keyring.backends.SecretService.Keyring",
}
# A damaged file must not make Argon2id take all memory or all day.
_MAX_MEMORY_KIB, _MAX_PASSES, _MAX_LANES = 1024 * 1024, 64, 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cost:
    """Work of one Argon2id derivation; the default is RFC 9106's second choice, some 100 ms."""

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrapped:
    """What key.json holds; `check` tells the right key from others without revealing it."""

    cost: Cost
    salt: bytes
    nonce: bytes
    wrapped: bytes
    check: str


class Vault:
    """The keys of the profiles below one data dir."""

    def __init__(self, data_dir: Path, *, cost: Cost | None = None) -> None:
        self._data_dir = data_dir
        self._cost = cost or Cost()

    def has_keyring(self) -> bool:
        """Whether this PC keeps keys between sessions, so that a passphrase is not asked for each time."""
        return _keyring() is not None

    def create(self, account: str, passphrase: str, *, folder: Path | None = None) -> bytes:
        """A new random key for the account, kept in `folder` (its profile's by default) and in the keyring.

        Raises Conflict, and keeps what is there, when the folder holds a key already; DiskProblem.
        """
        folder = folder or profile_dir(self._data_dir, account)
        disk.make_folder(folder)
        key = secrets.token_bytes(KEY_BYTES)
        path = folder / _FILE
        try:
            # Claims the name: of two that create at once, one fails.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError as error:
            raise Conflict(
                f"Tài khoản {account} đã có dữ liệu trên máy này.",
                "Hãy mở sổ tay đang có thay vì tạo mới.",
            ) from error
        except OSError as error:
            raise disk.from_os(error, path) from error
        disk.write_whole(path, self._wrap(account, key, passphrase))
        self._remember(account, key)
        return key

    def unlock(self, account: str, passphrase: str | None) -> bytes:
        """The account's key, by the passphrase when one is given, which is always checked, else
        from the keyring.

        What the passphrase opened is put into the keyring until `forget`.

        Raises Locked when a passphrase is needed and none was given, SignInFailed when it is wrong,
        DiskProblem when key.json is missing or damaged.
        """
        held = self._read(account)
        if passphrase is None:
            if (key := self._remembered(account)) and _check(key) == held.check:
                return key
            raise Locked(
                "Sổ tay của người này đang khoá.", "Hãy nhập mật khẩu đã đặt khi kích hoạt trên máy này."
            )
        key = self._unwrap(account, held, passphrase)
        self._remember(account, key)
        return key

    def forget(self, account: str) -> None:
        """Takes the key out of the keyring: from now on the next opening asks for the passphrase."""
        if (keyring := _keyring()) is None or not self._remembered(account):
            return
        try:
            keyring.delete_password(_SERVICE, self._entry(account))
        except Exception as error:
            # As in `_remember`; `_log` says which.
            _log.warning("the keyring did not give a key up: %s", type(error).__name__)

    def rewrap(self, account: str, key: bytes, passphrase: str) -> None:
        """From now on the passphrase opens `key`, and the former one nothing. Raises DiskProblem."""
        if _check(key) != self._read(account).check:
            raise ValueError(f"not the key of {account}")
        path = profile_dir(self._data_dir, account) / _FILE
        disk.write_whole(path, self._wrap(account, key, passphrase))
        self._remember(account, key)

    def _wrap(self, account: str, key: bytes, passphrase: str) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
        wrapping = AESGCM(_derive(passphrase, salt, self._cost))
        held = {
            "format": _FORMAT,
            "kdf": "argon2id",
            "passes": self._cost.passes,
            "memory_kib": self._cost.memory_kib,
            "lanes": self._cost.lanes,
            "salt": _pack(salt),
            "nonce": _pack(nonce),
            "wrapped": _pack(wrapping.encrypt(nonce, key, _bound_to(account))),
            "check": _check(key),
        }
        return json.dumps(held, indent=2).encode()

    def _unwrap(self, account: str, held: _Wrapped, passphrase: str) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        wrapping = AESGCM(_derive(passphrase, held.salt, held.cost))
        try:
            return wrapping.decrypt(held.nonce, held.wrapped, _bound_to(account))
        except InvalidTag as error:
            raise SignInFailed(
                "Mật khẩu không đúng.", "Hãy kiểm tra phím Caps Lock và bộ gõ tiếng Việt rồi nhập lại."
            ) from error

    def _read(self, account: str) -> _Wrapped:
        path = profile_dir(self._data_dir, account) / _FILE
        try:
            return _parse(json.loads(path.read_bytes()))
        except FileNotFoundError as error:
            raise DiskProblem(
                f"Thiếu tệp {_FILE} của tài khoản {account}, nên không mở được dữ liệu cá nhân.",
                f"Nếu có bản sao của thư mục {path.parent}, hãy chép tệp này trở lại; "
                "nếu không, hãy báo người quản trị.",
            ) from error
        except OSError as error:
            raise disk.from_os(error, path) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise disk.damaged(path) from error

    def _remember(self, account: str, key: bytes) -> None:
        if (keyring := _keyring()) is None:
            return
        try:
            keyring.set_password(_SERVICE, self._entry(account), _pack(key))
        except Exception as error:
            # Each system's keyring has its own exceptions. The passphrase opens the profile all the same.
            _log.info("the keyring did not take a key: %s", type(error).__name__)

    def _remembered(self, account: str) -> bytes:
        if (keyring := _keyring()) is None:
            return b""
        try:
            held = keyring.get_password(_SERVICE, self._entry(account))
            return _unpack(held, KEY_BYTES) if held else b""
        except Exception as error:
            _log.info("the keyring did not give a key: %s", type(error).__name__)
            return b""

    def _entry(self, account: str) -> str:
        """Two data dirs of one PC may hold profiles of the same account."""
        place = hashlib.sha256(str(self._data_dir.resolve()).encode()).hexdigest()[:12]
        return f"{account} ({place})"


def _keyring() -> "KeyringBackend | None":
    import keyring
    from keyring.backends import fail, null

    try:
        try:
            with _own_system_preferred():
                backend = keyring.get_keyring()
        except RuntimeError:  # this system's own cannot be used here
            backend = keyring.get_keyring()
    except Exception as error:
        _log.info("no keyring: %s", type(error).__name__)
        return None
    return None if isinstance(backend, fail.Keyring | null.Keyring) else backend


@contextmanager
def _own_system_preferred() -> Iterator[None]:
    """Where nobody chose a keyring, `keyring` takes this system's own.

    Otherwise it would first import those of every system, and every plugin, to find the best.
    """
    from keyring.util import platform_

    native = _NATIVE.get(sys.platform)
    chosen = _CHOICE in os.environ or (platform_.config_root() / "keyringrc.cfg").exists()
    if chosen or not native:
        yield
        return
    os.environ[_CHOICE] = native
    try:
        yield
    finally:
        del os.environ[_CHOICE]


def _derive(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    # Here, as AES above: a start that the keyring gives the key to needs neither.
    from argon2.low_level import Type, hash_secret_raw

    # One passphrase, however the input method composes its letters.
    secret = unicodedata.normalize("NFC", passphrase).encode()
    return hash_secret_raw(
        secret,
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )


def _parse(held: Any) -> _Wrapped:
    """Raises ValueError, KeyError or TypeError for anything that `_wrap` cannot have written."""
    if (held["format"], held["kdf"]) != (_FORMAT, "argon2id"):
        raise ValueError(f"key format {held['format']}, {held['kdf']}")
    cost = Cost(held["passes"], held["memory_kib"], held["lanes"])
    if not all(type(number) is int for number in (cost.passes, cost.memory_kib, cost.lanes)):
        raise ValueError(f"cost {cost} is not in whole numbers")
    if not (
        0 < cost.passes <= _MAX_PASSES
        and 0 < cost.lanes <= _MAX_LANES
        and 8 * cost.lanes <= cost.memory_kib <= _MAX_MEMORY_KIB
    ):
        raise ValueError(f"unbelievable cost {cost}")
    if len(held["check"]) != len(_check(b"")):
        raise ValueError("a key check of the wrong length")
    return _Wrapped(
        cost=cost,
        salt=_unpack(held["salt"], _SALT_BYTES),
        nonce=_unpack(held["nonce"], _NONCE_BYTES),
        wrapped=_unpack(held["wrapped"], KEY_BYTES + 16),
        check=held["check"],
    )


def _check(key: bytes) -> str:
    return hashlib.sha256(b"handbook key check v1\n" + key).hexdigest()


def _bound_to(account: str) -> bytes:
    return f"handbook key v1\n{account}".encode()


def _pack(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unpack(text: str, length: int) -> bytes:
    data = base64.b64decode(text, validate=True)
    if len(data) != length:
        raise ValueError(f"{len(data)} bytes instead of {length}")
    return data
