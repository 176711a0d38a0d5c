"""Marks in documents: kept with their words, found again in a new edition, never lost, never sent."""

import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from handbook.client.apply import Applied
from handbook.client.notes import REMOVED_FOR, DocumentNotes, Filter, Notes, Span
from handbook.client.store import Store
from handbook.client.tables.personal import notes as notes_table
from handbook.client.tables.personal import outbox
from handbook.errors import BadInput, NotFound
from handbook.model.changes import Change
from handbook.model.library import Section
from handbook.model.notes import Colour, EntryKind, ink_offsets
from handbook.protocol.packs import Item, ItemKind
from tests.client.samples import NOW, document

ID = document().id
Publish = Callable[..., Applied]
LATER = NOW + timedelta(minutes=5)

GOALS = (
    "Thủ đô văn hiến, văn minh, hiện đại. Chuyển đổi số là động lực của mọi ngành.\n\nNgười dân là trung tâm."
)
WORK = "Đảng bộ lãnh đạo. Các cấp uỷ phân công người phụ trách từng việc và báo cáo hằng năm."


def edition(number: int, goals: str = GOALS, work: str = WORK) -> object:
    parts = [("muc-tieu", "Mục tiêu", goals), ("to-chuc", "Tổ chức thực hiện", work)]
    return document(
        edition=number,
        sections=tuple(
            Section(anchor=anchor, level=1, heading=name, text=text) for anchor, name, text in parts
        ),
    )


@pytest.fixture
def notes(signed_in: Store, library_with: Publish) -> Notes:
    library_with(edition(1))
    return Notes(signed_in)


def span(words: str, section: str = "muc-tieu", text: str = GOALS) -> Span:
    """Where the words stand, counted in seen characters."""
    start = text.index(words)
    return Span(section, len(ink_offsets(text[:start])), len(ink_offsets(text[: start + len(words)])))


def mark(
    notes: Notes, words: str, colour: Colour = Colour.YELLOW, text: str = "", now: datetime = NOW
) -> str:
    return notes.mark(ID, 1, (span(words),), colour, now, text)[0]


def shown(found: DocumentNotes) -> list[str | None]:
    """What is painted, in order; None for an orphan."""
    return [one.note.anchor.quote if one.span else None for one in found.notes]


def test_a_mark_keeps_its_words_and_is_found_where_it_was_made(notes: Notes) -> None:
    made = mark(notes, "Chuyển đổi số", Colour.GREEN, "Hỏi thêm ở phường")
    (found,) = notes.of_document(ID).notes
    assert found.note.id == made
    assert (found.note.anchor.quote, found.note.colour) == ("Chuyển đổi số", Colour.GREEN)
    assert found.note.text == "Hỏi thêm ở phường"
    assert (found.span, found.heading) == (span("Chuyển đổi số"), "Mục tiêu")


def test_a_passage_over_two_paragraphs_is_one_mark(notes: Notes) -> None:
    mark(notes, "mọi ngành.\n\nNgười dân")
    (found,) = notes.of_document(ID).notes
    assert found.note.anchor.quote == "mọi ngành.\nNgười dân"


def test_every_command_says_that_notes_changed(notes: Notes, signed_in: Store) -> None:
    heard: list[frozenset[Change]] = []
    signed_in.subscribe(heard.append)
    made = mark(notes, "văn hiến")
    notes.recolour(made, Colour.PINK, LATER)
    notes.annotate(made, "ghi thêm", LATER)
    notes.remove([made], LATER)
    notes.restore([made])
    notes.bookmark(ID, "to-chuc", NOW)
    assert heard == [{Change.NOTES}] * 6


def test_colour_and_words_can_be_changed_and_changed_back(notes: Notes) -> None:
    made = mark(notes, "văn hiến", text="cũ")
    notes.recolour(made, Colour.VIOLET, LATER)
    notes.annotate(made, "mới", LATER)
    (found,) = notes.of_document(ID).notes
    assert (found.note.colour, found.note.text, found.note.changed_at) == (Colour.VIOLET, "mới", LATER)
    assert notes.last_colour() is Colour.VIOLET
    notes.annotate(made, "cũ", LATER)
    assert notes.of_document(ID).notes[0].note.text == "cũ"


