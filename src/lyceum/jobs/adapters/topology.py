"""How queues are declared and published to at RabbitMQ, so that no message is lost by a default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lyceum.jobs.domain.messages import DELIVERY_LIMIT, dead_of

EXCHANGE = "dlx"
PREFETCH = 20
DEAD_TTL_MS = 30 * 86_400_000


class UnsafeTopology(Exception):
    """A queue or a publisher is declared so that messages could be lost; nothing is started."""


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """One queue as it is declared."""

    name: str
    arguments: Mapping[str, object]
    durable: bool = True
    manual_ack: bool = True
    prefetch: int | None = PREFETCH


@dataclass(frozen=True, slots=True)
class PublisherPlan:
    """How a publisher sends. `returns_raise`: a message that no queue takes is an error, not silence."""

    name: str
    persistent: bool = True
    mandatory: bool = True
    confirms: bool = True
    returns_raise: bool = True


def work_queue(name: str) -> QueuePlan:
    """A queue of ours: replicated, with a limit of deliveries, and its dead letters never dropped."""
    return QueuePlan(
        name,
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": EXCHANGE,
            "x-dead-letter-routing-key": dead_of(name),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


def dead_queue(name: str) -> QueuePlan:
    """Where the dead letters of a queue of ours wait for a person, for 30 days."""
    return QueuePlan(dead_of(name), {"x-queue-type": "quorum", "x-message-ttl": DEAD_TTL_MS}, prefetch=None)


def require_safe(queues: Sequence[QueuePlan], publishers: Sequence[PublisherPlan]) -> None:
    """Raise UnsafeTopology that names everything which could lose a message."""
    faults = [f"queue {queue.name}: {fault}" for queue in queues for fault in _faults_of_queue(queue)]
    faults += [f"publisher {it.name}: {fault}" for it in publishers for fault in _faults_of_publisher(it)]
    if faults:
        raise UnsafeTopology("Messages could be lost, so nothing is started. " + "; ".join(faults) + ".")


def _faults_of_queue(queue: QueuePlan) -> list[str]:
    wanted = work_queue(queue.name).arguments
    faults = [
        f"{name} is {queue.arguments.get(name)!r} and must be {value!r}"
        for name, value in wanted.items()
        if queue.arguments.get(name) != value
    ]
    faults += [] if queue.durable else ["it is not durable"]
    faults += [] if queue.manual_ack else ["messages are acknowledged before they are handled"]
    faults += [] if queue.prefetch == PREFETCH else [f"the prefetch is {queue.prefetch} and must be {PREFETCH}"]
    return faults


def _faults_of_publisher(publisher: PublisherPlan) -> list[str]:
    said = {
        "persistent": "messages would not outlive a restart of the broker",
        "mandatory": "a message without a queue would vanish",
        "confirms": "it does not wait for the broker's confirmation",
        "returns_raise": "a returned message would be no error",
    }
    return [why for name, why in said.items() if not getattr(publisher, name)]
