"""The short way to an ad and to a click: past the router, injection and response objects, which cost more than both.

It takes only what is plainly well-formed and comes from a known caller. Everything else, refusals included, is answered
by the ordinary handlers of `show_http`, which describe both calls, so there is one place that tells what went wrong.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from lyceum.accounts.api import Actor, Callers
from lyceum.advertising.adapters.bodies import parsed
from lyceum.advertising.adapters.http import PATH
from lyceum.advertising.adapters.views import ad_view, encoded
from lyceum.advertising.domain.fields import Fields
from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.advertising.ports import ImageLinks
from lyceum.advertising.use_cases.showing import ClickAd, ShowAd
from lyceum.kernel.errors import AppError
from lyceum.platform.short_way import again, body_of, leave_failure, send_json

ADS = f"{PATH}/ads"
ASKING = re.compile(rb"client_id=([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
CLICK = re.compile(ADS + r"/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/click")
CLICK_TEMPLATE = f"{ADS}/{{id}}/click"


@dataclass(frozen=True, slots=True)
class AdLanes:
    """What both calls need, whatever the request."""

    callers: Callers
    show: ShowAd
    click: ClickAd
    images: ImageLinks

    def around(self, app: ASGIApp) -> ASGIApp:
        """`app`, with the two calls taken out of its way."""

        async def lane(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP and scope["path"].startswith(ADS):
                method, path = scope["method"], scope["path"]
                if method == "GET" and path == ADS and (asking := ASKING.fullmatch(scope["query_string"])):
                    await self._show(app, scope, receive, send, ClientId(UUID(asking[1].decode())))
                    return
                if method == "POST" and (found := CLICK.fullmatch(path)):
                    await self._click(app, scope, receive, send, CampaignId(UUID(found[1])))
                    return
            await app(scope, receive, send)

        return lane

    async def _show(self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send, client: ClientId) -> None:
        actor = await self._actor(scope)
        if actor is None:
            await app(scope, receive, send)
            return
        try:
            shown = await self.show(actor, client)
        except Exception as error:  # noqa: BLE001 - the ordinary handler raises it
            leave_failure(scope, error)
            await app(scope, receive, send)
            return
        scope["path_template"] = ADS
        await send_json(send, encoded(ad_view(shown.campaign, self.images)))

    async def _click(self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send, campaign: CampaignId) -> None:
        messages, body = await body_of(receive)
        actor, client = await self._actor(scope), _client_in(body)
        unread = again(messages, receive)
        if actor is None or client is None:
            await app(scope, unread, send)
            return
        try:
            await self.click(actor, client, campaign)
        except Exception as error:  # noqa: BLE001 - the ordinary handler raises it
            leave_failure(scope, error)
            await app(scope, unread, send)
            return
        scope["path_template"] = CLICK_TEMPLATE
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _actor(self, scope: HTTPScope) -> Actor | None:
        try:
            return await self.callers.actor(Request(scope))
        except AppError:
            return None


def _client_in(body: bytes | None) -> ClientId | None:
    try:
        fields = Fields(None if body is None else parsed(body))
        client = ClientId(fields.id("client_id"))
        fields.check()
    except AppError:
        return None
    return client
