"""Former texts of a draft, on this PC alone: kept while one writes and before one is brought back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.attached import unpacked_files
from handbook.client.lineages import answers_in, files_in
from handbook.client.tables.personal import draft_versions, revisions
from handbook.errors import NotFound
from handbook.model.reflection import Answer, AttachedFile, written_words
from handbook.model.text import nfc
from handbook.model.versions import is_pause, thinned
from handbook.protocol import codec


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerText:
    """A text with its files as it stood at `written_at`; `revision` is 0 unless it was handed in."""

    id: str
    written_at: datetime
    words: int
    answers: tuple[Answer, ...]
    files: tuple[AttachedFile, ...]
    revision: int


def former_texts(connection: Connection, assignment: str) -> tuple[FormerText, ...]:
    """Every text of the assignment that is kept, handed in or not, newest first."""
    kept = connection.execute(select(draft_versions).where(draft_versions.c.assignment == assignment)).all()
    found = [
        _former(f"v{row.id}", row.written_at, unpacked(row.answers), unpacked_files(row.files), 0)
        for row in kept
    ]
    sent = connection.execute(
        select(revisions).where(revisions.c.assignment == assignment, revisions.c.erased_at.is_(None))
    ).all()
    found += [
        _former(
            f"r{row.lineage}/{row.revision}",
            row.submitted_at,
            answers_in(row.content),
            files_in(row.content),
            row.revision,
        )
        for row in sent
    ]
    return tuple(sorted(found, key=lambda text: (text.written_at, text.id), reverse=True))


def former_text(connection: Connection, assignment: str, id: str) -> FormerText:
    """Raises NotFound when it is no longer kept."""
    for text in former_texts(connection, assignment):
        if text.id == id:
            return text
    raise NotFound("Bản này không còn được giữ.", "Hãy mở lại danh sách các bản trước.")


def keep(
    connection: Connection, assignment: str, answers: str, files: str, written_at: datetime, now: datetime
) -> None:
    """Keeps answers and files, packed as in `drafts`, unless there are none or they are the newest version's.

    Thins the older versions.
    """
    newest = connection.execute(
        select(draft_versions.c.answers, draft_versions.c.files)
        .where(draft_versions.c.assignment == assignment)
        .order_by(draft_versions.c.written_at.desc(), draft_versions.c.id.desc())
    ).first()
    if newest is not None and (newest.answers, newest.files) == (answers, files):
        return
    if not unpacked_files(files) and not any(answer.text.strip() for answer in unpacked(answers)):
        return
    connection.execute(
        insert(draft_versions).values(
            assignment=assignment, written_at=written_at, answers=answers, files=files
        )
    )
    rows = connection.execute(
        select(draft_versions.c.id, draft_versions.c.written_at).where(
            draft_versions.c.assignment == assignment
        )
    ).all()
    kept = thinned((row.written_at for row in rows), now)
    dropped = [row.id for row in rows if row.written_at not in kept]
    connection.execute(delete(draft_versions).where(draft_versions.c.id.in_(dropped)))


def keep_at_pause(connection: Connection, draft: Row, answers: str, files: str, now: datetime) -> datetime:
    """Keeps the draft as it is if this is about to replace it after a pause.

    Returns when a version was last kept, or the draft begun.
    """
    kept_at = draft.kept_at or draft.saved_at
    if (answers, files) == (draft.answers, draft.files) or not is_pause(kept_at, draft.saved_at, now):
        return kept_at
    keep(connection, draft.assignment, draft.answers, draft.files, draft.saved_at, now)
    return now


def packed(answers: tuple[Answer, ...]) -> str:
    """Answers as a draft or a version is stored, composed whatever the keyboard sent."""
    return codec.encode(tuple(Answer(answer.part, nfc(answer.text)) for answer in answers)).decode()


def unpacked(packed: str) -> tuple[Answer, ...]:
    """The answers that a draft or a version is stored as."""
    data = packed.encode()
    return codec.decode(data, tuple[Answer, ...], limit=len(data))


def _former(
    id: str,
    written_at: datetime,
    answers: tuple[Answer, ...],
    files: tuple[AttachedFile, ...],
    revision: int,
) -> FormerText:
    return FormerText(
        id=id,
        written_at=written_at,
        words=written_words(answers),
        answers=answers,
        files=files,
        revision=revision,
    )
