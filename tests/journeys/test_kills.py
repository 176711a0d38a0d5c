"""Power cuts: client and server are killed with SIGKILL at any moment; nothing is lost, nothing doubled.

Children are forked from a process that has the program imported, so that hundreds of them can be killed.
"""

import multiprocessing
import os
import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from handbook.client.handbook import Handbook, open_handbook
from handbook.client.library import Filter
from handbook.client.profiles import profile_dir
from handbook.client.store import Store
from handbook.client.transport import HttpTransport
from handbook.client.vault import Vault
from handbook.errors import Offline
from handbook.model.reflection import State
from tests.journeys.small_ward import SmallWard, assignment_id
from tests.journeys.victims import answers_of, now, pull_content, submit_and_deliver, text_number, type_on
from tests.published_ward import MEMBER, PASSWORD

TYPING_KILLS = int(os.environ.get("HANDBOOK_TYPING_KILLS", "80"))
TYPING_SEED = int(os.environ.get("HANDBOOK_TYPING_SEED", "1"))
"""Other moments to be killed at, so that a long run can be done in parts."""
SUBMIT_KILLS = 60
APPLY_KILLS = 40
SERVER_KILLS = 30

pytestmark = [pytest.mark.slow, pytest.mark.timeout(max(600, 6 * TYPING_KILLS))]


