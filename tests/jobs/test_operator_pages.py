"""The operators' pages: the overview, rejected messages, daily reports; and everybody's own tasks."""

from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer
from sqlalchemy import insert

from lyceum.accounts.api import Role
from lyceum.jobs.adapters.desk_pages import worst
from lyceum.jobs.adapters.message_tables import inbox
from lyceum.jobs.adapters.presence import Process
from lyceum.jobs.adapters.views import TaskStats
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now
from lyceum.platform.health import Check
from tests.jobs.test_jobs_http import Office
from tests.training.callers import Headers, headers_of

AS_PAGE = {
    "Accept": "text/html",
    "Accept-Language": "ru",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
}
WELL = [Check(name="database", adapter="SQLite", ok=True, ms=1)]


def up(part: str) -> Process:
    return Process(id=UUID(int=1), part=part, host="vm", slots=4, up_s=1, silent_s=1)


BOTH = [up("worker"), up("scheduler")]


@pytest.fixture
async def office(client: httpx.AsyncClient, container: AsyncContainer) -> Office:
    people = [await headers_of(container, number) for number in (1, 2)]
    return Office(client, *people, operator=await headers_of(container, 3, Role.OPERATOR))


async def shown(office: Office, path: str, *, by: Headers | None = None, status: int = 200) -> str:
    answer = await office.client.get(path, headers=(by or office.operator) | AS_PAGE)
    assert answer.status_code == status, answer.text[-500:]
    return answer.text.replace("\xa0", " ")


async def sent(office: Office, path: str, *, by: Headers | None = None, **fields: str) -> httpx.Response:
    """A form of our own pages."""
    form = {name: (None, value) for name, value in {"x": "", **fields}.items()}
    return await office.client.post(path, files=form, headers=(by or office.operator) | AS_PAGE)


async def rejected(database: Database, *, body: bytes, own_id: bool = False, code: str = "jobs.not_json") -> UUID:
    """A dead letter; one with an id of its own can be sent again."""
    id = uuid4()
    row = {
        "message_id": id, "sent_id": id if own_id else None, "queue": "tasks", "schema": "", "producer": "crm",
        "source": "rabbitmq", "body_hash": "x", "size": len(body), "outcome": "rejected", "error_code": code,
        "error": '{"detail":"Не JSON."}', "body": body, "received_at": database_now(),
    }  # fmt: skip
    async with SqlTransaction(database) as transaction:
        await transaction.connection.execute(insert(inbox).values(row))
    return id


async def test_the_overview_tells_how_everything_stands(office: Office) -> None:
    id = (await office.make()).json()["id"]
    await office.over(id)
    page = await shown(office, "/operator")
    for words in ("База данных", "Исполнители", "Расписание", "Пользователи", "Импорт", "События", "Последние задачи"):
        assert words in page, words
    assert f"/operator/tasks/{id}" in page
    live = await office.client.get("/operator", headers=office.operator | AS_PAGE | {"HX-Request": "true"})
    assert live.text.lstrip().startswith('<div class="stack" id="desk-live"')
    await shown(office, "/operator", by=office.masha, status=403)


@pytest.mark.parametrize(
    ("expected", "checks", "processes", "waits", "dead"),
    [
        ("", WELL, BOTH, 0, 0),
        ("health", [*WELL, Check(name="files", adapter="folder", ok=False, ms=1)], [], 900, 3),
        ("workers", WELL, [up("scheduler")], 900, 3),
        ("scheduler", WELL, [up("worker")], 900, 3),
        ("queue", WELL, BOTH, 61, 3),
        ("dead", WELL, BOTH, 59, 1),
    ],
)
def test_one_thing_at_a_time_asks_for_attention_the_worst_first(
    expected: str, checks: list[Check], processes: list[Process], waits: float, dead: int
) -> None:
    stats = TaskStats(
        new=1, in_progress=0, completed=0, failed=0, by_kind=[], oldest_waiting_s=waits, workers=0
    )  # fmt: skip
    assert worst(checks, processes, stats, dead) == expected


async def test_without_a_broker_the_page_of_messages_says_so(office: Office) -> None:
    page = await shown(office, "/operator/messages")
    assert "Брокер сообщений не подключён" in page
    assert "Отклонённых сообщений нет" in page


async def test_rejected_messages_are_listed_with_their_cause_and_sent_again(office: Office, database: Database) -> None:
    hopeless = await rejected(database, body=b"<script>alert(1)</script>")
    mended = await rejected(database, body=b'{"schema":"task/1"}', own_id=True, code="jobs.unknown_kind")
    page = await shown(office, "/operator/messages")
    assert str(hopeless) in page
    assert str(mended) in page
    some = await shown(office, "/operator/messages?code=jobs.unknown_kind")
    assert (str(hopeless) in some, str(mended) in some) == (False, True)
    one = await shown(office, f"/operator/messages/{hopeless}")
    assert "&lt;script&gt;" in one
    assert "<script>alert" not in one
    assert f"{hopeless}/replay" not in one
    refused = await sent(office, f"/operator/messages/{hopeless}/replay")
    assert (refused.status_code, 'role="alert"' in refused.text) == (409, True)
    replayed = await sent(office, f"/operator/messages/{mended}/replay")
    assert (replayed.status_code, replayed.headers["location"]) == (303, f"/operator/messages/{mended}")
    await shown(office, f"/operator/messages/{uuid4()}", status=404)


async def test_a_report_is_asked_for_and_read_on_pages(office: Office) -> None:
    assert "Отчётов пока нет" in await shown(office, "/operator/reports")
    asked = await sent(office, "/operator/reports", day="2026-01-01")
    assert asked.status_code == 303
    task = await office.over(asked.headers["location"].rpartition("/")[2])
    assert task["status"] == "completed", task
    assert "/operator/reports/2026-01-01" in await shown(office, asked.headers["location"])
    assert "1 января 2026" in await shown(office, "/operator/reports")
    page = await shown(office, "/operator/reports/2026-01-01")
    assert "Отвечавшие ученики" in page
    table = await office.client.get("/operator/reports/2026-01-01/table.xlsx", headers=office.operator | AS_PAGE)
    assert table.content[:2] == b"PK"
    await shown(office, "/operator/reports/2025-01-01", status=404)


@pytest.mark.parametrize("day", ["", "yesterday", "0001-01-01", "9999-12-31", "2026-02-30", "x" * 5000])
async def test_what_is_no_day_leads_back_to_the_form(office: Office, day: str) -> None:
    answer = await sent(office, "/operator/reports", day=day)
    assert answer.status_code == 422
    assert 'id="f-day-error"' in answer.text


async def test_everybody_sees_their_own_tasks_alone(office: Office) -> None:
    own, others = await office.waiting({"title": "Моя"}), await office.waiting({"title": "Чужая"}, by=office.petya)
    page = await shown(office, "/tasks", by=office.masha)
    assert (own in page, others in page) == (True, False)
    assert "Моя" in await shown(office, f"/tasks/{own}", by=office.masha)
    await shown(office, f"/tasks/{others}", by=office.masha, status=404)
    cancelled = await sent(office, f"/tasks/{own}/cancel", by=office.masha)
    assert (cancelled.status_code, cancelled.headers["location"]) == (303, f"/tasks/{own}")
