"""The pause after every so many questions: one ad, counted once, and never in the way of the training."""

import asyncio
import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text, update

from lyceum.accounts.api import Actor, ProfileChanged
from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.tables import campaigns, views
from lyceum.advertising.api import AdView
from lyceum.kernel.ids import TrainingId, UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.metrics import Metrics
from lyceum.platform.outbox import Signal, SqlOutbox
from lyceum.platform.settings import Settings
from lyceum.shop.adapters.entitlements import SqlGrants
from lyceum.shop.domain import Entitlement, Feature
from lyceum.training.adapters.pauses import PauseMetrics, SqlPauses, TimelyAds
from lyceum.training.adapters.tables import trainings
from lyceum.training.domain.pauses import AdsAway, PauseStanding
from lyceum.training.ports import AdsInTime
from lyceum.training.use_cases.pausing import TakePause
from tests.advertising.desks import a_campaign, counted
from tests.training.callers import TRAININGS, Classroom, a_question
from tests.training.sitters import ExamRoom

EVERY = 2
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
MASHA = UserId(uuid4())


# The port -------------------------------------------------------------------------------------------------------------
async def claim(database: Database, since: datetime | None, at: datetime, learner: UserId = MASHA) -> bool:
    transaction = SqlTransaction(database)
    async with transaction:
        return await SqlPauses(database, transaction).claim(learner, since, at)


async def standing(database: Database) -> tuple[datetime | None, UUID | None]:
    found = await SqlPauses(database, SqlTransaction(database)).standing(MASHA, 1)
    return found.taken_at, found.ad_id


async def test_of_several_who_claim_a_pause_one_gets_it(database: Database) -> None:
    first = await asyncio.gather(*[claim(database, None, AT) for _ in range(8)])
    assert sorted(first) == [False] * 7 + [True]
    later = AT + timedelta(minutes=5)
    second = await asyncio.gather(*[claim(database, AT, later) for _ in range(8)])
    assert sorted(second) == [False] * 7 + [True]
    assert not await claim(database, AT, later + timedelta(minutes=1))
    assert await standing(database) == (later, None)


async def test_an_ad_stands_until_the_pause_with_it_is_ended(database: Database) -> None:
    await claim(database, None, AT)
    ad, other = uuid4(), uuid4()
    transaction = SqlTransaction(database)
    port = SqlPauses(database, transaction)
    async with transaction:
        await port.hold(MASHA, ad)
    async with transaction:
        await port.hold(MASHA, other)
        await port.end(MASHA, other)
    assert await standing(database) == (AT, ad)
    async with transaction:
        await port.end(MASHA, ad)
        await port.end(MASHA, ad)
    assert await standing(database) == (AT, None)


# Advertising that is slow or broken -----------------------------------------------------------------------------------
AN_AD = AdView(ad_id=uuid4(), ad_title="Курс", ad_text="…", advertiser_id=uuid4(), advertiser_name="x", image_uri=None)


@dataclass
class FakeAds:
    """Answers when it is let."""

    fault: Exception | None = None
    let: asyncio.Event = field(default_factory=asyncio.Event)

    async def show(self, client_id: UUID) -> AdView | None:
        await self.let.wait()
        if self.fault is not None:
            raise self.fault
        return AN_AD

    async def again(self, client_id: UUID, ad_id: UUID) -> AdView | None:
        return await self.show(client_id)

    async def click(self, client_id: UUID, ad_id: UUID) -> bool:
        return await self.show(client_id) is not None


def told(metrics: Metrics, outcome: str) -> float:
    return metrics.registry.get_sample_value("lyceum_ad_pauses_total", {"outcome": outcome}) or 0.0


async def test_an_ad_that_comes_late_stands_in_the_next_pause(database: Database) -> None:
    ads, metrics = FakeAds(), Metrics()
    timely = TimelyAds(ads, database, PauseMetrics(metrics), 0.01)
    await claim(database, None, AT)
    assert await timely.show(MASHA) is None
    ads.let.set()
    await timely.close()
    assert await standing(database) == (AT, AN_AD.ad_id)
    assert (told(metrics, "late"), told(metrics, "shown")) == (1, 0)


async def test_a_fault_of_advertising_is_no_ad_and_is_counted(database: Database) -> None:
    ads, metrics = FakeAds(RuntimeError("broken")), Metrics()
    ads.let.set()
    timely = TimelyAds(ads, database, PauseMetrics(metrics), 1)
    assert await timely.show(MASHA) is None
    assert told(metrics, "failed") == 1
    with pytest.raises(AdsAway):
        await timely.again(MASHA, AN_AD.ad_id)
    with pytest.raises(AdsAway):
        await timely.click(MASHA, AN_AD.ad_id)
    await timely.close()


