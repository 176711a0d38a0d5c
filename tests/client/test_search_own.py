"""Own notes and reflections in a search: by the same rules, and out of the encrypted file alone."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.client.library import Filter
from handbook.client.notes import Notes
from handbook.client.notes import Span as Passage
from handbook.client.search import Results, Search, Span
from handbook.model.library import Collection, Kind, Section
from handbook.model.notes import Colour, ink_offsets
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.packs import Item, ItemKind, assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

GOALS = "Thủ đô văn hiến. Chuyển đổi số là động lực. Người dân là trung tâm. Đảng uỷ phân công việc."
PAPER = document(sections=(Section(anchor="muc-tieu", level=1, heading="Mục tiêu", text=GOALS),))
OTHER = document(
    id="central/bai", number="", title="Bài viết", kind=Kind.ARTICLE, collection=Collection.THEORY
)
TASK = assignment().id
ITEMS = (document_item(PAPER), document_item(OTHER), assignment_item(assignment()))
LATER = NOW + timedelta(minutes=5)


class Desk:
    """A member's PC with something to search, and what they write on it."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.notes = Notes(device.store)
        self.search = Search(device.store, device.folder / "index")
        self.search.refresh()

    def find(self, text: str, **options: object) -> Results:
        return self.search.find(text, **options)

    def note(self, words: str, text: str = "", **options: object) -> str:
        start = GOALS.index(words)
        first, stop = (len(ink_offsets(GOALS[:place])) for place in (start, start + len(words)))
        passage = Passage("muc-tieu", first, stop)
        (made,) = self.notes.mark(PAPER.id, 1, (passage,), Colour.GREEN, options.get("now", NOW), text)
        return made

    def write(self, text: str, now: object = NOW) -> None:
        self.device.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), now)

    def found_notes(self, text: str) -> list[str]:
        return [hit.entry.id for hit in self.find(text).notes]


@pytest.fixture
def desk(ward: Ward, device: Callable[..., Device]) -> Iterator[Desk]:
    return Desk(device("An", ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)}), ITEMS))


WAYS = ["kinh nghiệm hoà giải", "kinh nghiem hoa giai", "KINH NGHIỆM hòa giải", "kinh nghieemj hoaf giair",
        unicodedata.normalize("NFD", "kinh nghiệm hòa giải"), "nghiệm giải hoà kinh"]  # fmt: skip


@pytest.mark.parametrize("typed", WAYS)
def test_a_note_is_found_however_it_is_typed_and_shows_its_words(desk: Desk, typed: str) -> None:
    made = desk.note("Chuyển đổi số", "Hỏi bác Tư kinh nghiệm hòa giải ở tổ dân phố")
    (hit,) = desk.find(typed).notes
    assert (hit.entry.id, hit.entry.section, hit.entry.document) == (made, "muc-tieu", PAPER.id)
    assert {"kinh nghiệm hòa giải"} == {span.text for span in hit.snippet if span.marked}


@pytest.mark.parametrize("typed", WAYS)
def test_a_draft_is_found_however_it_is_typed_and_shows_where(desk: Desk, typed: str) -> None:
    desk.write("Tôi rút **kinh nghiệm** hoà giải từ lớp học.")
    (hit,) = desk.find(typed).reflections
    assert (hit.assignment, hit.title, hit.is_draft) == (TASK, assignment().title, True)
    assert hit.part == assignment().parts[0].title
    assert hit.snippet == (
        Span("Tôi rút ", False), Span("kinh nghiệm hoà giải", True), Span(" từ lớp học.", False)
    )  # fmt: skip


def test_a_highlight_is_found_by_the_passage_and_by_what_it_stands_in(desk: Desk) -> None:
    made = desk.note("Chuyển đổi số")
    assert desk.found_notes("chuyen doi so") == [made]
    assert desk.found_notes("chuyển đổi số mục tiêu") == [made]
    assert desk.found_notes("mục tiêu") == []  # every mark of the section would answer
    (hit,) = desk.find("cđs").notes
    assert hit.entry.id == made


def test_the_tones_that_were_typed_come_first_and_alone_are_marked(desk: Desk) -> None:
    loose = desk.note("Người dân", "Cái bàn họp, rất nhiều lần cái bàn, bàn")
    exact = desk.note("văn hiến", "Việc bán hàng, bàn cũ", now=LATER)
    hits = desk.find("bán").notes
    assert [hit.entry.id for hit in hits] == [exact, loose]
    assert [span.text for span in hits[0].snippet if span.marked] == ["bán"]


