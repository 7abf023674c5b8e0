"""The daily report: true figures of the day, one row for a day, for operators, on both databases."""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import openpyxl
import pytest
from dishka import AsyncContainer, Provider, Scope
from litestar import Litestar
from sqlalchemy import insert, select

from lyceum.accounts.api import Role
from lyceum.jobs.adapters.reports import TasksOfDay
from lyceum.jobs.adapters.tables import reports, tasks
from lyceum.jobs.domain.calendar import bounds
from lyceum.jobs.ports import DatabaseClock
from lyceum.kernel.ids import uuid7
from lyceum.main.container import make_container
from lyceum.platform.daily import Day, ReportPart
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.i18n import translator
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import Settings
from tests.jobs.test_jobs_http import TASKS, Office
from tests.jobs.test_schedule import HandClock
from tests.training.callers import Classroom, a_question, headers_of

REPORTS = "/api/jobs/reports"
MOSCOW = ZoneInfo("Europe/Moscow")
type Body = dict[str, object]


@pytest.fixture
async def container(settings: Settings, database: Database) -> AsyncContainer:
    """The product, for which today is over."""
    provider = Provider(scope=Scope.APP)
    tomorrow = HandClock(datetime.now(UTC) + timedelta(days=1))
    provider.provide(lambda: tomorrow, provides=DatabaseClock, override=True)
    return make_container(settings, provider)


@pytest.fixture
async def room(client: httpx.AsyncClient, container: AsyncContainer, relay: Relay) -> Classroom:
    return Classroom(client, container, relay, await headers_of(container, 1))


@pytest.fixture
async def office(client: httpx.AsyncClient, container: AsyncContainer) -> Office:
    people = [await headers_of(container, number) for number in (1, 2)]
    return Office(client, *people, operator=await headers_of(container, 3, Role.OPERATOR))


def today() -> date:
    return datetime.now(MOSCOW).date()


async def made(office: Office, day: date | str) -> Body:
    """The task that makes the report of a day, once it is over."""
    form: Body = {"kind": "report", "payload": {"day": str(day)}, "max_attempts": 1}
    answer = await office.make(form, by=office.operator)
    assert answer.status_code == 201, answer.text
    return await office.over(str(answer.json()["id"]))


def figures(report: Body) -> dict[tuple[str, str, str], float]:
    sections = report["sections"]
    assert isinstance(sections, list)
    return {(part["name"], it["name"], it.get("of", "")): it["value"] for part in sections for it in part["figures"]}


async def test_a_report_tells_what_happened_on_the_day(room: Classroom, office: Office) -> None:
    day = today()
    await room.fill([a_question(number) for number in range(3)])
    await room.series(["a", "b", None])
    cancelled = await office.waiting()
    await office.client.post(f"{TASKS}/{cancelled}/cancel", headers=office.masha)
    await office.over((await office.make()).json()["id"])
    task = await made(office, day)
    assert (task["status"], task["result"]) == ("completed", {"day": str(day), "url": f"{REPORTS}/{day}"}), task
    report = (await office.client.get(f"{REPORTS}/{day}", headers=office.operator)).json()
    assert (report["day"], report["time_zone"], report["revision"]) == (str(day), "Europe/Moscow", 1)
    since, until = (datetime.fromisoformat(report[name]) for name in ("since", "until"))
    assert (since, until - since) == (bounds(day, MOSCOW)[0], timedelta(hours=24))
    found = figures(report)
    assert found["training", "learners", ""] == 1
    assert (found["training", "answers", ""], found["training", "answers_right", ""]) == (2, 1)
    assert (found["training", "trainings", "practice"], found["training", "trainings", "event"]) == (1, 0)
    assert found["bank", "questions_new", ""] == 3
    assert (found["tasks", "completed", "demo"], found["tasks", "cancelled", "demo"]) == (1, 1)
    assert (found["tasks", "completed", ""], found["tasks", "failed", ""]) == (1, 0)
    assert found["users", "signed_up", ""] == 0


async def test_an_empty_day_has_a_report_of_zeros(office: Office) -> None:
    await made(office, "2026-01-01")
    report = (await office.client.get(f"{REPORTS}/2026-01-01", headers=office.operator)).json()
    assert set(figures(report).values()) == {0}
    assert len(report["sections"]) >= 4


async def test_a_day_has_one_report_which_can_be_made_anew(office: Office, database: Database) -> None:
    for _ in range(2):
        await made(office, "2026-01-01")
    report = (await office.client.get(f"{REPORTS}/2026-01-01", headers=office.operator)).json()
    assert report["revision"] == 2
    async with database.read() as connection:
        assert len((await connection.execute(select(reports))).all()) == 1


