"""What the rows of the outbox are called on the screen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, select

from handbook.client.attached import titles_of as titles_of_files
from handbook.client.lineages import member_names
from handbook.client.tables import library
from handbook.client.tables.personal import cell_submissions, revisions
from handbook.model.study import Assignment
from handbook.protocol import codec
from handbook.protocol.submissions import SubmissionKind, unpack_content

if TYPE_CHECKING:
    from handbook.client.store import Store


def titles_of(store: "Store", connection: Connection, rows: Sequence[Row]) -> Mapping[int, str]:
    """By its sequence a title for each row of the table `outbox`: of what it is about, or of whom."""
    about = _reviewed_authors(connection, rows) | _marked_members(connection, rows)
    about |= titles_of_files(connection, rows)
    withdrawn = _withdrawn_assignments(connection, rows)
    titles = _titles(store, {withdrawn.get(row.subject, row.subject) for row in rows})
    return {
        row.sequence: about.get(row.subject)
        or titles.get(withdrawn.get(row.subject, row.subject), row.subject)
        for row in rows
    }


def _titles(store: "Store", subjects: set[str]) -> dict[str, str]:
    """Titles of the assignments and documents among the subjects."""
    with store.library.read() as connection:
        documents = connection.execute(
            select(library.documents.c.id, library.documents.c.number, library.documents.c.title).where(
                library.documents.c.id.in_(subjects)
            )
        )
        titles = {row.id: f"{row.number} {row.title}".strip() for row in documents}
        payloads = connection.execute(
            select(library.assignments.c.payload).where(library.assignments.c.id.in_(subjects))
        ).scalars()
        for payload in payloads:
            assignment = codec.decode(payload.encode(), Assignment, limit=len(payload.encode()))
            titles[assignment.id] = assignment.title
    return titles


def _reviewed_authors(connection: Connection, rows: Sequence[Row]) -> dict[str, str]:
    """For each reviewed lineage among the rows, a title that names whose reflection it is."""
    subjects = {row.subject for row in rows if row.kind == SubmissionKind.REVIEW}
    if not subjects:
        return {}
    names = member_names(connection)
    authors = connection.execute(
        select(cell_submissions.c.lineage, cell_submissions.c.author).where(
            cell_submissions.c.lineage.in_(subjects)
        )
    )
    return {row.lineage: f"Nhận xét bài thu hoạch của {names.get(row.author, row.author)}" for row in authors}


def _marked_members(connection: Connection, rows: Sequence[Row]) -> dict[str, str]:
    """For each subject of a mark among the rows, a title that names the member."""
    marks = [
        unpack_content(SubmissionKind.CELL_MARK, row.content)
        for row in rows
        if row.kind == SubmissionKind.CELL_MARK
    ]
    names = member_names(connection) if marks else {}
    return {mark.subject: f"Ghi nhận miễn, nộp giấy: {names.get(mark.member, mark.member)}" for mark in marks}


def _withdrawn_assignments(connection: Connection, rows: Sequence[Row]) -> dict[str, str]:
    """For each lineage that a row takes back, the assignment it was written for."""
    lineages = {row.subject for row in rows if row.kind == SubmissionKind.WITHDRAWAL}
    if not lineages:
        return {}
    written = connection.execute(
        select(revisions.c.lineage, revisions.c.assignment).where(revisions.c.lineage.in_(lineages))
    )
    return {row.lineage: row.assignment for row in written}
