"""Handing a reflection in, and taking it back: what is owed to the server, in the caller's transaction."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.sqlite import insert

from handbook.client.attached import (
    disown,
    drop_unnamed,
    forget_named,
    keep_named,
    pieces_to_owe,
    unpacked_files,
)
from handbook.client.drafts import is_revision, lineage_of, on_template, standing_of
from handbook.client.outbox import compose
from handbook.client.tables.personal import drafts, outbox, revisions
from handbook.client.versions import unpacked
from handbook.client.withdrawals import reopen
from handbook.errors import BadInput
from handbook.model.attached import files_problem
from handbook.model.people import Member
from handbook.model.reflection import Answer, AttachedFile, Problem, Reflection, Withdrawal, problems
from handbook.model.study import Assignment
from handbook.model.vietnamese import date_text, moment_text

if TYPE_CHECKING:
    from handbook.client.outbox import Outbox


def hand_in(
    connection: Connection, owed: "Outbox", assignment: Assignment, author: Member, now: datetime
) -> None:
    """Makes the draft the next revision and owes it with its files.

    Raises BadInput with the first problem, or when there is a text of another PC that the draft does not
    build on: the member chooses between the two first, see choices.py.
    """
    standing = standing_of(connection, assignment)
    draft = standing.draft
    if draft is None:
        raise BadInput("Chưa có bài viết để nộp.", "Hãy viết bài rồi nộp.")
    if standing.accepted:
        raise BadInput(
            "Bài nộp từ máy khác đã được đánh giá Đạt nên không nộp lại.",
            "Bản viết trên máy này vẫn được giữ.",
        )
    if newer := standing.newer:
        raise BadInput(
            f"Máy khác của đồng chí đã nộp bản {newer.revision} lúc {moment_text(newer.submitted_at)}.",
            "Hãy so hai bản rồi chọn bản để nộp; cả hai vẫn được giữ.",
        )
    answers = tuple(
        answer for answer in on_template(assignment, unpacked(draft.answers)) if answer.text.strip()
    )
    files = unpacked_files(draft.files)
    if found := problems_now(assignment, answers, files, now):
        raise BadInput(found[0].message, "Hãy sửa rồi nộp lại; bản nháp vẫn được giữ.")
    for lineage, number, piece in pieces_to_owe(connection, files, author.unit, author.account):
        owed.owe(
            connection,
            compose(piece, author=author, lineage=lineage, revision=number, subject=piece.sha256, now=now),
        )
    submission = compose(
        Reflection(assignment.id, answers, files),
        author=author,
        lineage=lineage_of(standing),
        revision=standing.latest.revision + 1 if standing.latest else 1,
        subject=assignment.id,
        now=now,
    )
    connection.execute(
        insert(revisions).values(
            lineage=submission.lineage,
            revision=submission.revision,
            assignment=assignment.id,
            submitted_at=submission.written_at,
            content=submission.content,
        )
    )
    keep_named(connection, submission)
    owed.owe(connection, submission)
    connection.execute(delete(drafts).where(drafts.c.assignment == assignment.id))
    drop_unnamed(connection)


def take_back(
    connection: Connection,
    owed: "Outbox",
    assignment: Assignment,
    author: Member,
    lineage: str,
    now: datetime,
) -> None:
    """Takes the latest text back while the cell has not opened it; `lineage` is for what tells the server so.

    One that has not left this PC is a draft again at once; of any other the server decides, and its words
    are a draft once it has. Raises BadInput when nothing may be taken back.
    """
    standing = standing_of(connection, assignment)
    if not standing.can_withdraw:
        raise BadInput("Bài này không rút lại được.", "Chỉ rút lại được bài đã nộp mà chi bộ chưa mở.")
    key = standing.latest.lineage, standing.latest.revision
    row = owed.owed_row(connection, *key)
    if row is not None and not row.sent:
        reopen(connection, *key, key[1] - 1, now)
        connection.execute(delete(outbox).where(*is_revision(outbox, key)))
        connection.execute(delete(revisions).where(*is_revision(revisions, key)))
        forget_named(connection, [key[0]], key[1])
        disown(connection, author.account)
        return
    withdrawal = Withdrawal(lineage=key[0], revision=key[1], withdrawn_at=now)
    owed.owe(
        connection,
        compose(withdrawal, author=author, lineage=lineage, revision=1, subject=key[0], now=now),
    )


def problems_now(
    assignment: Assignment, answers: tuple[Answer, ...], files: tuple[AttachedFile, ...], now: datetime
) -> tuple[Problem, ...]:
    """What keeps these answers and files from being handed in at this moment."""
    found = problems(assignment, answers)
    if problem := files_problem(files):  # two texts made one bring the files of both
        found += (Problem("", problem),)
    if not assignment.is_open(now):
        found += (Problem("", f"Nhiệm vụ mở từ ngày {date_text(assignment.opens_on)}, chưa nộp được."),)
    return found
