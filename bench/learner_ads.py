"""What ads cost a training, and how long the night needs to score learners.

    uv run python -m bench.learner_ads [--learners 3000] [--advertisers 300] [--seen 6000] [sqlite] [postgres]

A pause: what going on to the next question reads to know whether it is time for an ad, for a learner who answered
`--seen` questions since the last one and for one who answered two. A ratio says how many reads of one row by its key
take as long. The night: every learner trains every second day, and three in four advertisers name a subject, so that
each learner gets as many scores as may be kept; once from nothing, once where nothing is to be changed. The last line
is JSON.
"""

import argparse
import asyncio
import json
import random
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select

from bench.servers import databases
from lyceum.accounts.api import ProfileChanged
from lyceum.advertising.adapters.day import CalendarDay
from lyceum.advertising.adapters.learners import FollowProfiles
from lyceum.advertising.adapters.relevance import ScoreLearners, ScorePayload, Texts
from lyceum.advertising.adapters.repositories import SqlCampaigns, SqlClients
from lyceum.advertising.adapters.tables import scores
from lyceum.advertising.domain.clients import Advertiser
from lyceum.advertising.domain.forms import read_terms
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.bank.api import SubjectView
from lyceum.kernel.clock import SystemClock
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.migrations import migrate
from lyceum.platform.settings import Settings
from lyceum.training.adapters.facade import TrainedLately
from lyceum.training.adapters.pauses import SqlPauses
from lyceum.training.adapters.tables import attempts, pauses, progress, seen, trainings

CALLS = 200
EVERY = 10
ZONE = ZoneInfo("Europe/Moscow")
AT = datetime(2026, 6, 1, tzinfo=UTC)
TITLES = ("Курс физики", "Русский язык летом", "Химия без страха", "Лагерь у моря")
REGULAR, NEWCOMER = UserId(UUID(int=1)), UserId(UUID(int=2))


@dataclass(frozen=True, slots=True)
class FewSubjects:
    """The subjects of `TITLES`; `bank.api.Catalogue` as far as the night asks it."""

    async def subjects(self, locale: str, exam: str | None = None) -> Sequence[SubjectView]:
        named = {"physics": "Физика", "russian": "Русский язык", "chemistry": "Химия"}
        return [SubjectView(id=id, title=title, questions=1) for id, title in named.items()]


class Unwatched:
    """`jobs.api.TaskContext` of a task that nobody looks at."""

    def progress(self, done: int, total: int = 0, note: str = "") -> None: ...
    def log(self, text: str, level: str = "info") -> None: ...


async def answers(database: Database, learner: UserId, count: int) -> None:
    training = uuid4()
    own: dict[str, object] = {"learner_id": learner, "training_id": training}
    head = {"id": training, "learner_id": learner, "mode": "practice", "filters": "{}", "started_at": AT, "position": 1}
    head |= {"answered": 0, "correct": 0, "score": 0, "max_score": 0, "version": 1, "recent": [], "repeats": False}
    given, known = [], []
    for number in range(count):
        id, question, at = uuid4(), uuid4(), AT + timedelta(seconds=number)
        given.append(own | {"id": id, "question_id": question, "version": 1, "seed": 1, "position": number + 1,
                            "shown_at": at, "answered_at": at, "answer": "", "score": 0, "max_score": 1,
                            "verdict": "wrong", "channel": "web"})  # fmt: skip
        known.append({"learner_id": learner, "question_id": question, "attempt_id": id, "at": at, "verdict": "wrong",
                      "mistake": True, "times": 1})  # fmt: skip
    async with database.writes.begin() as connection:
        await connection.execute(insert(trainings), [head])
        for part in range(0, count, 500):
            await connection.execute(insert(attempts), given[part : part + 500])
            await connection.execute(insert(seen), known[part : part + 500])


