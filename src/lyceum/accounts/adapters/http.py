"""REST of accounts: `/api/auth`, `/api/me`, `/api/users`."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.adapters.queries import (
    AccountQueries,
    ApiKeyView,
    Me,
    ProfileOf,
    SessionView,
    UserFilter,
    UserQueries,
    UserSort,
)
from lyceum.accounts.adapters.visits import Visit
from lyceum.accounts.api import Actor, Role
from lyceum.accounts.domain.sessions import ApiKeyId, SessionId, SessionKind
from lyceum.accounts.use_cases.api_keys import CreateApiKey, NewApiKey, RevokeApiKey
from lyceum.accounts.use_cases.entering import Entry
from lyceum.accounts.use_cases.profile import ChangePassword, ChangeProfile, NewPassword, ProfileChanges
from lyceum.accounts.use_cases.sign_in import EndSession, Refresh, SignIn, SignInForm, SignOut
from lyceum.accounts.use_cases.sign_up import NewAccount, SignUp, StartGuest
from lyceum.accounts.use_cases.users import ChangeUser, UserChanges
from lyceum.kernel.ids import UserId
from lyceum.platform.paging import Page

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag that the caller has seen.")]


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a program signs in with. `access_token` goes into `Authorization: Bearer`, for `expires_in` seconds;
    `refresh_token` is exchanged for the next pair, once."""

    access_token: str
    expires_in: int
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name


class RefreshForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    refresh_token: str


class SignOutForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`everywhere` ends all sessions of the user, not only that of the token."""

    everywhere: bool = False


class NewKeyView(ApiKeyView, frozen=True, kw_only=True):
    """A key just made. `key` is its text and is not shown again."""

    key: str


def tokens_of(entry: Entry, access_tokens: AccessTokens) -> Response[Tokens]:
    tokens = Tokens(
        access_token=access_tokens.issue(entry.actor), expires_in=access_tokens.seconds, refresh_token=entry.token
    )
    return Response(tokens, headers={"Cache-Control": "no-store"})


def with_etag(me: Me) -> Response[Me]:
    return Response(me, headers={"ETag": f'"{me.version}"', "Cache-Control": "private, no-cache"})


def expected_version(if_match: str | None) -> int | None:
    """The version that If-Match asks for; one that no row has where it cannot be read as a version."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().strip('"')
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else -1


class AuthController(Controller):
    """Ways in and out. Refused attempts count against the limits by account and by address (429, `Retry-After`)."""

    path = "/api/auth"
    tags: Sequence[str] | None = ("auth",)

    @post(
        "/sign-up",
        operation_id="sign_up",
        summary="Make an account and sign in",
        description=(
            "A guest who sends their token keeps their id and progress. The password takes 8 to 200 characters and is "
            "neither the e-mail nor one of the commonest."
        ),
    )
    @inject
    async def sign_up(
        self,
        data: JSONBody[NewAccount],
        actor: FromDishka[Actor],
        visit: FromDishka[Visit],
        sign_up: FromDishka[SignUp],
        access_tokens: FromDishka[AccessTokens],
    ) -> Response[Tokens]:
        return tokens_of(await sign_up(actor, data, visit.caller(SessionKind.TOKENS)), access_tokens)

    @post(
        "/guest",
        operation_id="start_guest",
        summary="Train without registration",
        description=(
            "Makes an account without a name and signs it in: answers and progress are kept from the first "
            "one. Signing up with its token later keeps them."
        ),
    )
    @inject
    async def start_guest(
        self, visit: FromDishka[Visit], start: FromDishka[StartGuest], access_tokens: FromDishka[AccessTokens]
    ) -> Response[Tokens]:
        return tokens_of(await start(visit.caller(SessionKind.TOKENS)), access_tokens)

    @post(
        "/sign-in",
        status_code=200,
        operation_id="sign_in",
        summary="Sign in by e-mail and password",
        description=(
            "Gives an access token for `expires_in` seconds and a refresh token for the next pair. Failed "
            "attempts count against the limits by account and by address."
        ),
    )
    @inject
    async def sign_in(
        self,
        data: JSONBody[SignInForm],
        visit: FromDishka[Visit],
        sign_in: FromDishka[SignIn],
        access_tokens: FromDishka[AccessTokens],
    ) -> Response[Tokens]:
        return tokens_of(await sign_in(Actor(), data, visit.caller(SessionKind.TOKENS)), access_tokens)

    @post(
        "/refresh",
        status_code=200,
        operation_id="refresh",
        summary="Exchange a refresh token for the next pair of tokens",
        description="Each refresh token works once. Using one again ends the session for everybody who holds it.",
    )
    @inject
    async def refresh(
        self, data: JSONBody[RefreshForm], refresh: FromDishka[Refresh], access_tokens: FromDishka[AccessTokens]
    ) -> Response[Tokens]:
        return tokens_of(await refresh(data.refresh_token), access_tokens)

    @post(
        "/sign-out",
        status_code=204,
        operation_id="sign_out",
        summary="End this session, or all of them",
        description=(
            "The session of the token that was sent, or with `everywhere` all sessions of the user. Access "
            "tokens that are out live on for their few minutes."
        ),
    )
    @inject
    async def sign_out(
        self, actor: FromDishka[Actor], sign_out: FromDishka[SignOut], data: JSONBody[SignOutForm | None] = None
    ) -> None:
        await sign_out(actor, everywhere=bool(data and data.everywhere))


