"""Documents, assignments, members and sessions built in code, for tests of the client."""

from datetime import UTC, date, datetime, timedelta

from handbook.model.library import Collection, Document, Kind, Relation, RelationKind, Section, Status
from handbook.model.people import Duty, DutyKind, Member, Unit, UnitKind
from handbook.model.study import Assignment, Part
from handbook.protocol.api import Session

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)

UNITS = (
    Unit("hongson", "Tỉnh uỷ Hồng Sơn", UnitKind.PROVINCE),
    Unit("hongson/anbinh", "Đảng uỷ phường An Bình", UnitKind.COMMUNE),
    Unit("hongson/anbinh/khu-pho-1", "Chi bộ Khu phố 1", UnitKind.CELL),
)


def document(slug: str = "15-nq-tw-2022", **changes: object) -> Document:
    """A document of `central` with three sections; `changes` replace its fields."""
    fields: dict[str, object] = {
        "id": f"central/{slug}",
        "edition": 1,
        "collection": Collection.RESOLUTIONS,
        "kind": Kind.RESOLUTION,
        "number": "15-NQ/TW",
        "title": "Phương hướng, nhiệm vụ phát triển Thủ đô Hà Nội",
        "issuer": "Bộ Chính trị",
        "issued_on": date(2022, 5, 5),
        "status": Status.IN_FORCE,
        "topics": ("phát triển", "Thủ đô"),
        "summary": "Bản ghi học tập.",
        "relations": (Relation(kind=RelationKind.REPLACES, number="11-NQ/TW", issued_on=date(2012, 1, 6)),),
        "sections": (
            Section(anchor="mo-dau", level=0, heading="", text="Bản ghi này **không thay** văn bản gốc."),
            Section(anchor="muc-tieu", level=1, heading="Mục tiêu", text="Thủ đô *văn hiến*, văn minh."),
            Section(anchor="to-chuc", level=1, heading="Tổ chức thực hiện", text="Đảng bộ lãnh đạo."),
        ),
    }
    return Document(**fields | changes)  # type: ignore[arg-type]


def assignment(slug: str = "hoc-tap-nq15", **changes: object) -> Assignment:
    """An assignment of the commune with a template of two parts; `changes` replace its fields."""
    fields: dict[str, object] = {
        "id": f"hongson/anbinh/{slug}",
        "edition": 1,
        "title": "Học tập Nghị quyết 15-NQ/TW",
        "documents": ("central/15-nq-tw-2022",),
        "question": "Đồng chí sẽ làm gì?",
        "parts": (Part("nhan-thuc", "Nhận thức"), Part("lien-he", "Liên hệ")),
        "min_words": 10,
        "opens_on": date(2026, 11, 1),
        "due_on": date(2026, 11, 30),
        "grace_days": 3,
        "units": ("hongson/anbinh",),
    }
    return Assignment(**fields | changes)  # type: ignore[arg-type]


def member(account: str = "kp1.an", *, duties: tuple[DutyKind, ...] = (DutyKind.MEMBER,)) -> Member:
    cell = UNITS[-1].path
    return Member(
        account=account,
        name="Nguyễn Văn An",
        unit=cell,
        duties=tuple(Duty(kind, cell) for kind in duties),
        admitted_on=date(1994, 5, 19),
    )


def session(who: Member | None = None, *, token: str = "tok-1") -> Session:
    return Session(token=token, member=who or member(), units=UNITS, expires_at=NOW + timedelta(days=90))
