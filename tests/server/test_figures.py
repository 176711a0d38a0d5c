"""Figures that are kept as rows: whatever happens, they are those of the submissions themselves."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from handbook.errors import Expected
from handbook.model.people import Member
from handbook.model.reflection import Verdict
from handbook.model.report import Figures, figures_of
from handbook.model.study import Assignment, CellMark, MarkKind, Part
from handbook.protocol.api import MemberEdit
from handbook.protocol.submissions import Submission, SubmissionKind
from handbook.server import figures, roster, tables
from handbook.server.completion import cell_completion
from handbook.server.counts import counts_below
from handbook.server.database import Database, open_database
from handbook.server.figures import differing, forget
from handbook.server.keys import Keys, load_keys
from handbook.server.people import find_members
from handbook.server.submissions import HandedIn, Intake
from handbook.server.ward import load_ward
from tests.server.harness import (
    CELL,
    COMMUNE,
    NOW,
    OTHER_CELL,
    WARD,
    envelope,
    reflection,
    review,
    tick,
    withdrawal,
)

DOCUMENTS = ("central/tai-lieu-mot", "central/tai-lieu-hai")
SECRETARY = {CELL: "bithu", OTHER_CELL: "bithu2"}


def assignment(slug: str, **changes: object) -> Assignment:
    return replace(
        Assignment(
            id=f"{COMMUNE}/{slug}",
            edition=1,
            title=slug,
            documents=DOCUMENTS,
            question="Đồng chí làm gì?",
            parts=(Part("nhan-thuc", "I. Nhận thức"),),
            min_words=1,
            opens_on=date(2026, 11, 1),
            due_on=date(2026, 11, 23),
            grace_days=0,
            units=(COMMUNE,),
        ),
        **changes,
    )


FIRST, SECOND = assignment("bai-mot"), assignment("bai-hai", parts=(), documents=DOCUMENTS[1:])


@dataclass
class World:
    """A ward's server without its network, and what the publisher gives."""

    database: Database
    keys: Keys
    now: datetime = NOW
    given: dict[str, Assignment] = field(default_factory=lambda: {each.id: each for each in (FIRST, SECOND)})
    latest: dict[tuple[str, str], Submission] = field(default_factory=dict)

    def assignments_for(self, unit_path: str) -> tuple[Assignment, ...]:
        return tuple(self.given.values())

    def member(self, account: str) -> Member:
        with self.database.read() as connection:
            return find_members(connection, [account])[0]

    def hand_in(self, account: str, submission: Submission) -> None:
        """Kept or refused, as the server sees fit."""
        self.now += timedelta(seconds=1)
        intake = Intake(self.database, self.keys, "thu")
        (outcome,) = intake.accept([HandedIn(self.member(account), submission)], self.now)
        if not isinstance(outcome, Expected):
            self.latest[account, submission.subject] = submission

    def tick(self, account: str, document: str, read: bool) -> None:
        unit = self.member(account).unit
        self.hand_in(account, tick(document, read=read, at=self.now, unit=unit))

    def write(self, account: str, asked: str) -> None:
        known = self.latest.get((account, asked))
        new = replace(known, revision=known.revision + 1) if known else None
        self.hand_in(account, new or reflection(subject=asked, unit=self.member(account).unit))

    def write_from_the_former_cell(self, account: str, asked: str) -> None:
        member = self.member(account)
        former = [duty.unit for duty in member.duties if duty.unit in SECRETARY and duty.unit != member.unit]
        for unit in former:
            self.hand_in(account, reflection(subject=asked, unit=unit))

    def judge(self, account: str, asked: str, verdict: Verdict) -> None:
        if of := self.latest.get((account, asked)):
            self.hand_in(SECRETARY[of.unit], review(of, verdict, comment="Xem.", at=self.now, unit=of.unit))

    def withdraw(self, account: str, asked: str) -> None:
        if of := self.latest.get((account, asked)):
            self.hand_in(account, withdrawal(of, unit=of.unit))

    def mark(self, account: str, kind: MarkKind) -> None:
        unit = self.member(account).unit
        content = CellMark(
            member=account,
            assignment=FIRST.id,
            kind=kind,
            reason="Đang điều trị bệnh" if kind is MarkKind.EXEMPT else "",
            handed_in_on=NOW.date() if kind is MarkKind.PAPER else None,
            marked_at=self.now,
        )
        said = envelope(content, SubmissionKind.CELL_MARK, content.subject, "", 1, unit)
        self.hand_in(SECRETARY[unit], said)

    def change(self, account: str, **changes: object) -> None:
        self.now += timedelta(seconds=1)
        before = self.member(account)
        edit = MemberEdit(
            before=before,
            name=before.name,
            unit=before.unit,
            admitted_on=before.admitted_on,
            probationary=before.probationary,
            duty=None,
            active=before.active,
        )
        edit = replace(edit, **changes)
        roster.change_member(self.database, self.member("quantri"), account, edit, self.now)

    def told(self, below: str = COMMUNE) -> dict[tuple[str, str], Figures]:
        counts = counts_below(self.database, self, below, self.now)
        return {(each.unit, each.assignment): each.figures for each in counts.cells}

    def counted(self, below: str = COMMUNE) -> dict[tuple[str, str], Figures]:
        """From the submissions themselves, a cell and an assignment at a time."""
        return {
            (cell, each.id): figures_of(each, cell_completion(self.database, cell, each).members)
            for cell in SECRETARY
            for each in self.given.values()
            if each.is_for(cell) and each.is_open(self.now) and (cell == below or below == COMMUNE)
        }

    def empty(self) -> None:
        with self.database.write() as connection:
            for table in tables.metadata.sorted_tables:
                connection.execute(delete(table))
        load_ward(self.database, WARD, NOW)


