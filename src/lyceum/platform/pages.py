"""Pages: Jinja templates of the platform and of every context, rendered in the reader's language.

A context keeps its templates in `adapters/templates` and names them `<context>/<file>`: `training/train.html`. A page
extends `base.html`; what HTMX swaps is a template of its own, included by the page and rendered alone when
`is_fragment(request)`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import quote

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from litestar import Request, Response, Router, get
from litestar.datastructures import Cookie, State
from litestar.params import FromPath, FromQuery
from litestar.static_files import create_static_files_router

from lyceum.platform.i18n import COOKIE, Locale, negotiate, translator
from lyceum.platform.question_filters import FILTERS
from lyceum.platform.typography import Setting, typo, zone_of_reader

PLATFORM = Path(__file__).parent
STATIC = PLATFORM / "static"
TEMPLATES = PLATFORM / "templates"
YEAR = 365 * 86_400

AnyRequest = Request[object, object, State]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at the page and how: what the frame shows. `theme` is light, dark or empty (as the system has it)."""

    locale: Locale = "ru"
    name: str = ""
    roles: frozenset[str] = frozenset()
    csrf_token: str = ""
    path: str = "/"
    query: str = ""
    is_signed_in: bool = False
    theme: str = ""
    zone: str = ""

    @classmethod
    def of(
        cls,
        request: AnyRequest,
        *,
        name: str = "",
        roles: frozenset[str] = frozenset(),
        csrf_token: str = "",
        is_signed_in: bool = False,
        profile_locale: str | None = None,
    ) -> Self:
        """The viewer behind a request: language, theme and time zone come from its headers and cookies."""
        theme = request.cookies.get("ly_theme", "")
        return cls(
            locale=negotiate(request.headers.get("accept-language"), request.cookies.get(COOKIE), profile_locale),
            name=name,
            roles=frozenset(str(role) for role in roles),
            csrf_token=csrf_token,
            path=request.url.path,
            query=request.url.query,
            is_signed_in=is_signed_in,
            theme=theme if theme in ("light", "dark") else "",
            zone=request.cookies.get("ly_zone", "")[:64],
        )

    @property
    def initials(self) -> str:
        """At most two letters for the mark of the profile; one where the name is none that a person would choose."""
        name = self.name.partition("@")[0]
        words = re.findall(r"[^\W\d_]+", name)
        if re.search(r"\d", name):
            words = words[:1]
        return "".join(word[0] for word in words[:2]).upper() or "?"

    def has(self, role: str) -> bool:
        """An operator has every role."""
        return role in self.roles or "operator" in self.roles

    @property
    def here(self) -> str:
        """Path and query, to come back to."""
        return f"{self.path}?{self.query}" if self.query else self.path


@cache
def templates() -> BaseLoader:
    """Templates of the platform by their names, of a context by `<context>/<name>`."""
    package = PLATFORM.parent
    contexts = {folder.parents[1].name: FileSystemLoader(folder) for folder in package.glob("*/adapters/templates")}
    return ChoiceLoader([FileSystemLoader(TEMPLATES), PrefixLoader(contexts)])


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders templates. Each language has its environment, built at first use and kept for the process."""

    loader: BaseLoader = field(default_factory=templates)
    reload: bool = False

    def render(self, template: str, viewer: Viewer, **values: object) -> str:
        """The HTML of a template. `viewer` and `values` are its variables; a variable that is missing raises."""
        token = zone_of_reader.set(viewer.zone)
        try:
            return self.environment(viewer.locale).get_template(template).render(viewer=viewer, **values)
        finally:
            zone_of_reader.reset(token)

    def respond(
        self,
        template: str,
        viewer: Viewer,
        *,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> Response[str]:
        """A rendered template as a response. The address answers fragments and whole pages, and caches must tell."""
        own = {"Vary": "HX-Request, Cookie, Accept-Language", "Cache-Control": "private, no-cache"}
        return Response(
            self.render(template, viewer, **values),
            status_code=status_code,
            media_type="text/html; charset=utf-8",
            headers=own | dict(headers or {}),
        )

    def error(
        self,
        viewer: Viewer,
        status_code: int,
        *,
        detail: str = "",
        trace_id: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Response[str]:
        """The page of a refusal or a fault, in the same frame. `detail` is already in the reader's language."""
        known = status_code if status_code in (401, 403, 404, 409, 413, 422, 429, 503) else 500
        status = 404 if status_code == 405 else known
        return self.respond(
            "error.html",
            viewer,
            status_code=status_code,
            headers=headers,
            status=status,
            detail=detail,
            trace_id=trace_id,
        )

    def environment(self, locale: str) -> Environment:
        return _environment(self.loader, locale, reload=self.reload)


