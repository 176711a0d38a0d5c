"""The choice between two texts of one reflection that came from two PCs, made and undone."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from handbook.client.drafts import is_revision
from handbook.client.tables.personal import clashes, drafts
from handbook.client.versions import keep
from handbook.errors import BadInput


def choose_again(connection: Connection, assignment: str, now: datetime) -> None:
    """Undoes the latest choice; a draft that it opened is kept among the former texts.

    Raises BadInput when there was no choice.
    """
    settled = connection.execute(
        select(clashes)
        .where(clashes.c.assignment == assignment, clashes.c.settled_at.is_not(None))
        .order_by(clashes.c.settled_at.desc())
    ).first()
    if settled is None:
        raise BadInput("Không có lựa chọn nào để hoàn tác.", "Hãy mở lại bài thu hoạch.")
    draft = connection.execute(select(drafts).where(drafts.c.assignment == assignment)).one_or_none()
    if draft is not None:
        keep(connection, assignment, draft.answers, draft.saved_at, now)
        connection.execute(delete(drafts).where(drafts.c.assignment == assignment))
    named = is_revision(clashes, (settled.lineage, settled.revision))
    connection.execute(update(clashes).where(*named).values(settled_at=None))
