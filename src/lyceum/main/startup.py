"""What happens before anything is served: the data folder, the key, the schema."""

import os
import secrets
from dataclasses import replace
from pathlib import Path

from lyceum.main.failures import database_of
from lyceum.platform.database import Database
from lyceum.platform.migrations import current, migrate, revisions
from lyceum.platform.settings import Settings, SettingsError


def prepare_data_folder(settings: Settings) -> Settings:
    """Make the data folder and, once, the key that signs tokens; return settings that hold the key."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        key = settings.secret_key or _key(settings.data_dir / "secret.key")
    except OSError as error:
        raise SettingsError(
            f"The data folder {settings.data_dir} cannot be used ({error.strerror}). "
            "Choose another with --data-dir or LYCEUM_DATA_DIR."
        ) from error
    return replace(settings, secret_key=key)


def _key(path: Path) -> str:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key)
    return key


async def prepare_schema(settings: Settings) -> bool:
    """Bring the database to the newest revision; True when something had to be done."""
    with database_of(settings):
        if await _revision(settings) == revisions()[-1]:
            return False
        await migrate(settings.database)
    return True


async def require_schema(settings: Settings) -> None:
    """Raise SettingsError unless the database is there and at the newest revision."""
    with database_of(settings):
        revision = await _revision(settings)
    if revision != revisions()[-1]:
        raise SettingsError(
            f"The schema is at revision {revision or 'none'}, and {revisions()[-1]} is needed. Run `lyceum migrate`."
        )


async def _revision(settings: Settings) -> str | None:
    database = Database.connect(settings.database, pool_size=1)
    try:
        return await current(database)
    finally:
        await database.close()