@pytest.fixture
def world(ward_url: str, tmp_path: Path) -> Iterator[World]:
    database = open_database(ward_url)
    yield World(database, load_keys(tmp_path / "keys"))
    database.close()


people = st.sampled_from(["an", "binh", "hoa"])
asked = st.sampled_from([FIRST.id, SECOND.id])
happenings = st.one_of(
    st.tuples(st.just("tick"), people, st.sampled_from(DOCUMENTS), st.booleans()),
    st.tuples(st.just("write"), people, asked),
    st.tuples(st.just("write_from_the_former_cell"), people, asked),
    st.tuples(st.just("judge"), people, asked, st.sampled_from(Verdict)),
    st.tuples(st.just("withdraw"), people, asked),
    st.tuples(st.just("mark"), people, st.sampled_from(MarkKind)),
    st.tuples(st.just("move"), people, st.sampled_from([CELL, OTHER_CELL])),
    st.tuples(st.just("stay"), people, st.booleans()),
    st.tuples(
        st.just("publish"),
        st.sampled_from(
            [
                replace(FIRST, documents=DOCUMENTS[:1]),
                replace(FIRST, due_on=date(2026, 11, 30)),
                replace(FIRST, units=(OTHER_CELL,)),
                replace(SECOND, parts=FIRST.parts),
                replace(SECOND, grace_days=5),
                assignment("bai-ba", opens_on=date(2026, 11, 24)),
            ]
        ),
    ),
    st.tuples(st.just("recall"), asked),
    st.tuples(st.just("wait"), st.integers(1, 3)),
    st.tuples(st.just("report"), st.sampled_from([COMMUNE, CELL, OTHER_CELL])),
)


def happen(world: World, what: str, *told: object) -> None:
    match what:
        case "move":
            world.change(told[0], unit=told[1])
        case "stay":
            world.change(told[0], active=told[1])
        case "publish":
            world.given[told[0].id] = told[0]
        case "recall":
            world.given.pop(told[0], None)
        case "wait":
            world.now += timedelta(days=told[0])
        case "report":
            assert world.told(told[0]) == world.counted(told[0])
        case _:
            getattr(world, what)(*told)


EVERYTHING = [
    ("tick", "an", DOCUMENTS[1], True),
    ("write", "an", FIRST.id),
    ("withdraw", "an", FIRST.id),
    ("write", "hoa", FIRST.id),
    ("judge", "hoa", FIRST.id, Verdict.OPENED),
    ("judge", "hoa", FIRST.id, Verdict.RETURNED),
    ("write", "hoa", FIRST.id),
    ("judge", "hoa", FIRST.id, Verdict.ACCEPTED),
    ("mark", "binh", MarkKind.PAPER),
    ("mark", "binh", MarkKind.EXEMPT),
    ("mark", "binh", MarkKind.NONE),
    ("move", "binh", OTHER_CELL),
    ("write_from_the_former_cell", "binh", FIRST.id),
    ("tick", "an", DOCUMENTS[0], True),
    ("stay", "hoa", False),
    ("stay", "hoa", True),
    ("publish", replace(FIRST, documents=DOCUMENTS[:1])),
    ("wait", 3),
    ("write", "binh", FIRST.id),
    ("publish", replace(FIRST, due_on=date(2026, 11, 30))),
    ("publish", replace(SECOND, parts=FIRST.parts)),
    ("publish", replace(FIRST, units=(OTHER_CELL,))),
    ("publish", FIRST),
    ("recall", FIRST.id),
]


def test_kept_figures_are_always_those_of_the_submissions(world: World) -> None:
    @hypothesis_settings(max_examples=8, deadline=None)
    @given(st.lists(happenings, min_size=4, max_size=12))
    @example(EVERYTHING)
    def whatever_happens(course: list[tuple]) -> None:
        world.empty()
        fresh = World(world.database, world.keys)
        assert fresh.told() == fresh.counted()
        for one in course:
            happen(fresh, *one)
            assert fresh.told() == fresh.counted(), one
        assert list(differing(fresh.database, list(fresh.given.values()))) == []

    whatever_happens()


