"""What question statistics cost at 5,000 learners x 500 questions, and whether they are right.

    uv run python -m bench.statistics [--learners 5000] [--questions 500] [--timed 20] [--responses FILE] [sqlite]

Learners and questions follow a two-parameter logistic model, so the true discriminations are known. All learners but
the last `--timed` are counted in memory and their sums written at once; the last ones finish their trainings through
the product's own counting, and everything must then equal a count of all of them in memory. Ratios are against a
baseline of the same run: an answer counted against writing its row, a read against one row by its key. `--responses`
is a file of user_id,item_id,correct, of which the usual reference figures are printed. The last line is JSON.
"""

import argparse
import asyncio
import csv
import json
import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import insert, select

from bench.servers import databases
from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import Content, Difficulty, Kind, PoolItem, QuestionsChanged
from lyceum.kernel.ids import QuestionId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.migrations import migrate
from lyceum.training.adapters.consumers import FollowQuestions
from lyceum.training.adapters.counting import count, measure
from lyceum.training.adapters.statistics_queries import Order, StatisticsQueries, Wanted
from lyceum.training.adapters.statistics_tables import cells, set_items, sets
from lyceum.training.adapters.statistics_tables import statistics as statistics_table
from lyceum.training.adapters.tables import attempts, items, seen, trainings
from lyceum.training.domain.set_statistics import SetSums, set_of
from lyceum.training.domain.statistics import Cell, Marked, Measures, Sums, best_pairing, tally
from lyceum.training.domain.trainings import Filters, Mode

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
AUTHOR = UserId(UUID(int=1))
CALLS = 9


@dataclass(frozen=True, slots=True)
class World:
    """Questions with their true slopes, and who answered what."""

    questions: Sequence[QuestionId]
    slopes: Sequence[float]
    sheets: Sequence[Sequence[Marked]]


def simulate(learners: int, count: int, source: random.Random) -> World:
    questions = [QuestionId(uuid7()) for _ in range(count)]
    slopes = [source.uniform(0.2, 2.2) for _ in questions]
    places = [source.gauss(0, 1) for _ in questions]
    sheets = []
    for _ in range(learners):
        ability = source.gauss(0, 1)
        sheet = []
        for id, slope, place in zip(questions, slopes, places, strict=True):
            right = source.random() < 1 / (1 + math.exp(-slope * (ability - place)))
            response = "a" if right else source.choice("bcd")
            sheet.append(Marked(question_id=id, version=1, response=response, score=float(right), max_score=1.0))
        sheets.append(sheet)
    return World(questions, slopes, sheets)


def counted(sheets: Sequence[Sequence[Marked]]) -> tuple[dict[QuestionId, Counter[Cell]], SetSums]:
    """All of it in memory, by the definitions of the domain."""
    found: dict[QuestionId, Counter[Cell]] = {}
    for sheet in sheets:
        for id, own in tally(sheet).items():
            found.setdefault(id, Counter()).update(own)
    n = len(sheets)
    points = [[int(it.score * 2520) for it in sheet] for sheet in sheets]
    totals = [sum(row) for row in points]
    whole = SetSums.of(sheets[0]) if sheets else SetSums()
    parts = {}
    for at, it in enumerate(sheets[0] if sheets else ()):
        column = [row[at] for row in points]
        parts[it.question_id] = type(whole.items[it.question_id])(
            points=sum(column),
            points_points=sum(x * x for x in column),
            points_total=sum(x * y for x, y in zip(column, totals, strict=True)),
        )
    return found, SetSums(n=n, total=sum(totals), total_total=sum(x * x for x in totals), items=parts)


