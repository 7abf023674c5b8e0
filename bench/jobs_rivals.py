"""The same work for Celery, TaskIQ and Procrastinate: an insert into `bench_effects`, acknowledged after its commit.

Their own workers run this module (`celery -A bench.jobs_rivals`, …). A second delivery changes nothing: the effect's
key is the task's. Addresses come from BENCH_POSTGRES and BENCH_RABBITMQ.

Celery and TaskIQ forget a task once it is acknowledged, while the product and Procrastinate can tell for weeks what
became of it. So each has a second form, at equal guarantees: a record that the task was completed, by whom and when,
in the transaction of the effect. BENCH_KEPT chooses it.
"""

import os
from functools import cache
from uuid import uuid4

import asyncpg
import psycopg
from celery import Celery
from kombu import Queue
from procrastinate import App, PsycopgConnector
from taskiq import TaskiqEvents, TaskiqState
from taskiq_aio_pika import AioPikaBroker

POSTGRES = os.environ.get("BENCH_POSTGRES", "")
RABBITMQ = os.environ.get("BENCH_RABBITMQ", "")
IS_KEPT = bool(os.environ.get("BENCH_KEPT"))
WORKER = uuid4()


@cache
def effect() -> str:
    """Made in the process that works: Celery's are forks of the one that imports this."""
    return (
        "INSERT INTO bench_effects (id, at, pid) "  # noqa: S608 - ours
        f"VALUES (%s, clock_timestamp(), {os.getpid()}) ON CONFLICT DO NOTHING"
    )


@cache
def kept() -> str:
    return f"""
        WITH effect AS ({effect()} RETURNING id)
        INSERT INTO bench_records (id, status, worker, finished_at)
        SELECT id, 'completed', %s, clock_timestamp() FROM effect
    """  # noqa: S608 - ours


celery = Celery("bench", broker=RABBITMQ)
celery.conf.update(
    task_default_queue="celery",
    task_queues=[Queue("celery", queue_arguments={"x-queue-type": "quorum"})],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
)
connections: list[psycopg.Connection] = []


@celery.task(name="effect")
def celery_effect(id: str) -> None:
    if not connections:
        connections.append(psycopg.connect(POSTGRES, prepare_threshold=1))
    with connections[0].transaction():
        if IS_KEPT:
            connections[0].execute(kept(), (id, WORKER))
        else:
            connections[0].execute(effect(), (id,))


taskiq = AioPikaBroker(RABBITMQ, qos=20)
"""Its queues are quorum queues and its messages persistent and confirmed, as they come."""


@taskiq.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_pool(state: TaskiqState) -> None:
    state.pool = await asyncpg.create_pool(POSTGRES, min_size=1, max_size=10)


@taskiq.task(task_name="effect")
async def taskiq_effect(id: str) -> None:
    async with taskiq.state.pool.acquire() as connection:
        if IS_KEPT:
            await connection.execute(kept().replace("%s", "$1", 1).replace("%s", "$2"), id, WORKER)
        else:
            await connection.execute(effect().replace("%s", "$1"), id)


procrastinate = App(connector=PsycopgConnector(conninfo=POSTGRES, min_size=1, max_size=12))


@procrastinate.task(name="effect")
async def procrastinate_effect(id: str) -> None:
    connector = procrastinate.connector
    await connector.execute_query_async(effect().replace("%s", "%(id)s"), id=id)  # type: ignore[attr-defined]