async def test_a_day_that_is_not_over_has_no_report(office: Office) -> None:
    day = today() + timedelta(days=1)
    task = await made(office, day)
    assert (task["status"], task["error"]["code"]) == ("failed", "invalid_payload")  # type: ignore[index]
    missing = await office.client.get(f"{REPORTS}/{day}", headers=office.operator)
    assert (missing.status_code, missing.json()["code"]) == (404, "jobs.report_not_found")


@pytest.mark.parametrize("day", ["1999-12-31", "2201-01-01", "9999-12-31", "yesterday", "2026-02-30", 7, None])
async def test_what_is_no_day_is_refused_when_the_task_is_made(office: Office, day: object) -> None:
    answer = await office.make({"kind": "report", "payload": {"day": day}}, by=office.operator)
    assert (answer.status_code, answer.json()["code"]) == (422, "jobs.invalid_payload"), answer.text


async def test_reports_are_for_operators(office: Office) -> None:
    answer = await office.make({"kind": "report", "payload": {"day": "2026-01-01"}})
    assert answer.status_code == 403
    for path in (REPORTS, f"{REPORTS}/2026-01-01", f"{REPORTS}/2026-01-01/xlsx"):
        assert (await office.client.get(path, headers=office.masha)).status_code == 403
    assert (await office.client.get(f"{REPORTS}/yesterday", headers=office.operator)).status_code == 404


async def test_reports_are_listed_by_pages_the_latest_first(office: Office) -> None:
    days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    for day in days:
        await made(office, day)
    first = (await office.client.get(f"{REPORTS}?limit=2", headers=office.operator)).json()
    rest = await office.client.get(
        REPORTS, params={"limit": 2, "cursor": first["next_cursor"]}, headers=office.operator
    )
    assert [it["day"] for it in first["items"] + rest.json()["items"]] == days[::-1]
    wrong = await office.client.get(f"{REPORTS}?cursor=x", headers=office.operator)
    assert wrong.status_code == 422


async def test_the_workbook_has_the_same_figures_in_the_language_of_the_reader(office: Office) -> None:
    await made(office, "2026-01-01")
    for locale, word in (("ru", "Верные ответы"), ("en", "Right answers")):
        headers = office.operator | {"Accept-Language": locale}
        answer = await office.client.get(f"{REPORTS}/2026-01-01/xlsx", headers=headers)
        assert answer.status_code == 200
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        rows = list(book.active.iter_rows(values_only=True))
        assert (word in {row[1] for row in rows}, book.active.title) == (True, "2026-01-01")
        report = (await office.client.get(f"{REPORTS}/2026-01-01", headers=office.operator)).json()
        assert [row[3] for row in rows[1:]] == [it["value"] for part in report["sections"] for it in part["figures"]]


async def test_every_word_of_a_report_has_a_russian_translation(office: Office) -> None:
    await office.over((await office.make()).json()["id"])
    await made(office, today())
    report = (await office.client.get(f"{REPORTS}/{today()}", headers=office.operator)).json()
    shown = [it for part in report["sections"] for it in part["figures"]]
    titles = {part["title"] for part in report["sections"]}
    titles |= {it[name] for it in shown for name in ("title", "of_title") if name in it}
    russian = translator("ru")
    assert [title for title in titles if russian.gettext(title) == title] == []


@dataclass(frozen=True, slots=True)
class Edge:
    """A moment, and whether it belongs to the day."""

    at: datetime
    inside: bool


async def test_a_day_takes_its_first_moment_and_not_the_first_of_the_next(
    app: Litestar, container: AsyncContainer, database: Database
) -> None:
    day = date(2026, 3, 29)
    since, until = bounds(day, ZoneInfo("Europe/Berlin"))
    tick = timedelta(microseconds=1)
    edges = [
        Edge(since.astimezone(UTC) - tick, inside=False),
        Edge(since.astimezone(UTC), inside=True),
        Edge(until.astimezone(UTC) - tick, inside=True),
        Edge(until.astimezone(UTC), inside=False),
    ]
    async with SqlTransaction(database) as transaction:
        for edge in edges:
            row = {
                "id": uuid7(), "kind": "demo", "title": "", "description": "", "status": "completed",
                "payload": "{}", "priority": 5, "run_at": edge.at, "timeout_s": 1, "max_attempts": 1, "attempt": 1,
                "losses": 0, "done": 0, "total": 0, "note": "", "created_at": edge.at, "finished_at": edge.at,
                "source": "internal", "version": 1,
            }  # fmt: skip
            await transaction.connection.execute(insert(tasks).values(row))
    part: ReportPart = await container.get(TasksOfDay)
    found = {(it.name, it.of): it.value for it in await part.figures(Day(day, since, until))}
    assert found["completed", "demo"] == sum(edge.inside for edge in edges)
