import re
import shutil
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.client.apply import Arrival, apply_pack
from handbook.client.library import Filter
from handbook.client.search import MAX_SECTIONS_PER_DOCUMENT, Search, Span
from handbook.client.search.snippet import SNIPPET_CHARACTERS, Sought, snippet
from handbook.client.store import Store
from handbook.client.tables.library import documents
from handbook.client.tables.personal import saved, ticks
from handbook.model.library import Collection, Document, Kind, Section, Status
from handbook.model.text import fold, nfc
from handbook.protocol.packs import Item, ItemKind, document_item

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def _document(slug: str, *texts: str | tuple[str, str], **facts: object) -> Document:
    """A document of the ward; each text is a section, or a pair of heading and text."""
    titled = [text if isinstance(text, tuple) else ("", text) for text in texts]
    return Document(
        **{
            "id": f"central/{slug}",
            "edition": 1,
            "collection": Collection.THEORY,
            "kind": Kind.ARTICLE,
            "number": "",
            "title": f"Bài {slug}",
            "issuer": "Ban biên tập",
            "issued_on": date(2025, 5, 1),
            "status": Status.IN_FORCE,
            "topics": (),
            "summary": "",
            "relations": (),
            **facts,
            "sections": tuple(
                Section(anchor=f"muc-{place}", level=1, heading=heading, text=text)
                for place, (heading, text) in enumerate(titled)
            ),
        }
    )


def _outlined(slug: str, *parts: tuple[int, str, str]) -> Document:
    """A document of sections with level, heading and text."""
    sections = (
        Section(anchor=f"muc-{place}", level=level, heading=heading, text=text)
        for place, (level, heading, text) in enumerate(parts)
    )
    return replace(_document(slug), sections=tuple(sections))


class Shelf:
    """A profile whose library a test fills, and its search."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder, b"k" * 32)
        self.search = Search(self.store, folder / "index")
        self._packs = 0

    def publish(self, *items: Document | Item) -> None:
        self._packs += 1
        apply_pack(
            self.store,
            publisher="central",
            sequence=self._packs,
            pack=f"pack {self._packs}",
            items=[document_item(item) if isinstance(item, Document) else item for item in items],
            arrival=Arrival(self._packs, NOW),
        )

    def add(self, *items: Document | Item) -> None:
        self.publish(*items)
        assert self.search.refresh()

    def found(self, text: str, **options: object) -> list[str]:
        return [hit.document_id.removeprefix("central/") for hit in self.search.find(text, **options).hits]

    def reopened(self) -> Search:
        return Search(self.store, self.folder / "index")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "profile")
    yield shelf
    shelf.store.close()


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A library that the tests of questions share and do not change."""
    shelf = Shelf(tmp_path_factory.mktemp("ward") / "profile")
    shelf.add(
        _document(
            "nq15", ("", "Phát triển Thủ đô Hà Nội văn hiến."), ("Mục tiêu", "Đến năm 2030 tầm nhìn 2045."),
            number="15-NQ/TW", kind=Kind.RESOLUTION, collection=Collection.RESOLUTIONS, issuer="Bộ Chính trị",
            title="Về phương hướng, nhiệm vụ phát triển Thủ đô Hà Nội", issued_on=date(2022, 5, 5),
        ),
        _document("luat117", "Bảo vệ bí mật nhà nước.", number="117/2025/QH15", kind=Kind.LAW,
                  issuer="Quốc hội", topics=("bảo mật", "dân vận")),
        _document("qd339", "Sổ tay đảng viên điện tử.", number="339-QĐ/TW", kind=Kind.DECISION,
                  collection=Collection.REGULATIONS, status=Status.REPLACED),
        _document("nhac", "Thực hiện Nghị quyết số 15-NQ/TW của Bộ Chính trị về Thủ đô."),
        _document("chuyen-doi-so", ("Chuyển đổi số ở phường", "Công nghệ về từng khu phố, từng hộ dân.")),
        _document("so-doi", "Đổi thay số phận, chuyển nhà, nhiều việc khác nữa chẳng liên quan."),
        _document("hoa", "Hoà bình, hữu nghị và đảng uỷ khoẻ mạnh."),
        _document("ban-hang", "Người bán hàng ở chợ."),
        _document("cai-ban", "Cái bàn trong phòng họp."),
        _document("ban-hanh", "Cơ quan ban hành văn bản."),
        _document("duong-loi", "Đường lối của Đảng Cộng sản Việt Nam."),
    )  # fmt: skip
    yield shelf
    shelf.store.close()


