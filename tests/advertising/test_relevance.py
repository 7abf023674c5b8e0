"""Advertisers are scored for learners by what they train; what was given is left alone."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from dishka import AsyncContainer
from litestar import Litestar
from sqlalchemy import insert, select, update

from lyceum.advertising.adapters.day import CalendarDay
from lyceum.advertising.adapters.relevance import SCHEDULES, ScoreLearners, ScorePayload, Texts
from lyceum.advertising.adapters.repositories import SqlClients
from lyceum.advertising.adapters.tables import campaigns, clients, scores, state
from lyceum.advertising.domain.clients import Score
from lyceum.advertising.domain.ids import AdvertiserId, ClientId
from lyceum.advertising.domain.refusals import NothingToShow
from lyceum.advertising.domain.relevance import by_subjects, scores_of, short_name, subjects_in
from lyceum.bank.api import Catalogue, SubjectView
from lyceum.jobs.api import Timetable
from lyceum.kernel.clock import SystemClock
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.settings import Settings
from lyceum.platform.words import terms_of
from lyceum.training.adapters.facade import TrainedLately
from lyceum.training.adapters.tables import progress
from tests.advertising.desks import a_campaign, a_desk
from tests.advertising.test_learners import MASHA, follow, told

ZONE = ZoneInfo("Europe/Moscow")
TITLES = {"physics": ("Физика", "Physics"), "russian": ("Русский язык", "Russian"),
          "math_base": ("Математика, базовый уровень", "Mathematics, base level")}  # fmt: skip
NAMES = {id: [frozenset(terms_of([short_name(title)])) for title in titles] for id, titles in TITLES.items()}


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("Курс физики для поступающих", {"physics"}),
        ("ФИЗИКОЙ заняться <b>летом</b>", {"physics"}),
        ("Physics camp", {"physics"}),
        ("Русского и английского языка не бойтесь", {"russian"}),
        ("Английский язык за лето", set()),
        ("Математику и физику вместе", {"math_base", "physics"}),
        ("Метафизика для всех", set()),
        ("", set()),
    ],
)
def test_an_ad_is_about_the_subjects_that_it_names(text: str, subjects: set[str]) -> None:
    assert subjects_in(set(terms_of([text])), NAMES) == subjects


def test_a_score_is_the_share_of_what_is_trained() -> None:
    physics, both, russian, nothing = sorted(AdvertiserId(uuid4()) for _ in range(4))
    together = by_subjects(
        {
            physics: frozenset({"physics"}),
            both: frozenset({"physics", "russian"}),
            russian: frozenset({"russian"}),
            nothing: frozenset(),
        }
    )
    trained = {"physics": 6.0, "russian": 1.5, "history": 2.5}
    assert scores_of(trained, together) == {physics: 600, both: 750, russian: 150}
    assert scores_of(trained, together, most=2) == {both: 750, physics: 600}, "those that matter most"
    assert scores_of({"history": 3.0}, together) == {}
    assert scores_of({}, together) == {}


@dataclass
class FakeCatalogue:
    async def subjects(self, locale: str, exam: str | None = None) -> Sequence[SubjectView]:
        place = ("ru", "en").index(locale)
        return [SubjectView(id=id, title=titles[place], questions=1) for id, titles in TITLES.items()]


@dataclass
class FakeStudies:
    trained: Mapping[UUID, Mapping[str, float]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    async def of(self, learners: Sequence[UUID]) -> Mapping[UUID, Mapping[str, float]]:
        self.asked.append(len(learners))
        return {id: self.trained[id] for id in learners if id in self.trained}


@dataclass
class At:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


class Quiet:
    """`TaskContext` of a task that nobody watches."""

    def progress(self, done: int, total: int = 0, note: str = "") -> None: ...
    def log(self, text: str, level: str = "info") -> None: ...


@dataclass
class Night:
    """The task over a database, and what learners train."""

    database: Database
    studies: FakeStudies = field(default_factory=FakeStudies)

    async def run(self, at: datetime | None = None) -> Mapping[str, object]:
        clock = SystemClock() if at is None else At(at)
        texts = Texts(self.database, FakeCatalogue(), CalendarDay(Settings(), SystemClock()))  # type: ignore[arg-type]
        transaction = SqlTransaction(self.database)
        task = ScoreLearners(self.database, transaction, texts, self.studies, clock, ZONE)
        result = await task.run(Quiet(), ScorePayload())  # type: ignore[arg-type]
        assert result is not None
        return result

    async def kept(self, client: UUID = MASHA) -> dict[UUID, tuple[int, bool]]:
        async with self.database.read() as connection:
            rows = await connection.execute(select(scores).where(scores.c.client_id == client))
            return {row.advertiser_id: (row.score, row.reckoned) for row in rows}

    async def stamp(self) -> int:
        async with self.database.read() as connection:
            return await connection.scalar(select(clients.c.stamp).where(clients.c.id == MASHA)) or 0


async def advertiser_of(database: Database, campaign: UUID) -> UUID:
    async with database.read() as connection:
        return (
            await connection.execute(select(campaigns.c.advertiser_id).where(campaigns.c.id == campaign))
        ).scalar_one()


@pytest.fixture
async def night(database: Database) -> Night:
    await follow(database, told(2))
    return Night(database)


async def ad(night: Night, title: str, **changes: object) -> UUID:
    return await advertiser_of(night.database, await a_campaign(night.database, ad_title=title, **changes))


async def test_scores_follow_what_is_trained(night: Night) -> None:
    physics, russian = await ad(night, "Курс физики"), await ad(night, "Русский язык летом")
    await ad(night, "Всё сразу")
    night.studies.trained = {MASHA: {"physics": 3, "russian": 1}}
    assert await night.run() == {"learners": 1, "changed": 1, "advertisers": 2}
    assert await night.kept() == {physics: (750, True), russian: (250, True)}
    before = await night.stamp()
    assert (await night.run())["changed"] == 0
    assert await night.stamp() == before, "what is as it should be is not written"
    night.studies.trained = {MASHA: {"physics": 1}}
    await night.run()
    assert await night.kept() == {physics: (1000, True)}
    night.studies.trained = {}
    await night.run()
    assert await night.kept() == {}


async def declare(night: Night, advertiser: UUID, *subjects: str) -> None:
    transaction = SqlTransaction(night.database)
    async with transaction:
        await SqlClients(transaction).declare_subjects(AdvertiserId(advertiser), subjects, None)


async def test_what_is_declared_stands_before_the_words_of_the_ads(night: Night) -> None:
    school, other = await ad(night, "Курс физики"), await ad(night, "Всё сразу")
    night.studies.trained = {MASHA: {"physics": 3, "russian": 1}}
    await declare(night, school, "russian")
    await declare(night, other, "russian", "physics")
    await night.run()
    assert await night.kept() == {school: (250, True), other: (1000, True)}
    await declare(night, school, "alchemy")
    await declare(night, other)
    await night.run()
    assert await night.kept() == {school: (750, True)}, "a subject that is gone is as good as none"


async def test_what_was_given_is_left_alone_and_wins_over_what_was_reckoned(night: Night) -> None:
    given, reckoned = await ad(night, "Курс физики"), await ad(night, "Ещё курс физики")
    night.studies.trained = {MASHA: {"physics": 3}}

    async def give(advertiser: UUID, score: int) -> None:
        transaction = SqlTransaction(night.database)
        async with transaction:
            await SqlClients(transaction).put_scores([Score(ClientId(MASHA), AdvertiserId(advertiser), score)])

    await give(given, -7)
    await night.run()
    assert await night.kept() == {given: (-7, False), reckoned: (1000, True)}
    await give(reckoned, 5)
    night.studies.trained = {}
    await night.run()
    assert await night.kept() == {given: (-7, False), reckoned: (5, False)}


async def test_a_score_given_in_the_night_stands_in_the_morning(night: Night) -> None:
    """The task and the sponsor's client at once, in either order."""
    physics = [await ad(night, "Курс физики") for _ in range(8)]
    night.studies.trained = {MASHA: {"physics": 3}}

    async def give(advertiser: UUID) -> None:
        transaction = SqlTransaction(night.database)
        async with transaction:
            await SqlClients(transaction).put_scores([Score(ClientId(MASHA), AdvertiserId(advertiser), 5)])

    await asyncio.gather(*[give(it) for it in physics[:4]], night.run(), night.run(), *[give(it) for it in physics[4:]])
    assert await night.kept() == dict.fromkeys(physics, (5, False))
    async with night.database.writes.begin() as connection:
        await connection.execute(update(scores).where(scores.c.advertiser_id == physics[0]).values(reckoned=True))
    await night.run()
    assert (await night.kept())[physics[0]] == (1000, True), "the control: what is not marked as given is reckoned anew"


