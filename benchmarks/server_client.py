"""The crowd that hands in reflections: one process, one thread, many kept connections.

It shares the machine's cores with the server it measures, so it does as little as it can: requests are put
together from parts made beforehand, and of an answer it looks at the status and waits for the last byte.
"""

import random
import selectors
import socket
import statistics
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.report import percentile
from handbook.model.reflection import Answer, Reflection
from handbook.protocol import codec
from handbook.protocol.submissions import Submission, SubmissionKind, pack_content

COMMUNE = "hongson/anbinh"
CONTENT_BYTES = 8 * 1024
TEXTS = 50
KEPT_OF_EACH = 5  # requests of a connection that are sent again at the end
WAIT_SECONDS = 30.0
CREATED = 201
SAYING = (
    "nhận thức của bản thân về nghị quyết và việc sẽ làm trong thời gian tới tại chi bộ khu phố phát huy "
    "vai trò nêu gương đảng viên xây dựng thủ đô văn hiến văn minh hiện đại quản lý đất đai trật tự đô thị "
    "vệ sinh môi trường cải cách hành chính chuyển đổi số gần dân trọng dân lắng nghe ý kiến nhân dân "
    "kịp thời báo cáo cấp uỷ chính quyền đoàn thể quần chúng gương mẫu đi đầu học tập làm theo tư tưởng"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What became of the requests. Latencies are from the first byte sent to the last received."""

    accepted: int
    others: dict[int, int]
    unequal: int
    seconds: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Author:
    token: str
    unit: str


class Requests:
    """New reflections of some 8 KB, each by the next author; who has written all of one writes the next."""

    def __init__(self, host: str, authors: Sequence[Author]) -> None:
        chance = random.Random(15)
        self._host = host
        self._authors = authors
        self._texts = [_text(chance) for _ in range(TEXTS)]
        self._parts = _body("@lineage@", "@subject@", "@unit@", "@text@").split("@")

    def __iter__(self) -> Iterator[bytes]:
        number = 0
        while True:
            assignment, at = divmod(number, len(self._authors))
            author = self._authors[at]
            filled = {
                "lineage": str(uuid.uuid4()),
                "subject": f"{COMMUNE}/load-{assignment}",
                "unit": author.unit,
                "text": self._texts[number % TEXTS],
            }
            body = "".join(filled.get(part, part) for part in self._parts).encode()
            yield (
                f"PUT /v1/submissions/{filled['lineage']}/1 HTTP/1.1\r\nHost: {self._host}\r\n"
                f"Authorization: Bearer {author.token}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode() + body
            number += 1


def _body(lineage: str, subject: str, unit: str, text: str) -> str:
    return codec.encode(
        Submission(
            kind=SubmissionKind.REFLECTION,
            lineage=lineage,
            revision=1,
            commune=COMMUNE,
            unit=unit,
            subject=subject,
            written_at=datetime.now(UTC),
            content=pack_content(Reflection(subject, (Answer("nhan-thuc", text),))),
        )
    ).decode()


def _text(chance: random.Random) -> str:
    known = SAYING.split()
    words: list[str] = []
    size = 0
    while size < CONTENT_BYTES:
        words.append(chance.choice(known))
        size += len(words[-1].encode()) + 1
    return " ".join(words)


class _Line:
    """A connection with at most one request under way."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.kept: list[tuple[bytes, bytes]] = []
        self._sent = b""
        self._came = b""
        self._began = 0.0

    def send(self, request: bytes) -> None:
        self._sent, self._came = request, b""
        self._began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> tuple[int, float] | None:
        """Status of the answer and its latency in seconds once it is whole. Raises ConnectionError."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server has closed a connection")
        self._came += part
        head, end, body = self._came.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return None
        if len(self.kept) < KEPT_OF_EACH:
            self.kept.append((self._sent, body))
        return int(head[9:12]), time.perf_counter() - self._began

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        self.send(request)
        while (answered := self.receive()) is None:
            pass
        return answered[0], self._came.partition(b"\r\n\r\n")[2]


def _length(head: bytes) -> int:
    lowered = head.lower()
    return int(lowered[lowered.index(b"content-length:") + 15 :].split(b"\r\n", 1)[0])


def hand_in(
    url: str, authors: Sequence[Author], seconds: float, connections: int, told: Callable[[Crowd], None]
) -> None:
    """Keeps a request under way on each connection for so long, repeats some, and tells what came of it."""
    host, _, port = url.removeprefix("http://").partition(":")
    lines = [_Line(host, int(port)) for _ in range(connections)]
    requests = iter(Requests(host, authors))
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    with selectors.DefaultSelector() as waiting:
        began = time.perf_counter()
        for line in lines:
            waiting.register(line.socket, selectors.EVENT_READ, line)
            line.send(next(requests))
        under_way = len(lines)
        while under_way:
            ready = waiting.select(WAIT_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer in {WAIT_SECONDS} s")
            for key, _ in ready:
                answered = key.data.receive()
                if answered is None:
                    continue
                statuses[answered[0]] += 1
                latencies.append(answered[1])
                if time.perf_counter() - began < seconds:
                    key.data.send(next(requests))
                else:
                    under_way -= 1
        took = time.perf_counter() - began
    unequal = sum(line.exchange(sent) != (200, body) for line in lines for sent, body in line.kept)
    for line in lines:
        line.socket.close()
    told(
        Crowd(
            accepted=statuses.pop(CREATED, 0),
            others=dict(statuses),
            unequal=unequal,
            seconds=took,
            p50_ms=statistics.median(latencies) * 1000,
            p99_ms=percentile(latencies, 0.99) * 1000,
        )
    )
