"""A question as the bank keeps it: who wrote it, where it belongs, which version is current, what answers taught us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lyceum.bank.domain.content import Content
from lyceum.bank.domain.drafts import Difficulty, MediaRole
from lyceum.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from lyceum.kernel.ids import QuestionId, UserId

INITIAL_RATING: Mapping[Difficulty, float] = {
    Difficulty.EASY: 1300.0,
    Difficulty.MEDIUM: 1500.0,
    Difficulty.HARD: 1700.0,
}
"""Elo points, until answers say better."""
EXAM = r"^[a-z0-9_-]{1,40}$"
"""The id of an exam, such as `ege`."""
MAX_TASK = 40
INITIAL_RATING_ERROR = 350.0


class QuestionNotFound(NotFound):
    code = "bank.question_not_found"
    text = "There is no such question, or it is not published. Check the address or the find code."


class NotTheAuthor(Forbidden):
    code = "bank.not_the_author"
    text = "Only its author or an operator may change this question. Copy it into a question of your own."


class QuestionRetired(Conflict):
    code = "bank.question_retired"
    text = "The question is retired, so it cannot be changed. Publish it again first."


class QuestionInvalid(Invalid):
    code = "bank.question_invalid"
    text = "The question cannot be kept as it is. See errors for what is wrong and where."


class SubjectUnknown(Invalid):
    code = "bank.subject_unknown"
    text = "There is no subject '{subject}'. Take one from /api/bank/subjects."


class Status(StrEnum):
    """`staged` is a question of an import that is not finished: nobody sees it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"
    STAGED = "staged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a question. `name` is the bare name that texts refer to, `key` its place in the store, `size` bytes."""

    name: str
    role: MediaRole
    key: str
    mime: str
    size: int
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Running sums over first answers. `score_sum` adds up score/max_score; `rating` is in Elo points."""

    answered: int = 0
    correct: int = 0
    score_sum: float = 0.0
    rating: float = INITIAL_RATING[Difficulty.MEDIUM]
    rating_error: float = INITIAL_RATING_ERROR

    @property
    def facility(self) -> float | None:
        """Mean share of the maximum (0..1); None before the first answer."""
        return self.score_sum / self.answered if self.answered else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """Everything that an author says about a question besides its content. `extra`: fields of the subject's own."""

    subject: str
    title: str = ""
    external_id: str = ""
    exam: str | None = None
    exam_task_number: int | None = None
    topics: tuple[str, ...] = ()
    difficulty: Difficulty = Difficulty.MEDIUM
    source: str = ""
    licence: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True)
class Question:
    """One question over all its versions. `version` grows by one with every change, also of the status.

    `content_hash` is `domain.hashing.content_hash(content)`. `import_id` names the import that brought it.
    """

    id: QuestionId
    find_code: str
    author_id: UserId
    passport: Passport
    content: Content
    content_hash: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
    status: Status = Status.DRAFT
    attachments: tuple[Attachment, ...] = ()
    import_id: UUID | None = None
    stats: Stats = field(default_factory=Stats)

    def visible_to(self, user_id: UserId, *, operator: bool) -> bool:
        """Published questions are everyone's; the others their author's and the operators'."""
        if self.status is Status.STAGED:
            return False
        return self.status is Status.PUBLISHED or operator or user_id == self.author_id

    def require_editor(self, user_id: UserId, *, operator: bool) -> None:
        """Raise NotTheAuthor, or QuestionNotFound where the caller may not even know of the question."""
        if not self.visible_to(user_id, operator=operator):
            raise QuestionNotFound()
        if not operator and user_id != self.author_id:
            raise NotTheAuthor()

    def edit(
        self, passport: Passport, content: Content, content_hash: str, attachments: tuple[Attachment, ...], at: datetime
    ) -> None:
        if self.status is Status.RETIRED:
            raise QuestionRetired()
        self.passport, self.content, self.content_hash, self.attachments = passport, content, content_hash, attachments
        self._changed(at)

    def publish(self, at: datetime) -> bool:
        """Whether that changed anything."""
        return self._become(Status.PUBLISHED, at)

    def retire(self, at: datetime) -> bool:
        """Whether that changed anything. Versions that learners have answered stay."""
        return self._become(Status.RETIRED, at)

    def _become(self, status: Status, at: datetime) -> bool:
        if self.status is status:
            return False
        self.status = status
        self._changed(at)
        return True

    def _changed(self, at: datetime) -> None:
        self.version += 1
        self.updated_at = at


def write(
    *,
    id: QuestionId,
    find_code: str,
    author_id: UserId,
    passport: Passport,
    content: Content,
    content_hash: str,
    at: datetime,
    attachments: tuple[Attachment, ...] = (),
    status: Status = Status.DRAFT,
    import_id: UUID | None = None,
) -> Question:
    """A new question, with the rating that its difficulty label suggests."""
    return Question(
        id=id,
        find_code=find_code,
        author_id=author_id,
        passport=passport,
        content=content,
        content_hash=content_hash,
        created_at=at,
        updated_at=at,
        status=status,
        attachments=attachments,
        import_id=import_id,
        stats=Stats(rating=INITIAL_RATING[passport.difficulty]),
    )
