"""Exemptions and papers that the cell enters: where each one goes, and which are in force."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from handbook.errors import NotAllowed, NotFound
from handbook.model.people import Action, Member, can, commune_of
from handbook.model.study import CellMark, mark_subject, marks_in_force
from handbook.protocol.submissions import SubmissionKind, unpack_content
from handbook.server.people import find_members
from handbook.server.tables import submissions


def members_marked(connection: Connection, marks: Sequence[CellMark]) -> Mapping[str, Member]:
    """By account those whom the marks are about, as far as this server has them."""
    if not marks:
        return {}
    return {
        member.account: member for member in find_members(connection, sorted({mark.member for mark in marks}))
    }


def place_of_mark(
    author: Member, commune: str, mark: CellMark, members: Mapping[str, Member]
) -> tuple[str, str]:
    """The unit whose feed a mark goes to, and whom it is about. Raises NotFound, NotAllowed."""
    member = members.get(mark.member)
    # Who may not mark anybody learns nothing about who is there.
    if member is None and any(can(author, Action.REVIEW, duty.unit) for duty in author.duties):
        raise NotFound("Máy chủ không có đảng viên được ghi nhận.", "Hãy đồng bộ rồi mở lại danh sách.")
    if member is None or not can(author, Action.REVIEW, member.unit) or commune_of(member.unit) != commune:
        raise NotAllowed("Đồng chí không được phân công theo dõi chi bộ của đảng viên này.")
    if member.account == author.account:
        raise NotAllowed(
            "Không tự ghi miễn hoặc nộp giấy cho mình.", "Người khác trong chi uỷ ghi nhận cho đồng chí."
        )
    return member.unit, member.account


def marks_of(
    connection: Connection, commune: str, assignments: Collection[str], accounts: Collection[str]
) -> dict[tuple[str, str], CellMark]:
    """By (assignment, account) the marks in force of these members for these assignments."""
    contents = connection.execute(
        select(submissions.c.content).where(
            submissions.c.commune == commune,
            submissions.c.subject.in_(
                [mark_subject(assignment, account) for assignment in assignments for account in accounts]
            ),
            submissions.c.kind == SubmissionKind.CELL_MARK.value,
        )
    ).scalars()
    return marks_in_force(unpack_content(SubmissionKind.CELL_MARK, content) for content in contents)
