"""The server's secrets, in files that only its user can read: the receipt key and that of keyed hashes."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from handbook.errors import DiskProblem
from handbook.protocol.receipts import ReceiptKey, receipt_key

RECEIPT_KEY_FILE = "receipt-key.pem"
HASH_KEY_FILE = "hash-key"
HASH_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    receipts: Ed25519PrivateKey
    hashing: bytes

    def keyed_hash(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA256 of the text; the same text under another purpose gives another hash."""
        return hmac.digest(self.hashing, f"{purpose}\0{text}".encode(), hashlib.sha256)


def load_keys(data_dir: Path) -> Keys:
    """The keys in `data_dir`, made on first use. Several servers on one database share these two files."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = _read_or_make(data_dir / RECEIPT_KEY_FILE, _new_receipt_key)
    hashing = _read_or_make(data_dir / HASH_KEY_FILE, lambda: secrets.token_bytes(HASH_KEY_BYTES))
    try:
        private = load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise DiskProblem(f"Tệp khoá {RECEIPT_KEY_FILE} bị hỏng.", "Hãy khôi phục từ bản sao lưu.") from error
    if not isinstance(private, Ed25519PrivateKey) or len(hashing) != HASH_KEY_BYTES:
        raise DiskProblem(f"Tệp khoá trong {data_dir} không đúng loại.", "Hãy khôi phục từ bản sao lưu.")
    return Keys(private, hashing)


def published_receipt_key(data_dir: Path) -> ReceiptKey:
    """The public half, for the commune's signed catalogue."""
    return receipt_key(load_keys(data_dir).receipts)


def _new_receipt_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's bytes. A new one appears whole or not at all; of two makers the first wins."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(descriptor)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
