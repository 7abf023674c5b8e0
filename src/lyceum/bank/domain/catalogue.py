"""Subjects, packs and exam profiles: the frame that questions stand in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lyceum.bank.domain.content import ScoreRule
from lyceum.bank.domain.drafts import Difficulty
from lyceum.kernel.errors import FieldProblem, Forbidden, Invalid, NotFound
from lyceum.kernel.ids import QuestionId, UserId


class SubjectNotFound(NotFound):
    code = "bank.subject_not_found"
    text = "There is no such subject. See /api/bank/subjects for those there are."


class PackNotFound(NotFound):
    code = "bank.pack_not_found"
    text = "There is no such pack. Choose one from the list of packs."


class PackInvalid(Invalid):
    code = "bank.pack_invalid"
    text = "The pack cannot be kept as it is. See errors for what is wrong and where."


class NotThePackAuthor(Forbidden):
    code = "bank.not_the_pack_author"
    text = "Only its author or an operator may change this pack. Make a pack of your own."


class ExamProfileNotFound(NotFound):
    code = "bank.exam_profile_not_found"
    text = "There is no exam profile for this exam, subject and year. See /api/bank/exams for those there are."


class ExamProfileInvalid(Invalid):
    code = "bank.exam_profile_invalid"
    text = "The exam profile contradicts itself. See errors for what is wrong and where."


class Access(StrEnum):
    """`entitled`: only for those who bought it or were given it."""

    FREE = "free"
    ENTITLED = "entitled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """`fields_schema` is a JSON Schema for the subject's own fields of a question; empty when it has none."""

    id: str
    title_ru: str
    title_en: str
    position: int
    fields_schema: Mapping[str, object] = field(default_factory=dict)

    def title(self, locale: str) -> str:
        return self.title_ru if locale.startswith("ru") else self.title_en


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which questions a pack holds: those listed, or, with an empty list, all published ones that pass the filters."""

    question_ids: tuple[QuestionId, ...] = ()
    exam: str | None = None
    subject: str | None = None
    task_numbers: tuple[int, ...] = ()
    topics: tuple[str, ...] = ()
    difficulty: Difficulty | None = None

    @property
    def is_empty(self) -> bool:
        """Neither a question nor a filter is named."""
        return self == Selection()


@dataclass(eq=False, kw_only=True)
class Pack:
    id: UUID
    author_id: UserId
    title: str
    selection: Selection
    created_at: datetime
    updated_at: datetime
    description: str = ""
    access: Access = Access.FREE
    version: int = 1

    def require_editor(self, user_id: UserId, *, operator: bool) -> None:
        if not operator and user_id != self.author_id:
            raise NotThePackAuthor()

    def edit(self, title: str, description: str, access: Access, selection: Selection, at: datetime) -> None:
        self.title, self.description, self.access, self.selection = title, description, access, selection
        self.version += 1
        self.updated_at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One task of an exam variant. When two graders differ by `third_from` points, a third decides."""

    number: int
    max_score: float
    score_rule: ScoreRule = field(default_factory=ScoreRule)
    topics: tuple[str, ...] = ()
    extended: bool = False
    third_from: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """`minimum` points (of `unit`) earn `mark`, provided that at least `from_tasks_minimum` come from `from_tasks`."""

    mark: str
    minimum: int
    unit: str = "primary"
    from_tasks: tuple[int, ...] = ()
    from_tasks_minimum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamProfile:
    """The rules of one exam in one subject and year. `scale` maps primary points to test points.

    `verified` says whether somebody has compared it with the official papers named in `source`.
    """

    exam: str
    subject: str
    year: int
    max_primary: int
    version: int = 1
    slots: tuple[Slot, ...] = ()
    duration_min: int | None = None
    scale: Mapping[int, int] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
    source: str = ""
    verified: bool = False

    def problems(self) -> list[FieldProblem]:
        """Where the profile contradicts itself."""
        found: list[FieldProblem] = []
        numbers = [slot.number for slot in self.slots]
        if len(set(numbers)) != len(numbers):
            found.append(FieldProblem("slots", "duplicate_number", "Two slots have the same number."))
        total = sum(slot.max_score for slot in self.slots)
        if self.slots and total != self.max_primary:
            found.append(
                FieldProblem("slots", "sum", f"The slots add up to {total:g}, max_primary is {self.max_primary}.")
            )
        points = [self.scale[primary] for primary in sorted(self.scale)]
        if points != sorted(points):
            found.append(FieldProblem("scale", "falling", "More primary points must not give fewer test points."))
        if self.scale and max(self.scale) > self.max_primary:
            found.append(FieldProblem("scale", "too_long", "The scale goes beyond max_primary."))
        for place, threshold in enumerate(self.thresholds):
            top = self.max_primary if threshold.unit == "primary" else 100
            if threshold.minimum > top or threshold.from_tasks_minimum > self.max_primary:
                found.append(
                    FieldProblem(f"thresholds/{place}", "out_of_reach", f"The most there is to have is {top}.")
                )
            if threshold.from_tasks and self.slots and not set(threshold.from_tasks) <= set(numbers):
                found.append(FieldProblem(f"thresholds/{place}", "unknown_task", "It names a task without a slot."))
        return found