@pytest.mark.parametrize(
    "typed",
    ["đường lối của Đảng", "duong loi cua dang", "DUONG LOI", "đường lối", "dduwowngf loosi", "duong lối",
     unicodedata.normalize("NFD", "đường lối của Đảng"), "  đường,lối! "],
)  # fmt: skip
def test_a_document_is_found_however_it_is_typed(ward, typed):
    assert ward.found(typed)[0] == "duong-loi"


@pytest.mark.parametrize(
    "typed", ["hòa bình", "hoà bình", "hoa binh", "hoaf binhf", "đảng ủy", "đảng uỷ", "khỏe"]
)
def test_both_placements_of_the_tone_are_found(ward, typed):
    assert ward.found(typed)[0] == "hoa"


@pytest.mark.parametrize(
    ("typed", "first"),
    [("bán", "ban-hang"), ("bàn", "cai-ban"), ("ban hành", "ban-hanh"), ("banf", "cai-ban")],
)
def test_the_tone_that_was_typed_comes_first(ward, typed, first):
    assert ward.found(typed)[0] == first


def test_a_syllable_without_marks_among_marked_ones_is_meant_as_typed(shelf):
    shelf.add(
        _document("three-others", "Chỉ dẫn, chỉ bảo, chỉ huy đều là bộ phận."),
        _document("as-typed", "Họp chi uỷ và mời bộ phận giúp việc."),
    )
    assert shelf.found("bộ chi") == ["as-typed", "three-others"]


def test_another_tone_is_still_found_after_it(ward):
    assert set(ward.found("bán")) >= {"ban-hang", "cai-ban", "ban-hanh"}


def test_without_marks_every_tone_is_found(ward):
    assert set(ward.found("ban")) >= {"ban-hang", "cai-ban", "ban-hanh"}


def test_a_phrase_beats_scattered_words(ward):
    assert ward.found("chuyển đổi số")[:2] == ["chuyen-doi-so", "so-doi"]
    assert ward.found("chuyen doi so")[:2] == ["chuyen-doi-so", "so-doi"]


@pytest.mark.parametrize(
    ("typed", "document"),
    [("15-NQ/TW", "nq15"), ("NQ15", "nq15"), ("nghi quyet 15", "nq15"), ("Nghị quyết số 15", "nq15"),
     ("nq 15 tw", "nq15"), ("15nq/tw.", "nq15"), ("117/2025/QH15", "luat117"), ("luật 117", "luat117"),
     ("339-QĐ/TW", "qd339"), ("quyet dinh 339", "qd339"), ("qđ339", "qd339")],
)  # fmt: skip
def test_a_number_in_any_habit_opens_its_document(ward, typed, document):
    results = ward.search.find(typed)
    assert results.exact == f"central/{document}"
    assert results.hits[0].document_id == f"central/{document}"


def test_documents_that_mention_a_number_follow_its_document(ward):
    assert ward.found("NQ15")[:2] == ["nq15", "nhac"] or ward.found("NQ15").index("nhac") <= 3


@pytest.mark.parametrize("typed", ["15-NQ/TW về Thủ đô", "15", "16-NQ/TW", "thủ đô", "15-NQ/TU"])
def test_only_a_whole_known_number_opens_a_document(ward, typed):
    assert ward.search.find(typed).exact == ""


def test_a_number_that_two_documents_bear_opens_neither(shelf):
    shelf.add(
        _document("cu", "a", number="01-QĐ/TW", issued_on=date(2016, 1, 1)),
        _document("moi", "b", number="01-QĐ/TW", issued_on=date(2026, 2, 3)),
    )
    results = shelf.search.find("01-QĐ/TW")
    assert results.exact == ""
    assert {hit.document_id for hit in results.hits} == {"central/cu", "central/moi"}


