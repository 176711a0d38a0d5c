"""The real server under uvicorn on loopback, and clients that speak to it as anybody could: over HTTP."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import requests

from handbook.model.reflection import Answer, Reflection, Review, Verdict, Withdrawal
from handbook.model.study import Tick
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES, FeedPage
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import Content, Submission, SubmissionKind, pack_content
from handbook.server.app import Clock
from handbook.server.calls import House
from handbook.server.run import Server
from handbook.server.settings import Settings
from handbook.server.tokens import open_session

WARD = Path(__file__).parent / "ward.toml"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
COMMUNE = "tinh/phuong"
CELL, OTHER_CELL = "tinh/phuong/mot", "tinh/phuong/hai"
SUBJECT = "tinh/phuong/hoc-nghi-quyet"

T = TypeVar("T")
_numbers = itertools.count(1)


def new_lineage() -> str:
    """A UUIDv7 of its own for each call."""
    number = next(_numbers)
    return f"01a20500-{number >> 16 & 0xFFFF:04x}-7{number & 0xFFF:03x}-8000-{number:012x}"


@dataclass
class Ticking:
    """A clock that tests set; each look moves it on by a millisecond, as no two requests are one moment."""

    now: datetime = NOW
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> datetime:
        with self._lock:
            self.now += timedelta(milliseconds=1)
            return self.now

    def pass_by(self, duration: timedelta) -> None:
        with self._lock:
            self.now += duration


class RunningServer:
    """A server and what a test may want of it."""

    def __init__(self, program: Server, url: str, clock: Ticking) -> None:
        self.program = program
        self.url = url
        self.house: House = program.config.app.state.house
        self.clock = clock
        self._clients: dict[str, Client] = {}

    def start_afresh(self) -> None:
        self.clock.now = NOW
        self._clients.clear()

    def anybody(self) -> "Client":
        return Client(self.url, "", "")

    def as_(self, account: str) -> "Client":
        """A client with a session of this member, the same each time."""
        if account not in self._clients:
            with self.house.database.write() as connection:
                token = open_session(connection, account, "test", self.clock()).token
            self._clients[account] = Client(self.url, token, account)
        return self._clients[account]


class Client:
    """Plain requests with one member's token."""

    def __init__(self, url: str, token: str, account: str) -> None:
        self.url = url
        self.token = token
        self.account = account
        self.http = requests.Session()
        self.http.trust_env = False
        if token:
            self.http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **parameters: object) -> requests.Response:
        return self.http.get(self.url + path, params=parameters, timeout=30)

    def post(self, path: str, record: object = None) -> requests.Response:
        data = b"" if record is None else codec.encode(record)
        return self.http.post(self.url + path, data=data, timeout=30)

    def change(self, path: str, record: object) -> requests.Response:
        return self.http.put(self.url + path, data=codec.encode(record), timeout=30)

    def put(self, submission: Submission) -> requests.Response:
        path = f"/v1/submissions/{submission.lineage}/{submission.revision}"
        return self.http.put(self.url + path, data=codec.encode(submission), timeout=30)

    def hand_in(self, submission: Submission) -> Receipt:
        """The receipt of a submission that must be new."""
        answer = self.put(submission)
        assert answer.status_code == 201, answer.text
        return read(answer, Receipt)

    def feed(self, unit: str = CELL, after: int = 0, limit: int = 200) -> FeedPage:
        answer = self.get("/v1/feed", unit=unit, after=after, limit=limit)
        assert answer.status_code == 200, answer.text
        return read(answer, FeedPage)


def read(answer: requests.Response, record_type: type[T]) -> T:
    return codec.decode(answer.content, record_type, limit=MAX_ANSWER_BYTES)


def problem(answer: requests.Response) -> tuple[int, str]:
    """Status and error code of a refusal."""
    return answer.status_code, answer.json()["code"]


@contextmanager
def running(settings: Settings, clock: Clock | None = None) -> Iterator[RunningServer]:
    """Serves in a thread of this process until the block ends."""
    started = threading.Event()
    urls: list[str] = []

    def ready(url: str) -> None:
        urls.append(url)
        started.set()

    ticking = clock or Ticking()
    server = Server(settings, ready, ticking)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    assert started.wait(30)
    try:
        yield RunningServer(server, urls[0], ticking)
    finally:
        server.should_exit = True
        thread.join()


def reflection(
    *,
    text: str = "Bài viết",
    subject: str = SUBJECT,
    lineage: str = "",
    revision: int = 1,
    unit: str = CELL,
    parts: Sequence[Answer] = (),
) -> Submission:
    content = Reflection(subject, tuple(parts) or (Answer("nhan-thuc", text),))
    return envelope(content, SubmissionKind.REFLECTION, subject, lineage, revision, unit)


def revised(submission: Submission, text: str) -> Submission:
    """The next revision of a reflection."""
    content = pack_content(Reflection(submission.subject, (Answer("nhan-thuc", text),)))
    return replace(submission, revision=submission.revision + 1, content=content)


def tick(
    document: str,
    *,
    read: bool = True,
    at: datetime = NOW,
    unit: str = CELL,
    lineage: str = "",
    revision: int = 1,
) -> Submission:
    content = Tick(document=document, edition=1, read=read, ticked_at=at)
    return envelope(content, SubmissionKind.TICK, document, lineage, revision, unit)


def review(
    of: Submission,
    verdict: Verdict,
    *,
    comment: str = "",
    at: datetime = NOW,
    unit: str = CELL,
    lineage: str = "",
) -> Submission:
    content = Review(
        lineage=of.lineage, revision=of.revision, verdict=verdict, comment=comment, reviewed_at=at
    )
    return envelope(content, SubmissionKind.REVIEW, of.lineage, lineage, 1, unit)


def withdrawal(of: Submission, *, lineage: str = "", unit: str = CELL) -> Submission:
    content = Withdrawal(lineage=of.lineage, revision=of.revision, withdrawn_at=NOW)
    return envelope(content, SubmissionKind.WITHDRAWAL, of.lineage, lineage, 1, unit)


def envelope(
    content: Content, kind: SubmissionKind, subject: str, lineage: str, revision: int, unit: str
) -> Submission:
    return Submission(
        kind=kind,
        lineage=lineage or new_lineage(),
        revision=revision,
        commune="/".join(unit.split("/")[:2]),
        unit=unit,
        subject=subject,
        written_at=NOW,
        content=pack_content(content),
    )
