"""One exchange with the server: what moves, what is said when it fails, and PCs that agree in the end."""

import itertools
import os
import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, event

from handbook.client import sync as sync_module
from handbook.client import sync_log
from handbook.client.account import keep_session
from handbook.client.content import ContentReport
from handbook.client.sync import Sync, SyncProgress
from handbook.errors import (
    BadInput,
    DiskProblem,
    Expected,
    NotFound,
    Offline,
    ServerBroken,
    SignInFailed,
    TooBusy,
    WrongClock,
)
from handbook.model.changes import Change
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State
from handbook.model.two_texts import Choice
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import RETRY_AFTER_SECONDS, Backup, Device, Fault, Ward, account_of

Devices = Callable[..., Device]
TASK = "hongson/anbinh/hoc-tap-nq15"
DOCUMENT = "central/15-nq-tw-2022"
ITEMS = (document_item(document()), assignment_item(assignment(min_words=1)))


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, ITEMS)


def submit(an: Device, text: str = "một hai ba") -> None:
    an.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
    an.reflections.submit(TASK, NOW)


def with_content(an: Device, pull: Callable[..., ContentReport]) -> Sync:
    return Sync(an.store, an.account, an.outbox, an.line, an.folder, pull_content=pull)


def test_a_sync_says_what_it_moved_and_remembers_it(an: Device) -> None:
    submit(an)
    stages: list[SyncProgress] = []
    report = an.sync.run(lambda: NOW, progress=stages.append)
    assert (report.sent, report.received, report.error) == (1, 2, None)
    assert {Change.SYNC, Change.OUTBOX, Change.REFLECTION} <= report.changes
    assert [stage.stage for stage in stages] == [
        sync_module.SENDING,
        sync_module.READING_FEED,
        sync_module.SENDING,
        sync_module.FETCHING_FILES,
    ]
    status = an.sync.status()
    assert (status.last_success, status.last_attempt, status.last_error) == (NOW, NOW, None)
    assert status.clock_skew is not None
    (line,) = an.sync.log()
    assert (line.sent, line.received, line.error) == (1, 2, "")


def test_a_second_sync_finds_nothing_to_move(an: Device) -> None:
    submit(an)
    an.synced()
    report = an.synced()
    assert (report.sent, report.received) == (0, 0)


def test_without_a_line_a_sync_ends_at_once_and_keeps_the_last_success(an: Device) -> None:
    an.synced()
    submit(an)
    an.line.is_down = True
    later = NOW + timedelta(hours=1)
    report = an.synced(later)
    assert isinstance(report.error, Offline)
    assert len(report.errors) == 1
    status = an.sync.status()
    assert (status.last_success, status.last_attempt) == (NOW, later)
    assert status.last_error == (report.error.message, report.error.advice)
    today = an.study.today(NOW)
    assert (today.last_sync, today.last_error, today.waiting) == (NOW, report.error.message, 1)
    an.line.is_down = False
    assert an.synced(later).error is None
    assert an.sync.status().last_error is None


def test_content_that_cannot_be_trusted_does_not_keep_own_work_from_travelling(an: Device) -> None:
    def refused(*_: object) -> ContentReport:
        raise WrongClock("Đồng hồ sai.", "Chỉnh lại.")

    submit(an)
    report = with_content(an, refused).run(lambda: NOW)
    assert isinstance(report.error, WrongClock)
    assert (report.sent, report.received) == (1, 2)
    assert an.sync.log()[0].error == "Đồng hồ sai."


def test_new_content_is_announced(an: Device) -> None:
    heard: list[frozenset[Change]] = []
    an.store.subscribe(heard.append)
    report = with_content(
        an, lambda *_: ContentReport(changed=frozenset({DOCUMENT}), bytes_down=5_000_000)
    ).run(lambda: NOW)
    assert report.documents_changed == 1
    assert report.bytes_down > 5_000_000
    assert {Change.LIBRARY, Change.STUDY} <= report.changes
    assert frozenset({Change.LIBRARY, Change.STUDY, Change.CELL}) in heard