@pytest.mark.parametrize("typed", ["CĐS", "cds", "cđs"])
def test_abbreviations_are_understood(ward, typed):
    assert ward.found(typed)[0] == "chuyen-doi-so"


@pytest.mark.parametrize("typed", ["chuyển đổi s", "chuy", "phườ", "phuo"])
def test_an_unfinished_word_already_finds(ward, typed):
    assert "chuyen-doi-so" in ward.found(typed)


def test_words_in_the_order_typed_beat_the_same_words_in_another(shelf):
    shelf.add(
        _document("a-turned-round", "Sát vẫn giám vẫn tra vẫn kiểm.", title="Bài"),
        _document("b-in-order", "Kiểm vẫn tra vẫn giám vẫn sát.", title="Bài"),
    )
    for typed in ("kiểm tra giám sát", "kiem tra giam sat", "tra giám sát"):
        assert shelf.found(typed)[0] == "b-in-order"


def test_words_close_together_beat_the_same_words_far_apart(shelf):
    apart = "vẫn thế " * 10
    shelf.add(
        _document("a-apart", f"Kiểm {apart} tra {apart} giám {apart} sát.", title="Bài"),
        _document("b-together", f"Kiểm vẫn tra vẫn giám vẫn sát {apart * 3}.", title="Bài"),
    )
    assert shelf.found("kiểm tra giám sát")[0] == "b-together"


def test_a_document_stays_first_by_its_number_however_close_others_say_it(shelf):
    shelf.add(
        _document("mentions", "Nghị quyết số 15-NQ/TW về phát triển Thủ đô Hà Nội được quán triệt."),
        _document("is", "Thủ đô.", "Phát triển.", number="15-NQ/TW", kind=Kind.RESOLUTION, title="Hà Nội"),
    )
    assert shelf.found("nghị quyết 15-NQ/TW về phát triển Thủ đô Hà Nội")[0] == "is"


def test_title_and_heading_weigh_more_than_body(shelf):
    shelf.add(
        _document("body", "Nói về kiểm tra giám sát trong đảng."),
        _document("heading", ("Kiểm tra giám sát", "Nói về việc khác trong đảng.")),
        _document("title", "Nói về việc khác ở trong đảng.", title="Kiểm tra giám sát"),
    )
    assert shelf.found("kiểm tra giám sát")[-1] == "body"


def test_a_long_document_does_not_push_out_the_others(shelf):
    shelf.add(
        _document("long", *(f"Kỷ luật đảng, phần {number}" for number in range(40))),
        _document("short", "Trong bài này có nói đến kỷ luật của đảng ở một đoạn ngắn mà thôi."),
    )
    found = shelf.found("kỷ luật đảng", limit=10)
    assert found.count("long") == MAX_SECTIONS_PER_DOCUMENT
    assert "short" in found


def test_a_hit_says_where_it_is_and_shows_the_passage(ward):
    hit = ward.search.find("tầm nhìn 2045").hits[0]
    assert (hit.document_id, hit.anchor, hit.heading) == ("central/nq15", "muc-1", "Mục tiêu")
    assert (hit.number, hit.kind, hit.issued_on) == ("15-NQ/TW", Kind.RESOLUTION, date(2022, 5, 5))
    assert hit.snippet == (Span("Đến năm 2030 ", False), Span("tầm nhìn 2045", True), Span(".", False))


def test_total_counts_the_sections_with_every_word(ward):
    assert ward.search.find("thủ đô").total == 3  # two of the resolution by its title, one that mentions it
    assert ward.search.find("thu do", limit=1).total == 3
    assert len(ward.search.find("thủ đô", limit=1).hits) == 1


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (Filter(kind=Kind.RESOLUTION), {"nq15"}),
        (Filter(collection=Collection.REGULATIONS), {"qd339"}),
        (Filter(issuer="Quốc hội"), {"luat117"}),
        (Filter(year=2022), {"nq15"}),
        (Filter(status=Status.REPLACED), {"qd339"}),
        (Filter(topic="dân vận"), {"luat117"}),
        (Filter(topic="dân"), set()),
        (Filter(kind=Kind.RESOLUTION, year=2025), set()),
    ],
)
def test_filters_narrow(ward, filter, expected):
    assert set(ward.found("của nhà nước đảng thủ đô sổ tay", filter=filter)) == expected


