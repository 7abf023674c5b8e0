"""REST of what learners choose about their own training."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, patch
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import HeaderParameter, JSONBody

from lyceum.accounts.api import Actor
from lyceum.training.adapters import examples
from lyceum.training.domain.settings import LearnerSettings
from lyceum.training.use_cases.settings import ChangeSettings, ReadSettings, SettingsChanges

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag that the caller has seen.")]


class SettingsView(msgspec.Struct, frozen=True, kw_only=True):
    """`daily_goal` questions a day; `on_leaderboard`: whether others see the learner there."""

    daily_goal: int
    on_leaderboard: bool
    version: int


class SettingsController(Controller):
    """The caller's own settings."""

    path = "/api/training/me/settings"
    tags: Sequence[str] | None = ("training",)

    @get(
        operation_id="my_training_settings",
        summary="The daily goal, and whether others see one on the leaderboard",
        description="Version 0 stands for settings that were never changed.",
        responses={
            200: ResponseSpec(
                SettingsView, generate_examples=False, examples=[Example(id="settings", value=examples.SETTINGS)]
            )
        },
    )
    @inject
    async def mine(self, actor: FromDishka[Actor], read: FromDishka[ReadSettings]) -> Response[SettingsView]:
        return _with_etag(await read(actor))

    @patch(
        operation_id="change_training_settings",
        summary="Change the daily goal or the place on the leaderboard",
        description=(
            "What is left out stays. With `If-Match` a change is refused (412) when somebody was faster. A learner who "
            "leaves the leaderboard is not shown to others from that moment on; their points go on counting."
        ),
        responses={
            200: ResponseSpec(
                SettingsView, generate_examples=False, examples=[Example(id="changed", value=examples.SETTINGS)]
            )
        },
    )
    @inject
    async def change(
        self,
        data: JSONBody[SettingsChanges],
        actor: FromDishka[Actor],
        change: FromDishka[ChangeSettings],
        if_match: IfMatch = None,
    ) -> Response[SettingsView]:
        return _with_etag(await change(actor, data, _version(if_match)))


def _with_etag(settings: LearnerSettings) -> Response[SettingsView]:
    view = msgspec.convert(settings, SettingsView, from_attributes=True)
    return Response(view, headers={"ETag": f'"{settings.version}"', "Cache-Control": "private, no-cache"})


def _version(if_match: str | None) -> int | None:
    """The version that If-Match asks for; one that no row has where it cannot be read as a version."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().strip('"')
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else -1


CONTROLLERS = [SettingsController]
