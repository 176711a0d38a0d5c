"""Exemptions and papers that the cell entered: of its members for a secretary, one's own for a member."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, and_, exists, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.tables.personal import cell_marks, outbox
from handbook.model.study import CellMark, MarkKind, marks_in_force
from handbook.protocol.submissions import Submission, SubmissionKind, unpack_content


def keep_mark(connection: Connection, unit: str, author: str, submission: Submission) -> None:
    """Keeps a mark that came by the feed of `unit` or was just made; the same one again changes nothing."""
    mark = unpack_content(SubmissionKind.CELL_MARK, submission.content)
    connection.execute(
        insert(cell_marks)
        .values(
            id=submission.lineage,
            unit=unit,
            author=author,
            member=mark.member,
            assignment=mark.assignment,
            kind=mark.kind.value,
            reason=mark.reason,
            handed_in_on=mark.handed_in_on.isoformat() if mark.handed_in_on else None,
            marked_at=mark.marked_at,
        )
        .on_conflict_do_nothing()
    )


def last_marked(connection: Connection, account: str, assignment: str) -> datetime | None:
    """When the latest mark of the member was made that this PC knows, one taken back included."""
    return connection.execute(
        select(cell_marks.c.marked_at)
        .where(cell_marks.c.member == account, cell_marks.c.assignment == assignment)
        .order_by(cell_marks.c.marked_at.desc())
    ).scalar()


def marks_of(
    connection: Connection, accounts: Collection[str], assignments: Collection[str]
) -> Mapping[tuple[str, str], CellMark]:
    """The marks in force of these members, by (assignment, account).

    One that the server refused does not count: others do not see it either.
    """
    refused = exists().where(and_(outbox.c.lineage == cell_marks.c.id, outbox.c.set_aside))
    rows = connection.execute(
        select(cell_marks).where(
            cell_marks.c.member.in_(accounts), cell_marks.c.assignment.in_(assignments), ~refused
        )
    )
    return marks_in_force(
        CellMark(
            member=row.member,
            assignment=row.assignment,
            kind=MarkKind(row.kind),
            reason=row.reason,
            handed_in_on=date.fromisoformat(row.handed_in_on) if row.handed_in_on else None,
            marked_at=row.marked_at,
        )
        for row in rows
    )
