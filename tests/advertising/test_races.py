"""Pairs and limits are scarce goods: whatever asks at once, each counts once. Without the guard both are lost."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from lyceum.advertising.adapters.desk import BatchingDesk
from lyceum.advertising.adapters.tables import tallies, views
from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.advertising.domain.refusals import NothingToShow, NotShown
from lyceum.advertising.ports import Shown
from lyceum.kernel.clock import SystemClock
from lyceum.platform.database import Database, SqlTransaction
from tests.advertising.desks import a_campaign, a_desk, counted, some_clients
from tests.advertising.guards import take_off

CALLERS = 64
ROOT = Path(__file__).parents[2]


async def ask(desks: list[BatchingDesk], clients: list[ClientId]) -> list[Shown | BaseException]:
    """Everybody at once, the desks in turn."""
    calls = [desks[number % len(desks)].show(client) for number, client in enumerate(clients)]
    return await asyncio.gather(*calls, return_exceptions=True)


def shown(answers: list[Shown | BaseException]) -> int:
    faults = [answer for answer in answers if isinstance(answer, BaseException)]
    assert {type(fault) for fault in faults} <= {NothingToShow}, faults
    return len(answers) - len(faults)


async def test_a_client_who_asks_many_times_at_once_is_charged_for_once(database: Database) -> None:
    campaign = await a_campaign(database)
    (client,) = await some_clients(database, 1)
    answers = await ask([a_desk(database) for _ in range(4)], [client] * CALLERS)
    assert shown(answers) == 1
    assert (await counted(database, campaign))["impressions"] == (1, 1, 1)


@pytest.mark.parametrize(("overshoot", "most"), [(0, 20), (5, 21)])
async def test_a_limit_is_never_overrun(database: Database, overshoot: int, most: int) -> None:
    campaign = await a_campaign(database, impressions_limit=20)
    clients = await some_clients(database, CALLERS)
    answers = await ask([a_desk(database, overshoot=overshoot) for _ in range(4)], clients)
    assert shown(answers) == most
    assert (await counted(database, campaign))["impressions"] == (most, most, most)


async def test_who_finds_a_campaign_full_gets_the_next_one(database: Database) -> None:
    dear = await a_campaign(database, impressions_limit=10, cost_per_impression=9)
    cheap = await a_campaign(database, impressions_limit=CALLERS, cost_per_impression=1)
    clients = await some_clients(database, CALLERS)
    assert shown(await ask([a_desk(database) for _ in range(4)], clients)) == CALLERS
    counts = [(await counted(database, campaign))["impressions"][0] for campaign in (dear, cheap)]
    assert counts == [10, CALLERS - 10] or sum(counts) == CALLERS
    assert counts[0] <= 10


async def test_a_click_is_charged_once_however_often_it_is_reported(database: Database) -> None:
    campaign = await a_campaign(database, clicks_limit=1)
    first, second, third = await some_clients(database, 3)
    desks = [a_desk(database) for _ in range(4)]
    await asyncio.gather(desks[0].show(first), desks[1].show(second))
    calls = [desks[number % 4].click(client, campaign) for number in range(CALLERS) for client in (first, second)]
    await asyncio.gather(*calls)
    assert (await counted(database, campaign))["clicks"] == (2, 2, 2), "a click on what was shown is always taken"
    with pytest.raises(NotShown):
        await desks[0].click(third, campaign)
    with pytest.raises(NothingToShow):
        await a_desk(database).show(third)


async def in_processes(url: str, guard: str, what: str, clients: list[ClientId]) -> list[int]:
    """Three processes that do the same for the same clients; what each of them counted."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.advertising.show_many", url, guard, what, *map(str, clients),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]  # fmt: skip
    told = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], told
    return [int(out) for out, _ in told]


async def test_several_processes_keep_a_limit_together(database: Database, database_url: str) -> None:
    campaign = await a_campaign(database, impressions_limit=50)
    clients = await some_clients(database, CALLERS)
    assert sum(await in_processes(database_url, "none", "show", clients)) == 50
    assert (await counted(database, campaign))["impressions"] == (50, 50, 50)


async def test_without_the_look_at_the_limit_several_processes_overrun_it(
    database: Database, database_url: str
) -> None:
    campaign = await a_campaign(database, impressions_limit=50)
    clients = await some_clients(database, CALLERS)
    await in_processes(database_url, "limit", "show", clients)
    assert (await counted(database, campaign))["impressions"] == (64, 64, 64)


@pytest.mark.parametrize("guard", ["none", "click"])
async def test_several_processes_count_a_click_once(guard: str, database: Database, database_url: str) -> None:
    """And up to thrice, once for each process, without the guard."""
    campaign = await a_campaign(database)
    clients = await some_clients(database, 20)
    await ask([a_desk(database)], clients)
    assert await in_processes(database_url, guard, str(campaign), clients) == [20, 20, 20]
    tallied, _, charged = (await counted(database, campaign))["clicks"]
    assert tallied == charged
    assert tallied == 20 if guard == "none" else 20 < tallied <= 60