def test_what_was_removed_comes_back_whole_by_undo(notes: Notes) -> None:
    made = mark(notes, "văn hiến", text="lời của tôi")
    kept = notes.bookmark(ID, "to-chuc", NOW)
    before = notes.all()
    notes.remove([made, kept], LATER)
    assert notes.all() == ()
    assert notes.of_document(ID) == DocumentNotes(1, (), {})
    notes.restore([made, kept])
    assert notes.all() == before


def test_a_removed_note_is_really_gone_after_a_day(notes: Notes, signed_in: Store) -> None:
    made = mark(notes, "văn hiến")
    notes.remove([made], NOW)
    notes.settle(NOW + REMOVED_FOR)
    notes.restore([made])
    notes.remove([made], NOW)
    notes.settle(NOW + REMOVED_FOR + timedelta(seconds=1))
    with pytest.raises(NotFound):
        notes.restore([made])
    with signed_in.personal.read() as personal:
        assert personal.scalar(select(func.count()).select_from(notes_table)) == 0


def test_nothing_chosen_or_a_section_that_is_not_there_marks_nothing(notes: Notes) -> None:
    with pytest.raises(BadInput):
        notes.mark(ID, 1, (span("văn hiến"), Span("to-chuc", 9, 9)), Colour.YELLOW, NOW)
    with pytest.raises(NotFound):
        notes.mark(ID, 1, (Span("muc-la", 0, 4),), Colour.YELLOW, NOW)
    with pytest.raises(NotFound):
        notes.mark("central/khong-co", 1, (Span("muc-tieu", 0, 4),), Colour.YELLOW, NOW)
    with pytest.raises(NotFound):
        notes.bookmark(ID, "muc-la", NOW)
    with pytest.raises(NotFound):
        notes.recolour("khong-co", Colour.PINK, NOW)
    assert notes.all() == ()


def test_what_was_chosen_in_an_older_edition_is_not_marked_in_the_new_one(
    notes: Notes, library_with: Publish
) -> None:
    library_with(edition(2, goals=f"Bản mới. {GOALS}"))
    with pytest.raises(NotFound, match="bản mới"):
        mark(notes, "văn hiến")
    assert notes.all() == ()


def test_notes_come_in_the_order_of_the_text(notes: Notes) -> None:
    notes.mark(ID, 1, (span("phân công", "to-chuc", WORK),), Colour.YELLOW, NOW)
    mark(notes, "động lực")
    mark(notes, "văn hiến", now=LATER)
    assert shown(notes.of_document(ID)) == ["văn hiến", "động lực", "phân công"]
    assert [entry.quote for entry in notes.all()] == ["văn hiến", "động lực", "phân công"]


def test_a_new_edition_moves_marks_with_their_words_before_and_after_they_are_settled(
    notes: Notes, library_with: Publish
) -> None:
    made = mark(notes, "Chuyển đổi số là động lực")
    later = GOALS.replace("Thủ đô", "Thủ đô Hà Nội là thành phố").replace("là động lực", "là động lực chính")
    library_with(edition(2, goals=later))
    expected = span("Chuyển đổi số là động lực", text=later)
    assert notes.of_document(ID).notes[0].span == expected
    assert notes.settle(LATER) == {Change.NOTES}
    (found,) = notes.of_document(ID).notes
    assert (found.note.id, found.span, found.note.edition) == (made, expected, 1)
    assert notes.settle(LATER) == frozenset()


def test_a_mark_whose_words_vanish_is_an_orphan_until_they_come_back(
    notes: Notes, library_with: Publish
) -> None:
    mark(notes, "Chuyển đổi số là động lực của mọi ngành", text="Đọc kỹ")
    mark(notes, "văn hiến")
    library_with(edition(2, goals="Thủ đô văn hiến, văn minh, hiện đại."))
    for settled in (False, True):
        if settled:
            notes.settle(LATER)
        assert shown(notes.of_document(ID)) == ["văn hiến", None]
        (orphan,) = notes.all(Filter(orphaned=True))
        assert (orphan.quote, orphan.heading) == ("Chuyển đổi số là động lực của mọi ngành", "Mục tiêu")
        assert (orphan.text, orphan.section) == ("Đọc kỹ", "")
    library_with(edition(3))
    notes.settle(LATER)
    assert shown(notes.of_document(ID)) == ["văn hiến", "Chuyển đổi số là động lực của mọi ngành"]
    assert notes.all(Filter(orphaned=True)) == ()


