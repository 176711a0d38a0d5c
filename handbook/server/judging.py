"""Whether what was handed in may be kept, and whose feed is to tell of it.

It is looked at twice: against what the database holds, then, with the feeds concerned held until commit,
against what was said of the texts: a review, a withdrawal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import CompoundSelect, Connection, Row, Select, select

from handbook.errors import BadInput, Expected, NotAllowed, NotFound
from handbook.model.people import Action, Member, can
from handbook.model.reflection import Reflection, Review, State, Withdrawal, standing
from handbook.model.study import CellMark
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import Content, Submission, SubmissionKind
from handbook.server import feed
from handbook.server.cell_marks import members_marked, place_of_mark
from handbook.server.database import among
from handbook.server.errors import Clashed
from handbook.server.files import check_files_held
from handbook.server.reviews import reviews_of
from handbook.server.tables import submissions
from handbook.server.withdrawals import (
    check_not_withdrawn,
    check_unopened,
    place_of_withdrawn,
    withdrawn_of,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """`new` is False when the server held this very submission already."""

    receipt: Receipt
    new: bool


Outcome = Accepted | Expected


@dataclass(frozen=True, slots=True)
class Arrival:
    """`held_once` is the server's own receipt: what was said of the texts then is not judged anew."""

    author: Member
    submission: Submission
    content: Content
    now: datetime
    held_once: Receipt | None

    @property
    def is_reflection(self) -> bool:
        return self.submission.kind is SubmissionKind.REFLECTION


@dataclass(frozen=True, slots=True)
class Fresh:
    """A submission that may be kept: the feed it goes to, whom it is about, and the lineage so far."""

    arrival: Arrival
    unit: str
    owner: str
    lineage: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """Of each reflection lineage: its reviews, and the revisions that their author took back."""

    reviews: dict[str, tuple[Review, ...]]
    withdrawn: dict[str, frozenset[int]]

    def add(self, content: Content) -> None:
        """What this transaction keeps counts for the arrivals after it."""
        match content:
            case Review():
                self.reviews[content.lineage] = (*self.reviews.get(content.lineage, ()), content)
            case Withdrawal():
                earlier = self.withdrawn.get(content.lineage, frozenset())
                self.withdrawn[content.lineage] = earlier | {content.revision}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says of those whom arrivals are about.

    `reviewed` are author and unit of revisions by (commune, lineage, revision), `marked` members by account.
    """

    reviewed: dict[tuple[str, str, int], Row]
    marked: Mapping[str, Member]


def unless_refused(judge, *given):
    """What `judge` returns, or the refusal it raised."""
    try:
        return judge(*given)
    except Expected as refusal:
        return refusal


def judge_together(
    connection: Connection, arrivals: Sequence[Arrival]
) -> tuple[list[Outcome | Fresh], dict[str, int]]:
    """What becomes of each, and the last positions of the feeds that are to tell of those to keep.

    From then until commit nobody else appends to these feeds: no review slips in unseen.
    """
    held = _held(connection, arrivals)
    marks = [arrival.content for arrival in arrivals if isinstance(arrival.content, CellMark)]
    known = _Known(_reviewed(connection, arrivals), members_marked(connection, marks))
    judged = [unless_refused(_judge, connection, arrival, held, known) for arrival in arrivals]
    fresh = [one for one in judged if isinstance(one, Fresh)]
    positions = feed.lock_positions(connection, {one.unit for one in fresh})
    said = _said(connection, fresh)
    final: list[Outcome | Fresh] = [
        unless_refused(_judge_again, connection, one, positions, said) if isinstance(one, Fresh) else one
        for one in judged
    ]
    return final, positions


def _held(connection: Connection, arrivals: Sequence[Arrival]) -> list[Row]:
    """Without texts: every revision of these lineages, and the authors' other reflections of a subject."""
    reflections = [arrival for arrival in arrivals if arrival.is_reflection]
    given = {
        "communes": list({arrival.submission.commune for arrival in arrivals}),
        "lineages": list({arrival.submission.lineage for arrival in arrivals}),
    }
    if reflections:
        given["authors"] = list({arrival.author.account for arrival in reflections})
        given["subjects"] = list({arrival.submission.subject for arrival in reflections})
    rows = connection.execute(_same_identity(connection.dialect.name, bool(reflections)), given)
    return sorted(rows, key=lambda row: row.revision)


