"""A receipt file proves itself: whatever byte of it is changed, it is noticed, and said what."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.errors import BadInput
from handbook.model.reflection import Answer, AttachedFile, Reflection
from handbook.protocol.receipt_files import Finding, ReceiptFile, from_bytes, judge, to_bytes
from handbook.protocol.receipts import Receipt, ReceiptKey, receipt_key, sign
from handbook.protocol.submissions import Submission, SubmissionKind, pack_content

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = receipt_key(PRIVATE)
OTHER = receipt_key(Ed25519PrivateKey.from_private_bytes(bytes(32)))
NOW = datetime(2026, 11, 23, 8, 0, 1, 234567, tzinfo=UTC)


def receipt_file(files: tuple[AttachedFile, ...] = ()) -> ReceiptFile:
    answers = (Answer("nhan-thuc", "Tôi nhận thức rằng…"),)
    content = pack_content(Reflection("tinh/phuong/hoc", answers, files))
    submission = Submission(
        kind=SubmissionKind.REFLECTION,
        lineage="01a20500-0000-7000-8000-000000000001",
        revision=2,
        commune="tinh/phuong",
        unit="tinh/phuong/mot",
        subject="tinh/phuong/hoc",
        written_at=NOW,
        content=content,
    )
    receipt = sign(PRIVATE, server="may-chu", author="an", submission=submission, received_at=NOW)
    return ReceiptFile(content=content, receipt=receipt, key=KEY)


GENUINE = receipt_file()
CHANGES = {
    "server": "may-chu-khac",
    "author": "binh",
    "kind": SubmissionKind.TICK,
    "lineage": "01a20500-0000-7000-8000-000000000002",
    "revision": 3,
    "sha256": "0" * 64,
    "received_at": NOW - timedelta(days=1),
    "key": OTHER.id,
    "signature": "A" * 86,
}


def test_a_genuine_file_holds_and_is_read_as_it_was_written() -> None:
    assert from_bytes(to_bytes(GENUINE)) == GENUINE
    assert judge(GENUINE, [OTHER, KEY]) is Finding.VALID


def test_every_field_of_the_receipt_is_covered() -> None:
    assert set(CHANGES) == {field.name for field in fields(Receipt)}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_an_altered_field_of_the_receipt_is_noticed(name: str) -> None:
    altered = replace(GENUINE, receipt=replace(GENUINE.receipt, **{name: CHANGES[name]}))
    assert judge(altered, [KEY, OTHER]) is Finding.ALTERED_RECEIPT
    assert judge(altered, []) is Finding.ALTERED_RECEIPT


def test_an_altered_text_is_told_from_an_altered_receipt() -> None:
    altered = replace(GENUINE, content=GENUINE.content.replace("nhận thức", "nhận định"))
    assert judge(altered, [KEY]) is Finding.ALTERED_TEXT


def test_a_key_that_nobody_trusted_published_is_not_believed_from_the_file_itself() -> None:
    assert judge(GENUINE, []) is Finding.UNKNOWN_KEY
    assert judge(GENUINE, [OTHER]) is Finding.UNKNOWN_KEY


def test_a_forger_with_a_key_of_their_own_under_the_published_name_is_noticed() -> None:
    forged = replace(GENUINE, key=ReceiptKey(KEY.id, OTHER.public))
    assert judge(forged, [KEY]) is Finding.ALTERED_RECEIPT
    assert judge(forged, []) is Finding.ALTERED_RECEIPT


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_changed_byte_leaves_a_file_valid_that_says_something_else(data: st.DataObject) -> None:
    whole = to_bytes(GENUINE)
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    try:
        file = from_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
    except BadInput:
        return
    assert judge(file, [KEY]) is not Finding.VALID or file == GENUINE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"%PDF-1.7",
        to_bytes(GENUINE)[:-40],
        to_bytes(replace(GENUINE, format="handbook receipt file v9")),
        json.dumps({**json.loads(to_bytes(GENUINE)), "receipt": 1}).encode(),
        b"\xff" * 100,
    ],
)
def test_what_is_no_receipt_file_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BadInput, match="không phải biên nhận"):
        from_bytes(data)
