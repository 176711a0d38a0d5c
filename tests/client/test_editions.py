"""Điểm mới: the edition this PC had is kept beside the new one, and no longer than the document itself."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from handbook.client.account import Account
from handbook.client.apply import Applied
from handbook.client.cards import document_cards
from handbook.client.editions import Editions
from handbook.client.library import Library
from handbook.client.outbox import Outbox
from handbook.client.store import Store
from handbook.client.transport import HttpTransport
from handbook.errors import NotFound
from handbook.model.changes import Change
from handbook.model.differences import Fate, PictureChange
from handbook.model.library import Image, Section
from handbook.protocol.packs import Item, ItemKind, assignment_item
from tests.client.samples import NOW, assignment, document

ID = document().id
Publish = Callable[..., Applied]


def edition(number: int, goal: str = "Thủ đô *văn hiến*, văn minh.", **changes: object):
    sections = list(document().sections)
    sections[1] = replace(sections[1], text=goal)
    return document(**{"edition": number, "sections": tuple(sections)} | changes)


def test_the_first_edition_on_this_pc_has_no_former_one(store: Store, library_with: Publish) -> None:
    library_with(document())
    editions = Editions(store)
    assert editions.former(ID) is None
    with pytest.raises(NotFound, match="không giữ bản trước"):
        editions.compare(ID)


def test_a_new_edition_is_compared_with_the_one_it_replaced(store: Store, library_with: Publish) -> None:
    library_with(edition(1))
    library_with(edition(2, "Thủ đô văn hiến, văn minh, hiện đại.", title="Tên mới"))
    editions = Editions(store)
    former = editions.former(ID)
    assert former is not None
    assert (former.edition, former.arrived_at) == (1, NOW)
    compared = editions.compare(ID)
    assert (compared.former.title, compared.present.title) == (document().title, "Tên mới")
    assert compared.arrived_at == NOW
    assert [one.fate for one in compared.sections] == [Fate.KEPT, Fate.CHANGED, Fate.KEPT]
    (_, changed, _) = compared.sections
    assert [(str(run.fate), run.former, run.present) for run in changed.text] == [
        ("kept", "Thủ đô văn hiến, văn minh", "Thủ đô văn hiến, văn minh"),
        ("added", "", ", hiện đại"),
        ("kept", ".", "."),
    ]


def test_only_the_edition_before_the_present_one_is_kept(store: Store, library_with: Publish) -> None:
    for number in (1, 3, 4):
        library_with(edition(number, f"Bản thứ {number}."))
    former = Editions(store).former(ID)
    assert former is not None
    assert former.edition == 3


def test_an_edition_offered_again_does_not_become_its_own_former_one(
    store: Store, library_with: Publish
) -> None:
    library_with(edition(1, "Một."))
    library_with(edition(2, "Hai."))
    library_with(edition(2, "Hai."))
    assert Editions(store).compare(ID).former.edition == 1


@pytest.mark.parametrize(
    "ending",
    [
        Item(id=ID, kind=ItemKind.WITHDRAWAL, edition=3),
        assignment_item(assignment(id=ID, edition=3)),
    ],
    ids=["withdrawn", "no document any more"],
)
def test_the_former_edition_goes_with_its_document(
    store: Store, publish: Publish, library_with: Publish, ending: Item
) -> None:
    library_with(edition(1))
    library_with(edition(2))
    publish(ending)
    assert Editions(store).former(ID) is None
    library_with(edition(4))
    assert Editions(store).former(ID) is None


def test_a_document_is_compared_with_the_one_it_replaces(store: Store, library_with: Publish) -> None:
    old = document("11-nq-tw", number="11-NQ/TW", sections=document().sections[:2])
    library_with(document(), old)
    compared = Editions(store).compare(ID, old.id)
    assert compared.arrived_at is None
    assert compared.former.number == "11-NQ/TW"
    assert [one.fate for one in compared.sections] == [Fate.KEPT, Fate.KEPT, Fate.ADDED]
    with pytest.raises(NotFound, match="không có trên máy"):
        Editions(store).compare(ID, "central/khong-co")


def test_markup_that_is_not_seen_is_no_difference(store: Store, library_with: Publish) -> None:
    library_with(edition(1, "Thủ đô *văn hiến*, văn minh."))
    library_with(edition(2, "Thủ đô **văn hiến**, văn minh."))
    assert {one.fate for one in Editions(store).compare(ID).sections} == {Fate.KEPT}


def test_a_list_tells_a_revised_document_from_one_that_is_new(
    signed_in: Store, library_with: Publish
) -> None:
    library_with(edition(1))
    library_with(
        edition(2), document("khac", sections=(Section(anchor="a", level=1, heading="A", text="B"),))
    )
    cards = {card.id: (card.is_new, card.is_revised) for card in document_cards(signed_in)}
    assert cards == {ID: (True, True), "central/khac": (True, False)}


def test_only_who_read_a_former_edition_is_told_of_the_new_one_and_only_until_it_was_looked_at(
    signed_in: Store, library_with: Publish
) -> None:
    nowhere = HttpTransport("https://so-tay.example")
    account = Account(signed_in, nowhere, rewrap=lambda _: None)
    library = Library(signed_in, Outbox(signed_in, account, Random(1)))

    def told() -> bool:
        return document_cards(signed_in, ids=(ID,))[0].revised_since_read

    library_with(edition(1))
    library_with(edition(2))
    assert not told()
    library.tick(ID, True, NOW)
    assert not told()
    library_with(edition(3))
    assert told()
    assert library.look_at(ID) == {Change.LIBRARY}
    assert library.look_at(ID) == frozenset()
    assert not told()
    library_with(edition(4))
    assert told()
    library.tick(ID, True, NOW)
    assert not told()


def test_a_changed_footnote_and_a_heading_of_another_level_are_told(
    store: Store, library_with: Publish
) -> None:
    library_with(edition(1, "Thủ đô[^1] văn minh.\n\n[^1]: Theo Nghị quyết 15."))
    present = edition(2, "Thủ đô[^1] văn minh.\n\n[^1]: Theo Nghị quyết 57.")
    sections = list(present.sections)
    sections[2] = replace(sections[2], level=sections[2].level + 1)
    library_with(replace(present, sections=tuple(sections)))
    compared = Editions(store).compare(ID)
    assert [(one.fate, one.restyled) for one in compared.sections] == [
        (Fate.KEPT, False),
        (Fate.CHANGED, False),
        (Fate.KEPT, True),
    ]
    assert [run.present for run in compared.sections[1].text if run.fate is Fate.ADDED] == ["57"]


def test_bold_words_are_told_and_the_emphasis_of_another_document_is_not(
    store: Store, library_with: Publish
) -> None:
    library_with(edition(1, "Thủ đô văn hiến, văn minh."))
    library_with(edition(2, "Thủ đô **văn hiến**, văn minh."))
    library_with(edition(1, "Thủ đô văn hiến, văn minh.", id="central/khac"))
    editions = Editions(store)
    assert [one.restyled for one in editions.compare(ID).sections] == [False, True, False]
    assert not any(one.restyled for one in editions.compare(ID, "central/khac").sections)


def test_pictures_are_compared_by_their_hashes(store: Store, library_with: Publish) -> None:
    old, new = "a" * 64, "b" * 64
    image = Image(sha256=old, width=40, height=20)
    library_with(edition(1, f"![Sơ đồ](asset:{old})", images=(image,)))
    library_with(edition(2, f"![Sơ đồ](asset:{new})", images=(replace(image, sha256=new),)))
    compared = Editions(store).compare(ID)
    assert compared.sections[1].pictures == (PictureChange(old, new),)
    assert compared.sections[1].fate is Fate.CHANGED
    assert compared.gone == {old}
