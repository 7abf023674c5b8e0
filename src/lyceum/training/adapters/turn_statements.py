"""The statements of an answer, built once.

What others change at the same time is written so that it adds up: sums as differences, ratings as shifts of whatever
stands there (`domain.elo.Shift`), in one statement for all sums of a learner.
"""

from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from lyceum.platform.prepared import Prepared
from lyceum.training.adapters.repositories import ATTEMPT, TRAINING
from lyceum.training.adapters.tables import SUBJECT, attempts, items, learners, progress, scores, seen, tags, trainings
from lyceum.training.domain.elo import LEAST_LEARNER_ERROR, LEAST_QUESTION_ERROR

DIALECTS = ("sqlite", "postgresql")
type Kinds = tuple[str, ...]
"""Which sums an answer adds to: of the day, the subject, the task, the topic, in this order."""


_KNOWN = (
    items.c.kind,
    items.c.subject,
    items.c.topic,
    items.c.task_number,
    items.c.options,
    items.c.rating.label("item_rating"),
    items.c.rating_variance.label("item_variance"),
    items.c.place,
    items.c.answered.label("item_answers"),
    items.c.elapsed_ms.label("item_elapsed_ms"),
    progress.c.rating.label("part"),
    progress.c.rating_variance.label("part_variance"),
    learners.c.rating.label("overall"),
    learners.c.rating_variance.label("overall_variance"),
    learners.c.streak,
    learners.c.best_streak,
    learners.c.last_day,
    seen.c.times,
    seen.c.at.label("seen_at"),
    seen.c.stability,
    seen.c.difficulty.label("memory_difficulty"),
    seen.c.reviewed_at,
    seen.c.due,
)


def _situation() -> Select:  # type: ignore[type-arg]
    learner: BindParameter[object] = bindparam("learner")
    in_subject = and_(
        progress.c.learner_id == learner,
        progress.c.kind == SUBJECT,
        progress.c.subject == items.c.subject,
        progress.c.name == "",
    )
    cards = seen.alias("cards")
    next_due = select(func.min(cards.c.due)).where(cards.c.learner_id == learner, cards.c.due.is_not(None))
    return (
        select(
            *ATTEMPT,
            *TRAINING,
            *_KNOWN,
            next_due.scalar_subquery().label("next_due"),
        )
        .select_from(attempts)
        .join(trainings, trainings.c.id == attempts.c.training_id)
        .join(items, items.c.question_id == attempts.c.question_id)
        .outerjoin(progress, in_subject)
        .outerjoin(learners, learners.c.learner_id == learner)
        .outerjoin(seen, and_(seen.c.learner_id == learner, seen.c.question_id == items.c.question_id))
        .where(attempts.c.training_id == bindparam("training"), attempts.c.learner_id == learner)
    )


NAMED = Prepared(_situation().where(attempts.c.id == bindparam("attempt")))
WAITING = Prepared(_situation().where(attempts.c.answered_at.is_(None)))
CLOSE = Prepared(
    update(attempts).where(attempts.c.id == bindparam("attempt"), attempts.c.answered_at.is_(None)),
    *("answered_at", "answer", "score", "max_score", "verdict", "elapsed_ms", "channel"),
)


def _left(variance: ColumnElement[float], of: str) -> ColumnElement[float]:
    """The variance after the shift `of`."""
    return variance / (1 + bindparam(f"{of}_gain", type_=Float) * variance)


def _moved(table: Table, of: str) -> ColumnElement[float]:
    value, variance = table.c.rating, table.c.rating_variance
    return value + bindparam(f"{of}_push", type_=Float) * _left(variance, of)


def _settled(table: Table, of: str, least: float) -> ColumnElement[float]:
    left = _left(table.c.rating_variance, of)
    return case((left < least**2, least**2), else_=left)


_RATING = (
    update(items)
    .where(items.c.question_id == bindparam("question"))
    .values(
        answered=items.c.answered + 1,
        correct=items.c.correct + bindparam("is_correct"),
        score_sum=items.c.score_sum + bindparam("share"),
        elapsed_ms=items.c.elapsed_ms + bindparam("spent_ms"),
        rating=_moved(items, "question"),
        rating_variance=_settled(items, "question", LEAST_QUESTION_ERROR),
    )
)
RATE = Prepared(_RATING)
RATE_AND_RESHELVE = Prepared(_RATING.values(place=func.coalesce(bindparam("new_place", type_=Float), items.c.place)))
"""Without a new place the question stays where it is."""
RESHELVE = Prepared(
    update(tags).where(tags.c.question_id == bindparam("question")).values(place=bindparam("new_place"))
)

