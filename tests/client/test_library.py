"""The library as the member uses it: lists in their order, sections, and marks that reach the server."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from handbook.client.account import Account
from handbook.client.apply import Applied
from handbook.client.cards import document_cards
from handbook.client.library import Filter, Library, Order, OutlineEntry, Position
from handbook.client.outbox import Outbox
from handbook.client.store import Store
from handbook.client.transport import HttpTransport
from handbook.errors import NotFound
from handbook.model.changes import Change
from handbook.model.library import Collection, Kind, Relation, RelationKind, Status
from handbook.model.study import Tick
from handbook.protocol.packs import Item, ItemKind
from handbook.protocol.submissions import SubmissionKind, unpack_content
from tests.client.samples import NOW, document

ID = document().id
Publish = Callable[..., Applied]


@pytest.fixture
def outbox(signed_in: Store) -> Outbox:
    nowhere = HttpTransport("https://so-tay.example")
    return Outbox(signed_in, Account(signed_in, nowhere, rewrap=lambda _: None), Random(1))


@pytest.fixture
def library(signed_in: Store, outbox: Outbox) -> Library:
    return Library(signed_in, outbox)


def ids(library: Library, **wanted: object) -> list[str]:
    return [card.id.removeprefix("central/") for card in library.documents(Filter(**wanted))]  # type: ignore[arg-type]


@pytest.fixture
def shelf(library: Library, library_with: Publish) -> Library:
    """Four documents that differ in everything a filter may ask."""
    library_with(
        document("nq-15"),
        document(
            "qd-9",
            number="9-QĐ/TW",
            title="Đạo đức cách mạng",
            kind=Kind.REGULATION,
            collection=Collection.REGULATIONS,
            issued_on=date(2024, 5, 9),
        ),
        document(
            "ban-tin",
            number="",
            title="Ánh sáng",
            kind=Kind.PUBLICATION,
            collection=Collection.BULLETIN,
            issuer="Đảng uỷ phường An Bình",
            issued_on=date(2026, 11, 1),
            topics=("dân vận", "ánh sáng"),
        ),
        document("nq-110", number="110-NQ/TW", title="Dân là gốc", status=Status.REPLACED),
    )
    return library


def test_an_empty_library_says_so(library: Library) -> None:
    assert library.documents() == ()
    assert set(library.counts().items()) == {(collection, 0) for collection in Collection}
    assert library.facets().years == ()


def test_the_newest_come_first(shelf: Library) -> None:
    assert ids(shelf) == ["ban-tin", "qd-9", "nq-15", "nq-110"]


def test_titles_are_in_the_order_of_the_vietnamese_alphabet(shelf: Library) -> None:
    assert ids(shelf, order=Order.TITLE) == ["ban-tin", "nq-110", "qd-9", "nq-15"]


def test_number_9_comes_before_15_and_15_before_110(shelf: Library) -> None:
    assert ids(shelf, order=Order.NUMBER) == ["ban-tin", "qd-9", "nq-15", "nq-110"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"collection": Collection.REGULATIONS}, ["qd-9"]),
        ({"kind": Kind.RESOLUTION}, ["nq-15", "nq-110"]),
        ({"issuer": "Đảng uỷ phường An Bình"}, ["ban-tin"]),
        ({"year": 2022}, ["nq-15", "nq-110"]),
        ({"status": Status.REPLACED}, ["nq-110"]),
        ({"year": 2022, "status": Status.IN_FORCE}, ["nq-15"]),
        ({"topic": "dân vận"}, ["ban-tin"]),
        ({"topic": "dân"}, []),
        ({"year": 1999}, []),
        ({"saved_only": True}, []),
        ({"unread_only": True}, ["ban-tin", "qd-9", "nq-15", "nq-110"]),
    ],
)
def test_a_filter_leaves_what_fulfils_all_its_conditions(
    shelf: Library, wanted: dict[str, object], found: list[str]
) -> None:
    assert ids(shelf, **wanted) == found


def test_counts_and_facets_are_of_what_is_here(shelf: Library) -> None:
    counts = shelf.counts()
    assert counts[Collection.RESOLUTIONS] == 2
    assert counts[Collection.HISTORY] == 0
    facets = shelf.facets()
    assert facets.issuers == ("Bộ Chính trị", "Đảng uỷ phường An Bình")
    assert facets.years == (2026, 2024, 2022)
    assert facets.kinds == (Kind.RESOLUTION, Kind.REGULATION, Kind.PUBLICATION)
    assert set(facets.topics) >= {"ánh sáng", "dân vận"}
    assert facets.topics.index("ánh sáng") < facets.topics.index("dân vận")


def test_a_list_of_a_hundred_documents_asks_the_disk_as_often_as_one_of_four(
    shelf: Library, library_with: Publish
) -> None:
    def questions() -> int:
        asked: list[str] = []
        heard = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(Engine, "before_cursor_execute", heard)
        shelf.documents()
        event.remove(Engine, "before_cursor_execute", heard)
        return sum(1 for statement in asked if statement.startswith("SELECT"))

    few = questions()
    library_with(*(document(f"x-{number}") for number in range(100)))
    assert (questions(), len(shelf.documents())) == (few, 104)


def test_cards_by_id_leave_out_what_is_not_here(shelf: Library, signed_in: Store) -> None:
    cards = document_cards(signed_in, ids=["central/qd-9", "central/none"])
    assert [card.id for card in cards] == ["central/qd-9"]
    many = [f"central/none-{number}" for number in range(600)]
    assert [card.id for card in document_cards(signed_in, ids=[*many, "central/qd-9"])] == ["central/qd-9"]
    assert document_cards(signed_in, ids=[]) == ()


def test_a_document_opens_at_its_start_with_its_outline(library: Library, library_with: Publish) -> None:
    library_with(document())
    view = library.open(ID)
    assert view.card.title == document().title
    assert view.outline == (
        OutlineEntry("mo-dau", 0, "", 0),
        OutlineEntry("muc-tieu", 1, "Mục tiêu", 1),
        OutlineEntry("to-chuc", 1, "Tổ chức thực hiện", 2),
    )
    assert (view.position, view.ticked_at) == (Position("mo-dau", 0.0), None)


def test_sections_come_in_pieces(library: Library, library_with: Publish) -> None:
    library_with(document())
    assert [section.anchor for section in library.sections(ID, 0, 2)] == ["mo-dau", "muc-tieu"]
    last = library.sections(ID, 2, 50)
    assert [(section.heading, section.html) for section in last] == [
        ("Tổ chức thực hiện", "<p>Đảng bộ lãnh đạo.</p>")
    ]
    assert library.sections(ID, 3, 5) == ()


@pytest.mark.parametrize("missing", ["open", "tick", "save", "sections", "remember"])
def test_a_document_that_is_not_here_is_told_from_a_withdrawn_one(
    library: Library, library_with: Publish, publish: Publish, missing: str
) -> None:
    def ask() -> None:
        match missing:
            case "open":
                library.open(ID)
            case "tick":
                library.tick(ID, True, NOW)
            case "save":
                library.save(ID, True)
            case "sections":
                library.sections(ID, 0, 1)
            case "remember":
                library.remember_position(ID, Position("mo-dau", 0))

    with pytest.raises(NotFound, match="chưa có trên máy"):
        ask()
    library_with(document())
    publish(Item(id=ID, kind=ItemKind.WITHDRAWAL, edition=2))
    with pytest.raises(NotFound, match="thu hồi"):
        ask()


def test_a_relation_leads_to_the_document_when_it_is_here(library: Library, library_with: Publish) -> None:
    named = (
        Relation(kind=RelationKind.REPLACES, number="11-nq/tw", issued_on=date(2012, 1, 6)),
        Relation(kind=RelationKind.REPLACES, number="11-NQ/TW", issued_on=date(1999, 1, 1)),
        Relation(kind=RelationKind.AMENDS, number="37-NQ/TW"),
        Relation(kind=RelationKind.GUIDES, number="8-NQ/TW", target="central/gone"),
        Relation(kind=RelationKind.GUIDES, number="5-NQ/TW"),
    )
    library_with(
        document(relations=named),
        document("11-nq", number="11-NQ/TW", issued_on=date(2012, 1, 6)),
        document("37-nq", number="37-NQ/TW"),
        document("5-nq-a", number="5-NQ/TW", issued_on=date(2001, 1, 1)),
        document("5-nq-b", number="05-NQ/TW", issued_on=date(2011, 1, 1)),
    )
    targets = [relation.target for relation in library.open(ID).relations]
    assert targets == ["central/11-nq", "", "central/37-nq", "", ""]


def test_reading_goes_on_where_it_stopped(library: Library, library_with: Publish) -> None:
    library_with(document())
    library.remember_position(ID, Position("muc-tieu", 0.5))
    view = library.open(ID)
    assert view.position == Position("muc-tieu", 0.5)
    assert view.card.progress == pytest.approx(0.5)
    library.remember_position(ID, Position("to-chuc", 7.0))
    assert library.open(ID).card.progress == pytest.approx(1.0)


def test_what_was_read_last_is_known(library: Library, library_with: Publish) -> None:
    library_with(document(), document("11-nq"))
    assert library.last_read() == ""
    for each in (ID, "central/11-nq", ID):
        library.remember_position(each, Position("muc-tieu", 0.5))
        assert library.last_read() == each


def test_a_new_edition_without_the_section_starts_again(library: Library, library_with: Publish) -> None:
    library_with(document())
    library.remember_position(ID, Position("to-chuc", 0.5))
    library_with(document(edition=2, sections=document().sections[:2]))
    assert library.open(ID).position == Position("mo-dau", 0.0)
    with pytest.raises(NotFound, match="mục đang đọc không còn"):
        library.remember_position(ID, Position("to-chuc", 0.5))


def test_what_a_later_sync_brings_is_new_until_it_is_opened(library: Library, library_with: Publish) -> None:
    def new() -> list[str]:
        return [card.id for card in library.documents() if card.is_new]

    library_with(document("first"))
    assert new() == [], "the first sync fills an empty library: nothing of it is news"
    library_with(document("second"), document("third"))
    assert sorted(new()) == ["central/second", "central/third"]
    assert library.remember_position("central/second", Position("mo-dau", 0)) == {Change.LIBRARY}
    assert library.remember_position("central/second", Position("mo-dau", 0.1)) == frozenset()
    assert new() == ["central/third"]
    library_with(document("second", edition=2))
    assert new() == ["central/second"]


def test_a_document_is_kept_at_hand_and_let_go(shelf: Library) -> None:
    for _ in range(2):
        assert shelf.save("central/qd-9", True) == {Change.LIBRARY}
        assert ids(shelf, saved_only=True) == ["qd-9"]
    shelf.save("central/qd-9", False)
    assert ids(shelf, saved_only=True) == []


def test_a_tick_is_seen_at_once_and_owed_to_the_server(
    shelf: Library, outbox: Outbox, signed_in: Store
) -> None:
    heard: list[frozenset[Change]] = []
    signed_in.subscribe(heard.append)
    changes = shelf.tick("central/qd-9", True, NOW)
    assert heard == [changes] == [{Change.LIBRARY, Change.STUDY, Change.OUTBOX}]
    assert ids(shelf, unread_only=True) == ["ban-tin", "nq-15", "nq-110"]
    assert shelf.open("central/qd-9").ticked_at == NOW
    (owed,) = outbox.owed()
    assert (owed.kind, owed.revision, owed.title) == (SubmissionKind.TICK, 1, "9-QĐ/TW Đạo đức cách mạng")


def test_a_tick_taken_back_is_owed_too(shelf: Library, outbox: Outbox, signed_in: Store) -> None:
    shelf.tick("central/qd-9", True, NOW)
    later = NOW + timedelta(minutes=5)
    shelf.tick("central/qd-9", False, later)
    view = shelf.open("central/qd-9")
    assert (view.card.read, view.ticked_at) == (False, None)
    with signed_in.personal.read() as connection:
        contents = connection.exec_driver_sql("SELECT content FROM outbox ORDER BY sequence").scalars().all()
    assert [unpack_content(SubmissionKind.TICK, content) for content in contents] == [
        Tick(document="central/qd-9", edition=1, read=True, ticked_at=NOW),
        Tick(document="central/qd-9", edition=1, read=False, ticked_at=later),
    ]
    assert len({owed.lineage for owed in outbox.owed()}) == 2


def test_the_same_tick_again_is_not_sent_again(shelf: Library, outbox: Outbox) -> None:
    assert shelf.tick("central/qd-9", False, NOW) == frozenset()
    shelf.tick("central/qd-9", True, NOW)
    assert shelf.tick("central/qd-9", True, NOW + timedelta(days=1)) == frozenset()
    assert len(outbox.owed()) == 1


def test_a_new_edition_may_be_ticked_anew(library: Library, outbox: Outbox, library_with: Publish) -> None:
    library_with(document())
    library.tick(ID, True, NOW)
    library_with(document(edition=2))
    assert library.open(ID).card.read, "the mark on the former edition still counts"
    assert library.tick(ID, True, NOW) != frozenset()
    assert len(outbox.owed()) == 2


def test_a_tick_that_cannot_be_queued_is_not_shown(
    shelf: Library, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(outbox, "owe", fail)
    with pytest.raises(ZeroDivisionError):
        shelf.tick("central/qd-9", True, NOW)
    assert not shelf.open("central/qd-9").card.read
