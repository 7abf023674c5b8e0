"""Extra time for learners who need it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Clock, Transaction
from lyceum.training.domain.sittings import MAX_EXTRA_MIN, Accommodation, NoAccommodation
from lyceum.training.sitting_ports import Accommodations
from lyceum.training.use_cases.grading import require_plain


class NewAccommodation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Minutes on top of every sitting's duration, 0 to take them away. `note`: why, without medical details."""

    extra_min: Annotated[int, msgspec.Meta(ge=0, le=MAX_EXTRA_MIN)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class AccommodationView(msgspec.Struct, frozen=True, kw_only=True):
    learner_id: UUID
    extra_min: int
    note: str
    set_by: UUID
    set_at: datetime


@dataclass(frozen=True, slots=True)
class SetAccommodation:
    """An author gives a learner extra time, for the sittings that begin from now on."""

    accommodations: Accommodations
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, learner: UserId, new: NewAccommodation) -> AccommodationView:
        actor.require(Role.AUTHOR, scope="training:write")
        require_plain(new.note)
        accommodation = Accommodation(
            learner_id=learner,
            extra_min=new.extra_min,
            note=new.note.strip(),
            set_by=actor.id,
            set_at=self.clock.now(),
        )
        async with self.transaction:
            await self.accommodations.put(accommodation)
        return msgspec.convert(accommodation, AccommodationView, from_attributes=True)


@dataclass(frozen=True, slots=True)
class ReadAccommodation:
    """An author reads a learner's extra time."""

    accommodations: Accommodations

    async def __call__(self, actor: Actor, learner: UserId) -> AccommodationView:
        actor.require(Role.AUTHOR, scope="training:read")
        found = await self.accommodations.find(learner)
        if found is None:
            raise NoAccommodation()
        return msgspec.convert(found, AccommodationView, from_attributes=True)