def test_a_pc_without_its_root_of_trust_says_so(an: Device) -> None:
    report = Sync(an.store, an.account, an.outbox, an.line, an.folder).run(lambda: NOW)
    assert isinstance(report.error, NotFound)
    assert "khoá gốc" in report.error.message


def test_an_expired_session_is_what_the_member_hears_first(an: Device) -> None:
    an.ward.sign_out_everywhere(an.account_name)

    def broken(*_: object) -> ContentReport:
        raise ServerBroken("Nội dung hỏng.")

    report = with_content(an, broken).run(lambda: NOW)
    assert isinstance(report.error, SignInFailed)
    assert [type(error) for error in report.errors] == [ServerBroken, SignInFailed]
    submit(an)
    before = len(an.line.requests)
    report = an.synced()
    assert isinstance(report.error, SignInFailed)
    assert len(an.line.requests) == before, "a refused token is not tried again"
    assert [row.attempts for row in an.outbox.owed()] == [0]


def test_a_busy_server_is_left_alone_for_the_rest_of_the_sync(an: Device) -> None:
    submit(an)
    an.line.faults.append(Fault.BUSY)
    report = an.synced()
    assert isinstance(report.error, TooBusy)
    assert len(an.line.requests) == 1
    assert report.error.retry_after == RETRY_AFTER_SECONDS


def test_a_server_that_was_busy_with_the_feed_is_left_alone_for_as_long_as_it_asked(an: Device) -> None:
    an.line.faults.append(Fault.BUSY)
    assert isinstance(an.synced().error, TooBusy)
    submit(an)
    early = an.synced(NOW + timedelta(seconds=RETRY_AFTER_SECONDS - 1))
    assert isinstance(early.error, TooBusy)
    assert len(an.line.requests) == 1
    assert an.synced(NOW + timedelta(seconds=RETRY_AFTER_SECONDS)).sent == 1


def test_what_the_server_refused_for_good_does_not_make_every_sync_a_failure(
    an: Device, device: Devices, cell: str
) -> None:
    other = device("An", cell, ITEMS)
    submit(other)
    other.synced()
    submit(an, "bốn năm sáu")
    report = an.synced()
    assert report.error is None
    assert an.study.today(NOW).set_aside == 1


def test_two_syncs_at_once_are_one(an: Device) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> ContentReport:
        inside.set()
        go_on.wait()
        return ContentReport()

    sync = with_content(an, slow)
    reports = []
    first = threading.Thread(target=lambda: reports.append(sync.run(lambda: NOW)))
    first.start()
    inside.wait()
    second = sync.run(lambda: NOW)
    go_on.set()
    first.join()
    assert (second.already_running, reports[0].already_running) == (True, False)
    assert len(sync.log()) == 1
    assert not sync.run(lambda: NOW).already_running


def test_a_bug_in_a_step_does_not_block_the_next_sync(an: Device) -> None:
    def bug(*_: object) -> ContentReport:
        raise ZeroDivisionError

    sync = with_content(an, bug)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            sync.run(lambda: NOW)


def test_a_cancelled_sync_stops_before_the_next_step_and_is_no_failure(an: Device) -> None:
    submit(an)
    report = an.sync.run(lambda: NOW, cancelled=lambda: len(an.line.requests) > 0)
    assert (report.sent, report.received, report.error) == (1, 0, None)
    assert an.sync.log() == ()


def test_the_log_is_limited(an: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_log, "LOG_LINES", 3)
    for minute in range(5):
        an.synced(NOW + timedelta(minutes=minute))
    assert [line.started_at for line in an.sync.log()] == [
        NOW + timedelta(minutes=minute) for minute in (4, 3, 2)
    ]


