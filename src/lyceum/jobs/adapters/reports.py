"""The daily report: what happened on a day, counted by every context, kept as one row."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar

import msgspec
from sqlalchemy import RowMapping, func, select
from sqlalchemy.dialects import postgresql, sqlite

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.adapters.tables import reports, tasks
from lyceum.jobs.api import AttemptFailed, ErrorCode, Schedule, TaskContext, TaskId, Timetable
from lyceum.jobs.domain.calendar import bounds
from lyceum.jobs.domain.refusals import ReportNotFound
from lyceum.jobs.domain.tasks import Status
from lyceum.jobs.ports import DatabaseClock
from lyceum.platform.daily import Day, Figure, ReportPart, Section
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now
from lyceum.platform.i18n import Translator
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page
from lyceum.platform.spreadsheets import CellValue, workbook

YEARS = range(2000, 2201)
COLUMNS = ("Section", "Figure", "Of", "Value")
KIND_TITLES = {
    "demo": "Demonstration",
    "import": "Import of questions",
    "export": "Export of questions",
    "export_xlsx": "Export to XLSX",
    "broadcast": "Broadcast",
    "report": "Daily report",
    "check_ratings": "Check of ratings",
    "score_learners": "Relevance of advertisers",
}


class ReportPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`day` of the platform's time zone, such as 2026-11-20; it has to be over when the task runs."""

    day: date

    def __post_init__(self) -> None:
        if self.day.year not in YEARS:
            raise ValueError(f"Expected a day from {YEARS[0]} to {YEARS[-1]}")


class DailyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on `day`, which lasted from `since` (in) to `until` (out); `revision` counts how often it was
    made."""

    day: date
    time_zone: str
    since: datetime
    until: datetime
    made_at: datetime
    task_id: TaskId
    revision: int
    sections: Sequence[Section]

    @property
    def hours(self) -> float:
        return (self.until - self.since).total_seconds() / 3600

    def value(self, section: str, name: str) -> int | float:
        """A figure of all, 0 when the report has none of that name."""
        for part in self.sections:
            for figure in part.figures:
                if (part.name, figure.name, figure.of) == (section, name, ""):
                    return figure.value
        return 0


@dataclass(frozen=True, slots=True)
class ReportParts:
    """What the contexts bring to the report, made when it is needed."""

    get: Callable[[], Awaitable[Sequence[ReportPart]]]


@dataclass(frozen=True, slots=True)
class MakeReport:
    """`api.Kind`: made by the timetable once a day, and by operators for any day that is over."""

    name: ClassVar[str] = "report"
    payload: ClassVar[type[msgspec.Struct]] = ReportPayload
    offered_to: ClassVar[frozenset[Role]] = frozenset({Role.OPERATOR})
    scope: ClassVar[str] = ""
    parts: ReportParts
    timetable: Timetable
    clock: DatabaseClock
    transaction: SqlTransaction

    async def run(self, context: TaskContext, payload: ReportPayload) -> None:
        since, until = bounds(payload.day, self.timetable.zone)
        if await self.clock.now() < until:
            raise AttemptFailed(ErrorCode.INVALID_PAYLOAD, f"{payload.day} is not over yet; make its report later.")
        day, sections = Day(payload.day, since, until), list[Section]()
        parts = await self.parts.get()
        for done, part in enumerate(parts, 1):
            sections.append(Section(part.name, part.title, await part.figures(day)))
            context.progress(done, len(parts))
        async with context.completing({"day": day.date.isoformat(), "url": f"/api/jobs/reports/{day.date}"}):
            await self._keep(context.task_id, day, sections)

    async def _keep(self, id: TaskId, day: Day, sections: Sequence[Section]) -> None:
        connection = self.transaction.connection
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        row = {
            "time_zone": self.timetable.zone.key,
            "since": day.since,
            "until": day.until,
            "sections": msgspec.json.encode(sections).decode(),
            "task_id": id,
            "made_at": database_now(),
        }
        adding = insert(reports).values(day=day.date, revision=1, **row)
        anew = row | {"revision": reports.c.revision + 1}
        await connection.execute(adding.on_conflict_do_update(index_elements=["day"], set_=anew))


@dataclass(frozen=True, slots=True)
class TasksOfDay:
    """`platform.daily.ReportPart` of the tasks themselves: those that ended on the day, by outcome."""

    database: Database
    name: ClassVar[str] = "tasks"
    title: ClassVar[str] = "Background tasks"

    async def figures(self, day: Day) -> Sequence[Figure]:
        counts = {name: await self._ended(day, status, code) for name, (_, status, code) in OUTCOMES.items()}
        found = [Figure(name, OUTCOMES[name][0], sum(of.values())) for name, of in counts.items()]
        for name, of in counts.items():
            for kind, count in sorted(of.items()):
                found.append(Figure(name, OUTCOMES[name][0], count, kind, KIND_TITLES.get(kind, kind)))
        return found

    async def _ended(self, day: Day, status: Status, cancelled: bool | None) -> dict[str, int]:
        at = tasks.c.finished_at
        query = select(tasks.c.kind, func.count()).where(
            tasks.c.status == status.value, at >= day.since, at < day.until
        )
        if cancelled is not None:
            is_cancelled = tasks.c.error_code == ErrorCode.CANCELLED.value
            query = query.where(is_cancelled if cancelled else ~is_cancelled)
        async with self.database.read() as connection:
            return {kind: count for kind, count in await connection.execute(query.group_by(tasks.c.kind))}  # noqa: C416


OUTCOMES: dict[str, tuple[str, Status, bool | None]] = {
    "completed": ("Tasks completed", Status.COMPLETED, None),
    "failed": ("Tasks failed", Status.FAILED, False),
    "cancelled": ("Tasks cancelled", Status.FAILED, True),
}
"""Figure → its title, the status of its tasks, and whether they were cancelled."""


@dataclass(frozen=True, slots=True)
class ReportQueries:
    """Reading reports; for operators."""

    database: Database

    async def one(self, actor: Actor, day: date) -> DailyReport:
        """Raise ReportNotFound."""
        actor.require(Role.OPERATOR, scope="jobs:read")
        async with self.database.read() as connection:
            row = (await connection.execute(select(reports).where(reports.c.day == day))).mappings().one_or_none()
        if row is None:
            raise ReportNotFound(day=day)
        return _report(row)

    async def listed(self, actor: Actor, *, limit: int, cursor: str | None = None) -> Page[DailyReport]:
        """The newest day first."""
        actor.require(Role.OPERATOR, scope="jobs:read")
        query = select(reports).order_by(reports.c.day.desc()).limit(limit + 1)
        if cursor:
            (day,) = decode_cursor(cursor, tuple[date])
            query = query.where(reports.c.day < day)
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return page([_report(row) for row in rows], limit, lambda it: encode_cursor(it.day.isoformat()))


def _report(row: RowMapping) -> DailyReport:
    plain: dict[str, object] = {str(name): value for name, value in row.items()}
    return msgspec.convert(plain | {"sections": msgspec.json.decode(row["sections"])}, DailyReport)


def table_of(report: DailyReport, words: Translator) -> bytes:
    """The report as a workbook, in the reader's language."""
    said = words.gettext
    rows: list[Sequence[CellValue]] = [
        (said(part.title), said(it.title), said(it.of_title) if it.of_title else "", it.value)
        for part in report.sections
        for it in part.figures
    ]
    return workbook(report.day.isoformat(), [said(name) for name in COLUMNS], rows)


DAILY = Schedule(
    name="report",
    at=time(),
    days_after=1,
    kind=MakeReport.name,
    payload_of=lambda day: ReportPayload(day=day),
)
