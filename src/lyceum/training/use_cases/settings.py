"""What learners choose about their own training: the daily goal, and whether others see them on the leaderboard."""

from dataclasses import dataclass, replace

import msgspec

from lyceum.accounts.api import Actor
from lyceum.kernel.ports import Transaction
from lyceum.platform.http_errors import PreconditionFailed
from lyceum.training.domain.settings import LearnerSettings
from lyceum.training.domain.trainings import Overtaken
from lyceum.training.ports import SettingsOfLearners
from lyceum.training.use_cases.asking import insist


class SettingsChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    daily_goal: int | msgspec.UnsetType = msgspec.UNSET
    on_leaderboard: bool | msgspec.UnsetType = msgspec.UNSET

    def applied_to(self, settings: LearnerSettings) -> LearnerSettings:
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        return replace(settings, **{name: it for name, it in given.items() if it is not msgspec.UNSET})


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """A learner reads their own settings."""

    settings: SettingsOfLearners

    async def __call__(self, actor: Actor) -> LearnerSettings:
        actor.require(scope="training:read")
        return await self.settings.find(actor.id)


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """A learner changes their own settings. `expected` is the version they have seen.

    Refused: a goal out of range (BadSettings), a newer version than expected (PreconditionFailed).
    """

    settings: SettingsOfLearners
    transaction: Transaction

    async def __call__(self, actor: Actor, changes: SettingsChanges, expected: int | None = None) -> LearnerSettings:
        actor.require(scope="training:write")
        return await insist(lambda: self._change(actor, changes, expected))

    async def _change(self, actor: Actor, changes: SettingsChanges, expected: int | None) -> LearnerSettings:
        known = await self.settings.find(actor.id)
        if expected is not None and expected != known.version:
            raise PreconditionFailed(version=known.version)
        changed = changes.applied_to(known)
        if changed == known:
            return known
        changed = replace(changed, version=known.version + 1)
        async with self.transaction:
            if not await self.settings.save(actor.id, changed):
                raise Overtaken
        return changed