def test_a_full_disk_is_reported_and_not_raised(an: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise DiskProblem("Đĩa đầy.", "Hãy dọn bớt.")

    monkeypatch.setattr(sync_module, "note_sync", full)
    assert isinstance(an.synced().error, DiskProblem)


def test_a_token_that_ends_in_the_middle_of_the_queue_asks_once_and_all_is_sent_after(an: Device) -> None:
    """The rows behind the refused one are not even tried; nothing is lost, and nothing is sent twice."""
    an.library.tick(DOCUMENT, True, NOW)
    submit(an)
    an.library.tick(DOCUMENT, False, NOW + timedelta(minutes=1))
    an.line.faults.append(Fault.TWICE)
    first = len(an.line.requests)
    send, account = an.line.send, an.account

    def then_ends(*arguments: object, **options: object) -> object:
        answer = send(*arguments, **options)
        if len(an.line.requests) == first + 1:
            an.ward.sign_out_everywhere(an.account_name)
        return answer

    an.line.send = then_ends
    report = an.synced()
    an.line.send = send
    assert isinstance(report.error, SignInFailed)
    assert [type(error) for error in report.errors] == [SignInFailed], "it is asked for once"
    assert report.sent == 1
    assert len(an.outbox.owed()) == 2
    assert not any(row.set_aside for row in an.outbox.owed())
    assert account.session_expired()
    with an.store.personal.write() as connection:
        session = an.ward.sign_in(an.account_name)
        keep_session(connection, session, server=an.ward.url, device="PC", now=an.ward.now)
    after = an.synced()
    assert (after.error, after.sent) == (None, 2)
    assert an.outbox.owed() == ()
    assert len(an.ward.submissions_of(an.account_name)) == 3


def test_a_sync_that_was_broken_off_is_told_as_stopped_not_as_a_failure(an: Device) -> None:
    stopped = threading.Event()

    def broken_off(*_: object) -> ContentReport:
        stopped.set()
        raise Offline("Không kết nối được.", "")

    report = with_content(an, broken_off).run(lambda: NOW, cancelled=stopped.is_set)
    assert (report.error, report.errors, report.cancelled) == (None, (), True)
    assert an.sync.log() == ()


def test_the_log_says_by_a_code_what_went_wrong(an: Device) -> None:
    an.line.is_down = True
    an.synced()
    an.line.is_down = False
    an.synced()
    assert [line.code for line in an.sync.log()] == ["", "offline"]


def test_the_rate_is_told_with_the_progress_and_what_was_here_before_is_not_counted() -> None:
    told: list[SyncProgress] = []
    tell = sync_module._with_rate(told.append)
    for done in (5_000_000, 5_000_000, 5_001_000):
        tell("Đang tải", done, 6_000_000)
    assert [progress.done for progress in told] == [5_000_000, 5_000_000, 5_001_000]
    assert told[0].rate == told[1].rate == 0
    assert told[2].rate > 0


class PowerCut(Exception):
    """Ends a sync at a commit."""


class SeveralPcs(RuleBasedStateMachine):
    """Two PCs of one member and one of the secretary, over lines that misbehave.

    Clocks are set wrong, the power is cut, the server or a profile is put back from a copy.
    """

    ward: Ward
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.ward.now = NOW
        self.cell = self.ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
        home = self.folder / self.cell.rpartition("/")[2]
        self.pcs = [Device(home / f"an-{n}", self.ward, "An", self.cell, ITEMS) for n in (1, 2)]
        self.hanh = Device(home / "hanh", self.ward, "Hanh", self.cell, ITEMS)
        self.everyone = [*self.pcs, self.hanh]
        self.submitted: list[set[str]] = [set(), set()]
        self.drafted = ["", ""]
        self.backup: Backup | None = None
        self.was_restored = False
        self.saved_profile: tuple[Path, set[str], str] | None = None
        self.skews = [0, 0, 0]
        self.minutes = 0
        self.numbers = 0

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            for pc in self.everyone:
                pc.close()

    @property
    def now(self):
        return NOW + timedelta(minutes=self.minutes)

    def clock_of(self, which: int):
        """What the clock of this PC shows; the secretary's is the last."""
        return self.now + timedelta(minutes=self.skews[which])

    def texts_at(self, pc: Device) -> set[str]:
        """Every text of the member that can be read on this PC."""
        draft = pc.reflections.draft(TASK, self.now)
        found = {draft.answers[0].text}
        found |= {version.answers[0].text for version in draft.versions}
        return found | {kept.answers[0].text for kept in draft.kept}

    @rule(which=st.integers(0, 1), submits=st.booleans())
    def write(self, which: int, submits: bool) -> None:
        pc = self.pcs[which]
        draft = pc.reflections.draft(TASK, self.now)
        if draft.can_revise:
            pc.reflections.revise(TASK, self.now)
            self.reopened(which)
        if draft.can_revise or draft.can_write:
            self.numbers += 1
            text = f"bản {self.numbers} của máy {which}"
            pc.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), self.now)
            self.drafted[which] = text
        if submits and pc.reflections.draft(TASK, self.now).newer:
            pc.reflections.choose(TASK, Choice.OWN, self.now)
        if submits and pc.reflections.draft(TASK, self.now).can_submit:
            pc.reflections.submit(TASK, self.now)
            self.submitted[which].add(self.drafted[which])

    def reopened(self, which: int) -> None:
        """A text is a draft again: one that the server never took is then no submitted one any more."""
        draft = self.pcs[which].reflections.draft(TASK, self.now)
        self.drafted[which] = draft.answers[0].text
        elsewhere = {version.answers[0].text for version in draft.versions}
        if self.drafted[which] not in elsewhere | {kept.answers[0].text for kept in draft.kept}:
            self.submitted[which].discard(self.drafted[which])

    @rule(which=st.integers(0, 1))
    def withdraw(self, which: int) -> None:
        pc = self.pcs[which]
        if pc.reflections.draft(TASK, self.now).can_withdraw:
            pc.reflections.withdraw(TASK, self.now)
            if pc.reflections.draft(TASK, self.now).can_write:
                self.reopened(which)

    @rule(which=st.integers(0, 1), read=st.booleans())
    def tick(self, which: int, read: bool) -> None:
        self.minutes += 1
        self.pcs[which].library.tick(DOCUMENT, read, self.clock_of(which))

    @rule(which=st.integers(0, 2), days=st.integers(-3, 3))
    def set_the_clock(self, which: int, days: int) -> None:
        self.skews[which] = days * 1440

    @rule(exempts=st.booleans())
    def exempt(self, exempts: bool) -> None:
        self.minutes += 1
        member = account_of("An", self.cell)
        try:
            if exempts:
                self.hanh.cell.exempt(member, TASK, "Ốm dài ngày.", self.clock_of(2))
            else:
                self.hanh.cell.unmark(member, TASK, self.clock_of(2))
        except (BadInput, NotFound):
            pass  # nothing to take back, or the cell's members have not come here yet

    @rule()
    def back_up(self) -> None:
        self.backup = self.ward.back_up()

    @precondition(lambda self: self.backup and not self.saved_profile)
    @rule()
    def restore_server(self) -> None:
        self.backup.restore()
        self.was_restored = True

    @precondition(lambda self: not self.was_restored)
    @rule()
    def save_profile(self) -> None:
        """A copy of the first PC's file. (What server and PCs all have lost cannot come back: not both.)"""
        file = self.folder / f"saved-{self.numbers}-{self.minutes}.db"
        file.unlink(missing_ok=True)
        self.pcs[0].store.personal.copy_to(file)
        self.saved_profile = (file, set(self.submitted[0]), self.drafted[0])

    @precondition(lambda self: self.saved_profile)
    @rule()
    def restore_profile(self) -> None:
        file, self.submitted[0], self.drafted[0] = self.saved_profile
        self.submitted[0] = set(self.submitted[0])
        pc, personal = self.pcs[0], self.pcs[0].store.personal.path
        pc.store.close()
        for leftover in personal.parent.glob(f"{personal.name}-*"):
            leftover.unlink()
        shutil.copy(file, personal)
        pc.reopen()

    @rule(which=st.integers(0, 2), after=st.integers(0, 12))
    def power_cut(self, which: int, after: int) -> None:
        """Just before the commit of that number in a sync, or somewhere else when there are fewer."""
        commits = itertools.count()

        def cut(_: object) -> None:
            if threading.current_thread() is threading.main_thread() and next(commits) == after:
                raise PowerCut

        event.listen(Engine, "commit", cut)
        try:
            self.sync(which, [])
        except PowerCut:
            pass
        finally:
            event.remove(Engine, "commit", cut)
        self.everyone[which].restart()

    @rule(accept=st.sampled_from([False, False, False, True]))
    def review(self, accept: bool) -> None:
        for view in self.hanh.cell.to_review(self.cell):
            self.minutes += 1
            if accept:
                self.hanh.cell.accept(view.lineage, "", self.now)
            else:
                self.hanh.cell.return_for_revision(view.lineage, "Sửa.", self.now)

    @rule(order=st.permutations(range(3)))
    def all_sync(self, order: list[int]) -> None:
        for which in order:
            self.sync(which, [])

    @rule(which=st.integers(0, 2), faults=st.lists(st.none() | st.sampled_from(Fault), max_size=4))
    def sync(self, which: int, faults: list[Fault | None]) -> None:
        pc = self.everyone[which]
        self.minutes += 90
        pc.line.faults.clear()
        pc.line.faults.extend(faults)
        report = pc.synced(self.clock_of(which))
        assert report.error is None or isinstance(report.error, Expected)
        pc.line.faults.clear()

    @rule(which=st.integers(0, 2))
    def restart(self, which: int) -> None:
        self.everyone[which].restart()

    @precondition(lambda self: self.numbers)
    @invariant()
    def no_text_is_lost(self) -> None:
        for which, pc in enumerate(self.pcs):
            here = self.texts_at(pc)
            assert self.submitted[which] <= here
            if self.drafted[which]:
                assert self.drafted[which] in here

    @invariant()
    def one_effect_for_each_revision_and_receipts_only_for_what_the_server_holds(self) -> None:
        held = self.ward.submissions_of(self.pcs[0].account_name)
        assert len({(lineage, revision) for _, lineage, revision, _ in held}) == len(held)
        reflections = [(lineage, revision) for kind, lineage, revision, _ in held if kind == "reflection"]
        assert len({lineage for lineage, _ in reflections}) <= 1
        assert [revision for _, revision in reflections] == list(range(1, len(reflections) + 1))
        for pc in self.pcs:
            for version in pc.reflections.submitted(TASK):
                if version.receipt:
                    key = ("reflection", version.lineage, version.revision, version.receipt.sha256)
                    assert key in held or self.was_restored
                    pc.reflections.verify(version.lineage, version.revision)
                else:
                    assert version.state is State.WAITING

    def come_to_rest(self) -> None:
        """With good lines, after enough syncs, everybody holds what the server holds."""
        self.skews = [0, 0, 0]
        for _ in range(4):
            self.minutes += 6000
            for pc in self.everyone:
                report = pc.synced(self.now)
                assert report.error is None
        for pc in self.everyone:
            assert all(row.set_aside for row in pc.outbox.owed())
        one, two = (
            [(v.lineage, v.revision, v.answers, v.state) for v in pc.reflections.submitted(TASK)]
            for pc in self.pcs
        )
        assert one == two
        held = self.ward.submissions_of(self.pcs[0].account_name)
        assert sorted((lineage, revision) for lineage, revision, _, _ in one) == [
            (lineage, revision) for kind, lineage, revision, _ in held if kind == "reflection"
        ]
        rows = self.hanh.cell.overview(self.cell, TASK, self.now).rows
        completion = self.ward.completion(self.cell, assignment(min_words=1)).members
        assert tuple(sorted((row.progress for row in rows), key=lambda p: p.account)) == completion
        read = {pc.library.open(DOCUMENT).card.read for pc in self.pcs}
        assert read == {bool(completion[0].documents_read)}


def run_machine(ward: Ward, folder: Path, *, examples: int, steps: int) -> None:
    machine = type("Machine", (SeveralPcs,), {"ward": ward, "folder": folder})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_pcs_over_bad_lines_lose_nothing_double_nothing_and_agree_in_the_end(
    ward: Ward, tmp_path: Path
) -> None:
    run_machine(ward, tmp_path, examples=6, steps=18)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_pcs_over_bad_lines_agree_in_the_end_at_length(ward: Ward, tmp_path: Path) -> None:
    """HANDBOOK_MACHINE_EXAMPLES asks for more of them."""
    run_machine(ward, tmp_path, examples=int(os.environ.get("HANDBOOK_MACHINE_EXAMPLES", "24")), steps=30)
