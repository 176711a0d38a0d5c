"""How far each member of a cell is with an assignment, by the same rules the desktop uses."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from handbook.errors import NotFound
from handbook.model.people import commune_of
from handbook.model.reflection import standing
from handbook.model.study import Assignment, HandedIn, Tick, progress
from handbook.protocol.api import Completion
from handbook.protocol.submissions import SubmissionKind, unpack_content
from handbook.server.database import Database
from handbook.server.people import find_cell
from handbook.server.submissions import reviews_of
from handbook.server.tables import submissions, units


def cell_completion(database: Database, unit: str, assignment: Assignment) -> Completion:
    """Progress of the cell's active members, ordered by account. Raises NotFound for a cell it is not for."""
    with database.read() as connection:
        if connection.scalar(select(units.c.path).where(units.c.path == unit)) is None:
            raise NotFound(f"Máy chủ không có tổ chức đảng “{unit}”.")
        if not assignment.is_for(unit):
            raise NotFound("Nhiệm vụ này không giao cho chi bộ này.")
        accounts = [member.account for member in find_cell(connection, unit)]
        read = _documents_read(connection, commune_of(unit), accounts, assignment.documents)
        handed_in = _handed_in(connection, commune_of(unit), accounts, assignment.id)
    return Completion(
        unit=unit,
        assignment=assignment.id,
        members=tuple(
            progress(assignment, account, read.get(account, frozenset()), handed_in.get(account))
            for account in accounts
        ),
    )


def _documents_read(
    connection: Connection, commune: str, accounts: Sequence[str], documents: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Ids of the documents each member has marked as read; of several marks the one made last counts."""
    rows = connection.execute(
        select(submissions.c.author, submissions.c.content, submissions.c.received_at)
        .where(
            submissions.c.commune == commune,
            submissions.c.author.in_(accounts),
            submissions.c.subject.in_(documents),
            submissions.c.kind == SubmissionKind.TICK.value,
        )
        .order_by(submissions.c.received_at, submissions.c.lineage, submissions.c.revision)
    )
    latest: dict[tuple[str, str], Tick] = {}
    for row in rows:
        tick = unpack_content(SubmissionKind.TICK, row.content)
        before = latest.get((row.author, tick.document))
        if before is None or tick.ticked_at >= before.ticked_at:
            latest[row.author, tick.document] = tick
    found: dict[str, frozenset[str]] = {}
    for (account, document), tick in latest.items():
        if tick.read:
            found[account] = found.get(account, frozenset()) | {document}
    return found


def _handed_in(
    connection: Connection, commune: str, accounts: Sequence[str], assignment: str
) -> dict[str, HandedIn]:
    """The state of each member's latest revision, and when it was received."""
    mine = (
        select(submissions.c.lineage, func.max(submissions.c.revision).label("revision"))
        .where(
            submissions.c.commune == commune,
            submissions.c.author.in_(accounts),
            submissions.c.subject == assignment,
            submissions.c.kind == SubmissionKind.REFLECTION.value,
        )
        .group_by(submissions.c.lineage)
        .subquery()
    )
    rows = connection.execute(
        select(
            submissions.c.author,
            submissions.c.lineage,
            submissions.c.revision,
            submissions.c.received_at,
        )
        .join(mine, (submissions.c.lineage == mine.c.lineage) & (submissions.c.revision == mine.c.revision))
        .where(submissions.c.commune == commune)
    ).all()
    reviews = reviews_of(connection, {commune}, [row.lineage for row in rows])
    return {
        row.author: HandedIn(
            state=standing(True, reviews.get(row.lineage, ()), row.revision).value,
            received_at=row.received_at,
        )
        for row in rows
    }