@cache
def _environment(loader: BaseLoader, locale: str, *, reload: bool) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=reload,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    words = translator(locale)
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    setting = Setting(locale, words)
    environment.filters |= {
        "typo": typo,
        "translated": setting.translated,
        "number": setting.number,
        "percent": setting.percent,
        "size": setting.size,
        "duration": setting.duration,
        "clock": setting.clock,
        "when": setting.when,
        "exact": setting.exact,
        "day": setting.day,
    } | FILTERS
    environment.globals |= {"asset": asset, "locale": locale}
    environment.globals["icon"] = environment.get_template("icons.html").module.icon  # type: ignore[attr-defined]
    return environment


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so browsers may keep it for long."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:10]}"


_GAP = re.compile(r"\[\[([^\[\]\n]{1,80})\]\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerState:
    """How the answer of a question stands on its sheet: what was answered and, when `locked`, what was right.

    `response` and `right` have the shape of the question's kind; `elements` tells right from wrong by option, item or
    gap. Not locked: a form shown again with what was entered.
    """

    response: object = None
    locked: bool = True
    right: object = None
    elements: Mapping[str, bool] = field(default_factory=dict)
    verdict: str = ""
    score: float = 0.0
    max_score: float = 1.0

    @property
    def look(self) -> str:
        """The class of a field that shows the whole verdict."""
        return {"correct": "is-ok", "partial": "is-part", "wrong": "is-bad", "skipped": "is-bad"}.get(self.verdict, "")


def is_fragment(request: AnyRequest) -> bool:
    """Whether HTMX asks for a piece to swap in, not for a whole page."""
    return (
        request.headers.get("hx-request") == "true"
        and request.headers.get("hx-request-type", "partial") == "partial"
        and "hx-history-restore-request" not in request.headers
    )


def redirect(request: AnyRequest, url: str) -> Response[str]:
    """Go to another page after a form: HTMX is told by a header, since fetch would follow a redirect by itself."""
    if is_fragment(request):
        return Response("", status_code=200, headers={"HX-Redirect": url}, media_type="text/html; charset=utf-8")
    return Response("", status_code=303, headers={"Location": url}, media_type="text/html; charset=utf-8")


def local_path(url: str | None, default: str = "/") -> str:
    """The address if it stays on this site, else `default`: guards every `next` that a request brings."""
    if url and url.startswith("/") and not url.startswith("//") and "\\" not in url and url.isprintable():
        return url
    return default


@get("/locale/{to:str}", include_in_schema=False, sync_to_thread=False)
def switch_locale(to: FromPath[str], next: FromQuery[str | None] = None) -> Response[str]:
    """Keep the language for this device and come back."""
    response = Response("", status_code=303, headers={"Location": quote(local_path(next), safe="/?&=%#+:,;@")})
    if to in ("ru", "en"):
        response.set_cookie(Cookie(key=COOKIE, value=to, max_age=YEAR, path="/", samesite="lax"))
    return response


def static_files() -> Router:
    """Everything under /static: stylesheet, scripts, fonts, vendored packages."""
    return create_static_files_router(
        path="/static", directories=[STATIC], cache_control=None, include_in_schema=False, name="static"
    )
