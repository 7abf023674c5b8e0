"""Pages of background tasks: the operator's with the state of the queue, an author's own, one task with its log."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.adapters.queries import TaskFilter, TaskQueries
from lyceum.jobs.api import Kinds
from lyceum.jobs.domain.tasks import Status, TaskId
from lyceum.jobs.use_cases.creating import CreateTask, TaskForm
from lyceum.jobs.use_cases.steering import CancelTask, RetryTask
from lyceum.kernel.errors import AppError, Conflict
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import localise_error
from lyceum.platform.pages import Pages, Viewer, is_fragment, redirect

SHOWN = 25
LINES = 100


@dataclass(frozen=True, slots=True)
class TaskScreens:
    """Renders the list of tasks and the page of one; `base` is the address of the list."""

    pages: Pages
    queries: TaskQueries
    kinds: Kinds

    async def list(
        self, template: str, base: str, actor: Actor, viewer: Viewer, wanted: TaskFilter, *, own: bool, error: str = ""
    ) -> Response[str]:
        """The counts of the queue, the tasks, the filters."""
        chosen = (("status", wanted.status), ("kind", wanted.kind))
        return self.pages.respond(
            template,
            viewer,
            status_code=422 if error else 200,
            base=base,
            own=own,
            error=error,
            tasks=await self.queries.listed(actor, wanted, own=own),
            stats=await self.queries.stats(actor, own=own),
            asked=wanted,
            narrowed=urlencode({name: value for name, value in chosen if value is not None}),
            kinds=self.kinds.names(),
            is_first=wanted.cursor is None,
        )

    async def one(
        self,
        template: str,
        base: str,
        actor: Actor,
        viewer: Viewer,
        id: UUID,
        *,
        own: bool,
        error: AppError | None = None,
    ) -> Response[str]:
        """A task with its log; raise TaskNotFound."""
        return self.pages.respond(
            template,
            viewer,
            status_code=status_of(error) if error else 200,
            base=base,
            own=own,
            error=localise_error(error, viewer.locale) if error else "",
            task=await self.queries.one(actor, TaskId(id)),
            log=await self.queries.log(actor, TaskId(id), limit=LINES, newest_first=True),
        )


def wanted_of(status: str, kind: str, cursor: str | None) -> TaskFilter:
    """The filters of the form; one that cannot be used is left out."""
    known = Status(status) if status in set(Status) else None
    return TaskFilter(status=known, kind=kind[:40] or None, limit=SHOWN, cursor=cursor)


class TaskPages(Controller):
    """Shared by operators, who see all tasks, and everybody else, who sees their own."""

    include_in_schema = False
    role: ClassVar[Role | None]
    """Who may come in; None: whoever is signed in."""
    own: ClassVar[bool]

    @get()
    @inject
    async def tasks(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[TaskScreens],
        status: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        """The list; its live part alone when HTMX asks."""
        actor.require(*([self.role] if self.role else []))
        template = "jobs/tasks_live.html" if is_fragment(request) else "jobs/tasks.html"
        return await screens.list(template, self.path, actor, viewer, wanted_of(status, kind, cursor), own=self.own)

    @get("/{id:uuid}")
    @inject
    async def task(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[TaskScreens],
    ) -> Response[str]:
        """One task; its live part alone when HTMX asks."""
        actor.require(*([self.role] if self.role else []))
        template = "jobs/task_live.html" if is_fragment(request) else "jobs/task.html"
        return await screens.one(template, self.path, actor, viewer, id, own=self.own)

    @post("/{id:uuid}/cancel")
    @inject
    async def cancel(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[TaskScreens],
        cancel: FromDishka[CancelTask],
    ) -> Response[str]:
        return await self._moved(cancel, id, request, actor, viewer, screens)

    @post("/{id:uuid}/retry")
    @inject
    async def retry(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[TaskScreens],
        retry: FromDishka[RetryTask],
    ) -> Response[str]:
        return await self._moved(retry, id, request, actor, viewer, screens)

    async def _moved(
        self,
        move: Callable[[Actor, TaskId], Awaitable[object]],
        id: UUID,
        request: AnyRequest,
        actor: Actor,
        viewer: Viewer,
        screens: TaskScreens,
    ) -> Response[str]:
        """The page of the task after its move, or with the refusal of it."""
        actor.require(*([self.role] if self.role else []))
        try:
            await move(actor, TaskId(id))
        except Conflict as error:
            return await screens.one("jobs/task.html", self.path, actor, viewer, id, own=self.own, error=error)
        return redirect(request, f"{self.path}/{id}")


class OperatorTaskPages(TaskPages):
    path = "/operator/tasks"
    role = Role.OPERATOR
    own = False

    @post()
    @inject
    async def create(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[TaskScreens],
        create: FromDishka[CreateTask],
    ) -> Response[str]:
        """A demo task, to see the queue at work."""
        actor.require(*([self.role] if self.role else []))
        form = await request.form()
        try:
            typed = msgspec.convert({"description": str(form.get("description", "")).strip()}, TaskForm)
        except msgspec.ValidationError:
            wanted = wanted_of("", "", None)
            return await screens.list(
                "jobs/tasks.html", self.path, actor, viewer, wanted, own=self.own, error="description"
            )
        placed = await create(actor, typed)
        return redirect(request, f"{self.path}/{placed.task.id}")


class AuthorTaskPages(TaskPages):
    path = "/author/tasks"
    role = Role.AUTHOR
    own = True


class LearnerTaskPages(TaskPages):
    """Anybody's own: what they had made over REST."""

    path = "/tasks"
    role = None
    own = True


PAGES = [OperatorTaskPages, AuthorTaskPages, LearnerTaskPages]