@cache
def _same_identity(dialect: str, reflections: bool) -> Select | CompoundSelect:
    columns = [column for column in submissions.c if column.name != "content"]
    in_communes = among(dialect, submissions.c.commune, "communes")
    in_lineages = among(dialect, submissions.c.lineage, "lineages")
    wanted = select(*columns).where(in_communes, in_lineages)
    if not reflections:
        return wanted
    # Two searches rather than one with OR, for which SQLite would read the whole commune.
    return wanted.union_all(
        select(*columns).where(
            in_communes,
            among(dialect, submissions.c.author, "authors"),
            among(dialect, submissions.c.subject, "subjects"),
            submissions.c.kind == SubmissionKind.REFLECTION.value,
            ~in_lineages,
        )
    )


def _reviewed(connection: Connection, arrivals: Sequence[Arrival]) -> dict[tuple[str, str, int], Row]:
    """Author and unit of every revision of the lineages that reviews and withdrawals are about."""
    wanted = [arrival for arrival in arrivals if isinstance(arrival.content, Review | Withdrawal)]
    if not wanted:
        return {}
    rows = connection.execute(
        select(
            submissions.c.commune,
            submissions.c.lineage,
            submissions.c.revision,
            submissions.c.author,
            submissions.c.unit,
        ).where(
            submissions.c.commune.in_({arrival.submission.commune for arrival in wanted}),
            submissions.c.lineage.in_([arrival.content.lineage for arrival in wanted]),
            submissions.c.kind == SubmissionKind.REFLECTION.value,
        )
    )
    return {(row.commune, row.lineage, row.revision): row for row in rows}


def _judge(
    connection: Connection,
    arrival: Arrival,
    held: list[Row],
    known: _Known,
) -> Accepted | Fresh:
    """Finds the submission kept already, or says where it goes. Raises what refuses it."""
    submission, author = arrival.submission, arrival.author
    here = [row for row in held if row.commune == submission.commune]
    lineage = tuple(row for row in here if row.lineage == submission.lineage)
    if lineage and lineage[0].author != author.account:
        raise NotAllowed("Mã bài này đã thuộc về một đảng viên khác.", "Hãy báo quản trị máy chủ.")
    for row in lineage:
        if row.revision == submission.revision:
            if _same(row, submission):
                return Accepted(feed.receipt_from(row._mapping), new=False)
            raise _clash(connection, lineage, "Máy chủ đã giữ một bản khác của lần nộp này.")
    if arrival.is_reflection:
        others = [
            row
            for row in here
            if (row.author, row.subject) == (author.account, submission.subject)
            and row.kind == SubmissionKind.REFLECTION.value
            and row.lineage != submission.lineage
        ]
        if others:
            raise _clash(connection, others, "Đồng chí đã nộp bài cho nhiệm vụ này từ một máy khác.")
    _check_succession(submission, lineage)
    unit, owner = _place(arrival, known)
    return Fresh(arrival, unit, owner, lineage)


def _judge_again(connection: Connection, one: Fresh, positions: dict[str, int], said: _Said) -> Fresh:
    """What can only be said once the feed is held."""
    if one.unit not in positions:
        raise NotFound(f"Máy chủ không có tổ chức đảng “{one.unit}”.")
    if isinstance(one.arrival.content, Reflection):
        # Retention deletes files that no text names while it holds the feed.
        check_files_held(connection, one.arrival.author.account, one.arrival.submission, one.arrival.content)
    if one.arrival.held_once is not None:
        said.add(one.arrival.content)
        return one
    match one.arrival.content:
        case Review() as review:
            check_not_withdrawn(review, said.withdrawn.get(review.lineage, ()))
        case Withdrawal() as withdrawal:
            check_unopened(withdrawal, said.reviews.get(withdrawal.lineage, ()))
    if one.arrival.is_reflection and one.lineage:
        known = said.reviews.get(one.arrival.submission.lineage, ())
        if standing(True, known, one.lineage[-1].revision) is State.ACCEPTED:
            raise _clash(connection, one.lineage, "Bài đã được chi bộ đánh giá Đạt nên không nộp lại.")
    said.add(one.arrival.content)
    return one


