"""Lists, search and counts leave out what is for other units, expired or recalled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest

from handbook.client.account import Account
from handbook.client.apply import Applied
from handbook.client.assignments import Assignments
from handbook.client.audience import hidden_documents
from handbook.client.library import Filter, Library
from handbook.client.notes import Notes, Span
from handbook.client.outbox import Outbox
from handbook.client.search import Search
from handbook.client.store import Store
from handbook.client.study import Study
from handbook.errors import NotFound, Recalled
from handbook.model.library import Collection, Kind, Recall
from handbook.model.notes import Colour
from handbook.model.text import number_key
from handbook.protocol.packs import Item, ItemKind, assignment_item, recall_item
from tests.client.samples import NOW, assignment, document

LAST_DAY = NOW.date()
TOMORROW = NOW + timedelta(days=1)
EVERYBODY = "central/cho-moi-nguoi"
BULLETIN = "central/ban-tin"
OURS = "central/chi-bo-ta"
THEIRS = "central/chi-bo-ban"


class Shelf:
    """A library with a document for everybody, one that expires today, one for our cell, one for another."""

    def __init__(self, store: Store) -> None:
        self.now = NOW
        account = Account(store, None, lambda _: None)
        outbox = Outbox(store, account, Random(7))
        self.library = Library(store, outbox, lambda: self.now)
        self.search = Search(store, store.profile_dir / "index", lambda: self.now)
        self.search.refresh()

    def listed(self, **wanted: object) -> set[str]:
        return {card.id for card in self.library.documents(Filter(**wanted))}

    def found(self) -> set[str]:
        return {hit.document_id for hit in self.search.find("Đảng bộ lãnh đạo").hits}


@pytest.fixture
def shelf(signed_in: Store, library_with: Callable[..., Applied]) -> Shelf:
    library_with(
        document("cho-moi-nguoi", number="1-NQ/TW"),
        document("ban-tin", number="2-BT/TW", collection=Collection.BULLETIN, expires_on=LAST_DAY),
        document("chi-bo-ta", number="3-TB/TW", units=("hongson/anbinh/khu-pho-1",), issuer="Chi bộ ta"),
        document("chi-bo-ban", number="4-TB/TW", units=("hongson/anbinh/khu-pho-2",), issuer="Chi bộ bạn"),
    )
    return Shelf(signed_in)


def test_what_is_for_another_cell_is_in_no_list_count_or_search(shelf: Shelf) -> None:
    assert shelf.listed() == shelf.found() == {EVERYBODY, BULLETIN, OURS}
    assert sum(shelf.library.counts().values()) == 3
    assert shelf.search.find("3-TB/TW").exact == OURS
    assert shelf.search.find("4-TB/TW").exact == ""


def test_a_bulletin_leaves_lists_after_its_day_and_says_so_when_opened(shelf: Shelf) -> None:
    assert shelf.library.open(BULLETIN).expired_on is None
    shelf.now = TOMORROW
    assert shelf.listed() == shelf.found() == {EVERYBODY, OURS}
    assert shelf.library.counts()[Collection.BULLETIN] == 0
    assert shelf.library.open(BULLETIN).expired_on == LAST_DAY


def test_what_a_member_put_by_stays_among_the_saved_when_it_expires(shelf: Shelf) -> None:
    shelf.library.save(BULLETIN, True)
    shelf.now = TOMORROW
    assert shelf.listed(saved_only=True) == {BULLETIN}
    assert shelf.listed() == {EVERYBODY, OURS}


def test_filters_and_links_of_numbers_know_only_what_is_listed(
    shelf: Shelf, library_with: Callable[..., Applied]
) -> None:
    alone = {
        "kind": Kind.PLAN,
        "issuer": "Chi bộ bạn",
        "topics": ("việc riêng",),
        "issued_on": date(1999, 1, 1),
    }
    for_us = replace(document("chi-bo-ban", number="4-TB/TW", edition=2), **alone)
    key, year = number_key("4-TB/TW"), 1999
    assert key not in shelf.library.by_number()
    assert "Chi bộ bạn" not in shelf.library.facets().issuers
    library_with(for_us)
    facets = shelf.library.facets()
    assert "Chi bộ bạn" in facets.issuers and year in facets.years
    assert Kind.PLAN in facets.kinds and "việc riêng" in facets.topics
    assert [id for id, _ in shelf.library.by_number()[key]] == [THEIRS]
    library_with(replace(for_us, edition=3, units=("hongson/anbinh/khu-pho-2",)))
    facets = shelf.library.facets()
    assert "Chi bộ bạn" not in facets.issuers and year not in facets.years
    assert Kind.PLAN not in facets.kinds and "việc riêng" not in facets.topics
    assert key not in shelf.library.by_number()


def test_the_links_of_a_number_end_with_the_day_of_the_document(shelf: Shelf) -> None:
    key = number_key("2-BT/TW")
    assert key in shelf.library.by_number()
    shelf.now = TOMORROW
    assert key not in shelf.library.by_number()


def test_a_new_edition_may_be_for_everybody(shelf: Shelf, library_with: Callable[..., Applied]) -> None:
    library_with(document("chi-bo-ban", number="4-TB/TW", edition=2))
    assert THEIRS in shelf.listed()


def test_an_open_assignment_brings_its_documents_with_it(
    shelf: Shelf, signed_in: Store, publish: Callable[..., Applied]
) -> None:
    record = assignment(documents=(BULLETIN,))
    publish(assignment_item(record), publisher="hongson/anbinh")
    account = Account(signed_in, None, lambda _: None)
    study = Study(signed_in, account, Assignments(signed_in, account))
    assert BULLETIN in {task.document_id for task in study.today(TOMORROW).tasks}


def _recall(publish: Callable[..., Applied], replaced_by: str, at: datetime = NOW) -> None:
    recall = Recall(
        id=OURS,
        edition=2,
        number="3-TB/TW",
        title="Thông báo",
        recalled_on=date(2026, 11, 23),
        reason="In sai số liệu.",
        replaced_by=replaced_by,
    )
    publish(recall_item(recall), at=at)


def test_a_recalled_document_says_when_why_and_what_replaces_it(
    shelf: Shelf, publish: Callable[..., Applied]
) -> None:
    _recall(publish, EVERYBODY)
    assert OURS not in shelf.listed()
    with pytest.raises(Recalled) as recalled:
        shelf.library.open(OURS)
    assert recalled.value.message == (
        "3-TB/TW – Thông báo đã được nơi phát hành thu hồi ngày 23/11/2026. Lý do: In sai số liệu."
    )
    assert recalled.value.replaced_by == EVERYBODY
    assert "Thay bằng: 1-NQ/TW" in recalled.value.advice


def test_a_replacement_that_is_not_here_is_no_link(shelf: Shelf, publish: Callable[..., Applied]) -> None:
    _recall(publish, "central/chua-ve")
    with pytest.raises(Recalled) as recalled:
        shelf.library.open(OURS)
    assert recalled.value.replaced_by == ""
    assert "hãy đồng bộ" in recalled.value.advice


def test_a_document_withdrawn_without_a_reason_is_plainly_gone(
    shelf: Shelf, publish: Callable[..., Applied]
) -> None:
    publish(Item(id=OURS, kind=ItemKind.WITHDRAWAL, edition=2))
    with pytest.raises(NotFound, match="thu hồi"):
        shelf.library.open(OURS)


def test_notes_on_a_recalled_document_are_kept_with_their_words(
    shelf: Shelf, signed_in: Store, publish: Callable[..., Applied]
) -> None:
    notes = Notes(signed_in)
    notes.mark(OURS, 1, (Span("muc-tieu", 0, 5),), Colour.YELLOW, NOW, "Hỏi lại đồng chí bí thư")
    _recall(publish, "")
    notes.settle(NOW)
    [entry] = notes.all()
    assert (entry.orphaned, entry.quote, entry.text) == (True, "Thủ đô", "Hỏi lại đồng chí bí thư")
    assert "3-TB/TW" in entry.source


def test_nothing_is_asked_of_the_profile_while_nothing_is_limited(store: Store) -> None:
    assert hidden_documents(store, NOW) == frozenset()


def test_a_task_to_read_what_was_recalled_says_so(
    shelf: Shelf, signed_in: Store, publish: Callable[..., Applied]
) -> None:
    _recall(publish, "")
    publish(assignment_item(assignment(documents=(OURS,))), publisher="hongson/anbinh")
    account = Account(signed_in, None, lambda _: None)
    study = Study(signed_in, account, Assignments(signed_in, account))
    [task] = [task for task in study.today(NOW).tasks if task.document_id == OURS]
    assert "đã được nơi phát hành thu hồi" in task.title
    assert "đồng bộ" not in task.reason
