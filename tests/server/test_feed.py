"""The feed of a cell: who sees what, in the order of commits, page by page, and what is logged of it."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import OperationalError

from handbook.model.reflection import Answer, Verdict
from handbook.protocol.api import FEED_PAGE, MAX_ANSWER_BYTES, Entry, EntryKind
from handbook.server import tables
from handbook.server.feed import lock_positions
from tests.server.harness import (
    CELL,
    OTHER_CELL,
    RunningServer,
    problem,
    reflection,
    review,
    tick,
)


def what(entries: tuple[Entry, ...]) -> list[str]:
    """A member's account, or author and kind of a submission."""
    return [
        entry.member.account
        if entry.kind is EntryKind.MEMBER
        else f"{entry.entry.author} {entry.entry.submission.kind.value}"
        for entry in entries
    ]


def access_log(server: RunningServer) -> list[tuple[str, str, int, str]]:
    """Reader, owner, revision and how, in the order written."""
    columns = tables.access_log.c["reader", "owner", "revision", "how"]
    with server.house.database.read() as connection:
        rows = connection.execute(select(*columns).order_by(tables.access_log.c.id))
        return [tuple(row) for row in rows]


def test_who_reads_the_cell_sees_all_of_it_and_a_member_what_is_about_them(server: RunningServer) -> None:
    mine, others = reflection(), reflection()
    server.as_("an").hand_in(mine)
    server.as_("binh").hand_in(others)
    server.as_("bithu").hand_in(review(others, Verdict.OPENED))
    server.as_("pho").hand_in(review(mine, Verdict.RETURNED))
    server.as_("an").hand_in(tick("central/15-nq-tw-2022"))
    everything = [
        *("an", "binh", "bithu", "canbo", "pho", "quantri", "xuatban"),
        *("an reflection", "binh reflection", "bithu review", "pho review", "an tick"),
    ]
    for account in ("bithu", "pho"):
        assert what(server.as_(account).feed().entries) == everything
    assert what(server.as_("an").feed().entries) == ["an", "an reflection", "pho review", "an tick"]
    assert what(server.as_("binh").feed().entries) == ["binh", "binh reflection", "bithu review"]
    assert what(server.as_("quantri").feed().entries) == ["quantri"]


def test_positions_grow_from_one_and_each_entry_carries_its_receipt(server: RunningServer) -> None:
    submission = reflection()
    receipt = server.as_("an").hand_in(submission)
    page = server.as_("bithu").feed()
    assert [entry.position for entry in page.entries] == list(range(1, 9))
    last = page.entries[-1].entry
    assert (last.author, last.submission, last.receipt) == ("an", submission, receipt)
    assert (page.next, page.more) == (8, False)


@pytest.mark.parametrize("account", ["bithu", "an"])
def test_pages_join_into_the_whole_without_gap_or_repetition(server: RunningServer, account: str) -> None:
    for number in range(7):
        server.as_("an").hand_in(tick(f"central/d{number}"))
        server.as_("binh").hand_in(tick(f"central/d{number}"))
    reader = server.as_(account)
    whole = reader.feed()
    assert not whole.more
    for limit in (1, 2, 5):
        joined, after = [], 0
        while True:
            page = reader.feed(after=after, limit=limit)
            assert len(page.entries) <= limit
            joined += page.entries
            after = page.next
            if not page.more:
                break
        assert tuple(joined) == whole.entries
    nothing = reader.feed(after=whole.next)
    assert (nothing.entries, nothing.next, nothing.more) == ((), whole.next, False)


def test_a_page_is_never_longer_than_the_limit_of_the_api(server: RunningServer) -> None:
    an = server.as_("an")
    for number in range(FEED_PAGE + 5):
        an.hand_in(tick(f"central/d{number}"))
    page = server.as_("bithu").feed(limit=10**6)
    assert (len(page.entries), page.more) == (FEED_PAGE, True)


def test_long_texts_make_short_pages(server: RunningServer) -> None:
    an = server.as_("an")
    parts = [Answer(f"p{number}", "Đ" * 55_000) for number in range(3)]
    texts = [reflection(parts=parts, subject=f"tinh/phuong/bai-{number}") for number in range(20)]
    for one in texts:
        an.hand_in(one)
    received, after, more, pages = [], 0, True, 0
    while more:
        answer = server.as_("bithu").get("/v1/feed", unit=CELL, after=after)
        assert len(answer.content) < MAX_ANSWER_BYTES
        page = server.as_("bithu").feed(after=after)
        received += [entry.entry.submission for entry in page.entries if entry.entry]
        after, more, pages = page.next, page.more, pages + 1
    assert received == texts
    assert pages > 1


def test_reading_others_reflections_is_logged_and_reading_ones_own_is_not(server: RunningServer) -> None:
    mine, mark = reflection(), tick("central/15-nq-tw-2022")
    server.as_("an").hand_in(mine)
    server.as_("an").hand_in(mark)
    server.as_("bithu").hand_in(replace(reflection(), subject="s", content=reflection(subject="s").content))
    server.as_("an").feed()
    assert access_log(server) == []
    server.as_("bithu").feed()
    assert access_log(server) == [("bithu", "an", 1, "feed")]
    server.as_("pho").hand_in(review(mine, Verdict.OPENED))
    server.as_("pho").hand_in(review(mine, Verdict.RETURNED))
    assert access_log(server)[1:] == [("pho", "an", 1, "opened")]


def test_nobody_else_appends_to_a_feed_while_somebody_holds_it(server: RunningServer) -> None:
    database = server.house.database
    another = create_engine(database.engine.url, connect_args={"timeout": 0} if database.is_sqlite else {})
    take = (
        "BEGIN IMMEDIATE"
        if database.is_sqlite
        else "SELECT 1 FROM feeds WHERE unit = :unit FOR UPDATE NOWAIT"
    )
    with database.write() as connection:
        assert lock_positions(connection, {CELL, "tinh/khong-co"}) == {CELL: 7}
        with another.connect() as other, pytest.raises(OperationalError, match="lock"):
            other.execute(text(take), {} if database.is_sqlite else {"unit": CELL})
    with another.connect() as other:
        other.execute(text(take), {} if database.is_sqlite else {"unit": CELL})
    another.dispose()


def test_another_cells_feed_is_closed(server: RunningServer) -> None:
    for account in ("an", "bithu", "xa"):
        assert problem(server.as_(account).get("/v1/feed", unit=OTHER_CELL)) == (403, "not-allowed")


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"unit": ""},
        {"unit": "tinh/phuong/mot\0"},
        {"unit": "x" * 301},
        {"unit": CELL, "after": "-1"},
        {"unit": CELL, "after": "x"},
        {"unit": CELL, "after": "9" * 40},
        {"unit": CELL, "after": "٣"},
        {"unit": CELL, "limit": "0"},
        {"unit": CELL, "limit": "1.5"},
    ],
)
def test_senseless_parameters_are_refused(server: RunningServer, parameters: dict[str, str]) -> None:
    assert problem(server.as_("bithu").get("/v1/feed", **parameters)) == (400, "bad-input")
