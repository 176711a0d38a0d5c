"""The reader says plainly that a document was recalled or has expired, and leads on."""

import json
import secrets
from datetime import date

import pytest
from PySide6.QtWidgets import QPushButton
from sqlalchemy import select

from handbook.client.apply import apply_pack, next_arrival
from handbook.client.tables.library import items
from handbook.desktop.session import Place
from handbook.model.library import Recall
from handbook.protocol.packs import Item, ItemKind, recall_item
from tests.desktop.conftest import Person
from tests.desktop.ward import CAPITAL, REPLACED

pytestmark = pytest.mark.gui


def take_in(person: Person, item: Item) -> None:
    """As a sync would, while the handbook is open."""
    session = person.desktop.session
    store = session.handbook.store
    with store.library.read() as connection:
        arrival = next_arrival(connection, session.now())
    apply_pack(
        store,
        publisher="central",
        sequence=arrival.number,
        pack=secrets.token_hex(32),
        items=[item],
        arrival=arrival,
    )


def recalled(replaced_by: str) -> Item:
    return recall_item(
        Recall(
            id=CAPITAL,
            edition=9,
            number="15-NQ/TW",
            title="Về phát triển Thủ đô Hà Nội",
            recalled_on=date(2026, 11, 23),
            reason="Phụ lục 2 in sai số liệu của các phường.",
            replaced_by=replaced_by,
        )
    )


def test_a_document_recalled_while_it_is_read_says_why_and_leads_to_its_replacement(alone: Person) -> None:
    screen = alone.go(place=Place.READER, document=CAPITAL)
    alone.wait(lambda: screen.text.complete)
    take_in(alone, recalled(REPLACED))
    alone.wait(lambda: "thu hồi ngày 23/11/2026" in alone.words())
    assert "Lý do: Phụ lục 2 in sai số liệu" in alone.words()
    assert "Thay bằng:" in alone.words()
    alone.picture("recalled")
    button = next(each for each in screen.findChildren(QPushButton) if each.text() == "Mở văn bản thay thế")
    button.click()
    alone.wait(lambda: "đã được thay thế" in screen.text.toPlainText())


def test_without_a_replacement_the_way_is_back_to_the_library(alone: Person) -> None:
    take_in(alone, recalled(""))
    alone.go(place=Place.READER, document=CAPITAL)
    alone.wait(lambda: "Về thư viện" in alone.words())
    assert "ghi chú xem ở mục Ghi chú" in alone.words()


def test_an_expired_document_is_read_with_a_mark_in_its_head(alone: Person) -> None:
    with alone.desktop.session.handbook.store.library.read() as connection:
        stored = connection.scalar(select(items.c.payload).where(items.c.id == CAPITAL))
    record = json.loads(stored) | {"edition": 9, "expires_on": "2023-01-31"}
    take_in(alone, Item(id=CAPITAL, kind=ItemKind.DOCUMENT, edition=9, payload=json.dumps(record).encode()))
    screen = alone.go(place=Place.READER, document=CAPITAL)
    alone.wait(lambda: screen.text.complete)
    assert "đã hết hạn (đến hết ngày 31/01/2023)" in screen.text.toPlainText()
    alone.picture("expired")
