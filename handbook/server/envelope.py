"""What can be judged of a submission without the database: its form, its text, and whose place it names."""

import uuid
from datetime import UTC, datetime

from handbook.errors import BadInput, NotAllowed
from handbook.model.attached import files_problem, piece_length
from handbook.model.people import Action, Member, can, commune_of
from handbook.model.reflection import (
    MAX_ANSWER_CHARACTERS,
    MAX_COMMENT_CHARACTERS,
    MAX_PASSAGE_COMMENT_CHARACTERS,
    MAX_PASSAGES,
    MAX_QUOTE_CHARACTERS,
    AttachedFile,
    PassageComment,
    Reflection,
    Review,
    Withdrawal,
    classified_marking,
)
from handbook.model.study import CellMark, Tick, mark_problem
from handbook.protocol.submissions import (
    Content,
    FilePiece,
    Submission,
    SubmissionKind,
    file_lineage,
    unpack_content,
)

MAX_REVISION = 100_000
MAX_NAME_CHARACTERS = 300  # of a subject or a unit's path
MOMENTS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def checked_content(submission: Submission) -> Content:
    """The record inside, of the kind and about the subject that the envelope says. Raises BadInput."""
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
            if problem := files_problem(content.files):
                raise BadInput(problem, "Hãy bỏ bớt hoặc đổi tệp rồi nộp lại.")
        case Tick():
            subject = content.document
            _check_moment(content.ticked_at)
        case Review():
            subject = content.lineage
            _check_revision(content.revision)
            _check_moment(content.reviewed_at)
            _check_text(content.comment, MAX_COMMENT_CHARACTERS)
            _check_passages(content.passages)
        case Withdrawal():
            subject = content.lineage
            _check_revision(content.revision)
            _check_moment(content.withdrawn_at)
        case CellMark():
            subject = content.subject
            _check_moment(content.marked_at)
            _check_text(content.reason, MAX_COMMENT_CHARACTERS)
            if problem := mark_problem(content):
                raise BadInput(problem)
        case FilePiece():
            subject = content.sha256
            _check_piece(content, submission.revision)
    if subject != submission.subject:
        raise BadInput("Nội dung bài không khớp với nhiệm vụ ghi trên bài.")
    return content


def check_place(author: Member, submission: Submission) -> None:
    """The unit is the author's cell, or was when it was written; the commune is that of the unit."""
    if not can(author, Action.SUBMIT_OWN, submission.unit):
        raise NotAllowed("Bài ghi một chi bộ mà đồng chí không sinh hoạt.", "Hãy đồng bộ rồi nộp lại.")
    if submission.commune != commune_of(submission.unit):
        raise BadInput("Bài ghi đảng uỷ không khớp với chi bộ.")
    if submission.kind is SubmissionKind.FILE:
        own = file_lineage(submission.unit, author.account, submission.subject)
        if submission.lineage != own:
            raise BadInput("Mã của tệp kèm theo không đúng dạng.")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _check_piece(piece: FilePiece, number: int) -> None:
    name = AttachedFile(sha256=piece.sha256, name="tep.pdf", size=piece.size)
    if problem := files_problem([name]):
        raise BadInput(problem)
    if len(piece.data) != max(0, piece_length(piece.size, number)) or not piece.data:
        raise BadInput("Một mảnh của tệp kèm theo không đúng độ dài.")


def _check_revision(revision: int) -> None:
    if not 1 <= revision <= MAX_REVISION:
        raise BadInput("Số lần nộp không hợp lệ.")


def _check_name(name: str) -> None:
    if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise BadInput("Bài ghi tên nhiệm vụ, tài liệu hoặc chi bộ không hợp lệ.")


def _check_moment(moment: datetime) -> None:
    if moment.tzinfo is None or not MOMENTS[0] <= moment < MOMENTS[1]:
        raise BadInput("Bài ghi thời điểm không hợp lệ.", "Hãy kiểm tra đồng hồ của máy.")


def _check_passages(passages: tuple[PassageComment, ...]) -> None:
    if len(passages) > MAX_PASSAGES:
        raise BadInput(f"Một lần nhận xét có {len(passages)} góp ý theo đoạn, giới hạn là {MAX_PASSAGES}.")
    for passage in passages:
        _check_name(passage.part)
        _check_text(passage.comment, MAX_PASSAGE_COMMENT_CHARACTERS)
        if max(len(passage.quote), len(passage.before), len(passage.after)) > MAX_QUOTE_CHARACTERS:
            raise BadInput("Một đoạn được góp ý dài quá giới hạn.")


def _check_text(text: str, limit: int) -> None:
    if len(text) > limit:
        raise BadInput(f"Một phần dài {len(text)} ký tự, giới hạn là {limit} ký tự.")
    if marking := classified_marking(text):
        raise BadInput(
            f"Có dấu “{marking}”: nội dung bí mật nhà nước không được đưa vào sổ tay.",
            "Hãy bỏ nội dung đó và báo người phụ trách bảo mật của cơ quan.",
        )
