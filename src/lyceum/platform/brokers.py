"""Is the broker there, and how full are its queues: asked on a connection of its own, for `lyceum doctor`.

Readiness does not depend on it: without the broker, pages and REST serve as ever.
"""

from lyceum.platform.settings import Settings

DEAD = ".dead"


async def broker_answers(settings: Settings) -> str:
    """What the broker says of our queues; raise what it raises."""
    if not settings.broker_url:
        return "always there"
    if settings.broker_url.startswith("kafka://"):
        return await _kafka(settings)
    return await _rabbit(settings)


async def _rabbit(settings: Settings) -> str:
    from aio_pika import connect
    from aio_pika.exceptions import ChannelNotFoundEntity

    said = []
    async with await connect(settings.broker_url, timeout=3) as connection:
        for queue in settings.queues.values():
            for name in (queue, queue + DEAD):
                channel = await connection.channel()
                try:
                    found = await channel.declare_queue(name, passive=True)
                except ChannelNotFoundEntity:
                    said.append(f"{name} not declared yet")
                    continue
                count = found.declaration_result.message_count or 0
                consumers = found.declaration_result.consumer_count or 0
                said.append(f"{name} {count} waiting" + ("" if name.endswith(DEAD) else f", {consumers} consumers"))
    return "; ".join(said)


async def _kafka(settings: Settings) -> str:
    from aiokafka.admin import AIOKafkaAdminClient

    servers = settings.broker_url.removeprefix("kafka://").rstrip("/").split(",")
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=3000)
    await admin.start()
    try:
        topics = set(await admin.list_topics())
    finally:
        await admin.close()
    return "; ".join(f"{it} {'is there' if it in topics else 'not made yet'}" for it in settings.queues.values())
