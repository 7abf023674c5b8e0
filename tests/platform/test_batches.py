"""Calls that come together are worked off together, and each gets its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from lyceum.platform.batches import ENOUGH, Batches


async def test_calls_that_come_meanwhile_go_in_the_next_batch() -> None:
    sizes: list[int] = []
    gate = asyncio.Event()

    async def double(items: Sequence[int]) -> Sequence[int | Exception]:
        sizes.append(len(items))
        await gate.wait()
        return [item * 2 if item else KeyError(item) for item in items]

    batches = Batches(double, most=4)
    calls = [asyncio.create_task(batches(item)) for item in range(1, 8)]
    await asyncio.sleep(0)
    gate.set()
    assert await asyncio.gather(*calls) == [2, 4, 6, 8, 10, 12, 14]
    assert sizes == [4, 3]
    with pytest.raises(KeyError):
        await batches(0)


async def test_a_failure_is_told_to_all_of_its_batch_and_the_next_goes_on() -> None:
    async def fail_once(items: Sequence[int]) -> Sequence[int | Exception]:
        if 1 in items:
            raise OSError("away")
        return items

    batches = Batches(fail_once)
    answers = await asyncio.gather(batches(1), batches(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError, OSError]
    assert await batches(3) == 3


async def test_a_caller_who_went_away_holds_up_nobody() -> None:
    gate = asyncio.Event()

    async def echo(items: Sequence[int]) -> Sequence[int | Exception]:
        await gate.wait()
        return items

    batches = Batches(echo)
    first, second = asyncio.create_task(batches(1)), asyncio.create_task(batches(2))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second == 2


async def test_another_lane_opens_when_enough_are_waiting() -> None:
    gates: list[asyncio.Event] = []
    sizes: list[int] = []

    async def echo(items: Sequence[int]) -> Sequence[int | Exception]:
        sizes.append(len(items))
        gates.append(asyncio.Event())
        await gates[-1].wait()
        return items

    batches = Batches(echo, lanes=2)
    calls = [asyncio.create_task(batches(0))]
    await asyncio.sleep(0.01)
    calls += [asyncio.create_task(batches(item)) for item in range(1, ENOUGH)]
    await asyncio.sleep(0.01)
    assert sizes == [1], "few wait for the lane that runs"
    calls += [asyncio.create_task(batches(item)) for item in range(ENOUGH, 3 * ENOUGH)]
    await asyncio.sleep(0.01)
    assert sizes == [1, 3 * ENOUGH - 1], "enough open a second one"
    calls += [asyncio.create_task(batches(item)) for item in range(3 * ENOUGH, 5 * ENOUGH)]
    await asyncio.sleep(0.01)
    assert len(sizes) == 2, "there is no third"
    gates[1].set()
    await asyncio.sleep(0.01)
    assert sizes == [1, 3 * ENOUGH - 1, 2 * ENOUGH], "the lane that is done takes what gathered meanwhile"
    for gate in gates:
        gate.set()
    assert await asyncio.gather(*calls) == list(range(5 * ENOUGH))
    last = asyncio.create_task(batches(7))
    await asyncio.sleep(0.01)
    gates[-1].set()
    assert await last == 7, "all lanes are closed again"
