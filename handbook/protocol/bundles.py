"""Submissions carried by hand where there is no network: sealed to the server, answered to the member.

A bundle holds what a member's outbox owes and the token of their session, so that the server judges it as it
would a request over the network. It is sealed to the receipt key that the commune publishes in its signed
catalogue: the Ed25519 key is used as its X25519 twin (the birational map of RFC 7748, section 4.1), an
ephemeral X25519 key agrees on a secret, HKDF-SHA256 makes a key of it that is used once, with AES-256-GCM.
Whoever carries the bundle can neither read it nor change it unnoticed, and sending it twice is harmless, as
submissions are. The answers are sealed under a key made of the token and the bundle's id, under a nonce of
their own: the member's program alone opens them, and receipts in them are verified as always.

Files are the JSON of `Bundle` and `BundleReply`; byte strings are in base64.
"""

import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from handbook.errors import BadInput, Untrusted
from handbook.protocol import codec
from handbook.protocol.receipts import ReceiptKey, public_bytes, receipt_key
from handbook.protocol.submissions import Submission

BUNDLE_FORMAT = "handbook bundle v1"
REPLY_FORMAT = "handbook bundle reply v1"
SECRET_BYTES = 32
NONCE_BYTES = 12
MAX_SUBMISSIONS = 100
MAX_CONTENT_BYTES = 640 * 1024
"""Of what is sealed, so that a bundle in base64 stays below the 1 MiB that the server takes."""
MAX_REPLY_BYTES = 8 * 1024 * 1024

_ID = re.compile(r"[0-9a-f]{32}")
_P = 2**255 - 19
_ONE_USE = bytes(NONCE_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What is carried. `key` names the receipt key it is sealed to, `ephemeral` is a raw X25519 public key.

    `id` is the start of the SHA-256 of `ephemeral`, 32 hexadecimal digits; nothing tells whose it is.
    """

    format: str = BUNDLE_FORMAT
    id: str
    commune: str
    key: str
    ephemeral: bytes
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleReply:
    """What is carried back. `body` is a nonce of 12 bytes and the sealed answers."""

    format: str = REPLY_FORMAT
    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Owed:
    """What is sealed in a bundle; submissions in the order they were queued."""

    token: str
    submissions: tuple[Submission, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleAnswer:
    """What the server would have answered to this submission over the network: HTTP status and JSON body."""

    lineage: str
    revision: int
    sha256: str
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Answers:
    answers: tuple[BundleAnswer, ...]


def seal(owed: Owed, key: ReceiptKey, commune: str, secret: bytes) -> Bundle:
    """`secret` are 32 random bytes, used once. Raises BadInput for no key, or too much."""
    data = codec.encode(owed)
    if len(data) > MAX_CONTENT_BYTES or len(owed.submissions) > MAX_SUBMISSIONS:
        raise BadInput("Một gói chứa quá nhiều bài.", "Hãy ghi thành nhiều gói.")
    ephemeral = X25519PrivateKey.from_private_bytes(secret)
    public = ephemeral.public_key().public_bytes_raw()
    recipient = _as_x25519(public_bytes(key))
    bundle = Bundle(id=_id_of(public), commune=commune, key=key.id, ephemeral=public, body=b"")
    used_once = _key_of(ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient)), public, recipient)
    body = AESGCM(used_once).encrypt(_ONE_USE, data, _outside(bundle))
    return Bundle(id=bundle.id, commune=commune, key=key.id, ephemeral=public, body=body)


def unseal(bundle: Bundle, private: Ed25519PrivateKey) -> Owed:
    """Raises BadInput when the bundle is for another server, or not as it was sealed."""
    own = receipt_key(private)
    if bundle.format != BUNDLE_FORMAT or bundle.id != _id_of(bundle.ephemeral):
        raise _damaged()
    if bundle.key != own.id:
        raise BadInput(
            "Gói bài này được niêm phong cho máy chủ khác.",
            "Hãy chuyển tới máy chủ của đảng bộ đã phát hành nội dung cho máy ấy, hoặc ghi gói mới.",
        )
    recipient = _as_x25519(public_bytes(own))
    # RFC 8032: the scalar of an Ed25519 key is the first half of the SHA-512 of its seed; X25519 clamps it.
    twin = X25519PrivateKey.from_private_bytes(hashlib.sha512(private.private_bytes_raw()).digest()[:32])
    try:
        shared = twin.exchange(X25519PublicKey.from_public_bytes(bundle.ephemeral))
        data = AESGCM(_key_of(shared, bundle.ephemeral, recipient)).decrypt(
            _ONE_USE, bundle.body, _outside(bundle)
        )
    except (InvalidTag, ValueError) as error:
        raise _damaged() from error
    owed = codec.decode(data, Owed, limit=MAX_CONTENT_BYTES)
    if len(owed.submissions) > MAX_SUBMISSIONS:
        raise _damaged()
    return owed


def seal_reply(answers: Answers, bundle_id: str, token: str, nonce: bytes) -> BundleReply:
    """`nonce` are 12 random bytes: one bundle may be answered several times."""
    body = AESGCM(_reply_key(token, bundle_id)).encrypt(nonce, codec.encode(answers), bundle_id.encode())
    return BundleReply(id=bundle_id, body=nonce + body)


def unseal_reply(reply: BundleReply, token: str) -> Answers:
    """Raises Untrusted when the answers are not for who holds this token, or were changed."""
    nonce, body = reply.body[:NONCE_BYTES], reply.body[NONCE_BYTES:]
    try:
        data = AESGCM(_reply_key(token, reply.id)).decrypt(nonce, body, reply.id.encode())
    except (InvalidTag, ValueError) as error:
        raise Untrusted("Gói biên nhận này không phải cho phiên đăng nhập trên máy này.") from error
    return codec.decode(data, Answers, limit=MAX_REPLY_BYTES)


def read_reply(data: bytes) -> BundleReply:
    """The reply in a file. Raises BadInput."""
    reply = codec.decode(data, BundleReply, limit=2 * MAX_REPLY_BYTES)
    if reply.format != REPLY_FORMAT or not _ID.fullmatch(reply.id):
        raise BadInput("Tệp không phải gói biên nhận của sổ tay.")
    return reply


def _id_of(ephemeral: bytes) -> str:
    return hashlib.sha256(ephemeral).hexdigest()[:32]


def _outside(bundle: Bundle) -> bytes:
    """What stands on the outside and cannot be changed either."""
    return "\n".join((bundle.format, bundle.id, bundle.commune, bundle.key)).encode()


def _key_of(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=BUNDLE_FORMAT.encode() + ephemeral + recipient).derive(shared)


def _reply_key(token: str, bundle_id: str) -> bytes:
    return HKDF(SHA256(), 32, salt=bundle_id.encode(), info=REPLY_FORMAT.encode()).derive(token.encode())


def _as_x25519(ed25519: bytes) -> bytes:
    """The Montgomery u of an Edwards point: (1 + y) / (1 - y). Raises BadInput for what is no key."""
    y = int.from_bytes(ed25519, "little") & ((1 << 255) - 1)
    if len(ed25519) != 32 or y % _P == 1:
        raise BadInput("Khoá của máy chủ không dùng được để niêm phong.", "Hãy báo quản trị máy chủ.")
    return ((1 + y) * pow(1 - y, -1, _P) % _P).to_bytes(32, "little")


def _damaged() -> BadInput:
    return BadInput(
        "Gói bài đã bị sửa hoặc hỏng nên máy chủ không mở.",
        "Bài vẫn nằm trên máy của đảng viên; hãy ghi gói khác.",
    )
