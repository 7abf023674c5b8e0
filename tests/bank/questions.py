"""Questions for the tests of the bank."""

import hashlib
import secrets
from datetime import UTC, datetime
from uuid import UUID

from lyceum.bank.domain.content import Accepted, Content, Kind, Option, RuleName, ScoreRule, TextFormat
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.find_codes import new_find_code
from lyceum.bank.domain.questions import Attachment, Passport, Question, Status, write
from lyceum.kernel.ids import QuestionId, UserId, uuid7

AUTHOR = UserId(UUID("018f0000-0000-7000-8000-000000000001"))
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_choice(stem: str = "Столица Франции?", **changes: object) -> Content:
    """A single choice of Paris, Lyon and Nice; the first is right."""
    options = (Option(id="a", text="Париж"), Option(id="b", text="Лион"), Option(id="c", text="Ницца"))
    fields: dict[str, object] = {
        "kind": Kind.SINGLE_CHOICE,
        "stem": stem,
        "stem_format": TextFormat.PLAIN,
        "options": options,
        "key": ("a",),
        "explanation": "Париж стоит на Сене.",
        **changes,
    }
    return Content(**fields)  # type: ignore[arg-type]


def a_number(stem: str = "Сколько будет 6 × 7?", right: str = "42") -> Content:
    return Content(
        kind=Kind.NUMERIC,
        stem=stem,
        stem_format=TextFormat.PLAIN,
        accepted=(Accepted(text=right),),
        rule=ScoreRule(name=RuleName.NUMERIC),
    )


def a_question(
    content: Content | None = None,
    *,
    subject: str = "geography",
    status: Status = Status.PUBLISHED,
    author_id: UserId = AUTHOR,
    topics: tuple[str, ...] = (),
    exam: str | None = None,
    exam_task_number: int | None = None,
    difficulty: Difficulty = Difficulty.MEDIUM,
    title: str = "",
    external_id: str = "",
    find_code: str | None = None,
    attachments: tuple[Attachment, ...] = (),
    import_id: UUID | None = None,
    at: datetime = NOW,
) -> Question:
    content = content or a_choice()
    passport = Passport(
        subject=subject,
        title=title,
        external_id=external_id,
        exam=exam,
        exam_task_number=exam_task_number,
        topics=topics,
        difficulty=difficulty,
    )
    return write(
        id=QuestionId(uuid7()),
        find_code=find_code or new_find_code(secrets.randbelow),
        author_id=author_id,
        passport=passport,
        content=content,
        content_hash=hashlib.sha256(repr(content).encode()).hexdigest()[:32],
        at=at,
        status=status,
        attachments=attachments,
        import_id=import_id,
    )
