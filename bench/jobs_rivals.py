"""The same work for Celery, TaskIQ and Procrastinate: an insert into `bench_effects`, acknowledged after its commit.

Their own workers run this module (`celery -A bench.jobs_rivals`, …). A second delivery changes nothing: the effect's
key is the task's. Addresses come from BENCH_POSTGRES and BENCH_RABBITMQ.
"""

import os

import asyncpg
import psycopg
from celery import Celery
from procrastinate import App, PsycopgConnector
from taskiq import TaskiqEvents, TaskiqState
from taskiq_aio_pika import AioPikaBroker

POSTGRES = os.environ.get("BENCH_POSTGRES", "")
RABBITMQ = os.environ.get("BENCH_RABBITMQ", "")
INSERT = "INSERT INTO bench_effects (id, at) VALUES (%s, clock_timestamp()) ON CONFLICT DO NOTHING"

celery = Celery("bench", broker=RABBITMQ)
celery.conf.update(
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
        connections[0].execute(INSERT, (id,))


taskiq = AioPikaBroker(RABBITMQ, queue_name="taskiq", exchange_name="taskiq", qos=20)


@taskiq.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_pool(state: TaskiqState) -> None:
    state.pool = await asyncpg.create_pool(POSTGRES, min_size=1, max_size=10)


@taskiq.task(task_name="effect")
async def taskiq_effect(id: str) -> None:
    async with taskiq.state.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO bench_effects (id, at) VALUES ($1, clock_timestamp()) ON CONFLICT DO NOTHING", id
        )


procrastinate = App(connector=PsycopgConnector(conninfo=POSTGRES, min_size=1, max_size=12))


@procrastinate.task(name="effect")
async def procrastinate_effect(id: str) -> None:
    connector = procrastinate.connector
    await connector.execute_query_async(  # type: ignore[attr-defined]
        "INSERT INTO bench_effects (id, at) VALUES (%(id)s, clock_timestamp()) ON CONFLICT DO NOTHING", id=id
    )
