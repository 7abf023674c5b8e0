"""An exam small enough to read, its questions, and learners who sit it over the whole application."""

from dataclasses import dataclass

import httpx
from sqlalchemy import delete

from lyceum.accounts.api import Role
from lyceum.bank.adapters.tables import exam_profiles
from lyceum.platform.database import Database
from tests.training.callers import TRAININGS, Body, Classroom, Headers, a_question, headers_of

YEAR = 2031
EXAM = f"/api/bank/exams/ege/physics/{YEAR}"
PROFILE: Body = {
    "max_primary": 7,
    "duration_min": 60,
    "slots": [
        {"number": 1, "max_score": 1},
        {"number": 2, "max_score": 1},
        {"number": 3, "max_score": 2, "score_rule": {"name": "positions", "points": [2, 1]}},
        {"number": 4, "max_score": 3, "extended": True, "score_rule": {"name": "criteria"}},
    ],
    "scale": {"1": 10, "2": 20, "3": 36, "4": 50, "5": 65, "6": 80, "7": 100},
    "thresholds": [{"mark": "minimum", "minimum": 36, "unit": "test"}],
    "source": "A profile of the tests",
}
ESSAY: Body = {
    "kind": "essay",
    "options": [],
    "answer": None,
    "max_score": 3,
    "score_rule": {
        "name": "criteria",
        "criteria": [{"id": "k1", "title": "Мысль", "max": 2}, {"id": "k2", "title": "Язык", "max": 1}],
    },
}


def questions(copies: int = 2) -> list[Body]:
    """For each task as many questions; the right answer of the first two tasks is `a`, of the third `3142`."""
    made: list[Body] = []
    for copy in range(copies):
        made += [a_question(10 * copy + number, exam_task_number=number) for number in (1, 2)]
        made.append(
            _without_options(
                a_question(10 * copy + 3, exam_task_number=3, kind="short_text", max_score=2),
                answer="3142",
                score_rule={"name": "positions", "points": [2, 1]},
            )
        )
        made.append(_without_options({**a_question(10 * copy + 4, exam_task_number=4), **ESSAY}))
    return made


def _without_options(question: Body, **changes: object) -> Body:
    kept = {name: value for name, value in question.items() if name != "options" and value is not None}
    return kept | changes


@dataclass(frozen=True, slots=True)
class ExamRoom:
    """A classroom whose bank can fill the exam."""

    room: Classroom

    async def prepare(self, copies: int = 2, **profile: object) -> None:
        operator = await headers_of(self.room.container, 900, Role.OPERATOR)
        made = await self.room.client.put(EXAM, json={**PROFILE, **profile}, headers=operator)
        assert made.status_code == 200, made.text
        await self.room.fill(questions(copies))

    async def start(self, learner: Headers | None = None, **asked: object) -> httpx.Response:
        body = {"mode": "mock_exam", "filters": {"exam": "ege", "subject": "physics"}, "year": YEAR, **asked}
        return await self.room.client.post(TRAININGS, json=body, headers=learner or self.room.learner)

    async def started(self, learner: Headers | None = None, **asked: object) -> Body:
        response = await self.start(learner, **asked)
        assert response.status_code == 201, response.text
        body: Body = response.json()
        return body

    async def save(
        self, sitting: Body, number: int, answer: object, learner: Headers | None = None, **more: object
    ) -> httpx.Response:
        tasks: list[Body] = sitting["tasks"]  # type: ignore[assignment]
        attempt = next(task["attempt_id"] for task in tasks if task["number"] == number)
        body = {"attempt_id": attempt, "answer": answer, **more}
        path = f"{TRAININGS}/{sitting['id']}/answers"
        return await self.room.client.post(path, json=body, headers=learner or self.room.learner)

    async def read(self, sitting: Body, learner: Headers | None = None) -> Body:
        response = await self.room.get(f"{TRAININGS}/{sitting['id']}", learner)
        assert response.status_code == 200, response.text
        body: Body = response.json()
        return body

    async def finish(self, sitting: Body, learner: Headers | None = None) -> httpx.Response:
        path = f"{TRAININGS}/{sitting['id']}/finish"
        return await self.room.client.post(path, headers=learner or self.room.learner)


async def without_profile(database: Database) -> None:
    """Profiles are not among what is emptied between tests."""
    async with database.writes.begin() as connection:
        await connection.execute(delete(exam_profiles).where(exam_profiles.c.year == YEAR))
