"""REST of what an ad is made of: its image and its text."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, post
from litestar.params import FromPath

from lyceum.accounts.api import Actor
from lyceum.advertising.adapters import schemas
from lyceum.advertising.adapters.answers import described
from lyceum.advertising.adapters.bodies import json_of
from lyceum.advertising.adapters.http import PATH, TAGS
from lyceum.advertising.adapters.image_processing import first_file
from lyceum.advertising.adapters.problems import HANDLERS
from lyceum.advertising.adapters.views import answer
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.use_cases.campaigns import ChangeImage
from lyceum.advertising.use_cases.operating import WriteText
from lyceum.advertising.use_cases.rights import owner_of
from lyceum.platform.http_errors import AnyRequest


class WrittenText(msgspec.Struct, frozen=True):
    """The text of an ad, to be used or changed."""

    result: Annotated[str, msgspec.Meta(description="Two to four sentences.")]


class ImageController(Controller):
    """The image of a campaign's ad."""

    path = f"{PATH}/advertisers/{{advertiser:str}}/campaigns/{{id:str}}/image"
    tags: Sequence[str] | None = TAGS
    exception_handlers = HANDLERS

    @post(
        status_code=204,
        operation_id="set_campaign_image",
        summary="Give an ad an image",
        description=(
            "A multipart form; its first file is taken, whatever the field is called. PNG, JPEG or WebP by its "
            "contents, up to 10 MiB and 50 million pixels. It is turned upright, made to fit 960×960 and kept without "
            "metadata; of a moving picture the first frame. Replaces the image before."
        ),
        operation_class=schemas.IMAGE,
        request_max_body_size=None,
    )
    @inject
    async def put_image(
        self,
        request: AnyRequest,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        change: FromDishka[ChangeImage],
    ) -> None:
        owner_of(actor, "advertising:write")
        await change(actor, AdvertiserId(advertiser), CampaignId(id), await first_file(request))

    @delete(
        operation_id="delete_campaign_image",
        summary="Take the image of an ad away",
        description="The ad is shown as text alone from now on. No image is no error.",
    )
    @inject
    async def delete_image(
        self,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        change: FromDishka[ChangeImage],
    ) -> None:
        await change(actor, AdvertiserId(advertiser), CampaignId(id), None)


class TextController(Controller):
    """Texts written for sponsors."""

    path = f"{PATH}/ai"
    tags: Sequence[str] | None = TAGS
    exception_handlers = HANDLERS

    @post(
        "/generate-text",
        status_code=200,
        operation_id="generate_text",
        summary="Have the text of an ad written",
        description=(
            "By templates, or by a language model when the settings name one; then 503 while it does not answer, and "
            "429 beyond `LYCEUM_TEXT_LIMIT` texts of one caller in an hour. For sponsors and operators."
        ),
        operation_class=schemas.WISH,
        responses=described(
            WrittenText, {"result": "Курс физики: выбор тех, кому важен результат. Скидка до пятницы. Начните сегодня."}
        ),
    )
    @inject
    async def generate(
        self, request: AnyRequest, actor: FromDishka[Actor], write: FromDishka[WriteText]
    ) -> Response[bytes]:
        return answer(WrittenText(result=await write(actor, await json_of(request))))


CONTROLLERS = [ImageController, TextController]
