"""Two tabs, late packets, a finish amid saves, graders at the same moment; each guard with its negative control."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from dishka import Provider, Scope, provide
from sqlalchemy import func, insert, select, text, update

from lyceum.accounts.api import Role
from lyceum.main.container import make_container
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import Settings
from lyceum.training.adapters.gradings import SqlGradings, grade_row
from lyceum.training.adapters.sitting_tables import entries, grades
from lyceum.training.adapters.sittings import KnownPapers, SqlEntries
from lyceum.training.adapters.tables import trainings
from lyceum.training.domain.grading import Grade, Grading
from lyceum.training.domain.sittings import Save
from lyceum.training.sitting_ports import Entries, Gradings
from tests.apps import an_app, running
from tests.training.callers import Body, Classroom, headers_of
from tests.training.sitters import ExamRoom, without_profile

CALLERS = 12
ACTIVE = (
    "CREATE UNIQUE INDEX uq_training_trainings_active ON training_trainings (learner_id, mode) "
    "WHERE finished_at IS NULL"
)
ONE_TURN = "CREATE UNIQUE INDEX uq_training_grades_turn ON training_grades (attempt_id, round, turn)"
ONE_EACH = "CREATE UNIQUE INDEX uq_training_grades_grader ON training_grades (attempt_id, grader_id)"


class CarelessEntries(SqlEntries):
    """Takes whatever comes, whenever it comes."""

    async def save(self, save: Save) -> bool:
        row = {
            "training_id": save.training,
            "number": save.number,
            "answer": save.answer,
            "seq": save.seq or 1,
            "marked": save.marked,
            "elapsed_ms": 0,
            "saved_at": save.at + timedelta(),
            "channel": save.channel,
        }
        here = (entries.c.training_id == save.training) & (entries.c.number == save.number)
        async with SqlTransaction(self.database) as transaction:
            if (await transaction.connection.execute(update(entries).where(here).values(row))).rowcount == 0:
                await transaction.connection.execute(insert(entries), row)
        return True


class CarelessGradings(SqlGradings):
    """Writes an opinion whatever happened since the grading was read."""

    async def keep(self, grading: Grading, grade: Grade) -> None:
        await self.transaction.connection.execute(insert(grades), grade_row(grading, grade))

    async def settle(self, grading: Grading, turn: object, before: float | None) -> None:
        return None


class Careless(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP, override=True)
    def entries(self, database: Database, known: KnownPapers) -> Entries:
        return CarelessEntries(database, known)

    @provide(override=True)
    def gradings(self, database: Database, transaction: SqlTransaction) -> Gradings:
        return CarelessGradings(database, transaction)


@asynccontextmanager
async def exam_room(settings: Settings, database: Database, *, careful: bool = True) -> AsyncIterator[ExamRoom]:
    container = make_container(settings, *(() if careful else (Careless(),)))
    app = an_app(settings, container)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
        exam = ExamRoom(Classroom(client, container, await container.get(Relay), await headers_of(container, 1)))
        await exam.prepare(copies=1)
        yield exam
        await without_profile(database)


@asynccontextmanager
async def without(database: Database, *indexes: str) -> AsyncIterator[None]:
    """The guards off; what came of it is emptied before they come back."""
    names = [index.split()[3] for index in indexes]
    async with database.writes.begin() as connection:
        for name in names:
            await connection.execute(text(f"DROP INDEX {name}"))
    try:
        yield
    finally:
        async with database.writes.begin() as connection:
            for table in ("training_grades", "training_gradings", "training_sittings", "training_trainings"):
                await connection.execute(text(f"DELETE FROM {table}"))
            for index in indexes:
                await connection.execute(text(index))


async def test_of_exams_started_at_once_one_goes_on(settings: Settings, database: Database) -> None:
    async with exam_room(settings, database) as exam:
        answers = await asyncio.gather(*(exam.start() for _ in range(CALLERS)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CALLERS - 1}
        assert await _active(database) == 1


async def test_without_its_index_several_exams_go_on(settings: Settings, database: Database) -> None:
    """Negative control."""
    async with exam_room(settings, database) as exam, without(database, ACTIVE):
        await asyncio.gather(*(exam.start() for _ in range(CALLERS)))
        assert await _active(database) > 1


async def _active(database: Database) -> int:
    async with database.read() as connection:
        going = select(func.count()).select_from(trainings).where(trainings.c.finished_at.is_(None))
        return await connection.scalar(going) or 0


@pytest.mark.parametrize("careful", [True, False])
async def test_of_changes_that_overtake_each_other_the_newest_stays(
    settings: Settings, database: Database, *, careful: bool
) -> None:
    async with exam_room(settings, database, careful=careful) as exam:
        sitting = await exam.started()
        saves = [exam.save(sitting, 1, "abcd"[seq % 4], seq=seq) for seq in range(CALLERS, 0, -1)]
        first = await saves[0]
        assert first.status_code == 200
        answers = await asyncio.gather(*saves[1:])
        task = (await exam.read(sitting))["tasks"][0]  # type: ignore[index]
        if careful:
            assert {answer.status_code for answer in answers} == {409}
            assert answers[0].json()["code"] == "training.answer_overtaken"
            assert (task["seq"], task["answer"]) == (CALLERS, "abcd"[CALLERS % 4])
        else:
            assert task["seq"] < CALLERS


@pytest.mark.parametrize("careful", [True, False])
async def test_what_was_acknowledged_counts_though_the_end_comes_at_the_same_moment(
    settings: Settings, database: Database, *, careful: bool
) -> None:
    async with exam_room(settings, database, careful=careful) as exam:
        lost = 0
        for learner in range(20, 26):
            headers = await headers_of(exam.room.container, learner)
            sitting = await exam.started(headers)
            several = [exam.save(sitting, number, answer, headers, seq=1) for number, answer in ((1, "a"), (2, "a"))]
            finish = exam.finish(sitting, headers)
            *saved, ended = await asyncio.gather(several[0], finish, several[1])
            last = await exam.save(sitting, 3, "3142", headers, seq=1)
            result = await exam.finish(sitting, headers)
            verdicts = [task["attempt"]["verdict"] for task in result.json()["tasks"]]
            kept = [verdict != "skipped" for verdict in verdicts[:3]]
            told = [answer.status_code == 200 for answer in (saved[0], ended, last)]
            assert {answer.status_code for answer in (saved[0], ended, last)} <= {200, 409}
            lost += sum(said and not counted for said, counted in zip(told, kept, strict=True))
        assert (lost == 0) is careful


async def _essay(exam: ExamRoom) -> str:
    sitting = await exam.started()
    await exam.save(sitting, 4, "Сочинение")
    assert (await exam.finish(sitting)).status_code == 200
    tasks: list[Body] = sitting["tasks"]  # type: ignore[assignment]
    return str(tasks[3]["attempt_id"])


async def _grade(exam: ExamRoom, essay: str, grader: int) -> int:
    headers = await headers_of(exam.room.container, 700 + grader, Role.AUTHOR)
    body = {"points": {"k1": 2, "k2": 1}}
    answer = await exam.room.client.post(f"/api/training/grading/{essay}/grades", json=body, headers=headers)
    assert answer.status_code in {200, 409}, answer.text
    return answer.status_code


@pytest.mark.parametrize("people", [1, CALLERS])
async def test_two_graders_count_and_each_once(settings: Settings, database: Database, people: int) -> None:
    async with exam_room(settings, database) as exam:
        essay = await _essay(exam)
        statuses = Counter(await asyncio.gather(*(_grade(exam, essay, n % people) for n in range(CALLERS))))
        assert statuses[200] == min(people, 2)
        assert await _opinions(database) == min(people, 2)


async def test_without_their_guards_too_many_graders_count(settings: Settings, database: Database) -> None:
    """Negative control."""
    async with exam_room(settings, database, careful=False) as exam, without(database, ONE_TURN, ONE_EACH):
        essay = await _essay(exam)
        await asyncio.gather(*(_grade(exam, essay, n % 3) for n in range(CALLERS)))
        assert await _opinions(database) > 2


async def _opinions(database: Database) -> int:
    async with database.read() as connection:
        given = select(func.count()).select_from(grades).where(grades.c.given_at.is_not(None))
        return await connection.scalar(given) or 0


async def test_of_graders_who_take_the_next_at_once_two_hold_it(settings: Settings, database: Database) -> None:
    async with exam_room(settings, database) as exam:
        await _essay(exam)
        graders = [await headers_of(exam.room.container, 700 + n, Role.AUTHOR) for n in range(6)]
        take = "/api/training/grading/next"
        answers = await asyncio.gather(*(exam.room.client.post(take, headers=grader) for grader in graders))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses[200] == 2
        assert set(statuses) <= {200, 404, 409}
