"""The check of spelling: what is doubted beside the member's own library and words, and what is offered."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from handbook.client.search import Search
from handbook.client.spelling import Spelling
from handbook.protocol.packs import document_item
from tests.client.samples import document
from tests.client.simulated_server import Device, Ward

TEXT = "Vận hành nền tảng blockchain của phường, triển khai nhanh, triển khai đúng, không trễn nải."
FIRST, *_ = document().sections
SECTIONS = (
    replace(FIRST, text=TEXT),
    replace(FIRST, anchor="hai", text="Hành chính phục vụ, hạnh phúc của dân, hằn sâu."),
)
ITEMS = (document_item(document(sections=SECTIONS)),)


@pytest.fixture
def an(ward: Ward, device: Callable[..., Device]) -> Device:
    return device("An", ward.new_cell({"An": ()}), ITEMS)


@pytest.fixture
def spelling(an: Device) -> Spelling:
    search = Search(an.store, an.folder / "index")
    search.refresh()
    return Spelling(an.store, search)


def test_words_of_the_library_and_sound_syllables_are_not_doubted(spelling: Spelling) -> None:
    assert spelling.doubted(["blockchain", "tríển", "khai", "nghành"]) == {"tríển", "nghành"}


def test_a_word_that_is_passed_is_doubted_no_more_also_at_the_next_start(
    spelling: Spelling, an: Device
) -> None:
    spelling.let_pass("startup")
    spelling.let_pass("startup")
    assert spelling.doubted(["startup", "nghành"]) == {"nghành"}
    an.restart()
    again = Spelling(an.store, Search(an.store, an.folder / "index"))
    assert again.doubted(["startup"]) == frozenset()
    again.doubt_again("startup")
    assert again.doubted(["startup"]) == {"startup"}


def test_what_is_offered_differs_in_marks_first_and_the_common_comes_before_the_rare(
    spelling: Spelling,
) -> None:
    assert spelling.offers("tríển") == ("triển",)
    assert spelling.offers("hanhh") == ("hành", "hạnh")
    assert spelling.offers("hằnh") == ("hành", "hạnh", "hằn")
    assert spelling.offers("phươờng") == ("phường",)
    assert spelling.offers("nhaanh") == ("nhanh",)


def test_without_an_index_the_rules_alone_judge(an: Device) -> None:
    bare = Spelling(an.store, Search(an.store, an.folder / "no-index"))
    assert bare.doubted(["blockchain", "khai"]) == {"blockchain"}
    assert "ngành" in bare.offers("nghành")