async def test_a_late_fault_and_an_ad_that_never_comes_end_quietly(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    late, never = FakeAds(RuntimeError("broken")), FakeAds()
    for ads in (late, never):
        timely = TimelyAds(ads, database, PauseMetrics(Metrics()), 0.01)
        assert await timely.show(MASHA) is None
        late.let.set()
        await timely.close()
    assert "never retrieved" not in caplog.text


# The product ----------------------------------------------------------------------------------------------------------
LEARNER = UserId(UUID(int=1))
"""Of whom the classroom's headers are."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, advertising_every_questions=EVERY, advertising_wait_ms=5000)


@dataclass
class Hall:
    """A learner with consent, in an application with questions."""

    room: Classroom
    database: Database

    async def post(self, path: str, body: object = None) -> httpx.Response:
        return await self.room.client.post(f"{TRAININGS}{path}", json=body, headers=self.room.learner)

    async def begin(self, **more: object) -> str:
        return str((await self.room.started(replace=True, **more))["id"])

    async def answer(self, training: str, times: int = 1) -> None:
        for _ in range(times):
            state = (await self.room.get(f"{TRAININGS}/{training}")).json()
            answered = await self.room.answer(training, state["current"]["attempt_id"], "a")
            assert answered.status_code == 200, answered.text

    async def pause(self, training: str) -> dict[str, str] | None:
        paused = await self.post(f"/{training}/pause")
        assert paused.status_code == 200, paused.text
        ad: dict[str, str] | None = paused.json()["ad"]
        return ad

    async def end(self, training: str, ad: dict[str, str]) -> None:
        assert (await self.post(f"/{training}/pause/end", {"ad_id": ad["ad_id"]})).status_code == 204

    async def seen(self) -> int:
        async with self.database.read() as connection:
            return len((await connection.execute(select(views))).all())


async def tell(room: Classroom, version: int, learner: UserId = LEARNER, **changes: object) -> None:
    """What accounts say of the learner."""
    whole: dict[str, object] = {"birth_year": 2009, "gender": "female", "location": "Казань", "ads_consent": True}
    transaction = SqlTransaction(await room.container.get(Database))
    async with transaction:
        event = ProfileChanged(user_id=learner, at=AT, locale="ru", version=version, **(whole | changes))  # type: ignore[arg-type]
        SqlOutbox(transaction, Signal()).add(event)
    await room.settle()


@pytest.fixture
async def hall(room: Classroom, database: Database) -> Hall:
    await room.fill([a_question(number) for number in range(12)])
    await tell(room, 2)
    return Hall(room, database)


async def until_known(hall: Hall) -> None:
    """The application's own index follows within a second."""
    await (await hall.room.container.get(AdFollower)).catch_up()


async def test_an_ad_comes_after_so_many_questions_and_stays_until_the_learner_goes_on(hall: Hall) -> None:
    first, second = await a_campaign(hall.database), await a_campaign(hall.database)
    await until_known(hall)
    training = await hall.begin()
    assert await hall.pause(training) is None, "not before the first question"
    await hall.answer(training)
    assert await hall.pause(training) is None
    await hall.answer(training)
    ad = await hall.pause(training)
    assert ad is not None
    assert ad["advertiser_name"] == "x"
    assert await hall.pause(training) == ad
    assert await hall.seen() == 1
    await hall.end(training, ad)
    assert await hall.pause(training) is None
    await hall.answer(training)
    assert await hall.pause(training) is None
    await hall.answer(training)
    other = await hall.pause(training)
    assert other is not None
    assert {ad["ad_id"], other["ad_id"]} == {str(first), str(second)}


async def test_questions_are_counted_over_trainings(hall: Hall) -> None:
    await a_campaign(hall.database)
    await until_known(hall)
    training = await hall.begin(length=2)
    await hall.answer(training, 2)
    assert await hall.pause(training) is None, "a training that is over has no question to wait for"
    training = await hall.begin()
    assert await hall.pause(training) is None
    await hall.answer(training)
    assert await hall.pause(training) is not None


async def test_two_windows_see_one_ad_that_counts_once(hall: Hall) -> None:
    running = [await a_campaign(hall.database) for _ in range(4)]
    await until_known(hall)
    training = await hall.begin()
    await hall.answer(training, 2)
    ads = await asyncio.gather(*[hall.pause(training) for _ in range(16)])
    shown = {ad["ad_id"] for ad in ads if ad is not None}
    assert len(shown) == 1
    assert await hall.seen() == 1
    sums = [await counted(hall.database, campaign) for campaign in running]
    assert sorted(it["impressions"] for it in sums) == [(0, 0, 0)] * 3 + [(1, 1, 1)]
    clicks = [hall.post(f"/{training}/pause/click", {"ad_id": next(iter(shown))}) for _ in range(16)]
    assert {answer.status_code for answer in await asyncio.gather(*clicks)} == {200}
    sums = [await counted(hall.database, campaign) for campaign in running]
    assert sorted(it["clicks"] for it in sums) == [(0, 0, 0)] * 3 + [(1, 1, 1)]


class CarelessPauses(SqlPauses):
    """The guard off: whoever comes has the pause."""

    async def claim(self, learner: UserId, since: datetime | None, at: datetime) -> bool:
        await super().claim(learner, since, at)
        return True


async def test_without_the_claim_each_window_would_have_an_ad_of_its_own(hall: Hall) -> None:
    for _ in range(4):
        await a_campaign(hall.database)
    await until_known(hall)
    training = TrainingId(UUID(await hall.begin()))
    await hall.answer(str(training), 2)
    container, looked = hall.room.container, asyncio.Barrier(2)

    class Together(CarelessPauses):
        async def standing(self, learner: UserId, enough: int) -> PauseStanding:
            found = await super().standing(learner, enough)
            await looked.wait()
            return found

    async def window() -> None:
        async with container() as scope:
            own = await scope.get(SqlTransaction)
            take = replace(await scope.get(TakePause), pauses=Together(hall.database, own))
            await take(Actor(LEARNER), training)

    await asyncio.gather(window(), window())
    assert await hall.seen() == 2


@pytest.mark.parametrize("missing", ["consent", "campaign", "entitlement", "setting"])
async def test_there_is_no_ad_for(hall: Hall, missing: str) -> None:
    if missing != "campaign":
        await a_campaign(hall.database)
        await until_known(hall)
    if missing == "consent":
        await tell(hall.room, 3, ads_consent=False)
    if missing == "entitlement":
        await entitle(hall.database)
    training = await hall.begin()
    await hall.answer(training, 2)
    if missing == "setting":
        async with hall.room.container() as scope:
            never = replace(await scope.get(TakePause), every=0)
            assert await never(Actor(LEARNER), TrainingId(UUID(training))) is None
    else:
        assert await hall.pause(training) is None
    assert await hall.seen() == 0


async def entitle(database: Database) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        now = datetime.now(UTC)
        given = Entitlement.granted(LEARNER, Feature.NO_ADS, until=None, by=LEARNER, now=now)
        await SqlGrants(transaction).put(given)


@pytest.mark.parametrize("gone", ["consent", "entitlement"])
async def test_an_ad_that_stands_goes_with_the_consent_and_with_a_purchase(hall: Hall, gone: str) -> None:
    await a_campaign(hall.database)
    await until_known(hall)
    training = await hall.begin()
    await hall.answer(training, 2)
    ad = await hall.pause(training)
    assert ad is not None
    await (tell(hall.room, 3, ads_consent=False) if gone == "consent" else entitle(hall.database))
    assert await hall.pause(training) is None
    refused = await hall.post(f"/{training}/pause/click", {"ad_id": ad["ad_id"]})
    assert refused.json()["code"] == "training.ad_not_shown"


async def test_an_ad_that_stands_goes_with_its_campaign(hall: Hall) -> None:
    campaign = await a_campaign(hall.database)
    await until_known(hall)
    training = await hall.begin()
    await hall.answer(training, 2)
    assert await hall.pause(training) is not None
    async with hall.database.writes.begin() as connection:
        gone = update(campaigns).where(campaigns.c.id == campaign).values(deleted_at=datetime.now(UTC))
        await connection.execute(gone)
    assert await hall.pause(training) is None
    await hall.answer(training)
    assert await hall.pause(training) is None, "questions are counted from the pause that was"


async def test_an_ad_that_was_never_shown_is_not_clicked(hall: Hall) -> None:
    campaign = await a_campaign(hall.database)
    await until_known(hall)
    training = await hall.begin()
    for ad in (campaign, uuid4()):
        refused = await hall.post(f"/{training}/pause/click", {"ad_id": str(ad)})
        assert (refused.status_code, refused.json()["code"]) == (404, "training.ad_not_shown")
    assert (await counted(hall.database, campaign))["clicks"] == (0, 0, 0)
    strangers = f"{TRAININGS}/{uuid4()}/pause"
    assert (await hall.room.client.post(strangers, headers=hall.room.learner)).status_code == 404


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_training_goes_on_while_ads_are_stuck_and_the_late_ad_is_not_lost(hall: Hall) -> None:
    """Somebody holds the table that every impression needs: the learner waits no longer than the setting says."""
    campaign = await a_campaign(hall.database)
    await until_known(hall)
    training = await hall.begin()
    await hall.answer(training, 2)
    timely = await hall.room.container.get(AdsInTime)
    assert isinstance(timely, TimelyAds)
    timely.seconds = 0.2
    async with hall.database.writes.connect() as stuck:
        await stuck.execute(text("LOCK TABLE advertising_tallies IN ACCESS EXCLUSIVE MODE"))
        begun = time.monotonic()
        assert await hall.pause(training) is None
        assert time.monotonic() - begun < 1.5
        await hall.answer(training)
        await stuck.rollback()
    timely.seconds = 5
    ad = None
    while ad is None and time.monotonic() - begun < 10:
        ad = await hall.pause(training)
    assert ad is not None
    assert ad["ad_id"] == str(campaign)
    assert (await counted(hall.database, campaign))["impressions"] == (1, 1, 1)


async def test_an_exam_has_no_pauses_and_its_answers_bring_none(exam: ExamRoom, database: Database) -> None:
    campaign = await a_campaign(database)
    await tell(exam.room, 2)
    hall = Hall(exam.room, database)
    await until_known(hall)
    sitting = await exam.started()
    for number in (1, 2):
        assert (await exam.save(sitting, number, "a")).status_code == 200
        assert await hall.pause(str(sitting["id"])) is None
    assert (await exam.finish(sitting)).status_code == 200
    assert await hall.pause(str(sitting["id"])) is None
    training = await hall.begin(filters={"task_numbers": [1, 2]})
    await hall.answer(training)
    assert await hall.pause(training) is None, "the two answers of the exam are not counted"
    await hall.answer(training)
    assert await hall.pause(training) is not None
    assert (await counted(database, campaign))["impressions"] == (1, 1, 1)


# Pages ----------------------------------------------------------------------------------------------------------------
async def test_the_page_of_a_pause_without_scripts(hall: Hall) -> None:
    room, words = hall.room, "Учитесь весело. " * 30 + "Конец текста."
    campaign = await a_campaign(hall.database, ad_title="Курс физики", ad_text=words)
    await until_known(hall)
    page = (await room.client.get("/train", headers={"Accept-Language": "ru"})).text
    form = {"csrf_token": field_of(page, "csrf_token"), "length": "10"}
    training = (await room.client.post("/train", data=form)).headers["location"]
    async with hall.database.read() as connection:
        guest = (await connection.execute(select(trainings.c.learner_id))).scalars().one()
    await tell(room, 2, UserId(guest))
    for _ in range(2):
        page = (await room.client.get(training)).text
        own = {name: field_of(page, name) for name in ("csrf_token", "attempt_id")}
        assert (await room.client.post(f"{training}/answer", data={**own, "answer": "a"})).status_code == 200
    page = (await room.client.get(training)).text
    assert "Реклама" in page
    assert "Курс физики" in page.replace("\xa0", " ")
    assert "data-answer" not in page
    assert "Конец" not in page
    own = {name: field_of(page, name) for name in ("csrf_token", "ad_id")}
    assert (await room.client.post(f"{training}/ad", data={"ad_id": own["ad_id"]})).status_code == 403
    assert (await counted(hall.database, campaign))["clicks"] == (0, 0, 0)
    opened = await room.client.post(f"{training}/ad", data=own)
    assert opened.status_code == 200
    assert "Конец" in opened.text
    assert (await counted(hall.database, campaign))["clicks"] == (1, 1, 1)
    on = await room.client.post(f"{training}/on", data=own)
    assert (on.status_code, on.headers["location"]) == (303, training)
    page = (await room.client.get(training)).text
    assert "data-answer" in page
    assert "Курс физики" not in page.replace("\xa0", " ")
    assert (await counted(hall.database, campaign))["impressions"] == (1, 1, 1)


def field_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"no field {name}"
    return found[1]
