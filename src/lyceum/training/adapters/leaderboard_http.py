"""REST of the leaderboard."""

from collections.abc import Sequence
from typing import Annotated

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromQuery, QueryParameter

from lyceum.accounts.api import Actor
from lyceum.platform.paging import Limit
from lyceum.training.adapters import examples
from lyceum.training.adapters.leaderboard import Leaderboard, ReadLeaderboard
from lyceum.training.domain.leaderboard import Period

Subject = Annotated[str | None, QueryParameter(max_length=40, description="Points in this subject alone.")]


class LeaderboardController(Controller):
    """Who earned most in the week, the month, or ever."""

    path = "/api/training/leaderboard"
    tags: Sequence[str] | None = ("training",)

    @get(
        operation_id="leaderboard",
        summary="The leaderboard with one's own place",
        description=(
            "A question brings the share of its points that the learner earned, once a period: by their first answer "
            "to it in that week, month, or ever; right at once is one point. Practice and reviews count, exams and "
            "events have standings of their own. Equal points share a place. Who left the leaderboard "
            "(`PATCH /api/training/me/settings`) is seen by nobody else; guests have no points."
        ),
        responses={
            200: ResponseSpec(
                Leaderboard, generate_examples=False, examples=[Example(id="a week", value=examples.LEADERBOARD)]
            )
        },
    )
    @inject
    async def board(
        self,
        actor: FromDishka[Actor],
        read: FromDishka[ReadLeaderboard],
        period: FromQuery[Period] = Period.WEEK,
        subject: Subject = None,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Leaderboard:
        return await read(actor, period, subject, limit=limit, cursor=cursor)


CONTROLLERS = [LeaderboardController]
