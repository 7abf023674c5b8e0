"""Who may call what: a row for every route, tried by everybody. A route without a row fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer
from litestar import Litestar
from litestar.routes import ASGIRoute, HTTPRoute

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, Role
from tests.accounts.callers import a_user

ANYBODY, LEARNER, AUTHOR, OPERATOR = range(4)
CALLERS = ("a visitor", "a learner", "an author", "an operator")
ROLES = {LEARNER: Role.LEARNER, AUTHOR: Role.AUTHOR, OPERATOR: Role.OPERATOR}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
QUESTION = {
    "kind": "essay", "stem": "Пишите.", "subject": "history",
}  # fmt: skip
PACK = {"title": "Набор", "selection": {"subject": "history"}}
AD = {"ad_id": str(uuid4())}
ATTEMPT = {"attempt_id": str(uuid4())}
ACCOUNT = {"email": "new@example.org", "password": "correct horse battery"}
FILE = b"\x00"


@dataclass(frozen=True, slots=True)
class Row:
    """The least role that gets in; `body` is JSON, or a file of questions."""

    least: int
    body: object = None


EVENT = {"title": "Турнир", "opens_at": "2126-01-01T00:00:00Z", "closes_at": "2126-01-01T02:00:00Z",
         "duration_min": 60, "exam": "ege", "subject": "physics"}  # fmt: skip
API: Mapping[tuple[str, str], Row] = {
    ("GET", "/health/live"): Row(ANYBODY),
    ("GET", "/health/ready"): Row(ANYBODY),
    ("GET", "/metrics"): Row(ANYBODY),
    ("GET", "/openapi.json"): Row(ANYBODY),
    ("GET", "/docs"): Row(ANYBODY),
    ("GET", "/docs/errors"): Row(ANYBODY),
    ("GET", "/docs/messages"): Row(ANYBODY),
    ("GET", "/asyncapi.json"): Row(ANYBODY),
    ("GET", "/docs/start.js"): Row(ANYBODY),
    ("GET", "/docs/schema"): Row(ANYBODY),
    ("GET", "/docs/schema/openapi.json"): Row(ANYBODY),
    ("GET", "/docs/schema/{path}"): Row(ANYBODY),
    ("GET", "/static/{file_path}"): Row(ANYBODY),
    ("HEAD", "/static/{file_path}"): Row(ANYBODY),
    ("GET", "/locale/{to}"): Row(ANYBODY),
    ("POST", "/api/auth/guest"): Row(ANYBODY),
    ("POST", "/api/auth/sign-up"): Row(ANYBODY, ACCOUNT),
    ("POST", "/api/auth/sign-out"): Row(LEARNER, {}),
    ("GET", "/api/me"): Row(LEARNER),
    ("PATCH", "/api/me"): Row(LEARNER, {"name": "Имя"}),
    ("POST", "/api/me/password"): Row(LEARNER, {"current": "x", "new": "correct horse battery"}),
    ("GET", "/api/me/api-keys"): Row(LEARNER),
    ("POST", "/api/me/api-keys"): Row(LEARNER, {"name": "k", "scopes": ["training:read"]}),
    ("DELETE", "/api/me/api-keys/{id}"): Row(LEARNER),
    ("GET", "/api/me/sessions"): Row(LEARNER),
    ("DELETE", "/api/me/sessions/{id}"): Row(LEARNER),
    ("GET", "/api/users"): Row(OPERATOR),
    ("GET", "/api/users/{id}"): Row(OPERATOR),
    ("PATCH", "/api/users/{id}"): Row(OPERATOR, {}),
    ("GET", "/api/jobs/reports"): Row(OPERATOR),
    ("GET", "/api/jobs/reports/{day}"): Row(OPERATOR),
    ("GET", "/api/jobs/reports/{day}/xlsx"): Row(OPERATOR),
    ("GET", "/api/bank/questions"): Row(ANYBODY),
    ("POST", "/api/bank/questions"): Row(AUTHOR, QUESTION),
    ("GET", "/api/bank/questions/{id}"): Row(ANYBODY),
    ("PUT", "/api/bank/questions/{id}"): Row(AUTHOR, QUESTION),
    ("DELETE", "/api/bank/questions/{id}"): Row(AUTHOR),
    ("POST", "/api/bank/questions/{id}/publish"): Row(AUTHOR),
    ("GET", "/api/bank/packs"): Row(ANYBODY),
    ("POST", "/api/bank/packs"): Row(AUTHOR, PACK),
    ("GET", "/api/bank/packs/{id}"): Row(ANYBODY),
    ("PUT", "/api/bank/packs/{id}"): Row(AUTHOR, PACK),
    ("GET", "/api/bank/exams"): Row(ANYBODY),
    ("GET", "/api/bank/exams/{exam}/{subject}/{year}"): Row(ANYBODY),
    ("PUT", "/api/bank/exams/{exam}/{subject}/{year}"): Row(OPERATOR, {"max_primary": 10}),
    ("GET", "/api/bank/subjects"): Row(ANYBODY),
    ("GET", "/api/bank/subjects/{subject}/topics"): Row(ANYBODY),
    ("GET", "/api/bank/templates/{format}"): Row(ANYBODY),
    ("POST", "/api/bank/validate"): Row(ANYBODY, FILE),
    ("GET", "/api/bank/imports"): Row(AUTHOR),
    ("POST", "/api/bank/imports"): Row(AUTHOR, FILE),
    ("GET", "/api/bank/imports/{id}"): Row(AUTHOR),
    ("GET", "/api/bank/imports/{id}/report"): Row(AUTHOR),
    ("GET", "/api/bank/imports/{id}/losses"): Row(AUTHOR),
    ("POST", "/api/bank/imports/{id}/confirm"): Row(AUTHOR),
    ("POST", "/api/bank/imports/{id}/cancel"): Row(AUTHOR),
    ("POST", "/api/bank/imports/{id}/undo"): Row(AUTHOR),
    ("POST", "/api/bank/exports"): Row(AUTHOR, {}),
    ("GET", "/api/bank/exports/{id}"): Row(AUTHOR),
    ("GET", "/api/jobs/dead-letters"): Row(OPERATOR),
    ("GET", "/api/jobs/dead-letters/{id}"): Row(OPERATOR),
    ("POST", "/api/jobs/dead-letters/{id}/replay"): Row(OPERATOR),
    ("GET", "/api/advertising/clients/{id}"): Row(OPERATOR),
    ("POST", "/api/advertising/clients/bulk"): Row(OPERATOR, []),
    ("GET", "/api/advertising/advertisers"): Row(OPERATOR),
    ("GET", "/api/advertising/advertisers/{id}"): Row(OPERATOR),
    ("POST", "/api/advertising/advertisers/bulk"): Row(OPERATOR, []),
    ("POST", "/api/advertising/sponsors"): Row(LEARNER, {}),
    ("POST", "/api/advertising/advertisers/{advertiser}/forecast"): Row(OPERATOR, {}),
    ("GET", "/api/advertising/advertisers/{advertiser}/subjects"): Row(OPERATOR),
    ("PUT", "/api/advertising/advertisers/{advertiser}/subjects"): Row(OPERATOR, {}),
    ("POST", "/api/advertising/ml-scores"): Row(OPERATOR, {}),
    ("POST", "/api/advertising/ml-scores/bulk"): Row(OPERATOR, []),
    ("GET", "/api/advertising/advertisers/{advertiser}/campaigns"): Row(OPERATOR),
    ("POST", "/api/advertising/advertisers/{advertiser}/campaigns"): Row(OPERATOR, {}),
    ("GET", "/api/advertising/advertisers/{advertiser}/campaigns/{id}"): Row(OPERATOR),
    ("PUT", "/api/advertising/advertisers/{advertiser}/campaigns/{id}"): Row(OPERATOR, {}),
    ("DELETE", "/api/advertising/advertisers/{advertiser}/campaigns/{id}"): Row(OPERATOR),
    ("POST", "/api/advertising/advertisers/{advertiser}/campaigns/{id}/image"): Row(OPERATOR),
    ("DELETE", "/api/advertising/advertisers/{advertiser}/campaigns/{id}/image"): Row(OPERATOR),
    ("POST", "/api/advertising/ai/generate-text"): Row(OPERATOR, {}),
    ("GET", "/api/advertising/ads"): Row(OPERATOR),
    ("GET", "/api/advertising/ads/explain"): Row(OPERATOR),
    ("POST", "/api/advertising/ads/{id}/click"): Row(OPERATOR, {}),
    ("GET", "/api/advertising/stats/campaigns/{id}"): Row(OPERATOR),
    ("GET", "/api/advertising/stats/campaigns/{id}/daily"): Row(OPERATOR),
    ("GET", "/api/advertising/stats/advertisers/{id}/campaigns"): Row(OPERATOR),
    ("GET", "/api/advertising/stats/advertisers/{id}/campaigns/daily"): Row(OPERATOR),
    ("GET", "/api/advertising/ping"): Row(ANYBODY),
    ("POST", "/api/advertising/time/advance"): Row(OPERATOR, {}),
    ("PUT", "/api/advertising/profanity/enable"): Row(OPERATOR),
    ("PUT", "/api/advertising/profanity/disable"): Row(OPERATOR),
    ("PUT", "/api/advertising/profanity/blacklist"): Row(OPERATOR, []),
    ("GET", "/api/advertising/profanity/enabled"): Row(OPERATOR),
    ("GET", "/api/shop/me/entitlements"): Row(LEARNER),
    ("GET", "/api/shop/users/{id}/entitlements"): Row(OPERATOR),
    ("PUT", "/api/shop/users/{id}/entitlements/{feature}"): Row(OPERATOR, {}),
    ("DELETE", "/api/shop/users/{id}/entitlements/{feature}"): Row(OPERATOR),
    ("GET", "/api/jobs/tasks"): Row(LEARNER),
    ("POST", "/api/jobs/tasks"): Row(LEARNER, {"description": "x", "run_at": "2099-01-01T00:00:00Z"}),
    ("GET", "/api/jobs/tasks/stats"): Row(LEARNER),
    ("GET", "/api/jobs/tasks/{id}"): Row(LEARNER),
    ("GET", "/api/jobs/tasks/{id}/log"): Row(LEARNER),
    ("POST", "/api/jobs/tasks/{id}/cancel"): Row(LEARNER),
    ("POST", "/api/jobs/tasks/{id}/retry"): Row(LEARNER),
    ("POST", "/api/training/trainings"): Row(LEARNER, {}),
    ("GET", "/api/training/trainings/current"): Row(LEARNER),
    ("GET", "/api/training/trainings/{id}"): Row(LEARNER),
    ("POST", "/api/training/trainings/{id}/answers"): Row(LEARNER, {**ATTEMPT, "answer": "a"}),
    ("POST", "/api/training/trainings/{id}/skip"): Row(LEARNER, ATTEMPT),
    ("POST", "/api/training/trainings/{id}/hint"): Row(LEARNER, ATTEMPT),
    ("POST", "/api/training/trainings/{id}/finish"): Row(LEARNER),
    ("GET", "/api/training/trainings/{id}/why"): Row(LEARNER),
    ("POST", "/api/training/trainings/{id}/pause"): Row(LEARNER),
    ("POST", "/api/training/trainings/{id}/pause/end"): Row(LEARNER, AD),
    ("POST", "/api/training/trainings/{id}/pause/click"): Row(LEARNER, AD),
    ("GET", "/api/training/trainings/{id}/result"): Row(LEARNER),
    ("GET", "/api/training/grading"): Row(AUTHOR),
    ("POST", "/api/training/grading/next"): Row(AUTHOR),
    ("GET", "/api/training/grading/{id}"): Row(AUTHOR),
    ("POST", "/api/training/grading/{id}/grades"): Row(AUTHOR, {"points": {}}),
    ("POST", "/api/training/grading/{id}/appeal"): Row(OPERATOR, {"points": {}}),
    ("GET", "/api/training/accommodations/{id}"): Row(AUTHOR),
    ("PUT", "/api/training/accommodations/{id}"): Row(AUTHOR, {"extra_min": 90}),
    ("GET", "/api/training/me/progress"): Row(LEARNER),
    ("GET", "/api/training/me/settings"): Row(LEARNER),
    ("PATCH", "/api/training/me/settings"): Row(LEARNER, {}),
    ("GET", "/api/training/questions/{id}/statistics"): Row(LEARNER),
    ("GET", "/api/training/questions/statistics"): Row(AUTHOR),
    ("GET", "/api/training/ratings/checks"): Row(AUTHOR),
    ("GET", "/api/training/sets"): Row(AUTHOR),
    ("GET", "/api/training/sets/{id}"): Row(AUTHOR),
    ("GET", "/api/training/leaderboard"): Row(LEARNER),
    ("GET", "/api/training/me/history"): Row(LEARNER),
    ("GET", "/api/training/me/mistakes"): Row(LEARNER),
    ("GET", "/api/training/events"): Row(ANYBODY),
    ("POST", "/api/training/events"): Row(AUTHOR, EVENT),
    ("GET", "/api/training/events/{id}"): Row(ANYBODY),
    ("PUT", "/api/training/events/{id}"): Row(LEARNER, EVENT),
    ("POST", "/api/training/events/{id}/seal"): Row(LEARNER),
    ("POST", "/api/training/events/{id}/cancel"): Row(LEARNER),
    ("POST", "/api/training/events/{id}/join"): Row(LEARNER, {}),
    ("POST", "/api/training/events/{id}/start"): Row(LEARNER, {}),
    ("GET", "/api/training/events/{id}/standings"): Row(ANYBODY),
    ("POST", "/api/training/events/{id}/rescore"): Row(LEARNER, {}),
    ("GET", "/api/training/events/{id}/flags"): Row(LEARNER),
    ("GET", "/api/training/events/{id}/log"): Row(LEARNER),
    ("GET", "/api/training/events/{id}/protocol.xlsx"): Row(LEARNER),
}
PAGES: Mapping[tuple[str, str], Row] = {
    ("GET", "/"): Row(ANYBODY),
    ("GET", "/login"): Row(ANYBODY),
    ("GET", "/signup"): Row(ANYBODY),
    ("POST", "/signup"): Row(ANYBODY),
    ("POST", "/logout"): Row(ANYBODY),
    ("GET", "/profile"): Row(LEARNER),
    ("POST", "/profile"): Row(LEARNER),
    ("POST", "/profile/password"): Row(LEARNER),
    ("POST", "/profile/keys"): Row(LEARNER),
    ("POST", "/profile/keys/{id}/revoke"): Row(LEARNER),
    ("POST", "/profile/sessions/{id}/end"): Row(LEARNER),
    ("GET", "/questions"): Row(ANYBODY),
    ("GET", "/questions/{find_code}"): Row(ANYBODY),
    ("GET", "/find"): Row(ANYBODY),
    ("GET", "/train"): Row(ANYBODY),
    ("POST", "/train"): Row(ANYBODY),
    ("GET", "/train/{id}"): Row(LEARNER),
    ("POST", "/train/{id}/answer"): Row(LEARNER),
    ("POST", "/train/{id}/finish"): Row(LEARNER),
    ("POST", "/train/{id}/hint"): Row(LEARNER),
    ("POST", "/train/{id}/on"): Row(LEARNER),
    ("POST", "/train/{id}/ad"): Row(LEARNER),
    ("GET", "/train/{id}/result"): Row(LEARNER),
    ("GET", "/exams"): Row(ANYBODY),
    ("POST", "/exams/start"): Row(ANYBODY),
    ("GET", "/exams/{id}"): Row(LEARNER),
    ("GET", "/exams/{id}/clock"): Row(LEARNER),
    ("GET", "/exams/{id}/tasks/{number}"): Row(LEARNER),
    ("POST", "/exams/{id}/tasks/{number}"): Row(LEARNER),
    ("GET", "/exams/{id}/finish"): Row(LEARNER),
    ("POST", "/exams/{id}/finish"): Row(LEARNER),
    ("GET", "/exams/{id}/result"): Row(LEARNER),
    ("GET", "/author/grading"): Row(AUTHOR),
    ("POST", "/author/grading/next"): Row(AUTHOR),
    ("GET", "/author/grading/{id}"): Row(AUTHOR),
    ("POST", "/author/grading/{id}"): Row(AUTHOR),
    ("GET", "/author/extra-time"): Row(AUTHOR),
    ("POST", "/author/extra-time"): Row(AUTHOR),
    ("GET", "/cabinet"): Row(ANYBODY),
    ("GET", "/leaderboard"): Row(LEARNER),
    ("GET", "/cabinet/history"): Row(ANYBODY),
    ("POST", "/cabinet/settings"): Row(LEARNER),
    ("GET", "/cabinet/mistakes"): Row(ANYBODY),
    ("GET", "/author"): Row(ANYBODY),
    ("GET", "/events"): Row(ANYBODY),
    ("GET", "/events/{id}"): Row(ANYBODY),
    ("GET", "/events/{id}/standings"): Row(ANYBODY),
    ("POST", "/events/{id}/join"): Row(LEARNER),
    ("POST", "/events/{id}/start"): Row(LEARNER),
    ("GET", "/author/events"): Row(AUTHOR),
    ("GET", "/author/events/new"): Row(AUTHOR),
    ("POST", "/author/events/new"): Row(AUTHOR),
    ("GET", "/author/events/{id}"): Row(LEARNER),
    ("POST", "/author/events/{id}"): Row(LEARNER),
    ("POST", "/author/events/{id}/seal"): Row(LEARNER),
    ("POST", "/author/events/{id}/cancel"): Row(LEARNER),
    ("POST", "/author/events/{id}/rescore"): Row(LEARNER),
    ("GET", "/author/tasks"): Row(AUTHOR),
    ("GET", "/author/tasks/{id}"): Row(AUTHOR),
    ("POST", "/author/tasks/{id}/cancel"): Row(AUTHOR),
    ("POST", "/author/tasks/{id}/retry"): Row(AUTHOR),
    ("GET", "/operator"): Row(OPERATOR),
    ("GET", "/sponsor"): Row(ANYBODY),
    ("POST", "/sponsor"): Row(OPERATOR),
    ("POST", "/sponsor/join"): Row(LEARNER),
    ("GET", "/sponsor/{advertiser}"): Row(OPERATOR),
    ("POST", "/sponsor/{advertiser}"): Row(OPERATOR),
    ("POST", "/sponsor/{advertiser}/subjects"): Row(OPERATOR),
    ("POST", "/sponsor/{advertiser}/forecast"): Row(OPERATOR),
    ("POST", "/sponsor/{advertiser}/texts"): Row(OPERATOR),
    ("GET", "/sponsor/{advertiser}/numbers"): Row(OPERATOR),
    ("GET", "/sponsor/{advertiser}/numbers/table.xlsx"): Row(OPERATOR),
    ("GET", "/sponsor/{advertiser}/numbers/table.csv"): Row(OPERATOR),
    ("GET", "/sponsor/{advertiser}/{id}/numbers"): Row(OPERATOR),
    ("GET", "/sponsor/{advertiser}/{id}/numbers/table.xlsx"): Row(OPERATOR),
    ("GET", "/sponsor/{advertiser}/{id}/numbers/table.csv"): Row(OPERATOR),
    ("GET", "/operator/advertising"): Row(OPERATOR),
    ("POST", "/operator/advertising/moderation"): Row(OPERATOR),
    ("POST", "/operator/advertising/words"): Row(OPERATOR),
    ("POST", "/operator/advertising/try"): Row(OPERATOR),
    ("POST", "/operator/advertising/day"): Row(OPERATOR),
    ("GET", "/operator/advertising/campaigns"): Row(OPERATOR),
    ("POST", "/operator/advertising/campaigns/{advertiser}/{id}/delete"): Row(OPERATOR),
    ("GET", "/operator/advertising/advertisers"): Row(OPERATOR),
    ("GET", "/sponsor/{advertiser}/new"): Row(OPERATOR),
    ("POST", "/sponsor/{advertiser}/new"): Row(OPERATOR),
    ("GET", "/sponsor/{advertiser}/{id}"): Row(OPERATOR),
    ("POST", "/sponsor/{advertiser}/{id}"): Row(OPERATOR),
    ("POST", "/sponsor/{advertiser}/{id}/image"): Row(OPERATOR),
    ("POST", "/sponsor/{advertiser}/{id}/delete"): Row(OPERATOR),
    ("GET", "/operator/tasks"): Row(OPERATOR),
    ("POST", "/operator/tasks"): Row(OPERATOR),
    ("GET", "/operator/tasks/{id}"): Row(OPERATOR),
    ("POST", "/operator/tasks/{id}/cancel"): Row(OPERATOR),
    ("POST", "/operator/tasks/{id}/retry"): Row(OPERATOR),
    ("GET", "/operator/messages"): Row(OPERATOR),
    ("GET", "/operator/messages/{id}"): Row(OPERATOR),
    ("POST", "/operator/messages/{id}/replay"): Row(OPERATOR),
    ("GET", "/operator/reports"): Row(OPERATOR),
    ("POST", "/operator/reports"): Row(OPERATOR),
    ("GET", "/operator/reports/{day}"): Row(OPERATOR),
    ("GET", "/operator/reports/{day}/table.xlsx"): Row(OPERATOR),
    ("GET", "/tasks"): Row(LEARNER),
    ("GET", "/tasks/{id}"): Row(LEARNER),
    ("POST", "/tasks/{id}/cancel"): Row(LEARNER),
    ("POST", "/tasks/{id}/retry"): Row(LEARNER),
    ("GET", "/author/imports"): Row(AUTHOR),
    ("POST", "/author/imports"): Row(AUTHOR),
    ("POST", "/author/imports/export"): Row(AUTHOR),
    ("GET", "/author/imports/{id}"): Row(AUTHOR),
    ("GET", "/author/imports/{id}/state"): Row(AUTHOR),
    ("GET", "/author/imports/{id}/report.csv"): Row(AUTHOR),
    ("POST", "/author/imports/{id}/cancel"): Row(AUTHOR),
    ("POST", "/author/imports/{id}/confirm"): Row(AUTHOR),
    ("POST", "/author/imports/{id}/undo"): Row(AUTHOR),
    ("GET", "/author/questions"): Row(AUTHOR),
    ("GET", "/author/statistics"): Row(AUTHOR),
    ("GET", "/author/statistics/table.xlsx"): Row(AUTHOR),
    ("GET", "/author/statistics/{id}"): Row(AUTHOR),
    ("GET", "/statistics/words/{id}"): Row(LEARNER),
    ("GET", "/author/questions/new"): Row(AUTHOR),
    ("POST", "/author/questions/new"): Row(AUTHOR),
    ("GET", "/author/questions/{id}"): Row(AUTHOR),
    ("POST", "/author/questions/{id}"): Row(AUTHOR),
    ("POST", "/author/questions/{id}/publish"): Row(AUTHOR),
    ("POST", "/author/questions/{id}/retire"): Row(AUTHOR),
    ("POST", "/author/questions/fields"): Row(AUTHOR),
    ("POST", "/author/questions/preview"): Row(AUTHOR),
}
BY_PROOF = {
    ("GET", "/auth/link"): 403,
    ("GET", "/files/{token}/{name}"): 403,
    ("HEAD", "/files/{token}/{name}"): 403,
    ("POST", "/api/auth/sign-in"): 401,
    ("POST", "/login"): 403,
    ("POST", "/api/auth/refresh"): 401,
}
"""Let in by what they bring, whoever they are: the status of those who bring something wrong."""
PROOFS = {"/api/auth/sign-in": {"email": "a@example.org", "password": "x"}, "/api/auth/refresh": {"refresh_token": "x"}}
VALUES = {"token": "x", "name": "x.png", "exam": "ege", "subject": "history", "year": "2026", "find_code": "QQQQQQQQ",
          "number": "1", "format": "csv", "to": "ru", "file_path": "app.css", "path": "x", "feature": "no_ads",
          "advertiser": str(UUID(int=8)), "day": "2026-11-20"}  # fmt: skip


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """Who may do what does not depend on the database."""
    folder = request.getfixturevalue("tmp_path")
    path = folder / "lyceum.sqlite3"
    path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
    return f"sqlite:///{path}"


def routes(app: Litestar) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            found |= {(method, route.path_format) for method in route.methods if method != "OPTIONS"}
        elif isinstance(route, ASGIRoute):
            found.add(("ASGI", route.path_format))
    return found


def test_every_route_has_a_row_and_every_row_a_route(app: Litestar) -> None:
    told = set(API) | set(PAGES) | set(BY_PROOF)
    there = routes(app)
    assert not there - told, f"say in this file who may call {sorted(there - told)}"
    assert not told - there, f"no longer there: {sorted(told - there)}"


def filled(path: str) -> str:
    for name, value in VALUES.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{id}", str(UUID(int=7)))


async def headers_of(container: AsyncContainer, caller: int) -> dict[str, str]:
    if caller == ANYBODY:
        return {}
    role = ROLES[caller]
    id = await a_user(container, f"{role.value}@example.org", role)
    actor = Actor(id, frozenset({role}), role.value, session_id=UUID(int=caller))
    return {"Authorization": f"Bearer {(await container.get(AccessTokens)).issue(actor)}"}


async def call(client: httpx.AsyncClient, method: str, path: str, row: Row, headers: dict[str, str]) -> httpx.Response:
    if row.body is FILE:
        return await client.request(method, filled(path), files={"file": ("a.gift", b"2+2? {=4}")}, headers=headers)
    return await client.request(method, filled(path), json=row.body, headers=headers)


@pytest.mark.parametrize("caller", range(4), ids=CALLERS)
async def test_each_call_lets_in_whom_it_should(
    client: httpx.AsyncClient, container: AsyncContainer, caller: int
) -> None:
    """Programs are refused with a problem document: 401 who has not signed in, 403 who lacks the role."""
    headers = await headers_of(container, caller)
    for (method, path), row in API.items():
        answer = await call(client, method, path, row, headers)
        where = f"{method} {path} by {CALLERS[caller]}: {answer.status_code} {answer.text[:200]}"
        client.cookies.clear()
        assert answer.status_code < 500, where
        if caller >= row.least:
            assert answer.status_code not in {401, 403} or "wrong" in answer.json()["code"], where
            continue
        assert answer.status_code == (401 if caller == ANYBODY else 403), where
        assert answer.headers["content-type"] == "application/problem+json", where
        expected = "accounts.not_signed_in" if caller == ANYBODY else "accounts.role_missing"
        assert answer.json()["code"] == expected, where


@pytest.mark.parametrize("caller", range(4), ids=CALLERS)
async def test_each_page_lets_in_whom_it_should(
    client: httpx.AsyncClient, container: AsyncContainer, caller: int
) -> None:
    """Who has not signed in is asked to; who lacks the role is told so on a page. Forms as from our own pages."""
    headers = await headers_of(container, caller) | {"Accept": "text/html"}
    for (method, path), row in PAGES.items():
        sent = {"files": {"x": (None, "")}, "headers": {**headers, "Sec-Fetch-Site": "same-origin"}}
        answer = await client.request(method, filled(path), **(sent if method in UNSAFE else {"headers": headers}))  # type: ignore[arg-type]
        where = f"{method} {path} by {CALLERS[caller]}: {answer.status_code} {answer.text[:200]}"
        to_login = answer.headers.get("location", "").startswith("/login")
        client.cookies.clear()
        assert answer.status_code < 500, where
        if caller >= row.least:
            assert answer.status_code not in {401, 403}, where
            assert not to_login or path == "/logout", where
        elif caller == ANYBODY:
            assert answer.status_code == 401 or to_login, where
        else:
            assert answer.status_code == 403, where
            assert answer.headers["content-type"].startswith("text/html"), where


async def test_no_form_is_taken_without_the_token_of_our_own_page(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    operator = await headers_of(container, OPERATOR)
    for method, path in (*PAGES, ("POST", "/login")):
        if method not in UNSAFE:
            continue
        for headers in ({}, operator, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            for fields in ({"data": {"csrf_token": "x"}}, {"files": {"csrf_token": (None, "x")}}):
                answer = await client.request(method, filled(path), headers=headers, **fields)  # type: ignore[arg-type]
                assert (answer.status_code, answer.json()["code"]) == (403, "accounts.csrf"), f"{method} {path}"


async def test_what_proves_nothing_lets_nobody_in(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    for caller in range(4):
        headers = await headers_of(container, caller)
        for (method, path), status in BY_PROOF.items():
            answer = await client.request(method, filled(path), json=PROOFS.get(path), headers=headers)
            assert answer.status_code == status, f"{method} {path} {answer.text}"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer x",
        "Bearer ",
        "Bearer a.b.c",
        "Basic YTpi",
        "Bearer " + "x" * 5000,
        "Bearer lyc_0000",
        "bearer \x7f",
        "x",
    ],
)
async def test_a_broken_proof_is_refused_and_not_taken_for_none(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get("/api/me", headers={"Authorization": header})
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"] == "Bearer"
