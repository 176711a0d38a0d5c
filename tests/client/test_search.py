import unicodedata
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.client.library import Filter
from handbook.client.search import MAX_SECTIONS_PER_DOCUMENT, Span
from handbook.client.tables.library import documents
from handbook.client.tables.personal import saved, ticks
from handbook.model.library import Collection, Kind, Status
from tests.client.search_shelf import NOW, Shelf, document, outlined


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A library that the tests of questions share and do not change."""
    shelf = Shelf(tmp_path_factory.mktemp("ward") / "profile")
    shelf.add(
        document(
            "nq15", ("", "Phát triển Thủ đô Hà Nội văn hiến."), ("Mục tiêu", "Đến năm 2030 tầm nhìn 2045."),
            number="15-NQ/TW", kind=Kind.RESOLUTION, collection=Collection.RESOLUTIONS, issuer="Bộ Chính trị",
            title="Về phương hướng, nhiệm vụ phát triển Thủ đô Hà Nội", issued_on=date(2022, 5, 5),
        ),
        document("luat117", "Bảo vệ bí mật nhà nước.", number="117/2025/QH15", kind=Kind.LAW,
                  issuer="Quốc hội", topics=("bảo mật", "dân vận")),
        document("qd339", "Sổ tay đảng viên điện tử.", number="339-QĐ/TW", kind=Kind.DECISION,
                  collection=Collection.REGULATIONS, status=Status.REPLACED),
        document("nhac", "Thực hiện Nghị quyết số 15-NQ/TW của Bộ Chính trị về Thủ đô."),
        document("chuyen-doi-so", ("Chuyển đổi số ở phường", "Công nghệ về từng khu phố, từng hộ dân.")),
        document("so-doi", "Đổi thay số phận, chuyển nhà, nhiều việc khác nữa chẳng liên quan."),
        document("hoa", "Hoà bình, hữu nghị và đảng uỷ khoẻ mạnh."),
        document("ban-hang", "Người bán hàng ở chợ."),
        document("cai-ban", "Cái bàn trong phòng họp."),
        document("ban-hanh", "Cơ quan ban hành văn bản."),
        document("duong-loi", "Đường lối của Đảng Cộng sản Việt Nam."),
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
        document("three-others", "Chỉ dẫn, chỉ bảo, chỉ huy đều là bộ phận."),
        document("as-typed", "Họp chi uỷ và mời bộ phận giúp việc."),
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
def test_a_number_in_any_habit_opens_itsdocument(ward, typed, document):
    results = ward.search.find(typed)
    assert results.exact == f"central/{document}"
    assert results.hits[0].document_id == f"central/{document}"


def test_documents_that_mention_a_number_follow_itsdocument(ward):
    assert ward.found("NQ15")[:2] == ["nq15", "nhac"] or ward.found("NQ15").index("nhac") <= 3


@pytest.mark.parametrize("typed", ["15-NQ/TW về Thủ đô", "15", "16-NQ/TW", "thủ đô", "15-NQ/TU"])
def test_only_a_whole_known_number_opens_adocument(ward, typed):
    assert ward.search.find(typed).exact == ""


def test_a_number_that_two_documents_bear_opens_neither(shelf):
    shelf.add(
        document("cu", "a", number="01-QĐ/TW", issued_on=date(2016, 1, 1)),
        document("moi", "b", number="01-QĐ/TW", issued_on=date(2026, 2, 3)),
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
        document("a-turned-round", "Sát vẫn giám vẫn tra vẫn kiểm.", title="Bài"),
        document("b-in-order", "Kiểm vẫn tra vẫn giám vẫn sát.", title="Bài"),
    )
    for typed in ("kiểm tra giám sát", "kiem tra giam sat", "tra giám sát"):
        assert shelf.found(typed)[0] == "b-in-order"


def test_words_close_together_beat_the_same_words_far_apart(shelf):
    apart = "vẫn thế " * 10
    shelf.add(
        document("a-apart", f"Kiểm {apart} tra {apart} giám {apart} sát.", title="Bài"),
        document("b-together", f"Kiểm vẫn tra vẫn giám vẫn sát {apart * 3}.", title="Bài"),
    )
    assert shelf.found("kiểm tra giám sát")[0] == "b-together"


def test_a_document_stays_first_by_its_number_however_close_others_say_it(shelf):
    shelf.add(
        document("mentions", "Nghị quyết số 15-NQ/TW về phát triển Thủ đô Hà Nội được quán triệt."),
        document("is", "Thủ đô.", "Phát triển.", number="15-NQ/TW", kind=Kind.RESOLUTION, title="Hà Nội"),
    )
    assert shelf.found("nghị quyết 15-NQ/TW về phát triển Thủ đô Hà Nội")[0] == "is"


def test_title_and_heading_weigh_more_than_body(shelf):
    shelf.add(
        document("body", "Nói về kiểm tra giám sát trong đảng."),
        document("heading", ("Kiểm tra giám sát", "Nói về việc khác trong đảng.")),
        document("title", "Nói về việc khác ở trong đảng.", title="Kiểm tra giám sát"),
    )
    assert shelf.found("kiểm tra giám sát")[-1] == "body"


def test_a_long_document_does_not_push_out_the_others(shelf):
    shelf.add(
        document("long", *(f"Kỷ luật đảng, phần {number}" for number in range(40))),
        document("short", "Trong bài này có nói đến kỷ luật của đảng ở một đoạn ngắn mà thôi."),
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
    shelf.add(document("a", "chi bộ"), document("b", "chi bộ"), document("c", "chi bộ"))
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
        outlined(
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
    shelf.add(document("a", title="Sinh hoạt chuyên đề", summary="Vì sao nên làm."))
    assert shelf.search.find("sinh hoạt").hits[0].snippet == (Span("Vì sao nên làm.", False),)


def test_words_typed_with_marks_light_no_other_marks_where_the_typed_ones_stand(shelf):
    shelf.add(
        document("as-typed", "Cả đời dõi theo, đổi thay, so sánh, chuyện chuyển đổi số ở phường."),
        document("other", ("Chuyên đối sổ", "Đời người dõi theo số phận.")),
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
        document(
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


def test_a_document_without_sections_is_found_by_its_title(shelf):
    shelf.add(document("a", title="Sinh hoạt chuyên đề", topics=("dân vận",)))
    assert shelf.found("sinh hoat chuyen de") == ["a"]
    assert shelf.found("dân vận") == ["a"]


def test_every_document_of_the_library_is_in_the_index(ward):
    with ward.store.library.read() as library:
        ids = library.scalars(documents.select().with_only_columns(documents.c.id)).all()
    for id in ids:
        title = f"bài {id.removeprefix('central/')}"
        assert id in [hit.document_id for hit in ward.search.find(title, limit=50).hits] or "nq15" in id


def test_letters_that_are_not_latin_are_found_and_marked(shelf):
    shelf.add(document("a", "Báo Правда đăng bài."), document("b", "Báo khác."))
    hit = shelf.search.find("правда").hits[0]
    assert hit.document_id == "central/a"
    assert [span.text for span in hit.snippet if span.marked] == ["Правда"]


def test_what_one_word_counts_is_what_the_filter_lets_through_and_no_former_edition(shelf):
    shelf.add(
        *(document(f"d{number}", "đảng uỷ", kind=Kind.LAW) for number in range(3)), document("e", "đảng")
    )
    shelf.add(document("d0", "chi bộ", edition=2, kind=Kind.LAW))
    for typed in ("đảng", "dang"):
        assert shelf.search.find(typed).total == 3
        assert shelf.search.find(typed, filter=Filter(kind=Kind.LAW)).total == 2
        assert shelf.search.find(typed, limit=1).total == 3
