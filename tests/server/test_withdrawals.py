"""A member takes a text back until the cell has opened it: whichever reached the server first stands."""

import pytest

from handbook.model.reflection import Verdict
from handbook.protocol.api import EntryKind
from handbook.protocol.submissions import SubmissionKind
from handbook.server.judging import Accepted
from handbook.server.people import find_members
from handbook.server.submissions import HandedIn
from tests.server.harness import CELL, RunningServer, problem, reflection, review, revised, withdrawal


def test_a_text_that_the_cell_has_opened_is_not_taken_back(server: RunningServer) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    server.as_("bithu").hand_in(review(text, Verdict.OPENED))
    refused = server.as_("an").put(withdrawal(text))
    assert problem(refused) == (409, "conflict")
    assert "Chi bộ đã mở bài" in refused.json()["message"]
    assert "held" not in refused.json()


def test_a_review_of_what_was_taken_back_is_refused(server: RunningServer) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    server.as_("an").hand_in(withdrawal(text))
    for verdict in Verdict:
        assert problem(server.as_("bithu").put(review(text, verdict))) == (409, "conflict")


def test_taking_back_twice_changes_nothing_more(server: RunningServer) -> None:
    text, an = reflection(), server.as_("an")
    an.hand_in(text)
    taken = withdrawal(text)
    first, again, from_another_pc = an.put(taken), an.put(taken), an.put(withdrawal(text))
    assert (first.status_code, again.status_code, from_another_pc.status_code) == (201, 200, 201)
    assert first.content == again.content


def test_only_the_author_takes_back_and_others_do_not_learn_whether_the_text_is_there(
    server: RunningServer,
) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    assert problem(server.as_("binh").put(withdrawal(text))) == (404, "not-found")
    assert problem(server.as_("binh").put(withdrawal(reflection()))) == (404, "not-found")


def test_an_older_revision_is_not_taken_back_under_a_newer_one(server: RunningServer) -> None:
    text, an = reflection(), server.as_("an")
    an.hand_in(text)
    an.hand_in(revised(text, "Bản hai"))
    assert problem(an.put(withdrawal(text))) == (409, "conflict")


def test_nobody_but_the_author_is_given_a_text_that_was_taken_back(server: RunningServer) -> None:
    text, an = reflection(text="Điều riêng"), server.as_("an")
    an.hand_in(text)
    an.hand_in(withdrawal(text))
    an.hand_in(revised(text, "Bản nộp lại"))
    told = [
        (entry.entry.submission.kind, entry.entry.submission.revision)
        for entry in server.as_("bithu").feed().entries
        if entry.kind is EntryKind.SUBMISSION
    ]
    assert told == [(SubmissionKind.WITHDRAWAL, 1), (SubmissionKind.REFLECTION, 2)]
    own = [entry.entry.submission for entry in an.feed().entries if entry.kind is EntryKind.SUBMISSION]
    assert own[0] == text


@pytest.mark.parametrize("member_first", [True, False])
def test_of_two_that_arrive_in_one_transaction_the_first_stands(
    server: RunningServer, member_first: bool
) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    with server.house.database.read() as connection:
        an, secretary = (find_members(connection, [account])[0] for account in ("an", "bithu"))
    both = [HandedIn(an, withdrawal(text)), HandedIn(secretary, review(text, Verdict.OPENED, unit=CELL))]
    outcomes = server.house.intake.accept(both if member_first else both[::-1], server.clock())
    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [True, False]
