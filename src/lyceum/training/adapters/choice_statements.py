"""The statements behind the choice of the next question, built once for each shape of filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    FromClause,
    Select,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    select,
    true,
    union_all,
)

from lyceum.platform.prepared import Prepared
from lyceum.training.adapters.tables import (
    SUBJECT,
    TOPIC,
    attempts,
    is_askable,
    is_mistake,
    items,
    progress,
    seen,
    tags,
)

FOUND = 12
"""Questions that one statement brings to choose from, on each side of the level."""
LOOK_BACK = 500
A_LOOK = 16
"""Without narrow filters one of the very oldest passes."""
AGAIN = 64
"""Answers of this training are the latest, so that among so many of the oldest there is another one if there is any."""

COLUMNS = tuple(
    items.c[name]
    for name in ("question_id", "version", "subject", "topic", "rating", "rating_variance", "options", "max_score")
)
CARD = (seen.c.stability, seen.c.difficulty.label("memory_difficulty"), seen.c.reviewed_at, seen.c.due)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Which filters are set, and how many values those have that take several.

    `tags` are topics, or the one pack; `topics` are asked of the questions of a pack or list besides. A list of
    questions names them, so that even those are found that have nothing to answer.
    """

    exam: bool = False
    subject: bool = False
    difficulty: bool = False
    tasks: int = 0
    tags: int = 0
    topics: int = 0
    questions: int = 0

    @property
    def table(self) -> FromClause:
        """Where to look: tags know all that a search among topics or in a pack asks for."""
        return tags if self.tags else items


def one_of[T](column: ColumnElement[T], name: str, count: int) -> ColumnElement[bool]:
    """The column has one of the values `name0`, `name1` …"""
    return column.in_([bindparam(f"{name}{number}", type_=column.type) for number in range(count)])


def _narrowing(shape: Shape) -> list[ColumnElement[bool]]:
    """The filters that no walk is made for."""
    table = shape.table
    found: list[ColumnElement[bool]] = []
    if shape.questions:
        found += [one_of(items.c.question_id, "question", shape.questions), items.c.published.is_(True)]
    elif not shape.tags:
        found.append(is_askable)
    for name in ("exam", "subject", "difficulty"):
        if getattr(shape, name):
            found.append(table.c[name] == bindparam(name))
    if shape.topics:
        other = tags.alias("other")
        named = one_of(other.c.tag, "topic", shape.topics)
        found.append(exists().where(named, other.c.question_id == table.c.question_id))
    if shape.tasks and (shape.tags or shape.questions):
        found.append(one_of(table.c.task_number, "task", shape.tasks))
    return found


def _among(shape: Shape) -> list[ColumnElement[bool]]:
    """Every filter, as conditions on the rows of one scan."""
    found = _narrowing(shape)
    if shape.tags:
        found.append(one_of(tags.c.tag, "tag", shape.tags))
    elif shape.tasks and not shape.questions:
        found.append(one_of(items.c.task_number, "task", shape.tasks))
    return found


def _walks(shape: Shape) -> Sequence[ColumnElement[bool]]:
    """What sets the walks apart: a tag or a task where some were named."""
    if shape.tags:
        return [tags.c.tag == bindparam(f"tag{number}") for number in range(shape.tags)]
    return [items.c.task_number == bindparam(f"task{number}") for number in range(shape.tasks)] or [true()]


def _unseen(table: FromClause) -> list[ColumnElement[bool]]:
    """A subquery for each row, on purpose: a planner that turned it into a join would read all that was ever seen."""
    known = select(true()).where(seen.c.learner_id == bindparam("learner"), seen.c.question_id == table.c.question_id)
    return [
        ~func.coalesce(known.scalar_subquery(), false()),
        table.c.question_id != bindparam("answering", type_=Uuid),
    ]


def _known_of(found: FromClause) -> Select:  # type: ignore[type-arg]
    """Questions found, with the learner's part in each one's subject, and when they last answered its topic."""
    learner: BindParameter[object] = bindparam("learner")
    part, topic = progress.alias("part"), progress.alias("topic")
    in_subject = and_(
        part.c.learner_id == learner, part.c.kind == SUBJECT, part.c.subject == found.c.subject, part.c.name == ""
    )
    of_topic = and_(
        topic.c.learner_id == learner,
        topic.c.kind == TOPIC,
        topic.c.subject == found.c.subject,
        topic.c.name == found.c.topic,
    )
    return (
        select(found, part.c.rating.label("part"), topic.c.last_at.label("topic_at"))
        .select_from(found)
        .outerjoin(part, in_subject)
        .outerjoin(topic, of_topic)
    )


