"""The pause between two questions: a learner goes on, or wants to know more of the ad in it."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, post
from litestar.params import FromPath

from lyceum.accounts.api import Actor
from lyceum.kernel.ids import TrainingId
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.pages import is_fragment, redirect
from lyceum.training.adapters.pages import WaitingQuestion
from lyceum.training.domain.pauses import AdNotShown
from lyceum.training.use_cases.pausing import ClickInPause, EndPause


class PausePages(Controller):
    """Both forms come back to the training."""

    path = "/train/{id:uuid}"
    include_in_schema = False

    @post("/on")
    @inject
    async def go_on(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        waiting: FromDishka[WaitingQuestion],
        end: FromDishka[EndPause],
    ) -> Response[str]:
        """The question that waits behind the ad."""
        await end(actor.require(), await _ad_of(request))
        if is_fragment(request):
            return await waiting.draw(request, actor, TrainingId(id))
        return redirect(request, f"/train/{id}")

    @post("/ad")
    @inject
    async def open_ad(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        waiting: FromDishka[WaitingQuestion],
        click: FromDishka[ClickInPause],
    ) -> Response[str]:
        """All that the advertiser says; the question when the ad is gone meanwhile."""
        try:
            ad = await click(actor.require(), await _ad_of(request))
        except AdNotShown:
            return await waiting.draw(request, actor, TrainingId(id))
        return await waiting.draw(request, actor, TrainingId(id), ad, is_opened=True)


async def _ad_of(request: AnyRequest) -> UUID:
    try:
        return UUID(str((await request.form()).get("ad_id")))
    except ValueError as error:
        raise AdNotShown from error


PAGES = [PausePages]
