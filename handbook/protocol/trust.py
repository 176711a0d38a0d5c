"""Who may sign what, for how long it is believed, and what a publisher's catalogue says. No network, no disk.

Trust is decided by The Update Framework (TUF): `targets` delegates to `central` and to each province, a
province to its communes. Every publisher signs one target, its catalogue, which names its packs by SHA-256.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import zstandard

from handbook.errors import BadInput, Untrusted
from handbook.model.library import publisher_of
from handbook.protocol import codec, packs
from handbook.protocol.receipts import ReceiptKey

# Addresses below the server's content folder.
METADATA = "metadata"
TARGETS = "targets"
PACKS = "packs"
DICTIONARIES = "dictionaries"
PREFACES = "prefaces"

CENTRAL = "central"
COMMUNE_DEPTH = 2  # signing roles stop here; what a cell needs travels through the authenticated API

ROOT_KEYS = 3
ROOT_THRESHOLD = 2

# How long a signature is believed. The reasons are in docs/content-format.md.
ROOT_LIFETIME = timedelta(days=365)
TARGETS_LIFETIME = timedelta(days=365)
SNAPSHOT_LIFETIME = timedelta(days=60)
TIMESTAMP_LIFETIME = timedelta(days=14)
CLOCK_TOLERANCE = timedelta(hours=1)  # of a PC's clock, before it is blamed for metadata that looks expired

# How much of each file a PC reads at most, in bytes. A snapshot line is about 50 bytes a publisher.
MAX_ROOT_BYTES = 64 * packs.KIB
MAX_TIMESTAMP_BYTES = 16 * packs.KIB
MAX_SNAPSHOT_BYTES = 1 * packs.MIB
MAX_TARGETS_BYTES = 2 * packs.MIB
MAX_CATALOGUE_BYTES = 512 * packs.KIB
MAX_PREFACE_BYTES = 1 * packs.MIB  # what a reader gives up for asking one by one
MAX_ROOT_ROTATIONS = 64  # in one sync
MAX_DELEGATIONS = 8  # visited for one catalogue
MAX_ID_CHARACTERS = 200

CATALOGUE_FORMAT = 1

_PATH = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*){0,1}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TOP_ROLES = frozenset({"root", "targets", "snapshot", "timestamp"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ADVICE = "Nội dung đã cài vẫn đọc được. Hãy báo cho nơi phát hành."


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRef:
    """A pack that belongs to the publisher's current state.

    `sequence` is the publishing it brings a reader to: who has taken in publishing N needs no pack of
    sequence N or less. Several packs may share one. Repacking replaces many packs by few, which bear the
    latest sequence they cover.
    """

    sha256: str
    length: int
    sequence: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryRef:
    sha256: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a publisher has signed. `version` counts its publishings from 1; packs are in order of sequence.

    `receipt_keys` are those of its servers, past and present: receipts once given stay provable. `lineage` is
    empty, or names the key with which the publisher began anew after another was stolen: versions and
    editions of another lineage say nothing, and all that it brought is replaced.
    """

    format: int = CATALOGUE_FORMAT
    publisher: str
    name: str
    version: int
    receipt_keys: tuple[ReceiptKey, ...]
    dictionaries: tuple[DictionaryRef, ...]
    packs: tuple[PackRef, ...]
    lineage: str = ""


def is_publisher_path(path: str) -> bool:
    """Whether this can be the path of a publisher: one or two parts of a-z, 0-9 and hyphens."""
    top = path.partition("/")[0]
    return _PATH.fullmatch(path) is not None and top not in _TOP_ROLES and (top != CENTRAL or path == CENTRAL)


def is_slug(text: str) -> bool:
    return _SLUG.fullmatch(text) is not None


def publishers_for(unit_path: str) -> tuple[str, ...]:
    """Whose content a member of this unit reads, outermost first."""
    parts = unit_path.split("/")[:COMMUNE_DEPTH]
    above = ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return (CENTRAL, *(path for path in above if path != CENTRAL))


def role_of(publisher: str) -> str:
    """The TUF role of a publisher: `hongson.anbinh` for `hongson/anbinh`."""
    return publisher.replace("/", ".")


def publisher_of_role(role: str) -> str:
    return role.replace(".", "/")


def delegator_of(role: str) -> str:
    """The role that says which key signs for `role`."""
    return role.rpartition(".")[0] or "targets"


def paths_of(publisher: str) -> list[str]:
    """TUF path patterns that the publisher's role may sign. A star matches no slash."""
    if publisher == CENTRAL or "/" in publisher:
        return [f"{publisher}/*"]
    return [f"{publisher}/*", f"{publisher}/*/*"]


