"""Questions of the pool, and learners who train on them, straight on a database."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from lyceum.bank.api import Difficulty, Kind, PoolItem, QuestionsChanged
from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import Signal
from lyceum.training.adapters.consumers import FollowQuestions
from lyceum.training.adapters.repositories import SqlTrainings
from lyceum.training.adapters.scheduling import FsrsScheduling
from lyceum.training.adapters.turns import SqlTurns
from lyceum.training.domain.trainings import Attempt, Candidate, Closing, Filters, Mode, Training, Verdict
from lyceum.training.ports import Situation, Turn
from lyceum.training.use_cases.answering import memory_of, shifts_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEARNER = UserId(UUID(int=1))


def an_item(**changes: object) -> PoolItem:
    """A published medium choice of four in physics."""
    fields: dict[str, object] = {
        "id": QuestionId(uuid7()),
        "version": 1,
        "published": True,
        "exam": "ege",
        "subject": "physics",
        "exam_task_number": 1,
        "topics": ("Оптика",),
        "difficulty": Difficulty.MEDIUM,
        "kind": Kind.SINGLE_CHOICE,
        "max_score": 1.0,
        "options": 4,
        **changes,
    }
    return PoolItem(**fields)  # type: ignore[arg-type]


async def follow(database: Database, *items: PoolItem) -> list[QuestionId]:
    """Tell training of questions; their ids."""
    transaction = SqlTransaction(database)
    async with transaction:
        await FollowQuestions(transaction)([QuestionsChanged(items)])
    return [item.id for item in items]


def a_training(filters: Filters | None = None, learner: UserId = LEARNER, **changes: object) -> Training:
    fields: dict[str, object] = {
        "id": TrainingId(uuid7()),
        "learner_id": learner,
        "mode": Mode.PRACTICE,
        "filters": filters or Filters(),
        "started_at": NOW,
        **changes,
    }
    return Training(**fields)  # type: ignore[arg-type]


def shown(training: Training, question: QuestionId) -> Attempt:
    """The next attempt of a training, with this question."""
    candidate = Candidate(question_id=question, version=1, topic="Оптика", rating=1500.0, max_score=1.0)
    return training.show(candidate, AttemptId(uuid7()), 7, NOW)


def a_closing(verdict: Verdict = Verdict.CORRECT, at: datetime = NOW, **changes: object) -> Closing:
    fields: dict[str, object] = {
        "answer": '"a"',
        "verdict": verdict,
        "score": 1.0 if verdict is Verdict.CORRECT else 0.0,
        "max_score": 1.0,
        "elapsed_ms": 1500,
        "channel": "rest",
        "at": at,
        **changes,
    }
    return Closing(**fields)  # type: ignore[arg-type]


async def begin(database: Database, question: QuestionId, training: Training | None = None) -> Training:
    """A training in the database that has shown its first question."""
    training = training or a_training()
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlTrainings(transaction, database).begin(training, shown(training, question))
    return training


async def waiting(database: Database, training: Training) -> Situation:
    found = await SqlTurns(database, Signal()).situation(training.learner_id, training.id, None)
    assert found is not None
    return found


def a_turn(situation: Situation, closing: Closing, following: QuestionId | None) -> Turn:
    """What an answer changes, counted as the use case does."""
    training, standing, item = situation.training, situation.standing, situation.item
    version = training.version
    training.version += 1
    training.count(closing, item.topic)
    after = shown(training, following) if following else None
    if after is None:
        training.finish(closing.at)
    streak = standing.streak.on(closing.at.date())
    return Turn(
        situation=situation,
        version=version,
        closing=closing,
        shifts=shifts_of(situation, closing),
        memory=memory_of(situation, closing, FsrsScheduling()),
        day=closing.at.date(),
        streak=streak if streak != standing.streak else None,
        following=after,
    )


async def write(database: Database, turn: Turn) -> None:
    await SqlTurns(database, Signal()).write(turn, ())


async def answer_all(
    database: Database, questions: Sequence[QuestionId], closings: Sequence[Closing], learner: UserId = LEARNER
) -> Training:
    """A training of these questions with these answers, from the first to the last."""
    training = await begin(database, questions[0], a_training(learner=learner))
    for number, closing in enumerate(closings):
        following = questions[number + 1] if number + 1 < len(questions) else None
        await write(database, a_turn(await waiting(database, training), closing, following))
    return training
