"""Reads the feeds of cells: own submissions of another PC, reviews, and for a secretary all of the cell.

Each page is applied in one transaction together with its cursor, and applying it again changes nothing: a
kill at any line costs at most one page read twice.

A server that does not have the entry that was read last was restored from a backup: its feed is read from the
start, nothing here is dropped, and what it has lost of this member's is owed to it again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client import acknowledged, cell_copies, erased, receipts, retention
from handbook.client.answers import record_in
from handbook.client.cell_marks import keep_mark
from handbook.client.lineages import keep_both, keep_received, keep_review
from handbook.client.outbox import submission_in
from handbook.client.tables.personal import feed_cursors, revisions, ticks
from handbook.client.withdrawals import keep_of_cell, keep_own
from handbook.errors import BadInput, Expected, NotAllowed, NotFound, ServerBroken, SignInFailed, Untrusted
from handbook.model.changes import Change, Changes
from handbook.model.people import Action, DutyKind, Member, cells_where
from handbook.protocol.api import FEED_PAGE, MAX_ANSWER_BYTES, Entry, FeedPage, SubmissionEntry
from handbook.protocol.receipts import ReceiptKey
from handbook.protocol.submissions import SubmissionKind, unpack_content

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.outbox import Outbox
    from handbook.client.store import Store
    from handbook.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """`received` entries were applied; `lost` ones the server had once, and they are queued again.

    `error` is the last failure; what came before it is kept.
    """

    received: int
    lost: int
    bytes_down: int
    error: Expected | None
    changes: Changes


@dataclass(frozen=True, slots=True)
class _Reading:
    """One cell's feed as this account reads it; `whole` with the right to read the cell."""

    unit: str
    whole: bool


