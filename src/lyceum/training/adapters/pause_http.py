"""REST of the pause between two questions, for trainers of other makers."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, JSONBody

from lyceum.accounts.api import Actor
from lyceum.advertising.api import AdView
from lyceum.kernel.ids import TrainingId
from lyceum.training.use_cases.pausing import ClickInPause, EndPause, TakePause
from lyceum.training.use_cases.starting import ReadTraining

AD: Mapping[str, object] = {
    "ad_id": "0198f2c4-9a00-7c12-b3d4-0a1b2c3d4e60",
    "ad_title": "Зимняя школа по физике",
    "ad_text": "3–9 января, 9–11 классы, общежитие включено.",
    "advertiser_id": "0198f2c4-9a00-7c12-b3d4-0a1b2c3d4e61",
    "advertiser_name": "Школа «Интеграл»",
    "image_uri": None,
}


class PauseView(msgspec.Struct, frozen=True, kw_only=True):
    """The ad to be shown before the next question, marked as advertising with the advertiser's name; null for none."""

    ad: AdView | None


class AdInPause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ad that stands in the pause."""

    ad_id: UUID


class PauseController(Controller):
    """The ad after every so many questions, the same whoever shows it."""

    path = "/api/training/trainings/{id:uuid}/pause"
    tags: Sequence[str] | None = ("training",)

    @post(
        status_code=200,
        operation_id="take_pause",
        summary="The ad before the next question, if it is time for one",
        description=(
            "Its impression is counted once; the same ad comes back until the pause is ended. Ask between two "
            "questions and show what comes, or the next question at once when `ad` is null: for learners who did not "
            "consent, who are entitled to no ads, in exams, and when advertising is slow."
        ),
        responses={
            200: ResponseSpec(PauseView, generate_examples=False, examples=[Example(id="ad", value={"ad": AD})])
        },
    )
    @inject
    async def take(self, id: FromPath[UUID], actor: FromDishka[Actor], take: FromDishka[TakePause]) -> PauseView:
        return PauseView(ad=await take(actor, TrainingId(id)))

    @post(
        "/end",
        status_code=204,
        operation_id="end_pause",
        summary="Go on after the ad",
        description="The next ad comes after as many questions again. Ending a pause twice is the same as once.",
    )
    @inject
    async def end(
        self,
        id: FromPath[UUID],
        data: JSONBody[AdInPause],
        actor: FromDishka[Actor],
        read: FromDishka[ReadTraining],
        end: FromDishka[EndPause],
    ) -> None:
        await read(actor, TrainingId(id))
        await end(actor, data.ad_id)

    @post(
        "/click",
        status_code=200,
        operation_id="click_ad_in_pause",
        summary="The learner wants to know more of the ad",
        description="Counted once for each learner and ad. 404 for an ad that the learner was not shown, or is gone.",
        responses={200: ResponseSpec(AdView, generate_examples=False, examples=[Example(id="ad", value=AD)])},
    )
    @inject
    async def click(
        self,
        id: FromPath[UUID],
        data: JSONBody[AdInPause],
        actor: FromDishka[Actor],
        read: FromDishka[ReadTraining],
        click: FromDishka[ClickInPause],
    ) -> AdView:
        await read(actor, TrainingId(id))
        return await click(actor, data.ad_id)


CONTROLLERS = [PauseController]
