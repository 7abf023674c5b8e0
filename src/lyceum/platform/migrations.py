"""The schema's history: one list of Alembic revisions for SQLite and PostgreSQL, numbered 0001, 0002, …"""

from pathlib import Path

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from lyceum.platform.database import Database

PACKAGE = Path(__file__).resolve().parents[1]
LOCK = 0x1CE0


def folder() -> Path:
    """Where the revisions are: inside an installed package, or at the top of a checkout."""
    installed = PACKAGE / "migrations"
    return installed if installed.is_dir() else PACKAGE.parents[1] / "migrations"


def revisions() -> list[str]:
    """All revision numbers, oldest first, read off the file names (importing Alembic takes half a second)."""
    return sorted(path.name.split("_", 1)[0] for path in (folder() / "versions").glob("[0-9]*_*.py"))


async def current(database: Database) -> str | None:
    """The revision that the database is at; None for an empty one."""
    async with database.writes.connect() as connection:
        if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
            return None
        return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()


async def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision` (`head`, `base` or a number), in one transaction.

    Several processes may start at once: the first does the work, the others wait for it.
    """
    engine = _engine(url)
    try:
        async with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            await connection.run_sync(_run, revision)
            if engine.dialect.name == "sqlite":
                broken = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
                if broken:
                    raise RuntimeError(f"The migration would leave {len(broken)} rows without their parents; undone.")
    finally:
        await engine.dispose()


def _run(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

    config = Config()
    config.set_main_option("script_location", str(folder()))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    now = MigrationContext.configure(connection).get_current_revision()
    backwards = revision == "base" or (now is not None and revision != "head" and revision < now)
    (command.downgrade if backwards else command.upgrade)(config, revision)


def _engine(url: str) -> AsyncEngine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_async_engine(address.set(drivername="postgresql+asyncpg"))
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(address.set(drivername="sqlite+loop"))

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _: object) -> None:
        """Foreign keys are off: rebuilding a table with them on would cascade into its children."""
        cursor = connection.cursor()
        for pragma in ("busy_timeout=0", "journal_mode=WAL", "foreign_keys=OFF"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