class Feed:
    def __init__(self, store: "Store", account: "Account", outbox: "Outbox") -> None:
        self._store = store
        self._account = account
        self._outbox = outbox

    def pull(
        self,
        transport: "Transport",
        token: str,
        now: datetime,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> FeedReport:
        """Applies everything new in the member's own cells and in each cell they may read.

        A cell that the server refuses to show does not keep the others from being read. Nothing is raised.
        """
        pull = _Pull(transport, token, now, receipts.published_keys(self._store), cancelled)
        done: set[_Reading] = set()
        try:
            # A page may tell of another duty or cell: then there is more to read, or less to keep.
            while waiting := [reading for reading in self._readings() if reading not in done]:
                pull.changes |= self._forget_what_may_not_be_read()
                done.add(waiting[0])
                try:
                    self._read(waiting[0], pull)
                except (NotAllowed, NotFound, Untrusted) as error:
                    pull.error = error
        except SignInFailed as error:
            pull.error = error
            pull.changes |= self._account.mark_expired()
        except Expected as error:
            pull.error = error
        self._owe_what_was_lost(pull)
        changes = self._store.announce(pull.changes)
        return FeedReport(
            received=pull.received,
            lost=pull.lost,
            bytes_down=pull.bytes_down,
            error=pull.error,
            changes=changes,
        )

    def _owe_what_was_lost(self, pull: "_Pull") -> None:
        with self._store.personal.write() as connection:
            pull.lost = acknowledged.owe_lost(connection, pull.finished)
        if pull.lost:
            pull.changes |= {Change.OUTBOX}

    def _readings(self) -> list[_Reading]:
        member = self._account.member()
        readable = {cell.path for cell in cells_where(member, Action.READ_CELL, self._account.units())}
        own = {member.unit} | {duty.unit for duty in member.duties if duty.kind is DutyKind.MEMBER}
        # The own cell first: the member's own receipts and reviews matter most.
        return [
            _Reading(unit, unit in readable)
            for unit in sorted(own | readable, key=lambda unit: (unit != member.unit, unit))
        ]

    def _read(self, reading: _Reading, pull: "_Pull") -> None:
        more = True
        while more and not pull.cancelled():
            after, mark = self._cursor(reading)
            page = self._page(reading, after, mark, pull)
            if page.restored and after > 0:
                self._start_again(reading)
                continue
            if page.more and page.next <= after:
                raise ServerBroken("Máy chủ trả lời lặp lại cùng một trang.", "Hãy báo quản trị máy chủ.")
            if self._tells_of_another_self(page):
                # Before the page is applied: if this fails, the page is read again.
                pull.changes |= self._account.refresh()
            self._apply(reading, page, pull)
            more = page.more
        if not more:
            pull.finished.add(reading.unit)

    def _start_again(self, reading: _Reading) -> None:
        with self._store.personal.write() as connection:
            self._move_cursor(connection, reading, 0, "")
            acknowledged.doubt(connection, reading.unit)

    def _page(self, reading: _Reading, after: int, mark: str, pull: "_Pull") -> FeedPage:
        asked: dict[str, object] = {"unit": reading.unit, "after": after, "limit": FEED_PAGE}
        if mark:
            asked["mark"] = mark
        if self._wants_rules(pull.now):
            asked["rules"] = 1
        if reading.whole:
            with self._store.personal.read() as connection:
                asked["seen_since"] = cell_copies.seen_since(connection, reading.unit).isoformat()
        query = urlencode(asked)
        answer = pull.transport.send("GET", f"/v1/feed?{query}", token=pull.token, limit=MAX_ANSWER_BYTES)
        pull.bytes_down += len(answer.body)
        return record_in(answer, FeedPage)

    def _wants_rules(self, now: datetime) -> bool:
        with self._store.personal.read() as connection:
            return retention.is_to_be_asked(connection, now)

    def _tells_of_another_self(self, page: FeedPage) -> bool:
        me = self._account.member()
        return any(
            entry.member is not None and entry.member.account == me.account and entry.member != me
            for entry in page.entries
        )

    def _apply(self, reading: _Reading, page: FeedPage, pull: "_Pull") -> None:
        """Raises Untrusted after keeping the entries before the one that cannot be believed."""
        me, position, mark, refused = self._account.member(), page.next, page.mark, None
        with self._store.personal.write() as connection:
            for entry in page.entries:
                try:
                    pull.changes |= self._apply_entry(connection, reading, entry, me, pull)
                except (Untrusted, ServerBroken, BadInput) as error:
                    # Between entries there is no mark; the next page that works brings one.
                    position, mark, refused = entry.position - 1, "", error
                    break
                pull.received += 1
            self._move_cursor(connection, reading, position, mark)
            if page.retention is not None and retention.keep(connection, page.retention, pull.now):
                pull.changes |= {Change.ACCOUNT}
            if reading.whole and cell_copies.keep_seen(connection, reading.unit, page.seen):
                pull.changes |= {Change.CELL}
        if refused:
            raise refused

    def _apply_entry(
        self, connection: Connection, reading: _Reading, entry: Entry, me: Member, pull: "_Pull"
    ) -> Changes:
        if entry.member is not None:
            if not reading.whole:
                return frozenset()
            cell_copies.keep_member(connection, reading.unit, entry.member)
            return frozenset({Change.CELL})
        held = entry.entry
        if held is None:
            raise ServerBroken("Máy chủ gửi một mục trống.", "Hãy báo quản trị máy chủ.")
        if held.erased_at is not None:
            return erased.apply(connection, reading.unit, held, me.account, pull.keys, whole=reading.whole)
        changes: Changes = frozenset()
        if held.author == me.account:
            changes |= self._apply_own(connection, reading, held, pull)
        if held.submission.kind is SubmissionKind.REVIEW:
            keep_review(connection, held.author, held.submission)
            changes |= {Change.CELL, Change.REFLECTION, Change.STUDY}
        elif held.submission.kind is SubmissionKind.CELL_MARK:
            keep_mark(connection, reading.unit, held.author, held.submission)
            changes |= {Change.CELL, Change.STUDY}
        elif held.submission.kind is SubmissionKind.WITHDRAWAL:
            withdrawal = unpack_content(SubmissionKind.WITHDRAWAL, held.submission.content)
            keep_of_cell(connection, held.author, withdrawal)
            changes |= {Change.CELL, Change.OUTBOX}
        elif reading.whole:
            if held.submission.kind is SubmissionKind.REFLECTION:
                named = (held.submission.subject, held.submission.lineage)
                acknowledged.forget_replaced(connection, reading.unit, held.author, *named)
            cell_copies.keep_submission(connection, reading.unit, held)
            changes |= {Change.CELL}
            if acknowledged.retry_about(connection, {held.submission.lineage}):
                changes |= {Change.OUTBOX}
        return changes

    def _apply_own(
        self, connection: Connection, reading: _Reading, held: SubmissionEntry, pull: "_Pull"
    ) -> Changes:
        """Raises Untrusted when the receipt does not hold: nothing is shown as received without it."""
        submission = held.submission
        receipts.check(held.receipt, submission, held.author, pull.keys)
        if submission.kind is SubmissionKind.REFLECTION and self._differs_here(connection, held):
            mine = self._outbox.owed_row(connection, submission.lineage, submission.revision)
            if mine is None:
                raise ServerBroken(
                    "Máy chủ đưa ra một nội dung khác cho bài đã có biên nhận.", "Hãy báo quản trị máy chủ."
                )
            keep_both(connection, submission_in(mine), held, "Máy khác đã nộp bản khác trước.", pull.now)
            acknowledged.note_seen(connection, submission, reading.unit)
            return frozenset({Change.REFLECTION, Change.STUDY, Change.OUTBOX})
        match submission.kind:
            case SubmissionKind.REFLECTION:
                keep_received(connection, held)
            case SubmissionKind.TICK:
                _merge_tick(connection, submission.content)
            case SubmissionKind.WITHDRAWAL:
                withdrawal = unpack_content(SubmissionKind.WITHDRAWAL, submission.content)
                keep_own(connection, withdrawal, held.receipt.received_at)
        self._outbox.settle(connection, held.receipt, held_before=True)
        acknowledged.note_seen(connection, submission, reading.unit)
        return frozenset({Change.REFLECTION, Change.STUDY, Change.LIBRARY, Change.OUTBOX})

    def _differs_here(self, connection: Connection, held: SubmissionEntry) -> bool:
        content = connection.execute(
            select(revisions.c.content).where(
                revisions.c.lineage == held.submission.lineage,
                revisions.c.revision == held.submission.revision,
                revisions.c.erased_at.is_(None),
            )
        ).scalar_one_or_none()
        return content is not None and content != held.submission.content

    def _cursor(self, reading: _Reading) -> tuple[int, str]:
        """How far the feed was applied, and the server's mark there."""
        with self._store.personal.read() as connection:
            row = connection.execute(
                select(feed_cursors).where(feed_cursors.c.unit == reading.unit)
            ).one_or_none()
        return (row.position, row.mark) if row and row.whole == reading.whole else (0, "")

    def _move_cursor(self, connection: Connection, reading: _Reading, position: int, mark: str) -> None:
        values = {"position": position, "whole": reading.whole, "mark": mark}
        connection.execute(
            insert(feed_cursors)
            .values(unit=reading.unit, **values)
            .on_conflict_do_update(index_elements=["unit"], set_=values)
        )

    def _forget_what_may_not_be_read(self) -> Changes:
        member = self._account.member()
        readable = {cell.path for cell in cells_where(member, Action.READ_CELL, self._account.units())}
        with self._store.personal.write() as connection:
            copied = connection.execute(select(feed_cursors.c.unit).where(feed_cursors.c.whole)).scalars()
            lost = set(copied) - readable
            for unit in lost:
                cell_copies.forget(connection, unit, member.account)
                connection.execute(delete(feed_cursors).where(feed_cursors.c.unit == unit))
        return frozenset({Change.CELL}) if lost else frozenset()


class _Pull:
    """What one pull uses and has met so far."""

    def __init__(
        self,
        transport: "Transport",
        token: str,
        now: datetime,
        keys: tuple[ReceiptKey, ...],
        cancelled: Callable[[], bool],
    ) -> None:
        self.transport = transport
        self.token = token
        self.now = now
        self.keys = keys
        self.cancelled = cancelled
        self.finished: set[str] = set()
        self.received = 0
        self.lost = 0
        self.bytes_down = 0
        self.error: Expected | None = None
        self.changes: Changes = frozenset()


def _merge_tick(connection: Connection, content: str) -> None:
    """Keeps a mark made on another PC unless a later one is here: the rule of model.study.read_documents."""
    tick = unpack_content(SubmissionKind.TICK, content)
    here = connection.execute(
        select(ticks.c.ticked_at, ticks.c.read).where(ticks.c.document == tick.document)
    ).one_or_none()
    if here is None or (here.ticked_at, here.read) < (tick.ticked_at, tick.read):
        values = {"edition": tick.edition, "read": tick.read, "ticked_at": tick.ticked_at}
        connection.execute(
            insert(ticks)
            .values(document=tick.document, **values)
            .on_conflict_do_update(index_elements=["document"], set_=values)
        )
