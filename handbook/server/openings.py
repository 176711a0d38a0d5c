"""What a member may know of who was given their reflections: read from the access log."""

from sqlalchemy import func, select

from handbook.model.people import Member
from handbook.protocol.api import Opening, OpeningKind
from handbook.server.database import Database
from handbook.server.tables import access_log, members

_KINDS = {"feed": OpeningKind.COPIED, "opened": OpeningKind.OPENED, "file": OpeningKind.FILE}


def openings_of(database: Database, owner: Member, lineage: str) -> tuple[Opening, ...]:
    """Who was given which revision of the owner's reflection first when, in that order.

    Of a lineage that is somebody else's, or of nobody, there is nothing.
    """
    first = func.min(access_log.c.at)
    rows_of = (
        select(
            access_log.c.reader, members.c.name, access_log.c.revision, access_log.c.how, first.label("first")
        )
        .outerjoin(members, members.c.account == access_log.c.reader)
        .where(access_log.c.owner == owner.account, access_log.c.lineage == lineage)
        .group_by(access_log.c.reader, members.c.name, access_log.c.revision, access_log.c.how)
    )
    with database.read() as connection:
        rows = connection.execute(rows_of).all()
    found = [
        Opening(
            reader=row.name or row.reader, revision=row.revision, kind=_KINDS[row.how], first_at=row.first
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda opening: (opening.first_at, opening.reader, opening.kind)))
