"""What the bank learns from answers, and from the statistics that the trainer makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, case, or_, update

from lyceum.bank.adapters.tables import questions
from lyceum.bank.api import Measured, QuestionAnswered, QuestionsMeasured
from lyceum.platform.database import SqlTransaction, UTCDateTime

_later = or_(questions.c.rated_at.is_(None), questions.c.rated_at < bindparam("at", type_=UTCDateTime))
_count = (
    update(questions)
    .where(questions.c.id == bindparam("of"))
    .values(
        answered=questions.c.answered + bindparam("more_answered"),
        correct=questions.c.correct + bindparam("more_correct"),
        score_sum=questions.c.score_sum + bindparam("more_score"),
        rating=case((_later, bindparam("new_rating")), else_=questions.c.rating),
        rating_error=case((_later, bindparam("new_error")), else_=questions.c.rating_error),
        rated_at=case((_later, bindparam("at", type_=UTCDateTime)), else_=questions.c.rated_at),
    )
)

_measure = (
    update(questions)
    .where(
        questions.c.id == bindparam("of"),
        or_(questions.c.measured_at.is_(None), questions.c.measured_at < bindparam("at", type_=UTCDateTime)),
    )
    .values(discrimination=bindparam("now"), measured_at=bindparam("at", type_=UTCDateTime))
)


@dataclass(slots=True)
class _Sums:
    answered: int = 0
    correct: int = 0
    score: float = 0.0
    last: QuestionAnswered | None = None


@dataclass(frozen=True, slots=True)
class CountAnswers:
    """Adds answers to the running sums of their questions: one update a question, however many answers.

    Sums are over first answers, as the facility of a question is defined. The rating is taken from the latest answer,
    in whatever order they come. The relay commits the sums together with its mark "delivered", so none counts twice.
    """

    transaction: SqlTransaction

    async def __call__(self, events: Sequence[QuestionAnswered]) -> None:
        sums: dict[UUID, _Sums] = {}
        for event in events:
            own = sums.setdefault(event.question_id, _Sums())
            if event.first:
                own.answered += 1
                own.correct += event.correct
                own.score += event.score / event.max_score if event.max_score else 0.0
            if own.last is None or event.at > own.last.at:
                own.last = event
        rows = [
            {
                "of": id,
                "more_answered": own.answered,
                "more_correct": own.correct,
                "more_score": own.score,
                "new_rating": own.last.rating,
                "new_error": own.last.rating_error,
                "at": own.last.at,
            }
            for id, own in sorted(sums.items())
            if own.last is not None
        ]
        if rows:
            await self.transaction.connection.execute(_count, rows)


@dataclass(frozen=True, slots=True)
class KeepMeasures:
    """Keeps the latest discrimination of each question, in whatever order the events come."""

    transaction: SqlTransaction

    async def __call__(self, events: Sequence[QuestionsMeasured]) -> None:
        latest: dict[UUID, tuple[datetime, Measured]] = {}
        for event in sorted(events, key=lambda it: it.at):
            latest |= {item.question_id: (event.at, item) for item in event.items}
        rows = [{"of": id, "now": item.discrimination, "at": at} for id, (at, item) in sorted(latest.items())]
        if rows:
            await self.transaction.connection.execute(_measure, rows)


SUBSCRIBERS: dict[type, type] = {QuestionAnswered: CountAnswers, QuestionsMeasured: KeepMeasures}
