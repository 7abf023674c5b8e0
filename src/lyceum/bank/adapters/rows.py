"""Questions as rows, and rows as questions."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from uuid import UUID

from sqlalchemy import RowMapping

from lyceum.bank.adapters import codec, search
from lyceum.bank.api import PoolItem
from lyceum.bank.domain.content import Content, Kind, TextFormat
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.questions import Passport, Question, Stats, Status
from lyceum.bank.domain.templates import render
from lyceum.bank.use_cases.pool import guesses
from lyceum.kernel.ids import QuestionId, UserId

EXCERPT = 240
LEVELS: Mapping[Difficulty, int] = {Difficulty.EASY: 1, Difficulty.MEDIUM: 2, Difficulty.HARD: 3}
DIFFICULTIES: Mapping[int, Difficulty] = {level: difficulty for difficulty, level in LEVELS.items()}
_TAG = re.compile(r"<[^>]*>")
_GAP = re.compile(r"\[\[[^\[\]\n]{1,80}\]\]")
_SPACE = re.compile(r"\s+")


def row_of(question: Question) -> dict[str, object]:
    """The whole row of a question, for an insert."""
    stats = question.stats
    return {
        "id": question.id,
        "find_code": question.find_code,
        "author_id": question.author_id,
        "created_at": question.created_at,
        "import_id": question.import_id,
        "answered": stats.answered,
        "correct": stats.correct,
        "score_sum": stats.score_sum,
        "rating": stats.rating,
        "rating_error": stats.rating_error,
        "rated_at": None,
        **changing_part(question),
    }


def changing_part(question: Question) -> dict[str, object]:
    """The columns that an edit may change; what answers change is not among them."""
    passport, content = question.passport, question.content
    return {
        "version": question.version,
        "status": question.status.value,
        "kind": content.kind.value,
        "title": passport.title,
        "external_id": passport.external_id,
        "exam": passport.exam,
        "subject": passport.subject,
        "exam_task_number": passport.exam_task_number,
        "difficulty": LEVELS[passport.difficulty],
        "topics": passport.topics,
        "updated_at": question.updated_at,
        "content_hash": question.content_hash,
        "max_score": content.max_score,
        "options": guesses(content),
        "source": passport.source,
        "licence": passport.licence,
        "extra": codec.encode_json(passport.extra) if passport.extra else "{}",
        "excerpt": excerpt(content, question.id),
        "attachments": codec.encode_attachments(question.attachments),
        "content": codec.encode_content(content),
    }


def question_of(row: RowMapping) -> Question:
    return Question(
        id=QuestionId(row["id"]),
        find_code=row["find_code"],
        author_id=UserId(row["author_id"]),
        passport=passport_of(row),
        content=codec.decode_content(row["content"]),
        content_hash=row["content_hash"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
        status=Status(row["status"]),
        attachments=codec.decode_attachments(row["attachments"]),
        import_id=row["import_id"],
        stats=Stats(
            answered=row["answered"],
            correct=row["correct"],
            score_sum=row["score_sum"],
            rating=row["rating"],
            rating_error=row["rating_error"],
        ),
    )


def passport_of(row: RowMapping) -> Passport:
    return Passport(
        subject=row["subject"],
        title=row["title"],
        external_id=row["external_id"],
        exam=row["exam"],
        exam_task_number=row["exam_task_number"],
        topics=row["topics"],
        difficulty=DIFFICULTIES[row["difficulty"]],
        source=row["source"],
        licence=row["licence"],
        extra=codec.decode_mapping(row["extra"]),
    )


def pool_item_of(row: RowMapping) -> PoolItem:
    """The same from the columns id … options of a row, without its content."""
    return PoolItem(
        id=QuestionId(row["id"]),
        version=row["version"],
        published=row["status"] == Status.PUBLISHED,
        exam=row["exam"],
        subject=row["subject"],
        exam_task_number=row["exam_task_number"],
        topics=row["topics"],
        difficulty=DIFFICULTIES[row["difficulty"]],
        kind=Kind(row["kind"]),
        max_score=row["max_score"],
        options=row["options"],
        author_id=row["author_id"],
    )


def example_seed(id: UUID) -> int:
    """The draw that stands for a parametrised question in lists and before it is answered."""
    return id.int & 0xFFFFFFFF


def excerpt(content: Content, id: UUID) -> str:
    """The beginning of the stem as plain text on one line; an example draw of a parametrised question."""
    if content.template is not None:
        content = render(content, example_seed(id))
    stem = content.stem[: EXCERPT * 20]
    if content.stem_format is TextFormat.HTML:
        stem = unescape(_TAG.sub(" ", stem))
    if content.kind is Kind.CLOZE:
        stem = _GAP.sub("…", stem)
    plain = _SPACE.sub(" ", stem).strip()
    return plain if len(plain) <= EXCERPT else plain[: EXCERPT - 1].rstrip() + "…"


def search_terms(question: Question) -> list[str]:
    """The stems by which a question is found: its texts, title, topics, and its find code."""
    passport, content = question.passport, question.content
    return search.terms_of(
        (
            question.find_code,
            passport.title,
            *passport.topics,
            content.stem,
            *(option.text for option in content.options),
            *(item.text for item in content.items),
            *(option.text for gap in content.gaps for option in gap.options),
        )
    )


def topic_rows(questions: Sequence[Question]) -> list[dict[str, object]]:
    return [
        {"subject": question.passport.subject, "topic": topic, "question_id": question.id}
        for question in questions
        for topic in dict.fromkeys(question.passport.topics)
    ]
