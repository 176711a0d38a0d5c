"""What is owed to the server: queued in the transaction of the change itself, settled by a verified receipt.

What a restored server has lost is in the outbox again, with the receipt as its proof (`acknowledged.py`).

A row leaves the outbox in one of these ways: a receipt that verifies, the member's choice after a clash, the
member taking back a text that was refused or has not been sent, or, of a review that only tells of an
opening, the author taking the text back first. Nothing else removes it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from handbook.client import acknowledged, receipts, sync_state
from handbook.client.answers import Clashed, record_in
from handbook.client.attached import needed_lineages
from handbook.client.lineages import keep_both
from handbook.client.owed_titles import titles_of
from handbook.client.tables.personal import outbox
from handbook.client.withdrawals import forget_owed, keep_own
from handbook.errors import (
    BadInput,
    Conflict,
    Expected,
    NotAllowed,
    NotFound,
    Offline,
    ServerBroken,
    SignInFailed,
    TooBusy,
    Unreachable,
    Untrusted,
)
from handbook.model.changes import Change, Changes
from handbook.model.people import Member, commune_of
from handbook.model.retention import erased_text
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES, SubmissionEntry
from handbook.protocol.receipts import Receipt, ReceiptKey, acknowledges
from handbook.protocol.submissions import (
    Content,
    Submission,
    SubmissionKind,
    pack_content,
    type_of,
    unpack_content,
)

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.store import Store
    from handbook.client.transport import Transport

FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 3600
MAX_FAILURES = 3  # so many broken answers one after the other: the server is ill, not the row

CHANGED_BY = {
    SubmissionKind.REFLECTION: frozenset({Change.OUTBOX, Change.REFLECTION, Change.STUDY}),
    SubmissionKind.TICK: frozenset({Change.OUTBOX, Change.STUDY, Change.LIBRARY}),
    SubmissionKind.REVIEW: frozenset({Change.OUTBOX, Change.CELL}),
    SubmissionKind.CELL_MARK: frozenset({Change.OUTBOX, Change.CELL}),
    SubmissionKind.WITHDRAWAL: frozenset({Change.OUTBOX, Change.REFLECTION, Change.STUDY}),
    SubmissionKind.FILE: frozenset({Change.OUTBOX}),
}
"""What screens show of a submission of each kind."""


AnswerTo = Callable[[Row], tuple[Receipt, bool]]
"""The server's receipt for a row, and whether it did not hold the submission before; raises its refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedRow:
    """Something that waits. `last_error` says in Vietnamese why the last try failed; '' before the first.

    `set_aside` rows are not tried again until a person asks for it.
    """

    lineage: str
    revision: int
    kind: SubmissionKind
    title: str
    queued_at: datetime
    attempts: int
    last_error: str
    last_advice: str
    set_aside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """`held` rows still wait, `set_aside` were refused in this delivery, each with its reason in `owed`.

    `error` is the last failure that holds rows back.
    """

    sent: int
    held: int
    set_aside: int
    error: Expected | None
    changes: Changes


def compose(
    content: Content, *, author: Member, lineage: str, revision: int, subject: str, now: datetime
) -> Submission:
    """The envelope of a content record, with the author's cell and commune of today frozen into it."""
    kind = next(kind for kind, record_type in type_of.items() if isinstance(content, record_type))
    return Submission(
        kind=kind,
        lineage=lineage,
        revision=revision,
        commune=commune_of(author.unit),
        unit=author.unit,
        subject=subject,
        written_at=now.astimezone(UTC),
        content=pack_content(content),
    )


