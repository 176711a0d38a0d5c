"""Ai thấy gì?: the list leaves out nothing that a route of the server takes, and says how long it is kept."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import get_args, get_type_hints

import pytest

from handbook.client.retention import keep
from handbook.client.tables.personal import sync_state
from handbook.desktop.privacy import SENT, Kept, kept_text
from handbook.desktop.session import Place
from handbook.model.changes import Change
from handbook.model.retention import NAMES, Rules
from handbook.protocol.bundles import Owed
from handbook.protocol.submissions import type_of
from handbook.server.routes import ROUTES
from tests.client.samples import NOW
from tests.desktop.conftest import Person

ALL = [sent for occasion in SENT.values() for sent in occasion]
SEALED = {"Bundle": (Owed,), "Submission": tuple(type_of.values())}
"""What lies inside a field that is bytes or text on the outside."""


def records_in(kind: object) -> Iterator[type]:
    """The dataclasses in a type, those in their fields and those packed inside."""
    if is_dataclass(kind):
        yield kind
        for part in (*get_type_hints(kind).values(), *SEALED.get(kind.__name__, ())):
            yield from records_in(part)
    for part in get_args(kind):
        yield from records_in(part)


def all_that_may_be_sent() -> set[str]:
    found: set[str] = set()
    for route in ROUTES:
        found |= {
            f"{record.__name__}.{field.name}"
            for record in records_in(route.takes)
            for field in fields(record)
        }
        found |= {f"{route.path}?{name}" for name in route.query}
        found |= {f"{route.path}?{name}" for name in re.findall(r"{(\w+)(?::path)?}", route.path)}
    return found


def test_every_field_that_leaves_this_pc_is_in_the_list_and_nothing_else() -> None:
    assert {name for entry in ALL for name in entry.fields} == all_that_may_be_sent()


def test_every_rule_of_the_ward_is_told_of() -> None:
    assert {entry.kept.rule for entry in ALL} - {""} == set(NAMES)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (None, "Chưa biết: máy chủ cho biết ở lần đồng bộ đầu tiên."),
        (Rules(), "Đảng uỷ chưa đặt thời hạn nên vẫn giữ."),
        (Rules(reflections=60), "5 năm kể từ ngày nhận. Rồi xoá."),
        (Rules(reflections=18), "18 tháng kể từ ngày nhận. Rồi xoá."),
    ],
)
def test_how_long_is_said_in_words(rules: Rules | None, said: str) -> None:
    assert kept_text(Kept("reflections", "kể từ ngày nhận", "Rồi xoá."), rules) == said
    assert kept_text(Kept("", "", "Không có thời hạn."), rules) == "Không có thời hạn."


def test_the_page_says_all_of_it_with_the_ages_of_the_server(alone: Person) -> None:
    store = alone.desktop.session.handbook.store
    with store.personal.write() as connection:
        connection.execute(sync_state.delete().where(sync_state.c.key.startswith("retention")))
    alone.go(place=Place.SETTINGS)
    words = alone.words()
    for entry in ALL:
        for said in (entry.what, entry.when, entry.seen_by, entry.why, kept_text(entry.kept, None)):
            assert said in words
    with store.personal.write() as connection:
        assert keep(connection, Rules(reflections=60), NOW)
    store.announce({Change.ACCOUNT})  # as a sync does
    said = "5 năm kể từ ngày máy chủ nhận bản nộp cuối. Sau đó lời trong bài bị xoá"
    alone.wait(lambda: said in alone.words())
