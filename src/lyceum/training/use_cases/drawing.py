"""Drawing a paper: one question for every slot of an exam profile, the same for the same seed and pool."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

from lyceum.bank.api import ExamProfile, Kind, PlayQuestions, Slot
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import QuestionId, UserId, uuid7
from lyceum.training.domain.ability import START
from lyceum.training.domain.events import BadEvent
from lyceum.training.domain.sittings import ExamWithoutTasks, Paper, Part, ProfileRef, SlotsUnfilled, Task
from lyceum.training.sitting_ports import Found, Opening, Shortage, VariantPool

SPREAD = 150.0
"""Elo points by which the wanted difficulty of a slot differs from the middle; over a paper the differences add up to
nothing, so that variants are alike."""
SEEDS = 2**31


@dataclass(frozen=True, slots=True)
class DrawPaper:
    """Draws a variant by the slots of a profile, of questions that the learner has not seen as far as there are any.

    Refused, naming the slots: SlotsUnfilled; a profile that lists no tasks: ExamWithoutTasks.
    """

    pool: VariantPool
    play: PlayQuestions

    async def __call__(self, profile: ExamProfile, part: Part, seed: int, learner: UserId | None) -> Paper:
        slots = [slot for slot in profile.slots if part is Part.WHOLE or not slot.extended]
        if not slots or profile.duration_min is None:
            raise ExamWithoutTasks(exam=profile.exam, subject=profile.subject, year=profile.year)
        openings = openings_of(slots, seed)
        found = await self.pool.candidates(learner, profile.exam, profile.subject, openings)
        chosen = {it.number: best for it in openings if (best := _best(it, found))}
        if empty := [it for it in openings if it.number not in chosen]:
            raise _unfilled(await self.pool.shortages(profile.exam, profile.subject, empty))
        return Paper(
            id=uuid7(),
            seed=seed,
            tasks=[await self._task(slot, chosen[slot.number], seed) for slot in slots],
            duration_min=profile.duration_min,
            profile=ProfileRef(exam=profile.exam, subject=profile.subject, year=profile.year, version=profile.version),
            part=part,
        )

    async def _task(self, slot: Slot, found: Found, seed: int) -> Task:
        content = await self.play.content(found.question_id, found.version)
        return Task(
            number=slot.number,
            question_id=found.question_id,
            version=found.version,
            seed=Random(f"{seed}/{slot.number}").randrange(SEEDS),
            kind=found.kind,
            max_score=content.max_score,
            rule=content.rule.name.value,
            topic=found.topic,
            by_people=slot.extended,
            third_from=slot.third_from,
        )


@dataclass(frozen=True, slots=True)
class DrawNamed:
    """Makes a paper of just the questions named, in their order; the seed fixes what is drawn into them.

    Refused: a question that is not published (BadEvent, naming it).
    """

    pool: VariantPool
    play: PlayQuestions

    async def __call__(self, questions: Sequence[QuestionId], duration_min: int, seed: int) -> Paper:
        found = {it.question_id: it for it in await self.pool.named(questions)}
        missing = [
            FieldProblem(f"questions/{place}", "unknown", "There is no published question with this id.")
            for place, id in enumerate(questions)
            if id not in found
        ]
        if missing:
            raise BadEvent(problems=missing)
        tasks = [await self._task(number, found[id], seed) for number, id in enumerate(questions, start=1)]
        return Paper(id=uuid7(), seed=seed, tasks=tasks, duration_min=duration_min)

    async def _task(self, number: int, found: Found, seed: int) -> Task:
        content = await self.play.content(found.question_id, found.version)
        return Task(
            number=number,
            question_id=found.question_id,
            version=found.version,
            seed=Random(f"{seed}/{number}").randrange(SEEDS),
            kind=found.kind,
            max_score=content.max_score,
            rule=content.rule.name.value,
            topic=found.topic,
            by_people=found.kind is Kind.ESSAY,
        )


def openings_of(slots: Sequence[Slot], seed: int) -> list[Opening]:
    """The places to fill, each with the rating wanted: as much above the middle as below it, in an order that the seed
    gives."""
    places = len(slots)
    offsets = [SPREAD * (2 * place / (places - 1) - 1) if places > 1 else 0.0 for place in range(places)]
    Random(f"{seed}/difficulty").shuffle(offsets)
    return [
        Opening(
            number=slot.number,
            max_score=slot.max_score,
            by_people=slot.extended,
            topics=slot.topics,
            target=START + offset,
        )
        for slot, offset in zip(slots, offsets, strict=True)
    ]


def _best(opening: Opening, found: Sequence[Found]) -> Found | None:
    """Unseen before seen, then the nearest to the rating wanted."""
    fitting = [it for it in found if it.number == opening.number]
    order = sorted(fitting, key=lambda it: (it.seen, abs(it.rating - opening.target), it.question_id))
    return order[0] if order else None


def _unfilled(shortages: Sequence[Shortage]) -> SlotsUnfilled:
    problems = [FieldProblem(f"slots/{it.number}", "unfilled", _reason(it)) for it in shortages]
    return SlotsUnfilled(tasks=", ".join(str(it.number) for it in shortages), problems=problems)


def _reason(shortage: Shortage) -> str:
    if not shortage.numbered:
        return "No published question has this task number."
    if not shortage.of_points:
        return "Questions have this task number, but none is worth the points of the slot."
    return "Questions have this task number and its points, but none is answered as the slot asks or has its topic."


def new_seed(id: UUID) -> int:
    """A seed told by an id."""
    return Random(id.int).randrange(SEEDS)