def test_only_texts_with_every_word_are_found(desk: Desk) -> None:
    desk.note("Người dân", "hoà giải ở tổ dân phố")
    assert desk.found_notes("hoà giải ở chợ") == []
    assert desk.found_notes("hoà giải ở tổ") != []


def test_a_document_number_typed_in_any_habit_is_found_in_a_note(desk: Desk) -> None:
    made = desk.note("Người dân", "Đối chiếu với 339-QĐ/TW")
    assert desk.found_notes("339-qd/tw") == desk.found_notes("quy định 339") == [made]


def test_an_unfinished_word_already_finds_a_note(desk: Desk) -> None:
    assert desk.found_notes("kinh nghi") == []
    made = desk.note("Người dân", "kinh nghiệm hoà giải")
    assert desk.found_notes("kinh nghi") == [made]


def test_what_was_removed_is_gone_at_once_and_back_at_once(desk: Desk) -> None:
    made = desk.note("Người dân", "hoà giải")
    assert desk.found_notes("hoà giải") == [made]
    desk.notes.remove([made], LATER)
    assert desk.found_notes("hoà giải") == []
    desk.notes.restore([made])
    assert desk.found_notes("hoà giải") == [made]


def test_a_changed_wording_is_found_and_the_former_one_is_not(desk: Desk) -> None:
    made = desk.note("Người dân", "hoà giải")
    assert desk.found_notes("hoà giải") == [made]
    desk.notes.annotate(made, "đối thoại", LATER)
    assert desk.found_notes("hoà giải") == []
    assert desk.found_notes("doi thoai") == [made]
    desk.write("lần đầu")
    assert desk.find("lần đầu").reflections
    desk.write("lần sau", LATER)
    assert not desk.find("lần đầu").reflections
    assert desk.find("lan sau").reflections


def test_a_submitted_text_is_found_and_a_draft_goes_before_it(desk: Desk) -> None:
    desk.write("Mười chữ thì đủ để nộp bài hoà giải này rồi đấy")
    desk.device.reflections.submit(TASK, NOW)
    (hit,) = desk.find("hoà giải").reflections
    assert (hit.is_draft, hit.written_at) == (False, NOW)
    assert (hit.assignment, hit.title) == (TASK, assignment().title)


def test_notes_and_reflections_need_no_index(desk: Desk) -> None:
    made = desk.note("Người dân", "hoà giải")
    before = Search(desk.device.store, desk.device.folder / "no-index")
    assert not before.is_ready()
    assert [hit.entry.id for hit in before.find("hoà giải").notes] == [made]


def test_a_note_outlives_its_document(desk: Desk) -> None:
    made = desk.note("Người dân", "hoà giải")
    desk.device.publish(Item(id=PAPER.id, kind=ItemKind.WITHDRAWAL, edition=2))
    (hit,) = desk.find("hoà giải").notes
    assert (hit.entry.id, hit.entry.orphaned) == (made, True)


def test_a_filter_leaves_the_notes_on_its_documents_and_no_reflection(desk: Desk) -> None:
    made = desk.note("Người dân", "hoà giải")
    desk.write("hoà giải")
    resolutions = desk.find("hoà giải", filter=Filter(kind=PAPER.kind))
    assert [hit.entry.id for hit in resolutions.notes] == [made]
    assert resolutions.reflections == ()
    assert desk.find("hoà giải", filter=Filter(collection=Collection.THEORY)).notes == ()
    everything = desk.find("hoà giải", filter=Filter())
    assert everything.notes and everything.reflections


def test_at_most_as_many_of_a_group_as_asked_for(desk: Desk) -> None:
    for number in range(5):
        desk.note("Người dân", f"hoà giải {number}", now=NOW + timedelta(minutes=number))
    assert len(desk.find("hoà giải", limit=3).notes) == 3


