"""A crowd of simulated PCs in one process: real sockets, real HTTP, one kept connection for each PC.

A PC sends the requests of its journey one after the other and waits for each whole answer. So it does not
spread them over some connections, as the real client does, and says nothing of verifying and applying.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

WAIT_SECONDS = 30.0
WITHOUT_BODY = (204, 304)
REFUSALS = (429, 503)


@dataclass(frozen=True, slots=True)
class Step:
    """A request as it goes over the line, and the status that answers it well."""

    request: bytes
    status: int


@dataclass(frozen=True, slots=True)
class Journey:
    """All that one PC asks for, and what that is called."""

    kind: str
    steps: tuple[Step, ...]


@dataclass(slots=True)
class Crowd:
    """Requests answered well, refused for now (429, 503), and all others by what went wrong.

    `took` has the seconds of every journey that was answered well to its end, connecting included.
    """

    answered: int = 0
    refused: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    took: dict[str, list[float]] = field(default_factory=dict)
    bytes_down: int = 0
    seconds: float = 0.0


def arrive(
    host: str, port: int, journeys: Sequence[Journey], seconds: float, told: Callable[[Crowd], None]
) -> None:
    """Each begins at a moment of its own within so many seconds; tells what came of all."""
    chance = random.Random(1000)
    moments = [chance.uniform(0.0, seconds) for _ in journeys]

    async def run() -> Crowd:
        crowd = Crowd()
        began = time.perf_counter()

        async def come(moment: float, journey: Journey) -> None:
            await asyncio.sleep(moment)
            await _travel(host, port, journey, crowd)

        await asyncio.gather(*map(come, moments, journeys))
        crowd.seconds = time.perf_counter() - began
        return crowd

    told(asyncio.run(run()))


def press(
    host: str, port: int, journeys: Iterable[Journey], together: int, told: Callable[[Crowd], None]
) -> None:
    """So many are under way at any moment until all have been; tells what came of all."""
    waiting = iter(journeys)

    async def run() -> Crowd:
        crowd = Crowd()
        began = time.perf_counter()

        async def take_turns() -> None:
            for journey in waiting:
                await _travel(host, port, journey, crowd)

        await asyncio.gather(*(take_turns() for _ in range(together)))
        crowd.seconds = time.perf_counter() - began
        return crowd

    told(asyncio.run(run()))


async def _travel(host: str, port: int, journey: Journey, crowd: Crowd) -> None:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                for step in journey.steps:
                    writer.write(step.request)
                    status, length = await _answer(reader)
                    crowd.bytes_down += length
                    if status in REFUSALS:
                        crowd.refused += 1
                        return
                    if status != step.status:
                        crowd.errors[f"{journey.kind}: {status} instead of {step.status}"] += 1
                        return
                    crowd.answered += 1
            finally:
                writer.close()
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        crowd.errors[f"{journey.kind}: {type(error).__name__}"] += 1
        return
    crowd.took.setdefault(journey.kind, []).append(time.perf_counter() - began)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Status of a whole answer, and its bytes."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = 0 if status in WITHOUT_BODY else _length(head)
    await reader.readexactly(length)
    return status, len(head) + length


def _length(head: bytes) -> int:
    lowered = head.lower()
    return int(lowered[lowered.index(b"content-length:") + 15 :].split(b"\r\n", 1)[0])
