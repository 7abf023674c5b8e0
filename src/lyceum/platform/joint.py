"""What ends at the same moment goes together: reads in one round trip, changes in one transaction.

Under load a server has dozens of requests at the database, each with a few small statements. To begin, to plan, to
wait for the network and to flush the disk cost more than the rows, and cost the same for one request as for many.
Whoever is alone waits for nobody.
"""

from collections.abc import Sequence

import asyncpg
from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.platform.prepared import Changes, Prepared, Record, Values, driver_of, joined, known_faults
from lyceum.platform.sqlite import LoopConnection

type Group = tuple[Prepared, bool, list[list[object]]]
"""A statement, whether it is a guard, and the arguments of each time that it is run."""


def make_in_turn(raw: LoopConnection, dialect: Dialect, several: Sequence[Changes]) -> list[Exception | None]:
    """On SQLite, inside a transaction: what became of each. One that fails leaves nothing, the others all they are;
    the fault of one alone is raised."""
    if len(several) == 1:
        several[0].make_here(raw, dialect)
        return [None]
    told: list[Exception | None] = []
    for changes in several:
        raw.now("SAVEPOINT one", ())
        try:
            changes.make_here(raw, dialect)
        except Exception as error:  # noqa: BLE001 - told to whoever asked for it
            raw.now("ROLLBACK TO one", ())
            told.append(error)
        else:
            told.append(None)
        raw.now("RELEASE one", ())
    return told


async def make_together(connection: AsyncConnection, several: Sequence[Changes]) -> list[Exception | None]:
    """On PostgreSQL, outside any transaction: what became of each.

    Several are made statement by statement, each for all of them at once; should one fail, whatever its fault, nothing
    was made, and either half is made by itself. When the connection broke, all that was under way is told of it.
    """
    if len(several) == 1:
        return [await _alone(connection, several[0])]
    driver: asyncpg.Connection = await driver_of(connection)
    try:
        await _make_grouped(driver, connection.dialect, several)
    except Exception as error:  # noqa: BLE001 - told to whoever asked for it
        if driver.is_closed():
            return [error] * len(several)
        half = len(several) // 2
        return [*await make_together(connection, several[:half]), *await make_together(connection, several[half:])]
    return [None] * len(several)


async def _alone(connection: AsyncConnection, changes: Changes) -> Exception | None:
    try:
        await changes.make(connection)
    except Exception as error:  # noqa: BLE001 - told to whoever asked for it
        return error
    return None


async def _make_grouped(driver: asyncpg.Connection, dialect: Dialect, several: Sequence[Changes]) -> None:
    with known_faults("changes"):
        async with driver.transaction():
            for statement, is_guard, arguments in grouped(several, dialect):
                if is_guard:
                    await driver.executemany(joined((statement,), 1, dialect), arguments)
                else:
                    await driver.executemany(statement.compiled(dialect).text, arguments)


def grouped(several: Sequence[Changes], dialect: Dialect) -> Sequence[Group]:
    """The changes by their statements, in an order that keeps that of each of them. What many wait for comes in one
    order, whoever makes it."""
    groups: list[Group] = []
    for changes in sorted(several, key=lambda it: it.shared):
        place = 0
        for number, (statement, values) in enumerate(changes.changes):
            kind = (statement, number < changes.guards)
            same = (at for at in range(place, len(groups)) if groups[at][:2] == kind)
            at = next(same, -1)
            if at < 0:
                at = place
                groups.insert(at, (*kind, []))
            groups[at][2].append(statement.compiled(dialect).arguments(values))
            place = at + 1
    return groups


async def read_together(
    connection: AsyncConnection, several: Sequence[tuple[Prepared, Values]]
) -> list[list[Record] | Exception]:
    """On PostgreSQL the rows of several queries: those of the same statement take one round trip."""
    found: list[list[Record] | Exception] = [[] for _ in several]
    places: dict[Prepared, list[int]] = {}
    for place, (statement, _) in enumerate(several):
        places.setdefault(statement, []).append(place)
    for statement, own in places.items():
        if len(own) == 1:
            found[own[0]] = await _read_alone(connection, *several[own[0]])
            continue
        try:
            for place, row in await _rows_of(connection, statement, [(place, several[place][1]) for place in own]):
                found[place].append(row)  # type: ignore[union-attr]
        except asyncpg.DataError:
            for place in own:
                found[place] = await _read_alone(connection, *several[place])
    return found


async def _read_alone(connection: AsyncConnection, statement: Prepared, values: Values) -> list[Record] | Exception:
    try:
        return list(await statement.rows(connection, values))
    except asyncpg.DataError as error:
        fault: Exception = error
        return fault


async def _rows_of(
    connection: AsyncConnection, statement: Prepared, asked: Sequence[tuple[int, Values]]
) -> Sequence[tuple[int, Record]]:
    """The rows of each, marked with its place."""
    compiled = statement.compiled(connection.dialect)
    text = f"SELECT found.*, ${len(compiled.parameters) + 1}::integer FROM ({compiled.text}) found"  # noqa: S608
    driver: asyncpg.Connection = await driver_of(connection)
    arguments = [[*compiled.arguments(values), place] for place, values in asked]
    with known_faults(text):
        rows = await driver.fetchmany(text, arguments)
    width = len(compiled.columns)
    return [(row[width], compiled.row(tuple(row)[:width])) for row in rows]