async def market(database: Database, people: Sequence[UUID], advertisers: int) -> None:
    """Learners with what they trained, and advertisers with a campaign each."""
    luck, today = random.Random(7), datetime.now(UTC).astimezone(ZONE).date()
    for part in range(0, len(people), 500):
        some = people[part : part + 500]
        transaction = SqlTransaction(database)
        async with transaction:
            await FollowProfiles(transaction, SystemClock(), ZONE)([told(id) for id in some])
            rows = [
                trained(id, subject, today - timedelta(days=ago), luck.randint(1, 20))
                for id in some
                for subject in ("physics", "russian", "chemistry")
                for ago in range(0, 20, 2)
            ]
            await transaction.connection.execute(insert(progress), rows)
    transaction = SqlTransaction(database)
    async with transaction:
        for number in range(advertisers):
            id, title = AdvertiserId(uuid4()), TITLES[number % len(TITLES)]
            await SqlClients(transaction).put_advertisers([Advertiser(id, "x")], None)
            terms = {"ad_title": title, "ad_text": "Приходите.", "impressions_limit": 1, "clicks_limit": 1}
            terms |= {"cost_per_impression": 1, "cost_per_click": 1, "start_date": 0, "end_date": 9}
            await SqlCampaigns(transaction).add(id, CampaignId(uuid4()), read_terms(terms, 0))


def told(id: UUID) -> ProfileChanged:
    return ProfileChanged(user_id=UserId(id), at=AT, locale="ru", birth_year=2009, gender="male", location="Тула",
                          ads_consent=True, version=1)  # fmt: skip


def trained(id: UUID, subject: str, day: date, answered: int) -> dict[str, object]:
    return {"learner_id": id, "kind": "day", "subject": subject, "name": day.isoformat(), "answered": answered,
            "correct": 0, "score": 0, "max_score": 0, "elapsed_ms": 0}  # fmt: skip


async def median_ms(call: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        await call()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


async def pause_ms(database: Database, count: int) -> dict[str, float]:
    await answers(database, REGULAR, count)
    await answers(database, NEWCOMER, 2)
    port = SqlPauses(database, SqlTransaction(database))

    async def by_key() -> object:
        async with database.read() as connection:
            return await connection.scalar(select(pauses.c.ad_id).where(pauses.c.learner_id == REGULAR))

    one = await median_ms(by_key)
    due = await median_ms(lambda: port.standing(REGULAR, EVERY))
    early = await median_ms(lambda: port.standing(NEWCOMER, EVERY))
    return {"by_key_ms": one, "due_ms": due, "early_ms": early, "ratio": max(due, early) / one}


async def nights(database: Database, learners: int, advertisers: int) -> dict[str, float]:
    await market(database, sorted(uuid4() for _ in range(learners)), advertisers)
    found: dict[str, float] = {}
    for name in ("first", "unchanged"):
        texts = Texts(database, FewSubjects(), CalendarDay(Settings(), SystemClock()))  # type: ignore[arg-type]
        own = SqlTransaction(database)
        task = ScoreLearners(database, own, texts, TrainedLately(database, ZONE), SystemClock(), ZONE)
        begun = time.perf_counter()
        await task.run(Unwatched(), ScorePayload())  # type: ignore[arg-type]
        found[f"{name}_s"] = time.perf_counter() - begun
    async with database.read() as connection:
        found["scores"] = await connection.scalar(select(func.count()).select_from(scores)) or 0
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


async def run(url: str, arguments: argparse.Namespace) -> Mapping[str, float]:
    await migrate(url)
    database = Database.connect(url)
    measured = await pause_ms(database, arguments.seen)
    measured |= await nights(database, arguments.learners, arguments.advertisers)
    await database.close()
    return {name: round(figure, 3) for name, figure in measured.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgres"])
    parser.add_argument("--learners", type=int, default=3_000)
    parser.add_argument("--advertisers", type=int, default=300)
    parser.add_argument("--seen", type=int, default=6_000)
    arguments = parser.parse_args()
    with databases(arguments.databases) as urls:
        print(json.dumps({kind: asyncio.run(run(url, arguments)) for kind, url in urls.items()}))


if __name__ == "__main__":
    main()
