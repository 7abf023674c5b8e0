"""The door of the bank for other contexts: questions to play, their grading, and the events about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from lyceum.bank.domain.catalogue import ExamProfile, Slot, Threshold
from lyceum.bank.domain.content import Content, Criterion, Kind, Response
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.scoring.people import ThirdGraderNeeded, grade_by_criteria, settle
from lyceum.kernel.ids import QuestionId


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolItem:
    """What a trainer must know of a question to choose it. `version` grows with every change, also of `published`."""

    id: QuestionId
    version: int
    published: bool
    exam: str | None
    subject: str
    exam_task_number: int | None
    topics: tuple[str, ...]
    difficulty: Difficulty
    kind: Kind
    max_score: float
    options: int
    """How many choices a guesser picks from; 0 for typed answers."""
    author_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class QuestionsChanged:
    """Questions were published, edited or retired. At most 500 items an event; may come twice or out of order."""

    items: tuple[PoolItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """A file of a question with a time-limited link to open it."""

    name: str
    role: str
    mime: str
    size: int
    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    id: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    id: str
    kind: Kind
    options: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedQuestion:
    """A question as a learner sees it: safe HTML, parameters filled in, choices in the learner's order, no answer."""

    id: QuestionId
    version: int
    find_code: str
    kind: Kind
    language: str
    exam: str | None
    subject: str
    subject_title: str
    exam_task_number: int | None
    topics: tuple[str, ...]
    difficulty: Difficulty
    max_score: float
    stem_html: str
    options: tuple[Choice, ...] = ()
    items: tuple[Choice, ...] = ()
    gaps: tuple[GapView, ...] = ()
    media: tuple[AttachmentView, ...] = ()
    has_hint: bool = False
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What a response earned and what it should have been. `elements` tells right from wrong by option, item or gap."""

    score: float
    max_score: float
    verdict: str
    feedback: tuple[str, ...]
    elements: Mapping[str, bool]
    right_answer: Response
    explanation_html: str
    explanation_media: tuple[AttachmentView, ...] = ()


class PlayQuestions(Protocol):
    """Show and grade a version of a question. `seed` fixes the parameters drawn and the order of choices."""

    async def show(self, id: QuestionId, version: int, seed: int) -> PlayedQuestion:
        """Raise bank.question_not_found when there is no such version."""

    async def grade(self, id: QuestionId, version: int, seed: int, response: Response) -> Graded:
        """Raise bank.answer_shape when the response has not the shape of the question's kind."""

    async def reveal(self, id: QuestionId, version: int, seed: int) -> Graded:
        """Right answer and explanation without a response (verdict `skipped`, score 0)."""

    async def hint(self, id: QuestionId, version: int, seed: int) -> str:
        """The hint as safe HTML, empty when the question has none."""

    async def content(self, id: QuestionId, version: int) -> Content: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    """A subject of the catalogue with its title in the asked language and the number of published questions."""

    id: str
    title: str
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSelection:
    """Which questions a pack holds: an explicit list, or filters over the pool (same words as PoolItem)."""

    id: UUID
    title: str
    access: str
    question_ids: tuple[QuestionId, ...]
    exam: str | None = None
    subject: str | None = None
    task_numbers: tuple[int, ...] = ()
    topics: tuple[str, ...] = ()
    difficulty: Difficulty | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """A question in one line: its find code, and the beginning of its text without markup."""

    find_code: str
    excerpt: str


class Catalogue(Protocol):
    """Subjects, topics and packs, for pickers and filters; questions in one line, for lists."""

    async def briefs(self, ids: Sequence[QuestionId]) -> Mapping[QuestionId, Brief]: ...

    async def find(self, typed: str) -> QuestionId:
        """The published question that a typed find code means; raise bank.question_not_found."""

    async def of_the_day(self, day: date) -> Brief | None:
        """One published question for everybody on that day, checked by machine; None in an empty bank."""

    async def subjects(self, locale: str, exam: str | None = None) -> Sequence[SubjectView]: ...
    async def subject_title(self, subject: str, locale: str) -> str:
        """The id itself for a subject that is gone."""

    async def topics(self, subject: str) -> Sequence[str]: ...
    async def pack(self, id: UUID) -> PackSelection:
        """Raise bank.pack_not_found."""


class Exams(Protocol):
    """Exam profiles, for whoever draws papers and scores them."""

    async def profiles(self, exam: str | None = None, subject: str | None = None) -> Sequence[ExamProfile]:
        """The current version of each that fits, the newest year first."""

    async def profile(self, exam: str, subject: str, year: int, version: int) -> ExamProfile:
        """That version; raise bank.exam_profile_not_found."""


class AnsweredLookup(Protocol):
    """Implemented by training: whether somebody has answered a question, which opens its answer to them."""

    async def has_answered(self, user_id: UUID, question_id: QuestionId) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """A first or later answer to a question, reported by the trainer; the bank counts it into the question's stats."""

    question_id: QuestionId
    version: int
    score: float
    max_score: float
    correct: bool
    first: bool
    rating: float
    rating_error: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How well a question tells the strong from the weak: -100..100, None as long as that cannot be told."""

    question_id: QuestionId
    discrimination: float | None


@dataclass(frozen=True, slots=True)
class QuestionsMeasured:
    """The trainer's statistics of questions at one moment; at most 500 an event, the latest counts."""

    items: tuple[Measured, ...]
    at: datetime


__all__ = [
    "AnsweredLookup",
    "AttachmentView",
    "Brief",
    "Catalogue",
    "Choice",
    "Content",
    "Criterion",
    "Difficulty",
    "ExamProfile",
    "Exams",
    "GapView",
    "Graded",
    "Kind",
    "Measured",
    "PackSelection",
    "PlayQuestions",
    "PlayedQuestion",
    "PoolItem",
    "QuestionAnswered",
    "QuestionsChanged",
    "QuestionsMeasured",
    "Response",
    "Slot",
    "SubjectView",
    "ThirdGraderNeeded",
    "Threshold",
    "grade_by_criteria",
    "settle",
]
