"""Signing keys as files: Ed25519, PKCS #8 PEM, readable by their owner only, each beside its public half.

| file | who holds it |
|---|---|
| `root-1.pem` to `root-3.pem` | three people of the centre, each on a stick of their own; two sign a root |
| `targets.pem` | the centre's administrator; names the provinces |
| `central.pem`, `hongson.pem` | who publishes for that level; a province's also names its communes |
| `hongson.anbinh.pem` | the officer of that commune, and nobody else |
| `snapshot.pem`, `timestamp.pem` | the server, without a passphrase: it signs every day with nobody present |
"""

import os
from collections.abc import Iterable
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

from handbook.errors import BadInput, DiskProblem
from handbook.protocol import trust

ROOT_NAMES = tuple(f"root-{number}" for number in range(1, trust.ROOT_KEYS + 1))
ONLINE_NAMES = ("snapshot", "timestamp")


def create_authority(keys_dir: Path, publishers: Iterable[str], passphrase: str = "") -> None:
    """Makes every missing key of a service with these publishers; existing keys stay.

    The passphrase, when given, locks all but the two the server signs with. Raises BadInput, DiskProblem.
    """
    paths = tuple(publishers)
    for path in paths:
        if not trust.is_publisher_path(path):
            raise BadInput(f"“{path}” không dùng làm đường dẫn nơi phát hành được.")
    for name in (*ROOT_NAMES, "targets", *ONLINE_NAMES, *map(trust.role_of, paths)):
        if not public_file(keys_dir, name).exists():
            create_key(keys_dir, name, "" if name in ONLINE_NAMES else passphrase)


def create_key(keys_dir: Path, name: str, passphrase: str = "") -> None:
    """A new key pair. An existing key is never overwritten: BadInput. Raises DiskProblem."""
    private = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    try:
        keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(
            private_file(keys_dir, name),
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock),
            0o600,
        )
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write_new(public_file(keys_dir, name), public, 0o644)
    except FileExistsError as error:
        raise BadInput(f"Đã có khoá {error.filename}; khoá cũ được giữ nguyên.") from error
    except OSError as error:
        raise DiskProblem(f"Không ghi được khoá vào {keys_dir} ({error.strerror}).") from error


def private_file(keys_dir: Path, name: str) -> Path:
    return keys_dir / f"{name}.pem"


def public_file(keys_dir: Path, name: str) -> Path:
    return keys_dir / f"{name}.pub"


def signer(keys_dir: Path, name: str, passphrase: str = "") -> CryptoSigner | None:
    """What signs for `name`; None when its private key is not in this folder. Raises BadInput."""
    file = private_file(keys_dir, name)
    if not file.exists():
        return None
    private = _load_private(file, passphrase)
    return CryptoSigner(private, SSlibKey.from_crypto(private.public_key()))


def public_key(keys_dir: Path, name: str) -> SSlibKey | None:
    """The public half of a key, None when this folder does not have it. Raises BadInput."""
    file = public_file(keys_dir, name)
    if not file.exists():
        return None
    try:
        public = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(f"Không đọc được khoá {file}.") from error
    if not isinstance(public, Ed25519PublicKey):
        raise BadInput(f"{file} không phải khoá Ed25519.")
    return SSlibKey.from_crypto(public)


def _load_private(file: Path, passphrase: str) -> Ed25519PrivateKey:
    try:
        data = file.read_bytes()
        locked = b"ENCRYPTED PRIVATE KEY" in data
        if locked and not passphrase:
            raise BadInput(f"Khoá {file} cần mật khẩu.", "Hãy nhập mật khẩu của khoá rồi làm lại.")
        private = load_pem_private_key(data, passphrase.encode() if locked else None)
    except (OSError, ValueError) as error:
        raise BadInput(f"Không mở được khoá {file}: mật khẩu không đúng hoặc tệp đã hỏng.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadInput(f"{file} không phải khoá Ed25519.")
    return private


def _write_new(file: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