class MeController(Controller):
    """The caller."""

    path = "/api/me"
    tags: Sequence[str] | None = ("me",)

    @get(
        operation_id="get_me",
        summary="The caller's profile",
        description=(
            "Works for people and for API keys with the scope `account:read`. The answer carries an `ETag` "
            "for `If-Match`."
        ),
    )
    @inject
    async def get_me(self, actor: FromDishka[Actor], queries: FromDishka[AccountQueries]) -> Response[Me]:
        return with_etag(await queries.me(actor))

    @patch(
        operation_id="change_me",
        summary="Change the caller's profile",
        description="Only the fields that are sent change; `null` empties a field that may be empty.",
    )
    @inject
    async def change_me(
        self,
        data: JSONBody[ProfileChanges],
        actor: FromDishka[Actor],
        change: FromDishka[ChangeProfile],
        profile_of: FromDishka[ProfileOf],
        if_match: IfMatch = None,
    ) -> Response[Me]:
        await change(actor, data, expected_version(if_match))
        return with_etag(await profile_of(actor.id))

    @post(
        "/password",
        status_code=204,
        operation_id="change_password",
        summary="Change the password",
        description="Asks for the present password. The other sessions of the user end; this one goes on.",
    )
    @inject
    async def change_password(
        self,
        data: JSONBody[NewPassword],
        actor: FromDishka[Actor],
        visit: FromDishka[Visit],
        change: FromDishka[ChangePassword],
    ) -> None:
        await change(actor, data, visit.address)

    @get(
        "/sessions",
        operation_id="list_sessions",
        summary="Where the caller is signed in",
        description="One for each device or program that is signed in; `is_current` marks the caller's own.",
    )
    @inject
    async def list_sessions(self, actor: FromDishka[Actor], queries: FromDishka[AccountQueries]) -> Page[SessionView]:
        return Page(await queries.sessions(actor))

    @delete(
        "/sessions/{id:uuid}",
        operation_id="end_session",
        summary="Sign out on one device",
        description="Its refresh token stops working at once; its access token within minutes.",
    )
    @inject
    async def end_session(self, id: FromPath[UUID], actor: FromDishka[Actor], end: FromDishka[EndSession]) -> None:
        await end(actor, SessionId(id))

    @get(
        "/api-keys",
        operation_id="list_api_keys",
        summary="The caller's API keys in force",
        description="Without the texts of the keys, which nobody can read again; `hint` is the beginning of each.",
    )
    @inject
    async def list_api_keys(self, actor: FromDishka[Actor], queries: FromDishka[AccountQueries]) -> Page[ApiKeyView]:
        return Page(await queries.api_keys(actor))

    @post(
        "/api-keys",
        operation_id="create_api_key",
        summary="Make an API key",
        description=(
            "The text of the key is in this answer only. Send it as `Authorization: Bearer lyk_…` or `X-API-Key`. "
            "Scopes: account:read, account:write, bank:read, bank:write, jobs:read, jobs:write, training:read, "
            "training:write, users:read, users:write."
        ),
    )
    @inject
    async def create_api_key(
        self, data: JSONBody[NewApiKey], actor: FromDishka[Actor], create: FromDishka[CreateApiKey]
    ) -> Response[NewKeyView]:
        made = await create(actor, data)
        view = NewKeyView(
            id=made.key.id,
            name=made.key.name,
            hint=made.key.hint,
            scopes=made.key.scopes,
            created_at=made.key.created_at,
            last_used_at=None,
            key=made.text,
        )
        return Response(view, headers={"Cache-Control": "no-store"})

    @delete(
        "/api-keys/{id:uuid}",
        operation_id="revoke_api_key",
        summary="Put an API key out of force",
        description="It stops working at once and cannot be put back in force.",
    )
    @inject
    async def revoke_api_key(
        self, id: FromPath[UUID], actor: FromDishka[Actor], revoke: FromDishka[RevokeApiKey]
    ) -> None:
        await revoke(actor, ApiKeyId(id))


class UserController(Controller):
    """Users, for operators."""

    path = "/api/users"
    tags: Sequence[str] | None = ("users",)

    @get(
        operation_id="list_users",
        summary="Users, the newest first",
        description="`search` is a part of the e-mail or the name. Guests are left out unless `guests` is true.",
    )
    @inject
    async def list_users(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[UserQueries],
        search: Annotated[str, QueryParameter(max_length=100)] = "",
        role: FromQuery[Role | None] = None,
        guests: FromQuery[bool] = False,
        sort: FromQuery[UserSort] = "-registered_at",
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[Me]:
        wanted = UserFilter(search=search, role=role, guests=guests, sort=sort, limit=limit, cursor=cursor)
        return await queries.list(actor, wanted)

    @get(
        "/{id:uuid}",
        operation_id="get_user",
        summary="One user",
        description="For operators. The answer carries an `ETag` for `If-Match`.",
    )
    @inject
    async def get_user(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[UserQueries]
    ) -> Response[Me]:
        return with_etag(await queries.one(actor, UserId(id)))

    @patch(
        "/{id:uuid}",
        operation_id="change_user",
        summary="Set roles, or switch an account off or on",
        description=(
            "`roles` replaces the roles; everybody stays a learner. Switching off ends the user's sessions; access "
            "tokens that are out live on for their few minutes. The last operator stays one."
        ),
    )
    @inject
    async def change_user(
        self,
        id: FromPath[UUID],
        data: JSONBody[UserChanges],
        actor: FromDishka[Actor],
        change: FromDishka[ChangeUser],
        profile_of: FromDishka[ProfileOf],
        if_match: IfMatch = None,
    ) -> Response[Me]:
        await change(actor, UserId(id), data, expected_version(if_match))
        return with_etag(await profile_of(UserId(id)))


CONTROLLERS = [AuthController, MeController, UserController]
