"""Slow work waits in its own lane, and what arrives together goes together."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from handbook.errors import NotFound, TooBusy
from handbook.server.lanes import Batches, Lane


def test_a_full_lane_refuses_at_once_and_has_room_again_later() -> None:
    gate = threading.Event()

    async def scene() -> None:
        lane = Lane(threads=1, waiting=1, retry_after=7.0)
        under_way = [asyncio.create_task(lane.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooBusy) as told:
            await lane.run(gate.wait)
        assert told.value.retry_after == 7.0
        gate.set()
        assert await asyncio.gather(*under_way) == [True, True]
        assert await lane.run(lambda: 5) == 5

    asyncio.run(scene())


def test_a_lane_passes_on_what_its_job_raises() -> None:
    def job() -> None:
        raise NotFound("không có")

    async def scene() -> None:
        lane = Lane(threads=1, waiting=0, retry_after=1.0)
        for _ in range(3):
            with pytest.raises(NotFound):
                await lane.run(job)

    asyncio.run(scene())


class Recorded:
    """Doubles numbers, one batch at a time, the first only once `gate` is open."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self.gate = threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(items))
        self.begun.set()
        self.gate.wait()
        if 13 in items:
            raise ZeroDivisionError
        return [NotFound("lẻ") if item % 2 else item * 2 for item in items]


def together(recorded: Recorded, later: Sequence[int], **limits: int) -> list[object]:
    """What 0 and, brought while 0 was worked on, the later items became."""

    async def scene() -> list[object]:
        batches = Batches(recorded, **{"largest": 10, "waiting": 10, **limits}, retry_after=1.0)
        first = asyncio.create_task(batches.do(0))
        await asyncio.to_thread(recorded.begun.wait)
        others = [asyncio.create_task(batches.do(item)) for item in later]
        await asyncio.sleep(0)
        recorded.gate.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    return asyncio.run(scene())


def test_what_arrives_while_a_batch_is_under_way_goes_in_the_next_in_order() -> None:
    recorded = Recorded()
    assert together(recorded, [2, 4, 6]) == [0, 4, 8, 12]
    assert recorded.batches == [[0], [2, 4, 6]]


def test_a_batch_is_never_larger_than_allowed() -> None:
    recorded = Recorded()
    assert together(recorded, [2, 4, 6, 8, 10], largest=2) == [0, 4, 8, 12, 16, 20]
    assert recorded.batches == [[0], [2, 4], [6, 8], [10]]


def test_one_refusal_reaches_only_its_own_request() -> None:
    results = together(Recorded(), [2, 3, 4])
    assert results[:2] == [0, 4] and results[3] == 8
    assert isinstance(results[2], NotFound)


def test_a_bug_in_a_batch_reaches_its_requests_and_the_next_batch_goes_on() -> None:
    results = together(Recorded(), [2, 13, 4, 6], largest=2)
    assert [type(result) for result in results[1:3]] == [ZeroDivisionError] * 2
    assert results[3:] == [8, 12]


def test_too_many_waiting_are_told_to_come_back() -> None:
    results = together(Recorded(), [2, 4, 6], waiting=2)
    assert results[:3] == [0, 4, 8]
    assert isinstance(results[3], TooBusy)


def test_a_request_whose_client_has_gone_does_not_hold_up_the_others() -> None:
    recorded = Recorded()

    async def scene() -> int:
        batches = Batches(recorded, largest=10, waiting=10, retry_after=1.0)
        first = asyncio.create_task(batches.do(0))
        await asyncio.to_thread(recorded.begun.wait)
        gone, stays = asyncio.create_task(batches.do(2)), asyncio.create_task(batches.do(4))
        await asyncio.sleep(0)
        gone.cancel()
        recorded.gate.set()
        await first
        return await stays

    assert asyncio.run(scene()) == 8
    assert recorded.batches == [[0], [2, 4]]
