"""REST of background tasks: `/api/jobs`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody

from lyceum.accounts.api import Actor
from lyceum.jobs.adapters.queries import TaskFilter, TaskQueries, TaskSort
from lyceum.jobs.adapters.views import LogEntry, TaskStats, TaskView, view_of
from lyceum.jobs.api import Kinds
from lyceum.jobs.domain.tasks import Progress, Source, Status, TaskId
from lyceum.jobs.use_cases.creating import CreateTask, TaskForm
from lyceum.jobs.use_cases.steering import CancelTask, RetryTask
from lyceum.kernel.errors import FieldProblem
from lyceum.platform.paging import BadFilter, Limit, Page

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key with the same body answers with the task made before (200).",
    ),
]


WAITING = Example(
    id="waiting",
    value=TaskView(
        id=UUID("0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"),
        kind="demo",
        title="",
        description="Try the queue out",
        status=Status.NEW,
        payload={"seconds": 5.0},
        priority=5,
        run_at=datetime(2026, 11, 21, 10, tzinfo=UTC),
        timeout_s=600,
        max_attempts=5,
        unique_key=None,
        source=Source.REST,
        created_at=datetime(2026, 11, 21, 10, tzinfo=UTC),
        created_by=UUID("0198e0aa-0000-7d3e-8f40-9a8b7c6d5e4f"),
        attempt=0,
        worker_id=None,
        claim_id=None,
        lease_until=None,
        progress=Progress(),
        result=None,
        error=None,
        cancel_requested_at=None,
        started_at=None,
        finished_at=None,
        version=1,
    ),
)


def with_etag(view: TaskView, status_code: int = 200, **headers: str) -> Response[TaskView]:
    tagged = {"ETag": f'"{view.version}"', "Cache-Control": "private, no-cache"} | headers
    return Response(view, status_code=status_code, headers=tagged)


class TaskController(Controller):
    """Tasks of the caller; of everybody for operators."""

    path = "/api/jobs/tasks"
    tags: Sequence[str] | None = ("jobs",)

    @post(
        operation_id="create_task",
        summary="Have something done in the background",
        description=(
            "`description` alone is enough: a task of the kind `demo`, which emulates 5 to 10 seconds of work. "
            "201 for a new task; 200 for a replay of the same `Idempotency-Key`, and for an unfinished task with the "
            "same `unique_key` (`deduplicated` is true)."
        ),
        responses={
            201: ResponseSpec(TaskView, description="New", generate_examples=False, examples=[WAITING]),
            200: ResponseSpec(TaskView, description="There already", generate_examples=False, examples=[WAITING]),
        },
    )
    @inject
    async def create(
        self,
        data: JSONBody[TaskForm],
        actor: FromDishka[Actor],
        create: FromDishka[CreateTask],
        key: IdempotencyKey = None,
    ) -> Response[TaskView]:
        placed = await create(actor, data, key)
        view = view_of(placed.task, deduplicated=placed.deduplicated)
        if placed.replayed:
            return with_etag(view, 200, **{"Idempotency-Replayed": "true"})
        return with_etag(view, 200 if placed.deduplicated else 201, Location=f"/api/jobs/tasks/{view.id}")

    @get(
        operation_id="list_tasks",
        summary="Tasks, the newest first",
        description="The caller's own; everybody's for an operator. `created_from` is in, `created_to` is out.",
    )
    @inject
    async def list_tasks(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[TaskQueries],
        kinds: FromDishka[Kinds],
        status: FromQuery[Status | None] = None,
        kind: FromQuery[str | None] = None,
        created_by: FromQuery[UUID | None] = None,
        created_from: FromQuery[datetime | None] = None,
        created_to: FromQuery[datetime | None] = None,
        sort: FromQuery[TaskSort] = "-created_at",
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[TaskView]:
        for name, moment in (("created_from", created_from), ("created_to", created_to)):
            if moment is not None and moment.tzinfo is None:
                raise BadFilter(problems=[FieldProblem(name, "invalid", "Say the time zone, such as Z.")])
        if kind is not None and kinds.find(kind) is None:
            said = f"There is no such kind of task. Take one of: {', '.join(kinds.names())}."
            raise BadFilter(problems=[FieldProblem("kind", "unknown", said)])
        wanted = TaskFilter(
            status=status,
            kind=kind,
            created_by=created_by,
            created_from=created_from,
            created_to=created_to,
            sort=sort,
            limit=limit,
            cursor=cursor,
        )
        return await queries.listed(actor, wanted)

    @get(
        "/stats",
        operation_id="task_stats",
        summary="How the queue stands",
        description="Of the caller's own tasks; of all for an operator. Of the finished ones, the last 24 hours.",
    )
    @inject
    async def stats(self, actor: FromDishka[Actor], queries: FromDishka[TaskQueries]) -> TaskStats:
        return await queries.stats(actor)

    @get(
        "/{id:uuid}",
        operation_id="get_task",
        summary="One task: its status, progress, result or error",
        description="`progress` is written once a second at most, and never goes back within an attempt.",
    )
    @inject
    async def get_task(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[TaskQueries]
    ) -> Response[TaskView]:
        return with_etag(await queries.one(actor, TaskId(id)))

    @get(
        "/{id:uuid}/log",
        operation_id="get_task_log",
        summary="What happened to a task, in order",
        description="Lines of the level `move` are changes of its status, the others what its work said.",
    )
    @inject
    async def get_log(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        queries: FromDishka[TaskQueries],
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[LogEntry]:
        return await queries.log(actor, TaskId(id), limit=limit, cursor=cursor)

    @post(
        "/{id:uuid}/cancel",
        status_code=200,
        operation_id="cancel_task",
        summary="Cancel a task",
        description="A waiting task is failed at once; a running one stops within ten seconds, with what it has.",
    )
    @inject
    async def cancel(
        self, id: FromPath[UUID], actor: FromDishka[Actor], cancel: FromDishka[CancelTask]
    ) -> Response[TaskView]:
        return with_etag(view_of(await cancel(actor, TaskId(id))))

    @post(
        "/{id:uuid}/retry",
        status_code=200,
        operation_id="retry_task",
        summary="Start a failed task anew",
        description="It gets all its attempts again; its history stays.",
    )
    @inject
    async def retry(
        self, id: FromPath[UUID], actor: FromDishka[Actor], retry: FromDishka[RetryTask]
    ) -> Response[TaskView]:
        return with_etag(view_of(await retry(actor, TaskId(id))))


CONTROLLERS = [TaskController]
