"""Bundles: the server alone opens one, its author alone the answers, and nobody changes either unnoticed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from handbook.errors import BadInput, Untrusted
from handbook.protocol import codec
from handbook.protocol.bundles import (
    MAX_CONTENT_BYTES,
    MAX_SUBMISSIONS,
    Answers,
    Bundle,
    BundleAnswer,
    BundleReply,
    Owed,
    read_reply,
    seal,
    seal_reply,
    unseal,
    unseal_reply,
)
from handbook.protocol.receipts import ReceiptKey, receipt_key
from handbook.protocol.submissions import Submission, SubmissionKind


def submission() -> Submission:
    return Submission(
        kind=SubmissionKind.TICK,
        lineage="01a20500-0000-7000-8000-000000000001",
        revision=1,
        commune="hongson/anbinh",
        unit="hongson/anbinh/kp1",
        subject="central/nq-1",
        written_at=datetime(2026, 11, 23, tzinfo=UTC),
        content='{"read":true}',
    )


SERVER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = receipt_key(SERVER)
SECRET, NONCE = b"s" * 32, b"n" * 12
OWED = Owed("the-token", (submission(),))
ANSWERS = Answers((BundleAnswer(lineage="l", revision=1, sha256="00", status=201, body="{}"),))


def sealed(owed: Owed = OWED) -> Bundle:
    return seal(owed, KEY, "hongson/anbinh", SECRET)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.text(max_size=50))
def test_every_server_opens_what_was_sealed_to_its_published_key(
    seed: bytes, secret: bytes, token: str
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    owed = Owed(token, (submission(),))
    assert unseal(seal(owed, receipt_key(private), "hongson/anbinh", secret), private) == owed


def test_neither_token_nor_text_nor_author_can_be_read_on_the_way() -> None:
    carried = codec.encode(sealed())
    for part in (b"the-token", OWED.submissions[0].lineage.encode(), b"nq-1"):
        assert part not in carried
    assert OWED.submissions[0].unit.encode() not in carried


@pytest.mark.parametrize(
    "change",
    [
        {"id": "0" * 32},
        {"commune": "hongson/khac"},
        {"ephemeral": b"x" * 32},
        {"ephemeral": b""},
        {"body": sealed().body[:-1]},
        {"body": bytes([sealed().body[0] ^ 1]) + sealed().body[1:]},
        {"format": "handbook bundle v2"},
    ],
)
def test_nothing_of_a_bundle_can_be_changed(change: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="bị sửa hoặc hỏng"):
        unseal(replace(sealed(), **change), SERVER)


def test_another_server_says_that_the_bundle_is_not_for_it() -> None:
    with pytest.raises(BadInput, match="máy chủ khác"):
        unseal(sealed(), Ed25519PrivateKey.generate())


@pytest.mark.parametrize("public", ["", "AAAA", "AQ" + "A" * 41])  # the last is y = 1, of no twin
def test_what_is_no_key_is_refused(public: str) -> None:
    with pytest.raises(BadInput):
        seal(OWED, ReceiptKey("k", public), "hongson/anbinh", SECRET)


def test_too_much_does_not_go_into_one_bundle() -> None:
    with pytest.raises(BadInput, match="nhiều gói"):
        sealed(Owed("t", (submission(),) * (MAX_SUBMISSIONS + 1)))
    with pytest.raises(BadInput, match="nhiều gói"):
        sealed(Owed("t" * MAX_CONTENT_BYTES, ()))


def test_the_author_alone_opens_the_answers() -> None:
    bundle_id = sealed().id
    reply = read_reply(codec.encode(seal_reply(ANSWERS, bundle_id, "the-token", NONCE)))
    assert unseal_reply(reply, "the-token") == ANSWERS
    with pytest.raises(Untrusted):
        unseal_reply(reply, "another-token")
    for changed in (
        replace(reply, id="0" * 32),
        replace(reply, body=reply.body[:-1]),
        replace(reply, body=reply.body[:5]),
        replace(reply, body=b"x" + reply.body[1:]),
    ):
        with pytest.raises(Untrusted):
            unseal_reply(changed, "the-token")


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"\xff", codec.encode(BundleReply(id="../x", body=b"")), codec.encode(sealed())],
)
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        read_reply(data)
