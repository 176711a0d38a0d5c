"""Takes what members hand in: each revision once, whatever is repeated, raced or reordered."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, bindparam, insert, or_, select
from sqlalchemy.exc import IntegrityError

from handbook.errors import BadInput, NotAllowed, NotFound
from handbook.model.people import Action, Member, can, commune_of
from handbook.model.reflection import (
    MAX_ANSWER_CHARACTERS,
    MAX_COMMENT_CHARACTERS,
    Reflection,
    Review,
    State,
    Verdict,
    classified_marking,
    standing,
)
from handbook.model.study import Tick
from handbook.protocol.receipts import Receipt, sign
from handbook.protocol.submissions import Content, Submission, SubmissionKind, unpack_content
from handbook.server import faults, feed
from handbook.server.database import Database
from handbook.server.errors import Clashed
from handbook.server.keys import Keys
from handbook.server.tables import access_log, submissions

MAX_REVISION = 100_000
MAX_NAME_CHARACTERS = 300  # of a subject, a unit's path, a part
MOMENTS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
RACES_LOST_IN_A_ROW = 5


@dataclass(frozen=True, slots=True)
class Accepted:
    """`new` is False when the server held this very submission already."""

    receipt: Receipt
    new: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose feed a submission goes to, and whom it is about."""

    unit: str
    owner: str


def accept(
    database: Database, keys: Keys, server: str, author: Member, submission: Submission, now: datetime
) -> Accepted:
    """Keeps the submission, its feed entry and its receipt in one transaction, or finds them kept.

    Raises BadInput, NotAllowed, NotFound, or Clashed when another text is held under the same identity.
    """
    content = _checked_content(submission)
    _check_place(author, submission)
    for attempt in range(RACES_LOST_IN_A_ROW):
        try:
            with database.write() as connection:
                accepted = _accept(connection, keys, server, author, submission, content, now)
            break
        except IntegrityError:
            # Somebody else committed the same identity after we looked: the next look finds it.
            if attempt == RACES_LOST_IN_A_ROW - 1:
                raise
    if accepted.new:
        faults.submission_committed()
    return accepted


def _accept(
    connection: Connection,
    keys: Keys,
    server: str,
    author: Member,
    submission: Submission,
    content: Content,
    now: datetime,
) -> Accepted:
    held = connection.execute(
        _held,
        {
            "in_commune": submission.commune,
            "of_lineage": submission.lineage,
            "by_author": author.account,
            "about": submission.subject,
            "as_kind": submission.kind.value,
        },
    ).all()
    lineage = [row for row in held if row.lineage == submission.lineage]
    if lineage and lineage[0].author != author.account:
        raise NotAllowed("Mã bài này đã thuộc về một đảng viên khác.", "Hãy báo quản trị máy chủ.")
    for row in lineage:
        if row.revision == submission.revision:
            if _same(row, submission):
                return Accepted(feed.receipt_from(row._mapping), new=False)
            raise _clash(connection, submission, lineage, "Máy chủ đã giữ một bản khác của lần nộp này.")
    if submission.kind is SubmissionKind.REFLECTION and len(held) > len(lineage):
        raise _clash(connection, submission, held, "Đồng chí đã nộp bài cho nhiệm vụ này từ một máy khác.")
    _check_succession(submission, lineage)
    place = _place(connection, author, submission, content)
    position = feed.take_position(connection, place.unit)
    if submission.kind is SubmissionKind.REFLECTION and lineage:
        _refuse_after_acceptance(connection, submission, lineage)
    receipt = sign(
        keys.receipts, server=server, author=author.account, submission=submission, received_at=now
    )
    connection.execute(_new_submission, [_row(author, submission, receipt)])
    feed.append_submission(
        connection,
        submission,
        unit=place.unit,
        position=position,
        owner=place.owner,
        author=author.account,
    )
    if isinstance(content, Review) and content.verdict is Verdict.OPENED:
        opened = feed.access_row(
            reader=author.account,
            owner=place.owner,
            commune=submission.commune,
            lineage=content.lineage,
            revision=content.revision,
            how="opened",
            now=now,
        )
        connection.execute(insert(access_log), [opened])
    return Accepted(receipt, new=True)


# Every revision of the lineage, and the author's other reflection about the same subject, without the texts.
_held = (
    select(*(column for column in submissions.c if column.name != "content"))
    .where(
        submissions.c.commune == bindparam("in_commune"),
        or_(
            submissions.c.lineage == bindparam("of_lineage"),
            and_(
                submissions.c.author == bindparam("by_author"),
                submissions.c.subject == bindparam("about"),
                submissions.c.kind == SubmissionKind.REFLECTION.value,
                bindparam("as_kind") == SubmissionKind.REFLECTION.value,
            ),
        ),
    )
    .order_by(submissions.c.revision)
)
_new_submission = insert(submissions)


def _same(row: object, submission: Submission) -> bool:
    """Whether the row holds these very bytes about the same thing, whatever `written_at` says now."""
    return (row.kind, row.sha256, row.subject, row.unit) == (
        submission.kind.value,
        submission.sha256,
        submission.subject,
        submission.unit,
    )


def _clash(connection: Connection, submission: Submission, rows: list, message: str) -> Clashed:
    latest = max(rows, key=lambda row: row.revision)
    held = connection.execute(
        select(submissions).where(
            submissions.c.commune == submission.commune,
            submissions.c.lineage == latest.lineage,
            submissions.c.revision == latest.revision,
        )
    ).one()
    return Clashed(message, "Cả hai bản đều được giữ; hãy xem và chọn.", feed.entry_from(held._mapping))


