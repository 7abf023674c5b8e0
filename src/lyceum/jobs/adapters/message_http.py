"""REST of messages, for operators: `/api/jobs/dead-letters`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor
from lyceum.jobs.adapters.message_queries import (
    DeadLetterContent,
    DeadLetterFilter,
    DeadLetterView,
    MessageQueries,
)
from lyceum.jobs.domain.messages import Outcome
from lyceum.jobs.domain.tasks import Source
from lyceum.jobs.use_cases.replaying import ReplayDeadLetter
from lyceum.platform.paging import Limit, Page

LETTER = DeadLetterContent(
    id=UUID("0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"),
    message_id=UUID("0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"),
    queue="tasks",
    source=Source.RABBITMQ,
    size=171,
    code="jobs.unknown_kind",
    detail="There is no kind of task dmeo. Take one of: demo, export, import.",
    outcome=Outcome.REPLAYABLE,
    replayable=False,
    received_at=datetime(2026, 11, 21, 10, tzinfo=UTC),
    replayed_at=datetime(2026, 11, 21, 11, tzinfo=UTC),
    replayed_by=UUID("0198e0aa-0000-7d3e-8f40-9a8b7c6d5e4f"),
    body='{"schema":"task/1","message_id":"0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f","data":{"kind":"dmeo"}}',
    truncated=False,
)


class DeadLetterController(Controller):
    """Messages that can never be used, with the cause."""

    path = "/api/jobs/dead-letters"
    tags: Sequence[str] | None = ("jobs",)

    @get(
        operation_id="list_dead_letters",
        summary="Rejected messages, the newest first",
        description="Messages that nobody has sent again. For operators.",
    )
    @inject
    async def list_dead_letters(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[MessageQueries],
        queue: FromQuery[str | None] = None,
        code: FromQuery[str | None] = None,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[DeadLetterView]:
        return await queries.dead_letters(actor, DeadLetterFilter(queue=queue, code=code, limit=limit, cursor=cursor))

    @get(
        "/{id:uuid}",
        operation_id="get_dead_letter",
        summary="One rejected message with its body",
        description="Of bodies above 8 KiB the beginning; the whole message waits in the broker's queue QUEUE.dead.",
    )
    @inject
    async def get_dead_letter(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[MessageQueries]
    ) -> DeadLetterContent:
        return await queries.dead_letter(actor, id)

    @post(
        "/{id:uuid}/replay",
        status_code=200,
        operation_id="replay_dead_letter",
        summary="Send a rejected message to its queue again",
        description=(
            "With the same message_id and body, once the cause is mended: it is taken as new. "
            "409 `jobs.not_replayable` for a message without an id of its own, which would be rejected again."
        ),
        responses={
            200: ResponseSpec(
                DeadLetterContent, description="On its way", generate_examples=False, examples=[Example(value=LETTER)]
            )
        },
    )
    @inject
    async def replay(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        replay: FromDishka[ReplayDeadLetter],
        queries: FromDishka[MessageQueries],
    ) -> DeadLetterContent:
        letter = await queries.dead_letter(actor, id)
        await replay(actor, id)
        return msgspec.structs.replace(letter, outcome=Outcome.REPLAYABLE, replayable=False)


CONTROLLERS = [DeadLetterController]
