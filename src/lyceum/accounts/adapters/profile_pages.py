"""The profile: who I am here, my password, my keys, where I am signed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath

from lyceum.accounts.adapters.forms import birth_year, device_name, field_errors, form_of, headers_of
from lyceum.accounts.adapters.queries import AccountQueries, Me
from lyceum.accounts.adapters.visits import AnyRequest, Visit
from lyceum.accounts.api import SCOPES, Actor, Benefits
from lyceum.accounts.domain.sessions import ApiKeyId, SessionId
from lyceum.accounts.use_cases.api_keys import CreateApiKey, NewApiKey, RevokeApiKey
from lyceum.accounts.use_cases.profile import ChangePassword, ChangeProfile, NewPassword, ProfileChanges
from lyceum.accounts.use_cases.sign_in import EndSession
from lyceum.kernel.errors import AppError
from lyceum.platform.http_errors import status_of
from lyceum.platform.i18n import localise_error
from lyceum.platform.pages import Pages, Viewer, redirect

type Part = Literal["profile", "password", "keys", ""]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form of the page that was refused: which part, what was entered, why."""

    part: Part = ""
    form: Mapping[str, str] | None = None
    error: AppError | None = None


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """Draws the page with the actor's own data; a refused form comes back with what was entered."""

    queries: AccountQueries
    benefits: Benefits
    pages: Pages
    viewer: Viewer
    actor: Actor

    async def draw(self, attempt: Attempt | None = None, *, new_key: str = "", saved: str = "") -> Response[str]:
        attempt = attempt or Attempt()
        me = await self.queries.me(self.actor)
        errors = field_errors(attempt.error, self.viewer.locale)
        message = localise_error(attempt.error, self.viewer.locale) if attempt.error and not errors else ""
        return self.pages.respond(
            "accounts/profile.html",
            self.viewer,
            status_code=status_of(attempt.error) if attempt.error else 201 if new_key else 200,
            headers={"Cache-Control": "no-store"} if new_key else headers_of(attempt.error),
            me=me,
            values=_values(me) | dict(attempt.form or {}) if attempt.part == "profile" else _values(me),
            key_name=(attempt.form or {}).get("name", "") if attempt.part == "keys" else "",
            part=attempt.part,
            errors=errors,
            message=message,
            keys=await self.queries.api_keys(self.actor),
            sessions=[(view, device_name(view.device)) for view in await self.queries.sessions(self.actor)],
            benefits=await self.benefits.of(self.actor.id),
            scopes=SCOPES,
            new_key=new_key,
            saved=saved,
        )


def _values(me: Me) -> dict[str, str]:
    return {
        "name": me.name,
        "locale": me.locale,
        "birth_year": str(me.birth_year or ""),
        "gender": me.gender or "",
        "location": me.location or "",
        "ads_consent": "1" if me.ads_consent else "",
        "version": str(me.version),
    }


class ProfilePages(Controller):
    """One page; each of its forms comes back to it."""

    path = "/profile"
    include_in_schema = False

    @get()
    @inject
    async def show(self, request: AnyRequest, actor: FromDishka[Actor], page: FromDishka[ProfilePage]) -> Response[str]:
        if not actor.is_signed_in:
            return redirect(request, "/login?next=/profile")
        saved = request.query_params.get("saved", "")
        return await page.draw(saved=saved if saved in ("profile", "password", "keys", "sessions") else "")

    @post()
    @inject
    async def change(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        page: FromDishka[ProfilePage],
        visit: FromDishka[Visit],
        change: FromDishka[ChangeProfile],
    ) -> Response[str]:
        form = await form_of(request)
        changes = ProfileChanges(
            name=form.get("name", ""),
            locale=form.get("locale", ""),
            birth_year=birth_year(form.get("birth_year", "")),
            gender=form.get("gender") or None,
            location=form.get("location", "").strip() or None,
            ads_consent=form.get("ads_consent") == "1",
        )
        version = form.get("version", "")
        try:
            await change(actor, changes, int(version) if version.isdecimal() and len(version) < 10 else None)
        except AppError as error:
            return await page.draw(Attempt("profile", {"ads_consent": ""} | form, error))
        visit.keep_locale(form.get("locale", ""))
        return redirect(request, "/profile?saved=profile")

    @post("/password")
    @inject
    async def change_password(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        page: FromDishka[ProfilePage],
        visit: FromDishka[Visit],
        change: FromDishka[ChangePassword],
    ) -> Response[str]:
        form = await form_of(request)
        try:
            await change(actor, NewPassword(form.get("current", ""), form.get("new", "")), visit.address)
        except AppError as error:
            return await page.draw(Attempt("password", {}, error))
        return redirect(request, "/profile?saved=password")

    @post("/keys")
    @inject
    async def create_key(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        page: FromDishka[ProfilePage],
        create: FromDishka[CreateApiKey],
    ) -> Response[str]:
        form = await form_of(request)
        chosen = [scope for scope in SCOPES if f"scope.{scope}" in form]
        try:
            made = await create(actor, NewApiKey(form.get("name", ""), chosen))
        except AppError as error:
            return await page.draw(Attempt("keys", form, error))
        return await page.draw(new_key=made.text)

    @post("/keys/{id:uuid}/revoke")
    @inject
    async def revoke_key(
        self, request: AnyRequest, id: FromPath[UUID], actor: FromDishka[Actor], revoke: FromDishka[RevokeApiKey]
    ) -> Response[str]:
        await revoke(actor, ApiKeyId(id))
        return redirect(request, "/profile?saved=keys")

    @post("/sessions/{id:uuid}/end")
    @inject
    async def end_session(
        self, request: AnyRequest, id: FromPath[UUID], actor: FromDishka[Actor], end: FromDishka[EndSession]
    ) -> Response[str]:
        await end(actor, SessionId(id))
        return redirect(request, "/profile?saved=sessions")
