"""A receipt proves exactly one thing, and only under a published key."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from handbook.errors import Untrusted
from handbook.protocol import codec, receipts
from handbook.protocol.receipts import Receipt, ReceiptKey
from handbook.protocol.submissions import Submission, SubmissionKind

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = receipts.receipt_key(PRIVATE)
RECEIVED = datetime(2026, 11, 22, 3, 4, 5, 678, tzinfo=UTC)
SUBMISSION = Submission(
    kind=SubmissionKind.REFLECTION,
    lineage="0199-a",
    revision=2,
    commune="hongson/anbinh",
    unit="hongson/anbinh/khu-pho-1",
    subject="hongson/anbinh/hoc-nq",
    written_at=datetime(2026, 11, 22, tzinfo=UTC),
    content="{}",
)


def given_receipt() -> Receipt:
    return receipts.sign(
        PRIVATE, server="may-chu-1", author="kp1.an", submission=SUBMISSION, received_at=RECEIVED
    )


def test_a_receipt_holds_under_the_published_key_and_over_the_wire() -> None:
    receipt = given_receipt()
    receipts.verify(receipt, [KEY])
    arrived = codec.decode(codec.encode(receipt), Receipt, limit=4096)
    receipts.verify(arrived, [ReceiptKey("khác", "AAAA"), KEY])
    assert arrived == receipt


def test_the_same_moment_in_another_time_zone_verifies() -> None:
    vietnam = RECEIVED.astimezone(timezone(timedelta(hours=7)))
    receipts.verify(replace(given_receipt(), received_at=vietnam), [KEY])


@pytest.mark.parametrize("name", [field.name for field in fields(Receipt)])
def test_a_receipt_with_any_field_changed_is_refused(name: str) -> None:
    receipt = given_receipt()
    value = getattr(receipt, name)
    other = {
        str: lambda: "B" + value[1:] if value[0] != "B" else "C" + value[1:],
        int: lambda: value + 1,
        datetime: lambda: value + timedelta(microseconds=1),
        SubmissionKind: lambda: SubmissionKind.TICK,
    }[type(value)]()
    with pytest.raises(Untrusted):
        receipts.verify(replace(receipt, **{name: other}), [KEY])


def test_a_key_that_is_not_published_is_refused_though_the_signature_is_good() -> None:
    other = receipts.receipt_key(Ed25519PrivateKey.generate())
    with pytest.raises(Untrusted, match="chưa được"):
        receipts.verify(given_receipt(), [other])


@given(st.text(max_size=120))
def test_a_senseless_signature_or_key_is_refused(text: str) -> None:
    with pytest.raises(Untrusted):
        receipts.verify(replace(given_receipt(), signature=text), [KEY])
    with pytest.raises(Untrusted):
        receipts.verify(given_receipt(), [ReceiptKey(KEY.id, text)])


def test_a_receipt_acknowledges_only_its_own_submission() -> None:
    receipt = given_receipt()
    assert receipts.acknowledges(receipt, SUBMISSION, "kp1.an")
    assert not receipts.acknowledges(receipt, SUBMISSION, "kp1.hanh")
    assert not receipts.acknowledges(receipt, replace(SUBMISSION, content="{ }"), "kp1.an")
    assert not receipts.acknowledges(receipt, replace(SUBMISSION, revision=3), "kp1.an")


def test_the_code_can_be_read_out() -> None:
    code = given_receipt().code
    assert len(code) == 19
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert code == given_receipt().code
