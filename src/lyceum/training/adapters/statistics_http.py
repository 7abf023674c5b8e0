"""REST of question statistics."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, FromQuery, QueryParameter

from lyceum.accounts.api import Actor
from lyceum.kernel.ids import QuestionId
from lyceum.platform.paging import Limit, Page
from lyceum.training.adapters import statistics_examples as examples
from lyceum.training.adapters.rating_checks import RatingChecks, ReadChecks
from lyceum.training.adapters.statistics_queries import Order, StatisticsQueries, Wanted
from lyceum.training.adapters.statistics_views import (
    ListedSet,
    ListedStatistics,
    QuestionStatistics,
    SetStatistics,
)

Subject = Annotated[str | None, QueryParameter(max_length=40, description="Only this subject's.")]
Everybody = Annotated[bool, QueryParameter(description="Everybody's questions, for operators.")]
Pack = Annotated[UUID | None, QueryParameter(description="Only sets of this pack.")]


class StatisticsController(Controller):
    """How questions do, over first answers in finished trainings."""

    path = "/api/training"
    tags: Sequence[str] | None = ("statistics",)

    @get(
        "/questions/{id:uuid}/statistics",
        operation_id="question_statistics",
        summary="What others make of a question",
        description=(
            "Learners get words: whether most, about half or few solve it, and, once they have answered, a mistake "
            "that many make. The author and operators get the numbers too. Only finished trainings count, each "
            "learner with their first answer; what was given up earned nothing."
        ),
        responses={
            200: ResponseSpec(
                QuestionStatistics,
                examples=[
                    Example(id="for a learner", value=examples.WORDS),
                    Example(id="for the author", value=examples.NUMBERS),
                ],
            )
        },
    )
    @inject
    async def question(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[StatisticsQueries]
    ) -> QuestionStatistics:
        return await queries.question(actor, QuestionId(id))

    @get(
        "/questions/statistics",
        operation_id="list_question_statistics",
        summary="One's own questions by their statistics",
        description="Questions of which the sort key is not known yet are left out. Operators may list everybody's.",
        responses={
            200: ResponseSpec(Page[ListedStatistics], examples=[Example(id="a page", value=examples.LISTED)]),
        },
    )
    @inject
    async def listed(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[StatisticsQueries],
        sort: FromQuery[Order] = Order.MOST_ANSWERED,
        subject: Subject = None,
        everybody: Everybody = False,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[ListedStatistics]:
        wanted = Wanted(order=sort, subject=subject, everybody=everybody, limit=limit, cursor=cursor)
        return await queries.listed(actor, wanted)

    @get(
        "/sets",
        operation_id="list_sets",
        summary="Sets of questions that were answered as a whole, with their reliability",
        description="Packs, exam variants, events and chosen lists, whose questions are all the caller's own.",
        responses={200: ResponseSpec(Page[ListedSet], examples=[Example(id="a page", value=examples.SETS)])},
    )
    @inject
    async def sets(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[StatisticsQueries],
        pack: Pack = None,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[ListedSet]:
        return await queries.sets(actor, source=pack, limit=limit, cursor=cursor)

    @get(
        "/sets/{id:uuid}",
        operation_id="set_statistics",
        summary="One set: Cronbach's alpha, and the weight of each question",
        description="A learner counts once, with the first time they finished it. 404 where other authors have a part.",
        responses={200: ResponseSpec(SetStatistics, examples=[Example(id="a set", value=examples.SET)])},
    )
    @inject
    async def one_set(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[StatisticsQueries]
    ) -> SetStatistics:
        return await queries.set(actor, id)

    @get(
        "/ratings/checks",
        operation_id="rating_checks",
        summary="How online ratings do against the nightly fit",
        description=(
            "Every night a model with one parameter (Rasch) is fitted to all first answers. The figures of the last "
            "nights, and the questions whose online rating strayed from the latest fit: an author's own, everybody's "
            "for operators. An operator checks at any time with a task of the kind `check_ratings`."
        ),
        responses={200: ResponseSpec(RatingChecks, examples=[Example(id="a night", value=examples.CHECKS)])},
    )
    @inject
    async def checks(self, actor: FromDishka[Actor], read: FromDishka[ReadChecks]) -> RatingChecks:
        return await read(actor)


CONTROLLERS = [StatisticsController]
