"""Which errors mean that a dependency is away for a while, so that the same work may succeed later."""

from asyncpg import InterfaceError as DriverError
from asyncpg import PostgresError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

PASSING = ("08", "40", "53", "57", "58")
"""SQLSTATE classes: connection, rolled back by others (deadlock, serialization), resources, operator, system."""


def is_passing(error: BaseException) -> bool:
    """Whether the error is of the weather, not of the work: an outage, a deadlock, a full pool."""
    match error:
        case DBAPIError() if error.connection_invalidated:
            return True
        case OperationalError() | InterfaceError() | PoolTimeout() | DriverError() | RedisError():
            return True
        case DBAPIError() if error.orig is not None:
            return str(getattr(error.orig, "sqlstate", "") or "").startswith(PASSING)
        case PostgresError():
            return str(error.sqlstate or "").startswith(PASSING)
        case OSError() | TimeoutError():
            return True
    return False
