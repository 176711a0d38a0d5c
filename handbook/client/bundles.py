"""What the outbox owes, carried by hand: bundles written, brought to the server for others, and answered.

All lies in one folder of a stick, whoever wrote it: `TIME-NUMBER-ID.goi` is a bundle, `...bien-nhan` its
answer. By their names bundles are brought in the order they were written in. Writing one settles nothing: the
outbox owes until a receipt verifies, whichever way that comes.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Row, select, text, update

from handbook.client import disk
from handbook.client.answers import record_in
from handbook.client.attached import needed_lineages
from handbook.client.outbox import AnswerTo, DeliveryReport, Outbox, submission_in
from handbook.client.store import Store
from handbook.client.sync_log import LogLine, note_line, of_error
from handbook.client.tables.library import receipt_keys
from handbook.client.tables.personal import outbox as outbox_table
from handbook.client.transport import Answer
from handbook.errors import BadInput, Conflict, Expected, NotFound, SignInFailed, Untrusted
from handbook.model.changes import Change
from handbook.model.people import commune_of
from handbook.protocol import codec
from handbook.protocol.api import MAX_REQUEST_BYTES
from handbook.protocol.bundles import (
    MAX_CONTENT_BYTES,
    MAX_REPLY_BYTES,
    MAX_SUBMISSIONS,
    SECRET_BYTES,
    Answers,
    BundleAnswer,
    BundleReply,
    Owed,
    read_reply,
    seal,
    unseal_reply,
)
from handbook.protocol.receipts import Receipt, ReceiptKey
from handbook.protocol.submissions import Submission, SubmissionKind

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.transport import Transport

FOLDER_NAME = "so-tay-goi-bai"
BUNDLE, REPLY = ".goi", ".bien-nhan"
_MAX_FILE_BYTES = 2 * MAX_REPLY_BYTES
_SPARE_BYTES = 1024  # of a bundle's content, for the token and what holds the parts together


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many submissions lie in how many new bundles; `too_large` are those that no bundle can hold."""

    folder: Path
    submissions: int
    bundles: int
    too_large: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Bundles that were taken by the server, and those it refused, each with its reason."""

    taken: int
    refused: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Answers to own bundles in one report each, and how many were for other members or sessions."""

    reports: tuple[DeliveryReport, ...]
    others: int

    @property
    def received(self) -> int:
        return sum(report.sent for report in self.reports)

    @property
    def refused(self) -> int:
        return sum(report.set_aside for report in self.reports)


class Bundles:
    """The bundles of one member; `random(count)` gives random bytes."""

    def __init__(
        self, store: Store, account: "Account", outbox: Outbox, random: Callable[[int], bytes]
    ) -> None:
        self._store, self._account, self._outbox, self._random = store, account, outbox, random

    def write(self, chosen: Path, now: datetime) -> Written:
        """Seals what the outbox owes into new bundles on the stick; nothing is settled by that.

        From then on the server may hold the texts, so that taking one back is a matter for the server. Raises
        SignInFailed for a session that has ended, NotFound without anything owed or a published key,
        DiskProblem.
        """
        if self._account.session_expired():
            raise SignInFailed(
                "Phiên đăng nhập trên máy này không còn hiệu lực nên máy chủ sẽ không nhận gói.",
                "Hãy đăng nhập lại một lần khi có mạng; bài vẫn được giữ.",
            )
        token, commune = self._account.token, commune_of(self._account.member().unit)
        key = self._key(commune)
        rows, too_large = self._due()
        if not rows:
            raise NotFound("Không còn gì chờ gửi.", "Chưa có gì để ghi vào gói.")
        folder, written, bundles = usual_folder(chosen), 0, 0
        disk.make_folder(folder)
        for submissions in _parcels(rows):
            sendable = self._leave(submissions)
            if not sendable:
                continue
            bundle = seal(Owed(token, sendable), key, commune, self._random(SECRET_BYTES))
            name = f"{now.astimezone(UTC):%Y%m%d%H%M%S}-{bundles:03}-{bundle.id}{BUNDLE}"
            disk.write_whole(folder / name, codec.encode(bundle), mode=0o644)
            written, bundles = written + len(sendable), bundles + 1
        return Written(
            folder=folder,
            submissions=written,
            bundles=bundles,
            too_large=too_large,
        )

    def hear(self, chosen: Path, now: datetime) -> Heard:
        """Settles what the answers on the stick say, notes it in the log, and takes own bundles that were
        answered off the stick.

        Raises NotFound where there is no answer, DiskProblem.
        """
        folder = _found(chosen)
        token, others, reports = self._account.token, 0, []
        replies = sorted(folder.glob(f"*{REPLY}"))
        if not replies:
            raise NotFound(
                f"Trong {folder} chưa có biên nhận.",
                "Biên nhận có sau khi người chuyển bấm “Chuyển gói bài” trên máy có mạng.",
            )
        for file in replies:
            try:
                answers = unseal_reply(read_reply(_read(file)), token)
            except (Untrusted, BadInput):
                others += 1
                continue
            reports.append(self._outbox.hear(_spoken(answers), now))
            for done in (file.with_suffix(BUNDLE), file):
                with suppress(OSError):  # a stick that only can be read keeps them; hearing twice is harmless
                    done.unlink(missing_ok=True)
        heard = Heard(reports=tuple(reports), others=others)
        if reports:
            self._note(heard, folder, now)
        return heard

    def _note(self, heard: Heard, folder: Path, now: datetime) -> None:
        """Adds to the log what the answers in the folder said."""
        error = next((report.error for report in heard.reports if report.error), None)
        line = LogLine(
            started_at=now, finished_at=now, sent=heard.received, source=str(folder), **of_error(error)
        )
        with self._store.personal.write() as connection:
            note_line(connection, line)
        self._store.announce({Change.SYNC})

    def _key(self, commune: str) -> ReceiptKey:
        """The key of the commune's server that was published last."""
        with self._store.library.read() as connection:
            row = connection.execute(
                select(receipt_keys.c.id, receipt_keys.c.public)
                .where(receipt_keys.c.publisher == commune)
                .order_by(text("rowid DESC"))
                .limit(1)
            ).one_or_none()
        if row is None:
            raise NotFound(
                "Đảng uỷ chưa công bố khoá của máy chủ, nên chưa niêm phong được gói bài.",
                "Hãy nhập nội dung mới nhất từ USB rồi thử lại; nếu vẫn vậy, báo cho đảng uỷ.",
            )
        return ReceiptKey(row.id, row.public)

    def _due(self) -> tuple[list[Row], int]:
        """What may go, oldest first, and how much is too large for any bundle.

        Nothing goes that builds on what stays here: what was refused, what is too large, and what a restored
        server has lost, for which the network has a way of its own.
        """
        with self._store.personal.read() as connection:
            rows = connection.execute(select(outbox_table).order_by(outbox_table.c.sequence)).all()
        author = self._account.member().account
        large = {row.lineage for row in rows if _size(submission_in(row)) > _room()}
        staying = large | {row.lineage for row in rows if row.set_aside or row.again}
        due = []
        for row in rows:
            if staying.isdisjoint({row.lineage, row.subject} | needed_lineages(row, author)):
                due.append(row)
            else:
                staying.add(row.lineage)
        return due, len(large)

    def _leave(self, rows: list[Row]) -> tuple[Submission, ...]:
        """Notes that the server may hold these from now on; without those taken back just before."""
        leaving = []
        with self._store.personal.write() as connection:
            for row in rows:
                noted = connection.execute(
                    update(outbox_table)
                    .where(outbox_table.c.sequence == row.sequence)
                    .values(sent=outbox_table.c.sent | (row.kind == SubmissionKind.REFLECTION))
                )
                if noted.rowcount:
                    leaving.append(submission_in(row))
        return tuple(leaving)


