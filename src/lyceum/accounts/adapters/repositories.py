"""Users, sessions, keys and links in the running transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, Update, func, select, update
from sqlalchemy.exc import IntegrityError

from lyceum.accounts.adapters.tables import REFUSALS, api_keys, is_operator, links, sessions, users
from lyceum.accounts.domain.refusals import UserNotFound
from lyceum.accounts.domain.sessions import ApiKey, ApiKeyId, Link, Session, SessionId, SessionKind
from lyceum.accounts.domain.users import User
from lyceum.kernel.ids import UserId
from lyceum.platform.database import SqlTransaction


@dataclass(frozen=True, slots=True)
class SqlUsers:
    transaction: SqlTransaction

    async def get_for_update(self, id: UserId) -> User:
        user = await self.transaction.session.get(User, id, with_for_update=True)
        if user is None:
            raise UserNotFound
        return user

    async def find_for_update(self, email: str) -> User | None:
        query = select(User).where(users.c.email == email).with_for_update()
        return (await self.transaction.session.execute(query)).scalar_one_or_none()

    async def add(self, user: User) -> None:
        self.transaction.session.add(user)
        await self.save(user)

    async def save(self, user: User) -> None:
        try:
            await self.transaction.session.flush()
        except IntegrityError as error:
            for name, refusal in REFUSALS.items():
                if name in str(error.orig):
                    raise refusal from error
            raise

    async def operators_for_update(self) -> Sequence[UserId]:
        query = (
            select(users.c.id).where(is_operator, users.c.disabled_at.is_(None)).order_by(users.c.id).with_for_update()
        )
        return [UserId(id) for id in await self.transaction.connection.scalars(query)]


@dataclass(frozen=True, slots=True)
class SqlSessions:
    transaction: SqlTransaction

    async def add(self, session: Session) -> None:
        self.transaction.session.add(session)

    async def find(self, id: SessionId) -> Session | None:
        return await self.transaction.session.get(Session, id)

    async def rotate(self, id: SessionId, old_hash: str, new_hash: str, *, at: datetime, expires_at: datetime) -> bool:
        return await self._changed(
            update(sessions)
            .where(
                sessions.c.id == id,
                sessions.c.kind == SessionKind.TOKENS,
                sessions.c.secret_hash == old_hash,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > at,
            )
            .values(secret_hash=new_hash, last_used_at=at, expires_at=expires_at)
        )

    async def end(self, id: SessionId, user_id: UserId, at: datetime) -> bool:
        return await self._changed(
            update(sessions)
            .where(sessions.c.id == id, sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
            .values(ended_at=at)
        )

    async def end_all(self, user_id: UserId, at: datetime, *, but: SessionId | None = None) -> None:
        ending = update(sessions).where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
        if but is not None:
            ending = ending.where(sessions.c.id != but)
        await self.transaction.connection.execute(ending.values(ended_at=at))

    async def _changed(self, statement: Update) -> bool:
        return await changed(self.transaction, statement)


@dataclass(frozen=True, slots=True)
class SqlApiKeys:
    transaction: SqlTransaction

    async def add(self, key: ApiKey) -> None:
        self.transaction.session.add(key)

    async def count(self, user_id: UserId) -> int:
        query = select(func.count()).where(api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
        return await self.transaction.connection.scalar(query) or 0

    async def revoke(self, id: ApiKeyId, user_id: UserId, at: datetime) -> bool:
        return await changed(
            self.transaction,
            update(api_keys)
            .where(api_keys.c.id == id, api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
            .values(revoked_at=at),
        )


@dataclass(frozen=True, slots=True)
class SqlLinks:
    transaction: SqlTransaction

    async def add(self, link: Link) -> None:
        self.transaction.session.add(link)

    async def spend(self, secret_hash: str, at: datetime) -> UserId | None:
        spending = (
            update(links)
            .where(links.c.secret_hash == secret_hash, links.c.used_at.is_(None), links.c.expires_at > at)
            .values(used_at=at)
            .returning(links.c.user_id)
        )
        user_id = await self.transaction.connection.scalar(spending)
        return None if user_id is None else UserId(user_id)


async def changed(transaction: SqlTransaction, statement: Update) -> bool:
    """Whether the conditional update met its one row."""
    result: CursorResult[tuple[()]] = await transaction.connection.execute(statement)
    return result.rowcount == 1
