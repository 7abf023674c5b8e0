"""What a command says when something that it leans on is not there: one line with the cause and the way on."""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import PostgresError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from lyceum.platform.settings import Settings, SettingsError

UNREACHABLE = (SQLAlchemyError, PostgresError, OSError)


@contextmanager
def database_of(settings: Settings) -> Iterator[None]:
    """Raise SettingsError, which names the database and what mends it, when it cannot be used inside the block."""
    try:
        yield
    except (*UNREACHABLE, ValueError) as error:
        raise SettingsError(
            f"The database {_where(settings.database)} cannot be used: {cause(error)}. "
            "Start it, or set LYCEUM_DATABASE_URL to another; `lyceum doctor` checks it."
        ) from error


def _where(url: str) -> str:
    """The address without the password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "at LYCEUM_DATABASE_URL"


def cause(error: BaseException) -> str:
    """What happened, in one line, without the layers that it went through."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return cause(error.orig)
    if isinstance(error, OSError) and error.strerror and error.errno:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    lines = str(error).strip().splitlines()
    return lines[0].partition("<class ")[2].partition(">: ")[2] or lines[0] if lines else type(error).__name__
