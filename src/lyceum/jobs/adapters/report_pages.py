"""Pages of the daily reports, for operators."""

from datetime import date

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.adapters.report_http import as_file
from lyceum.jobs.adapters.reports import MakeReport, ReportPayload, ReportQueries
from lyceum.jobs.use_cases.creating import CreateTask, TaskForm
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.pages import Pages, Viewer, redirect

SHOWN = 31


class ReportPages(Controller):
    """The days with their main figures, and one day with all of them."""

    path = "/operator/reports"
    include_in_schema = False

    @get()
    @inject
    async def listed(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[ReportQueries],
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        found = await queries.listed(actor, limit=SHOWN, cursor=cursor)
        return pages.respond("jobs/reports.html", viewer, reports=found, is_first=cursor is None, day="", error=False)

    @post()
    @inject
    async def make(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[ReportQueries],
        create: FromDishka[CreateTask],
    ) -> Response[str]:
        """Have the report of a day made, anew if there is one; then the page of its task."""
        actor.require(Role.OPERATOR)
        day = str((await request.form()).get("day", "")).strip()
        try:
            msgspec.convert({"day": day}, ReportPayload)
        except msgspec.ValidationError:
            found = await queries.listed(actor, limit=SHOWN)
            return pages.respond(
                "jobs/reports.html", viewer, status_code=422, reports=found, is_first=True, day=day[:20], error=True
            )
        form = TaskForm(description=day, title=day, kind=MakeReport.name, payload={"day": day}, max_attempts=1)
        return redirect(request, f"/operator/tasks/{(await create(actor, form)).task.id}")

    @get("/{day:date}")
    @inject
    async def one(
        self,
        day: FromPath[date],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[ReportQueries],
    ) -> Response[str]:
        return pages.respond("jobs/report.html", viewer, report=await queries.one(actor, day))

    @get("/{day:date}/table.xlsx")
    @inject
    async def table(
        self,
        day: FromPath[date],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        queries: FromDishka[ReportQueries],
    ) -> Response[bytes]:
        return as_file(await queries.one(actor, day), viewer.locale)


PAGES = [ReportPages]
