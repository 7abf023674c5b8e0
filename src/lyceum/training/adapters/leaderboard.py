"""The leaderboard: whole periods by points, along an index, and one's own place in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.accounts.api import Actor, People
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.paging import decode_cursor, encode_cursor
from lyceum.training.adapters.tables import learner_settings, scores
from lyceum.training.domain.leaderboard import WHOLE, Period


class Last(msgspec.Struct, frozen=True, array_like=True):
    """The last row of a page: its points, since when, and whose."""

    points: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    reached_at: Annotated[datetime, msgspec.Meta(tz=True)]
    learner_id: UUID


class BoardLine(msgspec.Struct, frozen=True, kw_only=True):
    """A learner's place by `points`; equals share it. `name` is empty for one who has not chosen any."""

    place: int
    name: str
    points: float
    answers: int
    is_you: bool


class OwnPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's own; `listed` says whether others see them."""

    place: int
    points: float
    answers: int
    listed: bool


class Leaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """The period that goes on, by points. `total` learners are listed; `you` is null without points in it, and for
    guests. `begins` and `ends` are null for all times."""

    period: Period
    begins: date | None
    ends: date | None
    subject: str | None
    total: int
    you: OwnPlace | None
    items: Sequence[BoardLine]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ReadLeaderboard:
    """Anybody signed in reads it. People who opted out are not in it for others, guests have no points."""

    database: Database
    people: People
    zone: ZoneInfo

    async def __call__(
        self, actor: Actor, period: Period, subject: str | None, *, limit: int, cursor: str | None
    ) -> Leaderboard:
        actor.require(scope="training:read")
        day = datetime.now(UTC).astimezone(self.zone).date()
        board = and_(
            scores.c.period == period.value,
            scores.c.begins == period.begins(day),
            scores.c.subject == (subject or ""),
        )
        last = decode_cursor(cursor, Last) if cursor else None
        async with self.database.read() as connection:
            rows = (await connection.execute(_page(board, limit, last))).all()
            lines = await _placed(connection, board, rows[:limit], last)
            total = await _count(connection, board)
            own = await _own(connection, board, actor.id)
        names = await self.people.names([UserId(row.learner_id) for row, _ in lines])
        return Leaderboard(
            period=period,
            begins=None if period is Period.ALL else period.begins(day),
            ends=period.ends(day),
            subject=subject,
            total=total,
            you=own,
            items=[
                BoardLine(
                    place=place,
                    name=names[UserId(row.learner_id)],
                    points=row.points / WHOLE,
                    answers=row.answers,
                    is_you=row.learner_id == actor.id,
                )
                for row, place in lines
                if row.learner_id in names
            ],
            next_cursor=_cursor_of(rows[limit - 1]) if len(rows) > limit else None,
        )


def _listed() -> ColumnElement[bool]:
    """Whom others may see."""
    hidden = exists().where(
        learner_settings.c.learner_id == scores.c.learner_id, learner_settings.c.on_leaderboard.is_(False)
    )
    return ~hidden


def _page(board: ColumnElement[bool], limit: int, last: Last | None) -> Select:  # type: ignore[type-arg]
    query = select(scores.c.learner_id, scores.c.points, scores.c.answers, scores.c.reached_at).where(board, _listed())
    if last is not None:
        query = query.where(_after(last))
    order = (scores.c.points.desc(), scores.c.reached_at, scores.c.learner_id)
    return query.order_by(*order).limit(limit + 1)


def _after(last: Last) -> ColumnElement[bool]:
    later = or_(
        scores.c.reached_at > last.reached_at,
        and_(scores.c.reached_at == last.reached_at, scores.c.learner_id > last.learner_id),
    )
    return and_(scores.c.points <= last.points, or_(scores.c.points < last.points, later))


async def _placed(
    connection: AsyncConnection,
    board: ColumnElement[bool],
    rows: Sequence[Row],  # type: ignore[type-arg]
    last: Last | None,
) -> Sequence[tuple[Row, int]]:  # type: ignore[type-arg]
    """Rows in their order with their places: one more than there are learners with more points."""
    if not rows:
        return []
    place = 1 + await _count(connection, board, scores.c.points > rows[0].points)
    before = await _count(connection, board, ~_after(last)) if last else 0
    found = [(rows[0], place)]
    for number, row in enumerate(rows[1:], before + 2):
        place = place if row.points == found[-1][0].points else number
        found.append((row, place))
    return found


async def _count(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(scores).where(*conditions, _listed())
    return await connection.scalar(query) or 0


async def _own(connection: AsyncConnection, board: ColumnElement[bool], learner: UserId) -> OwnPlace | None:
    hidden = select(learner_settings.c.on_leaderboard).where(learner_settings.c.learner_id == learner)
    mine = select(scores, hidden.scalar_subquery().label("listed")).where(board, scores.c.learner_id == learner)
    row = (await connection.execute(mine)).one_or_none()
    if row is None:
        return None
    above = await _count(connection, board, scores.c.points > row.points, scores.c.learner_id != learner)
    return OwnPlace(
        place=above + 1, points=row.points / WHOLE, answers=row.answers, listed=row.listed is None or bool(row.listed)
    )


def _cursor_of(row: Row) -> str:  # type: ignore[type-arg]
    return encode_cursor(row.points, row.reached_at.isoformat(), str(row.learner_id))
