"""The counters behind the rate limits: in memory and in Redis alike."""

import asyncio

from lyceum.platform.cache import CROWD, Hit, Limits, MemoryLimits, open_limits

MINUTE = 60.0


async def test_events_up_to_the_limit_are_allowed_and_then_none(limits: Limits) -> None:
    hits = [await limits.hit("a", 3, MINUTE) for _ in range(5)]
    assert [hit.allowed for hit in hits] == [True, True, True, False, False]
    assert 55 <= hits[-1].retry_after <= 60


async def test_keys_count_apart(limits: Limits) -> None:
    assert (await limits.hit("a", 1, MINUTE)).allowed
    assert (await limits.hit("b", 1, MINUTE)).allowed
    assert not (await limits.hit("a", 1, MINUTE)).allowed


async def test_of_many_at_once_exactly_the_limit_is_allowed(limits: Limits) -> None:
    hits = await asyncio.gather(*[limits.hit("a", 7, MINUTE) for _ in range(50)])
    assert sum(hit.allowed for hit in hits) == 7


async def test_the_window_ends_though_refused_events_keep_coming(limits: Limits) -> None:
    assert (await limits.hit("a", 1, 0.1)).allowed
    async with asyncio.timeout(5):
        while not (await limits.hit("a", 1, 0.1)).allowed:
            await asyncio.sleep(0)


async def test_what_is_given_back_may_happen_again(limits: Limits) -> None:
    await limits.hit("a", 1, MINUTE)
    await limits.give_back("a")
    assert (await limits.hit("a", 1, MINUTE)).allowed
    assert not (await limits.hit("a", 1, MINUTE)).allowed


async def test_nothing_can_be_given_back_below_zero(limits: Limits) -> None:
    await limits.give_back("a")
    await limits.hit("a", 1, MINUTE)
    for _ in range(3):
        await limits.give_back("a")
    assert (await limits.hit("a", 1, MINUTE)).allowed
    assert not (await limits.hit("a", 1, MINUTE)).allowed


async def test_a_forgotten_key_begins_anew(limits: Limits) -> None:
    await limits.hit("a", 1, MINUTE)
    await limits.forget("a")
    assert (await limits.hit("a", 1, MINUTE)).allowed


async def test_memory_holds_a_bounded_number_of_windows() -> None:
    time = [0.0]
    limits = MemoryLimits(lambda: time[0])
    for number in range(CROWD):
        await limits.hit(str(number), 1, 1.0 if number % 2 else MINUTE)
    time[0] = 2.0
    await limits.hit("one more", 1, MINUTE)
    assert len(limits._windows) == CROWD // 2 + 1
    assert not (await limits.hit("0", 1, MINUTE)).allowed


async def test_without_redis_each_process_counts_for_itself() -> None:
    async with open_limits("redis://127.0.0.1:1/0") as limits:
        hits = [await limits.hit("a", 1, MINUTE) for _ in range(2)]
        await limits.give_back("a")
        await limits.forget("a")
    assert hits == [Hit(allowed=True), Hit(allowed=False, retry_after=60)]


async def test_without_an_address_the_counters_are_in_memory() -> None:
    async with open_limits("") as limits:
        assert isinstance(limits, MemoryLimits)
