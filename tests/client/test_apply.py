"""What a pack does to the library: all of it or nothing, and the same whatever the order."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from handbook.client.apply import Applied, Arrival, apply_pack, apply_prepared, next_arrival, prepare
from handbook.client.store import Store
from handbook.client.tables.library import (
    assignments,
    changed_documents,
    documents,
    items,
    library_state,
    packs,
    relations,
    sections,
)
from handbook.errors import Untrusted
from handbook.model.changes import Change
from handbook.model.library import Section
from handbook.protocol.packs import Item, ItemKind, assignment_item, document_item
from tests.client.samples import NOW, assignment, document

KEY = bytes(range(32))
Publish = Callable[..., Applied]


def withdrawal(item_id: str, edition: int) -> Item:
    return Item(id=item_id, kind=ItemKind.WITHDRAWAL, edition=edition)


def library_of(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Everything published that is in the library, without when and by which pack it came."""
    not_compared = {"arrived_at", "arrival", "pack"}
    with store.library.read() as connection:
        return {
            table.name: sorted(
                (
                    tuple(row)
                    for row in connection.execute(
                        select(*(column for column in table.c if column.name not in not_compared))
                    )
                ),
                key=repr,
            )
            for table in (items, documents, sections, relations, assignments)
        }


def state(store: Store) -> dict[str, str]:
    with store.library.read() as connection:
        return dict(connection.execute(select(library_state.c.key, library_state.c.value)).all())


def column(store: Store, wanted: object) -> list[object]:
    with store.library.read() as connection:
        return list(connection.scalars(select(wanted).order_by(wanted)))  # type: ignore[call-overload]


def test_a_document_arrives_rendered_and_with_plain_text(store: Store, publish: Publish) -> None:
    publish(document_item(document()))
    with store.library.read() as connection:
        row = connection.execute(select(documents)).one()
        first = connection.execute(select(sections).order_by(sections.c.position)).first()
        tied = connection.execute(select(relations)).one()
    assert first is not None
    assert (row.number_key, row.section_count, row.topics) == ("00015-nq-tw", 3, ["phát triển", "Thủ đô"])
    assert first.text == "Bản ghi này không thay văn bản gốc."
    assert "<strong>không thay</strong>" in first.html
    assert (tied.kind, tied.number, tied.target) == ("replaces", "11-NQ/TW", "")


def test_a_script_in_a_document_never_reaches_the_reader(store: Store, publish: Publish) -> None:
    bad = Section(anchor="a", level=1, heading="A", text="Một <script>alert(1)</script> hai.")
    publish(document_item(document(sections=(bad,))))
    assert all("script" not in str(html) for html in column(store, sections.c.html))


def test_a_newer_edition_replaces_every_part_of_the_older(store: Store, publish: Publish) -> None:
    publish(document_item(document()))
    shorter = document(edition=2, relations=(), sections=document().sections[:1])
    assert publish(document_item(shorter)).documents == {shorter.id}
    assert column(store, sections.c.anchor) == ["mo-dau"]
    assert column(store, relations.c.number) == []
    assert column(store, documents.c.edition) == [2]


@pytest.mark.parametrize("edition", [1, 2])
def test_an_edition_that_is_not_newer_changes_nothing(store: Store, publish: Publish, edition: int) -> None:
    publish(document_item(document(edition=2)))
    before, counters = library_of(store), state(store)
    other = document(edition=edition, title="Một tên khác")
    assert not publish(document_item(other)).changed
    assert (library_of(store), state(store)) == (before, counters)


def test_a_withdrawn_document_is_gone_and_no_older_pack_brings_it_back(
    store: Store, publish: Publish
) -> None:
    publish(document_item(document()))
    assert publish(withdrawal(document().id, 2)).withdrawn == {document().id}
    publish(document_item(document()))
    for table in (documents, sections, relations):
        assert not column(store, next(iter(table.c)))
    assert column(store, changed_documents.c.document) == [document().id]


def test_a_withdrawn_document_may_be_published_again(store: Store, publish: Publish) -> None:
    publish(document_item(document()))
    publish(withdrawal(document().id, 2))
    publish(document_item(document(edition=3)))
    assert column(store, documents.c.edition) == [3]


def test_an_id_that_becomes_an_assignment_is_no_document_any_more(store: Store, publish: Publish) -> None:
    publish(document_item(document("doi-loai")))
    publish(assignment_item(assignment(id="central/doi-loai", edition=2)))
    assert column(store, documents.c.id) == []
    assert column(store, assignments.c.id) == ["central/doi-loai"]
    assert column(store, changed_documents.c.document) == ["central/doi-loai"]


@pytest.mark.parametrize("foreign", ["hongson/15-nq", "hongson/anbinh/a", "centralx/a", "central/b/a", "a"])
def test_an_item_outside_the_publishers_path_condemns_the_whole_pack(
    store: Store, publish: Publish, foreign: str
) -> None:
    with pytest.raises(Untrusted, match="không thuộc quyền"):
        publish(document_item(document()), document_item(document(id=foreign)))
    assert not any(library_of(store).values())
    assert column(store, packs.c.sha256) == []


def test_an_item_that_is_not_what_its_pack_says_is_refused(store: Store, publish: Publish) -> None:
    item = document_item(document())
    with pytest.raises(Untrusted):
        publish(Item(id=item.id, kind=item.kind, edition=2, payload=item.payload))
    assert not any(library_of(store).values())


