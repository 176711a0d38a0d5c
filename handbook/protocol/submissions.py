"""Everything a member sends: one envelope, several kinds of content, identified by lineage and revision.

The hash and the receipt cover the exact UTF-8 bytes of `content`, a JSON text; it is carried as a string so
that no proxy or parser can change a byte of it unnoticed.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handbook.model.reflection import Reflection, Review, Withdrawal
from handbook.model.study import CellMark, Tick
from handbook.protocol import codec

MAX_CONTENT_BYTES = 512 * 1024


class SubmissionKind(StrEnum):
    REFLECTION = "reflection"
    TICK = "tick"
    REVIEW = "review"
    WITHDRAWAL = "withdrawal"
    CELL_MARK = "cell_mark"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePiece:
    """A piece of a file that a reflection will name; the revision of its submission is the piece's number.

    All pieces but the last are PIECE_BYTES long (model.attached); `size` is that of the whole file.
    """

    sha256: str
    size: int
    data: bytes


type_of = {
    SubmissionKind.REFLECTION: Reflection,
    SubmissionKind.TICK: Tick,
    SubmissionKind.REVIEW: Review,
    SubmissionKind.WITHDRAWAL: Withdrawal,
    SubmissionKind.CELL_MARK: CellMark,
    SubmissionKind.FILE: FilePiece,
}

Content = Reflection | Tick | Review | Withdrawal | CellMark | FilePiece


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """`lineage` is a UUIDv7 made by the client, one for all revisions of a text; `revision` counts from 1.

    `unit` is the author's cell when it was written, `commune` the second level of that path (shard key).
    `subject` names what the lineage is about (assignment id, document id, reviewed or withdrawn lineage, a
    mark's assignment and member, a file's SHA-256): the server keeps at most one reflection lineage for each
    author and subject.
    """

    kind: SubmissionKind
    lineage: str
    revision: int
    commune: str
    unit: str
    subject: str
    written_at: datetime
    content: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content.encode()).hexdigest()


def file_lineage(unit: str, author: str, sha256: str) -> str:
    """The lineage of an author's file in a cell: the same on every PC, so that it is kept once."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"handbook:{unit}/{author}/{sha256}"))


def pack_content(content: Content) -> str:
    """The JSON text of a content record, keys in a fixed order."""
    return codec.encode(content).decode()


def unpack_content(kind: SubmissionKind, content: str) -> Content:
    """The record inside a submission. Raises BadInput when it is not of its kind or too large."""
    return codec.decode(content, type_of[kind], limit=MAX_CONTENT_BYTES)
