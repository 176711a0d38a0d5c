"""Files that go with reflections: whether they are here in whole, and who is given a piece of one."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from handbook.errors import BadInput, NotFound
from handbook.model.attached import pieces_of
from handbook.model.people import Action, Member, can, commune_of
from handbook.model.reflection import Reflection
from handbook.model.retention import erased_text
from handbook.protocol.submissions import (
    FilePiece,
    Submission,
    SubmissionKind,
    file_lineage,
    unpack_content,
)
from handbook.server.database import Database
from handbook.server.envelope import MAX_REVISION
from handbook.server.feed import access_row
from handbook.server.tables import access_log, submissions
from handbook.server.withdrawals import withdrawn_of


def check_files_held(
    connection: Connection, author: str, submission: Submission, reflection: Reflection
) -> None:
    """Raises BadInput unless every piece of the files that a reflection names was kept before."""
    wanted = {
        file_lineage(submission.unit, author, file.sha256): pieces_of(file.size) for file in reflection.files
    }
    if not wanted:
        return
    held = connection.execute(
        select(submissions.c.lineage, func.count())
        .where(submissions.c.commune == submission.commune, submissions.c.lineage.in_(wanted))
        .group_by(submissions.c.lineage)
    )
    if {lineage: count for lineage, count in held} != wanted:
        raise BadInput(
            "Máy chủ chưa có đủ các tệp kèm theo bài này.",
            "Hãy mở bài, chọn Viết lại từ bài đã nộp rồi nộp lại; bài và tệp vẫn được giữ trên máy.",
        )


def read_piece(
    database: Database,
    reader: Member,
    unit: str,
    lineage: str,
    revision: int,
    sha256: str,
    number: int,
    now: datetime,
) -> FilePiece:
    """Piece `number`, from 1, of a file that a reflection handed in at `unit` names.

    NotFound for whoever may not read that text, as if it were not there: others than its author and those
    who may read the cell, to whom a text that was taken back is not given either.
    """
    if max(revision, number) > MAX_REVISION:
        raise _no_file()
    with database.read() as connection:
        text = connection.execute(
            select(submissions.c.author, submissions.c.content, submissions.c.erased_at).where(
                submissions.c.commune == commune_of(unit),
                submissions.c.lineage == lineage,
                submissions.c.revision == revision,
                submissions.c.kind == SubmissionKind.REFLECTION.value,
                submissions.c.unit == unit,
            )
        ).one_or_none()
        if text is None or not _may_read(connection, reader, unit, text.author, lineage, revision):
            raise _no_file()
        if text.erased_at is not None:
            raise NotFound(erased_text(text.erased_at), "Biên nhận và kết quả đánh giá vẫn còn.")
        named = unpack_content(SubmissionKind.REFLECTION, text.content).files
        if all(file.sha256 != sha256 for file in named):
            raise _no_file()
        content = connection.execute(
            select(submissions.c.content).where(
                submissions.c.commune == commune_of(unit),
                submissions.c.lineage == file_lineage(unit, text.author, sha256),
                submissions.c.revision == number,
            )
        ).scalar_one_or_none()
    if content is None:
        raise _no_file()
    if number == 1 and reader.account != text.author:
        row = access_row(
            reader=reader.account,
            owner=text.author,
            commune=commune_of(unit),
            lineage=lineage,
            revision=revision,
            how="file",
            now=now,
        )
        with database.write() as connection:
            connection.execute(insert(access_log), [row])
    return unpack_content(SubmissionKind.FILE, content)


def _may_read(
    connection: Connection, reader: Member, unit: str, author: str, lineage: str, revision: int
) -> bool:
    if reader.account == author:
        return True
    taken_back = withdrawn_of(connection, {commune_of(unit)}, [lineage]).get(lineage, ())
    return can(reader, Action.READ_CELL, unit) and revision not in taken_back


def _no_file() -> NotFound:
    return NotFound("Máy chủ không có tệp kèm theo này.", "Hãy đồng bộ rồi mở lại bài.")
