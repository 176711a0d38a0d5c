"""Texts that their authors took back: which ones may be, where that is told, and who still gets them."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, Row, select

from handbook.errors import Conflict, NotFound
from handbook.model.reflection import Review, Withdrawal
from handbook.protocol.submissions import SubmissionKind, unpack_content
from handbook.server.tables import submissions

Revisions = Mapping[tuple[str, str, int], Row]
"""Author and unit of revisions, by commune, lineage and revision."""


def place_of_withdrawn(author: str, commune: str, withdrawal: Withdrawal, held: Revisions) -> str:
    """The unit that has the text before it. Raises NotFound for others' texts, Conflict for an older one.

    `held` has every revision of that lineage.
    """
    row = held.get((commune, withdrawal.lineage, withdrawal.revision))
    if row is None or row.author != author:
        raise NotFound("Máy chủ không có bản bài thu hoạch cần rút lại.", "Hãy đồng bộ rồi mở lại bài.")
    if (commune, withdrawal.lineage, withdrawal.revision + 1) in held:
        raise Conflict(
            "Đồng chí đã nộp bản mới hơn nên không rút lại bản này.", "Hãy đồng bộ rồi mở lại bài."
        )
    return row.unit


def check_unopened(withdrawal: Withdrawal, reviews: Iterable[Review]) -> None:
    """Raises Conflict when something was said of the revision already."""
    if any(review.revision == withdrawal.revision for review in reviews):
        raise Conflict(
            "Chi bộ đã mở bài nên không rút lại được nữa.", "Cần sửa thì đề nghị chi bộ trả lại bài."
        )


def check_not_withdrawn(review: Review, withdrawn: Collection[int]) -> None:
    """Raises Conflict when the reviewed revision was taken back before."""
    if review.revision in withdrawn:
        raise Conflict(
            "Đảng viên đã rút lại bản này trước khi chi bộ mở.",
            "Nhận xét không gửi được nữa; hãy chờ đảng viên nộp bản khác.",
        )


def withdrawn_of(
    connection: Connection, communes: Collection[str], lineages: Sequence[str]
) -> dict[str, frozenset[int]]:
    """The revisions that their authors took back, by reflection lineage."""
    if not lineages:
        return {}
    found: dict[str, frozenset[int]] = {}
    rows = connection.execute(
        select(submissions.c.subject, submissions.c.content).where(
            submissions.c.commune.in_(communes),
            submissions.c.kind == SubmissionKind.WITHDRAWAL.value,
            submissions.c.subject.in_(lineages),
        )
    )
    for row in rows:
        withdrawal = unpack_content(SubmissionKind.WITHDRAWAL, row.content)
        found[row.subject] = found.get(row.subject, frozenset()) | {withdrawal.revision}
    return found
