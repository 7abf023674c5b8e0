"""Moderation kept in the database, so that every process looks for the same words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import select

from lyceum.advertising.adapters.tables import state
from lyceum.advertising.adapters.upserts import inserting
from lyceum.advertising.domain.moderation import ForbiddenWords
from lyceum.platform.database import SqlTransaction


@dataclass(frozen=True, slots=True)
class SqlModeration:
    """`ports.Moderation` over the running transaction."""

    transaction: SqlTransaction

    async def is_enabled(self) -> bool:
        return bool(await self.transaction.connection.scalar(select(state.c.moderated)))

    async def enable(self, *, enabled: bool) -> None:
        await self._set(moderated=enabled)

    async def words(self) -> Sequence[str]:
        connection = self.transaction.connection
        await connection.execute(inserting(connection, state).values(id=1).on_conflict_do_nothing())
        return list((await connection.execute(select(state.c.words).with_for_update())).scalar_one())

    async def forbid(self, words: Sequence[str]) -> None:
        await self._set(words=list(words))

    async def forbidden_in(self, texts: Iterable[str]) -> Sequence[str]:
        query = select(state.c.moderated, state.c.words)
        row = (await self.transaction.connection.execute(query)).one_or_none()
        return found_in(row.words, texts) if row is not None and row.moderated else []

    async def _set(self, **values: object) -> None:
        connection = self.transaction.connection
        setting = inserting(connection, state).values(id=1, **values)
        await connection.execute(setting.on_conflict_do_update(index_elements=[state.c.id], set_=values))


@lru_cache(maxsize=4)
def ready(words: tuple[str, ...]) -> ForbiddenWords:
    """The list, made ready to look for; the last lists are kept."""
    return ForbiddenWords.of(words)


def found_in(words: Sequence[str], texts: Iterable[str]) -> Sequence[str]:
    """The words that stand in the texts, in the order of the list."""
    list_of_words = ready(tuple(words))
    found = {word for text in texts for word in list_of_words.found_in(text)}
    return [word for word in words if word in found]
