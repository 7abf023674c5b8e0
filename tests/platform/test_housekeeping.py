"""What is over is forgotten, by one process at a time and in small batches; what somebody did stays."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from dishka import AsyncContainer
from sqlalchemy import ColumnElement, Table, func, insert, select

from lyceum.accounts.adapters.tables import links, sessions, users
from lyceum.accounts.domain.sessions import SessionKind
from lyceum.bank.adapters import tables as bank
from lyceum.bank.adapters.repositories import SqlQuestions
from lyceum.bank.adapters.transfer_tables import notes, transfers
from lyceum.bank.adapters.transfers import SqlTransfers
from lyceum.bank.domain.questions import Status
from lyceum.bank.domain.transfers import (
    Direction,
    Note,
    NoteLevel,
    Transfer,
    TransferId,
    TransferOptions,
    TransferState,
)
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.housekeeping import BATCH, Housekeeping
from lyceum.platform.outbox import Relay, outbox
from lyceum.platform.turns import Turns, turns
from lyceum.platform.uploads import pending_files
from lyceum.training.adapters.tables import attempts, trainings
from tests.bank.questions import a_question

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG_AGO = NOW - 100 * DAY
TAKERS = 8


@pytest.fixture
async def housekeeping(container: AsyncContainer) -> AsyncIterator[Housekeeping]:
    yield await container.get(Housekeeping)
    await container.close()


@dataclass(frozen=True, slots=True)
class World:
    database: Database

    async def put(self, table: Table, *rows: dict[str, object]) -> None:
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(insert(table), list(rows))

    async def count(self, table: Table) -> int:
        async with self.database.read() as connection:
            return await connection.scalar(select(func.count()).select_from(table)) or 0

    async def ids(self, table: Table) -> set[UUID]:
        async with self.database.read() as connection:
            return set(await connection.scalars(select(table.c.id)))

    async def guest(self, last_used: datetime, *, is_guest: bool = True, session_until: datetime | None = None) -> UUID:
        id = uuid7()
        await self.put(users, {
            "id": id, "email": None if is_guest else f"{id}@example.org", "password_hash": None, "roles": frozenset(),
            "name": "", "locale": "ru", "ads_consent": False, "is_guest": is_guest, "registered_at": last_used,
            "last_used_at": last_used, "search_text": "", "version": 1,
        })  # fmt: skip
        if session_until is not None:
            await self.session(id, expires_at=session_until, last_used_at=last_used)
        return id

    async def session(self, user: UUID, *, expires_at: datetime, **fields: object) -> UUID:
        id = uuid7()
        row = {"id": id, "user_id": user, "kind": SessionKind.PAGES, "secret_hash": id.hex, "device": "",
               "started_at": LONG_AGO, "last_used_at": LONG_AGO, "expires_at": expires_at}  # fmt: skip
        await self.put(sessions, row | fields)
        return id

    async def training(self, learner: UUID, *, answered: bool) -> UUID:
        id = uuid7()
        await self.put(trainings, {
            "id": id, "learner_id": learner, "mode": "practice", "filters": "{}", "started_at": LONG_AGO,
            "position": 1, "answered": 0, "correct": 0, "score": 0, "max_score": 0, "version": 1, "recent": (),
            "repeats": False,
        })  # fmt: skip
        await self.put(attempts, {
            "id": uuid7(), "training_id": id, "learner_id": learner, "question_id": uuid7(), "version": 1, "seed": 1,
            "position": 1, "shown_at": LONG_AGO, "answered_at": LONG_AGO if answered else None, "answer": "",
            "score": 0, "max_score": 1, "verdict": "wrong" if answered else None, "channel": "web",
        })  # fmt: skip
        return id

    async def transfer(
        self,
        state: TransferState,
        finished_at: datetime | None,
        *,
        direction: Direction = Direction.IMPORT,
        dry_run: bool = False,
        key: str = "imports/aa/1",
        dry_run_of: UUID | None = None,
    ) -> TransferId:
        id = TransferId(uuid7())
        made = Transfer(
            id=id,
            direction=direction,
            state=state,
            owner_id=UserId(uuid7()),
            file_name="a.gift",
            file_key=key,
            format="gift",
            dry_run=dry_run,
            dry_run_of=None if dry_run_of is None else TransferId(dry_run_of),
            options=TransferOptions(),
            created_at=LONG_AGO,
            finished_at=finished_at,
        )
        async with SqlTransaction(self.database) as transaction:
            stored = SqlTransfers(transaction)
            await stored.add(made)
            await stored.add_notes(id, [Note(level=NoteLevel.NOTE, place="", title="", code="x", reason="")])
        return id


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_sessions_are_kept_for_a_month_after_their_end(housekeeping: Housekeeping, world: World) -> None:
    user = await world.guest(NOW, is_guest=False)
    await world.session(user, expires_at=NOW - 31 * DAY)
    await world.session(user, expires_at=NOW + DAY, ended_at=NOW - 31 * DAY)
    kept = {
        await world.session(user, expires_at=NOW - 29 * DAY),
        await world.session(user, expires_at=NOW + DAY, ended_at=NOW - 29 * DAY),
        await world.session(user, expires_at=NOW + DAY),
    }
    assert (await housekeeping.prune(NOW))["sessions"] == 2
    assert await world.ids(sessions) == kept


async def test_links_are_kept_for_a_day(housekeeping: Housekeeping, world: World) -> None:
    user = await world.guest(NOW, is_guest=False)
    moments = {"spent": NOW - 2 * DAY, "expired": NOW - 2 * DAY, "fresh": NOW - HOUR, "good": NOW + HOUR}
    for name, at in moments.items():
        used = at if name == "spent" else None
        await world.put(links, {"secret_hash": name, "user_id": user, "expires_at": at, "used_at": used})
    assert (await housekeeping.prune(NOW))["links"] == 2
    async with world.database.read() as connection:
        assert set(await connection.scalars(select(links.c.secret_hash))) == {"fresh", "good"}


async def test_a_guest_who_never_answered_is_forgotten_with_their_trainings(
    housekeeping: Housekeeping, world: World, container: AsyncContainer
) -> None:
    idle = await world.guest(NOW - 40 * DAY, session_until=NOW - 5 * DAY)
    shown = await world.guest(NOW - 40 * DAY)
    kept = {
        "answered": await world.guest(NOW - 400 * DAY),
        "recent": await world.guest(NOW - 29 * DAY),
        "may come back": await world.guest(NOW - 40 * DAY, session_until=NOW + DAY),
        "registered": await world.guest(NOW - 400 * DAY, is_guest=False),
    }
    await world.training(shown, answered=False)
    stays = await world.training(kept["answered"], answered=True)
    begun = await world.training(kept["may come back"], answered=False)
    assert (await housekeeping.prune(NOW))["guests"] == 2
    assert await world.ids(users) == set(kept.values())
    assert idle not in await world.ids(users)
    await (await container.get(Relay)).drain()
    assert await world.ids(trainings) == {stays, begun}
    assert (await housekeeping.prune(NOW))["guests"] == 0


async def test_guests_beyond_a_batch_are_all_looked_at(housekeeping: Housekeeping, world: World) -> None:
    """A batch of guests who all answered hides nobody behind it."""
    for number in range(3):
        learner = await world.guest(NOW - (60 + number) * DAY)
        await world.training(learner, answered=True)
    rows = [
        {"id": uuid7(), "email": None, "password_hash": None, "roles": frozenset(), "name": "", "locale": "ru",
         "ads_consent": False, "is_guest": True, "registered_at": LONG_AGO, "last_used_at": NOW - 50 * DAY,
         "search_text": "", "version": 1}
        for _ in range(2 * BATCH + 1)
    ]  # fmt: skip
    await world.put(users, *rows)
    assert (await housekeeping.prune(NOW))["guests"] == 2 * BATCH + 1
    assert await world.count(users) == 3


async def test_delivered_events_go_after_a_week_and_failed_ones_wait(housekeeping: Housekeeping, world: World) -> None:
    def event(at: datetime, **fields: object) -> dict[str, object]:
        id = uuid7(int(at.timestamp() * 1000))
        none: dict[str, object] = {"next_at": None, "delivered_at": None, "failed_at": None}
        return {"id": id, "kind": "x.Y", "body": "{}", "created_at": at, **none, **fields}

    old = NOW - 8 * DAY
    gone = [event(old, delivered_at=old) for _ in range(BATCH + 3)]
    kept = [event(old, failed_at=old), event(old, next_at=NOW), event(NOW - DAY, delivered_at=NOW - DAY)]
    await world.put(outbox, *gone, *kept)
    assert (await housekeeping.prune(NOW))["events"] == BATCH + 3
    assert await world.ids(outbox) == {row["id"] for row in kept}


async def test_a_dry_run_that_nobody_confirmed_goes_with_its_file(housekeeping: Housekeeping, world: World) -> None:
    await world.transfer(TransferState.DONE, NOW - 31 * DAY, dry_run=True, key="imports/aa/old")
    recent = await world.transfer(TransferState.DONE, NOW - 29 * DAY, dry_run=True, key="imports/aa/new")
    waiting = await world.transfer(TransferState.QUEUED, None, key="imports/aa/queue")
    assert (await housekeeping.prune(NOW))["transfers"] == 1
    assert await world.ids(transfers) == {recent, waiting}
    async with world.database.read() as connection:
        assert list(await connection.scalars(select(pending_files.c.key))) == ["imports/aa/old"]
    assert await world.count(notes) == 2


async def test_the_file_of_a_dry_run_stays_as_long_as_its_import_runs(housekeeping: Housekeeping, world: World) -> None:
    tried = await world.transfer(TransferState.DONE, NOW - 31 * DAY, dry_run=True)
    going = await world.transfer(TransferState.RUNNING, None, dry_run_of=tried)
    await housekeeping.prune(NOW)
    assert await world.ids(transfers) == {going}
    assert await world.count(pending_files) == 0


async def test_an_import_that_brought_questions_stays_in_the_list_without_its_file(
    housekeeping: Housekeeping, world: World
) -> None:
    done = await world.transfer(TransferState.DONE, NOW - 31 * DAY)
    local = await world.transfer(TransferState.UNDONE, NOW - 31 * DAY, key="local:/srv/base.gift")
    await world.transfer(TransferState.DONE, NOW - 31 * DAY, direction=Direction.EXPORT, key="exports/aa/1")
    assert (await housekeeping.prune(NOW))["transfers"] == 3
    assert await world.ids(transfers) == {done, local}
    async with world.database.read() as connection:
        keys = set(await connection.scalars(select(pending_files.c.key)))
        assert set(await connection.scalars(select(transfers.c.file_key))) == {""}
    assert keys == {"imports/aa/1", "exports/aa/1"}
    assert await world.count(notes) == 0
    assert (await housekeeping.prune(NOW))["transfers"] == 0


async def test_staged_questions_of_a_dead_import_go_and_those_of_a_running_one_stay(
    housekeeping: Housekeeping, world: World, container: AsyncContainer
) -> None:
    dead = await world.transfer(TransferState.CANCELLED, NOW - HOUR)
    going = await world.transfer(TransferState.RUNNING, None)
    async with SqlTransaction(world.database) as transaction:
        staged = [a_question(status=Status.STAGED, import_id=id) for id in (dead, dead, going)]
        await SqlQuestions(transaction).add_many(staged)
        published = a_question(import_id=dead)
        await SqlQuestions(transaction).add_many([published])
    assert (await housekeeping.prune(NOW))["staged questions"] == 2
    assert await world.ids(bank.questions) == {staged[2].id, published.id}


@dataclass(slots=True)
class Counting:
    """A pruner that only counts how often it was asked, and may fail."""

    name: str = "things"
    fails: bool = False
    asked: int = 0

    async def batches(self, now: datetime) -> AsyncIterator[int]:
        self.asked += 1
        if self.fails:
            raise OSError("the store is away")
        yield 1


async def test_one_kind_that_fails_does_not_stop_the_others(database: Database) -> None:
    broken, fine = Counting("broken", fails=True), Counting("fine")

    async def both() -> list[Counting]:
        return [broken, fine]

    with pytest.raises(OSError, match="away"):
        await Housekeeping(both, Turns(database), HOUR).prune(NOW)
    assert (broken.asked, fine.asked) == (1, 1)


@dataclass(frozen=True, slots=True)
class SlowTurns(Turns):
    """All have looked before anybody takes, as may happen to processes."""

    have_looked: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(TAKERS))

    async def due(self, name: str) -> datetime | None:
        found = await Turns.due(self, name)
        await self.have_looked.wait()
        return found


class GreedyTurns(SlowTurns):
    """Takes what was due when it looked, whoever took it meanwhile."""

    def free(self, name: str, now: datetime) -> ColumnElement[bool]:
        return turns.c.name == name


async def taken_at_once(of: SlowTurns, now: datetime) -> int:
    return sum(await asyncio.gather(*(of.take("work", now, HOUR) for _ in range(TAKERS))))


async def test_of_many_processes_one_takes_the_turn_and_the_next_one_comes_in_time(database: Database) -> None:
    slow = SlowTurns(database)
    assert await taken_at_once(slow, NOW) == 1
    assert await taken_at_once(slow, NOW + timedelta(minutes=59)) == 0
    assert await taken_at_once(slow, NOW + HOUR) == 1
    assert await Turns(database).take("other work", NOW, HOUR)


async def test_without_its_condition_the_turn_would_be_taken_by_all(database: Database) -> None:
    assert await Turns(database).take("work", NOW, HOUR)
    assert await taken_at_once(GreedyTurns(database), NOW + HOUR) == TAKERS


async def test_pruning_twice_at_once_forgets_everything_once(housekeeping: Housekeeping, world: World) -> None:
    for _ in range(30):
        await world.guest(NOW - 40 * DAY)
    for number in range(30):
        await world.transfer(TransferState.FAILED, NOW - 40 * DAY, key=f"imports/aa/{number}")
    both = await asyncio.gather(housekeeping.prune(NOW), housekeeping.prune(NOW))
    assert sum(counts["guests"] for counts in both) == 30
    assert await world.count(users) == 0
    assert await world.count(transfers) == 0
    assert await world.count(pending_files) == 30
