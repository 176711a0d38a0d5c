"""What the killed children do; a module of its own so that a fork server can name it."""

from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from handbook.client.handbook import open_handbook
from handbook.client.transport import HttpTransport
from handbook.model.reflection import Answer, State
from tests.journeys.small_ward import assignment_id
from tests.published_ward import MEMBER, PASSWORD


def now() -> datetime:
    return datetime.now(UTC)


def type_on(pipe: Connection, data_dir: Path, assignment: str, start: int) -> None:
    """Saves the draft again and again, and says each number once its save has returned."""
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    pipe.send(("began", start))
    for number in range(start, start + 10_000):
        handbook.reflections.save(assignment, (Answer("nhan-thuc", text_number(number)),), now())
        pipe.send(("saved", number))


def text_number(number: int) -> str:
    return f"Bản {number}. " + "Tôi đang viết dở một câu dài. " * (number % 40)


def submit_and_deliver(pipe: Connection, data_dir: Path, count: int) -> None:
    """Goes on with whatever is not yet submitted, and syncs after each."""
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    pipe.send(("began", 0))
    for number in range(1, count + 1):
        draft = handbook.reflections.draft(assignment_id(number), now())
        if draft.state is State.DRAFT:
            handbook.reflections.save(assignment_id(number), answers_of(number), now())
            handbook.reflections.submit(assignment_id(number), now())
            pipe.send(("submitted", number))
        if handbook.outbox.owed():
            handbook.outbox.deliver(HttpTransport(handbook.account.server), handbook.account.token, now())
            pipe.send(("delivered", number))


def answers_of(number: int) -> tuple[Answer, ...]:
    return (Answer("nhan-thuc", f"Bài thu hoạch số {number} của tôi gồm những điều đã học và sẽ làm."),)


def pull_content(pipe: Connection, data_dir: Path) -> None:
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    pipe.send(("began", 0))
    report = handbook.sync.run(now)
    pipe.send(("finished", report.documents_changed))
