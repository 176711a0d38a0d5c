"""Signing keys as files: Ed25519, PKCS #8 PEM, readable by their owner only, each beside its public half.

| file | who holds it |
|---|---|
| `root-1.pem` to `root-3.pem` | three people of the centre, each on a stick of their own; two sign a root |
| `targets.pem` | the centre's administrator; names the provinces |
| `central.pem`, `hongson.pem` | who publishes for that level; a province's also names its communes |
| `hongson.anbinh.pem` | the officer of that commune, and nobody else |
| `snapshot.pem`, `timestamp.pem` | the server, without a passphrase: it signs every day with nobody present |

A key that replaces another lies beside it as `central@2.pem`, then `central@3.pem`: nothing is renamed or
overwritten, and which of them signs is decided by what is signed, not by what is in the folder.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from handbook.authoring.durable import DRAFT_SUFFIX, write_durably
from handbook.errors import BadInput, DiskProblem
from handbook.protocol import trust

ROOT_NAMES = tuple(f"root-{number}" for number in range(1, trust.ROOT_KEYS + 1))
ONLINE_NAMES = ("snapshot", "timestamp")

_GENERATION = re.compile(r"@([2-9]|[1-9][0-9]+)")

Unlock = Callable[[Path], str]
"""The passphrase of a locked private key file; '' when there is none to give."""


def no_passphrase(_file: Path) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key in a folder. `private` is where its private half would lie, whether or not it does."""

    public: Path
    private: Path
    key: SSlibKey

    @property
    def can_sign(self) -> bool:
        return self.private.exists()


def create_authority(keys_dir: Path, publishers: Iterable[str], passphrase: str = "") -> tuple[str, ...]:
    """Makes every missing key of a service with these publishers and names them; existing keys stay.

    The passphrase, when given, locks all but the two the server signs with. Raises BadInput, DiskProblem.
    """
    paths = tuple(publishers)
    for path in paths:
        if not trust.is_publisher_path(path):
            raise BadInput(f"“{path}” không dùng làm đường dẫn nơi phát hành được.")
    names = (*ROOT_NAMES, "targets", *ONLINE_NAMES, *map(trust.role_of, paths))
    missing = tuple(name for name in names if not public_file(keys_dir, name).exists())
    for name in missing:
        create_key(keys_dir, name, "" if name in ONLINE_NAMES else passphrase)
    return missing


def create_key(keys_dir: Path, name: str, passphrase: str = "") -> None:
    """A new key pair, each file whole or not there; a pair that a kill left half is made whole.

    An existing key is never overwritten: BadInput. Raises DiskProblem.
    """
    private_path, public_path = private_file(keys_dir, name), public_file(keys_dir, name)
    try:
        keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for draft in keys_dir.glob(f".*{DRAFT_SUFFIX}"):
            draft.unlink()
        if public_path.exists():
            raise BadInput(f"Đã có khoá {public_path}; khoá cũ được giữ nguyên.")
        if private_path.exists():
            private = _load_private(private_path, lambda _file: passphrase)
        else:
            private = Ed25519PrivateKey.generate()
            lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
            pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
            write_durably(private_path, pem, 0o600)
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        write_durably(public_path, public)
    except OSError as error:
        raise DiskProblem(f"Không ghi được khoá vào {keys_dir} ({error.strerror}).") from error


def create_next(keys_dir: Path, name: str, passphrase: str = "") -> KeyFile:
    """A new pair beside those of that name, to replace them. Raises BadInput, DiskProblem."""
    known = key_files(keys_dir, name)
    newest = max((_generation(file.public, name) for file in known), default=0)
    stem = f"{name}@{newest + 1}" if newest else name
    create_key(keys_dir, stem, passphrase)
    return read_public(public_file(keys_dir, stem))


def private_file(keys_dir: Path, name: str) -> Path:
    return keys_dir / f"{name}.pem"


def public_file(keys_dir: Path, name: str) -> Path:
    return keys_dir / f"{name}.pub"


def key_files(keys_dir: Path, name: str) -> tuple[KeyFile, ...]:
    """The keys of that name in the folder, oldest first. Raises BadInput."""
    found = [file for file in keys_dir.glob(f"{name}*.pub") if _generation(file, name)]
    return tuple(read_public(file) for file in sorted(found, key=lambda file: _generation(file, name)))


def can_sign(keys_dir: Path, name: str, keyids: Collection[str] | None = None) -> bool:
    """Whether the folder holds a private key of that name, of those ids when they are given."""
    return any(
        file.can_sign and (keyids is None or file.key.keyid in keyids) for file in key_files(keys_dir, name)
    )


def signer(
    keys_dir: Path, name: str, unlock: Unlock = no_passphrase, keyids: Collection[str] | None = None
) -> CryptoSigner | None:
    """What signs for `name`: the newest of its private keys here, of those ids when they are given.

    None when there is none. Raises BadInput.
    """
    for file in reversed(key_files(keys_dir, name)):
        if file.can_sign and (keyids is None or file.key.keyid in keyids):
            return open_signer(file.private, unlock)
    return None


def open_signer(file: Path, unlock: Unlock = no_passphrase) -> CryptoSigner:
    """What signs with the private key in this file. Raises BadInput."""
    private = _load_private(file, unlock)
    return CryptoSigner(private, SSlibKey.from_crypto(private.public_key()))


def public_key(keys_dir: Path, name: str) -> SSlibKey | None:
    """The public half of the newest key of that name, None when this folder has none. Raises BadInput."""
    known = key_files(keys_dir, name)
    return known[-1].key if known else None


def read_public(file: Path) -> KeyFile:
    """The key whose public half lies in this file. Raises BadInput."""
    try:
        public = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(
            f"Không đọc được khoá {file}.", "Hãy đưa tệp .pub mà lệnh handbook keys đã tạo."
        ) from error
    if not isinstance(public, Ed25519PublicKey):
        raise BadInput(f"{file} không phải khoá Ed25519.")
    return KeyFile(file, file.with_suffix(".pem"), SSlibKey.from_crypto(public))


def _generation(file: Path, name: str) -> int:
    """1 for `name.pub`, 2 for `name@2.pub`, 0 for a key of another name."""
    rest = file.stem.removeprefix(name)
    if not rest:
        return 1
    match = _GENERATION.fullmatch(rest)
    return int(match[1]) if match else 0


def _load_private(file: Path, unlock: Unlock) -> Ed25519PrivateKey:
    try:
        data = file.read_bytes()
        locked = b"ENCRYPTED PRIVATE KEY" in data
        passphrase = unlock(file) if locked else ""
        if locked and not passphrase:
            raise BadInput(f"Khoá {file} cần mật khẩu.", "Hãy nhập mật khẩu của khoá rồi làm lại.")
        private = load_pem_private_key(data, passphrase.encode() if locked else None)
    except (OSError, ValueError) as error:
        raise BadInput(
            f"Không mở được khoá {file}: mật khẩu không đúng hoặc tệp đã hỏng.",
            "Hãy nhập lại mật khẩu, hoặc lấy bản sao của khoá.",
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadInput(f"{file} không phải khoá Ed25519.")
    return private