def _check_succession(submission: Submission, lineage: list) -> None:
    """Revisions come one after the other, all of one kind and about one subject."""
    latest = lineage[-1].revision if lineage else 0
    if submission.revision != latest + 1:
        raise BadInput(
            f"Máy chủ chưa có bản {submission.revision - 1} của bài này (mới có đến bản {latest}).",
            "Bản trước cần được gửi trước; bài vẫn được giữ trên máy.",
        )
    if lineage and (lineage[0].kind, lineage[0].subject) != (submission.kind.value, submission.subject):
        raise BadInput("Bản sau phải cùng loại và cùng nội dung nhiệm vụ với bản đầu.")


def _refuse_after_acceptance(connection: Connection, submission: Submission, lineage: list) -> None:
    reviews = reviews_of(connection, submission.commune, [submission.lineage])
    latest = lineage[-1].revision
    if standing(True, reviews.get(submission.lineage, ()), latest) is State.ACCEPTED:
        raise _clash(connection, submission, lineage, "Bài đã được chi bộ đánh giá Đạt nên không nộp lại.")


def reviews_of(connection: Connection, commune: str, lineages: list[str]) -> dict[str, tuple[Review, ...]]:
    """Every review of these reflections, by reflection lineage."""
    found: dict[str, tuple[Review, ...]] = {}
    rows = connection.execute(
        select(submissions.c.subject, submissions.c.content).where(
            submissions.c.commune == commune,
            submissions.c.kind == SubmissionKind.REVIEW.value,
            submissions.c.subject.in_(lineages),
        )
    )
    for row in rows:
        review = unpack_content(SubmissionKind.REVIEW, row.content)
        found[row.subject] = (*found.get(row.subject, ()), review)
    return found


def _place(connection: Connection, author: Member, submission: Submission, content: Content) -> _Place:
    """A review goes to the feed of the revision it is about; anything else to its author's own cell."""
    if not isinstance(content, Review):
        return _Place(submission.unit, author.account)
    reviewed = connection.execute(
        select(submissions.c.author, submissions.c.unit).where(
            submissions.c.commune == submission.commune,
            submissions.c.lineage == content.lineage,
            submissions.c.revision == content.revision,
            submissions.c.kind == SubmissionKind.REFLECTION.value,
        )
    ).first()
    # Who may not review there learns nothing about what is there.
    may = any(can(author, Action.REVIEW, duty.unit) for duty in author.duties)
    if reviewed is None and may:
        raise NotFound("Máy chủ không có bản bài thu hoạch được nhận xét.", "Hãy đồng bộ rồi mở lại bài.")
    if reviewed is None or not can(author, Action.REVIEW, reviewed.unit):
        raise NotAllowed("Đồng chí không được phân công nhận xét bài của chi bộ này.")
    if reviewed.author == author.account:
        raise NotAllowed(
            "Không tự nhận xét bài của mình.", "Bài của đồng chí do người khác trong chi uỷ xem."
        )
    return _Place(reviewed.unit, reviewed.author)


def _row(author: Member, submission: Submission, receipt: Receipt) -> dict[str, object]:
    return {
        "commune": submission.commune,
        "lineage": submission.lineage,
        "revision": submission.revision,
        "kind": submission.kind.value,
        "author": author.account,
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


def _check_place(author: Member, submission: Submission) -> None:
    """The unit is the author's cell, or was when it was written; the commune is that of the unit."""
    if not can(author, Action.SUBMIT_OWN, submission.unit):
        raise NotAllowed("Bài ghi một chi bộ mà đồng chí không sinh hoạt.", "Hãy đồng bộ rồi nộp lại.")
    if submission.commune != commune_of(submission.unit):
        raise BadInput("Bài ghi đảng uỷ không khớp với chi bộ.")


def _checked_content(submission: Submission) -> Content:
    """The record inside, after everything that can be judged without the database. Raises BadInput."""
    if not _is_uuid(submission.lineage):
        raise BadInput("Mã bài không đúng dạng.")
    _check_revision(submission.revision)
    _check_name(submission.subject)
    _check_name(submission.unit)
    _check_moment(submission.written_at)
    content = unpack_content(submission.kind, submission.content)
    match content:
        case Reflection():
            subject = content.assignment
            for answer in content.answers:
                _check_text(answer.text, MAX_ANSWER_CHARACTERS)
        case Tick():
            subject = content.document
            _check_moment(content.ticked_at)
        case Review():
            subject = content.lineage
            _check_revision(content.revision)
            _check_moment(content.reviewed_at)
            _check_text(content.comment, MAX_COMMENT_CHARACTERS)
    if subject != submission.subject:
        raise BadInput("Nội dung bài không khớp với nhiệm vụ ghi trên bài.")
    return content


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _check_revision(revision: int) -> None:
    if not 1 <= revision <= MAX_REVISION:
        raise BadInput("Số lần nộp không hợp lệ.")


def _check_name(name: str) -> None:
    if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise BadInput("Bài ghi tên nhiệm vụ, tài liệu hoặc chi bộ không hợp lệ.")


def _check_moment(moment: datetime) -> None:
    if moment.tzinfo is None or not MOMENTS[0] <= moment < MOMENTS[1]:
        raise BadInput("Bài ghi thời điểm không hợp lệ.", "Hãy kiểm tra đồng hồ của máy.")


def _check_text(text: str, limit: int) -> None:
    if len(text) > limit:
        raise BadInput(f"Một phần dài {len(text)} ký tự, giới hạn là {limit} ký tự.")
    if marking := classified_marking(text):
        raise BadInput(
            f"Có dấu “{marking}”: nội dung bí mật nhà nước không được đưa vào sổ tay.",
            "Hãy bỏ nội dung đó và báo người phụ trách bảo mật của cơ quan.",
        )