def test_filters_know_what_the_member_saved_and_read(shelf):
    shelf.add(_document("a", "chi bộ"), _document("b", "chi bộ"), _document("c", "chi bộ"))
    assert shelf.found("chi bộ", filter=Filter(saved_only=True)) == []
    with shelf.store.personal.write() as personal:
        columns = {"document": "central/a"} | ({"saved_at": NOW} if "saved_at" in saved.c else {})
        personal.execute(saved.insert().values(columns))
        personal.execute(ticks.insert().values(document="central/b", edition=1, read=True, ticked_at=NOW))
    assert shelf.found("chi bộ", filter=Filter(saved_only=True)) == ["a"]
    assert set(shelf.found("chi bộ", filter=Filter(unread_only=True))) == {"a", "c"}


def test_a_heading_shows_what_matched_in_it(ward):
    hit = ward.search.find("mục tiêu").hits[0]
    assert hit.heading == "Mục tiêu"
    assert hit.marked_heading == (Span("Mục tiêu", True),)


def test_a_heading_without_a_text_of_its_own_shows_the_headings_below_it(shelf):
    shelf.add(
        _outlined(
            "a",
            (1, "II. Tổ chức thực hiện", ""),
            (2, "1. Các cấp uỷ", "Phân công."),
            (2, "2. Mặt trận", "Giám sát."),
            (1, "III. Kết luận", "Hết."),
        )
    )
    hit = shelf.search.find("tổ chức thực hiện").hits[0]
    assert hit.heading == "II. Tổ chức thực hiện"
    assert "".join(span.text for span in hit.snippet) == "1. Các cấp uỷ · 2. Mặt trận"


def test_a_document_without_sections_shows_its_summary(shelf):
    shelf.add(_document("a", title="Sinh hoạt chuyên đề", summary="Vì sao nên làm."))
    assert shelf.search.find("sinh hoạt").hits[0].snippet == (Span("Vì sao nên làm.", False),)


def test_words_typed_with_marks_light_no_other_marks_where_the_typed_ones_stand(shelf):
    shelf.add(
        _document("as-typed", "Cả đời dõi theo, đổi thay, so sánh, chuyện chuyển đổi số ở phường."),
        _document("other", ("Chuyên đối sổ", "Đời người dõi theo số phận.")),
    )
    hits = {hit.document_id: hit for hit in shelf.search.find("chuyển đổi số").hits}
    lit = {id: {span.text for span in hit.snippet if span.marked} for id, hit in hits.items()}
    assert lit["central/as-typed"] == {"đổi", "chuyển đổi số"}
    assert lit["central/other"] == {"số"}
    # What has none of the marks typed was found without them, and shows why.
    (loose,) = (hit for hit in shelf.search.find("chuyến đợi").hits if hit.document_id == "central/other")
    assert "đối" in {span.text for span in loose.marked_heading if span.marked}


def test_a_list_of_sources_answers_only_who_asks_for_sources(shelf):
    shelf.add(
        _document(
            "nq57",
            ("Mục tiêu", "Khoa học và công nghệ."),
            ("Nguồn", "Nghị quyết số 57-NQ/TW, Báo Nhân Dân; đột phá khoa học công nghệ."),
            number="57-NQ/TW",
            title="Về đột phá khoa học công nghệ",
        )
    )

    def headings(typed: str) -> list[str]:
        return [hit.heading for hit in shelf.search.find(typed).hits]

    for typed in ("57-NQ/TW", "khoa học công nghệ", "dot pha khoa hoc", "Báo Nhân Dân", "báo"):
        assert "Nguồn" not in headings(typed)
    for typed in ("nguồn", "nguồn báo nhân dân", "nguon bao nhan dan", "nguồn 57-NQ/TW"):
        assert "Nguồn" in headings(typed)


