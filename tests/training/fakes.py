"""Training's ports in memory."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from uuid import UUID
from zoneinfo import ZoneInfo

from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import (
    Brief,
    Content,
    Difficulty,
    Graded,
    Kind,
    PackSelection,
    PlayedQuestion,
    Response,
    SubjectView,
)
from lyceum.bank.domain.catalogue import PackNotFound
from lyceum.bank.domain.scoring import grade, right_answer
from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId, uuid7
from lyceum.training.domain.elo import Learner, Rating, Shifts
from lyceum.training.domain.memory import Grade, Memory
from lyceum.training.domain.results import Result
from lyceum.training.domain.streaks import Streak
from lyceum.training.domain.trainings import Attempt, Candidate, Closing, Mode, Overtaken, Training
from lyceum.training.ports import Item, Situation, Standing, Turn, Wish
from lyceum.training.use_cases.answering import Answered, AskHint, FindTurn, SkipQuestion, SubmitAnswer, TakeTurn
from lyceum.training.use_cases.asking import Asking
from lyceum.training.use_cases.starting import FinishTraining, Narrowing, ReadTraining, StartTraining
from tests.builders import a_content

CONTENT = a_content(Kind.SINGLE_CHOICE, max_score=1.0, explanation="Потому что.")
LEARNER = Actor(id=UserId(UUID(int=1)), roles=frozenset({Role.LEARNER}), channel="web")
OTHER = Actor(id=UserId(UUID(int=2)), roles=frozenset({Role.LEARNER}))
AUTHOR = Actor(id=UserId(UUID(int=3)), roles=frozenset({Role.AUTHOR}))


@dataclass(slots=True)
class Clockwork:
    at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def passes(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass(slots=True)
class World:
    """Everything that training keeps, and a bank with `pool` questions of one choice each.

    As a transaction it brings back what was there before when its block fails.
    """

    pool: list[QuestionId] = field(default_factory=lambda: [QuestionId(uuid7()) for _ in range(5)])
    trainings: dict[TrainingId, Training] = field(default_factory=dict)
    attempts: dict[AttemptId, Attempt] = field(default_factory=dict)
    streaks: dict[UserId, Streak] = field(default_factory=dict)
    recorded: list[tuple[Attempt, Closing]] = field(default_factory=list)
    events: list[object] = field(default_factory=list)
    shifts: list[Shifts] = field(default_factory=list)
    memories: dict[tuple[UserId, QuestionId], Memory] = field(default_factory=dict)
    packs: dict[UUID, PackSelection] = field(default_factory=dict)
    shelves: dict[UUID, list[QuestionId]] = field(default_factory=dict)
    clock: Clockwork = field(default_factory=Clockwork)
    before: list[object] = field(default_factory=list)

    async def __aenter__(self) -> None:
        kept = {id: replace(training) for id, training in self.trainings.items()}
        self.before = [kept, dict(self.attempts), dict(self.streaks), list(self.recorded), list(self.events)]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.trainings, self.attempts, self.streaks, self.recorded, self.events = self.before  # type: ignore[assignment]

    def add(self, event: object) -> None:
        self.events.append(event)

    def of(self, training: TrainingId) -> list[Attempt]:
        """The attempts of a training."""
        return [it for it in self.attempts.values() if it.training_id == training]

    def require_unchanged(self, id: TrainingId, version: int) -> None:
        if self.trainings[id].version != version or self.trainings[id].finished_at is not None:
            raise Overtaken()


@dataclass(slots=True)
class FakeTrainings:
    world: World

    async def active(self, learner: UserId, mode: Mode) -> Training | None:
        going = (it for it in self.world.trainings.values() if it.finished_at is None and it.mode is mode)
        return next((replace(it) for it in going if it.learner_id == learner), None)

    async def find(self, id: TrainingId, learner: UserId) -> Training | None:
        found = self.world.trainings.get(id)
        return replace(found) if found is not None and found.learner_id == learner else None

    async def learner(self, learner: UserId, subject: str | None) -> Learner:
        return Learner()

    async def begin(self, training: Training, first: Attempt) -> None:
        if await self.active(training.learner_id, training.mode) is not None:
            raise Overtaken()
        self.world.trainings[training.id] = replace(training)
        self.world.attempts[first.id] = first

    async def finish(self, training: Training) -> None:
        self.world.require_unchanged(training.id, training.version)
        self.world.trainings[training.id] = replace(training, version=training.version + 1)
        for id in [it.id for it in self.world.of(training.id) if it.answered_at is None]:
            del self.world.attempts[id]


@dataclass(slots=True)
class FakeAttempts:
    world: World

    async def find(self, id: AttemptId, learner: UserId) -> Attempt | None:
        found = self.world.attempts.get(id)
        return found if found is not None and found.learner_id == learner else None

    async def current(self, training: TrainingId) -> Attempt | None:
        return next((it for it in self.world.of(training) if it.answered_at is None), None)


@dataclass(slots=True)
class FakeTurns:
    """`rivals` act between the reading and the writing of an answer, as another tab would."""

    world: World
    rivals: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    async def situation(self, learner: UserId, training: TrainingId, attempt: AttemptId | None) -> Situation | None:
        own = [it for it in self.world.of(training) if it.learner_id == learner]
        found = next((it for it in own if it.id == attempt or (attempt is None and it.answered_at is None)), None)
        if found is None:
            return None
        mine = [it for it, _ in self.world.recorded if it.learner_id == learner]
        situation = Situation(
            training=replace(self.world.trainings[training]),
            attempt=found,
            item=an_item(found.question_id),
            standing=Standing(
                learner=Learner(),
                streak=self.world.streaks.get(learner, Streak()),
                memory=self.world.memories.get((learner, found.question_id)),
                times=sum(it.question_id == found.question_id for it in mine),
            ),
        )
        if self.rivals:
            await self.rivals.pop(0)()
        return situation

    async def training(self, learner: UserId, id: TrainingId) -> Training | None:
        return await FakeTrainings(self.world).find(id, learner)

    async def write(self, turn: Turn, events: Sequence[object]) -> None:
        attempt, closing = turn.situation.attempt, turn.closing
        self.world.require_unchanged(attempt.training_id, turn.version)
        self.world.trainings[attempt.training_id] = replace(turn.situation.training)
        self.world.attempts[attempt.id] = replace(
            attempt, answered_at=closing.at, answer=closing.answer, score=closing.score, verdict=closing.verdict
        )
        self.world.recorded.append((attempt, closing))
        self.world.shifts.append(turn.shifts)
        if turn.memory is not None:
            self.world.memories[attempt.learner_id, attempt.question_id] = turn.memory
        if turn.streak is not None:
            self.world.streaks[attempt.learner_id] = turn.streak
        if turn.following is not None:
            self.world.attempts[turn.following.id] = turn.following
        self.world.events += events


@dataclass(slots=True)
class FakeResults:
    world: World

    async def of(self, training: Training) -> Result:
        return Result.of(training.id, training.started_at, training.finished_at, ())


@dataclass(slots=True)
class FakeShelf:
    world: World

    async def put(self, pack: UUID, questions: Sequence[QuestionId]) -> None:
        self.world.shelves[pack] = list(questions)


def an_item(question: QuestionId) -> Item:
    return Item(
        question_id=question,
        kind=CONTENT.kind,
        subject="physics",
        topic="Оптика",
        task_number=3,
        options=5,
        rating=Rating(1500, 200),
        place=1500,
        answered=0,
    )


@dataclass(slots=True)
class InTurn:
    """`NextQuestion`: the pool in order, without what the training has asked."""

    world: World
    wishes: list[Wish] = field(default_factory=list)

    async def choose(self, wish: Wish) -> Candidate | None:
        self.wishes.append(wish)
        asked = {it.question_id for it in self.world.of(wish.training)}
        wanted = set(wish.filters.question_ids) or set(self.world.pool)
        if wish.filters.pack_listed and wish.filters.pack:
            wanted = set(self.world.shelves[wish.filters.pack])
        if wish.review:
            wanted &= {id for id, memory in self._cards(wish) if memory.is_due(wish.at)}
        left = [id for id in self.world.pool if id in wanted - asked]
        return Candidate(question_id=left[0], version=1, topic="Оптика", rating=1500, max_score=1) if left else None

    async def next_due(self, wish: Wish) -> datetime | None:
        return min((memory.due for _, memory in self._cards(wish)), default=None)

    def _cards(self, wish: Wish) -> list[tuple[QuestionId, Memory]]:
        return [(id, memory) for (learner, id), memory in self.world.memories.items() if learner == wish.learner]


class DayByDay:
    """`Scheduling`: what was right is due in four days, what was wrong in one; nothing is ever half forgotten."""

    def reviewed(self, memory: Memory | None, grade: Grade, at: datetime) -> Memory:
        days = 1 if grade is Grade.AGAIN else 4
        return Memory(stability=float(days), difficulty=5.0, reviewed_at=at, due=at + timedelta(days=days))

    def recall(self, memory: Memory, at: datetime) -> float:
        return 0.9 if memory.is_due(at) else 1.0


class FakePlay:
    """`PlayQuestions` over `CONTENT`."""

    async def show(self, id: QuestionId, version: int, seed: int) -> PlayedQuestion:
        return PlayedQuestion(
            id=id,
            version=version,
            find_code="QQQQQQQQ",
            kind=CONTENT.kind,
            language="ru",
            exam=None,
            subject="physics",
            subject_title="Физика",
            exam_task_number=None,
            topics=("Оптика",),
            difficulty=Difficulty.MEDIUM,
            max_score=1.0,
            stem_html="Вопрос?",
        )

    async def grade(self, id: QuestionId, version: int, seed: int, response: Response) -> Graded:
        mark = grade(CONTENT, response)
        return Graded(
            score=mark.score,
            max_score=mark.max_score,
            verdict=mark.verdict,
            feedback=mark.feedback,
            elements=mark.elements,
            right_answer=right_answer(CONTENT),
            explanation_html=CONTENT.explanation,
        )

    async def reveal(self, id: QuestionId, version: int, seed: int) -> Graded:
        return replace(await self.grade(id, version, seed, "a"), score=0.0, verdict="skipped")

    async def hint(self, id: QuestionId, version: int, seed: int) -> str:
        return "Подсказка"

    async def content(self, id: QuestionId, version: int) -> Content:
        return CONTENT


@dataclass(slots=True)
class FakeCatalogue:
    world: World

    async def briefs(self, ids: Sequence[QuestionId]) -> Mapping[QuestionId, Brief]:
        return {}

    async def find(self, typed: str) -> QuestionId:
        return self.world.pool[0]

    async def of_the_day(self, day: date) -> Brief | None:
        return None

    async def subjects(self, locale: str, exam: str | None = None) -> Sequence[SubjectView]:
        return ()

    async def subject_title(self, subject: str, locale: str) -> str:
        return subject

    async def topics(self, subject: str) -> Sequence[str]:
        return ()

    async def pack(self, id: UUID) -> PackSelection:
        if id not in self.world.packs:
            raise PackNotFound(id=id)
        return self.world.packs[id]


@dataclass(slots=True)
class House:
    """The use cases over one world."""

    world: World = field(default_factory=World)
    turns: FakeTurns = field(init=False)
    chooser: InTurn = field(init=False)
    start: StartTraining = field(init=False)
    read: ReadTraining = field(init=False)
    finish: FinishTraining = field(init=False)
    answer: SubmitAnswer = field(init=False)
    skip: SkipQuestion = field(init=False)
    hint: AskHint = field(init=False)

    def __post_init__(self) -> None:
        world, play = self.world, FakePlay()
        self.turns, self.chooser = FakeTurns(world), InTurn(world)
        trainings, attempts, results = FakeTrainings(world), FakeAttempts(world), FakeResults(world)
        asking = Asking(self.chooser, play)
        find, answered = FindTurn(self.turns), Answered(attempts, asking, results)
        take = TakeTurn(self.turns, asking, DayByDay(), ZoneInfo("Europe/Moscow"))
        narrow = Narrowing(FakeCatalogue(world), FakeShelf(world))
        self.start = StartTraining(trainings, narrow, asking, world.clock, world, world)
        self.read = ReadTraining(trainings, attempts, asking)
        self.finish = FinishTraining(trainings, results, world.clock, world, world)
        self.answer = SubmitAnswer(find, take, answered, play, world.clock)
        self.skip = SkipQuestion(find, take, answered, play, world.clock)
        self.hint = AskHint(find, play)
