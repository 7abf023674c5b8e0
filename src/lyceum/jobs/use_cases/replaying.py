"""Dead letters sent again by an operator, once their cause is mended."""

from dataclasses import dataclass
from uuid import UUID

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.domain.messages import Outgoing
from lyceum.jobs.domain.refusals import BodyGone, DeadLetterNotFound, NotReplayable
from lyceum.jobs.ports import DeadBodies, DeadLetter, Inbox, OutgoingMessages
from lyceum.kernel.ports import Transaction


@dataclass(frozen=True, slots=True)
class ReplayDeadLetter:
    """An operator sends a rejected message to its queue again, with the same id and the same body.

    Its row in the inbox is marked first, so that it is taken as new, once. Refused for a message without an id of its
    own, which could only be rejected again, and when its body is nowhere any more.
    """

    inbox: Inbox
    outgoing: OutgoingMessages
    bodies: DeadBodies
    transaction: Transaction

    async def __call__(self, actor: Actor, id: UUID) -> DeadLetter:
        actor.require(Role.OPERATOR, scope="jobs:write")
        async with self.transaction:
            letter = self._replayable(await self.inbox.dead_for_update(id), id)
        body = await self._body(letter)
        async with self.transaction:
            letter = self._replayable(await self.inbox.dead_for_update(id), id)
            await self.inbox.revive(id, actor.id)
            await self.outgoing.add(Outgoing(id=id, queue=letter.queue, body=body.decode()))
        await self.bodies.discard(letter.queue, id)
        return letter

    def _replayable(self, letter: DeadLetter | None, id: UUID) -> DeadLetter:
        if letter is None:
            raise DeadLetterNotFound(id=id)
        if letter.sent_id != letter.id:
            raise NotReplayable(reason=letter.code)
        return letter

    async def _body(self, letter: DeadLetter) -> bytes:
        """As it was sent: from the inbox, or from the broker when the inbox has but its beginning."""
        if len(letter.body) == letter.size:
            return letter.body
        whole = await self.bodies.find(letter.queue, letter.id)
        if whole is None or len(whole) != letter.size:
            raise BodyGone
        return whole
