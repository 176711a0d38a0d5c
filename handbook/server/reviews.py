"""What was said of reflections, as the submission table holds it."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from handbook.model.reflection import Review
from handbook.protocol.submissions import SubmissionKind, unpack_content
from handbook.server.tables import submissions


def reviews_of(
    connection: Connection, communes: set[str], lineages: Sequence[str]
) -> dict[str, tuple[Review, ...]]:
    """Every review of these reflections, by reflection lineage."""
    if not lineages:
        return {}
    found: dict[str, tuple[Review, ...]] = {}
    rows = connection.execute(
        select(submissions.c.subject, submissions.c.content).where(
            submissions.c.commune.in_(communes),
            submissions.c.kind == SubmissionKind.REVIEW.value,
            submissions.c.subject.in_(lineages),
        )
    )
    for row in rows:
        review = unpack_content(SubmissionKind.REVIEW, row.content)
        found[row.subject] = (*found.get(row.subject, ()), review)
    return found
