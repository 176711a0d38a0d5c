"""Former texts of a draft, on this PC alone: kept while one writes and before one is brought back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.lineages import answers_in
from handbook.client.tables.personal import draft_versions, revisions
from handbook.errors import NotFound
from handbook.model.reflection import Answer, written_words
from handbook.model.versions import is_pause, thinned
from handbook.protocol import codec


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerText:
    """A text as it stood at `written_at`; `revision` is 0 unless it was handed in."""

    id: str
    written_at: datetime
    words: int
    answers: tuple[Answer, ...]
    revision: int


def former_texts(connection: Connection, assignment: str) -> tuple[FormerText, ...]:
    """Every text of the assignment that is kept, handed in or not, newest first."""
    kept = connection.execute(select(draft_versions).where(draft_versions.c.assignment == assignment)).all()
    found = [_former(f"v{row.id}", row.written_at, unpacked(row.answers), 0) for row in kept]
    sent = connection.execute(select(revisions).where(revisions.c.assignment == assignment)).all()
    found += [
        _former(f"r{row.lineage}/{row.revision}", row.submitted_at, answers_in(row.content), row.revision)
        for row in sent
    ]
    return tuple(sorted(found, key=lambda text: (text.written_at, text.id), reverse=True))


def former_text(connection: Connection, assignment: str, id: str) -> FormerText:
    """Raises NotFound when it is no longer kept."""
    for text in former_texts(connection, assignment):
        if text.id == id:
            return text
    raise NotFound("Bản này không còn được giữ.", "Hãy mở lại danh sách các bản trước.")


def keep(connection: Connection, assignment: str, packed: str, written_at: datetime, now: datetime) -> None:
    """Keeps packed answers, unless they are blank or those of the newest version; thins the older ones."""
    newest = connection.execute(
        select(draft_versions.c.answers)
        .where(draft_versions.c.assignment == assignment)
        .order_by(draft_versions.c.written_at.desc(), draft_versions.c.id.desc())
    ).scalar()
    if packed == newest or not any(answer.text.strip() for answer in unpacked(packed)):
        return
    connection.execute(
        insert(draft_versions).values(assignment=assignment, written_at=written_at, answers=packed)
    )
    rows = connection.execute(
        select(draft_versions.c.id, draft_versions.c.written_at).where(
            draft_versions.c.assignment == assignment
        )
    ).all()
    kept = thinned((row.written_at for row in rows), now)
    dropped = [row.id for row in rows if row.written_at not in kept]
    connection.execute(delete(draft_versions).where(draft_versions.c.id.in_(dropped)))


def keep_at_pause(connection: Connection, draft: Row, packed: str, now: datetime) -> datetime:
    """Keeps the draft's text if `packed` is about to replace it after a pause.

    Returns when a version was last kept, or the draft begun.
    """
    kept_at = draft.kept_at or draft.saved_at
    if packed == draft.answers or not is_pause(kept_at, draft.saved_at, now):
        return kept_at
    keep(connection, draft.assignment, draft.answers, draft.saved_at, now)
    return now


def unpacked(packed: str) -> tuple[Answer, ...]:
    """The answers that a draft or a version is stored as."""
    data = packed.encode()
    return codec.decode(data, tuple[Answer, ...], limit=len(data))


def _former(id: str, written_at: datetime, answers: tuple[Answer, ...], revision: int) -> FormerText:
    return FormerText(
        id=id,
        written_at=written_at,
        words=written_words(answers),
        answers=answers,
        revision=revision,
    )