# --- any input is safe

OPERATORS = [
    '"',
    "'",
    "a AND b",
    "(",
    "title:x",
    "x^2",
    "*",
    "a~2",
    "NOT",
    "[a TO b]",
    "\\",
    "+-",
    "/re/",
    "_a_b",
]
ODDITIES = [
    "a" * 10_000,
    "chi bộ " * 2_000,
    "😀👩‍👩‍👧",
    "\0",
    "đ\0ả",
    "\u0301",
    "\ud800",
    "1" * 500,
    " ",
    "",
    "\n",
    "%s{}",
    "-1",
]
WORDS = ["chi", "bộ", "NQ15", "banf", "cđs"]


@pytest.mark.parametrize("typed", [*OPERATORS, *ODDITIES])
def test_no_input_upsets_the_search(ward, typed):
    results = ward.search.find(typed)
    assert len(results.hits) <= 20
    assert ward.search.is_ready()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(), st.lists(st.sampled_from([*OPERATORS, "chi", "bộ", "NQ15", "banf", "cđs"])).map(" ".join)
    )
)
def test_any_input_gives_results_in_order(ward, typed):
    hits = ward.search.find(typed).hits
    assert len({(hit.document_id, hit.anchor) for hit in hits}) == len(hits)
    for hit in hits:
        assert all(span.text for span in hit.snippet)


# --- keeping up with the library


def test_before_the_first_refresh_nothing_is_found_and_nothing_fails(shelf):
    shelf.publish(_document("a", "chi bộ"))
    assert not shelf.search.is_ready()
    assert shelf.search.find("chi bộ").hits == ()
    assert shelf.search.refresh()
    assert shelf.search.is_ready()
    assert shelf.found("chi bộ") == ["a"]


def test_new_changed_and_withdrawn_documents_are_followed(shelf):
    shelf.add(_document("a", "chi bộ"), _document("b", "đảng bộ"))
    shelf.add(
        _document("a", "tổ đảng", edition=2),
        _document("c", "chi bộ"),
        Item(id="central/b", kind=ItemKind.WITHDRAWAL, edition=2),
    )
    assert shelf.found("chi bộ")[0] == "c"
    assert shelf.found("tổ đảng")[0] == "a"
    assert "b" not in shelf.found("đảng bộ")
    assert shelf.search.find("bộ").total == 1


def test_a_withdrawn_document_is_not_shown_even_before_the_index_knows(shelf):
    shelf.add(_document("a", "chi bộ"))
    shelf.publish(Item(id="central/a", kind=ItemKind.WITHDRAWAL, edition=2))
    assert shelf.search.find("chi bộ").hits == ()


def test_a_document_without_sections_is_found_by_its_title(shelf):
    shelf.add(_document("a", title="Sinh hoạt chuyên đề", topics=("dân vận",)))
    assert shelf.found("sinh hoat chuyen de") == ["a"]
    assert shelf.found("dân vận") == ["a"]


def test_the_index_outlives_the_program(shelf):
    shelf.add(_document("a", "chi bộ"))
    again = shelf.reopened()
    assert again.is_ready()
    assert again.find("chi bộ").hits[0].document_id == "central/a"


def test_refreshing_when_nothing_changed_leaves_the_files_alone(shelf):
    shelf.add(_document("a", "chi bộ"))
    before = {path: path.stat().st_mtime_ns for path in (shelf.folder / "index").rglob("*")}
    assert shelf.search.refresh()
    assert {path: path.stat().st_mtime_ns for path in (shelf.folder / "index").rglob("*")} == before


def test_a_cancelled_refresh_changes_nothing_and_the_next_one_finishes(shelf):
    shelf.add(_document("a", "chi bộ"))
    shelf.publish(_document("b", "chi bộ"))
    assert not shelf.search.refresh(lambda: True)
    assert shelf.found("chi bộ") == ["a"]
    assert shelf.search.refresh()
    assert set(shelf.found("chi bộ")) == {"a", "b"}