def catalogue_path(publisher: str) -> str:
    """The TUF target of the publisher's catalogue."""
    return f"{publisher}/catalogue.json"


def pack_path(sha256: str) -> str:
    return f"{PACKS}/{sha256}.pack"


def dictionary_path(sha256: str) -> str:
    return f"{DICTIONARIES}/{sha256}.dict"


def preface_path(publisher: str) -> str:
    return f"{PREFACES}/{role_of(publisher)}.preface"


def check_item_id(item_id: str, publisher: str) -> None:
    """Raises Untrusted unless the id lies directly under the publisher's own path."""
    owner, _, slug = item_id.rpartition("/")
    if owner != publisher or publisher_of(item_id) != owner or not is_slug(slug):
        raise Untrusted(
            f"Gói của “{publisher}” chứa mục “{item_id[:MAX_ID_CHARACTERS]}” không thuộc quyền của nơi này.",
            _ADVICE,
        )
    if len(item_id) > MAX_ID_CHARACTERS:
        raise Untrusted(f"Gói của “{publisher}” chứa một mục có tên quá dài.", _ADVICE)


def write_catalogue(catalogue: Catalogue) -> bytes:
    """What `read_catalogue` reads: JSON in a zstd frame, half as long; every change moves all of it."""
    return zstandard.ZstdCompressor(level=packs.COMPRESSION_LEVEL).compress(codec.encode(catalogue))


def read_catalogue(data: bytes, publisher: str) -> Catalogue:
    """The checked catalogue of this publisher, compressed or plain JSON. Raises Untrusted."""
    try:
        if data.startswith(zstandard.FRAME_HEADER):
            if not 0 <= zstandard.frame_content_size(data) <= MAX_CATALOGUE_BYTES:
                raise BadInput("too long, or of unknown length")
            data = zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
        catalogue = codec.decode(data, Catalogue, limit=MAX_CATALOGUE_BYTES)
    except (BadInput, zstandard.ZstdError) as error:
        raise Untrusted(f"Danh mục của “{publisher}” sai khuôn dạng.", _ADVICE) from error
    if catalogue.format != CATALOGUE_FORMAT:
        raise Untrusted(
            f"Danh mục của “{publisher}” thuộc khuôn dạng {catalogue.format}, bản Sổ tay này chưa đọc được.",
            "Hãy cập nhật Sổ tay lên bản mới. Nội dung đã cài vẫn đọc được.",
        )
    if catalogue.publisher != publisher:
        raise Untrusted(f"Danh mục của “{publisher}” lại mang tên nơi khác.", _ADVICE)
    sequences = [pack.sequence for pack in catalogue.packs]
    sound = (
        1 <= catalogue.version <= packs.MAX_COUNT
        and sequences == sorted(sequences)
        and all(1 <= sequence <= catalogue.version for sequence in sequences)
        and all(_is_named(ref.sha256, ref.length, packs.MAX_PACK_BYTES) for ref in catalogue.packs)
        and all(
            _is_named(ref.sha256, ref.length, packs.MAX_DICTIONARY_BYTES) for ref in catalogue.dictionaries
        )
    )
    if not sound:
        raise Untrusted(f"Danh mục của “{publisher}” có số liệu ngoài giới hạn.", _ADVICE)
    return catalogue


def write_preface(files: Mapping[str, bytes]) -> bytes:
    """Files by their addresses below the content folder, for `read_preface`: a line of JSON that lists path
    and length of each, then their bytes in that order."""
    listed = [(path, len(data)) for path, data in files.items()]
    return b"\n".join((codec.encode(listed), b"".join(files.values())))


def read_preface(data: bytes) -> dict[str, bytes]:
    """The files, none of which is trusted more than if it had come by itself. Raises Untrusted."""
    line, _, rest = data.partition(b"\n")
    try:
        listed = codec.decode(line, tuple[tuple[str, int], ...], limit=MAX_PREFACE_BYTES)
    except BadInput as error:
        raise Untrusted("Tệp mở đầu của máy chủ sai khuôn dạng.", _ADVICE) from error
    if any(length < 0 for _, length in listed) or sum(length for _, length in listed) != len(rest):
        raise Untrusted("Tệp mở đầu của máy chủ có số liệu ngoài giới hạn.", _ADVICE)
    files, start = {}, 0
    for path, length in listed:
        files[path] = rest[start : start + length]
        start += length
    return files


def _is_named(sha256: str, length: int, limit: int) -> bool:
    return _SHA256.fullmatch(sha256) is not None and 0 < length <= limit
