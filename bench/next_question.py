"""How long choosing the next question takes at 50,000 questions, for every kind of filter.

    uv run python -m bench.next_question [--questions 50000] [--seen 6000] [sqlite] [postgres]

Measured in this process, without HTTP: the whole call, statement and choice. Each figure is the median of some calls,
once for a newcomer and once for a learner who has answered `--seen` questions, all next to their level. A ratio says
how many reads of one row by its key take as long. The last line is JSON.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import insert, select

from bench.servers import databases
from lyceum.bank.api import Difficulty, Kind, PoolItem, QuestionsChanged
from lyceum.kernel.ids import QuestionId, TrainingId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.migrations import migrate
from lyceum.training.adapters.choice import TeachingMost
from lyceum.training.adapters.consumers import FollowQuestions
from lyceum.training.adapters.repositories import SqlPackShelf
from lyceum.training.adapters.scheduling import FsrsScheduling
from lyceum.training.adapters.tables import items, seen
from lyceum.training.domain.trainings import Filters
from lyceum.training.ports import Wish

CALLS = 9
AT = datetime(2026, 6, 1, tzinfo=UTC)
PACK = UUID(int=1)
NEWCOMER, REGULAR = UserId(UUID(int=1)), UserId(UUID(int=2))
MEDIUM, HARD, EASY = Difficulty.MEDIUM, Difficulty.HARD, Difficulty.EASY

CASES: Mapping[str, Filters] = {
    "anything": Filters(),
    "exam": Filters(exam="ege"),
    "subject": Filters(subject="trivia"),
    "small subject": Filters(subject="s3"),
    "difficulty": Filters(difficulty=HARD),
    "exam, subject": Filters(exam="oge", subject="s3"),
    "exam, subject, none": Filters(exam="olympiad", subject="trivia"),
    "exam, difficulty": Filters(exam="ege", difficulty=HARD),
    "subject, difficulty": Filters(subject="trivia", difficulty=HARD),
    "exam, subject, difficulty": Filters(exam="ege", subject="trivia", difficulty=HARD),
    "task": Filters(task_numbers=(5,)),
    "all tasks": Filters(task_numbers=tuple(range(1, 28))),
    "subject, task": Filters(subject="s4", task_numbers=(5,)),
    "subject, all tasks": Filters(subject="s4", task_numbers=tuple(range(1, 28))),
    "exam, subject, tasks, difficulty": Filters(exam="ege", subject="s4", task_numbers=(5, 6), difficulty=EASY),
    "topic": Filters(topics=("trivia 3",)),
    "rare topic": Filters(topics=("rare 7",)),
    "20 topics": Filters(topics=tuple(f"trivia {number}" for number in range(20))),
    "topic, exam, difficulty": Filters(topics=("trivia 3",), exam="ege", difficulty=HARD),
    "topic, other subject": Filters(topics=("trivia 3",), subject="s3"),
    "topic, subject, task": Filters(topics=("s3 4",), subject="s3", task_numbers=(9,)),
    "pack of 2000": Filters(pack=PACK, pack_listed=True),
    "pack, topic, difficulty": Filters(pack=PACK, pack_listed=True, topics=("trivia 3",), difficulty=MEDIUM),
    "200 questions": Filters(),
    "all seen": Filters(subject="seen"),
    "mistakes": Filters(mistakes_only=True),
    "mistakes, rare topic": Filters(mistakes_only=True, topics=("rare 7",)),
}


def pool(count: int, source: random.Random) -> list[PoolItem]:
    """Two thirds trivia without tasks, the rest over twelve subjects of two exams; one subject to use up."""
    found = []
    for number in range(count):
        subject = "seen" if number % 25 == 0 else "trivia" if source.random() < 0.65 else f"s{source.randint(1, 12)}"
        topics = [f"{subject} {source.randint(0, 21)}"]
        if source.random() < 0.3:
            topics.append(f"rare {source.randint(0, 2000)}")
        found.append(
            PoolItem(
                id=QuestionId(uuid7()),
                version=1,
                published=True,
                exam=source.choice([None, None, "ege", "oge"]),
                subject=subject,
                exam_task_number=None if subject == "trivia" else source.randint(1, 27),
                topics=tuple(topics),
                difficulty=source.choices([EASY, MEDIUM, HARD], [3, 5, 2])[0],
                kind=Kind.SINGLE_CHOICE,
                max_score=1.0,
                options=4,
            )
        )
    return found


async def feed(database: Database, questions: Sequence[PoolItem]) -> float:
    """Seconds that training takes to follow the pool, as the relay hands it over."""
    begin = time.perf_counter()
    for start in range(0, len(questions), 25_000):
        part = questions[start : start + 25_000]
        events = [QuestionsChanged(tuple(part[at : at + 500])) for at in range(0, len(part), 500)]
        transaction = SqlTransaction(database)
        async with transaction:
            await FollowQuestions(transaction)(events)
    return time.perf_counter() - begin


async def look_at(database: Database, count: int) -> None:
    """The regular has answered what was nearest, of every difficulty, and all of one subject."""
    nearest: list[UUID] = []
    async with database.read() as connection:
        for step in (1, 2, 3):
            query = select(items.c.question_id).where(items.c.difficulty == step, items.c.subject != "seen")
            query = query.order_by((items.c.rating - 1500) * (items.c.rating - 1500)).limit(count // 3)
            nearest += await connection.scalars(query)
        nearest += await connection.scalars(select(items.c.question_id).where(items.c.subject == "seen"))
    rows = [
        {
            "learner_id": REGULAR,
            "question_id": id,
            "attempt_id": id,
            "at": datetime.fromtimestamp(1_780_000_000 + number, UTC),
            "verdict": "wrong",
            "mistake": number % 3 == 0,
            "times": 1,
        }
        for number, id in enumerate(nearest)
    ]
    transaction = SqlTransaction(database)
    async with transaction:
        for start in range(0, len(rows), 500):
            await transaction.connection.execute(insert(seen), rows[start : start + 500])


async def median_ms(call: Callable[[], Awaitable[object]], warm: int) -> float:
    for _ in range(warm):
        await call()
    times = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        await call()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


async def measure(database: Database, questions: Sequence[PoolItem]) -> dict[str, tuple[float, float]]:
    some = tuple(item.id for item in questions[::250])
    await SqlPackShelf(database, SqlTransaction(database)).put(PACK, [item.id for item in questions[1::25]])
    chooser = TeachingMost(database, FsrsScheduling(), source=random.Random(7))
    found = {}
    for name, filters in CASES.items():
        own = Filters(question_ids=some) if name == "200 questions" else filters
        times = []
        for learner in (NEWCOMER, REGULAR):
            repeats = name == "all seen" and learner == REGULAR
            wish = Wish(
                learner=learner,
                training=TrainingId(uuid7()),
                filters=own,
                level=1500.0,
                overall=1500.0,
                at=AT,
                repeats=repeats,
            )
            times.append(await median_ms(lambda wish=wish: chooser.choose(wish), warm=6))
        found[name] = (times[0], times[1])
    return found


async def by_key(database: Database, id: UUID) -> float:
    query = select(items.c.version).where(items.c.question_id == id)

    async def read() -> object:
        async with database.read() as connection:
            return await connection.scalar(query)

    return await median_ms(read, warm=20)


async def run(kind: str, url: str, count: int, seen_count: int) -> dict[str, object]:
    await migrate(url)
    database = Database.connect(url)
    questions = pool(count, random.Random(5))
    fed = await feed(database, questions)
    await look_at(database, seen_count)
    one = await by_key(database, questions[0].id)
    times = await measure(database, questions)
    await database.close()
    print(f"{kind}: {count} questions followed in {fed:.1f} s; one row by its key {one:.2f} ms")
    print(f"{'':34}{'newcomer':>16}{'after ' + str(seen_count):>18}")
    for name, (new, regular) in times.items():
        print(f"{name:34}{new:8.2f} ms x{new / one:5.1f}{regular:8.2f} ms x{regular / one:6.1f}")
    worst = max(max(pair) for pair in times.values())
    return {
        "followed_s": round(fed, 2),
        "by_key_ms": round(one, 3),
        "median_ms": round(statistics.median(time for pair in times.values() for time in pair), 2),
        "worst_ms": round(worst, 2),
        "worst_ratio": round(worst / one, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgres"])
    parser.add_argument("--questions", type=int, default=50_000)
    parser.add_argument("--seen", type=int, default=6_000)
    arguments = parser.parse_args()
    result = {}
    with databases(arguments.databases) as urls:
        for kind, url in urls.items():
            result[kind] = asyncio.run(run(kind, url, arguments.questions, arguments.seen))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
