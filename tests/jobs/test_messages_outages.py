"""The broker or the database goes away and comes back, without a restart and without a loss."""

import json
import socket
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from lyceum.accounts.api import Role
from lyceum.jobs.adapters.intake import Gate
from lyceum.jobs.adapters.messaging import Messaging
from lyceum.jobs.api import SendMessage
from lyceum.jobs.use_cases.task_messages import TaskNamed
from lyceum.main.container import make_container
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.settings import Settings
from tests.apps import an_app, running
from tests.jobs.messages import BACK_SECONDS, LATER, TASKS, consuming, made, until
from tests.jobs.proxy import Cable, cable
from tests.jobs.rabbit import envelope, outsider
from tests.training.callers import headers_of


def through(url: str, wire: Cable) -> str:
    """The same address by way of the cable."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}127.0.0.1:{wire.port}").geturl()


async def test_consumers_and_waiting_messages_come_back_with_the_broker(
    settings: Settings, database: Database, broker_url: str
) -> None:
    address = urlsplit(broker_url)
    async with cable(address.hostname or "", address.port or 5672) as wire, outsider(broker_url) as crm:
        inbox = await crm.inbox()
        async with consuming(replace(settings, broker_url=through(broker_url, wire))) as container:
            await wire.cut()
            async with container() as scope:
                send = await scope.get(SendMessage)
                async with await scope.get(SqlTransaction):
                    id = await send(inbox, "task_named/1", TaskNamed(task_id=uuid4()))
            replies = await crm.inbox()
            await crm.send(envelope({"description": "x", "run_at": LATER}, reply_to=replies))
            await wire.mend()
            assert (await crm.next(inbox, BACK_SECONDS)).message_id == str(id)
            assert json.loads((await crm.next(replies, BACK_SECONDS)).body)["ok"] is True
        assert len(await made(database)) == 1
        await crm.empty("tasks", "tasks.dead")


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_consumers_wait_for_the_database_and_no_message_loses_a_delivery(
    settings: Settings, database: Database, broker_url: str
) -> None:
    """More messages than the prefetch come while it is away; none is lost, rejected or done twice."""
    address = urlsplit(settings.database_url)
    async with cable(address.hostname or "", address.port or 5432) as wire, outsider(broker_url) as crm:
        away = replace(settings, broker_url=broker_url, database_url=through(settings.database_url, wire))
        async with consuming(away) as container:
            gate = await container.get(Gate)
            await wire.cut()
            for number in range(30):
                await crm.send(envelope({"description": f"{number}", "run_at": LATER}))

            async def shut() -> bool:
                return not gate.is_open and await crm.count("tasks") == 10

            await until(shut, 30)
            await wire.mend()

            async def done() -> bool:
                return len(await made(database)) == 30

            await until(done, BACK_SECONDS)
            assert gate.is_open
        assert (await crm.count("tasks"), await crm.count("tasks.dead")) == (0, 0)


async def test_the_web_starts_and_serves_without_its_broker(settings: Settings, database: Database) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = replace(settings, broker_url=f"amqp://127.0.0.1:{nobody.getsockname()[1]}/", task_slots=0)
        container = make_container(away)
        app = an_app(away, container)
        async with running(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
                assert (await client.get("/health/ready")).status_code == 200
                headers = await headers_of(container, 1, Role.LEARNER)
                made = await client.post(TASKS, json={"description": "x", "run_at": LATER}, headers=headers)
                assert made.status_code == 201
            assert not (await container.get(Messaging)).ready.is_set()
