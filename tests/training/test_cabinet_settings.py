"""The daily goal, the place on the leaderboard, and ability by day."""

import asyncio
from datetime import UTC, datetime, timedelta

from litestar import Litestar

from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.cabinet import by_week
from lyceum.training.adapters.queries import AbilityPoint
from lyceum.training.adapters.settings import SqlSettings
from lyceum.training.domain.settings import LearnerSettings
from lyceum.training.domain.trainings import Verdict
from tests.training.builders import LEARNER, a_closing, an_item, answer_all, follow
from tests.training.callers import ME, Classroom, a_question, headers_of
from tests.training.test_training_pages import begin, field, send, visitor

SETTINGS = f"{ME}/settings"


async def test_settings_begin_usual_and_change_one_by_one(room: Classroom) -> None:
    usual = await room.get(SETTINGS)
    assert usual.json() == {"daily_goal": 20, "on_leaderboard": True, "version": 0}
    assert usual.headers["etag"] == '"0"'
    changed = await room.client.patch(SETTINGS, json={"daily_goal": 5}, headers=room.learner | {"If-Match": '"0"'})
    assert changed.json() == {"daily_goal": 5, "on_leaderboard": True, "version": 1}
    stale = await room.client.patch(SETTINGS, json={"daily_goal": 9}, headers=room.learner | {"If-Match": '"0"'})
    assert stale.status_code == 412
    left = await room.client.patch(SETTINGS, json={"on_leaderboard": False}, headers=room.learner)
    assert left.json() == {"daily_goal": 5, "on_leaderboard": False, "version": 2}
    same = await room.client.patch(SETTINGS, json={}, headers=room.learner)
    assert same.json()["version"] == 2
    other = await headers_of(room.container, 2)
    assert (await room.get(SETTINGS, other)).json()["version"] == 0


async def test_a_goal_out_of_range_is_refused_and_nothing_is_kept(room: Classroom) -> None:
    for goal in (0, -3, 501, 10**12):
        refused = await room.client.patch(SETTINGS, json={"daily_goal": goal}, headers=room.learner)
        assert (refused.status_code, refused.json()["code"]) == (422, "training.bad_settings")
    for nonsense in ({"daily_goal": "ten"}, {"daily_goal": None}, {"goal": 3}):
        assert (await room.client.patch(SETTINGS, json=nonsense, headers=room.learner)).status_code == 422
    assert (await room.get(SETTINGS)).json()["version"] == 0


async def test_of_changes_at_once_each_is_kept(room: Classroom) -> None:
    async def change(**changes: object) -> None:
        assert (await room.client.patch(SETTINGS, json=changes, headers=room.learner)).status_code == 200

    await asyncio.gather(change(daily_goal=7), change(on_leaderboard=False))
    assert (await room.get(SETTINGS)).json() == {"daily_goal": 7, "on_leaderboard": False, "version": 2}


async def test_a_version_is_taken_once(database: Database) -> None:
    async def save(goal: int, version: int) -> bool:
        transaction = SqlTransaction(database)
        async with transaction:
            settings = LearnerSettings(daily_goal=goal, version=version)
            return await SqlSettings(database, transaction).save(UserId(LEARNER), settings)

    assert sum(await asyncio.gather(*(save(goal, 1) for goal in range(1, 9)))) == 1
    assert await save(3, 2)
    assert not await save(4, 2)


async def test_progress_tells_the_goal_of_the_day(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(3)])
    await room.series(["a", "b"])
    await room.client.patch(SETTINGS, json={"daily_goal": 3}, headers=room.learner)
    assert (await room.get(f"{ME}/progress")).json()["goal"] == {"target": 3, "answered": 2}


async def test_ability_is_told_by_day_and_subject_as_it_stood_after_the_last_answer(
    room: Classroom, database: Database
) -> None:
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    questions = await follow(database, *(an_item(subject="physics") for _ in range(6)))
    for ago, verdict in ((9, Verdict.WRONG), (2, Verdict.CORRECT)):
        part, questions = questions[:3], questions[3:]
        await answer_all(database, part, [a_closing(verdict, at=today - timedelta(days=ago)) for _ in part])
    (subject,) = (await room.get(f"{ME}/progress")).json()["subjects"]
    first, last = subject["abilities"]
    assert [first["day"], last["day"]] == [(today - timedelta(days=ago)).date().isoformat() for ago in (9, 2)]
    assert first["ability"] < last["ability"] < 1500
    assert first["ability_error"] > last["ability_error"]
    assert last["ability"] == subject["ability"]
    assert last["ability_error"] == subject["ability_error"]


def test_many_days_of_ability_are_shown_by_week() -> None:
    first = datetime(2026, 6, 1, tzinfo=UTC).date()
    points = [AbilityPoint(day=first + timedelta(days=n), ability=1500.0 + n, ability_error=80.0) for n in range(40)]
    assert by_week(points[:30]) == points[:30]
    weeks = by_week(points)
    assert [point.ability for point in weeks] == [1506.0, 1513.0, 1520.0, 1527.0, 1534.0, 1539.0]


async def test_the_cabinet_shows_and_changes_the_goal(app: Litestar, room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(3)])
    async with visitor(app) as browser:
        training = await begin(browser)
        await send(browser, training, (await browser.get(training)).text, answer="a")
        page = plain((await browser.get("/cabinet")).text)
        assert "1 из 20" in page
        assert "задания этого экзамена здесь пока не описаны" in page
        assert "Когда будут ответы за два дня" in page
        token = field((await browser.get("/cabinet")).text, "csrf_token")
        kept = await browser.post("/cabinet/settings", data={"csrf_token": token, "daily_goal": "1"})
        assert kept.headers["location"] == "/cabinet?saved=1#settings"
        page = plain((await browser.get("/cabinet?saved=1")).text)
        assert "На сегодня выполнена." in page
        assert "Сохранено" in page
        for nonsense in ("0", "много", "", "²", "99999999999"):
            refused = await browser.post("/cabinet/settings", data={"csrf_token": token, "daily_goal": nonsense})
            assert refused.headers["location"] == "/cabinet?refused=goal#settings"
        assert "Цель задаётся числом" in (await browser.get("/cabinet?refused=goal")).text


def plain(page: str) -> str:
    return page.replace("\xa0", " ")