def _not_in_training() -> ColumnElement[bool]:
    asked = select(true()).where(
        attempts.c.training_id == bindparam("training"), attempts.c.question_id == items.c.question_id
    )
    return ~func.coalesce(asked.scalar_subquery(), false())


@cache
def nearby(shape: Shape) -> Prepared:
    """Unseen questions next to `target`, a few on either side from every walk."""
    table, walks = shape.table, _walks(shape)
    columns = (table.c.question_id,) if shape.tags else COLUMNS
    rest = [*_narrowing(shape), *_unseen(table)]
    target = bindparam("target", type_=Float)
    parts = []
    for walk in walks:
        there = select(*columns).where(walk, *rest).limit(FOUND // len(walks))
        parts += [
            there.where(table.c.place >= target).order_by(table.c.place),
            there.where(table.c.place < target).order_by(table.c.place.desc()),
        ]
    near = union_all(*(select(part.subquery(f"part{number}")) for number, part in enumerate(parts))).subquery("near")
    if shape.tags:
        near = select(*COLUMNS).join(near, near.c.question_id == items.c.question_id).subquery("found")
    return Prepared(_known_of(near))


@cache
def of_these(shape: Shape) -> Prepared:
    """Unseen questions nearest `target`, by a scan over all that pass the filters: for lists, and for the last few."""
    table = shape.table
    target = bindparam("target", type_=Float)
    nearest = select(table.c.question_id).where(*_among(shape), *_unseen(table))
    near = nearest.order_by(func.abs(table.c.place - target)).limit(2 * FOUND).subquery("near")
    found = select(*COLUMNS).join(near, near.c.question_id == items.c.question_id).subquery("found")
    return Prepared(_known_of(found))


@cache
def due(shape: Shape, *, mistakes: bool, whole: bool) -> Prepared:
    """Of the reviews due before `at` the first that pass the filters: among as many as one looks back for, or among
    the `whole` of them."""
    past = select(seen.c.question_id, *CARD).where(
        seen.c.learner_id == bindparam("learner"),
        seen.c.due.is_not(None),
        seen.c.due <= bindparam("at", type_=seen.c.due.type),
        seen.c.question_id != bindparam("answering", type_=Uuid),
    )
    past = past.where(is_mistake) if mistakes else past
    old = (past if whole else past.order_by(seen.c.due).limit(LOOK_BACK)).subquery("old")
    passing = _among(shape)
    if shape.tags:
        passing = [exists().where(tags.c.question_id == items.c.question_id, *passing)]
    cards = (old.c.stability, old.c.memory_difficulty, old.c.reviewed_at, old.c.due)
    found = select(*COLUMNS, *cards).join(old, old.c.question_id == items.c.question_id)
    found = found.where(*passing, _not_in_training()).order_by(old.c.due).limit(FOUND)
    return Prepared(_known_of(found.subquery("found")))


@cache
def oldest(shape: Shape, *, mistakes: bool, most: int = LOOK_BACK) -> Prepared:
    """Of the `most` that the learner saw longest ago, the first that passes the filters; of all their mistakes if
    asked."""
    past = select(seen.c.question_id, seen.c.at).where(seen.c.learner_id == bindparam("learner"))
    past = past.where(is_mistake) if mistakes else past.order_by(seen.c.at).limit(most)
    old = past.subquery("old")
    passing = _among(shape)
    if shape.tags:
        passing = [exists().where(tags.c.question_id == items.c.question_id, *passing)]
    statement = select(*COLUMNS).join(old, old.c.question_id == items.c.question_id)
    return Prepared(statement.where(*passing, _not_in_training()).order_by(old.c.at).limit(1))


@cache
def again(shape: Shape, *, mistakes: bool) -> Prepared:
    """Of all that pass the filters, the one that the learner saw longest ago; of their mistakes if asked."""
    table = shape.table
    at = select(seen.c.at).where(seen.c.learner_id == bindparam("learner"), seen.c.question_id == table.c.question_id)
    seen_at = (at.where(is_mistake) if mistakes else at).scalar_subquery().label("at")
    passing = select(table.c.question_id, seen_at).where(*_among(shape)).order_by(seen_at.nulls_last())
    passed = passing.limit(AGAIN).subquery("passed")
    statement = select(*COLUMNS).join(passed, passed.c.question_id == items.c.question_id)
    return Prepared(statement.where(passed.c.at.is_not(None), _not_in_training()).order_by(passed.c.at).limit(1))