@pytest.fixture(scope="module")
def nursery() -> Any:
    """Starts children from one warmed-up process: each lives within milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.victims", "handbook.client.content", "requests"])
    return context


def killed_after(
    nursery: Any, delay: float, body: Callable[..., None], *arguments: object, words: int = 1
) -> list[Any]:
    """Runs `body(pipe, *arguments)` in a child and kills it `delay` seconds after so many words of it.

    Returns everything the child said before it died; a child may also end by itself first.
    """
    ours, theirs = nursery.Pipe(duplex=False)
    child = nursery.Process(target=body, args=(theirs, *arguments))
    child.start()
    theirs.close()
    said = [ours.recv() for _ in range(words)]
    until = time.monotonic() + delay
    try:
        while (left := until - time.monotonic()) > 0 and ours.poll(left):
            said.append(ours.recv())
    except EOFError:
        pass
    child.kill()
    child.join()
    try:
        while ours.poll():
            said.append(ours.recv())
    except (EOFError, OSError):
        pass
    assert child.exitcode in (0, -9), f"the child failed by itself: {child.exitcode}"
    return said


# Typing ----------------------------------------------------------------------------------------------


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[SmallWard]:
    made = SmallWard(tmp_path, assignments=SUBMIT_KILLS)
    made.server.start()
    yield made
    made.close()


def synced(ward: SmallWard) -> Path:
    data_dir = ward.activate(MEMBER)
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    report = handbook.sync.run(now)
    assert report.error is None, report.error
    handbook.close()
    return data_dir


def test_what_a_save_returned_for_is_there_after_any_power_cut_while_typing(
    ward: SmallWard, nursery: Any
) -> None:
    data_dir = synced(ward)
    chance = random.Random(TYPING_SEED)
    saved = 0
    for _ in range(TYPING_KILLS):
        # Counted in saves: a busy machine would not come to any within so many milliseconds.
        words, delay = chance.randint(1, 6), chance.uniform(0, 0.03)
        said = killed_after(nursery, delay, type_on, data_dir, assignment_id(1), saved + 1, words=words)
        saved = max([saved, *(number for word, number in said if word == "saved")])
        handbook = open_handbook(data_dir, MEMBER, PASSWORD)
        try:
            answers = handbook.reflections.draft(assignment_id(1), now()).answers
        finally:
            handbook.close()
        text = answers[0].text if answers else ""
        found = int(re.match(r"Bản (\d+)\.", text).group(1)) if text else 0
        # The save under way when the power went may have been committed, but never half of it.
        assert found in (saved, saved + 1)
        assert text == (text_number(found).strip() if found else "") or text == text_number(found)
        saved = found
    assert saved > TYPING_KILLS  # the children really were in the middle of typing


# Submitting and delivering ---------------------------------------------------------------------------


def test_each_submission_arrives_once_whatever_moment_the_client_is_killed(
    ward: SmallWard, nursery: Any
) -> None:
    data_dir = synced(ward)
    chance = random.Random(2)
    submitted: set[int] = set()
    for _ in range(SUBMIT_KILLS):
        said = killed_after(nursery, chance.uniform(0, 0.12), submit_and_deliver, data_dir, SUBMIT_KILLS)
        submitted |= {number for word, number in said if word == "submitted"}
    finish_delivery(data_dir, submitted)
    assert_equal_at_rest(ward, data_dir, at_least=submitted)


def test_each_submission_arrives_once_when_the_server_dies_between_commit_and_reply(
    ward: SmallWard, nursery: Any
) -> None:
    data_dir = synced(ward)
    ward.server.stop()
    ward.server.environment["HANDBOOK_TEST_EXIT_AFTER_COMMIT"] = "1"
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    deaths = 0
    try:
        for number in range(1, SERVER_KILLS + 1):
            handbook.reflections.save(assignment_id(number), answers_of(number), now())
            handbook.reflections.submit(assignment_id(number), now())
            ward.server.start()
            report = handbook.outbox.deliver(
                HttpTransport(handbook.account.server), handbook.account.token, now()
            )
            deaths += isinstance(report.error, Offline)
            ward.server.kill()
    finally:
        handbook.close()
    assert deaths == SERVER_KILLS  # every reply was really lost
    del ward.server.environment["HANDBOOK_TEST_EXIT_AFTER_COMMIT"]
    ward.server.start()
    finish_delivery(data_dir, set(range(1, SERVER_KILLS + 1)))
    assert_equal_at_rest(ward, data_dir, at_least=set(range(1, SERVER_KILLS + 1)))


def finish_delivery(data_dir: Path, submitted: set[int]) -> None:
    """Calm after the cuts: what is still owed goes out, however long its next try was put off."""
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    try:
        for row in handbook.outbox.owed():
            handbook.outbox.retry(row.lineage, row.revision)
        report = handbook.sync.run(now)
        assert report.error is None, report.error
        assert not handbook.outbox.owed()
        for number in submitted:
            draft = handbook.reflections.draft(assignment_id(number), now())
            assert draft.state is State.RECEIVED
            assert draft.answers == answers_of(number)
            handbook.reflections.verify(draft.lineage, 1)
    finally:
        handbook.close()


def assert_equal_at_rest(ward: SmallWard, data_dir: Path, at_least: set[int]) -> None:
    """One row on the server for each submitted reflection, and the same lineages on both sides."""
    with sqlite3.connect(ward.folder / "server" / "server.db") as server:
        rows = server.execute(
            "SELECT subject, lineage, revision FROM submissions WHERE kind = 'reflection'"
        ).fetchall()
    server.close()
    assert len(rows) == len({subject for subject, _, _ in rows}), "a reflection was doubled"
    assert {assignment_id(number) for number in at_least} <= {subject for subject, _, _ in rows}
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    try:
        ours = {(subject, handbook.reflections.draft(subject, now()).lineage, 1) for subject, _, _ in rows}
    finally:
        handbook.close()
    assert ours == set(rows)


# Applying packs --------------------------------------------------------------------------------------


def test_a_power_cut_while_content_is_taken_in_leaves_whole_documents_and_the_rest_follows(
    tmp_path: Path, nursery: Any
) -> None:
    documents = 120
    ward = SmallWard(tmp_path, documents=documents, padding=300)
    try:
        ward.server.start()
        data_dir = ward.activate(MEMBER)
        chance = random.Random(3)
        partly = 0
        for edition in range(APPLY_KILLS):
            killed_after(nursery, chance.uniform(0, 0.6), pull_content, data_dir)
            count = assert_whole_documents(data_dir)
            partly += 0 < count < documents
            if count == documents:  # everything is in: a new edition gives the next cut something to hit
                for number in range(1, documents + 1):
                    ward.write_document(number, text=f"Bản sửa {edition}.", padding=300)
                ward.publish()
        handbook = open_handbook(data_dir, MEMBER, PASSWORD)
        try:
            report = handbook.sync.run(now)
            assert report.error is None, report.error
            assert_complete(handbook, documents)
        finally:
            handbook.close()
    finally:
        ward.close()


def assert_whole_documents(data_dir: Path) -> int:
    """How many documents are there; each with all of its sections, and the file sound."""
    store = Store(profile_dir(data_dir, MEMBER), Vault(data_dir).unlock(MEMBER, PASSWORD))
    try:
        with store.library.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            counts = connection.exec_driver_sql(
                "SELECT d.section_count, count(s.document) FROM documents d "
                "LEFT JOIN sections s ON s.document = d.id GROUP BY d.id"
            ).fetchall()
    finally:
        store.close()
    assert all(promised == held for promised, held in counts)
    return len(counts)


def assert_complete(handbook: Handbook, documents: int) -> None:
    cards = handbook.library.documents(Filter())
    assert len(cards) == documents
    for card in cards:
        sections = handbook.library.sections(card.id, 0, 100)
        assert len(sections) == card.section_count >= 5