def test_what_was_overtaken_while_it_was_counted_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = figures._count
    overtaken: list[object] = []

    def slow_count(*given: object) -> dict:
        told = count(*given)
        if not overtaken:
            overtaken.append(given)
            world.write("an", FIRST.id)
            assert world.told()[CELL, FIRST.id].submitted == 1
        return told

    monkeypatch.setattr(figures, "_count", slow_count)
    world.told()
    assert world.told() == world.counted()


def test_what_nobody_touched_is_not_counted_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.told()
    counted: list[object] = []
    count = figures._count
    monkeypatch.setattr(figures, "_count", lambda *given: counted.append(given[1]) or count(*given))
    world.told()
    assert counted == []
    world.tick("an", DOCUMENTS[0], True)
    world.told()
    assert counted == [[CELL]]
    world.told()
    assert counted == [[CELL]]


def test_one_process_sees_what_another_has_counted_and_what_it_has_taken_in(
    world: World, ward_url: str
) -> None:
    other = World(open_database(ward_url), world.keys)
    assert world.told() == other.told()
    other.write("an", FIRST.id)
    assert world.told()[CELL, FIRST.id].submitted == 1
    assert other.told()[CELL, FIRST.id].submitted == 1
    other.database.close()


def test_a_tick_is_not_lost_on_whoever_looks_at_it_without_the_assignment_that_asks_for_it(
    world: World,
) -> None:
    of_the_other_cell = replace(FIRST, documents=DOCUMENTS[:1], units=(OTHER_CELL,))
    world.given = {each.id: each for each in (of_the_other_cell, SECOND)}
    assert world.told()[OTHER_CELL, FIRST.id].read_all == 0
    world.tick("hoa", DOCUMENTS[0], True)
    world.told(CELL)
    assert world.told()[OTHER_CELL, FIRST.id].read_all == 1


def test_a_tick_is_not_lost_on_a_process_that_does_not_have_the_new_edition_yet(world: World) -> None:
    before = {FIRST.id: replace(FIRST, units=(CELL,)), SECOND.id: SECOND}
    world.given = {FIRST.id: replace(FIRST, documents=("central/tai-lieu-ba",)), SECOND.id: SECOND}
    behind = World(world.database, world.keys, given=before)
    assert world.told()[OTHER_CELL, FIRST.id].read_all == 0
    world.tick("hoa", "central/tai-lieu-ba", True)
    behind.told()
    assert world.told()[OTHER_CELL, FIRST.id].read_all == 1


def test_figures_that_went_wrong_are_found_and_counted_anew(world: World) -> None:
    world.write("an", FIRST.id)
    right = world.told()
    with world.database.write() as connection:
        wrong = tables.cell_figures.c.unit == CELL
        connection.execute(update(tables.cell_figures).where(wrong).values(submitted=7))
    ((pair, kept, counted), *_) = differing(world.database, list(world.given.values()))
    assert (pair, kept.submitted, counted.submitted) == ((CELL, SECOND.id), 7, 0)
    assert world.told() != right
    forget(world.database)
    assert world.told() == right


def test_those_who_submit_report_and_move_at_once_never_stop_one_another(world: World, ward_url: str) -> None:
    failed: list[BaseException] = []
    going = threading.Event()

    def worker(work) -> threading.Thread:
        def run() -> None:
            own = World(open_database(ward_url), world.keys)
            try:
                work(own)
            except BaseException as error:
                failed.append(error)
            finally:
                own.database.close()

        return threading.Thread(target=run)

    def submit(account: str):
        def work(own: World) -> None:
            for number in range(15):
                own.tick(account, DOCUMENTS[number % 2], number % 3 > 0)
                own.write(account, FIRST.id)
                own.judge(account, FIRST.id, Verdict.RETURNED)

        return work

    def report(own: World) -> None:
        while not going.is_set():
            own.told()

    def move(own: World) -> None:
        for number in range(10):
            own.change("hoa", unit=(CELL, OTHER_CELL)[number % 2])

    submitting = [worker(submit(account)) for account in ("an", "binh", "pho", "xuatban")] + [worker(move)]
    reporting = [worker(report), worker(report)]
    for thread in reporting + submitting:
        thread.start()
    for thread in submitting:
        thread.join()
    going.set()
    for thread in reporting:
        thread.join()
    assert failed == []
    world.now += timedelta(minutes=5)
    assert world.told() == world.counted()
    with world.database.read() as connection:
        kept = connection.scalars(select(tables.submissions.c.kind)).all()
    assert kept.count("reflection") == 4 * 15
