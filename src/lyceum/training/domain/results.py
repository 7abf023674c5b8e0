"""What a training came to: sums, and the answers one by one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lyceum.training.domain.trainings import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Answers counted. `accuracy` is the share of points earned (0..1), null before the first answer."""

    answered: int = 0
    correct: int = 0
    score: float = 0.0
    max_score: float = 0.0
    accuracy: float | None = None

    @classmethod
    def of(cls, answered: int, correct: int, score: float, max_score: float) -> "Sums":
        return cls(
            answered=answered,
            correct=correct,
            score=round(score, 5),
            max_score=round(max_score, 5),
            accuracy=round(score / max_score, 4) if max_score else None,
        )

    @classmethod
    def total(cls, parts: Iterable["Sums"]) -> "Sums":
        some = list(parts)
        return cls.of(
            sum(it.answered for it in some),
            sum(it.correct for it in some),
            sum(it.score for it in some),
            sum(it.max_score for it in some),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryItem:
    """An answered attempt. `find_code` finds its question; empty in lists that do not look it up."""

    attempt_id: UUID
    training_id: UUID
    question_id: UUID
    version: int
    subject: str
    topic: str
    task_number: int | None
    verdict: Verdict
    score: float
    max_score: float
    answered_at: datetime
    elapsed_ms: int | None
    channel: str = ""
    find_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a training went, as a whole, by topic and by task, and question by question in the order asked."""

    training_id: UUID
    started_at: datetime
    finished_at: datetime | None
    total: Sums
    elapsed_ms: int
    topics: Mapping[str, Sums]
    tasks: Mapping[int, Sums]
    attempts: Sequence[HistoryItem]

    @classmethod
    def of(
        cls, id: UUID, started_at: datetime, finished_at: datetime | None, attempts: Sequence[HistoryItem]
    ) -> "Result":
        return cls(
            training_id=id,
            started_at=started_at,
            finished_at=finished_at,
            total=_sum_up(attempts),
            elapsed_ms=sum(item.elapsed_ms or 0 for item in attempts),
            topics=_grouped(attempts, lambda item: item.topic),
            tasks=_grouped(attempts, lambda item: item.task_number),
            attempts=attempts,
        )


def _grouped[K](attempts: Sequence[HistoryItem], key_of: Callable[[HistoryItem], K | None]) -> dict[K, Sums]:
    groups: dict[K, list[HistoryItem]] = {}
    for item in attempts:
        if item.max_score > 0 and (key := key_of(item)) is not None:
            groups.setdefault(key, []).append(item)
    return {key: _sum_up(items) for key, items in groups.items()}


def _sum_up(attempts: Sequence[HistoryItem]) -> Sums:
    """A text that was only read is no answer; one that waits for a grader has no points yet."""
    marked = [item for item in attempts if item.max_score > 0]
    graded = [item for item in marked if item.verdict is not Verdict.PENDING]
    return Sums.of(
        len(marked),
        sum(item.verdict is Verdict.CORRECT for item in marked),
        sum(item.score for item in graded),
        sum(item.max_score for item in graded),
    )