_SEEN = ("learner_id", "question_id", "attempt_id", "at", "verdict", "mistake", "times", "first_attempt_id")
_CARD = ("stability", "difficulty", "reviewed_at", "due")


@cache
def see(dialect: str, *, guarded: bool, card: bool) -> Prepared:
    """Note an answer, with its card if it was a review. Guarded, it finds no row when another answer to the question
    came since `known` of them had been read: a card follows from the one before."""
    new = _insert(dialect, seen)
    names = ("attempt_id", "at", "verdict", "mistake", *(_CARD if card else ()))
    change = {name: new.excluded[name] for name in names}
    known = seen.c.times == bindparam("known") if guarded else None
    upsert = new.on_conflict_do_update(
        index_elements=["learner_id", "question_id"], set_=change | {"times": seen.c.times + 1}, where=known
    )
    return Prepared(upsert, *_SEEN, *(_CARD if card else ()))


@cache
def keep_learner(dialect: str) -> Prepared:
    """The streak, by the later day, and what the answer says of the part that all subjects share."""
    new = _insert(dialect, learners)
    later = learners.c.last_day < new.excluded.last_day
    streak = {
        name: case((later, new.excluded[name]), else_=learners.c[name])
        for name in ("streak", "best_streak", "last_day")
    }
    rating = {
        "rating": _moved(learners, "overall"),
        "rating_variance": _settled(learners, "overall", LEAST_LEARNER_ERROR),
    }
    upsert = new.on_conflict_do_update(index_elements=["learner_id"], set_=streak | rating)
    return Prepared(upsert, "learner_id", "streak", "best_streak", "last_day", "rating", "rating_variance")


@cache
def count(dialect: str, kinds: Kinds) -> Prepared:
    """Add an answer to the sums of these kinds, the ability of the day and of the subject among them."""
    new = _insert(dialect, progress).values([_sums(kind) for kind in kinds])
    sums = {
        name: progress.c[name] + new.excluded[name]
        for name in ("answered", "correct", "score", "max_score", "elapsed_ms")
    }
    of_subject = progress.c.kind == "subject"
    change = sums | {
        "last_at": new.excluded.last_at,
        "rating": case((of_subject, _moved(progress, "subject")), else_=new.excluded.rating),
        "rating_variance": case(
            (of_subject, _settled(progress, "subject", LEAST_LEARNER_ERROR)), else_=new.excluded.rating_variance
        ),
    }
    return Prepared(new.on_conflict_do_update(index_elements=["learner_id", "kind", "subject", "name"], set_=change))


@cache
def score(dialect: str, periods: int) -> Prepared:
    """Add points in so many periods, in the subject and over all."""
    rows = [_scored(number, subject) for number in range(periods) for subject in ("subject", "all_subjects")]
    new = _insert(dialect, scores).values(rows)
    change: dict[str, object] = {name: scores.c[name] + new.excluded[name] for name in ("points", "answers")}
    change["reached_at"] = new.excluded.reached_at
    return Prepared(
        new.on_conflict_do_update(index_elements=["learner_id", "period", "begins", "subject"], set_=change)
    )


def _scored(number: int, subject: str) -> dict[str, object]:
    row: dict[str, object] = {
        name: bindparam(f"scored_{name}", type_=scores.c[name].type)
        for name in ("learner_id", "points", "answers", "reached_at")
    }
    for name in ("period", "begins"):
        row[name] = bindparam(f"{name}{number}", type_=scores.c[name].type)
    return row | {"subject": bindparam(f"scored_{subject}", type_=scores.c.subject.type)}


def _sums(kind: str) -> dict[str, object]:
    row: dict[str, object] = {
        name: bindparam(f"new_{name}", type_=progress.c[name].type)
        for name in ("learner_id", "answered", "correct", "score", "max_score", "elapsed_ms", "last_at", "subject")
    }
    row |= {"kind": kind, "name": bindparam(f"{kind}_name", type_=progress.c.name.type)}
    rated = kind in {"day", "subject"}
    for name in ("rating", "rating_variance"):
        row[name] = bindparam(f"{kind}_{name}", type_=Float) if rated else None
    return row


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
