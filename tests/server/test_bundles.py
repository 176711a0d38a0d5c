"""What a carrier brings counts as if its author had sent it; who carries learns and changes nothing."""

from dataclasses import replace
from datetime import timedelta

from handbook.protocol import codec
from handbook.protocol.api import Clash, ErrorBody
from handbook.protocol.bundles import (
    Bundle,
    BundleAnswer,
    BundleReply,
    Owed,
    seal,
    unseal_reply,
)
from handbook.protocol.receipts import Receipt, acknowledges, receipt_key, verify
from handbook.protocol.submissions import Submission
from handbook.server.tokens import LIFETIME
from tests.server.harness import (
    COMMUNE,
    RunningServer,
    problem,
    read,
    reflection,
    revised,
    withdrawal,
)

SECRET = b"s" * 32


def bundle(server: RunningServer, *submissions: Submission, author: str = "an") -> Bundle:
    key = receipt_key(server.house.keys.receipts)
    return seal(Owed(server.as_(author).token, submissions), key, COMMUNE, SECRET)


def carry(server: RunningServer, carried: Bundle, author: str = "an") -> tuple[BundleAnswer, ...]:
    answer = server.as_("bithu").post("/v1/bundles", carried)
    assert answer.status_code == 200, answer.text
    return unseal_reply(read(answer, BundleReply), server.as_(author).token).answers


def receipt(answer: BundleAnswer) -> Receipt:
    return codec.decode(answer.body.encode(), Receipt, limit=4096)


def test_what_was_carried_is_received_and_receipted_as_over_the_network(server: RunningServer) -> None:
    text = reflection()
    (answer,) = carry(server, bundle(server, text, revised(text, "Bản hai")))[:1]
    assert (answer.lineage, answer.revision, answer.status) == (text.lineage, 1, 201)
    assert acknowledges(receipt(answer), text, "an")
    verify(receipt(answer), [receipt_key(server.house.keys.receipts)])
    over_network = server.as_("an").put(text)
    assert (over_network.status_code, read(over_network, Receipt)) == (200, receipt(answer))


def test_carrying_the_same_twice_changes_nothing(server: RunningServer) -> None:
    carried = bundle(server, reflection())
    first, again = carry(server, carried), carry(server, carried)
    assert (first[0].status, again[0].status) == (201, 200)
    assert receipt(first[0]) == receipt(again[0])


def test_a_refusal_is_told_to_the_author_and_holds_back_what_builds_on_it(server: RunningServer) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    other = replace(reflection(text="Từ máy khác"), subject=text.subject)
    taken = withdrawal(text)
    first, second = carry(server, bundle(server, other, revised(other, "Bản hai"), taken))
    assert (first.lineage, first.status) == (other.lineage, 409)
    assert codec.decode(first.body.encode(), Clash, limit=2**20).held.submission == text
    assert (second.lineage, second.status) == (taken.lineage, 201)


def test_a_session_that_ended_is_told_inside_and_nothing_is_kept(server: RunningServer) -> None:
    carried = bundle(server, reflection())
    token = server.as_("an").token
    server.clock.pass_by(LIFETIME + timedelta(days=1))
    server._clients.clear()
    answer = server.as_("bithu").post("/v1/bundles", carried)
    (told,) = unseal_reply(read(answer, BundleReply), token).answers
    assert told.status == 401
    assert codec.decode(told.body.encode(), ErrorBody, limit=4096).code == "sign-in-failed"


def test_what_was_altered_or_is_for_another_server_is_refused_to_the_carrier(server: RunningServer) -> None:
    carried = bundle(server, reflection())
    for changed in (replace(carried, body=carried.body[:-1]), replace(carried, key="another")):
        assert problem(server.as_("bithu").post("/v1/bundles", changed)) == (422, "bad-input")


def test_a_member_without_a_duty_does_not_carry(server: RunningServer) -> None:
    carried = bundle(server, reflection())
    assert problem(server.as_("binh").post("/v1/bundles", carried)) == (403, "not-allowed")
    assert problem(server.anybody().post("/v1/bundles", carried)) == (401, "sign-in-failed")
