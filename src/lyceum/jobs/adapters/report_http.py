"""REST of the daily reports: `/api/jobs/reports`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor
from lyceum.jobs.adapters.reports import DailyReport, ReportQueries, table_of
from lyceum.jobs.domain.tasks import TaskId
from lyceum.platform.daily import Figure, Section
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.i18n import negotiate, translator
from lyceum.platform.paging import Limit, Page
from lyceum.platform.spreadsheets import XLSX

REPORT = DailyReport(
    day=date(2026, 11, 20),
    time_zone="Europe/Moscow",
    since=datetime(2026, 11, 19, 21, tzinfo=UTC),
    until=datetime(2026, 11, 20, 21, tzinfo=UTC),
    made_at=datetime(2026, 11, 20, 21, 0, 3, tzinfo=UTC),
    task_id=TaskId(UUID("0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f")),
    revision=1,
    sections=[
        Section(
            "training",
            "Learning",
            [
                Figure("learners", "Learners who answered", 214),
                Figure("answers", "Answers", 8120),
                Figure("trainings", "Trainings begun", 391, "practice", "Practice"),
            ],
        ),
        Section("tasks", "Background tasks", [Figure("completed", "Tasks completed", 12)]),
    ],
)
EXAMPLE = Example(id="report", value=REPORT)


def as_file(report: DailyReport, locale: str) -> Response[bytes]:
    """The report as an XLSX download."""
    return Response(
        table_of(report, translator(locale)),
        media_type=XLSX,
        headers={
            "Content-Disposition": f'attachment; filename="lyceum-{report.day}.xlsx"',
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Language, Cookie",
        },
    )


class ReportController(Controller):
    """Reports of days, for operators."""

    path = "/api/jobs/reports"
    tags: Sequence[str] | None = ("jobs",)

    @get(
        operation_id="list_reports",
        summary="Daily reports, the latest first",
        description="A report is made at the first moment after its day, in the platform's time zone.",
    )
    @inject
    async def listed(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[ReportQueries],
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[DailyReport]:
        return await queries.listed(actor, limit=limit, cursor=cursor)

    @get(
        "/{day:date}",
        operation_id="get_report",
        summary="The report of a day",
        description="A task of the kind `report` makes the report of a day anew, in the place of the first.",
        responses={
            200: ResponseSpec(DailyReport, description="The figures", generate_examples=False, examples=[EXAMPLE])
        },
    )
    @inject
    async def one(
        self, day: FromPath[date], actor: FromDishka[Actor], queries: FromDishka[ReportQueries]
    ) -> DailyReport:
        return await queries.one(actor, day)

    @get(
        "/{day:date}/xlsx",
        operation_id="get_report_xlsx",
        summary="The report of a day as a workbook",
        description="The same figures in the caller's language (`Accept-Language`).",
        media_type=XLSX,
    )
    @inject
    async def table(
        self, day: FromPath[date], request: AnyRequest, actor: FromDishka[Actor], queries: FromDishka[ReportQueries]
    ) -> Response[bytes]:
        locale = negotiate(request.headers.get("accept-language"), None, None)
        return as_file(await queries.one(actor, day), locale)


CONTROLLERS = [ReportController]
