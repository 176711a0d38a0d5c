"""Takes what members hand in: each revision once, whatever is repeated, raced or reordered.

What a restored server has lost comes back with the receipt that it once gave, and is kept under that receipt.

Submissions that arrive at the same moment share one transaction, at most one of each author. Should another
worker commit one of the same identities in between, each is taken again by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert
from sqlalchemy.exc import DataError

from handbook.errors import Expected, Untrusted
from handbook.model.people import Member
from handbook.model.reflection import Review, Verdict
from handbook.protocol.receipts import Receipt, ReceiptKey, acknowledges, receipt_key, sign, verify
from handbook.protocol.submissions import FilePiece, Submission
from handbook.server import faults, feed
from handbook.server.database import Database, insert_new
from handbook.server.envelope import check_place, checked_content
from handbook.server.judging import Accepted, Arrival, Fresh, Outcome, judge_together, unless_refused
from handbook.server.keys import Keys
from handbook.server.tables import access_log, submissions

RACES_LOST_IN_A_ROW = 5


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A submission and its author; `receipt` says that this server held it before a backup was restored."""

    author: Member
    submission: Submission
    receipt: Receipt | None = None


class _RaceLost(Exception):
    """Somebody committed one of the same identities after this transaction had looked."""


class Intake:
    """Accepts submissions; `server` is the name receipts are signed as."""

    def __init__(self, database: Database, keys: Keys, server: str) -> None:
        self._database = database
        self._keys = keys
        self._server = server

    def accept(self, handed_in: Sequence[HandedIn], now: datetime) -> list[Outcome]:
        """What became of each: its receipt, or the refusal.

        A kept submission, its feed entry and its receipt are committed when this returns. Refusals are
        BadInput, NotAllowed, NotFound, Clashed when another text is held under the same identity, or Conflict
        for a withdrawal of what was opened and a review of what was withdrawn.

        What comes with this server's own receipt is kept under it; one of another key counts for nothing.
        """
        outcomes: dict[int, Outcome] = {}
        arrivals: dict[int, Arrival] = {}
        for number, one in enumerate(handed_in):
            judged = unless_refused(_arrival, one, receipt_key(self._keys.receipts), now)
            if isinstance(judged, Expected):
                outcomes[number] = judged
            else:
                arrivals[number] = judged
        while arrivals:
            together = _one_of_each_author(arrivals)
            outcomes |= zip(together, self._take_together([arrivals.pop(n) for n in together]), strict=True)
        return [outcomes[number] for number in range(len(handed_in))]

    def _take_together(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        if len(arrivals) > 1:
            try:
                return self._commit(arrivals)
            except (_RaceLost, DataError):
                # Rolled back as a whole; by itself, each finds out what is wrong with it.
                pass
        return [self._take_alone(arrival) for arrival in arrivals]

    def _take_alone(self, arrival: Arrival) -> Outcome:
        for _ in range(RACES_LOST_IN_A_ROW - 1):
            try:
                return self._commit([arrival])[0]
            except _RaceLost:
                continue  # the next look finds what the other one committed
        return self._commit([arrival])[0]

    def _commit(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        with self._database.write() as connection:
            judged, positions = judge_together(connection, arrivals)
            outcomes = _keep(connection, self._keys, self._server, judged, positions)
        for outcome in outcomes:
            if isinstance(outcome, Accepted) and outcome.new:
                faults.submission_committed()
        return outcomes


def _arrival(one: HandedIn, key: ReceiptKey, now: datetime) -> Arrival:
    content = checked_content(one.submission)
    check_place(one.author, one.submission)
    return Arrival(one.author, one.submission, content, now, _proof(one, key))


def _proof(one: HandedIn, key: ReceiptKey) -> Receipt | None:
    """The receipt, if it is about this very submission and signed with this server's key."""
    if one.receipt is None or not acknowledges(one.receipt, one.submission, one.author.account):
        return None
    try:
        verify(one.receipt, [key])
    except Untrusted:
        return None
    return one.receipt


def _one_of_each_author(arrivals: dict[int, Arrival]) -> list[int]:
    """Numbers of each author's first arrival: a transaction never holds two revisions of the same text."""
    first: dict[str, int] = {}
    for number, arrival in arrivals.items():
        first.setdefault(arrival.author.account, number)
    return sorted(first.values())


def _keep(
    connection: Connection,
    keys: Keys,
    server: str,
    judged: Sequence[Outcome | Fresh],
    positions: dict[str, int],
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    rows, entries, opened = [], [], []
    for one in judged:
        if not isinstance(one, Fresh):
            outcomes.append(one)
            continue
        arrival = one.arrival
        receipt = arrival.held_once or sign(
            keys.receipts,
            server=server,
            author=arrival.author.account,
            submission=arrival.submission,
            received_at=arrival.now,
        )
        rows.append(_row(arrival, receipt))
        outcomes.append(Accepted(receipt, new=True))
        if isinstance(arrival.content, FilePiece):
            continue  # told of by the reflection that names it
        positions[one.unit] += 1
        entries.append(
            feed.submission_row(
                arrival.submission,
                unit=one.unit,
                position=positions[one.unit],
                owner=one.owner,
                author=arrival.author.account,
            )
        )
        if isinstance(arrival.content, Review) and arrival.content.verdict is Verdict.OPENED:
            opened.append(_opened_row(one, arrival.content, receipt.received_at))
    if rows and insert_new(connection, submissions, rows) < len(rows):
        raise _RaceLost
    if entries:
        feed.append(connection, entries)
    if opened:
        connection.execute(insert(access_log), opened)
    return outcomes


def _row(arrival: Arrival, receipt: Receipt) -> dict[str, object]:
    submission = arrival.submission
    return {
        "commune": submission.commune,
        "lineage": submission.lineage,
        "revision": submission.revision,
        "kind": submission.kind.value,
        "author": arrival.author.account,
        "unit": submission.unit,
        "subject": submission.subject,
        "written_at": submission.written_at,
        "content": submission.content,
        "sha256": receipt.sha256,
        "received_at": receipt.received_at,
        "server": receipt.server,
        "key": receipt.key,
        "signature": receipt.signature,
    }


def _opened_row(one: Fresh, review: Review, at: datetime) -> dict[str, object]:
    return feed.access_row(
        reader=one.arrival.author.account,
        owner=one.owner,
        commune=one.arrival.submission.commune,
        lineage=review.lineage,
        revision=review.revision,
        how="opened",
        now=at,
    )
