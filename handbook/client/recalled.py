"""Assignments that are published no more, for the texts that were written for them.

A text outlasts its assignment. What was asked is then told by what this PC still has, best first: the draft's
own copy, the copy that was kept when the publisher withdrew it, and the parts that were answered.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select, union

from handbook.client.assignments import decoded
from handbook.client.lineages import answers_in
from handbook.client.tables.library import assignments, items, recalled_assignments
from handbook.client.tables.personal import clashes, drafts, revisions
from handbook.client.versions import unpacked
from handbook.errors import NotFound
from handbook.model.library import Recall
from handbook.model.reflection import Answer
from handbook.model.study import Assignment, Part
from handbook.model.vietnamese import VIETNAM
from handbook.protocol import codec

if TYPE_CHECKING:
    from handbook.client.assignments import Assignments
    from handbook.client.store import Store


def asked(store: "Store", published: "Assignments", assignment_id: str) -> tuple[Assignment, bool]:
    """The assignment, and whether it was recalled. Raises NotFound when nothing was written for it either."""
    try:
        return published.find(assignment_id), False
    except NotFound:
        found = _as_it_was(store, assignment_id)
        if found is None:
            raise
        return found, True


def written_for_recalled(store: "Store", published: Collection[str]) -> tuple[str, ...]:
    """The assignments that are not among these any more and for which the member wrote something."""
    tables = (drafts, revisions, clashes)
    written = union(*(select(table.c.assignment) for table in tables)).order_by("assignment")
    with store.personal.read() as connection:
        return tuple(id for id in connection.execute(written).scalars() if id not in published)


def keep_recalled(connection: Connection, gone: Collection[str], back: Collection[str]) -> None:
    """Keeps what the assignments among `gone` asked before their rows go; forgets those that are `back`.

    One whose row has gone before stays as it was kept then.
    """
    known = select(assignments.c.id, assignments.c.payload).where(assignments.c.id.in_(gone))
    connection.execute(
        insert(recalled_assignments).prefix_with("OR REPLACE").from_select(["id", "payload"], known)
    )
    connection.execute(delete(recalled_assignments).where(recalled_assignments.c.id.in_(back)))


def _as_it_was(store: "Store", id: str) -> Assignment | None:
    with store.personal.read() as connection:
        draft = connection.execute(select(drafts).where(drafts.c.assignment == id)).one_or_none()
        texts = [
            (row.submitted_at, answers_in(row.content))
            for table in (revisions, clashes)
            for row in connection.execute(select(table).where(table.c.assignment == id))
        ]
    if draft is not None and draft.asked:
        return decoded(draft.asked)
    if draft is not None:
        texts.append((draft.saved_at, unpacked(draft.answers)))
    if not texts:
        return None
    with store.library.read() as connection:
        kept = connection.scalar(
            select(recalled_assignments.c.payload).where(recalled_assignments.c.id == id)
        )
        recall = connection.scalar(select(items.c.payload).where(items.c.id == id))
    if kept:
        return decoded(kept)
    title = codec.decode(recall, Recall, limit=len(recall.encode())).title if recall else ""
    day = min(moment for moment, _ in texts).astimezone(VIETNAM).date()
    return Assignment(
        id=id,
        edition=0,
        title=title or "Nhiệm vụ đã được rút",
        documents=(),
        question="",
        parts=_parts([answer for _, answers in texts for answer in answers]),
        min_words=0,
        opens_on=day,
        due_on=day,
        grace_days=0,
        units=(),
    )


def _parts(answers: list[Answer]) -> tuple[Part, ...]:
    ids = dict.fromkeys(answer.part for answer in answers)
    return tuple(Part(id, f"Phần {number}") for number, id in enumerate(ids, 1))