async def test_what_is_reckoned_is_chosen_by_at_once(night: Night) -> None:
    """A desk that remembers the learner's relevances reads them anew."""
    await ad(night, "Русский язык", cost_per_impression=1)
    physics = await ad(night, "Курс физики", cost_per_impression=1)
    desk = a_desk(night.database)
    assert not any(parts.relevance for _, parts, _ in await desk.explain(ClientId(MASHA)))
    night.studies.trained = {MASHA: {"physics": 9, "russian": 1}}
    await night.run()
    assert (await desk.show(ClientId(MASHA))).campaign.advertiser_id == physics


async def test_campaigns_that_are_over_or_gone_say_nothing(night: Night) -> None:
    await ad(night, "Курс физики", end_date=0)
    async with night.database.writes.begin() as connection:
        await connection.execute(update(state).values(today=1))
    night.studies.trained = {MASHA: {"physics": 3}}
    assert (await night.run())["advertisers"] == 0
    assert await night.kept() == {}


async def test_many_learners_go_page_by_page(database: Database) -> None:
    night = Night(database)
    many = sorted(uuid4() for _ in range(450))
    for part in range(0, 450, 150):
        await follow(database, *[told(2, id) for id in many[part : part + 150]])
    physics = await ad(night, "Курс физики")
    night.studies.trained = {id: {"physics": 1} for id in many}
    assert (await night.run())["changed"] == 450
    assert night.studies.asked == [50] * 9
    for id in (many[0], many[49], many[50], many[-1]):
        assert await night.kept(id) == {physics: (1000, True)}


