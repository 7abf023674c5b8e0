"""The day, moderation, and texts that are written for sponsors."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from lyceum.accounts.api import Actor
from lyceum.advertising.domain.fields import LONGEST_TEXT, Fields, items, refusal
from lyceum.advertising.ports import Day, Following, Language, Moderation, TextGenerator, TextQuota, TextWish
from lyceum.advertising.use_cases.rights import owner_of, require_operator
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ports import Transaction

MOST_WORDS = 10_000
LONGEST_WORD = 200


@dataclass(frozen=True, slots=True)
class AdvanceDay:
    """An operator sets the day for every process. ValidationFailed, DayInThePast, ClockFollowsCalendar."""

    day: Day
    following: Following
    transaction: Transaction

    async def __call__(self, actor: Actor, values: object) -> int:
        require_operator(actor)
        fields = Fields(values)
        today = fields.whole("current_date")
        fields.check()
        async with self.transaction:
            await self.day.advance(today)
        await self.following.catch_up()
        return today


@dataclass(frozen=True, slots=True)
class SwitchModeration:
    """An operator has ads looked through for forbidden words, or not."""

    moderation: Moderation
    transaction: Transaction

    async def __call__(self, actor: Actor, *, enabled: bool) -> None:
        require_operator(actor)
        async with self.transaction:
            await self.moderation.enable(enabled=enabled)


@dataclass(frozen=True, slots=True)
class ForbidWords:
    """An operator says which words are forbidden; those said before are not any more. ValidationFailed."""

    moderation: Moderation
    transaction: Transaction

    async def __call__(self, actor: Actor, values: object) -> None:
        require_operator(actor)
        listed = items(values)
        fields = Fields({str(place): word for place, word in enumerate(listed)})
        if len(listed) > MOST_WORDS:
            fields.wrong("", "too_many", f"has more than {MOST_WORDS} items")
        words = [fields.text(name, LONGEST_WORD).strip() for name in fields.values]
        fields.check()
        async with self.transaction:
            await self.moderation.forbid(list(dict.fromkeys(words)))


@dataclass(frozen=True, slots=True)
class EditWords:
    """An operator forbids some more words and allows some again, whatever others add at the same time.
    ValidationFailed."""

    moderation: Moderation
    transaction: Transaction

    async def __call__(self, actor: Actor, *, add: Sequence[str] = (), remove: Collection[str] = ()) -> None:
        require_operator(actor)
        fields = Fields({str(place): word for place, word in enumerate(add)})
        added = [fields.text(name, LONGEST_WORD).strip() for name in fields.values]
        fields.check()
        async with self.transaction:
            kept = [word for word in await self.moderation.words() if word not in remove]
            words = list(dict.fromkeys([*kept, *added]))
            if len(words) > MOST_WORDS:
                raise refusal([FieldProblem("words", "too_many", f"would be more than {MOST_WORDS} words")])
            await self.moderation.forbid(words)


@dataclass(frozen=True, slots=True)
class WriteText:
    """A sponsor has the text of an ad written. ValidationFailed, TextsUsedUp, GeneratorUnreachable."""

    generator: TextGenerator
    quota: TextQuota

    async def __call__(self, actor: Actor, values: object) -> str:
        wish = self._wish(actor, values)
        await self.quota.take(actor.id, 1)
        return await self.generator.write(wish)

    async def several(self, actor: Actor, values: object, count: int, first: int = 0) -> Sequence[str]:
        """So many texts for one wish, or as many as may still be written, each another one; `first` is the number of
        the first of them."""
        wish = self._wish(actor, values)
        allowed = await self.quota.take(actor.id, count)
        wishes = (replace(wish, variant=variant) for variant in range(first, first + allowed))
        return list(dict.fromkeys(await asyncio.gather(*map(self.generator.write, wishes))))

    def _wish(self, actor: Actor, values: object) -> TextWish:
        owner_of(actor, "advertising:write")
        fields = Fields(values)
        topic, language = fields.text("topic"), fields.word("language", Language)
        additional = fields.text("additional", LONGEST_TEXT) if fields.values.get("additional") is not None else None
        fields.check()
        return TextWish(topic=topic, language=language, additional=additional)