class Outbox:
    """`random` spreads the next tries of many PCs (full jitter)."""

    def __init__(self, store: "Store", account: "Account", random: Random) -> None:
        self._store = store
        self._account = account
        self._random = random

    # Commands

    def owe(self, connection: Connection, submission: Submission) -> None:
        """Queues a submission inside the caller's transaction on personal.db."""
        connection.execute(
            insert(outbox).values(
                kind=submission.kind.value,
                lineage=submission.lineage,
                revision=submission.revision,
                commune=submission.commune,
                unit=submission.unit,
                subject=submission.subject,
                written_at=submission.written_at,
                content=submission.content,
            )
        )

    def retry(self, lineage: str, revision: int) -> Changes:
        """Puts a row that was set aside, or waits for its next try, back in line for the next delivery."""
        with self._store.personal.write() as connection:
            self._update(connection, (lineage, revision), set_aside=False, next_try_at=None)
        return self._store.announce({Change.OUTBOX})

    def settle(self, connection: Connection, receipt: Receipt, *, held_before: bool) -> None:
        """Keeps a checked receipt and drops the owed row it answers, inside the caller's transaction.

        `held_before` says that the server had it already. Of a withdrawal the words become a draft again. A
        row of the same name with another text, as a clash leaves it, stays.
        """
        receipts.keep(connection, receipt)
        row = self.owed_row(connection, receipt.lineage, receipt.revision)
        if row is not None and submission_in(row).sha256 == receipt.sha256:
            acknowledged.keep(connection, submission_in(row), seen=row.again and held_before)
            connection.execute(delete(outbox).where(outbox.c.sequence == row.sequence))
            if receipt.kind is SubmissionKind.WITHDRAWAL:
                content = unpack_content(SubmissionKind.WITHDRAWAL, row.content)
                keep_own(connection, content, receipt.received_at)

    def owed_row(self, connection: Connection, lineage: str, revision: int) -> Row | None:
        """The row of the table `outbox` for this revision, if it is owed."""
        return connection.execute(
            select(outbox).where(outbox.c.lineage == lineage, outbox.c.revision == revision)
        ).one_or_none()

    def deliver(
        self,
        transport: "Transport",
        token: str,
        now: datetime,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> DeliveryReport:
        """Sends what is due, oldest first, until the server cannot be reached or asks to wait.

        A revision is never sent before the earlier ones of its lineage are receipted, a withdrawal not
        before what it takes back, and a reflection not before its files. A row that the server refuses is set
        aside with the reason and the rest goes on. Nothing is raised: `error` tells.
        """
        delivery = _Delivery(now)
        with self._store.personal.read() as connection:
            rest_until = sync_state.rest_until(connection)
        if rest_until and now < rest_until:
            delivery.error = TooBusy(
                "Máy chủ đang bận và yêu cầu gửi lại sau.",
                "Nội dung vẫn được giữ; sổ tay sẽ tự gửi.",
                retry_after=(rest_until - now).total_seconds(),
            )
        else:
            keys = receipts.published_keys(self._store)
            for row in self._in_line(delivery):
                if cancelled():
                    break
                self._try(row, lambda row: self._put(row, transport, token), keys, delivery)
                if delivery.stopped:
                    break
        return self._report(delivery)

    def hear(self, answers: Iterable[tuple[str, int, AnswerTo]], now: datetime) -> DeliveryReport:
        """Settles what the server answered by another way than the network, as `deliver` does.

        Each answer is to a lineage and a revision; what is not owed any more is passed over.
        """
        delivery = _Delivery(now)
        keys = receipts.published_keys(self._store)
        for lineage, revision, answer in answers:
            with self._store.personal.read() as connection:
                row = self.owed_row(connection, lineage, revision)
            if row is not None:
                self._try(row, answer, keys, delivery)
            if delivery.stopped:
                break
        return self._report(delivery)

    def _report(self, delivery: "_Delivery") -> DeliveryReport:
        return DeliveryReport(
            sent=delivery.sent,
            held=self._count_waiting(),
            set_aside=delivery.set_aside,
            error=delivery.error,
            changes=self._store.announce(delivery.changes),
        )

    # Queries

    def owed(self) -> tuple[OwedRow, ...]:
        """Everything without a receipt, oldest first."""
        with self._store.personal.read() as connection:
            rows = connection.execute(select(outbox).order_by(outbox.c.sequence)).all()
            titles = titles_of(self._store, connection, rows)
        return tuple(
            OwedRow(
                lineage=row.lineage,
                revision=row.revision,
                kind=SubmissionKind(row.kind),
                title=titles[row.sequence],
                queued_at=row.written_at,
                attempts=row.attempts,
                last_error=row.last_error,
                last_advice=row.last_advice,
                set_aside=row.set_aside,
            )
            for row in rows
        )

    # One row's way to the server

    def _in_line(self, delivery: "_Delivery") -> Iterator[Row]:
        """Each row whose turn it is: due, and with no earlier revision of its lineage in the way."""
        with self._store.personal.read() as connection:
            # What the server has lost comes before what was written since: it may build on that.
            in_line = select(outbox.c.sequence).order_by(outbox.c.again.desc(), outbox.c.sequence)
            waiting = connection.execute(in_line).scalars().all()
        for sequence in waiting:
            with self._store.personal.read() as connection:
                row = connection.execute(select(outbox).where(outbox.c.sequence == sequence)).one_or_none()
            if row is None:
                continue
            after = {row.lineage, row.subject} | needed_lineages(row, self._account.member().account)
            if not delivery.blocked.isdisjoint(after):
                continue
            if row.set_aside or (row.next_try_at and delivery.now < row.next_try_at):
                delivery.blocked.add(row.lineage)
                continue
            yield row

    def _try(
        self,
        row: Row,
        answer: AnswerTo,
        keys: tuple[ReceiptKey, ...],
        delivery: "_Delivery",
    ) -> None:
        submission, author = submission_in(row), self._account.member().account
        if submission.kind is SubmissionKind.REFLECTION and not self._leaves(row):
            return
        try:
            receipt, is_new = answer(row)
            receipts.check(receipt, submission, author, keys)
        except Clashed as clash:
            self._clashed(row, clash, keys, delivery)
        except Expected as error:
            self._failed(row, error, delivery)
        else:
            self._receipted(submission, receipt, delivery, held_before=not is_new)

    def _put(self, row: Row, transport: "Transport", token: str) -> tuple[Receipt, bool]:
        submission = submission_in(row)
        path, body = f"/v1/submissions/{row.lineage}/{row.revision}", codec.encode(submission)
        if row.again:
            with self._store.personal.read() as connection:
                proof = receipts.of_revision(connection, row.lineage, row.revision)
            entry = SubmissionEntry(
                author=self._account.member().account, submission=submission, receipt=proof
            )
            path, body = f"/v1/acknowledged/{row.lineage}/{row.revision}", codec.encode(entry)
        answer = transport.send("PUT", path, body=body, token=token, limit=MAX_ANSWER_BYTES)
        return record_in(answer, Receipt), answer.status == HTTPStatus.CREATED

    def _leaves(self, row: Row) -> bool:
        """Notes that the server may hold the text from now on; False when it was taken back just before."""
        with self._store.personal.write() as connection:
            noted = connection.execute(
                update(outbox).where(outbox.c.sequence == row.sequence).values(sent=True)
            )
            return noted.rowcount > 0

    def _receipted(
        self, submission: Submission, receipt: Receipt, delivery: "_Delivery", *, held_before: bool
    ) -> None:
        with self._store.personal.write() as connection:
            self.settle(connection, receipt, held_before=held_before)
        delivery.sent += 1
        delivery.failures = 0
        delivery.changes |= CHANGED_BY[submission.kind]

    def _clashed(
        self,
        row: Row,
        clash: Clashed,
        keys: tuple[ReceiptKey, ...],
        delivery: "_Delivery",
    ) -> None:
        submission, author, held = submission_in(row), self._account.member().account, clash.held
        if held.erased_at is not None:
            refusal = Conflict(
                f"Đã nộp bài này từ một máy khác. {erased_text(held.erased_at)}",
                "Bài trên máy này vẫn được giữ, không nộp được nữa.",
            )
            self._failed(row, refusal, delivery)
            return
        try:
            receipts.check(held.receipt, held.submission, author, keys)
        except Untrusted as error:
            self._failed(row, error, delivery)
            return
        if acknowledges(held.receipt, submission, author):
            self._receipted(submission, held.receipt, delivery, held_before=True)
        elif submission.kind is SubmissionKind.REFLECTION:
            with self._store.personal.write() as connection:
                keep_both(connection, submission, held, clash.message, delivery.now)
                if held.submission.lineage != submission.lineage:
                    acknowledged.forget_about(connection, [submission.lineage])
                self._update(connection, (row.lineage, row.revision), attempts=row.attempts + 1, again=False)
            self._is_set_aside(submission.kind, submission.lineage, delivery)
        else:
            self._failed(row, clash, delivery)

    def _failed(self, row: Row, error: Expected, delivery: "_Delivery") -> None:
        """Notes on the row why it was not delivered, and decides what that means for it and for the rest."""
        delivery.changes |= {Change.OUTBOX}
        values: dict[str, object] = {"last_error": error.message, "last_advice": error.advice}
        with self._store.personal.write() as connection:
            match error:
                case Unreachable():
                    values["sent"] = row.sent
                    delivery.stopped = True
                case Offline():
                    delivery.stopped = True
                case SignInFailed():
                    delivery.stopped = True
                case TooBusy():
                    delivery.stopped = True
                    sync_state.rest(connection, delivery.now + self._wait(row.attempts, error.retry_after))
                case BadInput() | NotFound() if row.again:
                    # What it builds on is still with another PC, which offers it at its next sync.
                    values["next_try_at"] = delivery.now + self._wait(row.attempts, FIRST_WAIT_SECONDS)
                    values["last_error"], values["last_advice"] = row.last_error, row.last_advice
                case BadInput() | NotAllowed() | NotFound() | Conflict():
                    values["set_aside"] = True
                case _:  # Untrusted, ServerBroken: this row may be poison, the next need not be
                    values["next_try_at"] = delivery.now + self._wait(row.attempts, FIRST_WAIT_SECONDS)
            self._update(connection, (row.lineage, row.revision), attempts=row.attempts + 1, **values)
            if "set_aside" in values and row.kind == SubmissionKind.REFLECTION.value:
                forget_owed(connection, row.lineage)  # the server never took what was to be taken back
        if "set_aside" in values:
            self._is_set_aside(SubmissionKind(row.kind), row.lineage, delivery)
        elif not (row.again and isinstance(error, BadInput | NotFound)):
            delivery.error = error
        if isinstance(error, SignInFailed):
            delivery.changes |= self._account.mark_expired()
        if isinstance(error, ServerBroken):
            delivery.failures += 1
            delivery.stopped = delivery.stopped or delivery.failures >= MAX_FAILURES
        delivery.blocked.add(row.lineage)

    def _is_set_aside(self, kind: SubmissionKind, lineage: str, delivery: "_Delivery") -> None:
        delivery.set_aside += 1
        delivery.failures = 0
        delivery.blocked.add(lineage)
        delivery.changes |= CHANGED_BY[kind]

    def _wait(self, attempts: int, at_least: float) -> timedelta:
        window = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(attempts, 16))
        return timedelta(seconds=at_least + self._random.uniform(0, window))

    # Small reads and writes

    def _update(self, connection: Connection, key: tuple[str, int], **values: object) -> None:
        connection.execute(
            update(outbox).where(outbox.c.lineage == key[0], outbox.c.revision == key[1]).values(**values)
        )

    def _count_waiting(self) -> int:
        with self._store.personal.read() as connection:
            return connection.execute(
                select(func.count()).select_from(outbox).where(outbox.c.set_aside.is_(False))
            ).scalar_one()


class _Delivery:
    """What one delivery has met so far."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.sent = 0
        self.set_aside = 0
        self.failures = 0
        self.stopped = False
        self.error: Expected | None = None
        self.blocked: set[str] = set()
        self.changes: Changes = frozenset()


def submission_in(row: Row) -> Submission:
    """The submission in a row of the table `outbox`."""
    return Submission(
        kind=SubmissionKind(row.kind),
        lineage=row.lineage,
        revision=row.revision,
        commune=row.commune,
        unit=row.unit,
        subject=row.subject,
        written_at=row.written_at,
        content=row.content,
    )
