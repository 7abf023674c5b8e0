"""REST of grading by people, and of extra time."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import AttemptId, UserId
from lyceum.platform.paging import Limit, Page
from lyceum.training.adapters.gradings import GradingQueries
from lyceum.training.domain.grading import Waiting
from lyceum.training.use_cases.accommodations import (
    AccommodationView,
    NewAccommodation,
    ReadAccommodation,
    SetAccommodation,
)
from lyceum.training.use_cases.grading import (
    DecideAppeal,
    GiveGrade,
    GradingView,
    NewGrade,
    NextGrading,
    ReadGrading,
    TakeGrading,
)

Subject = Annotated[str | None, QueryParameter(max_length=40, description="Only this subject's.")]


class GradingController(Controller):
    """Answers that people grade: two who do not know of each other, a third where they differ."""

    path = "/api/training/grading"
    tags: Sequence[str] | None = ("grading",)

    @get(
        operation_id="grading_queue",
        summary="Answers that wait for the caller, the longest first",
        description="For authors. Not whose they are; one's own, and those one has graded, are left out.",
    )
    @inject
    async def queue(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[GradingQueries],
        subject: Subject = None,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[Waiting]:
        grader = actor.require(Role.AUTHOR, scope="training:read").id
        return await queries.queue(grader, limit=limit, cursor=cursor, subject=subject)

    @post(
        "/next",
        status_code=200,
        operation_id="take_grading",
        summary="Take the answer that has waited longest",
        description="One of its places is theirs for two hours; who holds one gets it again. 404 when none waits.",
    )
    @inject
    async def take(
        self, actor: FromDishka[Actor], take: FromDishka[TakeGrading], data: JSONBody[NextGrading | None] = None
    ) -> GradingView:
        return await take(actor, data or NextGrading())

    @get(
        "/{id:uuid}",
        operation_id="get_grading",
        summary="An answer to grade, or one that was settled",
        description="The id is that of the attempt. Other opinions are shown once the score is settled.",
    )
    @inject
    async def one(self, id: FromPath[UUID], actor: FromDishka[Actor], read: FromDishka[ReadGrading]) -> GradingView:
        return await read(actor, AttemptId(id))

    @post(
        "/{id:uuid}/grades",
        status_code=200,
        operation_id="give_grade",
        summary="Give points by the criteria",
        description="The second opinion settles the score, or the third where two differ by the rule of the exam.",
    )
    @inject
    async def give(
        self, id: FromPath[UUID], data: JSONBody[NewGrade], actor: FromDishka[Actor], give: FromDishka[GiveGrade]
    ) -> GradingView:
        return await give(actor, AttemptId(id), data)

    @post(
        "/{id:uuid}/appeal",
        status_code=200,
        operation_id="decide_appeal",
        summary="Decide an appeal: these points count from now on",
        description="For operators who have not graded the answer. The opinions before stay to be read.",
    )
    @inject
    async def appeal(
        self, id: FromPath[UUID], data: JSONBody[NewGrade], actor: FromDishka[Actor], decide: FromDishka[DecideAppeal]
    ) -> GradingView:
        return await decide(actor, AttemptId(id), data)


class AccommodationController(Controller):
    """Extra time of learners."""

    path = "/api/training/accommodations"
    tags: Sequence[str] | None = ("grading",)

    @get(
        "/{id:uuid}",
        operation_id="get_accommodation",
        summary="A learner's extra time",
        description="For authors. 404 when the learner has none.",
    )
    @inject
    async def one(
        self, id: FromPath[UUID], actor: FromDishka[Actor], read: FromDishka[ReadAccommodation]
    ) -> AccommodationView:
        return await read(actor, UserId(id))

    @put(
        "/{id:uuid}",
        operation_id="set_accommodation",
        summary="Give a learner extra time from the next sitting on",
        description="For authors. Minutes on top of every exam's duration; 0 takes them away.",
    )
    @inject
    async def set(
        self,
        id: FromPath[UUID],
        data: JSONBody[NewAccommodation],
        actor: FromDishka[Actor],
        set: FromDishka[SetAccommodation],
    ) -> AccommodationView:
        return await set(actor, UserId(id), data)


CONTROLLERS = (GradingController, AccommodationController)
