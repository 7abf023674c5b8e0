"""The bindings of accounts."""

from collections.abc import AsyncIterator
from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all
from litestar import Request

from lyceum.accounts.adapters.access_tokens import USE, AccessTokens
from lyceum.accounts.adapters.authentication import Authentication, Proofs, RequestCallers
from lyceum.accounts.adapters.daily import UsersOfDay
from lyceum.accounts.adapters.desk import UsersNow
from lyceum.accounts.adapters.facade import AdmittedSponsors, CookieGuests, KnownPeople
from lyceum.accounts.adapters.last_use import LastUse
from lyceum.accounts.adapters.open_door import OpenDoor
from lyceum.accounts.adapters.profile_pages import ProfilePage
from lyceum.accounts.adapters.pruning import PRUNERS
from lyceum.accounts.adapters.queries import AccountQueries, ProfileOf, SqlCredentials, UserQueries
from lyceum.accounts.adapters.repositories import SqlApiKeys, SqlLinks, SqlSessions, SqlUsers
from lyceum.accounts.adapters.visits import Visit
from lyceum.accounts.api import Actor, Callers, Guests, People, Sponsors
from lyceum.accounts.ports import ApiKeys, CredentialsByName, Links, Passwords, Sessions, Users
from lyceum.accounts.use_cases.api_keys import CreateApiKey, RevokeApiKey
from lyceum.accounts.use_cases.entering import Doorway, Gate, PasswordCheck
from lyceum.accounts.use_cases.operator_link import EnterByLink, FirstOperator, MakeOperatorLink
from lyceum.accounts.use_cases.profile import ChangePassword, ChangeProfile
from lyceum.accounts.use_cases.sign_in import EndSession, Refresh, SignIn, SignOut
from lyceum.accounts.use_cases.sign_up import SignUp, StartGuest
from lyceum.accounts.use_cases.users import ChangeUser, CreateUser, GrantRole, RevokeRole
from lyceum.kernel.ports import Clock
from lyceum.platform.cache import Limits, open_limits
from lyceum.platform.database import Database
from lyceum.platform.pages import Viewer
from lyceum.platform.security import Argon2Passwords, FormTokens, SignedTokens
from lyceum.platform.settings import Settings


class AccountsProvider(Provider):
    """Also gives every context the `Actor` and the `Viewer` of the running request."""

    scope = Scope.REQUEST

    daily = provide(UsersOfDay, scope=Scope.APP)
    desk = provide(UsersNow, scope=Scope.APP)
    users = provide(SqlUsers, provides=Users)
    sessions = provide(SqlSessions, provides=Sessions)
    api_keys = provide(SqlApiKeys, provides=ApiKeys)
    links = provide(SqlLinks, provides=Links)
    guests = provide(CookieGuests, provides=Guests)
    sponsors = provide(AdmittedSponsors, provides=Sponsors)
    authentication = provide(Authentication)
    profile_page = provide(ProfilePage)
    use_cases = provide_all(
        SignUp,
        StartGuest,
        SignIn,
        Refresh,
        SignOut,
        EndSession,
        ChangeProfile,
        ChangePassword,
        CreateApiKey,
        RevokeApiKey,
        ChangeUser,
        GrantRole,
        RevokeRole,
        CreateUser,
        MakeOperatorLink,
        EnterByLink,
        FirstOperator,
        Gate,
        PasswordCheck,
        Doorway,
    )

    pruners = provide_all(*PRUNERS, scope=Scope.APP)
    callers = provide(RequestCallers, provides=Callers, scope=Scope.APP)
    people = provide(KnownPeople, provides=People, scope=Scope.APP)
    credentials = provide(SqlCredentials, provides=CredentialsByName, scope=Scope.APP)
    queries = provide_all(AccountQueries, UserQueries, ProfileOf, Proofs, OpenDoor, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def passwords(self) -> Passwords:
        return Argon2Passwords()

    @provide(scope=Scope.APP)
    async def limits(self, settings: Settings) -> AsyncIterator[Limits]:
        async with open_limits(settings.cache_url) as limits:
            yield limits

    @provide(scope=Scope.APP)
    def access_tokens(self, settings: Settings, clock: Clock) -> AccessTokens:
        return AccessTokens(SignedTokens(settings.secret_key, clock, USE), settings.access_token_seconds)

    @provide(scope=Scope.APP)
    def form_tokens(self, settings: Settings) -> FormTokens:
        return FormTokens(settings.secret_key)

    @provide(scope=Scope.APP)
    async def last_use(self, database: Database, clock: Clock, settings: Settings) -> AsyncIterator[LastUse]:
        last_use = LastUse(database, clock, timedelta(days=settings.session_days))
        yield last_use
        await last_use.close()

    @provide
    def visit(self, request: Request, settings: Settings) -> Visit:  # type: ignore[type-arg]
        return Visit(request, settings)

    @provide
    async def actor(self, authentication: Authentication) -> Actor:
        return await authentication.actor()

    @provide
    def viewer(self, visit: Visit, actor: Actor, form_tokens: FormTokens) -> Viewer:
        """Guests are shown the way to sign in, so they are not `is_signed_in` here."""
        return Viewer.of(
            visit.request,
            name=actor.name,
            roles=frozenset(role.value for role in actor.roles),
            csrf_token=form_tokens.make(visit.binding),
            is_signed_in=actor.is_signed_in and not actor.is_guest,
            profile_locale=actor.locale if actor.is_signed_in else None,
        )