def test_a_cancelled_first_build_leaves_no_index(shelf):
    shelf.publish(_document("a", "chi bộ"))
    assert not shelf.search.refresh(lambda: True)
    assert not shelf.reopened().is_ready()


def test_an_older_library_put_back_is_noticed(shelf):
    shelf.add(_document("a", "chi bộ"))
    shelf.store.library.copy_to(shelf.folder / "older.db")
    shelf.add(_document("b", "chi bộ"))
    shelf.store.close()
    for leftover in shelf.folder.glob("library.db*"):
        leftover.unlink()
    shutil.copy(shelf.folder / "older.db", shelf.folder / "library.db")
    shelf.store = Store(shelf.folder, b"k" * 32)
    shelf.search = shelf.reopened()
    assert shelf.search.refresh()
    assert shelf.search.find("chi bộ").total == 1


def _largest_file(folder: Path, pattern: str) -> Path:
    return max(folder.rglob(pattern), key=lambda path: path.stat().st_size)


def _replace(path: Path, data: bytes) -> None:
    """Not in place: a search of this process may have mapped the file."""
    path.unlink()
    path.write_bytes(data)


def _truncate(index: Path) -> None:
    path = _largest_file(index, "*.term")
    _replace(path, path.read_bytes()[:10])


def _remove_a_file(index: Path) -> None:
    _largest_file(index, "*.store").unlink()


def _garble_the_list_of_files(index: Path) -> None:
    _largest_file(index, "meta.json").write_text("{")


def _garble_the_stored_texts(index: Path) -> None:
    path = _largest_file(index, "*.store")
    _replace(path, b"\xff" * 40 + path.read_bytes()[40:])


def _replace_by_a_file(index: Path) -> None:
    shutil.rmtree(index)
    (index / "1").mkdir(parents=True)
    (index / "1" / "meta.json").write_text("")


@pytest.mark.expected_warnings("search index in 1 is damaged")
@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _remove_a_file,
        _garble_the_list_of_files,
        _garble_the_stored_texts,
        _replace_by_a_file,
        shutil.rmtree,
    ],
)
def test_a_damaged_index_is_made_again(shelf, damage: Callable[[Path], None]):
    shelf.add(_document("a", "chi bộ"), _document("b", *(f"đoạn {number}" for number in range(50))))
    damage(shelf.folder / "index")
    search = shelf.reopened()
    search.find("chi bộ")
    assert search.refresh()
    assert search.find("chi bộ").hits[0].document_id == "central/a"
    assert len([path for path in (shelf.folder / "index").iterdir() if path.is_dir()]) == 1


def test_an_index_of_an_older_program_is_made_again(shelf, monkeypatch):
    shelf.add(_document("a", "chi bộ"))
    monkeypatch.setattr("handbook.client.search.index.FORMAT", 999)
    search = shelf.reopened()
    assert not search.is_ready()
    assert search.refresh()
    assert search.find("chi bộ").hits


def test_searching_goes_on_while_the_index_is_made(shelf):
    shelf.add(_document("a", "chi bộ"))
    shelf.publish(*(_document(f"d{number}", "chi bộ") for number in range(30)))
    seen = []

    def look() -> bool:
        seen.append(shelf.search.find("chi bộ").total)
        return False

    assert shelf.search.refresh(look)
    assert seen and set(seen) == {1}
    assert shelf.search.find("chi bộ").total == 31


def test_many_threads_may_search_and_refresh(shelf):
    shelf.add(*(_document(f"d{number}", "chi bộ") for number in range(20)))
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(5):
                if number == 0:
                    shelf.search.refresh()
                assert shelf.search.find("chi bộ").total == 20
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


KILLED = """
import os, sys
from pathlib import Path
from handbook.client.search import Search
from handbook.client.store import Store
folder, calls = Path(sys.argv[1]), int(sys.argv[2])
seen = 0
def die():
    global seen
    seen += 1
    if seen == calls:
        os.kill(os.getpid(), 9)
    return False
Search(Store(folder, b"k" * 32), folder / "index").refresh(die)
"""


