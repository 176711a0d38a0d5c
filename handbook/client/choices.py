"""Two texts of one reflection that came from two PCs: which one is gone on with, and undoing that.

Two cases: this PC handed in what the server refused because it held another text (a clash), or this PC has a
draft and another handed in meanwhile (`Standing.newer`). Whatever is chosen, every text stays readable here.
"""

from datetime import datetime

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client.assignments import encoded
from handbook.client.attached import (
    disown,
    forget_named,
    forget_sent,
    packed_files,
    unpacked_files,
)
from handbook.client.drafts import Draft, cannot_write, is_revision, standing_of
from handbook.client.lineages import answers_in, files_in
from handbook.client.tables.personal import clashes, drafts, outbox, revisions
from handbook.client.versions import keep, packed, unpacked
from handbook.client.withdrawals import forget_owed
from handbook.errors import BadInput
from handbook.model.people import Member
from handbook.model.reflection import Answer, AttachedFile
from handbook.model.study import Assignment
from handbook.model.two_texts import Choice, merged, merged_files


def open_again(
    connection: Connection, assignment: Assignment, author: Member, now: datetime, *, merging: bool
) -> bool:
    """Opens a draft with the text to go on with; returns False and leaves it when there is one already.

    That text is the returned revision, or this PC's text after a clash (`merging`: both in one), or one
    that the server refused (which is then owed no longer). Raises BadInput when nothing may be revised.
    """
    standing = standing_of(connection, assignment)
    if standing.draft is not None:
        return False
    if not standing.can_revise:
        raise cannot_write()
    latest = standing.latest
    text, files, base = latest.written, latest.files, latest.revision
    if clash := standing.clash:
        text, files = answers_in(clash.content), files_in(clash.content)
        if merging:
            text, files = merged(latest.written, text), merged_files(latest.files, files)
        _settle(connection, clash, now)
    elif standing.refused:
        key = (latest.lineage, latest.revision)
        base -= 1
        forget_sent(connection, files, author.unit, author.account)
        forget_named(connection, [latest.lineage], latest.revision)
        connection.execute(delete(outbox).where(*is_revision(outbox, key)))
        connection.execute(delete(revisions).where(*is_revision(revisions, key)))
        disown(connection, author.account)
    forget_owed(connection, latest.lineage)
    _put_draft(connection, assignment, latest.lineage, base, text, files, now)
    return True


def keep_held(connection: Connection, assignment: Assignment, now: datetime) -> None:
    """Settles a clash with the text of the other PC; this PC's stays readable in `Draft.kept`."""
    clash = standing_of(connection, assignment).clash
    if clash is None:
        raise BadInput("Không có hai bản nào đang chờ chọn.")
    _settle(connection, clash, now)


def choose_again(connection: Connection, assignment: str, now: datetime) -> None:
    """Undoes the latest choice after a clash; a draft that it opened is kept among the former texts.

    Raises BadInput when there was no choice.
    """
    settled = connection.execute(
        select(clashes)
        .where(clashes.c.assignment == assignment, clashes.c.settled_at.is_not(None))
        .order_by(clashes.c.settled_at.desc())
    ).first()
    if settled is None:
        raise BadInput("Không có lựa chọn nào để hoàn tác.", "Hãy mở lại bài thu hoạch.")
    _keep_draft(connection, _draft_of(connection, assignment), now)
    connection.execute(delete(drafts).where(drafts.c.assignment == assignment))
    named = is_revision(clashes, (settled.lineage, settled.revision))
    connection.execute(update(clashes).where(*named).values(settled_at=None))


def choose_over_newer(connection: Connection, assignment: Assignment, choice: Choice, now: datetime) -> None:
    """Settles what becomes of the draft beside a newer text of another PC.

    OWN: the draft builds on that text from now on. BOTH: every paragraph and file of the two. OTHER: there is
    no draft any more. A draft that does not stay as it is is kept among the former texts. Raises BadInput
    when there are no two texts, or the other is settled already.
    """
    standing = standing_of(connection, assignment)
    draft, newer = standing.draft, standing.newer
    if draft is None or newer is None:
        raise BadInput("Không có hai bản nào đang chờ chọn.", "Hãy mở lại bài thu hoạch.")
    if choice is not Choice.OTHER and standing.accepted:
        raise BadInput(
            "Bài của máy khác đã được đánh giá Đạt nên không nộp bài khác thay được.",
            "Hãy giữ bài của máy khác; bản viết trên máy này vẫn xem được ở Các bản trước.",
        )
    mine = drafts.c.assignment == assignment.id
    if choice is not Choice.OWN:
        _keep_draft(connection, draft, now)
    if choice is Choice.OTHER:
        connection.execute(delete(drafts).where(mine))
        return
    values: dict[str, object] = {"base_revision": newer.revision}
    if choice is Choice.BOTH:
        values |= {
            "answers": packed(merged(newer.written, unpacked(draft.answers))),
            "files": packed_files(merged_files(newer.files, unpacked_files(draft.files))),
            "saved_at": now,
            "kept_at": now,
        }
    connection.execute(update(drafts).where(mine).values(values))


def put_back(connection: Connection, assignment: Assignment, former: Draft, now: datetime) -> None:
    """Makes the draft again what `former` shows; what is being written by now is kept as a version."""
    _keep_draft(connection, _draft_of(connection, assignment.id), now)
    connection.execute(delete(drafts).where(drafts.c.assignment == assignment.id))
    base, answers, files = former.base_revision, former.answers, former.files
    _put_draft(connection, assignment, former.lineage, base, answers, files, now)


def _put_draft(
    connection: Connection,
    assignment: Assignment,
    lineage: str,
    base: int,
    answers: tuple[Answer, ...],
    files: tuple[AttachedFile, ...],
    now: datetime,
) -> None:
    connection.execute(
        insert(drafts).values(
            assignment=assignment.id,
            lineage=lineage,
            base_revision=base,
            answers=packed(answers),
            files=packed_files(files),
            saved_at=now,
            asked=encoded(assignment),
        )
    )


def _draft_of(connection: Connection, assignment: str) -> Row | None:
    return connection.execute(select(drafts).where(drafts.c.assignment == assignment)).one_or_none()


def _keep_draft(connection: Connection, draft: Row | None, now: datetime) -> None:
    if draft is not None:
        keep(connection, draft.assignment, draft.answers, draft.files, draft.saved_at, now)


def _settle(connection: Connection, clash: Row, now: datetime) -> None:
    key = (clash.lineage, clash.revision)
    connection.execute(update(clashes).where(*is_revision(clashes, key)).values(settled_at=now))
    connection.execute(delete(outbox).where(*is_revision(outbox, key)))
    forget_owed(connection, clash.lineage)
