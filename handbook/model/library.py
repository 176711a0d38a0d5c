"""Published documents: what they are, how they are ordered and how they relate."""

from collections.abc import Collection as Units
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from handbook.model.people import Member, lies_within

SOURCES_HEADING = "Nguồn"
"""Of the section in which publishing lists what a document was made from."""


class Collection(StrEnum):
    RESOLUTIONS = "resolutions"
    DIRECTIVES = "directives"
    REGULATIONS = "regulations"
    GUIDANCE = "guidance"
    THEORY = "theory"
    HISTORY = "history"
    BULLETIN = "bulletin"


class Kind(StrEnum):
    RESOLUTION = "resolution"
    DIRECTIVE = "directive"
    CONCLUSION = "conclusion"
    REGULATION = "regulation"
    DECISION = "decision"
    GUIDANCE = "guidance"
    PLAN = "plan"
    NOTICE = "notice"
    REPORT = "report"
    CHARTER = "charter"
    PROGRAMME = "programme"
    ARTICLE = "article"
    PUBLICATION = "publication"
    LAW = "law"


class Status(StrEnum):
    IN_FORCE = "in_force"
    PARTLY_AMENDED = "partly_amended"
    REPLACED = "replaced"
    EXPIRED = "expired"


class MediaType(StrEnum):
    """What a file that goes with a document may be."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RelationKind(StrEnum):
    REPLACES = "replaces"
    REPLACED_BY = "replaced_by"
    AMENDS = "amends"
    AMENDED_BY = "amended_by"
    GUIDES = "guides"
    BASED_ON = "based_on"


COLLECTION_NAMES = {
    Collection.RESOLUTIONS: "Nghị quyết",
    Collection.DIRECTIVES: "Chỉ thị, kết luận",
    Collection.REGULATIONS: "Quy định",
    Collection.GUIDANCE: "Hướng dẫn",
    Collection.THEORY: "Thông tin lý luận",
    Collection.HISTORY: "Lịch sử Đảng",
    Collection.BULLETIN: "Bản tin",
}

KIND_NAMES = {
    Kind.RESOLUTION: "Nghị quyết",
    Kind.DIRECTIVE: "Chỉ thị",
    Kind.CONCLUSION: "Kết luận",
    Kind.REGULATION: "Quy định",
    Kind.DECISION: "Quyết định",
    Kind.GUIDANCE: "Hướng dẫn",
    Kind.PLAN: "Kế hoạch",
    Kind.NOTICE: "Thông báo",
    Kind.REPORT: "Báo cáo",
    Kind.CHARTER: "Điều lệ",
    Kind.PROGRAMME: "Cương lĩnh, chương trình",
    Kind.ARTICLE: "Bài viết",
    Kind.PUBLICATION: "Ấn phẩm",
    Kind.LAW: "Luật",
}

STATUS_NAMES = {
    Status.IN_FORCE: "Còn hiệu lực",
    Status.PARTLY_AMENDED: "Được sửa đổi một phần",
    Status.REPLACED: "Đã được thay thế",
    Status.EXPIRED: "Hết hiệu lực",
}

MEDIA_NAMES = {
    MediaType.PNG: "Hình PNG",
    MediaType.JPEG: "Hình JPEG",
    MediaType.PDF: "PDF",
    MediaType.DOCX: "Word",
    MediaType.XLSX: "Excel",
}

RELATION_NAMES = {
    RelationKind.REPLACES: "Thay thế",
    RelationKind.REPLACED_BY: "Được thay bằng",
    RelationKind.AMENDS: "Sửa đổi",
    RelationKind.AMENDED_BY: "Được sửa bởi",
    RelationKind.GUIDES: "Hướng dẫn thực hiện",
    RelationKind.BASED_ON: "Căn cứ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A tie to another document, named by its number; `target` is its id when it is published here too."""

    kind: RelationKind
    number: str
    issued_on: date | None = None
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading and the Markdown under it, up to the next heading of any level.

    `anchor` is unique in the document and kept between editions where the heading is kept. `level` is 0 for
    the text before the first heading (its heading is empty), then 1 to 4.
    """

    anchor: str
    level: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture that the text shows as `![description](asset:<sha256>)`; sizes in its own pixels."""

    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a document: `name` is what it is kept under on a PC, `length` counts bytes."""

    name: str
    title: str
    media_type: MediaType
    sha256: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One edition of a document. `id` is `<publisher path>/<slug>`, such as `central/15-nq-tw-2022`.

    The bytes of its images and attachments are published apart, under their SHA-256. `units` and `expires_on`
    say who finds it in lists and until when (`is_listed`).
    """

    id: str
    edition: int
    collection: Collection
    kind: Kind
    number: str
    title: str
    issuer: str
    issued_on: date
    status: Status
    topics: tuple[str, ...]
    summary: str
    relations: tuple[Relation, ...]
    sections: tuple[Section, ...]
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    units: tuple[str, ...] = ()
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """A document that was published and is so no more, and why. `edition` counts on from the document's.

    `replaced_by` is the id of what to read instead, or empty.
    """

    id: str
    edition: int
    number: str
    title: str
    recalled_on: date
    reason: str
    replaced_by: str


def is_listed(units: Units[str], expires_on: date | None, member: Member, day: date) -> bool:
    """Whether library, search and today show a document to this member on that day.

    The day of expiry is the last. For the audience see `is_for`.
    """
    return (expires_on is None or day <= expires_on) and is_for(units, member)


def is_for(units: Units[str], member: Member) -> bool:
    """Whether a member is of a document's audience: `units` are whole subtrees, none means everybody.

    Who has a duty for a unit, or for one above it, is of the audience too. This keeps lists short; it is no
    secret: every PC can read every pack.
    """
    return not units or any(
        lies_within(member.unit, unit) or any(lies_within(unit, duty.unit) for duty in member.duties)
        for unit in units
    )


def publisher_of(item_id: str) -> str:
    """The publisher path that a document's or assignment's id lies under."""
    return item_id.rpartition("/")[0]
