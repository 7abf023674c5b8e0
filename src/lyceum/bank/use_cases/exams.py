"""Exam profiles: what an exam consists of and how its points become marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lyceum.accounts.api import Actor, Role
from lyceum.bank.domain.catalogue import ExamProfile, ExamProfileInvalid
from lyceum.bank.ports import ExamProfiles, Subjects
from lyceum.bank.use_cases.question_input import ScoreRuleInput
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ports import Transaction
from lyceum.platform.http_errors import PreconditionFailed

type Slug = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")]
type Points = Annotated[int, Meta(ge=0, le=1000)]
type Task = Annotated[int, Meta(ge=1, le=100)]
type Topics = Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=50)]


class SlotInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: Task
    max_score: Annotated[float, Meta(gt=0, le=1000)]
    score_rule: ScoreRuleInput = msgspec.field(default_factory=ScoreRuleInput)
    topics: Topics = ()
    extended: bool = False
    third_from: Annotated[float, Meta(gt=0, le=1000)] = 2.0


class ThresholdInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mark: Annotated[str, Meta(min_length=1, max_length=80)]
    minimum: Points
    unit: Literal["primary", "test"] = "primary"
    from_tasks: Annotated[tuple[Task, ...], Meta(max_length=100)] = ()
    from_tasks_minimum: Points = 0


class ExamProfileInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of one exam, subject and year; `scale` maps primary points to test points."""

    max_primary: Annotated[int, Meta(ge=1, le=1000)]
    slots: Annotated[tuple[SlotInput, ...], Meta(max_length=100)] = ()
    duration_min: Annotated[int, Meta(ge=1, le=1000)] | None = None
    scale: Annotated[Mapping[Points, Annotated[int, Meta(ge=0, le=100)]], Meta(max_length=1001)] = {}
    thresholds: Annotated[tuple[ThresholdInput, ...], Meta(max_length=50)] = ()
    source: Annotated[str, Meta(max_length=2000)] = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class WriteExamProfile:
    """An operator writes a new version of an exam profile; the versions before stay.

    Refused when the profile contradicts itself: slots that do not add up, a falling scale, a threshold out of reach.
    """

    profiles: ExamProfiles
    subjects: Subjects
    transaction: Transaction

    async def __call__(
        self, actor: Actor, exam: str, subject: str, year: int, given: ExamProfileInput, expected: int | None = None
    ) -> ExamProfile:
        actor.require(Role.OPERATOR, scope="bank:write")
        await self.subjects.get(subject)
        fields = {name: getattr(given, name) for name in given.__struct_fields__}
        names = {"exam": exam, "subject": subject, "year": year}
        if b"\\u0000" in msgspec.json.encode([given, names]):
            raise ExamProfileInvalid(problems=[FieldProblem("profile", "nul", "A text holds the character NUL.")])
        async with self.transaction:
            current = await self.profiles.find(exam, subject, year)
            version = current.version if current else 0
            if expected is not None and expected != version:
                raise PreconditionFailed(version=version)
            profile = msgspec.convert({**fields, **names, "version": version + 1}, ExamProfile, from_attributes=True)
            if problems := profile.problems():
                raise ExamProfileInvalid(problems=problems)
            await self.profiles.add(profile)
        return profile
