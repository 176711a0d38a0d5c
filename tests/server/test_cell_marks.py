"""Exemptions and papers on the server: who may enter them, who is told, and what they count for."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from handbook.model.reflection import Answer, PassageComment, Review, Verdict
from handbook.model.study import CellMark, MarkKind
from handbook.protocol.api import Completion, FeedPage
from handbook.protocol.submissions import Submission, SubmissionKind
from tests.server.harness import (
    CELL,
    NOW,
    SUBJECT,
    RunningServer,
    envelope,
    problem,
    read,
    reflection,
)
from tests.server.published import assignment, publish_assignments

HEALTH = "Đang điều trị bệnh"


def mark(
    member: str = "an",
    kind: MarkKind = MarkKind.EXEMPT,
    *,
    unit: str = CELL,
    minutes: int = 0,
    **changes: object,
) -> Submission:
    given = {"reason": HEALTH} if kind is MarkKind.EXEMPT else {}
    given |= {"handed_in_on": NOW.date()} if kind is MarkKind.PAPER else {}
    content = CellMark(
        member=member,
        assignment=SUBJECT,
        kind=kind,
        marked_at=NOW + timedelta(minutes=minutes),
        **given | changes,
    )
    return envelope(content, SubmissionKind.CELL_MARK, content.subject, "", 1, unit)


def test_the_member_concerned_is_told_and_no_other_member(server: RunningServer) -> None:
    server.as_("bithu").hand_in(mark())
    for reader in ("an", "bithu", "pho"):
        page = server.as_(reader).feed()
        (entry,) = [each.entry for each in page.entries if each.entry]
        assert HEALTH in entry.submission.content
    assert [each for each in server.as_("binh").feed().entries if each.entry] == []


@pytest.mark.parametrize("who", ["an", "binh", "canbo", "xuatban"])
def test_only_those_who_may_review_in_that_cell_enter_anything(server: RunningServer, who: str) -> None:
    answer = server.as_(who).put(mark("pho"))
    assert problem(answer) == (403, "not-allowed")
    assert problem(server.as_(who).put(mark("nobody"))) == (403, "not-allowed"), "nothing is given away"


def test_a_member_of_another_cell_is_not_theirs_to_mark(server: RunningServer) -> None:
    assert problem(server.as_("bithu").put(mark("hoa"))) == (403, "not-allowed")


def test_an_unknown_member_is_not_found(server: RunningServer) -> None:
    assert problem(server.as_("bithu").put(mark("nobody"))) == (404, "not-found")


def test_nobody_marks_themselves(server: RunningServer) -> None:
    assert problem(server.as_("bithu").put(mark("bithu"))) == (403, "not-allowed")
    server.as_("pho").hand_in(mark("bithu"))


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": " "},
        {"reason": "x" * 301},
        {"reason": "TUYỆT MẬT"},
        {"kind": MarkKind.PAPER, "handed_in_on": None},
        {"kind": MarkKind.PAPER, "handed_in_on": date(2026, 11, 24)},
        {"kind": MarkKind.PAPER, "reason": "ốm"},
        {"kind": MarkKind.NONE, "reason": "ốm"},
    ],
)
def test_a_mark_that_says_nothing_or_the_impossible_is_refused(
    server: RunningServer, changes: dict[str, object]
) -> None:
    assert problem(server.as_("bithu").put(mark(**changes))) == (422, "bad-input")


def test_the_subject_names_assignment_and_member(server: RunningServer) -> None:
    content = CellMark(member="an", assignment=SUBJECT, kind=MarkKind.EXEMPT, reason=HEALTH, marked_at=NOW)
    other = envelope(content, SubmissionKind.CELL_MARK, f"{SUBJECT} binh", "", 1, CELL)
    assert problem(server.as_("bithu").put(other)) == (422, "bad-input")


def test_marks_count_in_the_completion_without_their_reason(server: RunningServer, tmp_path: Path) -> None:
    content = server.house.settings.content_dir
    shutil.rmtree(content, ignore_errors=True)
    publish_assignments(tmp_path, content, NOW, hoc_nghi_quyet=assignment())

    def marks() -> dict[str, MarkKind]:
        answer = server.as_("canbo").get(f"/v1/cells/{CELL}/completion", assignment=SUBJECT)
        assert HEALTH not in answer.text
        return {each.account: each.mark for each in read(answer, Completion).members if each.mark != "none"}

    server.as_("bithu").hand_in(mark("an"))
    server.as_("pho").hand_in(mark("binh", MarkKind.PAPER))
    assert marks() == {"an": MarkKind.EXEMPT, "binh": MarkKind.PAPER}
    server.as_("pho").hand_in(mark("an", MarkKind.NONE, minutes=1))
    assert marks() == {"binh": MarkKind.PAPER}
    server.as_("bithu").hand_in(mark("binh", MarkKind.EXEMPT, minutes=-5))  # an older PC catching up
    assert marks() == {"binh": MarkKind.PAPER}


def test_sending_it_again_changes_nothing(server: RunningServer) -> None:
    sent = mark()
    first = server.as_("bithu").hand_in(sent)
    again = server.as_("bithu").put(sent)
    assert (again.status_code, again.json()["signature"]) == (200, first.signature)


def test_comments_on_passages_are_checked_and_kept(server: RunningServer) -> None:
    text = reflection(parts=[Answer("nhan-thuc", "một hai ba")])
    server.as_("an").hand_in(text)
    passage = PassageComment(part="nhan-thuc", quote="hai", before="một ", after=" ba", comment="Vì sao?")

    def review(*passages: PassageComment) -> Submission:
        content = Review(
            lineage=text.lineage, revision=1, verdict=Verdict.RETURNED, passages=passages, reviewed_at=NOW
        )
        return envelope(content, SubmissionKind.REVIEW, text.lineage, "", 1, CELL)

    for refused in (
        review(*[passage] * 101),
        review(PassageComment(part="p", quote="x" * 4001, before="", after="", comment="a")),
        review(PassageComment(part="p", quote="x", before="", after="", comment="MẬT")),
        review(PassageComment(part="", quote="x", before="", after="", comment="a")),
    ):
        assert problem(server.as_("bithu").put(refused)) == (422, "bad-input")
    server.as_("bithu").hand_in(review(passage))
    contents = [each.entry.submission.content for each in server.as_("an").feed().entries if each.entry]
    assert '"comment":"Vì sao?"' in contents[-1]


# -- the day of the last sync


def seen(server: RunningServer, who: str, since: str) -> dict[str, date]:
    answer = server.as_(who).get("/v1/feed", unit=CELL, after=0, limit=200, seen_since=since)
    assert answer.status_code == 200, answer.text
    return {each.account: each.on for each in read(answer, FeedPage).seen}


def test_the_last_day_of_each_member_is_told_to_readers_of_the_cell_only(server: RunningServer) -> None:
    today = NOW.date()
    server.as_("an").feed()
    server.clock.pass_by(timedelta(days=1))
    server.as_("binh").feed()
    assert seen(server, "bithu", "2000-01-01") == {
        "an": today,
        "binh": today + timedelta(days=1),
        "bithu": today + timedelta(days=1),
    }
    assert seen(server, "bithu", (today + timedelta(days=1)).isoformat()).keys() == {"binh", "bithu"}
    assert seen(server, "an", "2000-01-01") == {}


def test_the_day_is_that_of_vietnam(server: RunningServer) -> None:
    server.clock.now = NOW.replace(hour=17, minute=0)  # midnight in Vietnam
    server.as_("an").feed()
    assert seen(server, "bithu", "2000-01-01")["an"] == NOW.date() + timedelta(days=1)


def test_days_are_told_once_on_the_last_page(server: RunningServer) -> None:
    server.as_("an").feed()
    first = read(
        server.as_("bithu").get("/v1/feed", unit=CELL, after=0, limit=1, seen_since="2000-01-01"), FeedPage
    )
    assert (first.more, first.seen) == (True, ())


def test_a_day_that_is_none_is_refused(server: RunningServer) -> None:
    answer = server.as_("bithu").get("/v1/feed", unit=CELL, after=0, seen_since="hôm qua")
    assert answer.status_code == 400