def test_the_index_is_told_only_of_documents_that_changed(store: Store, publish: Publish) -> None:
    publish(document_item(document("a")), assignment_item(assignment(id="central/b")))
    assert state(store) == {"generation": "1", "arrival": "1"}
    publish(document_item(document("c")))
    with store.library.read() as connection:
        told = dict(
            connection.execute(select(changed_documents.c.document, changed_documents.c.generation)).all()
        )
    assert told == {"central/a": 1, "central/c": 2}


def test_packs_of_one_sync_arrive_together(store: Store) -> None:
    with store.library.read() as connection:
        arrival = next_arrival(connection, NOW)
    for slug in "ab":
        item = document_item(document(slug))
        apply_pack(store, publisher="central", sequence=1, pack=slug, items=[item], arrival=arrival)
    assert column(store, documents.c.arrival) == [1, 1]
    with store.library.read() as connection:
        assert next_arrival(connection, NOW) == Arrival(2, NOW)


def test_screens_hear_of_a_pack_that_changed_something_and_only_of_that(
    store: Store, publish: Publish
) -> None:
    heard: list[frozenset[Change]] = []
    store.subscribe(heard.append)
    publish(document_item(document()))
    publish(document_item(document()))
    assert heard == [{Change.LIBRARY, Change.STUDY}]


def test_a_pack_prepared_before_another_brought_a_newer_edition_is_overtaken(store: Store) -> None:
    old = prepare([document_item(document(title="Cũ"))], publisher="central", held={})
    new = prepare([document_item(document(edition=2, title="Mới"))], publisher="central", held={})
    for name, prepared in (("new", new), ("old", old)):
        with store.library.write() as connection:
            apply_prepared(
                connection,
                prepared,
                publisher="central",
                sequence=1,
                pack=name,
                arrival=Arrival(1, NOW + timedelta(seconds=1)),
            )
    assert column(store, documents.c.title) == ["Mới"]


# Three ids, each with a history of editions; a pack holds any of these.
HISTORY = [
    *(document_item(document("a", edition=edition, title=f"A{edition}")) for edition in (1, 2, 4)),
    withdrawal("central/a", 3),
    document_item(document("b", edition=1)),
    withdrawal("central/b", 2),
    assignment_item(assignment(id="central/c", edition=1)),
    assignment_item(assignment(id="central/c", edition=2, title="Sửa hạn nộp")),
    document_item(document("c", edition=3, relations=())),
]


def after(published: list[Item], size: int) -> dict[str, list[tuple[object, ...]]]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), KEY)
        for start in range(0, len(published), size):
            pack = {item.id: item for item in published[start : start + size]}
            apply_pack(
                store,
                publisher="central",
                sequence=start,
                pack=str(start),
                items=pack.values(),
                arrival=Arrival(1, NOW),
            )
        held = library_of(store)
        store.close()
    return held


@cache
def in_order() -> dict[str, list[tuple[object, ...]]]:
    return after(HISTORY, 1)


HISTORIES = st.permutations(HISTORY).flatmap(
    lambda order: st.tuples(
        st.just(order), st.lists(st.sampled_from(order), max_size=5), st.integers(1, len(order))
    )
)


@given(HISTORIES)
@settings(max_examples=12, deadline=None)
def test_any_order_and_repetition_of_packs_ends_in_the_same_library(
    history: tuple[list[Item], list[Item], int],
) -> None:
    order, repeated, size = history

    # One item a pack: every edition of every id is offered at least once.
    assert after([*order, *repeated], 1) == in_order()
    # Larger packs leave editions out; the latest of each id decides.
    latest = [max((i for i in order if i.id == id), key=lambda i: i.edition) for id in {i.id for i in order}]
    assert after([*repeated, *latest], size) == in_order()


_CHILD = """
import sys
from pathlib import Path
from handbook.client import apply
from handbook.client.store import Store
from handbook.protocol.packs import document_item
from tests.client.samples import NOW, document
from tests.client.test_apply import KEY

store, stop_after = Store(Path(sys.argv[1]), KEY), int(sys.argv[2])
put, done = apply._put, 0

def put_and_wait(*args):
    global done
    put(*args)
    done += 1
    if done == stop_after:
        print("halfway", flush=True)
        sys.stdin.read()

apply._put = put_and_wait
items = [document_item(document(slug, edition=2, title="Mới")) for slug in "abcd"]
apply.apply_pack(
    store, publisher="central", sequence=2, pack="second", items=items, arrival=apply.Arrival(2, NOW)
)
"""


# The tables are written in turn: items, documents, sections, and at the end the record of packs.
@pytest.mark.parametrize("stop_after", [1, 3, 9])
def test_a_kill_in_the_middle_of_a_pack_leaves_the_library_before_it(tmp_path: Path, stop_after: int) -> None:
    profile = tmp_path / "kp1.an"
    old = [document_item(document(slug, title="Cũ")) for slug in "abc"]

    def opened(then: Callable[[Store], object]) -> object:
        store = Store(profile, KEY)
        try:
            return then(store)
        finally:
            store.close()

    first = {"publisher": "central", "sequence": 1, "pack": "first", "arrival": Arrival(1, NOW)}
    opened(lambda store: apply_pack(store, items=old, **first))  # type: ignore[arg-type]
    before = opened(library_of)
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(profile), str(stop_after)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"halfway\n"
        child.kill()
        child.wait(timeout=30)
    assert opened(library_of) == before
    assert opened(state) == {"generation": "1", "arrival": "1"}
    new = [document_item(document(slug, edition=2, title="Mới")) for slug in "abcd"]
    second = {"publisher": "central", "sequence": 2, "pack": "second", "arrival": Arrival(2, NOW)}
    opened(lambda store: apply_pack(store, items=new, **second))  # type: ignore[arg-type]
    assert opened(lambda store: column(store, documents.c.title)) == ["Mới"] * 4
