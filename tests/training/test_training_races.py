"""Answers and starts that come at the same moment."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from dishka import Provider, Scope, provide
from sqlalchemy import bindparam, func, select, update

from lyceum.kernel.ids import AttemptId, TrainingId, UserId
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.outbox import Relay, Signal, outbox
from lyceum.platform.prepared import Changes, Prepared, Values
from lyceum.platform.settings import Settings
from lyceum.training.adapters.tables import attempts, items, seen, trainings
from lyceum.training.adapters.turn_statements import RATE, RATE_AND_RESHELVE, RESHELVE
from lyceum.training.adapters.turns import SqlTurns, seen_change
from lyceum.training.domain.elo import LEAST_QUESTION_ERROR, shifted
from lyceum.training.ports import Situation, Turn, Turns
from tests.apps import an_app, running
from tests.training.callers import ME, TRAININGS, Classroom, a_question, headers_of

CALLERS = 16
_UNGUARDED = Prepared(
    update(attempts)
    .where(attempts.c.id == bindparam("attempt"))
    .values(answered_at=bindparam("at"), answer=bindparam("given"), verdict=bindparam("verdict"))
)
_OVERWRITE = Prepared(
    update(items)
    .where(items.c.question_id == bindparam("question"))
    .values(rating=bindparam("value"), rating_variance=bindparam("variance"), answered=items.c.answered + 1)
)


class SlowTurns(SqlTurns):
    """Lets others in between reading and writing, as two processes would."""

    async def situation(self, learner: UserId, training: TrainingId, attempt: AttemptId | None) -> Situation | None:
        found = await super().situation(learner, training, attempt)
        await asyncio.sleep(0.01)
        return found


class CarelessTurns(SlowTurns):
    """Closes an attempt whether or not it was answered meanwhile."""

    def claims(self, turn: Turn, dialect: str) -> Sequence[tuple[Prepared, Values]]:
        closing = turn.closing
        row = {"attempt": turn.situation.attempt.id, "at": closing.at, "verdict": closing.verdict.value}
        return [(_UNGUARDED, row | {"given": closing.answer}), seen_change(turn, dialect, guarded=False)]


class ForgetfulTurns(SlowTurns):
    """Writes the question's rating as it reckons it from what it has read."""

    def changes(self, turn: Turn) -> Changes:
        right = super().changes(turn)
        item = turn.situation.item
        after = shifted(item.rating, turn.shifts.question, middle=1500, least=LEAST_QUESTION_ERROR)
        kept = [it for it in right.changes if it[0] not in {RATE, RATE_AND_RESHELVE, RESHELVE}]
        told = {"question": item.question_id, "value": after.value, "variance": after.error**2}
        return replace(right, changes=[*kept, (_OVERWRITE, told)])


class Slow(Provider):
    @provide(scope=Scope.APP, override=True)
    def turns(self, database: Database, signal: Signal) -> Turns:
        return SlowTurns(database, signal)


class Careless(Provider):
    @provide(scope=Scope.APP, override=True)
    def turns(self, database: Database, signal: Signal) -> Turns:
        return CarelessTurns(database, signal)


class Forgetful(Provider):
    @provide(scope=Scope.APP, override=True)
    def turns(self, database: Database, signal: Signal) -> Turns:
        return ForgetfulTurns(database, signal)


@asynccontextmanager
async def classroom(settings: Settings, *overrides: Provider) -> AsyncIterator[Classroom]:
    container = make_container(settings, *overrides)
    app = an_app(settings, container)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
        room = Classroom(client, container, await container.get(Relay), await headers_of(container, 1))
        await room.fill([a_question(number) for number in range(CALLERS + 2)])
        yield room


async def events(database: Database) -> int:
    async with database.read() as connection:
        told = select(func.count()).select_from(outbox).where(outbox.c.kind.like("%QuestionAnswered"))
        return await connection.scalar(told) or 0


