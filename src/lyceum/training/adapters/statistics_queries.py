"""Reading question statistics: one question by its cells, lists by index from the sums, sets."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import Content, PlayQuestions
from lyceum.kernel.errors import FieldProblem, NotFound
from lyceum.kernel.ids import QuestionId
from lyceum.platform.database import Database
from lyceum.platform.paging import BadCursor, Page, decode_cursor, encode_cursor, page
from lyceum.training.adapters.counting import SUMS
from lyceum.training.adapters.statistics_tables import cells, set_items, sets, statistics
from lyceum.training.adapters.statistics_views import (
    ListedSet,
    ListedStatistics,
    Numbers,
    QuestionStatistics,
    SetItemStatistics,
    SetStatistics,
    choices_of,
    key_of,
    numbers_of,
    words_of,
)
from lyceum.training.adapters.tables import items, seen
from lyceum.training.domain.question_signs import signs
from lyceum.training.domain.set_statistics import PART, ItemSums, SetSums
from lyceum.training.domain.statistics import UNKNOWN, Cell, Cells, Measures, Sums, distractors, random_guess

FEWEST_IN_SET = 2
MOST = 2**31 - 1

type Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class StatisticsNotFound(NotFound):
    code = "training.statistics_not_found"
    text = "There is no such question or set, or its statistics are not yours to see. Check the address."


class Order(StrEnum):
    """What a list of questions is sorted by; those of which it is not known are left out."""

    MOST_ANSWERED = "-answered"
    HARDEST = "facility"
    EASIEST = "-facility"
    WEAKEST = "discrimination"
    STRONGEST = "-discrimination"
    LEAST_EFFICIENT = "efficiency"
    MOST_EFFICIENT = "-efficiency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which questions a list holds: the caller's own, or everybody's for operators."""

    order: Order = Order.MOST_ANSWERED
    subject: str | None = None
    everybody: bool = False
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The numbers of a question, and which version is the current one."""

    version: int
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A question as read for one caller, who `knows` its answer."""

    row: Row  # type: ignore[type-arg]
    cells: Cells
    content: Content
    is_own: bool
    knows: bool

    def numbers(self) -> Numbers:
        row = self.row
        return numbers_of(self.cells, self.content, row.options, row.rating, math.sqrt(row.rating_variance))


@dataclass(frozen=True, slots=True)
class StatisticsQueries:
    """The read side of question statistics."""

    database: Database
    play: PlayQuestions

    async def question(self, actor: Actor, id: QuestionId) -> QuestionStatistics:
        """In words for learners, with numbers for its author and operators; raise StatisticsNotFound."""
        read = await self._read(actor, id)
        words = words_of(id, read.cells, read.content, knows=read.knows)
        return msgspec.structs.replace(words, numbers=read.numbers()) if read.is_own else words

    async def analysis(self, actor: Actor, id: QuestionId) -> Analysis:
        """For its author and operators; raise StatisticsNotFound."""
        read = await self._read(actor, id)
        if not read.is_own:
            raise StatisticsNotFound(id=id)
        return Analysis(version=read.row.version, numbers=read.numbers())

    async def words(self, actor: Actor, id: QuestionId) -> tuple[QuestionStatistics, str]:
        """What learners are told, and the popular mistake as safe HTML, empty where its text differs by learner."""
        read = await self._read(actor, id)
        told = words_of(id, read.cells, read.content, knows=read.knows)
        if told.popular_mistake is None or read.content.template is not None:
            return told, ""
        shown = await self.play.show(id, read.row.version, 0)
        return told, next((it.html for it in shown.options if it.id == told.popular_mistake), "")

    async def _read(self, actor: Actor, id: QuestionId) -> _Read:
        actor.require(scope="training:read")
        async with self.database.read() as connection:
            row = (await connection.execute(select(items).where(items.c.question_id == id))).one_or_none()
            own = row is not None and (actor.has(Role.OPERATOR) or _is_author(actor, row.author_id))
            if row is None or not (own or row.published):
                raise StatisticsNotFound(id=id)
            counted = await _cells(connection, id)
            met = select(seen.c.times).where(seen.c.learner_id == actor.id, seen.c.question_id == id)
            knows = own or await connection.scalar(met) is not None
        content = await self.play.content(id, row.version)
        return _Read(row=row, cells=counted, content=content, is_own=own, knows=knows)

    async def listed(self, actor: Actor, wanted: Wanted) -> Page[ListedStatistics]:
        """Questions with answers, sorted; raise BadCursor for a cursor of another list."""
        actor.require(Role.AUTHOR, scope="training:read")
        name = wanted.order.value.removeprefix("-").replace("answered", "n")
        down = wanted.order.value.startswith("-")
        key, id = statistics.c[name], statistics.c.question_id
        query = (
            select(statistics, items.c.version.label("current"), items.c.options)
            .join(items, items.c.question_id == id)
            .where(key.is_not(None))
            .order_by(*((key.desc(), id.desc()) if down else (key, id)))
            .limit(wanted.limit + 1)
        )
        if not (wanted.everybody and actor.has(Role.OPERATOR)):
            query = query.where(statistics.c.author_id == actor.id)
        if wanted.subject is not None:
            query = query.where(statistics.c.subject == wanted.subject)
        if wanted.cursor:
            order, last, last_id = decode_cursor(wanted.cursor, tuple[Order, float, UUID])
            if order is not wanted.order:
                problem = FieldProblem("cursor", "bad_cursor", "The cursor is of a list sorted otherwise.")
                raise BadCursor(problems=[problem])
            if key is statistics.c.n:
                last = int(min(max(last, 0), MOST))
            beyond = key < last if down else key > last
            query = query.where(or_(beyond, and_(key == last, id < last_id if down else id > last_id)))
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
            responses = await _responses(connection, [row.question_id for row in rows])
        values = {row.question_id: float(getattr(row, name)) for row in rows}
        found = [await self._listed(row, responses.get(row.question_id, {})) for row in rows]
        return page(
            found,
            wanted.limit,
            lambda it: encode_cursor(wanted.order.value, values[it.question_id], str(it.question_id)),
        )

    async def _listed(self, row: Row, responses: Cells) -> ListedStatistics:  # type: ignore[type-arg]
        content: Content = await self.play.content(QuestionId(row.question_id), row.current)
        sums = Sums(**{name: getattr(row, name) for name in SUMS})
        measures = Measures(
            answered=sums.n,
            measured=sums.known,
            facility=row.facility,
            deviation=sums.deviation,
            discrimination=row.discrimination,
            efficiency=row.efficiency,
        )
        guess = random_guess(content.kind, row.options)
        return ListedStatistics(
            question_id=row.question_id,
            subject=row.subject,
            answered=sums.n,
            measured=sums.known,
            facility=row.facility,
            discrimination=row.discrimination,
            efficiency=row.efficiency,
            signs=signs(measures, guess, distractors(responses), choices_of(content), key_of(content)),
        )

    async def sets(
        self, actor: Actor, *, source: UUID | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[ListedSet]:
        """Sets that two learners or more have answered, the most answered first."""
        actor.require(Role.AUTHOR, scope="training:read")
        query = select(sets).where(sets.c.n >= FEWEST_IN_SET).order_by(sets.c.n.desc(), sets.c.id.desc())
        if not actor.has(Role.OPERATOR):
            query = query.where(sets.c.author_id == actor.id)
        if source is not None:
            query = query.where(sets.c.source_id == source)
        if cursor:
            last, last_id = decode_cursor(cursor, tuple[Count, UUID])
            query = query.where(or_(sets.c.n < last, and_(sets.c.n == last, sets.c.id < last_id)))
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(limit + 1))).all()
            questions = await _set_items(connection, [row.id for row in rows])
        found = [_listed_set(row, _set_sums(row, questions.get(row.id, ()))) for row in rows]
        return page(found, limit, lambda it: encode_cursor(it.learners, str(it.id)))

    async def set(self, actor: Actor, id: UUID) -> SetStatistics:
        """Raise StatisticsNotFound, also for sets with questions of other authors."""
        actor.require(Role.AUTHOR, scope="training:read")
        async with self.database.read() as connection:
            row = (await connection.execute(select(sets).where(sets.c.id == id))).one_or_none()
            if row is None or not (actor.has(Role.OPERATOR) or _is_author(actor, row.author_id)):
                raise StatisticsNotFound(id=id)
            questions = (await _set_items(connection, [id])).get(id, ())
        sums = _set_sums(row, questions)
        whole, weights = _listed_set(row, sums), sums.weights()
        own = [
            SetItemStatistics(
                question_id=it.question_id,
                max_score=it.max_score,
                facility=it.points / (PART * sums.n * it.max_score) if sums.n and it.max_score else 0.0,
                weight=weights[QuestionId(it.question_id)],
            )
            for it in questions
        ]
        return SetStatistics(
            id=whole.id,
            kind=whole.kind,
            source_id=whole.source_id,
            size=whole.size,
            learners=whole.learners,
            mean=whole.mean,
            deviation=whole.deviation,
            alpha=whole.alpha,
            items=own,
        )


