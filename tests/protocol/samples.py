"""Documents and items built in code or by Hypothesis, for tests of what crosses the wire."""

from datetime import date

from hypothesis import strategies as st

from handbook.model.library import Collection, Document, Kind, Relation, RelationKind, Section, Status
from handbook.model.study import Assignment, Part
from handbook.protocol.packs import Item, ItemKind

texts = st.text(st.characters(codec="utf-8"), max_size=60)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)


def document(slug: str = "15-nq-tw-2022", edition: int = 1, text: str = "Nội dung.", **changes) -> Document:
    fields = {
        "id": f"central/{slug}",
        "edition": edition,
        "collection": Collection.RESOLUTIONS,
        "kind": Kind.RESOLUTION,
        "number": "15-NQ/TW",
        "title": "Về phương hướng, nhiệm vụ phát triển Thủ đô Hà Nội",
        "issuer": "Bộ Chính trị",
        "issued_on": date(2022, 5, 5),
        "status": Status.IN_FORCE,
        "topics": ("Thủ đô",),
        "summary": "Phát triển Thủ đô.",
        "relations": (Relation(kind=RelationKind.REPLACES, number="11-NQ/TW"),),
        "sections": (Section(anchor="mot", level=1, heading="Một", text=text),),
    }
    return Document(**fields | changes)


def assignment(slug: str = "hoc-nq-15", edition: int = 1) -> Assignment:
    return Assignment(
        id=f"central/{slug}",
        edition=edition,
        title="Học Nghị quyết 15",
        documents=("central/15-nq-tw-2022",),
        question="Liên hệ thế nào?",
        parts=(Part("i", "I. Nhận thức"),),
        min_words=100,
        opens_on=date(2026, 11, 1),
        due_on=date(2026, 11, 30),
        grace_days=3,
        units=("hongson",),
    )


payloads = st.one_of(
    st.binary(min_size=1, max_size=400), st.binary(min_size=1, max_size=20).map(lambda b: b * 300)
)


@st.composite
def item_lists(draw: st.DrawFn) -> list[Item]:
    """Up to a dozen items with different ids; payloads of any bytes."""
    items = []
    for slug in draw(st.lists(slugs, unique=True, max_size=12)):
        kind = draw(st.sampled_from(ItemKind))
        payload = b"" if kind is ItemKind.WITHDRAWAL else draw(payloads)
        edition = draw(st.integers(1, 10**6))
        items.append(Item(id=f"central/{slug}", kind=kind, edition=edition, payload=payload))
    return items
