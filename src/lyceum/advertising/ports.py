"""What advertising needs from outside."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lyceum.advertising.domain.campaigns import Campaign, Terms
from lyceum.advertising.domain.clients import Advertiser, Client, Score
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId, ClientId
from lyceum.kernel.ids import UserId


class Pile[T](Protocol):
    """Rows of one kind between reading and writing, however many. Close it."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[T]: ...

    def __contains__(self, row: object, /) -> bool: ...

    def add(self, rows: Sequence[T]) -> None:
        """Put a part behind the others."""

    def parts(self) -> Iterator[Sequence[T]]:
        """The parts in their order, as often as they are asked for."""

    def close(self) -> None: ...


class Piles(Protocol):
    def of[T](self, kind: type[T]) -> Pile[T]:
        """An empty pile."""


class Clients(Protocol):
    """Clients, advertisers and scores, in the running transaction."""

    async def put_clients(self, clients: Collection[Client]) -> None:
        """Keep them, over those of the same ids. Ids are distinct."""

    async def put_advertisers(self, advertisers: Collection[Advertiser], owner: UserId | None) -> None:
        """Keep them, over those of the same ids; `owner` becomes the owner of those that are new."""

    async def put_scores(self, scores: Collection[Score]) -> None:
        """Keep them, over those of the same pairs; ClientNotFound or AdvertiserNotFound with nothing kept."""

    async def not_owned(self, ids: Sequence[AdvertiserId], owner: UserId) -> AdvertiserId | None:
        """One of the advertisers that exists and is not `owner`'s, if there is any."""

    async def has_advertiser(self, owner: UserId) -> bool: ...

    async def declare_subjects(self, id: AdvertiserId, subjects: Sequence[str], owner: UserId | None) -> None:
        """Keep what the advertiser's ads are said to be about; nothing said is none. AdvertiserNotFound when there is
        none, or it is not `owner`'s (None: an operator asks)."""


class Campaigns(Protocol):
    """Campaigns that are not deleted, in the running transaction. Each change takes the next revision, which every
    process follows."""

    async def require_advertiser(self, id: AdvertiserId, owner: UserId | None) -> None:
        """AdvertiserNotFound when there is none, or it is not `owner`'s (None: an operator asks)."""

    async def add(self, advertiser_id: AdvertiserId, id: CampaignId, terms: Terms) -> Campaign: ...

    async def get_for_update(self, advertiser_id: AdvertiserId, id: CampaignId) -> Campaign:
        """CampaignNotFound when there is none, or it is another advertiser's."""

    async def save(self, campaign: Campaign) -> Campaign:
        """The campaign as it is now kept, with its next version."""

    async def delete(self, campaign: Campaign) -> None:
        """Hide the campaign; what it was charged stays."""


class Day(Protocol):
    """The platform's day, an integer from 0."""

    async def today(self) -> int: ...

    async def advance(self, day: int) -> None:
        """Set the day for every process; DayInThePast, ClockFollowsCalendar."""


class Following(Protocol):
    """What this process remembers of campaigns and the day."""

    async def catch_up(self) -> None:
        """Take up everything that was committed so far; other processes do so within a second."""


class Moderation(Protocol):
    """Which words ads must not hold, and whether that is looked at."""

    async def is_enabled(self) -> bool: ...

    async def enable(self, *, enabled: bool) -> None: ...

    async def words(self) -> Sequence[str]:
        """The forbidden words; they stay as they are until the running transaction ends."""

    async def forbid(self, words: Sequence[str]) -> None:
        """These words and no others are forbidden from now on."""

    async def forbidden_in(self, texts: Iterable[str]) -> Sequence[str]:
        """The forbidden words that the texts hold, as they stand in the list; none while moderation is off."""


class Language(StrEnum):
    RU = "RU"
    EN = "EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWish:
    """What an ad is to be written about; `additional` is what the sponsor adds to the topic.

    Another `variant` of the same wish gives another text.
    """

    topic: str
    language: Language
    additional: str | None = None
    variant: int = 0


class TextGenerator(Protocol):
    async def write(self, wish: TextWish) -> str:
        """The text of an ad; GeneratorUnreachable (503) when it cannot be had."""


class TextQuota(Protocol):
    """How many texts one person may have written, where each costs something."""

    async def take(self, who: UserId, wanted: int) -> int:
        """Count texts that are about to be written: as many as wanted, or as are left. TextsUsedUp (429) when none is.

        Of any number of calls at once no more than the limit are let through.
        """


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """An image that fits 960×960, upright, without its metadata. `mime` is image/png, image/jpeg or image/webp."""

    content: bytes
    mime: str


class ImageProcessor(Protocol):
    async def checked(self, content: bytes) -> CheckedImage:
        """The image inside `content`, whatever its name was; NotAnImage. Decoding does not hold up the event loop."""


class ImageLinks(Protocol):
    def link(self, key: str, title: str) -> str:
        """A path on this site that shows the image for a while."""


class ImageStore(ImageLinks, Protocol):
    async def put(self, image: CheckedImage) -> str:
        """The key under which the image now lies; swept away in a day unless kept. Call it before the transaction."""

    async def keep(self, key: str) -> None:
        """The image stays, if the running transaction commits."""

    async def drop(self, key: str) -> None:
        """The image goes, if the running transaction commits."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One ad for one client."""

    campaign: Campaign
    charged: bool


class AdDesk(Protocol):
    """Shows ads and takes clicks. Every pair of client and campaign counts once, whoever asks how often at once."""

    async def show(self, client_id: ClientId) -> Shown:
        """The best ad, its impression counted and charged; ClientNotFound, NothingToShow."""

    async def click(self, client_id: ClientId, campaign_id: CampaignId) -> None:
        """Count and charge the click, once; ClientNotFound, CampaignNotFound, NotShown."""
