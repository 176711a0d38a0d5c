"""How far each member of a cell is with an assignment, by the same rules the desktop uses."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from handbook.errors import NotFound
from handbook.model.people import commune_of
from handbook.model.reflection import standing
from handbook.model.study import (
    Assignment,
    HandedIn,
    MemberProgress,
    Tick,
    handed_in,
    progress,
    read_documents,
)
from handbook.protocol.api import Completion
from handbook.protocol.submissions import SubmissionKind, unpack_content
from handbook.server.cell_marks import marks_of
from handbook.server.database import Database
from handbook.server.people import find_cell
from handbook.server.reviews import reviews_of
from handbook.server.tables import submissions, units
from handbook.server.withdrawals import withdrawn_of


def cell_completion(database: Database, unit: str, assignment: Assignment) -> Completion:
    """Progress of the cell's active members, ordered by account. Raises NotFound for a cell it is not for."""
    with database.read() as connection:
        if connection.scalar(select(units.c.path).where(units.c.path == unit)) is None:
            raise NotFound(f"Máy chủ không có tổ chức đảng “{unit}”.")
        if not assignment.is_for(unit):
            raise NotFound("Nhiệm vụ này không giao cho chi bộ này.")
        members = find_cell(connection, unit)
        known = progress_of(connection, unit, [member.account for member in members], [assignment])
    return Completion(
        unit=unit,
        assignment=assignment.id,
        members=known[assignment.id],
        names=tuple(member.name for member in members),
    )


def progress_of(
    connection: Connection, unit: str, accounts: Sequence[str], assignments: Sequence[Assignment]
) -> dict[str, tuple[MemberProgress, ...]]:
    """By assignment the progress of these members of a cell, in the order of their accounts."""
    commune = commune_of(unit)
    ids = [assignment.id for assignment in assignments]
    documents = {document for assignment in assignments for document in assignment.documents}
    read = _documents_read(connection, commune, accounts, sorted(documents))
    reflections = _handed_in(connection, commune, accounts, ids)
    marks = marks_of(connection, commune, ids, accounts)
    nothing: frozenset[str] = frozenset()
    return {
        assignment.id: tuple(
            progress(
                assignment,
                account,
                read.get(account, nothing),
                reflections.get((assignment.id, account)),
                marks.get((assignment.id, account)),
            )
            for account in accounts
        )
        for assignment in assignments
    }


def _documents_read(
    connection: Connection, commune: str, accounts: Sequence[str], documents: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Ids of the documents each member has marked as read; of several marks the one made last counts."""
    rows = connection.execute(
        select(submissions.c.author, submissions.c.content).where(
            submissions.c.commune == commune,
            submissions.c.author.in_(accounts),
            submissions.c.subject.in_(documents),
            submissions.c.kind == SubmissionKind.TICK.value,
        )
    )
    ticks: dict[str, list[Tick]] = defaultdict(list)
    for row in rows:
        ticks[row.author].append(unpack_content(SubmissionKind.TICK, row.content))
    return {account: read_documents(marks) for account, marks in ticks.items()}


def _handed_in(
    connection: Connection, commune: str, accounts: Sequence[str], assignments: Sequence[str]
) -> dict[tuple[str, str], HandedIn]:
    """By (assignment, account) how a reflection stands, and when its first revision was received."""
    rows = connection.execute(
        select(
            submissions.c.subject,
            submissions.c.author,
            submissions.c.lineage,
            submissions.c.revision,
            submissions.c.received_at,
        ).where(
            submissions.c.commune == commune,
            submissions.c.author.in_(accounts),
            submissions.c.subject.in_(assignments),
            submissions.c.kind == SubmissionKind.REFLECTION.value,
        )
    ).all()
    lineages = sorted({row.lineage for row in rows})
    reviews = reviews_of(connection, {commune}, lineages)
    withdrawn = withdrawn_of(connection, {commune}, lineages)
    revisions: dict[tuple[str, str], list[tuple[int, str, datetime]]] = defaultdict(list)
    for row in rows:
        taken_back = withdrawn.get(row.lineage, ())
        state = standing(True, reviews.get(row.lineage, ()), row.revision, taken_back)
        revisions[row.subject, row.author].append((row.revision, state.value, row.received_at))
    standings = {key: handed_in(known) for key, known in revisions.items()}
    return {key: known for key, known in standings.items() if known}
