"""The choice of the next question on both databases: what passes, what comes first, what never comes."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from lyceum.bank.api import Difficulty, Kind
from lyceum.kernel.ids import QuestionId, TrainingId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.choice import SPREAD, TeachingMost
from lyceum.training.adapters.choice_statements import Shape, again, nearby, oldest
from lyceum.training.adapters.repositories import SqlPackShelf
from lyceum.training.adapters.scheduling import FsrsScheduling
from lyceum.training.adapters.tables import seen
from lyceum.training.domain.reasons import Reason
from lyceum.training.domain.trainings import Candidate, Filters, Verdict
from lyceum.training.ports import Wish
from tests.training.builders import LEARNER, NOW, a_closing, a_training, an_item, answer_all, begin, follow

PACK = UUID(int=9)


def a_wish(filters: Filters | None = None, **changes: object) -> Wish:
    fields: dict[str, object] = {
        "learner": LEARNER,
        "training": TrainingId(uuid7()),
        "filters": filters or Filters(),
        "level": 1500.0,
        "overall": 1500.0,
        "at": NOW,
        **changes,
    }
    return Wish(**fields)  # type: ignore[arg-type]


async def chosen(database: Database, wish: Wish, seed: int = 1) -> Candidate | None:
    return await TeachingMost(database, FsrsScheduling(), source=random.Random(seed)).choose(wish)


async def choices(database: Database, wish: Wish, count: int = 40) -> set[QuestionId]:
    found = [await chosen(database, wish, seed) for seed in range(count)]
    return {it.question_id for it in found if it is not None}


async def test_the_question_whose_predicted_success_is_nearest_the_target_is_asked(database: Database) -> None:
    easy, medium, hard = await follow(database, *(an_item(difficulty=label) for label in Difficulty))
    for level, expected in ((1000, easy), (1420, easy), (1620, medium), (1820, hard), (2500, hard)):
        assert await choices(database, a_wish(level=float(level), overall=float(level)), 5) == {expected}


async def test_a_guess_floor_makes_a_question_easier_for_the_choice(database: Database) -> None:
    written, chosen_among_two = await follow(database, an_item(options=0), an_item(options=2))
    assert await choices(database, a_wish(level=1500.0, overall=1500.0), 5) == {chosen_among_two}
    assert await choices(database, a_wish(level=1690.0, overall=1690.0), 5) == {written}


async def test_why_an_unseen_question_was_chosen_is_told(database: Database) -> None:
    (question,) = await follow(database, an_item())
    candidate = await chosen(database, a_wish(level=1620.0, overall=1620.0))
    assert candidate is not None
    assert candidate.why is not None
    assert (candidate.why.reason, candidate.why.target, candidate.why.topic_days) == (Reason.UNSEEN, 0.75, None)
    assert candidate.why.predicted == pytest.approx(0.75, abs=0.07)
    await answer_all(database, [question], [a_closing(at=NOW)])
    await follow(database, an_item(difficulty=Difficulty.HARD))
    later = await chosen(database, a_wish(at=NOW + timedelta(hours=30), may_be_due=False))
    assert later is not None
    assert later.why is not None
    assert later.why.topic_days == 1


async def test_what_is_due_comes_first_and_the_most_forgotten_of_it(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(4)))
    closings = [a_closing(Verdict.WRONG), a_closing(), a_closing(at=NOW + timedelta(days=2))]
    await answer_all(database, questions[:3], closings)
    wish = a_wish(at=NOW + timedelta(hours=1))
    fresh = await chosen(database, wish)
    assert fresh is not None
    assert fresh.question_id == questions[3]
    later = a_wish(at=NOW + timedelta(days=3))
    due = await chosen(database, later)
    assert due is not None
    assert due.question_id == questions[0]
    assert due.why is not None
    assert due.why.reason is Reason.DUE
    assert due.why.recall is not None
    assert due.why.recall <= 0.9
    of_topic = a_wish(Filters(topics=("Соли",)), at=NOW + timedelta(days=3))
    assert await chosen(database, of_topic) is None
    assert await chosen(database, a_wish(at=NOW + timedelta(days=3), learner=UserId(UUID(int=5)))) is not None


async def test_a_review_asks_for_what_is_due_alone_and_knows_when_the_next_is(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(3)))
    await answer_all(database, questions[:2], [a_closing(Verdict.WRONG), a_closing()])
    early = a_wish(at=NOW + timedelta(minutes=5), review=True)
    assert await chosen(database, early) is None
    due = await TeachingMost(database, FsrsScheduling()).next_due(early)
    assert due is not None
    assert NOW + timedelta(hours=12) < due < NOW + timedelta(days=2)
    asked = await choices(database, a_wish(at=due, review=True), 5)
    assert asked == {questions[0]}
    assert await TeachingMost(database, FsrsScheduling()).next_due(a_wish(Filters(subject="biology"))) is None


async def test_parameters_are_drawn_anew_and_the_question_has_one_card(database: Database) -> None:
    (question,) = await follow(database, an_item())
    await answer_all(database, [question], [a_closing()])
    await answer_all(database, [question], [a_closing(at=NOW + timedelta(days=9))])
    async with database.read() as connection:
        (card,) = (await connection.execute(select(seen))).all()
    assert (card.times, card.reviewed_at) == (2, NOW + timedelta(days=9))
    assert card.due > NOW + timedelta(days=18)


async def test_among_near_equals_chance_decides(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(60)))
    found = await choices(database, a_wish(level=1620.0, overall=1620.0), 80)
    assert len(found) > 15
    assert found < set(questions)
    for seed in range(20):
        candidate = await chosen(database, a_wish(level=1620.0, overall=1620.0), seed)
        assert candidate is not None
        assert abs(candidate.rating - 1500) < SPREAD + 20


async def see(database: Database, question: QuestionId, at: datetime) -> None:
    row = {"learner_id": LEARNER, "question_id": question, "attempt_id": question, "at": at}
    async with database.writes.begin() as connection:
        await connection.execute(insert(seen), [{**row, "verdict": "correct", "mistake": False, "times": 1}])


FILTERS: Mapping[str, Filters] = {
    "nothing": Filters(),
    "exam": Filters(exam="oge"),
    "subject": Filters(subject="chemistry"),
    "exam and subject": Filters(exam="oge", subject="chemistry"),
    "difficulty": Filters(difficulty=Difficulty.HARD),
    "subject and difficulty": Filters(subject="chemistry", difficulty=Difficulty.EASY),
    "exam, subject, difficulty": Filters(exam="ege", subject="physics", difficulty=Difficulty.EASY),
    "a task": Filters(task_numbers=(2,)),
    "many tasks": Filters(task_numbers=(1, 2, 3, 4, 5, 6)),
    "subject and tasks": Filters(subject="physics", task_numbers=(2, 3)),
    "everything": Filters(exam="ege", subject="physics", task_numbers=(1, 2), difficulty=Difficulty.HARD),
    "a topic": Filters(topics=("Оптика",)),
    "many topics": Filters(topics=("А", "Б", "В", "Г", "Оптика")),
    "a second topic": Filters(topics=("Соли",)),
    "topics and the rest": Filters(topics=("Оптика", "Соли"), exam="ege", task_numbers=(1, 2), subject="physics"),
    "a pack": Filters(pack=PACK, pack_listed=True),
    "a pack and more": Filters(pack=PACK, pack_listed=True, topics=("Соли",), task_numbers=(1, 2, 3, 4), exam="ege"),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_only_what_passes_the_filters_is_asked_until_nothing_is_left(database: Database, name: str) -> None:
    filters = FILTERS[name]
    made = [
        an_item(exam=exam, subject=subject, exam_task_number=task, difficulty=label, topics=topics)
        for exam, subject, task, label, topics in product(
            ("ege", "oge"),
            ("physics", "chemistry"),
            (1, 2),
            (Difficulty.EASY, Difficulty.HARD),
            (("Оптика",), ("Звук", "Соли"), ()),
        )
    ]
    await follow(database, *made)
    packed = [item.id for item in made[::5]]
    await SqlPackShelf(database, SqlTransaction(database)).put(PACK, packed)
    passing = {
        item.id
        for item in made
        if filters.exam in {None, item.exam}
        and filters.subject in {None, item.subject}
        and (not filters.task_numbers or item.exam_task_number in filters.task_numbers)
        and (not filters.topics or set(item.topics) & set(filters.topics))
        and filters.difficulty in {None, item.difficulty}
        and (not filters.pack_listed or item.id in packed)
    }
    assert passing
    assert await choices(database, a_wish(filters), 20) <= passing
    asked: list[QuestionId] = []
    while (candidate := await chosen(database, a_wish(filters), len(asked))) is not None and not candidate.seen:
        asked.append(candidate.question_id)
        await see(database, candidate.question_id, NOW + timedelta(seconds=len(asked)))
    assert (set(asked), len(asked)) == (passing, len(passing))
    again_first = await chosen(database, a_wish(filters, repeats=True))
    assert again_first is not None
    assert (again_first.question_id, again_first.seen) == (asked[0], True)


async def test_topics_take_turns(database: Database) -> None:
    await follow(database, *(an_item(topics=(topic,)) for topic in ("А", "Б", "В") for _ in range(8)))
    recent: tuple[str, ...] = ()
    came = []
    for seed in range(12):
        candidate = await chosen(database, a_wish(recent=recent), seed)
        assert candidate is not None
        came.append(candidate.topic)
        recent = (candidate.topic, *recent)[:2]
    assert all(len({came[at], came[at + 1], came[at + 2]}) == 3 for at in range(10))


async def test_the_question_being_answered_is_not_asked_again(database: Database) -> None:
    only, other = await follow(database, an_item(), an_item(difficulty=Difficulty.HARD))
    training = await begin(database, only)
    wish = a_wish(training=training.id, answering=only)
    candidate = await chosen(database, wish)
    assert candidate is not None
    assert candidate.question_id == other
    assert await chosen(database, a_wish(Filters(question_ids=(only,)), training=training.id, answering=only)) is None


async def test_a_training_asks_nothing_twice_even_when_all_was_seen_before(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(4)))
    await answer_all(database, questions, [a_closing(at=NOW + timedelta(minutes=number)) for number in range(4)])
    training = a_training()
    await begin(database, questions[0], training)
    wish = a_wish(training=training.id, answering=questions[0])
    candidate = await chosen(database, wish)
    assert candidate is not None
    assert (candidate.question_id, candidate.seen) == (questions[1], True)


async def test_mistakes_come_the_oldest_first_and_only_they(database: Database) -> None:
    questions = await follow(database, *(an_item(topics=("Оптика", f"Т{number % 2}")) for number in range(4)))
    verdicts = (Verdict.WRONG, Verdict.CORRECT, Verdict.SKIPPED, Verdict.PARTIAL)
    closings = [a_closing(verdict, NOW + timedelta(minutes=5 - number)) for number, verdict in enumerate(verdicts)]
    await answer_all(database, questions, closings)

    async def first(filters: Filters) -> QuestionId | None:
        candidate = await chosen(database, a_wish(filters))
        return None if candidate is None else candidate.question_id

    assert await first(Filters(mistakes_only=True)) == questions[3]
    assert await first(Filters(mistakes_only=True, topics=("Т0",))) == questions[2]
    assert await first(Filters(mistakes_only=True, subject="chemistry")) is None
    other = a_wish(Filters(mistakes_only=True), learner=UserId(UUID(int=5)))
    assert await chosen(database, other) is None


async def test_what_cannot_be_asked_is_not_and_a_description_only_by_name(database: Database) -> None:
    retired, description, asked = await follow(
        database, an_item(published=False), an_item(kind=Kind.DESCRIPTION), an_item()
    )
    assert await choices(database, a_wish()) == {asked}
    assert await choices(database, a_wish(Filters(topics=("Оптика",)))) == {asked}
    by_name = Filters(question_ids=(retired, description))
    assert await choices(database, a_wish(by_name), 3) == {description}
    assert await choices(database, a_wish(Filters(question_ids=(description,), subject="biology")), 3) == set()


SHAPES: Sequence[Shape] = [
    Shape(exam=exam, subject=subject, difficulty=difficulty, tasks=tasks, tags=tags)
    for exam, subject, difficulty, tasks, tags in product(
        (False, True), (False, True), (False, True), (0, 1, 3), (0, 3)
    )
]


async def test_no_walk_reads_a_whole_table(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole; bench/next_question.py measures it on large ones")
    dialect = database.reads.dialect
    for shape in SHAPES:
        for prepared in (nearby(shape), again(shape, mistakes=False), oldest(shape, mistakes=True)):
            statement = str(prepared.statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))
            count = statement.count("?")
            async with database.read() as connection:
                plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("1",) * count)).all()
            steps = [str(row[3]) for row in plan]
            whole = [step for step in steps if step.startswith("SCAN training_") and "USING" not in step]
            narrow = shape.exam or shape.subject or shape.difficulty or shape.tasks or shape.tags
            assert not whole or not narrow, (shape, steps)