async def prepare(database: Database, world: World, found: dict[QuestionId, Counter[Cell]], whole: SetSums) -> None:
    """The pool, and the sums of those who were counted in memory."""
    pool = [
        PoolItem(
            id=id,
            version=1,
            published=True,
            exam=None,
            subject="bench",
            exam_task_number=None,
            topics=(),
            difficulty=Difficulty.MEDIUM,
            kind=Kind.SINGLE_CHOICE,
            max_score=1.0,
            options=4,
            author_id=AUTHOR,
        )
        for id in world.questions
    ]
    transaction = SqlTransaction(database)
    async with transaction:
        await FollowQuestions(transaction)([QuestionsChanged(tuple(pool))])
        connection = transaction.connection
        rows = [{"question_id": id, **asdict(cell), "n": n} for id, own in found.items() for cell, n in own.items()]
        for start in range(0, len(rows), 5000):
            await connection.execute(insert(cells), rows[start : start + 5000])
        sums = [
            {"question_id": id, "author_id": AUTHOR, "subject": "bench", "efficiency_at": 0, **asdict(Sums.of(own))}
            for id, own in found.items()
        ]
        await connection.execute(insert(statistics_table), sums)
        key = set_of(Mode.PRACTICE, Filters(question_ids=tuple(world.questions)), world.questions, ())
        assert key is not None
        row = {
            "id": key.id,
            "kind": "list",
            "author_id": AUTHOR,
            "size": len(whole.items),
            "n": whole.n,
            "total": whole.total,
            "total_total": whole.total_total,
        }
        await connection.execute(insert(sets), row)
        each = [{"set_id": key.id, "question_id": id, "max_score": 1.0, **asdict(it)} for id, it in whole.items.items()]
        await connection.execute(insert(set_items), each)
        await measure(connection, sorted(found))


async def finish(database: Database, world: World, number: int) -> UUID:
    """A finished training with the answers of one learner."""
    training, learner = uuid7(), UUID(int=1000 + number)
    filters = msgspec.json.encode(Filters(question_ids=tuple(world.questions))).decode()
    sheet = world.sheets[number]
    answers = [
        {
            "id": uuid7(),
            "training_id": training,
            "learner_id": learner,
            "question_id": it.question_id,
            "version": 1,
            "seed": 1,
            "position": position,
            "shown_at": NOW,
            "answered_at": NOW,
            "answer": f'"{it.response}"',
            "score": it.score,
            "max_score": 1.0,
            "verdict": "correct" if it.score else "wrong",
            "elapsed_ms": 1,
            "channel": "rest",
        }
        for position, it in enumerate(sheet)
    ]
    looks = [
        {
            "learner_id": learner,
            "question_id": row["question_id"],
            "attempt_id": row["id"],
            "at": NOW,
            "verdict": row["verdict"],
            "mistake": False,
            "times": 1,
            "first_attempt_id": row["id"],
        }
        for row in answers
    ]
    own = {
        "id": training,
        "learner_id": learner,
        "mode": "practice",
        "filters": filters,
        "started_at": NOW,
        "finished_at": NOW,
        "position": len(sheet),
        "answered": len(sheet),
        "correct": 0,
        "score": 0.0,
        "max_score": 0.0,
        "version": 1,
        "recent": (),
        "repeats": False,
    }
    transaction = SqlTransaction(database)
    async with transaction:
        await transaction.connection.execute(insert(trainings), own)
        await transaction.connection.execute(insert(attempts), answers)
        await transaction.connection.execute(insert(seen), looks)
    return training


async def add(database: Database, training: UUID) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        await measure(transaction.connection, await count(transaction.connection, [training]))


class OneContent:
    """Stands for the bank: every question is the same choice of four."""

    async def content(self, id: QuestionId, version: int) -> Content:
        return _CHOICE


_CHOICE = msgspec.convert(
    {"kind": "single_choice", "stem": "?", "options": [{"id": id, "text": id} for id in "abcd"], "key": ["a"]}, Content
)


async def median_ms(call: Callable[[], Awaitable[object]]) -> float:
    await call()
    times = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        await call()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


async def by_key(database: Database, id: UUID) -> object:
    async with database.read() as connection:
        return await connection.scalar(select(items.c.version).where(items.c.question_id == id))


