"""The operators' start page: what needs attention, and how every part of the product stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.adapters.message_queries import MessageQueries
from lyceum.jobs.adapters.presence import Presence, Process
from lyceum.jobs.adapters.queries import TaskFilter, TaskQueries
from lyceum.jobs.adapters.reports import ReportQueries
from lyceum.jobs.adapters.views import TaskStats
from lyceum.platform.desk import Desk
from lyceum.platform.health import Check, Probes
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.pages import Pages, Viewer, is_fragment

LATEST = 6
LATE = 60.0


@dataclass(frozen=True, slots=True)
class DeskScreen:
    """Gathers what the page shows."""

    pages: Pages
    tasks: TaskQueries
    messages: MessageQueries
    reports: ReportQueries
    presence: Presence
    probes: Probes
    desk: Desk

    async def respond(self, template: str, actor: Actor, viewer: Viewer) -> Response[str]:
        now = datetime.now(UTC)
        stats = await self.tasks.stats(actor)
        checks = await self.probes.checks()
        processes = await self.presence.alive()
        dead = sum(it.count for it in await self.messages.dead_counts(actor))
        return self.pages.respond(
            template,
            viewer,
            now=now,
            stats=stats,
            dead=dead,
            checks=checks,
            workers=[it for it in processes if it.part == "worker"],
            schedulers=[it for it in processes if it.part == "scheduler"],
            latest=(await self.tasks.listed(actor, TaskFilter(limit=LATEST))).items,
            report=next(iter((await self.reports.listed(actor, limit=1)).items), None),
            cards=await self.desk.cards(now),
            alert=worst(checks, processes, stats, dead),
        )


def worst(checks: Sequence[Check], processes: Sequence[Process], stats: TaskStats, dead: int) -> str:
    """The one thing to attend to first, empty when there is none."""
    parts = {it.part for it in processes}
    if not all(check.ok for check in checks):
        return "health"
    if "worker" not in parts:
        return "workers"
    if "scheduler" not in parts:
        return "scheduler"
    if stats.oldest_waiting_s > LATE:
        return "queue"
    return "dead" if dead else ""


class OperatorHome(Controller):
    """What an operator sees first."""

    path = "/operator"
    include_in_schema = False

    @get()
    @inject
    async def home(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screen: FromDishka[DeskScreen],
    ) -> Response[str]:
        """The page; its live part alone when HTMX asks."""
        actor.require(Role.OPERATOR)
        return await screen.respond("jobs/desk_live.html" if is_fragment(request) else "jobs/desk.html", actor, viewer)


PAGES = [OperatorHome]
