"""A slow line in front of a server on this PC: so long a round trip, so many bits a second each way.

Run as a program it is `shaped_line TARGET_PORT ROUND_TRIP_MS MEGABITS`: it says its own port in one line and
then, for every line it is sent, what passed since the last one, as JSON. Opening a connection takes a round
trip, all connections share the line, and bytes arrive half a round trip after they have left it.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

PIECE_BYTES = 4096
HELD_PIECES = 16  # of a connection, on their way; a sender that is faster has to wait


@dataclass(slots=True)
class Passed:
    """What went through: bytes both ways without the headers of TCP, and connections opened.

    `idle` are the seconds in which nothing was on the way down, between the first byte and the last.
    """

    up: int = 0
    down: int = 0
    connections: int = 0
    idle: float = field(default=0.0, compare=False)

    @property
    def bytes(self) -> int:
        return self.up + self.down


@dataclass(frozen=True, slots=True)
class Line:
    """A running line. `passed` is what went through since the last time it was asked."""

    port: int
    process: subprocess.Popen

    def passed(self) -> Passed:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return Passed(**json.loads(self.process.stdout.readline()))


@contextmanager
def shaped(port: int, round_trip_ms: float, megabits: float) -> Iterator[Line]:
    """A line to that port, in a process of its own."""
    command = [sys.executable, "-m", __name__, str(port), str(round_trip_ms), str(megabits)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Line(int(process.stdout.readline()), process)
        finally:
            process.terminate()


class _Direction:
    """One way of the line, which everything on it shares."""

    def __init__(self, bytes_per_second: float, delay: float) -> None:
        self._rate, self._delay = bytes_per_second, delay
        self.begin_anew()

    def begin_anew(self) -> None:
        """From now on `idle` is counted from the next byte."""
        self._busy_until = 0.0
        self.idle = 0.0

    def arrival(self, count: int) -> float:
        """When so many bytes, sent now, have arrived."""
        now = time.monotonic()
        if self._busy_until and count:
            self.idle += max(0.0, now - self._busy_until)
        self._busy_until = max(self._busy_until, now) + count / self._rate
        return self._busy_until + self._delay


class _Shaper:
    def __init__(self, target: int, round_trip: float, bytes_per_second: float) -> None:
        self._target, self._round_trip = target, round_trip
        self._up = _Direction(bytes_per_second, round_trip / 2)
        self._down = _Direction(bytes_per_second, round_trip / 2)
        self.passed = Passed()

    def told(self) -> Passed:
        """What passed since it was told last."""
        passed, self.passed = self.passed, Passed()
        passed.idle = self._down.idle
        self._down.begin_anew()
        return passed

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.passed.connections += 1
        await asyncio.sleep(self._round_trip)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, self._up, "up"),
                self._carry(far_reader, writer, self._down, "down"),
            )
        except ConnectionError:
            pass  # one end went away: so does the other
        finally:
            far_writer.close()
            writer.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Direction, name: str
    ) -> None:
        sent: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(HELD_PIECES)

        async def deliver() -> None:
            while True:
                due, piece = await sent.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if not piece:
                    if writer.can_write_eof():
                        writer.write_eof()
                    return
                writer.write(piece)
                await writer.drain()

        delivering = asyncio.create_task(deliver())
        while piece := await reader.read(PIECE_BYTES):
            setattr(self.passed, name, getattr(self.passed, name) + len(piece))
            await sent.put((way.arrival(len(piece)), piece))
        await sent.put((way.arrival(0), b""))
        await delivering


async def main(target: int, round_trip_ms: float, megabits: float) -> None:
    """Serves until standard input ends."""
    shaper = _Shaper(target, round_trip_ms / 1000, megabits * 1_000_000 / 8)
    server = await asyncio.start_server(shaper.connect, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(asdict(shaper.told())), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