@pytest.mark.parametrize("careful", [True, False])
async def test_of_different_answers_at_once_exactly_one_counts(
    settings: Settings, database: Database, *, careful: bool
) -> None:
    """Negative control: without the conditions of the closing updates several count. Its training has one question,
    since of several next ones the database itself would refuse all but one."""
    async with classroom(settings, Slow() if careful else Careless()) as room:
        training = await room.started(length=None if careful else 1)
        attempt = training["current"]["attempt_id"]  # type: ignore[index]
        answers = await asyncio.gather(*(room.answer(training["id"], attempt, "abcd"[n % 4]) for n in range(CALLERS)))
        statuses = Counter(answer.status_code for answer in answers)
        progress = (await room.get(f"{ME}/progress")).json()
        counted = progress["total"]["answered"]
        state = (await room.get(f"{TRAININGS}/{training['id']}")).json()
        if not careful:
            assert counted > 1
            return
        won = {answer.json()["answer"] for answer in answers if answer.status_code == 200}
        assert len(won) == 1
        assert statuses == {200: CALLERS // 4, 409: CALLERS - CALLERS // 4}
        assert (counted, state["answered"], state["position"]) == (1, 1, 2)
        assert len((await room.get(f"{ME}/history")).json()["items"]) == 1
        assert await events(database) <= 1


async def test_the_same_answer_at_once_counts_once_and_all_are_told_the_same(
    settings: Settings, database: Database
) -> None:
    async with classroom(settings, Slow()) as room:
        for length in (None, 1):
            training = await room.started(length=length, replace=True)
            attempt = training["current"]["attempt_id"]  # type: ignore[index]
            before = (await room.get(f"{ME}/progress")).json()["total"]["answered"]
            answers = await asyncio.gather(*(room.answer(training["id"], attempt, "b") for _ in range(CALLERS)))
            assert [answer.status_code for answer in answers] == [200] * CALLERS
            told = [answer.json() for answer in answers]
            assert {(it["verdict"], it["training"]["answered"], it["training"]["position"]) for it in told} == {
                ("wrong", 1, 2 if length is None else 1)
            }
            following = {it["next"]["attempt_id"] if it["next"] else None for it in told}
            assert len(following) == 1
            assert (await room.get(f"{ME}/progress")).json()["total"]["answered"] == before + 1


async def test_an_answer_and_a_skip_at_once_are_one_of_them(settings: Settings, database: Database) -> None:
    async with classroom(settings, Slow()) as room:
        training = await room.started()
        attempt = training["current"]["attempt_id"]  # type: ignore[index]
        skip = {"attempt_id": attempt}
        path = f"{TRAININGS}/{training['id']}/skip"
        answers = await asyncio.gather(
            *(room.answer(training["id"], attempt, "a") for _ in range(CALLERS // 2)),
            *(room.client.post(path, json=skip, headers=room.learner) for _ in range(CALLERS // 2)),
        )
        assert Counter(answer.status_code for answer in answers) == {200: CALLERS // 2, 409: CALLERS // 2}
        assert (await room.get(f"{TRAININGS}/{training['id']}")).json()["answered"] == 1
        assert len((await room.get(f"{ME}/history")).json()["items"]) == 1


@pytest.mark.parametrize("replace", [False, True])
async def test_of_trainings_started_at_once_one_is_active(
    settings: Settings, database: Database, *, replace: bool
) -> None:
    async with classroom(settings, Slow()) as room:
        answers = await asyncio.gather(*(room.start(replace=replace) for _ in range(CALLERS)))
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) <= {201, 409}
        assert statuses[201] >= 1
        if not replace:
            assert statuses == {201: 1, 409: CALLERS - 1}
            assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
                "training.already_active"
            }
        async with database.read() as connection:
            going = select(func.count()).select_from(trainings).where(trainings.c.finished_at.is_(None))
            assert await connection.scalar(going) == 1
        assert (await room.get(f"{TRAININGS}/current")).status_code == 200


async def test_a_finish_amid_answers_leaves_sums_that_agree(settings: Settings, database: Database) -> None:
    async with classroom(settings, Slow()) as room:
        training = await room.started()
        attempt = training["current"]["attempt_id"]  # type: ignore[index]
        finish = room.client.post(f"{TRAININGS}/{training['id']}/finish", headers=room.learner)
        results = await asyncio.gather(*(room.answer(training["id"], attempt, "a") for _ in range(6)), finish)
        assert {result.status_code for result in results} <= {200, 404, 409}
        state = (await room.get(f"{TRAININGS}/{training['id']}")).json()
        assert state["finished_at"]
        assert state["answered"] == len((await room.get(f"{ME}/history")).json()["items"])
        assert state["answered"] == (await room.get(f"{ME}/progress")).json()["total"]["answered"]


async def test_learners_answering_the_same_questions_do_not_block_each_other_for_good(
    settings: Settings, database: Database
) -> None:
    async with classroom(settings, Slow()) as room:
        learners = [await headers_of(room.container, number) for number in range(10, 10 + CALLERS)]

        async def train(number: int) -> None:
            learner = learners[number]
            training = await room.started(learner)
            current = training["current"]
            for _ in range(4):
                response = await room.answer(training["id"], current["attempt_id"], "a", learner)  # type: ignore[index]
                assert response.status_code == 200, response.text
                current = response.json()["next"]

        async with asyncio.timeout(60):
            await asyncio.gather(*(train(number) for number in range(CALLERS)))
        for learner in learners:
            assert (await room.get(f"{ME}/progress", learner)).json()["total"]["answered"] == 4


@pytest.mark.parametrize("careful", [True, False])
async def test_of_answers_at_once_to_one_question_none_is_lost_to_its_rating(
    settings: Settings, database: Database, *, careful: bool
) -> None:
    """Negative control: a rating written as it was reckoned loses all answers but one that came at that moment."""
    async with classroom(settings, Slow() if careful else Forgetful()) as room:
        learners = [await headers_of(room.container, number) for number in range(10, 10 + CALLERS)]
        first = await room.started(learners[0])
        question = first["current"]["question"]["id"]  # type: ignore[index]
        only = {"filters": {"question_ids": [question]}, "replace": True}
        begun = [await room.started(learner, **only) for learner in learners]

        async def wrong(number: int) -> None:
            attempt = begun[number]["current"]["attempt_id"]  # type: ignore[index]
            response = await room.answer(begun[number]["id"], attempt, "b", learners[number])
            assert response.status_code == 200, response.text

        await asyncio.gather(*(wrong(number) for number in range(CALLERS)))
        async with database.read() as connection:
            query = select(items.c.rating, items.c.rating_variance, items.c.answered)
            row = (await connection.execute(query.where(items.c.question_id == UUID(question)))).one()
        assert row.answered == CALLERS
        settled = row.rating_variance < 40000 / (1 + CALLERS / 16)
        assert (row.rating > 1800 and settled) is careful, row


async def test_of_answers_at_once_in_two_trainings_each_follows_from_the_other(
    settings: Settings, database: Database
) -> None:
    """A question's card follows from the one before: the second answer waits for the first, and counts after it."""
    async with classroom(settings, Slow()) as room:
        practice = await room.started()
        question = practice["current"]["question"]["id"]  # type: ignore[index]
        async with database.writes.begin() as connection:
            await connection.execute(update(trainings).values(mode="review"))
        other = await room.started(filters={"question_ids": [question]})
        answers = await asyncio.gather(
            *(room.answer(it["id"], it["current"]["attempt_id"], "b") for it in (practice, other))  # type: ignore[index]
        )
        assert [it.status_code for it in answers] == [200, 200]
        async with database.read() as connection:
            (card,) = (await connection.execute(select(seen))).all()
            item = (await connection.execute(select(items).where(items.c.question_id == UUID(question)))).one()
        assert (card.times, item.answered) == (2, 1)
        assert (await room.get(f"{ME}/progress")).json()["total"]["answered"] == 2