def test_a_secretary_does_not_find_what_others_handed_in(ward: Ward, device: Callable[..., Device]) -> None:
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    an, hanh = Desk(device("An", cell, ITEMS)), Desk(device("Hanh", cell, ITEMS))
    an.write("Mười chữ thì đủ để nộp bài bồ câu này rồi đấy")
    an.device.reflections.submit(TASK, NOW)
    an.device.synced()
    hanh.device.synced()
    assert hanh.device.cell.to_review(hanh.device.cell_path)
    assert hanh.find("bồ câu").reflections == ()
    assert an.find("bồ câu").reflections


SECRET = "Xưởngbímật"


def _files_with(folder: Path, word: str) -> list[str]:
    """Files that hold the word in any encoding or form in which an index or a log could hold it."""
    from handbook.model.text import fold

    spellings = {word, word.lower(), fold(word), unicodedata.normalize("NFD", word)}
    wanted = [spelling.encode(code) for spelling in spellings for code in ("utf-8", "utf-16-le")]
    files = [file for file in folder.rglob("*") if file.is_file()]
    return sorted(file.name for file in files if any(one in file.read_bytes() for one in wanted))


def test_no_plain_file_ever_holds_a_word_of_a_note_or_a_draft(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(scratch))
    desk.note("Người dân", f"Hỏi {SECRET} về việc này")
    desk.write(f"Tôi nhớ {SECRET} ở quê")
    found = desk.find(SECRET)
    assert found.notes and found.reflections
    assert desk.search.refresh()
    assert desk.find(f"{SECRET} về").notes
    assert _files_with(tmp_path, SECRET) == []
    desk.device.store.close()
    assert _files_with(tmp_path, SECRET) == []
    # The same look finds what is there to be found.
    (scratch / "leak").write_text(SECRET, encoding="utf-8")
    assert _files_with(tmp_path, SECRET) == ["leak"]
    desk.device.reopen()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(['"', "hoà", "giải", "_a_b", "NQ15", "*", "\0", "😀"])).map(" ".join),
    )
)
def test_nothing_that_is_typed_upsets_the_look_through_own_texts(desk: Desk, typed: str) -> None:
    if not desk.find("hoà giải").notes:
        desk.note("Người dân", "hoà giải _a_b NQ15")
    for hit in desk.find(typed).notes:
        assert "".join(span.text for span in hit.snippet)


def test_of_a_word_in_every_note_the_latest_are_found_and_one_that_is_gone_leaves_the_others(
    desk: Desk,
) -> None:
    made = [
        desk.note("Chuyển đổi số", "Việc chung của phường", now=NOW + timedelta(minutes=minute))
        for minute in range(50)
    ]
    assert desk.found_notes("việc chung") == made[:-21:-1]
    desk.notes.remove(made[40:], LATER)
    assert desk.found_notes("việc chung") == made[39:19:-1]
    again = desk.note("Người dân", "Việc chung, viết lại", now=NOW + timedelta(hours=2))
    assert desk.found_notes("việc chung")[:2] == [again, made[39]]
    assert desk.found_notes("viết lại") == [again]


def test_what_an_abbreviation_stands_for_is_found_only_side_by_side(desk: Desk) -> None:
    apart = desk.note("Chuyển đổi số", "Hoạch định; kế tiếp là chi bộ")
    together = desk.note("Người dân", "Lập kế hoạch mỗi tháng")
    assert desk.found_notes("kh") == [together]
    assert apart in desk.found_notes("kế hoạch")


def test_a_renamed_document_is_shown_by_its_new_name(desk: Desk) -> None:
    desk.note("Chuyển đổi số", "Hỏi thêm ở phường")
    assert desk.find("hỏi thêm").notes[0].entry.title == PAPER.title
    renamed = replace(PAPER, edition=2, title="Tên mới của văn bản")
    desk.device.publish(document_item(renamed))
    assert desk.find("hỏi thêm").notes[0].entry.title == renamed.title


def test_a_text_taken_back_and_handed_in_anew_is_found_as_it_is_now(desk: Desk) -> None:
    reflections = desk.device.reflections
    desk.write("mười chữ thì đủ để nộp bài này về hoà giải")
    reflections.submit(TASK, NOW)
    assert desk.find("hoà giải").reflections
    reflections.withdraw(TASK, LATER)
    desk.write("mười chữ thì đủ để nộp bài này về chuyển đổi", LATER)
    reflections.submit(TASK, LATER)
    assert not desk.find("hoà giải").reflections
    assert desk.find("chuyển đổi").reflections