async def test_whoever_takes_the_consent_back_meanwhile_is_not_written_about(night: Night) -> None:
    await ad(night, "Курс физики")
    night.studies.trained = {MASHA: {"physics": 3}}

    @dataclass
    class Withdrawing(FakeStudies):
        async def of(self, learners: Sequence[UUID]) -> Mapping[UUID, Mapping[str, float]]:
            found = await super().of(learners)
            await follow(night.database, told(3, ads_consent=False))
            return found

    night.studies = Withdrawing(night.studies.trained)
    assert (await night.run())["changed"] == 0
    assert await night.kept() == {}


async def test_a_new_year_makes_everybody_older(night: Night) -> None:
    async def age() -> int | None:
        async with night.database.read() as connection:
            return await connection.scalar(select(clients.c.age).where(clients.c.id == MASHA))

    assert await age() == 16
    await night.run(datetime(2026, 12, 31, 20, 59, tzinfo=UTC))
    assert await age() == 16
    campaign = await a_campaign(night.database, targeting={"age_from": 17})
    desk = a_desk(night.database)
    with pytest.raises(NothingToShow):
        await desk.show(ClientId(MASHA))
    await night.run(datetime(2026, 12, 31, 21, 1, tzinfo=UTC))
    assert await age() == 17, "it is January in the platform's time zone"
    assert (await desk.show(ClientId(MASHA))).campaign.id == campaign


async def test_what_is_trained_counts_less_the_longer_ago_it_is(database: Database) -> None:
    today = datetime.now(UTC).astimezone(ZONE).date()
    row = {"learner_id": MASHA, "kind": "day", "correct": 0, "score": 0, "max_score": 0, "elapsed_ms": 0}
    days = [("physics", 0, 8), ("physics", 14, 8), ("russian", 28, 8), ("russian", 60, 500)]
    async with database.writes.begin() as connection:
        for subject, ago, answered in days:
            told = {"subject": subject, "name": (today - timedelta(days=ago)).isoformat(), "answered": answered}
            await connection.execute(insert(progress).values(row | told))
        whole = row | {"kind": "subject", "subject": "physics", "name": "", "answered": 500}
        await connection.execute(insert(progress).values(whole))
    found = await TrainedLately(database, ZONE).of([MASHA, uuid4()])
    assert found == {MASHA: {"physics": 12.0, "russian": 2.0}}


async def test_it_is_on_the_timetable_and_made_by_the_container(app: Litestar, container: AsyncContainer) -> None:
    assert SCHEDULES[0].name in {it.name for it in (await container.get(Timetable)).schedules}
    async with container() as scope:
        task = await scope.get(ScoreLearners)
        titles = {it.id for it in await (await scope.get(Catalogue)).subjects("ru")}
    assert {"physics", "russian"} <= titles
    assert await task.run(Quiet(), ScorePayload()) == {"learners": 0, "changed": 0, "advertisers": 0}  # type: ignore[arg-type]
