"""Nothing is started over a queue or a publisher that could lose messages."""

from dataclasses import replace

import pytest

from lyceum.jobs.adapters.topology import PublisherPlan, UnsafeTopology, require_safe, work_queue

SAFE, PUBLISHER = work_queue("tasks"), PublisherPlan("outbox")


def test_what_the_contract_says_is_safe() -> None:
    require_safe([SAFE], [PUBLISHER])


@pytest.mark.parametrize("missing", sorted(SAFE.arguments))
def test_a_queue_without_any_of_its_arguments_is_refused(missing: str) -> None:
    arguments = {name: value for name, value in SAFE.arguments.items() if name != missing}
    with pytest.raises(UnsafeTopology, match=f"queue tasks: {missing}"):
        require_safe([replace(SAFE, arguments=arguments)], [PUBLISHER])


@pytest.mark.parametrize("change", [{"durable": False}, {"manual_ack": False}, {"prefetch": None}, {"prefetch": 1000}])
def test_a_queue_that_forgets_or_hoards_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnsafeTopology, match="queue tasks"):
        require_safe([replace(SAFE, **change)], [PUBLISHER])  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", ["persistent", "mandatory", "confirms", "returns_raise"])
def test_a_publisher_that_could_lose_a_message_is_refused(fault: str) -> None:
    careless = replace(PUBLISHER, **{fault: False})  # type: ignore[arg-type]
    with pytest.raises(UnsafeTopology, match="publisher outbox"):
        require_safe([SAFE], [careless])
