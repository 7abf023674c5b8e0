"""The pause after every so many questions, in which a learner sees an ad."""

from dataclasses import dataclass
from uuid import UUID

from lyceum.accounts.api import Actor
from lyceum.advertising.api import AdView
from lyceum.kernel.ids import TrainingId
from lyceum.kernel.ports import Clock, Transaction
from lyceum.training.domain.pauses import AdNotShown, AdsAway
from lyceum.training.domain.trainings import TrainingNotFound
from lyceum.training.ports import AdsInTime, Pauses, Trainings


@dataclass(frozen=True, slots=True)
class TakePause:
    """The ad that stands before the next question of a learner's own practice or review, None when none is to.

    It stays the same until the pause is ended, and counts once, in however many windows the learner trains. None
    before the first question, in exams and events, and whenever advertising is slow or at fault: a training never
    waits for more than its moment. TrainingNotFound.
    """

    trainings: Trainings
    pauses: Pauses
    ads: AdsInTime
    clock: Clock
    transaction: Transaction
    every: int
    """After so many questions; 0 is never."""

    async def __call__(self, actor: Actor, id: TrainingId) -> AdView | None:
        learner = actor.require(scope="training:write").id
        training = await self.trainings.find(id, learner)
        if training is None:
            raise TrainingNotFound(training_id=id)
        if not self.every or training.mode.is_sitting or training.finished_at is not None or training.position < 2:
            return None
        standing = await self.pauses.standing(learner, self.every)
        if standing.ad_id is not None:
            return await self._again(actor, standing.ad_id)
        if standing.answered < self.every:
            return None
        async with self.transaction:
            is_mine = await self.pauses.claim(learner, standing.taken_at, self.clock.now())
        ad = await self.ads.show(learner) if is_mine else None
        if ad is not None:
            async with self.transaction:
                await self.pauses.hold(learner, ad.ad_id)
        return ad

    async def _again(self, actor: Actor, ad_id: UUID) -> AdView | None:
        try:
            ad = await self.ads.again(actor.id, ad_id)
        except AdsAway:
            return None
        if ad is None:
            async with self.transaction:
                await self.pauses.end(actor.id, ad_id)
        return ad


@dataclass(frozen=True, slots=True)
class EndPause:
    """A learner goes on after an ad; ending a pause twice is the same as once."""

    pauses: Pauses
    transaction: Transaction

    async def __call__(self, actor: Actor, ad_id: UUID) -> None:
        actor.require(scope="training:write")
        async with self.transaction:
            await self.pauses.end(actor.id, ad_id)


@dataclass(frozen=True, slots=True)
class ClickInPause:
    """A learner wants to know more of an ad that they were shown: the click counts once, whoever sends it how often.
    Returns the ad; AdNotShown, also when advertising does not answer in time."""

    ads: AdsInTime

    async def __call__(self, actor: Actor, ad_id: UUID) -> AdView:
        actor.require(scope="training:write")
        try:
            ad = await self.ads.again(actor.id, ad_id) if await self.ads.click(actor.id, ad_id) else None
        except AdsAway as error:
            raise AdNotShown from error
        if ad is None:
            raise AdNotShown
        return ad
