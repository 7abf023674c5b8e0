"""Pages of accounts: coming in, signing up, the profile. The same use cases as the API."""

from collections.abc import Mapping

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromQuery

from lyceum.accounts.adapters.forms import field_errors, form_of, headers_of
from lyceum.accounts.adapters.profile_pages import ProfilePages
from lyceum.accounts.adapters.queries import ProfileOf
from lyceum.accounts.adapters.visits import AnyRequest, Visit
from lyceum.accounts.api import Actor
from lyceum.accounts.domain.sessions import SessionKind
from lyceum.accounts.use_cases.operator_link import EnterByLink
from lyceum.accounts.use_cases.sign_in import SignIn, SignInForm, SignOut
from lyceum.accounts.use_cases.sign_up import NewAccount, SignUp
from lyceum.kernel.errors import AppError
from lyceum.platform.http_errors import status_of
from lyceum.platform.i18n import localise_error
from lyceum.platform.pages import Pages, Viewer, local_path, redirect

HOME = "/"
FOR_SPONSORS = "/sponsor"


def is_settled(actor: Actor) -> bool:
    """Signed in with an account of one's own: there is nothing to do on the pages for coming in."""
    return actor.is_signed_in and not actor.is_guest and actor.session_id is not None


def is_sponsor(form: Mapping[str, str]) -> bool:
    """Whether somebody comes to advertise: chosen on the form, or the page that they came from is the sponsors'."""
    chosen = form.get("purpose", "")
    return chosen == "sponsor" if chosen else (form.get("next") or "").partition("?")[0] == FOR_SPONSORS


class EntryPages(Controller):
    """Coming in and going out."""

    path = "/"
    include_in_schema = False

    @get("/login")
    @inject
    async def login_form(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        next: FromQuery[str | None] = None,
    ) -> Response[str]:
        if is_settled(actor):
            return redirect(request, local_path(next, HOME))
        return login_page(pages, viewer, actor, {"next": local_path(next, HOME)})

    @post("/login")
    @inject
    async def login(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        visit: FromDishka[Visit],
        sign_in: FromDishka[SignIn],
    ) -> Response[str]:
        form = await form_of(request)
        given = SignInForm(email=form.get("email", ""), password=form.get("password", ""))
        try:
            entry = await sign_in(actor, given, visit.caller(SessionKind.PAGES))
        except AppError as error:
            return login_page(pages, viewer, actor, form, error)
        visit.enter(entry.token)
        return redirect(request, local_path(form.get("next"), HOME))

    @get("/signup")
    @inject
    async def signup_form(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        profile_of: FromDishka[ProfileOf],
        next: FromQuery[str | None] = None,
    ) -> Response[str]:
        if is_settled(actor) and (await profile_of(actor.id)).email:
            return redirect(request, local_path(next, "/profile"))
        return signup_page(pages, viewer, actor, {"next": local_path(next, HOME), "name": actor.name})

    @post("/signup")
    @inject
    async def signup(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        visit: FromDishka[Visit],
        sign_up: FromDishka[SignUp],
    ) -> Response[str]:
        form = await form_of(request)
        new = NewAccount(
            email=form.get("email", ""),
            password=form.get("password", ""),
            name=form.get("name", ""),
            locale=viewer.locale,
        )
        try:
            entry = await sign_up(actor, new, visit.caller(SessionKind.PAGES))
        except AppError as error:
            return signup_page(pages, viewer, actor, form, error)
        visit.enter(entry.token)
        return redirect(request, FOR_SPONSORS if is_sponsor(form) else local_path(form.get("next"), HOME))

    @post("/logout")
    @inject
    async def logout(
        self, request: AnyRequest, actor: FromDishka[Actor], visit: FromDishka[Visit], sign_out: FromDishka[SignOut]
    ) -> Response[str]:
        form = await form_of(request)
        if actor.is_signed_in:
            await sign_out(actor, everywhere=form.get("everywhere") == "1")
        visit.leave()
        return redirect(request, HOME)

    @get("/auth/link")
    @inject
    async def enter_by_link(
        self,
        request: AnyRequest,
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        visit: FromDishka[Visit],
        enter: FromDishka[EnterByLink],
        token: FromQuery[str] = "",
    ) -> Response[str]:
        """The address with the token leaves the browser's bar at once."""
        try:
            entry = await enter(token, visit.caller(SessionKind.PAGES))
        except AppError as error:
            return pages.error(viewer, status_of(error), detail=localise_error(error, viewer.locale))
        visit.enter(entry.token)
        return redirect(request, "/profile")


def login_page(
    pages: Pages, viewer: Viewer, actor: Actor, form: Mapping[str, str], error: AppError | None = None
) -> Response[str]:
    return pages.respond(
        "accounts/login.html",
        viewer,
        status_code=status_of(error) if error else 200,
        headers=headers_of(error),
        email=form.get("email", ""),
        next=local_path(form.get("next"), HOME),
        is_guest=actor.is_guest,
        error=localise_error(error, viewer.locale) if error else "",
    )


def signup_page(
    pages: Pages, viewer: Viewer, actor: Actor, form: Mapping[str, str], error: AppError | None = None
) -> Response[str]:
    errors = field_errors(error, viewer.locale)
    return pages.respond(
        "accounts/signup.html",
        viewer,
        status_code=status_of(error) if error else 200,
        headers=headers_of(error),
        email=form.get("email", ""),
        name=form.get("name", ""),
        next=local_path(form.get("next"), HOME),
        is_guest=actor.is_guest,
        is_operator=actor.is_signed_in and not actor.is_guest,
        is_sponsor=is_sponsor(form),
        errors=errors,
        error=localise_error(error, viewer.locale) if error and not errors else "",
    )


PAGES = [EntryPages, ProfilePages]