@pytest.mark.parametrize(("guard", "times"), [("none", 1), ("pair", 4)])
async def test_desks_that_remember_the_same_client_count_a_pair_once(
    guard: str, times: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And each for itself without the guard."""
    campaign = await a_campaign(database)
    (client,) = await some_clients(database, 1)
    desks = [a_desk(database) for _ in range(4)]
    for desk in desks:
        await desk.follower.ready()
        await desk.memory.recall([client])
    take_off(guard, monkeypatch.setattr)
    assert shown(await ask(desks, [client] * CALLERS)) == times
    impressions, _, charged = (await counted(database, campaign))["impressions"]
    assert (impressions, charged) == (times, times)


@pytest.mark.parametrize("guard", ["none", "click"])
async def test_desks_count_a_click_once(guard: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And more often without the guard: each time that no other batch is at the same row just then."""
    campaign = await a_campaign(database)
    (client,) = await some_clients(database, 1)
    desks = [a_desk(database) for _ in range(4)]
    await desks[0].show(client)
    take_off(guard, monkeypatch.setattr)
    await asyncio.gather(*[desks[number % 4].click(client, campaign) for number in range(CALLERS)])
    tallied, _, charged = (await counted(database, campaign))["clicks"]
    assert tallied == charged
    assert tallied == 1 if guard == "none" else tallied > 1


@pytest.mark.parametrize(("guard", "most"), [("none", 20), ("limit", CALLERS)])
async def test_desks_keep_a_limit(guard: str, most: int, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And do not without the guard."""
    campaign = await a_campaign(database, impressions_limit=20)
    clients = await some_clients(database, CALLERS)
    take_off(guard, monkeypatch.setattr)
    assert shown(await ask([a_desk(database) for _ in range(4)], clients)) == most
    assert (await counted(database, campaign))["impressions"] == (most, most, most)


@pytest.fixture
async def postgres(postgres_database: str) -> AsyncIterator[Database]:
    """Where transactions really run beside each other; on SQLite one writer at a time is a guard too."""
    database = Database.connect(postgres_database, pool_size=10)
    yield database
    async with database.writes.begin() as connection:
        await connection.execute(views.delete())
        await connection.execute(tallies.delete())
    await database.close()


async def test_without_the_tally_held_a_limit_would_be_overrun(postgres: Database) -> None:
    campaign = await a_campaign(postgres, impressions_limit=1)
    both_have_looked = asyncio.Barrier(2)

    async def naive(client: ClientId) -> None:
        transaction = SqlTransaction(postgres)
        async with transaction:
            row = (await transaction.connection.execute(_tally(campaign))).one()
            assert row.impressions < 1
            await both_have_looked.wait()
            more = update(tallies).where(tallies.c.campaign_id == campaign)
            await transaction.connection.execute(more.values(impressions=tallies.c.impressions + 1))

    await asyncio.gather(*[naive(client) for client in await some_clients(postgres, 2)])
    async with postgres.read() as connection:
        assert (await connection.execute(_tally(campaign))).one().impressions == 2


@pytest.mark.parametrize(("guard", "most"), [("none", 20), ("lock", CALLERS)])
async def test_a_limit_holds_when_all_have_looked_before_anybody_wrote(
    guard: str, most: int, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All wait for a tally that somebody else holds. Without the lock each has read it already, and writes."""
    campaign = await a_campaign(postgres, impressions_limit=20)
    clients = await some_clients(postgres, CALLERS)
    desks = [a_desk(postgres) for _ in range(4)]
    for desk in desks:
        await desk.follower.ready()
    take_off(guard, monkeypatch.setattr)
    async with postgres.writes.begin() as connection:
        await connection.execute(_tally(campaign).with_for_update())
        asking = asyncio.create_task(ask(desks, clients))
        await _until_waiting(postgres, 4)
    assert shown(await asking) == most
    assert (await counted(postgres, campaign))["impressions"] == (most, most, most)


async def _until_waiting(database: Database, number: int) -> None:
    """Until so many statements of this database wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(20), database.read() as connection:
        while await connection.scalar(waiting) != number:
            await asyncio.sleep(0.02)


async def test_without_the_key_a_pair_would_count_twice(postgres: Database) -> None:
    campaign = await a_campaign(postgres)
    (client,) = await some_clients(postgres, 1)
    both_have_looked = asyncio.Barrier(2)

    async def naive() -> bool:
        transaction = SqlTransaction(postgres)
        async with transaction:
            known = select(views.c.day).where(views.c.client_id == client, views.c.campaign_id == campaign)
            is_new = (await transaction.connection.execute(known)).first() is None
            await both_have_looked.wait()
            return is_new

    assert await asyncio.gather(naive(), naive()) == [True, True]
    async with postgres.writes.begin() as connection:
        row = {"client_id": client, "campaign_id": campaign, "day": 0, "price": "1", "at": SystemClock().now()}
        await connection.execute(insert(views), [row])
    with pytest.raises(NothingToShow):
        await a_desk(postgres).show(client)


def _tally(campaign: CampaignId):  # type: ignore[no-untyped-def]
    return select(tallies).where(tallies.c.campaign_id == campaign)
