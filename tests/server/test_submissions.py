"""What members hand in is kept exactly once, with one receipt, whatever is repeated, raced or reordered."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from handbook.model.reflection import (
    MAX_ANSWER_CHARACTERS,
    MAX_COMMENT_CHARACTERS,
    Answer,
    Reflection,
    Verdict,
)
from handbook.protocol import codec, receipts
from handbook.protocol.api import Clash
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import Submission, SubmissionKind, pack_content
from handbook.server import tables
from handbook.server.ward import load_ward
from tests.server.harness import (
    CELL,
    NOW,
    OTHER_CELL,
    SUBJECT,
    WARD,
    RunningServer,
    new_lineage,
    problem,
    read,
    reflection,
    review,
    revised,
    running,
    tick,
)


def held(server: RunningServer) -> int:
    """How many revisions the database has."""
    with server.house.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(tables.submissions))


def clash(answer: requests.Response) -> Clash:
    assert problem(answer) == (409, "conflict"), answer.text
    return read(answer, Clash)


def test_a_reflection_gets_a_receipt_that_verifies_and_says_what_it_is_for(server: RunningServer) -> None:
    submission = reflection()
    receipt = server.as_("an").hand_in(submission)
    receipts.verify(receipt, [receipts.receipt_key(server.house.keys.receipts)])
    assert receipts.acknowledges(receipt, submission, "an")
    assert receipt.server == "may-chu-thu"
    assert NOW < receipt.received_at <= server.clock.now


def test_sending_the_same_again_finds_the_same_receipt_and_adds_nothing(server: RunningServer) -> None:
    submission, an = reflection(), server.as_("an")
    first = an.put(submission)
    position = an.feed().next
    again = an.put(submission)
    retold = an.put(replace(submission, written_at=server.clock.now))
    assert (first.status_code, again.status_code, retold.status_code) == (201, 200, 200)
    assert first.content == again.content == retold.content
    assert held(server) == 1
    assert an.feed().next == position


def test_other_bytes_under_the_same_revision_are_refused_with_what_is_held(server: RunningServer) -> None:
    submission, an = reflection(text="Bản đầu"), server.as_("an")
    receipt = an.hand_in(submission)
    latest = revised(submission, "Bản hai")
    an.hand_in(latest)
    other = replace(submission, content=reflection(text="Bản khác").content)
    answer = clash(an.put(other))
    assert (answer.held.author, answer.held.submission) == ("an", latest)
    assert read(an.put(submission), Receipt) == receipt
    assert held(server) == 2


@pytest.mark.parametrize("change", ["subject", "unit", "kind"])
def test_the_same_bytes_about_another_thing_are_another_text(
    server: RunningServer, tmp_path: Path, change: str
) -> None:
    an = server.as_("an")
    submission = tick("central/15-nq-tw-2022")
    an.hand_in(submission)
    other = {
        "subject": tick("central/144-qd-tw-2024", lineage=submission.lineage),
        "unit": replace(submission, unit=OTHER_CELL),
        "kind": reflection(lineage=submission.lineage),
    }[change]
    if change == "unit":
        load_ward(server.house.database, moved_ward(tmp_path, "an", OTHER_CELL), NOW)
    assert clash(an.put(other)).held.submission == submission


def moved_ward(folder: Path, account: str, unit: str) -> Path:
    """A copy of the ward file in which the member belongs to another cell."""
    text = WARD.read_text(encoding="utf-8")
    before, own = text.split(f'account = "{account}"\n')
    line = own.index("unit = ")
    end = own.index("\n", line)
    file = folder / "moved.toml"
    file.write_text(
        f'{before}account = "{account}"\n{own[:line]}unit = "{unit}"{own[end:]}', encoding="utf-8"
    )
    return file


def test_a_second_pc_with_a_lineage_of_its_own_is_told_of_the_first(server: RunningServer) -> None:
    an, first = server.as_("an"), reflection(text="Máy một")
    an.hand_in(first)
    latest = revised(first, "Máy một, lần hai")
    an.hand_in(latest)
    assert clash(an.put(reflection(text="Máy hai"))).held.submission == latest
    an.hand_in(reflection(text="Nhiệm vụ khác", subject="tinh/phuong/khac"))
    server.as_("binh").hand_in(reflection(text="Người khác"))


def test_two_marks_on_one_document_from_two_pcs_are_both_kept(server: RunningServer) -> None:
    an = server.as_("an")
    an.hand_in(tick("central/15-nq-tw-2022"))
    an.hand_in(tick("central/15-nq-tw-2022", read=False))
    assert held(server) == 2


def test_a_revision_waits_until_the_one_before_it_is_there(server: RunningServer) -> None:
    an, first = server.as_("an"), reflection()
    second = revised(first, "Lần hai")
    assert problem(an.put(second)) == (422, "bad-input")
    assert "bản 1" in an.put(second).json()["message"]
    an.hand_in(first)
    an.hand_in(second)
    assert problem(an.put(replace(second, revision=4))) == (422, "bad-input")


def test_revisions_keep_the_kind_and_subject_of_the_lineage(server: RunningServer) -> None:
    an, first = server.as_("an"), tick("central/15-nq-tw-2022")
    an.hand_in(first)
    assert problem(an.put(tick("central/144-qd-tw-2024", lineage=first.lineage, revision=2))) == (
        422,
        "bad-input",
    )
    assert problem(an.put(reflection(lineage=first.lineage, revision=2))) == (422, "bad-input")
    an.hand_in(tick("central/15-nq-tw-2022", read=False, lineage=first.lineage, revision=2))


def test_a_lineage_belongs_to_its_author_and_shows_nobody_else_its_text(server: RunningServer) -> None:
    submission = reflection(text="Lời riêng của An")
    server.as_("an").hand_in(submission)
    for mine in (submission, revised(submission, "Của Bình"), reflection(lineage=submission.lineage)):
        answer = server.as_("binh").put(mine)
        assert problem(answer) == (403, "not-allowed")
        assert "Lời riêng" not in answer.text


def test_a_returned_reflection_is_revised_and_an_accepted_one_no_more(server: RunningServer) -> None:
    an, secretary = server.as_("an"), server.as_("bithu")
    first = reflection()
    an.hand_in(first)
    secretary.hand_in(review(first, Verdict.RETURNED, comment="Thêm liên hệ bản thân"))
    second = revised(first, "Lần hai")
    an.hand_in(second)
    third = revised(second, "Lần ba, chưa ai xem lần hai")
    an.hand_in(third)
    secretary.hand_in(review(third, Verdict.ACCEPTED))
    answer = clash(an.put(revised(third, "Lần bốn")))
    assert answer.held.submission == third
    assert "Đạt" in answer.message
    assert an.put(third).status_code == 200


def test_two_reviewers_are_both_kept(server: RunningServer) -> None:
    submission = reflection()
    server.as_("an").hand_in(submission)
    server.as_("bithu").hand_in(review(submission, Verdict.RETURNED))
    server.as_("pho").hand_in(review(submission, Verdict.ACCEPTED))
    reviews = [e.entry.author for e in server.as_("an").feed().entries if e.entry and e.entry.author != "an"]
    assert reviews == ["bithu", "pho"]


@pytest.mark.parametrize("account", ["bithu", "pho"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_nobody_reviews_their_own_reflection(server: RunningServer, account: str, verdict: Verdict) -> None:
    submission = reflection()
    server.as_(account).hand_in(submission)
    assert problem(server.as_(account).put(review(submission, verdict))) == (403, "not-allowed")


def test_only_the_own_cells_reflections_are_reviewed_and_others_stay_unknown(server: RunningServer) -> None:
    submission = reflection(unit=OTHER_CELL)
    server.as_("hoa").hand_in(submission)
    assert problem(server.as_("bithu").put(review(submission, Verdict.ACCEPTED))) == (403, "not-allowed")
    for account in ("an", "canbo", "quantri"):
        for of in (submission, reflection()):
            assert problem(server.as_(account).put(review(of, Verdict.ACCEPTED))) == (403, "not-allowed")
    server.as_("bithu2").hand_in(review(submission, Verdict.ACCEPTED, unit=OTHER_CELL))


def test_a_review_of_what_is_not_there_is_refused(server: RunningServer) -> None:
    submission = reflection()
    server.as_("an").hand_in(submission)
    secretary = server.as_("bithu")
    mark = tick("central/15-nq-tw-2022")
    server.as_("an").hand_in(mark)
    for of in (revised(submission, "Chưa nộp"), reflection(), mark):
        assert problem(secretary.put(review(of, Verdict.RETURNED))) == (404, "not-found")


MARKED = "Mở đầu\n  TỐI MẬT  \nNội dung"

UNUSABLE: dict[str, Callable[[], Submission]] = {
    "a classified marking": lambda: reflection(text=MARKED),
    "a classified marking in a later part": lambda: reflection(
        parts=(Answer("nhan-thuc", "Bình thường"), Answer("lien-he", MARKED))
    ),
    "a part that is too long": lambda: reflection(text="a" * (MAX_ANSWER_CHARACTERS + 1)),
    "content of another kind": lambda: replace(reflection(), content=tick("a/b").content),
    "content that is no JSON": lambda: replace(reflection(), content="{"),
    "content of more than 512 KB": lambda: reflection(
        parts=[Answer(f"p{n}", "a" * 59_000) for n in range(9)]
    ),
    "another subject than its content": lambda: replace(reflection(), subject="tinh/phuong/khac"),
    "a lineage that is no UUID": lambda: reflection(lineage="bai-1"),
    "a lineage in capitals": lambda: reflection(lineage=new_lineage().upper().replace("0", "A")),
    "revision 0": lambda: reflection(revision=0),
    "a negative revision": lambda: reflection(revision=-1),
    "an absurd revision": lambda: reflection(revision=2**62),
    "a subject with a control character": lambda: reflection(subject="tinh/phuong/a\0b"),
    "an empty subject": lambda: reflection(subject=""),
    "an endless subject": lambda: reflection(subject="x" * 301),
    "a unit with a control character": lambda: replace(reflection(), unit=f"{CELL}/\0"),
    "a commune that is not the unit's": lambda: replace(reflection(), commune="tinh/xa"),
    "a moment without a time zone": lambda: replace(reflection(), written_at=NOW.replace(tzinfo=None)),
    "a moment before computers": lambda: replace(reflection(), written_at=NOW.replace(year=1)),
    "a tick without a time zone": lambda: tick("a/b", at=NOW.replace(tzinfo=None)),
    "a tick in a far future": lambda: tick("a/b", at=NOW.replace(year=9999)),
    "a review of an absurd revision": lambda: review(reflection(revision=2**62), Verdict.OPENED),
    "a comment that is too long": lambda: review(
        reflection(), Verdict.RETURNED, comment="a" * (MAX_COMMENT_CHARACTERS + 1)
    ),
    "a classified marking in a comment": lambda: review(reflection(), Verdict.RETURNED, comment=MARKED),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(server: RunningServer, what: str) -> None:
    answer = server.as_("bithu").put(UNUSABLE[what]())
    assert problem(answer) == (422, "bad-input"), answer.text
    assert held(server) == 0


def test_a_reflection_of_sixty_thousand_characters_is_kept_whole(server: RunningServer) -> None:
    text = ("Đảng bộ “phường” \\ \t 👍\n" * 3000)[:MAX_ANSWER_CHARACTERS]
    submission = reflection(text=text)
    server.as_("an").hand_in(submission)
    assert server.as_("an").feed().entries[-1].entry.submission == submission


def test_the_bytes_of_the_content_come_back_as_they_were_sent(server: RunningServer) -> None:
    content = '{ "answers" : [{"text":"\\u0110\\u1ea3ng \\u0000","part":"p"}],\n "assignment":"SUBJECT"}'
    content = content.replace("SUBJECT", SUBJECT)
    submission = replace(reflection(), content=content)
    receipt = server.as_("an").hand_in(submission)
    assert receipt.sha256 == submission.sha256
    assert server.as_("an").feed().entries[-1].entry.submission.content == content


def test_another_cell_than_ones_own_is_refused(server: RunningServer) -> None:
    assert problem(server.as_("an").put(reflection(unit=OTHER_CELL))) == (403, "not-allowed")
    assert problem(server.as_("an").put(reflection(unit=f"{CELL}/to-khong-co"))) == (404, "not-found")
    assert problem(server.as_("xa").put(reflection(unit=CELL))) == (403, "not-allowed")


def test_after_moving_what_was_written_in_the_former_cell_still_arrives(
    server: RunningServer, tmp_path: Path
) -> None:
    an = server.as_("an")
    load_ward(server.house.database, moved_ward(tmp_path, "an", OTHER_CELL), NOW)
    old, new = reflection(), reflection(subject="tinh/phuong/khac", unit=OTHER_CELL)
    an.hand_in(old)
    an.hand_in(new)
    assert [e.entry.submission for e in an.feed(CELL).entries if e.entry] == [old]
    assert [e.entry.submission for e in an.feed(OTHER_CELL).entries if e.entry] == [new]
    server.as_("bithu").hand_in(review(old, Verdict.ACCEPTED))
    assert problem(server.as_("bithu").put(review(new, Verdict.ACCEPTED))) == (403, "not-allowed")


def at_once(jobs: list[Callable[[], requests.Response]]) -> list[requests.Response]:
    """All of them started together, each in a thread of its own."""
    start = threading.Barrier(len(jobs))
    answers: list[requests.Response | None] = [None] * len(jobs)

    def run(number: int) -> None:
        start.wait()
        answers[number] = jobs[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def fresh_connection(server: RunningServer, account: str, submission: Submission):
    headers = {"Authorization": f"Bearer {server.as_(account).token}"}
    url = f"{server.url}/v1/submissions/{submission.lineage}/{submission.revision}"
    return lambda: requests.put(url, data=codec.encode(submission), headers=headers, timeout=30)


def test_identical_requests_at_the_same_moment_make_one_row_and_one_answer(server: RunningServer) -> None:
    submission = reflection()
    answers = at_once([fresh_connection(server, "an", submission)] * 12)
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert held(server) == 1


def test_of_two_pcs_at_the_same_moment_one_wins_and_the_other_is_told(server: RunningServer) -> None:
    texts = [reflection(text=f"Máy {number}") for number in range(8)]
    answers = at_once([fresh_connection(server, "an", text) for text in texts])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    (won,) = (text for text, answer in zip(texts, answers, strict=True) if answer.status_code == 201)
    assert {clash(answer).held.submission.lineage for answer in answers if answer.status_code == 409} == {
        won.lineage
    }
    assert held(server) == 1


def test_everybody_at_the_same_moment_is_kept_in_one_order(server: RunningServer) -> None:
    accounts = ["an", "binh", "bithu", "pho", "canbo", "xuatban", "quantri"]
    texts = [(a, reflection(subject=f"tinh/phuong/bai-{n}")) for a in accounts for n in range(4)]
    before = server.as_("bithu").feed().next
    answers = at_once([fresh_connection(server, account, text) for account, text in texts])
    assert {answer.status_code for answer in answers} == {201}
    page = server.as_("bithu").feed(after=before)
    assert [entry.position for entry in page.entries] == list(range(before + 1, before + 1 + len(texts)))
    assert {e.entry.submission.lineage for e in page.entries} == {text.lineage for _, text in texts}


def test_one_refused_among_many_does_not_touch_the_others(server: RunningServer) -> None:
    good = [(account, reflection()) for account in ("an", "binh", "pho", "canbo")]
    bad = [("bithu", reflection(unit=OTHER_CELL)), ("xuatban", reflection(text=MARKED))]
    answers = at_once([fresh_connection(server, *one) for one in (*good, *bad)])
    assert [answer.status_code for answer in answers] == [201] * 4 + [403, 422]
    assert held(server) == 4


def test_two_workers_on_one_database_keep_one_of_each(server: RunningServer) -> None:
    with running(server.house.settings, server.clock) as second:
        submission = reflection()
        jobs = [fresh_connection(worker, "an", submission) for worker in (server, second) for _ in range(6)]
        jobs += [
            fresh_connection(worker, "binh", reflection(text=f"{n}"))
            for n, worker in enumerate((server, second, server, second))
        ]
        answers = at_once(jobs)
    assert sorted(answer.status_code for answer in answers[:12]) == [200] * 11 + [201]
    assert len({answer.content for answer in answers[:12]}) == 1
    assert sorted(answer.status_code for answer in answers[12:]) == [201, 409, 409, 409]
    assert held(server) == 2


def test_content_packed_by_the_client_is_what_the_server_unpacks(server: RunningServer) -> None:
    record = Reflection(SUBJECT, (Answer("a", "x"), Answer("b", "y")))
    submission = replace(reflection(), content=pack_content(record))
    server.as_("an").hand_in(submission)
    entry = server.as_("bithu").feed().entries[-1].entry
    assert entry.submission.kind is SubmissionKind.REFLECTION
    assert codec.decode(entry.submission.content.encode(), Reflection, limit=1000) == record
