"""Time in the server of what people wait for, at the size of a real base.

    uv run python -m bench.queries FOLDER [sqlite] [postgres]

Imports FOLDER (such as the OpenTriviaQA categories) and times, in process, a filtered first page, full-text search and
the choice of the next question: for a newcomer, for one who has seen thousands, and with rare filters. Prints one JSON
line per database: median and 95th percentile in milliseconds, and the median as a ratio to a primary-key read.
"""

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select

from bench.servers import command, databases, environment
from lyceum.accounts.api import Actor
from lyceum.bank.adapters.lists import QuestionFilters, QuestionLists
from lyceum.bank.adapters.tables import questions
from lyceum.bank.domain.drafts import Difficulty
from lyceum.kernel.ids import TrainingId, UserId, uuid7
from lyceum.platform.database import Database
from lyceum.training.adapters.choice import TeachingMost
from lyceum.training.adapters.scheduling import FsrsScheduling
from lyceum.training.adapters.tables import items, seen
from lyceum.training.domain.trainings import Filters
from lyceum.training.ports import Wish

ROUNDS = 60
SEEN = 5000

type Work = Callable[[], Awaitable[object]]


async def timed(work: Work) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after a warm-up."""
    for _ in range(3):
        await work()
    spent = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await work()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent), sorted(spent)[int(ROUNDS * 0.95)]


async def an_old_hand(database: Database) -> UserId:
    """A learner who has answered thousands of questions, those of middling difficulty first."""
    learner = UserId(uuid7())
    async with database.writes.begin() as connection:
        query = select(items.c.question_id).order_by(items.c.rating.desc()).limit(SEEN)
        ids = (await connection.scalars(query)).all()
        now = datetime.now(UTC)
        row = {"learner_id": learner, "at": now, "verdict": "correct", "mistake": False, "times": 1}
        await connection.execute(insert(seen), [row | {"question_id": id, "attempt_id": uuid7()} for id in ids])
    return learner


async def measure(database: Database) -> dict[str, object]:
    async with database.read() as connection:
        ids = (await connection.scalars(select(questions.c.id).limit(200))).all()
    lists, actor = QuestionLists(database), Actor()

    async def by_key() -> object:
        async with database.read() as connection:
            return (
                await connection.execute(select(questions.c.content).where(questions.c.id == random.choice(ids)))
            ).one()

    def page(**filters: object) -> Work:
        return lambda: lists.find(actor, QuestionFilters(limit=20, **filters))  # type: ignore[arg-type]

    def choose(learner: UserId, level: float, **filters: object) -> Work:
        wish = Wish(
            learner=learner,
            training=TrainingId(uuid7()),
            filters=Filters(**filters),
            level=level,
            overall=level,
            at=datetime.now(UTC),
        )  # type: ignore[arg-type]
        return lambda: TeachingMost(database, FsrsScheduling()).choose(wish)

    newcomer, old_hand = UserId(uuid7()), await an_old_hand(database)
    works: dict[str, Work] = {
        "primary key": by_key,
        "first page": page(),
        "first page, subject and difficulty": page(subject="trivia", difficulty=Difficulty.MEDIUM),
        "first page, topic": page(topic="movies"),
        "first page, rare filter": page(subject="trivia", difficulty=Difficulty.HARD),
        "search, two words": page(q="first president"),
        "search, frequent word": page(q="what"),
        "search, beginning of a word": page(q="ameri"),
        "next, newcomer": choose(newcomer, 1500.0),
        "next, subject": choose(newcomer, 1500.0, subject="trivia"),
        "next, topic": choose(newcomer, 1500.0, topics=("brain-teasers",)),
        "next, rare filter": choose(newcomer, 1500.0, difficulty=Difficulty.HARD),
        "next, 5,000 seen": choose(old_hand, 1750.0, subject="trivia"),
    }
    found = {name: await timed(work) for name, work in works.items()}
    base = found["primary key"][0]
    return {
        name: {"ms": round(median, 2), "p95_ms": round(p95, 2), "ratio": round(median / base, 1)}
        for name, (median, p95) in found.items()
    }


async def run(url: str) -> dict[str, object]:
    database = Database.connect(url)
    try:
        return await measure(database)
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgres"])
    arguments = parser.parse_args()
    with databases(arguments.databases) as urls, tempfile.TemporaryDirectory() as home:
        for kind, url in urls.items():
            environ = environment(url, Path(home) / kind)
            subprocess.run(command("import", str(arguments.folder), "--json"), env=environ, check=True)
            print(json.dumps({"database": kind, **asyncio.run(run(url))}))


if __name__ == "__main__":
    main()