def test_notes_of_a_withdrawn_document_are_kept_under_its_name(notes: Notes, publish: Publish) -> None:
    mark(notes, "văn hiến", text="còn đây")
    notes.bookmark(ID, "to-chuc", NOW)
    publish(Item(id=ID, edition=2, kind=ItemKind.WITHDRAWAL, payload=b""))
    notes.settle(LATER)
    note, kept = notes.all()
    assert note.orphaned and kept.orphaned
    assert (note.source, note.title, note.text) == ("Nghị quyết số 15-NQ/TW", document().title, "còn đây")
    assert kept.heading == "Tổ chức thực hiện"
    assert shown(notes.of_document(ID)) == [None]


def test_a_bookmark_follows_its_section_or_its_heading(notes: Notes, library_with: Publish) -> None:
    kept = notes.bookmark(ID, "to-chuc", NOW)
    assert notes.of_document(ID).bookmarks == {"to-chuc": kept}
    renamed = Section(anchor="iii-to-chuc", level=1, heading="Tổ chức thực hiện", text=WORK)
    library_with(document(edition=2, sections=(renamed,)))
    assert notes.of_document(ID).bookmarks == {"iii-to-chuc": kept}
    assert [entry.section for entry in notes.all()] == ["iii-to-chuc"]


def test_notes_are_found_by_words_without_marks_by_colour_kind_and_document(
    notes: Notes, library_with: Publish
) -> None:
    library_with(document("khac", title="Văn kiện khác", number=""))
    mark(notes, "văn hiến", Colour.YELLOW)
    mark(notes, "động lực", Colour.PINK, "Chị Hạnh nói rồi")
    notes.mark("central/khac", 1, (Span("to-chuc", 0, 6),), Colour.PINK, LATER)
    notes.bookmark(ID, "to-chuc", NOW)

    def quotes(**wanted: object) -> list[str]:
        return [entry.quote for entry in notes.all(Filter(**wanted))]

    assert quotes(text="chi hanh") == ["động lực"]
    assert quotes(text="LUC DONG") == ["động lực"]
    assert quotes(colour=Colour.PINK) == ["Đảng bộ", "động lực"]
    assert quotes(colour=Colour.PINK, document=ID) == ["động lực"]
    assert quotes(kind=EntryKind.NOTE) == ["động lực"]
    assert quotes(kind=EntryKind.BOOKMARK) == [""]
    assert quotes(text="khong co chu nay") == []
    assert quotes(document="central/khac") == ["Đảng bộ"]


def test_notes_are_owed_to_nobody(notes: Notes, signed_in: Store) -> None:
    mark(notes, "văn hiến", text="riêng tôi")
    notes.bookmark(ID, "to-chuc", NOW)
    with signed_in.personal.read() as personal:
        assert personal.scalar(select(func.count()).select_from(outbox)) == 0


def test_a_mark_is_found_again_when_the_letters_of_the_new_edition_are_taken_apart(
    notes: Notes, library_with: Publish
) -> None:
    mark(notes, "động lực của mọi ngành")
    library_with(edition(2, goals=unicodedata.normalize("NFD", GOALS)))
    assert notes.of_document(ID).notes[0].span == span("động lực của mọi ngành")


def test_a_heading_that_was_marked_goes_along_with_its_section(notes: Notes, library_with: Publish) -> None:
    notes.mark(ID, 1, (Span("to-chuc", 0, 6, in_heading=True),), Colour.GREEN, NOW)
    mark(notes, "Chuyển đổi số")
    renamed = document(
        edition=2,
        sections=(
            Section(anchor="muc-tieu", level=1, heading="Mục tiêu", text=GOALS),
            Section(anchor="thuc-hien", level=1, heading="Tổ chức thực hiện", text=WORK),
        ),
    )
    library_with(renamed)
    notes.settle(LATER)
    goals, work = notes.of_document(ID).notes
    assert (goals.span, goals.note.anchor.quote) == (span("Chuyển đổi số"), "Chuyển đổi số")
    assert (work.span, work.note.anchor.quote) == (Span("thuc-hien", 0, 6, in_heading=True), "Tổ chức")
    assert [entry.heading for entry in notes.all()] == ["Mục tiêu", "Tổ chức thực hiện"]
