"""How far each member of a cell is with an assignment, by the same rules the desktop uses."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from handbook.errors import NotFound
from handbook.model.people import commune_of
from handbook.model.reflection import standing
from handbook.model.study import Assignment, HandedIn, Tick, handed_in, progress, read_documents
from handbook.protocol.api import Completion
from handbook.protocol.submissions import SubmissionKind, unpack_content
from handbook.server.cell_marks import marks_of
from handbook.server.database import Database
from handbook.server.people import find_cell
from handbook.server.submissions import reviews_of
from handbook.server.tables import submissions, units
from handbook.server.withdrawals import withdrawn_of


def cell_completion(database: Database, unit: str, assignment: Assignment) -> Completion:
    """Progress of the cell's active members, ordered by account. Raises NotFound for a cell it is not for."""
    with database.read() as connection:
        if connection.scalar(select(units.c.path).where(units.c.path == unit)) is None:
            raise NotFound(f"Máy chủ không có tổ chức đảng “{unit}”.")
        if not assignment.is_for(unit):
            raise NotFound("Nhiệm vụ này không giao cho chi bộ này.")
        accounts = [member.account for member in find_cell(connection, unit)]
        read = _documents_read(connection, commune_of(unit), accounts, assignment.documents)
        reflections = _handed_in(connection, commune_of(unit), accounts, assignment.id)
        marks = marks_of(connection, commune_of(unit), assignment.id, accounts)
    return Completion(
        unit=unit,
        assignment=assignment.id,
        members=tuple(
            progress(
                assignment,
                account,
                read.get(account, frozenset()),
                reflections.get(account),
                marks.get(account),
            )
            for account in accounts
        ),
    )


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
    connection: Connection, commune: str, accounts: Sequence[str], assignment: str
) -> dict[str, HandedIn]:
    """How each member's reflection stands, and when the first revision was received."""
    rows = connection.execute(
        select(
            submissions.c.author,
            submissions.c.lineage,
            submissions.c.revision,
            submissions.c.received_at,
        ).where(
            submissions.c.commune == commune,
            submissions.c.author.in_(accounts),
            submissions.c.subject == assignment,
            submissions.c.kind == SubmissionKind.REFLECTION.value,
        )
    ).all()
    lineages = sorted({row.lineage for row in rows})
    reviews = reviews_of(connection, {commune}, lineages)
    withdrawn = withdrawn_of(connection, {commune}, lineages)
    revisions: dict[str, list[tuple[int, str, datetime]]] = defaultdict(list)
    for row in rows:
        taken_back = withdrawn.get(row.lineage, ())
        state = standing(True, reviews.get(row.lineage, ()), row.revision, taken_back)
        revisions[row.author].append((row.revision, state.value, row.received_at))
    standings = {author: handed_in(known) for author, known in revisions.items()}
    return {author: known for author, known in standings.items() if known}
