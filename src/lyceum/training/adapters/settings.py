"""Settings of learners: a row for those who have changed something."""

from dataclasses import dataclass

from sqlalchemy import select

from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.tables import learner_settings
from lyceum.training.adapters.upserts import inserting
from lyceum.training.domain.settings import LearnerSettings


@dataclass(frozen=True, slots=True)
class SqlSettings:
    """`ports.SettingsOfLearners`."""

    database: Database
    transaction: SqlTransaction

    async def find(self, learner: UserId) -> LearnerSettings:
        query = select(learner_settings).where(learner_settings.c.learner_id == learner)
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return LearnerSettings()
        return LearnerSettings(daily_goal=row.daily_goal, on_leaderboard=row.on_leaderboard, version=row.version)

    async def save(self, learner: UserId, settings: LearnerSettings) -> bool:
        connection = self.transaction.connection
        values = {
            "daily_goal": settings.daily_goal,
            "on_leaderboard": settings.on_leaderboard,
            "version": settings.version,
        }
        insert = inserting(connection, learner_settings).values(learner_id=learner, **values)
        unchanged = learner_settings.c.version == settings.version - 1
        upsert = insert.on_conflict_do_update(index_elements=["learner_id"], set_=values, where=unchanged)
        return (await connection.execute(upsert)).rowcount == 1
