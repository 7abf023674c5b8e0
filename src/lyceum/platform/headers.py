"""What every response tells the browser about trust. Bodies are limited by the framework, per route: `most_bytes`."""

from collections.abc import Awaitable

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from lyceum.platform.files import MIB
from lyceum.platform.settings import Settings

CSP = b"content-security-policy"
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
OVER_HTTPS = (
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class SecurityHeaders:
    """Adds the headers to every response; a response that brings a content policy of its own keeps it."""

    __slots__ = ("app", "headers", "with_policy")

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.headers = (*ALWAYS, *OVER_HTTPS) if https else ALWAYS
        self.with_policy = (*self.headers, (CSP, POLICY.encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with_policy, without = self.with_policy, self.headers

        def sending(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                given = message["headers"]
                own = any(name == CSP for name, _ in given)
                message["headers"] = [*given, *(without if own else with_policy)]
            return send(message)

        await self.app(scope, receive, sending)


def most_bytes(settings: Settings) -> int:
    """The largest body that a route takes unless it says otherwise (`Litestar(request_max_body_size=…)`).

    Routes that receive files are declared with `request_max_body_size=None`; `Uploads` holds its own limit.
    """
    return settings.max_body_mb * MIB
