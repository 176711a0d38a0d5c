"""A secretary's page over a large cell: CPU time of what is read and of what is shown."""

import gc
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import uuid_utils
from sqlalchemy import insert

from benchmarks.report import Row, median
from handbook.client import cell_copies
from handbook.client.account import Account, keep_session
from handbook.client.assignments import Assignments
from handbook.client.cell import Cell
from handbook.client.cell_marks import keep_mark
from handbook.client.cell_rows import CellOverview
from handbook.client.lineages import keep_review
from handbook.client.outbox import Outbox
from handbook.client.store import Store
from handbook.client.tables.library import assignments as assignment_rows
from handbook.model.people import Duty, DutyKind, Member, Unit, UnitKind
from handbook.model.reflection import Answer, Reflection, Review, Verdict
from handbook.model.study import Assignment, CellMark, MarkKind, Part, Tick
from handbook.protocol import codec
from handbook.protocol.api import Session, SubmissionEntry
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import Content, Submission, SubmissionKind, pack_content

CELL = "tinh/phuong/mot"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TEXT = "Qua học tập nghị quyết, tôi nhận thức sâu sắc trách nhiệm của người đảng viên. " * 40
DOCUMENTS = 3


def measure(members: int = 200, assignments: int = 50, rounds: int = 5) -> list[Row]:
    """Everybody has read everything and handed in nearly everything, nearly all of it accepted."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), secrets.token_bytes(32))
        try:
            cell, asked = _fill(store, members, assignments)
            latest = asked[-1].id
            of = f"{members} members x {assignments} assignments"
            return [
                _row(f"overview of one assignment, {of}", rounds, lambda: cell.overview(CELL, latest, NOW)),
                _row("trend over the latest assignments", rounds, lambda: cell.trend(CELL, NOW)),
                _row("what waits for a decision", rounds, lambda: cell.waiting(CELL)),
                _row(
                    "message for those who are missing", rounds, lambda: cell.missing_text(CELL, latest, NOW)
                ),
                *_shown(cell.overview(CELL, latest, NOW), rounds),
            ]
        finally:
            store.close()


def _shown(overview: CellOverview, rounds: int) -> list[Row]:
    """The rows put into the table and painted."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from handbook.desktop.cell_table import MemberTable
    from handbook.desktop.theme import Theme

    app = QApplication.instance() or QApplication([])
    Theme().apply(app)
    table = MemberTable()
    table.resize(1100, 700)
    table.show()

    def show() -> None:
        table.show_rows(overview.rows, overview.assignment, NOW)
        table.grab()

    row = _row("table filled and painted", rounds, show)
    table.close()
    return [row]


def _row(what: str, rounds: int, act: Callable[[], object]) -> Row:
    """Median CPU time of this process; the first time, which fills caches, is not counted."""
    act()
    gc.collect()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        times.append((time.process_time() - start) * 1000)
    return Row(what, median(times), "ms CPU")


def _fill(store: Store, members: int, assignments: int) -> tuple[Cell, list[Assignment]]:
    chance = Random(5)
    people = [_member(number) for number in range(members)]
    secretary = people[0]
    units = (Unit(CELL, "Chi bộ Một", UnitKind.CELL),)
    session = Session(token="t", member=secretary, units=units, expires_at=NOW + timedelta(days=90))
    asked = [_assignment(number, assignments) for number in range(assignments)]
    with store.library.write() as connection:
        for each in asked:
            payload = codec.encode(each).decode()
            connection.execute(
                insert(assignment_rows).values(
                    id=each.id, payload=payload, opens_on=each.opens_on, due_on=each.due_on
                )
            )
    with store.personal.write() as connection:
        keep_session(connection, session, server="http://127.0.0.1", device="PC", now=NOW)
        for person in people:
            cell_copies.keep_member(connection, CELL, person)
            for each in asked:
                received = datetime.combine(each.due_on, datetime.min.time(), UTC)
                received += timedelta(days=chance.randint(-5, 8))
                for document in each.documents:
                    tick = Tick(document=document, edition=1, read=True, ticked_at=received)
                    cell_copies.keep_submission(connection, CELL, _entry(person, tick, document, received))
                if chance.random() < 0.03:
                    mark = CellMark(
                        member=person.account,
                        assignment=each.id,
                        kind=MarkKind.EXEMPT,
                        reason="Tuổi cao, sức yếu",
                        marked_at=received,
                    )
                    entry = _entry(secretary, mark, mark.subject, received)
                    keep_mark(connection, CELL, secretary.account, entry.submission)
                elif chance.random() < 0.9:
                    content = Reflection(each.id, tuple(Answer(part.id, TEXT) for part in each.parts))
                    entry = _entry(person, content, each.id, received)
                    cell_copies.keep_submission(connection, CELL, entry)
                    if each is not asked[-1]:
                        review = Review(
                            lineage=entry.submission.lineage,
                            revision=1,
                            verdict=Verdict.ACCEPTED,
                            comment="Bài viết tốt.",
                            reviewed_at=received,
                        )
                        said = _entry(secretary, review, review.lineage, received)
                        keep_review(connection, secretary.account, said.submission)
    account = Account(store, None, rewrap=lambda _: None)
    known = Assignments(store, account)
    return Cell(store, account, known, Outbox(store, account, chance)), asked


def _member(number: int) -> Member:
    duties = [Duty(DutyKind.MEMBER, CELL)]
    if number == 0:
        duties.append(Duty(DutyKind.CELL_SECRETARY, CELL))
    return Member(account=f"mot.m{number}", name=f"Nguyễn Văn {number}", unit=CELL, duties=tuple(duties))


def _assignment(number: int, count: int) -> Assignment:
    due = date(2026, 11, 30) - timedelta(days=21 * (count - 1 - number))
    return Assignment(
        id=f"tinh/phuong/hoc-{number}",
        edition=1,
        title=f"Học tập chuyên đề {number}",
        documents=tuple(f"central/van-ban-{number}-{each}" for each in range(DOCUMENTS)),
        question="",
        parts=(Part("mot", "Nhận thức"), Part("hai", "Liên hệ")),
        min_words=0,
        opens_on=due - timedelta(days=20),
        due_on=due,
        grace_days=3,
        units=("tinh/phuong",),
    )


def _entry(author: Member, content: Content, subject: str, received_at: datetime) -> SubmissionEntry:
    kind = {
        Tick: SubmissionKind.TICK,
        Reflection: SubmissionKind.REFLECTION,
        Review: SubmissionKind.REVIEW,
        CellMark: SubmissionKind.CELL_MARK,
    }[type(content)]
    submission = Submission(
        kind=kind,
        lineage=str(uuid_utils.uuid7()),
        revision=1,
        commune="tinh/phuong",
        unit=CELL,
        subject=subject,
        written_at=received_at,
        content=pack_content(content),
    )
    receipt = Receipt(
        server="may-chu",
        author=author.account,
        kind=kind,
        lineage=submission.lineage,
        revision=1,
        sha256=submission.sha256,
        received_at=received_at,
        key="khoa",
        signature="chu-ky",
    )
    return SubmissionEntry(author=author.account, submission=submission, receipt=receipt)
