"""Training's copy of the pool: it follows the bank's events, in whatever order and however often they come."""

from itertools import permutations
from uuid import UUID

from sqlalchemy import insert, select, update

from lyceum.bank.api import Difficulty, Kind, QuestionsChanged
from lyceum.kernel.ids import QuestionId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.consumers import FollowQuestions
from lyceum.training.adapters.tables import items, tags
from lyceum.training.domain.ability import LABELS
from tests.training.builders import an_item, follow

COLUMNS = (items.c.version, items.c.askable, items.c.difficulty, items.c.topic, items.c.subject)


async def kept(database: Database, id: QuestionId) -> tuple[object, ...]:
    async with database.read() as connection:
        return tuple((await connection.execute(select(*COLUMNS).where(items.c.question_id == id))).one())


async def tagged(database: Database, id: QuestionId) -> set[str]:
    async with database.read() as connection:
        return set(await connection.scalars(select(tags.c.tag).where(tags.c.question_id == id)))


async def test_events_in_any_order_and_twice_end_in_the_newest_version(database: Database) -> None:
    for order in permutations((1, 2, 3)):
        id = QuestionId(uuid7())
        versions = {
            1: an_item(id=id, version=1, topics=("Старая",)),
            2: an_item(id=id, version=2, topics=("Новая", "Другая"), difficulty=Difficulty.EASY),
            3: an_item(id=id, version=3, topics=("Новая",), subject="chemistry", difficulty=Difficulty.HARD),
        }
        for version in (*order, order[0]):
            await follow(database, versions[version])
        assert await kept(database, id) == (3, True, 3, "Новая", "chemistry"), order
        assert await tagged(database, id) == {"topic:Новая"}, order


async def test_several_versions_in_one_delivery_are_one(database: Database) -> None:
    id = QuestionId(uuid7())
    transaction = SqlTransaction(database)
    async with transaction:
        events = [QuestionsChanged((an_item(id=id, version=version),)) for version in (2, 1, 3)]
        await FollowQuestions(transaction)(events)
    assert (await kept(database, id))[0] == 3


async def test_a_retired_question_cannot_be_asked_and_loses_its_tags(database: Database) -> None:
    (id,) = await follow(database, an_item())
    assert await tagged(database, id) == {"topic:Оптика"}
    await follow(database, an_item(id=id, version=2, published=False))
    assert (await kept(database, id))[:2] == (2, False)
    assert await tagged(database, id) == set()
    await follow(database, an_item(id=id, version=3))
    assert await tagged(database, id) == {"topic:Оптика"}


async def test_a_description_has_nothing_to_answer_and_is_not_asked(database: Database) -> None:
    (id,) = await follow(database, an_item(kind=Kind.DESCRIPTION))
    assert (await kept(database, id))[1] is False


async def test_a_question_that_nobody_answered_takes_its_new_label(database: Database) -> None:
    tried, untried = await follow(database, an_item(), an_item())
    async with database.writes.begin() as connection:
        await connection.execute(update(items).where(items.c.question_id == tried).values(answered=1, rating=1555.0))
    for id in (tried, untried):
        await follow(database, an_item(id=id, version=2, difficulty=Difficulty.HARD))
    async with database.read() as connection:
        found = await connection.execute(select(items.c.question_id, items.c.rating, items.c.answered))
        ratings = {row.question_id: (row.rating, row.answered) for row in found}
    assert ratings[tried] == (1555.0, 1)
    assert abs(ratings[untried][0] - LABELS[Difficulty.HARD]) <= 60


async def test_a_question_stays_in_its_packs_with_its_new_passport(database: Database) -> None:
    (id,) = await follow(database, an_item())
    async with database.writes.begin() as connection:
        row = {"tag": f"pack:{UUID(int=5)}", "question_id": id, "difficulty": 2, "place": 1500.0, "subject": "physics"}
        await connection.execute(insert(tags), [row])
    await follow(database, an_item(id=id, version=2, subject="chemistry", topics=("Соли",)))
    assert await tagged(database, id) == {f"pack:{UUID(int=5)}", "topic:Соли"}
    async with database.read() as connection:
        assert set(await connection.scalars(select(tags.c.subject))) == {"chemistry"}


async def test_a_whole_import_is_followed(database: Database) -> None:
    made = [an_item(topics=("Оптика", f"Тема {number % 7}")) for number in range(1200)]
    transaction = SqlTransaction(database)
    async with transaction:
        await FollowQuestions(transaction)([QuestionsChanged(tuple(made[at : at + 500])) for at in (0, 500, 1000)])
    async with database.read() as connection:
        assert len((await connection.execute(select(items.c.question_id))).all()) == 1200
        assert len((await connection.execute(select(tags.c.tag))).all()) == 2400
