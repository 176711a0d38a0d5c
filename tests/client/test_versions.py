"""Former texts of a draft, what is taken from the documents, and what the publisher changed meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from handbook.client.attached import AttachedFiles, drop_unnamed
from handbook.client.tables.personal import draft_versions
from handbook.errors import BadInput, NotFound
from handbook.model.changes import Change
from handbook.model.reflection import Answer
from handbook.model.repeats import Repeats
from handbook.model.study import Part
from handbook.protocol.packs import assignment_item, document_item
from tests.asset_files import png
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
SENTENCE = "Thủ đô văn hiến, văn minh và hiện đại là trung tâm, động lực của cả vùng."
SECTIONS = (replace(document().sections[0], text=f"Mở đầu. {SENTENCE}"), *document().sections[1:])
ITEMS = (document_item(document(sections=SECTIONS)), assignment_item(assignment()))


@pytest.fixture
def an(ward: Ward, device: Callable[..., Device]) -> Device:
    return device("An", ward.new_cell({"An": ()}), ITEMS)


def written(text: str) -> tuple[Answer, ...]:
    return (Answer("nhan-thuc", text), Answer("lien-he", "mười chữ thì đủ để nộp bài này rồi đấy"))


def save(pc: Device, text: str, **later: float) -> None:
    pc.reflections.save(TASK, written(text), NOW + timedelta(**later))


def former(pc: Device) -> list[str]:
    return [text.answers[0].text for text in pc.reflections.former_texts(TASK)]


def test_the_text_before_a_pause_is_kept_and_typing_without_one_keeps_nothing(an: Device) -> None:
    save(an, "một")
    save(an, "một hai", seconds=30)
    assert former(an) == []
    save(an, "một hai ba", seconds=95)
    assert former(an) == ["một hai"]
    (text,) = an.reflections.former_texts(TASK)
    assert (text.written_at, text.words, text.revision) == (NOW + timedelta(seconds=30), 12, 0)


def test_who_writes_without_a_pause_has_a_version_every_ten_minutes(an: Device) -> None:
    for second in range(0, 1300, 50):
        save(an, f"đến giây {second}", seconds=second)
    assert former(an) == ["đến giây 1150", "đến giây 550"]


def test_versions_are_there_at_the_next_start_and_what_is_handed_in_is_among_them(an: Device) -> None:
    save(an, "một")
    save(an, "một hai ba", minutes=2)
    an.reflections.submit(TASK, NOW + timedelta(minutes=3))
    an.restart()
    assert former(an) == ["một hai ba", "một"]
    assert [text.revision for text in an.reflections.former_texts(TASK)] == [1, 0]


def test_a_text_brought_back_does_not_cost_the_present_one(an: Device) -> None:
    save(an, "bản cũ")
    save(an, "bản mới", minutes=2)
    (old,) = an.reflections.former_texts(TASK)
    assert Change.REFLECTION in an.reflections.bring_back(TASK, old.id, NOW + timedelta(minutes=3))
    assert an.reflections.draft(TASK, NOW).answers[0].text == "bản cũ"
    assert former(an) == ["bản mới", "bản cũ"]
    with pytest.raises(NotFound):
        an.reflections.bring_back(TASK, "v999", NOW)


def test_nothing_is_brought_back_over_what_was_handed_in(an: Device) -> None:
    save(an, "một")
    save(an, "một hai", minutes=2)
    an.reflections.submit(TASK, NOW + timedelta(minutes=3))
    with pytest.raises(BadInput):
        an.reflections.bring_back(TASK, an.reflections.former_texts(TASK)[-1].id, NOW)


def test_what_is_taken_from_the_document_is_counted_and_a_quotation_that_says_so_is_not(an: Device) -> None:
    save(an, "một")
    taken, own = Answer("nhan-thuc", f"**{SENTENCE}**"), Answer("lien-he", "Tôi làm theo.")
    quoted = Answer("nhan-thuc", f"> {SENTENCE}\n> — [Mở đầu](handbook:central/15-nq-tw-2022#mo-dau)")
    assert an.reflections.repeated(TASK, (taken, own)) == Repeats(17, 20)
    assert an.reflections.repeated(TASK, (quoted, own)) == Repeats(0, 3)


def test_what_the_publisher_changes_is_said_until_the_member_has_seen_it(an: Device) -> None:
    save(an, "một")
    assert an.reflections.draft(TASK, NOW).changed == ()
    an.publish(assignment_item(assignment(edition=2, parts=(Part("lien-he", "Liên hệ"),))))
    save(an, "một hai", seconds=5)
    draft = an.reflections.draft(TASK, NOW)
    assert draft.changed == ("Bỏ phần “Nhận thức”; chữ đồng chí đã viết ở đó vẫn được giữ cuối bài.",)
    assert [answer.text for answer in draft.answers][1] == "một hai"
    an.reflections.note_changes(TASK)
    assert an.reflections.draft(TASK, NOW).changed == ()


# The files that go with a text


def files(pc: Device) -> list[str]:
    return [file.name for file in pc.reflections.draft(TASK, NOW).files]


def test_a_text_brought_back_has_its_files_again_and_costs_none_of_the_present_ones(an: Device) -> None:
    save(an, "bản cũ")
    an.reflections.attach(TASK, "cũ.png", png(2, 3), NOW)
    (old,) = an.reflections.draft(TASK, NOW).files
    an.reflections.attach(TASK, "mới.png", png(4, 5), NOW + timedelta(minutes=2))
    an.reflections.detach(TASK, old, NOW + timedelta(minutes=3))
    save(an, "bản mới", minutes=5)
    present, _, former_text = an.reflections.former_texts(TASK)
    assert [[file.name for file in text.files] for text in (present, former_text)] == [
        ["mới.png"],
        ["cũ.png"],
    ]
    an.reflections.bring_back(TASK, former_text.id, NOW + timedelta(minutes=6))
    assert files(an) == ["cũ.png"]
    an.reflections.bring_back(TASK, an.reflections.former_texts(TASK)[0].id, NOW + timedelta(minutes=7))
    assert (files(an), an.reflections.draft(TASK, NOW).answers[0].text) == (["mới.png"], "bản mới")


def test_a_file_stays_as_long_as_a_version_names_it_and_goes_with_the_last_one(an: Device) -> None:
    save(an, "bản cũ")
    an.reflections.attach(TASK, "cũ.png", png(2, 3), NOW)
    (old,) = an.reflections.draft(TASK, NOW).files
    an.reflections.detach(TASK, old, NOW + timedelta(minutes=2))
    save(an, "bản mới", minutes=3)
    an.reflections.submit(TASK, NOW + timedelta(minutes=4))
    assert AttachedFiles(an.store).read(old) == png(2, 3)
    with an.store.personal.write() as connection:
        connection.execute(delete(draft_versions))
        drop_unnamed(connection)
    with pytest.raises(NotFound):
        AttachedFiles(an.store).read(old)