def carry(
    transport: "Transport", token: str, chosen: Path, cancelled: Callable[[], bool] = lambda: False
) -> Carried:
    """Brings every bundle on the stick that has no answer yet to the server, and writes the answers beside.

    A bundle that the server cannot open does not keep the others. Raises NotFound without any bundle, and
    what goes for all of them: Offline, SignInFailed, NotAllowed, TooBusy, ServerBroken, DiskProblem.
    """
    folder = _found(chosen)
    files = [file for file in sorted(folder.glob(f"*{BUNDLE}")) if not file.with_suffix(REPLY).exists()]
    if not files:
        raise NotFound(
            f"Trong {folder} không có gói bài nào chưa chuyển.",
            "Đảng viên ghi gói bằng “Ghi gói bài ra USB” trên máy của mình.",
        )
    taken, refused = 0, []
    for file in files:
        if cancelled():
            break
        try:
            data = _read(file, MAX_REQUEST_BYTES)
            answer = transport.send("POST", "/v1/bundles", body=data, token=token, limit=_MAX_FILE_BYTES)
            reply = record_in(answer, BundleReply)
        except (BadInput, Conflict) as error:
            refused.append(error)
            continue
        disk.write_whole(file.with_suffix(REPLY), codec.encode(reply), mode=0o644)
        taken += 1
    return Carried(taken=taken, refused=tuple(refused))


def usual_folder(chosen: Path) -> Path:
    """Where on a stick bundles lie, whichever of the two was chosen."""
    return chosen if chosen.name == FOLDER_NAME else chosen / FOLDER_NAME


def _found(chosen: Path) -> Path:
    folder = usual_folder(chosen)
    if not folder.is_dir():
        raise NotFound(
            f"Trong {chosen} không có gói bài của sổ tay.",
            f"Hãy chọn USB hoặc thư mục “{FOLDER_NAME}” trên đó.",
        )
    return folder


def _parcels(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows in order, as many together as one bundle holds."""
    parcel: list[Row] = []
    size = 0
    for row in rows:
        own = _size(submission_in(row))
        if parcel and (size + own > _room() or len(parcel) == MAX_SUBMISSIONS):
            yield parcel
            parcel, size = [], 0
        parcel.append(row)
        size += own
    if parcel:
        yield parcel


def _size(submission: Submission) -> int:
    return len(codec.encode(submission)) + 1


def _room() -> int:
    return MAX_CONTENT_BYTES - _SPARE_BYTES


def _spoken(answers: Answers) -> Iterator[tuple[str, int, AnswerTo]]:
    for one in answers.answers:
        yield one.lineage, one.revision, lambda row, one=one: _said(one, row)


def _said(answer: BundleAnswer, row: Row) -> tuple[Receipt, bool]:
    """The receipt, or the refusal as it would have come over the network."""
    if submission_in(row).sha256 != answer.sha256:
        raise Untrusted(
            "Biên nhận nói về một bản khác của bài này.", "Bài vẫn chờ gửi; hãy ghi gói mới hoặc đồng bộ."
        )
    receipt = record_in(Answer(answer.status, {}, answer.body.encode()), Receipt)
    return receipt, answer.status == HTTPStatus.CREATED


def _read(file: Path, limit: int = _MAX_FILE_BYTES) -> bytes:
    """Raises BadInput for a file longer than `limit` bytes, DiskProblem."""
    try:
        with file.open("rb") as opened:
            data = opened.read(limit + 1)
    except OSError as error:
        raise disk.from_os(error, file) from error
    if len(data) > limit:
        raise BadInput(f"Tệp {file.name} dài quá giới hạn.", "Tệp này không phải do sổ tay ghi ra.")
    return data
