"""Signed acknowledgements: the server's Ed25519 signature over what it has committed.

The signed bytes are a context line and the fields below, one a line, UTF-8, each ended by a line feed:
`handbook receipt v1`, server, author, kind, lineage, revision, sha256, received_at
(RFC 3339, UTC, microseconds).
Keys and signatures are raw Ed25519 (RFC 8032) in unpadded URL-safe base64.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handbook.errors import BadInput, Untrusted
from handbook.protocol.submissions import Submission, SubmissionKind

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CONTEXT = "handbook receipt v1"


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A server's public key as its commune publishes it in the signed catalogue."""

    id: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that `server` holds this revision. `sha256` is that of the submission's content, hexadecimal."""

    server: str
    author: str
    kind: SubmissionKind
    lineage: str
    revision: int
    sha256: str
    received_at: datetime
    key: str
    signature: str

    @property
    def code(self) -> str:
        """A short code for people to read out: the start of the signature, in groups of four."""
        letters = base64.b32encode(_unpack(self.signature)[:10]).decode()
        return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def sign(
    private: "Ed25519PrivateKey", *, server: str, author: str, submission: Submission, received_at: datetime
) -> Receipt:
    unsigned = Receipt(
        server=server,
        author=author,
        kind=submission.kind,
        lineage=submission.lineage,
        revision=submission.revision,
        sha256=submission.sha256,
        received_at=received_at.astimezone(UTC),
        key=receipt_key(private).id,
        signature="",
    )
    signature = _pack(private.sign(_signed_bytes(unsigned)))
    return Receipt(**{name: getattr(unsigned, name) for name in Receipt.__slots__} | {"signature": signature})


def verify(receipt: Receipt, keys: Iterable[ReceiptKey]) -> None:
    """Raises Untrusted unless the signature is by one of the published `keys`."""
    # Here: most openings of the handbook verify no receipt.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    known = {key.id: key for key in keys}
    if receipt.key not in known:
        raise Untrusted(
            "Biên nhận được ký bằng khoá chưa được đảng uỷ công bố.",
            "Hãy đồng bộ lại; nếu vẫn vậy, báo cho quản trị máy chủ.",
        )
    try:
        public = Ed25519PublicKey.from_public_bytes(_unpack(known[receipt.key].public))
        signature = _unpack(receipt.signature)
        if _pack(signature) != receipt.signature:
            raise ValueError("the signature is written in another way than the server writes it")
        public.verify(signature, _signed_bytes(receipt))
    except (InvalidSignature, ValueError) as error:
        raise Untrusted(
            "Chữ ký trên biên nhận không đúng.", "Bài vẫn được giữ và chờ gửi lại; hãy báo quản trị máy chủ."
        ) from error


def acknowledges(receipt: Receipt, submission: Submission, author: str) -> bool:
    """Whether the receipt is about exactly this submission of this author."""
    return (receipt.author, receipt.kind, receipt.lineage, receipt.revision, receipt.sha256) == (
        author,
        submission.kind,
        submission.lineage,
        submission.revision,
        submission.sha256,
    )


def receipt_key(private: "Ed25519PrivateKey") -> ReceiptKey:
    """The public half, named by the first 16 characters of its own text."""
    public = _pack(private.public_key().public_bytes_raw())
    return ReceiptKey(public[:16], public)


def public_bytes(key: ReceiptKey) -> bytes:
    """The raw Ed25519 public key. Raises BadInput when its text is none."""
    try:
        return _unpack(key.public)
    except ValueError as error:
        raise BadInput("Khoá biên nhận đã công bố sai khuôn dạng.", "Hãy báo nơi phát hành.") from error


def _signed_bytes(receipt: Receipt) -> bytes:
    moment = receipt.received_at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = (
        CONTEXT,
        receipt.server,
        receipt.author,
        receipt.kind.value,
        receipt.lineage,
        str(receipt.revision),
        receipt.sha256,
        moment,
    )
    return "".join(f"{field}\n" for field in fields).encode()


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