def _is_author(actor: Actor, author_id: UUID | None) -> bool:
    return author_id is not None and author_id == actor.id and actor.has(Role.AUTHOR)


async def _cells(connection: AsyncConnection, id: UUID) -> Cells:
    rows = await connection.execute(select(cells).where(cells.c.question_id == id))
    return {Cell(row.version, row.response, row.mark, row.rest): row.n for row in rows}


async def _responses(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, Cells]:
    """What was chosen of each question, with the mean rest score in place of each one."""
    known = cells.c.rest != UNKNOWN
    query = (
        select(
            cells.c.question_id,
            cells.c.response,
            known.label("known"),
            func.sum(cells.c.n).label("n"),
            func.sum(cells.c.n * cells.c.rest).label("rest"),
        )
        .where(cells.c.question_id.in_(ids))
        .group_by(cells.c.question_id, cells.c.response, known)
    )
    found: dict[UUID, Counter[Cell]] = {}
    for row in await connection.execute(query):
        rest = round(int(row.rest) / int(row.n)) if row.known else UNKNOWN
        found.setdefault(row.question_id, Counter())[Cell(0, row.response, 0, rest)] += int(row.n)
    return found


async def _set_items(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Row]]:  # type: ignore[type-arg]
    found: dict[UUID, list[Row]] = {}  # type: ignore[type-arg]
    query = select(set_items).where(set_items.c.set_id.in_(ids)).order_by(set_items.c.set_id, set_items.c.question_id)
    for row in await connection.execute(query):
        found.setdefault(row.set_id, []).append(row)
    return found


def _set_sums(row: Row, questions: Sequence[Row]) -> SetSums:  # type: ignore[type-arg]
    own = {
        QuestionId(it.question_id): ItemSums(
            points=it.points, points_points=it.points_points, points_total=it.points_total
        )
        for it in questions
    }
    return SetSums(n=row.n, total=row.total, total_total=row.total_total, items=own)


def _listed_set(row: Row, sums: SetSums) -> ListedSet:  # type: ignore[type-arg]
    return ListedSet(
        id=row.id,
        kind=row.kind,
        source_id=row.source_id,
        size=row.size,
        learners=sums.n,
        mean=sums.mean,
        deviation=sums.deviation,
        alpha=sums.alpha,
    )
