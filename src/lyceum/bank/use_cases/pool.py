"""What is told to other contexts when questions change."""

from collections.abc import Iterable, Iterator
from itertools import batched

from lyceum.bank.api import PoolItem, QuestionsChanged
from lyceum.bank.domain.content import Content, Kind
from lyceum.bank.domain.questions import Question, Status

EVENT_ITEMS = 500


def pool_item(question: Question) -> PoolItem:
    passport, content = question.passport, question.content
    return PoolItem(
        id=question.id,
        version=question.version,
        published=question.status is Status.PUBLISHED,
        exam=passport.exam,
        subject=passport.subject,
        exam_task_number=passport.exam_task_number,
        topics=passport.topics,
        difficulty=passport.difficulty,
        kind=content.kind,
        max_score=content.max_score,
        options=guesses(content),
        author_id=question.author_id,
    )


def changes(items: Iterable[PoolItem]) -> Iterator[QuestionsChanged]:
    """The events that tell of `items`, as many as it takes."""
    return (QuestionsChanged(part) for part in batched(items, EVENT_ITEMS))


def guesses(content: Content) -> int:
    """How many choices a guesser picks from; 0 for typed answers."""
    if content.kind is Kind.TRUE_FALSE:
        return 2
    if content.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.MATCHING}:
        return min(len(content.options), 32_767)
    return len(content.items) if content.kind is Kind.ORDERING else 0