async def run(kind: str, url: str, world: World, timed: int) -> dict[str, float]:
    await migrate(url)
    database = Database.connect(url)
    first, whole = counted(world.sheets[:-timed])
    await prepare(database, world, first, whole)
    writing, counting = [], []
    for number in range(len(world.sheets) - timed, len(world.sheets)):
        begin = time.perf_counter()
        training = await finish(database, world, number)
        middle = time.perf_counter()
        await add(database, training)
        writing.append(middle - begin)
        counting.append(time.perf_counter() - middle)
    await check(database, world)
    author = Actor(AUTHOR, frozenset({Role.AUTHOR}), "Author", session_id=AUTHOR)
    queries = StatisticsQueries(database, OneContent())  # type: ignore[arg-type]
    key = set_of(Mode.PRACTICE, Filters(question_ids=tuple(world.questions)), world.questions, ())
    assert key is not None
    one = await median_ms(lambda: by_key(database, world.questions[0]))
    reads = {
        "one question": await median_ms(lambda: queries.question(author, world.questions[0])),
        "a page of 30": await median_ms(lambda: queries.listed(author, Wanted(order=Order.WEAKEST, limit=30))),
        "a set": await median_ms(lambda: queries.set(author, key.id)),
    }
    await database.close()
    answers = len(world.questions)
    write, add_up = (statistics.median(times) / answers * 1e6 for times in (writing, counting))
    print(f"{kind}: an answer written {write:.0f} us, counted {add_up:.0f} us (x{add_up / write:.2f})")
    for name, took in reads.items():
        print(f"{kind}: {name} {took:.1f} ms (x{took / one:.0f} of one row by its key, {one:.2f} ms)")
    return {
        "written_us": round(write, 1),
        "counted_us": round(add_up, 1),
        "ratio": round(add_up / write, 2),
        **{f"{name.replace(' ', '_')}_ms": round(took, 2) for name, took in reads.items()},
    }


async def check(database: Database, world: World) -> None:
    """The tables hold exactly what a count of everybody in memory gives, and the slopes come out again."""
    found, whole = counted(world.sheets)
    async with database.read() as connection:
        rows = (await connection.execute(select(statistics_table))).all()
        held = (await connection.execute(select(sets))).one()
    assert len(rows) == len(world.questions)
    told = {row.question_id: row for row in rows}
    for id, own in found.items():
        sums = Sums.of(own)
        assert (sums.n, sums.mark_rest, sums.rest_rest) == (told[id].n, told[id].mark_rest, told[id].rest_rest)
        assert told[id].discrimination == sums.discrimination
    assert (held.n, held.total_total) == (whole.n, whole.total_total)
    some = found[world.questions[0]]
    assert Sums.of(some).efficiency(best_pairing(some)) is not None
    discriminations = [Sums.of(found[id]).discrimination or 0.0 for id in world.questions]
    agreement = statistics.correlation(world.slopes, discriminations, method="ranked")
    print(
        f"sums equal a count in memory; discriminations rank as the true slopes to {agreement:.3f}; "
        f"alpha {whole.alpha:.4f}"
    )


def reference(path: Path) -> dict[str, float]:
    """The usual figures of a file of responses."""
    sheets: dict[str, list[Marked]] = {}
    with path.open() as file:
        for row in csv.DictReader(file):
            mark = Marked(
                question_id=QuestionId(UUID(int=int(row["item_id"]))),
                version=1,
                response="",
                score=float(row["correct"]),
                max_score=1.0,
            )
            sheets.setdefault(row["user_id"], []).append(mark)
    found, whole = counted(list(sheets.values()))
    for id, own in sorted(found.items()):
        it = Measures.of(own)
        print(f"item {id.int:3}: {it.facility:.4f} / {it.discrimination:.2f} / {it.efficiency:.2f}")
    print(f"{len(sheets)} learners, alpha {whole.alpha:.4f}")
    return {"alpha": round(whole.alpha or 0.0, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgres"])
    parser.add_argument("--learners", type=int, default=5_000)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--timed", type=int, default=20)
    parser.add_argument("--responses", type=Path)
    arguments = parser.parse_args()
    result: dict[str, object] = {}
    if arguments.responses:
        result["reference"] = reference(arguments.responses)
    world = simulate(arguments.learners, arguments.questions, random.Random(5))
    with databases(arguments.databases) as urls:
        for kind, url in urls.items():
            result[kind] = asyncio.run(run(kind, url, world, arguments.timed))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
