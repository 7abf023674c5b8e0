"""One request as accounts see it: where it comes from, the cookies it brings, the cookies that its answer takes.

Whoever handles the request cannot always reach the response (a guest is made in the middle of another context's
handler), so new cookies wait in the request's scope until `send_cookies` puts them on the response.
"""

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie, State
from litestar.types import HTTPScope, Message, Scope

from lyceum.accounts.domain.sessions import SessionKind
from lyceum.accounts.use_cases.entering import Caller
from lyceum.platform.i18n import COOKIE as LOCALE_COOKIE
from lyceum.platform.i18n import negotiate
from lyceum.platform.settings import Settings

SESSION_COOKIE = "ly_session"
FORM_COOKIE = "ly_csrf"
FOREVER = 400 * 86_400
"""As long as browsers keep a cookie at all; the server knows when a session ends."""

_PENDING = "lyceum.accounts.cookies"
_BINDING = "lyceum.accounts.binding"
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")

AnyRequest = Request[object, object, State]


@dataclass(frozen=True, slots=True)
class Visit:
    """The running request. `request` is any view of it; only its scope is used."""

    request: AnyRequest
    settings: Settings

    @property
    def address(self) -> str:
        """The client's address; behind a proxy that we trust, the last one that the proxy saw."""
        if self.settings.trust_proxy and (forwarded := self.request.headers.get("x-forwarded-for")):
            return forwarded.rpartition(",")[2].strip()[:64]
        client = self.request.client
        return client.host if client else ""

    @property
    def came_through_a_proxy(self) -> bool:
        return any(name in self.request.headers for name in _FORWARDED)

    @property
    def is_sent_by_own_page(self) -> bool:
        """Whether the browser says that one of our pages makes this request."""
        headers = self.request.headers
        if (site := headers.get("sec-fetch-site")) is not None:
            return site == "same-origin"
        return urlsplit(headers.get("origin", "")).netloc == (headers.get("host") or "-")

    @property
    def is_sent_by_another_site(self) -> bool:
        """Whether the browser says that a page elsewhere makes this request; following a link from there is none."""
        headers = self.request.headers
        if headers.get("sec-fetch-mode") == "navigate" and self.request.method == "GET":
            return False
        site = headers.get("sec-fetch-site")
        return site in ("cross-site", "same-site") or ("origin" in headers and not self.is_sent_by_own_page)

    @property
    def locale(self) -> str:
        headers, cookies = self.request.headers, self.request.cookies
        return negotiate(headers.get("accept-language"), cookies.get(LOCALE_COOKIE), None)

    def caller(self, kind: SessionKind) -> Caller:
        device = self.request.headers.get("user-agent", "")
        return Caller(address=self.address, device=device, kind=kind, locale=self.locale)

    @property
    def session_cookie(self) -> str:
        return self.request.cookies.get(SESSION_COOKIE, "")

    @property
    def binding(self) -> str:
        """What form tokens of this visitor are bound to: the session's cookie, else a cookie made for forms.

        The latter is set with the response when the visitor has none.
        """
        if self.session_cookie:
            return f"session:{self.session_cookie}"
        state = self.request.scope["state"]
        if _BINDING not in state:
            known = self.request.cookies.get(FORM_COOKIE, "")
            state[_BINDING] = known or secrets.token_urlsafe(16)
            if not known:
                self.set_cookie(FORM_COOKIE, state[_BINDING])
        return f"visitor:{state[_BINDING]}"

    @property
    def brought_binding(self) -> str | None:
        """The binding that the request came with, None when it brought none."""
        if self.session_cookie:
            return f"session:{self.session_cookie}"
        known = self.request.cookies.get(FORM_COOKIE)
        return f"visitor:{known}" if known else None

    def enter(self, token: str) -> None:
        """The session of pages goes to the browser."""
        self.set_cookie(SESSION_COOKIE, token)

    def leave(self) -> None:
        self._put(Cookie(key=SESSION_COOKIE, value="", max_age=0, path="/", httponly=True, samesite="lax"))

    def keep_locale(self, locale: str) -> None:
        """The profile's language becomes the language of this device."""
        self._put(Cookie(key=LOCALE_COOKIE, value=locale, max_age=FOREVER, path="/", samesite="lax"))

    def set_cookie(self, name: str, value: str) -> None:
        secure = self.settings.address.startswith("https://") or self.request.url.scheme == "https"
        self._put(
            Cookie(key=name, value=value, max_age=FOREVER, path="/", httponly=True, samesite="lax", secure=secure)
        )

    def _put(self, cookie: Cookie) -> None:
        pending = self.request.scope["state"].setdefault(_PENDING, {})
        pending[cookie.key] = cookie.to_header(header="")


async def send_cookies(message: Message, scope: Scope) -> None:
    """`before_send` of the application: puts the waiting cookies on the response."""
    if message["type"] != "http.response.start":
        return
    pending = _waiting(scope)
    if not pending:
        return
    headers = [*message["headers"], *((b"set-cookie", value.strip().encode("latin-1")) for value in pending.values())]
    message["headers"] = headers


def _waiting(scope: Scope | HTTPScope) -> dict[str, str]:
    pending: dict[str, str] = scope.get("state", {}).pop(_PENDING, {})
    return pending
