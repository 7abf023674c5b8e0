"""The day, moderation, and texts that are written for sponsors."""

from dataclasses import dataclass

from lyceum.accounts.api import Actor
from lyceum.advertising.domain.fields import LONGEST_TEXT, Fields, items
from lyceum.advertising.ports import Day, Following, Language, Moderation, TextGenerator, TextWish
from lyceum.advertising.use_cases.rights import owner_of, require_operator
from lyceum.kernel.ports import Transaction

MOST_WORDS = 10_000


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
        words = [fields.text(name, 200).strip() for name in fields.values]
        fields.check()
        async with self.transaction:
            await self.moderation.forbid(list(dict.fromkeys(words)))


@dataclass(frozen=True, slots=True)
class WriteText:
    """A sponsor has the text of an ad written. ValidationFailed, GeneratorUnreachable."""

    generator: TextGenerator

    async def __call__(self, actor: Actor, values: object) -> str:
        owner_of(actor, "advertising:write")
        fields = Fields(values)
        topic, language = fields.text("topic"), fields.word("language", Language)
        additional = fields.text("additional", LONGEST_TEXT) if fields.values.get("additional") is not None else None
        fields.check()
        return await self.generator.write(TextWish(topic=topic, language=language, additional=additional))