@pytest.mark.slow
@pytest.mark.parametrize("calls", [1, 7, 25])
@pytest.mark.parametrize("built_before", [False, True])
def test_a_kill_while_indexing_does_no_harm(shelf, calls, built_before):
    if built_before:
        shelf.add(_document("first", "chi bộ"))
    shelf.publish(*(_document(f"d{number}", "chi bộ") for number in range(25)))
    shelf.store.close()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(shelf.folder), str(calls)], check=False)
    assert killed.returncode == -9
    shelf.store = Store(shelf.folder, b"k" * 32)
    search = shelf.reopened()
    assert search.find("chi bộ").total == (1 if built_before else 0)
    assert search.refresh()
    assert search.find("chi bộ").total == 25 + built_before


def test_every_document_of_the_library_is_in_the_index(ward):
    with ward.store.library.read() as library:
        ids = library.scalars(documents.select().with_only_columns(documents.c.id)).all()
    for document in ids:
        title = f"bài {document.removeprefix('central/')}"
        assert (
            document in [hit.document_id for hit in ward.search.find(title, limit=50).hits]
            or "nq15" in document
        )


# --- snippets

SOUGHT = Sought({"đổi": 2.0, "mới": 1.0}, {"so": 1.0})


def _snippet(text: str, sought: Sought = SOUGHT) -> tuple[Span, ...]:
    return snippet(text, fold(text), sought)


def test_neighbouring_words_are_marked_as_one_in_their_own_spelling():
    assert _snippet("Công cuộc ĐỔI MỚI, đồi moi, số 5 SO") == (
        Span("Công cuộc ", False), Span("ĐỔI MỚI", True), Span(", đồi moi, ", False), Span("số", True),
        Span(" 5 ", False), Span("SO", True),
    )  # fmt: skip


def test_a_long_text_is_cut_around_the_best_passage_at_whole_words():
    text = "xa xôi " * 3_000 + "đổi khác " + "xa xôi " * 3_000 + "sự nghiệp đổi mới " + "xa xôi " * 3_000
    spans = _snippet(text)
    shown = "".join(span.text for span in spans)
    assert [span.text for span in spans if span.marked] == ["đổi mới"]
    assert shown.startswith("… xa xôi") or shown.startswith("… xôi")
    assert shown.endswith(("xa …", "xôi …"))
    assert len(shown) <= SNIPPET_CHARACTERS + 4


def test_the_words_as_they_were_typed_are_shown_rather_than_an_earlier_scatter():
    text = "số đồi, mới, đổi " + "xa xôi " * 60 + "đổi mới số một " + "xa xôi " * 60
    assert [span.text for span in _snippet(text) if span.marked] == ["đổi mới số"]


def test_a_phrase_in_other_marks_is_not_taken_for_the_one_typed():
    text = "đồi mới số " + "xa xôi " * 60 + "đổi mới số " + "xa xôi " * 60
    assert [span.text for span in _snippet(text) if span.marked] == ["đổi mới số"]


def test_letters_that_are_not_latin_are_found_and_marked(shelf):
    shelf.add(_document("a", "Báo Правда đăng bài."), _document("b", "Báo khác."))
    hit = shelf.search.find("правда").hits[0]
    assert hit.document_id == "central/a"
    assert [span.text for span in hit.snippet if span.marked] == ["Правда"]


def test_without_a_match_the_beginning_is_shown():
    assert _snippet("Không có gì ở đây") == (Span("Không có gì ở đây", False),)
    assert _snippet("") == ()


PIECES = ["đổi", "mới", "ĐỔI", "so", "doi", "\n", "😀", "Số", "x" * 90]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=120).map(" ".join)))
def test_a_snippet_is_a_piece_of_the_text_and_marks_only_what_was_sought(text):
    text = nfc(text)
    spans = _snippet(text)
    shown = "".join(span.text for span in spans)
    assert shown.removeprefix("… ").removesuffix(" …") in text.replace("\n", " ") or shown == text.replace(
        "\n", " "
    )
    assert len(shown) <= SNIPPET_CHARACTERS + 4
    for span in spans:
        if span.marked:
            assert set(re.findall(r"[^\W_]+", fold(span.text))) <= {"doi", "moi", "so"}