def _same(row: Row, submission: Submission) -> bool:
    """Whether the row holds these very bytes about the same thing, whatever `written_at` says now."""
    return (row.kind, row.sha256, row.subject, row.unit) == (
        submission.kind.value,
        submission.sha256,
        submission.subject,
        submission.unit,
    )


def _clash(connection: Connection, rows: Sequence[Row], message: str) -> Clashed:
    latest = max(rows, key=lambda row: row.revision)
    held = connection.execute(
        select(submissions).where(
            submissions.c.commune == latest.commune,
            submissions.c.lineage == latest.lineage,
            submissions.c.revision == latest.revision,
        )
    ).one()
    return Clashed(message, "Cả hai bản đều được giữ; hãy xem và chọn.", feed.entry_from(held._mapping))


def _check_succession(submission: Submission, lineage: Sequence[Row]) -> None:
    """Revisions come one after the other, all of one kind and about one subject."""
    latest = lineage[-1].revision if lineage else 0
    if submission.revision != latest + 1:
        raise BadInput(
            f"Máy chủ chưa có bản {submission.revision - 1} của bài này (mới có đến bản {latest}).",
            "Bản trước cần được gửi trước; bài vẫn được giữ trên máy.",
        )
    if lineage and (lineage[0].kind, lineage[0].subject) != (submission.kind.value, submission.subject):
        raise BadInput("Bản sau phải cùng loại và cùng nội dung nhiệm vụ với bản đầu.")


def _place(arrival: Arrival, known: _Known) -> tuple[str, str]:
    """The unit whose feed it goes to, and whom it is about: of a review, those of the revision reviewed."""
    author, content = arrival.author, arrival.content
    if isinstance(content, CellMark):
        return place_of_mark(author, arrival.submission.commune, content, known.marked)
    if isinstance(content, Withdrawal):
        unit = place_of_withdrawn(author.account, arrival.submission.commune, content, known.reviewed)
        return unit, author.account
    if not isinstance(content, Review):
        return arrival.submission.unit, author.account
    row = known.reviewed.get((arrival.submission.commune, content.lineage, content.revision))
    # Who may not review there learns nothing about what is there.
    if row is None and any(can(author, Action.REVIEW, duty.unit) for duty in author.duties):
        raise NotFound("Máy chủ không có bản bài thu hoạch được nhận xét.", "Hãy đồng bộ rồi mở lại bài.")
    if row is None or not can(author, Action.REVIEW, row.unit):
        raise NotAllowed("Đồng chí không được phân công nhận xét bài của chi bộ này.")
    if row.author == author.account:
        raise NotAllowed(
            "Không tự nhận xét bài của mình.", "Bài của đồng chí do người khác trong chi uỷ xem."
        )
    return row.unit, row.author


def _said(connection: Connection, fresh: Sequence[Fresh]) -> _Said:
    """What was said of the texts that arrivals revise, review or take back."""
    lineages: dict[str, str] = {}
    for one in fresh:
        submission, content = one.arrival.submission, one.arrival.content
        if isinstance(content, Review | Withdrawal):
            lineages[content.lineage] = submission.commune
        elif one.arrival.is_reflection and one.lineage:
            lineages[submission.lineage] = submission.commune
    communes = set(lineages.values())
    return _Said(
        reviews_of(connection, communes, list(lineages)), withdrawn_of(connection, communes, list(lineages))
    )
