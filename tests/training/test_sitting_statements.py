"""How many statements a sitting takes: saving is its hot path, starting must not grow with the paper."""

from tests.training.sitters import ExamRoom
from tests.training.test_training_statements import RELAY, statements  # noqa: F401 - a fixture

SAVE, START = 1, 9


def taken(told: list[str]) -> list[str]:
    return [line for line in told if not line.startswith(("BEGIN", "COMMIT", *RELAY))]


async def test_a_save_takes_one_statement(statements: list[str], exam: ExamRoom) -> None:  # noqa: F811
    sitting = await exam.started()
    await exam.save(sitting, 1, "a", seq=1)
    await exam.room.relay.drain()
    for seq in range(2, 5):
        statements.clear()
        assert (await exam.save(sitting, 1, "b", seq=seq)).status_code == 200
        assert len(taken(statements)) == SAVE, taken(statements)


async def test_a_start_takes_as_many_statements_for_few_tasks_as_for_many(
    statements: list[str],  # noqa: F811
    exam: ExamRoom,
) -> None:
    counted = []
    for part in ("first", "whole"):
        await exam.room.relay.drain()
        statements.clear()
        sitting = await exam.started(part=part)
        counted.append(len(taken(statements)))
        await exam.finish(sitting)
    assert max(counted) <= START, counted
