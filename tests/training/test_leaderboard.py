"""The leaderboard: what brings points, who is listed, places, pages, and answers at the same moment."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from dishka import AsyncContainer, Provider, Scope, provide
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import insert, select, update

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.adapters.tables import users
from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.outbox import Signal
from lyceum.platform.paging import encode_cursor
from lyceum.platform.prepared import Prepared, Values
from lyceum.platform.settings import Settings
from lyceum.training.adapters.tables import items, scores, seen, trainings
from lyceum.training.adapters.turns import seen_change
from lyceum.training.domain.leaderboard import EVER, NO_POINTS, WHOLE, Period, points_of
from lyceum.training.ports import Turn, Turns
from tests.accounts.callers import a_user
from tests.training.callers import ME, Classroom, Headers, a_question
from tests.training.test_training_pages import field, visitor
from tests.training.test_training_races import SlowTurns, classroom

BOARD = "/api/training/leaderboard"
TODAY = date(2026, 11, 21)
MONDAY = date(2026, 11, 16)


def test_periods_begin_and_end_with_the_calendar() -> None:
    assert (Period.WEEK.begins(TODAY), Period.WEEK.ends(TODAY)) == (MONDAY, date(2026, 11, 22))
    assert (Period.MONTH.begins(TODAY), Period.MONTH.ends(TODAY)) == (date(2026, 11, 1), date(2026, 11, 30))
    assert Period.MONTH.ends(date(2026, 12, 31)) == date(2026, 12, 31)
    assert (Period.ALL.begins(TODAY), Period.ALL.ends(TODAY)) == (EVER, None)


@pytest.mark.parametrize(
    ("before", "periods"),
    [
        (None, set(Period)),
        (date(2026, 10, 31), {Period.WEEK, Period.MONTH}),
        (date(2026, 11, 15), {Period.WEEK}),
        (MONDAY, set()),
        (TODAY, set()),
        (TODAY + timedelta(days=3), set()),
    ],
)
def test_a_question_counts_once_a_period(before: date | None, periods: set[Period]) -> None:
    assert {period for period, _ in points_of(1.0, 1.0, TODAY, before).periods} == periods


@given(st.floats(-5, 5), st.floats(0, 5))
def test_points_are_the_share_earned_and_never_less_than_none(score: float, most: float) -> None:
    found = points_of(min(score, most), most, TODAY, None)
    assert 0 <= found.points <= WHOLE
    assert (found == NO_POINTS) == (found.points == 0)


async def people(container: AsyncContainer, *names: str) -> list[Headers]:
    """Registered learners with these names, as they call; the name of one may be given as an address."""
    found, tokens = [], await container.get(AccessTokens)
    for name in names:
        id = await a_user(container, f"{name}@example.org")
        actor = Actor(id, frozenset({Role.LEARNER}), name, session_id=id)
        found.append({"Authorization": f"Bearer {tokens.issue(actor)}"})
    return found


async def a_guest(client: httpx.AsyncClient) -> Headers:
    made = await client.post("/api/auth/guest")
    return {"Authorization": f"Bearer {made.json()['access_token']}"}


async def solve(room: Classroom, learner: Headers, answers: Sequence[str], **asked: object) -> None:
    training = await room.started(learner, replace=True, length=len(answers), **asked)
    current = training["current"]
    for answer in answers:
        body = (await room.answer(training["id"], current["attempt_id"], answer, learner)).json()  # type: ignore[index]
        current = body["next"]


async def board(room: Classroom, learner: Headers, **asked: str | int) -> dict[str, object]:
    response = await room.get(BOARD, learner, **asked)
    assert response.status_code == 200, response.text
    body: dict[str, object] = response.json()
    return body


def lines(body: dict[str, object]) -> list[tuple[int, str, float]]:
    return [(it["place"], it["name"], it["points"]) for it in body["items"]]  # type: ignore[attr-defined]


async def test_first_right_answers_bring_points_in_every_period_and_subject(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(4)])
    await room.fill([a_question(9, subject="history")])
    anna, boris = await people(room.container, "anna", "boris")
    await solve(room, anna, ["a", "a", "b"], filters={"subject": "physics"})
    await solve(room, boris, ["a"], filters={"subject": "history"})
    for period in ("week", "month", "all"):
        body = await board(room, anna, period=period)
        assert lines(body) == [(1, "Anna", 2.0), (2, "Boris", 1.0)]
        assert (body["total"], body["next_cursor"]) == (2, None)
        assert body["you"] == {"place": 1, "points": 2.0, "answers": 2, "listed": True}
    assert lines(await board(room, boris, subject="history")) == [(1, "Boris", 1.0)]
    assert (await board(room, boris, subject="physics"))["you"] is None
    assert lines(await board(room, boris, subject="no such")) == []


async def test_the_same_question_again_brings_nothing_until_the_next_period(
    room: Classroom, database: Database
) -> None:
    await room.fill([a_question(1)])
    (anna,) = await people(room.container, "anna")
    for _ in range(3):
        await solve(room, anna, ["a"])
    assert lines(await board(room, anna)) == [(1, "Anna", 1.0)]
    async with database.writes.begin() as connection:
        await connection.execute(update(seen).values(at=datetime.now(UTC) - timedelta(days=40)))
    await solve(room, anna, ["a"])
    assert lines(await board(room, anna, period="week")) == [(1, "Anna", 2.0)]
    assert lines(await board(room, anna, period="all")) == [(1, "Anna", 1.0)]


async def test_a_wrong_answer_spends_the_question_of_the_period(room: Classroom) -> None:
    await room.fill([a_question(1)])
    (anna,) = await people(room.container, "anna")
    await solve(room, anna, ["b"])
    await solve(room, anna, ["a"])
    body = await board(room, anna)
    assert (body["items"], body["you"]) == ([], None)


async def test_guests_have_no_points_and_still_read(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(2)])
    (anna,) = await people(room.container, "anna")
    guest = await a_guest(room.client)
    await solve(room, guest, ["a", "a"])
    await solve(room, anna, ["a"])
    body = await board(room, guest)
    assert (lines(body), body["you"], body["total"]) == ([(1, "Anna", 1.0)], None, 1)


async def test_who_left_is_seen_by_nobody_else_and_sees_their_place(room: Classroom, database: Database) -> None:
    await room.fill([a_question(number) for number in range(4)])
    anna, boris, vera = await people(room.container, "anna", "boris", "vera")
    await solve(room, anna, ["a", "a", "a"])
    await solve(room, boris, ["a", "a"])
    await solve(room, vera, ["a"])
    await room.client.patch(f"{ME}/settings", json={"on_leaderboard": False}, headers=boris)
    seen_by_vera = await board(room, vera)
    assert lines(seen_by_vera) == [(1, "Anna", 3.0), (2, "Vera", 1.0)]
    assert (seen_by_vera["total"], seen_by_vera["you"]["place"]) == (2, 2)  # type: ignore[index]
    own = await board(room, boris)
    assert own["you"] == {"place": 2, "points": 2.0, "answers": 2, "listed": False}
    assert lines(own) == lines(seen_by_vera)
    await room.client.patch(f"{ME}/settings", json={"on_leaderboard": True}, headers=boris)
    assert lines(await board(room, vera))[1] == (2, "Boris", 2.0)
    async with database.writes.begin() as connection:
        await connection.execute(update(users).where(users.c.name == "Anna").values(disabled_at=datetime.now(UTC)))
    assert [name for _, name, _ in lines(await board(room, vera))] == ["Boris", "Vera"]


async def test_a_name_that_is_the_beginning_of_an_address_is_not_told(room: Classroom) -> None:
    await room.fill([a_question(1)])
    made = await room.client.post(
        "/api/auth/sign-up", json={"email": "secret.box@example.org", "password": "correct horse battery"}
    )
    box = {"Authorization": f"Bearer {made.json()['access_token']}"}
    await solve(room, box, ["a"])
    assert lines(await board(room, box)) == [(1, "", 1.0)]


async def _crowd(database: Database, container: AsyncContainer, points: Sequence[int]) -> list[UserId]:
    """Learners with so many thousandths of a point this week."""
    now = datetime.now(UTC)
    ids = [await a_user(container, f"learner{number}@example.org") for number in range(len(points))]
    rows = [
        {"learner_id": id, "period": period.value, "begins": period.begins(now.date()), "subject": "",
         "points": own, "answers": 1, "reached_at": now - timedelta(minutes=number)}
        for number, (id, own) in enumerate(zip(ids, points, strict=True)) for period in Period
    ]  # fmt: skip
    async with database.writes.begin() as connection:
        await connection.execute(insert(scores), rows)
    return ids


async def test_equals_share_a_place_over_pages_and_one_is_told_theirs_from_afar(
    room: Classroom, database: Database
) -> None:
    ids = await _crowd(database, room.container, [9000, 7000, 7000, 7000, 5000, 5000, 1000])
    tokens = await room.container.get(AccessTokens)
    last = {"Authorization": f"Bearer {tokens.issue(Actor(ids[-1], frozenset({Role.LEARNER}), session_id=ids[-1]))}"}
    found, cursor = list[tuple[int, str, float]](), ""
    for _ in range(4):
        body = await board(room, last, period="all", limit=2, **({"cursor": cursor} if cursor else {}))
        assert body["you"]["place"] == 7  # type: ignore[index]
        found += lines(body)
        cursor = str(body["next_cursor"] or "")
    assert cursor == ""
    assert [place for place, _, _ in found] == [1, 2, 2, 2, 5, 5, 7]
    assert [name for _, name, _ in found[1:4]] == ["Learner3", "Learner2", "Learner1"]
    assert len({name for _, name, _ in found}) == 7


@pytest.mark.parametrize(
    "asked",
    [
        {"period": "year"}, {"limit": "0"}, {"limit": "101"}, {"cursor": "nonsense"}, {"subject": "x" * 41},
        {"cursor": encode_cursor(1, "2026-01-01T00:00:00", str(UUID(int=1)))},
        {"cursor": encode_cursor(10**30, "2026-01-01T00:00:00+00:00", str(UUID(int=1)))},
        {"cursor": encode_cursor(1, "2026-01-01T00:00:00+00:00", "x")},
    ],
)  # fmt: skip
async def test_nonsense_is_refused(room: Classroom, asked: dict[str, str]) -> None:
    assert (await room.get(BOARD, **asked)).status_code == 422


async def test_of_answers_at_once_to_different_questions_every_point_counts(
    room: Classroom, database: Database
) -> None:
    await room.fill([a_question(number) for number in range(12)])
    (anna,) = await people(room.container, "anna")
    practice = await room.started(anna)
    asked = practice["current"]["question"]["id"]  # type: ignore[index]
    async with database.writes.begin() as connection:
        await connection.execute(update(trainings).values(mode="review"))
        unseen = await connection.scalar(select(items.c.question_id).where(items.c.question_id != UUID(asked)).limit(1))
    other = await room.started(anna, filters={"question_ids": [str(unseen)]})
    await asyncio.gather(
        *(room.answer(it["id"], it["current"]["attempt_id"], "a", anna) for it in (practice, other))  # type: ignore[index]
    )
    assert lines(await board(room, anna)) == [(1, "Anna", 2.0)]


class UnguardedTurns(SlowTurns):
    """Notes an answer whatever others have answered to the question meanwhile."""

    def claims(self, turn: Turn, dialect: str) -> Sequence[tuple[Prepared, Values]]:
        *first, _ = super().claims(turn, dialect)
        return [*first, seen_change(turn, dialect, guarded=False)]


class Slow(Provider):
    @provide(scope=Scope.APP, override=True)
    def turns(self, database: Database, signal: Signal) -> Turns:
        return SlowTurns(database, signal)


class Unguarded(Provider):
    @provide(scope=Scope.APP, override=True)
    def turns(self, database: Database, signal: Signal) -> Turns:
        return UnguardedTurns(database, signal)


@pytest.mark.parametrize("careful", [True, False])
async def test_a_question_answered_in_two_trainings_at_once_brings_its_point_once(
    settings: Settings, database: Database, *, careful: bool
) -> None:
    """Negative control: without the guard on the number of answers read, both are the first, and both count."""
    async with classroom(settings, Slow() if careful else Unguarded()) as room:
        (anna,) = await people(room.container, "anna")
        practice = await room.started(anna)
        question = practice["current"]["question"]["id"]  # type: ignore[index]
        async with database.writes.begin() as connection:
            await connection.execute(update(trainings).values(mode="review"))
        other = await room.started(anna, filters={"question_ids": [question]})
        answers = await asyncio.gather(
            *(room.answer(it["id"], it["current"]["attempt_id"], "a", anna) for it in (practice, other))  # type: ignore[index]
        )
        assert [it.status_code for it in answers] == [200, 200]
        async with database.read() as connection:
            points = (await connection.scalars(select(scores.c.points))).all()
        assert set(points) == {WHOLE if careful else 2 * WHOLE}


async def test_the_page_shows_the_board_and_ones_place(app: Litestar, room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(3)])
    (anna,) = await people(room.container, "anna")
    async with visitor(app) as browser:
        assert (await browser.get("/leaderboard")).headers["location"] == "/login?next=/leaderboard"
        token = field((await browser.get("/signup")).text, "csrf_token")
        account = {"csrf_token": token, "email": "vera@example.org", "password": "correct horse battery"}
        assert (await browser.post("/signup", data=account)).status_code == 303
        assert "Баллов здесь пока нет" in plain((await browser.get("/leaderboard")).text)
        await solve(room, anna, ["a", "a"])
        page = (await browser.get("/leaderboard?period=month&subject=physics")).text
        assert "Anna" in page
        assert 'value="month" checked' in page
        assert 'value="physics" selected' in page
        assert "Anna" not in (await browser.get("/leaderboard?subject=history")).text
        assert (await browser.get("/leaderboard?period=year&subject=nonsense")).status_code == 200
        assert (await browser.get("/leaderboard?cursor=nonsense")).status_code == 422
        assert 'href="/leaderboard"' in (await browser.get("/cabinet")).text


def plain(page: str) -> str:
    return page.replace("\xa0", " ")
